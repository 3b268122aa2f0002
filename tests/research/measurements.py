"""What can be measured on a strip without a network: rate, irregularity of the beats, whether a P stands before them.

The beats come from XQRS (Moody, Chiarugi; in wfdb), not from `ecgteach.beats`: that detector graded the sinus strips,
and a baseline that shared it would be right by construction wherever the rate decides. XQRS learns its thresholds from
the strip and knows nothing of ours; where the two disagree, the baseline pays for it, as a network does.
"""

import hashlib
import io
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecgteach.paths import write_whole
from ecgteach.strip import SAMPLING_RATE
from ecgteach.training.data.strips import StripSet

COLUMNS = ("rate", "irregularity", "p_height", "p_likeness", "p_share")
"""Beats a minute; RMSSD over the mean RR; and three sides of the test for a P (`p_wave`)."""

FILE = "measurements.npz"
FEW_BEATS = 3
PEAK_WITHIN = round(0.06 * SAMPLING_RATE)
P_WINDOW = (round(0.28 * SAMPLING_RATE), round(0.07 * SAMPLING_RATE))
"""Where a P is looked for: from 280 to 70 ms before the peak of the QRS, in samples."""
NO_T_WITHIN = round(0.45 * SAMPLING_RATE)
"""A beat that follows another sooner than this is left out of the test for P: its window would hold the other's T."""


def measure(strips: StripSet) -> NDArray[np.float64]:
    """Measurements of every strip, one column for each of `COLUMNS`; NaN where one cannot be made.

    Parameters
    ----------
    strips : StripSet
        About 20 ms each on one core.

    Returns
    -------
    array, shape (n, 5)
    """
    return np.array([measure_strip(strips.millivolts(slice(row, row + 1))[0]) for row in range(len(strips))])


def measure_strip(samples: NDArray[np.float32]) -> tuple[float, ...]:
    """Measurements of one strip of 5,000 samples in mV, in the order of `COLUMNS`.

    Rate and irregularity are defined as in `ecgteach.beats.Beats`; only the beats are found by another detector.
    """
    peaks = qrs_peaks(samples)
    return (*_rate_and_irregularity(peaks / SAMPLING_RATE), *p_wave(samples, peaks))


def kept_measurements(strips: StripSet, folder: Path) -> NDArray[np.float64]:
    """Measurements of strips, from a file in their folder where it is of these strips; else made and kept there."""
    digest = hashlib.sha256(strips.microvolts.tobytes()).hexdigest()
    try:
        with np.load(folder / FILE, allow_pickle=False) as kept:
            if str(kept["digest"]) == digest and tuple(kept["columns"].tolist()) == COLUMNS:
                return np.asarray(kept["measurements"], dtype=np.float64)
    except (OSError, EOFError, ValueError, KeyError):
        pass
    measurements = measure(strips)
    content = io.BytesIO()
    np.savez(content, measurements=measurements, digest=np.array(digest), columns=np.array(COLUMNS))
    write_whole(folder / FILE, content.getvalue())
    return measurements


def qrs_peaks(samples: NDArray[np.float32]) -> NDArray[np.int64]:
    """Samples at which QRS complexes peak, upwards or downwards, by XQRS; empty where it finds none."""
    from wfdb.processing import xqrs_detect

    if not np.ptp(samples):
        return np.empty(0, dtype=np.int64)
    found = np.asarray(xqrs_detect(samples.astype(np.float64), fs=SAMPLING_RATE, verbose=False), dtype=np.int64)
    away = np.abs(samples - np.median(samples))
    return np.unique([_highest(away, int(place)) for place in found]).astype(np.int64)


def p_wave(samples: NDArray[np.float32], peaks: NDArray[np.int64]) -> tuple[float, float, float]:
    """Whether the segment before the QRS holds a wave that comes back beat after beat.

    The segments from 280 to 70 ms before each QRS, less the line through their ends, are averaged; atrial waves that
    run free of the QRS average out, a P stays.

    Parameters
    ----------
    samples : array, shape (5000,)
        In mV.
    peaks : array, shape (beats,)
        Samples at which the QRS complexes peak.

    Returns
    -------
    height, likeness, share : float
        Range of the average over the spread of the single segments around it; median correlation of a single segment
        with the average of the others; range of the average over that of the complexes. NaN where fewer than three
        beats can be used: a beat within 0.45 s of the one before cannot, so that nothing is said above 133/min.
    """
    segments = np.array(list(_before_qrs(samples, peaks)), dtype=np.float64)
    if len(segments) < FEW_BEATS:
        return (float("nan"),) * 3
    average = segments.mean(axis=0)
    spread = float(np.sqrt(np.mean((segments - average) ** 2) * len(segments) / (len(segments) - 1)))
    height = float(np.ptp(average))
    likeness = [
        _correlation(segment, (average * len(segments) - segment) / (len(segments) - 1)) for segment in segments
    ]
    qrs = float(np.median(np.abs(samples[peaks] - np.median(samples))))
    return height / max(spread, 1e-6), float(np.median(likeness)), height / max(qrs, 1e-6)


def _rate_and_irregularity(times: NDArray[np.float64]) -> tuple[float, float]:
    rr = np.diff(times)
    rate = float(60.0 / np.median(rr)) if rr.size else float("nan")
    if rr.size < FEW_BEATS - 1:
        return rate, float("nan")
    return rate, float(np.sqrt(np.mean(np.diff(rr) ** 2)) / rr.mean())


def _highest(away: NDArray[np.float32], place: int) -> int:
    first = max(0, place - PEAK_WITHIN)
    return first + int(away[first : place + PEAK_WITHIN].argmax())


def _before_qrs(samples: NDArray[np.float32], peaks: NDArray[np.int64]) -> Iterator[NDArray[np.float64]]:
    far, close = P_WINDOW
    for earlier, peak in pairwise([-NO_T_WITHIN, *peaks.tolist()]):
        if peak < far or peak - earlier < NO_T_WITHIN:
            continue
        segment = samples[peak - far : peak - close].astype(np.float64)
        yield segment - np.linspace(segment[0], segment[-1], segment.size)


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    one, other = one - one.mean(), other - other.mean()
    norm = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / norm if norm else 0.0
