"""A column of times: the sampling rate that it gives, and the samples that it leaves out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FASTEST, SLOWEST = 20_000.0, 50.0
UNITS = (1.0, 1e-3, 1e-6, 1e-9)
"""Seconds in one of the units that a column without a name for it may be in."""

WIDEST_GAP = 20
"""How many times longer than the samples a recording with gaps may be."""


@dataclass(frozen=True)
class TimeAxis:
    """Where each row lies on an even grid, and what one step of the grid is in the column's own unit."""

    places: NDArray[np.int64]
    step: float
    error: float

    @property
    def missing(self) -> int:
        """Samples that are left out between the rows."""
        return int(self.places[-1]) + 1 - len(self.places)

    def rates(self, unit: float | None) -> tuple[float, ...]:
        """Sampling rates that the step can mean: one where the unit is known, else all that an ECG can have."""
        rates = (1.0 / (self.step * seconds) for seconds in (UNITS if unit is None else (unit,)))
        return tuple(_nicest(rate, self.error) for rate in rates if unit or SLOWEST <= rate <= FASTEST)


def time_axis(values: NDArray[np.float64], quantum: float, *, gaps: bool) -> TimeAxis | None:
    """The even grid that a column lies on; None where it does not.

    Parameters
    ----------
    values : array, shape (rows,)
        The column; NaN where a row is blank, which counts as a step.
    quantum : float
        The last digit that the column is written with.
    gaps : bool
        Whether steps may be left out.
    """
    known = np.flatnonzero(np.isfinite(values))
    if known.size < 3:
        return None
    found = values[known]
    places = known - known[0]
    step = (found[-1] - found[0]) / places[-1]
    if not (np.isfinite(step) and step > 0):
        return None
    if not _fits(found, places, step, quantum):
        if not gaps or known.size != values.size:
            return None
        usual = float(np.median(np.diff(found)))
        steps = np.rint(np.diff(found) / usual) if usual > 0 else np.zeros(1)
        if steps.min() < 1 or steps.sum() > WIDEST_GAP * values.size:
            return None
        places = np.concatenate([[0], np.cumsum(steps)]).astype(np.int64)
        step = (found[-1] - found[0]) / places[-1]
        if not _fits(found, places, step, quantum):
            return None
        return TimeAxis(places, float(step), quantum / (found[-1] - found[0]))
    return TimeAxis(np.arange(values.size), float(step), quantum / (found[-1] - found[0]))


def _fits(found: NDArray[np.float64], places: NDArray[np.integer], step: float, quantum: float) -> bool:
    """Whether no row is farther from the grid than its last digit, or a tenth of a step."""
    away = np.abs(found - found[0] - places * step).max()
    return bool(away <= max(1.01 * quantum, 0.1 * step))


def _nicest(rate: float, error: float) -> float:
    """The roundest rate that differs by no more than the last digit of the times can make."""
    for digits in range(4):
        rounded = round(rate, digits)
        if abs(rounded - rate) <= rate * (error + 1e-7):
            return float(rounded)
    return rate
