"""See what two networks looked at in an ECG strip, and learn when not to believe it.

For teaching, not for clinical use.

>>> import ecgteach
>>> record = ecgteach.sample("AFIB")
>>> record.rhythm
Rhythm AFIB (atrial fibrillation)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .errors import EcgteachError

if TYPE_CHECKING:
    from .checks.trust import TrustReport, trust
    from .explanation import Explanation, explain
    from .models import adapt
    from .records import Dataset, Record, open_dataset, open_folder, read_record
    from .records.embedded import sample, samples
    from .simulator import edit, simulate
    from .strip import Strip
    from .waves import attention_by_wave, delineate, sentence

_ROOMS = {
    name: room
    for room, names in {
        "checks.trust": "TrustReport trust",
        "explanation": "Explanation explain",
        "models": "adapt",
        "records": "Dataset Record open_dataset open_folder read_record sample samples",
        "simulator": "edit simulate",
        "strip": "Strip",
        "waves": "attention_by_wave delineate sentence",
    }.items()
    for name in names.split()
}
"""Where each name lives. It is imported when it is first used, so that ``import ecgteach`` itself is quick."""

_DOORS = (
    "cases", "checks", "errors", "fusion", "image", "models", "plots", "quiz", "records", "rhythms", "simulator",
    "training", "views", "waves", "widgets", "words",
)  # fmt: skip
"""Rooms that open after ``import ecgteach``, each when it is first used."""

__all__ = [
    "Dataset",
    "EcgteachError",
    "Explanation",
    "Record",
    "Strip",
    "TrustReport",
    "adapt",
    "attention_by_wave",
    "delineate",
    "edit",
    "explain",
    "open_dataset",
    "open_folder",
    "read_record",
    "sample",
    "samples",
    "sentence",
    "simulate",
    "trust",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version(__name__)
    if name in _DOORS:
        return import_module(f"{__name__}.{name}")
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS, *_DOORS})
