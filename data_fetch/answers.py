"""What a server's answer says before the first byte of a file, and what it means when there is none.

Each sentence here is about the server or the network, in words of ours: what a library or a server wrote is not passed
on to a terminal.
"""

import http.client
import socket
import ssl
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import requests
import urllib3.exceptions

from .addresses import shown, split
from .errors import FetchFailed, NotThere, Refused, quoted
from .patience import Broken

TEMPORARY = frozenset({408, 425, 429, 500, 502, 503, 504})
REDIRECTING = frozenset({301, 302, 303, 307, 308})
DIGITS = 15
"""Digits of a number of bytes, at most; a longer one is no number that anybody means."""

PORTAL = (
    "{url} answers with a web page instead of data; a network that wants a log-in does that. "
    "Open any page in a browser, log in, and run the same command again."
)
LOG_IN = (
    "{url} wants a log-in ({status}). For a mirror that gave you a name and a password, write its address as "
    "https://NAME:PASSWORD@host: they are sent to that host only and never written down. Else ask the source for "
    "access."
)
NOT_LET_IN = (
    "{url} does not let the name and password of the mirror's address in ({status}). Check them (%40 stands for an @, "
    "%2F for a /)."
)


@dataclass(frozen=True)
class Start:
    """From which byte an answer goes on, and how many bytes the whole file has, if the server says so."""

    at: int
    whole: int | None


def start(response: requests.Response, url: str, have: int, *, page: bool, login: bool) -> Start:
    """What an answer promises.

    Parameters
    ----------
    response : requests.Response
        The answer; nothing of its body is read.
    url : str
        Where it came from.
    have : int
        Bytes that are here already, after which the server was asked to go on.
    page : bool
        Whether a web page is wanted.
    login : bool
        Whether a name and a password were sent.

    Raises
    ------
    NotThere, Refused, FetchFailed
        When the server says no, for good.
    Broken
        When a second try may help; `Elsewhere` when it does so only from the first byte.
    """
    status, place = response.status_code, shown(url)
    if status in (404, 410):
        raise NotThere(f"{place} is not there ({status}). Check --mirror and --version, or try again later.")
    if status in (401, 403):
        raise Refused((NOT_LET_IN if login else LOG_IN).format(url=place, status=status))
    if status == 416:
        raise Elsewhere("the server would not go on from where it broke off", answered=True)
    if status in TEMPORARY:
        raise Broken(f"the server says {status}", wait=retry_after(response), answered=True)
    if status not in (200, 206):
        portal = f" {PORTAL.format(url=place)}" if status == 511 else ""
        raise FetchFailed(f"{place} answers {status}, which is no data.{portal}")
    if not page and response.headers.get("Content-Type", "").lower().startswith("text/html"):
        raise FetchFailed(PORTAL.format(url=place))
    length = _length(response)
    if status == 200:
        if length is None and "Transfer-Encoding" not in response.headers and _garbled(response):
            raise Broken("the server's headers are none", answered=True)
        return Start(0, length)
    span, _, total = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
    if not span.startswith(f"{have}-"):
        raise Elsewhere("the server went on from another place than asked", answered=True)
    return Start(have, _count(total) if length is None else have + length)


class Elsewhere(Broken):
    """The server cannot go on from where the file broke off: it is asked from the first byte."""


def retry_after(response: requests.Response) -> float | None:
    """Seconds that a server asks for, as a number or a date; None where it says nothing that can be meant."""
    said = response.headers.get("Retry-After", "").strip()
    if (seconds := _count(said)) is not None:
        return float(seconds)
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError, OSError, IndexError):
        return None


def _length(response: requests.Response) -> int | None:
    """How many bytes an answer has; the same number twice is one number."""
    said = {one.strip() for one in response.headers.get("Content-Length", "").split(",")} - {""}
    if not said:
        return None
    count = _count(next(iter(said)))
    if len(said) > 1 or count is None:
        raise Broken(f"the server states a length that is none ({quoted(', '.join(sorted(said)))})", answered=True)
    return count


def _garbled(response: requests.Response) -> bool:
    """Whether the headers end in a line that is none, with which the length of the file may have been lost."""
    original = getattr(response.raw, "_original_response", None)
    return bool(original is not None and original.headers.defects)


def _count(said: str) -> int | None:
    return int(said) if said.isascii() and said.isdigit() and len(said) <= DIGITS else None


def broken(problem: Exception, url: str) -> Broken | FetchFailed:
    """What it means when there is no answer, or it ends too early: a break that may pass, or a reason to stop.

    Parameters
    ----------
    problem : Exception
        What a library raised.
    url : str
        What was asked for.
    """
    causes = list(_causes(problem))
    for kind, words, reason, answered in REASONS:
        if any(isinstance(cause, kind) and str(cause).startswith(words) for cause in causes):
            return Broken(reason, answered=answered)
    host = split(url).hostname
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Refused(
                f"the certificate of {host} is not valid here ({cause.verify_message}). Check this computer's clock, "
                "and whether the network wants a log-in; nothing is fetched over a connection that could be read along."
            )
        if isinstance(cause, ssl.SSLError):
            return Broken("it does not speak TLS as https asks for", answered=True)
        if isinstance(cause, OSError) and cause.strerror and cause.errno:
            return Broken(cause.strerror)
    if isinstance(problem, requests.exceptions.ConnectionError | urllib3.exceptions.HTTPError | OSError):
        return Broken("the connection broke off")
    return FetchFailed(f"{shown(url)} cannot be asked for. Check --mirror.")


REASONS: tuple[tuple[type[BaseException], str, str, bool], ...] = (
    (urllib3.exceptions.InvalidHeader, "", "the server states two lengths that contradict each other", True),
    (http.client.RemoteDisconnected, "", "it closed the connection without an answer", False),
    (http.client.IncompleteRead, "", "the connection was cut", True),
    (http.client.LineTooLong, "", "the server sends a line without end where a header should be", True),
    (http.client.HTTPException, "got more than", "the server sends more headers than any answer has", True),
    (http.client.HTTPException, "", "what it answers is no HTTP", True),
    (
        OSError,
        "Could not find",
        "the file of certificates that REQUESTS_CA_BUNDLE names is not there",
        False,
    ),
    (requests.exceptions.InvalidProxyURL, "", "the address of this machine's proxy (https_proxy) is none", False),
    (urllib3.exceptions.ProxyError, "", "this machine's proxy (https_proxy) did not let it through", False),
    (socket.gaierror, "", "no such host is known here", False),
    (TimeoutError, "", "it did not answer in time", False),
)
"""What a library's error means, told by its type and first words; and whether it shows that somebody answered."""


def _causes(problem: BaseException | None) -> list[BaseException]:
    """An error and all that it was made from, the outermost first."""
    found: list[BaseException] = []
    waiting = [problem]
    while waiting and len(found) < 20:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            waiting += [getattr(one, "reason", None), one.__cause__, one.__context__]
            waiting += [argument for argument in one.args if isinstance(argument, BaseException)]
    return found
