"""The header of a table of numbers: which line it is, and what it says of each column."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .leads import known_lead, says_nothing
from .table_remarks import LONGEST_LINE, names_one_of
from .table_text import Text, words
from .units import is_other_quantity, millivolts_in

_IN_BRACKETS = re.compile(r"^(?P<name>[^\[({]*?)[\s_]*[\[({](?P<unit>[^\[\](){}]*)[\])}]$")
_AFTER = re.compile(r"^(?P<name>.*?)(?:_|/| in |,| )(?P<unit>[^\W_]+)$")


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


def header_of(text: Text, width: int) -> tuple[list[list[str] | None], list[Column], tuple[str, ...], int]:
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
    return len(cells) == 2 and (key in words()["unit"] or key in words()["lead"] or names_one_of(key, words()["rate"]))


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
