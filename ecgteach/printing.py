"""Tables and figures as the command line prints them: two digits, intervals, shares, and p values in words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from .statistics import FEW


class Worded(Protocol):
    """An entry of a registry that says what it is."""

    @property
    def words(self) -> str:
        """What it is, for people."""


def print_table(columns: Sequence[str], lines: Iterable[Mapping[str, Any]]) -> None:
    """A table with as much room for each column as it needs; an underscore in a name is a space in its head."""
    heads = tuple(name.replace("_", " ") for name in columns)
    rows = [heads, *(tuple(in_cell(line[name]) for name in columns) for line in lines)]
    widths = [max(len(row[number]) for row in rows) for number in range(len(columns))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def print_words(entries: Mapping[str, Worded]) -> None:
    """What the names of a registry mean, one a line."""
    for name, entry in entries.items():
        print(f"{name}: {entry.words}")


def in_cell(value: Any) -> str:
    """A figure in two digits, an interval with "to", ``-`` where there is none.

    >>> in_cell(0.123), in_cell([0.1, 0.25]), in_cell(7), in_cell(None)
    ('0.12', '0.10 to 0.25', '7', '-')
    """
    if value is None:
        return "-"
    if isinstance(value, list | tuple):
        return " to ".join(f"{each:.2f}" for each in value)
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def versus(difference: float | None, p: float | None) -> str:
    """A paired comparison: the difference, and its p value in brackets.

    >>> versus(0.25, 0.0321), versus(-0.25, None), versus(None, None)
    ('+0.25 (p 0.032)', '-0.25 (too few)', '-')
    """
    if difference is None:
        return "-"
    label = "too few" if p is None else "p < 0.001" if p < 0.001 else f"p {p:.3f}"
    return f"{difference:+.2f} ({label})"


def format_interval(found: Sequence[float] | None) -> str:
    """An interval of shares, ``-`` where there is none.

    >>> format_interval([0.5, 1.0])
    '50.0% to 100.0%'
    """
    return "-" if found is None else f"{found[0]:.1%} to {found[1]:.1%}"


def format_p(p: float | None) -> str:
    """A p value.

    >>> format_p(0.0321), format_p(1e-9), format_p(None)
    ('0.032', 'below 0.001', '-')
    """
    return "-" if p is None else "below 0.001" if p < 0.001 else f"{p:.3f}"


def percent(count: int, of: int) -> str:
    """A share of strips, or their number where there are too few for a share.

    >>> percent(15, 20), percent(3, 4)
    ('75.0%', '3')
    """
    return f"{count / of:.1%}" if of >= FEW else f"{count}"
