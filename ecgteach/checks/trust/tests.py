"""The tests of trust: what each asks, what its figure must reach and why, and how it is measured. One table.

The limits are the authors' choice. They were set on planted networks, whose evidence is known, and on no trained one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ...explanation import FUSED, Explanation, networks_of
from ...models import Network
from ...rhythms import ABSENCE, FAST_RATE, SLOW_RATE, grouping
from ...statistics import mean_of
from ..agreement import compare_views, correlation_of
from ..explained import Values, maps_on_time
from ..localisation.controls import blurred_noise, qrs_in_cells, qrs_onsets, shifted
from ..localisation.scores import cell_seconds_of, localise, why_not_localised
from ..perturbation.curves import SHIFTED
from ..perturbation.faithfulness import CAUTIONS, faithfulness
from ..perturbation.removal import remove_hottest
from ..perturbation.stability import stability
from ..sanity import explain_again, randomise, same_for_every_class, weighted_layers
from .report import EVIDENCE

CONTROL_DRAWS = 5
"""Controls that are drawn by lot are drawn so often; their mean counts."""

RANDOM_NETWORKS = 8


class Measured(NamedTuple):
    """What a test found: its figure (None where none can be had, and `remark` says why), its control's, a remark."""

    figure: float | None
    control: float | None = None
    remark: str = ""


class Limit(NamedTuple):
    """What a figure must reach: `least` to `most`, and more than its control's by `ahead`.

    Where a perfect figure is 1 and controls differ from strip to strip, `ahead` is a share of the room between the
    control and 1, and `of_room` says so.
    """

    least: float = -np.inf
    ahead: float | None = None
    most: float = np.inf
    of_room: bool = False

    def beyond(self, control: float | None) -> float:
        """What a figure must be above, given its control's; minus infinity where the control sets no limit."""
        if control is None or self.ahead is None:
            return -np.inf
        return control + self.ahead * (1 - control if self.of_room else 1)

    def passed(self, figure: float, control: float | None) -> bool:
        """Whether a figure is enough."""
        return self.least <= figure <= self.most and figure > self.beyond(control)

    def why(self, figure: float, control: float | None) -> str:
        """The figure beside its limits, in words."""
        wanted = [f"at least {self.least:.2f}"] * bool(np.isfinite(self.least))
        wanted += [f"at most {self.most:.2f}"] * bool(np.isfinite(self.most))
        if self.ahead is not None and control is not None:
            wanted.append(f"more than {self.beyond(control):.2f} (control {control:.2f})")
        return f"{figure:.2f}; asked for: {' and '.join(wanted)}"


@dataclass(frozen=True, eq=False)
class JudgedMap:
    """One explanation before its tests, and the one of its maps that is judged.

    Parameters
    ----------
    explanation : Explanation
        Its fused map is judged, or where there is none the one view's map that is left.
    given : mapping of str to Network, optional
        The networks that made it; needed only where these are not at hand.
    seed : int
        Draws controls, noise and random weights.
    """

    explanation: Explanation
    given: Network | Mapping[str, Network] | None = None
    seed: int = 0

    @cached_property
    def models(self) -> Mapping[str, Network]:
        """The networks that are asked."""
        return networks_of(self.explanation, self.given)

    @cached_property
    def name(self) -> str:
        """Which map is judged; empty where none is: a level map points at nothing, no less than an empty one."""
        maps = maps_on_time(self.explanation)
        return next((name for name in (FUSED, *self.explanation.views) if name in maps and np.ptp(maps[name]) > 0), "")

    @property
    def values(self) -> Values:
        """The map that is judged, shape (5000,)."""
        return maps_on_time(self.explanation)[self.name]

    @property
    def seeds(self) -> range:
        """Seeds of controls that are drawn by lot."""
        return range(self.seed, self.seed + CONTROL_DRAWS)

    def likeness(self, others: Sequence[Explanation]) -> float:
        """Mean rank correlation with the same map of other explanations; an empty one shares nothing."""
        maps = [maps_on_time(other).get(self.name) for other in others]
        each = [0.0 if other is None else correlation_of(self.values, other) or 0.0 for other in maps]
        return float(np.mean(each))


@dataclass(frozen=True)
class TrustTest:
    """One test of trust.

    Parameters
    ----------
    question : str
        What it asks.
    measure : callable
        From a `JudgedMap` to what is `Measured`.
    limit : Limit
        What the figure must reach.
    reason : str
        Why that much.
    simulated, real : bool
        Whether it is asked of simulated and of real strips.
    not_of : mapping of str to str
        What tells a target of which it is not asked (`Group.told_by`), or such a target itself, and why.
    """

    question: str
    measure: Callable[[JudgedMap], Measured]
    limit: Limit
    reason: str
    simulated: bool = True
    real: bool = True
    not_of: Mapping[str, str] = field(default_factory=dict)

    def not_asked(self, target: str) -> str:
        """Why it is not asked of this target; empty where it is."""
        why = self.not_of.get(target) or self.not_of.get(grouping().told_by(target), "")
        return why.format(target=target)


def _localisation(judged: JudgedMap) -> Measured:
    """P(map in evidence > map in X), and the best of shifted map, blurred noise and QRS in cells as control."""
    explanation = judged.explanation
    truth, refusal = explanation.strip.truth, why_not_localised(explanation)
    if truth is None or refusal:
        return Measured(None, remark=refusal)
    cell = cell_seconds_of(explanation)
    found = localise(judged.values, truth.evidence, cell_seconds=cell)
    if found.score is None:
        return Measured(None, remark=found.reason)
    beats = qrs_onsets(explanation.strip)
    views = explanation.views.values() if judged.name == FUSED else [explanation.views[judged.name]]
    qrs = np.mean([qrs_in_cells(explanation.strip, view.layer) for view in views], axis=0)
    drawn = {
        "shifted map": [shifted(judged.values, beats, seed=seed) for seed in judged.seeds],
        "blurred noise": [blurred_noise(cell, seed=seed) for seed in judged.seeds],
        "QRS alone": [np.asarray(qrs, dtype=np.float32)],
    }
    scores = {
        name: float(np.mean([localise(one, truth.evidence, cell_seconds=cell).score or 0.0 for one in every]))
        for name, every in drawn.items()
    }
    best = max(scores, key=scores.__getitem__)
    return Measured(found.score, scores[best], f"the best control is {best}")


def _removal(judged: JudgedMap) -> Measured:
    """Fall of the target's log odds, both views averaged, beyond that of segments elsewhere."""
    maps = {judged.name: judged.values}
    found = remove_hottest(judged.explanation, judged.models, maps, seed=judged.seed)[judged.name]
    if found.held_qrs:
        return Measured(None, remark="the map is hottest on a QRS, and a strip without it is another rhythm")
    return Measured(found.gain(), None, found.reason or f"{len(found.segments)} segments outside the QRS were removed")


def _faithfulness(judged: JudgedMap) -> Measured:
    """Area above deletion's and under insertion's curve, averaged, and that of the shifted map."""
    maps = {judged.name: judged.values}
    found = faithfulness(
        judged.explanation, judged.models, maps=maps, shifts=CONTROL_DRAWS, blind=False, seed=judged.seed
    )
    down, up = found.deletion[judged.name], found.insertion[judged.name]
    figure, control = (
        (1 - falling.area + rising.area) / 2
        for falling, rising in ((down, up), (down.controls[SHIFTED], up.controls[SHIFTED]))
    )
    return Measured(figure, control, found.caution or "the control is the shifted map")


def _stability(judged: JudgedMap) -> Measured:
    """Mean rank correlation with the map after changes that should not matter; control: shifted in a circle."""
    figures = stability(judged.explanation, judged.models, seed=judged.seed).figures(judged.name)
    if not figures:
        return Measured(None, remark="the map is level and cannot be followed")
    return Measured(figures["correlation"], figures["control_correlation"], "the control is the shifted map")


def _class(judged: JudgedMap) -> Measured:
    """Mean rank correlation with the maps of the other classes."""
    explanation, models = judged.explanation, judged.models
    if all(same_for_every_class(explanation, models).values()):
        return Measured(1.0, None, "every class has the very same map")
    others = [name for name in explanation.probabilities if name != explanation.target]
    return Measured(judged.likeness([explain_again(explanation, models, target=name) for name in others]))


def _weights(judged: JudgedMap) -> Measured:
    """Mean rank correlation with the maps of networks whose weights are all random."""
    layers = {view: weighted_layers(judged.models[view]) for view in judged.explanation.views}
    first = judged.seed * RANDOM_NETWORKS
    pairs = (
        {view: randomise(judged.models[view], seed=first + number, layers=layers[view]) for view in layers}
        for number in range(RANDOM_NETWORKS)
    )
    return Measured(judged.likeness([explain_again(judged.explanation, pair) for pair in pairs]))


def _views(judged: JudgedMap) -> Measured:
    """Rank correlation of both views' maps, and with one of them shifted."""
    if len(judged.explanation.views) < 2:
        return Measured(None, remark="there is one view alone")
    drawn = [compare_views(judged.explanation, seed=seed) for seed in judged.seeds]
    control = mean_of([each.shifted_correlation for each in drawn])
    return Measured(drawn[0].correlation, control, drawn[0].why or "the control has the image's map shifted")


TRUST_TESTS: dict[str, TrustTest] = {
    EVIDENCE: TrustTest(
        "Does the map lie on the evidence rather than on irrelevant segments?",
        _localisation,
        Limit(least=0.65, ahead=0.3, of_room=True),
        "0.5 is chance, and one strip is too little to tell 0.6 from it: 0.65 goes three tenths of the way from chance "
        "to a perfect score. Evidence often ends where a QRS begins, so a map of the QRS alone lights it too: that "
        "control can be far above chance, and from there the same three tenths are asked for",
        real=False,
    ),
    "removal": TrustTest(
        "Does removing what the map points at change the answer more than removing as much elsewhere?",
        _removal,
        Limit(least=0.1),
        "the figure is a difference of logits with its control taken off; 0.1 moves no probability by more than 0.025",
        not_of={ABSENCE: "what is absent cannot be removed: add a P wave to the recording instead"},
    ),
    "faithfulness": TrustTest(
        "Does the target fall early in deletion and rise early in insertion?",
        _faithfulness,
        Limit(ahead=0.0),
        "the same map shifted along the strip is as clumped and as smooth, so whatever is above it is the place",
        not_of={
            ABSENCE: "what is absent can be neither taken out nor put back",
            SLOW_RATE: CAUTIONS[SLOW_RATE],
            FAST_RATE: CAUTIONS[FAST_RATE],
        },
    ),
    "stability": TrustTest(
        "Does the map stay under a little noise, a shift and another drawing?",
        _stability,
        Limit(least=0.7, ahead=0.2),
        "0.7 shares half of the rank variance; a map with a bump on each beat resembles its own shifted copy, which it "
        "must leave behind",
    ),
    "class": TrustTest(
        "Is it a map of this class, and not the same for every class?",
        _class,
        Limit(most=0.99),
        "classes may rightly be read at one and the same place, so only what is the very same map for all of them "
        "fails: a mean rank correlation above 0.99 with the others",
    ),
    "weights": TrustTest(
        "Does the map need what the network has learned?",
        _weights,
        Limit(most=0.3),
        "a network with random weights must not give the same map; 0.3 shares 9 % of the rank variance",
    ),
    "views": TrustTest(
        "Do both views look at the same moments?",
        _views,
        Limit(least=0.3, ahead=0.1),
        "below 0.3 they share less than 9 % of the rank variance; maps with a bump on each beat agree somewhat however "
        "they are shifted",
        simulated=False,
    ),
}
"""Every test by its name, in the order in which they are asked."""
