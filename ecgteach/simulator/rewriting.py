"""Rewriting scores: waves taken out, put in, moved; RR changed with every beat keeping its form."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.random import PCG64, Generator
from numpy.typing import NDArray

from .activation import KINDS, NO_BEAT, Score
from .anatomy import Anatomy

RUN_ON = 1.0
"""Seconds by which beats go on beyond the recording's end."""


class Row(NamedTuple):
    """A wave to be put in: kind, onset and offset in seconds, its beat, the name of its shape."""

    kind: str
    onset: float
    offset: float
    beat: int
    shape: str


def keeping(score: Score, which: NDArray[np.bool_] | NDArray[np.intp]) -> Score:
    """A score with some of its waves: those that a mask lets through, or those that numbers pick, in their order."""
    return replace(
        score,
        kinds=score.kinds[which],
        onsets=score.onsets[which],
        offsets=score.offsets[which],
        beats=score.beats[which],
        forms=score.forms[which],
        sizes=score.sizes[which],
    )


def adding(score: Score, rows: Sequence[Row]) -> Score:
    """A score with some more waves, each at its shape's own size; a shape that it lacks is drawn for its person."""
    shapes = list(score.shapes)
    names = [shape.name for shape in shapes]
    anatomy = Anatomy(score.person, Generator(PCG64(0)))
    for row in rows:
        if row.shape not in names:
            shapes.append(anatomy.shape(row.shape))
            names.append(row.shape)
    return in_order(
        replace(
            score,
            shapes=tuple(shapes),
            kinds=np.append(score.kinds, [KINDS.index(row.kind) for row in rows]).astype(np.int64),
            onsets=np.append(score.onsets, [row.onset for row in rows]),
            offsets=np.append(score.offsets, [row.offset for row in rows]),
            beats=np.append(score.beats, [row.beat for row in rows]).astype(np.int64),
            forms=np.append(score.forms, [names.index(row.shape) for row in rows]).astype(np.int64),
            sizes=np.concatenate([score.sizes, np.ones((len(rows), 3))]),
        )
    )


def shifted(score: Score, shifts: NDArray[np.float64]) -> Score:
    """A score whose waves are moved, each by its own time in seconds."""
    return in_order(replace(score, onsets=score.onsets + shifts, offsets=score.offsets + shifts))


def copied(score: Score, beat: int, onto: int, later: float) -> Score:
    """A score in which one beat's waves come a second time, `later` seconds later, as beat `onto`."""
    own = np.flatnonzero(score.beats == beat)
    return _with_copies(score, own, np.full(own.size, onto), np.full(own.size, later))


def in_order(score: Score) -> Score:
    """The same waves in the order of their onsets."""
    return keeping(score, np.argsort(score.onsets, kind="stable"))


def qrs_onsets(score: Score) -> dict[int, float]:
    """Onset of each beat's QRS in seconds, by the beat's number."""
    complexes = score.of("QRS")
    return {int(b): float(t) for b, t in zip(score.beats[complexes], score.onsets[complexes], strict=True)}


def with_intervals(score: Score, seconds: float, change: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Score:
    """A score with other RR intervals; every beat keeps its form, and the first in the recording its place.

    Waves that belong to no beat (blocked P) move with the beat before them; F and f waves stay where they are. Where
    beats run out before the recording ends, those there are come again.
    """
    onsets = qrs_onsets(score)
    beats = sorted(onsets)
    old = np.array([onsets[beat] for beat in beats])
    first = int(np.searchsorted(old, 0.0))
    intervals = change(np.diff(old))
    new = np.concatenate([[0.0], np.cumsum(intervals)])
    new += old[first] - new[first]
    while new[-1] < seconds + RUN_ON:
        number = old.size
        score = _repeated(score, beats, old)
        onsets = qrs_onsets(score)
        beats = sorted(onsets)
        old = np.array([onsets[beat] for beat in beats])
        more = np.concatenate([[intervals.mean()], intervals])
        new = np.concatenate([new, new[-1] + np.cumsum(more)])[: old.size]
        assert old.size > number
    moves = dict(zip(beats, new - old, strict=True))
    belonging = np.searchsorted(old, score.onsets, side="right").clip(1) - 1
    loose = (new - old)[belonging]
    loose[score.of("F", "f")] = 0.0
    shifts = np.array([moves.get(int(beat), own) for beat, own in zip(score.beats, loose, strict=True)])
    return shifted(score, shifts)


def with_qt(score: Score, factor: float) -> Score:
    """A score whose T (and ST) lie at `factor` times their distance from the end of their QRS."""
    complexes = score.of("QRS")
    ends = dict(zip(score.beats[complexes].tolist(), score.offsets[complexes].tolist(), strict=True))
    onsets, offsets = score.onsets.copy(), score.offsets.copy()
    for number in np.flatnonzero(score.of("T", "ST")):
        end = ends.get(int(score.beats[number]))
        if end is not None:
            onsets[number] = end + (onsets[number] - end) * (factor if onsets[number] > end else 1.0)
            offsets[number] = end + (offsets[number] - end) * factor
    return in_order(replace(score, onsets=onsets, offsets=offsets))


def conducting(score: Score, pr: float) -> Score:
    """Every P of a score leads to a beat: `pr` seconds after it, with the form of the score's own beats if narrow."""
    atria = np.flatnonzero(score.of("P"))
    onsets = np.sort(score.onsets[atria])
    rr = float(np.diff(onsets).mean())
    person = replace(score.person, rate=60.0 / rr)
    beats = np.full(score.onsets.size, NO_BEAT)
    beats[atria] = np.argsort(np.argsort(score.onsets[atria]))
    waves = keeping(replace(score, person=person, beats=beats), score.of("P"))
    finish = person.qt(rr)
    begin = person.qrs + 0.3 * (finish - person.qrs)
    rows = []
    for beat, onset in enumerate(onsets + pr):
        rows.append(Row("QRS", onset, onset + person.qrs, beat, "narrow"))
        rows.append(Row("T", onset + begin, onset + finish, beat, "T"))
    return adding(waves, rows)


def longest_beat(score: Score) -> float:
    """Seconds from the first to the last wave of the longest beat."""
    spans: dict[int, list[float]] = {}
    for beat, onset, offset in zip(score.beats.tolist(), score.onsets, score.offsets, strict=True):
        if beat != NO_BEAT:
            spans.setdefault(beat, []).extend((float(onset), float(offset)))
    return max(max(times) - min(times) for times in spans.values())


def shortest_tq(score: Score, seconds: float) -> float:
    """Seconds from the end of T to the next beat's first wave, where it is shortest within the recording."""
    starts: dict[int, float] = {}
    ends: dict[int, float] = {}
    for beat, onset, offset in zip(score.beats.tolist(), score.onsets, score.offsets, strict=True):
        if beat != NO_BEAT and 0 <= onset < seconds:
            starts[beat] = min(starts.get(beat, np.inf), float(onset))
            ends[beat] = max(ends.get(beat, -np.inf), float(offset))
    gaps = [starts[beat + 1] - end for beat, end in ends.items() if beat + 1 in starts]
    return max(min(gaps, default=0.0), 0.0)


def shortest_qrs_room(score: Score) -> float:
    """Seconds from the onset of a QRS to that of its T, where it is shortest."""
    onsets = qrs_onsets(score)
    waves = np.flatnonzero(score.of("T"))
    return float(min(score.onsets[i] - onsets[int(score.beats[i])] for i in waves if int(score.beats[i]) in onsets))


def widest_qrs(score: Score) -> float:
    """Duration of the widest QRS in seconds."""
    complexes = score.of("QRS")
    return float((score.offsets - score.onsets)[complexes].max())


def _repeated(score: Score, beats: Sequence[int], onsets: NDArray[np.float64]) -> Score:
    """The beats once more after the last one."""
    own = np.flatnonzero(score.beats != NO_BEAT)
    span = float(onsets[-1] - onsets[0] + np.diff(onsets).mean())
    return _with_copies(score, own, score.beats[own] + beats[-1] - beats[0] + 1, np.full(own.size, span))


def _with_copies(score: Score, own: NDArray[np.int64], beats: NDArray[np.int64], later: NDArray[np.float64]) -> Score:
    return in_order(
        replace(
            score,
            kinds=np.append(score.kinds, score.kinds[own]),
            onsets=np.append(score.onsets, score.onsets[own] + later),
            offsets=np.append(score.offsets, score.offsets[own] + later),
            beats=np.append(score.beats, beats),
            forms=np.append(score.forms, score.forms[own]),
            sizes=np.concatenate([score.sizes, score.sizes[own]]),
        )
    )
