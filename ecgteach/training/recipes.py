"""Recipes: what a training run does, as data. One TOML file each in ``recipes/``; adding one needs no code."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from importlib import resources
from typing import Any

from ..errors import InvalidValue, UnknownName, choices
from ..records.splits import PARTS
from ..simulator.kinds import OFF_THE_LIST, kinds
from ..strip import SECONDS


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training run, but for the seed.

    Parameters
    ----------
    name : str
        Name of the recipe's file.
    description : str
        One sentence for the log.
    sources : tuple of str
        Data sets to learn from; one that is not at hand is left out and said so.
    compressed : int
        How many fast strips to make of longer sinus recordings by compressing time; they are no recordings.
    simulated : int
        How many simulated strips to add.
    simulated_kinds : mapping of str to float
        What they are: shares of `ecgteach.simulator.kinds`. Rare kinds stand oftener here than in life, since what is
        seldom shown is badly learnt.
    simulated_share : float
        Their share of an epoch.
    simulated_weight : float
        What a simulated strip counts in the loss of answers, where a real one counts 1.
    localisation : float
        Weight of `localisation_loss.localisation_loss`, which only simulated strips have.
    local : float
        Weight of the loss of the local part alone (`localisation_loss.local_loss`).
    kinds : tuple of tuples of str
        Classes that differ by rate alone stand together in that loss; empty where every class is a kind of its own.
    penalty : float
        Weight of the squared rhythm part of the logits, which has no place and shall say no more than it must.
    shares : tuple of float
        Share of each class among the other strips of an epoch, in the network's order; empty for equal ones.
    epochs, strips_an_epoch, batch : int
        Length of the run; an epoch draws so many strips.
    learning_rate, weight_decay : float
        For AdamW; the rate rises over the first epoch in ten and falls along a cosine.
    average : float
        How long the running average of the weights reaches back: its share that each step keeps, 0 for none. The
        averaged weights are those that are judged and kept (Polyak and Juditsky 1992, doi 10.1137/0330046).
    patience : int
        Epochs without a better validation loss after which the run ends.
    gain : float
        Amplitudes are multiplied by something between 1 / gain and gain.
    flip : float
        Share of strips that are turned upside down, as with swapped electrodes.
    noise : float
        Largest standard deviation of added noise (white, and slow wander) in mV.
    gap : float
        Longest segment in seconds that is blanked.
    filters : float
        Share of strips that pass the narrower band of another device.
    pen : float
        The image is drawn by a pen between 1 / pen and pen times the usual width.
    split : tuple of float
        Shares of training, validation and test in a split of the recipe's own, by person; empty for the committed one.
    split_seed : int
        Decides that split.
    study : bool
        The study's own experiment: recordings that our printed rule drops are left out, strips keep their
        source's own label, and the split is the recipe's own.
    """

    name: str
    description: str
    sources: tuple[str, ...]
    compressed: int
    simulated: int
    simulated_share: float
    simulated_weight: float
    localisation: float
    local: float
    kinds: tuple[tuple[str, ...], ...]
    penalty: float
    shares: tuple[float, ...]
    epochs: int
    strips_an_epoch: int
    batch: int
    learning_rate: float
    weight_decay: float
    average: float
    patience: int
    gain: float
    flip: float
    noise: float
    gap: float
    filters: float
    pen: float
    simulated_kinds: Mapping[str, float] = field(default_factory=dict)
    split: tuple[float, ...] = ()
    split_seed: int = 0
    study: bool = False

    def __post_init__(self) -> None:
        for names, fits, words in LIMITS:
            for name in names:
                if not fits(value := getattr(self, name)):
                    raise InvalidValue(f"recipe {self.name}: {name} {words}, not {value}")
        if self.study and not self.split:
            raise InvalidValue(f"recipe {self.name}: the study's experiment has a split of its own; give split")
        if self.simulated and not self.simulated_kinds:
            raise InvalidValue(
                f"recipe {self.name}: simulated strips need simulated_kinds, the shares of what they are"
            )
        if self.batch > self.strips_an_epoch:
            raise InvalidValue(
                f"recipe {self.name}: batch must not be above strips_an_epoch, "
                f"but {self.batch} is above {self.strips_an_epoch}"
            )


def _are_shares_of_kinds(values: Mapping[str, float]) -> bool:
    return all(share > 0 and name in kinds() and kinds()[name].group != OFF_THE_LIST for name, share in values.items())


def _are_shares(values: tuple[float, ...]) -> bool:
    return not values or (min(values) > 0 and abs(sum(values) - 1) < 1e-6)


LIMITS: tuple[tuple[tuple[str, ...], Callable[[Any], bool], str], ...] = (
    (
        ("epochs", "strips_an_epoch", "batch", "learning_rate", "patience", "simulated_weight"),
        lambda value: value > 0,
        "must be above 0",
    ),
    (("average",), lambda value: 0 <= value < 1, "must be 0 or more and under 1"),
    (("gain", "pen"), lambda value: value >= 1, "is a factor of 1 or more"),
    (("flip", "filters", "simulated_share"), lambda value: 0 <= value <= 1, "is a share from 0 to 1"),
    (("localisation", "local", "penalty"), lambda value: value >= 0, "is a weight of 0 or more"),
    (("gap",), lambda value: 0 <= value < SECONDS, f"must be 0 s or more and under the {SECONDS:g} s of a strip"),
    (
        ("simulated_kinds",),
        _are_shares_of_kinds,
        "gives shares above 0 to kinds of ecgteach/simulator/kinds.csv that are on the list",
    ),
    (("shares",), _are_shares, "are above 0 and add up to 1"),
    (
        ("split",),
        lambda value: _are_shares(value) and len(value) in (0, len(PARTS)),
        f"is three shares above 0 that add up to 1, for {choices(PARTS)}",
    ),
)
"""What a setting must be, in code and in words."""


def recipes() -> tuple[str, ...]:
    """Names of the recipes that came with the package."""
    folder = resources.files("ecgteach.training").joinpath("recipes")
    return tuple(sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")))


def recipe(name: str, **changes: Any) -> Recipe:
    """A recipe by its name, with some of its settings changed.

    Raises
    ------
    UnknownName
        When there is no such recipe or setting.
    InvalidValue
        When a setting is out of range.

    >>> recipe("shipped", epochs=2).epochs
    2
    """
    if name not in recipes():
        raise UnknownName(f"no recipe is called {name!r}; there are {choices(recipes())}")
    text = resources.files("ecgteach.training").joinpath("recipes", f"{name}.toml").read_text(encoding="utf-8")
    settings = {"name": name, **tomllib.loads(text), **changes}
    known = {setting.name for setting in fields(Recipe)}
    if unknown := settings.keys() - known:
        raise UnknownName(
            f"recipe {name} has no setting {choices(sorted(unknown))}; there are {choices(sorted(known), 20)}"
        )
    settings |= {name: tuple(settings[name]) for name in ("sources", "shares", "split") if name in settings}
    settings["kinds"] = tuple(tuple(kind) for kind in settings["kinds"])
    return Recipe(**settings)


def check_seed(seed: int) -> None:
    """Refuse a seed that no random generator takes.

    Raises
    ------
    InvalidValue
        When it is below 0.
    """
    if seed < 0:
        raise InvalidValue(f"a seed is 0 or more, not {seed}")
