"""What a learner marks on a strip: stretches of time, each with the brush that it was painted with."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import InvalidValue
from .strip import SAMPLES, SAMPLING_RATE, SECONDS

SHORTEST = 0.04
"""Seconds: one small square of the paper; less is a slip of the hand."""


@dataclass(frozen=True, order=True)
class Mark:
    """A stretch that was marked.

    Parameters
    ----------
    brush : str
        What it says: ``"seen"``, ``"missing"``, or the view that is thought to have looked there.
    start, end : float
        In seconds from the strip's start.

    Raises
    ------
    InvalidValue
        When it ends before it begins, or leaves the strip.
    """

    brush: str
    start: float
    end: float

    def __post_init__(self) -> None:
        numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (self.start, self.end))
        if not numbers or not 0 <= self.start < self.end <= SECONDS:
            raise InvalidValue(
                f"a mark lies between 0 and {SECONDS:g} s and ends after it begins, not {self.start!r} to {self.end!r}"
            )
        if not isinstance(self.brush, str) or not self.brush:
            raise InvalidValue(f"a mark has the name of a brush, not {self.brush!r}")

    @classmethod
    def of(cls, held: Any) -> "Mark":
        """A mark, or what stands for one in JSON.

        Raises
        ------
        InvalidValue
            When it is neither.
        """
        if isinstance(held, Mark):
            return held
        if not isinstance(held, dict) or held.keys() != {"brush", "start", "end"}:
            raise InvalidValue(f"a mark has a brush, a start and an end in seconds; this is none: {held!r}")
        return cls(**held)


def merged(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """Marks in order of time, those of one brush that touch as one.

    >>> merged([Mark("seen", 1.0, 2.0), Mark("seen", 1.5, 2.5)])
    (Mark(brush='seen', start=1.0, end=2.5),)
    """
    found: list[Mark] = []
    for mark in sorted(marks):
        if found and found[-1].brush == mark.brush and mark.start <= found[-1].end:
            mark = Mark(mark.brush, found[-1].start, max(found[-1].end, mark.end))
            found.pop()
        found.append(mark)
    return tuple(sorted(found, key=lambda mark: (mark.start, mark.brush)))


def marked(marks: Iterable[Mark], brush: str) -> NDArray[np.bool_]:
    """Which samples lie in marks of a brush; shape (5000,)."""
    held = np.zeros(SAMPLES, dtype=np.bool_)
    for mark in marks:
        if mark.brush == brush:
            held[round(mark.start * SAMPLING_RATE) : round(mark.end * SAMPLING_RATE)] = True
    return held
