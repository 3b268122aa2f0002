"""Does a process that explains strip after strip grow?

    python start.py bench explain_memory

What is resident after the first calls, and after so many more: strips of all groups in turn, both networks, maps and
fusion, as a course night asks for them. Wanted: less than 10 MB in 2,000 calls.
"""

import gc
import os
from itertools import cycle, islice
from pathlib import Path

import ecgteach
from ecgteach.records import samples

WARM, CALLS, STEPS = 60, 2000, 4
WANTED_MEGABYTES = 10.0


def resident() -> float:
    """Megabytes that this process has in memory (Linux)."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return float(pages * os.sysconf("SC_PAGE_SIZE") / 2**20)


def growth(calls: int = CALLS, warm: int = WARM, steps: int = STEPS) -> list[float]:
    """Megabytes above what the first calls left, after each part of the calls."""
    strips = [line.load().strip(quality="any") for line in samples()[::7]]

    def explained(number: int) -> None:
        for strip in islice(cycle(strips), number):
            ecgteach.explain(strip)

    explained(warm)
    before, grown = resident(), []
    for _ in range(steps):
        explained(calls // steps)
        grown.append(resident() - before)
    return grown


def main() -> None:
    """Print the growth after each part."""
    grown = growth()
    for part, megabytes in enumerate(grown, start=1):
        print(f"{part * CALLS // STEPS:6} calls{megabytes:10.1f} MB")
    print(f"grown by {grown[-1]:.1f} MB; wanted: less than {WANTED_MEGABYTES:g}")


if __name__ == "__main__":
    main()
