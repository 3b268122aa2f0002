"""The road of a fetch: find the source, choose the files, bring them, verify them, put them in their place."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pooch

from ecgteach.errors import InvalidValue

from .addresses import check_address, mirrored
from .archives import unpack
from .catalogue import Entry, entry
from .crew import Crew
from .delivery import Delivery
from .errors import FetchFailed, quoted
from .listing import SUMS, Listing, locate, safe_path
from .patience import Patience
from .plan import Plan, again, check_count, sample, usual_bytes, whole
from .progress import Progress, Say, aloud
from .store import Journal, Store, workshop
from .transport import Transport

UNPACKED_TIMES = 4
"""How many times larger than its archive a data set of text files is, at most, as far as the check of the disk goes."""


def fetch(
    name: str,
    subset: int | None = None,
    *,
    form: str | None = None,
    version: str | None = None,
    mirror: str | None = None,
    to: str | Path | None = None,
    progress: bool = True,
    say: Say = aloud,
    patience: Patience | None = None,
) -> Path:
    """Bring a data set's recordings to this disk, all or a chosen sample, verified file by file.

    What is here already is not downloaded again, and a fetch that was interrupted goes on where it stopped.

    Parameters
    ----------
    name : str
        A name of the catalogue: ``"ludb"``.
    subset : int, optional
        Number of recordings of a sample: balanced over the rhythm groups, whole patients, the same on every machine.
    form : str, optional
        ``"figshare"`` for the original files of Chapman-Shaoxing.
    version : str, optional
        Only this version; without it the catalogue's, or the one that the mirror holds.
    mirror : str, optional
        Web address of a folder that holds the data sets' folders. A name and a password in it
        (``https://NAME:PASSWORD@host``) are sent to that host and to no other, and never shown or written down.
    to : path, optional
        Folder that shall hold the data set's folder; without it the cache, in which the readers look.
    progress : bool
        Whether to show a bar.
    say : callable, str -> None
        Takes the plan and what happens on the way; prints to the error stream by default.
    patience : Patience, optional
        Time-outs, tries, and how many files at the same time.

    Returns
    -------
    pathlib.Path
        The folder of the data set's version.

    Raises
    ------
    UnknownName
        When the catalogue has no such data set or form.
    InvalidValue
        When there can be no such sample.
    FetchFailed
        When something could not be fetched; what is in the folder is verified all the same.
    """
    wanted = entry(name, form)
    mirror, login = mirrored(mirror) if mirror else (None, None)
    check_address(mirror or wanted.address)
    if version is not None:
        _check_version(version)
    if subset is not None:
        check_count(wanted, subset)
    patience, stopped = patience or Patience(), Event()
    with _quiet(), workshop(to, wanted.slug, say) as bench, Crew(patience.workers, stopped) as crew:
        bar = Progress(say)
        transport = Transport(
            bench / "parts",
            patience,
            hosts=wanted.hosts,
            largest=wanted.size or wanted.unpacked_limit,
            progress=bar,
            stopped=stopped,
            login=login,
        )

        def read(url: str, largest: int) -> bytes:
            return crew.do(lambda one: transport.read(one, largest), url)

        asked = version or wanted.version
        listing = _earlier(wanted, to, asked, mirror) or locate(wanted, read, mirror=mirror, version=version, say=say)
        store = Store(to, wanted.slug, listing.version)
        delivery = Delivery(listing, store, transport, crew)
        plan = _plan(wanted, listing, store, subset, delivery)
        missing = delivery.missing(plan.files)
        if missing and wanted.archives:
            listing = locate(wanted, read, mirror=mirror, version=version, say=say)
            delivery, plan = Delivery(listing, store, transport, crew), whole(wanted, listing)
            missing = delivery.missing(plan.files)
        here = len(plan.files) - len(missing)
        say(f"{plan}\nTo {store.folder}" + (f"; {here:,} of the files are there already." if here else "."))
        if missing:
            needed = sum(usual_bytes(wanted, item) for item in missing)
            store.check_room(needed * (1 + UNPACKED_TIMES) if wanted.archives else needed)
        _note(store, plan, asked, subset)
        if missing:
            try:
                if progress:
                    bar.begin({item.url: usual_bytes(wanted, item) for item in missing}, wanted.name)
                delivery.bring(missing)
            finally:
                bar.close()
        if wanted.archives:
            _unpack_all(wanted, listing, store, say)
        store.tidy()
        say(f"{len(plan.files):,} files verified in {store.folder}. {wanted.licence}; cite: {wanted.citation}")
        return store.folder


def _check_version(version: str) -> None:
    """Refuse a version that is no name of a folder: it becomes part of a path and of an address."""
    try:
        sound = safe_path(version, "--version") == version and "/" not in version
    except FetchFailed:
        sound = False
    if not sound:
        raise InvalidValue(f"--version {quoted(version)} is no version; it looks like 1.0.3")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep pooch from a line for each file, and urllib3 from what a server sent; the plan and the bar say it.

    By filters of this fetch's own, not by levels: two fetches in two threads could put those back in the wrong order.
    """
    loggers = [pooch.get_logger(), *(logging.getLogger(f"urllib3.{name}") for name in ("connection", "connectionpool"))]
    limits = (logging.WARNING, logging.ERROR, logging.ERROR)
    filters = [_Louder(limit) for limit in limits]
    for logger, louder in zip(loggers, filters, strict=True):
        logger.addFilter(louder)
    try:
        yield
    finally:
        for logger, louder in zip(loggers, filters, strict=True):
            logger.removeFilter(louder)


class _Louder(logging.Filter):
    """Lets pass what is at least so important."""

    def __init__(self, level: int) -> None:
        super().__init__()
        self._level = level

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= self._level


def _earlier(wanted: Entry, root: str | Path | None, asked: str, mirror: str | None) -> Listing | None:
    """The list of files that came with an earlier fetch from the same place, for the same version."""
    place = (mirror or wanted.address).rstrip("/") + ("/" if wanted.archives and not mirror else f"/{wanted.slug}/")
    for diary in sorted(Store(root, wanted.slug, asked).workshop.glob("*.json")):
        store = Store(root, wanted.slug, diary.stem)
        journal = store.journal()
        if journal.asked == asked and journal.address.startswith(place):
            return store.listing(journal.address)
    return None


def _plan(wanted: Entry, listing: Listing, store: Store, subset: int | None, delivery: Delivery) -> Plan:
    if subset is None:
        return whole(wanted, listing)
    journal = store.journal()
    if journal.address == listing.address and str(subset) in journal.samples:
        return again(wanted, listing, journal.samples[str(subset)])
    return sample(wanted, listing, subset, delivery.peek)


def _note(store: Store, plan: Plan, asked: str, subset: int | None) -> None:
    """Keep what was asked for, and the list of checksums, so that it can be mended and verified without a network."""
    journal = store.journal()
    if (journal.address, journal.asked) != (plan.listing.address, asked):
        journal = Journal(plan.listing.address, asked)
    if subset is None:
        journal.whole = True
    else:
        journal.samples[str(subset)] = list(plan.stems)
    store.note(journal)
    if plan.listing.text:
        store.keep_listing(plan.listing.text)


def _unpack_all(wanted: Entry, listing: Listing, store: Store, say: Say) -> None:
    """Unpack the archives that came, put their files into the folder, and write the checksums of all that is there."""
    archives = [store.folder / path for path in listing.items if path.endswith(".zip")]
    room, most = wanted.unpacked_limit, wanted.files_limit
    for archive in archives:
        say(f"Unpacking {archive.name} ...")
        paths = unpack(archive, store.verified, largest=room, most=most)
        room -= sum((store.verified / path).stat().st_size for path in paths)
        most -= len(paths)
        for path in paths:
            store.publish(path)
    if archives:
        files = sorted(path for path in store.folder.rglob("*") if path.is_file() and path not in archives)
        kept = [path.relative_to(store.folder).as_posix() for path in files if path.name != SUMS]
        lines = [f"{pooch.file_hash(str(store.folder / path))}  {path}\n" for path in kept]
        store.keep_listing("".join(lines).encode())
        for archive in archives:
            archive.unlink()
