"""Marks beside a WFDB recording (``.atr`` and the like), and those among them that fit the recording."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import UnreadableFile
from ..truth import Annotation
from .files import LARGEST_TEXT, reading, regular
from .record import mark_fault

MOST_NAMED = 5


@dataclass(frozen=True)
class Marks:
    """What an annotation file holds: a sample number, a symbol and a note for each mark."""

    samples: NDArray[np.int64]
    symbols: tuple[str, ...]
    notes: tuple[str, ...]


def read_marks(path: Path, extension: str, what: str) -> Marks:
    """The marks of one annotation file.

    Parameters
    ----------
    path : path
        The recording, without ending.
    extension : str
        Ending of the annotation file, without dot.
    what : str
        What the marks are, for the message.

    Raises
    ------
    UnreadableFile
        When the file is missing or damaged.
    """
    file = path.parent / f"{path.name}.{extension}"
    regular(file, at_most=LARGEST_TEXT)
    import wfdb

    with reading(file, f"file of marks ({what})"):
        held = wfdb.rdann(str(path), extension)
        found = Marks(
            np.asarray(held.sample, dtype=np.int64),
            tuple(str(symbol) for symbol in held.symbol),
            tuple(str(note).rstrip("\x00") for note in held.aux_note),
        )
    if not len(found.samples) == len(found.symbols) == len(found.notes):
        raise UnreadableFile(f"{file} is no readable file of marks ({what}): it is damaged. Fetch it again")
    return found


def fitting(marks: Iterable[Annotation], seconds: float) -> tuple[tuple[Annotation, ...], tuple[str, ...]]:
    """Marks that lie within a recording, and a sentence for each of those that do not (the first few by name)."""
    kept, faults = [], []
    for mark in marks:
        fault = mark_fault(mark, seconds)
        if fault:
            faults.append(f"{fault}, and was left out")
        else:
            kept.append(mark)
    if len(faults) > MOST_NAMED:
        faults = [*faults[:MOST_NAMED], f"{len(faults) - MOST_NAMED} more marks do not fit and were left out"]
    return tuple(kept), tuple(faults)
