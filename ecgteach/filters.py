"""Filters of a strip: what each does, what it is called, and where a trace is taken to go on beyond its ends.

A filter without delay needs to know what comes before and after. Where the recording goes on, that is given to it;
where it ends, the trace is mirrored and sinks within a second to its usual level. The first and last moments of a
recording are often no recording at all (a held value, a filter settling): what is read of every strip fades in and out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import InvalidValue

SAMPLING_RATE = 500
MARGIN_SECONDS = 4.0
"""How far beyond its ends a trace is given to a filter, or is made up where nothing was recorded."""
SINKING_SECONDS = 0.3
LEVEL_SECONDS = 4.0

MASKED_SECONDS = (0.04, 0.13)
FADING_SECONDS = 0.08
"""At the beginning and the end of each strip this much is set to zero, and the next 0.08 s fade to it."""
HELD_SECONDS = 0.01
"""A value that stands still for longer at an end was held there by the device, not recorded."""

Trace = NDArray[np.float32]


@dataclass(frozen=True)
class Step:
    """One thing that was done to a strip's samples.

    Parameters
    ----------
    kind : str
        ``"high-pass"``, ``"low-pass"``, ``"notch"``, ``"resampled"`` (from a rate), ``"compressed"`` (in time) or
        ``"ends"`` (faded out).
    hz : float, optional
        The filter's frequency, or the rate before; None where there is none.
    factor : float, optional
        How many times faster a strip compressed in time runs.

    >>> str(Step("high-pass", 0.5)), str(Step("resampled", 360.0))
    ('high-pass 0.5 Hz', 'resampled from 360 Hz')
    """

    kind: str
    hz: float | None = None
    factor: float | None = None

    def __str__(self) -> str:
        if self.kind == "ends":
            return "ends faded"
        if self.kind == "compressed":
            return f"compressed in time x {self.factor:.2f}"
        return f"{self.kind}{' from' if self.kind == 'resampled' else ''} {self.hz:g} Hz"

    def to_json(self) -> dict[str, Any]:
        """The step as plain values."""
        return {"kind": self.kind, "hz": self.hz, "factor": self.factor}

    @classmethod
    def from_json(cls, held: Mapping[str, Any] | str) -> "Step":
        """The step of what `to_json` gave, or of the words that older files hold.

        Raises
        ------
        InvalidValue
            When the words are none of ours.
        """
        if not isinstance(held, str):
            return cls(str(held["kind"]), held.get("hz"), held.get("factor"))
        if held in _WORDS:
            return _WORDS[held]
        kind, _, number = held.removesuffix(" Hz").rpartition(" ")
        try:
            if kind == "resampled from":
                return cls("resampled", float(number))
            if kind == "compressed in time x":
                return cls("compressed", factor=float(number))
        except ValueError:
            pass
        raise InvalidValue(f"{held!r} is no step that a strip can have gone through")


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What was recorded before and after a strip, as far as a filter wants to know it.

    Parameters
    ----------
    before, after : array, shape (n,)
        Up to four seconds at 500 Hz, in mV; empty where nothing was recorded.
    digest : str
        Of the samples between them: whoever puts other samples there has other surroundings.
    """

    before: Trace
    after: Trace
    digest: str

    @classmethod
    def of(cls, samples: Trace, before: Trace, after: Trace) -> "Surroundings":
        """What surrounds these samples."""
        return cls(before, after, _digest(samples))

    def belong_to(self, samples: Trace) -> bool:
        """Whether these are the samples that they surround."""
        return self.digest == _digest(samples)


def high_pass(samples: Trace, cutoff: float) -> Trace:
    """Samples (..., n) without what is slower than `cutoff` Hz (second-order Butterworth, forwards and backwards)."""
    return _inside(_butterworth, samples, cutoff, "highpass")


def low_pass(samples: Trace, cutoff: float) -> Trace:
    """Samples (..., n) without what is faster than `cutoff` Hz (second-order Butterworth, forwards and backwards)."""
    return _inside(_butterworth, samples, cutoff, "lowpass")


def notch(samples: Trace, mains: float) -> Trace:
    """Samples (..., n) without the mains' hum at `mains` Hz (quality factor 30, forwards and backwards)."""
    return _inside(_notched, samples, mains)


def without_ends(samples: Trace) -> Trace:
    """Samples (..., n) that fade in and out, so that neither end tells how a device begins and stops."""
    window = np.ones(samples.shape[-1], dtype=np.float32)
    fade = round(FADING_SECONDS * SAMPLING_RATE)
    rising = 0.5 - 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / fade)
    first, last = (round(seconds * SAMPLING_RATE) for seconds in MASKED_SECONDS)
    window[:first], window[first : first + fade] = 0.0, rising
    window[-last:], window[-last - fade : -last] = 0.0, rising[::-1]
    return np.asarray(samples * window, dtype=np.float32)


FILTERS: dict[str, tuple[Step, Callable[[Trace], Trace]]] = {
    "baseline": (Step("high-pass", 0.5), lambda samples: high_pass(samples, 0.5)),
    "muscle": (Step("low-pass", 40.0), lambda samples: low_pass(samples, 40.0)),
    "mains-50": (Step("notch", 50.0), lambda samples: notch(samples, 50.0)),
    "mains-60": (Step("notch", 60.0), lambda samples: notch(samples, 60.0)),
    "ends": (Step("ends"), without_ends),
}
"""Filters by name: what stands on the figure, and the function."""

READING_STEPS = ("baseline", "muscle", "ends")
"""Filters that every strip passes before a network reads it, so that both views and all devices share one bandwidth."""

_WORDS = {str(step): step for step, _ in FILTERS.values()}


def for_reading(samples: Trace) -> Trace:
    """Samples (..., n) at 500 Hz after all `READING_STEPS`: for strips that nothing was recorded around."""
    for name in READING_STEPS:
        samples = FILTERS[name][1](samples)
    return samples


def held_at_ends(samples: NDArray[np.floating], sampling_rate: float) -> tuple[int, int]:
    """How many samples at the beginning and at the end of a trace repeat one value, where they are more than 10 ms.

    Recorders fill a recording up to its round length in this way: PTB-XL's end in 0.1 s of it, in all leads.

    >>> held_at_ends(np.array([5, 5, 5, 5, 5, 5, 5, 1, 2, 3]), 500)
    (7, 0)
    """
    shortest = HELD_SECONDS * sampling_rate

    def run(trace: NDArray[np.floating]) -> int:
        other = np.flatnonzero(trace != trace[0])
        length = int(other[0]) if other.size else trace.size
        return length if length > shortest else 0

    first, last = run(samples), run(samples[::-1])
    return (first, last) if first < samples.size else (0, 0)


def filtered_between(
    samples: Trace, surroundings: Surroundings | None, apply: Callable[[Trace], Trace], *, alone: bool = False
) -> tuple[Trace, Surroundings | None]:
    """A strip's samples after a filter that also saw what surrounds them, and these after it.

    What a device held at the ends of its recording is not shown to the filter, and stays held. With `alone` the filter
    is one of the strip itself, and nothing surrounds it any more.
    """
    if alone:
        return apply(samples), None
    nothing = np.zeros(0, dtype=np.float32)
    before, after = (surroundings.before, surroundings.after) if surroundings else (nothing, nothing)
    first, last = held_at_ends(samples, SAMPLING_RATE)
    first, last = (0 if before.size else first), (0 if after.size else last)
    recorded = samples[first : samples.size - last]
    whole = apply(np.concatenate([before, recorded, after]))
    until = before.size + recorded.size
    filtered = np.pad(whole[before.size : until], (first, last), mode="edge")
    return filtered, surroundings and Surroundings.of(filtered, whole[: before.size], whole[until:])


def _inside(apply: Callable[..., NDArray[np.float64]], samples: Trace, *settings: object) -> Trace:
    """A filter applied to samples that go on beyond both ends."""
    margin = min(round(MARGIN_SECONDS * SAMPLING_RATE), samples.shape[-1] - 1)
    if margin < 1:
        return np.asarray(samples, dtype=np.float32)
    trace = np.asarray(samples, dtype=np.float64)
    before, after = _beyond(trace[..., ::-1], margin)[..., ::-1], _beyond(trace, margin)
    whole = apply(np.concatenate([before, trace, after], axis=-1), *settings)
    return np.asarray(whole[..., margin : margin + trace.shape[-1]], dtype=np.float32)


def _beyond(trace: NDArray[np.float64], margin: int) -> NDArray[np.float64]:
    """How a trace may go on after its end: its mirror image, which sinks to the level of its last seconds."""
    level = np.median(trace[..., -round(LEVEL_SECONDS * SAMPLING_RATE) :], axis=-1, keepdims=True)
    kept = np.exp(-np.arange(1, margin + 1) / (SINKING_SECONDS * SAMPLING_RATE))
    mirrored = trace[..., -2 : -margin - 2 : -1]
    return np.asarray(level + kept * (mirrored - level), dtype=np.float64)


def _butterworth(trace: NDArray[np.float64], cutoff: float, kind: str) -> NDArray[np.float64]:
    from scipy.signal import sosfiltfilt

    return np.asarray(sosfiltfilt(_sections(cutoff, kind), trace, axis=-1, padlen=0), dtype=np.float64)


def _notched(trace: NDArray[np.float64], mains: float) -> NDArray[np.float64]:
    from scipy.signal import filtfilt, iirnotch

    return np.asarray(filtfilt(*iirnotch(mains, 30.0, fs=SAMPLING_RATE), trace, axis=-1, padlen=0), dtype=np.float64)


def _digest(samples: Trace) -> str:
    from hashlib import blake2b

    return blake2b(np.ascontiguousarray(samples, dtype=np.float32).tobytes(), digest_size=16).hexdigest()


@cache
def _sections(cutoff: float, kind: str) -> NDArray[np.float64]:
    from scipy.signal import butter

    return np.asarray(butter(2, cutoff, kind, fs=SAMPLING_RATE, output="sos"), dtype=np.float64)
