"""The maps of many strips, each measured in several ways, and the fused ones held against the single ones."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ...arguments import checked
from ...explanation import Explanation, explain, networks_of
from ...fusion import RULES
from ...models import VIEWS, Network
from ...records import sample, samples
from ...rhythms import grouping
from ...statistics import Paired, compare, holm, interval, mean_of
from ..localisation.controls import CONTROLS, named
from ..localisation.scores import seed_of
from .measures import MEASURES, Figures, MapsOfStrip, Measure

SIGNIFICANT = 0.05
ALL = "all"


@dataclass(frozen=True)
class MeasuredStrip:
    """What one measure gave on one strip.

    Parameters
    ----------
    rhythm, group, strip, measure : str
        Name of the rhythm, the group that is explained, source and record, and one of `MEASURES`.
    maps : mapping of str to float or None
        The figure of each map by its name, controls among them where the measure gives them one.
    """

    rhythm: str
    group: str
    strip: str
    measure: str
    maps: Figures


@dataclass(frozen=True)
class FusionLine:
    """One fusion rule's maps beside the single ones, by one measure, on the strips of one rhythm.

    Parameters
    ----------
    measure, rhythm, rule : str
        One of `MEASURES`, the rhythm or ``"all"``, and one of `fusion.RULES`.
    n : int
        Strips on which all three maps have a figure: the line rests on these.
    single : dict of str to float or None
        Mean of each view's map.
    fused : float or None
        Mean of the fused map.
    interval : list of float, or None
        95 % interval of that mean.
    controls : dict of str to float
        Mean of each control that the measure gives. Of removal and insertion controls have been taken off already, and
        of stability none would tell anything: a flat map is perfectly stable.
    against : dict of str to Paired
        The fused map compared with each view's; p after Holm within the measure.
    """

    measure: str
    rhythm: str
    rule: str
    n: int
    single: dict[str, float | None]
    fused: float | None
    interval: list[float] | None
    controls: dict[str, float]
    against: dict[str, Paired]

    @property
    def conclusion(self) -> str:
        """What the two comparisons allow to say."""
        return conclusion(self.against)

    def to_json(self) -> dict[str, Any]:
        """The line as plain values, each view's mean under the view's name."""
        against = {view: paired._asdict() for view, paired in self.against.items()}
        figures = {name: value for name, value in asdict(self).items() if name != "single"}
        return figures | self.single | {"against": against, "conclusion": self.conclusion}


@checked
def real_explanations(models: Mapping[str, Network]) -> Iterator[tuple[str, Explanation]]:
    """The real strips of the package, group by group, each explained for its own group."""
    for group in grouping().classes:
        for number in range(len(samples(group))):
            yield group, explain(sample(group, number), models, target=group)


@checked
def compare_fusion(
    explained: Iterable[tuple[str, Explanation]],
    models: Network | Mapping[str, Network] | None = None,
    *,
    measures: Mapping[str, Measure] | None = None,
    progress: Callable[[], object] | None = None,
) -> list[MeasuredStrip]:
    """Every measure of every map of some strips.

    Parameters
    ----------
    explained : iterable of (str, Explanation)
        Name of the rhythm and the explanation of a strip, as `localisation.each_rhythm` and `real_explanations` give
        them.
    models : mapping of str to Network, optional
        The networks that made the explanations; needed only where these are not at hand.
    measures : mapping of str to Measure, optional
        By default all `MEASURES`; of a real strip those that can be asked of one.
    progress : callable, optional
        Called after each strip.
    """
    rows = list[MeasuredStrip]()
    measures = MEASURES if measures is None else measures
    for number, (rhythm, seen) in enumerate(explained):
        truth = seen.strip.truth
        maps = MapsOfStrip.of(seen, networks_of(seen, models), number if truth is None else seed_of(truth))
        rows += [
            MeasuredStrip(rhythm, seen.target, seen.strip.source_id, name, dict(measure.figures(maps)))
            for name, measure in measures.items()
            if truth or measure.real
        ]
        if progress:
            progress()
    return rows


@checked
def fusion_table(rows: Iterable[MeasuredStrip]) -> list[FusionLine]:
    """One line for each measure, rhythm (and all of them) and fusion rule: the fused map beside each single one."""
    kept: dict[tuple[str, str], list[Figures]] = {}
    for row in rows:
        for rhythm in (row.rhythm, ALL):
            kept.setdefault((row.measure, rhythm), []).append(row.maps)
    table = []
    for measure in dict.fromkeys(measure for measure, _ in kept):
        rhythms = sorted((rhythm for name, rhythm in kept if name == measure), key=ALL.__eq__)
        lines = [_line(measure, rhythm, rule, kept[measure, rhythm]) for rhythm in rhythms for rule in RULES]
        corrected = iter(holm([line.against[view].p for line in lines for view in VIEWS]))
        table += [
            replace(line, against={view: line.against[view]._replace(p=next(corrected)) for view in VIEWS})
            for line in lines
        ]
    return table


@checked
def conclusion(against: Mapping[str, Paired]) -> str:
    """What two comparisons allow to say of a fused map: what their corrected p and their intervals both say."""
    if any(found.p is None for found in against.values()):
        return "too few strips"
    shown = {view: found.interval for view, found in against.items() if found.p is not None and found.p < SIGNIFICANT}
    worse = [view for view, span in shown.items() if span and span[1] < 0]
    better = [view for view, span in shown.items() if span and span[0] > 0]
    if len(better) == len(against):
        return "better than both"
    words = [f"worse than {' and '.join(worse)}"] * bool(worse)
    words += [f"better than {view}{'' if worse else ' only'}" for view in better]
    return ", ".join(words) or "no difference shown"


def _line(measure: str, rhythm: str, rule: str, maps: list[Figures]) -> FusionLine:
    complete = [found for found in maps if all(found.get(name) is not None for name in (*VIEWS, rule))]
    columns = {name: [found[name] for found in complete] for name in (*VIEWS, rule)}
    controls = {control: mean_of([found.get(named(control, rule)) for found in complete]) for control in CONTROLS}
    return FusionLine(
        measure,
        rhythm,
        rule,
        len(complete),
        {view: mean_of(columns[view]) for view in VIEWS},
        mean_of(columns[rule]),
        interval(columns[rule]),
        {control: mean for control, mean in controls.items() if mean is not None},
        {view: compare(columns[rule], columns[view]) for view in VIEWS},
    )
