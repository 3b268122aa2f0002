"""A figure together with the words that say the same to whoever cannot see it."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from ..errors import InvalidValue, choices
from ..paths import write_whole
from .theme import style

CSS_PIXELS_PER_INCH = 96
PREFIX = "data:image/png;base64,"

METADATA: dict[str, dict[str, str | None]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
"""Kinds of file, and what matplotlib would write into each that changes from day to day or version to version."""

ALT_FIELD = {".png": "Description", ".svg": "Description", ".pdf": "Subject"}
"""Where each kind of file keeps the alternative text."""


@dataclass(frozen=True, eq=False, repr=False)
class Picture:
    """A figure and its alternative text; in a notebook it shows itself at its true size.

    What it keeps, once it was shown, is its PNG: a notebook holds every value that it has shown, and a figure with its
    renderer takes ten megabytes.

    Parameters
    ----------
    draw : callable
        Makes the figure, bound to no window and to no global state; the same each time.
    alt : str
        What the figure says, in words.
    """

    draw: Callable[[], Figure]
    alt: str

    @property
    def figure(self) -> Figure:
        """The figure, drawn anew: a copy of one's own to change."""
        with style():
            return self.draw()

    def png(self) -> bytes:
        """The figure as a PNG file, the same bytes each time, with the alternative text inside."""
        return b64decode(self._png)

    def save(self, path: str | Path) -> Path:
        """Write the figure, whole or not at all; the ending says how: ``.png``, ``.svg`` or ``.pdf``.

        Parameters
        ----------
        path : str or Path
            Where the file goes; its folder must exist. A file of that name is replaced.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        InvalidValue
            When the ending is none of the three.
        UnreadableFile
            When the file cannot be written.
        """
        suffix = check_ending(path)
        return write_whole(path, self.png() if suffix == ".png" else self._drawn(suffix, self.figure))

    @cached_property
    def _png(self) -> str:
        """The PNG file in letters, as a notebook holds it."""
        return self._html.partition(PREFIX)[2].partition('"')[0]

    @cached_property
    def _html(self) -> str:
        """The figure as HTML with its PNG in it: IPython keeps what it has shown, and this is the same string."""
        figure = self.figure
        width, height = (round(inches * CSS_PIXELS_PER_INCH) for inches in figure.get_size_inches())
        alt = escape(self.alt).encode("ascii", "xmlcharrefreplace").decode()  # else each letter takes two bytes
        return (
            f'<img src="{PREFIX}{b64encode(self._drawn(".png", figure)).decode()}" width="{width}" height="{height}" '
            f'style="max-width: 100%; height: auto" alt="{alt}">'
        )

    def _drawn(self, suffix: str, figure: Figure) -> bytes:
        metadata = METADATA[suffix] | {ALT_FIELD[suffix]: self.alt}
        small: dict[str, Any] = {"pil_kwargs": {"compress_level": 6}} if suffix == ".png" else {}
        file = BytesIO()
        with style():
            figure.savefig(file, format=suffix[1:], dpi=figure.dpi, metadata=metadata, **small)
        # figure, canvas and axes hold each other: taken apart, their megabytes come back now and not some time later
        figure.clear()
        vars(figure.canvas).pop("renderer", None)
        return file.getvalue()

    def _repr_mimebundle_(
        self,
        include: object = None,  # noqa: ARG002 - names that IPython passes
        exclude: object = None,  # noqa: ARG002
    ) -> dict[str, str]:
        """HTML, as it alone carries the alternative text; PNG for what knows no HTML, such as a PDF; and the words."""
        return {"text/plain": repr(self), "text/html": self._html, "image/png": self._png}

    def __repr__(self) -> str:
        return f"Picture: {self.alt}"


def check_ending(path: str | Path) -> str:
    """The ending of a picture's file, in small letters.

    Raises
    ------
    InvalidValue
        When a picture cannot be saved so.
    """
    path = Path(path)
    if path.suffix.lower() not in METADATA:
        raise InvalidValue(f"{path.name} cannot be written: a picture is saved as one of {choices(METADATA)}")
    return path.suffix.lower()
