"""How well a learner's marks lie: mark by mark, and beat by beat against what was looked for.

A mark is right when it lies on what was looked for clearly more than chance would put it there: its share on target, m,
and the target's share of all that is judged, c, give (m - c) / (1 - c), which is 1 on target, 0 by chance, and 0 for
whoever marks everything. Stretches that speak neither way (context) are left out, so a mark may lap over them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..marks import SHORTEST, Mark, marked
from ..strip import SAMPLES, SAMPLING_RATE, SECONDS
from ..truth import Evidence, Truth
from .questions import BRUSHES, MISSING, SEEN

Mask = NDArray[np.bool_]
Span = tuple[float, float]

CLEARLY = 0.5
"""(m - c) / (1 - c) from which a mark counts as right: halfway from chance to exactly on target."""

HELD = 0.5
"""Share of a beat's stretch that right marks must cover for the beat to count as marked."""

ENOUGH_BEATS = 3
"""Beats that have to be marked for the whole score: three show that a sign repeats, all twelve only take time."""

MARGIN = 0.04
"""Seconds, one fine line of the paper, by which a mark may lap over the target's border."""


def mask_of(spans: Iterable[Span]) -> Mask:
    """Samples inside some stretches, shape (5000,)."""
    mask = np.zeros(SAMPLES, dtype=bool)
    for start, end in spans:
        mask[max(0, round(start * SAMPLING_RATE)) : max(0, round(min(end, SECONDS) * SAMPLING_RATE))] = True
    return mask


@dataclass(frozen=True)
class Target:
    """What one brush should find on a strip.

    Parameters
    ----------
    spans : tuple of (float, float)
        The stretches looked for, one a beat, in seconds.
    wrong : array of bool, shape (5000,)
        Where a mark of this brush is wrong; what is neither counts neither way.
    """

    spans: tuple[Span, ...]
    wrong: Mask


@dataclass(frozen=True)
class MarksScore:
    """How well marks lie.

    Parameters
    ----------
    verdicts : tuple of bool or None
        One for each mark, in order: right, wrong, or None where it lies on what speaks neither way.
    beats : int
        In how many beats the right stretch is marked.
    of : int
        How many beats have such a stretch.
    reason : str
        Why nothing is scored; else empty.
    """

    verdicts: tuple[bool | None, ...] = ()
    beats: int = 0
    of: int = 0
    reason: str = ""

    @property
    def right(self) -> int:
        """How many marks are right."""
        return sum(verdict is True for verdict in self.verdicts)

    @property
    def wrong(self) -> int:
        """How many marks are wrong."""
        return sum(verdict is False for verdict in self.verdicts)

    @property
    def score(self) -> float | None:
        """0 to 1: the share of right marks, whole from three marked beats on; None where nothing can be judged."""
        if self.reason:
            return None
        judged = self.right + self.wrong
        needed = min(ENOUGH_BEATS, self.of)
        return self.right / judged * min(1.0, self.beats / needed) if judged and needed else 0.0


def score_marks(marks: Sequence[Mark], targets: Mapping[str, Target]) -> MarksScore:
    """Judge marks against what each brush should find.

    Parameters
    ----------
    marks : sequence of Mark
        In any order.
    targets : mapping of str to Target
        By brush; a mark with another brush is not judged.
    """
    verdicts = tuple(_verdict(mark, targets[mark.brush]) if mark.brush in targets else None for mark in marks)
    found = of = 0
    for brush, target in targets.items():
        right = mask_of(
            (mark.start, mark.end) for mark, good in zip(marks, verdicts, strict=True) if good and mark.brush == brush
        )
        covered = [mask_of([span]) for span in target.spans]
        found += sum(bool(mask.any()) and float(right[mask].mean()) >= HELD for mask in covered)
        of += len(covered)
    return MarksScore(verdicts, found, of)


def _verdict(mark: Mark, target: Target) -> bool | None:
    on_target = mask_of((max(0.0, start - MARGIN), end + MARGIN) for start, end in target.spans)
    wrong = target.wrong & ~on_target
    here = mask_of([(mark.start, mark.end)])
    right_here, wrong_here = int((here & on_target).sum()), int((here & wrong).sum())
    if not right_here + wrong_here:
        return None
    coverage = on_target.sum() / max(1, on_target.sum() + wrong.sum())
    share = right_here / (right_here + wrong_here)
    return bool((share - coverage) / (1 - coverage) >= CLEARLY) if coverage < 1 else True


def targets_of_evidence(evidence: Sequence[Evidence]) -> dict[str, Target]:
    """What each brush should find, by the evidence table: *seen* on what is there (P), *missing* where it is not (A).

    Where fibrillation waves are high enough to be evidence they run through the empty stretch before QRS too: it may be
    marked as either. What lies between, marked as missing P, is not wrong.
    """
    seen = [entry for entry in evidence if entry.role == "P" and _long_enough(entry)]
    absent = [entry for entry in evidence if entry.role == "A" and _long_enough(entry)]
    irrelevant = mask_of((entry.start, entry.end) for entry in evidence if entry.role == "X")
    fibrillating = [entry for entry in seen if entry.what == "f in TQ"]
    present = mask_of((entry.start, entry.end) for entry in seen if entry not in fibrillating)
    empty = mask_of((entry.start, entry.end) for entry in absent)
    targets = {
        SEEN: Target(
            _by_beat((*seen, *(absent if fibrillating else ()))), irrelevant if fibrillating else irrelevant | empty
        ),
        MISSING: Target(_by_beat(absent), irrelevant | present),
    }
    return {brush: target for brush, target in targets.items() if target.spans or target.wrong.any()}


def _by_beat(entries: Sequence[Evidence]) -> tuple[Span, ...]:
    return tuple(sorted((entry.start, entry.end) for entry in entries))


def score_reading(marks: Sequence[Mark], truth: Truth | None) -> MarksScore:
    """Judge the marks of a reading beat by beat against the evidence table.

    A beat counts once, whichever brush found it. Where place says nothing of a rhythm, nothing is scored.
    """
    reason = why_no_place(truth)
    if reason or truth is None:
        return MarksScore(reason=reason)
    targets = targets_of_evidence(truth.evidence)
    score = score_marks(marks, targets)
    evident = [entry for entry in truth.evidence if entry.role in ("P", "A") and _long_enough(entry)]
    right = [mark for mark, good in zip(marks, score.verdicts, strict=True) if good]
    beats: dict[object, bool] = {}
    for number, entry in enumerate(evident):
        beat = ("no beat", number) if entry.beat is None else entry.beat  # a wave that is not conducted has none
        beats[beat] = beats.get(beat, False) or _marked_by(right, entry)
    return replace(score, beats=sum(beats.values()), of=len(beats))


def _long_enough(entry: Evidence) -> bool:
    """Whether a hand can mark it."""
    return entry.end - entry.start >= SHORTEST


def _marked_by(marks: Sequence[Mark], entry: Evidence) -> bool:
    """Whether marks of any one brush cover enough of an entry."""
    here = mask_of([(entry.start, entry.end)])
    return bool(here.any()) and any(float(marked(marks, brush)[here].mean()) >= HELD for brush in BRUSHES)


def why_no_place(truth: Truth | None) -> str:
    """Why marks on a strip are not judged; empty where they are."""
    if truth is None:
        return "nobody knows the evidence of a real strip: marks on it are not judged"
    from ..checks.localisation.scores import NOT_LOCALISED, original_rhythm

    if reason := NOT_LOCALISED.get(original_rhythm(truth), ""):
        return reason
    roles = {entry.role for entry in truth.evidence}
    if not any(_long_enough(entry) for entry in truth.evidence if entry.role in ("P", "A")):
        return "what makes this rhythm has no single place"
    return "" if "X" in roles else "no stretch of this rhythm is irrelevant: there is no wrong place"
