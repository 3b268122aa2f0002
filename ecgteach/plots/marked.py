"""A strip on paper with what a learner has marked on it."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from ..arguments import checked
from ..marks import Mark
from ..strip import Strip
from ..words import listed
from . import paper, words
from .picture import Picture
from .sheet import Sheet
from .strips import footer, sentences
from .theme import INK, MARKS

HATCHES = ("", "///", "xx", "..")
SHADE = 0.28
LANE = 0.18
"""Height in mV of the bar at the upper edge that tells brushes apart."""


@checked
def plot_marked(
    strip: Strip,
    marks: Sequence[Mark],
    brushes: Mapping[str, str],
    *,
    caliper: tuple[float, float] | None = None,
    title: str = "",
) -> Picture:
    """A strip on ECG paper with marks and calipers; nothing on it names the rhythm or the source.

    Parameters
    ----------
    strip : Strip
        Filtered or not.
    marks : sequence of Mark
        What was marked.
    brushes : mapping of str to str
        Words of each brush.
    caliper : tuple of float, optional
        Both points of a pair of calipers, in seconds.
    title : str
        Words above the paper.

    Returns
    -------
    Picture
        The figure and its alternative text, which says where each mark lies.
    """
    used = [name for name in brushes if any(mark.brush == name for mark in marks)]

    def draw() -> Figure:
        sheet = Sheet()
        if title:
            sheet.title(title)
        sheet.heading(None, "; ".join(_said(name, brushes, marks) for name in used))
        axes = paper.paper(sheet, strip.samples)
        low, high = axes.get_ylim()
        for lane, name in enumerate(brushes):
            for mark in (mark for mark in marks if mark.brush == name):
                axes.axvspan(mark.start, mark.end, color=MARKS, alpha=SHADE, linewidth=0, zorder=1)
                top = high - LANE * (lane + 1)
                axes.bar(
                    (mark.start + mark.end) / 2, LANE, mark.end - mark.start, top, facecolor=MARKS, edgecolor="white",
                    hatch=HATCHES[lane % len(HATCHES)], linewidth=0.5, zorder=3,
                )  # fmt: skip
        if caliper is not None:
            for moment in caliper:
                axes.axvline(moment, color=INK, linewidth=1.4, linestyle=(0, (5, 3)), zorder=3)
            middle = low + (high - low) * 0.1
            axes.annotate(
                "", (caliper[0], middle), (caliper[1], middle), arrowprops={"arrowstyle": "<->", "color": INK}
            )
        paper.trace(axes, strip)
        sheet.time_axis()
        footer(sheet, strip, source=False)
        return sheet.finished()

    told = [_said(name, brushes, marks) for name in used] or ["Nothing is marked"]
    if caliper is not None:
        told.append(f"Calipers stand at {min(caliper):.2f} and {max(caliper):.2f} s")
    about = [title, *told, words.scale_line(strip), words.warnings(strip)]
    return Picture(draw, sentences(*about, words.watermark(strip, source=False, reveal=False)))


def _said(name: str, brushes: Mapping[str, str], marks: Sequence[Mark]) -> str:
    spans = [f"{mark.start:.2f} to {mark.end:.2f} s" for mark in marks if mark.brush == name]
    return f"Marked as {brushes[name]}: {listed(spans)}"
