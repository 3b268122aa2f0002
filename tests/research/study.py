"""The study's own experiment: four groups on Chapman's lead II, by its labels, beside what was published.

Murat Duranay et al., Sci Rep 16:7919 (2026), doi 10.1038/s41598-026-38654-w. It prints two accuracies and how many
recordings of each group it used. Its split, its settings and its reasons for leaving recordings out are not printed;
those here are our choice.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from scipy.special import softmax

from ecgteach.errors import UnreadableFile
from ecgteach.models import StripCNN
from ecgteach.paths import find
from ecgteach.printing import format_interval
from ecgteach.records import chapman
from ecgteach.records.splits import SIMULATED
from ecgteach.records.tables import read_index
from ecgteach.rhythms import grouping, rhythm, sinus_by_rate, vocabulary
from ecgteach.sources import SOURCES
from ecgteach.statistics import FEW
from ecgteach.training.data.labelled import ruled_out, split_in_words
from ecgteach.training.data.strips import StripSet
from ecgteach.training.evaluation.metrics import Figures, judge
from ecgteach.training.fit.fitting import predict
from ecgteach.training.recipes import Recipe

PUBLISHED = {"signal": "93.07%", "image": "97.44%"}
PUBLISHED_DROP = {"SR": 3, "SB": 1, "GSVT": 47, "AFIB": 7}
PUBLISHED_LEFT = 10_588
NOT_PUBLISHED = "not published"

NOT_ABOVE = 150.0
"""Ventricular rate from which atrial and ventricular rate may differ without a word for AFIB, beats per minute."""

COLUMNS = ("Rhythm", "VentricularRate", "AtrialRate")


def numbers_alone(data: str | Path | None = None) -> str:
    """What numbers achieve that the ECG cart printed, without a look at any signal; from the table at hand.

    Two rules: rate limits alone, and, before them, "atrial and ventricular rate differ below 150/min: AFIB".
    """
    try:
        folder = find(SOURCES["chapman-figshare"].folder, data)
        by_rate, by_two, n = _counted(folder / "Diagnostics.xlsx")
    except UnreadableFile as problem:
        return f"what rate alone and two numbers achieve: table not at hand ({problem})"
    return (
        f"without a signal, on the {n:,} recordings of the source's table: rate alone {by_rate:.1%}, "
        f"rate and whether the atrial rate differs {by_two:.1%}"
    )


def dropped(parts: Sequence[StripSet]) -> dict[str, int]:
    """How many recordings of each group our rule dropped, over the parts of the split."""
    return {group: sum(strips.left_out[ruled_out(group)] for strips in parts) for group in grouping().classes}


def report(model: StripCNN, parts: Sequence[StripSet], chosen: Recipe, data: str | Path | None = None) -> str:
    """The run beside what was published, as text; the last of the parts is the test part, on which it is judged.

    Parameters
    ----------
    model : StripCNN
        The trained network.
    parts : sequence of StripSet
        Training, validation and test part.
    chosen : Recipe
        With a split of its own.
    data : path, optional
        Folder that holds the data sets, for the source's table.
    """
    test = parts[-1]
    answered = softmax(predict(model, test).astype(np.float64), axis=1)
    figures = judge(test.targets, answered, model.classes, test.recordings)
    words = [
        numbers_alone(data),
        "",
        f"{model.view} network, judged on the test part of its own split ({split_in_words(chosen)})",
        *(f"{name:26}{here:40}{published}" for name, here, published in _rows(model.view, figures, parts)),
        "The study does not print why it left out 58 recordings; the difference between its drop and our rule's is "
        "unexplained.",
    ]
    if (test.sources == SIMULATED).all():
        words.append("These recordings are simulated: the figures show that the road can be walked, and no more.")
    return "\n".join(words)


def _counted(table: Path) -> tuple[float, float, int]:
    """Share of right answers by rate alone and by two numbers, and of how many recordings."""
    known, rule = vocabulary(chapman.SOURCE), grouping()
    fibrillation = rule.group_of(rhythm("AFIB"))
    by_rate = by_two = n = 0
    for row in read_index(table, COLUMNS):
        label = known.get(row["Rhythm"])
        group = rule.group_of(label) if label else None
        if group is None:
            continue
        try:
            ventricular, atrial = float(row["VentricularRate"]), float(row["AtrialRate"])
        except ValueError as problem:
            raise UnreadableFile(f"{table}: a rate is no number ({problem}). Fetch it again") from problem
        answer = rule.group_of(sinus_by_rate(ventricular))
        by_rate += answer == group
        by_two += (fibrillation if atrial != ventricular < NOT_ABOVE else answer) == group
        n += 1
    if not n:
        raise UnreadableFile(f"{table} names no rhythm of the four groups. Fetch it again")
    return by_rate / n, by_two / n, n


def _rows(view: str, figures: Figures, parts: Sequence[StripSet]) -> Iterator[tuple[str, str, str]]:
    yield "", "here", "published"
    span = format_interval(figures.interval)
    yield "accuracy", f"{figures.accuracy:.1%} of {figures.n:,} ({span})", PUBLISHED[view]
    yield "balanced accuracy", f"{figures.balanced_accuracy:.1%}", NOT_PUBLISHED
    for group, row in figures.per_class.items():
        few = row.n < FEW
        yield f"sensitivity {group}", f"{row.n} strips" if few else f"{row.sensitivity:.1%}", NOT_PUBLISHED
        yield f"F1 {group}", "-" if few else f"{row.f1:.3f}", NOT_PUBLISHED
    for group, count in dropped(parts).items():
        yield f"left out, {group}", f"{count}", f"{PUBLISHED_DROP[group]}"
    yield "recordings used", f"{sum(map(len, parts)):,}", f"{PUBLISHED_LEFT:,}"
    for other in PUBLISHED.keys() - {view}:
        yield f"accuracy, {other} network", "a run of its own", PUBLISHED[other]
