"""Beats: where the QRS complexes of a strip are, how fast they come, and how irregularly.

The detector is of the family of Pan and Tompkins (1985, doi 10.1109/TBME.1985.325532): the band where QRS complexes
live, its slope squared and averaged over 120 ms, and a threshold that follows the strip. Both directions of the trace
count alike, so a lead that was put on upside down is read the same.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .rhythms import grouping
from .strip import SAMPLING_RATE, SECONDS, Quality, Strip
from .truth import Truth

BAND_HZ = (8.0, 25.0)
AVERAGE_SECONDS = 0.12
REFRACTORY_SECONDS = 0.24
RECHECK_AFTER = 1.66
FEW_BEATS = 3

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
        """Beats per minute: 60 over the median RR interval, which one artefact or ectopic beat does not move.

        NaN below two beats.
        """
        return float(60.0 / np.median(self.rr)) if len(self.times) > 1 else float("nan")

    @property
    def irregularity(self) -> float:
        """Root mean square of successive RR differences over the mean RR; NaN below three beats."""
        if len(self.times) < FEW_BEATS:
            return float("nan")
        return float(np.sqrt(np.mean(np.diff(self.rr) ** 2)) / self.rr.mean())

    def __str__(self) -> str:
        return f"{len(self.times)} beats, {self.rate:.0f}/min, RR irregularity {self.irregularity:.0%} ({self.quality})"


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
    slope, energy = _qrs_energy(strip.samples)
    peaks = _peaks_above_threshold(energy)
    centres = np.array([_centre(slope, peak) for peak in peaks], dtype=int)
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


def _qrs_energy(samples: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Slope of the QRS band squared, and its running average over 120 ms."""
    from scipy.ndimage import uniform_filter1d
    from scipy.signal import butter, sosfiltfilt

    band = sosfiltfilt(butter(2, BAND_HZ, "bandpass", fs=SAMPLING_RATE, output="sos"), samples.astype(np.float64))
    slope = np.gradient(band) ** 2
    return slope, uniform_filter1d(slope, round(AVERAGE_SECONDS * SAMPLING_RATE), mode="constant")


def _peaks_above_threshold(energy: NDArray[np.float64]) -> NDArray[np.intp]:
    """Peaks above a quarter of the typical complex; gaps of more than 1.66 RR are searched again with a tenth of it.

    The typical complex is the median over the strip's seconds of each second's highest energy, so that one artefact or
    a few ectopic beats do not hide the others. Where beats are rarer than that, the highest energy takes its place.
    """
    from scipy.signal import find_peaks

    seconds = energy.reshape(int(SECONDS), -1).max(axis=1)
    typical = float(np.median(seconds))
    floor = float(np.median(energy))
    if typical <= 4 * floor or typical <= 1e-12:
        typical = float(seconds.max())
    apart = round(REFRACTORY_SECONDS * SAMPLING_RATE)
    candidates, _ = find_peaks(np.minimum(energy, 4 * typical), height=floor + 0.1 * typical, distance=apart)
    candidates = _highest_of_plateaus(energy, candidates)
    strong = candidates[energy[candidates] > floor + 0.25 * typical]
    if strong.size < 2:
        return np.asarray(strong)
    gap = RECHECK_AFTER * np.median(np.diff(strong))
    edges = np.concatenate([[strong[0] - gap - 1], strong, [energy.size]])
    weak = [
        peak
        for peak in np.setdiff1d(candidates, strong)
        if (place := int(np.searchsorted(edges, peak))) and edges[place] - edges[place - 1] > gap
    ]
    return np.sort(np.concatenate([strong, np.array(weak, dtype=strong.dtype)]))


def _highest_of_plateaus(energy: NDArray[np.float64], peaks: NDArray[np.intp]) -> NDArray[np.intp]:
    reach = round(AVERAGE_SECONDS * SAMPLING_RATE / 2)
    return np.array(
        [max(0, peak - reach) + int(np.argmax(energy[max(0, peak - reach) : peak + reach])) for peak in peaks],
        dtype=np.intp,
    )


def _centre(slope: NDArray[np.float64], peak: int) -> int:
    """Centre of gravity of the squared slope around a peak: the middle of the QRS complex."""
    reach = round(AVERAGE_SECONDS * SAMPLING_RATE / 2)
    first = max(0, peak - reach)
    around = slope[first : peak + reach]
    return first + round(float(np.average(np.arange(around.size), weights=around + 1e-30)))


def _quality(samples: NDArray[np.float32], centres: NDArray[np.intp]) -> Quality:
    """Too few beats, or complexes of which the typical one does not resemble the strip's median complex."""
    if centres.size < FEW_BEATS:
        return Quality((too_few(centres.size),))
    reach = round(0.06 * SAMPLING_RATE)
    inside = centres[(centres >= reach) & (centres < samples.size - reach)]
    complexes = np.stack([samples[centre - reach : centre + reach] for centre in inside]).astype(np.float64)
    complexes -= complexes.mean(axis=1, keepdims=True)
    template = np.median(complexes, axis=0)
    norms = np.linalg.norm(complexes, axis=1) * np.linalg.norm(template)
    likeness = np.median(complexes @ template / np.where(norms > 0, norms, 1.0))
    if likeness < 0.7:
        return Quality((f"the complexes do not resemble each other (correlation {likeness:.2f}, under 0.7)",))
    return Quality()
