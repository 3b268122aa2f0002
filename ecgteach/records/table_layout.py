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
from .leads import known_lead
from .table_columns import Column, header_of
from .table_remarks import Remarks, remarks_above
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

MOST_LEADS = 512
PLAIN = frozenset("0123456789.+-eE")


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
    rows, columns, notes, used = header_of(text, width)
    numbers, quanta = _numbers(text, rows, width, path)
    said = remarks_above(text.above, used)
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
    said = remarks_above(text.above)
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


def _laid_out(
    numbers: NDArray[np.float64],
    quanta: NDArray[np.float64],
    columns: list[Column],
    said: Remarks,
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


def _lead(columns: Sequence[Column], leads: Sequence[int], place: int, said: Remarks) -> Channel:
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
