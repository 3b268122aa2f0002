"""What a WaveformFeatures is set to: which case, the learner's ranking of its waves, what is lit, which edits ran."""

from dataclasses import dataclass, replace
from typing import Any, Self

from ..errors import InvalidValue, UnknownName, choices
from ..waves import PARTS, WINDOWS
from .base import State
from .texts import text

CASE, CLASS, OUTCOME = "case", "class", "outcome"
SCOPES = (CASE, CLASS, OUTCOME)
DENSITY, SHARE = "density", "share"
UNITS = (DENSITY, SHARE)
ON_WINDOWS, ON_WAVES = "windows", "waves"
PARTINGS = {ON_WINDOWS: WINDOWS, ON_WAVES: PARTS}
"""Segments that exist in every rhythm, and those of the waves."""

CASES_BEFORE_AVERAGES = 3
"""Cases that are ranked before a class average may be seen: else it would be learnt instead of read."""


@dataclass(frozen=True)
class Ranking:
    """What a learner said of one case, and what was run on it.

    Parameters
    ----------
    order : tuple of str
        Segments of `WINDOWS`, that with the densest attention first.
    shown : bool
        True once the bars have been shown; from then on the ranking stands.
    ran : tuple of str
        Segments whose edit was run.

    Raises
    ------
    UnknownName
        When a segment is not in its list.
    InvalidValue
        When one is ranked twice, or bars come before the ranking.
    """

    order: tuple[str, ...] = ()
    shown: bool = False
    ran: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if strange := [name for name in self.order if name not in WINDOWS]:
            raise UnknownName(f"no segment to rank is called {strange[0]!r}; there are {choices(WINDOWS)}")
        known = {*WINDOWS, *PARTS}
        if strange := [name for name in self.ran if name not in known]:
            raise UnknownName(f"no segment is called {strange[0]!r}; there are {choices(sorted(known), 20)}")
        if len(set(self.order)) < len(self.order):
            raise InvalidValue(text("features.ranked_twice"))
        if (self.shown or self.ran) and not self.complete:
            raise InvalidValue(text("features.first_rank"))

    @property
    def complete(self) -> bool:
        """True when every segment has its rank."""
        return len(self.order) == len(WINDOWS)


@dataclass(frozen=True)
class FeaturesState(State):
    """What a WaveformFeatures is set to.

    Parameters
    ----------
    rankings : tuple of Ranking
        One for each case.
    case : int
        Which is shown, from 0.
    scope : str
        ``"case"``, ``"class"`` (average over strips with the same answer) or ``"outcome"`` (correct against misread).
    unit : str
        ``"density"`` (1 is chance) or ``"share"``.
    parting : str
        ``"windows"`` or ``"waves"``.
    wave : str, optional
        The segment that is lit on the strip.

    Raises
    ------
    UnknownName
        When a name is not in its list.
    InvalidValue
        When there is no such case, or an average is asked for before three cases are ranked.
    """

    rankings: tuple[Ranking, ...]
    case: int = 0
    scope: str = CASE
    unit: str = DENSITY
    parting: str = ON_WINDOWS
    wave: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.case < len(self.rankings):
            raise InvalidValue(f"there are {len(self.rankings)} cases, numbered from 0; {self.case} is none of them")
        for kind, given, known in (
            ("scope", self.scope, SCOPES),
            ("unit", self.unit, UNITS),
            ("parting", self.parting, tuple(PARTINGS)),
        ):
            if given not in known:
                raise UnknownName(f"no {kind} is called {given!r}; there are {choices(known)}")
        if self.wave is not None and self.wave not in self.segments:
            raise UnknownName(f"no segment is called {self.wave!r} here; there are {choices(self.segments)}")
        if self.scope != CASE and not self.averages:
            raise InvalidValue(text("features.first_three", cases=CASES_BEFORE_AVERAGES))
        if (self.wave or self.parting != ON_WINDOWS) and not self.ranking.shown and self.scope == CASE:
            raise InvalidValue(text("features.first_rank"))

    @classmethod
    def from_json(cls, held: dict[str, Any]) -> Self:
        """The state of what `to_json` gave."""
        rankings = tuple(Ranking(tuple(one["order"]), one["shown"], tuple(one["ran"])) for one in held["rankings"])
        return cls(**held | {"rankings": rankings})

    @property
    def ranking(self) -> Ranking:
        """That of the case that is shown."""
        return self.rankings[self.case]

    @property
    def segments(self) -> tuple[str, ...]:
        """The segments that have bars."""
        return PARTINGS[self.parting]

    @property
    def ranked(self) -> int:
        """How many cases have been ranked and shown."""
        return sum(one.shown for one in self.rankings)

    @property
    def averages(self) -> bool:
        """Whether averages may be seen."""
        return self.ranked >= min(CASES_BEFORE_AVERAGES, len(self.rankings))

    def ranks(self, name: str) -> "FeaturesState":
        """With one more segment ranked; the last one follows by itself."""
        if self.ranking.shown:
            raise InvalidValue(text("features.stands"))
        order = (*self.ranking.order, name)
        left = [one for one in WINDOWS if one not in order]
        return self.said(replace(self.ranking, order=(*order, *left) if len(left) == 1 else order))

    def said(self, ranking: Ranking) -> "FeaturesState":
        """With another ranking of the case that is shown."""
        rankings = list(self.rankings)
        rankings[self.case] = ranking
        return replace(self, rankings=tuple(rankings))

    def at_case(self, case: int) -> "FeaturesState":
        """At another case, as it was left."""
        return replace(self, case=case, scope=CASE, wave=None, parting=ON_WINDOWS)

    def ran(self) -> "FeaturesState":
        """With the edit of the lit segment run."""
        if self.wave is None:
            raise InvalidValue(text("features.first_wave"))
        if self.wave in self.ranking.ran:
            return self
        return self.said(replace(self.ranking, ran=(*self.ranking.ran, self.wave)))
