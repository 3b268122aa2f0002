"""What ReadFirst asks: strips of one contrast each, what is true of them, and what two networks answered.

The contrasts stand in ``contrasts.csv``: two rhythms that differ in one thing, the thing, and the misconception that a
wrong answer stands for. Strips are simulated, since only there the evidence is known. No rate lies within 5 a minute of
a limit. Some of the networks' answers are wrong, two fifths where they err often enough, and half of those come with a
map that looks right; a learner is told that some are.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib import resources
from random import Random
from typing import Any, NamedTuple

import numpy as np

from ..arguments import checked
from ..errors import InvalidValue
from ..explanation import Explanation, averaged, explain, highest
from ..models import Network, expect_networks, inputs_of, module_of, shipped
from ..models.prediction import Prediction
from ..records import Record
from ..strip import Strip
from ..truth import Truth
from .features import Feature, features_of
from .strips import simulated_strip

CANNOT, NONE = "cannot", "none"
"""Answers beside the classes: the lead does not tell, and no class of the list."""

ITEMS = 10
WRONG_SHARE = 0.4
"""Share of items that the networks answer wrongly, between 30 and 50 %: enough to be caught, too few to be ignored."""

LOOKS_RIGHT = 0.6
"""P(map in evidence > map in the rest) from which a map looks right; 0.5 is chance."""

CANDIDATES = 4
RESERVE = 2
"""Further strips of each contrast, for what is missed and returns."""

BATCH = 16


class Side(NamedTuple):
    """One side of a contrast: what is simulated, what is right, what decides, and what a wrong answer stands for."""

    contrast: str
    simulate: str
    settings: Mapping[str, str]
    right: frozenset[str]
    decides: str
    misconception: str


@dataclass(frozen=True, eq=False)
class Item:
    """One strip to be read.

    Parameters
    ----------
    strip : Strip
        Filtered for reading, with its truth.
    right : frozenset of str
        Answers that are right: classes, ``"none"`` or ``"cannot"``; empty where nobody can say.
    contrast : str
        What it tells apart.
    decides : str
        The thing that decides, in words.
    network : str
        What both networks answer together; empty while they were not asked.
    looks_right : bool, optional
        Whether their map lies on the evidence; None where that cannot be said.
    """

    strip: Strip
    right: frozenset[str]
    contrast: str = ""
    decides: str = ""
    network: str = ""
    looks_right: bool | None = None

    @cached_property
    def features(self) -> dict[str, Feature]:
        """What is true of the four readings."""
        return features_of(self.strip)

    @property
    def truth(self) -> Truth | None:
        """What the simulator knows of the strip."""
        return self.strip.truth

    @property
    def network_wrong(self) -> bool | None:
        """Whether the networks' common answer is wrong; None where nobody can say."""
        return self.network not in self.right if self.right and self.network else None


@cache
def sides() -> tuple[Side, ...]:
    """Both sides of every contrast, as the table lists them."""
    text = (resources.files(__package__) / "contrasts.csv").read_text(encoding="utf-8")
    return tuple(
        Side(
            row["contrast"],
            row["simulate"],
            dict(part.split("=") for part in row["settings"].split(";") if part),
            frozenset(row["right"].split(";")),
            row["decides"],
            row["misconception"],
        )
        for row in csv.DictReader(text.splitlines())
    )


def contrasts() -> tuple[str, ...]:
    """Names of the contrasts."""
    return tuple(dict.fromkeys(side.contrast for side in sides()))


@checked
def draw_items(
    number: int = ITEMS, *, seed: int = 0, models: Network | Mapping[str, Network] | None = None
) -> tuple[Item, ...]:
    """Items for one sitting, and behind them a reserve of the same contrasts for what is missed.

    Parameters
    ----------
    number : int
        Items of the sitting, from as many contrasts as it reaches; the reserve comes on top, two for each contrast.
    seed : int
        Decides all; another seed draws other strips.
    models : Network or mapping of str to Network, optional
        Whose answers are shown; by default the shipped pair.

    Raises
    ------
    InvalidValue
        When there are too few strips for so many.
    """
    networks = expect_networks(shipped() if models is None else models)
    most = len(sides()) * CANDIDATES // 2
    if not 1 <= number <= most:
        raise InvalidValue(f"a sitting has 1 to {most} items, not {number}")
    pool = _asked(_candidates(seed), networks)
    draw = Random(f"items {seed}")
    names = list(contrasts())
    draw.shuffle(names)
    chosen = _mixed(pool, names, number, networks, draw)
    used = {id(item.strip) for item in chosen}
    spare = [item for name in names for item in _rest(pool, name, used, draw)[:RESERVE]]
    return (*chosen, *spare)


def items_of(records: Sequence[Record], models: Network | Mapping[str, Network] | None = None) -> tuple[Item, ...]:
    """Items of a teacher's own recordings; each is right by its label, and its contrast is its rhythm's group.

    Raises
    ------
    InvalidValue
        When there is no recording.
    """
    if not records:
        raise InvalidValue("a sitting needs one recording or more")
    from ..beats import OFF_LIST, true_group

    networks = expect_networks(shipped() if models is None else models)
    classes = next(iter(networks.values())).classes
    found = []
    for record in records:
        strip = record.strip().for_reading()
        group = true_group(strip, classes)
        right = frozenset() if group is None else frozenset({NONE if group == OFF_LIST else group})
        found.append(Item(strip, right, contrast=group or "no label"))
    return tuple(_looked_at(item, networks) for item in _asked(found, networks))


def _candidates(seed: int) -> list[Item]:
    """Several strips of each side, all distinct, from a seed."""
    found = []
    for number, side in enumerate(sides()):
        draw = Random(f"side {seed} {number}")
        for attempt in range(CANDIDATES):
            settings: dict[str, Any] = {name: _value(text, draw) for name, text in side.settings.items()}
            strip = simulated_strip(side.simulate, (seed, number, attempt), **settings)
            found.append(Item(strip, side.right, side.contrast, side.decides))
    return found


def _value(text: str, draw: Random) -> float | int | str:
    """A setting of the table: a word, a whole number, or a number from a range ``low..high``."""
    if ".." in text:
        low, high = map(float, text.split(".."))
        return round(draw.uniform(low, high), 1)
    return int(text) if text.isdigit() else text


def _asked(items: Sequence[Item], networks: Mapping[str, Network]) -> list[Item]:
    """The items with what the networks answer together."""
    import torch

    from ..probing import twin

    samples = np.stack([item.strip.samples for item in items])
    logits: dict[str, list[np.ndarray]] = {view: [] for view in networks}
    for view, network in networks.items():
        asked = twin(module_of(network))
        with torch.no_grad():
            for first in range(0, len(samples), BATCH):
                rows = asked(inputs_of(network, samples[first : first + BATCH], view)).float().cpu().numpy()
                logits[view] += list(rows)
    answers = [
        highest(averaged({view: Prediction(logits[view][number], networks[view].classes) for view in networks}))
        for number in range(len(items))
    ]
    return [replace(item, network=answer) for item, answer in zip(items, answers, strict=True)]


def _mixed(
    pool: Sequence[Item], names: Sequence[str], number: int, networks: Mapping[str, Network], draw: Random
) -> list[Item]:
    """Wrong answers of the networks first, every other one with a map that looks right; then right ones; then mixed."""
    wrong = [_looked_at(item, networks) for item in pool if item.network_wrong]
    right = [item for item in pool if not item.network_wrong]
    chosen: list[Item] = []
    for turn in range(round(WRONG_SHARE * number)):
        convincing = [item for item in wrong if (item.looks_right is True) == (turn % 2 == 0)]
        _take(convincing or wrong, names, chosen, wrong, draw)
    while len(chosen) < number and (right or wrong):
        _take(right or wrong, names, chosen, right or wrong, draw)
    draw.shuffle(chosen)
    return chosen


def _take(among: Sequence[Item], names: Sequence[str], chosen: list[Item], held: list[Item], draw: Random) -> None:
    """Choose one, of the contrast that stands there least often, and of its two sides the one that does."""
    if not among:
        return

    def times(item: Item) -> tuple[int, int, int]:
        same = [one for one in chosen if one.contrast == item.contrast]
        return len(same), sum(one.right == item.right for one in same), names.index(item.contrast)

    least = min(map(times, among))
    one = draw.choice([item for item in among if times(item) == least])
    chosen.append(one)
    held[:] = [item for item in held if item is not one]


def _rest(pool: Sequence[Item], name: str, used: set[int], draw: Random) -> list[Item]:
    left = [item for item in pool if item.contrast == name and id(item.strip) not in used]
    draw.shuffle(left)
    return left


def _looked_at(item: Item, networks: Mapping[str, Network]) -> Item:
    """The item with whether the networks' map lies on its evidence."""
    return replace(item, looks_right=looks_right(explain(item.strip, networks)))


def looks_right(seen: Explanation) -> bool | None:
    """Whether a fused map lies on the strip's evidence, whatever class it explains; None where that cannot be said.

    A wrong answer whose map lies on the right waves is the one that convinces.
    """
    from ..checks.localisation import NOT_LOCALISED, localise
    from ..checks.localisation.scores import cell_seconds_of, original_rhythm

    truth = seen.strip.truth
    if truth is None or seen.fused is None or original_rhythm(truth) in NOT_LOCALISED:
        return None
    score = localise(seen.fused, truth.evidence, cell_seconds=cell_seconds_of(seen)).score
    return None if score is None else score >= LOOKS_RIGHT
