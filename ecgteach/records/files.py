"""Files of strangers: which may be opened, how their names are shown, and what a library's fault means in our words.

Whatever the readers of this package open goes through `regular` first, and whatever a library does with it happens
inside `reading`. A library's own message never reaches a person: it may quote what stands in the file, and its advice
is for programmers.
"""

import errno
import math
import stat
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import EcgteachError, UnreadableFile

LONGEST_NAME = 300
LONGEST_QUOTE = 24
LARGEST_FILE = 2 * 1024**3
"""Bytes of the largest file that is opened: a day of twelve leads at 500 Hz and 16 bits has half of that."""

LARGEST_TEXT = 256 * 1024**2
LARGEST_HEADER = 8 * 1024**2
MOST_SAMPLES = 600_000_000
"""Samples of all leads together that are taken into memory: a day of twelve leads at 500 Hz has 518 million."""

REASONS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (MemoryError, "it asks for more memory than this machine has"),
    (RecursionError, "it is nested too deeply"),
    (PermissionError, "it may not be read by this user"),
    (FileNotFoundError, "it is missing"),
    (UnicodeError, "its text is in an unknown encoding"),
    (EOFError, "it ends too early"),
    (OSError, "it cannot be read from the disk, or it ends too early"),
)
"""What kinds of fault mean, the first that fits; anything else is damage."""


def shown(what: object, limit: int = LONGEST_NAME) -> str:
    r"""A name as it may stand in a message: nothing that moves a cursor, nothing without end.

    >>> shown("a\x1b[2Jb")
    'a\\x1b[2Jb'
    """
    text = str(what)
    if len(text) > limit:
        half = limit // 2 - 3
        text = f"{text[:half]} ... {text[-half:]}"
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in text)


def quoted(cell: str) -> str:
    """What stands in a file, as a message quotes it: whole where it is short, else only its length.

    >>> quoted("three"), quoted("3" * 1000)
    ("'three'", 'a word of 1,000 signs')
    """
    return f"a word of {len(cell):,} signs" if len(cell) > LONGEST_QUOTE else f"'{shown(cell)}'"


def is_there(path: Path) -> bool:
    """Whether a name is a file's; False too for one that no file can have."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Whether a name is a folder's; False too for one that no folder can have."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def regular(path: Path, *, at_most: int = LARGEST_FILE, missing: str = "is missing") -> int:
    """Size in bytes of a file that can be opened without waiting for ever and without filling the memory.

    Raises
    ------
    UnreadableFile
        When it is missing, a folder, a pipe or a device, larger than `at_most`, or has a name that no file can have.
    """
    try:
        found = path.stat()
    except (OSError, ValueError) as problem:
        raise UnreadableFile(_unopened(path, problem, missing)) from problem
    if stat.S_ISREG(found.st_mode) and found.st_size <= at_most:
        return found.st_size
    name = shown(path)
    if stat.S_ISDIR(found.st_mode):
        raise UnreadableFile(f"{name} is a folder; name a file in it")
    if not stat.S_ISREG(found.st_mode):
        raise UnreadableFile(f"{name} is no ordinary file (a pipe or a device); copy what it holds into a file")
    raise UnreadableFile(
        f"{name} has {found.st_size / 1024**2:,.0f} MB; up to {at_most / 1024**2:,.0f} MB are read. "
        "Cut out the segment that you need"
    )


def _unopened(path: Path, problem: OSError | ValueError, missing: str) -> str:
    """Why nothing is known of a file, in words."""
    name = shown(path)
    number = problem.errno if isinstance(problem, OSError) else None
    if number is None:
        return f"{name} is no name that a file can have; check it"
    if number == errno.ENAMETOOLONG:
        return f"{name} is too long for a file's name ({len(str(path)):,} signs); check it"
    if number == errno.ELOOP:
        return f"{name} is a link that leads to itself; name the file itself"
    if number in (errno.EACCES, errno.EPERM):
        return f"{name} may not be read by this user; change its permissions"
    return f"{name} {missing}"


def content(path: Path, *, at_most: int = LARGEST_FILE, missing: str = "is missing") -> bytes:
    """All bytes of a file that `regular` lets pass."""
    regular(path, at_most=at_most, missing=missing)
    with reading(path, "file"):
        return path.read_bytes()


def beginning(path: Path, length: int = 512) -> bytes:
    """The first bytes of a file, by which its kind is told."""
    regular(path)
    with reading(path, "file"), path.open("rb") as file:
        return file.read(length)


@contextmanager
def reading(path: Path | str, kind: str, way_out: str = "Fetch it again, or export it anew") -> Iterator[None]:
    """Whatever goes wrong in here is told in one sentence of ours, with the library's error as its cause.

    A damaged file makes libraries raise nearly anything (``IndexError``, ``AttributeError``, ``OverflowError``, classes
    of their own), and which changes between versions. So every `Exception` is taken; only calls of libraries belong in
    here, or faults of our own would be hidden. Warnings of libraries stay unsaid too: they quote what is in the file.

    Raises
    ------
    UnreadableFile
        Instead of any error that is not of the project's family.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except EcgteachError:
        raise
    except Exception as problem:
        reason = next((words for kinds, words in REASONS if isinstance(problem, kinds)), "it is damaged")
        raise UnreadableFile(f"{shown(path)} is no readable {kind}: {reason}. {way_out}") from problem


def check_memory(path: Path, samples: int) -> None:
    """Refuse a recording that, with all its leads, would not fit into memory."""
    if samples > MOST_SAMPLES:
        raise UnreadableFile(
            f"{shown(path)} describes {samples:.3g} samples; up to {MOST_SAMPLES:.3g} are read at once. "
            "Cut out the segment that you need"
        )


def check_archive(path: Path, *, at_most: int) -> None:
    """Refuse an archive (``.npz``, ``.xlsx``) that unpacks to more than `at_most` bytes.

    The sizes in its list are what an unpacker will go by: it stops there, whatever more is packed.
    """
    with reading(path, "archive"), zipfile.ZipFile(path) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > at_most:
        raise UnreadableFile(
            f"{shown(path)} unpacks to {math.ceil(unpacked / 1024**2):,} MB; "
            f"up to {at_most / 1024**2:,.0f} MB are read. Cut out the segment that you need"
        )
