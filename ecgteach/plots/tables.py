"""Small tables as HTML, in which every word is text: nothing that comes from a file is taken for markup."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Cell:
    """Words in a table; a number stands at the right, what matters most is strong."""

    words: str
    number: bool = False
    strong: bool = False


Row = Sequence[str | Cell]


def html_table(head: Sequence[str], rows: Sequence[Row], caption: str = "", note: str = "") -> str:
    """A table with a header row; the first cell of each row names it.

    Parameters
    ----------
    head : sequence of str
        Names of the columns; empty for a table without a header row.
    rows : sequence of Row
        The cells.
    caption, note : str
        Above and below the table.
    """
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row" style="text-align: left">{_words(first)}</th>{"".join(map(_cell, rest))}</tr>'
        for first, *rest in rows
    )
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    below = f"<p>{escape(note)}</p>" if note else ""
    return f"<table>{title}{f'<tr>{top}</tr>' if head else ''}{body}</table>{below}"


def _cell(held: str | Cell) -> str:
    number = ' class="number" style="text-align: right"' if isinstance(held, Cell) and held.number else ""
    return f"<td{number}>{_words(held)}</td>"


def _words(held: str | Cell) -> str:
    if isinstance(held, str):
        return escape(held)
    return f"<b>{escape(held.words)}</b>" if held.strong else escape(held.words)
