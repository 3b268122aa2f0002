"""Grad-CAM: which cells of a layer speak for a network's answer (Selvaraju et al. 2017, doi:10.1109/ICCV.2017.74).

A^k is channel k of the layer, A^k_ij its value in cell ij of Z cells (or A^k_i), y^c the logit of class c:

    α_k^c = 1/Z Σ_ij ∂y^c/∂A^k_ij      the weight of channel k: its gradient, averaged over the cells
    L^c   = ReLU( Σ_k α_k^c A^k )      the map: the weighted sum of the channels, where it speaks for c
"""  # noqa: RUF002

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.autograd import grad

from .errors import InvalidValue, UnknownName, choices


def weighted_sum(activations: Tensor, gradients: Tensor) -> Tensor:
    """Σ_k α_k^c A^k, before the ReLU: from twice (items, channels, *cells) to (items, *cells)."""  # noqa: RUF002
    weights = gradients.flatten(start_dim=2).mean(dim=2)
    return torch.einsum("nk,nk...->n...", weights, activations)


@dataclass(frozen=True, eq=False, repr=False)
class Map:
    """How much each cell of a layer speaks for one class."""

    values: NDArray[np.float32]  # (cells,) or (rows, columns), read-only: L^c divided by its own maximum, 0 ... 1
    target: int  # the class c
    contrast: bool  # y^c was the logit minus the mean of the other logits
    layer: str
    raw_max: float  # the maximum of L^c before the division
    state: str  # "ok"; "flat" or "non-finite": all values are 0; "class-independent": every class has this map

    @classmethod
    def of(cls, total: NDArray[np.float64], target: int, contrast: bool, layer: str) -> "Map":
        """Take the ReLU of one item's weighted sum and divide it by its maximum, where it has one."""
        raw = np.maximum(total, 0)
        raw_max = float(raw.max()) if np.isfinite(total).all() else np.nan
        state = "ok" if raw_max > 0 else "flat" if raw_max == 0 else "non-finite"
        values = (raw / raw_max if state == "ok" else np.zeros_like(raw)).astype(np.float32)
        values.flags.writeable = False
        return cls(values, target, contrast, layer, raw_max, state)

    def __repr__(self) -> str:
        cells, over = " x ".join(map(str, self.values.shape)), " over the others" * self.contrast
        return f"Map({self.state}: class {self.target}{over}, {cells} cells of {self.layer!r}, max {self.raw_max:.3g})"


@dataclass(frozen=True, eq=False, repr=False)
class ForwardPass:
    """One forward pass, kept from the layer onwards: any class can be asked for its map without a second one."""

    layer: str
    logits: Tensor  # y: (items, classes), without gradient
    activations: Tensor  # A: (items, channels, *cells), where the kept gradient ends
    _y: Tensor  # the logits again, where it begins

    def map(self, target: int | Sequence[int] | None = None, contrast: bool = False) -> list[Map]:
        """Return one map for each item of the batch.

        Parameters
        ----------
        target : int or sequence of int, optional
            One class for all items, or one for each; without it, each item's highest logit.
        contrast : bool
            Explain the logit minus the mean of the other logits: not "why c?" but "why c and none of the others?".
        """
        items, classes = self.logits.shape
        targets = np.asarray(self.logits.argmax(1).cpu() if target is None else target)
        if targets.shape not in [(), (items,)] or not set(targets.flat) <= set(range(classes)):
            raise UnknownName(f"target {target!r}: give a class from 0 ... {classes - 1}, or one per item ({items})")
        if contrast and classes == 1:
            raise InvalidValue("contrast=True needs other classes, and this network has one; use contrast=False")
        targets = np.broadcast_to(targets, items).astype(int)
        direction = np.full((items, classes), -1 / (classes - 1) if contrast else 0.0)
        direction[range(items), targets] = 1
        with torch.inference_mode(False):
            score = self._y.new_tensor(direction)
            (gradients,) = grad(self._y, self.activations, score, retain_graph=True, allow_unused=True)
        if gradients is None:
            raise InvalidValue(f"the logits do not depend on layer {self.layer!r}; choose a layer on the way to them")
        totals = weighted_sum(self.activations.detach(), gradients).cpu().double().numpy()
        return [Map.of(total, c, contrast, self.layer) for total, c in zip(totals, targets.tolist(), strict=True)]


def class_independent(seen: ForwardPass, maps: Sequence[Map]) -> list[Map]:
    """Return `maps` of `seen`, in state "class-independent" where every class has the same map (to 1e-6)."""
    every = [[m.values for m in seen.map(c, maps[0].contrast)] for c in range(seen.logits.shape[1])]
    same = np.ptp(every, axis=0).reshape(len(maps), -1).max(axis=1) <= 1e-6
    return [replace(m, state="class-independent") if same[i] and m.state == "ok" else m for i, m in enumerate(maps)]


class GradCAM:
    """Makes the maps of one layer of any network, in one dimension or two, and leaves the network as it found it.

    Parameters
    ----------
    model : torch.nn.Module
        Takes a tensor (items, channels, *samples or pixels), answers with logits (items, classes).
    layer : str, optional
        Dotted name of a submodule; if it runs more than once, the last run counts. Without it, the first forward pass
        finds the submodule that ends last with more than one cell: the cells that global pooling averages.
    """

    def __init__(self, model: nn.Module, layer: str | None = None) -> None:
        self._modules = dict(model.named_modules(remove_duplicate=False))
        if layer not in [None, *filter(None, self._modules)]:
            near = get_close_matches(str(layer), self._modules, n=5, cutoff=0.4) or filter(None, self._modules)
            raise UnknownName(f"{type(model).__name__} has no layer {layer!r}; near names: {choices(near)}")
        self.model, self.layer = model, layer

    def __call__(self, batch: Tensor, target: int | Sequence[int] | None = None, contrast: bool = False) -> list[Map]:
        """Return one map for each item: `forward`, then `ForwardPass.map`."""
        return self.forward(batch).map(target, contrast)

    def forward(self, batch: Tensor) -> ForwardPass:
        """Run the network once, in evaluation mode: without gradients up to the layer, with them from there on."""
        kept: dict[str, Tensor] = {}
        shapes: dict[str | None, object] = {}

        def keep(name: str, _module: nn.Module, _inputs: object, output: Tensor) -> Tensor | None:
            shapes[name] = shape = tuple(getattr(output, "shape", ()))
            if shape[:1] != batch.shape[:1] or np.prod(shape[2:]) <= 1:
                return None
            kept.clear()
            kept[name] = output.detach().requires_grad_()
            torch.set_grad_enabled(True)
            return kept[name].clone()  # the network may go on with an in-place ReLU, which must not reach what is kept

        with ExitStack() as undo, torch.inference_mode(False), torch.no_grad():
            for module in [module for module in self._modules.values() if module.training]:
                undo.callback(setattr, module, "training", True)
                module.training = False
            for name in [self.layer] if self.layer else filter(None, self._modules):
                undo.callback(self._modules[name].register_forward_hook(partial(keep, name)).remove)
            y = self.model(batch)
        if not kept:
            gives = shapes.get(self.layer, "nothing in this forward pass")
            raise InvalidValue(f"layer {self.layer!r} gives {gives}; choose one that gives (items, channels, *cells)")
        if y.ndim != 2 or len(y) != len(batch):
            raise InvalidValue(f"the network gives {tuple(y.shape)}, where logits (items, classes) are needed")
        ((self.layer, activations),) = kept.items()
        return ForwardPass(self.layer, y.detach(), activations, y.requires_grad_())
