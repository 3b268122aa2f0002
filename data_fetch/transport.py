"""One file from a web address to this disk, over a network that breaks.

`Transport` is a pooch downloader: `pooch.Pooch` keeps the registry of checksums, hashes what came and moves it to its
place, and calls this for the bytes. Pooch's own downloader (1.9) starts again from nothing after a break, follows a
redirect to any host, opens a new connection for each file, and waits without end for a server that sends a byte now
and then; a learner's network does all of that, so here are resuming, the rule for redirects, one connection a thread,
a slowest speed (`wire`) and a deadline for each file.
"""

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests
import urllib3.exceptions

from .addresses import Login, check_address, is_loopback, origin, redirected, shown, split
from .answers import PORTAL, REDIRECTING, Elsewhere, broken, start
from .catalogue import megabytes
from .errors import FetchFailed, Refused, Unreachable, writing
from .patience import Broken, Patience, Stopped, TooLate
from .progress import Progress
from .store import ordinary
from .wire import Watch, session

CHUNK = 1 << 16
REDIRECTS = 5
LONGEST_PAUSE = 60.0
FAIR = 20
"""A try that brings a twentieth of a file, or `CHUNK`, has got on; a byte each time is no progress."""


@dataclass
class _Errand:
    """One file that is being brought: from where, to where, how long it may be, and since when it is waited for."""

    url: str
    part: Path
    largest: int
    page: bool
    began: float
    whole: int | None = None

    @property
    def here(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    @property
    def fair(self) -> int:
        """Bytes that a try must bring to count as one that got on."""
        return CHUNK if self.whole is None else max(1, min(CHUNK, self.whole // FAIR))


class Transport:
    """A pooch downloader that resumes, retries, keeps to its host, and never waits for ever.

    Parameters
    ----------
    parts : path
        Folder for files that are under way; what a break leaves there is taken up by the next try, or the next run.
    patience : Patience
        Time-outs and tries.
    hosts : tuple of str
        Hosts to which a redirect may lead, because the source itself is known to use them.
    largest : int
        Bytes beyond which a file is not believed and not read on, so that no server can fill the disk.
    progress : Progress
        Is told of every byte.
    stopped : threading.Event
        Set by whoever ends the fetch: every thread that is under way then stops at its next bytes.
    login : Login, optional
        A name and a password, and the only origin that they are sent to.
    """

    def __init__(
        self,
        parts: Path,
        patience: Patience,
        *,
        hosts: tuple[str, ...],
        largest: int,
        progress: Progress,
        stopped: threading.Event,
        login: Login | None = None,
    ) -> None:
        self.parts, self.patience, self.hosts, self.largest, self.progress = parts, patience, hosts, largest, progress
        self._stopped, self._login = stopped, login
        self._held = threading.local()

    def __call__(self, url: str, output_file: str, pooch: Any, largest: int | None = None) -> None:  # noqa: ARG002
        """Bring `url` to `output_file`, as pooch asks for it; at most `largest` bytes of it."""
        part = self._part(url)
        self._bring(_Errand(url, part, largest or self.largest, False, time.monotonic()))
        part.replace(output_file)

    def read(self, url: str, largest: int) -> bytes:
        """A small document of at most so many bytes: a list of files, an index page."""
        part = self._part(url)
        self._bring(_Errand(url, part, largest, True, time.monotonic()))
        text = part.read_bytes()
        part.unlink()
        return text

    def _part(self, url: str) -> Path:
        part = self.parts / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.part"
        with writing(self.parts):
            if not ordinary(part):
                part.unlink(missing_ok=True)
        return part

    def _bring(self, errand: _Errand) -> None:
        """Try, resume and wait until the file is whole, too little has come too often, or its time is over."""
        check_address(errand.url)
        failures = 0
        while True:
            before = errand.here
            try:
                return self._resume(errand)
            except TooLate:
                raise self._late(errand) from None
            except Broken as problem:
                if isinstance(problem, Elsewhere):
                    errand.part.unlink(missing_ok=True)
                gained = errand.here - before >= errand.fair and not problem.stalled
                failures = 0 if gained else failures + 1
                if failures >= self.patience.tries:
                    raise _given_up(errand.url, problem, failures) from None
                self._pause(problem, failures, errand)

    def _resume(self, errand: _Errand) -> None:
        have = errand.here
        with self._open(errand, {"Range": f"bytes={have}-"} if have else {}) as (response, url):
            login = self._login is not None and self._login.origin == origin(url)
            begun = start(response, url, have, page=errand.page, login=login)
            errand.whole = begun.whole
            if begun.whole is not None:
                if begun.whole > errand.largest:
                    raise _too_long(errand)
                self.progress.expect(errand.url, begun.whole)
            self._write(response, errand, begun.at)

    def _write(self, response: requests.Response, errand: _Errand, at: int) -> None:
        url, part = errand.url, errand.part
        self.progress.stand(url, at)
        with writing(self.parts), part.open("r+b" if at else "wb") as file:
            file.seek(at)
            for block in self._blocks(response, errand, at):
                looks_like_a_page = block[:15].lower().startswith((b"<!doctype html", b"<html"))
                if not errand.page and file.tell() == 0 and looks_like_a_page:
                    file.truncate(0)
                    raise FetchFailed(PORTAL.format(url=shown(url)))
                file.write(block)
                came = file.tell()
                self.progress.stand(url, came)
                if came > errand.largest:
                    file.truncate(0)
                    raise _too_long(errand)
        if errand.whole is not None and errand.here < errand.whole:
            raise Broken(f"the connection was cut after {errand.here} of {errand.whole} bytes", answered=True)

    def _blocks(self, response: requests.Response, errand: _Errand, came: int) -> Iterator[bytes]:
        """Bytes as they come, as long as they come fast enough."""
        watch = self._watch
        while True:
            watch.deadline = errand.began + self.patience.seconds(came)
            watch.check()
            try:
                block = response.raw.read1(CHUNK, decode_content=False)
            except (urllib3.exceptions.HTTPError, OSError, ValueError) as problem:
                raise _within(broken(problem, errand.url)) from None
            if not block:
                return
            came += len(block)
            watch.data()
            yield block

    @contextmanager
    def _open(self, errand: _Errand, headers: dict[str, str]) -> Iterator[tuple[requests.Response, str]]:
        """The answer to a request, and from which address it came after the redirects that the rule allows."""
        url = errand.url
        self._watch.deadline = errand.began + self.patience.seconds(errand.here)
        for _ in range(REDIRECTS):
            response = self._get(url, headers)
            with response:
                target = response.headers.get("Location")
                if target is None or response.status_code not in REDIRECTING:
                    yield response, url
                    return
            url = redirected(url, _joined(url, target), self.hosts, self.progress.say)
        raise FetchFailed(f"{shown(url)} redirects again and again. Try again later, or another --mirror.")

    def _get(self, url: str, headers: dict[str, str]) -> requests.Response:
        asked = self._session(url)
        self._watch.begin()
        self._watch.check()
        if self._login is not None and self._login.origin == origin(url):
            headers = {**headers, "Authorization": self._login.header}
        try:
            request = asked.prepare_request(requests.Request("GET", url, headers, auth=_as_it_is))
            # Not `session.send`: it would read the body of a redirect, however long, and look where it leads.
            settings = asked.merge_environment_settings(url, {}, True, None, None)
            return asked.get_adapter(url).send(request, timeout=(self.patience.connect, self.patience.read), **settings)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as problem:
            # Without the cause: a traceback in a notebook would show what the server sent, byte by byte.
            raise broken(problem, url) from None

    @property
    def _watch(self) -> Watch:
        """What this thread's connections are held to."""
        if not hasattr(self._held, "watch"):
            self._held.watch = Watch(self.patience, self._stopped)
        held: Watch = self._held.watch
        return held

    def _session(self, url: str) -> requests.Session:
        """One session a thread, so that a thousand files do not take a thousand connections."""
        if not hasattr(self._held, "session"):
            self._held.session = session(self._watch, trust_env=not is_loopback(split(url).hostname or ""))
        held: requests.Session = self._held.session
        return held

    def _pause(self, problem: Broken, failures: int, errand: _Errand) -> None:
        wait = self.patience.pause * 2 ** max(failures - 1, 0) if problem.wait is None else problem.wait
        if failures:
            self.progress.say(f"{problem}; trying again ({failures + 1} of {self.patience.tries}).")
        left = errand.began + self.patience.seconds(errand.here) - time.monotonic()
        if self._stopped.wait(max(0.0, min(wait, LONGEST_PAUSE, left))):
            raise Stopped
        if left <= wait:
            raise self._late(errand)

    def _late(self, errand: _Errand) -> FetchFailed:
        of = "" if errand.whole is None else f" of {megabytes(errand.whole)}"
        return FetchFailed(
            f"{shown(errand.url)} could not be fetched: {megabytes(errand.here)}{of} came in "
            f"{time.monotonic() - errand.began:,.0f} s, and no longer is waited for. What came so far is kept: run the "
            "same command again later, or with --mirror URL."
        )


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Send a request as it is: requests would else look for a password in the learner's own ``.netrc``."""
    return request


def _joined(url: str, target: str) -> str:
    """Where a redirect leads, seen from the page that redirects."""
    try:
        return urljoin(url, target)
    except ValueError:
        return target


def _within(problem: Broken | FetchFailed) -> Broken | FetchFailed:
    """A break in the middle of an answer: somebody answered."""
    if isinstance(problem, Broken):
        problem.answered = True
    return problem


def _too_long(errand: _Errand) -> Refused:
    return Refused(
        f"{shown(errand.url)} is longer than anything in this data set should be; it was thrown away, and more than "
        f"{megabytes(errand.largest)} are not read"
    )


def _given_up(url: str, problem: Broken, failures: int) -> FetchFailed:
    if problem.answered:
        return FetchFailed(
            f"{shown(url)} could not be fetched: {problem}, {failures} times in a row. What came so far is kept: "
            "run the same command again later, or with --mirror URL."
        )
    return Unreachable(
        f"There is no connection to {split(url).hostname} ({problem}): the course runs without one on the recordings "
        "that came with it, and a copy nearby is reached with --mirror URL."
    )
