"""Where a map lies, held against where the evidence is known to lie, beside controls that know nothing.

`localise` scores one map, `localise_explanation` all maps of one strip with their `CONTROLS`; `each_rhythm` explains
simulated strips of the `RHYTHMS` whose evidence has a place.
"""

from .controls import CONTROLS, Control, controls_of
from .scores import CRITERIA, NOT_LOCALISED, Judged, Localisation, judged_samples, localise, localise_explanation
from .simulated import RHYTHMS, each_rhythm, explanations

__all__ = [
    "CONTROLS", "CRITERIA", "NOT_LOCALISED", "RHYTHMS", "Control", "Judged", "Localisation", "controls_of",
    "each_rhythm", "explanations", "judged_samples", "localise", "localise_explanation",
]  # fmt: skip
