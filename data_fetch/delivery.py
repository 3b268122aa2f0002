"""Many files at once: brought by pooch, verified, and put into the data set's folder recording by recording."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import pooch

from .addresses import shown
from .crew import Crew
from .errors import Damaged, FetchFailed, NotThere, writing
from .listing import Item, Listing
from .store import Store, ordinary
from .transport import Transport

GIVE_UP_AFTER = 20
"""Recordings that may fail before the rest is not tried any more."""

LARGEST_TABLE = 100_000_000
"""Bytes beyond which a table or header is not read to choose a sample; the longest has 6.5 MB."""


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
    crew : Crew
        Who brings them.
    """

    def __init__(self, listing: Listing, store: Store, transport: Transport, crew: Crew) -> None:
        self.listing, self.store, self.transport, self.crew = listing, store, transport, crew
        self._kennel = pooch.create(
            path=store.verified,
            base_url=listing.address,
            registry={path: item.digest for path, item in listing.items.items()},
            urls={path: item.url for path, item in listing.items.items()},
        )

    def missing(self, items: Sequence[Item]) -> list[Item]:
        """Those of the files that are not in the folder, or not with the right checksum."""
        with self.crew.at_once(self.store.holds, items) as outcomes:
            held = {outcome.given.path for outcome in outcomes if outcome.result()}
        return [item for item in items if item.path not in held]

    def peek(self, paths: Sequence[str]) -> dict[str, bytes]:
        """Content of small files that are needed to choose; verified, and not in the data set's folder yet."""
        for path in paths:
            if path not in self.listing.items:
                raise NotThere(f"{self.listing.address} lists no {path}, which holds the labels. Leave --subset out.")
        with self.crew.at_once(self._read, paths) as outcomes:
            texts = {outcome.given: outcome.result() for outcome in outcomes}
        return {path: texts[path] for path in paths}

    def bring(self, items: Sequence[Item]) -> None:
        """Bring files to the folder; a recording appears there when all of its files are verified.

        Raises
        ------
        FetchFailed
            When some could not be had; the others are in the folder.
        """
        failed: list[FetchFailed] = []
        groups = list(_together(items))
        with self.crew.at_once(self._bring_together, groups) as outcomes:
            for outcome in outcomes:
                try:
                    outcome.result()
                except (NotThere, Damaged) as problem:
                    failed.append(problem)
                    if len(failed) == GIVE_UP_AFTER:
                        break
        if failed:
            raise FetchFailed(
                f"{len(failed)} of {len(groups)} recordings and tables could not be had; the first: "
                f"{failed[0]} All else in {self.store.folder} is verified. Run the same command again for the rest."
            )

    def one(self, item: Item, largest: int | None = None) -> None:
        """Bring one file to the workshop, verified; at most `largest` bytes of it, or what its list says.

        Raises
        ------
        Damaged
            When it came twice with a wrong checksum.
        """
        bring = partial(self.transport, largest=largest or item.size)
        # Pooch makes the folder too, but stumbles when two threads do it at the same time.
        place = self.store.verified / item.path
        place.parent.mkdir(parents=True, exist_ok=True)
        if not ordinary(place):
            place.unlink()
        for last in (False, True):
            try:
                self._kennel.fetch(item.path, downloader=bring)
                return
            except FetchFailed:
                raise
            except ValueError as problem:
                if last:
                    raise Damaged(
                        f"{shown(item.url)} came twice with another checksum than its publisher says, and was thrown "
                        "away: the source or the network changes it. Try again later, or another --mirror."
                    ) from problem

    def _read(self, path: str) -> bytes:
        item = self.listing.items[path]
        place = self.store.folder / path
        if not self.store.holds(item):
            self.one(item, LARGEST_TABLE)
            place = self.store.verified / path
        if place.stat().st_size > LARGEST_TABLE:
            raise Damaged(f"{place} is longer than any table of labels. Leave --subset out.")
        return place.read_bytes()

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
