"""Figures over many strips: intervals, comparisons strip by strip, and what many comparisons at once are worth."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import bootstrap, permutation_test

FEWEST_STRIPS = 10
"""Below so many strips there is neither interval nor test: both would rest on the same few again and again."""
DRAWS = 2000
FLIPS = 19_999
"""So many draws of signs, or every one of them where there are no more (up to 14 strips); no p is below 0.0001."""
FLIPS_AT_ONCE = 1_000


class Paired(NamedTuple):
    """One measure of two maps on the same strips.

    Parameters
    ----------
    n : int
        Strips on which both have a figure.
    difference : float or None
        Mean of the first less the second; None without strips.
    interval : (float, float) or None
        95 % interval of the difference; None below ten strips.
    p : float or None
        Two-sided p of the mean difference, by flipping signs (Fisher 1935, The Design of Experiments); None below ten
        strips.
    """

    n: int
    difference: float | None
    interval: tuple[float, float] | None
    p: float | None


def compare(first: Sequence[float | None], second: Sequence[float | None], *, seed: int = 0) -> Paired:
    """Compare two columns strip by strip; a strip on which one of them has no figure is left out.

    Interval and p speak of the same figure, the mean: a test of ranks could call a map better whose mean is worse.

    >>> compare([0.75, 0.5], [0.5, 0.5])
    Paired(n=2, difference=0.125, interval=None, p=None)
    """
    pairs = zip(first, second, strict=True)
    differences = [one - other for one, other in pairs if one is not None and other is not None]
    if len(differences) < FEWEST_STRIPS:
        return Paired(len(differences), mean_of(differences), None, None)
    return Paired(len(differences), mean_of(differences), interval_of(differences, seed=seed), _p_of(differences, seed))


def mean_of(values: Sequence[float | None]) -> float | None:
    """Mean of the figures that are there; None where there is none."""
    there = [value for value in values if value is not None]
    return float(np.mean(there)) if there else None


def interval_of(values: Sequence[float | None], *, seed: int = 0) -> tuple[float, float] | None:
    """95 % bootstrap interval of the mean over strips; None below ten."""
    there = [value for value in values if value is not None]
    if len(there) < FEWEST_STRIPS:
        return None
    found = bootstrap((there,), np.mean, method="percentile", n_resamples=DRAWS, rng=seed).confidence_interval
    return float(found.low), float(found.high)


def _p_of(differences: list[float], seed: int) -> float:
    """Share of all ways to flip signs that bring the mean as far from zero as it is."""
    found = permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=FLIPS, batch=FLIPS_AT_ONCE, rng=seed
    )
    return float(found.pvalue)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """P values corrected for being many (Holm 1979, Scandinavian Journal of Statistics 6, 65-70); None stays None.

    >>> holm([0.01, None, 0.04, 0.03])
    [0.03, None, 0.06, 0.06]
    """
    there = sorted((p, number) for number, p in enumerate(p_values) if p is not None)
    corrected: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p, number) in enumerate(there):
        highest = max(highest, min(p * (len(there) - rank), 1.0))
        corrected[number] = highest
    return corrected
