"""ECG paper: its lines, the calibration pulse, the trace, what is marked on it, and what does not fit on it."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from numpy.typing import NDArray

from ..strip import SECONDS, Strip
from ..words import segments
from .sheet import LEAD_IN_SECONDS, MM_PER_MILLIVOLT, MM_PER_POINT, MM_PER_SECOND, PIXELS_PER_MM, Sheet
from .theme import FINE_LINE, INK, PAPER, STRONG_LINE, importance_map

Samples = NDArray[np.float32]

BOX_MM = 5
BOX_MILLIVOLT = BOX_MM / MM_PER_MILLIVOLT
BELOW_REST, ABOVE_REST = 1.0, 1.5
TALLEST_MILLIVOLT = 6.0
MARGIN_MILLIVOLT = 0.1

FINE_MM, STRONG_MM = 1 / PIXELS_PER_MM, 2 / PIXELS_PER_MM
TRACE_MM = 0.4
MARKER_MM = 3.0
PIECE_SAMPLES = 10
"""Samples that share a colour, 20 ms: a quarter of the networks' finest cells."""

PULSE_MILLIVOLT, PULSE_SECONDS = 1.0, 0.2


def window(samples: Samples) -> tuple[float, float]:
    """Lowest and highest amplitude of the paper in mV: whole boxes of 5 mm around the trace, at most twelve of them.

    The paper grows with the trace, the gain never changes. Where twelve boxes are not enough, it holds most of the
    trace.
    """
    low = float(np.floor((samples.min() - MARGIN_MILLIVOLT) / BOX_MILLIVOLT) * BOX_MILLIVOLT)
    high = float(np.ceil((samples.max() + MARGIN_MILLIVOLT) / BOX_MILLIVOLT) * BOX_MILLIVOLT)
    rest = resting(samples)
    roomy = min(low, rest - BELOW_REST), max(high, rest + ABOVE_REST)
    if roomy[1] - roomy[0] <= TALLEST_MILLIVOLT:
        return roomy
    if high - low <= TALLEST_MILLIVOLT:
        return low, high
    ordered = np.sort(samples.astype(np.float64))
    starts = np.unique(np.floor(ordered / BOX_MILLIVOLT)) * BOX_MILLIVOLT
    held = np.searchsorted(ordered, starts + TALLEST_MILLIVOLT, "right") - np.searchsorted(ordered, starts)
    best = float(starts[int(np.argmax(held))])
    return best, best + TALLEST_MILLIVOLT


def resting(samples: Samples) -> float:
    """The line of the paper that the trace rests on, in mV: 0 unless a recording is far off it."""
    return round(float(np.median(samples)) / BOX_MILLIVOLT) * BOX_MILLIVOLT


def paper(sheet: Sheet, samples: Samples) -> Axes:
    """A panel of ECG paper, tall enough for these samples, with its calibration pulse."""
    low, high = window(samples)
    axes = sheet.panel((high - low) * MM_PER_MILLIVOLT)
    axes.set_ylim(low, high)
    axes.set_facecolor(PAPER)
    number_millivolts(axes)
    fine, strong = ruled(low, high)
    for lines, colour, millimetres in ((fine, FINE_LINE, FINE_MM), (strong, STRONG_LINE, STRONG_MM)):
        axes.add_collection(
            LineCollection(list(lines), colors=colour, linewidths=points(millimetres), antialiaseds=False, zorder=2),
            autolim=False,
        )
    axes.spines[:].set_visible(False)
    _calibrate(axes, min(max(resting(samples), low), high - 1.5 * PULSE_MILLIVOLT))
    return axes


def ruled(low: float, high: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fine lines each millimetre and strong ones each 5 mm, as (lines, 2, 2) ends in seconds and mV."""
    columns = np.arange(round((LEAD_IN_SECONDS + SECONDS) * MM_PER_SECOND) + 1)
    rows = np.arange(round((high - low) * MM_PER_MILLIVOLT) + 1)
    seconds = columns / MM_PER_SECOND - LEAD_IN_SECONDS
    millivolts = rows / MM_PER_MILLIVOLT + low
    upright = np.stack([np.stack([seconds, np.full_like(seconds, end)], axis=1) for end in (low, high)], axis=1)
    level = np.stack(
        [np.stack([np.full_like(millivolts, end), millivolts], axis=1) for end in (-LEAD_IN_SECONDS, SECONDS)], axis=1
    )
    lines, strong = np.concatenate([upright, level]), np.concatenate([columns, rows]) % BOX_MM == 0
    return lines[~strong], lines[strong]


def number_millivolts(axes: Axes) -> None:
    """Whole millivolts in numbers at the left edge; the panel's very ends stay free for the rows above and below."""
    low, high = axes.get_ylim()
    whole = np.arange(np.floor(low) + 1, np.ceil(high)).astype(int)
    axes.set_yticks(whole, [f"{number}".replace("-", "\N{MINUS SIGN}") for number in whole])


def trace(axes: Axes, strip: Strip) -> None:
    """The strip's trace in ink; where it leaves the paper, an arrowhead says so."""
    axes.plot(strip.times, strip.samples, color=INK, linewidth=points(TRACE_MM), solid_joinstyle="round", zorder=4)
    low, high = axes.get_ylim()
    for beyond, height, shape in ((strip.samples > high, high - 0.1, "^"), (strip.samples < low, low + 0.1, "v")):
        middles = [(first + last) / 2 for first, last in segments(beyond)]
        axes.plot(middles, [height] * len(middles), shape, color=INK, markersize=points(2.0), zorder=5)


def highlight(axes: Axes, strip: Strip, on_time: Samples) -> None:
    """Importance as a broad marker under the trace and the paper's lines, in the colours of `importance_map`."""
    ends = np.stack([strip.times, strip.samples], axis=1)
    starts = np.arange(0, len(ends) - 1, PIECE_SAMPLES)
    values = np.array([on_time[start : start + PIECE_SAMPLES].mean() for start in starts])
    # What matters most is drawn last: a marker is broader than a piece is long, and pale ones would hide it.
    order = np.argsort(values, kind="stable")
    pieces = [ends[start : start + PIECE_SAMPLES + 1] for start in starts[order]]
    marker = LineCollection(
        pieces, array=values[order], cmap=importance_map(), capstyle="round", joinstyle="round",
        linewidths=points(MARKER_MM), zorder=1,
    )  # fmt: skip
    marker.set_clim(0.0, 1.0)
    axes.add_collection(marker, autolim=False)


def points(millimetres: float) -> float:
    """Millimetres as typographic points, matplotlib's measure of lines."""
    return millimetres / MM_PER_POINT


def _calibrate(axes: Axes, base: float) -> None:
    """The pulse of 1 mV and 200 ms before the first second, from `base` mV upwards."""
    rise = -(LEAD_IN_SECONDS + PULSE_SECONDS) / 2
    fall = rise + PULSE_SECONDS
    seconds = [rise - PULSE_SECONDS / 2, rise, rise, fall, fall, fall + PULSE_SECONDS / 2]
    millivolts = base + PULSE_MILLIVOLT * np.array([0, 0, 1, 1, 0, 0])
    axes.plot(seconds, millivolts, color=INK, linewidth=points(TRACE_MM), solid_joinstyle="miter", zorder=4)
