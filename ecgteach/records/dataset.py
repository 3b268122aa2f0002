"""A data set: many recordings of one source, opened one at a time, when they are asked for."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import overload

from ..errors import EcgteachError, UnknownName, choices
from ..rhythms import Finding, Rhythm
from ..strip import Strip
from .record import Record
from .splits import PARTS, part_of


@dataclass(frozen=True)
class Entry:
    """One line of a data set's index: what is known of a recording before its signals are opened."""

    id: str
    path: Path
    patient: str = ""
    labels: frozenset[Rhythm | Finding] | None = None


@dataclass(frozen=True)
class Problem:
    """A recording of a data set that could not be read, and why."""

    record: str
    reason: str

    def __str__(self) -> str:
        return f"{self.record}: {self.reason}"


Report = Callable[[Problem], None]


@dataclass(frozen=True, repr=False)
class Dataset(Sequence[Record]):
    """The recordings of one source, lazy: the index is in memory, signals are read on access.

    ``dataset[3]`` and ``dataset["A00004"]`` are records, ``dataset[:10]`` is a smaller data set.

    Parameters
    ----------
    source : str
        Name of the source, as `records.open_dataset` knows it.
    entries : tuple of Entry
        The index.
    read : callable, Entry -> Record
        Opens one recording.
    read_labels : callable, Entry -> labels, optional
        Labels of one recording, where they are not in the index but cheaper to have than its signals.
    """

    source: str
    entries: tuple[Entry, ...]
    read: Callable[[Entry], Record]
    read_labels: Callable[[Entry], frozenset[Rhythm | Finding]] | None = None

    def __len__(self) -> int:
        return len(self.entries)

    @overload
    def __getitem__(self, key: int | str) -> Record: ...
    @overload
    def __getitem__(self, key: slice) -> "Dataset": ...
    def __getitem__(self, key: int | str | slice) -> "Record | Dataset":
        if isinstance(key, slice):
            return replace(self, entries=self.entries[key])
        if isinstance(key, str):
            for entry in self.entries:
                if entry.id == key:
                    return self.read(entry)
            raise UnknownName(
                f"{self.source} holds no record {key!r}; there are {choices((entry.id for entry in self.entries), 5)}"
            )
        return self.read(self.entries[key])

    def __iter__(self) -> Iterator[Record]:
        return (self.read(entry) for entry in self.entries)

    @property
    def ids(self) -> tuple[str, ...]:
        """Names of the recordings."""
        return tuple(entry.id for entry in self.entries)

    @property
    def labels(self) -> list[frozenset[Rhythm | Finding]]:
        """Labels of each recording, without opening signals where the source allows it."""
        return [self._labels(entry) for entry in self.entries]

    @property
    def parts(self) -> list[str]:
        """Part of each recording: train, validation or test."""
        return [part_of(self.source, entry.id, entry.patient) for entry in self.entries]

    def split(self, part: str) -> "Dataset":
        """The recordings of one part of the committed split.

        Raises
        ------
        UnknownName
            When there is no such part.
        """
        if part not in PARTS:
            raise UnknownName(f"no part is called {part!r}; there are {choices(PARTS)}")
        return self.where(lambda entry: part_of(self.source, entry.id, entry.patient) == part)

    def where(self, keep: Callable[[Entry], bool]) -> "Dataset":
        """The recordings whose entry in the index `keep` accepts."""
        return replace(self, entries=tuple(entry for entry in self.entries if keep(entry)))

    def records(self, report: Report | None = None) -> Iterator[Record]:
        """Every recording that can be read; those that cannot go to `report`, and the rest go on."""
        for entry in self.entries:
            try:
                record = self.read(entry)
            except EcgteachError as problem:
                if report:
                    report(Problem(f"{self.source}/{entry.id}", str(problem)))
                continue
            yield record

    def strips(self, *, quality: str = "rate", report: Report | None = None) -> Iterator[Strip]:
        """Consecutive strips of every recording; what cannot be read goes to `report`, and the rest go on."""
        for record in self.records(report):
            found = 0
            try:
                for strip in record.strips(quality=quality):
                    found += 1
                    yield strip
            except EcgteachError as problem:
                if report:
                    report(Problem(record.name, str(problem)))
                continue
            if not found and report:
                report(Problem(record.name, f"holds no readable strip in its {record.seconds:.1f} s"))

    def _labels(self, entry: Entry) -> frozenset[Rhythm | Finding]:
        if entry.labels is not None:
            return entry.labels
        return self.read_labels(entry) if self.read_labels else self.read(entry).labels

    def __repr__(self) -> str:
        return f"Dataset {self.source}: {len(self)} records"
