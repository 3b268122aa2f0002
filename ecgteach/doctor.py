"""What is installed, what is at hand, what is wrong, and how to mend it."""

import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from . import paths
from .errors import EcgteachError

LIBRARIES = ("torch", "numpy", "scipy", "matplotlib", "wfdb", "jupyterlab", "ipywidgets", "bokeh", "jupyter_bokeh")
OPTIONAL = frozenset({"jupyterlab", "ipywidgets", "bokeh", "jupyter_bokeh"})


@dataclass(frozen=True)
class Inspection:
    """One line of the report: what was looked at, what was found, and what to do where it is not good."""

    subject: str
    found: str
    good: bool = True
    advice: str = ""

    def __str__(self) -> str:
        line = f"{'ok  ' if self.good else 'LOOK'}  {self.subject:14} {self.found}"
        return line if not self.advice else f"{line}\n      {'':14} -> {self.advice}"


def examine() -> list[Inspection]:
    """Look at Python, libraries, threads, weights, embedded strips and data sets; nothing is changed."""
    return [*_python(), *_libraries(), _threads(), *_weights(), _samples(), *_data()]


def _python() -> Iterator[Inspection]:
    version = platform.python_version()
    old = sys.version_info < (3, 11)
    yield Inspection(
        "Python", f"{version} on {platform.system()}", not old, "install Python 3.11 or later" if old else ""
    )


def _libraries() -> Iterator[Inspection]:
    for name in LIBRARIES:
        try:
            yield Inspection(name, metadata.version(name))
        except metadata.PackageNotFoundError:
            advice = 'pip install ".[lab]"' if name in OPTIONAL else "pip install ."
            yield Inspection(name, "not installed", False, f"python start.py, or: {advice}")


def available_cores() -> int:
    """Cores that this process may use: what the container's limit and the affinity leave, at least one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return cores
    return cores if quota == "max" else max(1, min(cores, int(quota) // int(period)))


def _threads() -> Inspection:
    import torch

    threads, cores = torch.get_num_threads(), available_cores()
    if threads > cores:
        return Inspection(
            "threads", f"torch uses {threads}, the machine gives {cores}", False, f"set OMP_NUM_THREADS={cores}"
        )
    return Inspection("threads", f"torch uses {threads} of {cores} cores")


def _weights() -> Iterator[Inspection]:
    from .models import VIEWS, load

    for view in VIEWS:
        try:
            model = load(view)
        except EcgteachError as problem:
            yield Inspection(f"{view} weights", "unusable", False, str(problem))
            continue
        layer = model.layer()
        yield Inspection(
            f"{view} weights",
            f"{sum(p.numel() for p in model.parameters()):,} numbers, checksum verified; cells of "
            f"{layer.cell_seconds * 1000:.0f} ms, each sees {layer.field_seconds:.2f} s",
        )


def _samples() -> Inspection:
    from .records import samples

    counts: dict[str, int] = {}
    for line in samples():
        counts[line.group] = counts.get(line.group, 0) + 1
    return Inspection("embedded", ", ".join(f"{count} {group}" for group, count in counts.items()) + " strips")


def _data() -> Iterator[Inspection]:
    from .records import open_dataset
    from .sources import SOURCES, readable

    yield Inspection("looked in", ", ".join(str(root) for root in paths.roots()))
    for source in readable():
        try:
            yield Inspection(source, f"{len(open_dataset(source)):,} records")
        except EcgteachError:
            yield Inspection(source, f"not here; the course runs without it. To have it: {SOURCES[source].command}")
