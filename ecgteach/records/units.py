"""Units of a channel: what it takes to make millivolts of them, by the table ``units.toml``."""

import tomllib
from functools import cache
from importlib import resources

from ..errors import InvalidValue
from .files import shown


@cache
def _table() -> tuple[dict[str, float], frozenset[str]]:
    held = tomllib.loads(resources.files(__package__).joinpath("units.toml").read_text(encoding="utf-8"))
    return held["millivolts"], frozenset(held["other"]["words"])


def _words(unit: str) -> tuple[str, ...]:
    """A unit as the table may have it: as it is, without brackets, without a plural s."""
    word = unit.strip().strip("'\"").casefold()
    bare = word.strip("[](){}")
    return (word, bare, bare.removesuffix("s"))


def millivolts_in(unit: str) -> float | None:
    """How many mV one unit is: 1 for mV, 0.001 for µV, 1,000 for V; None where it is no voltage.

    >>> millivolts_in("microvolts"), millivolts_in("[uV]"), millivolts_in("mmHg")
    (0.001, 0.001, None)
    """
    return next((_table()[0][word] for word in _words(unit) if word in _table()[0]), None)


def is_other_quantity(unit: str) -> bool:
    """Whether a unit is known to be none of voltage.

    >>> is_other_quantity("mm[Hg]"), is_other_quantity("bananas")
    (True, False)
    """
    return any(word in _table()[1] for word in _words(unit)[:2])


def millivolts_per(unit: str | None, what: str) -> float:
    """How many mV one unit is, for a unit that has to be a voltage.

    Raises
    ------
    InvalidValue
        When no unit is given or it is none; `what` names the file or record in the message.
    """
    factor = millivolts_in(unit) if unit else None
    if factor is None:
        said = "has no unit" if not unit else f"has the unit '{shown(unit, 24)}'"
        raise InvalidValue(f'{what} {said}; say which: unit="mV", "uV" or "V" (--unit)')
    return factor
