"""Real recordings on a learner's machine: one line fetches them, whole or as a small sample, and verifies every file.

    python -m data_fetch list
    python -m data_fetch ludb --subset 40

>>> import data_fetch
>>> data_fetch.catalogue()["ludb"].version
'1.0.1'

What is fetched goes to the cache (``ECGTEACH_CACHE``), where the readers of `ecgteach.records` look without being told.
"""

from .catalogue import Entry, catalogue
from .errors import Damaged, DiskFull, FetchFailed, NotThere, Refused, Unreachable
from .fetching import fetch
from .patience import Patience
from .verify import Health, verify

__all__ = [
    "Damaged",
    "DiskFull",
    "Entry",
    "FetchFailed",
    "Health",
    "NotThere",
    "Patience",
    "Refused",
    "Unreachable",
    "catalogue",
    "fetch",
    "verify",
]
