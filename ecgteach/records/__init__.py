"""Recordings: one `Record` for all, a lazy `Dataset` for many, one file a format, one file a source.

To add a source, write a file like ``mitdb.py`` and give it a row in `SOURCES`.
"""

from collections.abc import Callable
from pathlib import Path

from ..errors import InvalidValue, UnknownName, UnreadableFile, choices
from ..paths import find
from . import challenge_2017, chapman, ludb, mitdb, ptb_xl, snomed
from .dataset import Dataset, Entry, Problem
from .dicom_files import read_dicom
from .embedded import sample, samples
from .record import Record, from_array
from .table_files import read_table
from .wfdb_files import read_signals, without_suffix

__all__ = [
    "SOURCES",
    "Dataset",
    "Entry",
    "Problem",
    "Record",
    "from_array",
    "open_dataset",
    "open_folder",
    "read_record",
    "sample",
    "samples",
]

SOURCES: dict[str, Callable[[str | Path | None], Dataset]] = {
    chapman.SOURCE: chapman.open_chapman,
    ptb_xl.SOURCE: lambda data: ptb_xl.dataset(find(ptb_xl.SLUG, data)),
    challenge_2017.SOURCE: lambda data: challenge_2017.dataset(find(challenge_2017.SLUG, data)),
    snomed.CHALLENGE: lambda data: snomed.challenge_2021(find(snomed.CHALLENGE, data)),
    mitdb.SOURCE: lambda data: mitdb.dataset(find(mitdb.SLUG, data)),
    ludb.SOURCE: lambda data: ludb.dataset(find(ludb.SLUG, data)),
}
"""Data sets by name, and how each is opened from the folder that holds the slugs."""

SLUGS = frozenset({chapman.SLUG, ptb_xl.SLUG, challenge_2017.SLUG, snomed.CHALLENGE, mitdb.SLUG, ludb.SLUG, "cudb"})
"""Folders of published data sets: a recording in one of them is named after it."""


def open_dataset(name: str, data: str | Path | None = None) -> Dataset:
    """A data set by its name.

    Parameters
    ----------
    name : str
        One of `SOURCES`: ``"mitdb"``, ``"ptb-xl"`` ...
    data : path, optional
        Folder that holds the data sets' folders; without it ``ECGTEACH_DATA`` and the cache are looked through.

    Raises
    ------
    UnknownName
        When no data set has this name.
    UnreadableFile
        When it is not there; the message holds the command that fetches it.
    """
    if name not in SOURCES:
        raise UnknownName(f"no data set is called {name!r}; there are {choices(SOURCES)}")
    return SOURCES[name](data)


def open_folder(folder: str | Path) -> Dataset:
    """Every WFDB recording below a folder, whatever it is; SNOMED codes in the headers become labels.

    Raises
    ------
    UnreadableFile
        When the folder is missing or holds no header (``.hea``).
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UnreadableFile(f"{folder} is no folder")
    found = snomed.snomed_dataset(folder.name, folder)
    if not found.entries:
        raise UnreadableFile(f"{folder} holds no WFDB recording (no .hea file)")
    return found


def read_record(path: str | Path, *, sampling_rate: float | None = None, unit: str | None = None) -> Record:
    """One recording from a file: WFDB, DICOM, CSV or NumPy, told by its ending.

    Parameters
    ----------
    path : path
        ``.dcm``, ``.csv``, ``.npy``, or a WFDB recording with or without its ending.
    sampling_rate : float, optional
        In Hz; tables do not say it. Of a file that does, it must be the file's own.
    unit : {"mV", "uV", "V"}, optional
        Tables do not say it either; a WFDB header that names no unit takes it too.
        Where the header names one, it must be the same.

    Raises
    ------
    UnreadableFile
        When there is no recording there, or it is broken.
    InvalidValue
        When rate or unit are needed and not given, or contradict the file.
    """
    path = Path(path)
    if path.suffix.lower() in (".csv", ".npy"):
        return read_table(path, sampling_rate=sampling_rate, unit=unit)
    record = read_dicom(path) if path.suffix.lower() == ".dcm" else _read_wfdb(path, unit)
    if sampling_rate not in (None, record.sampling_rate):
        raise InvalidValue(
            f"{path} has {record.sampling_rate:g} Hz by its own header, not {sampling_rate:g} Hz; "
            "leave sampling_rate= (--rate) out"
        )
    return record


def _read_wfdb(path: Path, unit: str | None) -> Record:
    stem = without_suffix(path)
    if path.is_file() and path.suffix not in (".hea", ".dat", ".mat") and not stem.with_suffix(".hea").is_file():
        raise UnreadableFile(
            f"{path} is no recording that can be read; "
            "there are WFDB (.hea with .dat or .mat), DICOM (.dcm), .csv and .npy"
        )
    held = read_signals(path, unit)
    return held.record(
        labels=snomed.labels_in(held.comments),
        graded=snomed.GRADED if any(line.startswith("Dx:") for line in held.comments) else frozenset(),
        id=stem.name,
        source=next((part for part in reversed(stem.parts[:-1]) if part in SLUGS), stem.parent.name),
    )
