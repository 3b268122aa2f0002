"""How fast is the simulator? Single-lead strips and twelve-lead records a second, and NeuroKit2 beside it.

    python tests/benchmarks/bench_simulator.py

Both make 10 s at 500 Hz. Ours makes them with noise, of a mixture of rhythms; NeuroKit2's `ecg_simulate` makes one lead
with its default method (ecgsyn) and its simple one, or twelve leads, of sinus rhythm. All contenders take turns, so
that whatever else the machine does hits all of them. The figures for two cores come from two processes at once.
"""

import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import numpy as np

RHYTHMS = ("SR", "SB", "ST", "AFIB")
TURNS = 5
STRIPS, RECORDS = 160, 48
WANTED = {"single lead": 1000.0, "twelve leads": 200.0}


def ours(leads: int, number: int, seed: int) -> int:
    """Simulate a mixture of rhythms with the usual noise, one lead or twelve."""
    from ecgteach.simulator import simulate_many
    from ecgteach.simulator.leads import LEADS

    names = [RHYTHMS[i % len(RHYTHMS)] for i in range(number)]
    return len(simulate_many(names, seed=seed, leads=("II",) if leads == 1 else LEADS))


def processor_seconds(leads: int, number: int, seed: int) -> float:
    """Processor time of `ours`; what other programs take of a core does not count."""
    began = time.process_time()
    ours(leads, number, seed)
    return time.process_time() - began


def neurokit(method: str, number: int) -> int:
    """Simulate sinus rhythm with NeuroKit2."""
    import neurokit2 as nk

    for seed in range(number):
        nk.ecg_simulate(duration=10, sampling_rate=500, heart_rate=75, method=method, random_state=seed)
    return number


def seconds_of(call: Callable[[], int]) -> tuple[float, float]:
    """Recordings a second by the clock, and by the processor's own time."""
    clock, processor = time.perf_counter(), time.process_time()
    number = call()
    return number / (time.perf_counter() - clock), number / (time.process_time() - processor)


def run() -> list[dict[str, float | str]]:
    """Measure every contender; one row each, medians over the turns."""
    calls: dict[str, Callable[[], int]] = {
        "single lead": lambda: ours(1, STRIPS, 1),
        "twelve leads": lambda: ours(12, RECORDS, 1),
        "NeuroKit2, one lead, ecgsyn": lambda: neurokit("ecgsyn", 3),
        "NeuroKit2, one lead, simple": lambda: neurokit("simple", 10),
        "NeuroKit2, twelve leads": lambda: neurokit("multileads", 3),
    }
    for call in calls.values():
        call()
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    for _ in range(TURNS):
        for name, call in calls.items():
            rates[name].append(seconds_of(call))
    rows: list[dict[str, float | str]] = []
    for name, measured in rates.items():
        clock, processor = np.median(measured, axis=0)
        rows.append({"what": name, "clock": float(clock), "processor": float(processor)})
    return rows


def on_two_cores() -> dict[str, tuple[float, float]]:
    """Recordings a second of two processes at once: by the clock, and by processor time."""
    found = {}
    with ProcessPoolExecutor(2) as pool:
        for name, leads, number in (("single lead", 1, 4 * STRIPS), ("twelve leads", 12, 4 * RECORDS)):
            list(pool.map(ours, (leads, leads), (8, 8), (1, 2)))
            rates = []
            for turn in range(TURNS):
                began = time.perf_counter()
                spent = sum(pool.map(processor_seconds, (leads, leads), (number, number), (2 * turn, 2 * turn + 1)))
                rates.append((2 * number / (time.perf_counter() - began), 2 * 2 * number / spent))
            found[name] = tuple(np.max(rates, axis=0).tolist())
    return found


def main() -> None:
    """Print the table."""
    rows = run()
    print(f"{'one process':32}{'a second, by the clock':>26}{'by the processor':>20}")
    for row in rows:
        print(f"{row['what']:32}{row['clock']:26.0f}{row['processor']:20.0f}")
    clock = {str(row["what"]): float(row["clock"]) for row in rows}
    peers = [name for name in clock if name.startswith("NeuroKit2")]
    print()
    for peer in peers:
        own = "twelve leads" if "twelve" in peer else "single lead"
        print(f"ours / {peer}: {clock[own] / clock[peer]:.1f}")
    print()
    for name, (clock_rate, processor_rate) in on_two_cores().items():
        print(
            f"{name}, two processes on {os.cpu_count()} cores: {clock_rate:.0f} a second by the clock, "
            f"{processor_rate:.0f} by the processor   wanted >= {WANTED[name]:.0f}"
        )


if __name__ == "__main__":
    main()
