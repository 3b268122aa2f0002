"""How soon does a slider of a WhatIf reach the screen, and a chosen wave of WaveformFeatures?

    python start.py bench sliders

Both in JupyterLab, in Chromium, from the event to the frame after the kernel's answer: a step of the slider, which asks
both networks; a bar that is chosen, which asks none. Medians and 95th percentiles in ms.
"""

import tempfile
from pathlib import Path

import numpy as np

from tests.benchmarks.bench_widgets import ANSWERED, PAINTED
from tests.browser import Stage, jupyterlab, opened, write_notebook

FIRST, LAST = 76, 110
BOUNDS = {"slider (both networks)": 300, "wave chosen (no network)": 150}
CELLS = (
    "from dataclasses import replace\n"
    "from ecgteach.widgets import WaveformFeatures, WhatIf\n"
    "one = WhatIf()\n"
    "one.state = one.state.predict('signal', 'down').predict('image', 'down').lock()\n"
    "one",
    "other = WaveformFeatures()\n"
    "for name in ('pre', 'QRS', 'ST-T'):\n"
    "    other.state = other.state.ranks(name)\n"
    "other.state = other.state.said(replace(other.state.ranking, shown=True))\n"
    "other",
    "'ready'",
)
SLIDE = (
    """() => {
    const stage = document.querySelectorAll(".ecgteach-stage")[0];
    const range = stage.querySelector("[data-key=turn] input");
    range.value = SHARE;
    range.dispatchEvent(new Event("input"));
    """
    + ANSWERED
    + "}"
)
CHOOSE = (
    """() => {
    const stage = document.querySelectorAll(".ecgteach-stage")[1];
    stage.querySelectorAll("[data-key=wave] [role=radio]")[SHARE].click();
    """
    + ANSWERED
    + "}"
)


def main() -> None:
    """Print a table, and fail where a bound is passed."""
    late = []
    with tempfile.TemporaryDirectory() as folder:
        shots = Path(folder)
        write_notebook(shots / "bench.ipynb", *CELLS)
        with jupyterlab(shots) as address, opened(address, "bench.ipynb", shots) as lab:
            lab.run_all(seconds=240)
            for number in (0, 1):
                Stage(lab.page, number).settle()
            print(f"{'':34}{'median':>8}{'95 %':>8}{'bound':>8}")
            acts = {
                "slider (both networks)": [SLIDE.replace("SHARE", str(rate)) for rate in range(FIRST, LAST)],
                "wave chosen (no network)": [CHOOSE.replace("SHARE", str(n % 4)) for n in range(LAST - FIRST)],
            }
            for (name, bound), number in zip(BOUNDS.items(), (0, 1), strict=True):
                Stage(lab.page, number).top()
                held = [lab.page.evaluate(PAINTED, act) for act in acts[name]]
                median, high = np.median(held), np.percentile(held, 95)
                print(f"{name:34}{median:8.0f}{high:8.0f}{bound:8}", flush=True)
                if high > bound:
                    late.append(name)
    if late:
        raise RuntimeError(f"beyond the bound: {', '.join(late)}")


if __name__ == "__main__":
    main()
