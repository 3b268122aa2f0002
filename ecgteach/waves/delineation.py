"""Where the waves of a strip are: as given, or as neurokit2 finds them behind our own test for P.

Given are a simulated strip's truth and the marks of LUDB's cardiologists, inside the segment that they marked.
Elsewhere neurokit2 delineates by prominence (Emrich et al. 2024, EUSIPCO, 1402-1406); of its four methods this one
agrees best with LUDB, and it is the fastest.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..arguments import checked
from ..beats import FEW_BEATS, find_beats, too_few
from ..errors import UnknownName, choices
from ..quality import Fault, Quality
from ..showing import ShowsItself
from ..strip import SAMPLING_RATE, SECONDS, Strip
from ..truth import Wave
from .p_wave import BEFORE, ELSEWHERE, NOT_SEEN, UNDECIDABLE, PTest, look_for_p
from .segments import SEGMENTS, USUAL_ST_T, Segments, Span

TRUTH, MARKED, DELINEATED = "the simulator's truth", "cardiologists' marks", "neurokit2"

PEAK_REACH_SECONDS = 0.06
PADDING = 200
CODES = {"P": "P", "QRS": "R", "T": "T"}

LATE = {"P": (0.010, -0.002), "QRS": (0.012, -0.014), "T": (0.006, 0.010)}
"""Seconds by which neurokit2 puts onset and offset later than LUDB's cardiologists (medians, without the test part)."""

LENGTHS = {"P": (0.03, 0.20), "QRS": (0.03, 0.20), "T": (0.06, 0.40)}
AROUND_PEAK = {"P": (0.05, 0.05), "QRS": (0.04, 0.04), "T": (0.09, 0.08)}
LEADS_TO_QRS = (0.02, 0.40)
MOST = 0.8
SOME = 0.2
TOLERANCE_SECONDS = 0.06
CONFIRMED = 0.5

Bounds = NDArray[np.float64]


@dataclass(frozen=True, repr=False, eq=False)
class Waves(ShowsItself):
    """The waves of one strip, and the segments between them.

    Parameters
    ----------
    waves : tuple of Wave
        P, QRS, T (and F or f where the truth knows them), in the order of their onsets.
    span : (float, float)
        Segment of the strip in which they are known, in seconds.
    source : str
        Who found them: the simulator's truth, cardiologists' marks, or neurokit2.
    p : PTest
        Whether there are P waves, and how that was told.
    quality : Quality
        Why they should not be relied on, or why there are none.
    """

    waves: tuple[Wave, ...]
    span: Span
    source: str
    p: PTest
    quality: Quality = field(default_factory=Quality)

    def of(self, *kinds: str) -> tuple[Wave, ...]:
        """Waves of some kinds: ``waves.of("P")``."""
        return tuple(wave for wave in self.waves if wave.kind in kinds)

    @property
    def rr(self) -> NDArray[np.float64]:
        """Intervals from QRS onset to QRS onset in seconds, shape (beats - 1,)."""
        return np.diff([wave.onset for wave in self.of("QRS")])

    @cached_property
    def segments(self) -> Segments:
        """From when to when each named segment lasts."""
        return Segments.between(self.waves, self.span)

    def mask(self, name: str) -> NDArray[np.bool_]:
        """Which samples belong to a segment, shape (5000,).

        Parameters
        ----------
        name : str
            One of `SEGMENTS`: ``"P"``, ``"QRS"``, ``"pre"`` ...

        Raises
        ------
        UnknownName
            When no segment has such a name.
        """
        if name not in SEGMENTS:
            raise UnknownName(f"no segment is called {name!r}; there are {choices(SEGMENTS)}")
        return self.segments.mask(name)

    def __repr__(self) -> str:
        counted = ", ".join(f"{len(self.of(kind))} {kind}" for kind in ("P", "QRS", "T"))
        why = f" ({self.p.reason})" if self.p.reason else ""
        return f"Waves by {self.source}: {counted}; P {self.p.outcome}{why}; {self.quality}"


@checked
def delineate(strip: Strip, *, given: bool = True) -> Waves:
    """Where the waves of a strip are.

    Parameters
    ----------
    strip : Strip
        Filtered or not.
    given : bool
        Take the waves that are known (simulated truth, cardiologists' marks) where there are any. False finds them
        from the samples alone, to see how well that works.

    Returns
    -------
    Waves
        Never an error: a strip without readable beats gives no waves, and its quality says why.

    >>> from ecgteach.simulator import simulate
    >>> delineate(simulate("SR", seed=1, leads=("II",)).strip("II"))
    Waves by the simulator's truth: 11 P, 11 QRS, 12 T; P seen before each QRS; good
    """
    if given and strip.truth is not None:
        known = strip.truth.of("P", "QRS", "T", "F", "f")
        return Waves(known, (0.0, SECONDS), TRUTH, _p_of_given(known, (0.0, SECONDS)), strip.quality)
    if given and (marked := _marked(strip)):
        span = (min(wave.onset for wave in marked), max(wave.offset for wave in marked))
        return Waves(marked, span, MARKED, _p_of_given(marked, span), strip.quality)
    return _delineated(strip.for_reading())


def raw_waves(strip: Strip, peaks: NDArray[np.intp]) -> dict[str, Bounds]:
    """What neurokit2 reports, as it reports it.

    Parameters
    ----------
    strip : Strip
        Filtered for reading.
    peaks : array of int, shape (beats,)
        Sample of each R peak, two or more.

    Returns
    -------
    dict of str to array, shape (beats, 3)
        Onset, peak and offset in seconds of P, QRS and T of each beat; NaN where it found none.
    """
    import neurokit2

    # neurokit2 drops indices of 0 from its lists, and then the lists no longer belong to the same beats: with a margin
    # in front no index is 0
    padded = np.pad(strip.samples.astype(np.float64), PADDING, mode="edge")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, found = neurokit2.ecg_delineate(padded, peaks + PADDING, sampling_rate=SAMPLING_RATE, method="prominence")
    raw = {}
    for kind, code in CODES.items():
        tops = peaks + PADDING if kind == "QRS" else found[f"ECG_{code}_Peaks"]
        columns = (found[f"ECG_{code}_Onsets"], tops, found[f"ECG_{code}_Offsets"])
        raw[kind] = (np.array(columns, dtype=np.float64).T - PADDING) / SAMPLING_RATE
    return raw


def r_peaks(strip: Strip, times: Sequence[float]) -> NDArray[np.intp]:
    """Sample of the largest deflection near each beat, either way up."""
    level = float(np.median(strip.samples))
    reach = round(PEAK_REACH_SECONDS * SAMPLING_RATE)
    found = []
    for time in times:
        first = max(0, round(time * SAMPLING_RATE) - reach)
        around = np.abs(strip.samples[first : first + 2 * reach + 1] - level)
        found.append(first + int(np.argmax(around)))
    return np.unique(found)


def _delineated(strip: Strip) -> Waves:
    beats = find_beats(strip)
    faults = (*strip.quality.faults, *beats.quality.faults)
    if not beats.quality.good:
        return _nothing("; ".join(map(str, beats.quality.faults)), faults)
    peaks = r_peaks(strip, beats.times)
    if len(peaks) < FEW_BEATS:
        return _nothing(too_few(len(peaks)), faults)
    try:
        raw = raw_waves(strip, peaks)
    except (ArithmeticError, LookupError, TypeError, ValueError) as problem:
        return _nothing("the waves could not be told apart", (*faults, Fault("waves", f"neurokit2 says {problem}")))
    complexes = _repaired(raw["QRS"], "QRS")
    tails = _between(_repaired(raw["T"], "T"), complexes[:, 2], np.append(complexes[1:, 0], SECONDS))
    tail_ends = np.where(np.isnan(tails[:, 2]), complexes[:, 2] + _usual_st_t(complexes, tails), tails[:, 2])
    free = [(float(end), float(onset)) for end, onset in zip(tail_ends[:-1], complexes[1:, 0], strict=True)]
    first = max(0.0, complexes[0, 0] - float(np.median([onset - end for end, onset in free])))
    found = look_for_p(strip.samples, [(first, float(complexes[0, 0])), *free])
    found, atria = _confirmed(found, raw["P"], complexes)
    rows = {"P": atria, "QRS": complexes, "T": tails}
    waves = [
        Wave(kind, float(onset), float(peak), float(offset), beat)
        for kind, bounds in rows.items()
        for beat, (onset, peak, offset) in enumerate(bounds)
        if np.isfinite(onset + peak + offset)
    ]
    waves.sort(key=lambda wave: wave.onset)
    span = (max(0.0, waves[0].onset), min(SECONDS, max(wave.offset for wave in waves)))
    return Waves(tuple(waves), span, DELINEATED, found, Quality(faults))


def _nothing(reason: str, faults: Sequence[Fault]) -> Waves:
    return Waves(
        (), (0.0, SECONDS), DELINEATED, PTest(UNDECIDABLE, reason), Quality(tuple(faults) or (Fault("waves", reason),))
    )


def _confirmed(found: PTest, raw: Bounds, complexes: Bounds) -> tuple[PTest, Bounds]:
    """P waves where the test found them: those of neurokit2 that lie there. Where most do not, nothing is decided."""
    if found.outcome != BEFORE or found.ahead is None:
        return found, np.full_like(complexes, np.nan)
    atria = _between(_repaired(raw, "P"), np.append(-np.inf, complexes[:-1, 2]), complexes[:, 0])
    atria[~(np.abs(complexes[:, 0] - atria[:, 1] - found.ahead) <= TOLERANCE_SECONDS)] = np.nan
    if np.mean(np.isfinite(atria[:, 1])) >= CONFIRMED:
        return found, atria
    reason = "a wave repeats before QRS, but in most beats none can be outlined there"
    return replace(found, outcome=UNDECIDABLE, reason=reason), np.full_like(complexes, np.nan)


def _repaired(raw: Bounds, kind: str) -> Bounds:
    """Bounds freed of their bias; an impossible one stands where it usually stands in this strip."""
    onset, peak, offset = raw.T
    shortest, longest = LENGTHS[kind]
    usual = AROUND_PEAK[kind]
    length = offset - onset
    fine = (onset < peak) & (peak < offset) & (shortest <= length) & (length <= longest)
    before = float(np.median((peak - onset)[fine])) if fine.any() else usual[0]
    after = float(np.median((offset - peak)[fine])) if fine.any() else usual[1]
    onset = np.where(fine, onset, peak - before) - LATE[kind][0]
    offset = np.where(fine, offset, peak + after) - LATE[kind][1]
    return np.stack([np.minimum(onset, peak), peak, np.maximum(offset, peak)], axis=1)


def _between(bounds: Bounds, low: Bounds, high: Bounds) -> Bounds:
    """Bounds cut to their own room; NaN where the peak lies outside it."""
    kept = np.stack([np.maximum(bounds[:, 0], low), bounds[:, 1], np.minimum(bounds[:, 2], high)], axis=1)
    kept[~((low < bounds[:, 1]) & (bounds[:, 1] < high))] = np.nan
    return kept


def _usual_st_t(complexes: Bounds, tails: Bounds) -> float:
    known = (tails[:, 2] - complexes[:, 2])[np.isfinite(tails[:, 2])]
    return float(np.median(known)) if known.size else USUAL_ST_T


def _marked(strip: Strip) -> tuple[Wave, ...]:
    """Marked waves of the strip; none where the marks are of beats or rhythms only."""
    marks = sorted((mark for mark in strip.annotations if mark.kind in CODES), key=lambda mark: mark.start)
    beats = 0
    waves = []
    for mark in marks:
        peak = mark.start if mark.peak is None else mark.peak
        waves.append(Wave(mark.kind, mark.start, peak, mark.end, beats - 1 if mark.kind == "T" else beats))
        beats += mark.kind == "QRS"
    return tuple(waves) if beats else ()


def _p_of_given(waves: Sequence[Wave], span: Span) -> PTest:
    """Whether the given P waves lead to the QRS complexes; the first QRS counts only where a P before it would show."""
    early, late = LEADS_TO_QRS
    atria = [wave for wave in waves if wave.kind == "P"]
    complexes = [wave for wave in waves if wave.kind == "QRS" and wave.onset - span[0] > late]
    led = sum(
        any(wave.beat == qrs.beat and early <= qrs.onset - wave.onset <= late for wave in atria) for qrs in complexes
    )
    if not complexes:
        return PTest(UNDECIDABLE, "there are no QRS complexes", beats=0)
    if led >= MOST * len(complexes):
        return PTest(BEFORE, beats=len(complexes))
    return PTest(ELSEWHERE if len(atria) >= SOME * len(complexes) else NOT_SEEN, beats=len(complexes))
