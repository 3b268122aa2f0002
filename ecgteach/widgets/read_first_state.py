"""What ReadFirst is set to, what a state shows, and the controls that change it."""

from dataclasses import dataclass, field, replace
from typing import Any, Self

from ..errors import InvalidValue
from ..explanation import Explanation
from ..plain import plain, restored
from ..quiz.features import FEATURES, QUESTIONS, READINGS
from ..quiz.sitting import CONFIDENCES, Round, Sitting
from ..strip import Strip
from ..words import percent
from . import controls as page
from .base import State
from .controls import Control
from .marks_state import MarksState
from .texts import text


@dataclass(frozen=True)
class ReadFirstState(State):
    """What ReadFirst is set to.

    Parameters
    ----------
    sitting : Sitting
        The rounds so far and the order of what is to come.
    hand : MarksState
        Where brush and keys stand; the marks that count are those of the round.
    agreed : bool
        Whether a participant of a study has ticked the consent.
    begun : bool
        Whether the first strip is shown.
    summed : bool
        Whether the sitting as a whole is shown, after its last strip.
    file : str
        Name of the progress file.
    """

    sitting: Sitting
    hand: MarksState = field(default_factory=MarksState)
    agreed: bool = False
    begun: bool = True
    summed: bool = False
    file: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values of which `from_json` makes the state again."""
        held: dict[str, Any] = plain(self)
        return held

    @classmethod
    def from_json(cls, held: dict[str, Any]) -> Self:
        """The state of what `to_json` gave."""
        return restored(cls, held, "state")

    @property
    def round(self) -> Round:
        """The round under way."""
        return self.sitting.round

    def with_round(self, **changes: Any) -> "ReadFirstState":
        """With the round under way changed."""
        return replace(self, sitting=self.sitting.with_round(replace(self.round, **changes)))


@dataclass(frozen=True)
class ReadFirstShown:
    """What one state shows.

    Parameters
    ----------
    state : ReadFirstState
        The state that is shown.
    heading, task : str
        Which strip of how many, and what to do now.
    strip : Strip
        As the networks read it, without rhythm, rate, age and source.
    words : str
        What is said, as HTML.
    seen : Explanation, optional
        The networks' answers and maps; None before the reading is locked.
    map_shown : bool
        Whether the map stands on the panel.
    beside : str
        What stands beside the scores of a whole sitting, as HTML.
    """

    state: ReadFirstState
    heading: str
    task: str
    strip: Strip
    words: str
    seen: Explanation | None
    map_shown: bool
    beside: str = ""


def begun(state: ReadFirstState) -> ReadFirstState:
    """With the first strip shown, where consent was given."""
    if not state.agreed:
        raise InvalidValue(text("reading.consent_first"))
    return replace(state, begun=True)


def reading_controls() -> list[Control]:
    """All controls of ReadFirst but those of marks."""
    return [
        *(page.Choice(name, QUESTIONS[name], READINGS[name]) for name in FEATURES),
        page.Choice("answer", text("reading.question"), {}, look="ecgteach-stacked"),
        page.Choice("confidence", text("reading.confidence"), {sure: percent(sure / 100) for sure in CONFIDENCES}),
        page.Choice("decision", text("reading.decision"), {}, look="ecgteach-stacked ecgteach-listed"),
        page.Button("back", text("reading.back")),
        page.Button("step", text("reading.onward_features"), primary=True),
        page.Check("agree", text("reading.consent"), False),
        page.Button("begin", text("reading.begin"), primary=True),
        page.Text("file", text("reading.file"), ""),
        page.Button("save", text("reading.save")),
        page.Button("load", text("reading.load")),
    ]
