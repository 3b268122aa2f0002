"""Question banks, grading, and reading first: what the widgets of quizzes and assessments stand on.

>>> from ecgteach.quiz import grade, read_bank
>>> question = read_bank("rhythms").questions[0]
>>> grade(question, (0,)).correct
True

| module | what it holds |
|---|---|
| `questions`, `parsing`, `banks` | questions as records, from JSON (jupyterquiz's form too) or TOML |
| `grading` | `grade`: a pure function; feedback for every option |
| `keys`, `forms`, `progress` | keys apart from questions; parallel forms by seed; a file to go on with |
| `mark_scores`, `calipers` | marks judged by beats; what calipers measured |
| `features`, `items`, `sitting`, `scores`, `results` | ReadFirst: four readings, strips, order, scores, CSV |
| `study`, `study_power` | a study in a class: arms, consent, power, outcome |
| `strips`, `words` | the strip of a question; what is said |
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .banks import Bank, bank_names, read_bank
    from .calipers import Caliper
    from .forms import parallel_forms
    from .grading import Grade, grade
    from .items import Item, draw_items, items_of
    from .keys import student_copy, with_keys, write_bank
    from .mark_scores import MarksScore, score_marks
    from .progress import Progress, load_progress, save_progress
    from .questions import Question
    from .results import read_results, results_table
    from .scores import ItemScore, Profile, profile_of, scores_of
    from .sitting import Round, Sitting, plan_sitting
    from .study import Study, study_results
    from .study_power import power

_HOME = {
    "Bank": "banks", "Caliper": "calipers", "Grade": "grading", "Item": "items", "ItemScore": "scores",
    "MarksScore": "mark_scores", "Profile": "scores", "Progress": "progress", "Question": "questions",
    "Round": "sitting", "Sitting": "sitting", "Study": "study", "bank_names": "banks", "draw_items": "items",
    "grade": "grading",
    "items_of": "items", "load_progress": "progress", "parallel_forms": "forms", "plan_sitting": "sitting",
    "power": "study_power", "profile_of": "scores", "read_bank": "banks", "read_results": "results",
    "results_table": "results", "save_progress": "progress", "score_marks": "mark_scores", "scores_of": "scores",
    "student_copy": "keys", "study_results": "study", "with_keys": "keys", "write_bank": "keys",
}  # fmt: skip
"""Where each name lives: a bank is read without torch, which items bring."""

__all__ = [
    "Bank", "Caliper", "Grade", "Item", "ItemScore", "MarksScore", "Profile", "Progress", "Question", "Round",
    "Sitting", "Study", "bank_names", "draw_items", "grade", "items_of", "load_progress", "parallel_forms",
    "plan_sitting", "power", "profile_of", "read_bank", "read_results", "results_table", "save_progress",
    "score_marks", "scores_of", "student_copy", "study_results", "with_keys", "write_bank",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = found
    return found
