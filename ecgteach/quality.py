"""What a segment of one lead is good for, and what is wrong with it.

The heart is looked for first: complexes that stand out, that resemble each other and that return to where they came
from. Where there are none, nothing can be read. Then comes what lies between them: the trace less what every beat
repeats is motion where it is slow and noise where it is fast, and where there is much of it P waves cannot be judged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import InvalidValue, choices
from .filters import high_pass, low_pass
from .qrs import RATE, at_rate, find_qrs, strength_of


class Grade(IntEnum):
    """What can be read of a lead; the higher, the more."""

    POOR = 0
    RATE = 1
    P = 2
    WHOLE = 3

    def __str__(self) -> str:
        return ("poor", "usable for rate only", "usable for rate and P", "good")[self]


LEAST = {"any": Grade.POOR, "rate": Grade.RATE, "P": Grade.P, "good": Grade.WHOLE}
"""The least grade that is taken, by the word that asks for it."""

KINDS: dict[str, tuple[str, Grade]] = {
    "short": ("short", Grade.POOR),
    "flat": ("flat", Grade.POOR),
    "no QRS": ("noisy", Grade.POOR),
    "beats": ("", Grade.POOR),
    "waves": ("not delineated", Grade.POOR),
    "motion": ("disturbed by motion", Grade.RATE),
    "noise": ("overlaid with noise", Grade.RATE),
    "spike": ("hit by a spike", Grade.RATE),
    "clipped": ("clipped", Grade.P),
}
"""Kinds of fault: the word that a sentence begins with, and what can still be read."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a lead.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    text : str
        What is wrong, in plain words.
    figures : str
        The numbers behind it, for who wants them.

    Raises
    ------
    InvalidValue
        When the kind is none of ours.

    >>> str(Fault("flat", "its range is 0.004 mV"))
    'flat: its range is 0.004 mV'
    """

    kind: str
    text: str
    figures: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidValue(f"no fault is of the kind {self.kind!r}; there are {choices(KINDS)}")

    @property
    def grade(self) -> Grade:
        """What can still be read in spite of it."""
        return KINDS[self.kind][1]

    @property
    def plain(self) -> str:
        """The fault without its figures, as it stands in a sentence."""
        word = KINDS[self.kind][0]
        return f"{word}, {self.text}" if word else self.text

    def __str__(self) -> str:
        word = KINDS[self.kind][0]
        return (f"{word}: " if word else "") + self.text + (f" ({self.figures})" if self.figures else "")

    def to_json(self) -> dict[str, str]:
        """The fault as plain values."""
        return {"kind": self.kind, "text": self.text, "figures": self.figures}

    @classmethod
    def from_json(cls, held: Mapping[str, Any] | str) -> "Fault":
        """The fault of what `to_json` gave, or of the words that older files hold."""
        if not isinstance(held, str):
            return cls(str(held["kind"]), str(held["text"]), str(held.get("figures", "")))
        word, colon, text = held.partition(": ")
        kind = next((kind for kind, (words, _) in KINDS.items() if colon and words == word), "beats")
        return cls(kind, text if kind != "beats" else held)


@dataclass(frozen=True)
class Quality:
    """What is wrong with a lead, and what can still be read of it; ``good`` when nothing is wrong."""

    faults: tuple[Fault, ...] = ()

    @property
    def grade(self) -> Grade:
        """What can be read: that which the worst fault leaves."""
        return min((fault.grade for fault in self.faults), default=Grade.WHOLE)

    @property
    def good(self) -> bool:
        """True when the whole lead can be read: nothing is wrong with it."""
        return not self.faults

    @property
    def plain(self) -> str:
        """Faults without their figures."""
        return "; ".join(fault.plain for fault in self.faults) or "good"

    def __str__(self) -> str:
        return "; ".join(str(fault) for fault in self.faults) or "good"


FLAT_MV = 0.002
FLAT_SECONDS = 2.5
FLAT_RANGE_MV = 0.05
RAIL_MV = 10.0
CLIPPED_SECONDS = 0.02
OFF_BASELINE_MV = 0.25
CLIPPED_SHARE = 0.005

FEWEST_BEATS = 3
SLOWEST_PER_SECOND = 0.35
SMALLEST_QRS_MV = 0.06
LEAST_CONTRAST = 1.25
LEAST_LIKENESS = 0.7
MOST_STRANGERS = 0.34
ANOTHER_BELOW, ANOTHER_HIGHER = 0.85, 1.6
MOST_SHIFT = 0.5
MOST_SHIFT_OF_MANY = 1.2
FEW_FOR_SHIFT = 10
HUM_CONTRAST = 4.0
"""What complexes have to be like before anything is read (`_heart`)."""

MOTION_MV, MOTION_OF_QRS = 0.15, 0.08
MOTION_SECONDS = 0.25
MOST_MOTION = 0.05
FAST_RR = 0.5
NOISE_MV, NOISE_OF_QRS = 0.05, 0.05
NOISE_ABOVE_HZ = 12.0
NOISE_SECONDS = 0.2
MOST_NOISE = 0.02
SPIKE_STEEPNESS, SPIKE_HEIGHT, LONE_SPIKE_HEIGHT = 2.5, 2.0, 3.0
"""What lies between complexes, and how much of it leaves P waves readable (`_between_beats`)."""

HALF_QRS = round(0.08 * RATE)
ENDS_LEFT_OUT = (0.45, 0.3)
"""Seconds at the ends in which a wave may belong to a beat outside."""

Signal = NDArray[np.float64]


def assess(samples: NDArray[np.floating], sampling_rate: float) -> Quality:
    """What is wrong with a segment of one lead, and what can still be read of it.

    Poor, so that nothing can be read: **short** (under 2.5 s), **flat** (its range is under 0.05 mV, or it stands still
    within 0.002 mV for 2.5 s), **noisy** (no QRS complexes stand out, they do not resemble each other, or they are
    steps that do not return). For rate only: **disturbed by motion** (for more than 5 % of the time the trace leaves
    what every beat repeats by 0.15 mV or more), **overlaid with noise** (faster than 12 Hz, 0.05 mV or more, for more
    than 2 % of the time), **hit by a spike**. For rate and P, not for heights: **clipped** (beyond 10 mV of its median,
    or held at its own extreme for 20 ms and more, over 0.5 % of the time). An offset is no fault: electrodes hold up to
    300 mV.

    Limits were set on part of the real and simulated strips and looked at on others; ``bench quality`` prints them.

    Parameters
    ----------
    samples : array, shape (n,)
        Amplitude in mV, before any filter or resampling.
    sampling_rate : float
        In Hz.
    """
    if samples.size < FLAT_SECONDS * sampling_rate:
        return Quality((Fault("short", f"it holds only {samples.size / sampling_rate:.3g} s"),))
    if np.ptp(samples) < FLAT_RANGE_MV:
        return Quality((Fault("flat", f"its range is {np.ptp(samples):.3f} mV"),))
    faults = [fault for fault in (_standing_still(samples, sampling_rate), _clipped(samples, sampling_rate)) if fault]
    return Quality((*faults, *_readable(at_rate(samples, sampling_rate))))


def _standing_still(samples: NDArray[np.floating], sampling_rate: float) -> Fault | None:
    from scipy.ndimage import maximum_filter1d, minimum_filter1d

    window = max(2, round(FLAT_SECONDS * sampling_rate))
    middle = slice(window // 2, max(window // 2 + 1, samples.size - window // 2))
    swing = (maximum_filter1d(samples, window) - minimum_filter1d(samples, window))[middle]
    still = f"it stands still for {FLAT_SECONDS:g} s or more"
    return Fault("flat", still) if swing.min() < FLAT_MV else None


def _clipped(samples: NDArray[np.floating], sampling_rate: float) -> Fault | None:
    centred = samples - np.median(samples)
    beyond = int(np.count_nonzero(np.abs(centred) > RAIL_MV))
    if beyond:
        return Fault("clipped", f"{beyond} samples lie beyond {RAIL_MV:g} mV of its level")
    railed = _time_at_rail(centred, sampling_rate)
    if railed > CLIPPED_SHARE:
        return Fault("clipped", f"it is held at its extreme for {railed:.1%} of the time")
    return None


def _time_at_rail(centred: NDArray[np.floating], sampling_rate: float) -> float:
    """Share of samples in runs of 20 ms or more at the very maximum or minimum, where that lies off the baseline.

    A value held at an end is left out: recorders fill up a recording so.
    """
    shortest = max(3, round(CLIPPED_SECONDS * sampling_rate))
    shares = [0.0]
    for extreme in (centred.max(), centred.min()):
        if abs(extreme) < OFF_BASELINE_MV:
            continue
        held = np.abs(centred - extreme) < FLAT_MV / 2
        borders = np.flatnonzero(np.diff(np.concatenate([[False], held, [False]]).astype(np.int8)))
        firsts, lasts = borders[::2], borders[1::2]
        within = (firsts > 0) & (lasts < centred.size)
        runs = (lasts - firsts)[within]
        shares.append(float(runs[runs >= shortest].sum() / centred.size))
    return max(shares)


def _readable(trace: Signal) -> tuple[Fault, ...]:
    """Faults of a trace at 500 Hz about its median, by its beats and by what lies between them."""
    strength = strength_of(trace)
    centres = find_qrs(trace, strength)
    read = low_pass(high_pass(trace.astype(np.float32), 0.5), 40.0).astype(np.float64)
    if centres.size < max(2, SLOWEST_PER_SECOND * trace.size / RATE):
        few = "no QRS stands out" if not centres.size else f"only {centres.size} QRS stand out"
        return (Fault("no QRS", few),)
    beats = _Beats.of(read, centres)
    contrast = float(np.median(strength.whole[centres]) / max(float(np.median(strength.whole)), 1e-12))
    fault = _heart(trace, read, beats, contrast)
    return (fault,) if fault else tuple(_between_beats(read, beats))


class _Beats(NamedTuple):
    """Complexes of a trace: their middles, outlines (beats, samples), heights, and likeness to the typical one."""

    centres: NDArray[np.intp]
    outlines: Signal
    heights: Signal
    likeness: Signal
    ectopic: NDArray[np.bool_]
    strangers: NDArray[np.bool_]

    @classmethod
    def of(cls, trace: Signal, centres: NDArray[np.intp]) -> "_Beats":
        """A complex unlike the typical one is ectopic where another is like it, else a stranger."""
        padded = np.pad(trace, HALF_QRS, mode="edge")
        outlines = np.stack([padded[centre : centre + 2 * HALF_QRS] for centre in centres])
        outlines = outlines - outlines.mean(axis=1, keepdims=True)
        sizes = np.maximum(np.linalg.norm(outlines, axis=1), 1e-9)
        typical = np.median(outlines, axis=0)
        likeness = outlines @ typical / (sizes * max(float(np.linalg.norm(typical)), 1e-9))
        heights = np.ptp(outlines, axis=1)
        other = (likeness < ANOTHER_BELOW) | (heights > ANOTHER_HIGHER * np.median(heights))
        alike = (outlines @ outlines.T / np.outer(sizes, sizes) > 0.8) & (
            np.abs(np.log2(heights[:, None] / heights)) < 1
        )
        ectopic = other & ((alike & other).sum(axis=1) > 1)
        return cls(centres, outlines, heights, likeness, ectopic, (likeness < LEAST_LIKENESS) & ~ectopic)

    @property
    def height(self) -> float:
        """Of the typical complex, in mV."""
        return float(np.median(self.heights))


def _heart(trace: Signal, read: Signal, beats: _Beats, contrast: float) -> Fault | None:
    """Why what was found are no heart beats; None where they are."""
    likeness, strangers = float(np.median(beats.likeness)), float(beats.strangers.mean())
    shift = _shift(read, beats)
    fast = low_pass(trace.astype(np.float32), 45.0) - trace
    hum = float(np.std(fast)) > float(np.std(read)) and contrast < HUM_CONTRAST
    if beats.height < SMALLEST_QRS_MV:
        return Fault("no QRS", "what stands out is too small for a QRS", f"{beats.height:.3f} mV")
    if contrast < LEAST_CONTRAST or hum:
        return Fault("no QRS", "no QRS stands out", f"{contrast:.1f} times as strong as what surrounds it")
    if likeness < LEAST_LIKENESS or strangers >= MOST_STRANGERS:
        share = f"correlation {likeness:.2f}, {strangers:.0%} like no other"
        return Fault("no QRS", "what stands out does not repeat itself as a QRS does", share)
    if shift > (MOST_SHIFT if beats.centres.size <= FEW_FOR_SHIFT else MOST_SHIFT_OF_MANY):
        return Fault("no QRS", "what stands out are steps that do not return", f"by {shift:.0%} of their height")
    return None


def _shift(read: Signal, beats: _Beats) -> float:
    """How far the trace has moved from 125 ms before a complex to 125 ms after it, as a share of the complex."""
    moved = [
        abs(read[centre + 50 : centre + 75].mean() - read[centre - 75 : centre - 50].mean()) / max(height, 1e-9)
        for centre, height in zip(beats.centres, beats.heights, strict=True)
        if 75 <= centre < read.size - 75
    ]
    return float(np.median(moved)) if moved else 0.0


def _between_beats(read: Signal, beats: _Beats) -> list[Fault]:
    """Motion, noise and spikes, which leave the rate and take the P."""
    from scipy.ndimage import uniform_filter1d

    judged = _judged(read.size, beats)
    rest = read - _repeated(read, beats.centres)
    slow = np.abs(uniform_filter1d(rest, round(MOTION_SECONDS * RATE)))
    limit = max(MOTION_MV, MOTION_OF_QRS * beats.height)
    moving = float(np.mean((slow > limit)[judged])) if judged.any() else 0.0
    faults = []
    if moving >= MOST_MOTION:
        most = float(slow[judged].max())
        faults.append(Fault("motion", f"the baseline moves by up to {most:.1f} mV", f"{moving:.0%} of the time"))
    outside = judged & ~_near(read.size, beats.centres, 40, 50) & ~_near(read.size, _borders(beats.centres), 30, 30)
    noise = np.minimum(_fast(read, outside), _fast(np.where(judged, rest, 0.0), outside))
    limit = max(NOISE_MV, NOISE_OF_QRS * beats.height)
    noisy = float(np.mean(noise > limit))
    if noisy >= MOST_NOISE:
        level = float(noise.max())
        faults.append(Fault("noise", f"up to {level:.2f} mV between the beats", f"{noisy:.0%} of the time"))
    steep = np.abs(np.diff(beats.outlines, axis=1)).max(axis=1)
    far = (steep > SPIKE_STEEPNESS * np.median(steep)) & (beats.heights > SPIKE_HEIGHT * beats.height)
    single = beats.strangers | (~beats.ectopic & (beats.heights > LONE_SPIKE_HEIGHT * beats.height))
    spikes = int(np.count_nonzero(single & far & judged[beats.centres]))
    if spikes:
        which = "one complex is" if spikes == 1 else f"{spikes} complexes are"
        faults.append(Fault("spike", f"{which} far steeper and higher than the others and like none of them"))
    return faults


def _judged(size: int, beats: _Beats) -> NDArray[np.bool_]:
    """Where a rest can be held against the lead: not at the ends, not around ectopic beats, which repeat nothing.

    In a fast rhythm a single other beat is a capture, a fusion or an ectopic beat like these.
    """
    fast = float(np.median(np.diff(beats.centres))) < FAST_RR * RATE
    judged = ~_near(size, beats.centres[beats.ectopic | (beats.strangers & fast)], 75, 275)
    first, last = (round(seconds * RATE) for seconds in ENDS_LEFT_OUT)
    judged[:first] = judged[size - last :] = False
    return judged


def _near(size: int, centres: NDArray[np.intp], before: int, after: int) -> NDArray[np.bool_]:
    near = np.zeros(size, dtype=bool)
    for centre in centres:
        near[max(0, centre - before) : centre + after] = True
    return near


def _repeated(read: Signal, centres: NDArray[np.intp]) -> Signal:
    """What every beat repeats: the median beat at each complex, and between them the level at which the trace rests.

    Of fewer than three whole beats nothing can be said, and all counts as repeated.
    """
    rr = float(np.median(np.diff(centres)))
    before, after = int(min(150, 0.4 * rr)), int(min(250, 0.6 * rr))
    whole = [read[centre - before : centre + after] for centre in centres if before <= centre <= read.size - after]
    if len(whole) < FEWEST_BEATS:
        return read
    typical = np.median(np.stack(whole), axis=0)
    repeated = np.full_like(read, np.nan)
    borders = _borders(centres)
    for centre, first, last in zip(centres, [0, *borders], [*borders, read.size], strict=True):
        begin, end = max(first, centre - before), min(last, centre + after)
        repeated[begin:end] = typical[begin - centre + before : end - centre + before]
    resting = np.isnan(repeated)
    repeated[resting] = np.median(read[resting]) if resting.any() else 0.0
    return repeated


def _borders(centres: NDArray[np.intp]) -> NDArray[np.intp]:
    """Where one beat ends and the next begins."""
    return np.asarray(centres[:-1] + 0.6 * np.diff(centres), dtype=np.intp)


def _fast(trace: Signal, counted: NDArray[np.bool_]) -> Signal:
    """Running root mean square of what is faster than 12 Hz, over what is counted of 0.2 s."""
    from scipy.ndimage import uniform_filter1d

    window = round(NOISE_SECONDS * RATE)
    fast = high_pass(trace.astype(np.float32), NOISE_ABOVE_HZ).astype(np.float64)
    energy = np.maximum(uniform_filter1d(np.where(counted, fast, 0.0) ** 2, window), 0.0)
    share = np.maximum(uniform_filter1d(counted.astype(np.float64), window), 0.2)
    return np.asarray(np.sqrt(energy / share), dtype=np.float64)
