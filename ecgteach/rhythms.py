"""Names of rhythms: every source's codes, one `Rhythm` for each, and groupings of them, all as data.

The tables stand beside this file: ``rhythms.csv`` (one row a rhythm, one column a source's vocabulary) and
``groupings.csv``. A `Rhythm` is what a source says; a `Group` is what a grouping makes of it. They are two types even
where the word is the same (AFIB).
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

from .errors import UnknownName, choices

BRADYCARDIA_BELOW = 60.0
"""Rate in beats per minute below which a sinus rhythm is slow (Zheng et al. 2020, doi 10.1038/s41597-020-0386-x)."""

TACHYCARDIA_ABOVE = 100.0
"""Rate in beats per minute above which a sinus rhythm is called fast (same source)."""

VOCABULARIES = ("snomed", "chapman", "ptb_xl", "mitdb", "ludb", "challenge_2017")
"""The sources' vocabularies, as columns of ``rhythms.csv``."""


RATE_BETWEEN, SLOW_RATE, FAST_RATE, ABSENCE = "rate between", "slow rate", "fast rate", "absence"
"""What a group is told by, where no wave of its own tells it: its rate, on which side of the limits, or what it lacks.

Neither has a place in the strip, so that checks which take places out cannot judge it.
"""


@dataclass(frozen=True)
class Rhythm:
    """A heart rhythm, as a source labels it: our short code, its full name, and whether the sinus node leads."""

    code: str
    name: str
    sinus: bool = False

    def __repr__(self) -> str:
        return f"Rhythm {self.code} ({self.name})"

    def __str__(self) -> str:
        return self.code


@dataclass(frozen=True)
class Group:
    """One class of a grouping, such as GSVT of the grouping ``four``, and what to bear in mind of it in a patient.

    People are shown the `name`, or where it does not fit, as in a title, the `short` one; the `code` is for data.
    `told_by` is `RATE_BETWEEN`, `SLOW_RATE`, `FAST_RATE` or `ABSENCE`, and empty where waves tell the group.
    """

    code: str
    name: str
    grouping: str = "four"
    patient: str = ""
    short: str = ""
    told_by: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "short", self.short or self.name)

    @property
    def by_rate(self) -> bool:
        """Whether its rate tells it from its neighbours, so that a source which grades no rate cannot name it."""
        return self.told_by in (RATE_BETWEEN, SLOW_RATE, FAST_RATE)

    def __repr__(self) -> str:
        return f"Group {self.code} ({self.name})"

    def __str__(self) -> str:
        return self.code


@dataclass(frozen=True)
class Finding:
    """A label that is no rhythm, in its source's own vocabulary: ``Finding("snomed", "284470004")``."""

    vocabulary: str
    code: str

    def __str__(self) -> str:
        return f"{self.vocabulary}:{self.code}"


@dataclass(frozen=True)
class Grouping:
    """A closed list of classes and the rhythms that fall into each."""

    name: str
    groups: tuple[Group, ...]
    members: dict[str, Group]

    @property
    def classes(self) -> tuple[str, ...]:
        """Codes of the groups, in the order of a network's outputs."""
        return tuple(group.code for group in self.groups)

    def told_by(self, code: str) -> str:
        """What the group with this code is told by; empty for a class that is none of these groups."""
        return next((group.told_by for group in self.groups if group.code == code), "")

    def group_of(self, rhythm: Rhythm | None, rate: float | None = None) -> Group | None:
        """Group of a rhythm, or None where the list has no place for it.

        Parameters
        ----------
        rhythm : Rhythm or None
            What the source says.
        rate : float, optional
            Measured rate in beats per minute. With it every sinus rhythm is graded by rate, with the same limits for
            all sources; without it the source's own label decides, and a sinus rhythm of ungraded rate has no group.
        """
        if rhythm is None:
            return None
        if rhythm.sinus and rate is not None:
            return self.members.get(sinus_by_rate(rate).code)
        return self.members.get(rhythm.code)


def sinus_by_rate(rate: float) -> Rhythm:
    """The sinus rhythm that a rate in beats per minute makes: SB below 60, ST above 100, else SR.

    >>> sinus_by_rate(75)
    Rhythm SR (sinus rhythm)
    """
    if rate < BRADYCARDIA_BELOW:
        return rhythm("SB")
    return rhythm("ST") if rate > TACHYCARDIA_ABOVE else rhythm("SR")


def rhythm(code: str) -> Rhythm:
    """The rhythm with this code.

    Raises
    ------
    UnknownName
        When no rhythm has this code; the message lists those there are.

    >>> rhythm("AFIB")
    Rhythm AFIB (atrial fibrillation)
    """
    known = rhythms()
    if code not in known:
        raise UnknownName(f"no rhythm is called {code!r}; there are {choices(known, limit=30)}")
    return known[code]


@cache
def rhythms() -> dict[str, Rhythm]:
    """Every rhythm by its code."""
    return {row["code"]: Rhythm(row["code"], row["name"], row["sinus"] == "yes") for row in _table("rhythms.csv")}


@cache
def vocabulary(name: str) -> dict[str, Rhythm]:
    """A source's own codes and the rhythm that each stands for; codes that are no rhythm are not in it.

    Raises
    ------
    UnknownName
        When no source has this vocabulary.
    """
    if name not in VOCABULARIES:
        raise UnknownName(f"no vocabulary is called {name!r}; there are {choices(VOCABULARIES)}")
    return {code: rhythm(row["code"]) for row in _table("rhythms.csv") for code in row[name].split(";") if code}


@cache
def grouping(name: str = "four") -> Grouping:
    """The grouping with this name.

    Raises
    ------
    UnknownName
        When there is none.

    >>> grouping("four").classes
    ('SR', 'SB', 'GSVT', 'AFIB')
    """
    rows = [row for row in _table("groupings.csv") if row["grouping"] == name]
    if not rows:
        known = sorted({row["grouping"] for row in _table("groupings.csv")})
        raise UnknownName(f"no grouping is called {name!r}; there are {choices(known)}")
    groups = tuple(
        Group(row["group"], row["name"], name, row["patient"], row.get("short") or "", row.get("told_by") or "")
        for row in rows
    )
    members = {
        rhythm(code).code: group for row, group in zip(rows, groups, strict=True) for code in row["rhythms"].split(";")
    }
    return Grouping(name, groups, members)


def _table(file: str) -> list[dict[str, str]]:
    text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
