"""A connection that is watched byte by byte: silence, least speed, deadline, chatter without data, the order to stop.

`requests` and `urllib3` know one limit: the pause between two bytes. A server that sends a byte now and then, headers
without end or ``100 Continue`` for ever keeps within it. So the sockets themselves are watched here, from the first
byte of a header on, also those to a proxy; all else stays with the libraries.
"""

import io
import time
from threading import Event
from typing import Any

import requests
import urllib3.connection
import urllib3.connectionpool
from requests.adapters import HTTPAdapter

from .patience import Broken, Patience, Stopped, TooLate

STEP = 0.2
"""Seconds after which a thread that waits for bytes looks whether it should go on waiting."""

CHATTER = 1 << 20
"""Bytes that may come without one byte of the file among them: headers, interim answers, trailers."""


class Watch:
    """What the connections of one thread are held to.

    Parameters
    ----------
    patience : Patience
        Time-outs and least speed.
    stopped : threading.Event
        Set when the fetch is over.
    """

    def __init__(self, patience: Patience, stopped: Event) -> None:
        self.patience, self.stopped = patience, stopped
        self.deadline = float("inf")
        self.begin()

    def begin(self) -> None:
        """A request is sent: whatever comes from now on belongs to its answer."""
        self._asked = self._last = self._window = time.monotonic()
        self._came = self._chatter = 0
        self._head = True

    def data(self) -> None:
        """Bytes of the file itself came."""
        self._head = False
        self._chatter = 0

    def received(self, count: int) -> None:
        """So many bytes came over the wire.

        Raises
        ------
        Broken
            When they are too few for the time that passed, or none of many belongs to the file.
        """
        now = time.monotonic()
        self._last = now
        self._came += count
        self._chatter += count
        if self._chatter > CHATTER:
            raise Broken("the server sends headers without end, and no data", answered=True)
        passed = now - self._window
        if passed > self.patience.read:
            if self._came < self.patience.slowest * passed:
                raise Broken(f"it sent {self._came} bytes in {passed:.0f} s", stalled=True, answered=True)
            self._window, self._came = now, 0

    def check(self) -> None:
        """Whether to go on waiting.

        Raises
        ------
        Stopped, TooLate, Broken
            When not.
        """
        now = time.monotonic()
        if self.stopped.is_set():
            raise Stopped
        if now > self.deadline:
            raise TooLate
        if now - self._last > self.patience.read:
            raise Broken(f"no byte came for {self.patience.read:g} s", stalled=True, answered=True)
        if self._head and now - self._asked > 2 * self.patience.read:
            raise Broken(
                f"the server's answer did not begin within {2 * self.patience.read:g} s", stalled=True, answered=True
            )


class _WatchedFile(io.RawIOBase):
    """What a socket receives. `SocketIO` of the standard library does not go on after a time-out; this does."""

    def __init__(self, sock: Any, watch: Watch) -> None:
        # The socket stays open as long as a file made from it: http.client counts on that.
        self._sock, self._watch, self._held = sock, watch, sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            self._watch.check()
            try:
                count: int = self._sock.recv_into(buffer)
            except TimeoutError:
                continue
            self._watch.received(count)
            return count

    def close(self) -> None:
        self._held.close()
        super().close()


class _WatchedSocket:
    """A connected socket that is read under a watch."""

    def __init__(self, sock: Any, watch: Watch) -> None:
        self._sock, self._watch = sock, watch
        sock.settimeout(STEP)

    def makefile(self, *_: object, **__: object) -> io.BufferedReader:
        return io.BufferedReader(_WatchedFile(self._sock, self._watch))

    def settimeout(self, seconds: float | None) -> None:
        """Nothing: how long is waited is the watch's."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class Adapter(HTTPAdapter):
    """What carries the requests of one thread's session, over watched connections.

    Parameters
    ----------
    watch : Watch
        What they are held to.
    """

    def __init__(self, watch: Watch) -> None:
        self._pools = _pools(watch)
        super().__init__(max_retries=0)

    def init_poolmanager(self, *arguments: Any, **settings: Any) -> None:
        """Make the pools of connections, with ours in them."""
        super().init_poolmanager(*arguments, **settings)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **settings: Any) -> Any:
        """Those to a proxy too; only SOCKS has its own, which are held to the pause between two bytes."""
        manager = super().proxy_manager_for(proxy, **settings)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = self._pools
        return manager


def _pools(watch: Watch) -> dict[str, type[urllib3.connectionpool.HTTPConnectionPool]]:
    class Watched:
        sock: Any

        def connect(self) -> None:
            super().connect()  # type: ignore[misc]
            watch.begin()
            self.sock = _WatchedSocket(self.sock, watch)

        def _tunnel(self) -> None:
            # What a proxy says before TLS begins; TLS itself needs the bare socket again.
            bare = self.sock
            watch.begin()
            self.sock = _WatchedSocket(bare, watch)
            super()._tunnel()  # type: ignore[misc]
            self.sock = bare
            bare.settimeout(watch.patience.connect)

    class Plain(Watched, urllib3.connection.HTTPConnection):
        pass

    class Secure(Watched, urllib3.connection.HTTPSConnection):
        pass

    class PlainPool(urllib3.connectionpool.HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(urllib3.connectionpool.HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def session(watch: Watch, *, trust_env: bool) -> requests.Session:
    """A session whose connections are watched.

    Parameters
    ----------
    watch : Watch
        What they are held to.
    trust_env : bool
        Whether the machine's proxy and certificates count.
    """
    made = requests.Session()
    made.headers.update({"Accept-Encoding": "identity", "User-Agent": "ecgteach-data-fetch"})
    made.trust_env = trust_env
    for scheme in ("http://", "https://"):
        made.mount(scheme, Adapter(watch))
    return made
