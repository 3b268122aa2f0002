"""What a map is measured by when maps are held against each other: one figure for each map, higher is better."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ...errors import EmptyMap
from ...explanation import FUSED, Explanation
from ...fusion import RULES, fuse
from ...models import VIEWS, StripCNN
from ..answers import BOTH, tell_parts
from ..explained import Values
from ..localisation.controls import controls_of_all
from ..localisation.scores import cell_seconds_of, localise, why_not_localised
from ..perturbation.curves import SHIFTED
from ..perturbation.faithfulness import faithfulness
from ..perturbation.removal import remove_hottest
from ..perturbation.stability import stability

Figures = Mapping[str, float | None]


@dataclass(frozen=True)
class MapsOfStrip:
    """One strip with the maps that are compared on it.

    Parameters
    ----------
    explanation : Explanation
        For the strip's own group.
    models : mapping of str to StripCNN
        The networks that it came from.
    maps : dict of str to array, shape (5000,)
        Each view's, and one fused map for each rule that leaves anything, by the rule's name.
    seed : int
        For measures that draw.
    """

    explanation: Explanation
    models: Mapping[str, StripCNN]
    maps: dict[str, Values]
    seed: int

    @classmethod
    def of(cls, explanation: Explanation, models: Mapping[str, StripCNN], seed: int = 0) -> "MapsOfStrip":
        """With both views' maps, fused by every rule."""
        maps = {view: explanation.views[view].on_time for view in VIEWS}
        signal, image = maps.values()
        shares = tuple(explanation.views[view].prediction.probabilities[explanation.target] for view in VIEWS)
        for rule in RULES:
            try:
                maps[rule] = fuse(signal, image, rule, (shares[0], shares[1]))
            except EmptyMap:
                continue
        return cls(explanation, models, maps, seed)


@dataclass(frozen=True)
class Measure:
    """One way to measure maps.

    Parameters
    ----------
    words : str
        What it measures, for people.
    figures : callable
        From the maps of a strip to a figure for each by its name, higher is better; None or left out where it has
        none. Controls may stand among them under their own names (`controls.named`).
    real : bool
        Whether it is asked of real strips, where nobody knows the evidence.
    """

    words: str
    figures: Callable[[MapsOfStrip], Figures]
    real: bool = False


def _localisation(strip: MapsOfStrip) -> Figures:
    truth = strip.explanation.strip.truth
    if truth is None or why_not_localised(strip.explanation):
        return {}
    cell = cell_seconds_of(strip.explanation)
    every = strip.maps | controls_of_all(strip.maps, strip.explanation.strip, cell_seconds=cell, seed=strip.seed)
    return {name: localise(values, truth.evidence, cell_seconds=cell).score for name, values in every.items()}


def _removing(part: str = "") -> Callable[[MapsOfStrip], Figures]:
    """A `part` asks one part of the logits alone: a map of the local cells explains the local part only."""

    def figures(strip: MapsOfStrip) -> Figures:
        if part and not tell_parts(*strip.models.values()):
            return {}
        found = remove_hottest(strip.explanation, strip.models, strip.maps, seed=strip.seed, part=part)
        return {name: each.gain() for name, each in found.items()}

    return figures


def _inserting(part: str = "") -> Callable[[MapsOfStrip], Figures]:
    """Both networks read every map, so that maps are held against each other alike."""

    def figures(strip: MapsOfStrip) -> Figures:
        if part and not tell_parts(*strip.models.values()):
            return {}
        found = faithfulness(
            strip.explanation, strip.models, maps=strip.maps, reader=BOTH, part=part, blind=False, seed=strip.seed
        )
        return {
            name: curve.margin_area - curve.controls[SHIFTED].margin_area for name, curve in found.insertion.items()
        }

    return figures


def _staying(strip: MapsOfStrip) -> Figures:
    found: dict[str, float | None] = {}
    for name, values in strip.maps.items():
        if name == VIEWS[0]:
            seen = stability(strip.explanation, strip.models, seed=strip.seed)
            found |= {view: seen.figures(view).get("correlation") for view in VIEWS}
        elif name not in VIEWS:
            fused_so = replace(strip.explanation, fused=values, rule=name)
            found[name] = stability(fused_so, strip.models, seed=strip.seed).figures(FUSED).get("correlation")
    return found


_REMOVAL = "drop of both views' log odds when what the map points at is removed, beyond that of as much elsewhere"
_INSERTION = "area under both views' margin when what the map points at is put back, over that of the shifted map"

MEASURES: dict[str, Measure] = {
    "localisation": Measure("P(map in evidence > map on irrelevant segments), chance 0.5", _localisation),
    "removal": Measure(_REMOVAL, _removing()),
    "local removal": Measure(f"{_REMOVAL}, of the local part of the logits", _removing("local")),
    "insertion": Measure(_INSERTION, _inserting(), real=True),
    "local insertion": Measure(f"{_INSERTION}, of the local part of the logits", _inserting("local"), real=True),
    "stability": Measure("mean rank correlation with the map after noise, shift and redrawing", _staying, real=True),
}
"""Every measure by its name."""
