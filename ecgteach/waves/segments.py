"""The segments of a strip: two ways to part its time, and what lies over both.

`PARTS` follows the waves: P, PR (from the end of P to QRS), QRS, ST, T and TQ (what is left between T and the next P or
QRS). `WINDOWS` exist in every rhythm: *pre*, 240 to 40 ms before QRS onset and cut at the end of T; QRS; ST-T; and the
rest. Each of the two covers the known segment of the strip once. `ATRIAL` waves lie over them, as far as they can be
seen: F outside QRS, f in TQ only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..strip import SAMPLES, SAMPLING_RATE, SECONDS
from ..truth import Wave

Mask = NDArray[np.bool_]
Span = tuple[float, float]

PARTS = ("P", "PR", "QRS", "ST", "T", "TQ")
WINDOWS = ("pre", "QRS", "ST-T", "rest")
ATRIAL = ("F", "f")
SEGMENTS = (*PARTS, "pre", "ST-T", "rest", *ATRIAL)

IN_WORDS = {
    "P": "P", "PR": "the segment from P to QRS", "QRS": "QRS", "ST": "ST", "T": "T", "TQ": "the pause after T",
    "pre": "the segment before QRS", "ST-T": "ST and T", "rest": "the rest of the pause", "F": "flutter waves",
    "f": "fibrillation waves",
}  # fmt: skip
"""What readers call each segment."""

PRE_SECONDS = (0.24, 0.04)
USUAL_ST_T = 0.30


@dataclass(frozen=True, eq=False)
class Segments:
    """Which samples belong to which segment.

    Parameters
    ----------
    masks : dict of str to array of bool, shape (5000,)
        One for each of `SEGMENTS`; all False where the strip has no such segment.
    """

    masks: dict[str, Mask]

    @classmethod
    def between(cls, waves: Sequence[Wave], span: Span) -> "Segments":
        """Segments of these waves inside a span; without a QRS there is none."""
        known = _mask([span])
        complexes = [wave for wave in waves if wave.kind == "QRS"]
        if not complexes:
            return cls({name: np.zeros(SAMPLES, bool) for name in SEGMENTS})
        tails = [wave for wave in waves if wave.kind == "T"]
        qrs = _mask([(wave.onset, wave.offset) for wave in complexes])
        st_t = _st_t(complexes, tails)
        painted = {
            "P": _mask([(wave.onset, wave.offset) for wave in waves if wave.kind == "P"]),
            "PR": _mask(_pr(waves)),
            "ST": _mask([(start, tail.onset) for start, _, tail in st_t if tail]),
            "T": _mask([(wave.onset, wave.offset) for wave in tails]),
        }
        free = known & ~qrs
        masks = {"QRS": known & qrs}
        for name, mask in painted.items():
            masks[name] = free & mask
            free = free & ~mask
        masks["TQ"] = free
        masks["ST-T"] = known & ~qrs & _mask([(start, end) for start, end, _ in st_t])
        masks["pre"] = known & ~qrs & ~masks["ST-T"] & _mask(_pre(complexes))
        masks["rest"] = known & ~qrs & ~masks["ST-T"] & ~masks["pre"]
        visible = {"F": known & ~qrs, "f": masks["TQ"]}
        for kind in ATRIAL:
            masks[kind] = visible[kind] & _mask([(wave.onset, wave.offset) for wave in waves if wave.kind == kind])
        for mask in masks.values():
            mask.flags.writeable = False
        return cls(masks)

    def mask(self, name: str) -> Mask:
        """Which samples belong to a segment, shape (5000,)."""
        return self.masks[name]

    def spans(self, name: str) -> tuple[Span, ...]:
        """From when to when each single segment of a name lasts, in seconds."""
        edges = np.flatnonzero(np.diff(np.concatenate([[0], self.masks[name].astype(np.int8), [0]])))
        return tuple((float(a), float(b)) for a, b in edges.reshape(-1, 2) / SAMPLING_RATE)

    def usual_seconds(self, name: str) -> float:
        """Length of the single segment in which a typical sample of this name lies, in seconds; 0 where there is none.

        Weighted by length, so that slivers between two other segments do not count as much as whole waves.
        """
        lengths = np.array([end - start for start, end in self.spans(name)])
        return float((lengths**2).sum() / lengths.sum()) if lengths.size else 0.0


def _mask(spans: Sequence[Span]) -> Mask:
    """True from each onset up to each offset."""
    mask = np.zeros(SAMPLES, bool)
    for start, end in spans:
        mask[max(0, round(start * SAMPLING_RATE)) : max(0, round(min(end, SECONDS) * SAMPLING_RATE))] = True
    return mask


def _st_t(complexes: Sequence[Wave], tails: Sequence[Wave]) -> list[tuple[float, float, Wave | None]]:
    """From the end of each QRS to the end of its T, and that T; the usual length where the T is not known."""
    ends = [wave.onset for wave in complexes[1:]] + [float("inf")]
    own = [
        next((tail for tail in tails if wave.peak < tail.peak <= end), None)
        for wave, end in zip(complexes, ends, strict=True)
    ]
    known = [tail.offset - wave.offset for wave, tail in zip(complexes, own, strict=True) if tail]
    usual = float(np.median(known)) if known else USUAL_ST_T
    found = [
        (wave.offset, min(end, tail.offset if tail else wave.offset + usual), tail)
        for wave, tail, end in zip(complexes, own, ends, strict=True)
    ]
    orphans = [tail for tail in tails if tail.peak < complexes[0].onset]
    return [(tail.onset, min(tail.offset, complexes[0].onset), tail) for tail in orphans] + found


def _pr(waves: Sequence[Wave]) -> list[Span]:
    """From the end of each P to the onset of the QRS that it leads to."""
    found = []
    for wave, after in zip(waves, [*waves[1:], None], strict=True):
        if wave.kind == "P" and after and after.kind == "QRS" and after.beat == wave.beat:
            found.append((wave.offset, after.onset))
    return found


def _pre(complexes: Sequence[Wave]) -> list[Span]:
    return [(wave.onset - PRE_SECONDS[0], wave.onset - PRE_SECONDS[1]) for wave in complexes]
