"""From strips to what a network reads: numbers for the signal view, pictures for the image view."""

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..arguments import checked
from ..errors import UnknownName, choices
from ..image import Geometry, draw_pixels
from ..image.raster import PEN
from ..views import IMAGE, SIGNAL

VIEWS = (SIGNAL, IMAGE)
"""Names of the views whose networks are shipped."""


@checked
def inputs(view: str, millivolts: NDArray[np.float32], pen: float = PEN) -> Tensor:
    """A batch as a view reads it.

    Parameters
    ----------
    view : {"signal", "image"}
        Which network it is for.
    millivolts : array, shape (n, 5000)
        Strips in mV, filtered as `Strip.for_reading` does.
    pen : float
        Line width of the pictures in pixels.

    Returns
    -------
    Tensor
        Shape (n, 1, 5000), in mV, or (n, 1, 128, 1024), 0 paper to 1 ink.

    Raises
    ------
    UnknownName
        When there is no such view.
    """
    if view not in VIEWS:
        raise UnknownName(f"no view is called {view!r}; there are {choices(VIEWS)}")
    if view == "signal":
        return torch.tensor(millivolts, dtype=torch.float32)[:, None]
    ink = draw_pixels(millivolts, network_geometry(), pen)
    return torch.from_numpy(ink)[:, None].to(torch.float32).div_(255.0)


@cache
def network_geometry() -> Geometry:
    """Geometry of the picture that the image network reads: 1,024 columns over 10 s, 128 rows over ±2 mV."""
    return Geometry()
