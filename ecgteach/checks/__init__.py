"""Can the map be trusted? Maps are held against truth, edits and controls; see ``python -m ecgteach.checks``."""

from .controls import CONTROLS, controls_of
from .edits import MUST, QUESTIONS, Asked, Effect, Question, ask
from .localisation import Judged, Localisation, judged_samples, localise, localise_explanation
from .paired import Paired, compare, holm, interval_of
from .place import RHYTHMS, Placed, place_study, place_table
from .question import MEASURES, Case, Measure, question_study, question_table, wanted
from .rate import evenness, flip_rate
from .removal import Removal, remove_hottest

__all__ = [
    "CONTROLS",
    "MEASURES",
    "MUST",
    "QUESTIONS",
    "RHYTHMS",
    "Asked",
    "Case",
    "Effect",
    "Judged",
    "Localisation",
    "Measure",
    "Paired",
    "Placed",
    "Question",
    "Removal",
    "ask",
    "compare",
    "controls_of",
    "evenness",
    "flip_rate",
    "holm",
    "interval_of",
    "judged_samples",
    "localise",
    "localise_explanation",
    "place_study",
    "place_table",
    "question_study",
    "question_table",
    "remove_hottest",
    "wanted",
]
