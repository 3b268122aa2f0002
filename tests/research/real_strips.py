"""What can be asked where nobody knows the evidence: the real strips that came with the package.

Two questions over all of them. Does the answer hang on what the map points at (`faithfulness`), and does the map stay
when the strip changes in ways that should not matter (`stability`)?
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ecgteach.checks.fusion_comparison import real_explanations
from ecgteach.checks.perturbation.curves import DELETION, INSERTION, ORDERS, SHIFTED
from ecgteach.checks.perturbation.faithfulness import faithfulness
from ecgteach.checks.perturbation.fills import FILLS
from ecgteach.checks.perturbation.stability import stability
from ecgteach.explanation import MAPS
from ecgteach.models import StripCNN
from ecgteach.rhythms import grouping
from ecgteach.statistics import Paired, compare, holm, interval, mean_of

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


def faithfulness_study(
    models: Mapping[str, StripCNN],
    *,
    fills: Iterable[str] = tuple(FILLS),
    seed: int = 0,
    progress: Progress | None = None,
) -> list[dict[str, Any]]:
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

    Returns
    -------
    list of dict
        One for each strip, map, kind and fill: ``group``, ``strip``, ``fill`` and what `Faithfulness.table` holds.
    """
    rows = []
    for number, (group, seen) in enumerate(real_explanations(models)):
        about = {"group": group, "strip": seen.strip.source_id}
        for first, fill in enumerate(fills):
            for row in faithfulness(seen, models, fill=fill, seed=seed + number).table():
                if row["map"] != "image":
                    rows.append(about | row | {"fill": fill})
                elif not first:
                    rows.append(about | row | {"fill": PAPER})
        if progress:
            progress()
    return rows


def faithfulness_table(rows: Iterable[Mapping[str, Any]]) -> list[CurveLine]:
    """One line for each group, kind, map and fill."""
    held: dict[tuple[str, str, str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        held.setdefault((row["group"], row["kind"], row["map"], row["fill"]), []).append(row)
    table = [_curve_line(*key, held[key]) for key in sorted(held, key=_in_order)]
    corrected = holm([line.over.p for line in table])
    return [replace(line, over=line.over._replace(p=p)) for line, p in zip(table, corrected, strict=True)]


def stability_study(
    models: Mapping[str, StripCNN], *, seed: int = 0, progress: Progress | None = None
) -> list[dict[str, Any]]:
    """Every change of every real strip, and what it did to each map.

    Returns
    -------
    list of dict
        One for each strip, map and change: ``group``, ``strip`` and the entries of `stability.Change`.
    """
    rows = []
    for number, (group, seen) in enumerate(real_explanations(models)):
        about = {"group": group, "strip": seen.strip.source_id}
        rows += [about | row for row in stability(seen, models, seed=seed + number).table()]
        if progress:
            progress()
    return rows


def stability_table(rows: Iterable[Mapping[str, Any]]) -> list[StabilityLine]:
    """One line for each map and change."""
    held: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        held.setdefault((row["view"], row["name"]), []).append(row)
    return [
        StabilityLine(
            name,
            change,
            len(own),
            mean_of([row["correlation"] for row in own]),
            interval([row["correlation"] for row in own]),
            mean_of([row["control_correlation"] for row in own]),
            mean_of([row["similarity"] for row in own]),
            mean_of([row["control_similarity"] for row in own]),
            mean_of([float(row["answer_stayed"]) for row in own]),
        )
        for (name, change), own in held.items()
    ]


def _curve_line(group: str, kind: str, name: str, fill: str, rows: list[Mapping[str, Any]]) -> CurveLine:
    areas, beside = ([row[column] for row in rows] for column in ("area", SHIFTED))
    better, worse = (beside, areas) if kind == DELETION else (areas, beside)
    controls = {control: mean_of([row[control] for row in rows]) for control in ORDERS}
    means, aopc = (mean_of(areas), interval(areas)), mean_of([row["aopc"] for row in rows])
    return CurveLine(group, kind, name, fill, len(rows), *means, aopc, controls, compare(better, worse))


def _in_order(key: tuple[str, str, str, str]) -> tuple[int, ...]:
    """Lines stand by group, kind, map and fill, each in its own order."""
    orders = (grouping().classes, (DELETION, INSERTION), MAPS, (*FILLS, PAPER))
    return tuple(order.index(name) for order, name in zip(orders, key, strict=True))
