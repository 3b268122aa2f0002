"""Cases for learners: which strips, what they turn out to be, their twins, and the tally of who was right."""

from .choosing import SEED, choose_cases, contrasting_pair, looks_right, twin_of
from .reads import Case, all_cases, read_cases, recording
from .solution import Solution, blind
from .tally import CONFIDENCES, Judged, Tally, drawn_and_looked, sureness

__all__ = [
    "CONFIDENCES",
    "SEED",
    "Case",
    "Judged",
    "Solution",
    "Tally",
    "all_cases",
    "blind",
    "choose_cases",
    "contrasting_pair",
    "drawn_and_looked",
    "looks_right",
    "read_cases",
    "recording",
    "sureness",
    "twin_of",
]
