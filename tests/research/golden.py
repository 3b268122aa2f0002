"""What the shipped networks say of every embedded strip, kept as a table: a change that moves a figure is seen.

``python -m tests.research golden`` writes ``tests/golden_strips.csv`` anew after a change that is meant to move it;
the commit then says which and why. ``tests/test_golden.py`` holds the table against the code.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ecgteach.beats import find_beats
from ecgteach.explanation import FUSED, Explanation, explain
from ecgteach.paths import write_whole
from ecgteach.records import sample, samples
from ecgteach.rhythms import grouping
from ecgteach.strip import SAMPLING_RATE
from ecgteach.waves import attention_by_wave

TABLE = Path(__file__).parent.parent / "golden_strips.csv"
WAVES = ("P", "PR", "QRS", "ST-T", "pre")
"""Whose shares of the fused map are kept."""

KEPT_AS_TEXT = ("strip", "quality", "answer", "p")


def rows() -> Iterator[dict[str, str]]:
    """One row for each embedded strip, in the order of the groups."""
    for group in grouping().classes:
        for number in range(len(samples(group))):
            yield row_of(f"{group}:{number}", explain(sample(group, number)))


def row_of(name: str, seen: Explanation) -> dict[str, str]:
    """Figures of one strip: probabilities, hottest moments, spread and shares of the maps, rate, quality, P."""
    found = attention_by_wave(seen)
    row = {
        "strip": name,
        "quality": str(seen.strip.quality),
        "answer": seen.answer,
        "p": found.waves.p.outcome,
        "rate": f"{find_beats(seen.strip).rate:.2f}",
    }
    for view, one in seen.views.items():
        row |= {f"{view} {code}": f"{chance:.4f}" for code, chance in one.prediction.probabilities.items()}
    row |= {f"both {code}": f"{chance:.4f}" for code, chance in seen.probabilities.items()}
    maps = {name: view.on_time for name, view in seen.views.items()} | {FUSED: seen.fused}
    for name, values in maps.items():
        hottest, spread = (np.nan, np.nan) if values is None else (values.argmax() / SAMPLING_RATE, values.mean())
        row |= {f"{name} hottest": f"{hottest:.3f}", f"{name} mean": f"{spread:.4f}"}
    shares = {wave: found.of(FUSED, wave) for wave in WAVES}
    return row | {f"share {wave}": f"{share.mass if share else np.nan:.4f}" for wave, share in shares.items()}


def write_golden() -> Path:
    """Write the table anew."""
    every = list(rows())
    text = io.StringIO()
    table = csv.DictWriter(text, list(every[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(every)
    return write_whole(TABLE, text.getvalue())
