"""How well classes are told apart: one table's figures, with intervals that know which strips share a recording."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...statistics import interval


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
