"""What was marked on a strip and where the keys stand, plain and frozen, and every way to change it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from ..errors import InvalidValue
from ..marks import SHORTEST, Mark, merged
from ..plain import plain, restored
from ..quiz.calipers import Caliper
from ..quiz.stretches import Stretch
from ..strip import SECONDS
from .base import State
from .texts import text

CALIPER = "caliper"
"""The brush that sets both points of the calipers."""

STEP = 0.04
"""Seconds by which a mark is made longer and shorter: one small box."""


@dataclass(frozen=True)
class MarksState(State):
    """What was marked, and where the keys stand.

    Parameters
    ----------
    marks : tuple of Mark
        In the order of time.
    caliper : Caliper, optional
        Both points of the calipers.
    brush : str
        The one in hand; empty for the first.
    stretch : int, optional
        Number of the stretch at which the keys stand.
    chosen : int, optional
        Number of the mark that is made longer, shorter or deleted.
    moment : float
        Where the dashed line stands, in seconds, from which keys on the strip move; at 0 there is none.
    """

    marks: tuple[Mark, ...] = ()
    caliper: Caliper | None = None
    brush: str = ""
    stretch: int | None = None
    chosen: int | None = None
    moment: float = 0.0

    def __post_init__(self) -> None:
        if self.chosen is not None and not 0 <= self.chosen < len(self.marks):
            raise InvalidValue(f"there are {len(self.marks)} marks, numbered from 0; {self.chosen} is none of them")

    def to_json(self) -> dict[str, Any]:
        """Plain values of which `from_json` makes the state again."""
        held: dict[str, Any] = plain(self)
        return held

    @classmethod
    def from_json(cls, held: dict[str, Any]) -> Self:
        """The state of what `to_json` gave."""
        return restored(cls, held, "state")

    @property
    def mark(self) -> Mark | None:
        """The chosen mark."""
        return None if self.chosen is None else self.marks[self.chosen]

    def painted(self, marks: Sequence[Mark]) -> "MarksState":
        """With what now stands on the strip; a stretch painted with the calipers sets their points."""
        measured = [mark for mark in marks if mark.brush == CALIPER]
        own = merged(mark for mark in marks if mark.brush != CALIPER)
        before = as_mark(self.caliper)
        new = next((mark for mark in measured if mark != before), before if measured else None)
        added = [number for number, mark in enumerate(own) if mark not in self.marks]
        chosen = added[-1] if added else None
        caliper = None if new is None else self.caliper if new == before else Caliper(new.start, new.end)
        return replace(self, marks=own, caliper=caliper, chosen=chosen)

    def stepped(self, direction: int, stretches: Sequence[Stretch]) -> "MarksState":
        """One stretch on or back; the mark that lies there with the brush in hand is chosen."""
        if self.stretch is None:
            at = 0 if direction > 0 else len(stretches) - 1
        else:
            at = min(max(self.stretch + direction, 0), len(stretches) - 1)
        return replace(self, stretch=at, chosen=self.mark_on(stretches[at]))

    def mark_on(self, stretch: Stretch) -> int | None:
        """Number of the mark, of the brush in hand, that lies on most of a stretch."""
        lies = {
            number: min(mark.end, stretch.end) - max(mark.start, stretch.start)
            for number, mark in enumerate(self.marks)
            if not self.brush or mark.brush == self.brush
        }
        most = max(lies, key=lambda number: lies[number], default=None)
        return most if most is not None and lies[most] > (stretch.end - stretch.start) / 2 else None

    def toggled(self, stretches: Sequence[Stretch]) -> "MarksState":
        """With the present stretch marked, or its mark taken away; with the calipers in hand they span it."""
        if self.stretch is None:
            return self.stepped(1, stretches).toggled(stretches)
        here = stretches[self.stretch]
        if self.brush == CALIPER:
            return replace(self, caliper=Caliper(here.start, here.end))
        if (found := self.mark_on(here)) is not None:
            return replace(self, chosen=found).deleted()
        return self._with(Mark(self.brush, here.start, here.end))

    def extended(self, seconds: float) -> "MarksState":
        """With the chosen mark's end later, or earlier."""
        if self.mark is None:
            raise InvalidValue(text("marks.no_mark"))
        end = round(min(SECONDS, self.mark.end + seconds), 3)
        if end - self.mark.start < SHORTEST:
            return self
        return self.deleted()._with(replace(self.mark, end=end))

    def moved(self, start: float | None, end: float | None) -> "MarksState":
        """With other ends of the chosen mark; without one, with a new mark from `start` on."""
        if self.mark is None and start is not None:
            return self._with(Mark(self.brush, start, min(SECONDS, start + 5 * STEP)))
        if self.mark is None:
            raise InvalidValue(text("marks.no_mark"))
        start, end = (self.mark.start if start is None else start), (self.mark.end if end is None else end)
        if not start < end:
            raise InvalidValue(text("marks.backwards", start=start, end=end))
        return self.deleted()._with(Mark(self.mark.brush, start, end))

    def measured(self, one: float | None, other: float | None) -> "MarksState":
        """With other points of the calipers."""
        now = self.caliper or Caliper(
            one if one is not None else other or 0.0, other if other is not None else one or 0.0
        )
        return replace(self, caliper=Caliper(now.one if one is None else one, now.other if other is None else other))

    def deleted(self) -> "MarksState":
        """Without the chosen mark; with the calipers in hand, without them."""
        if self.brush == CALIPER:
            return replace(self, caliper=None)
        if self.mark is None:
            raise InvalidValue(text("marks.no_mark"))
        return replace(self, marks=tuple(mark for mark in self.marks if mark != self.mark), chosen=None)

    def _with(self, mark: Mark) -> "MarksState":
        marks = merged((*self.marks, mark))
        chosen = next(number for number, one in enumerate(marks) if one.brush == mark.brush and one.end >= mark.end)
        return replace(self, marks=marks, chosen=chosen)


def as_mark(caliper: Caliper | None) -> Mark | None:
    """The calipers as a stretch that the panel can show; None where both points are one."""
    if caliper is None or caliper.seconds == 0:
        return None
    return Mark(CALIPER, *sorted((caliper.one, caliper.other)))
