"""One change to a strip, and what the answer makes of it.

`query` asks one of `QUESTIONS` of a simulated heart (what must follow is one of `MUST`); `flip_rate` finds the rate at
which the answer changes when TQ alone does, `evenness` says how evenly a map lies on the beats.
"""

from .edits import MUST, QUESTIONS, Effect, Must, QueryResult, Question, query
from .rate import RATE_LIMITS, evenness, flip_rate

__all__ = [
    "MUST", "QUESTIONS", "RATE_LIMITS", "Effect", "Must", "QueryResult", "Question", "evenness", "flip_rate", "query",
]  # fmt: skip
