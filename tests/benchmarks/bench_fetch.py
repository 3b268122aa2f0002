"""How fast `data_fetch` brings real recordings, beside a plain download one file after another, and whether all open.

Run ``python tests/benchmarks/bench_fetch.py`` with ECGTEACH_DATA set. A server on this machine, in a process of its
own, serves that folder. Every data set in it is fetched whole into an empty folder, checked again file by file, and
every recording is read with the project's own readers. Then the time per 1,000 files is compared in the same run with
``requests.get`` for each file, written to disk and not verified: once as fast as the machine is, once with a pause of
30 ms before each answer, as a distant server makes it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from data_fetch import catalogue, fetch, verify
from data_fetch.listing import parse_sums
from ecgteach.records import open_dataset, open_folder
from ecgteach.sources import readable

SERVE = """
import sys
from tests.data_fetch.server import serving
with serving(sys.argv[1]) as mirror:
    mirror.delay = float(sys.argv[2])
    print(mirror.url, flush=True)
    sys.stdin.read()
"""
PAUSE = 0.03
COMPARED = {"challenge-2017": 500, "ludb": 40}


def main() -> None:
    """Print both tables."""
    data = Path(os.environ.get("ECGTEACH_DATA", ""))
    if not os.environ.get("ECGTEACH_DATA") or not data.is_dir():
        print("not run, because ECGTEACH_DATA names no folder with recordings")
        return
    with tempfile.TemporaryDirectory() as scratch:
        _everything(data, Path(scratch) / "whole")
        _against_plain(data, Path(scratch))


def _everything(data: Path, to: Path) -> None:
    print(f"{'data set':<16}{'version':>8}{'files':>8}{'MB':>8}{'s':>7}{'records':>9}{'read':>7}{'s':>7}  sound, again")
    with _server(data, 0.0) as url:
        for name, entry in catalogue().items():
            if entry.archives or not (data / entry.slug).is_dir():
                continue
            began = time.perf_counter()
            folder = fetch(name, mirror=url, to=to, progress=False, say=_silent)
            fetched = time.perf_counter() - began
            files = [path for path in folder.rglob("*") if path.is_file()]
            began = time.perf_counter()
            fetch(name, mirror=url, to=to, progress=False, say=_silent)
            again = time.perf_counter() - began
            began = time.perf_counter()
            dataset = open_dataset(name, to) if name in readable() else open_folder(folder)
            problems: list[object] = []
            read = sum(1 for _ in dataset.records(problems.append))
            reading = time.perf_counter() - began
            megabytes = sum(path.stat().st_size for path in files) / 1e6
            health = "yes" if verify(name, to=to).ok else "NO"
            print(
                f"{name:<16}{folder.name:>8}{len(files):>8,}{megabytes:>8.1f}{fetched:>7.1f}{len(dataset):>9,}{read:>7,}"
                f"{reading:>7.1f}  {health}, {again:.1f} s"
            )
            for problem in problems[:3]:
                print(f"    {problem}")


def _against_plain(data: Path, scratch: Path) -> None:
    print(f"\n{'seconds per 1,000 files':<34}{'data_fetch':>12}{'one by one':>12}{'ratio':>8}")
    for pause in (0.0, PAUSE):
        for name, count in COMPARED.items():
            with _server(data, pause) as url:
                began = time.perf_counter()
                folder = fetch(name, count, mirror=url, to=scratch / f"{name}-{pause}", progress=False, say=_silent)
                ours = time.perf_counter() - began
                entry = catalogue()[name]
                listed = parse_sums((folder / "SHA256SUMS.txt").read_bytes(), "the list")
                paths = [path for path in listed if (folder / path).is_file()]
                began = time.perf_counter()
                _one_by_one(f"{url}/{entry.slug}/{folder.name}/", paths, scratch / f"plain-{name}-{pause}")
                plain = time.perf_counter() - began
            each = 1000 / len(paths)
            title = f"{name}, {len(paths):,} files, {pause * 1000:.0f} ms"
            print(f"{title:<34}{ours * each:>12.1f}{plain * each:>12.1f}{plain / ours:>8.1f}")


def _one_by_one(address: str, paths: list[str], to: Path) -> None:
    for path in paths:
        target = to / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(requests.get(address + path, timeout=30).content)


@contextmanager
def _server(data: Path, pause: float) -> Iterator[str]:
    """The address of a server in a process of its own."""
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", SERVE, str(data), str(pause)]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _silent(_: str) -> None:
    """Say nothing."""


if __name__ == "__main__":
    main()
