"""Where the cells of a layer lie on the strip: stride, centre of the first cell, receptive field."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
        ``"convolution"``, ``"normalisation"`` (with its ReLU) or ``"pooling"``.
    stride : int
        Input steps from one cell's centre to the next.
    field : int
        Width of the receptive field in input steps.
    first : float
        Centre of the first cell in input steps: sample `i` stands at `i`, pixel column `c` is centred at `c` + 0.5.
    cells : int
        Number of cells along time.
    steps : int
        Number of input steps along time.
    """

    name: str
    kind: str
    stride: int
    field: int
    first: float
    cells: int
    steps: int

    @property
    def centres(self) -> NDArray[np.float64]:
        """Centre of each cell in seconds from the strip's start, shape (cells,)."""
        return (self.first + self.stride * np.arange(self.cells)) * SECONDS / self.steps

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
