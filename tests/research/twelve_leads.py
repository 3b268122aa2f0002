"""Twelve leads of simulated kinds and contrasts on paper: three rows of four leads, and lead II with its evidence."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecgteach.records.record import Record
from ecgteach.simulator.contrasts import Contrast, contrast, contrasts
from ecgteach.simulator.kinds import kinds
from ecgteach.truth import Evidence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROWS = (("I", "aVR", "V1", "V4"), ("II", "aVL", "V2", "V5"), ("III", "aVF", "V3", "V6"))
COLOURS = {"P": "#009E73", "A": "#0072B2", "D": "#CC79A7", "C": "#DDDDDD", "X": "#F0E0C8", "I": "#F0E442"}
SECONDS = 10.0
A_PAGE = 4
NOISE = {"muscle": 32.0}


def write_kinds(folder: Path, seed: int = 1) -> list[Path]:
    """Every kind with its twelve leads, four on a page, as PNG files."""
    folder.mkdir(parents=True, exist_ok=True)
    names, written = list(kinds()), []
    for first in range(0, len(names), A_PAGE):
        drawn = [(name, kinds()[name].simulate(seed=seed, noise=NOISE)) for name in names[first : first + A_PAGE]]
        written.append(folder / f"kinds-{first // A_PAGE + 1:02d}.png")
        draw_twelve(drawn).savefig(written[-1])
    return written


def write_contrasts(folder: Path, seed: int = 1) -> list[Path]:
    """Every contrast: lead II of both, and the lead that decides where that is another, as PNG files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for number, name in enumerate(contrasts(), start=1):
        written.append(folder / f"contrast-{number:02d}.png")
        draw_contrast(contrast(name, seed=seed)).savefig(written[-1])
    return written


def draw_twelve(drawn: Sequence[tuple[str, Record]]) -> "Figure":
    """Some recordings of twelve leads below one another, each with its name."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(15, 4.6 * len(drawn)), dpi=80)
    height = 1 / len(drawn)
    for place, (name, record) in enumerate(drawn):
        top = 1 - place * height - 0.15 * height
        assert record.truth is not None
        figure.text(0.01, top + 0.04 * height, f"{name}: {record.truth.kind}", fontsize=9)
        for row, names in enumerate(ROWS):
            axes = figure.add_axes((0.01, top - (row + 1) * 0.16 * height, 0.98, 0.16 * height))
            _quarters(axes, record, names)
        axes = figure.add_axes((0.01, top - 0.84 * height, 0.98, 0.36 * height))
        _strip(axes, record, "II", record.truth.evidence, without=("I",))
    return figure


def draw_contrast(made: Contrast) -> "Figure":
    """Both recordings of a contrast with what decides painted."""
    from matplotlib.figure import Figure

    leads = ["II", *([made.pair.lead] if made.pair.needs_twelve_leads else [])]
    figure = Figure(figsize=(15, 2.2 * len(leads) * 2 + 0.8), dpi=80)
    rows = [(which, lead) for which in range(2) for lead in leads]
    height = 0.92 / len(rows)
    figure.text(0.01, 0.97, f"{made.pair.name}: {made.pair.decides}; not: {made.pair.misconception}", fontsize=10)
    for place, (which, lead) in enumerate(rows):
        axes = figure.add_axes((0.01, 0.94 - (place + 1) * height, 0.98, 0.88 * height))
        _strip(axes, made.records[which], lead, made.deciding[which])
        axes.set_title(f"{made.pair.names[which]}, lead {lead}", loc="left", fontsize=9)
    return figure


def _quarters(axes: "Axes", record: Record, names: Sequence[str]) -> None:
    """Four leads after one another, each for a quarter of the time."""
    _paper(axes, -1.6, 1.6)
    size = record.signals.shape[1] // len(names)
    for place, lead in enumerate(names):
        part = record[lead][place * size : (place + 1) * size] - np.median(record[lead])
        axes.plot(np.arange(place * size, (place + 1) * size) / record.sampling_rate, part, "k", linewidth=0.6)
        axes.text(place * SECONDS / len(names) + 0.02, 1.1, lead, fontsize=7)


def _strip(axes: "Axes", record: Record, lead: str, evidence: Sequence[Evidence], without: Sequence[str] = ()) -> None:
    samples = record[lead] - np.median(record[lead])
    _paper(axes, min(-1.0, float(samples.min()) - 0.1), max(1.4, float(samples.max()) + 0.1))
    for entry in evidence:
        if entry.role not in without:
            axes.axvspan(entry.start, entry.end, color=COLOURS[entry.role], alpha=0.35, linewidth=0)
    axes.plot(np.arange(samples.size) / record.sampling_rate, samples, "k", linewidth=0.7)


def _paper(axes: "Axes", low: float, high: float) -> None:
    axes.set_xlim(0, SECONDS)
    axes.set_ylim(low, high)
    axes.axis("off")
    axes.vlines(np.arange(0, SECONDS + 0.01, 0.2), low, high, color="#E8B4B4", linewidth=0.3)
    axes.hlines(np.arange(-4, 4.1, 0.5), 0, SECONDS, color="#E8B4B4", linewidth=0.3)
