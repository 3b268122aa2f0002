"""One file from a web address to this disk, over a network that breaks.

`Transport` is a pooch downloader: `pooch.Pooch` keeps the registry of checksums, hashes what came and moves it to its
place, and calls this for the bytes. Pooch's own downloader (1.9) starts again from nothing after a break, follows a
redirect to any host, opens a new connection for each file, and waits without end for a server that sends a byte now
and then; a learner's network does all of that, so here are resuming, the rule for redirects, one connection a thread,
and a slowest speed.
"""

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import urllib3.exceptions

from .addresses import check_address, is_loopback, redirected
from .errors import FetchFailed, NotThere, Refused, Unreachable, writing
from .listing import LARGEST_LIST
from .progress import Progress

CHUNK = 1 << 16
REDIRECTS = 5
LONGEST_PAUSE = 60.0
TEMPORARY = frozenset({408, 425, 429, 500, 502, 503, 504})
PORTAL = (
    "{url} answers with a web page instead of data; a network that wants a log-in does that. "
    "Open any page in a browser, log in, and run the same command again."
)


@dataclass(frozen=True)
class Patience:
    """How long a server is waited for.

    Parameters
    ----------
    connect, read : float
        Seconds for the connection, and for the next bytes.
    tries : int
        Failures in a row, without a new byte, after which it is given up.
    pause : float
        Seconds before the second try; doubled for each further one.
    slowest : int
        Bytes per second; whoever sends less over `read` seconds counts as stalled.
    workers : int
        Files at the same time.
    """

    connect: float = 10.0
    read: float = 30.0
    tries: int = 4
    pause: float = 1.0
    slowest: int = 256
    workers: int = 6


class _Broken(Exception):
    """A break that may pass; `stalled` where bytes still came, but too few to wait for."""

    def __init__(
        self, reason: str, *, wait: float | None = None, stalled: bool = False, answered: bool = False
    ) -> None:
        super().__init__(reason)
        self.wait, self.stalled, self.answered = wait, stalled, answered


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
    """

    def __init__(
        self, parts: Path, patience: Patience, *, hosts: tuple[str, ...], largest: int, progress: Progress
    ) -> None:
        self.parts, self.patience, self.hosts, self.largest, self.progress = parts, patience, hosts, largest, progress
        self._stopped = threading.Event()
        self._sessions = threading.local()

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:  # noqa: ARG002 - pooch's signature
        """Bring `url` to `output_file`, as pooch asks for it."""
        part = self._part(url)
        self._bring(url, part)
        part.replace(output_file)

    def read(self, url: str) -> bytes:
        """A small document: a list of files, an index page."""
        part = self._part(url)
        self._bring(url, part, page=True)
        text = part.read_bytes()
        part.unlink()
        return text

    def stop(self) -> None:
        """Make every thread that is under way stop at its next bytes."""
        self._stopped.set()

    def _part(self, url: str) -> Path:
        return self.parts / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.part"

    def _bring(self, url: str, part: Path, *, page: bool = False) -> None:
        """Try, resume and wait until the file is whole, or nothing new has come for `tries` times in a row."""
        check_address(url)
        failures = 0
        while True:
            before = _size(part)
            try:
                return self._resume(url, part, page)
            except _Broken as broken:
                gained = _size(part) > before and not broken.stalled
                failures = 0 if gained else failures + 1
                if failures >= self.patience.tries:
                    raise _given_up(url, broken, failures) from broken
                self._pause(broken, failures)

    def _resume(self, url: str, part: Path, page: bool) -> None:
        have = _size(part)
        with self._open(url, {"Range": f"bytes={have}-"} if have else {}) as (response, final_url):
            have, whole = self._begin(response, final_url, part, have, page)
            if whole is not None:
                self.progress.expect(url, whole)
            self._write(response, url, part, have, whole, page)

    def _begin(
        self, response: requests.Response, url: str, part: Path, have: int, page: bool
    ) -> tuple[int, int | None]:
        """From which byte the answer goes on, and how many bytes the whole file has, if it says so."""
        status = response.status_code
        if status in (404, 410):
            raise NotThere(f"{url} is not there ({status}). Check --mirror and --version, or try again later.")
        if status in (401, 403):
            raise Refused(
                f"{url} wants a log-in ({status}), which this program never sends. Ask the source for access."
            )
        if status == 416:
            part.unlink(missing_ok=True)
            raise _Broken("the server would not go on from where it broke off", answered=True)
        if status in TEMPORARY:
            raise _Broken(f"the server says {status}", wait=_retry_after(response), answered=True)
        if status not in (200, 206):
            portal = f" {PORTAL.format(url=url)}" if status == 511 else ""
            raise FetchFailed(f"{url} answers {status}, which is no data.{portal}")
        if not page and response.headers.get("Content-Type", "").startswith("text/html"):
            raise FetchFailed(PORTAL.format(url=url))
        length = response.headers.get("Content-Length", "")
        if status == 200:
            return 0, int(length) if length.isdigit() else None
        span, _, total = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
        if not span.startswith(f"{have}-"):
            part.unlink(missing_ok=True)
            raise _Broken("the server went on from another place than asked", answered=True)
        return have, int(total) if total.isdigit() else None

    def _write(
        self, response: requests.Response, url: str, part: Path, have: int, whole: int | None, page: bool
    ) -> None:
        self.progress.stand(url, have)
        with writing(self.parts), part.open("r+b" if have else "wb") as file:
            file.seek(have)
            for block in self._blocks(response):
                if not page and file.tell() == 0 and block[:15].lower().startswith((b"<!doctype html", b"<html")):
                    file.truncate(0)
                    raise FetchFailed(PORTAL.format(url=url))
                file.write(block)
                self.progress.stand(url, file.tell())
                if file.tell() > (LARGEST_LIST if page else self.largest):
                    file.truncate(0)
                    raise Refused(f"{url} is longer than anything in this data set should be; it was thrown away")
        came = _size(part)
        if whole is not None and came < whole:
            raise _Broken(f"the connection was cut after {came} of {whole} bytes", answered=True)

    def _blocks(self, response: requests.Response) -> Iterator[bytes]:
        """Bytes as they come; a server slower than `slowest` over `read` seconds has stalled."""
        began, came = time.monotonic(), 0
        while True:
            if self._stopped.is_set():
                raise FetchFailed("stopped")
            try:
                block = response.raw.read1(CHUNK, decode_content=False)
            except urllib3.exceptions.ReadTimeoutError as problem:
                reason = f"no byte came for {self.patience.read:g} s"
                raise _Broken(reason, stalled=True, answered=True) from problem
            except (urllib3.exceptions.HTTPError, OSError) as problem:
                raise _Broken(f"the connection was cut ({_short(problem)})", answered=True) from problem
            if not block:
                return
            yield block
            came += len(block)
            passed = time.monotonic() - began
            if passed > self.patience.read:
                if came < self.patience.slowest * passed:
                    raise _Broken(f"it sent {came} bytes in {passed:.0f} s", stalled=True, answered=True)
                began, came = time.monotonic(), 0

    @contextmanager
    def _open(self, url: str, headers: dict[str, str]) -> Iterator[tuple[requests.Response, str]]:
        """The answer to a request, and from which address it came after the redirects that the rule allows."""
        for _ in range(REDIRECTS):
            response = self._get(url, headers)
            with response:
                target = response.headers.get("Location")
                if target is None or response.status_code not in (301, 302, 303, 307, 308):
                    yield response, url
                    return
            url = redirected(url, urljoin(url, target), self.hosts, self.progress.say)
        raise FetchFailed(f"{url} redirects again and again. Try again later, or another --mirror.")

    def _get(self, url: str, headers: dict[str, str]) -> requests.Response:
        try:
            return self._session(url).get(
                url,
                headers=headers,
                stream=True,
                allow_redirects=False,
                timeout=(self.patience.connect, self.patience.read),
            )
        except requests.exceptions.SSLError as problem:
            host = urlsplit(url).hostname
            raise Refused(
                f"the certificate of {host} is not valid here ({_short(problem)}). Check this computer's clock, and "
                "whether the network wants a log-in; nothing is fetched over a connection that could be read along."
            ) from problem
        except (requests.exceptions.ConnectionError, requests.exceptions.Timeout) as problem:
            raise _Broken(_short(problem)) from problem
        except requests.exceptions.RequestException as problem:
            raise Refused(f"{url} cannot be asked for ({_short(problem)}). Check --mirror.") from problem

    def _session(self, url: str) -> requests.Session:
        """One session a thread, so that a thousand files do not take a thousand connections."""
        if not hasattr(self._sessions, "held"):
            session = requests.Session()
            session.headers.update({"Accept-Encoding": "identity", "User-Agent": "ecgteach-data-fetch"})
            session.trust_env = not is_loopback(urlsplit(url).hostname or "")
            session.auth = _no_log_in
            self._sessions.held = session
        held: requests.Session = self._sessions.held
        return held

    def _pause(self, broken: _Broken, failures: int) -> None:
        wait = self.patience.pause * 2 ** max(failures - 1, 0) if broken.wait is None else broken.wait
        if failures:
            self.progress.say(f"{broken}; trying again ({failures + 1} of {self.patience.tries}).")
        if self._stopped.wait(min(wait, LONGEST_PAUSE)):
            raise FetchFailed("stopped")


def _no_log_in(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Send a request as it is: requests would else look for a password in the learner's own ``.netrc``."""
    return request


def _given_up(url: str, broken: _Broken, failures: int) -> FetchFailed:
    host = urlsplit(url).hostname
    if broken.answered:
        return FetchFailed(
            f"{url} could not be fetched: {broken}, {failures} times in a row. What came so far is kept: "
            "run the same command again later, or with --mirror URL."
        )
    return Unreachable(
        f"There is no connection to {host} ({broken}): the course runs without one on the recordings that came with "
        "it, and a copy nearby is reached with --mirror URL."
    )


def _retry_after(response: requests.Response) -> float | None:
    said = response.headers.get("Retry-After", "")
    return float(said) if said.isdigit() else None


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _short(problem: BaseException) -> str:
    """The innermost cause, in as few words as it has."""
    if isinstance(problem, requests.exceptions.Timeout):
        return "it did not answer in time"
    while True:
        inner = (
            getattr(problem, "reason", None)
            or problem.__cause__
            or next((arg for arg in problem.args if isinstance(arg, BaseException)), None)
        )
        if not isinstance(inner, BaseException):
            return str(problem.args[-1] if problem.args else type(problem).__name__).rpartition(": ")[2]
        problem = inner
