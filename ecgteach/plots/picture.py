"""A figure together with the words that say the same to whoever cannot see it."""

from base64 import b64encode
from dataclasses import dataclass
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from ..errors import InvalidValue, choices
from ..paths import write_whole
from .theme import style

CSS_PIXELS_PER_INCH = 96

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

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Bound to no window and to no global state: it is gone when the last reference to it is.
    alt : str
        What the figure says, in words.
    """

    figure: Figure
    alt: str

    def png(self) -> bytes:
        """The figure as a PNG file, the same bytes each time, with the alternative text inside."""
        return self._drawn(".png")

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
        return write_whole(path, self._drawn(check_ending(path)))

    def _drawn(self, suffix: str) -> bytes:
        metadata = METADATA[suffix] | {ALT_FIELD[suffix]: self.alt}
        fast: dict[str, Any] = {"pil_kwargs": {"compress_level": 1}} if suffix == ".png" else {}
        file = BytesIO()
        with style():
            self.figure.savefig(file, format=suffix[1:], dpi=self.figure.dpi, metadata=metadata, **fast)
        return file.getvalue()

    def _repr_mimebundle_(
        self,
        include: object = None,  # noqa: ARG002 - names that IPython passes
        exclude: object = None,  # noqa: ARG002
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """HTML first, since it alone carries the alternative text; PNG for readers without HTML."""
        width, height = (round(inches * CSS_PIXELS_PER_INCH) for inches in self.figure.get_size_inches())
        content = b64encode(self.png()).decode()
        html = (
            f'<img src="data:image/png;base64,{content}" width="{width}" height="{height}" '
            f'style="max-width: 100%; height: auto" alt="{escape(self.alt)}">'
        )
        shown = {"text/plain": repr(self), "text/html": html, "image/png": content}
        return shown, {"image/png": {"width": width, "height": height}}

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
