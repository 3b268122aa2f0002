"""How soon does a widget answer, seen in the browser?

    python start.py bench widgets

A CaseExplorer in JupyterLab, in Chromium. Crosshair, threshold and fusion rule are measured from the event to the
painted frame while every message to the kernel is held up by 150 ms: they must not notice. Steps of the kernel are
measured from the event to the frame after the answer, without and with both networks, and so are the messages that one
changed case costs. Medians and 95th percentiles in ms.
"""

import tempfile
from pathlib import Path

import numpy as np

from tests.browser import Stage, jupyterlab, opened, write_notebook

TIMES = 30
DELAY_SECONDS = 0.15
BOUNDS = {
    "crosshair": 50,
    "threshold": 50,
    "fusion rule": 50,
    "answer chosen (kernel)": 150,
    "next case (kernel)": 150,
    "another target (both networks)": 300,
}
CELLS = (
    "from dataclasses import replace\n"
    "import time\n"
    "from ecgteach.widgets import CaseExplorer, Reading\n"
    "explorer = CaseExplorer()\n"
    "explorer",
    "seen = Reading('SR', 75, 'fused', no_idea=True)\n"
    "explorer.state = replace(explorer.state, riddles=(), readings=(seen, *(Reading(),) * 11))",
    "plain = explorer.receive\n"
    "def late(content):\n"
    f"    time.sleep({DELAY_SECONDS})\n"
    "    plain(content)\n"
    "handlers = explorer.panel()._msg_callbacks.callbacks\n"
    "held = list(handlers)",
)
DELAYED = "handlers[:] = [lambda frame, content, buffers: late(content)]"
PROMPT = "handlers[:] = held"

PAINTED = """async (act) => {
    const frame = () => new Promise(requestAnimationFrame);
    const stage = document.querySelector(".ecgteach-stage");
    await frame();
    const began = performance.now();
    const done = eval(act)(stage);
    if (done) while (!done()) await new Promise(resolve => setTimeout(resolve, 1));
    await frame();
    stage.getBoundingClientRect();
    return performance.now() - began;
}"""
"""From an act to the frame that shows it; an act may give a function that says when the kernel has answered."""

ANSWERED = "const body = stage.querySelector('.ecgteach-body'); return () => !body.hasAttribute('aria-busy');"
POINT = """stage => {
    const sheet = stage.querySelector(".ecgteach-sheet"), box = sheet.getBoundingClientRect();
    const at = { clientX: box.left + (SHARE) * box.width, clientY: box.top + 9, bubbles: true };
    sheet.dispatchEvent(new PointerEvent("pointermove", at));
}"""
SLIDE = """stage => {
    const range = stage.querySelector("[data-key=threshold] input");
    range.value = SHARE;
    range.dispatchEvent(new Event("input"));
}"""
RULE = """stage => {
    const list = stage.querySelector("[data-key=rule] select");
    list.selectedIndex = SHARE;
    list.dispatchEvent(new Event("change"));
}"""
TARGET = (
    """stage => {
    const list = stage.querySelector("[data-key=target] select");
    list.selectedIndex = SHARE;
    list.dispatchEvent(new Event("change"));
    """
    + ANSWERED
    + "}"
)
CHOOSE = "stage => { stage.querySelectorAll('[data-key=answer] [role=radio]')[SHARE].click(); " + ANSWERED + "}"
NEXT = "stage => { stage.querySelector('[data-key=SHARE]').click(); " + ANSWERED + "}"


def main() -> None:
    """Print a table, and fail where a bound is passed."""
    with tempfile.TemporaryDirectory() as folder:
        shots = Path(folder)
        write_notebook(shots / "bench.ipynb", *CELLS, "'ready'")
        with jupyterlab(shots) as address, opened(address, "bench.ipynb", shots) as lab:
            lab.run_all(seconds=240)
            stage = Stage(lab.page)
            stage.settle()
            late = report(lab, stage)
    if late:
        raise RuntimeError(f"beyond the bound: {', '.join(late)}")


def report(lab: object, stage: Stage) -> list[str]:
    """Measure and print line by line; gives the names of those beyond their bound."""
    late = []

    def line(name: str, acts: list[str]) -> None:
        held = [lab.page.evaluate(PAINTED, act) for act in acts]
        median, high = np.median(held), np.percentile(held, 95)
        print(f"{name:34}{median:8.0f}{high:8.0f}{BOUNDS[name]:8}", flush=True)
        if high > BOUNDS[name]:
            late.append(name)

    print(f"{'':34}{'median':>8}{'95 %':>8}{'bound':>8}")
    lab.in_last_cell(DELAYED)
    stage.top()
    shares = np.linspace(0.1, 0.9, TIMES).tolist()
    line("crosshair", [POINT.replace("SHARE", str(share)) for share in shares])
    line("threshold", [SLIDE.replace("SHARE", str(round(0.1 + 0.05 * (n % 16), 2))) for n in range(TIMES)])
    line("fusion rule", [RULE.replace("SHARE", str(n % 4)) for n in range(TIMES)])
    stage.settle()
    lab.in_last_cell(PROMPT)
    lab.idle()
    stage.top()
    line("another target (both networks)", [TARGET.replace("SHARE", str(1 + n % 4)) for n in range(4)])
    stage.press("next")
    stage.control("answer").wait_for()
    stage.top()
    line("answer chosen (kernel)", [CHOOSE.replace("SHARE", str(n % 6)) for n in range(TIMES)])
    before = lab.widget_messages
    moves = ["next"] * 10 + ["previous"] * 10
    line("next case (kernel)", [NEXT.replace("SHARE", move) for move in moves])
    count = lab.widget_messages - before
    print(f"messages of a widget for a changed case: {count / len(moves):.1f} (bound 3)")
    if count > 3 * len(moves):
        late.append("messages")
    return late


if __name__ == "__main__":
    main()
