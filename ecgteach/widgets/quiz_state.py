"""What a quiz is set to, what a state shows, and the controls that change it."""

from dataclasses import dataclass, field, replace
from typing import Any, Self

from ..plain import plain, restored
from ..quiz.banks import Bank
from ..quiz.grading import Grade
from ..quiz.progress import Progress
from ..quiz.questions import Choice, Question
from ..quiz.stretches import Stretch
from ..strip import Strip
from . import controls as page
from .base import State
from .controls import Control
from .marks_state import MarksState
from .texts import text


@dataclass(frozen=True)
class QuizState(State):
    """What a quiz is set to.

    Parameters
    ----------
    at : int
        Number of the question that is shown, from 0.
    progress : Progress
        What was answered.
    draft : str, float, tuple or None
        What is chosen or typed and not yet checked.
    marks : MarksState
        What is marked on the strip of the question.
    file : str
        Name of the progress file.
    """

    at: int = 0
    progress: Progress = field(default_factory=Progress)
    draft: str | float | tuple[int, ...] | None = None
    marks: MarksState = field(default_factory=MarksState)
    file: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values of which `from_json` makes the state again."""
        held: dict[str, Any] = plain(self)
        return held

    @classmethod
    def from_json(cls, held: dict[str, Any]) -> Self:
        """The state of what `to_json` gave."""
        return restored(cls, held, "state")


@dataclass(frozen=True)
class QuizShown:
    """What one state shows: the question, its strip, what was said to the last answer, and how many are right."""

    state: QuizState
    question: Question
    strip: Strip | None
    stretches: tuple[Stretch, ...]
    grade: Grade | None
    heading: str
    feedback: str
    tally: str


def quiz_controls(bank: Bank) -> list[Control]:
    """All controls of a quiz; as many ticks as the longest question has options."""
    most = max((len(one.options) for one in bank if isinstance(one, Choice) and one.several), default=0)
    return [
        page.Button("previous", text("quiz.previous")),
        page.Button("next", text("quiz.next")),
        page.Choice("pick", text("quiz.choose"), {}, look="ecgteach-stacked ecgteach-listed"),
        *(page.Check(f"option-{number}", value=False) for number in range(most)),
        page.Text("typed", text("quiz.number"), ""),
        page.Button("check", text("quiz.check"), primary=True),
        page.Text("file", text("quiz.file"), ""),
        page.Button("save", text("quiz.save")),
        page.Button("load", text("quiz.load")),
    ]


def ticked(state: QuizState, on: bool, *, number: int) -> QuizState:
    """With an option chosen, or no longer."""
    chosen = set(state.draft) if isinstance(state.draft, tuple) else set()
    chosen = chosen | {number} if on else chosen - {number}
    return replace(state, draft=tuple(sorted(chosen)) or None)
