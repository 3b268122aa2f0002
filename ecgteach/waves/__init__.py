"""Which segment of a strip is P, QRS, T ..., how much of each map lies on it, and that in plain words.

>>> import ecgteach
>>> from ecgteach.waves import delineate
>>> delineate(ecgteach.sample("SR").strip()).p.outcome
'seen before each QRS'

| module | what it holds |
|---|---|
| `delineation` | `delineate`: where the waves are, as given or as neurokit2 finds them |
| `p_wave` | is there a P? Delineators always report one |
| `segments` | P, PR, QRS, ST, T, TQ, and the windows of every rhythm, as samples |
| `attention`, `tables` | share and density of each map on each segment; over many strips, with intervals |
| `wording` | `sentence`: one explanation in words |
"""

from .attention import Attention, Share, attention_by_wave
from .delineation import Waves, delineate
from .p_wave import PTest
from .segments import ATRIAL, PARTS, SEGMENTS, WINDOWS, Segments
from .tables import attention_by_group, attention_table
from .wording import sentence

__all__ = [
    "ATRIAL", "PARTS", "SEGMENTS", "WINDOWS", "Attention", "PTest", "Segments", "Share", "Waves", "attention_by_group",
    "attention_by_wave", "attention_table", "delineate", "sentence",
]  # fmt: skip
