"""The temperature of a network: one number that all its logits are divided by, so that it is as sure as it is right.

A network that is trained to be right is often surer than it should be. `fit_temperature` mends that on strips kept
apart from training, and changes no answer.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InvalidValue

TEMPERATURES = (0.05, 20.0)
"""Bounds of a fitted temperature: where every answer is right, or none is better than chance, there is no best one."""


def fit_temperature(
    logits: NDArray[np.floating[Any]], true: NDArray[np.int64], weights: NDArray[np.float64] | None = None
) -> float:
    """The temperature that makes the truth likeliest (Guo 2017, arXiv 1706.04599).

    Parameters
    ----------
    logits : array, shape (n, classes)
        Answers on strips that the network did not learn from. Logarithms of probabilities do as well.
    true : array, shape (n,)
        Number of each strip's class.
    weights : array, shape (n,), optional
        What each strip counts; all alike by default.

    Returns
    -------
    float
        Above 1 for a network that is too sure; between 0.05 and 20.

    Raises
    ------
    InvalidValue
        When there is no strip, or a logit is not finite.
    """
    from scipy.optimize import minimize_scalar

    if not len(true):
        raise InvalidValue("there is no strip to fit a temperature to; the set is empty")
    if not np.isfinite(logits).all():
        raise InvalidValue("a logit is not finite; take the network's logits, or logarithms of probabilities above 0")
    exact = np.asarray(logits, dtype=np.float64)

    def surprise(log_temperature: float) -> float:
        of_truth = _log_softmax(exact / np.exp(log_temperature))[np.arange(len(true)), true]
        return float(-np.average(of_truth, weights=weights))

    found = minimize_scalar(surprise, bounds=np.log(TEMPERATURES), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))


def at_temperature(logits: NDArray[np.floating[Any]], temperature: float) -> NDArray[np.float64]:
    """Probabilities at a temperature, shape (n, classes): 1 leaves them, a higher one flattens them.

    >>> at_temperature(np.log([[0.8, 0.2]]), 2.0).round(3)
    array([[0.667, 0.333]])
    """
    if not temperature > 0:
        raise InvalidValue(f"a temperature is above 0, not {temperature:g}")
    return np.asarray(np.exp(_log_softmax(np.asarray(logits, dtype=np.float64) / temperature)))


def _log_softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    lowered = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(lowered - np.log(np.exp(lowered).sum(axis=1, keepdims=True)))
