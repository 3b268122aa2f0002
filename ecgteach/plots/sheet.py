"""A sheet that figures are laid out on, measured in millimetres and filled from the top.

Every panel has the same time axis: 25 mm for each second, with 15 mm before the first one for the calibration pulse.
At 6 pixels a millimetre the lines of the paper fall on whole pixels.
"""

from functools import lru_cache

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyBboxPatch
from matplotlib.textpath import text_to_path

from ..strip import SECONDS
from ..views import view_kind
from .theme import INK, QUIET_INK, TITLE_TYPE, TYPE

MM_PER_SECOND = 25.0
MM_PER_MILLIVOLT = 10.0
MM_PER_INCH = 25.4
MM_PER_POINT = MM_PER_INCH / 72
PIXELS_PER_MM = 6

EDGE = 4.0
PAPER_LEFT = 13.0
LEAD_IN_SECONDS = 0.6
TIME_LEFT = PAPER_LEFT + LEAD_IN_SECONDS * MM_PER_SECOND
PAPER_WIDTH = (LEAD_IN_SECONDS + SECONDS) * MM_PER_SECOND
WIDTH = PAPER_LEFT + PAPER_WIDTH + EDGE

LINE = 1.3
"""Distance of lines of type, over their size."""


class Sheet:
    """A figure 282 mm wide that grows downward with what is put on it; `finished` gives it its height."""

    def __init__(self) -> None:
        self.figure = Figure(figsize=(WIDTH / MM_PER_INCH, 1.0), dpi=PIXELS_PER_MM * MM_PER_INCH, facecolor="white")
        FigureCanvasAgg(self.figure)
        self.page = self.figure.add_axes((0.0, 0.0, 1.0, 1.0), zorder=-1)
        self.page.set_axis_off()
        self.page.set_xlim(0.0, WIDTH)
        self.depth = EDGE
        self._panels: list[tuple[Axes, float, float, float, float]] = []

    def write(self, text: str, *, left: float = EDGE, size: float = TYPE, bold: bool = False, ink: str = INK) -> None:
        """Words from `left` (mm) to the right edge, on as many lines as they need."""
        for line in lines_of(text, WIDTH - EDGE - left, size, bold):
            self.at(left, self.depth + LINE * size * MM_PER_POINT / 2, line, size=size, bold=bold, ink=ink)
            self.depth += LINE * size * MM_PER_POINT

    def title(self, text: str) -> None:
        """The answer that the figure gives."""
        self.write(text, size=TITLE_TYPE, bold=True)
        self.space(1.0)

    def at(
        self, left: float, middle: float, text: str, *, size: float = TYPE, bold: bool = False, ink: str = INK,
        align: str = "left",
    ) -> None:  # fmt: skip
        """One line of words, `middle` mm from the top; it begins at `left` mm or has its middle there."""
        weight = "bold" if bold else "normal"
        self.page.text(left, middle, text, size=size, weight=weight, color=ink, ha=align, va="center_baseline")

    def heading(self, view: str | None, text: str) -> None:
        """The row above a panel: what the vertical axis counts, the view's name on its colour, and words."""
        left = TIME_LEFT
        if view is not None:
            self.space(1.0)
            look = view_kind(view)
            width = width_of(look.word, TYPE, bold=True) + 4.0
            middle = self.depth + LINE * TYPE * MM_PER_POINT / 2
            self.page.add_patch(
                FancyBboxPatch(
                    (left, middle - 2.8), width, 5.6, boxstyle="round,pad=0,rounding_size=1", color=look.colour
                )
            )
            self.at(left + width / 2, middle, look.word, bold=True, ink=look.ink, align="center")
            left += width + 2.0
        self.at(EDGE, self.depth + LINE * TYPE * MM_PER_POINT / 2, "millivolts", ink=QUIET_INK)
        self.write(text, left=left)
        self.space(1.0)

    def panel(self, height: float, *, left: float = PAPER_LEFT, width: float = PAPER_WIDTH) -> Axes:
        """Axes of a size in mm; by default as wide as the paper, with its time axis."""
        axes = self.figure.add_axes((0.0, 0.0, 1.0, 1.0), label=str(len(self._panels)))
        axes.tick_params(labelsize=TYPE, length=0, pad=3)
        axes.set_xticks([])
        if width == PAPER_WIDTH:
            axes.set_xlim(-LEAD_IN_SECONDS, SECONDS)
        self._panels.append((axes, left, self.depth, width, height))
        self.depth += height
        return axes

    def time_axis(self) -> None:
        """The seconds, in numbers below the panel that was put last."""
        middle = self.depth + 1.0 + TYPE * MM_PER_POINT / 2
        for second in range(int(SECONDS) + 1):
            self.at(TIME_LEFT + second * MM_PER_SECOND, middle, str(second), align="center")
        self.at(EDGE, middle, "seconds", ink=QUIET_INK)
        self.space(2.0 + LINE * TYPE * MM_PER_POINT)

    def space(self, height: float) -> None:
        """Leave `height` mm free."""
        self.depth += height

    def finished(self) -> Figure:
        """The figure, at its full height, with every panel in its place."""
        height = self.depth + EDGE
        self.figure.set_size_inches(WIDTH / MM_PER_INCH, height / MM_PER_INCH)
        self.page.set_ylim(height, 0.0)
        for axes, left, top, width, tall in self._panels:
            axes.set_position((left / WIDTH, 1.0 - (top + tall) / height, width / WIDTH, tall / height))
        return self.figure


@lru_cache(maxsize=4096)
def width_of(text: str, size: float, bold: bool = False) -> float:
    """Width of one line of type in mm."""
    letters = FontProperties(family="DejaVu Sans", size=size, weight="bold" if bold else "normal")
    return float(text_to_path.get_text_width_height_descent(text, letters, False)[0]) * MM_PER_POINT


def lines_of(text: str, width: float, size: float, bold: bool = False) -> list[str]:
    """Text on lines of at most `width` mm, broken at spaces; a word that is longer than a line is cut."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer, size, bold) <= width:
            lines[-1] = longer
            continue
        while width_of(word, size, bold) > width:
            fitting = max(1, sum(width_of(word[: n + 1], size, bold) <= width for n in range(len(word))))
            lines.append(word[:fitting])
            word = word[fitting:]
        lines.append(word)
    return lines
