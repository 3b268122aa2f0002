"""Widgets for notebooks: a state, what it shows, controls, a place on the page, a still for who has no kernel."""

from ..cases import Solution, choose_cases, contrasting_pair
from .base import State, Widget
from .case_explorer import CaseExplorer
from .case_reading import Reading
from .case_state import CaseState
from .case_words import answers_in_words
from .marks import Marks, MarkTools
from .marks_state import MarksState
from .quiz import Quiz
from .quiz_state import QuizState
from .read_first import ReadFirst
from .read_first_state import ReadFirstState

__all__ = [
    "CaseExplorer",
    "CaseState",
    "MarkTools",
    "Marks",
    "MarksState",
    "Quiz",
    "QuizState",
    "ReadFirst",
    "ReadFirstState",
    "Reading",
    "Solution",
    "State",
    "Widget",
    "answers_in_words",
    "choose_cases",
    "contrasting_pair",
]
