"""How noisy a strip is, measured on the strip itself: its QRS complexes over what lies between them."""

import numpy as np
from numpy.typing import NDArray

from ecgteach.beats import FEW_BEATS, find_beats
from ecgteach.strip import SAMPLING_RATE, Strip
from ecgteach.training.data.strips import StripSet

BAND_HZ = (15.0, 40.0)
"""Between the waves of the atria and the T (under 12 Hz or so) and the filter that every strip has passed."""
QRS_WITHIN = round(0.05 * SAMPLING_RATE)
CLEAR_OF_QRS = round(0.12 * SAMPLING_RATE)

LEVELS = ("clean", "fair", "noisy")
LIMITS_DB = (26.0, 20.0)
"""A strip is clean from 26 dB (complexes 20 times the noise) and noisy below 20 dB (10 times)."""


def signal_to_noise(samples: NDArray[np.float32]) -> float:
    """Ratio of QRS to noise in dB.

    The root mean square between 15 and 40 Hz within 50 ms of the middle of the typical (median) QRS complex, over that
    of all that lies further than 120 ms from any: there the heart is all but silent in this band, the waves of a
    fibrillating atrium too. A beat that the detector misses counts as noise, and rightly: it is hard to read. Slow
    wander is not counted; most of it has been filtered away. The faster the beats, the closer to a complex is what
    counts as silent, so that fast strips come out some dB lower.

    Parameters
    ----------
    samples : array, shape (5000,)
        In mV, filtered for reading (`Strip.for_reading`).

    Returns
    -------
    float
        Minus infinity where fewer than three beats are found, or nothing lies between them.
    """
    from scipy.signal import butter, sosfiltfilt

    beats = find_beats(Strip(samples)).times
    if len(beats) < FEW_BEATS:
        return float("-inf")
    band = sosfiltfilt(butter(2, BAND_HZ, "bandpass", fs=SAMPLING_RATE, output="sos"), samples.astype(np.float64))
    centres = np.round(np.array(beats) * SAMPLING_RATE).astype(int)
    away = np.abs(np.arange(samples.size)[:, None] - centres).min(axis=1)
    between = band[away > CLEAR_OF_QRS]
    if not between.any():
        return float("-inf")
    typical = np.median([_rms(band[max(0, centre - QRS_WITHIN) : centre + QRS_WITHIN]) for centre in centres])
    return float(20 * np.log10(typical / _rms(between)))


def noise_levels(strips: StripSet) -> NDArray[np.str_]:
    """Level of every strip, one of `LEVELS`; shape (n,)."""
    ratios = [signal_to_noise(strips.millivolts(slice(row, row + 1))[0]) for row in range(len(strips))]
    return np.array(LEVELS)[np.searchsorted(-np.array(LIMITS_DB), -np.array(ratios))]


def _rms(values: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(values**2)))
