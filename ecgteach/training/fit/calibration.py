"""Whether a network's probabilities can be taken at their word: of the strips that it calls with 80 %, are 80 % right?

A network that is trained to be right is often surer than it should be. `fit_temperature` mends that on strips kept
apart from training, by one number that flattens or sharpens all answers alike and changes none of them.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecgteach.printing import format_interval
from ecgteach.statistics import draw_recordings, quantiles

from ...errors import InvalidValue

BINS = 15
TEMPERATURES = (0.05, 20.0)
"""Bounds of a fitted temperature: where every answer is right, or none is better than chance, there is no best one."""


def calibrate(
    true: NDArray[np.int64], probabilities: NDArray[np.float64], recordings: NDArray[np.str_], *, bins: int = BINS
) -> dict[str, Any]:
    """Calibration of one view on one set of strips, by the probability of its answer (Guo 2017, arXiv 1706.04599).

    Parameters
    ----------
    true : array, shape (n,)
        Number of each strip's class.
    probabilities : array, shape (n, classes)
        Each row adds up to 1.
    recordings : array of str, shape (n,)
        Strips of one recording are drawn together when the interval is made.
    bins : int
        Equal bins from 0 to 1.

    Returns
    -------
    dict
        ``n``; ``error``, the expected calibration error: the distance between share right and mean probability, bin by
        bin, weighted by the bins' strips; its ``interval`` (95 %, bootstrap over recordings; chance alone makes an
        error, so that it lies rather too high; None below ten recordings); ``brier``, the squared distance between
        probabilities and truth, added over classes (0 best, 2 worst); and ``bins``, those that hold a strip, with
        ``low``, ``high``, ``n``, ``probability`` (mean) and ``right`` (share).

    Raises
    ------
    InvalidValue
        When there is no strip, or a row is no set of probabilities.
    """
    if not len(true):
        raise InvalidValue("there is no strip to calibrate by; the set is empty")
    if not np.allclose(probabilities.sum(axis=1), 1, atol=1e-4):
        raise InvalidValue("the probabilities of a strip add up to 1; these do not: are they logits?")
    surest = probabilities.max(axis=1)
    right = (probabilities.argmax(axis=1) == true).astype(np.float64)
    bin_of = np.clip(np.ceil(surest * bins).astype(int) - 1, 0, bins - 1)
    members = np.eye(bins)[bin_of]
    counts, certain, hit = members.sum(axis=0), members.T @ surest, members.T @ right
    truth = np.eye(probabilities.shape[1])[true]
    return {
        "n": len(true),
        "error": float(np.abs(certain - hit).sum() / len(true)),
        "interval": _interval(members * (surest - right)[:, None], recordings),
        "brier": float(np.mean(np.sum((probabilities - truth) ** 2, axis=1))),
        "bins": [
            {
                "low": number / bins,
                "high": (number + 1) / bins,
                "n": int(counts[number]),
                "probability": float(certain[number] / counts[number]),
                "right": float(hit[number] / counts[number]),
            }
            for number in np.flatnonzero(counts)
        ],
    }


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
        told = _log_softmax(exact / np.exp(log_temperature))[np.arange(len(true)), true]
        return float(-np.average(told, weights=weights))

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


def format_calibration(found: dict[str, Any]) -> str:
    """The calibration curve as text, one line a bin."""
    head = f"calibration error {found['error']:.1%} ({format_interval(found['interval'])}), Brier {found['brier']:.3f}"
    rows = (
        f"  {row['low']:4.0%} to {row['high']:4.0%}   n {row['n']:5}   said {row['probability']:6.1%}   "
        f"right {row['right']:6.1%}"
        for row in found["bins"]
    )
    return "\n".join([head, *rows])


def _interval(overshoot: NDArray[np.float64], recordings: NDArray[np.str_]) -> list[float] | None:
    """Interval of the error, from what each strip adds to its bin's overshoot, shape (n, bins)."""
    of, drawn = draw_recordings(recordings)
    if drawn is None:
        return None
    by_recording = np.zeros((drawn.shape[1], overshoot.shape[1]))
    np.add.at(by_recording, of, overshoot)
    return quantiles(np.abs(drawn @ by_recording).sum(axis=1) / (drawn @ np.bincount(of)))


def _log_softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    lowered = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(lowered - np.log(np.exp(lowered).sum(axis=1, keepdims=True)))
