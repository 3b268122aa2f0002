"""Filters of a strip: what each does, what it is called, and where a trace is taken to go on beyond its ends.

A filter without delay needs to know what comes before and after. Where the recording goes on, that is given to it.
Where it ends, a high-pass is shown how the trace went on after the moments most like its last one (the method of
analogues: Lorenz 1969, doi 10.1175/1520-0469(1969)26<636:APARBN>2.0.CO;2), so that a wave cut by the end is completed
as the others were; a low-pass, which looks no further than a twentieth of a second, is shown the trace turned about its
last sample. The first and last moments of a recording are often no recording at all (a held value, a filter settling):
what is read of every strip fades in and out.
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
"""How fast a mirrored trace sinks to its level, and over how much of it that is measured."""

ANALOGUES = 5
ANALOGUE_SECONDS, ANALOGUE_WEIGHT_SECONDS = 0.8, 0.2
"""How many moments like the last one are followed, how much before them is compared, and how fast its weight falls."""
APART_SECONDS, FOLLOWED_SECONDS = 0.3, 1.6
"""How far such moments lie apart, and how much of the trace has to follow each."""
JOINED_SECONDS, LEVELLING_SECONDS = 0.02, 0.4
"""The level at which what follows is joined on is that of so long before, and its difference fades as fast."""
COARSE = 4
"""Moments are compared in means of so many samples."""

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
    return _inside(_butterworth, _by_analogues, samples, cutoff, "highpass")


def low_pass(samples: Trace, cutoff: float) -> Trace:
    """Samples (..., n) without what is faster than `cutoff` Hz (second-order Butterworth, forwards and backwards)."""
    return _inside(_butterworth, _turned, samples, cutoff, "lowpass")


def notch(samples: Trace, mains: float) -> Trace:
    """Samples (..., n) without the mains' hum at `mains` Hz (quality factor 30, forwards and backwards)."""
    return _inside(_notched, _mirrored, samples, mains)


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


Continuation = Callable[[NDArray[np.float64], int], NDArray[np.float64]]


def _inside(
    apply: Callable[..., NDArray[np.float64]], beyond: Continuation, samples: Trace, *settings: object
) -> Trace:
    """A filter applied to samples that go on beyond both ends."""
    margin = min(round(MARGIN_SECONDS * SAMPLING_RATE), samples.shape[-1] - 1)
    if margin < 1:
        return np.asarray(samples, dtype=np.float32)
    trace = np.asarray(samples, dtype=np.float64)
    before, after = beyond(trace[..., ::-1], margin)[..., ::-1], beyond(trace, margin)
    whole = apply(np.concatenate([before, trace, after], axis=-1), *settings)
    return np.asarray(whole[..., margin : margin + trace.shape[-1]], dtype=np.float32)


def _mirrored(trace: NDArray[np.float64], margin: int) -> NDArray[np.float64]:
    """Mirror image of the trace (..., n) at its end, which sinks to the level of its last seconds."""
    level = np.median(trace[..., -round(LEVEL_SECONDS * SAMPLING_RATE) :], axis=-1, keepdims=True)
    mirrored = trace[..., -2 : -margin - 2 : -1]
    return np.asarray(level + _fading(margin, SINKING_SECONDS) * (mirrored - level), dtype=np.float64)


def _turned(trace: NDArray[np.float64], margin: int) -> NDArray[np.float64]:
    """The trace (..., n) turned about its last sample, so that it goes on as steeply as it ended."""
    return np.asarray(2 * trace[..., -1:] - trace[..., -2 : -margin - 2 : -1], dtype=np.float64)


def _by_analogues(trace: NDArray[np.float64], margin: int) -> NDArray[np.float64]:
    """What followed the moments of the trace (..., n) that are most like its last one, on average."""
    rows = trace.reshape(-1, trace.shape[-1])
    return np.stack([_followed(row, margin) for row in rows]).reshape(*trace.shape[:-1], margin)


def _followed(trace: NDArray[np.float64], margin: int) -> NDArray[np.float64]:
    joined = round(JOINED_SECONDS * SAMPLING_RATE)
    ends = _analogues(trace)
    if not ends:
        return _mirrored(trace, margin)
    going_on = []
    for end in ends:
        after = trace[end:]
        while after.size < margin:
            after = np.concatenate([after, after[-2::-1]])
        step = trace[-joined:].mean() - trace[end - joined : end].mean()
        going_on.append(after[:margin] + _fading(margin, LEVELLING_SECONDS) * step)
    return np.asarray(np.mean(going_on, axis=0), dtype=np.float64)


def _analogues(trace: NDArray[np.float64]) -> list[int]:
    """Where the moments end that are most like the last one, each about its own mean; none in a trace of under 4 s."""
    first = trace.size % COARSE
    coarse = trace[first:].reshape(-1, COARSE).mean(axis=1)
    compared, apart, followed = (
        round(seconds * SAMPLING_RATE / COARSE) for seconds in (ANALOGUE_SECONDS, APART_SECONDS, FOLLOWED_SECONDS)
    )
    earlier = (coarse - np.median(coarse))[:-followed]
    if earlier.size < 2 * compared:
        return []
    weights = _fading(compared, ANALOGUE_WEIGHT_SECONDS / COARSE)[::-1]
    weights = weights / weights.sum()
    last = coarse[-compared:] - weights @ coarse[-compared:]
    variance = np.correlate(earlier**2, weights) - np.correlate(earlier, weights) ** 2
    unlike = variance - 2 * np.correlate(earlier, weights * last)
    ends: list[int] = []
    while len(ends) < ANALOGUES and np.isfinite(unlike).any():
        place = int(np.argmin(unlike))
        unlike[max(0, place - apart) : place + apart] = np.inf
        ends.append(first + (place + compared) * COARSE)
    return ends


def _fading(size: int, seconds: float) -> NDArray[np.float64]:
    return np.exp(-np.arange(1, size + 1) / (seconds * SAMPLING_RATE))


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
