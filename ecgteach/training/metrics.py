"""How well classes are told apart: one table's figures, with intervals that know which strips share a recording."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

DRAWS = 1000
FEW = 20
"""Below so many strips a class shows its count only where a table is printed: the rest would be chance."""
FEWEST_RECORDINGS = 10
"""Below so many recordings a bootstrap draws the same few again and again, and its interval says too much."""


def judge(
    true: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    classes: tuple[str, ...],
    recordings: NDArray[np.str_],
    scores: NDArray[np.float64] | None = None,
) -> dict[str, Any]:
    """Figures of one view on one set of strips.

    Parameters
    ----------
    true : array, shape (n,)
        Number of each strip's class.
    probabilities : array, shape (n, classes)
        What the network gives each class; the largest is its answer.
    classes : tuple of str
        Names of the classes.
    recordings : array of str, shape (n,)
        Strips of one recording are drawn together when intervals are made.
    scores : array, shape (n, classes), optional
        What the areas under the curve rank strips by, where it is not `probabilities`.

    Returns
    -------
    dict
        ``n``, ``recordings``, ``accuracy``, ``balanced_accuracy`` (mean sensitivity of the classes that occur),
        ``interval`` (95 % of the accuracy, bootstrap over recordings), ``per_class`` (sensitivity, specificity, f1,
        auc, n) and ``confusion`` (rows true, columns answered). A figure that has no strips to rest on is None.
    """
    from sklearn.metrics import confusion_matrix, roc_auc_score

    answered = probabilities.argmax(axis=1)
    ranked = probabilities if scores is None else scores
    confusion = confusion_matrix(true, answered, labels=range(len(classes))) if len(true) else _zeros(classes)
    per_class = {}
    for number, name in enumerate(classes):
        is_class = true == number
        both_kinds = 0 < is_class.sum() < len(true)
        per_class[name] = _rates(confusion, number) | {
            "auc": float(roc_auc_score(is_class, ranked[:, number])) if both_kinds else None,
            "n": int(is_class.sum()),
        }
    sensitivities = [found for row in per_class.values() if (found := row["sensitivity"]) is not None]
    return {
        "n": len(true),
        "recordings": len(set(recordings.tolist())),
        "accuracy": _share(np.trace(confusion), len(true)),
        "balanced_accuracy": float(np.mean(sensitivities)) if sensitivities else None,
        "interval": interval(true == answered, recordings),
        "per_class": per_class,
        "classes": list(classes),
        "confusion": confusion.tolist(),
    }


def interval(
    right: NDArray[np.bool_] | NDArray[np.float64], recordings: NDArray[np.str_], *, seed: int = 0
) -> list[float] | None:
    """95 % interval of a share or a mean, by drawing whole recordings again and again; None below ten of them.

    Truth values make a share, of right answers say. Where all are alike every draw is, too, though another recording
    might have differed; the interval is then the exact binomial one (Clopper and Pearson 1934,
    doi 10.1093/biomet/26.4.404) of as many throws as there are recordings. Numbers make a mean of any kind, such as
    that of the differences of two views' right answers, and are drawn in any case.

    >>> interval(np.arange(20) < 15, np.arange(20).astype(str))
    [0.55, 0.9]
    >>> interval(np.ones(20, dtype=bool), np.arange(20).astype(str))
    [0.8316, 1.0]
    """
    of, drawn = draw_recordings(recordings, seed=seed)
    if drawn is None:
        return None
    if right.dtype == np.bool_ and right.all() == right.any():
        return _exact(bool(right[0]), drawn.shape[1])
    return quantiles((drawn @ np.bincount(of, weights=right)) / (drawn @ np.bincount(of)))


def draw_recordings(
    recordings: NDArray[np.str_], *, seed: int = 0
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
    return of, random.multinomial(number, np.full(number, 1 / number), size=DRAWS)


def quantiles(drawn: NDArray[np.float64]) -> list[float]:
    """The middle 95 % of a bootstrap's draws."""
    low, high = np.quantile(drawn, [0.025, 0.975])
    return [round(float(low), 4), round(float(high), 4)]


def format_interval(found: list[float] | None) -> str:
    """An interval as tables show it, ``-`` where there is none.

    >>> format_interval([0.5, 1.0])
    '50.0% to 100.0%'
    """
    return "-" if found is None else f"{found[0]:.1%} to {found[1]:.1%}"


def _exact(every: bool, recordings: int) -> list[float]:
    from scipy.stats import binomtest

    found = binomtest(recordings * every, recordings).proportion_ci()
    return [round(float(found.low), 4), round(float(found.high), 4)]


def _rates(confusion: NDArray[np.int64], number: int) -> dict[str, float | None]:
    hit = confusion[number, number]
    missed = confusion[number].sum() - hit
    false = confusion[:, number].sum() - hit
    rest = confusion.sum() - hit - missed - false
    return {
        "sensitivity": _share(hit, hit + missed),
        "specificity": _share(rest, rest + false),
        "f1": _share(2 * hit, 2 * hit + missed + false),
    }


def _share(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None


def _zeros(classes: tuple[str, ...]) -> NDArray[np.int64]:
    return np.zeros((len(classes), len(classes)), dtype=np.int64)
