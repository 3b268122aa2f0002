"""Small tables as HTML, in which every word is text: nothing that comes from a file is taken for markup."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple


class Cell(NamedTuple):
    """Words in a table; a number stands at the right, what matters most is strong."""

    words: str
    number: bool = False
    strong: bool = False

    def html(self) -> str:
        """The cell as HTML."""
        side = ' class="number" style="text-align: right"' if self.number else ""
        return f"<td{side}>{'<b>' * self.strong}{escape(self.words)}{'</b>' * self.strong}</td>"


Row = Sequence[str | Cell]
"""The first names the row, in words."""


def html_table(head: Sequence[str], rows: Sequence[Row], caption: str = "", note: str = "") -> str:
    """A table with the names of its columns (none: no header row), a caption above it and a note below."""
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    body = "".join(f"<tr>{_name(first)}{''.join(map(_cell, rest))}</tr>" for first, *rest in rows)
    below = f"<p>{escape(note)}</p>" if note else ""
    return f"<table>{title}{f'<tr>{top}</tr>' if head else ''}{body}</table>{below}"


def _name(words: str | Cell) -> str:
    return f'<th scope="row" style="text-align: left">{escape(str(words))}</th>'


def _cell(held: str | Cell) -> str:
    return (held if isinstance(held, Cell) else Cell(held)).html()
