"""How the tables of ``ecgteach/records`` were made: the split of recordings, and the embedded strips.

``splits.csv`` is drawn once and never again, because weights, embedded strips and figures rest on it: one that holds
rows is not overwritten. The embedded strips follow from the split and from ``review.csv``, the table of what was seen
on each, and can be made again at any time.
"""

import csv
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecgteach import records
from ecgteach.beats import find_beats
from ecgteach.errors import InvalidValue
from ecgteach.records import open_dataset
from ecgteach.records.dataset import Dataset, Problem
from ecgteach.records.embedded import AT_LIMIT, EXAMPLE, LESSON, SURE, USES
from ecgteach.records.record import Record
from ecgteach.records.splits import PARTS, SAME_RECORDING, SHARES, part_of, twin_of
from ecgteach.rhythms import grouping
from ecgteach.sources import SOURCES, readable
from ecgteach.strip import Strip

from .certainty import basis, source_findings
from .review import LEFT_OUT, SAMPLES, Look, reviewed

HERE = Path(records.__file__).parent
SPLITS = HERE / "splits.csv"
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
    for source in sorted(readable(), key=lambda name: name == "challenge-2021"):
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
    """Embed the strips that were looked at and kept: ``review.csv`` names them, their recordings say what they are.

    Raises
    ------
    InvalidValue
        When a strip is not of the validation part, or is called a lesson and nothing makes its label sure.
    """
    kept = sorted((_embedded(look, data) for look in reviewed() if look.verdict != LEFT_OUT), key=lambda one: one.rank)
    SAMPLES.mkdir(exist_ok=True)
    with (SAMPLES / "strips.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(kept[0].row), lineterminator="\n")
        writer.writeheader()
        writer.writerows(one.row for one in kept)
    np.savez_compressed(SAMPLES / "strips.npz", microvolts=np.stack([one.microvolts for one in kept]))
    (SAMPLES / "LICENSES.md").write_text("\n".join(_thanks([one.row for one in kept])), encoding="utf-8")
    print(f"embedded: {dict(Counter(one.row['uses'].split(';')[0] for one in kept))}")


ABOUT = """\
real strips of ten seconds, all of the validation part of the split; they were cut and resampled, nothing else.
`strips.npz` holds them as int16 microvolt at 500 Hz, `strips.csv` says what each is, how sure that is and what it rests
on, what else was found and what it is for, `review.csv` what the authors saw on each and on those left out. No
cardiologist has looked at them for us. Strips that the networks misread were looked for, so the share of right answers
among them is no estimate of anything. Fast strips are scarce: four are sure, of four people; none is known to be
another supraventricular tachycardia than sinus tachycardia.
"""


@dataclass(frozen=True)
class Embedded:
    """A strip as it goes into the package: its line of the table, its samples, its place in the order."""

    row: dict[str, str]
    microvolts: NDArray[np.int16]
    rank: tuple[int, int, int, str]


def _embedded(look: Look, data: Path | None) -> Embedded:
    record = _opened(look.source, data)[look.record]
    if part_of(record.source, record.id, record.patient) != "validation":
        raise InvalidValue(f"{look.strip} is not of the validation part; only such strips are embedded")
    strip = record.strip(at=look.start, quality="any")
    rate = find_beats(strip).rate
    group = grouping().group_of(strip.rhythm, rate)
    if strip.rhythm is None or group is None:
        raise InvalidValue(f"{look.strip} has no rhythm of our four groups by its source's labels")
    sinus_near_limit = strip.rhythm.sinus and min(abs(rate - 60), abs(rate - 100)) < CLEAR_OF_LIMITS
    if sinus_near_limit != (look.verdict == AT_LIMIT) and look.verdict in (LESSON, AT_LIMIT):
        raise InvalidValue(f"{look.strip}, at {rate:.1f} a minute, is no {look.verdict!r}")
    sure = basis(record, strip, rate, p_by_eye=look.p_by_eye, data=data)
    if look.certainty == SURE and not sure:
        raise InvalidValue(f"{look.strip} is called sure, but no second source, second reader or test of ours says so")
    findings = [*source_findings(record, strip, data), *(f"seen:{words}" for words in look.findings)]
    row = {
        "group": group.code,
        "rhythm": strip.rhythm.code,
        "source": record.source,
        "record": record.id,
        "start": f"{strip.start:g}",
        "lead": strip.lead,
        "rate": f"{rate:.1f}",
        "licence": record.licence,
        "certainty": look.certainty,
        "basis": ";".join(sure) if look.certainty == SURE else "",
        "findings": ";".join(findings),
        "uses": ";".join((look.verdict, *look.uses)),
        "reason": look.reason,
    }
    shown_first = -1 if EXAMPLE in look.uses else list(USES).index(look.verdict)
    rank = (grouping().classes.index(group.code), shown_first, _remoteness(strip), _hash(look.strip))
    return Embedded(row, _microvolts(strip), rank)


def _microvolts(strip: Strip) -> NDArray[np.int16]:
    return np.clip(np.round(strip.samples * 1000), -32768, 32767).astype(np.int16)


@cache
def _opened(source: str, data: Path | None) -> Dataset:
    return open_dataset(source, data)


def _group_of_each(data: Path | None) -> dict[tuple[str, str], str]:
    groups: dict[tuple[str, str], str] = {}
    for record, _, group, _ in _graded_strips(data):
        key = twin_of(record.source, record.id)
        if group == "AFIB" or key not in groups:
            groups[key] = group
    return groups


def _graded_strips(data: Path | None, part: str | None = None) -> Iterator[tuple[Record, Strip, str, float]]:
    seen: set[tuple[str, str]] = set()
    for source in readable():
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


def _remoteness(strip: Strip) -> int:
    """Rank of a strip in its group: lead II first, then MLII, then others; flutter after fibrillation."""
    return {"II": 0, "MLII": 2}.get(strip.lead, 4) + (strip.rhythm is not None and strip.rhythm.code == "AFL")


def _thanks(rows: list[dict[str, str]]) -> Iterator[str]:
    """Lines of the page beside the embedded strips: uses, sources, whom to thank, which licence."""
    yield f"# Embedded strips\n\n{len(rows)} {ABOUT}"
    yield "| for | strips | " + " | ".join(grouping().classes) + " |"
    yield "|---|---" + "|---" * len(grouping().classes) + "|"
    for use, meaning in USES.items():
        of_use = [row["group"] for row in rows if use in row["uses"].split(";")]
        counts = " | ".join(str(of_use.count(group)) for group in grouping().classes)
        yield f"| {use}: {meaning} | {len(of_use)} | {counts} |"
    lessons = [row for row in rows if LESSON in row["uses"].split(";")]
    yield "\nLessons by group and source, so that a group is not told by its device:\n"
    sources = list(dict.fromkeys(row["source"] for row in lessons))
    yield "| group | " + " | ".join(sources) + " |"
    yield "|---" * (1 + len(sources)) + "|"
    for group in grouping().classes:
        counted = Counter(row["source"] for row in lessons if row["group"] == group)
        yield f"| {group} | " + " | ".join(str(counted[source]) for source in sources) + " |"
    yield "\nCite PhysioNet (Goldberger et al. 2000, doi 10.1161/01.CIR.101.23.e215) and:\n"
    yield "| source | strips | authors | doi | licence |"
    yield "|---|---|---|---|---|"
    for source, number in Counter(row["source"] for row in rows).most_common():
        origin = SOURCES[source]
        yield f"| {origin.title} | {number} | {origin.authors} | {origin.doi} | {origin.licence} |"
    yield ""


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _say(problem: Problem) -> None:
    print(f"left out: {problem}")
