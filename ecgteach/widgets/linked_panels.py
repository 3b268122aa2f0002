"""A panel a view on one time axis, with its map on the strip or on the picture, and one for the fused map.

All share one range and one crosshair; a moment that is typed stands as a dashed line in all of them.
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from bokeh.layouts import column
from bokeh.models import (
    Column,
    ColumnDataSource,
    CrosshairTool,
    Grid,
    LinearColorMapper,
    PrintfTickFormatter,
    Range1d,
    SingleIntervalTicker,
)
from bokeh.models.annotations import Label, Legend, LegendItem, Span
from bokeh.plotting import figure
from numpy.typing import NDArray

from ..explanation import Explanation, View
from ..fusion import agreement_kinds, cells_onto_image
from ..image import strip_image
from ..plots import theme
from ..plots.words import on_picture
from ..strip import SECONDS, Strip, lead_in_words
from ..views import FUSED, view_kind
from ..words import segments

PASSES = ("high-pass", "low-pass")
LEAD_IN_SECONDS = 0.6
LOW, HIGH, HEADER = -2.0, 2.0, 0.8
"""Amplitudes in mV: as much as the picture holds, and room above it for the panel's name."""

TYPE = "11pt"
NARROWEST = 900
"""Pixels below which the panels are not squeezed further but scrolled: paper has to stay paper."""

SHAPE, FUSED_SHAPE = 5.0, 4.2
"""Width over height, so that at the usual 1,000 pixels a second is 2.5 times as long as a millivolt is high."""

SEGMENT = 10
FAINTEST = 0.03
"""A segment of 20 ms below this share of the map's maximum is not marked: its colour is that of the paper."""

HEAT_COLUMNS, HEAT_ROWS = 512, 32
SEE_THROUGH = [f"{theme.INK}{level:02x}" for level in range(256)]
HATCHES = {
    "/": "right_diagonal_line",
    "\\": "left_diagonal_line",
    "x": "diagonal_cross",
    "o": "ring",
    "": "blank",
}


class LinkedPanels:
    """The figures of one widget; `model` goes onto the page.

    Parameters
    ----------
    views : sequence of str
        Names of the views that explanations will have; with two or more there is a panel for the fused map.
    """

    def __init__(self, views: Sequence[str]) -> None:
        self._views = tuple(views)
        maps = (*self._views, FUSED) if len(self._views) > 1 else self._views
        self._times = Range1d(start=-LEAD_IN_SECONDS, end=SECONDS)
        self._crosshair = Span(dimension="height", line_color=theme.QUIET_INK, line_width=1)
        self._heat, self._ink = _mapper(theme.importance_palette(), 255), _mapper(SEE_THROUGH, 255)
        self._figures = {view: self._paper(view) for view in maps}
        self._chips = {view: self._chip(view) for view in maps}
        self._notes = {view: self._note(view) for view in maps}
        self._moments = {view: self._moment(view) for view in maps}
        self._pictures = {view: self._picture(view) for view in self._views}
        self._marks = {view: self._marked(view) for view in maps}
        self._traces = {view: self._trace(view) for view in maps}
        self._agreement = self._agreement_band() if FUSED in maps else {}
        self.model: Column = column(*self._figures.values(), sizing_mode="scale_width", min_width=NARROWEST)

    def show(self, strip: Strip, seen: Explanation | None, moment: float) -> None:
        """Show a strip, alone or under the maps of its explanation.

        Parameters
        ----------
        strip : Strip
            As the networks read it.
        seen : Explanation, optional
            Its maps; without it only the first panel is there.
        moment : float
            Where the dashed line stands, in seconds; at 0 there is none.
        """
        band = " to ".join(f"{step.hz:g} Hz" for step in strip.steps if step.kind in PASSES)
        note = f"{lead_in_words(strip.lead)}; {band or 'no filter'}; 25 mm/s, 10 mm/mV"
        maps = {} if seen is None else {FUSED: seen.fused, **{view: one.on_time for view, one in seen.views.items()}}
        together = "both" if len(self._views) == 2 else "all"
        trace = {"time": strip.times.astype(np.float32), "millivolt": strip.samples}
        for view, paper in self._figures.items():
            one = None if seen is None or view == FUSED else seen.views[view]
            drawn = one is not None and on_picture(one)
            paper.visible = seen is not None or view == self._views[0]
            self._chips[view].visible = seen is not None
            where = f"one map of {together}" if view == FUSED else f"its map on the {'drawn ' * drawn}strip"
            self._chips[view].text = f"{view_kind(view).word}: {where}"
            self._moments[view].location = moment
            self._moments[view].visible = moment > 0
            self._notes[view].text = "1,024 x 128 pixels, -2 to 2 mV" if drawn else note
            self._traces[view].data = {"time": [], "millivolt": []} if drawn else dict(trace)
            if view in self._pictures:
                self._show_picture(view, strip, one if drawn else None)
            self._show_marks(view, strip, None if drawn else maps.get(view))
        if seen is not None and seen.fused is None and FUSED in self._notes:
            self._notes[FUSED].text = "not fused: the words below say why"
        for number, kind in enumerate(self._agreement):
            looked = [] if seen is None else segments(seen.agreement == number)
            left, right = zip(*looked, strict=True) if looked else ((), ())
            self._agreement[kind].data = {"left": list(left), "right": list(right)}

    def _show_picture(self, view: str, strip: Strip, seen: View | None) -> None:
        """The drawn strip under its map, or nothing of either."""
        heat, ink = self._pictures[view]
        heat.visible = ink.visible = seen is not None
        if seen is None:
            heat.data_source.data = ink.data_source.data = {"values": [np.zeros((2, 2), np.uint8)]}
            return
        image = strip_image(strip)
        hot = cells_onto_image(seen.map.values, seen.layer, image.geometry)
        rows, columns = (size // step for size, step in zip(hot.shape, (HEAT_ROWS, HEAT_COLUMNS), strict=True))
        coarse = hot.reshape(HEAT_ROWS, rows, HEAT_COLUMNS, columns).mean(axis=(1, 3))
        heat.data_source.data = {"values": [_levels(coarse[::-1])]}
        ink.data_source.data = {"values": [_levels(image.pixels[::-1])]}

    def _show_marks(self, view: str, strip: Strip, on_time: NDArray[np.float32] | None) -> None:
        if on_time is None:
            self._marks[view].data = {"times": [], "millivolts": [], "value": []}
            return
        values = on_time.reshape(-1, SEGMENT).mean(axis=1)
        marked = np.flatnonzero(values >= FAINTEST)
        starts, times, millivolts = marked * SEGMENT, strip.times, strip.samples.astype(float).round(4)
        self._marks[view].data = {
            "times": [times[start : start + SEGMENT + 1].tolist() for start in starts],
            "millivolts": [millivolts[start : start + SEGMENT + 1].tolist() for start in starts],
            "value": values[marked].astype(float).round(3).tolist(),
        }

    def _paper(self, view: str) -> Any:
        """A figure with the lines of ECG paper: 0.2 s and 0.5 mV strong, 0.04 s and 0.1 mV fine."""
        paper = figure(
            x_range=self._times,
            y_range=Range1d(start=LOW, end=HIGH + HEADER),
            sizing_mode="scale_width",
            aspect_ratio=FUSED_SHAPE if view == FUSED else SHAPE,
            min_width=NARROWEST,
            tools=[CrosshairTool(overlay=self._crosshair, dimensions="height")],
            toolbar_location=None,
            background_fill_color=theme.PAPER,
            outline_line_color=theme.STRONG_LINE,
            min_border_left=58,
            min_border_right=8,
            min_border_top=4,
            name=view,
        )
        paper.grid.visible = False
        lines: tuple[tuple[Literal[0, 1], float], ...] = ((0, 0.2), (1, 0.5))
        for dimension, interval in lines:
            paper.add_layout(
                Grid(
                    dimension=dimension,
                    ticker=SingleIntervalTicker(interval=interval, num_minor_ticks=5),
                    grid_line_color=theme.STRONG_LINE,
                    minor_grid_line_color=theme.FINE_LINE,
                )
            )
        for axis, unit in ((paper.xaxis[0], "s"), (paper.yaxis[0], "mV")):
            axis.ticker = SingleIntervalTicker(interval=1, num_minor_ticks=0)
            axis.formatter = PrintfTickFormatter(format=f"%d {unit}")
            axis.major_label_text_font_size = TYPE
            axis.major_label_text_color = theme.INK
            axis.axis_line_color = axis.major_tick_line_color = None
        pulse_times = [-0.5, -0.4, -0.4, -0.2, -0.2, -0.1]
        paper.line(pulse_times, [0, 0, 1, 1, 0, 0], line_color=theme.INK, line_width=1.2)
        return paper

    def _label(self, view: str, **settings: Any) -> Label:
        label = Label(y=HIGH + HEADER / 2, text_baseline="middle", text_font_size=TYPE, **settings)
        self._figures[view].add_layout(label)
        return label

    def _chip(self, view: str) -> Label:
        look = view_kind(view)
        colours = {"text_color": look.ink, "background_fill_color": look.colour}
        return self._label(view, x=0.0, text=look.word, padding=4, border_radius=4, **colours)

    def _note(self, view: str) -> Label:
        return self._label(view, x=SECONDS, x_offset=-6, text="", text_align="right", text_color=theme.QUIET_INK)

    def _moment(self, view: str) -> Span:
        moment = Span(dimension="height", line_color=theme.INK, line_dash="dashed", line_width=2, visible=False)
        self._figures[view].add_layout(moment)
        return moment

    def _trace(self, view: str) -> ColumnDataSource:
        source = ColumnDataSource({"time": [], "millivolt": []})
        self._figures[view].line("time", "millivolt", source=source, line_color=theme.INK, line_width=1.3)
        return source

    def _marked(self, view: str) -> ColumnDataSource:
        source = ColumnDataSource({"times": [], "millivolts": [], "value": []})
        self._figures[view].multi_line(
            "times",
            "millivolts",
            source=source,
            line_color={"field": "value", "transform": _mapper(theme.importance_palette(), 1.0)},
            line_width=9,
            line_cap="round",
            line_join="round",
        )
        return source

    def _picture(self, view: str) -> tuple[Any, Any]:
        """What draws a map with rows, and the picture's ink on top of it."""
        where = {"x": 0.0, "y": LOW, "dw": SECONDS, "dh": HIGH - LOW}
        heat, ink = (
            self._figures[view].image(
                image="values", source=ColumnDataSource({"values": []}), color_mapper=mapper, **where
            )
            for mapper in (self._heat, self._ink)
        )
        return heat, ink

    def _agreement_band(self) -> dict[str, ColumnDataSource]:
        """Who looks when, along the lower edge of the fused panel, with its legend."""
        paper, items = self._figures[FUSED], []
        sources = {kind: ColumnDataSource({"left": [], "right": []}) for kind in agreement_kinds(self._views)}
        for kind in theme.in_legend([*sources]):
            look = theme.agreement_style(kind)
            band = paper.quad(
                left="left",
                right="right",
                bottom=LOW,
                top=LOW + 0.25,
                source=sources[kind],
                fill_color=look.colour,
                line_color=None,
                hatch_pattern=HATCHES.get(look.hatch, "dot"),
                hatch_color="white",
                hatch_scale=8,
            )
            items.append(LegendItem(label=look.words, renderers=[band]))
        legend = Legend(
            items=items,
            orientation="horizontal",
            label_text_font_size=TYPE,
            title="Who looked:",
            title_text_font_size=TYPE,
            title_text_font_style="normal",
            location="left",
            border_line_color=None,
            margin=0,
        )
        paper.add_layout(legend, "below")
        return sources


def _levels(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.rint(values * 255).astype(np.uint8))


def _mapper(palette: list[str], high: float) -> LinearColorMapper:
    return LinearColorMapper(palette=palette, low=0, high=high)
