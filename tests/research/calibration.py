"""Whether a network's probabilities can be taken at their word: of strips that it calls with 80 %, are 80 % right?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecgteach.errors import InvalidValue
from ecgteach.printing import format_interval
from ecgteach.statistics import draw_recordings, quantiles

BINS = 15


@dataclass(frozen=True)
class Bin:
    """Strips whose answer has a probability from `low` to `high`.

    Parameters
    ----------
    low, high : float
        Edges of the bin.
    n : int
        Strips.
    probability, right : float
        Mean probability of their answers, and share of them that is right.
    """

    low: float
    high: float
    n: int
    probability: float
    right: float


@dataclass(frozen=True)
class Calibration:
    """Calibration of one view on one set of strips.

    Parameters
    ----------
    n : int
        Strips.
    error : float
        Expected calibration error: the distance between share right and mean probability, bin by bin, weighted by the
        bins' strips.
    interval : list of two floats, or None
        95 % interval of the error, bootstrap over recordings; None below ten. Chance alone makes an error, so that it
        lies rather too high.
    brier : float
        Squared distance between probabilities and truth, added over classes: 0 is best, 2 worst.
    bins : tuple of Bin
        Those that hold a strip.
    """

    n: int
    error: float
    interval: list[float] | None
    brier: float
    bins: tuple[Bin, ...]

    def __str__(self) -> str:
        head = f"calibration error {self.error:.1%} ({format_interval(self.interval)}), Brier {self.brier:.3f}"
        rows = (
            f"  {row.low:4.0%} to {row.high:4.0%}   n {row.n:5}   said {row.probability:6.1%}   right {row.right:6.1%}"
            for row in self.bins
        )
        return "\n".join([head, *rows])


def calibrate(
    true: NDArray[np.int64], probabilities: NDArray[np.float64], recordings: NDArray[np.str_], *, bins: int = BINS
) -> Calibration:
    """Calibration by the probability of the answer (Guo 2017, arXiv 1706.04599).

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
    return Calibration(
        len(true),
        float(np.abs(certain - hit).sum() / len(true)),
        _interval(members * (surest - right)[:, None], recordings),
        float(np.mean(np.sum((probabilities - truth) ** 2, axis=1))),
        tuple(
            Bin(
                number / bins,
                (number + 1) / bins,
                int(counts[number]),
                float(certain[number] / counts[number]),
                float(hit[number] / counts[number]),
            )
            for number in np.flatnonzero(counts).tolist()
        ),
    )


def _interval(overshoot: NDArray[np.float64], recordings: NDArray[np.str_]) -> list[float] | None:
    """Interval of the error, from what each strip adds to its bin's overshoot, shape (n, bins)."""
    of, drawn = draw_recordings(recordings)
    if drawn is None:
        return None
    by_recording = np.zeros((drawn.shape[1], overshoot.shape[1]))
    np.add.at(by_recording, of, overshoot)
    return quantiles(np.abs(drawn @ by_recording).sum(axis=1) / (drawn @ np.bincount(of)))
