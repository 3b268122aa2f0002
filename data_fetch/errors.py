"""What can go wrong between a server and this disk: each message holds the way out."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ecgteach.errors import EcgteachError


class FetchFailed(EcgteachError, OSError):
    """Something could not be fetched; whatever is in the data set's folder is verified all the same."""


class Unreachable(FetchFailed, ConnectionError):
    """No network, no such server, or one that stopped answering."""


class NotThere(FetchFailed, FileNotFoundError):
    """The server answers, and says that it does not have this."""


class Damaged(FetchFailed, ValueError):
    """What came is not what its publisher's checksum, size or form says."""


class Refused(FetchFailed, PermissionError):
    """Something that is not done because it would not be safe: another host, plain http, a path that leads outside."""


class DiskFull(FetchFailed):
    """There is no room for it."""


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn the system's words for a full disk, or a place where nothing may be written, into ours.

    Raises
    ------
    DiskFull
        When the disk that holds `folder` is full.
    FetchFailed
        When nothing can be written there for another reason.
    """
    try:
        yield
    except EcgteachError:
        raise
    except OSError as problem:
        if problem.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(
                f"the disk of {folder} is full. Every file that is complete is kept: make room, or choose another "
                "place with --to, and run the same command again; it goes on where it stopped."
            ) from problem
        raise FetchFailed(f"{folder} cannot be written ({problem}). Choose another place with --to.") from problem
