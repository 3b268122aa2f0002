"""Run the benchmarks beside this file and print what each one measured.

    python start.py bench              all of them
    python start.py bench gradcam      those named: bench_gradcam.py

A benchmark is a module ``bench_<name>.py`` with `main()`, which prints a table.
"""

import importlib
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path


def main(names: Sequence[str]) -> int:
    """Run the benchmarks of these names, or all; the exit status says whether each came to its end."""
    found = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
    unknown = [name for name in names if name not in found]
    if unknown:
        print(f"No benchmark is named {', '.join(unknown)}. There are: {', '.join(found)}.", file=sys.stderr)
        return 2
    failed = [name for name in names or found if not measure(name)]
    if failed:
        print(f"Failed: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def measure(name: str) -> bool:
    """Run one benchmark; where it fails, show its traceback, so that the others still get their turn."""
    print(f"{name}\n", flush=True)
    began = time.perf_counter()
    try:
        importlib.import_module(f"tests.benchmarks.bench_{name}").main()
    except Exception:
        traceback.print_exc()
        return False
    print(f"\n{name}: {time.perf_counter() - began:.0f} s\n", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
