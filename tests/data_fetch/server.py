"""A web server on this machine that serves a folder, and misbehaves on demand."""

import contextlib
import html
import ssl
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

CERTIFICATE = Path(__file__).with_name("localhost.pem")

Fault = Callable[["Handler", bytes], bool]
"""Answers a request in its own way, given the file's bytes; False where it lets the server answer as it should."""


class Handler(BaseHTTPRequestHandler):
    """Files with byte ranges, folders as index pages, and the faults of the mirror."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        path = unquote(self.path).lstrip("/")
        mirror = self.server.mirror
        mirror.asked.append((path, self.headers.get("Range")))
        mirror.logins.append(self.headers.get("Authorization"))
        place = mirror.root / path
        if mirror.delay:
            time.sleep(mirror.delay)
        content = place.read_bytes() if place.is_file() else b""
        if any(fault(self, content) for fault in mirror.faults_of(path)):
            return
        if place.is_dir():
            links = "".join(f'<a href="{html.escape(child.name)}/">.</a>' for child in sorted(place.iterdir()))
            self.answer(200, f"<html>{links}</html>".encode(), {"Content-Type": "text/html"})
        elif place.is_file():
            self.send_file(content)
        else:
            self.answer(404, b"not here", {"Content-Type": "text/html"})

    def send_file(self, content, *, until=None):
        """The file, or the asked range of it; `until` cuts the connection at that byte of the file."""
        start = self.start(content)
        self.begin(content, start)
        self.wfile.write(content[start:until])
        if until is not None and until < len(content):
            self.hang_up()

    def start(self, content):
        said = self.headers.get("Range")
        return int(said.removeprefix("bytes=").rstrip("-")) if said else 0

    def begin(self, content, start):
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("Content-Type", "application/octet-stream")
        self.end_headers()

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def hang_up(self):
        self.close_connection = True
        self.wfile.flush()

    def log_message(self, *_):
        """Say nothing; the mirror keeps what was asked."""


class Server(ThreadingHTTPServer):
    """One thread a connection; a client that hangs up is no news."""

    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Mirror:
    """The server's address, what it was asked, and what it does wrong."""

    def __init__(self, root, *, secure=False):
        self.root = Path(root)
        self.asked = []
        self.logins = []
        self.delay = 0.0
        self._faults = []
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.mirror = self
        self.url = f"http{'s' * secure}://127.0.0.1:{self._server.server_port}"
        if secure:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def misbehave(self, fault: Fault, *, at: str = "", times: float = float("inf")):
        """Answer requests whose path ends with `at` by this fault, so many times each."""
        seen = Counter()

        def limited(handler, content):
            seen[handler.path] += 1
            return seen[handler.path] <= times and fault(handler, content)

        self._faults.append((at, limited))

    def answer_first(self, at: str, body: bytes):
        """Answer requests whose path ends with `at` by these bytes, whatever other fault there is."""
        self._faults.insert(0, (at, lambda handler, content: handler.answer(200, body) or True))

    def behave(self):
        """Be an honest server from now on."""
        self._faults.clear()

    def faults_of(self, path):
        return [fault for at, fault in self._faults if path.endswith(at)]

    @property
    def paths(self):
        """How often each path was asked for."""
        return Counter(path for path, _ in self.asked)


@contextlib.contextmanager
def serving(root, *, secure=False) -> Iterator[Mirror]:
    """Serve a folder until the block ends, over https if `secure`."""
    mirror = Mirror(root, secure=secure)
    thread = threading.Thread(target=mirror._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield mirror
    finally:
        mirror._server.shutdown()
        mirror._server.server_close()


def status(code, headers=()):
    def fault(handler, content):
        handler.answer(code, b"no", headers)
        return True

    return fault


def cut_at_each_tenth(handler, content):
    """Send a tenth of the file and hang up; a client that resumes gets the next tenth."""
    start = handler.start(content)
    tenth = max(len(content) // 10, 1)
    handler.send_file(content, until=(start // tenth + 1) * tenth)
    return True


def cut_without_resuming(handler, content):
    """Send half of the file from its beginning, whatever range is asked for, and hang up."""
    handler.begin(content, 0)
    handler.wfile.write(content[: len(content) // 2])
    handler.hang_up()
    return True


def drip(handler, content):
    """A byte now and then, for ever: never silent, never done."""
    handler.begin(content, handler.start(content))
    with contextlib.suppress(OSError):
        for byte in content[handler.start(content) :]:
            handler.wfile.write(bytes([byte]))
            time.sleep(0.05)
    handler.hang_up()
    return True


def silence(handler, content):
    """What is asked for up to the middle of the file, and then nothing more."""
    start = handler.start(content)
    handler.begin(content, start)
    handler.wfile.write(content[start : len(content) // 2])
    handler.wfile.flush()
    time.sleep(2)
    handler.hang_up()
    return True


def raw(*lines, body=b""):
    """An answer written out byte by byte, sound or not; the connection is closed behind it."""

    def fault(handler, content):
        handler.wfile.write(b"".join(line + b"\r\n" for line in lines) + body)
        handler.hang_up()
        return True

    return fault


def without_end(begin, piece, pause, *, seconds=20):
    """An answer that begins like this and then never ends: one piece, a pause, one piece, a pause."""

    def fault(handler, content):
        until = time.monotonic() + seconds
        with contextlib.suppress(OSError):
            handler.wfile.write(begin)
            while time.monotonic() < until:
                handler.wfile.write(piece)
                handler.wfile.flush()
                time.sleep(pause)
        handler.hang_up()
        return True

    return fault


def one_byte_a_connection(handler, content):
    """The next byte of the file, and the end of the connection."""
    start = handler.start(content)
    handler.begin(content, start)
    handler.wfile.write(content[start : start + 1])
    handler.hang_up()
    return True


def wrong_bytes(handler, content):
    handler.send_file(bytes(byte ^ 0xFF for byte in content))
    return True


def wrong_length(handler, content):
    """A shorter file, with a header that tells the same shorter length."""
    handler.send_file(content[:-7])
    return True


def portal(kind="text/html"):
    """The log-in page that a hotel's network answers with, whatever is asked for."""

    def fault(handler, content):
        handler.answer(200, b"<!DOCTYPE html><html>Welcome! Please log in.</html>", {"Content-Type": kind})
        return True

    return fault


def redirect(target):
    def fault(handler, content):
        handler.answer(302, b"", {"Location": target})
        return True

    return fault
