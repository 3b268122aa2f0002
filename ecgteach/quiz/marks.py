"""A learner's marks on a strip: stretches with a brush, a pair of calipers, and how well they lie.

Marks are judged one by one and then beat by beat. A mark is right when it lies on what was looked for clearly more than
chance would put it there: its share on target, m, and the target's share of all that is judged, c, give (m - c) / (1 - c),
which is 1 on target, 0 by chance, and 0 for whoever marks everything. Stretches that speak neither way (context) are
left out, so a mark may lap over them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidValue, UnknownName, choices
from ..strip import SAMPLES, SAMPLING_RATE, SECONDS
from ..truth import Evidence, Truth, Wave
from .questions import BRUSHES, MISSING, SEEN

Mask = NDArray[np.bool_]
Span = tuple[float, float]

SHORTEST = 0.02
"""Seconds: half a millimetre of paper, the least that a hand can mark."""

CLEARLY = 0.5
"""(m - c) / (1 - c) from which a mark counts as right: halfway from chance to exactly on target."""

HELD = 0.5
"""Share of a beat's stretch that right marks must cover for the beat to count as marked."""

ENOUGH_BEATS = 3
"""Beats that have to be marked for the whole score: three show that a sign repeats, all twelve only take time."""

MARGIN = 0.04
"""Seconds, one fine line of the paper, by which a mark may lap over the target's border."""


@dataclass(frozen=True)
class Mark:
    """One marked stretch.

    Parameters
    ----------
    start, end : float
        In seconds of the strip.
    brush : str
        What it says; `BRUSHES` for reading, and whatever names a widget gives its brushes.

    Raises
    ------
    InvalidValue
        When it does not lie on the strip, or is shorter than half a millimetre of paper.
    """

    start: float
    end: float
    brush: str = SEEN

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= SECONDS:
            raise InvalidValue(
                f"a mark runs forward between 0 and {SECONDS:g} s, not from {self.start:g} to {self.end:g} s"
            )
        if self.end - self.start < SHORTEST - 1e-9:
            raise InvalidValue(
                f"a mark of {self.end - self.start:.3f} s cannot be seen; make it {SHORTEST:g} s or longer"
            )


@dataclass(frozen=True)
class Caliper:
    """Two points between which something is measured, in seconds.

    Raises
    ------
    InvalidValue
        When one of them is off the strip.
    """

    one: float
    other: float

    def __post_init__(self) -> None:
        if not (0 <= self.one <= SECONDS and 0 <= self.other <= SECONDS):
            raise InvalidValue(f"both points lie between 0 and {SECONDS:g} s, not at {self.one:g} and {self.other:g} s")

    @property
    def seconds(self) -> float:
        """The interval between them."""
        return abs(self.other - self.one)

    def __str__(self) -> str:
        if self.seconds < SHORTEST:
            return f"{1000 * self.seconds:.0f} ms"
        rate = f", {60 / self.seconds:.0f}/min if it repeats" if self.seconds >= 0.2 else ""
        return f"{1000 * self.seconds:.0f} ms, {self.seconds * 25:.1f} mm{rate}"


def painted(marks: Iterable[Mark], mark: Mark) -> tuple[Mark, ...]:
    """Marks with one more, in the order of time: it joins what it touches of its brush, and replaces others below it."""
    joined, others = mark, []
    for old in marks:
        if old.end < mark.start or old.start > mark.end:
            others.append(old)
        elif old.brush == mark.brush:
            joined = replace(joined, start=min(joined.start, old.start), end=max(joined.end, old.end))
        else:
            others += _left_of(old, mark)
    return tuple(sorted((*others, joined), key=lambda each: (each.start, each.end)))


def wiped(marks: Iterable[Mark], start: float, end: float) -> tuple[Mark, ...]:
    """Marks without what lies between two moments."""
    rubber = Mark(start, end)
    kept: list[Mark] = []
    for old in marks:
        kept += [old] if old.end <= start or old.start >= end else _left_of(old, rubber)
    return tuple(kept)


def _left_of(old: Mark, above: Mark) -> list[Mark]:
    pieces = ((old.start, min(old.end, above.start)), (max(old.start, above.end), old.end))
    return [replace(old, start=start, end=end) for start, end in pieces if end - start >= SHORTEST]


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
    seen = [entry for entry in evidence if entry.role == "P"]
    absent = [entry for entry in evidence if entry.role == "A"]
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
    evident = [entry for entry in truth.evidence if entry.role in ("P", "A")]
    beats = sorted({entry.beat for entry in evident if entry.beat is not None})
    right = {
        brush: mask_of(
            (mark.start, mark.end)
            for mark, good in zip(marks, score.verdicts, strict=True)
            if good and mark.brush == brush
        )
        for brush in BRUSHES
    }
    found = sum(
        any(
            float(right[brush][mask].mean()) >= HELD
            for entry in evident
            if entry.beat == beat and (mask := mask_of([(entry.start, entry.end)])).any()
            for brush in BRUSHES
        )
        for beat in beats
    )
    return replace(score, beats=found, of=len(beats))


def why_no_place(truth: Truth | None) -> str:
    """Why marks on a strip are not judged; empty where they are."""
    if truth is None:
        return "nobody knows the evidence of a real strip: marks on it are not judged"
    from ..checks.localisation.scores import NOT_LOCALISED, original_rhythm

    if reason := NOT_LOCALISED.get(original_rhythm(truth), ""):
        return reason
    roles = {entry.role for entry in truth.evidence}
    if not roles & {"P", "A"}:
        return "what makes this rhythm has no single place"
    return "" if "X" in roles else "no stretch of this rhythm is irrelevant: there is no wrong place"


def targets_of_stretches(wanted: Iterable[Span], every: Span = (0.0, SECONDS)) -> Target:
    """A target of given stretches; all else within the known part of the strip is wrong."""
    spans = tuple(wanted)
    return Target(spans, mask_of([every]) & ~mask_of(spans))


def measured(caliper: Caliper, waves: Sequence[Wave], *, reach: float = 0.06) -> str:
    """What a pair of calipers measured, by the waves next to its points; empty where it is none of the usual.

    >>> beat = [Wave("QRS", onset, onset + 0.04, onset + 0.09, number) for number, onset in enumerate((1.0, 1.8))]
    >>> measured(Caliper(1.01, 1.81), beat)
    'RR'
    """
    first, last = sorted((caliper.one, caliper.other))
    moments = [(f"{wave.kind} {edge}", moment) for wave in waves for edge, moment in _edges(wave)]
    near = [{name for name, moment in moments if abs(moment - point) <= reach} for point in (first, last)]
    for interval, (begin, finish) in INTERVALS.items():
        if near[0] & begin and near[1] & finish:
            return interval
    return ""


def _edges(wave: Wave) -> tuple[tuple[str, float], ...]:
    return ("onset", wave.onset), ("peak", wave.peak), ("offset", wave.offset)


_ANY = ("onset", "peak", "offset")
INTERVALS = {
    "PR": ({"P onset"}, {"QRS onset"}),
    "QRS": ({"QRS onset"}, {"QRS offset"}),
    "QT": ({"QRS onset"}, {"T offset"}),
    "RR": ({f"QRS {edge}" for edge in _ANY}, {f"QRS {edge}" for edge in _ANY}),
    "PP": ({f"P {edge}" for edge in _ANY}, {f"P {edge}" for edge in _ANY}),
    "FF": ({f"F {edge}" for edge in _ANY}, {f"F {edge}" for edge in _ANY}),
}
"""Intervals by the edges between which they run."""


def brush_named(name: str, brushes: Mapping[str, str]) -> str:
    """A brush that is there.

    Raises
    ------
    UnknownName
        When it is not.
    """
    if name not in brushes:
        raise UnknownName(f"no brush is called {name!r}; there are {choices(brushes)}")
    return name
