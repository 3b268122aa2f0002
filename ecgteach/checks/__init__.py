"""Can the map be trusted? Maps are held against truth, edits, controls and random networks.

``python -m ecgteach.checks`` prints the figures; README.md beside this file says what each question found.
"""

from .controls import CONTROLS, controls_of
from .edits import MUST, QUESTIONS, Asked, Effect, Question, ask
from .faithfulness import Faithfulness, deletion, faithfulness, insertion
from .limits import LIMITS, Limit
from .localisation import Judged, Localisation, judged_samples, localise, localise_explanation
from .measures import MEASURES, Case, Measure
from .methods import MethodTable, compare_methods
from .paired import Paired, compare, holm, interval_of
from .place import RHYTHMS, Placed, place_study, place_table
from .question import question_study, question_table, real_study, wanted
from .rate import evenness, flip_rate
from .removal import Removal, remove_hottest
from .reports import Test, TrustReport
from .sanity import between_seeds, cascade, compare_networks, same_for_every_class
from .stability import Stability, stability
from .verdict import trust
from .views import ViewAgreement, compare_views, disagreement_predicts_error

__all__ = [
    "CONTROLS",
    "LIMITS",
    "MEASURES",
    "MUST",
    "QUESTIONS",
    "RHYTHMS",
    "Asked",
    "Case",
    "Effect",
    "Faithfulness",
    "Judged",
    "Limit",
    "Localisation",
    "Measure",
    "MethodTable",
    "Paired",
    "Placed",
    "Question",
    "Removal",
    "Stability",
    "Test",
    "TrustReport",
    "ViewAgreement",
    "ask",
    "between_seeds",
    "cascade",
    "compare",
    "compare_methods",
    "compare_networks",
    "compare_views",
    "controls_of",
    "deletion",
    "disagreement_predicts_error",
    "evenness",
    "faithfulness",
    "flip_rate",
    "holm",
    "insertion",
    "interval_of",
    "judged_samples",
    "localise",
    "localise_explanation",
    "place_study",
    "place_table",
    "question_study",
    "question_table",
    "real_study",
    "remove_hottest",
    "same_for_every_class",
    "stability",
    "trust",
    "wanted",
]
