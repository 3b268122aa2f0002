"""What can be fetched, as data: one `Entry` for each source of ``ecgteach/sources.toml``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ecgteach.errors import UnknownName, choices
from ecgteach.sources import SOURCES, Source


@dataclass(frozen=True)
class Labels:
    """Where a data set says which rhythm a recording shows, before its signals are fetched.

    ``kind`` is ``"table"`` (one file for all) or ``"headers"`` (a line ``#Dx:`` in each header). Of a table: its
    columns, if it has no head; the columns that name recording, patient and label; how the label is written (`form`:
    ``"whole"``, ``"lines"`` or ``"mapping"``); and the paths of the recording's files without ending.
    """

    kind: str
    vocabulary: str
    table: str = ""
    columns: tuple[str, ...] = ()
    id: str = ""
    patient: str = ""
    column: str = ""
    form: str = "whole"
    stems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """One data set: what it is, where it lies, how large it is, and under which terms it may be used.

    ``size`` is in bytes, None where only the source can say; ``records`` counts recordings.
    """

    name: str
    title: str
    slug: str
    version: str
    address: str
    records: int
    licence: str
    citation: str
    use: str
    verified: Mapping[str, str]
    size: int | None = None
    form_of: str = ""
    labels: Labels | None = None
    last_record: str = ""
    always: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    same_person: Mapping[str, str] = field(default_factory=dict)
    patient_pattern: str = ""
    bytes_each: Mapping[str, int] = field(default_factory=dict)
    archives: bool = False
    hosts: tuple[str, ...] = ()
    unpacked_limit: int = 0
    files_limit: int = 0

    @property
    def command(self) -> str:
        """What fetches it: ``python -m data_fetch ludb``."""
        return SOURCES[self.name].command

    def usual_bytes(self, path: str) -> int:
        """Size that a file of this set usually has, by its ending; 2 kB where nothing is known."""
        return next((size for ending, size in self.bytes_each.items() if path.endswith(ending)), 2_000)

    def describe(self) -> str:
        """All that the catalogue says, one line a field, each with where it was verified."""
        size = megabytes(self.size) if self.size else "not known beforehand"
        said = {
            "version": self.version,
            "size": size,
            "records": f"{self.records:,}",
            "licence": self.licence,
            "citation": self.citation,
        }
        lines = [f"  {name:<9} {value}  [{self.verified[name]}]" for name, value in said.items()]
        return "\n".join(
            [f"{self.name}: {self.title}", f"  {'for':<9} {self.use}", *lines, f"  {'fetch':<9} {self.command}"]
        )


@cache
def catalogue() -> dict[str, Entry]:
    """Every data set that can be fetched, by its name.

    >>> catalogue()["ludb"].records
    200
    """
    return {name: entry_of(source) for name, source in SOURCES.items() if source.fetch}


def entry(name: str, form: str | None = None) -> Entry:
    """The data set of this name, in one of the forms in which it is published.

    Parameters
    ----------
    name : str
        A name of the catalogue: ``"ludb"``.
    form : str, optional
        ``"figshare"`` for the original files of Chapman-Shaoxing.

    Raises
    ------
    UnknownName
        When there is no such data set, or it has no such form.
    """
    known = catalogue()
    if name not in known:
        shown = choices((other for other in known if not known[other].form_of), limit=20)
        raise UnknownName(f"no data set is called {name!r}; there are {shown}. See: python -m data_fetch list")
    if form is None:
        return known[name]
    if f"{name}-{form}" not in known:
        forms = [other.removeprefix(f"{name}-") for other in known if known[other].form_of == name]
        there = (
            f"it has {choices(forms)}, and without --form the form of PhysioNet" if forms else "it has one form only"
        )
        raise UnknownName(f"{name} has no form {form!r}; {there}")
    return known[f"{name}-{form}"]


def megabytes(size: int) -> str:
    """A number of bytes, as it stands in a message.

    >>> megabytes(24_780_747)
    '24.8 MB'
    """
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.1f} MB"


def entry_of(source: Source) -> Entry:
    """What the catalogue says of a source that can be fetched."""
    row = _tuples(source.fetch)
    if "labels" in row:
        row["labels"] = Labels(**_tuples(row["labels"]))
    return Entry(
        name=source.name,
        title=source.title,
        slug=source.folder,
        licence=source.licence,
        citation=source.citation,
        form_of=source.form_of,
        same_person=source.same_person,
        **row,
    )


def _tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
