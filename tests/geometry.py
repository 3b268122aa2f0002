"""Where a cell of a network really looks: the centroid of its input gradient, kernels evened out."""

import numpy as np
import torch
from torch import nn

from ecgteach.models import StripCNN


def evened(model: StripCNN) -> StripCNN:
    """The same network with kernels that weigh all alike and nothing dropped: a gradient shows the bare geometry."""
    model = model.double().eval()
    averages = {nn.MaxPool1d: nn.AvgPool1d, nn.MaxPool2d: nn.AvgPool2d}
    for name, module in list(model.named_children()):
        if isinstance(module, nn.Conv1d | nn.Conv2d):
            nn.init.constant_(module.weight, 1e-2)
        if type(module) in averages:
            setattr(model, name, averages[type(module)](module.kernel_size))
    return model


def gradient_over_time(model: StripCNN, layer: str, cell: int) -> tuple[np.ndarray, np.ndarray]:
    """Weight of each input step for one cell, and the step's own place counted from the strip's left edge.

    The blank paper around the strip, which the network adds itself, counts as input: at the strip's ends a cell looks
    half at paper.
    """
    left, right = model.margin
    shape = (*model.input_shape[:-1], model.input_shape[-1] + left + right)
    paper = torch.ones(1, 1, *shape, dtype=torch.double, requires_grad=True)
    kept: dict[str, torch.Tensor] = {}
    hook = model.get_submodule(layer).register_forward_hook(lambda *call: kept.update(cells=call[2]))
    own = model.margin, model.input_shape
    try:
        model.margin, model.input_shape = (0, 0), shape
        model(paper)
    finally:
        model.margin, model.input_shape = own
        hook.remove()
    kept["cells"][..., cell].sum().backward()
    assert paper.grad is not None
    weight = paper.grad.abs()[0, 0].reshape(-1, shape[-1]).sum(0).numpy()
    return weight, np.arange(weight.size) - left + model.step_centre
