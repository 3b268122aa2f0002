"""Which web addresses are asked: https, this very machine, and no other host than the one that was asked for.

A name and a password that stand in a mirror's address are taken out of it before anything else sees it (`Login`), so
no message, journal or log can hold them.
"""

import ipaddress
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from .errors import FetchFailed, Refused, quoted

SHOWN = 300
"""Characters of an address that a message shows at most."""


@dataclass(frozen=True)
class Login:
    """A name and a password for one origin (``https://host:port``); shown by no `repr` and sent nowhere else."""

    origin: str
    header: str = field(repr=False)


def split(url: str) -> SplitResult:
    """The parts of a web address.

    Raises
    ------
    Refused
        When it has none: a bracket that does not close, a port that is no number, a space or a control character.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")
    except ValueError:
        # The library's own words could hold the address, and with it a password: no cause is kept.
        sound = False
    else:
        sound = port != 0 and re.search(r"[\x00-\x20\x7f\\]", url) is None
    if not sound:
        raise Refused(
            f"{quoted(shown(url))} is no web address: its host or port is written wrongly, or a space is in it. It "
            "should look like https://example.org/data or http://127.0.0.1:8000; check --mirror."
        )
    return parts


def check_address(url: str) -> None:
    """Refuse whatever is not https, but for plain http to this very machine.

    Raises
    ------
    Refused
        When the address could be read or changed on the way, or is no web address.
    """
    parts = split(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and is_loopback(parts.hostname or ""):
        return
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused(
            f"{shown(url)} is no web address. For a folder on this computer set ECGTEACH_DATA to it; nothing needs "
            "fetching"
        )
    raise Refused(
        f"{shown(url)} is not https. Plain http is taken from this computer itself only (http://127.0.0.1:8000)"
    )


def mirrored(url: str) -> tuple[str, Login | None]:
    """A mirror's address as a person gave it, without the name and password that may stand in it, and these.

    Raises
    ------
    Refused
        When it is no address that files can be asked for below; the message shows no password, not even a broken one.

    >>> mirrored("https://me:secret@example.org/data/")
    ('https://example.org/data', Login(origin='https://example.org'))
    """
    head, at, rest = url.rpartition("@")
    scheme, mark, login = head.rpartition("://") if "://" in head else ("", "", head)
    if at and (not mark or not login.isprintable() or any(letter in login for letter in "/?#[]\\ ")):
        raise Refused(
            "the mirror's address holds an @, and what stands before it is no name and password. Write the address as "
            "https://NAME:PASSWORD@example.org/data, with %2F for a / in name or password, and %40 for any other @"
        )
    address = f"{scheme}{mark}{rest}" if at else url
    parts = split(address)
    if parts.query or parts.fragment or "?" in address or "#" in address:
        raise Refused(
            f"{shown(address)} is no folder's address: files are asked for below it, and it holds a ? or a #. "
            "Check --mirror."
        )
    check_address(address)
    if not at:
        return address.rstrip("/"), None
    name, _, password = login.partition(":")
    said = b64encode(f"{unquote(name)}:{unquote(password)}".encode())
    return address.rstrip("/"), Login(origin(address), f"Basic {said.decode('ascii')}")


def without_login(url: str) -> str:
    """An address without name and password, whoever wrote them into it."""
    parts = split(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def origin(url: str) -> str:
    """Scheme, host and port of an address: where a log-in holds.

    >>> origin("https://me:secret@Example.org:8443/data")
    'https://example.org:8443'
    """
    parts = split(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


def shown(url: str) -> str:
    """An address as a message may show it: without log-in, without what stands behind a question mark, not endless.

    >>> shown("https://me:secret@example.org/a?key=1")
    'https://example.org/a'
    """
    head, mark, rest = url.partition("://")
    place = (rest if mark else head).partition("?")[0].partition("#")[0]
    host, slash, path = place.partition("/")
    # Where no port stands behind the colon, an @ further on ends a password that holds a slash: hide all before it.
    if "@" in path and ":" in host and not host.rpartition(":")[2].isdigit():
        host, slash, path = "", "", path.rpartition("@")[2]
    text = f"{head}{mark}{host.rpartition('@')[2]}{slash}{path}" if mark else f"{host.rpartition('@')[2]}{slash}{path}"
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} ..."


def is_loopback(host: str) -> bool:
    """Whether a host is this very machine.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("example.org")
    (True, True, False)
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def redirected(url: str, target: str, hosts: tuple[str, ...], say: Callable[[str], None]) -> str:
    """Where a redirect may lead: the same host, or one that the catalogue names, and that is then said.

    Parameters
    ----------
    url, target : str
        The address that was asked, and the one it redirects to.
    hosts : tuple of str
        Hosts that the catalogue names as the source's own stores.
    say : callable, str -> None
        Takes the message about another host.

    Raises
    ------
    FetchFailed
        When it leads to something that is no address.
    Refused
        When it leads anywhere else.
    """
    try:
        new = split(target)
        target = without_login(target)
    except Refused:
        raise FetchFailed(
            f"{shown(url)} redirects to {quoted(shown(target))}, which is no web address: the server is at fault. "
            "Try again later, or another --mirror."
        ) from None
    if origin(url) == origin(target):
        return target
    if new.scheme == "https" and new.netloc in hosts:
        say(f"{split(url).hostname} sends on to {new.hostname}, which the catalogue names as its store.")
        return target
    raise Refused(
        f"{shown(url)} redirects to {shown(origin(target))}, another place than asked for; nothing was taken. "
        "A network that wants a log-in does that too: log in with a browser and run the same command again. "
        "If the source has moved, give its new folder as --mirror."
    )
