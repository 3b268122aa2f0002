"""How far a fetch has come, for a person who waits: bytes, time left, and what happened on the way."""

import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

Say = Callable[[str], None]


def aloud(message: str) -> None:
    """Print a message to the error stream, above a bar where there is one."""
    from tqdm.auto import tqdm

    tqdm.write(message, file=sys.stderr)


class Progress:
    """A bar over all files at once, in a terminal or a notebook; threads may tell it what they do.

    Parameters
    ----------
    say : callable, str -> None
        Takes the messages.
    """

    def __init__(self, say: Say) -> None:
        self._lengths: dict[str, int] = {}
        self._stands: dict[str, int] = {}
        self._said: set[str] = set()
        self._say = say
        self._lock = threading.Lock()
        self._bar: Any = None

    def begin(self, usual: Mapping[str, int], title: str) -> None:
        """Show a bar for these addresses, each with the bytes that its file usually has; true sizes replace them."""
        from tqdm.auto import tqdm

        self._lengths = dict(usual)
        self._bar = tqdm(total=sum(usual.values()), desc=title, unit="B", unit_scale=True, mininterval=0.2)

    def expect(self, url: str, length: int) -> None:
        """A file has this many bytes."""
        with self._lock:
            if url in self._lengths:
                self._bar.total += length - self._lengths[url]
                self._lengths[url] = length

    def stand(self, url: str, bytes_here: int) -> None:
        """So many bytes of a file are here; fewer than before when it starts again."""
        with self._lock:
            if url in self._lengths:
                self._bar.update(bytes_here - self._stands.get(url, 0))
                self._stands[url] = bytes_here

    def say(self, message: str) -> None:
        """Tell the person something that may happen in several threads, once."""
        with self._lock:
            if message not in self._said:
                self._said.add(message)
                self._say(message)

    def close(self) -> None:
        """End the bar where it stands."""
        if self._bar is not None:
            self._bar.refresh()
            self._bar.close()
