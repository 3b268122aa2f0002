"""Threads that work while the caller waits, and that never hold a program up: Ctrl-C is heard at once.

The standard library's pool waits at its end, and again at the program's end, for whatever its threads are in the middle
of: a time-out, a pause, the lookup of a name. These threads are daemons; who leaves gives them a second to stop.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import Any, Generic, Self, TypeVar

from .patience import Stopped

Given = TypeVar("Given")
Result = TypeVar("Result")

STEP = 0.2
"""Seconds after which the caller looks up from waiting: some systems hear Ctrl-C only then."""

LEAVE = 1.0
"""Seconds that the threads get to stop before they are left to themselves."""


@dataclass(frozen=True)
class Outcome(Generic[Given, Result]):
    """What became of one piece of work."""

    given: Given
    _made: Callable[[], Result]

    def result(self) -> Result:
        """What the work gave; raises what it raised."""
        return self._made()


@dataclass
class _Task:
    """Work on many things, of which each thread takes the next."""

    work: Callable[[Any], Any]
    things: Iterator[Any]
    ended: SimpleQueue[Outcome[Any, Any]] = field(default_factory=SimpleQueue)
    over: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)

    def drain(self) -> None:
        """Take one thing after another until none is left."""
        while not self.over.is_set():
            with self.lock:
                try:
                    thing = next(self.things)
                except StopIteration:
                    return
            try:
                made = self.work(thing)
            except BaseException as problem:
                self.ended.put(Outcome(thing, _raiser(problem)))
            else:
                self.ended.put(Outcome(thing, _giver(made)))


class Crew:
    """Some threads for one fetch, which keep what they hold (a connection, for one) from task to task.

    Parameters
    ----------
    size : int
        Threads at most; they start when there is work.
    stopped : threading.Event
        Is set when the crew is left by an error or by Ctrl-C; whoever works looks at it.
    """

    def __init__(self, size: int, stopped: Event) -> None:
        self.size, self.stopped = size, stopped
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._threads: list[Thread] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self.stopped.set()
        for _thread in self._threads:
            self._tasks.put(None)
        if kind is not None:
            until = time.monotonic() + LEAVE
            for thread in self._threads:
                thread.join(max(0.0, until - time.monotonic()))

    @contextmanager
    def at_once(
        self, work: Callable[[Given], Result], things: Sequence[Given]
    ) -> Iterator[Iterator[Outcome[Given, Result]]]:
        """Work on things in several threads; the outcomes come in the order in which they end.

        Whoever leaves before the last one has ended leaves the rest undone.
        """
        task = _Task(work, iter(things))
        hands = min(self.size, len(things))
        while len(self._threads) < hands:
            thread = Thread(target=self._serve, daemon=True, name="data_fetch")
            self._threads.append(thread)
            thread.start()
        for _ in range(hands):
            self._tasks.put(task)
        try:
            yield (self._next(task) for _ in things)
        finally:
            task.over.set()

    def do(self, work: Callable[[Given], Result], thing: Given) -> Result:
        """One piece of work, done by a thread while the caller waits."""
        with self.at_once(work, [thing]) as outcomes:
            return next(outcomes).result()

    def _serve(self) -> None:
        while (task := self._tasks.get()) is not None:
            task.drain()

    def _next(self, task: _Task) -> Outcome[Any, Any]:
        while True:
            try:
                return task.ended.get(timeout=STEP)
            except Empty:
                if self.stopped.is_set():
                    raise Stopped from None


def _giver(made: Result) -> Callable[[], Result]:
    return lambda: made


def _raiser(problem: BaseException) -> Callable[[], Any]:
    def again() -> Any:
        raise problem

    return again
