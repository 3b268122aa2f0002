"""What training costs: strips a second for each view, an epoch over 10,000 strips, memory as the data set grows.

    python start.py bench training

An epoch is what `fit` does: read, distort, draw, learn, judge. Its bound is the bare network on one batch that is
ready: forward, backward and the step. Inference is `predict`; its bound is the forward pass. Strips are simulated, half
of them called recorded, so that each loss of the shipped recipe has its share.

Memory is measured in a process of its own for a data set of the shared size and for one ten times as large, which is
the same strips laid end to end. A memory map's pages belong to the system, which takes them back when it needs them;
what must not grow is the rest.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from ecgteach.models import NETWORKS, StripCNN, inputs
from ecgteach.training.data.simulated import simulated_strips
from ecgteach.training.data.strips import COLUMNS, StripSet, open_strips, write_strips
from ecgteach.training.fit.fitting import fit, predict
from ecgteach.training.recipes import recipe

THREADS = 2
STRIPS = 800
EPOCH = 10_000
TURNS = 20
SHARED = 7_500
TIMES = 10
WANTED_SECONDS = {"signal": 45.0, "image": 90.0}


def strips(folder: Path, number: int = STRIPS) -> tuple[StripSet, StripSet]:
    """Strips to learn from and to judge by, one tenth; every other one is called recorded."""
    made = write_strips(simulated_strips(number, recipe("shipped").simulated_kinds), folder)
    mixed = replace(made, sources=np.where(np.arange(number) % 2, made.sources, "recorded"))
    judged = np.arange(number) < number // 10
    return mixed.rows(~judged), mixed.rows(judged)


def cost(view: str, train: StripSet, validation: StripSet, epoch: int, turns: int) -> dict[str, float]:
    """Seconds of one epoch and strips a second in training and inference, each with its bound."""
    chosen = recipe("shipped", epochs=1, strips_an_epoch=epoch)
    model = NETWORKS[view]()
    fit(model, train, validation, recipe=recipe("shipped", epochs=1, strips_an_epoch=4 * chosen.batch), threads=THREADS)
    began = time.perf_counter()
    fit(model, train, validation, recipe=chosen, threads=THREADS)
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    predict(model, train)
    answering = time.perf_counter() - began
    bare_training, bare_answering = bounds(model, train, chosen.batch, turns)
    return {
        "seconds": seconds,
        "training": epoch / seconds,
        "training bound": bare_training,
        "inference": len(train) / answering,
        "inference bound": bare_answering,
    }


def bounds(model: StripCNN, train: StripSet, batch: int, turns: int) -> tuple[float, float]:
    """Strips a second of the bare network, learning and answering."""
    seen = inputs(model.view, train.millivolts(slice(0, batch)))
    targets = torch.from_numpy(train.targets[:batch])
    optimiser = torch.optim.AdamW(model.parameters())
    model.train()
    began = time.perf_counter()
    for _ in range(turns):
        optimiser.zero_grad(set_to_none=True)
        functional.cross_entropy(model(seen), targets).backward()
        optimiser.step()
    learning = time.perf_counter() - began
    model.eval()
    with torch.inference_mode():
        began = time.perf_counter()
        for _ in range(turns):
            model(seen)
        answering = time.perf_counter() - began
    return batch * turns / learning, batch * turns / answering


def tiled(strips: StripSet, folder: Path, number: int) -> Path:
    """The same strips laid end to end until there are so many; each round counts as other recordings."""
    folder.mkdir(parents=True)
    rows = np.arange(number) % len(strips)
    with (folder / "strips.i16").open("wb") as file:
        for first in range(0, number, len(strips)):
            file.write(strips.microvolts[: min(len(strips), number - first)].tobytes())
    columns = {name: getattr(strips, name)[rows] for name in COLUMNS}
    rounds = np.arange(number) // len(strips)
    columns["recordings"] = np.array(
        [f"{name}-{turn}" for name, turn in zip(columns["recordings"], rounds, strict=True)]
    )
    np.savez_compressed(folder / "index.npz", **columns)
    return folder


def memory(folder: Path, validation: Path, epoch: int) -> dict[str, float]:
    """Peak memory in MB of a process that trains the signal network for one epoch from a folder of strips."""
    code = "import sys; from tests.benchmarks.bench_training import train_here; train_here(*sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder), str(validation), str(epoch)],
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def train_here(folder: str, validation: str, epoch: str) -> None:
    """Train in this process and print the peak of its own memory, and with the map's pages."""
    peak = {"own": 0.0, "with map": 0.0}
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            for name, mb in resident().items():
                peak[name] = max(peak[name], mb)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        chosen = recipe("shipped", epochs=1, strips_an_epoch=int(epoch))
        fit(NETWORKS["signal"](), open_strips(Path(folder)), open_strips(Path(validation)), recipe=chosen, threads=1)
    finally:
        over.set()
        watcher.join()
    print(json.dumps(peak))


def resident() -> dict[str, float]:
    """Memory of this process in MB: its own, and with the pages of memory maps; Linux tells."""
    told = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
    return {name: int(told[key].split()[0]) / 1024 for name, key in (("own", "RssAnon"), ("with map", "VmRSS"))}


def run(
    number: int = STRIPS, epoch: int = EPOCH, shared: int = SHARED, turns: int = TURNS
) -> tuple[dict[str, dict[str, float]], list[dict[str, float]]]:
    """Cost of each view, and memory for the shared size and ten times as much."""
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    try:
        with tempfile.TemporaryDirectory(prefix="ecgteach-") as scratch:
            folder = Path(scratch)
            train, validation = strips(folder / "made", number)
            costs = {view: cost(view, train, validation, epoch, turns) for view in NETWORKS}
            judged = tiled(validation, folder / "validation", len(validation))
            sizes = {size: tiled(train, folder / str(size), size) for size in (shared, TIMES * shared)}
            spent = [{"strips": size} | memory(place, judged, epoch // 5) for size, place in sizes.items()]
    finally:
        torch.set_num_threads(before)
    return costs, spent


def main() -> None:
    """Print both tables."""
    costs, spent = run()
    print(f"{THREADS} threads, epoch of {EPOCH:,} strips, strips a second beside the bare network's")
    for view, found in costs.items():
        wanted = WANTED_SECONDS[view]
        verdict = "reached" if found["seconds"] <= wanted else "not reached"
        print(
            f"{view:8}epoch {found['seconds']:6.1f} s (wanted <= {wanted:g}: {verdict})   "
            f"training {found['training']:6.0f} of {found['training bound']:6.0f}   "
            f"inference {found['inference']:6.0f} of {found['inference bound']:6.0f}"
        )
    print("\npeak memory while training the signal network")
    for row in spent:
        print(
            f"{row['strips']:8,.0f} strips   own {row['own']:6.0f} MB   with the map's pages {row['with map']:6.0f} MB"
        )
    print(f"ten times the strips: {spent[1]['own'] / spent[0]['own']:.2f} times the memory (wanted: 1)")


if __name__ == "__main__":
    main()
