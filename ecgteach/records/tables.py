"""The tables that data sets bring along: which recordings there are, and what is said of each."""

import csv
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

from ..errors import UnreadableFile, choices


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
    if not path.is_file():
        raise UnreadableFile(f"{path} is missing; is {path.parent} the folder of the data set?")
    try:
        names, rows = _sheet(path) if path.suffix == ".xlsx" else _csv(path, None if titled else columns)
    except (OSError, ValueError, KeyError, SyntaxError, csv.Error, BadZipFile) as problem:
        raise UnreadableFile(f"{path} is no readable table ({problem}). Fetch it again") from problem
    lacking = [column for column in columns if column not in names]
    if lacking or not rows:
        fault = f"lacks the column {choices(lacking)}" if lacking else "holds no rows"
        raise UnreadableFile(f"{path} {fault}. Fetch it again")
    return [{column: (row[column] or "").strip() for column in columns} for row in rows]


def _csv(path: Path, names: Sequence[str] | None) -> tuple[Sequence[str], list[dict[str, str | None]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, fieldnames=names)
        rows = list(reader)
    return reader.fieldnames or (), rows


def _sheet(path: Path) -> tuple[Sequence[str], list[dict[str, str | None]]]:
    import pandas as pd

    table = pd.read_excel(path, dtype=str).fillna("")
    names = [str(name) for name in table.columns]
    return names, [dict(zip(names, row, strict=True)) for row in table.itertuples(index=False, name=None)]
