"""Archives, unpacked with suspicion: no path that leads outside, no link, no endless content, nothing executed.

Pooch's own `Unzip` trusts an archive's paths to the standard library and sets no limit to size and number.
"""

import stat
import zipfile
import zlib
from pathlib import Path

from .errors import Damaged, Refused, writing
from .listing import safe_path

CHUNK = 1 << 20
MAC_DEBRIS = "__MACOSX/"


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
    try:
        with writing(folder), zipfile.ZipFile(archive) as opened:
            members = [one for one in opened.infolist() if not one.is_dir() and not one.filename.startswith(MAC_DEBRIS)]
            if len(members) > most:
                raise Refused(f"{archive.name} holds {len(members):,} files; more than {most:,} are not unpacked")
            paths = _paths(archive, members)
            room = largest
            for member, path in zip(members, paths, strict=True):
                room -= _write(opened, member, folder / path, room, archive)
            return paths
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as problem:
        raise Damaged(f"{archive.name} is no zip file that can be read ({problem}). Fetch it again.") from problem


def _paths(archive: Path, members: list[zipfile.ZipInfo]) -> list[str]:
    for member in members:
        mode = member.external_attr >> 16
        if mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode):
            raise Refused(f"{archive.name} holds {member.filename!r}, which is a link or a device; nothing is unpacked")
        if member.flag_bits & 1:
            raise Refused(f"{archive.name} holds {member.filename!r} under a password; nothing is unpacked")
    named = [safe_path(member.filename, archive.name) for member in members]
    inside = all(path.startswith(f"{archive.stem}/") for path in named)
    return named if inside else [f"{archive.stem}/{path}" for path in named]


def _write(opened: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, room: int, archive: Path) -> int:
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with opened.open(member) as source, target.open("wb") as file:
        while block := source.read(CHUNK):
            written += len(block)
            if written > room:
                raise Refused(
                    f"{archive.name} unpacks to more than is allowed for this data set; nothing of it is kept"
                )
            file.write(block)
    return written
