"""Ctrl-C is heard within two seconds, wherever a fetch is, and the same command goes on afterwards."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from data_fetch import Patience
from data_fetch.store import workshop
from tests.data_fetch import server

SOON = 2.0
PATIENT = Patience(connect=60, read=60, pause=60, workers=6)
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="not run, because signals are sent otherwise there")


@pytest.fixture(autouse=True)
def heard():
    """Ctrl-C reaches this process, also where it was started in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Interrupted:
    """Ctrl-C as soon as something is so; afterwards, how long it took until the call came back."""

    def __init__(self, when):
        self.when, self.sent, self.over = when, None, threading.Event()

    def __enter__(self):
        threading.Thread(target=self._send, daemon=True).start()
        return self

    def _send(self):
        until = time.monotonic() + 20
        while not self.when() and time.monotonic() < until:
            time.sleep(0.01)
        if not self.over.wait(0.1):
            self.sent = time.monotonic()
            os.kill(os.getpid(), signal.SIGINT)

    def __exit__(self, kind, *_):
        self.over.set()
        assert self.sent is not None, "it ended before it could be interrupted"
        self.took = time.monotonic() - self.sent
        return kind is KeyboardInterrupt


def threads_that_hold_the_program_up():
    return [thread for thread in threading.enumerate() if not thread.daemon and thread is not threading.main_thread()]


FAULTS = {
    "a header that does not come": (server.without_end(b"HTTP/1.1 200 OK\r\n", b"x", 0.1), ".dat"),
    "files that stand still": (
        server.without_end(b"HTTP/1.1 200 OK\r\nContent-Length: 1500\r\n\r\n", b"", 0.1),
        ".dat",
    ),
    "a list that does not come": (server.without_end(b"", b"", 0.1), "SUMS.txt"),
    "the pause before the next try": (server.status(503), ".dat"),
    "the pause that a server asks for": (server.status(429, {"Retry-After": "50"}), ".dat"),
}


@pytest.mark.parametrize("place", FAULTS)
def test_ctrl_c_is_heard_in(desk, mirror, place):
    fault, at = FAULTS[place]
    mirror.misbehave(fault, at=at)
    with Interrupted(lambda: any(path.endswith(at) for path, _ in mirror.asked)) as after:
        desk.fetch(patience=PATIENT)
    assert after.took < SOON
    assert not threads_that_hold_the_program_up()
    assert desk.only_verified()
    mirror.behave()
    desk.fetch()
    assert desk.complete()


@contextlib.contextmanager
def black_hole():
    """An address on this machine that never takes a connection: its queue is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, contextlib.ExitStack() as held:
        for _ in range(3):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.skipif(sys.platform != "linux", reason="not run, because a full queue refuses elsewhere")
def test_ctrl_c_is_heard_while_connecting(desk):
    with black_hole() as url, Interrupted(lambda: True) as after:
        desk.fetch(mirror=url, patience=PATIENT)
    assert after.took < SOON
    assert not threads_that_hold_the_program_up()


def test_ctrl_c_is_heard_while_another_fetch_is_waited_for(desk):
    with workshop(desk.root, "ludb", print), Interrupted(lambda: desk.heard) as after:
        desk.fetch()
    assert after.took < SOON


def test_ctrl_c_is_heard_while_files_are_hashed(desk, monkeypatch):
    desk.fetch()
    started = threading.Event()

    def slow(*_):
        started.set()
        time.sleep(5)

    monkeypatch.setattr("data_fetch.store.pooch.file_hash", slow)
    with Interrupted(started.is_set) as after:
        desk.fetch()
    assert after.took < SOON
    assert not threads_that_hold_the_program_up()


def test_the_program_itself_ends_too_and_says_how_to_go_on(desk, mirror):
    mirror.misbehave(server.without_end(b"HTTP/1.1 200 OK\r\n", b"x", 0.1), at=".dat")
    command = [sys.executable, "-m", "data_fetch", "ludb", "--mirror", mirror.url, "--to", str(desk.root)]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 30
    while not any(path.endswith(".dat") for path, _ in mirror.asked) and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.2)
    sent = time.monotonic()
    started.send_signal(signal.SIGINT)
    _, said = started.communicate(timeout=40)
    assert time.monotonic() - sent < SOON
    assert started.returncode == 130
    assert "run the same command again and it goes on" in said and "Traceback" not in said
