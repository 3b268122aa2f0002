"""Recordings in NumPy arrays: ``.npy``, and ``.npz`` with one array that can be meant."""

import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidValue, UnreadableFile, choices
from .files import LARGEST_FILE, MOST_SAMPLES, beginning, check_archive, reading, regular, shown

ARRAY, ARCHIVE = b"\x93NUMPY", b"PK\x03\x04"
PREFERRED = ("signals", "signal", "ecg", "data", "x", "arr_0")
RATES = ("sampling_rate", "fs", "rate", "sampling_frequency")
UNITS = ("unit", "units")


def read_array(path: Path) -> tuple[NDArray[Any], dict[str, Any]]:
    """The array of a file, and what else an ``.npz`` states: ``sampling_rate`` and ``unit``.

    The kind is told by the content, not by the ending. Nothing is unpickled, and an array that claims more than its
    file holds is refused before memory is taken.

    Raises
    ------
    UnreadableFile
        When there is no array of real numbers, or several that may be meant.
    """
    kind = beginning(path, 6)
    if kind[:4] == ARCHIVE:
        return _from_archive(path)
    if kind != ARRAY:
        raise UnreadableFile(
            f"{shown(path)} is no NumPy array: it lacks NumPy's mark. Write it anew with numpy.save, or as a CSV"
        )
    size = regular(path)
    with path.open("rb") as file:
        return _numbers(file, size, path), {}


def _from_archive(path: Path) -> tuple[NDArray[Any], dict[str, Any]]:
    check_archive(path, at_most=LARGEST_FILE)
    with reading(path, "archive of NumPy arrays"), zipfile.ZipFile(path) as archive:
        members = {
            member.filename.removesuffix(".npy"): member
            for member in archive.infolist()
            if member.filename.endswith(".npy")
        }
        beside = {name for name in members if name in (*RATES, *UNITS)}
        wanted = [name for name in members if name not in beside]
        chosen = next((name for name in PREFERRED if name in wanted), wanted[0] if len(wanted) == 1 else None)
        if chosen is None:
            listed = choices(shown(name, 40) for name in wanted) or "none"
            raise UnreadableFile(
                f"{shown(path)} is an archive, and which of its arrays is the ECG is not said ({listed}). "
                'Write that one alone: numpy.save("ecg.npy", numpy.load(FILE)[NAME])'
            )
        stated = {name: _stated(archive, members[name], path) for name in beside}
        with archive.open(members[chosen]) as file:
            return _numbers(file, members[chosen].file_size, path), stated


def _stated(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> Any:
    """A single word or number beside the array."""
    if member.file_size > 10_000:
        raise UnreadableFile(f"{shown(path)} holds {shown(member.filename, 40)} that is no single value; leave it out")
    with archive.open(member) as file:
        value = np.lib.format.read_array(file, allow_pickle=False)
    if value.size != 1 or value.dtype.kind not in "iufUS":
        raise UnreadableFile(f"{shown(path)} holds {shown(member.filename, 40)} that is no single value; leave it out")
    held = value.reshape(-1)[0]
    return held.decode("utf-8", "replace") if isinstance(held, bytes) else held.item()


def _numbers(file: IO[bytes], size: int, path: Path) -> NDArray[Any]:
    """The array, once its header has been compared with what is there."""
    with reading(path, "NumPy array", "Write it anew with numpy.save, or as a CSV"):
        version = np.lib.format.read_magic(file)
        read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        shape, _, dtype = read_header[version](file)
        if dtype.hasobject:
            raise UnreadableFile(
                f"{shown(path)} is no NumPy array of numbers: it holds Python objects, which are not unpickled; write "
                "the numbers alone with numpy.save"
            )
        if dtype.kind not in "iuf" or len(shape) not in (1, 2) or not all(type(part) is int for part in shape):
            raise UnreadableFile(
                f"{shown(path)} holds {_kind(dtype)} of the shape {shown(shape, 60)}; "
                "needed: real numbers, (samples,) or (leads, samples)"
            )
        count = 1
        for part in shape:
            count *= part
        if count == 0:
            raise UnreadableFile(
                f"{shown(path)} holds {_kind(dtype)} of the shape {shape}, no sample; "
                "needed: real numbers, (samples,) or (leads, samples)"
            )
        held = (size - file.tell()) // dtype.itemsize
        if count < 0 or count > held:
            raise UnreadableFile(
                f"{shown(path)} describes {count:.3g} numbers and holds {held:,}. It is cut short: fetch it again"
            )
        if count > MOST_SAMPLES:
            raise InvalidValue(f"{shown(path)} holds {count:.3g} samples; up to {MOST_SAMPLES:.3g} are read at once")
        file.seek(0)
        return np.asarray(np.lib.format.read_array(file, allow_pickle=False))


def _kind(dtype: np.dtype[Any]) -> str:
    kinds = {"c": "complex numbers", "b": "truth values", "O": "Python objects", "U": "text", "S": "text"}
    return kinds.get(dtype.kind, "numbers" if dtype.kind in "iuf" else "something else than numbers")
