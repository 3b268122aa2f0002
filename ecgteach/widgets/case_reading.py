"""A learner's reading of one case, the ladder that it climbs, and which cases are studied."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..cases import CONFIDENCES
from ..errors import InvalidValue, UnknownName, choices
from ..marks import Mark
from ..records.leads import lead_in_words
from ..views import FUSED
from ..words import class_in_short
from .texts import text

STRIP, ANSWERS, WHICH, TESTS, TRUTH = "strip", "answers", "which", "tests", "truth"
NONE, CANNOT = "none", "cannot"
PRACTICE, STUDY = "practice", "study"
ANY, RIGHT, WRONG = "any", "right", "wrong"
TOGETHER = "together"

CAUSES = ("hidden P", "noise", "ectopy", "border of rate", "doubtful label", "other")
"""What can make a network err; the learner picks one before reading what is known."""


def answers(classes: Sequence[str], lead: str = "II") -> dict[str, str]:
    """What a learner may answer, by code, in words that fit on a button: a class, none, or cannot tell from this lead.

    >>> answers(("SR",), "V1")["cannot"]
    'cannot tell from lead V1'
    """
    named = lead_in_words(lead)
    return {code: class_in_short(code) for code in classes} | {
        NONE: text("case.none"),
        CANNOT: text("case.cannot", lead=named if named.startswith("lead ") else text("case.this_lead")),
    }


def ladder(views: Sequence[str], riddle: bool = False) -> tuple[str, ...]:
    """The steps of a case: with a riddle, two maps stand before the first one, and one of them is of random weights.

    >>> ladder(["signal", "image"])
    ('strip', 'answers', 'signal', 'image', 'fused', 'tests', 'truth')
    """
    fused = (FUSED,) * (len(views) > 1)
    return (STRIP, ANSWERS, *(WHICH,) * riddle, *views, *fused, TESTS, TRUTH)


@dataclass(frozen=True)
class Reading:
    """A learner's reading of one case, and the step that the case has reached.

    Parameters
    ----------
    answer : str, optional
        A class, ``"none"`` or ``"cannot"``; None while there is none yet.
    confidence : int, optional
        In percent, one of `ecgteach.cases.CONFIDENCES`.
    step : str
        One of the case's `ladder`; beyond the first only with an answer and a confidence.
    drawn : tuple of Mark
        Where each view is thought to have looked, with the view's name as brush.
    no_idea : bool
        True where the learner could not say; one of both is asked for before the first map.
    real : str, optional
        Which of two maps, ``"A"`` or ``"B"``, is thought to be the trained network's.
    cause : str, optional
        What may have misled the networks, one of `CAUSES`.

    Raises
    ------
    UnknownName
        When a value is not in its list.
    InvalidValue
        When the networks' answers would be shown before the learner's own, or maps before the drawing.
    """

    answer: str | None = None
    confidence: int | None = None
    step: str = STRIP
    drawn: tuple[Mark, ...] = ()
    no_idea: bool = False
    real: str | None = None
    cause: str | None = None

    def __post_init__(self) -> None:
        if self.confidence is not None and self.confidence not in CONFIDENCES:
            raise UnknownName(f"no confidence of {self.confidence}; there are {choices(CONFIDENCES)} percent")
        if self.real not in (None, "A", "B"):
            raise UnknownName(f"no map is called {self.real!r}; there are A, B")
        if self.cause is not None and self.cause not in CAUSES:
            raise UnknownName(f"no cause is called {self.cause!r}; there are {choices(CAUSES)}")
        if self.committed and not self.complete:
            raise InvalidValue(text("case.first_answer"))
        if self.step not in (STRIP, ANSWERS) and not (self.drawn or self.no_idea):
            raise InvalidValue(text("case.first_draw"))

    @property
    def complete(self) -> bool:
        """True when there is an answer and a confidence."""
        return self.answer is not None and self.confidence is not None

    @property
    def committed(self) -> bool:
        """True once the networks' answers have been shown; from then on the reading stands."""
        return self.step != STRIP

    def ready(self, views: Sequence[str]) -> bool:
        """True when what the present step asks of the learner has been done."""
        if self.step == STRIP:
            return self.complete
        if self.step == ANSWERS:
            return self.no_idea or {mark.brush for mark in self.drawn} >= set(views)
        return self.step != WHICH or self.real is not None


@dataclass(frozen=True)
class Filters:
    """Which cases are studied.

    Parameters
    ----------
    rhythm : str
        Code of a group, or ``"any"``.
    outcome : str
        ``"any"``, ``"right"`` or ``"wrong"``.
    view : str
        Whose outcome and whose confusion matrix: a view, or ``"together"``.
    source : str
        A data set, or ``"any"``.
    answer : str
        What that view answered: a class, or ``"any"``; a click into the confusion matrix sets it.
    """

    rhythm: str = ANY
    outcome: str = ANY
    view: str = TOGETHER
    source: str = ANY
    answer: str = ANY

    def __post_init__(self) -> None:
        if self.outcome not in (ANY, RIGHT, WRONG):
            raise UnknownName(f"no outcome is called {self.outcome!r}; there are any, right, wrong")
