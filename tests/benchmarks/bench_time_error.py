"""How far a map may stand from what it is about: a cell's stated centre against the centroid of its input gradient.

Kernels are evened out, so that the gradient shows the bare geometry. Three ways of placing cells are compared: our own
centres; the usual resize (straight lines, corners not aligned) on our networks; and the usual resize on a signal
network of the same kernels with the usual padding of half a kernel in each convolution.
"""

import numpy as np
import torch
from torch import nn

from ecgteach.models import SIGNAL_BLOCKS, ImageCNN, SignalCNN, StripCNN, inputs, shipped
from ecgteach.records import sample
from tests.geometry import evened, gradient_over_time

SAMPLE_MS = 2.0


def run() -> list[dict[str, object]]:
    """One row for each network and end of the strip; errors in ms."""
    rows: list[dict[str, object]] = []
    for network in (SignalCNN, ImageCNN):
        model = evened(network())
        layer = model.layer()
        for place, cell in (("first", 0), ("last", layer.cells - 1)):
            centroid = _centroid(model, layer.name, cell)
            resized = (cell + 0.5) * 10.0 / layer.cells - (0.5 - model.step_centre) * 10.0 / layer.steps
            rows.append(_row(f"{model.view}, {place} cell, our centres", layer.centres[cell], centroid))
            rows.append(_row(f"{model.view}, {place} cell, usual resize", resized, centroid))
    rows += _usual_network()
    return rows


def main() -> None:
    """Print the table."""
    print("time error of a cell (wanted: ours under one sample, 2 ms)\n")
    for row in run():
        print(
            f"{row['what']:42}  stated {row['stated']:8.4f} s   centroid {row['centroid']:8.4f} s   "
            f"error {row['ms']:6.2f} ms"
        )
    print(
        "\ntrained networks: centroid of a cell's own input gradient minus its centre (nothing to want: it is learnt)\n"
    )
    for row in trained():
        print(f"{row['view']:8} mean {row['mean']:6.1f} ms   standard deviation {row['spread']:6.1f} ms")


def _centroid(model: StripCNN, layer: str, cell: int) -> float:
    weight, steps = gradient_over_time(model, layer, cell)
    return float(np.average(steps, weights=weight) * 10.0 / model.input_shape[-1])


def _row(what: str, stated: float, centroid: float) -> dict[str, object]:
    return {"what": what, "stated": stated, "centroid": centroid, "ms": abs(stated - centroid) * 1000}


def _usual_network() -> list[dict[str, object]]:
    """The same kernels, each convolution padded by half of its own; an inner cell, so that padding does not cut it."""
    layers: list[nn.Module] = []
    for block in SIGNAL_BLOCKS:
        convolution = nn.Conv1d(
            1, 1, block.kernel, block.stride, padding=block.kernel // 2, bias=False, dtype=torch.double
        )
        nn.init.constant_(convolution.weight, 1e-1)
        layers += [convolution, nn.AvgPool1d(block.pool)] if block.pools else [convolution]
    strip = torch.ones(1, 1, 5000, dtype=torch.double, requires_grad=True)
    cells = nn.Sequential(*layers)(strip)
    cell = cells.shape[-1] // 2
    cells[..., cell].sum().backward()
    assert strip.grad is not None
    centroid = float(np.average(np.arange(5000), weights=strip.grad.abs()[0, 0].numpy()) / 500)
    resized = ((cell + 0.5) * 5000 / cells.shape[-1] - 0.5) / 500
    return [_row("usual padding, middle cell, usual resize", resized, centroid)]


def trained() -> list[dict[str, object]]:
    """How far a trained cell leans off its centre: what it weighs need not lie around its middle."""
    rows: list[dict[str, object]] = []
    for view, model in shipped().items():
        layer = model.layer()
        kept: dict[str, torch.Tensor] = {}
        hook = model.get_submodule(layer.name).register_forward_hook(
            lambda *call, kept=kept: kept.update(cells=call[2])
        )
        leans = []
        for group in model.classes:
            strip = inputs(view, sample(group).strip().for_reading().samples[None]).requires_grad_()
            model(strip)
            for cell in range(20, layer.cells - 20, 8):
                (slope,) = torch.autograd.grad(kept["cells"][..., cell].sum(), strip, retain_graph=True)
                weight = slope.abs()[0, 0].reshape(-1, layer.steps).sum(0).numpy()
                steps = np.arange(layer.steps) + model.step_centre
                if weight.sum() > 0:
                    leans.append(np.average(steps, weights=weight) * 10.0 / layer.steps - layer.centres[cell])
        hook.remove()
        rows.append({"view": view, "mean": 1000 * float(np.mean(leans)), "spread": 1000 * float(np.std(leans))})
    return rows


if __name__ == "__main__":
    main()
