"""Settings worth a look, each with what follows in every heart: a table, ``presets.csv``, that twenty seeds prove."""

from dataclasses import dataclass, field
from typing import NamedTuple

from .answered import Answered
from .dials import rows_of
from .settings import Settings

SAME = "same"


class Follows(NamedTuple):
    """What a preset says of one reader: what it answers before and after; empty where nothing is said, or ``same``."""

    before: str
    after: str

    def true_of(self, before: str | None, after: str | None) -> bool:
        """Whether it came so."""
        wanted = before if self.after == SAME else self.after
        return (not self.before or before == self.before) and (not wanted or after == wanted)


@dataclass(frozen=True)
class Preset:
    """One dial turned in one heart, and what follows.

    Parameters
    ----------
    name : str
        In the table, and in the words that tell it.
    start : str
        The heart to begin with.
    dial : str
        The free one.
    to : float
        Where it is turned to.
    only_rr : bool
        Whether QT stays.
    follows : mapping of str to Follows
        By reader: ``"group"`` (the rhythm's own), ``"rule"``, ``"signal"``, ``"image"``.
    """

    name: str
    start: str
    dial: str
    to: float
    only_rr: bool = False
    follows: dict[str, Follows] = field(default_factory=dict)

    def settings(self, seed: int) -> tuple[Settings, Settings]:
        """Before and after, in one heart."""
        before = Settings(self.start, seed, only_rr=self.only_rr)
        return before, before.turned(**{self.dial: self.to})

    def broken(self, before: Answered, after: Answered) -> list[str]:
        """Readers of whom what it says is not true in this heart."""
        said = {"group": (before.group, after.group), "rule": (before.rule.group, after.rule.group)}
        said |= {view: (before.predictions[view].answer, after.predictions[view].answer) for view in after.predictions}
        return [reader for reader, follows in self.follows.items() if not follows.true_of(*said[reader])]


def _presets() -> dict[str, Preset]:
    held = {}
    for row in rows_of("presets.csv"):
        follows = {}
        for reader in ("group", "rule", "signal", "image"):
            before, _, after = row[reader].partition(">")
            if row[reader]:
                follows[reader] = Follows(before, after)
        held[row["name"]] = Preset(
            row["name"], row["start"], row["dial"], float(row["to"]), bool(row["only_rr"]), follows
        )
    return held


PRESETS: dict[str, Preset] = _presets()
"""Presets by their name."""
