"""The complexes of a trace: how they look, and whether a heart beats there at all."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..filters import low_pass
from ..qrs import RATE
from .faults import Fault

SMALLEST_QRS_MV = 0.06
LEAST_CONTRAST = 1.25
LEAST_LIKENESS = 0.7
MOST_STRANGERS = 0.34
ANOTHER_BELOW, ANOTHER_HIGHER = 0.85, 1.6
MOST_SHIFT = 0.5
MOST_SHIFT_OF_MANY = 1.2
FEW_FOR_SHIFT = 10
HUM_CONTRAST = 4.0
"""What complexes have to be like before anything is read (`no_heart`)."""

HALF_QRS = round(0.08 * RATE)

Signal = NDArray[np.float64]


class Complexes(NamedTuple):
    """Complexes of a trace: their middles, outlines (beats, samples), heights, and likeness to the typical one."""

    centres: NDArray[np.intp]
    outlines: Signal
    heights: Signal
    likeness: Signal
    ectopic: NDArray[np.bool_]
    strangers: NDArray[np.bool_]

    @classmethod
    def of(cls, trace: Signal, centres: NDArray[np.intp]) -> "Complexes":
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


def no_heart(trace: Signal, read: Signal, beats: Complexes, contrast: float) -> Fault | None:
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


def _shift(read: Signal, beats: Complexes) -> float:
    """How far the trace has moved from 125 ms before a complex to 125 ms after it, as a share of the complex."""
    moved = [
        abs(read[centre + 50 : centre + 75].mean() - read[centre - 75 : centre - 50].mean()) / max(height, 1e-9)
        for centre, height in zip(beats.centres, beats.heights, strict=True)
        if 75 <= centre < read.size - 75
    ]
    return float(np.median(moved)) if moved else 0.0
