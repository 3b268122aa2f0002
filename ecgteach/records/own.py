"""What a recording that somebody brings is called: never as its file, which often bears a person's name.

Whoever wants another name gives one. Published data sets keep the names of their recordings.
"""

from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from threading import Lock

from .record import Record

_numbers: dict[bytes, int] = {}
_lock = Lock()


def own_name(number: int) -> str:
    """What the recording of this number is called.

    >>> own_name(1)
    'own recording 1'
    """
    return f"own recording {number}"


def renamed(record: Record, path: Path, name: str | None = None) -> Record:
    """A recording by the name asked for, or by its number: the same file has the same one while the program runs.

    Nothing of the file's name is kept to tell files apart but a digest.
    """
    if name is None:
        held = blake2b(str(path.absolute()).encode("utf-8", "surrogateescape"), digest_size=16).digest()
        with _lock:
            name = own_name(_numbers.setdefault(held, len(_numbers) + 1))
    return replace(record, id=name)
