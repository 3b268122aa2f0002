"""A strip with its waves named: each on its own shade, with its letter above it."""

from collections import Counter
from collections.abc import Sequence

from matplotlib.figure import Figure

from ..arguments import checked
from ..errors import InvalidValue
from ..strip import Strip
from ..truth import Wave
from . import paper, words
from .picture import Picture
from .sheet import Sheet
from .strips import footer, sentences
from .theme import INK

SHADES = {
    "P": ("#0072B2", "/", "P"), "QRS": ("#D55E00", "", "QRS"), "T": ("#009E73", "\\", "T"),
    "F": ("#56B4E9", "x", "F"), "f": ("#56B4E9", ".", "f"),
}  # fmt: skip
"""Colour (Okabe-Ito), hatch and letter of each kind of wave: told apart without the colour too."""

SHADE_STRENGTH = 0.22


@checked
def plot_waves(strip: Strip, waves: Sequence[Wave] | None = None, *, title: str | None = None) -> Picture:
    """A strip on ECG paper with its waves shaded and named.

    Parameters
    ----------
    strip : Strip
        What is drawn.
    waves : sequence of Wave, optional
        In seconds from the strip's start; by default those that its truth holds.
    title : str, optional
        Words above the paper.

    Returns
    -------
    Picture
        The figure and its alternative text, which counts the waves.

    Raises
    ------
    InvalidValue
        When no waves are given and the strip was not simulated.
    """
    if waves is None:
        if strip.truth is None:
            raise InvalidValue("this strip does not know its waves; give them, such as those of delineate(strip).waves")
        waves = strip.truth.waves
    shown = [wave for wave in waves if wave.kind in SHADES]
    title = title or "P, QRS and T, beat by beat"

    def draw() -> Figure:
        sheet = Sheet()
        sheet.title(title)
        sheet.heading(None, "")
        axes = paper.paper(sheet, strip.samples)
        low, high = axes.get_ylim()
        for wave in shown:
            colour, hatch, letter = SHADES[wave.kind]
            axes.axvspan(
                wave.onset, wave.offset, facecolor=colour, edgecolor=colour, hatch=hatch, alpha=SHADE_STRENGTH,
                linewidth=0, zorder=1,
            )  # fmt: skip
            middle = (wave.onset + wave.offset) / 2
            place = (high - 0.08, "top") if wave.kind == "QRS" else (low + 0.05, "bottom")  # else letters would touch
            axes.text(middle, place[0], letter, ha="center", va=place[1], color=INK, fontsize=11, zorder=6)
        paper.trace(axes, strip)
        sheet.time_axis()
        footer(sheet, strip, source=False)
        return sheet.finished()

    counted = Counter(wave.kind for wave in shown)
    named = ", ".join(f"{count} {kind}" for kind, count in counted.items()) or "none"
    about = [title, f"Waves that are shaded and named: {named}", words.strip_in_words(strip), words.scale_line(strip)]
    return Picture(draw, sentences(*about, words.watermark(strip, source=False, reveal=False)))
