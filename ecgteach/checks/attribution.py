"""Maps by six methods: Grad-CAM, what others made of it, and two that ask the input.

Methods that others wrote come from their libraries: Grad-CAM++ (Chattopadhay et al. 2018, doi 10.1109/WACV.2018.00097)
and LayerCAM (Jiang et al. 2021, doi 10.1109/TIP.2021.3089943) from torchcam, integrated gradients (Sundararajan et al.
2017, arXiv 1703.01365) and occlusion (Zeiler and Fergus 2014, doi 10.1007/978-3-319-10590-1_53) from captum. These two
ask the input and no layer; they are read in the cells of a layer, so that all maps are equally coarse.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .. import fusion as fusing
from ..beats import group_of_truth
from ..errors import EmptyMap, NotInstalled
from ..explanation import FUSED
from ..gradcam import ForwardPass, GradCAM
from ..models import Layer, Network, inputs_of, module_of, position
from ..probing import twin
from ..strip import SAMPLES, SAMPLING_RATE, SECONDS, Strip
from .agreement import rank_correlation
from .localisation.controls import on_segments, qrs_segments

Values = NDArray[np.float32]
STEPS_OF_IG = 24


@dataclass(frozen=True, eq=False)
class Query:
    """What a method is asked: one view's network, a batch that it reads, and a target for each item."""

    model: Network
    batch: torch.Tensor
    targets: list[int]


def grad_cam(query: Query, layer: Layer) -> Values:
    """Grad-CAM as `ecgteach.gradcam` makes it, before it is scaled."""
    return np.stack([found.values * np.float32(found.raw_max) for found in _pass(query, layer).map(query.targets)])


def hirescam(query: Query, layer: Layer) -> Values:
    """Gradient times activation in each cell, summed over channels (Draelos and Carin 2020, arXiv 2011.08891)."""
    seen = _pass(query, layer)
    return _array((seen.gradients(query.targets) * seen.activations.detach()).sum(1).relu())


def grad_cam_plus_plus(query: Query, layer: Layer) -> Values:
    """Grad-CAM++ of torchcam: channels weighted by their positive gradients."""
    return _torchcam("GradCAMpp", query, layer)


def layercam(query: Query, layer: Layer) -> Values:
    """LayerCAM of torchcam: each cell weighted by its own positive gradient."""
    return _torchcam("LayerCAM", query, layer)


def integrated_gradients(query: Query, layer: Layer) -> Values:
    """Integrated gradients of captum against an empty strip: what speaks for the target, summed within cells."""
    method = _library("captum.attr").IntegratedGradients(query.model)
    found = method.attribute(query.batch, target=query.targets, n_steps=STEPS_OF_IG, internal_batch_size=64)
    return _in_cells(found[:, 0], layer)


def occlusion(query: Query, layer: Layer) -> Values:
    """Occlusion of captum: how much the target's logit falls when the segment of one cell is emptied."""
    sizes = query.batch.shape[1:]
    window, stride = (*sizes[:-1], layer.stride), (*sizes[:-1], layer.stride)
    method = _library("captum.attr").Occlusion(query.model)
    with torch.no_grad():
        found = method.attribute(query.batch, sliding_window_shapes=window, strides=stride, target=query.targets)
    return _in_cells(found[:, 0], layer)


METHODS: dict[str, tuple[Callable[[Query, Layer], Values], bool]] = {
    "Grad-CAM": (grad_cam, True),
    "Grad-CAM++": (grad_cam_plus_plus, True),
    "HiResCAM": (hirescam, True),
    "LayerCAM": (layercam, True),
    "integrated gradients": (integrated_gradients, False),
    "occlusion": (occlusion, False),
}
"""Methods by name, and whether they ask a layer; those that do not ask the input."""


def maps_of(strips: Sequence[Strip], models: Mapping[str, Network], targets: Sequence[int]) -> dict[str, Values]:
    """Grad-CAM maps of both views and their mean for many strips in one pass.

    Parameters
    ----------
    strips : sequence of Strip
        Real or simulated.
    models : mapping of str to Network
        Whose maps.
    targets : sequence of int
        Number of the class to explain, one a strip.

    Returns
    -------
    dict of str to array, shape (n, 5000)
        ``"signal"``, ``"image"`` and ``"fused"``; all zero where a map is flat, not finite or cannot be fused.
    """
    read = [strip.for_reading() for strip in strips]
    samples = np.stack([strip.samples for strip in read])
    found = {}
    for view, network in models.items():
        layer = network.layer()
        cells = grad_cam(Query(network, inputs_of(network, samples), list(targets)), layer)
        found[view] = on_time(cells, layer)
    each = [dict(zip(found, rows, strict=True)) for rows in zip(*found.values(), strict=True)]
    return found | {FUSED: np.stack([_fused(maps) for maps in each])}


def targets_of(strips: Sequence[Strip], models: Mapping[str, Network], target: str | None = None) -> list[int]:
    """Number of the class that each strip's maps explain, the same for both views.

    Parameters
    ----------
    strips : sequence of Strip
        As `Strip.for_reading` leaves them.
    models : mapping of str to Network
        Both views.
    target : str, optional
        One class for all; by default the group of a simulated strip, and on others the answer of both views together.
    """
    classes = next(iter(models.values())).classes
    if target is not None:
        return [position(target, classes)] * len(strips)
    groups = [group_of_truth(strip.truth) if strip.truth else None for strip in strips]
    if all(group in classes for group in groups):
        return [classes.index(str(group)) for group in groups]
    samples = np.stack([strip.samples for strip in strips])
    together = sum(_probabilities(network, inputs_of(network, samples)) for network in models.values())
    answers: list[int] = torch.as_tensor(together).argmax(1).tolist()
    return [
        classes.index(str(group)) if group in classes else answer for group, answer in zip(groups, answers, strict=True)
    ]


def on_time(cells: Values, layer: Layer) -> Values:
    """Cells of a batch of maps on the strips' samples, each scaled to its own maximum; an empty map stays zero.

    Parameters
    ----------
    cells : array, shape (n, cells) or (n, rows, columns)
        Not below zero.
    layer : Layer
        Where they lie.

    Returns
    -------
    array, shape (n, 5000)
    """
    rows = cells if cells.ndim == 2 else [fusing.columns_of(one) for one in cells]
    placed = np.stack([fusing.place(np.nan_to_num(one, posinf=0.0, neginf=0.0), layer) for one in rows])
    top = placed.max(axis=1, keepdims=True)
    return np.asarray(placed / np.where(top > 0, top, 1.0), dtype=np.float32)


def qrs_in_cells(strip: Strip, layer: Layer) -> Values:
    """The strip's QRS complexes alone as a map of such cells, shape (5000,): each cell is lit by what it covers."""
    covered = on_segments(qrs_segments(strip)).astype(np.float64)
    summed = np.concatenate([[0.0], np.cumsum(covered)])
    edges = layer.centres[:, None] + layer.cell_seconds * np.array([-0.5, 0.5])
    shares = np.diff(np.interp(edges * SAMPLING_RATE, np.arange(SAMPLES + 1), summed), axis=1)[:, 0]
    return fusing.place((shares / max(shares.max(), 1.0)).astype(np.float32), layer)


def correlation_of(one: NDArray[np.floating], other: NDArray[np.floating]) -> float | None:
    """Rank correlation of two maps; None where one of them is empty and has no ranks.

    >>> correlation_of(np.zeros(3), np.array([0.0, 0.5, 0.6])) is None
    True
    """
    try:
        return rank_correlation(one, other)
    except EmptyMap:
        return None


def _probabilities(model: Network, batch: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        logits: torch.Tensor = twin(module_of(model))(batch)
    return logits.softmax(1)


def _pass(query: Query, layer: Layer) -> ForwardPass:
    return GradCAM(module_of(query.model), layer).forward(query.batch)


def _torchcam(name: str, query: Query, layer: Layer) -> Values:
    method = getattr(_library("torchcam.methods"), name)
    watched = twin(module_of(query.model), [layer.name])
    with method(watched, layer.name) as extractor:
        found = extractor(query.targets, watched(query.batch), normalized=False)[0]
    return _array(found.relu())


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError as problem:
        root = name.partition(".")[0]
        raise NotInstalled(
            f"this method comes from {root}, which is not installed: pip install {root}; "
            "Grad-CAM and HiResCAM need neither captum nor torchcam"
        ) from problem


def _in_cells(attributions: torch.Tensor, layer: Layer) -> Values:
    """What speaks for the target at each input step, (n, *rows, steps), summed over rows and averaged within cells."""
    by_step = np.maximum(_array(attributions), 0)
    if by_step.ndim == 3:
        by_step = by_step.sum(axis=1)
    starts = np.round(layer.centres * layer.steps / SECONDS - layer.stride / 2).astype(int)
    summed = np.pad(np.cumsum(by_step, axis=1, dtype=np.float64), ((0, 0), (1, 0)))
    left, right = (np.clip(edge, 0, layer.steps) for edge in (starts, starts + layer.stride))
    return np.asarray((summed[:, right] - summed[:, left]) / np.maximum(right - left, 1), dtype=np.float32)


def _array(values: torch.Tensor) -> Values:
    return np.asarray(values.detach().cpu().numpy(), dtype=np.float32)


def _fused(maps: Mapping[str, Values]) -> Values:
    if len(maps) > 1:
        with suppress(EmptyMap):
            return fusing.fuse(maps)
    return np.zeros(SAMPLES, dtype=np.float32)
