"""What a segment of one lead is good for, and what is wrong with it.

The heart is looked for first: complexes that stand out, that resemble each other and that return to where they came
from. Where there are none, nothing can be read. Then comes what lies between them: the trace less what every beat
repeats is motion where it is slow and noise where it is fast, and where there is much of it P waves cannot be judged.
"""

from .assessment import assess
from .faults import KINDS, LEAST, Fault, Grade, Quality

__all__ = ["KINDS", "LEAST", "Fault", "Grade", "Quality", "assess"]
