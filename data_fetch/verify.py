"""Is what was fetched still whole? Every file is hashed again; what is broken is named, with the way to mend it."""

from dataclasses import dataclass
from pathlib import Path

from ecgteach import paths as places
from ecgteach.errors import UnreadableFile, choices

from .catalogue import Entry, entry
from .listing import SUMS
from .plan import files_of
from .store import Store


@dataclass(frozen=True)
class Health:
    """What a check found: how many files are as published, which are not, and what would mend them."""

    folder: Path
    sound: int
    damaged: tuple[str, ...]
    missing: tuple[str, ...]
    strange: tuple[str, ...]
    mend: str

    @property
    def ok(self) -> bool:
        """Whether everything that was fetched is here, as published."""
        return not self.damaged and not self.missing

    def __str__(self) -> str:
        lines = [f"{self.sound:,} files of {self.folder} agree with the published checksums."]
        if self.damaged:
            lines.append(f"{len(self.damaged)} are damaged: {choices(self.damaged)}.")
        if self.missing:
            lines.append(f"{len(self.missing)} are missing: {choices(self.missing)}.")
        if self.strange:
            lines.append(f"{len(self.strange)} are not in the list and were left alone: {choices(self.strange)}.")
        if not self.ok:
            lines.append(f"To mend it: {self.mend}. It downloads only what is broken.")
        return "\n".join(lines)


def verify(name: str, *, form: str | None = None, version: str | None = None, to: str | Path | None = None) -> Health:
    """Check a fetched data set against the checksums that came with it; no network is needed.

    Parameters
    ----------
    name, form, version : str
        As for `fetch`.
    to : path, optional
        Folder that holds the data set's folder; without it the cache, then ``ECGTEACH_DATA``.

    Returns
    -------
    Health
        What is sound, damaged, missing and strange.

    Raises
    ------
    UnreadableFile
        When the data set is not there, or came without checksums.
    """
    wanted = entry(name, form)
    folder = _folder(wanted, version, to)
    store = Store(folder.parent.parent, wanted.slug, folder.name)
    journal = store.journal()
    listing = store.listing(journal.address)
    if listing is None:
        raise UnreadableFile(
            f"{folder} holds no {SUMS} as it was published, to check against. Fetch it: {wanted.command}"
        )
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {SUMS}
    fetched = {item.path for item in files_of(wanted, listing, journal.stems())} if journal.address else set()
    sound = {path for path in there if path in listing.items and store.holds(listing.items[path])}
    return Health(
        folder,
        len(sound),
        damaged=tuple(sorted((there & listing.items.keys()) - sound)),
        missing=tuple(sorted(fetched - there)),
        strange=tuple(sorted(there - listing.items.keys())),
        mend=_command(wanted, store, to),
    )


def _folder(wanted: Entry, version: str | None, to: str | Path | None) -> Path:
    try:
        return places.find(wanted.slug, places.cache() if to is None else to, version=version)
    except UnreadableFile:
        if to is not None:
            raise
        return places.find(wanted.slug, version=version)


def _command(wanted: Entry, store: Store, to: str | Path | None) -> str:
    """The command that fetched it, as far as the journal knows."""
    journal = store.journal()
    parts = [wanted.command]
    if not journal.whole and journal.samples:
        parts.append(f"--subset {max(journal.samples, key=int)}")
    home = f"{wanted.address.rstrip('/')}/"
    if journal.address and not journal.address.startswith(home):
        parts.append(f"--mirror {journal.address.partition(f'/{wanted.slug}/')[0]}")
    if to is not None:
        parts.append(f"--to {to}")
    return " ".join(parts)
