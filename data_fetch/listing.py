"""What a source holds: its files with their checksums, and which version it has.

PhysioNet, and a mirror of it, publish a ``SHA256SUMS.txt`` in each version's folder. Figshare has a list of files with
sizes and MD5 sums instead. Both become a `Listing`. Nothing that a server writes is believed to be a path before
`safe_path` has looked at it.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote, urljoin

from ecgteach.errors import choices

from .catalogue import Entry
from .errors import Damaged, NotThere, Refused

SUMS = "SHA256SUMS.txt"
LARGEST_LIST = 400_000_000
"""Bytes beyond which a list of files is not read on; the longest published one has about 190 MB."""

Read = Callable[[str], bytes]
"""Reads a small document from a web address."""


@dataclass(frozen=True)
class Item:
    """One file of a source: its path in the data set, its checksum (``sha256:...``), its address, its size if known."""

    path: str
    digest: str
    url: str
    size: int | None = None


@dataclass(frozen=True)
class Listing:
    """All files of one version of a data set, at one address."""

    version: str
    address: str
    items: dict[str, Item]
    text: bytes = b""


def locate(entry: Entry, read: Read, *, mirror: str | None, version: str | None, say: Callable[[str], None]) -> Listing:
    """Find a data set at its source, or at a mirror, whatever version the mirror holds.

    Parameters
    ----------
    entry : Entry
        What is looked for.
    read : callable, str -> bytes
        Reads a small document from a web address.
    mirror : str, optional
        Address of a folder that holds the data sets' folders.
    version : str, optional
        Only this version will do. Without it the catalogue's is tried first, then what the mirror's index names.
    say : callable, str -> None
        Takes what a reader should know: another version than the catalogue's, for one.

    Raises
    ------
    NotThere
        When neither the version nor an index that tells of another is there.
    """
    if entry.archives and mirror is None:
        return _figshare(entry, read)
    base = f"{(mirror or entry.address).rstrip('/')}/{entry.slug}/"
    wanted = version or entry.version
    try:
        return _published(f"{base}{wanted}/", wanted, read)
    except NotThere as missing:
        held = _versions(base, read)
        if version is not None or not held:
            if version is None and (found := _unversioned(entry, base, read)):
                return found
            there = f"it has {choices(held)}" if held else f"and {base} has no index that names a version"
            raise NotThere(f"{base}{wanted}/{SUMS} is not there; {there}. Check --mirror and --version.") from missing
    say(f"{base} holds {entry.slug} {held[0]}, not {wanted}, the version of the catalogue: {held[0]} is fetched.")
    return _published(f"{base}{held[0]}/", held[0], read)


def parse_sums(text: bytes, where: str) -> dict[str, str]:
    """Checksums by path, from lines ``<sha256> <path>``.

    Raises
    ------
    Damaged
        When it is no such list; a web page of a network's log-in is the usual cause.
    Refused
        When a path leads outside the data set's folder.

    >>> parse_sums(b"00" * 32 + b"  data/1.hea", "a list")["data/1.hea"][:4]
    '0000'
    """
    sums = {}
    for number, line in enumerate(text.decode("utf-8", "replace").splitlines(), start=1):
        if not line.strip():
            continue
        found = re.fullmatch(r"([0-9a-fA-F]{64})\s+\*?(.+?)\s*", line)
        if found is None:
            page = " It looks like a web page: open any page in a browser, log in to the network, and run this again."
            raise Damaged(
                f"line {number} of {where} is no checksum and path: {line[:60]!r}."
                + (page if text.lstrip()[:1] == b"<" else " Try again later, or another --mirror.")
            )
        sums[safe_path(found[2], where)] = found[1].lower()
    if not sums:
        raise Damaged(f"{where} is empty. Try again later, or another --mirror.")
    return sums


def safe_path(path: str, where: str) -> str:
    """A path as a server wrote it, if it stays in the data set's folder on every system.

    Raises
    ------
    Refused
        When it is absolute, climbs with ``..``, names a drive, or holds characters that no file name should.

    >>> safe_path("./data/1.hea", "a list")
    'data/1.hea'
    """
    parts = [part for part in path.split("/") if part != "."]
    odd = not parts or "" in parts or ".." in parts or re.search(r'[\x00-\x1f\\:*?"<>|]', path) is not None
    if odd or any(part.endswith((" ", ".")) for part in parts):
        raise Refused(f"{where} names the path {path!r}, which could lead outside the folder; nothing of it is fetched")
    return str(PurePosixPath(*parts))


def _published(address: str, version: str, read: Read) -> Listing:
    text = read(address + SUMS)
    return Listing(version, address, items_of(parse_sums(text, address + SUMS), address), text)


def items_of(sums: dict[str, str], address: str) -> dict[str, Item]:
    """Files by path, each with its address below that of the version's folder."""
    return {
        path: Item(path, f"sha256:{digest}", address + quote(path)) for path, digest in sums.items() if path != SUMS
    }


def _unversioned(entry: Entry, base: str, read: Read) -> Listing | None:
    """A mirror whose folder of the data set holds the files themselves."""
    try:
        return _published(base, entry.version, read)
    except NotThere:
        return None


def _versions(base: str, read: Read) -> list[str]:
    """Versions that an index page links to, newest first."""
    try:
        page = read(base).decode("utf-8", "replace")
    except NotThere:
        return []
    found = set(re.findall(r"""href\s*=\s*["']?(?:\./)?(\d+(?:\.\d+)*)/""", page, flags=re.IGNORECASE))
    return sorted(found, key=lambda version: [int(part) for part in version.split(".")], reverse=True)


def _figshare(entry: Entry, read: Read) -> Listing:
    """Files of a figshare collection: the articles in it, then the files of each."""
    api = urljoin(entry.address, "../")
    articles = _json(f"{entry.address}/articles?page_size=100", read)
    items = {}
    for article in articles:
        for file in _json(f"{api}articles/{article['id']}/files", read):
            path = safe_path(str(file["name"]), entry.address)
            items[path] = Item(path, f"md5:{file['computed_md5']}", str(file["download_url"]), int(str(file["size"])))
    if not items:
        raise NotThere(f"{entry.address} lists no files. Try again later, or fetch the other form: {entry.form_of}")
    return Listing(entry.version, f"{entry.address}/", items)


def _json(url: str, read: Read) -> list[dict[str, object]]:
    try:
        said = json.loads(read(url))
        return [dict(row) for row in said]
    except (ValueError, TypeError) as problem:
        raise Damaged(f"{url} answers something that is no list of files ({problem}). Try again later.") from problem
