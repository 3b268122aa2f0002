"""How long a server is waited for, and how it is said that it was not worth it."""

from dataclasses import dataclass

from .errors import plain


@dataclass(frozen=True)
class Patience:
    """How long a server is waited for.

    Parameters
    ----------
    connect, read : float
        Seconds for the connection, and for the next bytes; an answer begins within twice `read`.
    tries : int
        Failures in a row, without a fair piece of the file, after which it is given up.
    pause : float
        Seconds before the second try; doubled for each further one.
    slowest : int
        Bytes per second; whoever sends less over `read` seconds counts as stalled.
    whole : float
        Seconds for one file from the first request to the last byte, all tries and pauses included, and besides what
        the bytes that have come take at `average`.
    average : int
        Bytes per second: a file that comes at this speed is never given up, however long it is.
    workers : int
        Files at the same time.
    """

    connect: float = 10.0
    read: float = 30.0
    tries: int = 4
    pause: float = 1.0
    slowest: int = 256
    whole: float = 900.0
    average: int = 4000
    workers: int = 6

    def seconds(self, came: int) -> float:
        """How long a file may have taken by the time that so many bytes have come."""
        return self.whole + came / self.average


class Stopped(Exception):
    """The fetch is over, by Ctrl-C or because another file failed; nobody is told of this one."""


class Broken(Exception):
    """A break that may pass.

    Parameters
    ----------
    reason : str
        What happened, as it stands in a message.
    wait : float, optional
        Seconds that the server asks for before the next try.
    stalled : bool
        Whether bytes still came, but too few to wait for.
    answered : bool
        Whether somebody answered at all.
    """

    def __init__(
        self, reason: str, *, wait: float | None = None, stalled: bool = False, answered: bool = False
    ) -> None:
        super().__init__(plain(reason))
        self.wait, self.stalled, self.answered = wait, stalled, answered


class TooLate(Exception):
    """The time for a whole file is over."""
