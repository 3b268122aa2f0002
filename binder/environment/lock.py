"""One set-up at a time: a lock that the system itself takes back from a process that dies."""

import errno
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from binder.environment.causes import SetupError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTSUP}
"""What file systems answer that know no locks: some network drives, some disks of computing centres."""


class NotWritable(SetupError):
    """The folder belongs to somebody else, or to a disk that cannot be written."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"The folder {folder} cannot be written by you, and .venv in it has to be made or renewed. Ask whoever set "
            "it up to run the same command once, or copy the folder to a place of your own and run start.py there."
        )


class Busy(SetupError):
    """Another start has the lock."""


@contextmanager
def locked(path: Path, wait: bool = True) -> Iterator[bool]:
    """Hold the lock that this file stands for, or wait for it and say so; true where it holds on every computer.

    The file is only what the lock hangs on and stays there: a file that is left over locks nothing. Where the file
    system knows no locks, a file in this computer's temporary folder serves, and other computers are not kept out.
    """
    try:
        descriptor, everywhere = held(path, wait), True
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise NotWritable(path.parent) from error
        if error.errno not in NO_LOCKS:
            raise SetupError(f"The lock {path} cannot be used ({error.strerror}). Move that file away.") from error
        print(f"The disk of {path.parent} knows no locks: set up the course on one computer at a time.", flush=True)
        descriptor, everywhere = held(stand_in(path), wait), False
    try:
        yield everywhere
    finally:
        os.close(descriptor)


def held(path: Path, wait: bool) -> int:
    """An open file with the lock on it, waited for where another start has it."""
    told = False
    while True:
        descriptor = opened(path)
        try:
            while not taken(descriptor):
                if not wait:
                    raise Busy("another start is setting up .venv")
                if not told:
                    print("Another start is setting up .venv just now. Waiting for it (Ctrl-C stops) ...", flush=True)
                    told = True
                time.sleep(0.2)
            if same_file(descriptor, path):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # somebody removed the file while we waited; the one that is there now is what counts


def opened(path: Path) -> int:
    """The lock's file; reading is enough where another user of a shared folder made it."""
    flags = os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    try:
        return os.open(path, os.O_RDWR | flags, 0o666)
    except PermissionError:
        if not path.exists():
            raise
        return os.open(path, os.O_RDONLY)


def taken(descriptor: int) -> bool:
    """Take the lock if it is free."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def same_file(descriptor: int, path: Path) -> bool:
    """Whether the path still leads to this open file."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def stand_in(path: Path) -> Path:
    """A file of this user's in the temporary folder that stands for this one."""
    user = os.getuid() if sys.platform != "win32" else ""
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"ecgteach-{user}-{name}.lock"
