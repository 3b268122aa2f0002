"""Predictions and goals: what was said before a dial was turned, judged by the settings that were visited after."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from .answered import Answered
from .dials import DIALS
from .settings import Settings

UP, DOWN, STAYS = "up", "down", "stays"
DIRECTIONS = (UP, DOWN, STAYS)

STAYS_WITHIN = 0.1
"""A probability that moves by less than this stays where it was."""

FOLLOWED, UNMOVED, MISLED, NEITHER = "followed", "unmoved", "misled", "neither"
EXPLANATIONS = (FOLLOWED, UNMOVED, MISLED, NEITHER)
"""What can have happened: the rhythm's group changed or not, and the networks' joint answer changed or not."""


def direction_of(before: float, after: float) -> str:
    """Whether a probability went up or down, or stayed.

    >>> direction_of(0.95, 0.04), direction_of(0.95, 0.99)
    ('down', 'stays')
    """
    if abs(after - before) < STAYS_WITHIN:
        return STAYS
    return UP if after > before else DOWN


def explanation_of(before: Answered, after: Answered) -> str:
    """Which of `EXPLANATIONS` is true of a change."""
    named, answered = before.group != after.group, before.answer != after.answer
    return {(True, True): FOLLOWED, (True, False): UNMOVED, (False, True): MISLED, (False, False): NEITHER}[
        named, answered
    ]


class Goal(NamedTuple):
    """Something to bring about with the least change: whether a change does it."""

    met: Callable[[Answered, Answered], bool]


GOALS: Mapping[str, Goal] = {
    "signal alone": Goal(lambda before, after: _flipped(before, after) == {"signal"}),
    "picture alone": Goal(lambda before, after: _flipped(before, after) == {"image"}),
    "both misled": Goal(
        lambda before, after: before.group == after.group and _flipped(before, after) == set(before.predictions)
    ),
    "rule alone": Goal(
        lambda before, after: before.rule.group != after.rule.group and not _flipped(before, after)
    ),
    "networks alone": Goal(
        lambda before, after: (
            before.rule.group == after.rule.group and _flipped(before, after) == set(before.predictions)
        )
    ),
}  # fmt: skip
"""What a learner may try to bring about, by name."""


def least_change(first: Answered, visited: Iterable[Answered], goal: str) -> tuple[float, Settings] | None:
    """The smallest change among those visited that brings a goal about, as a share of the dials' range; None for none.

    Several dials add up.
    """
    met = [(_size(one.settings), one.settings) for one in visited if GOALS[goal].met(first, one)]
    return min(met, key=lambda one: one[0], default=None)


def _flipped(before: Answered, after: Answered) -> set[str]:
    return {
        view for view, prediction in after.predictions.items() if prediction.answer != before.predictions[view].answer
    }


def _size(settings: Settings) -> float:
    return sum(
        abs(value - settings.first(name)) / (DIALS[name].high - DIALS[name].low)
        for name, value in settings.dials.items()
    )
