"""Can the map be trusted? Maps are held against truth, edits, controls and random networks.

README.md beside this file says what each question found, and which command prints the figures.
"""

from ..statistics import Paired, compare, holm, interval_of
from .agreement import ViewAgreement, compare_views
from .counterfactual.edits import MUST, QUESTIONS, Asked, Effect, Question, ask
from .counterfactual.rate import evenness, flip_rate
from .fusion_comparison import question_study, question_table, real_study, wanted
from .localisation.controls import CONTROLS, controls_of
from .localisation.scores import Judged, Localisation, judged_samples, localise, localise_explanation
from .localisation.simulated import RHYTHMS
from .measures import MEASURES, Case, Measure
from .perturbation.faithfulness import Faithfulness, deletion, faithfulness, insertion
from .perturbation.removal import Removal, remove_hottest
from .perturbation.stability import Stability, stability
from .sanity import between_seeds, cascade, compare_networks, same_for_every_class
from .trust import LIMITS, Limit, Test, TrustReport

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
    "Paired",
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
    "compare_networks",
    "compare_views",
    "controls_of",
    "deletion",
    "evenness",
    "faithfulness",
    "flip_rate",
    "holm",
    "insertion",
    "interval_of",
    "judged_samples",
    "localise",
    "localise_explanation",
    "question_study",
    "question_table",
    "real_study",
    "remove_hottest",
    "same_for_every_class",
    "stability",
    "wanted",
]
