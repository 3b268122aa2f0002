"""Which stretch of a strip is P, QRS, T ..., how much of each map lies on it, and that in plain words.

>>> import ecgteach
>>> from ecgteach.waves import delineate
>>> delineate(ecgteach.sample("SR").strip()).p.outcome
'seen before each QRS'

| module | what it holds |
|---|---|
| `delineation` | `delineate`: where the waves are, as given or as neurokit2 finds them |
| `p_test` | is there a P? Delineators always report one |
| `stretches` | P, PR, QRS, ST, T, TQ, and the windows of every rhythm, as samples |
| `attention`, `tables` | share and density of each map on each stretch; over many strips, with intervals |
| `wording` | `sentence`: one explanation in words |
| `agreement` | how well all this agrees with cardiologists and with simulated truth |
"""

from .attention import Attention, Share, attention_by_wave
from .delineation import Waves, delineate
from .p_test import PTest
from .stretches import ATRIAL, PARTS, STRETCHES, WINDOWS, Stretches
from .tables import attention_by_group, attention_table
from .wording import sentence

__all__ = [
    "ATRIAL",
    "PARTS",
    "STRETCHES",
    "WINDOWS",
    "Attention",
    "PTest",
    "Share",
    "Stretches",
    "Waves",
    "attention_by_group",
    "attention_by_wave",
    "attention_table",
    "delineate",
    "sentence",
]
