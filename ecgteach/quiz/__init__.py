"""Question banks, grading, and reading first: what the widgets of quizzes and assessments stand on.

>>> from ecgteach.quiz import grade, read_bank
>>> question = read_bank("rhythms").questions[0]
>>> grade(question, (0,)).correct in (True, False)
True

| module | what it holds |
|---|---|
| `questions`, `parsing`, `banks` | questions as records, from JSON (jupyterquiz's form too) or TOML |
| `grading` | `grade`: a pure function; feedback for every option |
| `keys`, `forms`, `progress` | keys apart from questions; parallel forms by seed; a file to go on with |
| `marks` | marks and calipers, judged by beats |
| `features`, `items`, `sitting`, `scores`, `results` | ReadFirst: four readings, strips by contrast, order, scores, CSV |
| `study` | a study in a class: arms, consent, power, outcome |
| `strips`, `words` | the strip of a question; what is said |
"""

from .banks import Bank, banks, read_bank
from .forms import parallel_forms
from .grading import Grade, grade
from .items import Item, draw_items, items_of
from .keys import student_copy, with_keys, write_bank
from .marks import Caliper, Mark, MarksScore, score_marks
from .progress import Progress, load_progress, save_progress
from .questions import Question
from .results import read_results, results_table
from .scores import ItemScore, Profile, profile_of, scores_of
from .sitting import Round, Sitting, plan_sitting
from .study import Study, power, study_results

__all__ = [
    "Bank", "Caliper", "Grade", "Item", "ItemScore", "Mark", "MarksScore", "Profile", "Progress", "Question", "Round",
    "Sitting", "Study", "banks", "draw_items", "grade", "items_of", "load_progress", "parallel_forms", "plan_sitting",
    "power", "profile_of", "read_bank", "read_results", "results_table", "save_progress", "score_marks", "scores_of",
    "student_copy", "study_results", "with_keys", "write_bank",
]  # fmt: skip
