"""The tables that data sets bring along: which recordings there are, and what is said of each."""

import csv
from collections.abc import Sequence
from pathlib import Path

from ..errors import UnreadableFile, choices
from .files import check_archive, reading, regular, shown

LARGEST_TABLE = 64 * 1024**2
LARGEST_SHEET = 256 * 1024**2
MOST_ROWS, MOST_COLUMNS = 200_000, 64


def read_index(path: Path, columns: Sequence[str], *, titled: bool = True) -> list[dict[str, str]]:
    """Rows of a table, each a dictionary of stripped words; an empty cell is an empty word.

    Parameters
    ----------
    path : path
        A ``.csv`` or ``.xlsx`` file.
    columns : sequence of str
        Columns that are needed; others are left out.
    titled : bool
        False for a ``.csv`` whose first line is a row already: `columns` then names all of its columns in order.

    Raises
    ------
    UnreadableFile
        When the table is missing, broken or empty, or lacks a column.
    """
    regular(path, at_most=LARGEST_TABLE, missing=f"is missing; is {shown(path.parent)} the folder of the data set?")
    if path.suffix == ".xlsx":
        names, rows = _sheet(path)
    else:
        names, rows = _csv(path, None if titled else columns)
    lacking = [column for column in columns if column not in names]
    if lacking or not rows:
        fault = f"lacks the column {choices(lacking)}" if lacking else "holds no rows"
        raise UnreadableFile(f"{shown(path)} is no table of this data set: it {fault}. Fetch it again")
    return [{column: (row[column] or "").strip() for column in columns} for row in rows]


def _csv(path: Path, names: Sequence[str] | None) -> tuple[Sequence[str], list[dict[str, str | None]]]:
    with reading(path, "table"), path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, fieldnames=names)
        rows = list(reader)
        return reader.fieldnames or (), rows


def _sheet(path: Path) -> tuple[Sequence[str], list[dict[str, str | None]]]:
    """The first sheet of a workbook, row by row: a cell in the last column and row of all must not fill the memory."""
    from openpyxl import load_workbook

    check_archive(path, at_most=LARGEST_SHEET)
    with reading(path, "table"), path.open("rb") as file:
        book = load_workbook(file, read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        cells: list[tuple[str, ...]] = []
        for row in sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True):
            cells.append(tuple(_word(cell) for cell in row))
            if len(cells) > MOST_ROWS:
                raise UnreadableFile(
                    f"{shown(path)} has more than {MOST_ROWS:,} rows, so it is no table of recordings. Fetch it again"
                )
    names = cells[0] if cells else ()
    return names, [dict(zip(names, (*row, *[""] * len(names)), strict=False)) for row in cells[1:] if any(row)]


def _word(cell: object) -> str:
    """A cell as a word: a whole number without a point, an empty cell as an empty word."""
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
