"""Is there a P wave before the QRS complexes? A test of its own, since delineators report P waves where there are none.

A P wave that belongs to its beat has the same form at the same distance before each QRS. So the segments before all
QRS complexes are laid over each other. What they share is measured as the intraclass correlation of Shrout and Fleiss
(1979, doi 10.1037/0033-2909.86.2.420): 1 where all are alike, 0 on average where segments from anywhere in TQ, noise
or fibrillation are averaged. What is shared must also look like a wave: rise and fall, and stand out of the noise.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..strip import SAMPLING_RATE

BEFORE, ELSEWHERE, NOT_SEEN, UNDECIDABLE = "seen before each QRS", "seen elsewhere", "not seen", "undecidable"
OUTCOMES = (BEFORE, ELSEWHERE, NOT_SEEN, UNDECIDABLE)

LONGEST_SECONDS = 0.26
GAP_SECONDS = 0.03
ROOM_SECONDS = 0.12
FEW_SEGMENTS = 4
REPEATING, HARDLY = 0.35, 0.20
"""Intraclass correlation from which a wave repeats, and below which none does; set by eye, without the test part."""

STANDS_OUT = 0.4
LOWEST_MV = 0.012
NEAREST_SECONDS = 0.06
LOUD = 4.0
NOISE_MV = 0.05


@dataclass(frozen=True)
class PTest:
    """What was found before the QRS complexes of one strip.

    Parameters
    ----------
    outcome : str
        One of `OUTCOMES`.
    reason : str
        Why it cannot be decided; empty otherwise.
    repeating : float or None
        Intraclass correlation of the segments before QRS, about 0 to 1; None where there were too few.
    height : float or None
        Prominence of the averaged wave in mV.
    ahead : float or None
        Distance from the averaged wave's peak to QRS onset in seconds.
    beats : int
        Number of segments compared.
    """

    outcome: str
    reason: str = ""
    repeating: float | None = None
    height: float | None = None
    ahead: float | None = None
    beats: int = 0


def look_for_p(samples: NDArray[np.float32], free: list[tuple[float, float]]) -> PTest:
    """Test for P waves between the end of T and QRS.

    Parameters
    ----------
    samples : array, shape (5000,)
        The strip in mV.
    free : list of (float, float)
        For each beat the end of the T before it and its own QRS onset, in seconds.

    Returns
    -------
    PTest
        "Seen elsewhere" means: a wave repeats in TQ at a fixed distance from QRS, but further ahead than a P that
        leads to it. A P that is hidden in QRS or T, or that has no fixed relation to QRS, is not found.
    """
    room = float(np.median([end - start for start, end in free])) if free else 0.0
    if len(free) < FEW_SEGMENTS:
        return PTest(UNDECIDABLE, f"there are only {len(free)} segments between T and QRS", beats=len(free))
    if room < ROOM_SECONDS:
        left = f"only {1000 * room:.0f} ms lie" if room > 0.001 else "no time is left"
        return PTest(UNDECIDABLE, f"{left} between T and QRS", beats=len(free))
    found = _shared(samples, free, GAP_SECONDS)
    if found.outcome != NOT_SEEN:
        return found
    further = [span for span in free if span[1] - span[0] >= LONGEST_SECONDS + ROOM_SECONDS]
    if len(further) >= max(FEW_SEGMENTS, len(free) // 2):
        other = _shared(samples, further, LONGEST_SECONDS)
        if other.outcome == BEFORE:
            return PTest(ELSEWHERE, "", other.repeating, other.height, other.ahead, other.beats)
    return found


def _shared(samples: NDArray[np.float32], free: list[tuple[float, float]], gap: float) -> PTest:
    """What the segments have in common that end `gap` seconds before QRS."""
    lengths = np.array([end - gap - start for start, end in free])
    length = min(LONGEST_SECONDS - GAP_SECONDS, float(np.median(lengths)))
    width = int(length * SAMPLING_RATE)
    ends = [round((end - gap) * SAMPLING_RATE) for (_, end), own in zip(free, lengths, strict=True) if own >= length]
    rows = np.array([samples[end - width : end] for end in ends if end >= width], dtype=np.float64)
    if len(rows) < FEW_SEGMENTS:
        return PTest(UNDECIDABLE, f"there are only {len(rows)} segments between T and QRS", beats=len(rows))
    rows = _quiet(rows)
    level = _levelled(rows)
    unshared = float(np.sqrt(level.var(axis=0, ddof=1).mean()))
    noise = unshared / np.sqrt(len(rows))
    repeating = _intraclass(level)
    average = rows.mean(axis=0)
    peak, height = _wave_in(average)
    ahead = gap + (width - peak) / SAMPLING_RATE
    about = (repeating, height, ahead, len(rows))
    stands_out = height >= max(LOWEST_MV, STANDS_OUT * float(np.ptp(average)), 3 * noise)
    if repeating >= REPEATING and stands_out and ahead >= NEAREST_SECONDS:
        return PTest(BEFORE, "", *about)
    if repeating >= HARDLY:
        return PTest(
            UNDECIDABLE,
            "something repeats before QRS, but too weakly, too close to it or not enough like a wave to be called P",
            *about,
        )
    if unshared > NOISE_MV:
        return PTest(UNDECIDABLE, f"noise or fibrillation of {unshared:.2f} mV would hide a P", *about)
    return PTest(NOT_SEEN, "", *about)


def _levelled(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows without their straight-line trend, so that a drifting baseline is not what repeats."""
    line = np.linspace(-1.0, 1.0, rows.shape[1])
    slopes = rows @ line / (line @ line)
    return np.asarray(rows - rows.mean(axis=1, keepdims=True) - slopes[:, None] * line)


def _quiet(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows without the loud ones: an artefact or an ectopic beat's T that reaches into the segment."""
    energy = (_levelled(rows) ** 2).mean(axis=1)
    kept = rows[energy <= LOUD * np.median(energy)]
    return kept if len(kept) >= FEW_SEGMENTS else rows


def _intraclass(rows: NDArray[np.float64]) -> float:
    """Intraclass correlation of rows without mean: their average's energy over theirs, freed of what chance gives."""
    energy = float((rows**2).mean())
    if energy <= 1e-12:
        return 0.0
    ratio = float((rows.mean(axis=0) ** 2).mean()) / energy
    return (len(rows) * ratio - 1) / (len(rows) - 1)


def _wave_in(average: NDArray[np.float64]) -> tuple[int, float]:
    """Place and prominence of the wave that stands out most, upright or inverted, from both of its sides."""
    from scipy.signal import find_peaks

    found = [(0.0, 0)]
    for trace in (average, -average):
        peaks, about = find_peaks(trace, prominence=0.0)
        found += [(float(high), int(peak)) for high, peak in zip(about["prominences"], peaks, strict=True)]
    height, peak = max(found)
    return peak, height
