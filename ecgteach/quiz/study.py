"""A study in a class: does a map, or a verdict on it, change how often wrong answers of networks are followed?

Participants are allocated to three arms by seed, in blocks, so that the arms stay alike in size. All read the same
items; on four of ten the networks are wrong. The outcome is, for each participant, the share of the networks' wrong
answers that were taken over, of those that were not their own first; arms are compared by the mean of these shares.
Its power is computed, with its assumptions beside it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np

from ..arguments import checked
from ..errors import InvalidValue, UnknownName, choices
from ..statistics import holm, mean_of
from .items import ITEMS, WRONG_SHARE
from .results import Row, read_results
from .study_power import Power, power
from .words import ARM_NAMES, CONSENT

ANSWER, MAP, VERDICT = ARMS = ("answer", "answer + map", "answer + map + trust verdict")

DRAWS = 9_999
FEW = 5
"""Participants of an arm below which arms are not compared."""


@dataclass(frozen=True)
class Study:
    """A study, as it is written down before it begins.

    Parameters
    ----------
    seed : int
        Decides the items and who is in which arm.
    items : int
        Items that each participant reads.
    arms : tuple of str
        Of `ARMS`, two or more.

    Raises
    ------
    UnknownName
        When there is no such arm.
    InvalidValue
        When there are fewer than two arms, or no item on which the networks could be wrong.
    """

    seed: int
    items: int = ITEMS
    arms: tuple[str, ...] = ARMS

    def __post_init__(self) -> None:
        for arm in self.arms:
            if arm not in ARMS:
                raise UnknownName(f"no arm is called {arm!r}; there are {choices(ARMS)}")
        if len(set(self.arms)) < 2 or len(set(self.arms)) != len(self.arms):
            raise InvalidValue(f"a study compares two or more different arms, of {choices(ARMS)}")
        if self.wrong < 2:
            raise InvalidValue("with so few items the networks are hardly ever wrong; ask five or more")

    @property
    def wrong(self) -> int:
        """On how many items the networks are wrong."""
        return round(WRONG_SHARE * self.items)

    def arm_of(self, participant: int) -> str:
        """The arm of a participant: blocks of as many as there are arms, each mixed by the seed.

        Parameters
        ----------
        participant : int
            From 1; the teacher hands out the numbers.

        Raises
        ------
        InvalidValue
            When it is no such number.
        """
        if isinstance(participant, bool) or not isinstance(participant, int) or participant < 1:
            raise InvalidValue(f"participants have whole numbers from 1 on, not {participant!r}")
        block, place = divmod(participant - 1, len(self.arms))
        mixed = list(self.arms)
        Random(f"block {self.seed} {block}").shuffle(mixed)
        return mixed[place]

    def shows_map(self, participant: int) -> bool:
        """Whether a participant sees maps."""
        return self.arm_of(participant) != ANSWER

    def shows_verdict(self, participant: int) -> bool:
        """Whether a participant sees the verdict on the map beside it."""
        return self.arm_of(participant) == VERDICT

    @property
    def consent(self) -> str:
        """What participants read before they agree: what is done, what is kept, and that they may stop."""
        arms = "; ".join(ARM_NAMES[arm] for arm in self.arms)
        return CONSENT.format(items=self.items, arms=arms, wrong=self.wrong)

    def power(self, per_arm: int, **assumed: float) -> "Power":
        """The power of this study with so many participants in each arm."""
        return power(per_arm, self.wrong, comparisons=len(self.arms) * (len(self.arms) - 1) // 2, **assumed)


class Outcome(NamedTuple):
    """What came out in one arm.

    Parameters
    ----------
    participants : int
        Who met a wrong answer that was not their own first.
    followed : float or None
        Mean share of wrong answers taken over.
    interval : (float, float) or None
        95 % interval of that mean, by t; None below five participants.
    first, final : float or None
        Share of right answers before the networks' were shown, and at the end.
    """

    participants: int
    followed: float | None
    interval: tuple[float, float] | None
    first: float | None
    final: float | None


class Comparison(NamedTuple):
    """Two arms beside each other: difference of the mean shares, p by permutation, and p corrected for all pairs."""

    one: str
    other: str
    difference: float | None
    p: float | None
    corrected: float | None


@dataclass(frozen=True)
class StudyResults:
    """All arms, and all pairs of arms."""

    arms: Mapping[str, Outcome]
    comparisons: tuple[Comparison, ...]

    def __str__(self) -> str:
        lines = [f"{name}: {_said(outcome)}" for name, outcome in self.arms.items()]
        for pair in self.comparisons:
            if pair.difference is not None:
                p = (
                    "not tested, too few participants"
                    if pair.p is None
                    else f"p {pair.p:.4f}, corrected {pair.corrected:.4f}"
                )
                lines.append(f"{pair.one} less {pair.other}: {pair.difference:+.2f} ({p})")
        return "\n".join(lines)


def _said(outcome: Outcome) -> str:
    if outcome.followed is None:
        return "nobody met a wrong answer that was not their own"
    ends = f" ({outcome.interval[0]:.2f} to {outcome.interval[1]:.2f})" if outcome.interval else ""
    return f"{outcome.participants} participants, {outcome.followed:.2f}{ends} of wrong answers followed"


@checked
def study_results(paths: Sequence[str | Path], *, seed: int = 0) -> StudyResults:
    """The outcome of a study by arm, from its participants' tables.

    Parameters
    ----------
    paths : sequence of path
        The tables that ReadFirst saved.
    seed : int
        Decides the permutations.

    Raises
    ------
    UnreadableFile, InvalidValue
        As `read_results`; also when a table is of no study.
    """
    return outcome_by_arm(read_results(paths), seed=seed)


def outcome_by_arm(rows: Sequence[Row], *, seed: int = 0) -> StudyResults:
    """The outcome by arm, of rows that were read."""
    strange = sorted({row.arm for row in rows} - set(ARMS))
    if strange:
        named = "no arm" if strange == [""] else choices(repr(arm) for arm in strange)
        raise InvalidValue(f"these results name {named}; a study's results name {choices(ARMS)}")
    shares = {
        arm: _shares([row for row in rows if row.arm == arm]) for arm in ARMS if any(row.arm == arm for row in rows)
    }
    arms = {arm: _outcome(held, [row for row in rows if row.arm == arm]) for arm, held in shares.items()}
    pairs = list(combinations(shares, 2))
    tested = [_compared(shares[one], shares[other], seed) for one, other in pairs]
    corrected = holm([p for _, p in tested])
    return StudyResults(
        arms,
        tuple(
            Comparison(one, other, difference, p, fixed)
            for (one, other), (difference, p), fixed in zip(pairs, tested, corrected, strict=True)
        ),
    )


def _shares(rows: Sequence[Row]) -> list[float]:
    """Each participant's share of wrong answers followed."""
    met: dict[int, list[bool]] = defaultdict(list)
    for row in rows:
        if row.followed is not None:
            met[row.participant].append(row.followed)
    return [float(np.mean(held)) for _, held in sorted(met.items())]


def _outcome(shares: Sequence[float], rows: Sequence[Row]) -> Outcome:
    first = mean_of([None if row.right is None else float(row.right) for row in rows])
    final = mean_of([None if row.final_right is None else float(row.final_right) for row in rows])
    if len(shares) < FEW:
        return Outcome(len(shares), mean_of(shares), None, first, final)
    from scipy.stats import t

    mean, error = float(np.mean(shares)), float(np.std(shares, ddof=1)) / sqrt(len(shares))
    reach = float(t.ppf(0.975, len(shares) - 1)) * error
    return Outcome(len(shares), mean, (max(0.0, mean - reach), min(1.0, mean + reach)), first, final)


def _compared(one: Sequence[float], other: Sequence[float], seed: int) -> tuple[float | None, float | None]:
    if not one or not other:
        return None, None
    difference = float(np.mean(one) - np.mean(other))
    if min(len(one), len(other)) < FEW:
        return difference, None
    from scipy.stats import permutation_test

    found = permutation_test(
        (np.array(one), np.array(other)),
        lambda a, b, axis: np.mean(a, axis=axis) - np.mean(b, axis=axis),
        vectorized=True,
        n_resamples=DRAWS,
        rng=seed,
    )
    return difference, float(found.pvalue)
