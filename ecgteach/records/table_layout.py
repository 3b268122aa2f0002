"""What the columns of a text of numbers are: leads, time, a count; and what its other lines say of rate and unit."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import UnreadableFile
from .channels import Channel
from .files import shown
from .leads import known_lead, says_nothing
from .table_text import (
    FEWEST_IN_A_ROW,
    LONGEST_NUMBER,
    Text,
    clock_seconds,
    fault_in,
    is_clock,
    is_missing,
    number,
    read_text,
    words,
)
from .time_column import TimeAxis, time_axis
from .units import is_other_quantity, millivolts_in

LONGEST_LINE = 200
"""Signs of a line above the numbers that are looked at."""

MOST_LINES = 200
"""Lines above the numbers that are looked at, beside the last few."""

MOST_LEADS = 512
PLAIN = frozenset("0123456789.+-eE")
_IN_BRACKETS = re.compile(r"^(?P<name>[^\[({]*?)[\s_]*[\[({](?P<unit>[^\[\](){}]*)[\])}]$")
_AFTER = re.compile(r"^(?P<name>.*?)(?:_|/| in |,| )(?P<unit>[^\W_]+)$")
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)?")


@dataclass(frozen=True)
class Layout:
    """Leads of a text: signals (leads, samples) in their own units, and what the text says of rate and unit.

    ``rates`` are stated, each with where; ``possible_rates`` are those a time column without a unit can mean;
    ``unsure_rates`` stand somewhere above the numbers and may be a filter's.
    """

    signals: NDArray[np.float64]
    channels: tuple[Channel, ...]
    rates: tuple[tuple[float, str], ...]
    possible_rates: tuple[float, ...]
    unsure_rates: tuple[float, ...]
    notes: tuple[str, ...]
    left_out: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Column:
    """What a header says of one column."""

    name: str = ""
    unit: str = ""

    @property
    def word(self) -> str:
        """The name as the table of words has it."""
        return self.name.casefold()

    @property
    def is_time(self) -> bool:
        """Whether it is named as time."""
        return self.word in words()["time"] and not known_lead(self.name)

    @property
    def is_index(self) -> bool:
        """Whether it is named as a count of the samples."""
        voltage = self.unit and millivolts_in(self.unit)
        return self.word in words()["index"] and not known_lead(self.name) and not voltage

    def is_known(self, *, alone: bool) -> bool:
        """Whether it says what it is, so that the line is a header and no person's; a unit alone may be a statement."""
        nothing = bool(self.name) and says_nothing(self.name)
        telling = bool(self.is_time or self.is_index or known_lead(self.name) or nothing)
        return telling or (bool(self.unit) and not (alone and self.name))


def read_layout(path: Path, *, delimiter: str | None = None, decimal: str | None = None) -> Layout:
    """The leads of a text, and what else it says.

    Raises
    ------
    UnreadableFile
        When the numbers are no table, or its time column is not even.
    InvalidValue
        When it can be read in two ways.
    """
    text = read_text(path, delimiter=delimiter, decimal=decimal)
    width = Counter(len(row) for row in text.rows if row is not None).most_common(1)[0][0]
    lines = sum(row is not None for row in text.rows)
    if width > FEWEST_IN_A_ROW and lines < width:
        return _one_row_a_lead(text, path)
    rows, columns, notes, used = _without_header(text, width)
    numbers, quanta = _numbers(text, rows, width, path)
    said = _said_above(text.above, used)
    notes = (f"{len(rows):,} lines of {width} cell{'s' * (width > 1)}; {text.writing.in_words}", *text.notes, *notes)
    return _laid_out(numbers, quanta, columns, said, notes, path)


def _one_row_a_lead(text: Text, path: Path) -> Layout:
    """Fewer lines than cells in a line: each line is a lead, its first cell may be the name."""
    rows = [row for row in text.rows if row is not None]
    named = [number(row[0], text.writing.decimal) is None and not is_missing(row[0]) for row in rows]
    cells = [row[1:] if name else row for row, name in zip(rows, named, strict=True)]
    names = [row[0] if name and known_lead(row[0]) else "" for row, name in zip(rows, named, strict=True)]
    width = max(map(len, cells))
    cells = [row[:-1] if len(row) == width + 1 and not row[-1] else row for row in cells]
    parted = Text(text.writing, text.above, tuple(cells), text.first_line, text.notes)
    numbers, _ = _numbers(parted, cells, width, path)
    said = _said_above(text.above)
    notes = (
        f"{len(rows)} line{'s' * (len(rows) > 1)} of {width:,} numbers: read as one lead a row",
        text.writing.in_words,
        *text.notes,
    )
    channels = tuple(Channel(name or (said.lead if len(rows) == 1 else ""), said.unit) for name in names)
    _check_leads(len(rows), path)
    return Layout(numbers, channels, said.rates, (), said.unsure, (*notes, *said.notes))


def _check_leads(count: int, path: Path) -> None:
    if count > MOST_LEADS:
        raise UnreadableFile(f"{shown(path)} has {count:,} columns of numbers; up to {MOST_LEADS} leads are read")


def _without_header(text: Text, width: int) -> tuple[list[list[str] | None], list[Column], tuple[str, ...], int]:
    """The rows of numbers, what is said of each column, what is to be told of the header, and how many lines it has."""
    rows = list(text.rows)
    if _is_counting_header(rows, width):
        return rows[1:], [Column()] * width, ("its first line, which counts the columns from 0 or 1, is a header",), 0
    columns = [Column()] * width
    notes: tuple[str, ...] = ()
    fitting = [cells for line in text.above[-6:] if line.strip() and len(cells := text.writing.cells(line)) == width]
    units = next((found for cells in reversed(fitting[-2:]) if (found := _units_of(cells))), [""] * width)
    names = next((cells for cells in reversed(fitting[-2:]) if _units_of(cells) is None), None)
    used = int(any(units))
    if names is not None:
        named = [_column(cell) for cell in names]
        if not _is_statement(names) and any(column.is_known(alone=width == 1) for column in named):
            columns = _without_plot_names(named)
            used += 1
            notes = (f"names of columns from the line{'s' * (used > 1)} above the numbers",)
    columns = [Column(column.name, column.unit or unit) for column, unit in zip(columns, units, strict=True)]
    return rows, columns, notes, used


def _is_statement(cells: Sequence[str]) -> bool:
    """Whether a line states one thing (``Unit,mV``), and names no columns."""
    key = cells[0].strip().casefold()
    return len(cells) == 2 and (key in words()["unit"] or key in words()["lead"] or _has(key, words()["rate"]))


def _without_plot_names(columns: list[Column]) -> list[Column]:
    """Columns x and y are usual names in a table and no leads of Frank's, but where Z is there too.

    V1, V2 ... beyond V9 are the names that R gives to columns without any.
    """
    if len(columns) > 9 and [column.name for column in columns] == [f"V{place + 1}" for place in range(len(columns))]:
        return [Column("", column.unit) for column in columns]
    leads = {known_lead(column.name) for column in columns}
    plot = {"X", "Y", "Z"} - leads
    named = [plot and known_lead(column.name) in ("X", "Y", "Z") for column in columns]
    return [Column("", column.unit) if away else column for away, column in zip(named, columns, strict=True)]


def _is_counting_header(rows: Sequence[list[str] | None], width: int) -> bool:
    """Whether the first line is 0, 1, 2 ..., as pandas writes for an array, with an empty cell where an index follows.

    One whose first cell the next line goes on counting is a row with its number.
    """
    first = rows[0] if rows else None
    second = next((row for row in rows[1:] if row), None)
    if first is None or second is None or len(first) != width:
        return False
    indexed = first[0] == "" and width > 1
    cells = first[1:] if indexed else first
    from_0, from_1 = ([str(start + place) for place in range(len(cells))] for start in (0, 1))
    if not (cells == from_0 or (cells == from_1 and len(cells) > 2)):
        return False
    return indexed or width == 1 or second[0] != str(int(first[0]) + 1)


def _column(cell: str) -> Column:
    """Name and unit of a header's cell: ``II (mV)``, ``time [s]``, ``ECG_uV``, ``Zeit in ms``."""
    cell = cell[:LONGEST_LINE].strip().strip("'\"").strip()
    for pattern in (_IN_BRACKETS, _AFTER):
        found = pattern.fullmatch(cell)
        known = found and (_is_unit(found["unit"]) or (pattern is _IN_BRACKETS and is_other_quantity(found["unit"])))
        if found and known and not known_lead(cell if pattern is _AFTER else ""):
            return Column(found["name"].strip(), found["unit"].strip())
        if found and pattern is _AFTER and millivolts_in(found["unit"]) and found["name"]:
            return Column(found["name"].strip(), found["unit"].strip())
    return Column("", cell) if millivolts_in(cell) and cell.casefold() not in ("v",) else Column(cell)


def _is_unit(word: str) -> bool:
    return millivolts_in(word) is not None or word.strip().casefold() in words()["seconds"]


def _units_of(cells: Sequence[str]) -> list[str] | None:
    """Units where a line holds nothing else (``s, mV, mV``); None for another line."""
    bare = [cell.strip("[](){}'\" ") for cell in cells]
    clock = [bool(re.fullmatch(r"[hms:.]{5,16}", cell.casefold())) for cell in bare]
    if not any(bare) or not all(not cell or _is_unit(cell) or hours for cell, hours in zip(bare, clock, strict=True)):
        return None
    return ["" if hours else cell for cell, hours in zip(bare, clock, strict=True)]


def _numbers(
    text: Text, rows: Sequence[list[str] | None], width: int, path: Path
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The numbers (rows, columns), NaN where nothing was measured, and the last digit each column is written with.

    Raises
    ------
    UnreadableFile
        For the first cell that is no number, by line and column.
    """
    known = [row for row in rows if row is not None]
    comma = text.writing.decimal == ","
    flat = [cell for row in known for cell in row]
    if any(len(row) != width for row in known):
        fault = fault_in(Text(text.writing, (), text.rows, text.first_line, ()), width, path)
        if fault:
            raise fault
    found = np.full((len(rows), width), np.nan)
    held = np.array([row is not None for row in rows])
    values = _plain(flat, comma)
    if values is None:
        fault = fault_in(text, width, path)
        if fault:
            raise fault
        values = np.array([_value(cell, text.writing.decimal) for cell in flat], dtype=np.float64)
    found[held] = values.reshape(len(known), width)
    if not np.isfinite(found).any():
        raise UnreadableFile(f"{shown(path)} holds no numbers; export it again")
    return found, np.array([_last_digit([row[column] for row in known[:50]]) for column in range(width)])


def _plain(cells: Sequence[str], comma: bool) -> NDArray[np.float64] | None:
    """The numbers of cells that hold nothing but ordinary numbers, all at once; None where one needs a closer look."""
    signs = set("".join(cells))
    if not signs <= (PLAIN | {","} if comma else PLAIN) or max(map(len, cells), default=0) > LONGEST_NUMBER:
        return None
    try:
        return np.array([cell.replace(",", ".") for cell in cells] if comma else cells, dtype=np.float64)
    except ValueError:
        return None


def _value(cell: str, decimal: str) -> float:
    found = number(cell, decimal)
    if found is not None:
        return found
    return clock_seconds(cell) if is_clock(cell) else np.nan


def _last_digit(cells: Sequence[str]) -> float:
    """What one in the last written digit is worth."""
    digits = 0
    for cell in cells:
        mantissa, _, exponent = cell.casefold().partition("e")
        behind = re.split(r"[.,]", mantissa)
        digits = max(digits, (len(behind[-1]) if len(behind) > 1 else 0) - (int(exponent) if exponent else 0))
    return float(10.0 ** -min(max(digits, -12), 15))


@dataclass(frozen=True)
class _Said:
    """What lines above the numbers say."""

    rates: tuple[tuple[float, str], ...] = ()
    unsure: tuple[float, ...] = ()
    unit: str | None = None
    lead: str = ""
    notes: tuple[str, ...] = ()


def _said_above(above: Sequence[str], used: int = 0) -> _Said:
    """Rate, unit and lead that the lines above the numbers state, in any of the languages of the table of words.

    `used` of the lines are the header of the columns.
    """
    rates: list[float] = []
    unsure: list[float] = []
    units: list[str] = []
    leads: list[str] = []
    for line in [*above[:MOST_LINES], *above[MOST_LINES:][-5:]]:
        line = line[:LONGEST_LINE].strip().lstrip("#%;/ ").strip()
        key, value = _key_and_value(line)
        rate = _rate_in(line)
        if rate:
            (rates if _has(line, words()["rate"]) else unsure).append(rate)
        elif _has(key, words()["unit"]) and millivolts_in(value):
            units.append(value)
        elif _has(key, words()["lead"]) and known_lead(value):
            leads.append(value)
        elif not key and millivolts_in(line) and line.casefold() != "v":
            units.append(line)
    factors = {millivolts_in(unit) for unit in units}
    unit = units[0] if len(factors) == 1 else None
    said = dict.fromkeys(rates)
    notes = []
    lines = sum(bool(line.strip()) for line in above) - used
    if lines:
        stated = [*(f"{rate:g} Hz" for rate in said), *([f"the unit {shown(unit, 24)}"] if unit else [])]
        taken = f", but for {' and '.join(stated)}" if stated else ""
        notes.append(f"{lines} line{'s' * (lines > 1)} above the numbers left alone{taken}")
    lead = leads[0] if len({known_lead(name) for name in leads}) == 1 else ""
    where = "by a line above the numbers"
    return _Said(tuple((rate, where) for rate in said), tuple(dict.fromkeys(unsure)), unit, lead, tuple(notes))


def _key_and_value(line: str) -> tuple[str, str]:
    found = re.split(r"[,;\t=:|]", line, maxsplit=1)
    if len(found) < 2:
        return "", line
    return found[0].strip().strip("\"'"), found[1].strip(" \t,;:=\"'[](){}")


def _has(line: str, listed: Sequence[str]) -> bool:
    """Whether one of the words stands in a line, as a word where it is written in letters that words are made of."""
    folded = line.casefold().replace("\u2019", "'")
    return any(
        re.search(rf"(?<![^\W\d_]){re.escape(word)}(?![^\W\d_])", folded) if word.isascii() else word in folded
        for word in listed
    )


def _rate_in(line: str) -> float | None:
    """A sampling rate that a line states in Hz, or may state; None for another frequency and for no number."""
    folded = line.casefold()
    certain = _has(line, words()["rate"])
    hertz = words()["hertz"]
    if not certain and any(word in folded for word in words()["other_rate"]):
        return None
    numbers = list(_NUMBER.finditer(folded))
    for found in numbers:
        behind = re.match(r"[\s,;:\"'\[(]*([^\W\d_]+(?:/s)?|1/s)", folded[found.end() :])
        unit = behind[1] if behind else ""
        if unit in hertz and (len(numbers) == 1 or certain):
            return float(found[0].replace(",", ".")) * hertz[unit] or None
    if certain and numbers:
        scale = 1000.0 if re.search(r"[\[(]\s*khz\s*[\])]", folded) else 1.0
        return float(numbers[-1][0].replace(",", ".")) * scale or None
    return None


def _laid_out(
    numbers: NDArray[np.float64],
    quanta: NDArray[np.float64],
    columns: list[Column],
    said: _Said,
    notes: tuple[str, ...],
    path: Path,
) -> Layout:
    """Columns sorted into time, count and leads."""
    while numbers.shape[1] > 1 and np.isnan(numbers[:, -1]).all() and not columns[numbers.shape[1] - 1].name:
        numbers = numbers[:, :-1]
        notes = (*notes, "the last column is empty and was left out")
    columns = columns[: numbers.shape[1]]
    rates = list(said.rates)
    possible: tuple[float, ...] = ()
    outside: set[int] = set()
    left_out: dict[str, str] = {}
    axis: TimeAxis | None = None
    if numbers.shape[1] > 1:
        for place, column, found in _time_columns(numbers, quanta, columns, path):
            outside.add(place)
            if found is None or _counts(numbers[:, place], column):
                notes = (*notes, f"column {place + 1} counts the samples and is no lead")
                continue
            axis = axis or found
            unit = words()["seconds"].get(column.unit.casefold() or column.word)
            given = found.rates(unit)
            if len(given) == 1:
                rates.append((given[0], "by its time column"))
                notes = (*notes, f"column {place + 1} is time, which gives {given[0]:g} Hz")
            else:
                possible = given
                notes = (*notes, f"column {place + 1} is time")
        for place, column in enumerate(columns):
            if place not in outside and column.word in words()["other_column"]:
                outside.add(place)
                left_out[shown(column.name, 40)] = "it is no lead by its name"
    leads = [place for place in range(numbers.shape[1]) if place not in outside]
    if not leads:
        raise UnreadableFile(f"{shown(path)} holds time, but no column of a lead; export it with the ECG")
    _check_leads(len(leads), path)
    signals = numbers[:, leads].T
    if axis is not None and axis.missing:
        full = np.full((signals.shape[0], int(axis.places[-1]) + 1), np.nan)
        full[:, axis.places] = signals
        signals = full
        notes = (*notes, f"{axis.missing:,} samples that the time column leaves out are missing")
    return Layout(
        signals,
        tuple(_lead(columns, leads, place, said) for place in leads),
        _one_of_each(rates),
        possible,
        said.unsure,
        (*notes, *said.notes),
        left_out,
    )


def _lead(columns: Sequence[Column], leads: Sequence[int], place: int, said: _Said) -> Channel:
    """Name and unit of the lead in one column; those without a name are counted."""
    column = columns[place]
    name = column.name
    if len(leads) == 1 and not known_lead(name) and said.lead:
        name = said.lead
    if not name and len(leads) > 1:
        name = f"lead {leads.index(place) + 1}"
    return Channel(name, column.unit or said.unit)


def _one_of_each(rates: Sequence[tuple[float, str]]) -> tuple[tuple[float, str], ...]:
    """Rates without those that are the same but for the last digit of a time column."""
    kept: list[tuple[float, str]] = []
    for rate, where in rates:
        if not any(abs(rate - other) <= 1e-3 * other for other, _ in kept):
            kept.append((rate, where))
    return tuple(kept)


def _counts(values: NDArray[np.float64], column: Column) -> bool:
    """Whether a column counts samples: whole numbers that rise by one, and no unit of time."""
    if column.unit or column.word in words()["seconds"]:
        return False
    known = values[np.isfinite(values)]
    return bool(np.all(np.diff(known) == 1) and np.all(known == np.rint(known)))


def _time_columns(
    numbers: NDArray[np.float64], quanta: NDArray[np.float64], columns: Sequence[Column], path: Path
) -> Iterator[tuple[int, Column, TimeAxis | None]]:
    """Columns that are no leads because they hold time or count, each with its grid.

    A column that is named as time must lie on a grid; one without a name does so only from the left edge on.
    """
    for place, column in enumerate(columns):
        values = numbers[:, place]
        if column.is_time:
            axis = time_axis(values, float(quanta[place]), gaps=True)
            if axis is None:
                raise UnreadableFile(
                    f"{shown(path)}: its time column (column {place + 1}) does not rise evenly, so it gives no "
                    "sampling rate; export it evenly sampled, or leave the column out of the file"
                )
            yield place, column, axis
        elif column.is_index:
            yield place, column, None
        elif not column.name and not column.unit and len(values) >= 10:
            axis = time_axis(values, float(quanta[place]), gaps=False)
            if axis is not None:
                yield place, column, axis
            else:
                return
        elif column.name:
            continue
