"""What both views looked at: each map, the fused one, and who looked when, on one time axis."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ..strip import SECONDS
from . import paper, words
from .legend import agreement_key, importance_bar
from .picture import Picture
from .sheet import EDGE, LEAD_IN_SECONDS, MM_PER_MILLIVOLT, MM_PER_SECOND, Sheet
from .strips import footer, sentences
from .theme import AGREEMENT_STYLE, HATCH_REPEAT, INK, QUIET_INK, VIEW_COLOURS, importance_map, style

if TYPE_CHECKING:
    from ..explanation import Explanation

RIBBON_MM = 6.0
TICK_MM = 1.5
EDGE_MM = 1.5


def plot_explanation(explanation: "Explanation", *, title: str | None = None) -> Picture:
    """Both maps, the fused one and who looked when, stacked on one time axis.

    Parameters
    ----------
    explanation : Explanation
        What `ecgteach.explain` gave.
    title : str, optional
        Words above the figure; by default what both views answer and how much of the strip both looked at.

    Returns
    -------
    Picture
        The figure and its alternative text. Neither says what the source calls the rhythm.
    """
    title = title or words.title_of(explanation)
    with style():
        sheet = Sheet()
        sheet.title(title)
        _signal_panel(sheet, explanation)
        sheet.space(TICK_MM)
        _image_panel(sheet, explanation)
        sheet.space(TICK_MM)
        _fused_panel(sheet, explanation)
        sheet.space(2.0)
        _ribbon(sheet, explanation)
        sheet.time_axis()
        agreement_key(sheet, explanation.agreement_shares)
        importance_bar(sheet, explanation.target)
        footer(sheet, explanation.strip, words.method_line(explanation))
        figure = sheet.finished()
    return Picture(figure, _alt(explanation, title, words.explanation_in_words(explanation)))


def plot_image(explanation: "Explanation") -> Picture:
    """The picture that the image network read, coloured by where it looked.

    Parameters
    ----------
    explanation : Explanation
        What `ecgteach.explain` gave.

    Returns
    -------
    Picture
        The figure and its alternative text.
    """
    view = explanation.views["image"]
    title = words.title_of_view("image", view.on_time, view.map.state, explanation.target)
    answer = words.answer_of(view, explanation.target)
    where = f"The picture view {answer}; its map is strong at {words.moments(view.on_time)}"
    told = (where, words.cut_off(explanation.image), words.strip_in_words(explanation.strip))
    return Picture(_alone(_image_panel, explanation, title), _alt(explanation, title, *told))


def plot_fused(explanation: "Explanation") -> Picture:
    """The strip with the fused map marked on it, or why there is none.

    Parameters
    ----------
    explanation : Explanation
        What `ecgteach.explain` gave.

    Returns
    -------
    Picture
        The figure and its alternative text.
    """
    how = words.fused_in_words(explanation)
    if explanation.fused is None:
        title, where = f"There is no fused map for {explanation.target}", ""
    else:
        title = words.title_of_view("fused", explanation.fused, "ok", explanation.target)
        where = f"It is strong at {words.moments(explanation.fused)}"
    told = (how[0].upper() + how[1:], where, words.strip_in_words(explanation.strip))
    return Picture(_alone(_fused_panel, explanation, title), _alt(explanation, title, *told))


def _alone(panel: Callable[[Sheet, "Explanation"], None], seen: "Explanation", title: str) -> Figure:
    """One of the panels as a figure of its own."""
    with style():
        sheet = Sheet()
        sheet.title(title)
        panel(sheet, seen)
        sheet.time_axis()
        importance_bar(sheet, seen.target)
        footer(sheet, seen.strip, words.method_line(seen))
        return sheet.finished()


def _signal_panel(sheet: Sheet, seen: "Explanation") -> None:
    view = seen.views["signal"]
    sheet.heading("signal", words.answer_and_look(view, seen.target))
    axes = paper.paper(sheet, seen.strip.samples)
    paper.highlight(axes, seen.strip, view.on_time)
    paper.trace(axes, seen.strip)
    _edge(axes, "signal")


def _image_panel(sheet: Sheet, seen: "Explanation") -> None:
    geometry = seen.image.geometry
    view = seen.views["image"]
    told = (words.answer_and_look(view, seen.target), words.cut_off(seen.image))
    sheet.heading("image", ". ".join(filter(None, told)))
    axes = sheet.panel((geometry.high - geometry.low) * MM_PER_MILLIVOLT)
    axes.imshow(
        _heat_under_ink(seen),
        extent=(0.0, SECONDS, geometry.low, geometry.high),
        aspect="auto",
        interpolation="nearest",
    )
    axes.set_xlim(-LEAD_IN_SECONDS, SECONDS)
    axes.set_xticks(range(int(SECONDS) + 1), [])
    axes.tick_params(axis="x", length=paper.points(TICK_MM))
    axes.patch.set_visible(False)
    paper.number_millivolts(axes)
    axes.spines[:].set_visible(False)
    _edge(axes, "image")


def _fused_panel(sheet: Sheet, seen: "Explanation") -> None:
    sheet.heading("fused", words.fused_in_words(seen))
    axes = paper.paper(sheet, seen.strip.samples)
    if seen.fused is not None:
        paper.highlight(axes, seen.strip, seen.fused)
    paper.trace(axes, seen.strip)
    _edge(axes, "fused")


def _ribbon(sheet: Sheet, seen: "Explanation") -> None:
    from ..fusion import AGREEMENT  # brings torch, which a bare strip does without

    sheet.at(EDGE, sheet.depth + RIBBON_MM / 2, "looked", ink=QUIET_INK)
    axes = sheet.panel(RIBBON_MM)
    axes.set_ylim(0.0, 1.0)
    axes.set_axis_off()
    for number, kind in enumerate(AGREEMENT):
        look = AGREEMENT_STYLE[kind]
        spans = [(first, last - first) for first, last in paper.segments(seen.agreement == number)]
        axes.broken_barh(
            spans, (0.0, 1.0), facecolor=look.colour, edgecolor="white", linewidth=0.0, hatch=look.hatch * HATCH_REPEAT
        )


def _heat_under_ink(seen: "Explanation") -> NDArray[np.float64]:
    """Colour of each pixel of the picture: importance, and the network's own ink on it."""
    from ..fusion import cells_onto_image  # brings torch, which a bare strip does without

    view, image = seen.views["image"], seen.image
    heat = importance_map()(np.round(cells_onto_image(view.map.values, view.layer, image.geometry), 2))[..., :3]
    ink = image.pixels[..., None].astype(np.float64)
    return np.asarray(heat * (1.0 - ink) + np.array(to_rgb(INK)) * ink)


def _edge(axes: Axes, view: str) -> None:
    """The view's colour along the left end of its panel."""
    left = -LEAD_IN_SECONDS
    axes.axvspan(left, left + EDGE_MM / MM_PER_SECOND, color=VIEW_COLOURS[view], linewidth=0.0, zorder=6)


def _alt(seen: "Explanation", title: str, *told: str) -> str:
    strip = seen.strip
    about = (words.method_line(seen), words.scale_line(strip), words.warnings(strip))
    return sentences(title, *told, *about, words.watermark(strip, source=True, reveal=False))
