"""Does a map stay when the strip changes in ways that should not matter: a little noise, a shift, another drawing?

A shift moves the map along, and it is moved back before it is compared. Each figure stands beside the same figure for
the map shifted in a circle: a map with a bump on every beat resembles many others.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ... import fusion
from ...arguments import checked
from ...errors import InvalidValue
from ...explanation import FUSED, Explanation, highest, networks_of
from ...gradcam import GradCAM
from ...models import Network, Prediction, module_of, position
from ...plain import Json, as_json
from ...strip import SAMPLES, SAMPLING_RATE, SECONDS
from ..agreement import correlation_of, ssim
from ..localisation.controls import qrs_onsets, shifted
from .changes import changed, shift_seconds

Values = NDArray[np.floating]

THINNED = 5
"""Every so many samples are compared: between cells a map is a straight line, and a cell is 40 samples wide."""

LONGEST_EDGE = SECONDS / 4
"""At most so much is left out at each end after a shift, so that half of the strip remains to compare."""


@dataclass(frozen=True)
class Change:
    """What one change of the strip did to one map.

    Parameters
    ----------
    name : str
        ``"noise at 20 dB"``, ``"shift by one cell"``, ``"thick pen"`` ...
    view : str
        ``"signal"``, ``"image"`` or ``"fused"``.
    correlation, similarity : float
        Rank correlation and structural similarity of the map before and after; 0 where the map was lost.
    control_correlation, control_similarity : float
        The same for the map after the change and the one before it shifted in a circle.
    answer_stayed : bool
        True when the view (for the fused map: both views' average) still answers the same.
    """

    name: str
    view: str
    correlation: float
    similarity: float
    control_correlation: float
    control_similarity: float
    answer_stayed: bool


@dataclass(frozen=True, repr=False)
class Stability:
    """How well the maps of one explanation bear changes that should not matter.

    Parameters
    ----------
    changes : tuple of Change
        Every change of every map.
    left_out : dict of str to str
        Views that have no map to follow, and why.
    """

    changes: tuple[Change, ...]
    left_out: dict[str, str]

    def of(self, view: str) -> tuple[Change, ...]:
        """The changes of one view's map."""
        return tuple(change for change in self.changes if change.view == view)

    def figures(self, view: str) -> dict[str, float]:
        """Means over one view's changes, and the lowest correlation; empty where the view was left out."""
        held = self.of(view)
        if not held:
            return {}
        names = ("correlation", "similarity", "control_correlation", "control_similarity", "answer_stayed")
        means = {name: float(np.mean([getattr(change, name) for change in held])) for name in names}
        return means | {"lowest_correlation": min(change.correlation for change in held)}

    def to_json(self) -> Json:
        """Everything as plain values."""
        return as_json(self)

    def __repr__(self) -> str:
        words = [
            f"{view} {found['correlation']:.2f} (shifted {found['control_correlation']:.2f})"
            for view in dict.fromkeys(change.view for change in self.changes)
            if (found := self.figures(view))
        ]
        missing = [f"no {view} map: {why}" for view, why in self.left_out.items()]
        return f"Stability, mean rank correlation: {'; '.join((*words, *missing))}"


@dataclass(frozen=True, eq=False)
class _Before:
    """A map as the explanation holds it, the same shifted in a circle, and the answer that went with it."""

    on_time: Values
    control: Values
    answer: str


@dataclass(frozen=True, eq=False)
class _After:
    """A map after a change, moved back to where it was, what was answered, and the seconds to leave out at each end."""

    on_time: Values
    probabilities: dict[str, float]
    edge: float = 0.0


@checked
def stability(
    explanation: Explanation, models: Network | Mapping[str, Network] | None = None, *, seed: int = 0
) -> Stability:
    """Change the strip in ways that should not matter, and compare the maps of the explanation's target.

    The changes are noise of 0.5 to 40 Hz at 30 and 20 dB below the strip; a shift by one cell and by half a cell of
    each network's layer; and, for the picture, a thinner and a thicker pen, a picture drawn at three quarters of the
    size and enlarged, and limits of 2.5 mV.

    Parameters
    ----------
    explanation : Explanation
        Gives strip, target, layers, fusion rule and the maps to compare with.
    models : mapping of str to Network, optional
        The networks that made it; needed only where these are not at hand.
    seed : int
        Draws the noise, and how far the control is shifted.

    Raises
    ------
    InvalidValue
        When a network is missing.
    UnknownName
        When a network lacks the layer or the class that was explained.
    """
    models = networks_of(explanation, models)
    before, left_out = _before(explanation, seed)
    after = {view: _seen(explanation, network, view, seed) for view, network in models.items()}
    after[FUSED] = _fused(explanation, after)
    changes = [
        _compared(name, view, before[view], seen)
        for view in (*explanation.views, FUSED)
        if view in before
        for name, seen in after[view].items()
    ]
    return Stability(tuple(changes), left_out)


def _before(explanation: Explanation, seed: int) -> tuple[dict[str, _Before], dict[str, str]]:
    """The explanation's maps, and why a view has none."""
    mean = explanation.probabilities
    answers = {view: one.prediction.answer for view, one in explanation.views.items()} | {FUSED: highest(mean)}
    maps: dict[str, Values | None] = {view: one.on_time for view, one in explanation.views.items()}
    maps[FUSED] = explanation.fused
    beats = qrs_onsets(explanation.strip)
    found, left_out = {}, {}
    for view, values in maps.items():
        if values is None:
            left_out[view] = explanation.fused_reason
        elif np.ptp(values) == 0:
            broken = view in explanation.views and explanation.views[view].map.state == "non-finite"
            left_out[view] = f"the {view} map is {'not finite' if broken else 'flat'}"
        else:
            found[view] = _Before(values, shifted(values.astype(np.float32), beats, seed=seed), answers[view])
    return found, left_out


def _seen(explanation: Explanation, model: Network, view: str, seed: int) -> dict[str, _After]:
    """One view's map after each change, by the change's name, from one forward pass."""
    layer = explanation.views[view].layer
    inputs = changed(explanation.strip, model, layer, seed=seed)
    batch = torch.cat(list(inputs.values()))
    passed = GradCAM(module_of(model), layer).forward(batch)
    other = None if explanation.against is None else position(explanation.against, model.classes)
    maps = passed.map(position(explanation.target, model.classes), explanation.contrast, other)
    found = {}
    for name, made, logits in zip(inputs, maps, passed.logits.float().cpu().numpy(), strict=True):
        moved = shift_seconds(name, model, layer)
        edge = min(layer.field_seconds / 2 + 2 * moved, LONGEST_EDGE) if moved else 0.0
        back = _moved_back(fusion.place(fusion.columns_of(made.values), layer), moved)
        found[name] = _After(_scaled(back), Prediction(logits, model.classes).probabilities, edge)
    return found


def _moved_back(on_time: Values, seconds: float) -> Values:
    times = np.arange(SAMPLES) / SAMPLING_RATE
    return np.interp(times + seconds, times, on_time) if seconds else on_time


def _scaled(values: Values) -> Values:
    top = values.max()
    return np.asarray(values / top if top > 0 else values, dtype=np.float32)


def _fused(explanation: Explanation, after: Mapping[str, Mapping[str, _After]]) -> dict[str, _After]:
    """The fused map after each change; where only one view changed, the others' maps and answers are as before."""
    unchanged = {view: _After(one.on_time, one.prediction.probabilities) for view, one in explanation.views.items()}
    found = {}
    for name in dict.fromkeys(name for each in after.values() for name in each):
        now = {view: after[view].get(name, unchanged[view]) for view in explanation.views}
        sure = {view: one.probabilities[explanation.target] for view, one in now.items()}
        classes = explanation.probabilities
        mean = {group: float(np.mean([one.probabilities[group] for one in now.values()])) for group in classes}
        try:
            maps = {view: one.on_time.astype(np.float32) for view, one in now.items()}
            values: Values = fusion.fuse(maps, explanation.rule, sure)
        except InvalidValue:
            values = np.zeros(SAMPLES, dtype=np.float32)
        found[name] = _After(values, mean, max(one.edge for one in now.values()))
    return found


def _compared(name: str, view: str, before: _Before, after: _After) -> Change:
    """A map after a change beside the one before it and its shifted control, without what is left out at both ends."""
    edge = round(after.edge * SAMPLING_RATE)
    inside = slice(edge, SAMPLES - edge, THINNED)
    left = after.on_time[inside]
    answer = highest(after.probabilities)
    return Change(
        name,
        view,
        correlation=_correlation(before.on_time[inside], left),
        similarity=_similarity(before.on_time[inside], left),
        control_correlation=_correlation(before.control[inside], left),
        control_similarity=_similarity(before.control[inside], left),
        answer_stayed=answer == before.answer,
    )


def _correlation(before: Values, after: Values) -> float:
    """Rank correlation; 0 where a map is level, since nothing of it is there to be found again."""
    return correlation_of(before, after) or 0.0


def _similarity(before: Values, after: Values) -> float:
    """Structural similarity; 0 where the map is level after the change."""
    return ssim(before, after, SAMPLING_RATE / THINNED) if np.ptp(after) > 0 else 0.0
