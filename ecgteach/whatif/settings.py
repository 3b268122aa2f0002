"""How a heart is set, and the recording of it: the same heart with the dials turned, and nothing else changed.

Each dial is one of the simulator's edits, so that its table says what the result is called. The height of P is not
among them: the heart is simulated again with the same seed and another height, beat for beat the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import log10
from typing import Any

from ..errors import InvalidValue, UnknownName, choices
from ..records import Record
from ..simulator import edit, simulate
from ..simulator.noise import INGREDIENTS
from .dials import DIALS, STARTS, Start

LEAD = "II"
NO_P = ("AFIB", "AVNRT")
"""Rhythms that begin without a P before the QRS."""

HELD_STARTS = 32
LEAST_SPREAD = 0.02
"""Spread of RR below which they are drawn regular."""


@dataclass(frozen=True)
class Settings:
    """How a heart is set.

    Parameters
    ----------
    start : str
        One of `STARTS`.
    seed : int
        Whose heart.
    dials : mapping of str to float
        What was turned, by dial, in the dial's unit; what is left out stands where the start has it.
    only_rr : bool
        True where the rate changes TQ alone; else QT follows the rate.

    Raises
    ------
    UnknownName
        When there is no such start or dial.
    InvalidValue
        When a dial cannot be turned in this heart, or not so far.
    """

    start: str = "sinus"
    seed: int = 1
    dials: Mapping[str, float] = field(default_factory=dict)
    only_rr: bool = False

    def __post_init__(self) -> None:
        if self.start not in STARTS:
            raise UnknownName(f"no heart is called {self.start!r}; there are {choices(STARTS)}")
        for name, value in self.dials.items():
            if name not in DIALS:
                raise UnknownName(f"there is no dial {name!r}; there are {choices(DIALS, 20)}")
            dial = DIALS[name]
            if self.start not in dial.of:
                raise InvalidValue(f"{name} cannot be turned in the heart {self.start!r}, only in {choices(dial.of)}")
            if isinstance(value, bool) or not isinstance(value, int | float) or not dial.low <= value <= dial.high:
                raise InvalidValue(f"{name} goes from {dial.low:g} to {dial.high:g} {dial.unit}, not {value!r}")

    @property
    def heart(self) -> Start:
        """The heart to begin with."""
        return STARTS[self.start]

    @property
    def key(self) -> tuple[Any, ...]:
        """By which the same settings are known."""
        return self.start, self.seed, tuple(sorted(self.dials.items())), self.only_rr

    def value(self, name: str) -> float:
        """Where a dial stands.

        >>> Settings("sinus").value("rate"), Settings("sinus").turned(rate=90).value("rate")
        (75.0, 90)
        """
        return self.dials[name] if name in self.dials else self.first(name)

    def first(self, name: str) -> float:
        """Where the start has a dial."""
        dial = DIALS[name]
        if dial.none is not None:
            return dial.none
        if name == "rr":
            return dial.on_step(100.0 * _spread(self))
        own = self.heart.settings.get(name, 0.0)
        if name == "p" and self.heart.rhythm in NO_P:
            own = 0.0
        return dial.on_step(own * (1000.0 if dial.unit == "ms" else 1.0))

    def turned(self, **dials: float) -> "Settings":
        """With some dials turned; one that is turned back to where the start has it counts as not turned."""
        held = {**self.dials, **dials}
        return replace(self, dials={name: value for name, value in held.items() if value != self.first(name)})


def record_of(settings: Settings) -> Record:
    """The recording of a heart that is set so, lead II without noise but what is turned on, with its truth.

    Raises
    ------
    InvalidValue
        When the dials ask for what no heart can do, such as a QRS that reaches into T.
    """
    return edited(settings)[0]


def edited(settings: Settings) -> tuple[Record, dict[str, str]]:
    """The recording, and by dial what the simulator's table says follows of it."""
    dials = settings.dials
    record = _started(settings.start, settings.seed, dials.get("p") or None)
    said: dict[str, str] = {}
    for name, change, to in _changes(settings):
        record = edit(record, change, _interval(record, to) if change == "tq" and name == "tq" else to)
        assert record.truth is not None
        said[name] = str(record.truth.notes["label"])
    return record, said


@lru_cache(HELD_STARTS)
def _started(start: str, seed: int, p: float | None) -> Record:
    heart = STARTS[start]
    own = dict(heart.settings) if p is None else {**heart.settings, "p": p}
    return simulate(heart.rhythm, seed=seed, leads=(LEAD,), noise=None, **own)


def _spread(settings: Settings) -> float:
    """Standard deviation of RR over their mean, as the start has it."""
    truth = _started(settings.start, settings.seed, None).truth
    assert truth is not None
    return float(truth.rr.std() / truth.rr.mean())


def _interval(record: Record, milliseconds: float) -> float:
    """The rate to which TQ that lasts so much longer would bring a recording."""
    assert record.truth is not None
    rr = float(record.truth.rr.mean()) + milliseconds / 1000.0
    if rr <= 0:
        raise InvalidValue("TQ cannot be shortened by more than it lasts")
    return 60.0 / rr


def _changes(settings: Settings) -> list[tuple[str, str, Any]]:
    """Dials that were turned, each as an edit: what moves beats first, noise last, for it stays in its place."""
    dials = settings.dials
    made: list[tuple[str, str, Any]] = []
    if "rate" in dials:
        made.append(("rate", "tq" if settings.only_rr else "rate", dials["rate"]))
    if "tq" in dials:
        made.append(("tq", "tq", dials["tq"]))
    if "rr" in dials:
        spread = dials["rr"] / 100.0
        made.append(("rr", "irregular", spread) if spread >= LEAST_SPREAD else ("rr", "regular", None))
    if "p" in dials and settings.heart.rhythm in NO_P:
        made.append(("p", "add_p", None))
    elif dials.get("p") == 0:
        made.append(("p", "remove_p", None))
    if "f" in dials:
        made.append(("f", "f_amplitude", dials["f"] / settings.heart.settings["f"]))
    if "qrs" in dials:
        made.append(("qrs", "qrs_width", dials["qrs"] / 1000.0))
    if noise := _strengths(dials):
        made += [("noise", "noise", noise)]
    return made


def _strengths(dials: Mapping[str, float]) -> dict[str, float]:
    """Kinds of noise as the simulator takes them: a share of the signal's own spread as decibels."""
    strengths = {}
    for name, value in dials.items():
        dial = DIALS[name]
        if dial.noise and value != dial.none:
            strengths[name] = -20.0 * log10(value / 100.0) if INGREDIENTS[name].unit == "dB" else value
    return strengths
