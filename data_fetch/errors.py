"""What can go wrong between a server and this disk: each message holds the way out."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ecgteach.errors import EcgteachError

QUOTED = 60
"""Characters of something foreign that a message shows at most."""


def plain(text: str) -> str:
    r"""A text without anything that a terminal would obey: control characters, changes of direction, line breaks.

    >>> plain("a\x1b[31mb\n")
    'a?[31mb?'
    """
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def quoted(said: object) -> str:
    """What a stranger wrote, as it may stand in a message: plain, in quotes, cut where it is long.

    >>> quoted("x" * 1000)
    "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx ...'"
    """
    text = said if isinstance(said, str) else str(said)
    return f"'{plain(text[:QUOTED])}{' ...' if len(text) > QUOTED else ''}'"


class FetchFailed(EcgteachError, OSError):
    """Something could not be fetched; whatever is in the data set's folder is verified all the same.

    The message is made `plain`, whatever a server put into it.
    """

    def __init__(self, message: str) -> None:
        super().__init__(plain(message))


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
        reason = problem.strerror or str(problem)
        raise FetchFailed(f"{folder} cannot be written ({reason}). Choose another place with --to.") from problem
