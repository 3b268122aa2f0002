"""A text of numbers: how it is cut into cells, and which of its lines are the table.

Lines above the numbers may be a person's (name, date of birth): they are looked through for rate, unit and lead, and
never quoted.
"""

import csv
import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from ..errors import InvalidValue, UnreadableFile
from .files import LARGEST_TEXT, content, quoted, reading, shown

LONGEST_NUMBER = 40
SAMPLE = 200
"""Lines by which the way of writing is judged."""

FEWEST_IN_A_ROW = 50
"""Numbers in a line from which on a line is a lead, where there are fewer lines than that."""

NO_NUMBERS = (
    "is no recording that can be read: it holds no numbers that form a table; write one column a lead, with a point or "
    "a comma as decimal sign"
)

_POINT = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_COMMA = re.compile(r"[+-]?(?:[0-9]+(?:,[0-9]+)?|,[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_CLOCK = re.compile(
    r"(?:[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}[T ])?(?P<clock>[0-9]{1,3}(?::[0-9]{2}){1,2}(?:[.,][0-9]{1,9})?)"
    r"(?: ?(?:Z|[+-][0-9]{2}:?[0-9]{2}))?"
)


@dataclass(frozen=True)
class Writing:
    """How a table is written: what stands between its cells (empty for one column, a space for any blanks)."""

    delimiter: str
    decimal: str

    def cells(self, line: str) -> list[str]:
        """Cells of one line, without blanks and quotation marks around them."""
        if not self.delimiter:
            return [line.strip().strip("\"'").strip()]
        if '"' not in line and "'" not in line:
            cells = line.split(None if self.delimiter == " " else self.delimiter)
            return [cell.strip() for cell in cells] if " " in line or "\t" in line else cells
        if self.delimiter == " ":
            return [cell.strip("\"'") for cell in line.split()]
        if '"' in line:
            return [cell.strip() for row in csv.reader([line], delimiter=self.delimiter) for cell in row]
        return [cell.strip().strip("'").strip() for cell in line.split(self.delimiter)]

    @property
    def in_words(self) -> str:
        """For an announcement: ``"cells are separated by ';', numbers have a decimal comma"``."""
        between = {"": "one number a line", " ": "cells are separated by blanks", "\t": "cells are separated by tabs"}
        words = between.get(self.delimiter, f"cells are separated by '{self.delimiter}'")
        return words + (", numbers have a decimal comma" if self.decimal == "," else "")


WRITINGS = tuple(
    Writing(delimiter, decimal)
    for delimiter, decimals in (("\t", ".,"), (";", ".,"), (",", ".,"), ("|", ".,"), (" ", ".,"), ("", ".,"))
    for decimal in decimals
)


@dataclass(frozen=True)
class Text:
    """A text cut into what stands above the numbers and the lines of numbers (None for one that is blank)."""

    writing: Writing
    above: tuple[str, ...]
    rows: tuple[list[str] | None, ...]
    first_line: int
    notes: tuple[str, ...]


@cache
def words() -> dict[str, Any]:
    """The table of words, ``table_words.toml``."""
    return tomllib.loads(resources.files(__package__).joinpath("table_words.toml").read_text(encoding="utf-8"))


@cache
def _missing() -> frozenset[str]:
    return frozenset(words()["missing"])


def is_missing(cell: str) -> bool:
    """Whether a cell says that nothing was measured."""
    return len(cell) <= 8 and cell.casefold() in _missing()


def is_clock(cell: str) -> bool:
    """Whether a cell is a time of day, with or without a date."""
    return len(cell) <= LONGEST_NUMBER and bool(_CLOCK.fullmatch(cell))


def clock_seconds(cell: str) -> float:
    """Seconds since midnight of a time of day (minutes and seconds, or hours too)."""
    found = _CLOCK.fullmatch(cell)
    assert found
    seconds = 0.0
    for part in found["clock"].replace(",", ".").split(":"):
        seconds = 60.0 * seconds + float(part)
    return seconds


def number(cell: str, decimal: str) -> float | None:
    """A number as written in ASCII; None for anything else."""
    if len(cell) > LONGEST_NUMBER or not (_COMMA if decimal == "," else _POINT).fullmatch(cell):
        return None
    return float(cell.replace(",", "."))


def read_text(path: Path, *, delimiter: str | None = None, decimal: str | None = None) -> Text:
    """The lines of a file and how they are written.

    Parameters
    ----------
    path : path
        A text of numbers.
    delimiter, decimal : str, optional
        What the user says of it, where the text leaves it open.

    Raises
    ------
    UnreadableFile
        When it holds no numbers, or something else among them; the message names line and column.
    InvalidValue
        When it can be read in two ways, and which is meant has to be said.
    """
    lines, notes = _lines(path)
    writing = _writing([line for line in lines if line.strip()], path, delimiter, decimal)
    first = next(
        (place for place, line in enumerate(lines) if line.strip() and _is_row(writing.cells(line), writing)), None
    )
    if writing.delimiter and first is not None:
        near = range(first, min(len(lines), first + SAMPLE))
        widths = {place: len(writing.cells(lines[place])) for place in near if lines[place].strip()}
        usual = Counter(widths.values()).most_common(1)[0][0]
        first = next(place for place, width in widths.items() if width == usual)
    if first is None:
        raise UnreadableFile(f"{shown(path)} {NO_NUMBERS}")
    while first > 0 and lines[first - 1].strip() and all(map(is_missing, writing.cells(lines[first - 1]))):
        first -= 1
    body = lines[first:]
    last = _last(body, writing)
    below = sum(bool(line.strip()) for line in body[last + 1 :])
    if below:
        notes = (*notes, f"{below} line{'s' * (below > 1)} below the numbers left alone")
    gaps = any(not line.strip() for line in body[: last + 1])
    body = body if gaps and not below else body[: last + 1]
    rows = [writing.cells(line) if line.strip() else None for line in body]
    if _every_second_is_blank(rows):
        rows = [row for row in rows if row is not None]
        notes = (*notes, "every second line is blank and was left out")
    return Text(writing, tuple(lines[:first]), tuple(rows), first + 1, notes)


def _lines(path: Path) -> tuple[list[str], tuple[str, ...]]:
    held = content(path, at_most=LARGEST_TEXT)
    if not held.strip():
        raise UnreadableFile(f"{shown(path)} is empty, no table of numbers; export it again")
    encodings = ("utf-16",) if held[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252", "latin-1")
    for encoding in encodings:
        try:
            text = held.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise UnreadableFile(f"{shown(path)} is no text, so no table of numbers; export it as CSV")
    if "\0" in text:
        raise UnreadableFile(f"{shown(path)} is no text, so no table of numbers; export it as CSV")
    notes: tuple[str, ...] = ()
    if "\r\r\n" in text:
        text = text.replace("\r\r\n", "\n")
        notes = ("its line ends are doubled and were read as one each",)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines[:-1] if lines[-2:-1] != [""] and lines[-1] == "" else lines, notes


def _cell_counts(cell: str, decimal: str) -> bool:
    return number(cell, decimal) is not None or is_missing(cell) or is_clock(cell)


def _is_row(cells: Sequence[str], writing: Writing) -> bool:
    """Whether a line is one of numbers: each cell one, or missing, or a time; the first may name a lead."""
    if len(cells) > FEWEST_IN_A_ROW and not _cell_counts(cells[0], writing.decimal):
        cells = cells[1:]
    return all(_cell_counts(cell, writing.decimal) for cell in cells) and any(
        number(cell, writing.decimal) is not None for cell in cells
    )


def _writing(lines: Sequence[str], path: Path, delimiter: str | None, decimal: str | None) -> Writing:
    """The way of writing in which most lines are numbers; of several the one with more cells."""
    for said, known in ((delimiter, tuple("\t;,| ")), (decimal, (".", ","))):
        if said is not None and said not in known:
            name = "delimiter" if known[0] == "\t" else "decimal"
            raise InvalidValue(f"{name}={said!r} (--{name}) is none of {', '.join(map(repr, known))}")
    step = max(1, len(lines) // SAMPLE)
    sample = lines[len(lines) // 5 :: step][:SAMPLE] or lines
    candidates = [
        writing
        for writing in WRITINGS
        if (delimiter is None or writing.delimiter == delimiter) and (decimal is None or writing.decimal == decimal)
        if delimiter is not None or decimal != "," or writing.delimiter != ","
    ]
    with reading(path, "table of numbers"):
        shares = {writing: _share(sample, writing) for writing in candidates}
    best = max((share for share, _ in shares.values()), default=0.0)
    good = [writing for writing, (share, _) in shares.items() if share >= 0.95 * best and best > 0]
    if not good:
        raise UnreadableFile(f"{shown(path)} {_text_among(sample) or NO_NUMBERS}")
    widest = max(good, key=lambda writing: (shares[writing][1], shares[writing][0], writing.decimal == "."))
    comma = Writing("", ",")
    if shares[widest][1] == 1 and delimiter is None:
        return Writing("", widest.decimal)
    if delimiter is None and decimal is None and widest.delimiter == "," and widest.decimal == ".":
        _settle_commas(sample, shares[widest][1], comma in good, path)
        if comma in good and _is_decimal_comma(sample):
            return comma
    return widest


def _share(sample: Sequence[str], writing: Writing) -> tuple[float, int]:
    """Share of the lines that are numbers with the usual count of cells, and that count."""
    rows = [writing.cells(line) for line in sample]
    counts = Counter(len(row) for row in rows if _is_row(row, writing))
    if not counts:
        return 0.0, 0
    width, number_of_rows = counts.most_common(1)[0]
    return number_of_rows / len(rows), width


def _text_among(sample: Sequence[str]) -> str:
    """Which column keeps a table from being one of numbers, where the others are; empty where none is to blame."""
    for writing in WRITINGS:
        rows = [row for line in sample if len(row := writing.cells(line)) > 1]
        if len(rows) < 0.9 * len(sample) or len({len(row) for row in rows}) != 1:
            continue
        sound = [sum(number(row[place], writing.decimal) is not None for row in rows) for place in range(len(rows[0]))]
        text = [place + 1 for place, count in enumerate(sound) if count < 0.5 * len(rows)]
        if text and len(text) < len(sound):
            return f"holds text in column {text[0]}, which is no lead; leave that column out of the file"
    return ""


def _pairs(sample: Sequence[str]) -> list[tuple[str, str]]:
    return [(cells[0], cells[1]) for line in sample if len(cells := line.strip().strip("\"'").split(",")) == 2]


def _is_decimal_comma(sample: Sequence[str]) -> bool:
    """Whether two whole numbers with a comma between are one with a decimal comma: ``0,012`` and ``-0,5`` are."""
    return any((len(part) > 1 and part[0] == "0") or whole in ("-0", "+0") for whole, part in _pairs(sample))


def _settle_commas(sample: Sequence[str], width: int, alone: bool, path: Path) -> None:
    """Ask where a comma may stand within numbers or between them, and nothing in the text tells which."""
    way_out = 'decimal="," (--decimal ,) for one number, or delimiter="," (--delimiter ,) for two'
    if width > 2 and width % 2 == 0:
        rows = [line.split(",") for line in sample]
        parts = [row[place] for row in rows for place in range(1, len(row), 2)]
        if any(len(part.strip()) > 1 and part.strip()[0] == "0" and part.strip().isdecimal() for part in parts):
            raise InvalidValue(
                f"{shown(path.name)} has commas within its numbers and between them, so its columns cannot be told; "
                "export it with semicolons or tabs between the columns"
            )
    pairs = _pairs(sample)
    if not alone or width != 2 or not pairs or _is_decimal_comma(sample):
        return
    if any(not part.strip().isdecimal() for _, part in pairs):
        return
    firsts = [int(whole) for whole, _ in pairs]
    rising = len(set(firsts)) == len(firsts) and firsts == sorted(firsts) and len(firsts) > 2
    if not rising:
        raise InvalidValue(
            f"{shown(path.name)} can be read in two ways: its commas may stand within numbers or between them. "
            f"Say which: {way_out}"
        )


def _last(body: Sequence[str], writing: Writing) -> int:
    """Place of the last line of numbers; text behind it belongs to it unless a blank line or a sign sets it apart."""
    last = len(body) - 1
    while last > 0 and not (body[last].strip() and _is_row(writing.cells(body[last]), writing)):
        last -= 1
    behind = body[last + 1 :]
    if behind and behind[0].strip() and not behind[0].lstrip().startswith(("#", "%", "//", ";")):
        return len(body) - 1
    return last


def _every_second_is_blank(rows: Sequence[list[str] | None]) -> bool:
    """Whether a blank follows each line: doubled line ends, and no lost samples."""
    blank = [row is None for row in rows]
    while blank and blank[-1]:
        blank.pop()
    return len(blank) >= 9 and not any(blank[::2]) and all(blank[1::2])


def fault_in(text: Text, width: int, path: Path) -> UnreadableFile | None:
    """The first cell among the numbers that is none, or the first line with another count of cells."""
    for place, row in enumerate(text.rows):
        line = text.first_line + place
        for column, cell in enumerate(row or (), start=1):
            if not _cell_counts(cell, text.writing.decimal):
                return UnreadableFile(
                    f"{shown(path)}: line {line}, column {column} holds {quoted(cell)}, no number; correct it, or "
                    "leave it empty where nothing was measured"
                )
        if row is not None and len(row) != width:
            return UnreadableFile(
                f"{shown(path)}: line {line} has {len(row):,} cells, the others {width:,}; correct it, or export the "
                "table again"
            )
    return None
