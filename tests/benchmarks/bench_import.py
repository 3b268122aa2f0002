"""How long the front door takes to open: ``import ecgteach`` in a fresh Python, beside a bare one and beside torch."""

import statistics
import subprocess
import sys
import time

REPEATS = 7
WANTED_SECONDS = 0.3


def run() -> list[dict[str, object]]:
    """Median seconds of a fresh process for each statement, interleaved."""
    statements = {"nothing": "pass", "import ecgteach": "import ecgteach", "import torch": "import torch"}
    times: dict[str, list[float]] = {name: [] for name in statements}
    for _ in range(REPEATS):
        for name, code in statements.items():
            begin = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            times[name].append(time.perf_counter() - begin)
    bare = statistics.median(times["nothing"])
    return [
        {"what": name, "seconds": statistics.median(found), "over bare": statistics.median(found) - bare}
        for name, found in times.items()
    ]


def main() -> None:
    """Print the table."""
    print(f"a fresh Python that does one thing (wanted: import ecgteach under {WANTED_SECONDS} s)\n")
    for row in run():
        print(f"{row['what']:18} {row['seconds']:6.3f} s   {row['over bare']:6.3f} s more than a bare Python")


if __name__ == "__main__":
    main()
