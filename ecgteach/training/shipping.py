"""From two finished runs to the shipped pair: weights, checksums and a model card each.

``python -m ecgteach.training.shipping RUN_SIGNAL RUN_IMAGE`` takes the folders that ``train`` wrote, judges both
networks on the validation part, and writes ``ecgteach/models/weights/``. The figures in a card are those of that
evaluation; its words stand in ``card.md``.
"""

import shutil
import sys
from collections import Counter
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
from safetensors import safe_open

from ..errors import EcgteachError
from ..models import VIEWS, StripCNN, load_file
from ..models import weights as shelf
from ..records.licences import ORIGINS
from ..rhythms import grouping
from .evaluation import Evaluation, evaluate_strips
from .metrics import FEW, format_interval, judge
from .recipes import recipe
from .strips import StripSet, open_strips

LEAD_I = "challenge-2017"


def ship(runs: dict[str, Path], folder: Path) -> None:
    """Copy both runs' weights to `folder`, with checksums and cards.

    Parameters
    ----------
    runs : dict of str to path
        The finished run of each view.
    folder : path
        Where the shipped pair lies.

    Raises
    ------
    UnreadableFile
        When a run has no weights yet.
    """
    files = {view: run / f"{view}.safetensors" for view, run in runs.items()}
    models = {view: load_file(file, grouping().classes, view) for view, file in files.items()}
    judged = evaluate_strips(models, open_strips(runs["signal"] / "strips" / "validation"))
    folder.mkdir(parents=True, exist_ok=True)
    for view, file in files.items():
        shutil.copyfile(file, folder / file.name)
        text = card(models[view], file, open_strips(runs[view] / "strips" / "train"), judged)
        (folder / f"{view}.md").write_text(text, encoding="utf-8")
    sums = [f"{shelf.checksum(folder / file.name)}  {file.name}\n" for file in files.values()]
    (folder / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")


def card(model: StripCNN, weights: Path, train: StripSet, judged: Evaluation) -> str:
    """The model card of one network, as Markdown."""
    with safe_open(weights, framework="pt") as file:
        notes = file.metadata()
    chosen = recipe(notes["recipe"])
    counts = Counter(train.sources.tolist())
    layer = model.layer()
    words = {
        **notes,
        "network": type(model).__name__,
        "numbers": f"{sum(parameter.numel() for parameter in model.parameters()):,}",
        "classes": ", ".join(model.classes),
        "cell_ms": f"{layer.cell_seconds * 1000:.0f}",
        "field_s": f"{layer.field_seconds:.2f}",
        "description": chosen.description,
        "strips": f"{len(train):,}",
        "recordings": f"{len(set(train.recordings.tolist())):,}",
        "sources": ", ".join(f"{source} {count:,}" for source, count in counts.most_common()),
        "lead_i": f"{counts[LEAD_I] / len(train):.0%}",
        "compressed": f"{chosen.compressed:,}",
        "table": _figures(judged.tables()["measured_rate"]),
        "few": str(FEW),
        "by_source": _by_source(judged, model.view),
        "licences": "\n".join(f"- {ORIGINS[source]}" for source in chosen.sources),
    }
    text = resources.files(__package__).joinpath("card.md").read_text(encoding="utf-8")
    return Template(text).substitute(words)


def _figures(table: dict[str, Any]) -> str:
    lines = ["| view | strips | accuracy | interval | balanced | SR | SB | GSVT | AFIB |", "|" + "---|" * 9]
    for view, row in table.items():
        groups = [_sensitivity(figures) for figures in row["per_class"].values()]
        figures = [f"{row['accuracy']:.1%}", format_interval(row["interval"]), f"{row['balanced_accuracy']:.1%}"]
        lines.append(f"| {' | '.join([view, str(row['n']), *figures, *groups])} |")
    return "\n".join(lines)


def _by_source(judged: Evaluation, view: str) -> str:
    lines = ["| source | strips | recordings | accuracy | interval |", "|" + "---|" * 5]
    strips = judged.strips
    for source in np.unique(strips.sources):
        here = strips.sources == source
        row = judge(strips.targets[here], judged.probabilities[view][here], judged.classes, strips.recordings[here])
        right = round(row["accuracy"] * row["n"])
        accuracy = f"{row['accuracy']:.1%}" if row["n"] >= FEW else f"{right} of {row['n']}"
        lines.append(
            f"| {source} | {row['n']} | {row['recordings']} | {accuracy} | {format_interval(row['interval'])} |"
        )
    return "\n".join(lines)


def _sensitivity(figures: dict[str, Any]) -> str:
    number, sensitivity = figures["n"], figures["sensitivity"]
    if not number:
        return "none"
    return f"{round(sensitivity * number)} of {number}" if number < FEW else f"{sensitivity:.1%} of {number}"


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit("usage: python -m ecgteach.training.shipping RUN_SIGNAL RUN_IMAGE")
    try:
        ship(dict(zip(VIEWS, map(Path, sys.argv[1:]), strict=True)), Path(shelf.__file__).parent / shelf.FOLDER)
    except EcgteachError as problem:
        raise SystemExit(str(problem)) from None
