"""Changes to training strips that imitate other devices: gain, polarity, band, wander, noise, a gap, another pen."""

import numpy as np
from numpy.typing import NDArray

from ...image.raster import PEN
from ...strip import SAMPLES, SAMPLING_RATE, SECONDS
from ..recipes import Recipe

HIGH_PASS = (0.5, 1.2)
LOW_PASS = (18.0, 40.0)
"""Where other devices cut off, in Hz: a monitor's high-pass, and the low-pass of a "muscle filter"."""


def augment(millivolts: NDArray[np.float32], recipe: Recipe, random: np.random.Generator) -> NDArray[np.float32]:
    """A batch of strips, each changed in its own way as far as the recipe allows.

    Parameters
    ----------
    millivolts : array, shape (n, 5000)
        Filtered strips in mV; not changed.
    recipe : Recipe
        Its `gain`, `flip`, `filters`, `noise` and `gap`.
    random : numpy.random.Generator
        All that is drawn comes from it.
    """
    number = len(millivolts)
    gain = np.exp(random.uniform(-1, 1, (number, 1)) * np.log(recipe.gain))
    sign = np.where(random.random((number, 1)) < recipe.flip, -1.0, 1.0)
    changed = _other_band(millivolts * (gain * sign), recipe.filters, random)
    changed += _wander(number, recipe.noise, random)
    changed += random.normal(size=(number, SAMPLES)) * random.uniform(0, recipe.noise, (number, 1))
    for strip, length in zip(changed, random.uniform(0, recipe.gap, number), strict=True):
        first = random.integers(0, SAMPLES - int(length * SAMPLING_RATE))
        strip[first : first + int(length * SAMPLING_RATE)] = 0.0
    return np.asarray(changed, dtype=np.float32)


def pen_width(recipe: Recipe, random: np.random.Generator) -> float:
    """Line width in pixels for the pictures of one batch."""
    return float(PEN * np.exp(random.uniform(-1, 1) * np.log(recipe.pen)))


def _other_band(strips: NDArray[np.float64], share: float, random: np.random.Generator) -> NDArray[np.float64]:
    """Some of the strips after a narrower band than `Strip.for_reading`'s, without shift in time."""
    chosen = random.random(len(strips)) < share
    number = int(chosen.sum())
    high, low = (random.uniform(*limits, (number, 1)) for limits in (HIGH_PASS, LOW_PASS))
    hertz = np.fft.rfftfreq(SAMPLES, 1 / SAMPLING_RATE)[1:]
    passed = 1 / np.sqrt((1 + (high / hertz) ** 4) * (1 + (hertz / low) ** 8))
    spectrum = np.fft.rfft(strips[chosen])
    spectrum[:, 0] = 0.0
    spectrum[:, 1:] *= passed
    strips[chosen] = np.fft.irfft(spectrum, SAMPLES)
    return strips


def _wander(number: int, strength: float, random: np.random.Generator) -> NDArray[np.float64]:
    """Slow waves of the baseline between 0.3 and 1 Hz, as breathing and movement leave behind."""
    times = np.arange(SAMPLES) / SAMPLING_RATE
    cycles = random.uniform(0.3, 1.0, (number, 1)) * SECONDS
    phase = random.uniform(0, 2 * np.pi, (number, 1))
    height = random.uniform(0, 2 * strength, (number, 1))
    return np.asarray(height * np.sin(2 * np.pi * cycles * times / SECONDS + phase))
