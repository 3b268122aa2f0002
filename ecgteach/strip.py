"""A strip: ten seconds of one lead at 500 Hz in millivolt, what it went through, and what is wrong with it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import InvalidValue, UnknownName, choices
from .rhythms import Rhythm
from .truth import Annotation, Truth

if TYPE_CHECKING:
    from .plots import Picture

SECONDS = 10.0
SAMPLING_RATE = 500
SAMPLES = 5000

READING_STEPS = ("baseline", "muscle")
"""Filters that every strip passes before a network reads it, so that both views and all devices share one bandwidth."""

FLAT_MV = 0.002
FLAT_SECONDS = 2.5
FLAT_RANGE_MV = 0.05
RAIL_MV = 10.0
CLIPPED_SECONDS = 0.02
OFF_BASELINE_MV = 0.25
CLIPPED_SHARE = 0.005
NOISY_KURTOSIS = 4.0


@dataclass(frozen=True)
class Quality:
    """What is wrong with a lead, in words; ``good`` when nothing is."""

    faults: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """True when the lead is neither short nor flat nor clipped nor noisy."""
        return not self.faults

    def __str__(self) -> str:
        return "good" if self.good else "; ".join(self.faults)


@dataclass(frozen=True, repr=False, eq=False)
class Strip:
    """Ten seconds of one lead, as the networks and the learner read it.

    Parameters
    ----------
    samples : array_like, shape (5000,)
        Amplitude in mV at 500 Hz; kept as float32, read-only.
    lead : str
        Name of the lead, as the record writes it.
    start : float
        Where the strip begins in its record, in seconds.
    rhythm : Rhythm, optional
        What the source says of this segment; None where it says nothing or more than one thing.
    annotations : tuple of Annotation
        Marks within the strip, in seconds from its start.
    source_id : str
        Source and record, such as ``"mitdb/201"``.
    quality : Quality
        What is wrong with the lead.
    steps : tuple of str
        What was done to the samples, in order.
    truth : Truth, optional
        What the simulator knows of this segment; None for a real one.

    Raises
    ------
    InvalidValue
        When the samples are not 5,000 finite numbers.
    """

    samples: NDArray[np.float32]
    lead: str = "II"
    start: float = 0.0
    rhythm: Rhythm | None = None
    annotations: tuple[Annotation, ...] = ()
    source_id: str = ""
    quality: Quality = field(default_factory=Quality)
    steps: tuple[str, ...] = ()
    truth: Truth | None = None

    sampling_rate: ClassVar[int] = SAMPLING_RATE
    seconds: ClassVar[float] = SECONDS

    def __post_init__(self) -> None:
        object.__setattr__(self, "samples", frozen_samples(self.samples))

    @property
    def times(self) -> NDArray[np.float64]:
        """Time of each sample in seconds from the strip's start."""
        return np.arange(SAMPLES) / SAMPLING_RATE

    def filtered(self, *names: str) -> "Strip":
        """The strip after the named filters, one after the other; `FILTERS` says which there are.

        Raises
        ------
        UnknownName
            When no filter has such a name.
        """
        samples, steps = self.samples, self.steps
        for name in names:
            if name not in FILTERS:
                raise UnknownName(f"no filter is called {name!r}; there are {choices(FILTERS)}")
            step, apply = FILTERS[name]
            samples, steps = apply(samples), (*steps, step)
        return replace(self, samples=samples, steps=steps)

    def for_reading(self) -> "Strip":
        """The strip as the networks read it: 0.5 to 40 Hz, whatever the device."""
        pending = [name for name in READING_STEPS if FILTERS[name][0] not in self.steps]
        return self.filtered(*pending)

    def plot(self) -> "Picture":
        """The strip on ECG paper; nothing on it names the rhythm."""
        from .plots import plot_strip

        return plot_strip(self)

    def _repr_mimebundle_(self, **choice: object) -> dict[str, str]:
        return self.plot()._repr_mimebundle_(**choice)

    def __repr__(self) -> str:
        label = self.rhythm.name if self.rhythm else "rhythm not given"
        origin = self.source_id or "no source"
        done = "; ".join(self.steps) or "as recorded"
        segment = f"{self.start:g}-{self.start + SECONDS:g} s"
        return f"Strip of lead {self.lead}, {origin}, {segment}: {label} ({self.quality}; {done})"


def frozen_samples(samples: ArrayLike) -> NDArray[np.float32]:
    """Samples of one strip, checked and made read-only.

    Raises
    ------
    InvalidValue
        When they are not 5,000 finite numbers.
    """
    array = np.array(samples, dtype=np.float32)
    if array.shape != (SAMPLES,):
        raise InvalidValue(
            f"a strip has {SAMPLES} samples ({SECONDS:g} s at {SAMPLING_RATE} Hz), these have the shape {array.shape}. "
            "Make a Record of them and take record.strip()"
        )
    missing = int(np.count_nonzero(~np.isfinite(array)))
    if missing:
        raise InvalidValue(f"{missing} of {SAMPLES} samples are not finite numbers; choose another segment or lead")
    array.flags.writeable = False
    return array


def high_pass(samples: NDArray[np.float32], cutoff: float) -> NDArray[np.float32]:
    """Samples without what is slower than `cutoff` Hz (second-order Butterworth, forwards and backwards)."""
    return _butterworth(samples, cutoff, "highpass")


def low_pass(samples: NDArray[np.float32], cutoff: float) -> NDArray[np.float32]:
    """Samples without what is faster than `cutoff` Hz (second-order Butterworth, forwards and backwards)."""
    return _butterworth(samples, cutoff, "lowpass")


def notch(samples: NDArray[np.float32], mains: float) -> NDArray[np.float32]:
    """Samples without the mains' hum at `mains` Hz (quality factor 30, forwards and backwards)."""
    from scipy.signal import filtfilt, iirnotch

    return np.asarray(filtfilt(*iirnotch(mains, 30.0, fs=SAMPLING_RATE), samples), dtype=np.float32)


FILTERS: dict[str, tuple[str, Callable[[NDArray[np.float32]], NDArray[np.float32]]]] = {
    "baseline": ("high-pass 0.5 Hz", lambda samples: high_pass(samples, 0.5)),
    "muscle": ("low-pass 40 Hz", lambda samples: low_pass(samples, 40.0)),
    "mains-50": ("notch 50 Hz", lambda samples: notch(samples, 50.0)),
    "mains-60": ("notch 60 Hz", lambda samples: notch(samples, 60.0)),
}
"""Filters by name: what stands on the figure, and the function."""


def assess(samples: NDArray[np.float32], sampling_rate: float) -> Quality:
    """What is wrong with a segment of one lead: short, flat, clipped, noisy.

    Short: it holds less than 2.5 s, and nothing else can be told. Flat: its range is under 0.05 mV, or it stands still
    (within 0.002 mV) for 2.5 s. Clipped: beyond 10 mV, or held at its own extreme for 20 ms and more, over 0.5 % of the
    time. Noisy: nothing stands out between 5 and 20 Hz, where QRS complexes do; measured by the kurtosis, after Li,
    Mark and Clifford (2008, doi 10.1088/0967-3334/29/1/002).

    Parameters
    ----------
    samples : array, shape (n,)
        Amplitude in mV, before any filter or resampling.
    sampling_rate : float
        In Hz.
    """
    from scipy.ndimage import maximum_filter1d, minimum_filter1d

    if samples.size < FLAT_SECONDS * sampling_rate:
        return Quality((f"short: it holds only {samples.size / sampling_rate:.3g} s",))
    if np.ptp(samples) < FLAT_RANGE_MV:
        return Quality((f"flat: its range is {np.ptp(samples):.3f} mV",))
    window = max(2, round(FLAT_SECONDS * sampling_rate))
    middle = slice(window // 2, max(window // 2 + 1, samples.size - window // 2))
    swing = (maximum_filter1d(samples, window) - minimum_filter1d(samples, window))[middle]
    faults = []
    if swing.min() < FLAT_MV:
        faults.append(f"flat: it stands still for {FLAT_SECONDS:g} s or more")
    beyond = np.count_nonzero(np.abs(samples) > RAIL_MV)
    railed = _time_at_rail(samples, sampling_rate)
    if beyond:
        faults.append(f"clipped: {beyond} samples lie beyond {RAIL_MV:g} mV")
    elif railed > CLIPPED_SHARE:
        faults.append(f"clipped: it is held at its extreme for {railed:.1%} of the time")
    peakedness = _qrs_kurtosis(samples, sampling_rate)
    if not faults and peakedness < NOISY_KURTOSIS:
        faults.append(f"noisy: no QRS stands out (kurtosis {peakedness:.1f}, under {NOISY_KURTOSIS:g})")
    return Quality(tuple(faults))


def _time_at_rail(samples: NDArray[np.float32], sampling_rate: float) -> float:
    """Share of samples in runs of 20 ms or more at the very maximum or minimum, where that lies off the baseline."""
    shortest = max(3, round(CLIPPED_SECONDS * sampling_rate))
    shares = [0.0]
    for extreme in (samples.max(), samples.min()):
        if abs(extreme - np.median(samples)) < OFF_BASELINE_MV:
            continue
        held = np.abs(samples - extreme) < FLAT_MV / 2
        borders = np.flatnonzero(np.diff(np.concatenate([[False], held, [False]]).astype(np.int8)))
        runs = borders[1::2] - borders[::2]
        shares.append(float(runs[runs >= shortest].sum() / samples.size))
    return max(shares)


def _qrs_kurtosis(samples: NDArray[np.float32], sampling_rate: float) -> float:
    from scipy.signal import butter, sosfiltfilt

    high = min(20.0, 0.45 * sampling_rate)
    band = sosfiltfilt(butter(2, (5.0, high), "bandpass", fs=sampling_rate, output="sos"), samples)
    spread = float(np.var(band))
    return float(np.mean((band - band.mean()) ** 4) / spread**2) if spread else 0.0


def _butterworth(samples: NDArray[np.float32], cutoff: float, kind: str) -> NDArray[np.float32]:
    from scipy.signal import butter, sosfiltfilt

    sections = butter(2, cutoff, kind, fs=SAMPLING_RATE, output="sos")
    return np.asarray(sosfiltfilt(sections, samples), dtype=np.float32)
