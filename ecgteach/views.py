"""The views of a strip, each declared once: its name in code, the learner's word, its colour, marker and hatch.

The colours are those of Okabe and Ito (2008, Color Universal Design), which people with colour blindness tell apart.
To add a view, give it a row in `VIEWS`; its network goes into `ecgteach.models.NETWORKS` under the same name. A view
without a row, such as a network of one's own, goes by its own name, in one of the colours that are left.
"""

from dataclasses import dataclass
from zlib import crc32


@dataclass(frozen=True)
class ViewKind:
    """How a view is named and shown.

    Parameters
    ----------
    name : str
        In code and in files: ``"image"``.
    word : str
        What learners call it: ``"picture"``.
    colour, ink : str
        Its colour as ``"#RRGGBB"``, and that of words on it, at a contrast of 4.5 or more.
    marker, hatch : str
        Its marker and hatch in figures, in matplotlib's letters.
    """

    name: str
    word: str
    colour: str
    ink: str
    marker: str
    hatch: str

    @property
    def network(self) -> str:
        """What learners call its network: ``"picture network"``."""
        return f"{self.word} network"


SIGNAL, IMAGE, FUSED = "signal", "image", "fused"

VIEWS = {
    SIGNAL: ViewKind(SIGNAL, "signal", "#0072B2", "#FFFFFF", "o", "/"),
    IMAGE: ViewKind(IMAGE, "picture", "#E69F00", "#000000", "s", "\\"),
}
"""The views that are shipped, by name."""

FUSED_KIND = ViewKind(FUSED, "fused", "#009E73", "#000000", "D", "x")
"""The map that is made of those of all views; shown like a view, read by no network."""

LEFT_OVER = (("#56B4E9", "#000000"), ("#D55E00", "#000000"), ("#F0E442", "#000000"))
"""Colours, and ink on them, for views without a row; the palette's seventh is that of the learner's own marks."""


def view_kind(name: str) -> ViewKind:
    """How a view, or the fused map, is named and shown.

    >>> view_kind("image").word, view_kind("my own").word
    ('picture', 'my own')
    """
    if name == FUSED:
        return FUSED_KIND
    return VIEWS.get(name) or ViewKind(name, name, *LEFT_OVER[crc32(name.encode()) % len(LEFT_OVER)], "^", "o")
