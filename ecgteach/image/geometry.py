"""Which time a column of an image shows, and which amplitude a row."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidValue

WIDTH, HEIGHT = 1024, 128
MILLIVOLT_RANGE = (-2.0, 2.0)
SMALLEST, LARGEST = 16, 8192

Numbers = TypeVar("Numbers", float, NDArray[np.float64])


@dataclass(frozen=True)
class Geometry:
    """Which time a column shows and which amplitude a row shows, exact both ways.

    Coordinates are continuous. Column `c` covers ``c <= x < c + 1`` with its centre at ``c + 0.5``, so the pixel that
    shows a time is ``floor(column_of(time))``; rows likewise, counted downward from `high` at row 0. Time runs over
    ``start <= t < start + seconds``. The maps are straight lines and go on beyond the edges.

    Parameters
    ----------
    width, height : int
        Size in pixels, 16 to 8192 each.
    seconds : float
        Duration from the left edge to the right edge, in s.
    start : float
        Time at the left edge, in s.
    low, high : float
        Amplitudes at the bottom and the top edge, in mV.

    Raises
    ------
    InvalidValue
        If a size, the duration or the limits make no picture.

    Examples
    --------
    >>> geometry = Geometry(width=1000, height=128)
    >>> geometry.column_of(2.5), geometry.row_of(1.0)
    (250.0, 32.0)
    >>> geometry.seconds_of(250.5), geometry.millivolt_of(64.0)
    (2.505, 0.0)
    """

    width: int = WIDTH
    height: int = HEIGHT
    seconds: float = 10.0
    start: float = 0.0
    low: float = MILLIVOLT_RANGE[0]
    high: float = MILLIVOLT_RANGE[1]

    def __post_init__(self) -> None:
        for name in ("width", "height"):
            object.__setattr__(self, name, _pixels(name, getattr(self, name)))
        for name in ("seconds", "start", "low", "high"):
            object.__setattr__(self, name, _finite(name, getattr(self, name)))
        if self.seconds <= 0:
            raise InvalidValue(f"an image cannot show {self.seconds:g} s; give a duration above 0 s")
        if self.low >= self.high:
            raise InvalidValue(f"limits {self.low:g} to {self.high:g} mV leave no room; give low < high")

    def column_of(self, seconds: Numbers) -> Numbers:
        """Continuous column of a time in s (a number or an array)."""
        return (seconds - self.start) * (self.width / self.seconds)

    def seconds_of(self, column: Numbers) -> Numbers:
        """Time in s of a continuous column; ``seconds_of(c + 0.5)`` is the centre of pixel column `c`."""
        return column * (self.seconds / self.width) + self.start

    def row_of(self, millivolt: Numbers) -> Numbers:
        """Continuous row of an amplitude in mV (a number or an array)."""
        return (self.high - millivolt) * (self.height / (self.high - self.low))

    def millivolt_of(self, row: Numbers) -> Numbers:
        """Amplitude in mV of a continuous row; ``millivolt_of(r + 0.5)`` is the centre of pixel row `r`."""
        return self.high - row * ((self.high - self.low) / self.height)


def _pixels(name: str, value: object) -> int:
    try:
        count = operator.index(value)  # type: ignore[arg-type]
    except TypeError as error:
        raise InvalidValue(f"the {name} of an image is a whole number of pixels, not {value!r}") from error
    if not SMALLEST <= count <= LARGEST:
        raise InvalidValue(f"an image with a {name} of {count} pixels cannot be drawn; take {SMALLEST} to {LARGEST}")
    return count


def _finite(name: str, value: float) -> float:
    if not math.isfinite(value):
        raise InvalidValue(f"{name} of an image must be a finite number, not {value}")
    return float(value)
