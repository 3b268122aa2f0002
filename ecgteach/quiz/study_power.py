"""The power of a study: its chance to find a difference that is there, with what was assumed for it."""

from math import sqrt
from typing import NamedTuple

from ..arguments import checked
from ..errors import InvalidValue

ALPHA = 0.05
FOLLOWED = 0.5
"""Assumed share of wrong answers that are followed without a map: between 0.68 with a wrong reading shown and 0.35
without one (Tsai et al. 2003, doi 10.1197/jamia.M1279)."""

DIFFERENCE = 0.2
"""Smallest difference between two arms that would matter in teaching: one wrong answer in five."""

ALIKE = 0.2
"""Assumed correlation of two answers of one participant: people differ in how far they follow."""


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
