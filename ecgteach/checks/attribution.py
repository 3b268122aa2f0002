"""Maps by several methods: Grad-CAM, what others made of it, and two that ask the input.

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

from .. import fusion as fusing
from ..arguments import checked
from ..beats import group_of_truth
from ..errors import EmptyMap, NotInstalled, UnknownName, choices
from ..explanation import FUSED
from ..gradcam import ForwardPass, GradCAM
from ..models import Layer, Network, inputs_of, module_of, position
from ..probing import twin
from ..strip import SAMPLES, SECONDS, Strip
from .answers import logits_of
from .explained import Values

STEPS_OF_IG = 24


@dataclass(frozen=True, eq=False)
class AttributionTask:
    """What a method works on: one view's network, a batch that it reads, and the number of a class for each item."""

    model: Network
    batch: torch.Tensor
    targets: list[int]


def grad_cam(task: AttributionTask, layer: Layer) -> Values:
    """Grad-CAM as `ecgteach.gradcam` makes it, before it is scaled."""
    return np.stack([found.values * np.float32(found.raw_max) for found in _pass(task, layer).map(task.targets)])


def hirescam(task: AttributionTask, layer: Layer) -> Values:
    """Gradient times activation in each cell, summed over channels (Draelos and Carin 2020, arXiv 2011.08891)."""
    seen = _pass(task, layer)
    return _array((seen.gradients(task.targets) * seen.activations.detach()).sum(1).relu())


def grad_cam_plus_plus(task: AttributionTask, layer: Layer) -> Values:
    """Grad-CAM++ of torchcam: channels weighted by their positive gradients."""
    return _torchcam("GradCAMpp", task, layer)


def layercam(task: AttributionTask, layer: Layer) -> Values:
    """LayerCAM of torchcam: each cell weighted by its own positive gradient."""
    return _torchcam("LayerCAM", task, layer)


def integrated_gradients(task: AttributionTask, layer: Layer) -> Values:
    """Integrated gradients of captum against an empty strip: what speaks for the target, summed within cells."""
    method = _library("captum.attr").IntegratedGradients(task.model)
    found = method.attribute(task.batch, target=task.targets, n_steps=STEPS_OF_IG, internal_batch_size=64)
    return _in_cells(found[:, 0], layer)


def occlusion(task: AttributionTask, layer: Layer) -> Values:
    """Occlusion of captum: how much the target's logit falls when the segment of one cell is emptied."""
    sizes = task.batch.shape[1:]
    window, stride = (*sizes[:-1], round(layer.stride)), (*sizes[:-1], round(layer.stride))
    method = _library("captum.attr").Occlusion(task.model)
    with torch.no_grad():
        found = method.attribute(task.batch, sliding_window_shapes=window, strides=stride, target=task.targets)
    return _in_cells(found[:, 0], layer)


@dataclass(frozen=True)
class Method:
    """One way to say what speaks for a class.

    Parameters
    ----------
    words : str
        What it does, for people.
    cells : callable
        From a task and a layer to cells, (n, cells) or (n, rows, columns), not below zero.
    at_layer : bool
        Whether it asks the layer; else it asks the input, and is only read in the layer's cells.
    """

    words: str
    cells: Callable[[AttributionTask, Layer], Values]
    at_layer: bool = True


METHODS: dict[str, Method] = {
    "Grad-CAM": Method("channels weighted by their mean gradient", grad_cam),
    "Grad-CAM++": Method("channels weighted by their positive gradients", grad_cam_plus_plus),
    "HiResCAM": Method("gradient times activation, cell by cell", hirescam),
    "LayerCAM": Method("each cell weighted by its own positive gradient", layercam),
    "integrated gradients": Method("gradients summed on the way from an empty strip", integrated_gradients, False),
    "occlusion": Method("fall of the logit when a cell's segment is emptied", occlusion, False),
}
"""Every method by its name."""


@checked
def maps_of(
    strips: Sequence[Strip], models: Mapping[str, Network], targets: Sequence[int], method: str = "Grad-CAM"
) -> dict[str, Values]:
    """Maps of both views and their mean for many strips in one pass.

    Parameters
    ----------
    strips : sequence of Strip
        Real or simulated.
    models : mapping of str to Network
        Whose maps.
    targets : sequence of int
        Number of the class to explain, one a strip.
    method : str
        One of `METHODS`.

    Returns
    -------
    dict of str to array, shape (n, 5000)
        ``"signal"``, ``"image"`` and ``"fused"``; all zero where a map is flat, not finite or cannot be fused.

    Raises
    ------
    UnknownName
        When no method is called so.
    NotInstalled
        When the library that it comes from is missing.
    """
    if method not in METHODS:
        raise UnknownName(f"no method is called {method!r}; there are {choices(METHODS)}")
    read = [strip.for_reading() for strip in strips]
    samples = np.stack([strip.samples for strip in read])
    found = {}
    for view, network in models.items():
        layer = network.layer()
        task = AttributionTask(network, inputs_of(network, samples, view), list(targets))
        cells = METHODS[method].cells(task, layer)
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
    together = sum(logits_of(network, inputs_of(network, samples, view)).softmax(1) for view, network in models.items())
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


def _pass(task: AttributionTask, layer: Layer) -> ForwardPass:
    return GradCAM(module_of(task.model), layer).forward(task.batch)


def _torchcam(name: str, task: AttributionTask, layer: Layer) -> Values:
    method = getattr(_library("torchcam.methods"), name)
    watched = twin(module_of(task.model), [layer.name])
    with method(watched, layer.name) as extractor:
        found = extractor(task.targets, watched(task.batch), normalized=False)[0]
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
