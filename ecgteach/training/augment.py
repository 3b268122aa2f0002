"""Changes to training strips that imitate other devices: gain, polarity, wander, noise, a blank stretch."""

import numpy as np
from numpy.typing import NDArray

from ..strip import SAMPLES, SAMPLING_RATE, SECONDS
from .recipes import Recipe


def augment(millivolts: NDArray[np.float32], recipe: Recipe, random: np.random.Generator) -> NDArray[np.float32]:
    """A batch of strips, each changed in its own way as far as the recipe allows.

    Parameters
    ----------
    millivolts : array, shape (n, 5000)
        Filtered strips in mV; not changed.
    recipe : Recipe
        Its `gain`, `flip`, `noise` and `gap`.
    random : numpy.random.Generator
        All that is drawn comes from it.
    """
    number = len(millivolts)
    gain = np.exp(random.uniform(-1, 1, (number, 1)) * np.log(recipe.gain))
    sign = np.where(random.random((number, 1)) < recipe.flip, -1.0, 1.0)
    changed = millivolts * (gain * sign)
    changed += _wander(number, recipe.noise, random)
    changed += random.normal(size=(number, SAMPLES)) * random.uniform(0, recipe.noise, (number, 1))
    for strip, length in zip(changed, random.uniform(0, recipe.gap, number), strict=True):
        first = random.integers(0, SAMPLES - int(length * SAMPLING_RATE))
        strip[first : first + int(length * SAMPLING_RATE)] = 0.0
    return np.asarray(changed, dtype=np.float32)


def _wander(number: int, strength: float, random: np.random.Generator) -> NDArray[np.float64]:
    """Slow waves of the baseline between 0.3 and 1 Hz, as breathing and movement leave behind."""
    times = np.arange(SAMPLES) / SAMPLING_RATE
    cycles = random.uniform(0.3, 1.0, (number, 1)) * SECONDS
    phase = random.uniform(0, 2 * np.pi, (number, 1))
    height = random.uniform(0, 2 * strength, (number, 1))
    return np.asarray(height * np.sin(2 * np.pi * cycles * times / SECONDS + phase))
