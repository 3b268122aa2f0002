"""See what two networks looked at in an ECG strip, and learn when not to believe it.

For teaching, not for clinical use.

>>> import ecgteach
>>> record = ecgteach.sample("AFIB")
>>> record.rhythm
Rhythm AFIB (atrial fibrillation)
"""

from importlib import import_module
from typing import TYPE_CHECKING

from .errors import EcgteachError

if TYPE_CHECKING:
    from .explanation import Explanation, explain
    from .records import Dataset, Record, open_dataset, open_folder, read_record
    from .records.embedded import sample, samples
    from .simulator import edit, simulate
    from .strip import Strip

_ROOMS = {
    "Dataset": "records",
    "Explanation": "explanation",
    "Record": "records",
    "Strip": "strip",
    "edit": "simulator",
    "explain": "explanation",
    "open_dataset": "records",
    "open_folder": "records",
    "read_record": "records",
    "sample": "records",
    "samples": "records",
    "simulate": "simulator",
}
"""Where each name lives. It is imported when it is first used, so that ``import ecgteach`` itself is quick."""

__all__ = [
    "Dataset",
    "EcgteachError",
    "Explanation",
    "Record",
    "Strip",
    "edit",
    "explain",
    "open_dataset",
    "open_folder",
    "read_record",
    "sample",
    "samples",
    "simulate",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version(__name__)
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_ROOMS])
