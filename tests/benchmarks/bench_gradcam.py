"""How fast is Grad-CAM? Ours against the least work it can do, and against captum and torchcam, in one run.

    python tests/benchmarks/bench_gradcam.py

The bound is a forward pass without gradients up to the layer, then the head's forward pass and its gradient: nothing
that makes this map can do less. All contenders take turns on the same batch, so that whatever else the machine does
hits all of them; a ratio is the median over the turns of the ratio within a turn. One thread: two of them spin while
another program holds the second core, and then the clock measures that.
"""

import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from captum.attr import LayerGradCam
from torch import Tensor
from torchcam.methods import GradCAM as TorchcamGradCAM

from ecgteach.gradcam import GradCAM
from ecgteach.models import ImageCNN, SignalCNN, StripCNN

BATCHES = (1, 16)
TURNS = {1: 60, 16: 20}
WANTED = {"ours/bound": ("<=", 1.15), "captum usual/ours": (">=", 1.8)}


def networks() -> dict[str, StripCNN]:
    """Both views' networks, in evaluation mode."""
    torch.manual_seed(0)
    return {network.view: network.eval() for network in (SignalCNN(), ImageCNN())}


def contenders(network: StripCNN, batch: Tensor) -> dict[str, Callable[[], object]]:
    """What is timed, by name; each explains every item's own highest logit, unless its name says otherwise."""
    layer = network.explained_layer
    ours = GradCAM(network, layer)
    captum = LayerGradCam(network, network.get_submodule(layer))
    with torch.no_grad():
        answers = network(batch).argmax(1)

    def forward() -> Tensor:
        with torch.no_grad():
            return network(batch)

    def bound() -> Tensor:
        with torch.no_grad():
            cells, rhythm = network.read(batch)
        cells.requires_grad_()
        return torch.autograd.grad(network.answer(cells, rhythm).amax(1).sum(), cells)[0]

    def captum_map(targets: Tensor) -> Tensor:
        return captum.attribute(batch, target=targets, relu_attributions=True)

    def torchcam_map() -> list[Tensor]:
        with TorchcamGradCAM(network, layer) as extractor:
            scores = network(batch)
            return extractor(scores.argmax(1).tolist(), scores)

    return {
        "forward": forward,
        "bound": bound,
        "ours": partial(ours, batch),
        "captum": partial(captum_map, answers),
        "captum usual": lambda: captum_map(forward().argmax(1)),
        "torchcam": torchcam_map,
    }


def difference(network: StripCNN, batch: Tensor) -> float:
    """Largest difference between our maps and captum's, both divided by their maximum."""
    calls = contenders(network, batch)
    theirs = calls["captum"]()[:, 0].detach().numpy()
    return max(float(np.abs(a.values - b / (b.max() or 1)).max()) for a, b in zip(calls["ours"](), theirs, strict=True))


def run(threads: int = 1) -> list[dict[str, object]]:
    """Measure each network at each batch size; one row each: medians in ms, ratios, the difference from captum."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        return [row(network, items) for network in networks().values() for items in BATCHES]
    finally:
        torch.set_num_threads(before)


def row(network: StripCNN, items: int) -> dict[str, object]:
    """Measure one network at one batch size."""
    batch = torch.randn(items, 1, *network.input_shape, generator=torch.Generator().manual_seed(1))
    calls = contenders(network, batch)
    for call in list(calls.values()) * 3:
        call()
    times: dict[str, list[float]] = {label: [] for label in calls}
    for turn in range(TURNS[items]):
        # The order turns too, so that nobody always runs on the cache that the same other one left.
        for label in np.roll(list(calls), turn):
            start = time.perf_counter()
            calls[label]()
            times[label].append(time.perf_counter() - start)

    def ratio(above: str, below: str) -> float:
        return float(np.median(np.divide(times[above], times[below])))

    return {
        "network": network.view,
        "batch": items,
        **{f"{label} ms": 1e3 * float(np.median(values)) for label, values in times.items()},
        "ours/bound": ratio("ours", "bound"),
        "ours/forward": ratio("ours", "forward"),
        "captum/ours": ratio("captum", "ours"),
        "captum usual/ours": ratio("captum usual", "ours"),
        "torchcam/ours": ratio("torchcam", "ours"),
        "difference": difference(network, batch),
    }


def main() -> None:
    """Print one line for each figure, one column for each network and batch size."""
    rows = run()
    print(f"{'':20}" + "".join(f"{row['network']!s:>9} x{row['batch']:<3}" for row in rows))
    for label in list(rows[0])[2:]:
        wanted = "  wanted {} {}".format(*WANTED[label]) if label in WANTED else ""
        figures = "".join(f"{row[label]:13.1e}" if label == "difference" else f"{row[label]:13.2f}" for row in rows)
        print(f"{label:20}{figures}{wanted}")


if __name__ == "__main__":
    main()
