"""The test of a segment of one lead: its form, its heart beats, and what lies between them."""

import numpy as np
from numpy.typing import NDArray

from ..filters import high_pass, low_pass
from ..qrs import RATE, at_rate, find_qrs, strength_of
from .complexes import Complexes, Signal, no_heart
from .disturbances import disturbances
from .faults import Fault, Quality

FLAT_MV = 0.002
FLAT_SECONDS = 2.5
FLAT_RANGE_MV = 0.05
RAIL_MV = 10.0
CLIPPED_SECONDS = 0.02
OFF_BASELINE_MV = 0.25
CLIPPED_SHARE = 0.005
SLOWEST_PER_SECOND = 0.35


def assess(samples: NDArray[np.floating], sampling_rate: float) -> Quality:
    """What is wrong with a segment of one lead, and what can still be read of it.

    Poor, so that nothing can be read: **short** (under 2.5 s), **flat** (its range is under 0.05 mV, or it stands still
    within 0.002 mV for 2.5 s), **noisy** (no QRS complexes stand out, they do not resemble each other, or they are
    steps that do not return). For rate only: **disturbed by motion** (for more than 5 % of the time the trace leaves
    what every beat repeats by 0.15 mV or more), **overlaid with noise** (faster than 12 Hz, 0.05 mV or more, for more
    than 2 % of the time), **hit by a spike**. For rate and P, not for heights and not for the form of ST and T:
    **clipped** (beyond 10 mV of its median, or held at its own extreme for 20 ms and more, over 0.5 % of the time),
    **disturbed in places** (below 100/min: 0.12 mV or more, for more than 3 % of the time), **drifting** (what is
    slower than 0.5 Hz moves by 0.35 mV within a second), **overlaid with fine noise** (faster than 40 Hz, 0.03 mV or
    more, for more than 2 % of the time). An offset is no fault: electrodes hold up to 300 mV.

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
    steady = high_pass(trace.astype(np.float32), 0.5)
    read = low_pass(steady, 40.0).astype(np.float64)
    if centres.size < max(2, SLOWEST_PER_SECOND * trace.size / RATE):
        few = "no QRS stands out" if not centres.size else f"only {centres.size} QRS stand out"
        return (Fault("no QRS", few),)
    beats = Complexes.of(read, centres)
    contrast = float(np.median(strength.whole[centres]) / max(float(np.median(strength.whole)), 1e-12))
    fault = no_heart(trace, read, beats, contrast)
    return (fault,) if fault else disturbances(trace, steady.astype(np.float64), read, beats)
