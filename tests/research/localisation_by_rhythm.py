"""Place over many simulated strips: a table by original rhythm and criterion, each map beside its controls."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ecgteach.beats import group_of_truth
from ecgteach.checks.counterfactual.rate import evenness
from ecgteach.checks.explained import maps_on_time
from ecgteach.checks.localisation.controls import CONTROLS, named
from ecgteach.checks.localisation.scores import CRITERIA, Localisation, localise_explanation, seed_of
from ecgteach.checks.localisation.simulated import RHYTHMS, explanations
from ecgteach.explanation import MAPS, Explanation
from ecgteach.models import StripCNN
from ecgteach.statistics import compare, holm, interval, mean_of


@dataclass(frozen=True)
class Placed:
    """One map of one strip, judged by place.

    Parameters
    ----------
    rhythm, criterion, map : str
        Original rhythm, criterion of the evidence, and the map's name (or the control's).
    strip : str
        Source and name of the recording.
    right : bool
        Whether the two views together gave the strip's group.
    found : Localisation
        The figures.
    evenness : float or None
        How evenly the map lies on the beats (`rate.evenness`); None for controls.
    """

    rhythm: str
    criterion: str
    map: str
    strip: str
    right: bool
    found: Localisation
    evenness: float | None = None


def placed(rhythm: str, seen: Explanation) -> Iterator[Placed]:
    """Each map and control of one explanation, for each criterion that has a place in it."""
    truth = seen.strip.truth
    assert truth is not None
    right = seen.answer == group_of_truth(truth)
    even = {name: evenness(values, seen.strip) for name, values in maps_on_time(seen).items()}
    criteria = {entry.criterion for entry in truth.with_role("P", "A")}
    for criterion in (name for name in CRITERIA if name in criteria):
        for name, found in localise_explanation(seen, criterion=criterion, seed=seed_of(truth)).items():
            yield Placed(rhythm, criterion, name, seen.strip.source_id, right, found, even.get(name))


def place_study(
    models: Mapping[str, StripCNN] | None = None,
    *,
    n: int,
    seed: int = 0,
    rhythms: Iterable[str] = tuple(RHYTHMS),
    progress: Callable[[str, int], None] | None = None,
    **choice: Any,
) -> list[Placed]:
    """Judge the maps of `n` simulated strips of each rhythm.

    Parameters
    ----------
    models, n, seed, **choice
        As in `explanations`.
    rhythms : iterable of str
        Some of `RHYTHMS`.
    progress : callable, optional
        Told the rhythm and how many of its strips are done.
    """
    rows: list[Placed] = []
    for rhythm in rhythms:
        for number, seen in enumerate(explanations(rhythm, models, n=n, seed=seed, **choice)):
            rows += placed(rhythm, seen)
            if progress:
                progress(rhythm, number + 1)
    return rows


def place_table(rows: Iterable[Placed]) -> list[dict[str, Any]]:
    """One line for each rhythm, criterion and map, controls included.

    Each holds ``n`` (strips with a score) and ``without_score`` (reason to count), the means of `Localisation`'s
    figures (``distractor``, what of the map lies on ectopic beats, beside ``distractor_coverage``, the time they take),
    the 95 % ``interval`` of the score, and for each of the maps ``over``: by control, the mean difference of the score,
    its interval, and p after Holm over the whole table.
    """
    columns: dict[tuple[str, str, str], list[Placed]] = {}
    for row in rows:
        columns.setdefault((row.rhythm, row.criterion, row.map), []).append(row)
    table = [_line(*key, column) for key, column in columns.items()]
    comparisons = []
    for line in table:
        if line["map"] not in MAPS:
            continue
        own = columns[line["rhythm"], line["criterion"], line["map"]]
        for control in CONTROLS:
            other = columns[line["rhythm"], line["criterion"], named(control, line["map"])]
            result = compare(*_on_common_strips(own, other))
            line["over"][control] = result._asdict()
            comparisons.append(line["over"][control])
    for comparison, p in zip(comparisons, holm([each["p"] for each in comparisons]), strict=True):
        comparison["p"] = p
    return table


def _line(rhythm: str, criterion: str, name: str, column: list[Placed]) -> dict[str, Any]:
    scores = [row.found.score for row in column]
    reasons: dict[str, int] = {}
    for row in column:
        if row.found.reason:
            reasons[row.found.reason] = reasons.get(row.found.reason, 0) + 1
    figures = [asdict(row.found) | {"density": row.found.density, "ceiling": row.found.ceiling} for row in column]
    names = [figure for figure in figures[0] if figure != "reason"]
    return {
        "rhythm": rhythm,
        "criterion": criterion,
        "map": name,
        "n": sum(score is not None for score in scores),
        "without_score": reasons,
        "right": mean_of([float(row.right) for row in column]),
        "evenness": mean_of([row.evenness for row in column]),
        **{figure: mean_of([each[figure] for each in figures]) for figure in names},
        "interval": interval(scores),
        "over": {},
    }


def _on_common_strips(own: list[Placed], other: list[Placed]) -> tuple[list[float | None], list[float | None]]:
    there = {row.strip: row.found.score for row in other}
    return [row.found.score for row in own], [there.get(row.strip) for row in own]
