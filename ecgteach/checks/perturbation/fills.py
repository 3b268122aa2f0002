"""A strip with pieces taken out, as both networks read it: what stands in for samples, and paper in place of ink."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...errors import UnknownName, choices
from ...models import Layer, inputs, network_geometry
from ...strip import SAMPLES, SAMPLING_RATE, Strip, low_pass

Numbers = NDArray[np.float64]
Samples = NDArray[np.float32]

PIECES = 125
"""Pieces of 80 ms, whatever the layer, so that curves of several layers and methods can be compared: a QRS complex
fits into one, and a straight line across it removes it. Across single samples it would remove nothing."""


@dataclass(frozen=True)
class Fill:
    """What can stand in for samples that are out.

    Parameters
    ----------
    words : str
        What it is, for people.
    samples : callable
        From a strip's samples, shape (5000,), what is kept of them, (n, 5000), and a generator, to (n, 5000).
    """

    words: str
    samples: Callable[[Samples, NDArray[np.bool_], np.random.Generator], Samples]


@dataclass(frozen=True, eq=False)
class Pieces:
    """How a strip is cut: segments of time, and on the picture perhaps rows as well.

    Parameters
    ----------
    shape : tuple of int
        (segments,) or (rows, segments).
    segment_of_sample : array, shape (5000,)
        Number of the segment that each sample lies in.
    piece_of_pixel : array, shape (height, width)
        Number of the piece that each pixel lies in, row by row.
    """

    shape: tuple[int, ...]
    segment_of_sample: NDArray[np.intp]
    piece_of_pixel: NDArray[np.intp]

    @classmethod
    def along_time(cls) -> "Pieces":
        """`PIECES` of equal length, each as high as the picture."""
        geometry = network_geometry()
        columns = np.floor((np.arange(geometry.width) + 0.5) * PIECES / geometry.width).astype(np.intp)
        pixels = np.broadcast_to(columns, (geometry.height, geometry.width))
        return cls((PIECES,), np.arange(SAMPLES) * PIECES // SAMPLES, pixels)

    @classmethod
    def of_cells(cls, shape: tuple[int, ...], layer: Layer) -> "Pieces":
        """The cells of a layer of the image network, (rows, columns): each pixel goes to the nearest centre."""
        geometry = network_geometry()
        rows, columns = shape
        nearest = np.rint((np.arange(geometry.width) + 0.5 - layer.first) / layer.stride)
        across = np.clip(nearest, 0, columns - 1).astype(np.intp)
        down = np.arange(geometry.height) * rows // geometry.height
        column_of_sample = np.arange(SAMPLES) * geometry.width // SAMPLES
        return cls((rows, columns), across[column_of_sample], down[:, None] * columns + across)

    @property
    def count(self) -> int:
        """How many there are."""
        return int(np.prod(self.shape))

    @property
    def have_rows(self) -> bool:
        """True when the picture is cut into rows as well."""
        return len(self.shape) > 1

    def height(self, values: NDArray[np.floating]) -> Numbers:
        """How high a map is on each piece: the cell itself, or the mean of a map along time over each segment."""
        if values.shape == self.shape:
            return values.astype(np.float64).ravel()
        held = np.bincount(self.segment_of_sample, minlength=self.shape[-1])
        return np.bincount(self.segment_of_sample, weights=values, minlength=self.shape[-1]) / np.maximum(held, 1)


@dataclass(frozen=True, eq=False)
class Perturbation:
    """One strip with pieces of it taken out.

    Parameters
    ----------
    strip : Strip
        Filtered as the networks read it.
    pieces : Pieces
        What can be taken out.
    fill : str
        What stands in for samples that are out, one of `FILLS`; on the picture it is always paper, never black.
    seed : int
        Draws the noise of ``"noise"``.

    Raises
    ------
    UnknownName
        When no fill is called so.
    """

    strip: Strip
    pieces: Pieces
    fill: str = "line"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.fill not in FILLS:
            raise UnknownName(f"nothing called {self.fill!r} fills a gap in a signal; there are {choices(FILLS)}")

    def batch(self, view: str, kept: NDArray[np.bool_]) -> Tensor:
        """The strip as a view reads it, once for each row of `kept`, shape (n, pieces): True where a piece is in."""
        if view == "image":
            pixels = self.pieces.piece_of_pixel if self.pieces.have_rows else self.pieces.piece_of_pixel[:1]
            return self._picture * torch.from_numpy(kept[:, pixels])[:, None]
        inside, random = kept[:, self.pieces.segment_of_sample], np.random.default_rng(self.seed)
        return inputs(view, FILLS[self.fill].samples(self.strip.samples, inside, random))

    @cached_property
    def ink(self) -> Numbers:
        """Ink on each piece of the picture, shape (pieces,)."""
        pieces, pixels = self.pieces.piece_of_pixel.ravel(), self._picture.numpy().ravel()
        return np.bincount(pieces, weights=pixels, minlength=self.pieces.count).astype(np.float64)

    @cached_property
    def energy(self) -> Numbers:
        """How steep the trace is on each piece, shape (pieces,): squared, so that QRS complexes stand out."""
        slope = np.gradient(self.strip.samples.astype(np.float64)) * SAMPLING_RATE
        along = self.pieces.height(slope**2)
        return (self.ink.reshape(self.pieces.shape) * along).ravel() if self.pieces.have_rows else along

    @cached_property
    def _picture(self) -> Tensor:
        return inputs("image", self.strip.samples[None])


def _lines(samples: Samples, kept: NDArray[np.bool_], _: np.random.Generator) -> Samples:
    """Straight lines between the nearest samples that are in; the strip's median where none is."""
    moments = np.arange(samples.size)
    rows = [
        np.interp(moments, moments[row], samples[row]) if row.any() else np.full(samples.size, np.median(samples))
        for row in kept
    ]
    return np.array(rows, dtype=np.float32)


def _baseline(samples: Samples, kept: NDArray[np.bool_], _: np.random.Generator) -> Samples:
    """The strip's median where a sample is out."""
    return np.where(kept, samples, np.median(samples)).astype(np.float32)


def _noise(samples: Samples, kept: NDArray[np.bool_], random: np.random.Generator) -> Samples:
    """Noise below 40 Hz, about as high as the strip is between its complexes, where a sample is out."""
    middle = np.median(samples)
    quiet = 1.4826 * np.median(np.abs(samples - middle))
    drawn = low_pass(random.standard_normal(samples.size).astype(np.float32), 40.0)
    return np.where(kept, samples, middle + drawn * (quiet / drawn.std())).astype(np.float32)


FILLS: dict[str, Fill] = {
    "line": Fill("straight lines between the nearest samples that are left", _lines),
    "baseline": Fill("the strip's median", _baseline),
    "noise": Fill("noise as high as the strip is between its complexes", _noise),
}
"""Every fill by its name; the first is the usual one."""
