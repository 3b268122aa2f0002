"""A strip changed in ways that should not matter to an answer: a little noise, a shift, another drawing."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ...image import PEN, Geometry, draw_pixels
from ...models import Layer, inputs, network_geometry
from ...strip import SAMPLES, SECONDS, Strip, high_pass, low_pass

NOISE_DB = (30, 20)
"""How far the noise lies below the strip."""

SHIFTS = {"shift by one cell": 1.0, "shift by half a cell": 0.5}
"""In cells of the layer that was explained."""

PENS = {"thin pen": 1.2, "thick pen": 2.4}
"""In pixels, in place of `image.PEN`."""

SMALLER = (768, 96)
WIDER_RANGE = (-2.5, 2.5)


def changed(strip: Strip, view: str, layer: Layer, *, seed: int = 0) -> dict[str, Tensor]:
    """The strip after each change, as a view reads it, by the change's name.

    Parameters
    ----------
    strip : Strip
        Filtered as the networks read it.
    view : {"signal", "image"}
        Only a picture can be drawn otherwise: the image view has more changes.
    layer : Layer
        Whose cells a shift is counted in.
    seed : int
        Draws the noise, which is the same in both views.

    Returns
    -------
    dict of str to Tensor
        Shape (1, 1, 5000) or (1, 1, 128, 1024).
    """
    found = _noisy(strip, view, seed) | _moved(strip, view, layer)
    return found | _redrawn(strip) if view == "image" else found


def shift_seconds(name: str, layer: Layer) -> float:
    """How far a change moves the strip to the right, in seconds; 0 for all but shifts."""
    return _shift_steps(name, layer) * SECONDS / layer.steps if name in SHIFTS else 0.0


def _noisy(strip: Strip, view: str, seed: int) -> dict[str, Tensor]:
    """The strip with noise in the band that networks read; the same noise in both views."""
    drawn = np.random.default_rng((seed, 3)).standard_normal(SAMPLES).astype(np.float32)
    noise = low_pass(high_pass(drawn, 0.5), 40.0)
    level = float(strip.samples.std() / noise.std())
    return {
        f"noise at {decibel} dB": inputs(view, (strip.samples + noise * level * 10 ** (-decibel / 20))[None])
        for decibel in NOISE_DB
    }


def _moved(strip: Strip, view: str, layer: Layer) -> dict[str, Tensor]:
    """The strip shifted to the right in a circle, by whole input steps of the view."""
    still = inputs(view, strip.samples[None])
    return {name: torch.roll(still, _shift_steps(name, layer), dims=-1) for name in SHIFTS}


def _redrawn(strip: Strip) -> dict[str, Tensor]:
    """The strip drawn by other pens, smaller and enlarged, and with other limits."""
    network = network_geometry()
    size = (network.height, network.width)
    pictures = {name: _tensor(draw_pixels(strip.samples, network, pen)) for name, pen in PENS.items()}
    small = _tensor(draw_pixels(strip.samples, Geometry(*SMALLER), PEN))
    enlarged = functional.interpolate(small, size=size, mode="bilinear", align_corners=False)
    pictures["smaller picture, enlarged"] = (enlarged * 255).round() / 255
    low, high = WIDER_RANGE
    wider = Geometry(network.width, network.height, low=low, high=high)
    pictures[f"limits of {high:g} mV"] = _tensor(draw_pixels(strip.samples, wider, PEN))
    return pictures


def _tensor(ink: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(ink)[None, None].to(torch.float32).div(255.0)


def _shift_steps(name: str, layer: Layer) -> int:
    return max(round(SHIFTS[name] * layer.stride), 1)
