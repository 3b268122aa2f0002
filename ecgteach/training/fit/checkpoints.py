"""Checkpoints of a run: whole or refused, the one before kept beside the newest, and one run alone in a folder.

A checkpoint is one line with the SHA-256 of all that follows, and then what torch writes. The newest moves to
``checkpoint.before.pt`` when the next is written: a damaged one costs an epoch, not the run.
"""

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from filelock import FileLock, Timeout

from ...errors import InvalidValue, UnreadableFile
from ...paths import write_whole

CHECKPOINT = "checkpoint.pt"
BEFORE = "checkpoint.before.pt"
LOCK = "run.lock"

Held = dict[str, Any]
DAMAGED = (EOFError, RuntimeError, ValueError, LookupError, TypeError, AttributeError, UnpicklingError)
"""What torch raises over a file, or a state, that is not what it should be."""


def at_hand(folder: Path) -> list[Path]:
    """Checkpoints of a folder, the newest first."""
    return [path for name in (CHECKPOINT, BEFORE) if (path := folder / name).is_file()]


def write_checkpoint(folder: Path, held: Held) -> None:
    """Write a checkpoint, whole or not at all; the one that was there is kept as the one before.

    Raises
    ------
    UnreadableFile
        When it cannot be written, as on a full disk; those that were there stay.
    """
    content = io.BytesIO()
    torch.save(held, content)
    newest, unfinished = folder / CHECKPOINT, folder / f"{CHECKPOINT}.new"
    try:
        write_whole(unfinished, _checksum(content.getvalue()) + content.getvalue())
        if newest.exists():
            newest.replace(folder / BEFORE)
        unfinished.replace(newest)
    except (UnreadableFile, OSError) as problem:
        raise UnreadableFile(
            f"the epoch cannot be kept: {problem}. Make room there and go on with --resume from the last one that was"
        ) from problem


def read_newest(folder: Path, run: str, restore: Callable[[Held], None], say: Callable[[str], None]) -> None:
    """Restore a run from its newest checkpoint that is whole.

    Parameters
    ----------
    folder : path
        Holds one checkpoint at least.
    run : str
        What a checkpoint must hold as its ``"run"``.
    restore : callable
        Takes what a checkpoint holds; raises one of `DAMAGED` where keys or shapes do not fit. It may be called again.
    say : callable
        Told which checkpoint was passed over, and why.

    Raises
    ------
    UnreadableFile
        When none is whole, or one is that of another run.
    """
    found = at_hand(folder)
    for path in found:
        try:
            held = _read(path)
            if held["run"] != run:
                raise UnreadableFile(
                    f"{path} is the checkpoint of another run (recipe, seed, network or strips differ). "
                    "Choose another --out, or delete it to begin again"
                )
            restore(held)
        except DAMAGED as problem:
            say(f"{path} is no whole checkpoint ({str(problem).partition(chr(10))[0]})")
        else:
            return
    raise UnreadableFile(
        f"{' and '.join(map(str, found))}: no whole checkpoint. Delete it to begin again, or choose another --out"
    )


@contextmanager
def alone_in(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Work in a folder as the only one that does; a process that dies lets go of it.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    wait : bool
        Wait until the other has finished instead of refusing.

    Raises
    ------
    InvalidValue
        When another run works there.
    UnreadableFile
        When the folder cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK, timeout=-1 if wait else 0)
        lock.acquire()
    except Timeout:
        raise InvalidValue(f"another run is at work in {folder}; wait until it ends, or choose another --out") from None
    except OSError as problem:
        raise UnreadableFile(f"{folder} cannot be written to ({problem.strerror}); choose another --out") from problem
    try:
        yield
    finally:
        lock.release()


def _read(path: Path) -> Held:
    try:
        checksum, line_end, content = path.read_bytes().partition(b"\n")
    except OSError as problem:
        raise ValueError(problem.strerror) from problem
    if checksum + line_end != _checksum(content):
        raise ValueError("its checksum does not agree")
    try:
        held = torch.load(io.BytesIO(content), weights_only=True)
    except DAMAGED as problem:
        raise ValueError("it is not what torch writes") from problem
    if not isinstance(held, dict):
        raise TypeError("it holds no run")
    return held


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode() + b"\n"
