"""What becomes of a network's answer while pieces of a strip are taken out or put back, in a map's order and in others.

Such a curve says little alone, since a strip that lost a third of its beats is a strange strip whatever the map says.
So each comes with the same curve for four orders that know nothing of the network: the map shifted along the strip, by
lot, by blurred noise (which such measures favour, arXiv 2304.13836) and by QRS energy. The shifted map is the fairest:
it is as clumped as the map. By lot, the pieces that are put back lie scattered, and a few dozen of them already trace
the whole strip: in insertion that order is hard to beat.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...errors import InvalidValue
from ...explanation import Explanation
from ...models import VIEWS, Network, margin, position
from ...plain import Json, as_json
from ...showing import ShowsItself
from ...strip import SAMPLES
from ..answers import BOTH, logits_of
from ..localisation.controls import qrs_onsets, shifted
from .fills import Numbers, Perturbation, Pieces

DELETION, INSERTION = "deletion", "insertion"
READERS = (*VIEWS, BOTH)
"""Whose answer is followed: that of one view, or the mean of all that there are."""

FRACTIONS = (0.0, 0.05, 0.1, 0.2, 0.4, 1.0)
"""Share of the strip that is taken out or put back at each step; closer at the start, where the map is highest."""

SHIFTED = "shifted"
BLIND = ("random", "blurred random", "QRS energy")
ORDERS = (SHIFTED, *BLIND)
"""Orders that know nothing of the network, each a control."""

BLUR = 1.5
"""Pieces by which the noise of a control is blurred (standard deviation)."""

Order = tuple[str, str, int]  # a map's name and a control's, one of which may be empty, and the number of the draw
Plan = tuple[str, Order]  # a kind, and the order that it follows


@dataclass(frozen=True)
class CurveFigures:
    """What is counted on a `Curve`: its entries of the same names, and beside them each control's area.

    Parameters
    ----------
    kind, order : str
        Deletion or insertion, and the map's name.
    area, margin_area, aopc : float
        Figures of the curve.
    controls, gains : dict of str to float
        Each control's area, and how much better the map did.
    beats_all : bool
        Whether it did better than every control.
    """

    kind: str
    order: str
    area: float
    margin_area: float
    aopc: float
    controls: dict[str, float]
    gains: dict[str, float]
    beats_all: bool


@dataclass(frozen=True, repr=False, eq=False)
class Curve(ShowsItself):
    """What becomes of the target while segments are taken out or put back in one order.

    Parameters
    ----------
    kind : str
        ``"deletion"`` or ``"insertion"``.
    order : str
        Whose order: a map's name, or a control's.
    reader : str
        Whose answer: ``"signal"``, ``"image"``, or ``"both"`` (the mean of the two).
    fill : str
        What stood in for the samples that were out, one of `FILLS`; in the picture it is always paper.
    fractions : array, shape (steps,)
        Share of the strip that is out (deletion) or in (insertion).
    probabilities : array, shape (steps,)
        Probability of the target.
    margins : array, shape (steps,)
        `Prediction.margin` of the target: its logit minus the mean of the others'.
    controls : dict of str to Curve
        The same for each of `ORDERS`; empty on a control.
    part : str
        Which part of the logits was followed, ``"local"`` or ``"rhythm"``; empty for the whole answer.
    """

    kind: str
    order: str
    reader: str
    fill: str
    fractions: Numbers
    probabilities: Numbers
    margins: Numbers
    controls: dict[str, "Curve"] = field(default_factory=dict)
    part: str = ""

    @property
    def area(self) -> float:
        """Area under the probability, 0 to 1: low is good in deletion, high in insertion."""
        return _area(self.fractions, self.probabilities)

    @property
    def margin_area(self) -> float:
        """Area under the logit margin, which still moves where the probability stays near 0 or 1."""
        return _area(self.fractions, self.margins)

    @property
    def aopc(self) -> float:
        """Probability lost (deletion) or won (insertion) since the first step, averaged over the later ones.

        Area over the perturbation curve, after Samek et al. (2017, doi 10.1109/TNNLS.2016.2599820). The steps lie
        closer at the start, so what goes first weighs most.
        """
        change = self.probabilities[1:] - self.probabilities[0]
        return float(np.mean(change if self.kind == INSERTION else -change))

    @property
    def gains(self) -> dict[str, float]:
        """How much better the area is than each control's; above 0 the map did better."""
        sign = 1 if self.kind == INSERTION else -1
        return {name: sign * (self.area - other.area) for name, other in self.controls.items()}

    @property
    def beats_all(self) -> bool:
        """True when the map did better than every control."""
        return bool(self.gains) and min(self.gains.values()) > 0

    @property
    def figures(self) -> "CurveFigures":
        """All that is counted on it."""
        beside = {name: other.area for name, other in self.controls.items()}
        return CurveFigures(
            self.kind, self.order, self.area, self.margin_area, self.aopc, beside, self.gains, self.beats_all
        )

    def to_json(self) -> Json:
        """The curve, its figures and its controls as plain values."""
        controls = {name: other.to_json() for name, other in self.controls.items()}
        return as_json(self) | {"figures": as_json(self.figures), "controls": controls}

    def __repr__(self) -> str:
        beside = ", ".join(f"{name} {other.area:.2f}" for name, other in self.controls.items())
        return f"Curve: {self.kind} by {self.order}, read by {self.reader}: area {self.area:.2f}" + (
            f" ({beside})" if beside else ""
        )


class Trial:
    """One strip read again and again with pieces of it out, in several orders.

    Parameters
    ----------
    explanation : Explanation
        Its strip is read, and its target followed.
    models : mapping of str to Network
        A network for each view.
    pieces : Pieces
        How the strip is cut.
    part : {"", "local", "rhythm"}
        Which part of the logits is followed, where the networks tell: ``"local"`` is what a map of the local cells
        speaks of; by default the whole answer, to which a rhythm without a place adds its share.
    fill : str
        What stands in for samples that are out, one of `FILLS`.
    fractions : sequence of float
        Shares of the strip, rising, from 0 to 1 at most.
    shifts : int
        How many times the shifted map is drawn (the mean of their curves is that control's): over many strips once
        each will do, on a single one it is luck.
    blind : bool
        False leaves out the controls that do not even know the map, and saves their passes.
    seed : int
        Draws the controls, the order of segments where the map is level, and the noise of ``fill="noise"``.

    Raises
    ------
    InvalidValue
        When the fractions do not rise, or no shifted map is drawn.
    UnknownName
        When no fill is called so.
    """

    def __init__(
        self,
        explanation: Explanation,
        models: Mapping[str, Network],
        pieces: Pieces,
        *,
        part: str = "",
        fill: str = "line",
        fractions: Sequence[float] = FRACTIONS,
        shifts: int = 1,
        blind: bool = True,
        seed: int = 0,
    ) -> None:
        if shifts < 1:
            raise InvalidValue(f"the shifted map is drawn once or more often, not {shifts} times")
        self.target, self.models, self.part, self.shifts = explanation.target, models, part, shifts
        self.blind = BLIND if blind else ()
        self.perturbation, self.pieces = Perturbation(explanation.strip, pieces, fill, seed), pieces
        self.fractions = _rising(fractions)
        self.readers = {view: (view,) for view in models} | {BOTH: tuple(models)}
        self._random = np.random.default_rng((seed, 1))

    def curves(self, wanted: Sequence[tuple[str, str, str]], maps: Mapping[str, NDArray[np.floating]]) -> list[Curve]:
        """The curves of some (kind, map, reader), each with its controls; each network runs once for all of them."""
        heights: dict[Order, Numbers] = {}
        for name, values in maps.items():
            heights[name, "", 0] = self.pieces.height(values)
            for draw in range(self.shifts):
                heights[name, SHIFTED, draw] = self.pieces.height(self._shifted(values, draw))
        heights |= self._blind_heights()
        ranked = {order: self._ranked(height) for order, height in heights.items()}
        plans: dict[str, list[Plan]] = {view: [] for view in self.models}
        for kind, name, reader in wanted:
            for view in self.readers[reader]:
                plans[view].append((kind, (name, "", 0)))
                plans[view] += [(kind, order) for orders in self._controls_of(name).values() for order in orders]
        read = {view: self._read(view, own, ranked) for view, own in plans.items() if own}

        def curve(kind: str, name: str, orders: list[Order], reader: str, controls: dict[str, Curve]) -> Curve:
            each = [read[view][kind, order] for view in self.readers[reader] for order in orders]
            probabilities, margins = np.mean(each, axis=0)
            fill = self.perturbation.fill
            return Curve(kind, name, reader, fill, self.fractions, probabilities, margins, controls, self.part)

        found = []
        for kind, name, reader in wanted:
            drawn = self._controls_of(name)
            controls = {word: curve(kind, word, orders, reader, {}) for word, orders in drawn.items()}
            found.append(curve(kind, name, [(name, "", 0)], reader, controls))
        return found

    def _controls_of(self, name: str) -> dict[str, list[Order]]:
        """The orders whose mean curve is each control of a map."""
        drawn: list[Order] = [(name, SHIFTED, draw) for draw in range(self.shifts)]
        return {SHIFTED: drawn} | {control: [("", control, 0)] for control in self.blind}

    def _shifted(self, values: NDArray[np.floating], draw: int) -> NDArray[np.floating]:
        """The map, or its columns of cells, moved as `controls.shifted` moves a map along time."""
        beats, seed = qrs_onsets(self.perturbation.strip), self.perturbation.seed + draw
        origin = shifted(np.arange(SAMPLES, dtype=np.float32), beats, seed=seed).astype(np.intp)
        if self.pieces.have_rows:
            return np.roll(values, -self.pieces.segment_of_sample[origin[0]], axis=1)
        return values[origin]

    def _blind_heights(self) -> dict[Order, Numbers]:
        from scipy.ndimage import gaussian_filter

        drawn, blurred = self._random.random((2, *self.pieces.shape))
        blurred = gaussian_filter(blurred, BLUR, mode="wrap")
        heights = (drawn.ravel(), blurred.ravel(), self.perturbation.energy)
        return {("", name, 0): height for name, height in zip(BLIND, heights, strict=True)}

    def _ranked(self, height: Numbers) -> NDArray[np.intp]:
        """Pieces from the highest down, by lot where they are level; cells on empty paper are not in it."""
        order = np.lexsort((self._random.permutation(self.pieces.count), -height))
        return order[self.perturbation.ink[order] > 0] if self.pieces.have_rows else order

    def _kept(self, kind: str, order: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Which pieces are in at each step, shape (steps, pieces)."""
        rank = np.full(self.pieces.count, order.size)
        rank[order] = np.arange(order.size)
        first = rank < np.rint(self.fractions * order.size)[:, None]
        return first if kind == INSERTION else ~first

    def _read(
        self, view: str, plans: Sequence[Plan], orders: Mapping[Order, NDArray[np.intp]]
    ) -> dict[Plan, tuple[Numbers, Numbers]]:
        """Probability and margin of the target at each step of each plan, from one forward pass."""
        kept = {plan: self._kept(plan[0], orders[plan[1]]) for plan in plans}
        once, back = np.unique(np.concatenate(list(kept.values())), axis=0, return_inverse=True)
        answered = logits_of(self.models[view], self.perturbation.batch(view, once, self.models[view]), self.part)
        logits = answered.double().cpu().numpy()
        if not np.isfinite(logits).all():
            raise InvalidValue(f"the {view} network's answers are not finite; load its weights again")
        each = logits[back.ravel()].reshape(len(kept), len(self.fractions), -1)
        number = position(self.target, self.models[view].classes)
        return {plan: _target_figures(steps, number) for plan, steps in zip(kept, each, strict=True)}


def _rising(fractions: Sequence[float]) -> Numbers:
    found = np.asarray(fractions, dtype=np.float64)
    if found.ndim != 1 or found.size < 2 or found[0] != 0 or found[-1] > 1 or not (np.diff(found) > 0).all():
        raise InvalidValue(f"shares of a curve rise from 0 to 1 at most, such as (0, 0.1, 1); given: {fractions}")
    return found


def _target_figures(logits: Numbers, target: int) -> tuple[Numbers, Numbers]:
    """Probability and margin of the target, row by row."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised[:, target] / raised.sum(axis=1), margin(logits, target)


def _area(fractions: Numbers, heights: Numbers) -> float:
    """Area under a curve, as its mean height over the fractions that it covers."""
    return float(np.trapezoid(heights, fractions) / (fractions[-1] - fractions[0]))
