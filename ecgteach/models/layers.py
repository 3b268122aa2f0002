"""Where the cells of a layer lie on the strip: stride, centre of the first cell, receptive field."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidValue
from ..strip import SECONDS


@dataclass(frozen=True)
class Layer:
    """One layer of a network that has a place: its name and the geometry of its cells along time (and of time only).

    A cell is one number of the layer's output along time (for the image network a column of numbers). Lengths are in
    input steps: samples for the signal network, pixel columns for the image network.

    Parameters
    ----------
    name : str
        Name of the submodule, as ``model.get_submodule(name)`` and `GradCAM` take it.
    kind : str
        ``"convolution"``, ``"normalisation"`` (with its ReLU), ``"pooling"``, or what else the layer is.
    stride : float
        Input steps from one cell's centre to the next.
    field : float
        Width of the receptive field in input steps.
    first : float
        Centre of the first cell in input steps: sample `i` stands at `i`, pixel column `c` is centred at `c` + 0.5.
    cells : int
        Number of cells along time.
    steps : float
        Number of input steps in the ten seconds of a strip.

    Raises
    ------
    InvalidValue
        When these numbers are no place.
    """

    name: str
    kind: str
    stride: float
    field: float
    first: float
    cells: int
    steps: float

    def __post_init__(self) -> None:
        if not (self.cells >= 1 and self.steps > 0 and self.stride > 0 and self.field > 0):
            raise InvalidValue(f"layer {self.name!r} has {self.cells} cells, {self.stride} of {self.steps} steps apart")
        if not np.isfinite([self.stride, self.field, self.first, self.steps]).all():
            raise InvalidValue(f"layer {self.name!r} lies at {self.first} steps, which is no place on a strip")

    @property
    def centres(self) -> NDArray[np.float64]:
        """Centre of each cell in seconds from the strip's start, shape (cells,)."""
        return np.asarray((self.first + self.stride * np.arange(self.cells)) * SECONDS / self.steps, dtype=np.float64)

    @property
    def cell_seconds(self) -> float:
        """Distance between neighbouring cells in seconds."""
        return self.stride * SECONDS / self.steps

    @property
    def field_seconds(self) -> float:
        """Width of the receptive field in seconds: how much of the strip one cell sees."""
        return self.field * SECONDS / self.steps

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.kind}, {self.cells} cells of {self.cell_seconds * 1000:.0f} ms, "
            f"each sees {self.field_seconds:.2f} s"
        )
