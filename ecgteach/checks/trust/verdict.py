"""Can this map be trusted? A stated list of tests for one explanation, each with its figure and its control.

The tests judge the map and not the diagnosis: a right answer may come with a wrong map, and the other way round. Where
the strip is simulated its evidence is known, and place is one of the tests; on a real strip nobody knows the evidence,
and the agreement of both views stands in. A map that passes all tests is not thereby correct.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ...beats import find_beats, true_group
from ...explanation import FUSED, Explanation, networks_of
from ...models import Network
from ...statistics import mean_of
from ..agreement import compare_views
from ..attribution import correlation_of, qrs_in_cells
from ..localisation.controls import blurred_noise, qrs_segments, shifted
from ..localisation.scores import cell_seconds_of, localise, why_not_by_place
from ..perturbation.curves import SHIFTED
from ..perturbation.faithfulness import CAUTIONS, faithfulness
from ..perturbation.removal import remove_hottest
from ..perturbation.stability import stability
from ..sanity import explain_again, randomise, same_for_every_class
from .limits import LIMITS, Limit
from .report import Test, TrustReport

Values = NDArray[np.float32]

WITH_TRUTH = ("place", "removal", "faithfulness", "stability", "class", "weights")
WITHOUT_TRUTH = ("removal", "faithfulness", "stability", "class", "weights", "views")
"""Which tests are asked of a simulated strip, and which of a real one."""

DRAWS = 5
"""Controls that are drawn by lot are drawn so often; their mean counts."""

RANDOM_NETWORKS = 8


def trust(explanation: Explanation, models: Mapping[str, Network] | None = None, *, seed: int = 0) -> TrustReport:
    """Test the map of one explanation.

    Parameters
    ----------
    explanation : Explanation
        Of a simulated or a real strip; its fused map is judged, or where there is none the one view's map that is left.
    models : mapping of str to Network, optional
        The networks that made it; needed only where these are not at hand.
    seed : int
        Draws controls, noise and random weights.

    Returns
    -------
    TrustReport
        Never an error for a poor strip or an empty map: the tests say so, and `TrustReport.caution` tells what is wrong
        with the beats.

    Raises
    ------
    InvalidValue
        When a network is missing.
    UnknownName
        When the networks lack the layer or class that was explained.
    """
    case = _Case(explanation, networks_of(explanation, models), seed)
    names = WITHOUT_TRUTH if explanation.strip.truth is None else WITH_TRUTH
    tests = tuple(case.test(name) for name in names)
    return TrustReport(explanation.target, case.judged, tests, _right(explanation), _caution(explanation))


class _Case:
    """One explanation before its tests: the map that is judged, and what each test measures on it."""

    def __init__(self, explanation: Explanation, models: Mapping[str, Network], seed: int) -> None:
        self.explanation, self.models, self.seed = explanation, models, seed
        maps = _maps(explanation)
        # a level map points at nothing, no less than an empty one
        self.judged = next((name for name in (FUSED, *explanation.views) if np.ptp(maps[name]) > 0), "")
        self.map = maps.get(self.judged, np.zeros_like(maps[FUSED]))

    def test(self, name: str) -> Test:
        """Measure and hold against the limits."""
        limit = LIMITS[name]
        if not self.judged:
            reason = self.explanation.fused_reason or "the map is level"
            return Test(name, limit.question, None, None, False, f"there is no map to test: {reason}")
        figure, control, remark = getattr(self, f"_{name}")()
        if figure is None:
            return Test(name, limit.question, None, None, None, remark)
        why = _why(figure, control, limit, remark)
        return Test(name, limit.question, figure, control, limit.passed(figure, control), why)

    def _place(self) -> tuple[float | None, float | None, str]:
        """P(map in evidence > map in X), and the best of shifted map, blurred noise and QRS in cells as control."""
        truth = self.explanation.strip.truth
        refusal = why_not_by_place(self.explanation)
        if truth is None or refusal:
            return None, None, refusal
        cell = cell_seconds_of(self.explanation)
        found = localise(self.map, truth.evidence, cell_seconds=cell)
        if found.score is None:
            return None, None, found.reason
        beats = [start for start, _ in qrs_segments(self.explanation.strip)]
        seeds = range(self.seed, self.seed + DRAWS)
        drawn = {
            "shifted map": [shifted(self.map, beats, seed=seed) for seed in seeds],
            "blurred noise": [blurred_noise(cell, seed=seed) for seed in seeds],
            "QRS alone": [self._qrs_alone()],
        }
        scores = {
            name: float(np.mean([localise(one, truth.evidence, cell_seconds=cell).score or 0.0 for one in every]))
            for name, every in drawn.items()
        }
        best = max(scores, key=scores.__getitem__)
        return found.score, scores[best], f"the best control is {best}"

    def _qrs_alone(self) -> Values:
        """QRS complexes in the cells of the map that is judged."""
        views = tuple(self.explanation.views) if self.judged == FUSED else (self.judged,)
        layers = [self.explanation.views[view].layer for view in views]
        each = [qrs_in_cells(self.explanation.strip, layer) for layer in layers]
        return np.asarray(np.mean(each, axis=0), dtype=np.float32)

    def _removal(self) -> tuple[float | None, float | None, str]:
        """Fall of the target's margin, both views averaged, beyond that of segments elsewhere."""
        if self.explanation.target in ABSENCE:
            return None, None, "what is absent cannot be removed: add a P wave to the recording instead"
        found = remove_hottest(self.explanation, self.models, {self.judged: self.map}, seed=self.seed)[self.judged]
        if found.held_qrs:
            return None, None, "the map is hottest on a QRS, and a strip without it is another rhythm"
        return found.gain(), None, found.reason or f"{len(found.segments)} segments outside the QRS were removed"

    def _faithfulness(self) -> tuple[float | None, float | None, str]:
        """Area above deletion's and under insertion's curve, averaged, and that of the shifted map."""
        target = self.explanation.target
        if target in ABSENCE:
            return None, None, "what is absent can be neither taken out nor put back"
        if target in RATE_ONLY:
            return None, None, CAUTIONS.get(target, f"{target} is told by its rate, which has no place")
        judged = {self.judged: self.map}
        found = faithfulness(self.explanation, self.models, maps=judged, shifts=DRAWS, seed=self.seed)
        down, up = found.deletion[self.judged], found.insertion[self.judged]
        figure, control = (
            (1 - falling.area + rising.area) / 2
            for falling, rising in ((down, up), (down.controls[SHIFTED], up.controls[SHIFTED]))
        )
        return figure, control, found.caution or "the control is the shifted map"

    def _stability(self) -> tuple[float | None, float | None, str]:
        """Mean rank correlation with the map after changes that should not matter; control: shifted in a circle."""
        figures = stability(self.explanation, self.models, seed=self.seed).figures(self.judged)
        if not figures:
            return None, None, "the map is level and cannot be followed"
        return figures["correlation"], figures["control_correlation"], "the control is the shifted map"

    def _class(self) -> tuple[float | None, float | None, str]:
        """Mean rank correlation with the maps of the other classes; an empty one shares nothing."""
        same = same_for_every_class(self.explanation, self.models)
        if all(same.values()):
            return 1.0, None, "every class has the very same map"
        others = [name for name in self.explanation.probabilities if name != self.explanation.target]
        return self._likeness([explain_again(self.explanation, self.models, target=name) for name in others]), None, ""

    def _weights(self) -> tuple[float | None, float | None, str]:
        """Mean rank correlation with the maps of networks whose weights are all random."""
        first = self.seed * RANDOM_NETWORKS
        pairs = (
            {view: randomise(network, seed=first + number) for view, network in self.models.items()}
            for number in range(RANDOM_NETWORKS)
        )
        return self._likeness([explain_again(self.explanation, pair) for pair in pairs]), None, ""

    def _views(self) -> tuple[float | None, float | None, str]:
        """Rank correlation of both views' maps, and with one of them shifted."""
        if len(self.explanation.views) < 2:
            return None, None, "there is one view alone"
        drawn = [compare_views(self.explanation, seed=seed) for seed in range(self.seed, self.seed + DRAWS)]
        found, control = drawn[0], mean_of([each.shifted_correlation for each in drawn])
        return found.correlation, control, found.why or "the control has the image's map shifted"

    def _likeness(self, others: list[Explanation]) -> float:
        maps = [_maps(other)[self.judged] for other in others]
        return float(np.mean([correlation_of(self.map, other) or 0.0 for other in maps]))


RATE_ONLY = ("SB", "GSVT")
"""Classes that rate alone tells from sinus rhythm: nothing can be deleted from them without changing the rate."""

ABSENCE = ("AFIB",)
"""Classes told by what is not there."""


def _maps(explanation: Explanation) -> dict[str, Values]:
    """The explanation's maps on time; zeros where there is none."""
    maps = {view: one.on_time for view, one in explanation.views.items()}
    empty = np.zeros_like(next(iter(maps.values())))
    return maps | {FUSED: empty if explanation.fused is None else explanation.fused}


def _why(figure: float, control: float | None, limit: Limit, remark: str) -> str:
    """The figure beside its limits, in words."""
    asked = []
    if np.isfinite(limit.least):
        asked.append(f"at least {limit.least:.2f}")
    if np.isfinite(limit.most):
        asked.append(f"at most {limit.most:.2f}")
    if limit.ahead is not None and control is not None:
        asked.append(f"more than {limit.beyond(control):.2f} (control {control:.2f})")
    return f"{figure:.2f}; asked for: {' and '.join(asked)}{'; ' if remark else ''}{remark}"


def _right(explanation: Explanation) -> bool | None:
    """Whether both views together answered what the strip shows."""
    group = true_group(explanation.strip, tuple(explanation.probabilities))
    return None if group is None else explanation.answer == group


def _caution(explanation: Explanation) -> str:
    """What is wrong with the beats: tests of a map do not ask whether there is a heart in the strip."""
    quality = find_beats(explanation.strip).quality
    return "" if quality.good else f"{quality}, so that the strip may show no rhythm at all"
