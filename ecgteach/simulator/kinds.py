"""Kinds of strips by the names that cardiologists use, as data: what is simulated for each, and which group it is.

A rhythm alone does not say enough: flutter conducted 2:1 and 4:1 are one rhythm, and look and are read quite
differently. To add a kind, add an entry to ``kinds.toml``.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from numpy.random import Generator

from ..errors import InvalidValue, UnknownName, choices
from ..rhythms import grouping
from .hearts import HEARTS

FILE = "kinds.toml"


@dataclass(frozen=True)
class Kind:
    """One kind of strip.

    Parameters
    ----------
    name : str
        As in the field.
    rhythm : str
        What `simulate` makes it of.
    group : str or None
        Group that a network should answer; None where the four groups have no place for it.
    changes : tuple of (str, tuple)
        Settings for `simulate`, each with the values of which one is drawn.
    """

    name: str
    rhythm: str
    group: str | None = None
    changes: tuple[tuple[str, tuple[Any, ...]], ...] = ()

    def draw(self, random: Generator) -> dict[str, Any]:
        """Settings for one strip of this kind."""
        return {name: values[int(random.integers(len(values)))] for name, values in self.changes}


@cache
def kinds() -> Mapping[str, Kind]:
    """All kinds by name, in the order of their file.

    Raises
    ------
    InvalidValue
        When an entry names a rhythm or a group that there is not.

    >>> kinds()["flutter 2:1"].group
    'AFIB'
    """
    text = resources.files(__package__).joinpath(FILE).read_text(encoding="utf-8")
    return MappingProxyType({name: _kind(name, entry) for name, entry in tomllib.loads(text).items()})


def kind(name: str) -> Kind:
    """A kind by its name.

    Raises
    ------
    UnknownName
        When there is none of this name.
    """
    if name not in kinds():
        raise UnknownName(f"no kind of strip is called {name!r}; there are {choices(kinds(), 60)}")
    return kinds()[name]


def _kind(name: str, entry: Mapping[str, Any]) -> Kind:
    settings = dict(entry)
    rhythm, group = settings.pop("rhythm", None), settings.pop("group", None)
    for what, value, known in (("rhythm", rhythm, HEARTS), ("group", group, (None, *grouping().classes))):
        if value not in known:
            raise InvalidValue(f"{FILE}: the {what} of {name!r} is {value!r}; there are {choices(known, 30)}")
    changes = tuple((key, tuple(value) if isinstance(value, list) else (value,)) for key, value in settings.items())
    return Kind(name, rhythm, group, changes)
