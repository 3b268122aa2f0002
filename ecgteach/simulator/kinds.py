"""Kinds of recording that the course speaks of, as ``kinds.csv`` lists them: how each is simulated, and its words."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ..arguments import checked
from ..errors import UnknownName, choices
from ..records.record import Record
from .making import Seed, simulate
from .people import table

OFF_THE_LIST = "off the list"
BY_RATE = "by rate"


@dataclass(frozen=True)
class Kind:
    """One kind of recording.

    Parameters
    ----------
    name : str
        As people say it: ``"flutter, 2:1"``.
    rhythm : str
        Code of what is simulated.
    settings : mapping
        How, as `simulate` takes them.
    group : str
        Its group of the list of four, ``"by rate"`` for a sinus rhythm that may fall into several, or
        ``"off the list"``.
    words : str
        What makes it: one line.
    """

    name: str
    rhythm: str
    settings: Mapping[str, Any]
    group: str
    words: str

    @checked
    def simulate(self, *, seed: Seed | None = None, **more: Any) -> Record:
        """A recording of this kind; `more` as `ecgteach.simulator.simulate` takes it."""
        return simulate(self.rhythm, seed=seed, **{**self.settings, **more})


@cache
def kinds() -> dict[str, Kind]:
    """Every kind by its name, in the order of the table.

    >>> kinds()["flutter, 2:1"].settings
    {'ratio': 2}
    """
    return {
        row["kind"]: Kind(row["kind"], row["rhythm"], json.loads(row["settings"]), row["group"], row["words"])
        for row in table("kinds.csv")
    }


@checked
def kind(name: str) -> Kind:
    """The kind with this name.

    Raises
    ------
    UnknownName
        When there is none.

    >>> kind("complete block, junctional escape").simulate(seed=1, leads=("II",)).truth.rhythm.code
    'AVB3'
    """
    if name not in kinds():
        raise UnknownName(f"no kind is called {name!r}; there are {choices(kinds(), 60)}")
    return kinds()[name]
