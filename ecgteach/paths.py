"""Where files lie: recordings that the user points to, and the folder where fetched ones go.

Two places are looked at, in this order: the folder that ``ECGTEACH_DATA`` names (only ever read), and the cache
(``ECGTEACH_CACHE``, or the platform's own cache folder), where fetching writes. Each holds data sets laid out as they
are published: ``<slug>/<version>/...``. `write_whole` is how this project writes a file, wherever it is.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from .errors import UnreadableFile, choices
from .sources import by_folder

DATA_VARIABLE = "ECGTEACH_DATA"
CACHE_VARIABLE = "ECGTEACH_CACHE"


def cache() -> Path:
    """Folder where fetched recordings are kept."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("ecgteach", appauthor=False)


def roots(data: str | Path | None = None) -> tuple[Path, ...]:
    """Folders in which data sets are looked for: `data` alone where it is given, else both usual places."""
    if data is not None:
        return (Path(data).expanduser(),)
    named = os.environ.get(DATA_VARIABLE)
    return (*((Path(named).expanduser(),) if named else ()), cache())


def versions(slug: str, data: str | Path | None = None) -> Iterator[Path]:
    """Version folders of a data set, the newest of each root first; a folder without versions stands for itself."""
    for root in roots(data):
        folder = root / slug
        if folder.is_dir():
            inside = [child for child in folder.iterdir() if child.is_dir() and child.name[:1].isdigit()]
            yield from sorted(inside, key=_version_key, reverse=True) or [folder]


def find(slug: str, data: str | Path | None = None, *, version: str | None = None) -> Path:
    """Folder of a data set, whatever version is there.

    Parameters
    ----------
    slug : str
        Name of the data set's folder, as PhysioNet writes it: ``"mitdb"``.
    data : path, optional
        Folder that holds the slugs; without it `roots` says where to look.
    version : str, optional
        Only this version will do.

    Raises
    ------
    UnreadableFile
        When it is nowhere; the message holds the command that fetches it.
    """
    found = list(versions(slug, data))
    for folder in found:
        if version is None or folder.name == version:
            return folder
    looked = choices(roots(data))
    if found:
        there = choices(folder.name for folder in found)
        raise UnreadableFile(f"version {version} of {slug} is not in {looked}; there is {there}")
    raise UnreadableFile(
        f"the data set {slug} is not in {looked}. Set {DATA_VARIABLE} to the folder that holds it, "
        f"or fetch it: {source.command if (source := by_folder(slug)) else f'python -m data_fetch {slug}'}"
    )


def write_whole(path: str | Path, content: bytes | str) -> Path:
    """Write a file, whole or not at all: beside its place first, then moved there; a file of that name is replaced.

    Raises
    ------
    UnreadableFile
        When it cannot be written; nothing is left behind.
    """
    path = Path(path)
    unfinished = path.with_name(f".{path.name}.{uuid4().hex[:8]}.part")
    try:
        unfinished.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        unfinished.replace(path)
    except OSError as problem:
        raise UnreadableFile(f"{path} cannot be written ({problem.strerror})") from problem
    finally:
        with suppress(OSError):
            unfinished.unlink()
    return path


def _version_key(folder: Path) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in folder.name.split("."))
