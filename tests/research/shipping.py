"""From finished runs to the shipped pair: weights, checksums, model cards, and the one look at the test part.

Seed 0 is shipped, whatever the others achieved. The words of a card stand in ``card.md``, its figures come from here.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from string import Template
from typing import Any

from ecgteach.errors import InvalidValue
from ecgteach.models import VIEWS, StripCNN, load_file
from ecgteach.models.weights import SHIPPED_SEED, SUMS, sums_of
from ecgteach.paths import write_whole
from ecgteach.printing import format_interval, in_cell
from ecgteach.records.splits import digest
from ecgteach.rhythms import grouping
from ecgteach.sources import SOURCES
from ecgteach.statistics import FEW
from ecgteach.training.data.simulated import SOURCE
from ecgteach.training.data.strips import StripSet, open_strips
from ecgteach.training.evaluation.evaluation import Evaluation, Table, evaluate_strips
from ecgteach.training.evaluation.metrics import ClassFigures, Figures
from ecgteach.training.recipes import recipe
from ecgteach.training.runs import SHUFFLED, gather

from .blind_spots import EACH, KindAnswers, blind_spots, line, real_blind_spots
from .breakdown import (
    by_noise,
    by_rhythm,
    by_source,
    format_missed,
    format_parts,
    lead_i_share,
    missed_afib,
    sensitivity_in_words,
)
from .calibration import calibrate
from .finished_runs import check_alike, finished_seeds, notes_of, read_log
from .view_comparison import compare_views

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
        runs are not alike (`finished_runs.check_alike`).
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
    spots = {"simulated": blind_spots(models), "real": real_blind_spots(models, data)}
    figures = {part: figures_of(found) for part, found in judged.items()} | {"blind_spots": spots}
    train = open_strips(strips / "train")
    written: dict[str, bytes | str] = {file.name: file.read_bytes() for file in files.values()}
    written[SUMS] = sums_of(files.values())
    for view in VIEWS:
        written[f"{view}.md"] = card(models[view], notes[view], train, judged["test"], spreads[view], spots)
    written[FIGURES] = json.dumps(figures, indent=1, default=asdict)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in written.items():
        write_whole(folder / name, content)
    return figures


def clear_of_limits(judged: Evaluation) -> Evaluation:
    """The same without sinus strips within 2/min of a rate limit."""
    keep = ~judged.strips.near_limit
    kept = {view: probabilities[keep] for view, probabilities in judged.probabilities.items()}
    return Evaluation(judged.strips.rows(keep), kept, judged.classes)


def figures_of(judged: Evaluation) -> dict[str, Any]:
    """All that is said of a pair on one part; beside the tables, strips near a limit are left out."""
    clear = clear_of_limits(judged)
    strips = clear.strips
    return judged.to_json() | {
        "by_source": by_source(clear),
        "by_rhythm": by_rhythm(clear),
        "by_noise": by_noise(clear),
        "missed_afib": missed_afib(clear),
        "calibration": {
            view: calibrate(strips.targets, shares, strips.recordings) for view, shares in clear.probabilities.items()
        },
        "comparison": compare_views(clear),
    }


def card(
    model: StripCNN,
    notes: dict[str, str],
    train: StripSet,
    judged: Evaluation,
    spread: Sequence[float],
    spots: Mapping[str, Sequence[KindAnswers]],
) -> str:
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
    spots : mapping of str to sequence of KindAnswers
        What each view answered to kinds of simulated and of real strips.
    """
    chosen = recipe(notes["recipe"])
    real = train.rows(train.sources != SOURCE)
    counts = Counter(real.sources.tolist())
    local, rhythm = model.layer(), model.layer(f"norm{len(model.blocks)}")
    tables, clear = judged.tables(), clear_of_limits(judged)
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
        "calibration": calibrate(clear.strips.targets, clear.probabilities[model.view], clear.strips.recordings),
        "comparison": compare_views(clear),
        "spread": _spread_words(spread),
        "kinds": _kinds(spots["simulated"], model.view),
        "real_kinds": _kinds(spots["real"], model.view),
        "each": str(EACH),
        "licences": "\n".join(f"- {SOURCES[source].thanks}" for source in chosen.sources),
    }
    text = (Path(__file__).parent / "card.md").read_text(encoding="utf-8")
    return Template(text).substitute(words)


def _spread(seeds: Mapping[int, Path]) -> list[float]:
    """Accuracy on the validation part of the best epoch of each finished run, as its log tells."""
    logs = [read_log(weights.parent) for weights in seeds.values()]
    return [next(epoch for epoch in reversed(log) if epoch.best).validation_accuracy for log in logs]


def _spread_words(spread: Sequence[float]) -> str:
    if len(spread) < 2:
        return "Only one seed was trained."
    listed = ", ".join(f"{one:.1%}" for one in spread)
    return (
        f"{len(spread)} seeds on the validation part: {listed}; spread {100 * (max(spread) - min(spread)):.1f} points."
    )


def _figures(table: Table) -> str:
    lines = ["| view | strips | accuracy | interval | balanced | SR | SB | GSVT | AFIB |", "|" + "---|" * 9]
    for view, row in table.items():
        groups = [_sensitivity(figures) for figures in row.per_class.values()]
        figures = [f"{row.accuracy:.1%}", format_interval(row.interval), f"{row.balanced_accuracy:.1%}"]
        lines.append(f"| {' | '.join([view, str(row.n), *figures, *groups])} |")
    return "\n".join(lines)


def _confusion(figures: Figures) -> str:
    classes = figures.classes
    lines = [f"| true, answered | {' | '.join(classes)} | F1 |", "|" + "---|" * (len(classes) + 2)]
    for name, row in zip(classes, figures.confusion, strict=True):
        own = figures.per_class[name]
        f1 = f"{own.f1:.3f}" if own.n >= FEW else "-"
        lines.append(f"| {' | '.join([name, *map(str, row), f1])} |")
    return "\n".join(lines)


def _kinds(found: Sequence[KindAnswers], view: str) -> str:
    """What one view answered, a row a kind."""
    names = ("kind", "group", "n", "right", "answered", "confidence")
    rows = [line(answers) for answers in found if answers.view == view]
    lines = [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    return "\n".join([*lines, *(f"| {' | '.join(in_cell(row[name]) for name in names)} |" for row in rows)])


def _sensitivity(figures: ClassFigures) -> str:
    return sensitivity_in_words(figures) + f" of {figures.n}" * (figures.n >= FEW)
