"""Layers and methods side by side: which layer and method would we recommend, and on what evidence?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecgteach.beats import group_of_truth
from ecgteach.checks.agreement import correlation_of
from ecgteach.checks.attribution import METHODS, AttributionTask, on_time, targets_of
from ecgteach.checks.explained import Values, networks
from ecgteach.checks.localisation.controls import qrs_in_cells
from ecgteach.checks.localisation.scores import NOT_LOCALISED, localise, original_rhythm
from ecgteach.errors import InvalidValue, UnknownName, choices
from ecgteach.models import Layer, StripCNN, inputs
from ecgteach.statistics import interval, mean_of
from ecgteach.strip import Strip

if TYPE_CHECKING:
    import pandas

INPUT = "input"
CHANCE = 0.5


@dataclass(frozen=True)
class Row:
    """What one method showed at one layer.

    Parameters
    ----------
    layer : str
        Name of the layer; ``"input"`` for a method that asks none.
    method : str
        One of `METHODS`.
    cell_ms, receptive_field_s : float
        Length of a cell in ms, and how much of the strip it sees in s.
    flat : float
        Share of strips whose map is empty.
    localisation : float or None
        Mean P(map in evidence > map in X), chance 0.5, an empty map counted as chance; None without scored strips.
    interval : list of float, or None
        95 % interval of `localisation` from strips drawn anew; None below ten strips.
    control : float or None
        The same mean for the QRS complexes alone, seen in such cells: what lies beside a QRS is lit by it.
    scored : int
        Strips that could be scored by localisation.
    """

    layer: str
    method: str
    cell_ms: float
    receptive_field_s: float
    flat: float
    localisation: float | None
    interval: list[float] | None
    control: float | None
    scored: int


@dataclass(frozen=True, repr=False, eq=False)
class MethodTable:
    """What each method showed at each layer of one view's network.

    Parameters
    ----------
    view : str
        Which network was asked.
    rows : tuple of Row
        One a layer and method.
    methods : tuple of str
        Rows and columns of `agreement`.
    agreement : dict of str to array, shape (methods, methods)
        For each layer the mean rank correlation over strips between methods; 0 where two maps never both exist.
    """

    view: str
    rows: tuple[Row, ...]
    methods: tuple[str, ...]
    agreement: dict[str, NDArray[np.float64]]

    def table(self) -> "pandas.DataFrame":
        """The rows as a table."""
        import pandas

        return pandas.DataFrame([asdict(row) for row in self.rows])

    @property
    def best(self) -> Row | None:
        """The row with the best localisation; None where no strip could be scored by it."""
        return max((row for row in self.rows if row.scored), key=lambda row: row.localisation or 0.0, default=None)

    @property
    def recommendation(self) -> str:
        """Layer and method to look at, and the evidence for it, in a sentence."""
        best = self.best
        if best is None:
            return "no strip here can be scored by localisation, so no layer is recommended"
        found = f"{best.method} at {best.layer} has the best localisation, {best.localisation:.2f}"
        if best.interval is None:
            return f"{found} on {best.scored} strips, too few for an interval, so no layer is recommended"
        low, high = best.interval
        found += f" ({low:.2f}-{high:.2f}, {best.scored} strips)"
        if low <= max(CHANCE, best.control or 0.0):
            return (
                f"{found}, not above chance ({CHANCE}) and QRS alone ({best.control:.2f}), so no layer is recommended"
            )
        rivals = sum(row is not best and (row.localisation or 0.0) >= low for row in self.rows)
        return f"{found}; {rivals or 'no'} other rows lie within this interval"

    def __repr__(self) -> str:
        layers = len({row.layer for row in self.rows})
        return (
            f"MethodTable of the {self.view} view, {len(self.methods)} methods, {layers} layers: {self.recommendation}"
        )


def compare_methods(
    strips: Sequence[Strip],
    models: Mapping[str, StripCNN] | None = None,
    *,
    view: str = "signal",
    layers: Sequence[str] | None = None,
    methods: Sequence[str] | None = None,
    target: str | None = None,
    seed: int = 0,
) -> MethodTable:
    """Maps of several methods at several layers, how far they agree, and where truth is known, their localisation.

    Parameters
    ----------
    strips : sequence of Strip
        Real or simulated; localisation is scored on those with a truth.
    models : mapping of str to StripCNN, optional
        By default the shipped pair.
    view : str
        ``"signal"`` or ``"image"``.
    layers : sequence of str, optional
        By default each convolution after its normalisation, and the explained layer.
    methods : sequence of str, optional
        Some of `METHODS`; by default all.
    target : str, optional
        By default the group of a simulated strip, and the pair's answer on a real one.
    seed : int
        Of the intervals.

    Raises
    ------
    InvalidValue
        When there is no strip.
    UnknownName
        When a method, a layer or the target is not in its list.
    NotInstalled
        When torchcam or captum is missing.
    """
    if not strips:
        raise InvalidValue("there is no strip to compare methods on; give at least one")
    chosen = tuple(METHODS if methods is None else methods)
    for name in chosen:
        if name not in METHODS:
            raise UnknownName(f"no method is called {name!r}; there are {choices(METHODS)}")
    models = networks(models)
    model = models[view]
    read = [strip.for_reading() for strip in strips]
    batch = inputs(view, np.stack([strip.samples for strip in read]))
    task = AttributionTask(model, batch, targets_of(read, models, target))
    chosen_layers = [model.layer(name) for name in (layer_names(model) if layers is None else layers)]
    explained = model.layer()
    at_input = {
        name: on_time(METHODS[name].cells(task, explained), explained) for name in chosen if not METHODS[name].at_layer
    }
    rows: list[Row] = []
    agreement: dict[str, NDArray[np.float64]] = {}
    for where in chosen_layers:
        maps = {
            name: on_time(METHODS[name].cells(task, where), where) if METHODS[name].at_layer else at_input[name]
            for name in chosen
        }
        agreement[where.name] = agreement_between([maps[name] for name in chosen])
        rows += [
            _row(where.name, name, maps[name], where, task, read, seed) for name in chosen if METHODS[name].at_layer
        ]
    rows += [_row(INPUT, name, found, explained, task, read, seed) for name, found in at_input.items()]
    return MethodTable(view, tuple(rows), chosen, agreement)


def layer_names(model: StripCNN) -> tuple[str, ...]:
    """Each convolution once, after its normalisation where it has one, and the explained layer last."""
    known = model.layers()
    explained = model.layer().name
    normalised = [name for name, layer in known.items() if layer.kind == "normalisation"]
    convolved = [name for name, layer in known.items() if layer.kind == "convolution"]
    return (*[name for name in normalised or convolved if name != explained], explained)


def agreement_between(maps: Sequence[Values]) -> NDArray[np.float64]:
    """Mean rank correlation over strips between sets of maps, each (n, 5000); shape (sets, sets)."""
    found = np.eye(len(maps))
    for i, one in enumerate(maps):
        for j in range(i):
            each = [correlation_of(a, b) for a, b in zip(one, maps[j], strict=True)]
            known = [value for value in each if value is not None]
            found[i, j] = found[j, i] = float(np.mean(known)) if known else 0.0
    return found


def _row(
    where: str, method: str, maps: Values, layer: Layer, task: AttributionTask, strips: Sequence[Strip], seed: int
) -> Row:
    scores, blind = [], []
    for found, strip, target in zip(maps, strips, task.targets, strict=True):
        truth = strip.truth
        if (
            truth is None
            or original_rhythm(truth) in NOT_LOCALISED
            or group_of_truth(truth) != task.model.classes[target]
        ):
            continue
        own, control = (
            localise(values, truth.evidence, cell_seconds=layer.cell_seconds).score
            for values in (found, qrs_in_cells(strip, layer))
        )
        if control is not None:
            scores.append(CHANCE if own is None else own)
            blind.append(control)
    flat = float(np.mean(~maps.any(axis=1)))
    cell_ms, receptive_field_s = layer.cell_seconds * 1000, layer.field_seconds
    span = interval(scores, seed=seed)
    return Row(where, method, cell_ms, receptive_field_s, flat, mean_of(scores), span, mean_of(blind), len(scores))
