"""Which web addresses are asked: https, this very machine, and no other host than the one that was asked for."""

import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit

from .errors import Refused


def check_address(url: str) -> None:
    """Refuse whatever is not https, but for plain http to this very machine.

    Raises
    ------
    Refused
        When the address could be read or changed on the way, or is no web address.
    """
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and is_loopback(parts.hostname or ""):
        return
    if parts.scheme not in ("http", "https"):
        raise Refused(
            f"{url} is no web address. For a folder on this computer set ECGTEACH_DATA to it; nothing needs fetching"
        )
    raise Refused(f"{url} is not https. Plain http is taken from this computer itself only (http://127.0.0.1:8000)")


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
    Refused
        When it leads anywhere else.
    """
    old, new = urlsplit(url), urlsplit(target)
    if (old.scheme, old.netloc) == (new.scheme, new.netloc):
        return target
    if new.scheme == "https" and new.netloc in hosts:
        say(f"{old.hostname} sends on to {new.hostname}, which the catalogue names as its store.")
        return target
    raise Refused(
        f"{url} redirects to {new.scheme}://{new.netloc}, another place than asked for; nothing was taken. "
        "A network that wants a log-in does that too: log in with a browser and run the same command again. "
        "If the source has moved, give its new folder as --mirror."
    )
