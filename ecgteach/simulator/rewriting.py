"""Rewriting activations: waves taken out, put in, moved; RR changed with every beat keeping its form."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.random import PCG64, Generator
from numpy.typing import NDArray

from .activation import KINDS, NO_BEAT, Activation
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


def keeping(activation: Activation, which: NDArray[np.bool_] | NDArray[np.intp]) -> Activation:
    """Some waves of an activation: those that a mask lets through, or those that numbers pick, in their order."""
    return replace(
        activation,
        kinds=activation.kinds[which],
        onsets=activation.onsets[which],
        offsets=activation.offsets[which],
        beats=activation.beats[which],
        forms=activation.forms[which],
        sizes=activation.sizes[which],
    )


def adding(activation: Activation, rows: Sequence[Row]) -> Activation:
    """An activation with more waves, each at its shape's own size; a shape that it lacks is drawn for its person."""
    shapes = list(activation.shapes)
    names = [shape.name for shape in shapes]
    anatomy = Anatomy(activation.person, Generator(PCG64(0)))
    for row in rows:
        if row.shape not in names:
            shapes.append(anatomy.shape(row.shape))
            names.append(row.shape)
    return in_order(
        replace(
            activation,
            shapes=tuple(shapes),
            kinds=np.append(activation.kinds, [KINDS.index(row.kind) for row in rows]).astype(np.int64),
            onsets=np.append(activation.onsets, [row.onset for row in rows]),
            offsets=np.append(activation.offsets, [row.offset for row in rows]),
            beats=np.append(activation.beats, [row.beat for row in rows]).astype(np.int64),
            forms=np.append(activation.forms, [names.index(row.shape) for row in rows]).astype(np.int64),
            sizes=np.concatenate([activation.sizes, np.ones((len(rows), 3))]),
        )
    )


def shifted(activation: Activation, shifts: NDArray[np.float64]) -> Activation:
    """An activation whose waves are moved, each by its own time in seconds."""
    return in_order(replace(activation, onsets=activation.onsets + shifts, offsets=activation.offsets + shifts))


def copied(activation: Activation, beat: int, onto: int, later: float) -> Activation:
    """An activation in which one beat's waves come a second time, `later` seconds later, as beat `onto`."""
    own = np.flatnonzero(activation.beats == beat)
    return _with_copies(activation, own, np.full(own.size, onto), np.full(own.size, later))


def in_order(activation: Activation) -> Activation:
    """The same waves in the order of their onsets."""
    return keeping(activation, np.argsort(activation.onsets, kind="stable"))


def qrs_onsets(activation: Activation) -> dict[int, float]:
    """Onset of each beat's QRS in seconds, by the beat's number."""
    complexes = activation.of("QRS")
    return {int(b): float(t) for b, t in zip(activation.beats[complexes], activation.onsets[complexes], strict=True)}


def with_intervals(
    activation: Activation, seconds: float, change: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> Activation:
    """An activation with other RR intervals; every beat keeps its form, and the first in the recording its place.

    Waves that belong to no beat (blocked P) move with the beat before them; F and f waves stay where they are. Where
    beats run out before the recording ends, those there are come again.
    """
    onsets = qrs_onsets(activation)
    beats = sorted(onsets)
    old = np.array([onsets[beat] for beat in beats])
    first = int(np.searchsorted(old, 0.0))
    intervals = change(np.diff(old))
    new = np.concatenate([[0.0], np.cumsum(intervals)])
    new += old[first] - new[first]
    while new[-1] < seconds + RUN_ON:
        number = old.size
        activation = _repeated(activation, beats, old)
        onsets = qrs_onsets(activation)
        beats = sorted(onsets)
        old = np.array([onsets[beat] for beat in beats])
        more = np.concatenate([[intervals.mean()], intervals])
        new = np.concatenate([new, new[-1] + np.cumsum(more)])[: old.size]
        assert old.size > number
    moves = dict(zip(beats, new - old, strict=True))
    belonging = np.searchsorted(old, activation.onsets, side="right").clip(1) - 1
    loose = (new - old)[belonging]
    loose[activation.of("F", "f")] = 0.0
    shifts = np.array([moves.get(int(beat), own) for beat, own in zip(activation.beats, loose, strict=True)])
    return shifted(activation, shifts)


def with_qt(activation: Activation, factor: float) -> Activation:
    """An activation whose T (and ST) lie at `factor` times their distance from the end of their QRS."""
    complexes = activation.of("QRS")
    ends = dict(zip(activation.beats[complexes].tolist(), activation.offsets[complexes].tolist(), strict=True))
    onsets, offsets = activation.onsets.copy(), activation.offsets.copy()
    for number in np.flatnonzero(activation.of("T", "ST")):
        end = ends.get(int(activation.beats[number]))
        if end is not None:
            onsets[number] = end + (onsets[number] - end) * (factor if onsets[number] > end else 1.0)
            offsets[number] = end + (offsets[number] - end) * factor
    return in_order(replace(activation, onsets=onsets, offsets=offsets))


def conducting(activation: Activation, pr: float) -> Activation:
    """Every P leads to a beat: `pr` seconds after it, with the form of the activation's own beats if narrow."""
    atria = np.flatnonzero(activation.of("P"))
    onsets = np.sort(activation.onsets[atria])
    rr = float(np.diff(onsets).mean())
    person = replace(activation.person, rate=60.0 / rr)
    beats = np.full(activation.onsets.size, NO_BEAT)
    beats[atria] = np.argsort(np.argsort(activation.onsets[atria]))
    waves = keeping(replace(activation, person=person, beats=beats), activation.of("P"))
    finish = person.qt(rr)
    begin = person.qrs + 0.3 * (finish - person.qrs)
    rows = []
    for beat, onset in enumerate(onsets + pr):
        rows.append(Row("QRS", onset, onset + person.qrs, beat, "narrow"))
        rows.append(Row("T", onset + begin, onset + finish, beat, "T"))
    return adding(waves, rows)


def longest_beat(activation: Activation) -> float:
    """Seconds from the first to the last wave of the longest beat."""
    spans: dict[int, list[float]] = {}
    for beat, onset, offset in zip(activation.beats.tolist(), activation.onsets, activation.offsets, strict=True):
        if beat != NO_BEAT:
            spans.setdefault(beat, []).extend((float(onset), float(offset)))
    return max(max(times) - min(times) for times in spans.values())


def shortest_tq(activation: Activation, seconds: float) -> float:
    """Seconds from the end of T to the next beat's first wave, where it is shortest within the recording."""
    starts: dict[int, float] = {}
    ends: dict[int, float] = {}
    for beat, onset, offset in zip(activation.beats.tolist(), activation.onsets, activation.offsets, strict=True):
        if beat != NO_BEAT and 0 <= onset < seconds:
            starts[beat] = min(starts.get(beat, np.inf), float(onset))
            ends[beat] = max(ends.get(beat, -np.inf), float(offset))
    gaps = [starts[beat + 1] - end for beat, end in ends.items() if beat + 1 in starts]
    return max(min(gaps, default=0.0), 0.0)


def shortest_qrs_room(activation: Activation) -> float:
    """Seconds from the onset of a QRS to that of its T, where it is shortest."""
    onsets = qrs_onsets(activation)
    waves = np.flatnonzero(activation.of("T"))
    beats = activation.beats.tolist()
    return float(min(activation.onsets[i] - onsets[beats[i]] for i in waves if beats[i] in onsets))


def widest_qrs(activation: Activation) -> float:
    """Duration of the widest QRS in seconds."""
    complexes = activation.of("QRS")
    return float((activation.offsets - activation.onsets)[complexes].max())


def _repeated(activation: Activation, beats: Sequence[int], onsets: NDArray[np.float64]) -> Activation:
    """The beats once more after the last one."""
    own = np.flatnonzero(activation.beats != NO_BEAT)
    span = float(onsets[-1] - onsets[0] + np.diff(onsets).mean())
    return _with_copies(activation, own, activation.beats[own] + beats[-1] - beats[0] + 1, np.full(own.size, span))


def _with_copies(
    activation: Activation, own: NDArray[np.int64], beats: NDArray[np.int64], later: NDArray[np.float64]
) -> Activation:
    count = activation.onsets.size
    found = keeping(activation, np.append(np.arange(count), own))
    found.beats[count:] = beats
    found.onsets[count:] += later
    found.offsets[count:] += later
    return in_order(found)
