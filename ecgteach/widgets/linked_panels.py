"""Three panels on one time axis: the strip with the signal's map, the picture with its own, the strip with both fused.

All share one range and one crosshair; a moment that is typed stands as a dashed line in all of them.
"""

from itertools import pairwise
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

from ..explanation import Explanation
from ..fusion import AGREEMENT, cells_onto_image
from ..image import strip_image
from ..plots import theme
from ..strip import SAMPLING_RATE, SECONDS, Strip

PASSES = ("high-pass", "low-pass")
LEAD_IN_SECONDS = 0.6
LOW, HIGH, HEADER = -2.0, 2.0, 0.8
"""Amplitudes in mV: as much as the picture holds, and room above it for the panel's name."""

TYPE = "11pt"
NARROWEST = 900
"""Pixels below which the panels are not squeezed further but scrolled: paper has to stay paper."""

SHAPE = {"signal": 5.0, "image": 5.0, "fused": 4.2}
"""Width over height, so that at the usual 1,000 pixels a second is 2.5 times as long as a millivolt is high."""

SEGMENT = 10
FAINTEST = 0.03
"""A stretch of 20 ms below this share of the map's maximum is not marked: its colour is that of the paper."""

HEAT_COLUMNS, HEAT_ROWS = 512, 32
NAMES = {
    "signal": "signal: its map on the strip",
    "image": "picture: its map on the drawn strip",
    "fused": "fused: one map of the two",
}
HATCHES = {"/": "right_diagonal_line", "\\": "left_diagonal_line", "x": "diagonal_cross", "": "blank"}


class LinkedPanels:
    """The figures of one widget; `model` goes onto the page."""

    def __init__(self) -> None:
        self._times = Range1d(start=-LEAD_IN_SECONDS, end=SECONDS)
        self._crosshair = Span(dimension="height", line_color=theme.QUIET_INK, line_width=1)
        self._figures = {view: self._paper(view) for view in NAMES}
        self._chips = {view: self._chip(view) for view in NAMES}
        self._notes = {view: self._note(view) for view in NAMES}
        self._moments = {view: self._moment(view) for view in NAMES}
        self._heat, self._ink = self._picture()
        self._marks = {view: self._marked(view) for view in ("signal", "fused")}
        self._traces = {view: self._trace(view) for view in ("signal", "fused")}
        self._agreement = self._agreement_band()
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
        band = " to ".join(f"{step.hz:g} Hz" for step in strip.steps if step.kind in PASSES) or "no filter"
        note = f"{lead_in_words(strip.lead)}; {band}; 25 mm/s, 10 mm/mV"
        for view in NAMES:
            self._figures[view].visible = seen is not None or view == "signal"
            self._chips[view].visible = seen is not None
            self._moments[view].location = moment
            self._moments[view].visible = moment > 0
        self._notes["signal"].text = self._notes["fused"].text = note
        trace = {"time": strip.times.astype(np.float32), "millivolt": strip.samples}
        for source in self._traces.values():
            source.data = dict(trace)
        self._show_picture(strip, seen)
        self._show_marks("signal", strip, None if seen is None else seen.views["signal"].on_time)
        self._show_marks("fused", strip, None if seen is None else seen.fused)
        self._notes["image"].text = "1,024 x 128 pixels, -2 to 2 mV"
        if seen is not None and seen.fused is None:
            self._notes["fused"].text = "not fused: the words below say why"
        self._show_agreement(seen)

    def _show_picture(self, strip: Strip, seen: Explanation | None) -> None:
        if seen is None:
            self._heat.data = {"values": [np.zeros((2, 2), np.uint8)]}
            self._ink.data = {"values": [np.zeros((2, 2), np.uint8)]}
            return
        image, view = strip_image(strip), seen.views["image"]
        heat = cells_onto_image(view.map.values, view.layer, image.geometry)
        rows, columns = (size // step for size, step in zip(heat.shape, (HEAT_ROWS, HEAT_COLUMNS), strict=True))
        coarse = heat.reshape(HEAT_ROWS, rows, HEAT_COLUMNS, columns).mean(axis=(1, 3))
        self._heat.data = {"values": [_levels(coarse[::-1])]}
        self._ink.data = {"values": [_levels(image.pixels[::-1])]}

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

    def _show_agreement(self, seen: Explanation | None) -> None:
        found = np.zeros(0, np.uint8) if seen is None else seen.agreement
        edges = np.flatnonzero(np.diff(found, prepend=255, append=255))
        for number, word in enumerate(AGREEMENT):
            runs = [(a, b) for a, b in pairwise(edges.tolist()) if found[a] == number]
            self._agreement[word].data = {
                "left": [a / SAMPLING_RATE for a, _ in runs],
                "right": [b / SAMPLING_RATE for _, b in runs],
            }

    def _paper(self, view: str) -> Any:
        """A figure with the lines of ECG paper: 0.2 s and 0.5 mV strong, 0.04 s and 0.1 mV fine."""
        paper = figure(
            x_range=self._times,
            y_range=Range1d(start=LOW, end=HIGH + HEADER),
            sizing_mode="scale_width",
            aspect_ratio=SHAPE[view],
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
        return self._label(
            view,
            x=0.0,
            text=NAMES[view],
            text_color=theme.CHIP_INK[view],
            background_fill_color=theme.VIEW_COLOURS[view],
            padding=4,
            border_radius=4,
        )

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

    def _picture(self) -> tuple[ColumnDataSource, ColumnDataSource]:
        """The picture's map, and the ink on top of it."""
        paper = self._figures["image"]
        place = {"x": 0.0, "y": LOW, "dw": SECONDS, "dh": HIGH - LOW}
        heat, ink = ColumnDataSource({"values": []}), ColumnDataSource({"values": []})
        see_through = [f"{theme.INK}{level:02x}" for level in range(256)]
        for source, palette in ((heat, theme.importance_palette()), (ink, see_through)):
            paper.image(image="values", source=source, color_mapper=_mapper(palette, 255), **place)
        return heat, ink

    def _agreement_band(self) -> dict[str, ColumnDataSource]:
        """Who looks when, along the lower edge of the fused panel, with its legend."""
        paper, sources, items = self._figures["fused"], {}, []
        for word, look in theme.AGREEMENT_STYLE.items():
            sources[word] = ColumnDataSource({"left": [], "right": []})
            band = paper.quad(
                left="left",
                right="right",
                bottom=LOW,
                top=LOW + 0.25,
                source=sources[word],
                fill_color=look.colour,
                line_color=None,
                hatch_pattern=HATCHES[look.hatch],
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


def lead_in_words(lead: str) -> str:
    """A lead's name as a reader says it."""
    return {"ECG": "lead from hand to hand", "MLII": "lead II, modified"}.get(lead, f"lead {lead}")


def _levels(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.rint(values * 255).astype(np.uint8))


def _mapper(palette: list[str], high: float) -> LinearColorMapper:
    return LinearColorMapper(palette=palette, low=0, high=high)
