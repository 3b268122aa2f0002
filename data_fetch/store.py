"""Where fetched files lie: the data set's folder, which holds verified files only, and the workshop beside it.

The folder that holds the data sets has a hidden ``.fetch/<slug>``: files under way (``parts``), verified files whose
recording is not complete yet (``verified``), and a journal of what was asked for. A file enters the data set's folder
by one rename, after its checksum agreed; so whatever ends a fetch, a power cut included, leaves nothing broken there.
"""

import hashlib
import json
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Self

import pooch
from filelock import FileLock, Timeout

from ecgteach.paths import cache

from .addresses import without_login
from .catalogue import megabytes
from .errors import DiskFull, FetchFailed, Refused, writing
from .listing import LARGEST_LIST, SUMS, Item, Listing, items_of, parse_sums
from .progress import Say

SPARE = 50_000_000
"""Bytes that stay free on the disk."""

LARGEST_JOURNAL = 50_000_000
"""Bytes beyond which a journal is not read; one of every recording of the largest set has about 40 MB."""

SILENT = 3600.0
"""Seconds after which another fetch that changes no file is not waited for any more."""


@dataclass
class Journal:
    """What was fetched into a folder, from where, and which version was asked for: a second run needs no network."""

    address: str = ""
    asked: str = ""
    sums: str = ""
    whole: bool = False
    samples: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> Self:
        """A journal from its JSON.

        Raises
        ------
        ValueError, TypeError, RecursionError, FetchFailed
            When it is none.
        """
        said = cls(**json.loads(text))
        words = (said.address, said.asked, said.sums)
        lists = [said.samples, *said.samples.values()] if isinstance(said.samples, dict) else [None]
        if not all(isinstance(word, str) for word in words) or not isinstance(lists[0], dict):
            raise TypeError("a journal holds words and lists of words")
        if not all(isinstance(one, list) and all(isinstance(stem, str) for stem in one) for one in lists[1:]):
            raise TypeError("a journal's samples are lists of words")
        said.samples = {count: stems for count, stems in said.samples.items() if count.isascii() and count.isdigit()}
        said.address = without_login(said.address)
        return said

    def stems(self) -> list[str] | None:
        """Recordings of all samples so far; None where everything was asked for."""
        return None if self.whole else sorted({stem for stems in self.samples.values() for stem in stems})


class Store:
    """The folder of one version of a data set, and its workshop.

    Parameters
    ----------
    root : path or None
        Folder that holds the data sets' folders; None for the cache, in which the readers look.
    slug, version : str
        Folder of the data set, and of its version.
    """

    def __init__(self, root: str | Path | None, slug: str, version: str) -> None:
        self.root = holder(root)
        self.folder = self.root / slug / version
        self.workshop = self.root / ".fetch" / slug
        self.verified = self.workshop / "verified"
        self._diary = self.workshop / f"{version}.json"

    def journal(self) -> Journal:
        """What was asked for so far; empty where nothing was, or the journal cannot be read."""
        try:
            if not ordinary(self._diary) or self._diary.stat().st_size > LARGEST_JOURNAL:
                return Journal()
            return Journal.read(self._diary.read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError, RecursionError, FetchFailed):
            return Journal()

    def note(self, journal: Journal) -> None:
        """Write the journal, in one piece."""
        self._write(self._diary, json.dumps(asdict(journal)).encode())

    def listing(self, address: str) -> Listing | None:
        """The list of checksums that came with an earlier fetch, if it is here and still as it came."""
        path = self.folder / SUMS
        text = path.read_bytes() if path.is_file() and path.stat().st_size <= LARGEST_LIST else b""
        if not text or self.journal().sums not in ("", hashlib.sha256(text).hexdigest()):
            return None
        try:
            return Listing(self.folder.name, address, items_of(parse_sums(text, str(path)), address), text)
        except FetchFailed:
            return None

    def keep_listing(self, text: bytes) -> None:
        """Put the list of checksums into the folder, so that it can be verified without a network."""
        self.note(replace(self.journal(), sums=hashlib.sha256(text).hexdigest()))
        self._write(self.folder / SUMS, text)

    def holds(self, item: Item) -> bool:
        """Whether the folder has this file, with the right checksum."""
        path = self.folder / item.path
        algorithm, _, digest = item.digest.partition(":")
        return path.is_file() and bool(pooch.file_hash(str(path), algorithm) == digest)

    def publish(self, path: str) -> None:
        """Move a verified file from the workshop to its place in the folder, by one rename."""
        target = self.folder / path
        self._make(target.parent)
        (self.verified / path).replace(target)

    def tidy(self) -> None:
        """Clear the workshop of all but the journals."""
        for folder in (self.verified, self.workshop / "parts"):
            shutil.rmtree(folder, ignore_errors=True)

    def check_room(self, needed: int) -> None:
        """Stop before the first byte where the disk is too small.

        Raises
        ------
        DiskFull
            When fewer than `needed` bytes, and some to spare, are free.
        """
        free = shutil.disk_usage(self.root).free
        if free < needed + SPARE:
            raise DiskFull(
                f"{self.root} has {megabytes(free)} free, and {megabytes(needed + SPARE)} are needed; nothing was "
                "downloaded. Make room, choose another place with --to, or fetch a sample with --subset."
            )

    def _write(self, target: Path, content: bytes) -> None:
        self._make(target.parent)
        self._make(self.verified)
        half = self.verified / f"{target.name}.part"
        with writing(target.parent):
            half.unlink(missing_ok=True)
            half.write_bytes(content)
            half.replace(target)

    def _make(self, folder: Path) -> None:
        make(folder)
        if not folder.resolve().is_relative_to(self.root.resolve()):
            raise Refused(
                f"{folder} leads outside {self.root} through a link; nothing is written there. Remove the link."
            )


@contextmanager
def workshop(root: str | Path | None, slug: str, say: Say, *, silent: float = SILENT) -> Iterator[Path]:
    """The workshop of a data set, for one fetch at a time: a second one waits as long as the first gets on.

    The lock is the system's (filelock), so whoever dies gives it back; no lock is left behind to be judged stale.

    Raises
    ------
    FetchFailed
        When nothing can be written there, or the other fetch has changed no file for `silent` seconds.
    """
    folder = holder(root) / ".fetch" / slug
    make(folder / "parts")
    if not ordinary(folder / "lock"):
        raise Refused(f"{folder / 'lock'} is a link or a device, not the lock of a fetch. Remove it and try again.")
    lock = FileLock(folder / "lock")
    with writing(folder):
        try:
            lock.acquire(timeout=0)
        except Timeout:
            say(f"Another fetch of {slug} into {holder(root)} is under way; waiting for it to end.")
            _wait(lock, folder, silent)
        except NotImplementedError as problem:
            raise FetchFailed(
                f"the disk of {folder} knows no locks, so two fetches could spoil each other's files. "
                "Choose another place with --to."
            ) from problem
    try:
        make(folder / "parts")
        yield folder
    finally:
        lock.release()


def _wait(lock: FileLock, folder: Path, silent: float) -> None:
    """Wait for a lock while its holder gets on, as the files of the workshop show."""
    seen, since = _state(folder), time.monotonic()
    while True:
        try:
            lock.acquire(timeout=min(10.0, silent / 3))
            return
        except Timeout:
            now = _state(folder)
            if now != seen:
                seen, since = now, time.monotonic()
            elif time.monotonic() - since > silent:
                raise FetchFailed(
                    f"another fetch holds {folder} and has changed nothing there for {silent:,.0f} s. End it (it may "
                    "be stopped in another terminal), or choose another place with --to."
                ) from None


def _state(folder: Path) -> list[tuple[str, int, int]]:
    """Which files of the workshop are there, how long, and how old: whoever works changes it."""
    found = []
    for path in folder.rglob("*"):
        with suppress(OSError):
            known = path.lstat()
            found.append((str(path), known.st_size, known.st_mtime_ns))
    return sorted(found)


def ordinary(path: Path) -> bool:
    """Whether a path is free or an ordinary file: no link, no pipe, no device, whoever has put it there."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return True


def holder(root: str | Path | None) -> Path:
    """The folder that holds the data sets' folders: the one that is named, or the cache."""
    return cache() if root is None else Path(root).expanduser()


def make(folder: Path) -> None:
    """Make a folder and those above it.

    Raises
    ------
    FetchFailed
        When that is not allowed, or a file is in the way.
    DiskFull
        When there is no room.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
