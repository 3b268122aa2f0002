"""One change to a strip, and what the answer makes of it.

`query` asks one of `QUESTIONS` of a simulated heart (what must follow is one of `MUST`); `flip_rate` finds the rate at
which the answer changes when TQ alone does, `evenness` says how evenly a map lies on the beats. `edit_wave` changes
one kind of wave on any strip, real or simulated.
"""

from .edits import MUST, QUESTIONS, Effect, Must, QueryResult, Question, query
from .rate import RATE_LIMITS, evenness, flip_rate
from .wave_edits import WaveEdit, edit_wave

__all__ = [
    "MUST", "QUESTIONS", "RATE_LIMITS", "Effect", "Must", "QueryResult", "Question", "WaveEdit", "edit_wave",
    "evenness", "flip_rate", "query",
]  # fmt: skip
