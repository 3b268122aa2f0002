"""Strips whose label is doubted twice: by a test for P waves and by the regularity of the beats.

Fibrillation has no P wave before each QRS, and nothing foresees its beats; in sinus rhythm it is the other way round.
Where both tests speak against the label, the strip teaches a network the wrong thing, and it is left out of training.
It stays where networks are judged, and as what it is: a case for the lesson on doubtful labels. The table is made by
``python -m tests.research making-samples doubted``.
"""

import csv
from functools import cache
from importlib import resources

FILE = "doubted.csv"
COLUMNS = ("recording", "start", "label", "p", "beats")
"""Name in the split, beginning in seconds, the source's rhythm, what the test for P found, how regular beats are."""


@cache
def doubted() -> frozenset[tuple[str, float]]:
    """Recording (as the split names it) and beginning in seconds of each doubted strip."""
    text = resources.files(__package__).joinpath(FILE).read_text(encoding="utf-8")
    return frozenset((row["recording"], float(row["start"])) for row in csv.DictReader(text.splitlines()))
