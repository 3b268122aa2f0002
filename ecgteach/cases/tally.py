"""Who was right, and how sure: the learner beside the networks, and what was drawn beside where a view looked."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..fusion import AGREEMENT_THRESHOLD
from ..marks import Mark, marked

CONFIDENCES = (50, 75, 90, 99)
"""How sure one can be, in percent."""


def sureness(probability: float) -> int:
    """The confidence that is nearest to a probability, so that networks and learners stand in one table.

    >>> sureness(0.4), sureness(0.83), sureness(0.999)
    (50, 90, 99)
    """
    return min(CONFIDENCES, key=lambda percent: (abs(percent - 100 * probability), -percent))


@dataclass(frozen=True)
class Judged:
    """One case whose label is known: how sure the learner was and whether rightly, and the same of each network.

    Parameters
    ----------
    confidence : int
        One of `CONFIDENCES`.
    right : bool
        Whether the learner was; "cannot tell" is no case for a tally.
    networks : dict of str to tuple
        By view: its probability of its own answer, and whether that is right.
    """

    confidence: int
    right: bool
    networks: dict[str, tuple[float, bool]]


@dataclass(frozen=True)
class Tally:
    """Right answers by confidence; counts, and no curve: a dozen cases make none.

    Parameters
    ----------
    learner : dict of int to tuple of int
        By confidence: how many right, of how many.
    networks : dict of str to dict of int to tuple of int
        The same by view.
    """

    learner: dict[int, tuple[int, int]]
    networks: dict[str, dict[int, tuple[int, int]]]

    @classmethod
    def of(cls, judged: Iterable[Judged]) -> "Tally":
        """The tally of so many cases."""
        held = list(judged)
        views = {view: None for one in held for view in one.networks}
        return cls(
            _counted((one.confidence, one.right) for one in held),
            {
                view: _counted((sureness(one.networks[view][0]), one.networks[view][1]) for one in held)
                for view in views
            },
        )

    @property
    def right(self) -> tuple[int, int]:
        """How many the learner had right, of how many."""
        return _sum(self.learner)

    def right_of(self, view: str) -> tuple[int, int]:
        """The same of a network."""
        return _sum(self.networks[view])

    @property
    def brier(self) -> float | None:
        """Mean squared distance of the learner's confidence from what came out, 0 best and 1 worst; None without cases.

        A confidence of 50 % costs 0.25 either way; 99 % costs 0.98 where it was wrong.
        """
        total = sum(number for _, number in self.learner.values())
        if not total:
            return None
        cost = 0.0
        for percent, (right, number) in self.learner.items():
            sure = percent / 100
            cost += right * (1 - sure) ** 2 + (number - right) * sure**2
        return cost / total


def _counted(answers: Iterable[tuple[int, bool]]) -> dict[int, tuple[int, int]]:
    counts = dict.fromkeys(CONFIDENCES, (0, 0))
    for percent, right in answers:
        had, number = counts[percent]
        counts[percent] = (had + right, number + 1)
    return counts


def _sum(counts: dict[int, tuple[int, int]]) -> tuple[int, int]:
    return sum(right for right, _ in counts.values()), sum(number for _, number in counts.values())


@dataclass(frozen=True)
class Gap:
    """What was drawn against where a view looked, as shares of time.

    Parameters
    ----------
    drawn, looked : float
        Share of the strip's time that was drawn, and at which the view looked.
    found : float or None
        Share of what it looked at that had been drawn; None where it looked at nothing.
    """

    drawn: float
    looked: float
    found: float | None

    @property
    def chance(self) -> float:
        """What `found` would be on average if the same drawing were laid anywhere."""
        return self.drawn


def drawn_and_looked(
    marks: Iterable[Mark], brush: str, on_time: NDArray[np.float32], threshold: float = AGREEMENT_THRESHOLD
) -> Gap:
    """Hold what was drawn with a brush against a map along time, shape (5000,), at its threshold."""
    drawn = marked(marks, brush)
    looked = (on_time >= threshold) & (on_time > 0)
    found = float(drawn[looked].mean()) if looked.any() else None
    return Gap(float(drawn.mean()), float(looked.mean()), found)
