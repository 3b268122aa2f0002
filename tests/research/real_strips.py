"""What can be asked where nobody knows the evidence: the real strips that came with the package.

Two questions over all of them. Does the answer hang on what the map points at (`faithfulness`), and does the map stay
when the strip changes in ways that should not matter (`stability`)?
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from ecgteach.checks.fusion_comparison import real_explanations
from ecgteach.checks.perturbation.curves import DELETION, INSERTION, ORDERS, SHIFTED, CurveFigures
from ecgteach.checks.perturbation.faithfulness import faithfulness
from ecgteach.checks.perturbation.fills import FILLS
from ecgteach.checks.perturbation.stability import Change, stability
from ecgteach.explanation import MAPS
from ecgteach.models import StripCNN
from ecgteach.rhythms import grouping
from ecgteach.statistics import Paired, compare, holm, interval, mean_of
from ecgteach.views import IMAGE

PAPER = "paper"
"""What stands in for erased ink, whatever fills the gaps of the signal."""

Progress = Callable[[], object]


@dataclass(frozen=True)
class CurveLine:
    """Curves of one map over the strips of one group.

    Parameters
    ----------
    group, kind, map, fill : str
        Group, deletion or insertion, the map's name, and what stands in for what is out.
    n : int
        Strips.
    area, aopc : float or None
        Means of the area under the curve and of the probability lost or won.
    interval : list of float, or None
        95 % of the area.
    controls : dict of str to float or None
        Mean area of each control.
    over : Paired
        How much better the map's area is than that of the same map shifted, strip by strip, p after Holm over the
        whole table.
    """

    group: str
    kind: str
    map: str
    fill: str
    n: int
    area: float | None
    interval: list[float] | None
    aopc: float | None
    controls: dict[str, float | None]
    over: Paired


@dataclass(frozen=True)
class StabilityLine:
    """What one change did to one map, over strips.

    Parameters
    ----------
    map, change : str
        Their names.
    n : int
        Strips.
    correlation, ssim : float or None
        Mean likeness of the map before and after.
    interval : list of float, or None
        95 % of the correlation.
    shifted, shifted_ssim : float or None
        The same for the map shifted along the strip.
    answer_stayed : float or None
        Share of strips whose answer is the same.
    """

    map: str
    change: str
    n: int
    correlation: float | None
    interval: list[float] | None
    shifted: float | None
    ssim: float | None
    shifted_ssim: float | None
    answer_stayed: float | None


@dataclass(frozen=True)
class StripCurve:
    """The figures of one curve of a strip of a group, and what stood in for what was out."""

    group: str
    strip: str
    fill: str
    curve: CurveFigures


@dataclass(frozen=True)
class StripChange:
    """What one change did to one map of a strip of a group."""

    group: str
    strip: str
    change: Change


def faithfulness_study(
    models: Mapping[str, StripCNN],
    *,
    fills: Iterable[str] = tuple(FILLS),
    seed: int = 0,
    progress: Progress | None = None,
) -> list[StripCurve]:
    """Deletion and insertion of every map of every real strip.

    Parameters
    ----------
    models : mapping of str to StripCNN
        The networks that make the maps and read what is left.
    fills : iterable of str
        What stands in for the signal's samples, some of `fills.FILLS`. The image network reads paper where ink was
        erased, so its own map has one curve, under ``"paper"``.
    seed : int
        Draws the controls, anew for each strip.
    progress : callable, optional
        Called after each strip.
    """
    found = []
    for number, (group, seen) in enumerate(real_explanations(models)):
        for first, fill in enumerate(fills):
            for curve in faithfulness(seen, models, fill=fill, seed=seed + number).table():
                if curve.order != IMAGE:
                    found.append(StripCurve(group, seen.strip.source_id, fill, curve))
                elif not first:
                    found.append(StripCurve(group, seen.strip.source_id, PAPER, curve))
        if progress:
            progress()
    return found


def faithfulness_table(found: Iterable[StripCurve]) -> list[CurveLine]:
    """One line for each group, kind, map and fill."""
    held: dict[tuple[str, str, str, str], list[CurveFigures]] = {}
    for one in found:
        held.setdefault((one.group, one.curve.kind, one.curve.order, one.fill), []).append(one.curve)
    table = [_curve_line(*key, held[key]) for key in sorted(held, key=_in_order)]
    corrected = holm([line.over.p for line in table])
    return [replace(line, over=line.over._replace(p=p)) for line, p in zip(table, corrected, strict=True)]


def stability_study(
    models: Mapping[str, StripCNN], *, seed: int = 0, progress: Progress | None = None
) -> list[StripChange]:
    """Every change of every real strip, and what it did to each map."""
    found = []
    for number, (group, seen) in enumerate(real_explanations(models)):
        changes = stability(seen, models, seed=seed + number).changes
        found += [StripChange(group, seen.strip.source_id, change) for change in changes]
        if progress:
            progress()
    return found


def stability_table(found: Iterable[StripChange]) -> list[StabilityLine]:
    """One line for each map and change."""
    held: dict[tuple[str, str], list[Change]] = {}
    for one in found:
        held.setdefault((one.change.view, one.change.name), []).append(one.change)
    return [
        StabilityLine(
            name,
            change,
            len(own),
            mean_of([one.correlation for one in own]),
            interval([one.correlation for one in own]),
            mean_of([one.control_correlation for one in own]),
            mean_of([one.similarity for one in own]),
            mean_of([one.control_similarity for one in own]),
            mean_of([float(one.answer_stayed) for one in own]),
        )
        for (name, change), own in held.items()
    ]


def _curve_line(group: str, kind: str, name: str, fill: str, curves: list[CurveFigures]) -> CurveLine:
    areas, beside = [curve.area for curve in curves], [curve.controls[SHIFTED] for curve in curves]
    better, worse = (beside, areas) if kind == DELETION else (areas, beside)
    controls = {control: mean_of([curve.controls[control] for curve in curves]) for control in ORDERS}
    means, aopc = (mean_of(areas), interval(areas)), mean_of([curve.aopc for curve in curves])
    return CurveLine(group, kind, name, fill, len(curves), *means, aopc, controls, compare(better, worse))


def _in_order(key: tuple[str, str, str, str]) -> tuple[int, ...]:
    """Lines stand by group, kind, map and fill, each in its own order."""
    orders = (grouping().classes, (DELETION, INSERTION), MAPS, (*FILLS, PAPER))
    return tuple(order.index(name) for order, name in zip(orders, key, strict=True))
