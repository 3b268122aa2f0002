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
from .words import ARM_NAMES, CONSENT

ANSWER, MAP, VERDICT = ARMS = ("answer", "answer + map", "answer + map + trust verdict")

ALPHA = 0.05
FOLLOWED = 0.5
"""Assumed share of wrong answers that are followed without a map: between 0.68 with a wrong reading shown and 0.35
without one (Tsai et al. 2003, doi 10.1197/jamia.M1279)."""

DIFFERENCE = 0.2
"""Smallest difference between two arms that would matter in teaching: one wrong answer in five."""

ALIKE = 0.2
"""Assumed correlation of two answers of one participant: people differ in how far they follow."""

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


class Power(NamedTuple):
    """The chance to find a difference that is there, and what was assumed for it.

    Parameters
    ----------
    power : float
        0 to 1.
    per_arm, wrong : int
        Participants in each arm, and wrong answers that each meets.
    followed, difference, alike : float
        Assumed share followed in one arm, by how much the other differs, correlation within a participant.
    alpha : float
        Two-sided, before it is shared among the comparisons.
    comparisons : int
        How many pairs of arms.
    """

    power: float
    per_arm: int
    wrong: int
    followed: float
    difference: float
    alike: float
    alpha: float
    comparisons: int

    def __str__(self) -> str:
        shared = f", shared among {self.comparisons} comparisons" if self.comparisons > 1 else ""
        return (
            f"Power {self.power:.0%} to find {self.followed:.0%} against {self.followed - self.difference:.0%} of "
            f"wrong answers followed, with {self.per_arm} participants in each arm who meet {self.wrong} of them each, "
            f"a correlation of {self.alike:g} between answers of one participant, and a two-sided t-test at "
            f"{self.alpha:g}{shared}. Assumed, not measured."
        )


@checked
def power(
    per_arm: int,
    wrong: int,
    *,
    followed: float = FOLLOWED,
    difference: float = DIFFERENCE,
    alike: float = ALIKE,
    alpha: float = ALPHA,
    comparisons: int = 1,
) -> Power:
    """Power of comparing two arms by the mean of each participant's share, by a two-sided t-test.

    The square of t has a noncentral F distribution, which stays finite in large studies.

    A participant's share of k answers has the variance p (1 - p) (1 + (k - 1) r) / k, with r the correlation within a
    participant (Donner and Klar 2000, Design and Analysis of Cluster Randomization Trials). The level is divided by the
    number of comparisons, a little stricter than the correction of Holm by which they are judged.

    Parameters
    ----------
    per_arm : int
        Participants in each arm, two or more.
    wrong : int
        Wrong answers that each of them meets.
    followed, difference, alike, alpha : float
        What is assumed.
    comparisons : int
        Pairs of arms that are compared.

    Raises
    ------
    InvalidValue
        When a share does not lie between 0 and 1, or there are too few participants.
    """
    if per_arm < 2 or wrong < 1 or comparisons < 1:
        raise InvalidValue(
            "power needs two participants or more in each arm, one wrong answer and one comparison or more"
        )
    shares = {"followed": followed, "followed less the difference": followed - difference, "alpha": alpha}
    for name, share in shares.items():
        if not 0 < share < 1:
            raise InvalidValue(f"{name} is {share:g}; it lies between 0 and 1")
    if not 0 <= alike <= 1:
        raise InvalidValue(f"alike is {alike:g}; a correlation within a participant lies between 0 and 1")
    from scipy.stats import ncf, t

    variances = [share * (1 - share) * (1 + (wrong - 1) * alike) / wrong for share in (followed, followed - difference)]
    freedom = 2 * per_arm - 2
    shift = abs(difference) / sqrt(sum(variances) / per_arm)
    limit = float(t.ppf(1 - alpha / comparisons / 2, freedom))
    found = float(ncf.sf(limit**2, 1, freedom, shift**2))
    return Power(found, per_arm, wrong, followed, difference, alike, alpha, comparisons)


def participants_needed(wrong: int, *, at_least: float = 0.8, comparisons: int = 3, most: int = 2_000) -> int:
    """Participants in each arm for a power; with the assumptions of `power`.

    Raises
    ------
    InvalidValue
        When not even `most` would do.
    """
    low, high = 2, most
    if power(high, wrong, comparisons=comparisons).power < at_least:
        raise InvalidValue(f"not even {most} participants in each arm reach a power of {at_least:g}")
    while low < high:
        middle = (low + high) // 2
        low, high = (
            (low, middle) if power(middle, wrong, comparisons=comparisons).power >= at_least else (middle + 1, high)
        )
    return low


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
