"""The steps of a set-up: each runs in a process that ends with us, into a log, and says what failed and the way out."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from binder.environment import installer
from binder.environment.causes import StepFailed


@dataclass(frozen=True)
class Step:
    """One command of the set-up, what it brings, and what to run where it fails."""

    title: str
    argv: list[str]
    otherwise: list[str] | None = None
    required: bool = True


def carry_out(steps: Sequence[Step], log: Path, temporary: Path) -> None:
    """Carry out steps one after the other, in the log's folder; what they load on the way goes into another."""
    for number, step in enumerate(steps, 1):
        one(step, f"[{number}/{len(steps)}] {step.title} ...", log, temporary)


def one(step: Step, line: str, log: Path, temporary: Path) -> None:
    """Run one step, show how long it takes, and say what to do where it fails."""
    began = time.monotonic()
    code, output = run(step.argv, line, log, temporary)
    if code and step.otherwise:
        print(" did not work with uv; the same by pip, which takes longer:")
        code, output = run(step.otherwise, line, log, temporary)
    seconds = f"{time.monotonic() - began:.0f} s"
    if code == 0:
        print(f" {seconds}", flush=True)
    elif not step.required:
        print(" not to be had; going on without", flush=True)
    else:
        print(f" failed after {seconds}", flush=True)
        raise StepFailed(output, log)


def run(argv: list[str], line: str, path: Path, temporary: Path) -> tuple[int, str]:
    """Run one command into the log, with the seconds counted on a terminal; its exit status and what it wrote."""
    print(line, end="", flush=True)
    began = time.monotonic()
    with path.open("a+b") as log:
        start = log.seek(0, os.SEEK_END)
        with guarded(argv, path.parent, log, temporary) as process:
            while still_runs(process):
                if sys.stdout.isatty():
                    print(f"\r{line} {time.monotonic() - began:.0f} s", end="", flush=True)
        if sys.stdout.isatty():
            print(f"\r{line}", end="", flush=True)
        log.seek(start)
        return process.returncode, log.read().decode(errors="replace")


def still_runs(process: "subprocess.Popen[bytes]") -> bool:
    """Whether a process is at work after another tenth of a second."""
    try:
        process.wait(timeout=0.1)
    except subprocess.TimeoutExpired:
        return True
    return False


@contextmanager
def guarded(
    argv: list[str], folder: Path, log: IO[bytes], temporary: Path | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that ends with us, and with it all that it started: see `installer.die_with_parent`."""
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary)) if temporary else {}
    process = subprocess.Popen(
        argv,
        cwd=folder,
        env=installer.variables(os.environ) | places,
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.returncode < 0 and sys.platform != "win32":
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)  # it was killed, perhaps without what it had started
