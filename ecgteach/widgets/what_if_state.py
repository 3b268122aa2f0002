"""What a WhatIf is set to: a heart, and rounds of one prediction each: locked first, then turned, then explained."""

from dataclasses import dataclass, replace
from typing import Any, Self

from ..errors import InvalidValue, UnknownName, choices
from ..views import VIEWS
from ..whatif import DIALS, DIRECTIONS, EXPLANATIONS, GOALS, PRESETS, STARTS, Settings
from .base import State
from .texts import text

PREDICT, TURN, EXPLAIN, DONE = "predict", "turn", "explain", "done"
NONE = ""
MOST_ROUNDS = 12
"""Rounds that are kept; goals look at all of them."""


@dataclass(frozen=True)
class Round:
    """One prediction, and what came of it.

    Parameters
    ----------
    dial : str
        What is turned.
    to : float
        Where to, as the prediction has it.
    predicted : tuple of (str, str)
        For each view one of `DIRECTIONS`: whether it will be surer of what it answers now.
    locked : bool
        True once the prediction stands and the slider is awake.
    visited : tuple of float
        Where the slider has been, in order; it stands at the last.
    explained : str, optional
        One of `EXPLANATIONS`.
    held : tuple of (str, float)
        The dial that was turned before, and stays where it is.
    only_rr : bool
        Whether QT stays when the rate is turned.

    Raises
    ------
    UnknownName
        When a name is not in its list.
    InvalidValue
        When the slider would have moved before the prediction was locked, or an explanation comes before the end.
    """

    dial: str
    to: float
    predicted: tuple[tuple[str, str], ...] = ()
    locked: bool = False
    visited: tuple[float, ...] = ()
    explained: str | None = None
    held: tuple[tuple[str, float], ...] = ()
    only_rr: bool = False

    def __post_init__(self) -> None:
        if self.dial not in DIALS:
            raise UnknownName(f"there is no dial {self.dial!r}; there are {choices(DIALS, 20)}")
        for _, direction in self.predicted:
            if direction not in DIRECTIONS:
                raise UnknownName(f"no direction is called {direction!r}; there are {choices(DIRECTIONS)}")
        if self.explained is not None and self.explained not in EXPLANATIONS:
            raise UnknownName(f"no explanation is called {self.explained!r}; there are {choices(EXPLANATIONS)}")
        if self.visited and not self.locked:
            raise InvalidValue(text("what_if.first_predict"))
        if len(self.held) > 1:
            raise InvalidValue(text("what_if.two_at_most"))

    def settings(self, start: str, seed: int, value: float | None = None) -> Settings:
        """The heart with the slider at a value; where it was before the round without one."""
        before = Settings(start, seed, dict(self.held), self.only_rr)
        return before if value is None else before.turned(**{self.dial: value})

    def reached(self, first: float) -> bool:
        """Whether the slider has been where the prediction has it, or beyond."""
        beyond = (lambda value: value >= self.to) if self.to >= first else (lambda value: value <= self.to)
        return any(map(beyond, self.visited))


@dataclass(frozen=True)
class WhatIfState(State):
    """What a WhatIf is set to.

    Parameters
    ----------
    start, seed : str, int
        The heart to begin with, and whose.
    rounds : tuple of Round
        What was predicted of it so far; the last one is on.
    preset : str
        One of `PRESETS`, or none.
    goal : str
        One of `GOALS`, or none.
    maps, logits : bool
        Whether maps are shown, and logits instead of probabilities.
    views : tuple of str
        Whose answers are predicted.

    Raises
    ------
    UnknownName
        When a name is not in its list.
    InvalidValue
        When a dial cannot be turned in this heart, maps are asked for before a prediction, or a prediction is locked
        that is not complete.
    """

    start: str = "sinus"
    seed: int = 1
    rounds: tuple[Round, ...] = (Round("rate", 110.0),)
    preset: str = NONE
    goal: str = NONE
    maps: bool = False
    logits: bool = False
    views: tuple[str, ...] = tuple(VIEWS)

    def __post_init__(self) -> None:
        for kind, given, known in (
            ("heart", self.start, STARTS),
            ("preset", self.preset, {NONE, *PRESETS}),
            ("goal", self.goal, {NONE, *GOALS}),
        ):
            if given not in known:
                raise UnknownName(f"no {kind} is called {given!r}; there are {choices(sorted(known), 20)}")
        if not self.rounds:
            raise InvalidValue("a WhatIf has one round or more")
        for one in self.rounds:
            one.settings(self.start, self.seed, one.to)
            if strange := {view for view, _ in one.predicted} - set(self.views):
                raise UnknownName(f"directions are predicted for {choices(self.views)}, not for {choices(strange)}")
            if one.locked and len(dict(one.predicted)) < len(self.views):
                raise InvalidValue(text("what_if.first_predict"))
            if one.explained is not None and not one.reached(self._first(one)):
                raise InvalidValue(text("what_if.first_turn"))
        if self.maps and not self.round.locked:
            raise InvalidValue(text("what_if.first_predict"))

    @classmethod
    def from_json(cls, held: dict[str, Any]) -> Self:
        """The state of what `to_json` gave."""
        rounds = tuple(
            Round(
                **one
                | {
                    "predicted": tuple((view, direction) for view, direction in one["predicted"]),
                    "held": tuple((dial, value) for dial, value in one["held"]),
                    "visited": tuple(one["visited"]),
                }
            )
            for one in held["rounds"]
        )
        return cls(**held | {"rounds": rounds, "views": tuple(held["views"])})

    @property
    def round(self) -> Round:
        """The round that is on."""
        return self.rounds[-1]

    @property
    def first(self) -> float:
        """Where the round's slider begins."""
        return self._first(self.round)

    @property
    def value(self) -> float:
        """Where the round's slider stands."""
        return self.round.visited[-1] if self.round.visited else self.first

    @property
    def step(self) -> str:
        """What is to be done: predict, turn, explain, or nothing more."""
        if not self.round.locked:
            return PREDICT
        if not self.round.reached(self.first):
            return TURN
        return EXPLAIN if self.round.explained is None else DONE

    @property
    def ready(self) -> bool:
        """True when each view's direction is predicted."""
        return len(dict(self.round.predicted)) == len(self.views)

    def settings(self) -> Settings:
        """The heart as it is shown."""
        return self.round.settings(self.start, self.seed, self.value if self.round.visited else None)

    def before(self) -> Settings:
        """The heart as the round began."""
        return self.round.settings(self.start, self.seed)

    def wanted(self) -> Settings:
        """The heart as the prediction has it."""
        return self.round.settings(self.start, self.seed, self.round.to)

    def with_round(self, **changes: Any) -> "WhatIfState":
        """With the present round changed."""
        return replace(self, rounds=(*self.rounds[:-1], replace(self.round, **changes)))

    def at_heart(self, start: str, seed: int | None = None, **changes: Any) -> "WhatIfState":
        """At another heart, with a first round of the same dial where it can be turned there, else of the rate."""
        dial = self.round.dial if start in DIALS[self.round.dial].of else "rate"
        fresh = Settings(start, self.seed if seed is None else seed)
        rounds = (Round(dial, DIALS[dial].tried(fresh.first(dial))),)
        return replace(self, start=start, seed=fresh.seed, rounds=rounds, maps=False, **{"preset": NONE, **changes})

    def at_preset(self, name: str) -> "WhatIfState":
        """As a preset has it, its prediction still open."""
        if name == NONE:
            return replace(self, preset=NONE)
        preset = PRESETS[name]
        rounds = (Round(preset.dial, preset.to, only_rr=preset.only_rr),)
        return replace(self, start=preset.start, rounds=rounds, preset=name, maps=False)

    def at_dial(self, dial: str) -> "WhatIfState":
        """With another dial in the round, before its prediction is locked."""
        self._open()
        fresh = self.before().first(dial) if dial not in dict(self.round.held) else dict(self.round.held)[dial]
        return replace(self.with_round(dial=dial, to=DIALS[dial].tried(fresh), predicted=()), preset=NONE)

    def predict(self, view: str, direction: str) -> "WhatIfState":
        """With a direction for one view."""
        self._open()
        return self.with_round(predicted=tuple((dict(self.round.predicted) | {view: direction}).items()))

    def lock(self) -> "WhatIfState":
        """With the prediction locked: the slider wakes."""
        self._open()
        return self.with_round(locked=True)

    def turn(self, value: float) -> "WhatIfState":
        """With the slider at a value."""
        if not self.round.locked:
            raise InvalidValue(text("what_if.first_predict"))
        value = DIALS[self.round.dial].on_step(value)
        earlier = tuple(one for one in self.round.visited if one != value)
        return self.with_round(visited=(*earlier, value))

    def again(self, *, keeping: bool = False) -> "WhatIfState":
        """A new round: from the heart's own settings, or with this round's dial kept where it stands."""
        held: tuple[tuple[str, float], ...] = ()
        dial = self.round.dial
        if keeping:
            held = ((self.round.dial, self.value),)
            dial = next(name for name in DIALS if self.start in DIALS[name].of and name != self.round.dial)
        fresh = Settings(self.start, self.seed, dict(held))
        following = Round(dial, DIALS[dial].tried(fresh.value(dial)), held=held, only_rr=self.round.only_rr)
        rounds = (*self.rounds, following)[-MOST_ROUNDS:]
        return replace(self, rounds=rounds, preset=NONE, maps=False)

    def _open(self) -> None:
        if self.round.locked:
            raise InvalidValue(text("what_if.stands"))

    def _first(self, one: Round) -> float:
        return one.settings(self.start, self.seed).value(one.dial)
