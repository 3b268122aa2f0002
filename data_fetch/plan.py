"""Which files are fetched: all, or a sample that is chosen, balanced and the same on every machine."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from ecgteach.errors import InvalidValue
from ecgteach.rhythms import grouping

from .catalogue import Entry, Labels, megabytes
from .labels import Candidate, from_header, from_table, groups, unlabelled
from .listing import Item, Listing

Peek = Callable[[Sequence[str]], dict[str, bytes]]
"""Fetches and verifies small files of a listing, by path."""

ALWAYS = ("RECORDS", "LICENSE*", "README*")
"""Files at the top that come with every sample."""

FOLDER_SHARE = 100
"""Headers that are read of one folder at most."""

HEADERS_EACH = 5
"""Headers that are read for each recording that is asked for, at most."""


@dataclass(frozen=True)
class Plan:
    """What a fetch brings: the files, how many recordings these are, and how they were chosen."""

    entry: Entry
    listing: Listing
    files: tuple[Item, ...]
    records: int
    how: str
    stems: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """About how many bytes these are."""
        return sum(usual_bytes(self.entry, item) for item in self.files)

    def __str__(self) -> str:
        counts = ", ".join(f"{name} {count}" for name, count in self.counts.items())
        recordings = f"{self.records:,} recording{'s' * (self.records != 1)}, " if self.records else ""
        return (
            f"{self.entry.title}, version {self.listing.version} ({self.entry.licence}), from {self.listing.address}\n"
            f"{recordings}{len(self.files):,} files, about {megabytes(self.bytes)}: {self.how}."
            + (f" Groups: {counts}." if counts else "")
        )


def usual_bytes(entry: Entry, item: Item) -> int:
    """Bytes of a file: what the source says, else what such a file usually has."""
    return entry.usual_bytes(item.path) if item.size is None else item.size


def records_of(entry: Entry, listing: Listing) -> dict[str, tuple[str, ...]]:
    """Files of each recording by their path without ending; the header last, since by it a recording is seen."""
    kept = [path for path in listing.items if not any(fnmatchcase(path, pattern) for pattern in entry.leave_out)]
    stems = {path[:-4] for path in kept if path.endswith(".hea")}
    if entry.last_record:
        stems = {stem for stem in stems if stem.rpartition("/")[2] <= entry.last_record}
    found: dict[str, list[str]] = {stem: [] for stem in sorted(stems)}
    for path in sorted(kept):
        stem = path[: -len(PurePosixPath(path).suffix)] if PurePosixPath(path).suffix else path
        if stem in found:
            found[stem].append(path)
    return {stem: tuple(sorted(paths, key=lambda path: path.endswith(".hea"))) for stem, paths in found.items()}


def whole(entry: Entry, listing: Listing) -> Plan:
    """Every recording, and the files that lie beside them or at the top."""
    records = records_of(entry, listing)
    if entry.archives or not records:
        packed = any(path.endswith(".zip") for path in listing.items)
        how = "archives, which are unpacked here; no part of them can be fetched alone" if packed else "all files"
        return Plan(entry, listing, tuple(listing.items.values()), entry.records if packed else 0, how)
    how = "all recordings"
    if entry.last_record:
        how += f" up to {entry.last_record}; those after it belong to another source and are left out"
    return Plan(entry, listing, files_of(entry, listing, None), len(records) // _stems_each(entry), how)


def files_of(entry: Entry, listing: Listing, stems: Iterable[str] | None) -> tuple[Item, ...]:
    """Files of these recordings, or of all, and those that belong to the set as a whole."""
    records = records_of(entry, listing)
    of_records = {path for paths in records.values() for path in paths}
    folders = {str(parent) for stem in records for parent in PurePosixPath(stem).parents}
    beside = [
        path
        for path in listing.items
        if path not in of_records
        and not path.endswith(".hea")
        and str(PurePosixPath(path).parent) in folders | {"."}
        and not any(fnmatchcase(path, pattern) for pattern in entry.leave_out)
        and _stem_is_free(path, listing)
    ]
    if stems is None:
        chosen = [*beside, *(path for paths in records.values() for path in paths)]
    else:
        common = [path for path in beside if any(fnmatchcase(path, pattern) for pattern in (*ALWAYS, *entry.always))]
        chosen = [*common, *(path for stem in stems for path in records.get(stem, ()))]
    return tuple(listing.items[path] for path in chosen)


def check_count(entry: Entry, count: int) -> None:
    """Refuse a sample that cannot be.

    Raises
    ------
    InvalidValue
        When the count is below 1, or the set comes as archives.
    """
    if count < 1:
        raise InvalidValue(f"--subset {count} is no number of recordings; ask for 1 or more")
    if entry.archives:
        raise InvalidValue(
            f"{entry.title} comes as archives, of which no part can be fetched. Leave --subset out, or take the other "
            f"form: python -m data_fetch {entry.form_of} --subset {count}"
        )


def sample(entry: Entry, listing: Listing, count: int, peek: Peek) -> Plan:
    """A sample of `count` recordings: as many of each rhythm group as can be, whole patients, the same everywhere.

    Parameters
    ----------
    entry, listing : Entry, Listing
        The data set and its files.
    count : int
        Recordings asked for; fewer come where more would cut a patient in two.
    peek : callable
        Fetches the table or the headers in which the labels are.
    """
    records = records_of(entry, listing)
    candidates, how = _candidates(entry, records, count, peek)
    there = [one for one in candidates if all(stem in records for stem in one.stems)]
    chosen = choose(there, count, groups())
    if len(chosen) < count:
        why = "more would cut a patient in two" if len(chosen) < len(there) else "no more are there"
        how += f"; {count} were asked for, and {why}"
    held = Counter(one.group or "none of them" for one in chosen)
    balance = {group: held[group] for group in (*groups(), "none of them") if held[group]}
    if not any(one.group for one in there):
        balance = {}
    stems = tuple(stem for one in chosen for stem in one.stems)
    return Plan(entry, listing, files_of(entry, listing, stems), len(chosen), how, stems, balance)


def again(entry: Entry, listing: Listing, stems: Sequence[str]) -> Plan:
    """The sample that an earlier fetch chose."""
    records = len(stems) // _stems_each(entry)
    return Plan(entry, listing, files_of(entry, listing, stems), records, "chosen by an earlier fetch", tuple(stems))


def choose(candidates: Sequence[Candidate], count: int, order: Sequence[str]) -> list[Candidate]:
    """Whole patients, one after another, each from the group that has fewest so far; never above `count` recordings.

    Within a group the order is that of a hash of the patient, so it does not depend on the machine, on the order of
    the table, or on what else is in it. Recordings of no group come only after the groups are used up.
    """
    patients: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        patients.setdefault(candidate.patient, []).append(candidate)
    by_hash = sorted(patients, key=lambda patient: _hash(patient))
    waiting = {group: [one for one in by_hash if any(c.group == group for c in patients[one])] for group in order}
    rest = [one for one in by_hash if not any(c.group in waiting for c in patients[one])]
    chosen: list[Candidate] = []
    taken: set[str] = set()
    held = Counter[str]()

    def take(queue: list[str]) -> bool:
        while queue:
            patient = queue.pop(0)
            if patient not in taken and len(chosen) + len(patients[patient]) <= count:
                taken.add(patient)
                chosen.extend(patients[patient])
                held.update(one.group for one in patients[patient] if one.group)
                return True
        return False

    while len(chosen) < count and any(waiting.values()):
        take(waiting[min((group for group in order if waiting[group]), key=lambda group: held[group])])
    while len(chosen) < count and take(rest):
        pass
    return chosen


def _candidates(
    entry: Entry, records: dict[str, tuple[str, ...]], count: int, peek: Peek
) -> tuple[list[Candidate], str]:
    labels = entry.labels
    if labels is None:
        found = [unlabelled(stem, entry.patient_pattern, entry.same_person) for stem in records]
        return found, "chosen by a fixed hash, for rhythms cannot be told before the signals are here"
    if labels.kind == "headers":
        return _by_headers(labels, records, count, peek)
    found = from_table(labels, peek([labels.table])[labels.table], entry.same_person, labels.table)
    whose = ", whole patients" if labels.patient else ""
    return found, f"balanced over the rhythm groups of {labels.table}{whose}"


def _by_headers(
    labels: Labels, records: dict[str, tuple[str, ...]], count: int, peek: Peek
) -> tuple[list[Candidate], str]:
    """Read headers folder by folder, in the order of a hash, until every group has its share or enough were read."""
    folders: dict[str, list[str]] = {}
    for stem in sorted(records, key=_hash):
        folders.setdefault(stem.rpartition("/")[0], []).append(stem)
    graded = grouping("four").classes
    share = -(-count // len(graded))
    found: list[Candidate] = []
    opened = 0
    for folder in sorted(folders, key=_hash):
        held = Counter(one.group for one in found)
        if len(found) >= HEADERS_EACH * count or all(held[group] >= share for group in graded):
            break
        stems = folders[folder][:FOLDER_SHARE]
        texts = peek([f"{stem}.hea" for stem in stems])
        found += [from_header(labels, stem, texts[f"{stem}.hea"]) for stem in stems]
        opened += 1
    return found, (
        f"balanced over the rhythm groups, for which {len(found):,} headers from {opened} of {len(folders)} folders "
        "were read first"
    )


def _stem_is_free(path: str, listing: Listing) -> bool:
    """Whether a file is not part of a recording, wanted or not."""
    suffix = PurePosixPath(path).suffix
    return not suffix or f"{path[: -len(suffix)]}.hea" not in listing.items


def _stems_each(entry: Entry) -> int:
    """Files' paths without ending that one recording has: two where it is published at two rates."""
    return len(entry.labels.stems) or 1 if entry.labels else 1


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
