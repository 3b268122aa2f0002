"""Strips for training: read once from the recordings, graded, and kept on disk as int16 microvolt.

They are read back through a memory map, so that the memory which training needs does not grow with the data set.
"""

import hashlib
import io
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from ...beats import Beats, find_beats
from ...errors import EcgteachError, InvalidValue, UnreadableFile
from ...paths import write_whole
from ...records import Dataset, Problem, Record
from ...records.splits import SIMULATED, twin_of
from ...rhythms import BRADYCARDIA_BELOW, TACHYCARDIA_ABOVE, Rhythm, grouping, rhythm
from ...simulator import PLACES
from ...sources import SOURCES
from ...strip import SAMPLES, SECONDS, Strip
from ...truth import rhythms_within

INDEX = "index.npz"
DATA = "strips.i16"

LIMIT_MARGIN = 2.0
"""Beats per minute around a rate limit within which ten seconds cannot tell the side."""

COLUMNS = ("targets", "recordings", "sources", "rhythms", "rates", "starts", "rate_graded", "places", "compressed")


@dataclass(frozen=True)
class GroupedStrip:
    """A strip with the group that its measured rate (for a sinus rhythm) or its label gives it.

    `recording` is its name in the split, the same in every data set that holds it; `rhythm` is the source's own, and
    `rate_graded` says whether that source grades the rate of sinus rhythms, `compressed` whether time was compressed.
    """

    strip: Strip
    group: str
    rate: float
    recording: str
    source: str
    rhythm: str
    rate_graded: bool
    places: NDArray[np.int8] = field(default_factory=lambda: np.zeros(PLACES, np.int8))
    compressed: bool = False

    @classmethod
    def of(cls, record: Record, strip: Strip, group: str, rate: float, label: Rhythm) -> "GroupedStrip":
        """A strip of a record, in a group."""
        rate_graded = {rhythm("SB"), rhythm("ST")} <= record.graded
        name = "/".join(twin_of(record.source, record.id))
        return cls(strip, group, rate, name, record.source, label.code, rate_graded)

    @property
    def near_limit(self) -> bool:
        """True for a sinus rhythm within 2/min of 60 or 100."""
        return near_limit(self.rate) and rhythm(self.rhythm).sinus


@dataclass(frozen=True, repr=False)
class StripSet:
    """Strips as arrays: what `fit` and `evaluate` read.

    Parameters
    ----------
    microvolts : array, shape (n, 5000), int16
        Filtered samples (`Strip.for_reading`), usually a memory map.
    targets : array, shape (n,), int
        Number of each strip's class.
    recordings, sources, rhythms : arrays of str, shape (n,)
        Where each comes from, and the source's own rhythm.
    rates : array, shape (n,)
        Measured beats per minute.
    starts : array, shape (n,)
        Where each begins in its recording, in seconds.
    left_out : Counter
        How many strips were not taken, by reason.
    rate_graded : array of bool, shape (n,), optional
        Whether each strip's source grades the rate of sinus rhythms; by default as its name tells.
    places : array of int8, shape (n, 500), optional
        For each 20 ms of a simulated strip 1 where evidence lies, -1 where a map is wrong; else 0.
    compressed : array of bool, shape (n,), optional
        Which strips were made by compressing time (`compression.compressed_strips`); by default none.
    """

    microvolts: NDArray[np.int16]
    targets: NDArray[np.int64]
    recordings: NDArray[np.str_]
    sources: NDArray[np.str_]
    rhythms: NDArray[np.str_]
    rates: NDArray[np.float64]
    starts: NDArray[np.float64]
    left_out: Counter[str] = field(default_factory=Counter)
    rate_graded: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=bool))
    places: NDArray[np.int8] = field(default_factory=lambda: np.empty((0, PLACES), dtype=np.int8))
    compressed: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=bool))

    def __post_init__(self) -> None:
        usual = {
            "places": np.zeros((len(self), PLACES), dtype=np.int8),
            "rate_graded": ~np.isin(self.sources, [name for name, source in SOURCES.items() if not source.rate_graded]),
            "compressed": np.zeros(len(self), dtype=bool),
        }
        for name, column in usual.items():
            if not len(getattr(self, name)):
                object.__setattr__(self, name, column)

    def __len__(self) -> int:
        return len(self.targets)

    def millivolts(self, rows: NDArray[np.int64] | slice) -> NDArray[np.float32]:
        """Samples of some strips in mV, shape (rows, 5000)."""
        return self.microvolts[rows].astype(np.float32) / 1000.0

    @property
    def near_limit(self) -> NDArray[np.bool_]:
        """True for each sinus strip within 2/min of 60 or 100, shape (n,)."""
        labelled = zip(self.rhythms.tolist(), self.rates.tolist(), strict=True)
        return np.array([near_limit(rate) and rhythm(code).sinus for code, rate in labelled], dtype=bool)

    @property
    def real_targets(self) -> NDArray[np.int64]:
        """Classes of the real strips; where all are simulated, of all."""
        real = self.sources != SIMULATED
        return self.targets[real] if real.any() else self.targets

    def rows(self, keep: NDArray[np.bool_] | NDArray[np.int64]) -> "StripSet":
        """The strips that a mask or a list of numbers picks."""
        return replace(self, **{name: getattr(self, name)[keep] for name in ("microvolts", *COLUMNS)})

    def digest(self) -> str:
        """SHA-256 of what a network learns from: samples, targets, and where each strip comes from."""
        found = hashlib.sha256("\n".join(self.recordings.tolist()).encode())
        for column in (self.targets, self.starts, self.places):
            found.update(np.ascontiguousarray(column).tobytes())
        for first in range(0, len(self), 1000):
            found.update(np.ascontiguousarray(self.microvolts[first : first + 1000]).tobytes())
        return found.hexdigest()

    def __repr__(self) -> str:
        counts = Counter(grouping().classes[target] for target in self.targets)
        return f"StripSet of {len(self)} strips from {len(set(self.recordings))} recordings: {dict(counts)}"


def grouped_strips(
    records: Iterable[Record],
    left_out: Counter[str] | None = None,
    report: Callable[[Problem], None] | None = None,
) -> Iterator[GroupedStrip]:
    """Consecutive strips of records, each with its group; what has none is counted in `left_out` by its reason.

    A sinus rhythm is graded by its measured rate, with the same limits for every source.
    """
    counted = left_out if left_out is not None else Counter()
    for record in records:
        try:
            lead = record.lead_for_reading()
        except EcgteachError as problem:
            _tell(report, record, problem)
            continue
        for number in range(int(record.seconds // SECONDS)):
            try:
                strip = record.strip(lead, number * SECONDS, quality="any")
            except EcgteachError as problem:
                counted["unreadable"] += 1
                _tell(report, record, problem)
                continue
            if any(fault.kind == "flat" for fault in strip.quality.faults):
                counted["flat"] += 1
                continue
            if strip.rhythm is None:
                counted[_why_no_rhythm(record, strip.start)] += 1
                continue
            grouped = _grouped(record, strip, find_beats(strip), counted)
            if grouped:
                yield grouped


def write_strips(grouped: Iterable[GroupedStrip], folder: Path, left_out: Counter[str] | None = None) -> StripSet:
    """Write strips to a folder, one after the other, and open them as a `StripSet`.

    What is there is replaced when all are written, and the index comes last: a set is whole or is refused.

    Raises
    ------
    InvalidValue
        When there is none; nothing is left behind.
    UnreadableFile
        When they cannot be written, as on a full disk; nothing is left behind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    classes = grouping().classes
    unfinished = folder / f".{DATA}.{uuid4().hex[:8]}.part"
    try:
        with unfinished.open("wb") as file:
            for item in grouped:
                microvolts = np.clip(np.round(item.strip.for_reading().samples * 1000.0), -32768, 32767)
                file.write(microvolts.astype("<i2").tobytes())
                row = (classes.index(item.group), item.recording, item.source, item.rhythm, item.rate, item.strip.start)
                more = (item.rate_graded, item.places, item.compressed)
                for column, value in zip(columns.values(), (*row, *more), strict=True):
                    column.append(value)
        if not columns["targets"]:
            raise InvalidValue("no strip with a known group was found in these recordings")
        (folder / INDEX).unlink(missing_ok=True)
        unfinished.replace(folder / DATA)
    except OSError as problem:
        if isinstance(problem, EcgteachError):
            raise
        raise UnreadableFile(
            f"{folder} cannot hold the strips ({problem.strerror}); choose another folder"
        ) from problem
    finally:
        unfinished.unlink(missing_ok=True)
    arrays: dict[str, Any] = {name: np.array(values) for name, values in columns.items()}
    index = io.BytesIO()
    np.savez_compressed(index, **arrays)
    write_whole(folder / INDEX, index.getvalue())
    return open_strips(folder, left_out)


def open_strips(folder: Path, left_out: Counter[str] | None = None) -> StripSet:
    """Strips that `write_strips` wrote.

    Raises
    ------
    UnreadableFile
        When the folder holds none, or its files are damaged.
    """
    try:
        with np.load(folder / INDEX, allow_pickle=False) as index:
            columns = {name: index[name] for name in COLUMNS if name in index.files}
        number, size = len(columns["targets"]), (folder / DATA).stat().st_size
        if size != 2 * number * SAMPLES:
            raise ValueError(
                f"{DATA} is {size:,} bytes long, the {number:,} strips of {INDEX} take {2 * number * SAMPLES:,}"
            )
        microvolts = np.memmap(folder / DATA, dtype="<i2", mode="r", shape=(number, SAMPLES))
        return StripSet(microvolts, left_out=left_out or Counter(), **columns)
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as problem:
        raise UnreadableFile(
            f"{folder} holds no whole set of strips ({problem}). Delete it; python -m ecgteach train gathers them again"
        ) from problem


def without_twins(datasets: Iterable[Dataset]) -> list[Dataset]:
    """Data sets in which a recording that several of them hold is left only in the first."""
    seen: set[tuple[str, str]] = set()
    thinned = []
    for dataset in datasets:
        keys = [twin_of(dataset.source, name) for name in dataset.ids]
        fresh = {name for name, key in zip(dataset.ids, keys, strict=True) if key not in seen}
        seen.update(keys)
        thinned.append(dataset.where(lambda entry, fresh=fresh: entry.id in fresh))  # type: ignore[misc]
    return thinned


def near_limit(rate: float) -> bool:
    """True within 2/min of 60 or 100."""
    return min(abs(rate - BRADYCARDIA_BELOW), abs(rate - TACHYCARDIA_ABOVE)) < LIMIT_MARGIN


def _grouped(record: Record, strip: Strip, beats: Beats, counted: Counter[str]) -> GroupedStrip | None:
    assert strip.rhythm is not None
    if strip.rhythm.sinus and not beats.quality.good:
        counted["rate not measurable"] += 1
        return None
    group = grouping().group_of(strip.rhythm, beats.rate)
    if group is None:
        counted[f"off the list: {strip.rhythm.code}"] += 1
        return None
    return GroupedStrip.of(record, strip, group.code, beats.rate, strip.rhythm)


def _why_no_rhythm(record: Record, start: float) -> str:
    held = rhythms_within(record.annotations, start, start + SECONDS)
    held = held or {label for label in record.labels if isinstance(label, Rhythm)}
    if not held:
        return "no rhythm label"
    return "two rhythms in one strip" if len(held) > 1 else "unknown rhythm label"


def _tell(report: Callable[[Problem], None] | None, record: Record, problem: EcgteachError) -> None:
    if report:
        report(Problem(record.name, str(problem)))
