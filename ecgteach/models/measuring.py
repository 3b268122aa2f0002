"""Where the cells of somebody else's layer lie: measured, since nobody else knows.

Two things are asked. *Where does time go before the network?* The strip is altered at one moment after the other, and
what the preprocessing gives is looked through for the change. *Which steps does each cell see?* The gradient of a cell
with respect to the network's input is zero outside its receptive field, exactly.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..errors import InvalidValue
from ..probing import FollowingGradients, telling, twin
from ..strip import SAMPLES, SAMPLING_RATE, SECONDS
from .layers import Layer

Numbers = NDArray[np.float64]
Reading = Callable[[NDArray[np.float32]], Tensor]

MOMENTS = 40
"""Moments at which the strip is altered, evenly over its ten seconds."""

BUMP_SECONDS, BUMP_MV = 0.02, 0.2
CHANGED = 0.1
"""Share of the largest change from which a step counts as changed: normalising moves all of them a little."""

PROBED = 10
"""Cells whose gradient is followed, over the whole layer and closer towards its ends."""

TRIES = 4
"""Inputs over which gradients are gathered: in each of them half of a network's rectifiers sleep."""

NEGLIGIBLE = 1e-7
WIDEST = 0.5
"""A cell that sees more than this share of the strip has no place on it."""

MASS = 0.9
"""Share of a gradient that is taken for all of it, where a little lies everywhere (normalised or gated layers)."""

FEWEST = 4
"""Cells: fewer do not tell where they lie."""


@dataclass(frozen=True)
class Time:
    """Where time runs in what a network reads: along which axis, and when each of its steps is.

    Parameters
    ----------
    axis : int
        Axis of the batch.
    steps : int
        Its length.
    start : float
        Time of step 0 in seconds of the strip.
    step : float
        Seconds from one step to the next.
    """

    axis: int
    steps: int
    start: float
    step: float


def time_of(read: Reading, strips: NDArray[np.float32]) -> Time:
    """Find where time runs in what a preprocessing gives.

    Parameters
    ----------
    read : callable
        Makes a batch of strips, (n, 5000) in mV.
    strips : array, shape (n, 5000)
        Strips to alter.

    Raises
    ------
    InvalidValue
        When no axis of what it gives runs along the strip, or not evenly.
    """
    moments = (np.arange(MOMENTS) + 0.5) * SECONDS / MOMENTS
    times = np.arange(SAMPLES) / SAMPLING_RATE
    bumps = BUMP_MV * np.exp(-0.5 * ((times - moments[:, None]) / BUMP_SECONDS) ** 2)
    change = np.zeros(0)
    for strip in strips:
        still = read(strip[None]).double().numpy()
        for sign in (1, -1):
            moved = read((strip + sign * bumps).astype(np.float32)).double().numpy()
            found = np.abs(moved - still)
            change = found if not change.size else change + found
    axes = {axis: _places(change, axis) for axis in range(1, change.ndim) if change.shape[axis] >= FEWEST}
    reach = {axis: np.ptp(places[seen]) / change.shape[axis] for axis, (places, seen) in axes.items() if seen.any()}
    axis = max(reach, key=reach.__getitem__, default=0)
    if not axis or reach[axis] < CHANGED:
        shape = ", ".join(["strips", *map(str, change.shape[1:])])
        raise InvalidValue(
            f"no axis of what the network reads, ({shape}), runs along the strip: such a network has no map over time"
        )
    places, seen = axes[axis]
    steps = change.shape[axis]
    step, start = np.polyfit(places[seen], moments[seen], 1)
    off = np.abs(start + step * places[seen] - moments[seen]).max()
    if step <= 0:
        raise InvalidValue("what the network reads runs backwards along the strip; turn it round")
    if off > max(2 * step, BUMP_SECONDS):
        raise InvalidValue(
            f"what the network reads does not run evenly along the strip: steps lie up to {off:.2f} s off; leave out "
            "what segments time"
        )
    return Time(axis, steps, *_usual(start, step, steps))


def _places(change: Numbers, axis: int) -> tuple[Numbers, NDArray[np.bool_]]:
    """Middle of each moment's change along an axis, and at which moments there is one inside it."""
    along = np.moveaxis(change, axis, -1).reshape(len(change), -1, change.shape[axis]).sum(1)
    along = np.where(along >= CHANGED * along.max(axis=1, keepdims=True), along, 0.0)
    whole = along.sum(axis=1)
    seen = whole > CHANGED * whole.max()
    seen &= (along[:, 0] == 0) & (along[:, -1] == 0)  # what is cut by an end has another middle
    return (along * np.arange(along.shape[1])).sum(axis=1) / np.where(whole > 0, whole, 1.0), seen


def _usual(start: float, step: float, steps: int) -> tuple[float, float]:
    """The plain reading of what was measured, where it is one: the whole strip, by samples or by columns."""
    even = SECONDS / steps
    for first in (0.0, even / 2):
        ends = np.abs([start - first, start + step * (steps - 1) - (first + even * (steps - 1))])
        if ends.max() < 0.2 * even:
            return first, even
    samples = round(step * SAMPLING_RATE)
    if samples and abs(step - samples / SAMPLING_RATE) * steps < 0.5 * step:
        return round(start * SAMPLING_RATE) / SAMPLING_RATE, samples / SAMPLING_RATE
    return start, step


def place_of(model: nn.Module, name: str, kind: str, batch: Tensor, time: Time) -> Layer:
    """Measure where the cells of a layer lie on the strip.

    Parameters
    ----------
    model : torch.nn.Module
        The network.
    name, kind : str
        The layer, and what it is.
    batch : Tensor
        Several inputs as the network reads them.
    time : Time
        Where time runs in them.

    Raises
    ------
    InvalidValue
        When its cells have no place: each sees most of the strip, they lie unevenly, or no gradient comes back.
    """
    seen = _gradients(model, name, batch, time)
    cells, fields = seen
    count = cells[-1]
    low, high = _edges(fields)
    width = high - low + 1
    inner = (low > 0) & (high < time.steps - 1)
    if inner.sum() >= FEWEST and np.median(width[inner]) <= WIDEST * time.steps:
        stride, first, field = _tiling(cells[:-1][inner], low[inner], high[inner], time.steps, count)
    else:
        stride, first, field = _by_mass(cells[:-1], fields)
    told = f"{field * time.step:.1f} s of the strip's {SECONDS:g}"
    if field > WIDEST * time.steps:
        raise InvalidValue(f"layer {name!r} is global: each of its cells sees {told}")
    return Layer(
        name,
        kind,
        _plain(stride),
        _plain(field),
        first + time.start / time.step,
        int(count),
        _plain(SECONDS / time.step),
    )


def _gradients(model: nn.Module, name: str, batch: Tensor, time: Time) -> tuple[NDArray[np.intp], Numbers]:
    """Numbers of some cells and, last, how many there are; and how much each of them hears each step."""
    kept: list[Tensor] = []
    watched = twin(model, [name], lambda _, output: kept.append(output))
    total: Numbers | None = None
    signs = torch.Generator().manual_seed(0)
    with telling(model, batch), torch.inference_mode(False), torch.no_grad():
        watched(batch[:1])
    count = kept.pop().shape[-1]
    kept.clear()
    if count < FEWEST:
        raise InvalidValue(f"layer {name!r} has only {count} cells along time")
    for item in batch:
        cells = np.unique(np.rint((count - 1) * (1 - np.cos(np.linspace(0, np.pi, PROBED))) / 2).astype(int))
        asked = item.clone()[None].repeat(len(cells), *[1] * item.ndim).requires_grad_()
        with telling(model, item[None]), torch.inference_mode(False), torch.enable_grad(), FollowingGradients():
            watched(asked)
            output = kept.pop()
            kept.clear()
            if not output.requires_grad:
                raise InvalidValue(
                    f"no gradient comes back from layer {name!r} (detach, inference_mode or rounding before it): the "
                    "place of its cells cannot be measured"
                )
            mine = torch.stack([one[..., cell] for one, cell in zip(output, cells, strict=True)])
            drawn = torch.randint(0, 2, mine.shape[1:], generator=signs).to(mine) * 2 - 1
            (slope,) = torch.autograd.grad((mine * drawn).sum(), asked)
        heard = slope.abs().movedim(time.axis, -1).flatten(1, -2).sum(1).double().cpu().numpy()
        total = heard if total is None else total + heard
    if total is None or not np.isfinite(total).all() or (heard := total.any(axis=1)).sum() < FEWEST:
        raise InvalidValue(f"layer {name!r} has cells that hear nothing of the strip")
    return np.append(cells[heard], count), total[heard]


def _edges(fields: Numbers) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First and last step that each cell hears."""
    heard = fields > NEGLIGIBLE * fields.max(axis=1, keepdims=True)
    return heard.argmax(axis=1), heard.shape[1] - 1 - heard[:, ::-1].argmax(axis=1)


def _tiling(
    cells: NDArray[np.intp], low: NDArray[np.intp], high: NDArray[np.intp], steps: int, count: int
) -> tuple[float, float, float]:
    """Stride, first centre and field of cells whose edges are known: the stride under which they lie most alike."""
    fitted = float(np.polyfit(cells, (low + high) / 2, 1)[0])
    field, stride, begins = min(
        (float(np.max(high - stride * cells) - np.min(low - stride * cells) + 1), stride, np.min(low - stride * cells))
        for stride in (float(round(fitted)), steps / count, fitted)
        if stride > 0
    )
    if field > np.max(high - low) + 1 + stride:
        raise InvalidValue("its cells do not lie evenly along the strip")
    return stride, float(begins) + (field - 1) / 2, field


def _by_mass(cells: NDArray[np.intp], fields: Numbers) -> tuple[float, float, float]:
    """Stride, first centre and field of cells that hear a little from everywhere: by where most of it comes from."""
    share = np.cumsum(fields, axis=1) / fields.sum(axis=1, keepdims=True)
    low, middle, high = (
        np.array([np.searchsorted(row, level) for row in share]) for level in ((1 - MASS) / 2, 0.5, (1 + MASS) / 2)
    )
    stride, first = np.polyfit(cells, middle, 1)
    field = float(np.median(high - low) + 1)
    if stride <= 0 or np.abs(first + stride * cells - middle).max() > field:
        field = float(fields.shape[1])  # what each of them hears does not move along
    return float(stride), float(first), field


def _plain(value: float) -> float:
    """A whole number where it is one."""
    return round(value) if abs(value - round(value)) < 1e-6 else value
