"""Archives, unpacked with suspicion: no path that leads outside, no link, no endless content, nothing executed.

Pooch's own `Unzip` trusts an archive's paths to the standard library and sets no limit to size and number. The
standard library in turn reads the whole table of contents into memory, and unpacks LZMA and bzip2 block by block
however much a block gives; so what an archive claims is held against its own size first, and it is read in small steps.
"""

import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from .errors import Damaged, FetchFailed, Refused, quoted, writing
from .listing import check_tree, safe_path

MOST_TIMES = 200
"""How many times its own size an archive unpacks to, at most; text gives 3 to 20 times, only a bomb thousands."""

FREE = 10_000
"""Bytes that any archive may unpack to, however small it is."""

ENTRY = 2_000
"""Bytes of a table of contents for each file, at most."""

MAC_DEBRIS = "__MACOSX/"

METHODS = {
    zipfile.ZIP_STORED: ("stored", 1 << 20),
    zipfile.ZIP_DEFLATED: ("deflate", 1 << 20),
    zipfile.ZIP_BZIP2: ("bzip2", 4096),
    zipfile.ZIP_LZMA: ("LZMA", 4096),
}
"""What the standard library unpacks, by the number in the archive, and how many bytes at a time.

Of deflate that many come out, of the last two that many go in: 4,096 bytes of bzip2 can become 80 MB.
"""

FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    LookupError,
    OverflowError,
    MemoryError,
    OSError,
)
"""What the standard library raises over an archive that is damaged in one way or another."""


def unpack(archive: Path, folder: Path, *, largest: int, most: int) -> list[str]:
    """Unpack a zip file below a folder, into a subfolder of the archive's own name.

    Parameters
    ----------
    archive : path
        The zip file.
    folder : path
        Folder to fill; what lies there under the same names is replaced.
    largest : int
        Bytes that all files together may have; counted as they come, for an archive can lie about its content.
    most : int
        Files that it may hold.

    Returns
    -------
    list of str
        Paths of the files, relative to `folder`.

    Raises
    ------
    Damaged
        When it is no zip file, or its own checksums disagree.
    Refused
        When it holds more than the limits, a link, a secret, or a path that leads outside.
    """
    written: list[Path] = []
    try:
        with _reading(archive):
            _check_contents(archive, most)
            opened = zipfile.ZipFile(archive)
        with opened:
            members = [
                one
                for one in opened.infolist()
                if not (one.filename.endswith("/") or one.filename.startswith(MAC_DEBRIS))
            ]
            if len(members) > most:
                raise Refused(f"{archive.name} holds {len(members):,} files; more than {most:,} are not unpacked")
            _check_sizes(archive, members, largest)
            paths = _paths(archive, members)
            for member, path in zip(members, paths, strict=True):
                written.append(folder / path)
                largest -= _write(opened, member, folder / path, largest, archive)
            return paths
    except FetchFailed:
        for place in written:
            with suppress(OSError):
                place.unlink()
        raise


@contextmanager
def _reading(archive: Path) -> Iterator[None]:
    """Turn whatever the standard library says about a damaged archive into one sentence."""
    try:
        yield
    except FetchFailed:
        raise
    except FAULTS as problem:
        what = str(problem) or type(problem).__name__
        raise Damaged(f"{archive.name} is no zip file that can be read ({quoted(what)}). Fetch it again.") from problem


def _check_contents(archive: Path, most: int) -> None:
    """Refuse a table of contents that is longer than any for so many files, before it is read into memory."""
    if not archive.is_file():
        raise Refused(f"{archive.name} is no ordinary file; nothing is unpacked")
    with archive.open("rb") as file:
        length = _contents_bytes(file, archive.stat().st_size)
    if length > most * ENTRY:
        raise Refused(
            f"{archive.name} has a table of contents of {length:,} bytes, more than {most:,} files can need; "
            "nothing is unpacked"
        )


def _contents_bytes(file: BinaryIO, size: int) -> int:
    """How long an archive's table of contents says it is (APPNOTE 6.3.10, 4.3.14 to 4.3.16); 0 where it has none."""
    tail = min(size, 22 + 0xFFFF + 20 + 56)
    file.seek(size - tail)
    end = file.read(tail)
    at = end.rfind(b"PK\x05\x06")
    if at < 0 or len(end) < at + 22:
        return 0
    length = int(struct.unpack_from("<I", end, at + 12)[0])
    if at >= 76 and end[at - 20 : at - 16] == b"PK\x06\x07" and end[at - 76 : at - 72] == b"PK\x06\x06":
        length = max(length if length != 0xFFFFFFFF else 0, int(struct.unpack_from("<Q", end, at - 36)[0]))
    return length


def _check_sizes(archive: Path, members: list[zipfile.ZipInfo], largest: int) -> None:
    """Refuse what would become too large, by what the archive itself says, before a byte is written."""
    size = archive.stat().st_size
    unpacked = sum(member.file_size for member in members)
    if unpacked > largest or unpacked > max(FREE, MOST_TIMES * size):
        raise Refused(
            f"{archive.name} unpacks to {unpacked:,} bytes, more than is allowed for this data set or believed of a "
            f"file of {size:,} bytes; nothing of it is kept"
        )
    if sum(member.compress_size for member in members) > size:
        raise Refused(f"{archive.name} uses the same bytes for several files; nothing is unpacked")


def _paths(archive: Path, members: list[zipfile.ZipInfo]) -> list[str]:
    for member in members:
        mode = member.external_attr >> 16
        name = quoted(member.filename)
        if mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode):
            raise Refused(f"{archive.name} holds {name}, which is a link or a device; nothing is unpacked")
        if member.flag_bits & 1:
            raise Refused(f"{archive.name} holds {name} under a password; nothing is unpacked")
        if member.compress_type not in METHODS:
            raise Damaged(
                f"{archive.name} holds {name} packed by method {member.compress_type}, which cannot be unpacked here "
                f"(only {', '.join(name for name, _ in METHODS.values())}). Ask the source for another form."
            )
    named = [safe_path(member.filename, archive.name) for member in members]
    if len(set(named)) < len(named):
        raise Refused(f"{archive.name} holds two files of the same name; nothing is unpacked")
    check_tree(set(named), archive.name)
    inside = all(path.startswith(f"{archive.stem}/") for path in named)
    return named if inside else [f"{archive.stem}/{path}" for path in named]


def _write(opened: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, room: int, archive: Path) -> int:
    """Unpack one file; a fault of the archive and one of the disk are told apart."""
    written, step = 0, METHODS[member.compress_type][1]
    with writing(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        with target.open("xb") as file, _reading(archive), opened.open(member) as source:
            while block := cast(zipfile.ZipExtFile, source).read1(step):
                written += len(block)
                if written > room:
                    raise Refused(
                        f"{archive.name} unpacks to more than is allowed for this data set; nothing of it is kept"
                    )
                with writing(target.parent):
                    file.write(block)
            if written != member.file_size:
                raise Damaged(f"{archive.name} ends in the middle of {quoted(member.filename)}. Fetch it again.")
    return written
