"""What the views looked at: each map, the fused one, and who looked when, on one time axis."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ..arguments import checked
from ..errors import InvalidValue, choices
from ..image import StripImage, strip_image
from ..strip import SECONDS
from ..views import FUSED, view_kind
from ..words import capital, class_in_short, moments, segments
from . import paper, words
from .legend import importance_bar, who_looked
from .picture import Picture
from .sheet import EDGE, LEAD_IN_SECONDS, MM_PER_MILLIVOLT, MM_PER_SECOND, Sheet
from .strips import footer, sentences
from .theme import HATCH_REPEAT, INK, QUIET_INK, agreement_style, importance_map

if TYPE_CHECKING:
    from ..explanation import Explanation, View

RIBBON_MM = 6.0
TICK_MM = 1.5
EDGE_MM = 1.5


@checked
def plot_explanation(explanation: "Explanation", *, title: str | None = None) -> Picture:
    """Each view's map, the fused one and who looked when, stacked on one time axis.

    Parameters
    ----------
    explanation : Explanation
        What `ecgteach.explain` gave.
    title : str, optional
        Words above the figure; by default what the views answer, how much of the strip each looked at, and how much
        of that they share.

    Returns
    -------
    Picture
        The figure and its alternative text. Neither says what the source calls the rhythm.
    """
    title = title or words.title_of(explanation)

    def draw() -> Figure:
        sheet = Sheet()
        sheet.title(title)
        for name in explanation.views:
            _view_panel(sheet, explanation, name)
            sheet.space(TICK_MM)
        if len(explanation.views) > 1:
            _fused_panel(sheet, explanation)
            sheet.space(2.0)
            _ribbon(sheet, explanation)
        sheet.time_axis()
        if len(explanation.views) > 1:
            who_looked(sheet, explanation.agreement_shares)
        else:
            sheet.write(f"There is {words.no_fused_map(explanation)}", ink=QUIET_INK)
        importance_bar(sheet, explanation.target)
        footer(sheet, explanation.strip, words.method_line(explanation))
        return sheet.finished()

    return Picture(draw, _alt(explanation, title, words.explanation_in_words(explanation)))


@checked
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

    Raises
    ------
    InvalidValue
        When no view of the explanation reads a picture.
    """
    name = next((name for name, view in explanation.views.items() if words.on_picture(view)), None)
    if name is None:
        raise InvalidValue(f"no view of this explanation reads a picture; there is {choices(explanation.views)}")
    view = explanation.views[name]
    title = words.title_of_view(name, view.on_time, view.map.state, explanation.target)
    answer = words.answer_of(view, explanation.target)
    place = words.place_of(view, explanation.target)
    where = f"The {view_kind(name).word} view {answer}; its map is strong at {moments(view.on_time)}"
    alt = _alt(
        explanation,
        title,
        where,
        capital(place),
        words.cut_off(explanation.strip),
        words.strip_in_words(explanation.strip),
    )
    return Picture(_alone(partial(_view_panel, view=name), explanation, title), alt)


@checked
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
        title, where = f"There is no fused map for {class_in_short(explanation.target)}", ""
    else:
        title = words.title_of_view(FUSED, explanation.fused, "ok", explanation.target)
        where = f"It is strong at {moments(explanation.fused)}"
    alt = _alt(explanation, title, capital(how), where, words.strip_in_words(explanation.strip))
    return Picture(_alone(_fused_panel, explanation, title), alt)


def _alone(panel: Callable[[Sheet, "Explanation"], None], seen: "Explanation", title: str) -> Callable[[], Figure]:
    """What draws one of the panels as a figure of its own."""

    def draw() -> Figure:
        sheet = Sheet()
        sheet.title(title)
        panel(sheet, seen)
        sheet.time_axis()
        importance_bar(sheet, seen.target)
        footer(sheet, seen.strip, words.method_line(seen))
        return sheet.finished()

    return draw


def _view_panel(sheet: Sheet, seen: "Explanation", view: str) -> None:
    """The strip with a view's map on it; a map with rows lies on the drawn strip."""
    one = seen.views[view]
    look = "; ".join(filter(None, (words.answer_and_look(one, seen.target), words.place_of(one, seen.target))))
    if words.on_picture(one):
        sheet.heading(view, ". ".join(filter(None, (look, words.cut_off(seen.strip)))))
        _edge(_picture(sheet, seen, one), view)
    else:
        sheet.heading(view, look)
        _edge(_marked(sheet, seen, one.on_time), view)


def _fused_panel(sheet: Sheet, seen: "Explanation") -> None:
    sheet.heading(FUSED, words.fused_in_words(seen))
    _edge(_marked(sheet, seen, seen.fused), FUSED)


def _marked(sheet: Sheet, seen: "Explanation", on_time: NDArray[np.float32] | None) -> Axes:
    axes = paper.paper(sheet, seen.strip.samples)
    if on_time is not None:
        paper.highlight(axes, seen.strip, on_time)
    paper.trace(axes, seen.strip)
    return axes


def _picture(sheet: Sheet, seen: "Explanation", view: "View") -> Axes:
    image = strip_image(seen.strip)
    geometry = image.geometry
    axes = sheet.panel((geometry.high - geometry.low) * MM_PER_MILLIVOLT)
    axes.imshow(
        _heat_under_ink(image, view),
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
    return axes


def _ribbon(sheet: Sheet, seen: "Explanation") -> None:
    sheet.at(EDGE, sheet.depth + RIBBON_MM / 2, "looked", ink=QUIET_INK)
    axes = sheet.panel(RIBBON_MM)
    axes.set_ylim(0.0, 1.0)
    axes.set_axis_off()
    for number, kind in enumerate(seen.agreement_shares):
        look = agreement_style(kind)
        spans = [(first, last - first) for first, last in segments(seen.agreement == number)]
        axes.broken_barh(
            spans, (0.0, 1.0), facecolor=look.colour, edgecolor="white", linewidth=0.0, hatch=look.hatch * HATCH_REPEAT
        )


def _heat_under_ink(image: StripImage, view: "View") -> NDArray[np.float64]:
    """Colour of each pixel of the picture: importance, and the network's own ink on it."""
    from ..fusion import cells_onto_image  # brings torch, which a bare strip does without

    heat = importance_map()(np.round(cells_onto_image(view.map.values, view.layer, image.geometry), 2))[..., :3]
    ink = image.pixels[..., None].astype(np.float64)
    return np.asarray(heat * (1.0 - ink) + np.array(to_rgb(INK)) * ink)


def _edge(axes: Axes, view: str) -> None:
    """The view's colour along the left end of its panel."""
    left = -LEAD_IN_SECONDS
    axes.axvspan(left, left + EDGE_MM / MM_PER_SECOND, color=view_kind(view).colour, linewidth=0.0, zorder=6)


def _alt(seen: "Explanation", title: str, *parts: str) -> str:
    strip = seen.strip
    about = (words.method_line(seen), words.scale_line(strip), words.warnings(strip))
    return sentences(title, *parts, *about, words.watermark(strip, source=True, reveal=False))
