"""What if: one simulated heart, its settings as dials, and who changes their mind when one of them is turned.

>>> from ecgteach.whatif import Settings, record_of
>>> record_of(Settings("sinus").turned(p=0.0)).truth.notes["label"]
'accelerated junctional rhythm: no P before the QRS; with regular RR it is not fibrillation'

| module | what it holds |
|---|---|
| `dials`, ``dials.csv``, ``starts.csv`` | what can be turned, from where to where; the hearts to begin with |
| `settings` | how a heart is set, and the recording of it, by the simulator's edits |
| `rule_reader` | a reader who knows rate and irregularity and nothing else |
| `training_range` | what lies outside the strips that the networks have learnt from |
| `answered` | what everybody answers to a setting |
| `trail` | predictions and goals, judged by the settings that were visited |
| `presets`, ``presets.csv`` | settings worth a look, with what follows in each heart |
"""

from .answered import Answered, Asked
from .dials import DIALS, STARTS, Dial, Start
from .presets import PRESETS, Preset
from .rule_reader import RuleReading, read_by_rule
from .settings import Settings, edited, record_of
from .trail import DIRECTIONS, EXPLANATIONS, GOALS, STAYS_WITHIN, Goal, direction_of, explanation_of, least_change
from .training_range import outside_training

__all__ = [
    "DIALS", "DIRECTIONS", "EXPLANATIONS", "GOALS", "PRESETS", "STARTS", "STAYS_WITHIN", "Answered", "Asked", "Dial",
    "Goal", "Preset", "RuleReading", "Settings", "Start", "direction_of", "edited", "explanation_of", "least_change",
    "outside_training", "read_by_rule", "record_of",
]  # fmt: skip
