"""The activation of a recording: every wave with its moment, shape and size. Played by the dipole, read by the truth.

A `Heart` says when atria and ventricles are active (`hearts/` makes one for each rhythm). `lay_out` gives each of these
moments its waves for one person. What it returns, an `Activation`, is complete: to be edited, written, played again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from .anatomy import Anatomy
from .people import Person
from .shapes import Shape

KINDS = ("P", "QRS", "T", "ST", "F", "f", "spike")
NO_BEAT = -1
P_SECONDS = {"retrograde": 0.07, "septal": 0.07, "hidden": 0.07}
"""Duration of P waves that spread from below; the others have their person's."""

SPIKE_SECONDS = 0.006
SLOPING_ST = 0.3
T_OVER_QRS = 1.02
QT_FOLLOWS_QRS = 0.6
USUAL_QRS = 0.09
HYSTERESIS = 0.6
"""Share of QT that follows the mean RR; the rest follows the last (Franz 1988, doi 10.1172/JCI113711)."""


class Beat(NamedTuple):
    """One activation of the ventricles: onset of its QRS in seconds, name of its shape."""

    onset: float
    shape: str


class Atrium(NamedTuple):
    """One P wave: onset in seconds, shape, and the number of the beat that it belongs to (None: not conducted)."""

    onset: float
    shape: str
    beat: int | None


class Cycle(NamedTuple):
    """One F or f wave: kind, onset and end in seconds, size as a factor, shape."""

    kind: str
    onset: float
    offset: float
    size: float
    shape: str


@dataclass
class Heart:
    """When atria and ventricles are active, in closer words, and what else was decided."""

    kind: str
    beats: list[Beat] = field(default_factory=list)
    atria: list[Atrium] = field(default_factory=list)
    cycles: list[Cycle] = field(default_factory=list)
    notes: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Activation:
    """Every wave of a recording, as columns of equal length, and the shapes that they refer to.

    Parameters
    ----------
    rhythm, kind : str
        Code of the rhythm, and its closer words.
    person : Person
        Whom it was drawn for.
    shapes : tuple of Shape
        The forms of the waves.
    kinds : array of int
        Number of each wave's kind in `KINDS`.
    onsets, offsets : array
        In seconds.
    beats : array of int
        Number of the beat that a wave belongs to; `NO_BEAT` for none.
    forms : array of int
        Number of each wave's shape in `shapes`.
    sizes : array, shape (waves, 3)
        Factors on the shape's three components.
    notes : dict
        What else was decided.
    """

    rhythm: str
    kind: str
    person: Person
    shapes: tuple[Shape, ...]
    kinds: NDArray[np.int64]
    onsets: NDArray[np.float64]
    offsets: NDArray[np.float64]
    beats: NDArray[np.int64]
    forms: NDArray[np.int64]
    sizes: NDArray[np.float64]
    notes: dict[str, object] = field(default_factory=dict)

    def of(self, *kinds: str) -> NDArray[np.bool_]:
        """Mask of the waves of some kinds."""
        return np.isin(self.kinds, [KINDS.index(kind) for kind in kinds])

    def shape_names(self) -> list[str]:
        """Name of each wave's shape."""
        return [self.shapes[form].name for form in self.forms]


class _Row(NamedTuple):
    kind: str
    onset: float
    offset: float
    beat: int
    shape: str
    size: float = 1.0


SPREADS = {"P": 0.08, "QRS": 0.03, "T": 0.05, "ST": 0.05}
"""Standard deviation of a wave's size from beat to beat, as a share."""

DEEPEST_BREATH = 0.15
"""Largest share by which breathing changes a component of the dipole."""


def lay_out(rhythm: str, heart: Heart, person: Person, anatomy: Anatomy, random: Generator) -> Activation:
    """The waves of a heart's activity in one person.

    Heights and directions breathe: the heart moves with the diaphragm, and each beat differs a little from the next.
    """
    order = sorted(range(len(heart.beats)), key=lambda number: heart.beats[number].onset)
    place = {number: rank for rank, number in enumerate(order)}
    beats = [heart.beats[number] for number in order]
    tightest = min((later.onset - beat.onset for beat, later in pairwise(beats) if beat.shape == "VT"), default=None)
    if tightest is not None:
        anatomy.fit_tachycardia(tightest)
    rows: list[_Row] = []
    nexts = [*(beat.onset for beat in beats[1:]), float("inf")]
    for rank, (beat, rr, following) in enumerate(zip(beats, intervals_before(beats, person), nexts, strict=True)):
        rows += _ventricular_waves(rank, beat, rr, following, person, anatomy)
    for atrium in heart.atria:
        length = P_SECONDS.get(atrium.shape, person.p_width)
        number = NO_BEAT if atrium.beat is None else place[atrium.beat]
        rows.append(_Row("P", atrium.onset, atrium.onset + length, number, atrium.shape))
    rows += [_Row(cycle.kind, cycle.onset, cycle.offset, NO_BEAT, cycle.shape, cycle.size) for cycle in heart.cycles]
    rows.sort(key=lambda row: row.onset)
    names = list(dict.fromkeys(row.shape for row in rows))
    kinds, onsets, offsets, numbers, shapes, sizes = zip(*rows, strict=True)
    return Activation(
        rhythm,
        heart.kind,
        person,
        tuple(anatomy.shape(name) for name in names),
        kinds=np.array([KINDS.index(kind) for kind in kinds], dtype=np.int64),
        onsets=np.array(onsets),
        offsets=np.array(offsets),
        beats=np.array(numbers, dtype=np.int64),
        forms=np.array([names.index(shape) for shape in shapes], dtype=np.int64),
        sizes=np.array(sizes)[:, None] * _breathing(kinds, np.array(onsets), person, random),
        notes=heart.notes,
    )


def intervals_before(beats: Sequence[Beat], person: Person) -> list[float]:
    """RR interval before each beat as QT follows it: partly the mean, partly the last one."""
    mean = person.rr
    before = [mean, *(later.onset - beat.onset for beat, later in pairwise(beats))]
    return [HYSTERESIS * mean + (1 - HYSTERESIS) * min(max(rr, 0.3), 2.0) for rr in before[: len(beats)]]


def _breathing(
    kinds: Sequence[str], onsets: NDArray[np.float64], person: Person, random: Generator
) -> NDArray[np.float64]:
    """Factors on the three components of each wave, shape (waves, 3)."""
    depths = random.uniform(0.0, DEEPEST_BREATH, 3)
    wave = np.sin(2 * np.pi * person.breaths / 60.0 * onsets + random.uniform(0, 2 * np.pi))
    own = 1.0 + np.array([SPREADS.get(kind, 0.0) for kind in kinds]) * random.standard_normal(onsets.size)
    return np.asarray(own[:, None] * (1.0 + depths * wave[:, None]))


def _ventricular_waves(
    number: int, beat: Beat, rr: float, following: float, person: Person, anatomy: Anatomy
) -> list[_Row]:
    """QRS, T and what else a beat has; T is never shorter than its QRS, and ends before the next if it can."""
    shape = anatomy.conducted() if beat.shape == "narrow" else beat.shape
    width = anatomy.width(shape)
    end = beat.onset + width
    finish = min(beat.onset + person.qt(rr) + QT_FOLLOWS_QRS * max(width - USUAL_QRS, 0.0), following)
    least = T_OVER_QRS * width
    # After a wide QRS the ST segment slopes into its T from the start.
    share = anatomy.st_share if shape == "narrow" else SLOPING_ST * anatomy.st_share
    begin = min(end + (finish - end) * share, finish - least)
    if begin < end:
        begin, finish = end, max(finish, end + least)
    rows = [
        _Row("QRS", beat.onset, end, number, shape),
        _Row("T", begin, finish, number, anatomy.t_after(shape)),
    ]
    if beat.shape == "narrow" and person.st:
        st = "ST" if shape == "narrow" else f"ST {shape}"
        rows.append(_Row("ST", end - 0.3 * width, finish, number, st))
    if beat.shape == "paced":
        rows.append(_Row("spike", beat.onset - SPIKE_SECONDS, beat.onset, number, "spike"))
    return rows
