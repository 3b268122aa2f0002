"""What a map is measured by when maps are held against each other: one figure for each map, higher is better.

To add a measure, write a function from a `Case` to a figure for each of its maps and give it a line in `MEASURES`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ..errors import EmptyMap
from ..explanation import Explanation
from ..fusion import RULES, fuse
from ..models import VIEWS, StripCNN
from .localisation.controls import Values
from .localisation.scores import cell_seconds_of, controls_of_all, localise, why_not_by_place
from .perturbation.curves import SHIFTED
from .perturbation.faithfulness import faithfulness
from .perturbation.removal import remove_hottest
from .perturbation.stability import stability


@dataclass(frozen=True)
class Case:
    """One strip with the maps that are compared on it.

    Parameters
    ----------
    explanation : Explanation
        For the strip's own group.
    models : mapping of str to StripCNN
        The networks that it came from.
    maps : dict of str to array, shape (5000,)
        ``signal``, ``image``, and one fused map for each rule that leaves anything, by the rule's name.
    seed : int
        For measures that draw.
    """

    explanation: Explanation
    models: Mapping[str, StripCNN]
    maps: dict[str, Values]
    seed: int

    @classmethod
    def of(cls, explanation: Explanation, models: Mapping[str, StripCNN], seed: int = 0) -> "Case":
        """With both views' maps, fused by every rule."""
        maps = {view: explanation.views[view].on_time for view in VIEWS}
        shares = tuple(explanation.views[view].prediction.probabilities[explanation.target] for view in VIEWS)
        for rule in RULES:
            try:
                maps[rule] = fuse(maps["signal"], maps["image"], rule, (shares[0], shares[1]))
            except EmptyMap:
                continue
        return cls(explanation, models, maps, seed)


Measure = Callable[[Case], Mapping[str, float | None]]


def place(case: Case) -> dict[str, float | None]:
    """P(map in evidence > map in X), all criteria with a place together; of the controls too, by their own names."""
    truth = case.explanation.strip.truth
    if truth is None or why_not_by_place(case.explanation):
        return {}
    cell = cell_seconds_of(case.explanation)
    every = case.maps | controls_of_all(case.maps, case.explanation.strip, cell_seconds=cell, seed=case.seed)
    return {name: localise(values, truth.evidence, cell_seconds=cell).score for name, values in every.items()}


def removing(part: str | None = None) -> Measure:
    """Drop of both views' margin when what the map points at is removed, beyond that of as much elsewhere.

    `part` asks one part of the logits alone: a map of the local cells explains the local part, not the rhythm part.
    """

    def measured(case: Case) -> dict[str, float | None]:
        found = remove_hottest(case.explanation, case.models, case.maps, seed=case.seed, part=part)
        return {name: each.gain() for name, each in found.items()}

    return measured


def inserting(part: str = "") -> Measure:
    """How much more putting back what the map points at brings back the target than the same map shifted along does.

    Both networks read every map, so that maps are held against each other alike. The figure is the area under the
    margin's curve over that of the shifted map; `part` follows one part of the logits alone.
    """

    def measured(case: Case) -> dict[str, float | None]:
        found = faithfulness(case.explanation, case.models, maps=case.maps, reader="both", part=part, seed=case.seed)
        return {
            name: curve.margin_area - curve.controls[SHIFTED].margin_area for name, curve in found.insertion.items()
        }

    return measured


def staying(case: Case) -> dict[str, float | None]:
    """Mean rank correlation with the map after a little noise, a shift and another drawing."""
    found: dict[str, float | None] = {}
    for name, values in case.maps.items():
        fused_so = case.explanation if name in VIEWS else replace(case.explanation, fused=values, rule=name)
        if name == VIEWS[0] or name not in VIEWS:
            seen = stability(fused_so, case.models, seed=case.seed)
            wanted = VIEWS if name in VIEWS else ("fused",)
            for view in wanted:
                found[name if view == "fused" else view] = seen.figures(view).get("correlation")
    return found


MEASURES: dict[str, Measure] = {
    "place": place,
    "removal": removing(),
    "local removal": removing("local"),
    "insertion": inserting(),
    "local insertion": inserting("local"),
    "stability": staying,
}
"""All of them; place and the waves that it needs are known on simulated strips only."""

ON_REAL_STRIPS = ("insertion", "local insertion", "stability")
"""What can be asked where nobody knows the evidence."""
