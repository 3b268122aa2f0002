"""Where fetched files lie: the data set's folder, which holds verified files only, and the workshop beside it.

The folder that holds the data sets has a hidden ``.fetch/<slug>``: files under way (``parts``), verified files whose
recording is not complete yet (``verified``), and a journal of what was asked for. A file enters the data set's folder
by one rename, after its checksum agreed; so whatever ends a fetch, a power cut included, leaves nothing broken there.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import pooch
from filelock import FileLock, Timeout

from ecgteach.paths import cache

from .catalogue import megabytes
from .errors import DiskFull, Refused, writing
from .listing import SUMS, Item, Listing, items_of, parse_sums
from .progress import Say

SPARE = 50_000_000
"""Bytes that stay free on the disk."""


@dataclass
class Journal:
    """What was fetched into a folder, from where, and which version was asked for: a second run needs no network."""

    address: str = ""
    asked: str = ""
    sums: str = ""
    whole: bool = False
    samples: dict[str, list[str]] = field(default_factory=dict)

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
            return Journal(**json.loads(self._diary.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return Journal()

    def note(self, journal: Journal) -> None:
        """Write the journal, in one piece."""
        self._write(self._diary, json.dumps(asdict(journal)).encode())

    def listing(self, address: str) -> Listing | None:
        """The list of checksums that came with an earlier fetch, if it is here and still as it came."""
        path = self.folder / SUMS
        text = path.read_bytes() if path.is_file() else b""
        if not text or self.journal().sums not in ("", hashlib.sha256(text).hexdigest()):
            return None
        return Listing(self.folder.name, address, items_of(parse_sums(text, str(path)), address), text)

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
            half.write_bytes(content)
            half.replace(target)

    def _make(self, folder: Path) -> None:
        make(folder)
        if not folder.resolve().is_relative_to(self.root.resolve()):
            raise Refused(
                f"{folder} leads outside {self.root} through a link; nothing is written there. Remove the link."
            )


@contextmanager
def workshop(root: str | Path | None, slug: str, say: Say) -> Iterator[Path]:
    """The workshop of a data set, for one fetch at a time: a second one waits.

    The lock is the system's (filelock), so whoever dies gives it back; no lock is left behind to be judged stale.

    Raises
    ------
    FetchFailed
        When nothing can be written there.
    """
    folder = holder(root) / ".fetch" / slug
    make(folder / "parts")
    lock = FileLock(folder / "lock")
    with writing(folder):
        try:
            lock.acquire(timeout=0)
        except Timeout:
            say(f"Another fetch of {slug} into {holder(root)} is under way; waiting for it to end.")
            lock.acquire()
    try:
        make(folder / "parts")
        yield folder
    finally:
        lock.release()


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
