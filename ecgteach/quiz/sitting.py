"""One sitting of ReadFirst: what was read of each item, in which order, and what comes next.

A round goes from the four readings to rhythm and confidence, to marks, and is locked; then the networks' answers, on
half of the items their map, and only then the truth. Everything here is plain and frozen, so that a sitting can be
saved, and what comes next follows from what was done and the seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from ..arguments import checked
from ..errors import InvalidValue, UnknownName, choices
from ..marks import Mark
from .calipers import Caliper
from .features import FEATURES, READINGS
from .items import Item

STEPS = FEATURES_STEP, RHYTHM_STEP, MARKS_STEP, ANSWERS_STEP, MAP_STEP, TRUTH_STEP = (
    "features", "rhythm", "marks", "answers", "map", "truth",
)  # fmt: skip
"""What is done in a round, in order; the map only on some items."""

CONFIDENCES = (25, 50, 75, 90, 99)
RETURN_AFTER = 3
"""Other items between a missed one and another strip of its contrast."""

RETURNS = 2
"""Times that a contrast returns in one sitting."""

RETURNED_SHARE = 0.5
"""Strips that may return, for each that was planned: who misses everything is not kept for hours."""

MISSED_READINGS = 2
"""Wrong readings of four from which an item counts as missed, though its rhythm was named rightly."""


@dataclass(frozen=True)
class Planned:
    """One place in the order of a sitting.

    Parameters
    ----------
    item : int
        Number of the item.
    with_map : bool
        Whether the networks' map is shown.
    returned : bool
        Whether it came into the order since its contrast was missed.
    """

    item: int
    with_map: bool = False
    returned: bool = False


@dataclass(frozen=True)
class Round:
    """What was read of one item; None where it was not yet.

    Parameters
    ----------
    regularity, rate, p, qrs : str, optional
        The four readings, codes of `READINGS`.
    answer : str, optional
        The rhythm: a class, ``"none"`` or ``"cannot"``.
    confidence : int, optional
        In percent, one of `CONFIDENCES`.
    marks : tuple of Mark
        What was seen, and what is missing.
    caliper : Caliper, optional
        Where the calipers stand.
    after_answers, after_map : str, optional
        The answer that was kept or taken after seeing the networks' answers, and their map.
    step : str
        One of `STEPS`.

    Raises
    ------
    UnknownName
        When a value is not in its list.
    InvalidValue
        When a step was reached before what comes first.
    """

    regularity: str | None = None
    rate: str | None = None
    p: str | None = None
    qrs: str | None = None
    answer: str | None = None
    confidence: int | None = None
    marks: tuple[Mark, ...] = ()
    caliper: Caliper | None = None
    after_answers: str | None = None
    after_map: str | None = None
    step: str = FEATURES_STEP

    def __post_init__(self) -> None:
        if self.step not in STEPS:
            raise UnknownName(f"no step is called {self.step!r}; there are {choices(STEPS)}")
        for feature in FEATURES:
            if (read := getattr(self, feature)) is not None and read not in READINGS[feature]:
                raise UnknownName(f"no reading of {feature} is called {read!r}; there are {choices(READINGS[feature])}")
        if self.confidence is not None and self.confidence not in CONFIDENCES:
            raise UnknownName(f"no confidence of {self.confidence}; there are {choices(CONFIDENCES)} percent")
        if self.reached(RHYTHM_STEP) and None in self.readings.values():
            raise InvalidValue("the four readings come first: regular or not, rate, P, QRS")
        if self.reached(MARKS_STEP) and (self.answer is None or self.confidence is None):
            raise InvalidValue("name the rhythm and say how sure you are, then mark")

    @property
    def readings(self) -> dict[str, str | None]:
        """The four readings by feature."""
        return {feature: getattr(self, feature) for feature in FEATURES}

    @property
    def locked(self) -> bool:
        """True once the networks' answers have been shown; from then on the reading stands."""
        return self.reached(ANSWERS_STEP)

    @property
    def finished(self) -> bool:
        """True once the truth has been shown."""
        return self.step == TRUTH_STEP

    @property
    def final(self) -> str | None:
        """The answer that stands at the end."""
        return self.after_map or self.after_answers or self.answer

    def reached(self, step: str) -> bool:
        """True when the round has come as far as this step."""
        return STEPS.index(self.step) >= STEPS.index(step)

    def ready(self) -> bool:
        """True when the next step may be taken."""
        if self.step == FEATURES_STEP:
            return None not in self.readings.values()
        if self.step == RHYTHM_STEP:
            return self.answer is not None and self.confidence is not None
        if self.step == ANSWERS_STEP:
            return self.after_answers is not None
        return self.after_map is not None if self.step == MAP_STEP else self.step == MARKS_STEP

    def onward(self, *, with_map: bool) -> "Round":
        """One step further.

        Raises
        ------
        InvalidValue
            When something is still to be done, or the round is at its end.
        """
        if self.finished:
            raise InvalidValue("this strip is done; go on to the next")
        if not self.ready():
            raise InvalidValue(WAITING[self.step])
        after = STEPS[STEPS.index(self.step) + 1]
        return replace(self, step=TRUTH_STEP if after == MAP_STEP and not with_map else after)

    def back(self) -> "Round":
        """One step back, as long as nothing is locked.

        Raises
        ------
        InvalidValue
            When it is.
        """
        if self.locked:
            raise InvalidValue("your reading stands: you have seen what the networks answered")
        return replace(self, step=STEPS[max(0, STEPS.index(self.step) - 1)])


WAITING = {
    FEATURES_STEP: "the four readings come first: regular or not, rate, P, QRS",
    RHYTHM_STEP: "name the rhythm and say how sure you are",
    ANSWERS_STEP: "say whether you keep your answer or switch",
    MAP_STEP: "say whether you keep your answer or switch",
}
"""What a step waits for."""


@dataclass(frozen=True)
class Sitting:
    """Rounds so far, and the order of what is still to come.

    Parameters
    ----------
    plan : tuple of Planned
        The order; grows when something is missed.
    rounds : tuple of Round
        One for each place that was reached; the last is under way.
    seed : int
        Decides the order, and on which items the map is shown.
    carried : tuple of str
        Contrasts that were missed too late to return in this sitting.
    returns : bool
        Whether what was missed returns; not in a study, where all read the same.
    """

    plan: tuple[Planned, ...]
    rounds: tuple[Round, ...] = (Round(),)
    seed: int = 0
    carried: tuple[str, ...] = ()
    returns: bool = True

    def __post_init__(self) -> None:
        if not 1 <= len(self.rounds) <= len(self.plan):
            raise InvalidValue(f"a sitting of {len(self.plan)} items cannot have {len(self.rounds)} rounds")
        if not all(each.finished for each in self.rounds[:-1]):
            raise InvalidValue("a round was left before its end")

    @property
    def round(self) -> Round:
        """The round under way."""
        return self.rounds[-1]

    @property
    def planned(self) -> Planned:
        """Its place in the order."""
        return self.plan[len(self.rounds) - 1]

    @property
    def at_end(self) -> bool:
        """True when the last round is finished."""
        return len(self.rounds) == len(self.plan) and self.round.finished

    def with_round(self, changed: Round) -> "Sitting":
        """With another state of the round under way."""
        return replace(self, rounds=(*self.rounds[:-1], changed))

    def onward(self, items: Sequence[Item]) -> "Sitting":
        """One step further; after the truth to the next item, when what was missed has found its place in the order.

        Raises
        ------
        InvalidValue
            When something is still to be done, or there is no next item.
        """
        if not self.round.finished:
            changed = self.with_round(self.round.onward(with_map=self.planned.with_map))
            return changed._with_return(items) if changed.round.finished else changed
        if self.at_end:
            raise InvalidValue("that was the last strip of this sitting; begin another with another seed")
        return replace(self, rounds=(*self.rounds, Round()))

    def _with_return(self, items: Sequence[Item]) -> "Sitting":
        item = items[self.planned.item]
        if not self.returns or not missed(self.round, item):
            return self
        used = {planned.item for planned in self.plan}
        returned = [planned for planned in self.plan if planned.returned]
        times = sum(items[planned.item].contrast == item.contrast for planned in returned)
        full = len(returned) >= RETURNED_SHARE * (len(self.plan) - len(returned))
        another = next(
            (number for number, one in enumerate(items) if one.contrast == item.contrast and number not in used), None
        )
        place = len(self.rounds) + RETURN_AFTER
        if another is None or times >= RETURNS or full or place > len(self.plan):
            return replace(self, carried=tuple(dict.fromkeys((*self.carried, item.contrast))))
        with_map = self._map_of_return()
        plan = (*self.plan[:place], Planned(another, with_map, returned=True), *self.plan[place:])
        return replace(self, plan=plan)

    def _map_of_return(self) -> bool:
        """As chance has it; but where all items of a sitting have a map, or none has, as those."""
        shown = {planned.with_map for planned in self.plan if not planned.returned}
        return shown.pop() if len(shown) == 1 else Random(f"return {self.seed} {len(self.plan)}").random() < 0.5


def missed(done: Round, item: Item) -> bool:
    """Whether an item should return: its rhythm was named wrongly at first, or two of its readings were."""
    wrong = sum(feature.judges(done.readings[name]) is False for name, feature in item.features.items())
    return bool(item.right and done.answer not in item.right) or wrong >= MISSED_READINGS


@checked
def plan_sitting(
    items: Sequence[Item], number: int, *, seed: int = 0, maps: bool | None = None, returns: bool = True
) -> Sitting:
    """The order of a sitting, and on which items the map is shown.

    Parameters
    ----------
    items : sequence of Item
        The first `number` of them are asked, the rest is the reserve.
    number : int
        How many.
    seed : int
        Decides the order and the maps.
    maps : bool, optional
        Show them on all items, or on none; by default on a random half, as often where the networks are wrong as where
        they are right.

    returns : bool
        Whether what was missed returns.

    Raises
    ------
    InvalidValue
        When there are not so many items.
    """
    if not 1 <= number <= len(items):
        raise InvalidValue(f"there are {len(items)} items; a sitting asks 1 to {len(items)} of them, not {number}")
    draw = Random(f"sitting {seed}")
    order = list(range(number))
    draw.shuffle(order)
    shown = set(order) if maps else set()
    if maps is None:
        first = draw.random() < 0.5
        for wrong in (True, False):
            for turn, place in enumerate(one for one in order if bool(items[one].network_wrong) is wrong):
                if (turn % 2 == 0) is first:
                    shown.add(place)
            odd = sum(bool(items[one].network_wrong) is wrong for one in order) % 2
            first = not first if odd else first
        draw.shuffle(order)
    return Sitting(tuple(Planned(item, item in shown) for item in order), seed=seed, returns=returns)
