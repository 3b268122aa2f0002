"""The header of a WFDB recording (``.hea``), read word by word as it is written.

The grammar is that of header(5) of the WFDB manual. A word that does not fit is refused and never replaced by a
default: a rate that one parser reads as 500 and another as 250 is a wrong diagnosis. Digits are those of ASCII.
Dates and times are not needed for the ECG; one that cannot be read is left out.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ..errors import UnreadableFile, choices
from .files import LARGEST_HEADER, content, is_folder, is_there, quoted, shown

LONGEST_WORD = 64
"""Signs of the longest number; what is longer is no measurement, and turning it into one takes for ever."""

NULL = "~"
"""A signal or segment without a file: nothing was recorded."""

MISSING = "is missing; a WFDB recording needs its header (.hea) beside its signal file"

_DECIMAL = r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+"
_NUMBER = rf"(?:{_DECIMAL})(?:[eE][+-]?[0-9]+)?"
_RATE = re.compile(rf"(?P<rate>\+?{_NUMBER})(?:/[^/]*)?")
_FORMAT = re.compile(
    r"(?P<format>[0-9]+)(?:x(?P<per_frame>[0-9]+))?(?::(?P<skew>[0-9]+))?(?:\+(?P<offset>[0-9]+))?",
)
_GAIN = re.compile(rf"(?P<gain>[+-]?{_NUMBER})(?:\((?P<baseline>[+-]?[0-9]+)\))?(?:/(?P<unit>\S+))?")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_TIME = re.compile(r"(?:[0-9]{1,2}:){0,2}[0-9]{1,2}(?:\.[0-9]+)?")
_DATE = re.compile(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}")


class SignalLine(NamedTuple):
    """What a header says of one signal; ``unit`` is None where it states none, ``gain`` where it is not calibrated."""

    file: str
    format: str
    per_frame: int
    skew: int
    offset: int
    gain: float | None
    baseline: int
    unit: str | None
    initial: int
    checksum: int | None
    name: str


@dataclass(frozen=True)
class Header:
    """A header's record line, its signals or segments (name and samples), and its comment lines.

    ``length`` is None where the header states none. ``stem`` is the recording's path without ending.
    """

    path: Path
    stem: Path
    rate: float
    length: int | None
    signals: tuple[SignalLine, ...]
    segments: tuple[tuple[str, int], ...]
    comments: tuple[str, ...]
    notes: tuple[str, ...]


def find_header(stem: Path) -> Path:
    """Path of the header of a recording, whether its ending is in capitals or not.

    Raises
    ------
    UnreadableFile
        When `stem` is a folder.
    """
    path = stem.parent / f"{stem.name}.hea"
    if is_there(path):
        return path
    if is_folder(stem):
        raise UnreadableFile(
            f"{shown(stem)} is a folder; name one recording in it, or open it with open_folder({shown(stem)!r})"
        )
    capitals = [path.with_suffix(ending) for ending in (".HEA", ".Hea")] if path.suffix else []
    return next((other for other in capitals if is_there(other)), path)


def read_lines(path: Path) -> tuple[list[str], tuple[str, ...]]:
    """Lines of a header that are not empty, and its comment lines without their sign.

    Bytes that are no UTF-8 stay as they are (Latin-1), so that nothing is dropped from between digits.
    """
    held = content(
        path,
        at_most=LARGEST_HEADER,
        missing=MISSING,
    )
    try:
        text = held.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = held.decode("latin-1")
    lines = [line.strip() for line in re.split(r"\r\n|\n|\r", text)]
    comments = tuple(line.lstrip("#").strip() for line in lines if line.startswith("#"))
    return [line for line in lines if line and not line.startswith("#")], comments


def read_header(stem: Path) -> Header:
    """The header of the recording at `stem`.

    Raises
    ------
    UnreadableFile
        When it is missing, or one of its words is not what WFDB's grammar has there.
    """
    path = find_header(stem)
    lines, comments = read_lines(path)
    words = lines[0].split() if lines else []
    if len(words) < 2 or not _whole(words[1]):
        raise UnreadableFile(f"{shown(path)} is no valid WFDB header (it has no record line)")
    segments = _number_of_segments(words[0], path.stem, lines[1:])
    rate = _rate(words[2] if len(words) > 2 else None, path)
    length = _length(words[3], path) if len(words) > 3 else None
    said = int(words[1])
    notes: tuple[str, ...] = ()
    time, date = words[4:5], words[5:6]
    if any(not _TIME.fullmatch(word) for word in time) or any(not _DATE.fullmatch(word) for word in date):
        notes = ("its date or time is written in an unknown way and was left out; the ECG does not need it",)
    if segments is not None:
        return Header(path, stem, rate, length, (), _segments(lines[1:], segments, path), comments, notes)
    if said == 0:
        raise UnreadableFile(f"{shown(path)} names no signals")
    if said != len(lines) - 1:
        raise UnreadableFile(
            f"{shown(path)} names {said:,} signals and describes {len(lines) - 1:,}; mend the header or fetch it again"
        )
    if length == 0:
        raise UnreadableFile(f"{shown(path)} describes a recording of zero length")
    signals = tuple(_signal(line, path) for line in lines[1:])
    return Header(path, stem, rate, length, signals, (), comments, notes)


def _number_of_segments(name: str, own: str, lines: list[str]) -> int | None:
    """How many segments a record's name announces (``r/3``); None for a folder in it (``data/r``, ``data/132``)."""
    _, slash, tail = name.rpartition("/")
    if not slash or not _whole(tail):
        return None
    looks_like_signals = bool(lines) and len(lines[0].split()) > 2
    return None if tail == own and looks_like_signals else int(tail)


def _segments(lines: list[str], announced: int, path: Path) -> tuple[tuple[str, int], ...]:
    rows = [line.split() for line in lines]
    if len(rows) != announced or any(len(words) != 2 or not _whole(words[1]) for words in rows):
        raise UnreadableFile(
            f"{shown(path)} lists several segments ({announced:,}), but not the name and length of each; "
            "mend the header or fetch it again"
        )
    return tuple((words[0], int(words[1])) for words in rows)


def _rate(word: str | None, path: Path) -> float:
    found = _RATE.fullmatch(word) if word and len(word) <= LONGEST_WORD else None
    rate = float(found["rate"]) if found else 0.0
    if not 0 < rate < float("inf"):
        said = f"has the sampling rate {quoted(word)}, which is no number of Hz" if word else "has no sampling rate"
        raise UnreadableFile(f"{shown(path)} {said}; mend the header or fetch it again")
    return rate


def _length(word: str, path: Path) -> int:
    if not _whole(word) or word[0] in "+-":
        raise UnreadableFile(
            f"{shown(path)} has the length {quoted(word)}, which is no number of samples; fetch it again"
        )
    return int(word)


def _signal(line: str, path: Path) -> SignalLine:
    words = line.split()
    found = _FORMAT.fullmatch(words[1]) if len(words) > 1 and len(words[1]) <= LONGEST_WORD else None
    if not found:
        said = f"the format {quoted(words[1])}, which WFDB does not know" if len(words) > 1 else "no format"
        raise UnreadableFile(f"{shown(path)}: a signal in {shown(words[0], 80)} has {said}; fetch it again")
    gain, baseline, unit = _gain(words[2] if len(words) > 2 else None, words[0], path)
    numbers, name = _numbers(line, words)
    zero = numbers[1] if len(numbers) > 1 else 0
    return SignalLine(
        words[0],
        found["format"],
        int(found["per_frame"] or 1),
        int(found["skew"] or 0),
        int(found["offset"] or 0),
        gain,
        zero if baseline is None else baseline,
        unit,
        numbers[2] if len(numbers) > 2 else 0,
        numbers[3] if len(numbers) > 3 else None,
        name,
    )


def _gain(word: str | None, file: str, path: Path) -> tuple[float | None, int | None, str | None]:
    """Gain, baseline and unit as written; a gain of 0, or none, means that the signal is not calibrated."""
    if word is None:
        return None, None, None
    found = _GAIN.fullmatch(word) if len(word) <= LONGEST_WORD else None
    gain = float(found["gain"]) if found else float("inf")
    if not found or gain in (float("inf"), float("-inf")):
        raise UnreadableFile(
            f"{shown(path)}: a signal in {shown(file, 80)} has the gain {quoted(word)}, which is no number; "
            "write its gain into the header (1000/mV: a thousand steps a millivolt)"
        )
    return gain or None, int(found["baseline"]) if found["baseline"] else None, found["unit"]


def _numbers(line: str, words: list[str]) -> tuple[list[int], str]:
    """The whole numbers that may follow the gain (five at most), and the description, which is the rest of the line."""
    numbers: list[int] = []
    for word in words[3:8]:
        if not _whole(word):
            break
        numbers.append(int(word))
    rest = line.split(maxsplit=3 + len(numbers))
    return numbers, rest[3 + len(numbers)].strip() if len(rest) > 3 + len(numbers) else ""


def _whole(word: str) -> bool:
    return len(word) <= LONGEST_WORD // 2 and bool(_WHOLE.fullmatch(word))


def segment_names(header: Header) -> str:
    """Names of a header's segments, for a message."""
    return choices(shown(name, 40) for name, _ in header.segments if name != NULL)
