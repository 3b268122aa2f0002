"""How long does attention by wave take for 1,000 strips, delineation included and alone?

    python start.py bench waves

The strips are simulated and their truth is taken away, so that each is delineated as a real one; their maps are random
cells. One thread: two of them spin while another program holds the second core, and then the clock measures that.
"""

import time
from dataclasses import replace

import numpy as np
import torch

from ecgteach import explain
from ecgteach.explanation import Explanation
from ecgteach.records import from_array
from ecgteach.simulator import simulate_strips
from ecgteach.strip import Strip
from ecgteach.waves import attention_by_wave, delineate

STRIPS = 1000
WANTED_SECONDS = 60.0


def explanations() -> list[Explanation]:
    """One explanation, given to each strip with a map of its own."""
    random = np.random.default_rng(0)
    millivolts = simulate_strips(STRIPS, seed=1).millivolts
    first = explain(from_array(millivolts[:1], sampling_rate=500.0, unit="mV"))
    made = []
    for row in millivolts:
        maps = {name: random.random(5000, dtype=np.float32) for name in (*first.views, "fused")}
        views = {name: replace(view, on_time=maps[name]) for name, view in first.views.items()}
        made.append(replace(first, strip=Strip(row, steps=first.strip.steps), views=views, fused=maps["fused"]))
    return made


def main() -> None:
    """Print seconds for all strips, in wall time and in processor time."""
    torch.set_num_threads(1)
    seen = explanations()
    delineate(seen[0].strip)
    print(f"{STRIPS} strips, three maps each      wall s   processor s")
    began, busy = time.perf_counter(), time.process_time()
    waves = [delineate(one.strip) for one in seen]
    middle, busy_middle = time.perf_counter(), time.process_time()
    counted = sum(bool(attention_by_wave(one, found).shares) for one, found in zip(seen, waves, strict=True))
    ended, busy_end = time.perf_counter(), time.process_time()
    for name, wall, processor in (
        ("delineation", middle - began, busy_middle - busy),
        ("attention by wave", ended - middle, busy_end - busy_middle),
        ("both", ended - began, busy_end - busy),
    ):
        print(f"{name:34}{wall:8.1f}{processor:14.1f}")
    for clock, seconds in (("wall", ended - began), ("processor", busy_end - busy)):
        verdict = "reached" if seconds <= WANTED_SECONDS else "not reached"
        print(f"wanted: both within {WANTED_SECONDS:g} s, by {clock} time: {verdict}")
    print(f"strips with waves: {counted}")


if __name__ == "__main__":
    main()
