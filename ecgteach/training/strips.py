"""Strips for training: read once from the recordings, graded, and kept on disk as int16 microvolt.

They are read back through a memory map, so that the memory which training needs does not grow with the data set.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..beats import Beats, find_beats
from ..errors import EcgteachError, InvalidValue
from ..records import Dataset, Problem, Record
from ..records.splits import twin_of
from ..rhythms import BRADYCARDIA_BELOW, TACHYCARDIA_ABOVE, grouping, rhythm
from ..strip import SAMPLES, SECONDS, Strip

LIMIT_MARGIN = 2.0
"""Beats per minute around a rate limit within which ten seconds cannot tell the side."""

LARGEST_COMPRESSION = 2.0
FASTEST = 190.0


@dataclass(frozen=True)
class Graded:
    """A strip with the group that its measured rate (for a sinus rhythm) or its label gives it.

    `recording` is its name in the split, the same in every data set that holds it; `rhythm` is the source's own.
    """

    strip: Strip
    group: str
    rate: float
    recording: str
    source: str
    rhythm: str

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
    """

    microvolts: NDArray[np.int16]
    targets: NDArray[np.int64]
    recordings: NDArray[np.str_]
    sources: NDArray[np.str_]
    rhythms: NDArray[np.str_]
    rates: NDArray[np.float64]
    starts: NDArray[np.float64]
    left_out: Counter[str] = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self.targets)

    def millivolts(self, rows: NDArray[np.int64] | slice) -> NDArray[np.float32]:
        """Samples of some strips in mV, shape (rows, 5000)."""
        return self.microvolts[rows].astype(np.float32) / 1000.0

    def rows(self, keep: NDArray[np.bool_] | NDArray[np.int64]) -> "StripSet":
        """The strips that a mask or a list of numbers picks."""
        names = ("microvolts", "targets", "recordings", "sources", "rhythms", "rates", "starts")
        return replace(self, **{name: getattr(self, name)[keep] for name in names})

    def __repr__(self) -> str:
        counts = Counter(grouping().classes[target] for target in self.targets)
        return f"StripSet of {len(self)} strips from {len(set(self.recordings))} recordings: {dict(counts)}"


def graded_strips(
    records: Iterable[Record],
    left_out: Counter[str] | None = None,
    report: Callable[[Problem], None] | None = None,
) -> Iterator[Graded]:
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
            if strip.rhythm is None:
                counted["no single rhythm"] += 1
                continue
            graded = _graded(record, strip, find_beats(strip), counted)
            if graded:
                yield graded


def compressed_strips(records: Iterable[Record], number: int, seed: int) -> Iterator[Graded]:
    """Fast strips made of longer sinus recordings, played faster: an augmentation, not recordings of fast hearts.

    P, QRS and QT shrink together with RR, which a real fast heart does not do; so no strip is compressed more than
    twofold. Target rates are drawn evenly between 103 and 190 beats per minute.

    Parameters
    ----------
    records : iterable of Record
        Those of a single sinus rhythm and 12 s or more are used, each once.
    number : int
        How many strips at most.
    seed : int
        Draws rates.
    """
    random = np.random.default_rng(seed)
    made = 0
    for record in records:
        if made >= number:
            return
        for strip in _compressed(record, random):
            beats = find_beats(strip)
            if beats.quality.good and beats.rate > TACHYCARDIA_ABOVE + LIMIT_MARGIN:
                made += 1
                yield Graded(strip, "GSVT", beats.rate, _key(record), record.source, "SINUS")


def write_strips(graded: Iterable[Graded], folder: Path, left_out: Counter[str] | None = None) -> StripSet:
    """Write strips to a folder, one after the other, and open them as a `StripSet`."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    unfinished = folder / "strips.part"
    with unfinished.open("wb") as file:
        for item in graded:
            microvolts = np.clip(np.round(item.strip.for_reading().samples * 1000.0), -32768, 32767)
            file.write(microvolts.astype("<i2").tobytes())
            lines.append(item)
    if not lines:
        unfinished.unlink()
        raise InvalidValue("no strip with a known group was found in these recordings")
    classes = grouping().classes
    np.savez(
        folder / "index.npz",
        targets=np.array([classes.index(item.group) for item in lines]),
        recordings=np.array([item.recording for item in lines]),
        sources=np.array([item.source for item in lines]),
        rhythms=np.array([item.rhythm for item in lines]),
        rates=np.array([item.rate for item in lines]),
        starts=np.array([item.strip.start for item in lines]),
    )
    unfinished.replace(folder / "strips.i16")
    return open_strips(folder, left_out)


def open_strips(folder: Path, left_out: Counter[str] | None = None) -> StripSet:
    """Strips that `write_strips` wrote."""
    with np.load(folder / "index.npz", allow_pickle=False) as index:
        columns = {name: index[name] for name in index.files}
    shape = (len(columns["targets"]), SAMPLES)
    microvolts = np.memmap(folder / "strips.i16", dtype="<i2", mode="r", shape=shape)
    return StripSet(microvolts, left_out=left_out or Counter(), **columns)


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


def _graded(record: Record, strip: Strip, beats: Beats, counted: Counter[str]) -> Graded | None:
    assert strip.rhythm is not None
    if strip.rhythm.sinus and not beats.quality.good:
        counted["rate not measurable"] += 1
        return None
    group = grouping().group_of(strip.rhythm, beats.rate)
    if group is None:
        counted[f"off the list: {strip.rhythm.code}"] += 1
        return None
    return Graded(strip, group.code, beats.rate, _key(record), record.source, strip.rhythm.code)


def _compressed(record: Record, random: np.random.Generator) -> Iterator[Strip]:
    from scipy.signal import resample

    sinus = record.rhythm is not None and record.rhythm.sinus
    if not sinus or record.seconds < 1.2 * SECONDS:
        return
    try:
        first = record.strip()
    except EcgteachError:
        return
    beats = find_beats(first)
    slowest = TACHYCARDIA_ABOVE + LIMIT_MARGIN + 1
    fastest = min(FASTEST, beats.rate * min(LARGEST_COMPRESSION, record.seconds / SECONDS))
    if not beats.quality.good or fastest <= slowest or beats.rate > slowest:
        return
    factor = random.uniform(slowest, fastest) / beats.rate
    length = int(SECONDS * factor * record.sampling_rate)
    raw = record[first.lead][:length]
    if raw.size == length and np.isfinite(raw).all():
        line = np.linspace(raw[0], raw[-1], raw.size)
        samples = resample(raw - line, SAMPLES) + np.linspace(raw[0], raw[-1], SAMPLES)
        yield replace(first, samples=samples, annotations=(), steps=(f"compressed in time x {factor:.2f}",))


def _key(record: Record) -> str:
    """Name under which a recording is one and the same in every set that holds it."""
    return "/".join(twin_of(record.source, record.id))


def _tell(report: Callable[[Problem], None] | None, record: Record, problem: EcgteachError) -> None:
    if report:
        report(Problem(record.name, str(problem)))
