"""What can be turned, and the hearts to begin with: two tables, ``dials.csv`` and ``starts.csv``."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from ..simulator.noise import INGREDIENTS

STEADY = {
    "axis": 55.0, "r": 1.2, "p": 0.14, "p_width": 0.1, "pr": 0.16, "qrs": 0.09, "qtc": 0.4, "t": 0.35, "st": 0.0,
    "f": 0.1,
}  # fmt: skip
"""What every heart begins with, so that a dial's first position is the same for all seeds; in the units of
``simulator/settings.csv``. P is upright and well seen in lead II."""


@dataclass(frozen=True)
class Dial:
    """One setting that can be turned.

    Parameters
    ----------
    name : str
        ``rate``, ``rr``, ``p``, ``f``, ``qrs``, ``tq``, or a kind of noise.
    unit : str
        Of its values.
    low, high, step : float
        Where it ends, and by how much it goes.
    none : float or None
        Of noise: the value at which there is none.
    try_up, try_down : float or None
        Where it is turned to when nothing else is asked for.
    of : tuple of str
        The starts in which it can be turned.
    """

    name: str
    unit: str
    low: float
    high: float
    step: float
    none: float | None
    try_up: float | None
    try_down: float | None
    of: tuple[str, ...]

    @property
    def noise(self) -> bool:
        """True for a kind of noise."""
        return self.name in INGREDIENTS

    def on_step(self, value: float) -> float:
        """The nearest value that the dial can stand at.

        >>> DIALS["p"].on_step(0.1111)
        0.12
        """
        steps = round((min(max(value, self.low), self.high) - self.low) / self.step)
        return round(self.low + steps * self.step, 6)

    def tried(self, first: float) -> float:
        """Where it is turned to from `first` when nothing else is asked for: upwards, or down from the upper end.

        >>> DIALS["rate"].tried(75), DIALS["rate"].tried(116)
        (110.0, 54.0)
        """
        up, down = self.try_up, self.try_down
        if up is not None and (down is None or first < up):
            return up
        return self.low if down is None else down


@dataclass(frozen=True)
class Start:
    """A heart to begin with.

    Parameters
    ----------
    name : str
        ``sinus``, ``slow``, ``fast``, ``fibrillation`` or ``reentry``.
    rhythm : str
        Code of the rhythm that is simulated.
    settings : mapping
        As `ecgteach.simulator.simulate` takes them.
    """

    name: str
    rhythm: str
    settings: Mapping[str, Any]


def rows_of(file: str) -> list[dict[str, str]]:
    """Rows of a table that lies beside this module."""
    held = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    return list(csv.DictReader(held.splitlines()))


def _dials() -> dict[str, Dial]:
    numbers = ("low", "high", "step", "none", "try_up", "try_down")
    return {
        row["name"]: Dial(
            row["name"],
            row["unit"],
            of=tuple(row["of"].split()),
            **{name: float(row[name]) if row[name] else None for name in numbers},  # type: ignore[arg-type]
        )
        for row in rows_of("dials.csv")
    }


def _starts() -> dict[str, Start]:
    held = {}
    for row in rows_of("starts.csv"):
        own = {name: float(value) for name, _, value in (pair.partition("=") for pair in row["settings"].split())}
        held[row["name"]] = Start(row["name"], row["rhythm"], STEADY | own)
    return held


DIALS: dict[str, Dial] = _dials()
"""Dials by their name, in the order in which they are offered."""

STARTS: dict[str, Start] = _starts()
"""Hearts to begin with, by their name."""
