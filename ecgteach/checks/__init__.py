"""Can the map be trusted? Maps are held against truth, edits, controls and random networks.

| room | what a reader finds |
|---|---|
| `localisation` | does a map lie on the evidence? Scores of place beside controls |
| `agreement` | how alike are two maps, and the two views' of one strip? |
| `attribution` | maps by several methods |
| `counterfactual` | what does one change make of the answer? |
| `perturbation` | what is lost where a map points? does the map stay when nothing that matters changes? |
| `sanity` | random weights, other networks, other classes |
| `fusion_comparison` | is the fused map better than each single one? |
| `trust` | all of it for one map: a stated list of tests |

README.md beside this file says what each question found, and which command prints the figures.
"""

from ..statistics import Paired, compare, holm, interval
from .agreement import ViewAgreement, compare_views
from .attribution import METHODS, Method, maps_of
from .counterfactual import MUST, QUESTIONS, Effect, QueryResult, Question, evenness, flip_rate, query
from .fusion_comparison import MEASURES, MapsOfStrip, Measure, compare_fusion, fusion_table, real_explanations
from .localisation import (
    CONTROLS,
    RHYTHMS,
    Control,
    Judged,
    Localisation,
    controls_of,
    each_rhythm,
    explanations,
    judged_samples,
    localise,
    localise_explanation,
)  # fmt: skip
from .perturbation import (
    FILLS,
    Faithfulness,
    Fill,
    Removal,
    Stability,
    deletion,
    faithfulness,
    insertion,
    remove_hottest,
    stability,
)  # fmt: skip
from .sanity import between_seeds, cascade, compare_networks, same_for_every_class
from .trust import TRUST_TESTS, Limit, Test, TrustReport, TrustTest

__all__ = [
    "CONTROLS", "FILLS", "MEASURES", "METHODS", "MUST", "QUESTIONS", "RHYTHMS", "TRUST_TESTS", "Control", "Effect",
    "Faithfulness", "Fill", "Judged", "Limit", "Localisation", "MapsOfStrip", "Measure", "Method", "Paired",
    "QueryResult", "Question", "Removal", "Stability", "Test", "TrustReport", "TrustTest", "ViewAgreement",
    "between_seeds", "cascade", "compare", "compare_fusion", "compare_networks", "compare_views", "controls_of",
    "deletion", "each_rhythm", "evenness", "explanations", "faithfulness", "flip_rate", "fusion_table", "holm",
    "insertion", "interval", "judged_samples", "localise", "localise_explanation", "maps_of", "query",
    "real_explanations", "remove_hottest", "same_for_every_class", "stability",
]  # fmt: skip
