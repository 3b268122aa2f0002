"""Localisation over many simulated strips: a table by original rhythm and criterion, each map beside its controls."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field

from ecgteach.beats import group_of_truth
from ecgteach.checks.counterfactual.rate import evenness
from ecgteach.checks.explained import maps_on_time
from ecgteach.checks.localisation.controls import CONTROLS, named
from ecgteach.checks.localisation.scores import CRITERIA, Localisation, localise_explanation, seed_of
from ecgteach.checks.localisation.simulated import RHYTHMS, explanations
from ecgteach.explanation import MAPS, Explanation
from ecgteach.models import StripCNN
from ecgteach.statistics import Paired, compare, holm, interval, mean_of


@dataclass(frozen=True)
class Localised:
    """One map of one strip, scored by localisation.

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

    @property
    def figures(self) -> dict[str, float | None]:
        """Those of `Localisation`, by name."""
        figures = asdict(self.found) | {"density": self.found.density, "ceiling": self.found.ceiling}
        del figures["reason"]
        return figures


@dataclass(frozen=True)
class LocalisationLine:
    """One map over the strips of one rhythm, for one criterion.

    Parameters
    ----------
    rhythm, criterion, map : str
        As in `Localised`.
    n : int
        Strips with a score.
    without_score : dict of str to int
        The others, by reason.
    right, evenness : float or None
        Share of strips whose group was answered, and mean evenness.
    means : dict of str to float or None
        Means of `Localised.figures`, among them ``distractor``, what of the map lies on ectopic beats, and
        ``distractor_coverage``, the time they take.
    interval : list of float, or None
        95 % of the score.
    over : dict of str to Paired
        For a map by control: the difference of the score, its interval, and p after Holm over the whole table.
    """

    rhythm: str
    criterion: str
    map: str
    n: int
    without_score: dict[str, int]
    right: float | None
    evenness: float | None
    means: dict[str, float | None]
    interval: list[float] | None
    over: dict[str, Paired] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """As one level of values."""
        entries = {name: value for name, value in vars(self).items() if name != "means"}
        return {**entries, **self.means}


def localised(rhythm: str, seen: Explanation) -> Iterator[Localised]:
    """Each map and control of one explanation, for each criterion that has a place in it."""
    truth = seen.strip.truth
    assert truth is not None
    right = seen.answer == group_of_truth(truth)
    even = {name: evenness(values, seen.strip) for name, values in maps_on_time(seen).items()}
    criteria = {entry.criterion for entry in truth.with_role("P", "A")}
    for criterion in (name for name in CRITERIA if name in criteria):
        for name, found in localise_explanation(seen, criterion=criterion, seed=seed_of(truth)).items():
            yield Localised(rhythm, criterion, name, seen.strip.source_id, right, found, even.get(name))


def localisation_study(
    models: Mapping[str, StripCNN] | None = None,
    *,
    n: int,
    seed: int = 0,
    rhythms: Iterable[str] = tuple(RHYTHMS),
    progress: Callable[[str, int], None] | None = None,
) -> list[Localised]:
    """Judge the maps of `n` simulated strips of each rhythm.

    Parameters
    ----------
    models, n, seed
        As in `explanations`.
    rhythms : iterable of str
        Some of `RHYTHMS`.
    progress : callable, optional
        Told the rhythm and how many of its strips are done.
    """
    rows: list[Localised] = []
    for rhythm in rhythms:
        for number, seen in enumerate(explanations(rhythm, models, n=n, seed=seed)):
            rows += localised(rhythm, seen)
            if progress:
                progress(rhythm, number + 1)
    return rows


def localisation_table(rows: Iterable[Localised]) -> list[LocalisationLine]:
    """One line for each rhythm, criterion and map, controls included."""
    columns: dict[tuple[str, str, str], list[Localised]] = {}
    for row in rows:
        columns.setdefault((row.rhythm, row.criterion, row.map), []).append(row)
    table = [_line(*key, column) for key, column in columns.items()]
    compared = [
        (line, control, compare(*_on_common_strips(columns[line.rhythm, line.criterion, line.map], beside)))
        for line in table
        if line.map in MAPS
        for control in CONTROLS
        if (beside := columns[line.rhythm, line.criterion, named(control, line.map)])
    ]
    for (line, control, found), p in zip(compared, holm([found.p for _, _, found in compared]), strict=True):
        line.over[control] = found._replace(p=p)
    return table


def _line(rhythm: str, criterion: str, name: str, column: list[Localised]) -> LocalisationLine:
    scores = [row.found.score for row in column]
    return LocalisationLine(
        rhythm,
        criterion,
        name,
        sum(score is not None for score in scores),
        dict(Counter(row.found.reason for row in column if row.found.reason)),
        mean_of([float(row.right) for row in column]),
        mean_of([row.evenness for row in column]),
        {figure: mean_of([row.figures[figure] for row in column]) for figure in column[0].figures},
        interval(scores),
    )


def _on_common_strips(own: list[Localised], other: list[Localised]) -> tuple[list[float | None], list[float | None]]:
    there = {row.strip: row.found.score for row in other}
    return [row.found.score for row in own], [there.get(row.strip) for row in own]
