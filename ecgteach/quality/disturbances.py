"""What lies between the complexes of a trace: motion, drift, noise and spikes.

What every beat repeats is taken away. What is left is motion where it is slow and noise where it is fast: where there
is much of it P waves cannot be judged, and where there is some of it heights and the form of ST and T cannot.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..filters import high_pass
from ..qrs import RATE
from .complexes import Complexes, Signal
from .faults import KINDS, Fault


class Limit(NamedTuple):
    """How much is too much: in mV, as a share of the typical complex (the greater counts), and for how much time."""

    millivolt: float
    of_qrs: float
    most: float

    def share(self, found: Signal, height: float) -> float:
        """Share of what was found that is over the limit."""
        return float(np.mean(found > max(self.millivolt, self.of_qrs * height))) if found.size else 0.0

    def passed_by(self, found: Signal, height: float) -> bool:
        """Whether so much of what was found is over the limit that it counts."""
        return self.share(found, height) >= self.most


MOTION, MOTION_SECONDS = Limit(0.15, 0.08, 0.05), 0.25
MOVED, MOVED_SECONDS = Limit(0.12, 0.13, 0.03), 0.1
NOISE = Limit(0.05, 0.05, 0.02)
NOISE_ABOVE_HZ = 12.0
NOISE_SECONDS = 0.2
FINE_NOISE = Limit(0.03, 0.0, 0.02)
"""Of what a low-pass at 40 Hz takes away."""
DRIFT_MV, DRIFT_SECONDS = 0.35, 1.0
SPIKE_STEEPNESS, SPIKE_HEIGHT, LONE_SPIKE_HEIGHT = 2.5, 2.0, 3.0

FEWEST_BEATS = 3
FAST_RR, GAP_IN_FAST = 0.6, 1.5
"""Below how many seconds a typical RR is fast, and how many RR a gap lasts that may hold a beat which was not found."""
ENDS_LEFT_OUT = (0.45, 0.3)
"""Seconds at the ends in which a wave may belong to a beat outside."""


def disturbances(trace: Signal, steady: Signal, read: Signal, beats: Complexes) -> tuple[Fault, ...]:
    """Motion, noise and spikes, which leave the rate and take the P, or leave both and take the heights; worst first.

    Parameters
    ----------
    trace, steady, read : array, shape (n,)
        The trace in mV at 500 Hz as recorded, without what is slower than 0.5 Hz, and also without what is faster than
        40 Hz.
    beats : Complexes
        Those of `read`.
    """
    judged = _judged(read.size, beats)
    rest = read - _repeated(read, beats.centres)
    found = (
        _motion(rest, judged, beats) or _drift(trace - steady),
        _noise(read, rest, judged, beats) or _fine_noise(steady - read, beats),
        _spike(judged, beats),
    )
    return tuple(sorted((fault for fault in found if fault), key=lambda fault: KINDS[fault.kind][1]))


def _motion(rest: Signal, judged: NDArray[np.bool_], beats: Complexes) -> Fault | None:
    """Much motion, or some.

    Around complexes like no other, which may be ectopic beats, and in a fast rhythm, where the trace never rests, only
    much of it counts.
    """
    slow = _averaged(rest, MOTION_SECONDS)[judged]
    by = "the baseline moves by up to {:.1f} mV"
    if MOTION.passed_by(slow, beats.height):
        return Fault("motion", by.format(slow.max()), f"{MOTION.share(slow, beats.height):.0%} of the time")
    if _is_fast(beats):
        return None
    lone = _near(rest.size, beats.centres[beats.ectopic | beats.strangers], 100, 300)
    some = np.where(judged & ~lone, _averaged(rest, MOVED_SECONDS), 0.0)
    if MOVED.passed_by(some, beats.height):
        return Fault("moved", by.format(some.max()), f"{MOVED.share(some, beats.height):.0%} of the time")
    return None


def _drift(slow: Signal) -> Fault | None:
    """Slower than a heart beat, but within a second: the filter takes it away, and bends ST and T."""
    from scipy.ndimage import maximum_filter1d, minimum_filter1d

    window = round(DRIFT_SECONDS * RATE)
    inside = slice(window // 2, max(window // 2 + 1, slow.size - window // 2))
    moved = float((maximum_filter1d(slow, window) - minimum_filter1d(slow, window))[inside].max())
    return Fault("drift", f"its level moves by {moved:.1f} mV within a second") if moved >= DRIFT_MV else None


def _noise(read: Signal, rest: Signal, judged: NDArray[np.bool_], beats: Complexes) -> Fault | None:
    """Noise within the band that is read."""
    borders = _borders(beats.centres)
    outside = judged & ~_near(read.size, beats.centres, 40, 50) & ~_near(read.size, borders, 30, 30)
    fast = [high_pass(each.astype(np.float32), NOISE_ABOVE_HZ) for each in (read, np.where(judged, rest, 0.0))]
    noise = np.minimum(*(_strength(each.astype(np.float64), outside) for each in fast))
    if not NOISE.passed_by(noise, beats.height):
        return None
    share = NOISE.share(noise, beats.height)
    return Fault("noise", f"up to {noise.max():.2f} mV between the beats", f"{share:.0%} of the time")


def _fine_noise(taken: Signal, beats: Complexes) -> Fault | None:
    """Noise above the band that is read; pacemakers' spikes and notches of complexes lie within 0.2 s of a middle."""
    away = ~_near(taken.size, beats.centres, 100, 100)
    ends = round(NOISE_SECONDS * RATE)
    away[:ends] = away[-ends:] = False
    noise = _strength(taken, away)
    if not FINE_NOISE.passed_by(noise, beats.height):
        return None
    share = FINE_NOISE.share(noise, beats.height)
    return Fault("fine noise", f"up to {noise.max():.2f} mV, faster than 40 Hz", f"{share:.0%} of the time")


def _spike(judged: NDArray[np.bool_], beats: Complexes) -> Fault | None:
    """Complexes that are far steeper and higher than the others and like none of them."""
    steep = np.abs(np.diff(beats.outlines, axis=1)).max(axis=1)
    far = (steep > SPIKE_STEEPNESS * np.median(steep)) & (beats.heights > SPIKE_HEIGHT * beats.height)
    single = beats.strangers | (~beats.ectopic & (beats.heights > LONE_SPIKE_HEIGHT * beats.height))
    spikes = int(np.count_nonzero(single & far & judged[beats.centres]))
    which = "one complex is" if spikes == 1 else f"{spikes} complexes are"
    return Fault("spike", f"{which} far steeper and higher than the others and like none of them") if spikes else None


def _judged(size: int, beats: Complexes) -> NDArray[np.bool_]:
    """Where a rest can be held against the lead: not at the ends, not around ectopic beats, which repeat nothing.

    In a fast rhythm a single other beat is a capture, a fusion or an ectopic beat like these, and a gap may hold one
    that was not found.
    """
    fast, typical = _is_fast(beats), float(np.median(np.diff(beats.centres)))
    judged = ~_near(size, beats.centres[beats.ectopic | (beats.strangers & fast)], 75, 275)
    for before, after in zip(beats.centres[:-1], beats.centres[1:], strict=True):
        if fast and after - before > GAP_IN_FAST * typical:
            judged[before:after] = False
    first, last = (round(seconds * RATE) for seconds in ENDS_LEFT_OUT)
    judged[:first] = judged[size - last :] = False
    return judged


def _is_fast(beats: Complexes) -> bool:
    return float(np.median(np.diff(beats.centres))) < FAST_RR * RATE


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


def _averaged(trace: Signal, seconds: float) -> Signal:
    from scipy.ndimage import uniform_filter1d

    return np.asarray(np.abs(uniform_filter1d(trace, round(seconds * RATE))), dtype=np.float64)


def _strength(fast: Signal, counted: NDArray[np.bool_]) -> Signal:
    """Running root mean square of a fast trace, over what is counted of 0.2 s."""
    from scipy.ndimage import uniform_filter1d

    window = round(NOISE_SECONDS * RATE)
    energy = np.maximum(uniform_filter1d(np.where(counted, fast, 0.0) ** 2, window), 0.0)
    share = np.maximum(uniform_filter1d(counted.astype(np.float64), window), 0.2)
    return np.asarray(np.sqrt(energy / share), dtype=np.float64)
