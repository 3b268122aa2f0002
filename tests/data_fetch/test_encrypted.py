"""Over https, and through a proxy, a fetch is watched as closely as without."""

import contextlib
import socket
import threading
import time
from dataclasses import replace

import pytest

from data_fetch import FetchFailed, Refused
from tests.data_fetch import server
from tests.data_fetch.conftest import QUICK, Desk, within
from tests.data_fetch.server import CERTIFICATE, serving

HASTY = replace(QUICK, tries=2, connect=0.4)


@pytest.fixture
def secure(tree):
    with serving(tree, secure=True) as mirror:
        yield mirror


@pytest.fixture
def desk(secure, tmp_path, monkeypatch):
    """A learner's machine that trusts the mirror's certificate, and on which its proxy counts for loopback too."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
    monkeypatch.setattr("data_fetch.transport.is_loopback", lambda _: False)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return Desk(secure, tmp_path / "desk")


def test_a_set_comes_over_https(desk):
    desk.fetch()
    assert desk.complete()


def test_a_certificate_that_nobody_vouches_for_is_refused(desk, secure, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(Refused, match=r"the certificate of 127\.0\.0\.1 is not valid here \(self.signed.*clock"):
        desk.fetch()
    assert not secure.asked


@pytest.mark.parametrize("begin", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 1500\r\n\r\n"])
def test_a_byte_now_and_then_is_given_up_over_https_too(desk, secure, begin):
    secure.misbehave(server.without_end(begin, b"x", 0.1), at="data/7.dat")
    with pytest.raises(FetchFailed, match=r"data/7\.dat could not be fetched: (it sent|the server's answer did not)"):
        within(15, lambda: desk.fetch(patience=replace(QUICK, tries=2)))
    assert desk.only_verified()


@contextlib.contextmanager
def listening(answer):
    """The port of a server that gives each connection to `answer`."""

    def serve():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=take, args=(connection,), daemon=True).start()

    def take(connection):
        with connection, contextlib.suppress(OSError):
            answer(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


def dripping(begin):
    def answer(connection):
        connection.sendall(begin)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            connection.sendall(b"x")
            time.sleep(0.1)

    return answer


def test_a_handshake_without_end_is_given_up(desk):
    hello = b"\x16\x03\x03\x40\x00"
    with (
        listening(dripping(hello)) as port,
        pytest.raises(FetchFailed, match=r"There is no connection to 127\.0\.0\.1"),
    ):
        within(10, lambda: desk.fetch(mirror=f"https://127.0.0.1:{port}", patience=HASTY))


@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\n"])
def test_a_proxy_without_end_is_given_up(desk, monkeypatch, begin):
    with listening(dripping(begin)) as port:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        with pytest.raises(FetchFailed):
            within(10, lambda: desk.fetch(patience=HASTY))


def relay(connection):
    """What a proxy does: open a way to the host that is asked for, and carry bytes both ways."""
    asked = b""
    while not asked.endswith(b"\r\n\r\n"):
        asked += connection.recv(1)
    host, _, port = asked.split()[1].decode().partition(":")
    with socket.create_connection((host, int(port))) as other:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = threading.Thread(target=carry, args=(other, connection), daemon=True)
        back.start()
        carry(connection, other)
        back.join(10)


def carry(source, target):
    with contextlib.suppress(OSError):
        while block := source.recv(1 << 16):
            target.sendall(block)
        target.shutdown(socket.SHUT_WR)


def test_a_set_comes_over_https_through_a_proxy(desk, secure, monkeypatch):
    taken = []

    def counted(connection):
        taken.append(connection)
        relay(connection)

    with listening(counted) as port:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        desk.fetch()
    assert desk.complete()
    assert taken
