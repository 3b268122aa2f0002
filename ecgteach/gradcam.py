"""Grad-CAM: which cells of a layer speak for a network's answer (Selvaraju et al. 2017, doi:10.1109/ICCV.2017.74).

A^k is channel k of the layer, A^k_ij its value in cell ij of Z cells (or A^k_i), y^c the logit of class c:

    α_k^c = 1/Z Σ_ij ∂y^c/∂A^k_ij      the weight of channel k: its gradient, averaged over the cells
    L^c   = ReLU( Σ_k α_k^c A^k )      the map: the weighted sum of the channels, where it speaks for c
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from . import probing
from .errors import InvalidValue, UnknownName, expect

if TYPE_CHECKING:
    from .models import Layer


def weighted_sum(activations: Tensor, gradients: Tensor) -> Tensor:
    """Σ_k α_k^c A^k, before the ReLU: from twice (items, channels, *cells) to (items, *cells)."""
    weights = gradients.mean(dim=tuple(range(2, gradients.ndim)), keepdim=True)
    return (weights * activations).sum(dim=1)


@dataclass(frozen=True, eq=False, repr=False)
class Map:
    """How much each cell of a layer speaks for one class."""

    values: NDArray[np.float32]  # (cells,) or (rows, columns), read-only: L^c divided by its maximum, 0 ... 1
    target: int  # the class c
    contrast: bool  # y^c was the logit minus the mean of the other logits
    layer: str
    raw_max: float  # the maximum of L^c before the division
    state: str  # "ok"; "flat" or "non-finite": all values are 0; "class-independent": every class has this map

    @classmethod
    def of(cls, total: NDArray[np.float32], target: int, contrast: bool, layer: str) -> "Map":
        """Take the ReLU of one item's weighted sum and divide it by its maximum, where it has one."""
        raw = np.maximum(total, 0)
        raw_max = raw.max() if np.isfinite(total).all() else np.float32(np.nan)
        state = "ok" if raw_max > 0 else "flat" if raw_max == 0 else "non-finite"
        values = np.asarray(raw / raw_max if state == "ok" else np.zeros_like(raw), np.float32)
        values.flags.writeable = False
        return cls(values, target, contrast, layer, float(raw_max), state)

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
    _why: Callable[[], str]  # says why the gradient does not reach the layer

    def map(
        self, target: int | Sequence[int] | None = None, contrast: bool = False, against: int | None = None
    ) -> list[Map]:
        """Return one map for each item; `target` is one class for all, or one for each, or each item's highest logit.

        `contrast` explains the logit minus the mean of the others: not "why c?" but "why c and none of the others?";
        with `against`, minus that one other class's: "why c and not that?".
        """
        targets, over = self._one_for_each(target), contrast or against is not None
        gradients = self.gradients(targets, contrast, against)
        totals = weighted_sum(self.activations.detach(), gradients).float().cpu().numpy()
        return [Map.of(total, c, over, self.layer) for total, c in zip(totals, targets, strict=True)]

    def gradients(
        self, target: int | Sequence[int] | None = None, contrast: bool = False, against: int | None = None
    ) -> Tensor:
        """Return ∂y^c/∂A for each item, shaped like `activations`; arguments as for `map`."""
        targets, classes = self._one_for_each(target), range(self.logits.shape[1])
        rest = -1 / max(len(classes) - 1, 1) if contrast and against is None else 0.0
        score = [[1.0 if c == own else -1.0 if c == against else rest for c in classes] for own in targets]
        with torch.inference_mode(False), torch.enable_grad():
            asked = (self._y * self._y.new_tensor(score)).sum()  # one number: given a vector torch loads sympy, slowly
        (gradients,) = torch.autograd.grad(asked, self.activations, retain_graph=True, allow_unused=True)
        if gradients is None:
            raise InvalidValue(self._why())
        return gradients

    def _one_for_each(self, target: int | Sequence[int] | None) -> list[int]:
        items, classes = self.logits.shape
        targets = self.logits.argmax(1).tolist() if target is None else np.asarray(target).tolist()
        targets = [targets] * items if not isinstance(targets, list) else targets
        if len(targets) != items or not all(t in range(classes) for t in targets):
            raise UnknownName(f"target {target!r}: give a class from 0 ... {classes - 1}, or one per item ({items})")
        return [int(c) for c in targets]


def class_independent(seen: ForwardPass, maps: list[Map]) -> list[Map]:
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
    layer : str or Layer, optional
        Dotted name of a submodule; of several runs in one pass the last counts. The first call makes sure of it (a
        `models.Layer` was measured before), or finds the cells that global pooling averages: those of the submodule
        that ends last of those whose cells lie along the input.
    """

    def __init__(self, model: nn.Module, layer: "str | Layer | None" = None) -> None:
        expect(model, nn.Module, "Grad-CAM asks a network (torch.nn.Module)")
        self.model, self.layer = model, None if layer is None else probing.name_of(model, layer)
        self._sure, self._held = hasattr(layer, "cells"), list[AbstractContextManager[nn.Module]]()

    def __enter__(self) -> "GradCAM":
        """Hold the network itself in evaluation mode for a ``with`` block; a call alone leaves it as it is."""
        self._held.append(probing.evaluating(self.model))
        self._held[-1].__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._held.pop().__exit__(*error)

    def __call__(self, batch: Tensor, target: int | Sequence[int] | None = None, contrast: bool = False) -> list[Map]:
        """Return one map for each item: `forward`, then `ForwardPass.map`."""
        return self.forward(batch).map(target, contrast)

    def forward(self, batch: Tensor) -> ForwardPass:
        """Run the network once, in evaluation mode: without gradients up to the layer, with them from there on."""
        expect(batch, Tensor, "Grad-CAM reads a batch (torch.Tensor) of (items, channels, *samples or pixels)")
        if not self._sure or self.layer is None:
            self.layer, self._sure = probing.layer_with_cells(self.model, batch, self.layer, self._pass), True
        return self._pass(self.layer, batch)

    def _pass(self, layer: str, batch: Tensor) -> ForwardPass:
        cells = list[Tensor]()

        def keep(_layer: str, output: Tensor) -> Tensor:
            torch.set_grad_enabled(True)
            with torch.inference_mode(False) if output.is_inference() else nullcontext():
                cells[:] = [(output.clone() if output.is_inference() else output).detach().requires_grad_()]
                return cells[0].clone()  # the network may go on with an in-place ReLU, which must not reach the cells

        watched = probing.twin(self.model, [layer], keep)  # it shares the weights: many threads may ask one network
        for mode in (torch.no_grad, probing.FollowingGradients):  # again where the network itself follows none
            with probing.telling(self.model, batch, layer), torch.inference_mode(False), mode():
                y = probing.logits_of(watched(batch.clone() if batch.is_inference() else batch), batch)
            if y.requires_grad:
                break
        y.requires_grad_()
        return ForwardPass(layer, y.detach(), cells[0], y, partial(probing.why_unreached, self.model, batch, layer))
