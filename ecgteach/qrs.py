"""Where the QRS complexes of a trace are: narrow and wide, early and late, upright and inverted.

The detector is of the family of Pan and Tompkins (1985, doi 10.1109/TBME.1985.325532): the slope of the band where QRS
complexes live, squared and averaged. Three things are added for abnormal rhythms. A second, slower band keeps wide
complexes in sight. What follows a beat within the time of its T wave, or comes just before one, has to be strong for
its distance. And a weak complex, such as a ventricular beat with gentle slopes, is taken where the rhythm leaves room
for it and where it stands above what is usual at that place after the other beats.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

RATE = 500.0
"""Samples a second that the detector works with."""

STEEP_HZ = (8.0, 25.0)
SLOW_HZ = (3.0, 15.0)
SIZE_HZ = (1.0, 25.0)
STEEP_SECONDS = 0.12
SLOW_SECONDS = 0.16
SLOW_WEIGHT = 0.4
"""Bands and running averages: of steep complexes, of slow ones, and of a complex's height."""

TYPICAL_SHARE = 0.4
"""The typical complex is as strong as the weakest of the strongest two fifths of all seconds."""
LEAST_TYPICAL = 1e-4
"""Share of the strongest moment that the typical complex reaches at least: what a filter rings is none."""
LOUDEST = 4.0
"""Typical complexes above which strength no longer counts."""

REFRACTORY = 0.2
STRONG = 0.09
CLEARLY_STRONG = 0.3
LEAST_HEIGHT = 0.3
"""Shares of the typical complex: a strong one, one that needs no second look, and the least height of the others."""
ABOVE_SURROUNDINGS = 4.0
SURROUNDINGS_SECONDS = 3.0

T_WAVE_FROM, T_WAVE_UNTIL = 0.2, 0.45
T_WAVE_SHARES = (0.5, 0.12)
"""Seconds after a beat in which its T wave lies, and the share of the beat that something else must reach there."""
P_WAVE_WITHIN, P_WAVE_SHARE = 0.25, 0.2

WEAKEST, WEAK = 0.012, 0.02
ROOM = 1.35
WIDE_ROOM = 1.5
"""How many typical RR intervals a gap has to last for a weak complex to be looked for."""
NOISE_RATIO = 4.5
UNUSUAL = 3.0
UNUSUAL_IN_WIDE_ROOM = 2.0
UNUSUAL_HEIGHT = 1.6
LEAST_HEIGHT_IN_WIDE_ROOM = 0.4
LEAST_HEIGHT_OF_WEAK = 0.25
"""Shares of the typical height: f waves in a pause reach less."""
HIGH_BEAT, T_OF_HIGH_BEAT = 1.5, 0.4
"""From how many typical heights on a beat has a T of its own size, and the share of the beat that this T reaches."""
BETWEEN_BEATS = (0.13, 0.1)
"""Seconds after a beat and before the next that belong to their complexes."""

T_EVERY_BEAT_SHARE, T_EVERY_BEAT_SECONDS = 0.6, 0.9
P_EVERY_BEAT_SHARE, P_EVERY_BEAT_WITHIN, P_LEAST_RR = 0.9, 0.3, 0.55
"""When every second complex is the T or the P of the other: its share of the other's strength, its distance, and RR."""

ALIKE, ALIKE_SIZE, ALIKE_SHARE = 0.9, 1.6, 0.2
ALIKE_REACH = round(0.08 * RATE)
"""Least correlation, largest ratio of sizes and least share of the beats for a complex that looks like others."""
ALIKE_T = 0.95
"""Least correlation of a first wave with the T of the other beats for it to be the T of one before the trace."""

Signal = NDArray[np.float64]


@dataclass(frozen=True)
class Strength:
    """How much each moment of a trace looks like a QRS complex.

    Parameters
    ----------
    steep : array, shape (n,)
        Slope of the steep band, squared: tells where in a complex its middle is.
    whole : array, shape (n,)
        Strength of both bands in typical complexes.
    height : array, shape (n,)
        Range of the trace within 100 ms around each moment, in the trace's unit.
    outline : array, shape (n,)
        The trace in the band that shows a complex's shape, in the trace's unit.
    """

    steep: Signal
    whole: Signal
    height: Signal
    outline: Signal


def at_rate(samples: NDArray[np.floating], sampling_rate: float) -> Signal:
    """A trace about its median, at the detector's 500 Hz."""
    from fractions import Fraction

    from scipy.signal import resample_poly

    centred = np.asarray(samples, dtype=np.float64) - float(np.median(samples))
    if sampling_rate == RATE:
        return centred
    ratio = (Fraction(RATE) / Fraction(sampling_rate)).limit_denominator(5000)
    return np.asarray(resample_poly(centred, ratio.numerator, ratio.denominator, padtype="line"), dtype=np.float64)


def strength_of(trace: Signal) -> Strength:
    """Strength of each moment of a trace at 500 Hz, 2.5 s or longer."""
    from scipy.ndimage import maximum_filter1d, minimum_filter1d, uniform_filter1d

    steep = np.gradient(_band(trace, STEEP_HZ)) ** 2
    slow = np.gradient(_band(trace, SLOW_HZ)) ** 2
    parts = [
        np.maximum(uniform_filter1d(energy, round(seconds * RATE), mode="constant"), 0.0)
        for energy, seconds in ((steep, STEEP_SECONDS), (slow, SLOW_SECONDS))
    ]
    whole = parts[0] / _typical(parts[0]) + SLOW_WEIGHT * parts[1] / _typical(parts[1])
    sized = _band(trace, SIZE_HZ)
    around = round(0.2 * RATE)
    height = maximum_filter1d(sized, around) - minimum_filter1d(sized, around)
    return Strength(steep, whole / _typical(whole), height, sized)


def find_qrs(trace: Signal, strength: Strength | None = None) -> NDArray[np.intp]:
    """Middle of each QRS complex of a trace, as numbers of samples, in order of time.

    Parameters
    ----------
    trace : array, shape (n,)
        At 500 Hz, 2.5 s or longer, in any unit, filtered or not.
    strength : Strength, optional
        What `strength_of` gives, where it is at hand.

    Returns
    -------
    array of int
        Empty where nothing stands out.

    >>> trace = np.zeros(5000)
    >>> trace[np.arange(250, 5000, 400)] = 1.0
    >>> find_qrs(trace)[:3].tolist()
    [250, 650, 1050]
    """
    found = strength if strength is not None else strength_of(trace)
    return _Search(found).complexes()


class _Search:
    """One search: candidates, the strong ones, then the weak ones where there is room."""

    def __init__(self, strength: Strength) -> None:
        from scipy.signal import find_peaks

        self.steep, self.size = strength.steep, strength.whole.size
        self.capped = np.minimum(strength.whole, LOUDEST)
        peaks, _ = find_peaks(self.capped, height=0.002, distance=round(STEEP_SECONDS * RATE))
        self.candidates = np.unique(_highest_near(strength.whole, peaks))
        clear = self.candidates[self.capped[self.candidates] > CLEARLY_STRONG]
        unit = float(np.median(strength.height[clear])) if clear.size else 1.0
        self.unit = unit or 1.0
        self.height = strength.height / self.unit
        self.by_strength = self.candidates[np.argsort(-self.capped[self.candidates], kind="stable")]
        self.outline = np.pad(strength.outline, ALIKE_REACH)
        self.taken: list[int] = []

    def complexes(self) -> NDArray[np.intp]:
        if not self.candidates.size:
            return self.candidates
        self._take_strong()
        self._take_alike()
        self.taken = self._without_every_second(sorted(self.taken))
        if len(self.taken) > 1:
            self._take_weak()
        self.taken = self._without_t_of_beat_outside(sorted(self.taken))
        return np.array(sorted({_middle(self.steep, peak) for peak in self.taken}), dtype=np.intp)

    def _take_strong(self) -> None:
        surroundings = self._surroundings()
        for peak in self.by_strength:
            strength = self.capped[peak]
            if strength < STRONG:
                return
            unclear = strength < CLEARLY_STRONG
            drowned = strength < ABOVE_SURROUNDINGS * surroundings[peak]
            if unclear and (drowned or self.height[peak] < LEAST_HEIGHT):
                continue
            if self._apart(peak) and not self._is_wave_of_another(peak):
                self.taken.append(int(peak))

    def _take_alike(self) -> None:
        """Strong ones that were held for another's T, but look like several beats: those of VT after a capture."""
        shapes = np.array([self._shape(beat) for beat in self.taken])
        for peak in self.by_strength:
            if self.capped[peak] < STRONG or len(shapes) < 2:
                return
            if int(peak) in self.taken or not self._apart(peak):
                continue
            shape = self._shape(int(peak))
            sizes = np.linalg.norm(shapes, axis=1)
            size = float(np.linalg.norm(shape)) or 1.0
            alike = (shapes @ shape / (sizes * size) > ALIKE) & (np.abs(np.log(sizes / size)) < np.log(ALIKE_SIZE))
            if alike.sum() >= max(2, ALIKE_SHARE * len(shapes)):
                self.taken.append(int(peak))

    def _shape(self, peak: int) -> Signal:
        """Outline of 160 ms around the middle of a complex, about its mean."""
        return self._around(_middle(self.steep, peak))

    def _around(self, middle: int) -> Signal:
        around = self.outline[middle : middle + 2 * ALIKE_REACH]
        return np.asarray(around - around.mean(), dtype=np.float64)

    def _surroundings(self) -> Signal:
        """Median strength of the three seconds around each moment."""
        half, step = round(SURROUNDINGS_SECONDS * RATE / 2), round(0.1 * RATE)
        moments = np.arange(0, self.size, step)
        medians = [float(np.median(self.capped[max(0, moment - half) : moment + half])) for moment in moments]
        return np.interp(np.arange(self.size), moments, medians)

    def _apart(self, peak: int) -> bool:
        return all(abs(peak - other) >= REFRACTORY * RATE for other in self.taken)

    def _is_wave_of_another(self, peak: int) -> bool:
        """The T of a beat before it, or the P of a beat after it."""
        for other in self.taken:
            later, share = (peak - other) / RATE, self.capped[peak] / self.capped[other]
            if 0 < later < T_WAVE_UNTIL and share < np.interp(later, (T_WAVE_FROM, T_WAVE_UNTIL), T_WAVE_SHARES):
                return True
            if -P_WAVE_WITHIN < later < 0 and share < P_WAVE_SHARE:
                return True
        return False

    def _without_every_second(self, taken: list[int]) -> list[int]:
        """Beats without those between them, where these are all T waves or all P waves of one distance."""
        if len(taken) < 6:
            return taken
        gaps = np.diff(taken) / RATE
        for first in (0, 1):
            main, others = np.array(taken[first::2]), np.array(taken[1 - first :: 2])
            rr = float(np.median(np.diff(main))) / RATE
            share = float(np.median(self.capped[others]) / np.median(self.capped[main]))
            later, sooner = gaps[first::2], gaps[1 - first :: 2]
            is_t = _steadily_within(later, T_WAVE_UNTIL, 0.04) and rr < T_EVERY_BEAT_SECONDS
            is_p = _steadily_within(sooner, P_EVERY_BEAT_WITHIN, 0.03) and rr > P_LEAST_RR
            if (is_t and share < T_EVERY_BEAT_SHARE) or (is_p and share < P_EVERY_BEAT_SHARE):
                return [int(peak) for peak in main]
        return taken

    def _without_t_of_beat_outside(self, taken: list[int]) -> list[int]:
        """Beats without the first, where it looks like the T of the others: that of a beat before the trace begins."""
        if len(taken) < 3 or taken[0] > T_WAVE_UNTIL * RATE or self.capped[taken[0]] > T_EVERY_BEAT_SHARE:
            return taken
        first, others = taken[0], taken[1:]
        shape, alike = self._around(first), []
        for later in range(round(T_WAVE_FROM * RATE), round(T_WAVE_UNTIL * RATE), round(0.01 * RATE)):
            ends = [beat + later for beat, following in pairwise(others) if following - beat > later + ALIKE_REACH]
            if len(ends) < max(1, len(others) // 2):
                break
            shapes = np.array([self._around(end) for end in ends])
            sizes, size = np.maximum(np.linalg.norm(shapes, axis=1), 1e-12), max(float(np.linalg.norm(shape)), 1e-12)
            likeness = np.where(np.abs(np.log(sizes / size)) < np.log(ALIKE_SIZE), shapes @ shape / (sizes * size), 0)
            alike.append(float(np.median(likeness)))
        return others if max(alike, default=0.0) > ALIKE_T else taken

    def _take_weak(self) -> None:
        others = [
            peak for peak in self.candidates if all(abs(peak - beat) > SLOW_SECONDS * RATE for beat in self.taken)
        ]
        noise = float(np.median(self.capped[others])) if others else 0.0
        for peak in self.by_strength:
            if self.capped[peak] < WEAKEST:
                return
            if int(peak) not in self.taken and self._apart(peak) and self._has_room(peak, noise):
                self.taken.append(int(peak))

    def _has_room(self, peak: int, noise: float) -> bool:
        beats = sorted(self.taken)
        rr = float(np.median(np.diff(beats)))
        place = int(np.searchsorted(beats, peak))
        before = beats[place - 1] if place else None
        after = beats[place] if place < len(beats) else None
        gap = (self.size - 1 if after is None else after) - (0 if before is None else before)
        if gap < ROOM * rr:
            return False
        if before is not None and self._is_t_of_high(peak, before):
            return False
        wide, compared = gap > WIDE_ROOM * rr, False
        for beat, reach in ((before, 0.5), (after, 0.3)):
            if beat is None or abs(peak - beat) > reach * RATE:
                continue
            usual = self._usual(beats, beat, int(peak), rr)
            if not usual.size:
                continue
            compared = True
            strong = self.capped[peak] >= UNUSUAL * np.median(self.capped[usual])
            stronger = self.capped[peak] > UNUSUAL_IN_WIDE_ROOM * self.capped[usual].max()
            higher = self.height[peak] > max(UNUSUAL_HEIGHT * self.height[usual].max(), LEAST_HEIGHT_IN_WIDE_ROOM)
            if not strong and not (wide and (stronger or higher)):
                return False
        if wide and compared:
            return bool(self.height[peak] >= LEAST_HEIGHT_OF_WEAK)
        if wide and before is not None and after is not None and self._is_higher_than_between(beats, rr, place):
            return True
        return bool(self.capped[peak] >= max(NOISE_RATIO * noise, WEAK) and self.height[peak] >= LEAST_HEIGHT)

    def _is_t_of_high(self, peak: int, beat: int) -> bool:
        """Whether a moment lies where an uncommonly high beat, as many ventricular ones are, has its T."""
        soon = peak - beat < T_WAVE_UNTIL * RATE
        return soon and bool(self.height[beat] > HIGH_BEAT and self.height[peak] < T_OF_HIGH_BEAT * self.height[beat])

    def _is_higher_than_between(self, beats: list[int], rr: float, place: int) -> bool:
        """Whether a gap before the beat of this place holds a wave as no interval without a gap does."""
        swings = np.array([self._swing(one, other) for one, other in pairwise(beats)])
        usual = swings[np.diff(beats) <= ROOM * rr]
        usual = usual[np.isfinite(usual)]
        higher = max(LEAST_HEIGHT_IN_WIDE_ROOM, UNUSUAL_HEIGHT * usual.max()) if usual.size else np.inf
        return bool(swings[place - 1] >= higher)

    def _swing(self, one: int, other: int) -> float:
        """Range of the trace between two beats, their complexes left out, in typical heights."""
        after, ahead = (round(seconds * RATE) for seconds in BETWEEN_BEATS)
        part = self.outline[one + after + ALIKE_REACH : other - ahead + ALIKE_REACH]
        return float(np.ptp(part)) / self.unit if part.size else np.nan

    def _usual(self, beats: list[int], beat: int, peak: int, rr: float) -> NDArray[np.intp]:
        """Strongest moments as far from the other beats as `peak` is from `beat`, where no gap and no beat is."""
        away, near, blank = peak - beat, round(0.04 * RATE), round(0.15 * RATE)
        found = []
        for place, other in enumerate(beats):
            beside = place + 1 if away > 0 else place - 1
            in_gap = 0 <= beside < len(beats) and abs(beats[beside] - other) > ROOM * rr
            there = other + away
            inside = near <= there < self.size - near
            if other == beat or in_gap or not inside or any(abs(there - one) < blank for one in beats):
                continue
            found.append(there - near + int(np.argmax(self.capped[there - near : there + near + 1])))
        return np.array(found, dtype=np.intp)


def _steadily_within(distances: Signal, longest: float, tolerance: float) -> bool:
    """Whether the typical distance is shorter than `longest`, and four fifths lie within `tolerance` of it."""
    typical = float(np.median(distances))
    return typical < longest and bool(np.percentile(np.abs(distances - typical), 80) < tolerance)


def _typical(strength: Signal) -> float:
    """Strength of a typical complex: few beats do not lower it, a few artefacts do not raise it."""
    whole_seconds = max(1, int(strength.size // RATE))
    edges = np.linspace(0, strength.size, whole_seconds + 1).astype(int)
    highest = np.sort([strength[first:last].max() for first, last in pairwise(edges)])
    typical = highest[-max(1, round(TYPICAL_SHARE * whole_seconds))]
    return float(max(typical, LEAST_TYPICAL * highest[-1])) or 1.0


def _highest_near(strength: Signal, peaks: NDArray[np.intp]) -> NDArray[np.intp]:
    reach = round(SLOW_SECONDS * RATE / 2)
    firsts = [max(0, int(peak) - reach) for peak in peaks]
    return np.array([first + int(np.argmax(strength[first : first + 2 * reach])) for first in firsts], dtype=np.intp)


def _middle(steep: Signal, peak: int) -> int:
    """Centre of gravity of the squared slope around a peak: the middle of the complex."""
    reach = round(STEEP_SECONDS * RATE / 2)
    first = max(0, peak - reach)
    around = steep[first : peak + reach]
    return first + round(float(np.average(np.arange(around.size), weights=around + 1e-30)))


def _band(trace: Signal, band: tuple[float, float]) -> Signal:
    from scipy.signal import butter, sosfiltfilt

    sections = butter(2, band, "bandpass", fs=RATE, output="sos")
    extended = min(round(2 * RATE), trace.size - 1)
    return np.asarray(sosfiltfilt(sections, trace, padlen=extended), dtype=np.float64)
