"""Shapes: the form of a wave as pulses of a dipole in space.

A `Shape` is a wave in a time of its own, from 0 (onset) to 1 (offset). Each of its pulses is zero outside its own part
of that time and smooth within, so that a wave begins and ends exactly where the truth says.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MOMENTS = np.linspace(0.0, 1.0, 201)

Vector = tuple[float, float, float]


class Pulse(NamedTuple):
    """One lobe of a dipole: its part of the wave's time, where its peak lies (0 ... 1), roundness and direction."""

    start: float
    end: float
    peak: float
    roundness: float
    vector: Vector


@dataclass(frozen=True, eq=False)
class Shape:
    """The form of a wave: its name and its pulses.

    Parameters
    ----------
    name : str
        ``"sinus"``, ``"narrow"``, ``"PVC"`` ...
    pulses : array, shape (pulses, 7)
        Start, end, peak, roundness and the three components in mV of each `Pulse`.
    """

    name: str
    pulses: NDArray[np.float64]

    def loop(self) -> NDArray[np.float64]:
        """The dipole in mV at 201 moments of the wave, shape (201, 3)."""
        start, end, peak, roundness = self.pulses[:, :4].T[:, :, None]
        return np.asarray(lobe(MOMENTS, start, end, peak, roundness).T @ self.pulses[:, 4:])

    @property
    def peak(self) -> float:
        """Moment between 0 and 1 at which the wave is largest in space."""
        loop = self.loop()
        return float(MOMENTS[np.argmax(np.einsum("tx,tx->t", loop, loop))])


def lobe(
    times: NDArray[np.float64],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    peak: NDArray[np.float64],
    roundness: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Height of a pulse at some times: 0 outside start ... end, 1 at its peak.

    Half a sine wave, warped so that its top lies at the share `peak` of its length; `roundness` blends it with its own
    square (0: corners at both ends, 1: none).
    """
    share = np.clip((times - start) / (end - start), 0.0, 1.0)
    tilt = (1.0 - peak) / peak
    wave = np.sin(np.pi * share * tilt / (1.0 - share + share * tilt))
    return np.asarray(wave * (1.0 - roundness + roundness * wave))


def shape(name: str, pulses: Iterable[Pulse]) -> Shape:
    """A shape of some pulses, as one read-only table."""
    return of_table(name, np.array([[*pulse[:4], *pulse.vector] for pulse in pulses], dtype=np.float64))


def of_table(name: str, rows: NDArray[np.float64]) -> Shape:
    """A shape of a table of pulses, which becomes read-only."""
    rows.flags.writeable = False
    return Shape(name, rows)


def turned(vector: Vector, factor: float) -> Vector:
    """A vector times a factor."""
    return vector[0] * factor, vector[1] * factor, vector[2] * factor
