"""How long do the checks of one strip take that run the networks again? A whole report, its parts, and their bound.

    python start.py bench checks

The bound is the bare forward passes of as many strips in one batch: no check that asks the networks as often can do
less. Beside it, the same strips read one by one, which is what batching saves. Networks are not trained, since that
changes no time. One thread, as in the benchmark of Grad-CAM; processor time is given too, which other programs that
hold the machine do not change.
"""

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from ecgteach.checks.agreement import compare_views
from ecgteach.checks.perturbation.faithfulness import faithfulness
from ecgteach.checks.perturbation.stability import stability
from ecgteach.checks.trust.verdict import trust
from ecgteach.explanation import Explanation, explain
from ecgteach.models import ImageCNN, SignalCNN, StripCNN, inputs
from ecgteach.simulator import simulate

TURNS = 7
WANTED_SECONDS = 3.0
"""For a whole report on one strip."""


def run(threads: int = 1) -> list[dict[str, object]]:
    """Measure each check on one strip; one row each."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        torch.manual_seed(0)
        models: dict[str, StripCNN] = {"signal": SignalCNN().eval(), "image": ImageCNN().eval()}
        explanation = explained(models)
        checks: dict[str, Callable[[], object]] = {
            "faithfulness": lambda: faithfulness(explanation, models),
            "stability": lambda: stability(explanation, models),
            "compare_views": lambda: compare_views(explanation),
            "trust": lambda: trust(explanation, models),
        }
        return [row(name, check, explanation, models) for name, check in checks.items()]
    finally:
        torch.set_num_threads(before)


def explained(models: dict[str, StripCNN]) -> Explanation:
    """An explanation of a simulated strip for the first class for which these networks have three maps."""
    strip = simulate("SR", seed=1, noise="usual").strip(lead="II")
    each = (explain(strip, models, target=target) for target in models["signal"].classes)
    return next(explanation for explanation in each if explanation.fused is not None)


def row(
    name: str, check: Callable[[], object], explanation: Explanation, models: dict[str, StripCNN]
) -> dict[str, object]:
    """Measure one check, and the forward passes that it needs."""
    read = strips_read(check, models)
    batches = {
        view: inputs(view, np.repeat(explanation.strip.samples[None], number, axis=0)) for view, number in read.items()
    }

    def together() -> None:
        for view, batch in batches.items():
            forward(models[view], batch)

    def one_by_one() -> None:
        for view, batch in batches.items():
            for item in batch:
                forward(models[view], item[None])

    wall, processor = medians(check)
    bound, _ = medians(together)
    return {
        "check": name,
        "strips read": " + ".join(f"{number} {view}" for view, number in read.items()) or "none",
        "ms": 1e3 * wall,
        "processor ms": 1e3 * processor,
        "bound ms": 1e3 * bound,
        "one by one ms": 1e3 * medians(one_by_one)[0],
    }


def strips_read(check: Callable[[], object], models: dict[str, StripCNN]) -> dict[str, int]:
    """How many strips each network reads while a check runs; the first run also warms it up."""
    read = dict.fromkeys(models, 0)

    def counter(view: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def count(_: nn.Module, given: tuple[Tensor, ...]) -> None:
            read[view] += len(given[0])

        return count

    hooks = [model.register_forward_pre_hook(counter(view)) for view, model in models.items()]
    try:
        check()
    finally:
        for hook in hooks:
            hook.remove()
    return {view: number for view, number in read.items() if number}


def forward(model: nn.Module, batch: Tensor) -> None:
    """One forward pass without gradients."""
    with torch.no_grad():
        model(batch)


def medians(call: Callable[[], object]) -> tuple[float, float]:
    """Median time on the clock and of the processor in seconds, over some turns."""
    times = []
    for _ in range(TURNS):
        began = time.perf_counter(), time.process_time()
        call()
        times.append((time.perf_counter() - began[0], time.process_time() - began[1]))
    wall, processor = np.median(times, axis=0)
    return float(wall), float(processor)


def main() -> None:
    """Print one line for each check, and the sum that the report has to bear."""
    rows = run()
    names, wide = ("ms", "processor ms", "bound ms", "one by one ms"), 16
    print(f"{'':15}{'strips read':>24}" + "".join(f"{name:>{wide}}" for name in names))
    for found in rows:
        figures = "".join(f"{found[name]:{wide}.0f}" for name in names)
        print(f"{found['check']:15}{found['strips read']:>24}{figures}")
    clock, processor = (float(str(rows[-1][name])) / 1e3 for name in names[:2])
    spent = f"{clock:.2f} s on the clock, {processor:.2f} s of the processor"
    print(f"\na whole report: {spent}; wanted below {WANTED_SECONDS:g} s")


if __name__ == "__main__":
    main()
