"""How well classes are told apart: one table's figures, with intervals that know which strips share a recording."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...statistics import interval


@dataclass(frozen=True)
class ClassFigures:
    """How well one class is told from the others.

    Parameters
    ----------
    sensitivity, specificity, f1, auc : float or None
        Shares from 0 to 1; None where no strip lets them be counted.
    n : int
        Strips of the class.
    """

    sensitivity: float | None
    specificity: float | None
    f1: float | None
    auc: float | None
    n: int


@dataclass(frozen=True)
class Figures:
    """How well one view answers one set of strips; a figure that has no strips to rest on is None.

    Parameters
    ----------
    n, recordings : int
        Strips, and recordings that they come from.
    accuracy, balanced_accuracy : float or None
        Share of right answers, and mean sensitivity of the classes that occur.
    interval : list of two floats, or None
        95 % interval of the accuracy, bootstrap over recordings; None below ten.
    per_class : dict of str to ClassFigures
        By the class's name.
    classes : tuple of str
        Names of the rows of `confusion`.
    confusion : list of list of int
        Strips: a row for each true class, a column for each answer.
    """

    n: int
    recordings: int
    accuracy: float | None
    balanced_accuracy: float | None
    interval: list[float] | None
    per_class: dict[str, ClassFigures]
    classes: tuple[str, ...]
    confusion: list[list[int]]


def judge(
    true: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    classes: tuple[str, ...],
    recordings: NDArray[np.str_],
    scores: NDArray[np.float64] | None = None,
) -> Figures:
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
    """
    from sklearn.metrics import confusion_matrix, roc_auc_score

    answered = probabilities.argmax(axis=1)
    ranked = probabilities if scores is None else scores
    labels = range(len(classes))
    confusion = confusion_matrix(true, answered, labels=labels) if len(true) else np.zeros((len(classes),) * 2, int)
    per_class = {}
    for number, name in enumerate(classes):
        is_class = true == number
        of_class, called = int(is_class.sum()), int(confusion[:, number].sum())
        hit = int(confusion[number, number])
        rest = len(true) - of_class
        per_class[name] = ClassFigures(
            _share(hit, of_class),
            _share(rest - called + hit, rest),
            _share(2 * hit, of_class + called),
            float(roc_auc_score(is_class, ranked[:, number])) if of_class and rest else None,
            of_class,
        )
    sensitivities = [row.sensitivity for row in per_class.values() if row.sensitivity is not None]
    return Figures(
        len(true),
        len(set(recordings.tolist())),
        _share(np.trace(confusion), len(true)),
        float(np.mean(sensitivities)) if sensitivities else None,
        interval(true == answered, recordings),
        per_class,
        classes,
        confusion.tolist(),
    )


def _share(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None
