"""Figures over many strips: intervals, comparisons strip by strip, and what many comparisons at once are worth."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import permutation_test

from .arguments import checked

BOOTSTRAP_DRAWS = 1000
FEW = 20
"""Below so many strips a class shows its count only where a table is printed: the rest would be chance."""
FEWEST_RECORDINGS = 10
"""Below so many recordings there is neither interval nor test: both would rest on the same few again and again."""
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
    interval : list of float, or None
        95 % interval of the difference; None below ten strips.
    p : float or None
        Two-sided p of the mean difference, by flipping signs (Fisher 1935, The Design of Experiments); None below ten
        strips.
    """

    n: int
    difference: float | None
    interval: list[float] | None
    p: float | None


@checked
def compare(first: Sequence[float | None], second: Sequence[float | None], *, seed: int = 0) -> Paired:
    """Compare two columns strip by strip; a strip on which one of them has no figure is left out.

    Interval and p speak of the same figure, the mean: a test of ranks could call a map better whose mean is worse.

    >>> compare([0.75, 0.5], [0.5, 0.5])
    Paired(n=2, difference=0.125, interval=None, p=None)
    """
    pairs = zip(first, second, strict=True)
    differences = [one - other for one, other in pairs if one is not None and other is not None]
    if len(differences) < FEWEST_RECORDINGS:
        return Paired(len(differences), mean_of(differences), None, None)
    return Paired(len(differences), mean_of(differences), interval(differences, seed=seed), _p_of(differences, seed))


def mean_of(values: Sequence[float | None]) -> float | None:
    """Mean of the figures that are there; None where there is none."""
    there = [value for value in values if value is not None]
    return float(np.mean(there)) if there else None


@checked
def interval(
    values: NDArray[np.bool_] | NDArray[np.float64] | Sequence[float | None],
    recordings: NDArray[np.str_] | None = None,
    *,
    seed: int = 0,
) -> list[float] | None:
    """95 % interval of a share or a mean, by drawing whole recordings again and again; None below ten of them.

    Truth values make a share, of right answers say. Where all are alike every draw is, too, though another recording
    might have differed; the interval is then the exact binomial one (Clopper and Pearson 1934,
    doi 10.1093/biomet/26.4.404) of as many throws as there are recordings. Numbers make a mean of any kind, such as
    that of the differences of two views' right answers, and are drawn in any case.

    Parameters
    ----------
    values : array or sequence, shape (n,)
        One for each strip; None is left out.
    recordings : array of str, shape (n,), optional
        Where each strip comes from; by default each is a recording of its own.
    seed : int
        Decides the draws.

    Examples
    --------
    >>> interval(np.arange(20) < 15, np.arange(20).astype(str))
    [0.55, 0.9]
    >>> interval(np.ones(20, dtype=bool))
    [0.8316, 1.0]
    """
    kept = [number for number, value in enumerate(values) if value is not None]
    there = np.asarray([values[number] for number in kept])
    of, drawn = draw_recordings(np.arange(there.size) if recordings is None else recordings[kept], seed=seed)
    if drawn is None:
        return None
    if there.dtype == np.bool_ and there.all() == there.any():
        return _exact(bool(there[0]), drawn.shape[1])
    return quantiles((drawn @ np.bincount(of, weights=there)) / (drawn @ np.bincount(of)))


def draw_recordings(
    recordings: NDArray[np.str_] | NDArray[np.intp], *, seed: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
    """Which recording each strip belongs to, and how often a bootstrap draws each recording.

    Returns
    -------
    of : array, shape (n,)
        Number of each strip's recording.
    drawn : array, shape (draws, recordings), or None
        How often each recording stands in each draw; None below ten recordings.
    """
    _, of = np.unique(recordings, return_inverse=True)
    number = int(of.max(initial=-1)) + 1
    if number < FEWEST_RECORDINGS:
        return of, None
    random = np.random.default_rng(seed)
    return of, random.multinomial(number, np.full(number, 1 / number), size=BOOTSTRAP_DRAWS)


def quantiles(drawn: NDArray[np.float64]) -> list[float]:
    """The middle 95 % of a bootstrap's draws."""
    low, high = np.quantile(drawn, [0.025, 0.975])
    return [round(float(low), 4), round(float(high), 4)]


def _exact(every: bool, recordings: int) -> list[float]:
    from scipy.stats import binomtest

    found = binomtest(recordings * every, recordings).proportion_ci()
    return [round(float(found.low), 4), round(float(found.high), 4)]


def _p_of(differences: list[float], seed: int) -> float:
    """Share of all ways to flip signs that bring the mean as far from zero as it is."""
    found = permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=FLIPS, batch=FLIPS_AT_ONCE, rng=seed
    )
    return float(found.pvalue)


@checked
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
