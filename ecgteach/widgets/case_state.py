"""What a CaseExplorer is set to: which case, the learner's reading of each, how far each has gone, target and rule."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from ..errors import InvalidValue, UnknownName, choices
from ..fusion import DEFAULT_RULE, rule_named
from ..rhythms import grouping
from ..strip import SECONDS
from ..words import class_in_short
from .base import State

STEPS = ("strip", "answers", "maps", "truth")
"""The ladder: the bare strip and the learner's own reading, the networks' answers, their maps, the source's word."""

CONFIDENCES = (50, 75, 90, 99)
NONE, CANNOT = "none", "cannot"


def answers(classes: Sequence[str]) -> dict[str, str]:
    """What a learner may answer, by code, in words that fit on a button: a class, none, or cannot tell."""
    return {code: class_in_short(code) for code in classes} | {
        NONE: "none of these",
        CANNOT: "cannot tell from lead II",
    }


@dataclass(frozen=True)
class Reading:
    """A learner's reading of one case, and the step that the case has reached.

    Parameters
    ----------
    answer : str, optional
        A class, ``"none"`` or ``"cannot"``; None while there is none yet.
    confidence : int, optional
        In percent, one of `CONFIDENCES`.
    step : str
        One of `STEPS`; beyond the first only with an answer and a confidence.

    Raises
    ------
    UnknownName
        When a value is not in its list.
    InvalidValue
        When the networks' answers would be shown before the learner's own.
    """

    answer: str | None = None
    confidence: int | None = None
    step: str = STEPS[0]

    def __post_init__(self) -> None:
        if self.confidence is not None and self.confidence not in CONFIDENCES:
            raise UnknownName(f"no confidence of {self.confidence}; there are {choices(CONFIDENCES)} percent")
        if self.step not in STEPS:
            raise UnknownName(f"no step is called {self.step!r}; there are {choices(STEPS)}")
        if self.committed and not self.complete:
            raise InvalidValue("your own reading comes first: choose an answer and how sure you are")

    @property
    def complete(self) -> bool:
        """True when there is an answer and a confidence."""
        return self.answer is not None and self.confidence is not None

    @property
    def committed(self) -> bool:
        """True once the networks' answers have been shown; from then on the reading stands."""
        return self.step != STEPS[0]

    def reached(self, step: str) -> bool:
        """True when the case has come as far as this step."""
        return STEPS.index(self.step) >= STEPS.index(step)

    def onward(self) -> "Reading":
        """One step further."""
        return replace(self, step=STEPS[STEPS.index(self.step) + 1])


@dataclass(frozen=True)
class CaseState(State):
    """What a CaseExplorer is set to.

    Parameters
    ----------
    readings : tuple of Reading
        One for each case.
    case : int
        Which is shown, from 0.
    target : str, optional
        Class that the maps explain; None for what both networks answer together.
    rule : str
        Fusion rule, one of `ecgteach.fusion.RULES`.
    moment : float
        Where the dashed line stands, in seconds; at 0 there is none.
    classes : tuple of str
        What the networks tell apart, and so what may be answered; by default our groups.

    Raises
    ------
    InvalidValue
        When there is no such case or moment.
    UnknownName
        When an answer, target or rule is not in its list.
    """

    readings: tuple[Reading, ...]
    case: int = 0
    target: str | None = None
    rule: str = DEFAULT_RULE
    moment: float = 0.0
    classes: tuple[str, ...] = field(default_factory=lambda: grouping().classes)

    def __post_init__(self) -> None:
        if not 0 <= self.case < len(self.readings):
            raise InvalidValue(f"there are {len(self.readings)} cases, numbered from 0; {self.case} is none of them")
        known = answers(self.classes)
        for reading in self.readings:
            if reading.answer is not None and reading.answer not in known:
                raise UnknownName(f"no answer is called {reading.answer!r}; there are {choices(known)}")
        if self.target is not None and self.target not in self.classes:
            raise UnknownName(f"no class is called {self.target!r}; there are {choices(self.classes)}")
        rule_named(self.rule)
        if not 0 <= self.moment <= SECONDS:
            raise InvalidValue(f"a strip runs from 0 to {SECONDS:g} s; {self.moment:g} s is outside it")

    @classmethod
    def fresh(cls, cases: int, classes: tuple[str, ...] | None = None) -> "CaseState":
        """The state before anything was done."""
        return cls((Reading(),) * cases, classes=grouping().classes if classes is None else classes)

    @classmethod
    def from_json(cls, held: dict[str, Any]) -> Self:
        """The state of what `to_json` gave.

        Raises
        ------
        InvalidValue
            When it is something else.
        """
        try:
            lists = {name: tuple(held[name]) for name in ("classes",) if name in held}
            return cls(**{**held, **lists, "readings": tuple(Reading(**reading) for reading in held["readings"])})
        except (KeyError, TypeError) as problem:
            raise InvalidValue(
                f"this is no saved state of a CaseExplorer ({problem}); use what to_json gave"
            ) from problem

    @property
    def reading(self) -> Reading:
        """The reading of the case that is shown."""
        return self.readings[self.case]

    def answered(self, answer: str | None) -> "CaseState":
        """With another answer; once the networks' answers have been shown, the learner's own stands."""
        return self._read(replace(self._open(), answer=answer))

    def sure(self, confidence: int | None) -> "CaseState":
        """With another confidence, under the same rule."""
        return self._read(replace(self._open(), confidence=confidence))

    def onward(self) -> "CaseState":
        """One step up the ladder, and from its top to the next case."""
        if self.reading.reached(STEPS[-1]):
            return self.at_case(self.case + 1)
        return self._read(self.reading.onward())

    def at_case(self, case: int) -> "CaseState":
        """At another case, as it was left; the rule stays, the target is what both networks answer there."""
        return replace(self, case=case, target=None, moment=0.0)

    def _open(self) -> Reading:
        if self.reading.committed:
            raise InvalidValue("your reading of this case stands: you have seen what the networks answered")
        return self.reading

    def _read(self, reading: Reading) -> "CaseState":
        readings = list(self.readings)
        readings[self.case] = reading
        return replace(self, readings=tuple(readings))
