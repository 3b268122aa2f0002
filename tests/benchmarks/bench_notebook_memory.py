"""How much a kernel's memory grows with each "run all" of notebook 00: everything that is shown is kept in `Out`.

The first runs load libraries, weights and glyphs; what counts is the growth from run to run after them.
"""

import json
import statistics
import time
from itertools import pairwise
from pathlib import Path
from queue import Empty

from jupyter_client.manager import start_new_kernel

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "00_start_here.ipynb"
WARM, RUNS = 2, 5
WANTED_MEGABYTES = 5.0
REPLY_SECONDS = 300
HELD = (
    "import gc as _gc, os as _os; _gc.collect(); "
    "print(int(open('/proc/self/statm').read().split()[1]) * _os.sysconf('SC_PAGE_SIZE') / 2**20)"
)
"""Megabytes that the kernel's process has in memory (Linux)."""


def run(runs: int = WARM + RUNS) -> list[float]:
    """Megabytes after each run of all cells, in one kernel."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    manager, client = start_new_kernel(cwd=str(NOTEBOOK.parent))
    try:
        megabytes = []
        for _ in range(runs):
            for cell in code:
                execute(client, cell)
            megabytes.append(float(execute(client, HELD, store=False)))
        return megabytes
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def execute(client, code: str, *, store: bool = True) -> str:
    """What a cell prints; an error in it is raised here."""
    asked = client.execute(code, store_history=store)
    printed, deadline = [], time.monotonic() + REPLY_SECONDS
    while time.monotonic() < deadline:
        try:
            message = client.get_iopub_msg(timeout=5)
        except Empty:
            continue
        if message["parent_header"].get("msg_id") != asked:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "error":
            raise RuntimeError("\n".join(content["traceback"]))
        if kind == "stream":
            printed.append(content["text"])
        if kind == "status" and content["execution_state"] == "idle":
            return "".join(printed)
    raise TimeoutError(f"no reply after {REPLY_SECONDS} s to: {code[:60]}")


def main() -> None:
    """Print the table."""
    megabytes = run()
    growth = [after - before for before, after in pairwise(megabytes)]
    print(f"{NOTEBOOK.name} run again and again in one kernel (wanted: under {WANTED_MEGABYTES:g} MB a run)\n")
    print("MB after each run: " + ", ".join(f"{held:.0f}" for held in megabytes))
    print(f"growth a run, after {WARM} to warm up: {statistics.mean(growth[WARM - 1 :]):.1f} MB")


if __name__ == "__main__":
    main()
