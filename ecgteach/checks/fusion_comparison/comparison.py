"""The question: is the fused map better than each single one? Asked of every fusion rule, with every measure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ..explanation import Explanation, explain
from ..fusion import DEFAULT_RULE, RULES
from ..models import VIEWS, StripCNN
from ..records import sample, samples
from ..rhythms import grouping
from ..statistics import compare, holm, interval_of, mean_of
from .localisation.controls import CONTROLS
from .localisation.scores import named, seed_of
from .localisation.simulated import RHYTHMS, explanations
from .measures import MEASURES, ON_REAL_STRIPS, Case, Measure

SIGNIFICANT = 0.05
WANTED_SCORE = 0.65
WANTED_GROUPS = 3


def real_explanations(models: Mapping[str, StripCNN]) -> Iterator[tuple[str, Explanation]]:
    """The real strips of the package, group by group, each explained for its own group."""
    for group in grouping().classes:
        for number in range(len(samples(group))):
            yield group, explain(sample(group, number), models, target=group)


def question_study(
    models: Mapping[str, StripCNN],
    *,
    n: int,
    seed: int = 0,
    rhythms: Iterable[str] = tuple(RHYTHMS),
    measures: Mapping[str, Measure] = MEASURES,
    progress: Callable[[str, int], None] | None = None,
) -> list[dict[str, Any]]:
    """Every measure of every map on `n` simulated strips of each rhythm.

    Returns
    -------
    list of dict
        One for each strip and measure: ``rhythm``, ``group``, ``strip``, ``measure``, and ``maps`` (name to figure,
        controls among them where the measure gives them one).
    """
    rows = []
    for rhythm in rhythms:
        for number, seen in enumerate(explanations(rhythm, models, n=n, seed=seed)):
            assert seen.strip.truth is not None
            rows += _measured(rhythm, seen, models, seed_of(seen.strip.truth), measures)
            if progress:
                progress(rhythm, number + 1)
    return rows


def real_study(
    models: Mapping[str, StripCNN], *, progress: Callable[[str, int], None] | None = None
) -> list[dict[str, Any]]:
    """What can be asked of real strips, on those that came with the package; rows as `question_study` gives them.

    Each is explained for its own group. Nobody knows where its evidence lies, so place is not among the measures.
    """
    measures = {name: MEASURES[name] for name in ON_REAL_STRIPS}
    rows = []
    for number, (group, seen) in enumerate(real_explanations(models)):
        rows += _measured(group, seen, models, number, measures)
        if progress:
            progress(group, number + 1)
    return rows


def question_table(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One line for each measure, rhythm (and all of them) and fusion rule: the fused map beside each single one.

    A line rests on the ``n`` strips where all three maps have a figure. p values are corrected by Holm within each
    measure. ``verdict`` says no more than they and the intervals allow. ``controls`` are the controls' means on these
    strips, for place alone: of removal and insertion they have been taken off already (as much elsewhere, the same map
    shifted), and of stability none would tell anything: a flat map is perfectly stable.
    """
    kept: dict[tuple[str, str], list[Mapping[str, float | None]]] = {}
    for row in rows:
        for rhythm in (row["rhythm"], "all"):
            kept.setdefault((row["measure"], rhythm), []).append(row["maps"])
    measures = list(dict.fromkeys(measure for measure, _ in kept))

    def order(key: tuple[str, str]) -> tuple[int, bool]:
        return measures.index(key[0]), key[1] == "all"

    table = [
        _line(measure, rhythm, rule, maps)
        for (measure, rhythm), maps in sorted(kept.items(), key=lambda entry: order(entry[0]))
        for rule in RULES
    ]
    for measure in measures:
        own = [line["against"][view] for line in table if line["measure"] == measure for view in VIEWS]
        for comparison, p in zip(own, holm([each["p"] for each in own]), strict=True):
            comparison["p"] = p
    for line in table:
        line["verdict"] = verdict(line["against"])
    return table


def verdict(against: Mapping[str, Mapping[str, Any]]) -> str:
    """What two comparisons allow to say of a fused map: what their corrected p and their intervals both say."""
    if any(found["p"] is None for found in against.values()):
        return "too few strips"
    shown = {view: found["interval"] for view, found in against.items() if found["p"] < SIGNIFICANT}
    worse = [view for view, (_, high) in shown.items() if high < 0]
    better = [view for view, (low, _) in shown.items() if low > 0]
    if len(better) == len(against):
        return "better than both"
    said = [f"worse than {' and '.join(worse)}"] * bool(worse)
    said += [f"better than {view}{'' if worse else ' only'}" for view in better]
    return ", ".join(said) or "no difference shown"


def wanted(rows: Iterable[Mapping[str, Any]], rule: str = DEFAULT_RULE) -> dict[str, Any]:
    """Whether a rule's fused maps reach what was wanted of them before any map was seen, figure by figure.

    Wanted: a mean score of 0.65 on each rhythm that is scored by place, and in three of the four groups not below the
    better single view. Only strips where all three maps have a score count; a
    rhythm without such a strip is None.
    """
    names = (*VIEWS, rule)
    asked = [row for row in rows if row["measure"] == "place"]
    scored = [row for row in asked if all(row["maps"].get(name) is not None for name in names)]
    rhythms = {name: _mean(scored, "rhythm", name, rule) for name in dict.fromkeys(row["rhythm"] for row in asked)}
    groups: dict[str, dict[str, Any]] = {}
    for group in dict.fromkeys(row["group"] for row in scored):
        figures = {name: _mean(scored, "group", group, name) or 0.0 for name in names}
        groups[group] = figures | {"reached": figures[rule] >= max(figures[view] for view in VIEWS)}
    return {
        "rule": rule,
        "rhythms": rhythms,
        "rhythms_reached": bool(rhythms) and all((score or 0.0) >= WANTED_SCORE for score in rhythms.values()),
        "groups": groups,
        "groups_reached": sum(found["reached"] for found in groups.values()) >= WANTED_GROUPS,
    }


def _measured(
    rhythm: str, seen: Explanation, models: Mapping[str, StripCNN], seed: int, measures: Mapping[str, Measure]
) -> list[dict[str, Any]]:
    case = Case.of(seen, models, seed)
    about = {"rhythm": rhythm, "group": seen.target, "strip": seen.strip.source_id}
    return [about | {"measure": name, "maps": dict(measure(case))} for name, measure in measures.items()]


def _line(measure: str, rhythm: str, rule: str, maps: list[Mapping[str, float | None]]) -> dict[str, Any]:
    names = (*VIEWS, rule)
    complete = [found for found in maps if all(found.get(name) is not None for name in names)]
    columns = {name: [found[name] for found in complete] for name in names}
    controls = {control: mean_of([found.get(named(control, rule)) for found in complete]) for control in CONTROLS}
    return {
        "measure": measure,
        "rhythm": rhythm,
        "rule": rule,
        "n": len(complete),
        **{view: mean_of(columns[view]) for view in VIEWS},
        "fused": mean_of(columns[rule]),
        "interval": interval_of(columns[rule]),
        "controls": {control: mean for control, mean in controls.items() if mean is not None},
        "against": {view: compare(columns[rule], columns[view])._asdict() for view in VIEWS},
    }


def _mean(rows: list[Mapping[str, Any]], by: str, name: str, map_name: str) -> float | None:
    return mean_of([row["maps"][map_name] for row in rows if row[by] == name])
