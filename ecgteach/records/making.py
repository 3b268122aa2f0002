"""How the committed tables of this room were made: ``python -m ecgteach.records.making splits`` and ``... samples``.

``splits.csv`` is drawn once and never again, because weights, embedded strips and figures rest on it: the command
refuses to overwrite one that holds rows. ``samples`` follows from the split and can be made again at any time.
"""

import csv
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from ..beats import find_beats
from ..errors import InvalidValue
from ..rhythms import grouping
from ..strip import Strip
from . import SOURCES, open_dataset
from .dataset import Dataset, Problem
from .licences import ORIGINS
from .record import Record
from .splits import PARTS, SAME_RECORDING, SHARES, twin_of

HERE = Path(__file__).parent
SPLITS = HERE / "splits.csv"
SAMPLES = HERE / "samples"
SAMPLES_A_GROUP = 25
CLEAR_OF_LIMITS = 5.0
"""No embedded strip lies within so many beats per minute of a rate limit."""


def make_splits(data: Path | None = None) -> None:
    """Draw the parts: persons (else recordings) of one source and group are dealt out by a fixed hash.

    Raises
    ------
    InvalidValue
        When there is a split already.
    """
    if len(SPLITS.read_text(encoding="utf-8").splitlines()) > 1:
        raise InvalidValue(f"{SPLITS} is drawn already and is never redrawn")
    persons: dict[tuple[str, str], str] = {}
    members: dict[tuple[str, str], dict[tuple[str, str], str]] = defaultdict(dict)
    for source in sorted(SOURCES, key=lambda name: name == "challenge-2021"):
        dataset = open_dataset(source, data)
        for entry in dataset.entries:
            key = twin_of(source, entry.id)
            person = persons.setdefault(key, entry.patient or key[1])
            members[key[0], person].setdefault(key, entry.patient)
    strata: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    groups = _group_of_each(data)
    for one, recordings in members.items():
        found = sorted({groups.get(recording, "none") for recording in recordings})
        strata[one[0], "AFIB" if "AFIB" in found else found[0]].append(one)
    rows = []
    for stratum in sorted(strata):
        for one, part in _deal(strata[stratum]):
            rows += [(*key, patient, part, "") for key, patient in members[one].items()]
    twins = [
        (*other, "", next(row[3] for row in rows if row[:2] == key), key[1]) for other, key in SAME_RECORDING.items()
    ]
    with SPLITS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("source", "id", "patient", "part", "duplicate_of"))
        writer.writerows(sorted(rows + twins))


def make_samples(data: Path | None = None) -> None:
    """Embed up to 25 strips a group from the validation part: readable, not overlapping, clear of the rate limits."""
    chosen: dict[str, list[tuple[tuple[int, str], Strip, str, Record, float]]] = defaultdict(list)
    for record, strip, group, rate in _graded_strips(data, part="validation"):
        beats = find_beats(strip)
        near = strip.rhythm and strip.rhythm.sinus and min(abs(rate - 60), abs(rate - 100)) < CLEAR_OF_LIMITS
        if beats.quality.good and not near:
            rank = (_remoteness(strip), _hash(f"{strip.source_id}@{strip.start:g}"))
            chosen[group].append((rank, strip, group, record, rate))
    rows, microvolts = [], []
    for group in grouping().classes:
        for _, strip, _, record, rate in _one_a_person_first(chosen[group])[:SAMPLES_A_GROUP]:
            assert strip.rhythm is not None
            rows.append(
                (
                    group,
                    strip.rhythm.code,
                    record.source,
                    record.id,
                    f"{strip.start:g}",
                    strip.lead,
                    f"{rate:.1f}",
                    record.licence,
                )
            )
            microvolts.append(np.clip(np.round(strip.samples * 1000), -32768, 32767).astype(np.int16))
    SAMPLES.mkdir(exist_ok=True)
    with (SAMPLES / "strips.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("group", "rhythm", "source", "record", "start", "lead", "rate", "licence"))
        writer.writerows(rows)
    np.savez_compressed(SAMPLES / "strips.npz", microvolts=np.stack(microvolts))
    by_group = Counter(row[0] for row in rows)
    (SAMPLES / "LICENSES.md").write_text(
        "\n".join(_thanks(by_group, Counter(row[2] for row in rows))), encoding="utf-8"
    )
    print(f"embedded: {dict(by_group)}")


def _group_of_each(data: Path | None) -> dict[tuple[str, str], str]:
    groups: dict[tuple[str, str], str] = {}
    for record, _, group, _ in _graded_strips(data):
        key = twin_of(record.source, record.id)
        if group == "AFIB" or key not in groups:
            groups[key] = group
    return groups


def _graded_strips(data: Path | None, part: str | None = None) -> Iterator[tuple[Record, Strip, str, float]]:
    seen: set[tuple[str, str]] = set()
    for source in SOURCES:
        dataset: Dataset = open_dataset(source, data)
        for record in (dataset.split(part) if part else dataset).records(_say):
            key = twin_of(source, record.id)
            if key in seen:
                continue
            seen.add(key)
            for strip in record.strips(quality="good"):
                rate = find_beats(strip).rate
                group = grouping().group_of(strip.rhythm, rate)
                if group:
                    yield record, strip, group.code, rate


def _deal(persons: list[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], str]]:
    """Persons of one stratum with their parts: ordered by their hash, validation and test first, at least one each."""
    ordered = sorted(persons, key=lambda person: _hash("/".join(person)))
    held_out = [max(1, round(share * len(ordered))) if len(ordered) >= len(PARTS) else 0 for share in SHARES[1:]]
    parts = ["validation"] * held_out[0] + ["test"] * held_out[1]
    parts += ["train"] * (len(ordered) - len(parts))
    return iter(zip(ordered, parts, strict=True))


def _one_a_person_first(lines: Iterable[tuple[tuple[int, str], Strip, str, Record, float]]):  # type: ignore[no-untyped-def]
    """Strips in order of rank, a second strip of one recording only after every recording had its first."""
    counted: dict[str, int] = defaultdict(int)
    order = []
    for line in sorted(lines, key=lambda line: line[0]):
        counted[line[3].name] += 1
        order.append(((counted[line[3].name], *line[0]), line))
    return [line for _, line in sorted(order, key=lambda item: item[0])]


def _remoteness(strip: Strip) -> int:
    """Rank of a strip in its group: lead II first, then MLII, then others; flutter after fibrillation."""
    return {"II": 0, "MLII": 2}.get(strip.lead, 4) + (strip.rhythm is not None and strip.rhythm.code == "AFL")


def _thanks(by_group: Counter[str], by_source: Counter[str]) -> Iterator[str]:
    """Lines of the page beside the embedded strips: how many there are, whom to thank, which licence."""
    yield "# Embedded strips\n"
    counts = ", ".join(f"{number} {group}" for group, number in by_group.items())
    yield f"{by_group.total()} real strips of ten seconds: {counts}."
    yield "`strips.npz` holds them as int16 microvolt at 500 Hz, `strips.csv` says what each is. All belong to the"
    yield "validation part of the split; they were cut and resampled, nothing else. Cite PhysioNet (Goldberger et al."
    yield "2000, doi 10.1161/01.CIR.101.23.e215) and:\n"
    yield "| source | strips | authors | doi | licence |"
    yield "|---|---|---|---|---|"
    for source, number in by_source.most_common():
        origin = ORIGINS[source]
        yield f"| {origin.title} | {number} | {origin.authors} | {origin.doi} | {origin.licence} |"
    yield ""


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _say(problem: Problem) -> None:
    print(f"left out: {problem}")


if __name__ == "__main__":
    import sys

    {"splits": make_splits, "samples": make_samples}[sys.argv[1]]()
