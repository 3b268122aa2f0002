"""Many files at once: brought by pooch, verified, and put into the data set's folder recording by recording."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from typing import TypeVar

import pooch

from .errors import Damaged, FetchFailed, NotThere, writing
from .listing import Item, Listing
from .store import Store
from .transport import Transport

Given = TypeVar("Given")
Result = TypeVar("Result")

GIVE_UP_AFTER = 20
"""Recordings that may fail before the rest is not tried any more."""


class Delivery:
    """Brings files of a listing into a store, several at a time.

    Parameters
    ----------
    listing : Listing
        Files, checksums and addresses.
    store : Store
        Where they go.
    transport : Transport
        How their bytes come.
    """

    def __init__(self, listing: Listing, store: Store, transport: Transport) -> None:
        self.listing, self.store, self.transport = listing, store, transport
        self.workers = transport.patience.workers
        self._kennel = pooch.create(
            path=store.verified,
            base_url=listing.address,
            registry={path: item.digest for path, item in listing.items.items()},
            urls={path: item.url for path, item in listing.items.items()},
        )

    def missing(self, items: Sequence[Item]) -> list[Item]:
        """Those of the files that are not in the folder, or not with the right checksum."""
        with ThreadPoolExecutor(self.workers) as pool:
            held = pool.map(self.store.holds, items)
            return [item for item, here in zip(items, held, strict=True) if not here]

    def peek(self, paths: Sequence[str]) -> dict[str, bytes]:
        """Content of small files that are needed to choose; verified, and not in the data set's folder yet."""
        for path in paths:
            if path not in self.listing.items:
                raise NotThere(f"{self.listing.address} lists no {path}, which holds the labels. Leave --subset out.")
        with self._at_once(self._read, paths) as under_way:
            return {path: done.result() for path, done in zip(paths, under_way, strict=True)}

    def bring(self, items: Sequence[Item]) -> None:
        """Bring files to the folder; a recording appears there when all of its files are verified.

        Raises
        ------
        FetchFailed
            When some could not be had; the others are in the folder.
        """
        failed: list[FetchFailed] = []
        with self._at_once(self._bring_together, list(_together(items))) as under_way:
            for done in as_completed(under_way):
                try:
                    done.result()
                except (NotThere, Damaged) as problem:
                    failed.append(problem)
                    if len(failed) == GIVE_UP_AFTER:
                        break
        if failed:
            raise FetchFailed(
                f"{len(failed)} of {len(under_way)} recordings and tables could not be had; the first: "
                f"{failed[0]} All else in {self.store.folder} is verified. Run the same command again for the rest."
            )

    def one(self, item: Item) -> None:
        """Bring one file to the workshop, verified.

        Raises
        ------
        Damaged
            When it came twice with a wrong checksum.
        """
        # Pooch makes the folder too, but stumbles when two threads do it at the same time.
        (self.store.verified / item.path).parent.mkdir(parents=True, exist_ok=True)
        for last in (False, True):
            try:
                self._kennel.fetch(item.path, downloader=self.transport)
                return
            except FetchFailed:
                raise
            except ValueError as problem:
                if last:
                    raise Damaged(
                        f"{item.url} came twice with another checksum than its publisher says, and was thrown away: "
                        "the source or the network changes it. Try again later, or another --mirror."
                    ) from problem

    @contextmanager
    def _at_once(self, work: Callable[[Given], Result], things: Sequence[Given]) -> Iterator[list[Future[Result]]]:
        """Work on things in several threads; when one fails, the others stop at their next bytes."""
        with _quiet(), ThreadPoolExecutor(self.workers) as pool:
            try:
                yield [pool.submit(work, thing) for thing in things]
            except BaseException:
                self.transport.stop()
                raise
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _read(self, path: str) -> bytes:
        item = self.listing.items[path]
        if self.store.holds(item):
            return (self.store.folder / path).read_bytes()
        self.one(item)
        return (self.store.verified / path).read_bytes()

    def _bring_together(self, items: Sequence[Item]) -> None:
        with writing(self.store.root):
            for item in items:
                self.one(item)
            for item in items:
                self.store.publish(item.path)


def _together(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Files in groups of one recording each, in their order, in which a header is the last."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        folder, _, name = item.path.rpartition("/")
        groups.setdefault(f"{folder}/{name.rpartition('.')[0] or name}", []).append(item)
    yield from groups.values()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep pooch from a line for each file; the plan and the bar say it."""
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
