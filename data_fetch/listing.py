"""What a source holds: its files with their checksums, and which version it has.

PhysioNet, and a mirror of it, publish a ``SHA256SUMS.txt`` in each version's folder. Figshare has a list of files with
sizes and MD5 sums instead. Both become a `Listing`. Nothing that a server writes is believed to be a path before
`safe_path` has looked at it.
"""

import io
import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from urllib.parse import quote, urljoin

from ecgteach.errors import choices

from .addresses import shown, without_login
from .catalogue import Entry
from .errors import Damaged, FetchFailed, NotThere, Refused, quoted

SUMS = "SHA256SUMS.txt"
LARGEST_LIST = 400_000_000
"""Bytes beyond which a list of files is not read on; the longest published one has about 190 MB."""

LIST_EACH = 2_000
"""Bytes of a list of files for each recording, at most; published ones have up to 440."""

LARGEST_PAGE = 4_000_000
"""Bytes of an index page or of figshare's answer, at most."""

ARTICLES = 100
"""Articles of a figshare collection, at most: as many as are asked for."""

LONGEST_NAME, LONGEST_PATH = 240, 1_000
"""Bytes of a file's or folder's name, and of its path; what disks take, less the ending of a file under way."""

DIGEST = re.compile(rb"[0-9a-fA-F]{64}")

ODD = re.compile(r'[\\:*?"<>|]|(?:^|/)(?:con|prn|aux|nul|com[1-9]|lpt[1-9])(?:\.[^/]*)?(?:/|$)', re.IGNORECASE)
"""What a path must not hold on some system: a drive, a pattern, the name of a device of Windows."""

VERSION = re.compile(r"""href\s*=\s*["']?(?:\./)?([0-9]{1,6}(?:\.[0-9]{1,6}){0,4})/""", re.IGNORECASE)
"""A link of an index page to a version's folder."""

Read = Callable[[str, int], bytes]
"""Reads a small document, of at most so many bytes, from a web address."""


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
    read : callable, (str, int) -> bytes
        Reads a small document, of at most so many bytes, from a web address.
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
        return _published(entry, f"{base}{wanted}/", wanted, read)
    except NotThere as missing:
        held = _versions(base, read)
        if version is not None or not held:
            if version is None and (found := _unversioned(entry, base, read)):
                return found
            there = f"it has {choices(held)}" if held else f"and {base} has no index that names a version"
            raise NotThere(f"{base}{wanted}/{SUMS} is not there; {there}. Check --mirror and --version.") from missing
    say(f"{base} holds {entry.slug} {held[0]}, not {wanted}, the version of the catalogue: {held[0]} is fetched.")
    return _published(entry, f"{base}{held[0]}/", held[0], read)


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
    sums: dict[str, str] = {}
    where = shown(where)
    for number, raw in enumerate(io.BytesIO(text), start=1):
        line = raw.strip()
        if not line:
            continue
        digest, path = line[:64], line[64:].lstrip(b" \t").removeprefix(b"*")
        spaced = line[64:65] in (b" ", b"\t")
        if not (spaced and path and DIGEST.fullmatch(digest)) or len(path) > LONGEST_PATH:
            page = " It looks like a web page: open any page in a browser, log in to the network, and run this again."
            raise Damaged(
                f"line {number} of {where} is no checksum and path: {quoted(line[:200].decode('utf-8', 'replace'))}."
                + (page if text.lstrip()[:1] == b"<" else " Try again later, or another --mirror.")
            )
        name, said = safe_path(path.decode("utf-8", "replace"), where), digest.decode("ascii").lower()
        if sums.setdefault(name, said) != said:
            raise Damaged(f"{where} has two checksums of {quoted(name)}. Try again later, or another --mirror.")
    if not sums:
        raise Damaged(f"{where} is empty. Try again later, or another --mirror.")
    check_tree(sums, where)
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
    odd = not parts or "" in parts or ".." in parts or not path.isprintable() or ODD.search(path) is not None
    if odd or any(part.endswith((" ", ".")) for part in parts):
        raise Refused(
            f"{shown(where)} names the path {quoted(path)}, which could lead outside the folder or to a device; "
            "nothing of it is fetched"
        )
    kept = "/".join(parts)
    # A letter has four bytes at most: most paths need not be encoded to be called short.
    if len(path) > LONGEST_NAME // 4 and (
        len(path.encode()) > LONGEST_PATH or any(len(part.encode()) > LONGEST_NAME for part in parts)
    ):
        raise Refused(f"{shown(where)} names the path {quoted(path)}, which is too long for a disk; nothing is fetched")
    return kept


def check_tree(paths: Collection[str], where: str) -> None:
    """Refuse paths of which one is a file and, in another, a folder.

    Raises
    ------
    Damaged
        When there are such.
    """
    folders = {path.rpartition("/")[0] for path in paths}
    for folder in folders:
        while folder:
            if folder in paths:
                raise Damaged(f"{shown(where)} names {quoted(folder)} as a file and as a folder. Try another --mirror.")
            folder = folder.rpartition("/")[0]


def _published(entry: Entry, address: str, version: str, read: Read) -> Listing:
    text = read(address + SUMS, min(LARGEST_LIST, 1_000_000 + LIST_EACH * entry.records))
    return Listing(version, address, items_of(parse_sums(text, address + SUMS), address), text)


def items_of(sums: dict[str, str], address: str) -> dict[str, Item]:
    """Files by path, each with its address below that of the version's folder."""
    return {
        path: Item(path, f"sha256:{digest}", address + quote(path)) for path, digest in sums.items() if path != SUMS
    }


def _unversioned(entry: Entry, base: str, read: Read) -> Listing | None:
    """A mirror whose folder of the data set holds the files themselves."""
    try:
        return _published(entry, base, entry.version, read)
    except NotThere:
        return None


def _versions(base: str, read: Read) -> list[str]:
    """Versions that an index page links to, newest first."""
    try:
        page = read(base, LARGEST_PAGE).decode("utf-8", "replace")
    except NotThere:
        return []
    found = set(VERSION.findall(page))
    return sorted(found, key=lambda version: [int(part) for part in version.split(".")], reverse=True)


def _figshare(entry: Entry, read: Read) -> Listing:
    """Files of a figshare collection: the articles in it, then the files of each."""
    api = urljoin(entry.address, "../")
    articles = _json(f"{entry.address}/articles?page_size={ARTICLES}", read)
    if len(articles) > ARTICLES:
        raise Damaged(f"{entry.address} lists more articles than were asked for. Try again later.")
    items: dict[str, Item] = {}
    for article in articles:
        if not isinstance(number := article.get("id"), int) or number < 0:
            raise Damaged(f"{entry.address} lists an article without a number. Try again later.")
        for file in _json(f"{api}articles/{number}/files", read):
            item = _described(file, entry)
            items[item.path] = item
            if len(items) > entry.files_limit:
                raise Refused(f"{entry.address} lists more than {entry.files_limit:,} files; nothing is fetched")
    if not items:
        raise NotThere(f"{entry.address} lists no files. Try again later, or fetch the other form: {entry.form_of}")
    check_tree(items, entry.address)
    return Listing(entry.version, f"{entry.address}/", items)


def _described(file: dict[str, object], entry: Entry) -> Item:
    """A file as figshare describes it, if every part of the description is what it should be."""
    name, size, digest, url = (file.get(key) for key in ("name", "size", "computed_md5", "download_url"))
    sound = (
        isinstance(name, str)
        and isinstance(size, int)
        and 0 <= size <= entry.unpacked_limit
        and isinstance(digest, str)
        and re.fullmatch(r"[0-9a-fA-F]{32}", digest) is not None
    )
    if not sound or not isinstance(url, str):
        raise Damaged(f"{entry.address} does not say name, size, checksum and address of a file. Try again later.")
    try:
        url = without_login(url)
    except FetchFailed:
        raise Damaged(f"{entry.address} gives {quoted(shown(url))} as a file's address. Try again later.") from None
    return Item(safe_path(str(name), entry.address), f"md5:{str(digest).lower()}", url, int(str(size)))


def _json(url: str, read: Read) -> list[dict[str, object]]:
    text = read(url, LARGEST_PAGE)
    try:
        said = json.loads(text)
        if isinstance(said, list) and all(isinstance(row, dict) for row in said):
            return said
        problem = f"a {type(said).__name__} that is no list of tables"
    except RecursionError:
        problem = "brackets within brackets without end"
    except ValueError as fault:
        problem = quoted(fault)
    raise Damaged(f"{shown(url)} answers something that is no list of files ({problem}). Try again later.")
