"""From finished runs to the shipped pair: weights, checksums, model cards, and the one look at the test part.

``python -m tests.research.shipping RUNS --strips STRIPS`` takes the runs ``RUNS/signal-0``, ``RUNS/image-0`` and
their kin of other seeds, ships seed 0 (whatever the others achieved), judges the pair on the validation and on the test
part and writes ``ecgteach/models/weights/``. The words of a card stand in ``card.md``, its figures come from that.
"""

import argparse
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from ecgteach.errors import EcgteachError, InvalidValue
from ecgteach.models import VIEWS, StripCNN, load_file
from ecgteach.models import weights as shelf
from ecgteach.models.weights import SHIPPED_SEED
from ecgteach.paths import write_whole
from ecgteach.printing import format_interval
from ecgteach.records.licences import ORIGINS
from ecgteach.records.splits import digest
from ecgteach.rhythms import grouping
from ecgteach.statistics import FEW
from ecgteach.training.data.simulated import SOURCE
from ecgteach.training.data.strips import StripSet, open_strips
from ecgteach.training.evaluation.evaluation import Evaluation, evaluate_strips
from ecgteach.training.fit.calibration import calibrate, format_calibration
from ecgteach.training.fit.fitting import LOG
from ecgteach.training.fit.seeds import check_alike, finished_seeds, notes_of
from ecgteach.training.recipes import recipe
from ecgteach.training.runs import SHUFFLED, gather

from .breakdown import by_noise, by_rhythm, by_source, format_missed, format_parts, lead_i_share, missed_afib
from .view_comparison import compare_views, format_comparison

FIGURES = "figures.json"


def ship(runs: Path, strips: Path, folder: Path, data: Path | None = None) -> dict[str, Any]:
    """Write the shipped pair with checksums, cards and figures.

    Parameters
    ----------
    runs : path
        Holds finished runs named ``signal-SEED`` and ``image-SEED``.
    strips : path
        Folder of gathered strips; the test part is gathered here if it is not there yet.
    folder : path
        Where the shipped pair lies.
    data : path, optional
        Folder that holds the data sets.

    Returns
    -------
    dict
        The figures, as they stand in ``figures.json`` beside the weights.

    Raises
    ------
    UnreadableFile
        When a run of the shipped seed has no weights yet.
    InvalidValue
        When a run followed another split than the committed one or learnt from shuffled labels, or when the finished
        runs are not alike (`seeds.check_alike`).
    """
    files = {view: runs / f"{view}-{SHIPPED_SEED}" / f"{view}.safetensors" for view in VIEWS}
    models = {view: load_file(file, grouping().classes, view) for view, file in files.items()}
    notes = {view: notes_of(file) for view, file in files.items()}
    for view, note in notes.items():
        if note["split"] != digest():
            raise InvalidValue(f"{files[view]} was trained on another split; only the committed one is shipped")
        if note.get("labels") == SHUFFLED:
            raise InvalidValue(f"{files[view]} learnt from shuffled labels; it answers by chance and is never shipped")
    check_alike({file.parent.name: file for file in files.values()})
    spreads = {view: _spread(finished_seeds(runs, view)) for view in VIEWS}
    chosen = recipe(notes["signal"]["recipe"])
    test = gather(chosen, "test", data, strips / "test", print)
    judged = {"test": evaluate_strips(models, test)}
    judged["validation"] = evaluate_strips(models, open_strips(strips / "validation"))
    figures = {part: figures_of(found) for part, found in judged.items()}
    train = open_strips(strips / "train")
    written: dict[str, bytes | str] = {file.name: file.read_bytes() for file in files.values()}
    written[shelf.SUMS] = shelf.sums_of(files.values())
    for view in VIEWS:
        written[f"{view}.md"] = card(models[view], notes[view], train, judged["test"], spreads[view])
    written[FIGURES] = json.dumps(figures, indent=1)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in written.items():
        write_whole(folder / name, content)
    return figures


def figures_of(judged: Evaluation) -> dict[str, Any]:
    """All that is said of a pair on one part, as plain values; beside the tables, strips near a limit are left out."""
    clear = judged.clear_of_limits()
    strips = clear.strips
    return judged.to_json() | {
        "by_source": by_source(clear),
        "by_rhythm": by_rhythm(clear),
        "by_noise": by_noise(clear),
        "missed_afib": missed_afib(clear),
        "calibration": {
            view: calibrate(strips.targets, told, strips.recordings) for view, told in clear.probabilities.items()
        },
        "comparison": compare_views(clear),
    }


def card(model: StripCNN, notes: dict[str, str], train: StripSet, judged: Evaluation, spread: Sequence[float]) -> str:
    """The model card of one network, as Markdown.

    Parameters
    ----------
    model : StripCNN
        The network.
    notes : dict
        Metadata of its file.
    train : StripSet
        What it learnt from.
    judged : Evaluation
        The pair on the test part.
    spread : sequence of float
        Accuracy on the validation part of each seed's network of this view.
    """
    chosen = recipe(notes["recipe"])
    real = train.rows(train.sources != SOURCE)
    counts = Counter(real.sources.tolist())
    local, rhythm = model.layer(), model.layer(f"norm{len(model.blocks)}")
    tables, clear = judged.tables(), judged.clear_of_limits()
    words = {
        **notes,
        "network": type(model).__name__,
        "numbers": f"{sum(parameter.numel() for parameter in model.parameters()):,}",
        "classes": ", ".join(model.classes),
        "cell_ms": f"{local.cell_seconds * 1000:.0f}",
        "field_s": f"{local.field_seconds:.2f}",
        "rhythm_s": f"{rhythm.field_seconds:.2f}",
        "description": chosen.description,
        "strips": f"{len(real):,}",
        "recordings": f"{len(set(real.recordings.tolist())):,}",
        "sources": ", ".join(f"{source} {count:,}" for source, count in counts.most_common()),
        "lead_i": f"{lead_i_share(real):.0%}",
        "compressed": f"{chosen.compressed:,}",
        "simulated": f"{chosen.simulated:,}",
        "table": _figures(tables["measured_rate"]),
        "table_all": _figures(tables["measured_rate_all"]),
        "confusion": _confusion(tables["measured_rate"][model.view]),
        "few": str(FEW),
        "by_source": format_parts(by_source(clear), "source"),
        "by_rhythm": format_parts(by_rhythm(clear), "original rhythm"),
        "by_noise": format_parts(by_noise(clear), "noise"),
        "missed": format_missed(missed_afib(clear)),
        "calibration": format_calibration(
            calibrate(clear.strips.targets, clear.probabilities[model.view], clear.strips.recordings)
        ),
        "comparison": format_comparison(compare_views(clear)),
        "spread": _spread_words(spread),
        "licences": "\n".join(f"- {ORIGINS[source]}" for source in chosen.sources),
    }
    text = (Path(__file__).parent / "card.md").read_text(encoding="utf-8")
    return Template(text).substitute(words)


def _spread(seeds: Mapping[int, Path]) -> list[float]:
    """Accuracy on the validation part of the best epoch of each finished run, as its log tells."""
    found = []
    for weights in seeds.values():
        epochs = [json.loads(line) for line in (weights.parent / LOG).read_text(encoding="utf-8").splitlines()]
        found.append(next(epoch for epoch in reversed(epochs) if epoch["best"])["validation_accuracy"])
    return found


def _spread_words(spread: Sequence[float]) -> str:
    if len(spread) < 2:
        return "Only one seed was trained."
    listed = ", ".join(f"{one:.1%}" for one in spread)
    return (
        f"{len(spread)} seeds on the validation part: {listed}; spread {100 * (max(spread) - min(spread)):.1f} points."
    )


def _figures(table: dict[str, Any]) -> str:
    lines = ["| view | strips | accuracy | interval | balanced | SR | SB | GSVT | AFIB |", "|" + "---|" * 9]
    for view, row in table.items():
        groups = [_sensitivity(figures) for figures in row["per_class"].values()]
        figures = [f"{row['accuracy']:.1%}", format_interval(row["interval"]), f"{row['balanced_accuracy']:.1%}"]
        lines.append(f"| {' | '.join([view, str(row['n']), *figures, *groups])} |")
    return "\n".join(lines)


def _confusion(figures: dict[str, Any]) -> str:
    classes = figures["classes"]
    lines = [f"| true, answered | {' | '.join(classes)} | F1 |", "|" + "---|" * (len(classes) + 2)]
    for name, row in zip(classes, figures["confusion"], strict=True):
        own = figures["per_class"][name]
        f1 = f"{own['f1']:.3f}" if own["n"] >= FEW else "-"
        lines.append(f"| {' | '.join([name, *map(str, row), f1])} |")
    return "\n".join(lines)


def _sensitivity(figures: dict[str, Any]) -> str:
    number, sensitivity = figures["n"], figures["sensitivity"]
    if not number:
        return "none"
    return f"{round(sensitivity * number)} of {number}" if number < FEW else f"{sensitivity:.1%} of {number}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.research.shipping", description=ship.__doc__)
    parser.add_argument("runs", type=Path, help="folder of finished runs: signal-0, image-0, signal-1 ...")
    parser.add_argument("--strips", type=Path, required=True, help="folder of gathered strips")
    parser.add_argument("--data", type=Path, help="folder that holds the data sets; else ECGTEACH_DATA")
    asked = parser.parse_args()
    try:
        ship(asked.runs, asked.strips, Path(shelf.__file__).parent / shelf.FOLDER, asked.data)
    except EcgteachError as problem:
        raise SystemExit(str(problem)) from None
