"""How a sitting of ReadFirst is scored: the reading, never the agreement with a network, and never speed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..statistics import mean_of
from .features import FEATURES
from .items import Item
from .mark_scores import MarksScore, score_reading
from .sitting import Round, Sitting

CONFIDENCE_BINS = {"50 % or less": (0, 50), "75 %": (51, 75), "90 % or more": (76, 100)}
FEW_FOR_CURVE = 20
"""Items below which no calibration curve is drawn: with fewer, its points are chance."""


class Change(NamedTuple):
    """An answer before and after something was shown, each right or wrong."""

    before: bool
    after: bool
    switched: bool

    @property
    def right_to_wrong(self) -> bool:
        """A right answer given up for a wrong one."""
        return self.before and not self.after

    @property
    def wrong_to_right(self) -> bool:
        """A wrong answer mended."""
        return self.after and not self.before


@dataclass(frozen=True)
class ItemScore:
    """What one finished round is worth.

    Parameters
    ----------
    contrast : str
        Of the item.
    features : dict of str to (bool or None)
        Each reading: right, wrong, or None where it is not judged.
    answer, final, network : str
        The first answer, the last, and the networks' common one.
    right, final_right, network_right : bool or None
        Whether each is right; None where nobody can say.
    confidence : float
        In the first answer, 0 to 1.
    marks : MarksScore
        The marks by beat.
    with_map : bool
        Whether the map was shown.
    after_answers, after_map : Change, optional
        What became of the answer; None where it was not judged, or no map was shown.
    looks_right : bool, optional
        Whether the networks' map lies on the evidence.
    """

    contrast: str
    features: Mapping[str, bool | None]
    answer: str
    final: str
    network: str
    right: bool | None
    final_right: bool | None
    network_right: bool | None
    confidence: float
    marks: MarksScore
    with_map: bool
    after_answers: Change | None
    after_map: Change | None
    looks_right: bool | None

    @property
    def brier(self) -> float | None:
        """Squared distance of the confidence from what came out (Brier 1950, Monthly Weather Review 78, 1-3)."""
        return None if self.right is None else (self.confidence - self.right) ** 2

    @property
    def followed(self) -> bool | None:
        """Whether a wrong answer of the networks was taken over; None where they were right or it was one's own."""
        if self.network_right is not False or self.answer == self.network:
            return None
        return self.final == self.network


def score_round(done: Round, item: Item, *, with_map: bool) -> ItemScore:
    """The score of one finished round."""
    answer, final = done.answer or "", done.final or ""
    right, last = (given in item.right if item.right else None for given in (answer, final))
    after = done.after_answers or answer
    return ItemScore(
        item.contrast,
        {name: feature.judges(done.readings[name]) for name, feature in item.features.items()},
        answer,
        final,
        item.network,
        right,
        last,
        None if item.network_wrong is None else not item.network_wrong,
        (done.confidence or 0) / 100.0,
        score_reading(done.marks, item.truth),
        with_map,
        _change(answer, after, item.right),
        _change(after, final, item.right) if with_map else None,
        item.looks_right,
    )


def _change(before: str, after: str, right: frozenset[str]) -> Change | None:
    return Change(before in right, after in right, before != after) if right else None


def scores_of(sitting: Sitting, items: Sequence[Item]) -> tuple[ItemScore, ...]:
    """The scores of all finished rounds, in their order."""
    return tuple(
        score_round(done, items[planned.item], with_map=planned.with_map)
        for done, planned in zip(sitting.rounds, sitting.plan, strict=False)
        if done.finished
    )


class Bin(NamedTuple):
    """Answers given with about one confidence: its name, how many, how many of them right."""

    name: str
    answers: int
    right: int


class Switches(NamedTuple):
    """How often an answer was changed after something was shown."""

    items: int
    right_to_wrong: int
    wrong_to_right: int


@dataclass(frozen=True)
class Profile:
    """A sitting as a whole; figures are None where there is nothing to judge.

    Parameters
    ----------
    items : int
        Finished rounds.
    features : dict of str to (float or None)
        Share of right readings of each feature.
    reading : float or None
        Share of right readings of all four.
    first, final : float or None
        Share of rhythms named rightly at first, and at the end.
    marks : float or None
        Mean score of the marks.
    brier : float or None
        Mean Brier score of the first answers: 0 best, 0.25 for who always says 50 %.
    bins : tuple of Bin
        First answers by confidence.
    answers, map : Switches
        After the networks' answers, and after their map.
    faced, followed : int
        Wrong answers of the networks that were not one's own first, and how many of them were taken over.
    given_up : int
        How many right answers were given up for them.
    """

    items: int
    features: Mapping[str, float | None]
    reading: float | None
    first: float | None
    final: float | None
    marks: float | None
    brier: float | None
    bins: tuple[Bin, ...]
    answers: Switches
    map: Switches
    faced: int
    followed: int
    given_up: int

    @property
    def over_trust(self) -> float | None:
        """Share of the networks' wrong answers that were taken over, of those not one's own; None without any."""
        return self.followed / self.faced if self.faced else None

    @property
    def curve(self) -> tuple[Bin, ...]:
        """The bins of a calibration curve; none below 20 items."""
        return self.bins if sum(each.answers for each in self.bins) >= FEW_FOR_CURVE else ()


def profile_of(scores: Sequence[ItemScore]) -> Profile:
    """All scores of a sitting together."""
    judged = [score for score in scores if score.right is not None]
    features = {name: mean_of([_number(score.features.get(name)) for score in scores]) for name in FEATURES}
    faced = [score for score in scores if score.followed is not None]
    return Profile(
        len(scores),
        features,
        mean_of([_number(held) for score in scores for held in score.features.values()]),
        mean_of([_number(score.right) for score in judged]),
        mean_of([_number(score.final_right) for score in judged]),
        mean_of([score.marks.score for score in scores]),
        mean_of([score.brier for score in judged]),
        tuple(_bin(name, ends, judged) for name, ends in CONFIDENCE_BINS.items()),
        _switches([score.after_answers for score in scores]),
        _switches([score.after_map for score in scores]),
        len(faced),
        sum(bool(score.followed) for score in faced),
        sum(bool(score.followed and score.right) for score in faced),
    )


def _number(held: bool | None) -> float | None:
    return None if held is None else float(held)


def _bin(name: str, ends: tuple[int, int], scores: Sequence[ItemScore]) -> Bin:
    inside = [score for score in scores if ends[0] <= round(100 * score.confidence) <= ends[1]]
    return Bin(name, len(inside), sum(bool(score.right) for score in inside))


def _switches(changes: Sequence[Change | None]) -> Switches:
    there = [change for change in changes if change is not None]
    return Switches(
        len(there), sum(change.right_to_wrong for change in there), sum(change.wrong_to_right for change in there)
    )
