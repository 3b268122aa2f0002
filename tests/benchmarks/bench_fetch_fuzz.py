"""What a fetch makes of 5,000 spoilt inputs of each kind that a server can send: each is sound or gives an own error.

Run ``python tests/benchmarks/bench_fetch_fuzz.py [seed]``. Sound answers, lists, archives, tables and journals are cut,
doubled, filled with zeros, huge numbers and control characters, by a seeded random number generator. The table counts
how they were taken. A foreign error, a message that a terminal would obey or one that is too long ends the run.
"""

from __future__ import annotations

import io
import json
import random
import socket
import sys
import tempfile
import threading
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from data_fetch import FetchFailed, Patience
from data_fetch.archives import unpack
from data_fetch.catalogue import entry
from data_fetch.labels import from_header, from_table
from data_fetch.listing import locate, parse_sums
from data_fetch.progress import Progress
from data_fetch.store import Journal
from data_fetch.transport import Transport
from ecgteach.errors import EcgteachError

TIMES = 5000
LONGEST_MESSAGE = 700
SPLINTERS = (
    b"\x00", b"\n", b"\r\n", b"-1", b"9" * 5000, b"[" * 2000, b"\x1b[31m", b"\xff", b",", b'"', b"../", b"1e400",
    b"NaN", b"\\ud800", b"http://[::1", b"Content-Length: -1\r\n",
)  # fmt: skip
ROW = {"name": "a.csv", "size": 3, "computed_md5": "0" * 32, "download_url": "https://example.org/a"}
ANSWERS = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nContent-Type: text/plain\r\n\r\n" + b"x" * 100,
    b"HTTP/1.1 206 Part\r\nContent-Range: bytes 0-99/100\r\nContent-Length: 100\r\n\r\n" + b"x" * 100,
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n" + b"x" * 100 + b"\r\n0\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
)
PTB_XL = b"ecg_id,patient_id,scp_codes,filename_lr,filename_hr\n" + b"".join(
    b"%d,17.0,\"{'NORM': 80.0, 'SBRAD': 0.0}\",lr/%d,hr/%d\n" % (number, number, number) for number in range(5)
)


def main() -> None:
    """Print the table."""
    seed = int(sys.argv[1]) if sys.argv[1:] and sys.argv[1].isdigit() else 1
    dice = random.Random(seed)
    print(f"seed {seed}\n{'what is spoilt':<22}{'sound':>7}{'slowest, s':>12}  errors")
    with tempfile.TemporaryDirectory() as scratch:
        for kind, work in _kinds(dice, Path(scratch)).items():
            _count(kind, work)


def _kinds(dice: random.Random, scratch: Path) -> dict[str, Callable[[], object]]:
    sums = b"".join(b"%064x data/%d.hea\n" % (number, number) for number in range(20))
    journal = json.dumps({"address": "http://127.0.0.1:8000/ludb/1.0.1/", "asked": "1.0.1", "samples": {"4": ["1"]}})
    header = b"E1 12 500 5000\n# Age: 3\n# Dx: 164890007,284470004,\n"
    figshare, row = entry("chapman", "figshare"), json.dumps([ROW]).encode()

    def page(url: str, _: int) -> bytes:
        articles = b'[{"id": 10}]'
        return (spoilt(articles, dice) if dice.random() < 0.2 else articles) if "?" in url else spoilt(row, dice)

    def archive(method: int) -> Callable[[], object]:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", method) as opened:
            for number in range(3):
                opened.writestr(f"d/{number}.csv", f"{number},2,3\n" * 300)

        def work() -> object:
            (scratch / "x.zip").write_bytes(spoilt(packed.getvalue(), dice))
            return unpack(scratch / "x.zip", scratch / "out", largest=10**6, most=20)

        return work

    def read_journal() -> object:
        try:
            return Journal.read(spoilt(journal.encode(), dice).decode("utf-8", "replace"))
        except (ValueError, TypeError, RecursionError) as problem:
            raise FetchFailed("no journal") from problem

    return {
        "list of checksums": lambda: parse_sums(spoilt(sums, dice), "a list"),
        "figshare's lists": lambda: locate(figshare, page, mirror=None, version=None, say=print),
        "table of PTB-XL": lambda: from_table(entry("ptb-xl").labels, spoilt(PTB_XL, dice), {}, "a table"),
        "header": lambda: from_header(entry("challenge-2021").labels, "g1/E1", spoilt(header, dice)),
        "journal": read_journal,
        "zip, stored": archive(zipfile.ZIP_STORED),
        "zip, deflate": archive(zipfile.ZIP_DEFLATED),
        "zip, bzip2": archive(zipfile.ZIP_BZIP2),
        "zip, LZMA": archive(zipfile.ZIP_LZMA),
        "answer of a server": _answers(dice, scratch),
    }


def spoilt(sound: bytes, dice: random.Random) -> bytes:
    """Sound bytes with one to sixteen faults in them."""
    content = bytearray(sound)
    for _ in range(dice.choice((1, 1, 1, 2, 4, 16))):
        place = dice.randrange(len(content) + 1)
        match dice.randrange(12):
            case 0:
                del content[place:]
            case 1 | 2:
                del content[place : place + dice.randrange(1, 20)]
            case 3 | 4:
                content[place:place] = dice.choice(SPLINTERS)
            case 5 | 6:
                content[place:place] = content[max(0, place - 30) : place] * dice.choice((1, 2, 50))
            case 7 | 8:
                content[place:place] = dice.randbytes(dice.randrange(1, 10))
            case _ if content:
                content[min(place, len(content) - 1)] ^= 1 << dice.randrange(8)
    return bytes(content)


def _answers(dice: random.Random, scratch: Path) -> Callable[[], object]:
    """A fetch of one file from a server that gives a spoilt answer to whatever it is asked."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=50)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/file"
    answer = [b""]

    def take(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(2)
            connection.recv(4096)
            connection.sendall(answer[0])
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass

    def serve() -> None:
        while True:
            threading.Thread(target=take, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    parts = scratch / "parts"
    parts.mkdir()
    patience = Patience(connect=1, read=0.3, tries=1, pause=0.01, whole=2)

    def work() -> object:
        answer[0] = spoilt(dice.choice(ANSWERS), dice)
        for left in parts.iterdir():
            left.unlink()
        progress = Progress(lambda _: None)
        bring = Transport(parts, patience, hosts=(), largest=10**6, progress=progress, stopped=threading.Event())
        bring(url, str(scratch / "file"), None)
        return None

    return work


def _count(kind: str, work: Callable[[], object]) -> None:
    ends: Counter[str] = Counter()
    slowest = 0.0
    for number in range(TIMES):
        began = time.perf_counter()
        try:
            work()
            ends["sound"] += 1
        except EcgteachError as problem:
            ends[type(problem).__name__] += 1
            if not str(problem).isprintable() or len(str(problem)) > LONGEST_MESSAGE:
                raise SystemExit(f"{kind}, number {number}: no message for a person: {str(problem)[:2000]!r}") from None
        except Exception:
            raise SystemExit(f"{kind}, number {number}: a foreign error\n{traceback.format_exc()}") from None
        slowest = max(slowest, time.perf_counter() - began)
    errors = ", ".join(f"{name} {count:,}" for name, count in sorted(ends.items()) if name != "sound")
    print(f"{kind:<22}{ends['sound']:>7,}{slowest:>12.2f}  {errors}", flush=True)


if __name__ == "__main__":
    main()
