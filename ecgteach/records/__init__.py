"""Recordings: one `Record` for all, a lazy `Dataset` for many, one file a format, one file a source.

To add a source, write a file like ``mitdb.py`` and give it an entry in ``ecgteach/sources.toml``.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from pkgutil import resolve_name

from ..arguments import checked
from ..errors import InvalidValue, UnknownName, UnreadableFile, choices
from ..paths import find
from ..sources import SOURCES, Source, by_folder, forms_of, readable
from ..strip import lead_in_words
from . import snomed
from .dataset import Dataset, Entry, Problem
from .embedded import sample, samples
from .files import is_folder, is_there, shown
from .formats import FORMATS, format_of
from .leads import standard_lead
from .own import own_name, renamed
from .record import Record, from_array
from .table_files import contradiction, read_table
from .units import millivolts_per
from .wfdb_files import read_signals, without_suffix

__all__ = [
    "Dataset",
    "Entry",
    "Problem",
    "Record",
    "from_array",
    "lead_in_words",
    "open_dataset",
    "open_folder",
    "read_record",
    "sample",
    "samples",
    "standard_lead",
]


@checked
def open_dataset(name: str, data: str | Path | None = None) -> Dataset:
    """A data set by its name.

    Parameters
    ----------
    name : str
        One of `sources.readable`: ``"mitdb"``, ``"ptb-xl"`` ...; whatever form of it is there.
    data : path, optional
        Folder that holds the data sets' folders; without it ``ECGTEACH_DATA`` and the cache are looked through.

    Raises
    ------
    UnknownName
        When no data set has this name, or none that has a reader.
    UnreadableFile
        When it is not there; the message holds the command that fetches it.
    """
    known = readable()
    if name not in known:
        if name in SOURCES:
            raise UnknownName(f"{name} has no reader of its own; open_folder(...) opens its recordings where they lie")
        raise UnknownName(f"no data set is called {name!r}; there are {choices(known)}")
    problems = []
    for form in forms_of(name):
        try:
            return _reader(form)(find(form.folder, data))
        except UnreadableFile as problem:
            problems.append(problem)
    raise problems[0]


@checked
def open_folder(folder: str | Path, *, unit: str | None = None, keep_names: bool = False) -> Dataset:
    """Every WFDB recording below a folder, whatever it is; SNOMED codes in the headers become labels.

    They are called "own recording 1", 2 ... in the order of their files' names, which often are persons' names: each
    entry's ``path`` says which file it is. Published data sets keep their names.

    Parameters
    ----------
    folder : path
        Where the recordings lie.
    unit : {"mV", "uV", "V"}, optional
        Unit of recordings whose headers name none.
    keep_names : bool
        Call them as their files are called.

    Raises
    ------
    UnreadableFile
        When the folder is missing or holds no header (``.hea``).
    """
    folder = _at_home(folder)
    if not is_folder(folder):
        raise UnreadableFile(f"{shown(folder)} is no folder; name one that holds recordings")
    named = keep_names or any(by_folder(part) for part in folder.absolute().parts)
    found = snomed.snomed_dataset(folder.name if named else "wfdb", folder, unit=unit)
    if not found.entries:
        raise UnreadableFile(f"{shown(folder)} holds no WFDB recording (no .hea file); name a folder that does")
    if named:
        return found
    numbered = enumerate(found.entries, start=1)
    return replace(found, entries=tuple(replace(entry, id=own_name(number)) for number, entry in numbered))


@checked
def read_record(
    path: str | Path,
    *,
    sampling_rate: float | None = None,
    unit: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    name: str | None = None,
) -> Record:
    """One recording from a file: WFDB, DICOM, HL7 aECG, EDF, a text of numbers or NumPy, told by ending or content.

    Parameters
    ----------
    path : path
        A file, or a WFDB recording with or without its ending.
    sampling_rate : float, optional
        In Hz, where the file does not say it. Of a file that does, it must be the file's own.
    unit : {"mV", "uV", "V"}, optional
        The same for the unit.
    delimiter, decimal : str, optional
        What stands between the cells of a text, and its decimal sign, where the text leaves it open.
    name : str, optional
        What the recording is called. Without it a published one is called as there, and any other "own recording 1",
        2 ...: a file's name often is a person's.

    Raises
    ------
    UnreadableFile
        When there is no recording there, or it is broken.
    InvalidValue
        When rate or unit are needed and not given, or contradict the file, or a text can be read in two ways.
    NotInstalled
        When the format needs a library that is not there.
    """
    path = _at_home(path)
    if unit is not None:
        millivolts_per(unit, f"the recording {shown(path.name)}")
    kind = format_of(path)
    read = FORMATS[kind].read
    if kind == "table":
        held = read_table(path, sampling_rate=sampling_rate, unit=unit, delimiter=delimiter, decimal=decimal)
        return renamed(held, path, name)
    record = read(path, unit) if read else _read_wfdb(path, unit)
    if sampling_rate is not None and sampling_rate != record.sampling_rate:
        raise InvalidValue(contradiction(path, record.sampling_rate, sampling_rate))
    return record if by_folder(record.source) and name is None else renamed(record, path, name)


def _reader(source: Source) -> Callable[[Path], Dataset]:
    found: Callable[[Path], Dataset] = resolve_name(source.reader)
    return found


def _at_home(path: str | Path) -> Path:
    """A path whose ``~`` stands for the user's folder, where nothing is called so."""
    path = Path(path)
    first = path.parts[0] if path.parts else ""
    if first.startswith("~") and not is_folder(Path(first)) and not is_there(Path(first)):
        with suppress(RuntimeError):
            return path.expanduser()
    return path


def _read_wfdb(path: Path, unit: str | None) -> Record:
    stem = without_suffix(path)
    held = read_signals(path, unit)
    return held.record(
        labels=snomed.labels_in(held.comments),
        graded=snomed.GRADED if any(line.startswith("Dx:") for line in held.comments) else frozenset(),
        id=shown(stem.name),
        source=next((part for part in reversed(stem.absolute().parts[:-1]) if by_folder(part)), "wfdb"),
    )
