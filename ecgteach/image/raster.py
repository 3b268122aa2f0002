"""How a trace becomes pixels: an exact greyscale raster of a line drawn by a round pen.

The pen runs along the straight lines between the samples. Cut its stroke along any vertical line and the cut is one
unbroken interval, because the trace has one value at each time: it reaches from the lowest to the highest point that a
disc touches while its centre passes along the trace nearby. So each column is cut into a few slices, each slice gets
its interval (`_stroke`), and a pixel's ink is the mean share of it that the intervals cover (`_fill`).

The drawing is our own because a plotting library's line changes with its version, and a network's input with it.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ..arguments import checked
from ..errors import InvalidValue
from .geometry import Geometry

PEN = 1.6  # pixels: 0.05 mV at 128 rows for 4 mV, half a millimetre on ECG paper
WIDEST_PEN = 64.0

SLICES = 5  # of a column; 255 is a multiple of it, so that each slice holds a whole number of ink levels
LEVELS = 255 // SLICES
OUTWARD = 0.4  # of a bin: from its middle (0) towards its outer edge (0.5), see `_pen_reach`


@checked
def draw_pixels(samples: NDArray[np.floating], geometry: Geometry, pen: float = PEN) -> NDArray[np.uint8]:
    """Draw one trace or a batch of them; the fast path under `strip_image`.

    Parameters
    ----------
    samples : array, shape (samples,) or (strips, samples), mV
        Traces that fill the geometry's time evenly: sample `i` of `n` stands at ``start + i / n * seconds``.
        The first and the last value are held to the edges of the image.
    geometry : Geometry
        Size and limits of the image.
    pen : float
        Line width in pixels, rounded to a fifth of a pixel. In pixels and not in mm, because anti-aliasing needs a
        line of one to two pixels at every size: half a millimetre would fade away in a thumbnail.

    Returns
    -------
    array, shape (height, width) or (strips, height, width), uint8
        Ink from 0 (paper) to 255; ``/ 255`` gives the pixels of a `StripImage`.

    Raises
    ------
    InvalidValue
        If the samples have another shape or are not finite, or the pen has no width.
    """
    samples = np.asarray(samples, dtype=np.float32)
    if samples.ndim not in (1, 2) or samples.shape[-1] < 2:
        raise InvalidValue(f"samples have shape {samples.shape}; give (samples,) or (strips, samples)")
    if not np.isfinite(samples).all():
        raise InvalidValue("samples hold values that are not finite, which have no row; fill or leave out that part")
    if not 1 / SLICES <= pen <= WIDEST_PEN:
        raise InvalidValue(f"a pen of {pen} pixels cannot draw; give a width from {1 / SLICES} to {WIDEST_PEN:g}")
    pen_slices = round(pen * SLICES)
    traces = np.atleast_2d(samples)
    ink = np.zeros((len(traces), geometry.height, geometry.width), np.uint8)
    for trace, image in zip(traces, ink, strict=True):  # one by one: a single strip stays in the processor's cache
        _fill(image, _stroke(geometry.row_of(trace), geometry.width, pen_slices))
    return ink.reshape(samples.shape[:-1] + ink.shape[1:])


def _stroke(rows: NDArray[np.float32], width: int, pen_slices: int) -> NDArray[np.float32]:
    """Top and bottom row of the pen's stroke in each slice of each column, shape (2, slices)."""
    around, share, points = _bins(len(rows), width, pen_slices)
    left, right = rows[around]
    in_bins = np.concatenate([rows, left + share * (right - left)])[points]
    extremes = np.stack([-in_bins.min(axis=0), in_bins.max(axis=0)])
    under_pen = sliding_window_view(extremes, width * SLICES, axis=1)
    edges: NDArray[np.float32] = (under_pen + _pen_reach(pen_slices)).max(axis=1)
    edges[0] *= -1
    return edges


@lru_cache(maxsize=32)
def _bins(samples: int, width: int, pen_slices: int) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.intp]]:
    """Where to read the trace so that nothing of it is missed.

    The pen that centres on slice `j` spans bins `j` to `j + pen_slices - 1`, each as wide as a slice. The trace is
    straight between samples, so its extremes in a bin are among the bin's two edges and the samples inside.

    Returns
    -------
    around : array, shape (2, bins + 1)
        Samples left and right of each edge.
    share : array, shape (bins + 1,)
        How far the edge lies from the left one towards the right one, 0 to 1.
    points : array, shape (points, bins)
        Indices into samples followed by edges: a bin's edges and the samples inside; the last repeats as a filler.
    """
    bins = width * SLICES + pen_slices - 1
    edges = (np.arange(bins + 1) + (1 - pen_slices) / 2) * (samples / (width * SLICES))
    held = np.clip(edges, 0, samples - 1)
    before = np.minimum(held.astype(np.intp), samples - 2)
    first, last = (np.ceil(np.clip(edge, 0, samples)).astype(np.intp) for edge in (edges[:-1], edges[1:]))
    inside = first + np.arange((last - first).max())[:, np.newaxis]
    left_edge = samples + np.arange(bins)
    points = np.vstack([left_edge, left_edge + 1, np.where(inside < last, inside, left_edge)])
    return np.stack([before, before + 1]), (held - before).astype(np.float32), points


@lru_cache(maxsize=32)
def _pen_reach(pen_slices: int) -> NDArray[np.float32]:
    """How far up and down the round pen reaches in each of its bins, in rows, shape (pen_slices, 1).

    In the middle it is the full radius. Elsewhere the bin's extreme may lie anywhere in the bin: at its outer edge on a
    straight line, in its middle on average for a lone peak. In between lies what comes closest to a finer drawing.
    """
    radius = pen_slices / 2
    centre = np.abs(np.arange(pen_slices) + 0.5 - radius)
    reach = np.where(centre <= 0.5, radius, np.sqrt(radius**2 - (centre + OUTWARD) ** 2))
    return (reach / SLICES).astype(np.float32)[:, np.newaxis]


def _fill(image: NDArray[np.uint8], edges: NDArray[np.float32]) -> None:
    """Ink every slice from its top to its bottom edge into an image of zeros.

    Steps first, sums after: a slice writes only where its ink begins and where it ends, each shared between two rows
    by the fraction, and adding the rows up from the top fills what lies between. Steps down are negative; unsigned
    numbers wrap round there, which leaves the sums right, since those lie in 0 to 255.
    """
    height, width = image.shape
    levels = np.rint(np.clip(edges, 0, height) * np.float32(LEVELS)).astype(np.int32)
    row = levels // LEVELS
    below = (levels - row * LEVELS).astype(np.uint8)
    here = LEVELS - below
    here[1], below[1] = -here[1], -below[1]

    steps = np.zeros((height + 2, width), np.uint8)
    place = (row * width + np.repeat(np.arange(width), SLICES)).ravel()
    np.add.at(steps.ravel(), place, here.ravel())
    np.add.at(steps.ravel(), place + width, below.ravel())
    inked = slice(row[0].min(), min(row[1].max() + 1, height))
    image[inked] = steps[inked]
    for above, line in pairwise(image[inked]):
        line += above
