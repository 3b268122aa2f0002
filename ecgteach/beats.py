"""Beats of a strip: when they come, how fast, and how regularly."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .qrs import find_qrs
from .quality import Fault, Quality
from .rhythms import grouping
from .strip import SAMPLING_RATE, Strip
from .truth import Truth

FEW_BEATS = 3
REGULAR_WITHIN = 0.1
REGULAR_SHARE = 0.8
BASIC_WITHIN = 0.05
BASIC_SHARE = 0.45
FEW_FOR_PATTERN = 6
LONGEST_PATTERN = 4
MOST_UNEXPLAINED = 0.07
LEAST_ALTERNATION = 0.15
"""Share of the mean RR by which neighbours differ in a pattern of several beats, such as bigeminy."""
BREATHS_HZ = tuple(np.arange(0.1, 0.41, 0.02))
WAVE_FREEDOM = 4
"""A wave has a level, a height, a phase and a frequency."""

REGULAR = "regular"
REGULARLY_IRREGULAR = "regularly irregular"
IRREGULARLY_IRREGULAR = "irregularly irregular"
UNTOLD = "too few beats to tell whether regular"

OFF_LIST = "off the list"
"""In place of a class: the rhythm is known, the list of classes has no place for it, and each answer is wrong."""


@dataclass(frozen=True)
class Beats:
    """Beats of one strip.

    Parameters
    ----------
    times : tuple of float
        Moment of each QRS complex (its steepest segment) in seconds from the strip's start.
    quality : Quality
        Why the beats should not be relied on: too few of them, or complexes that do not resemble each other.
    """

    times: tuple[float, ...]
    quality: Quality

    @property
    def rr(self) -> NDArray[np.float64]:
        """Intervals from beat to beat in seconds, shape (beats - 1,)."""
        return np.diff(self.times)

    @property
    def rate(self) -> float:
        """Beats per minute; NaN below two beats.

        Where an irregular rhythm has no basic interval (fibrillation, a wave) or repeats a pattern of several, they are
        counted over the strip: as many RR intervals as lie between the first beat and the last, by the time that they
        take. Else 60 over the median RR interval, which one artefact or ectopic beat does not move.
        """
        if len(self.times) < 2:
            return float("nan")
        return float(60.0 / (self.rr.mean() if self.regularity.counted else np.median(self.rr)))

    @property
    def irregularity(self) -> float:
        """Root mean square of successive RR differences over the mean RR; NaN below three beats."""
        if len(self.times) < FEW_BEATS:
            return float("nan")
        return float(np.sqrt(np.mean(np.diff(self.rr) ** 2)) / self.rr.mean())

    @cached_property
    def regularity(self) -> "Regularity":
        """How regular the beats are, in the words of the clinic."""
        return regularity_of(self.rr)

    def __str__(self) -> str:
        return f"{len(self.times)} beats, {self.rate:.0f}/min, {self.regularity} ({self.quality})"


@dataclass(frozen=True)
class Regularity:
    """How regular a rhythm is.

    Parameters
    ----------
    word : str
        ``"regular"``: four fifths of the RR intervals lie within 10 % of their median. ``"regularly irregular"``: they
        do not, but 45 % lie within 5 % (a basic rhythm, interrupted), or each is foreseen by one of the four before it,
        or they rise and fall in a wave as slow as breathing. ``"irregularly irregular"``: nothing foresees them. Below
        six intervals only the first can be told.
    spread : float
        By how much an RR interval differs from the one before: root mean square over the mean, as `irregularity`.
    unexplained : float
        By how much an RR interval differs from what foresees it best: for each pattern of one to four beats the median
        difference over the mean RR, for a wave the root mean square beside it; the least of these. Irregularly
        irregular is what exceeds 7 %.
    counted : bool
        Whether no single interval stands for the rhythm, so that its beats have to be counted.
    """

    word: str
    spread: float
    unexplained: float
    counted: bool = False

    def __str__(self) -> str:
        if np.isnan(self.spread):
            return self.word
        return f"{self.word} (from beat to beat RR differs by {self.spread:.0%})"


def regularity_of(rr: NDArray[np.float64]) -> Regularity:
    """How regular RR intervals (in seconds, in order) are.

    >>> regularity_of(np.array([0.8, 0.81, 0.8, 0.79, 0.8, 0.8])).word
    'regular'
    >>> regularity_of(np.array([0.5, 1.1, 0.5, 1.1, 0.5, 1.1, 0.5, 1.1])).word
    'regularly irregular'
    """
    if rr.size < FEW_BEATS - 1:
        return Regularity(UNTOLD, float("nan"), float("nan"))
    mean = float(rr.mean())
    spread = float(np.sqrt(np.mean(np.diff(rr) ** 2)) / mean)
    lengths = range(1, max(1, min(LONGEST_PATTERN, rr.size // 2)) + 1)
    differences = [float(np.median(np.abs(rr[length:] - rr[:-length]))) / mean for length in lengths]
    unexplained = min(*differences, _beside_a_wave(rr) / mean)
    within = float(np.mean(np.abs(rr / np.median(rr) - 1.0) <= REGULAR_WITHIN))
    if within >= REGULAR_SHARE:
        return Regularity(REGULAR, spread, unexplained)
    if rr.size < FEW_FOR_PATTERN:
        return Regularity(UNTOLD, spread, unexplained)
    foreseen = unexplained <= MOST_UNEXPLAINED
    basic = float(np.mean(np.abs(rr / np.median(rr) - 1.0) <= BASIC_WITHIN)) >= BASIC_SHARE
    pattern = foreseen and differences[0] > LEAST_ALTERNATION
    word = REGULARLY_IRREGULAR if foreseen or basic else IRREGULARLY_IRREGULAR
    return Regularity(word, spread, unexplained, counted=pattern or not basic)


def _beside_a_wave(rr: NDArray[np.float64]) -> float:
    """How far RR intervals lie beside the best wave as slow as breathing, allowing for what any wave can fit."""
    free = rr.size - WAVE_FREEDOM
    if free < FEW_BEATS:
        return float("inf")
    moments = np.cumsum(rr) - rr / 2
    left = []
    for hertz in BREATHS_HZ:
        angle = 2 * np.pi * hertz * moments
        wave = np.stack([np.ones_like(rr), np.cos(angle), np.sin(angle)], axis=1)
        rest = rr - wave @ np.linalg.lstsq(wave, rr, rcond=None)[0]
        left.append(float(np.sum(rest**2)))
    return float(np.sqrt(min(left) / free))


def find_beats(strip: Strip) -> Beats:
    """Beats of a strip, with the measured rate, the RR irregularity and a quality flag.

    Parameters
    ----------
    strip : Strip
        Filtered or not.

    Returns
    -------
    Beats
        Never an error: a strip without beats gives none, and its quality says so.
    """
    samples = strip.samples.astype(np.float64)
    centres = find_qrs(samples - np.median(samples))
    return Beats(tuple(float(centre / SAMPLING_RATE) for centre in centres), _quality(strip.samples, centres))


def true_group(strip: Strip, classes: tuple[str, ...]) -> str | None:
    """The class that would be the right answer to a strip, a sinus rhythm by its rate.

    The rate is that of the truth where the strip is simulated, else the measured one.

    Parameters
    ----------
    strip : Strip
        Filtered or not.
    classes : tuple of str
        What the networks tell apart.

    Returns
    -------
    str or None
        One of `classes`, or `OFF_LIST`. None where the rhythm or a sinus rhythm's rate is not known, or where the
        classes are not those of our grouping, so that nobody knows what they hold.

    >>> from ecgteach.simulator import simulate
    >>> [true_group(simulate(name, seed=1).strip("II"), ("SR", "SB", "GSVT", "AFIB")) for name in ("ST", "AVB3")]
    ['GSVT', 'off the list']
    """
    if strip.truth is not None:
        code = group_of_truth(strip.truth)
    elif strip.rhythm is None:
        return None
    else:
        beats = find_beats(strip)
        if strip.rhythm.sinus and not beats.quality.good:
            return None
        group = grouping().group_of(strip.rhythm, beats.rate)
        code = group.code if group else None
    if code in classes:
        return code
    return OFF_LIST if set(classes) <= set(grouping().classes) else None


NO_LABEL, NOT_KNOWN = "no label", "not known"


def in_place_of_group(strip: Strip) -> str:
    """What stands where `true_group` knows no answer: nobody said what the strip shows, or it does not decide.

    >>> from ecgteach.records import from_array
    >>> in_place_of_group(from_array(np.sin(np.arange(5000.0)), sampling_rate=500, unit="mV").strip(quality="any"))
    'no label'
    """
    return NO_LABEL if strip.truth is None and strip.rhythm is None else NOT_KNOWN


def group_of_truth(truth: Truth) -> str | None:
    """The group that a simulated rhythm and its rate belong to; None where it is off the list."""
    group = grouping().group_of(truth.rhythm, 60.0 / float(truth.rr.mean()) if truth.rr.size else None)
    return group.code if group else None


def too_few(count: int) -> str:
    """What is said where there are so few beats.

    >>> too_few(1)
    'only one beat was found'
    """
    return {0: "no beats were found", 1: "only one beat was found"}.get(count, f"only {count} beats were found")


def _quality(samples: NDArray[np.float32], centres: NDArray[np.intp]) -> Quality:
    """Too few beats, or complexes of which the typical one does not resemble the strip's median complex."""
    if centres.size < FEW_BEATS:
        return Quality((Fault("beats", too_few(centres.size)),))
    reach = round(0.06 * SAMPLING_RATE)
    inside = centres[(centres >= reach) & (centres < samples.size - reach)]
    complexes = np.stack([samples[centre - reach : centre + reach] for centre in inside]).astype(np.float64)
    complexes -= complexes.mean(axis=1, keepdims=True)
    template = np.median(complexes, axis=0)
    norms = np.linalg.norm(complexes, axis=1) * np.linalg.norm(template)
    likeness = np.median(complexes @ template / np.where(norms > 0, norms, 1.0))
    if likeness < 0.7:
        unlike = "the complexes do not resemble each other"
        return Quality((Fault("beats", unlike, f"correlation {likeness:.2f}, under 0.7"),))
    return Quality()
