"""Tables of the command line: figures in two digits, intervals, and p values in words."""

from collections.abc import Iterable, Mapping
from typing import Any


def versus(found: Mapping[str, Any]) -> str:
    """A paired comparison: the difference, and its p value in brackets."""
    if found["difference"] is None:
        return "-"
    p = found["p"]
    said = "too few" if p is None else "p < 0.001" if p < 0.001 else f"p {p:.3f}"
    return f"{found['difference']:+.2f} ({said})"


def print_table(columns: tuple[str, ...], lines: Iterable[Mapping[str, Any]]) -> None:
    """A table with as much room for each column as it needs; an underscore in a name is a space in its head."""
    rows = [
        tuple(name.replace("_", " ") for name in columns),
        *(tuple(in_cell(line[name]) for name in columns) for line in lines),
    ]
    widths = [max(len(row[number]) for row in rows) for number in range(len(columns))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def in_cell(value: Any) -> str:
    """A figure in two digits, an interval with "to", ``-`` where there is none."""
    if value is None:
        return "-"
    if isinstance(value, tuple):
        return " to ".join(f"{each:.2f}" for each in value)
    return f"{value:.2f}" if isinstance(value, float) else str(value)
