"""What can be asked where nobody knows the evidence: the real strips that came with the package.

Two questions over all of them. Does the answer hang on what the map points at (`faithfulness`), and does the map stay
when the strip changes in ways that should not matter (`stability`)?
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ecgteach.checks.fusion_comparison import real_explanations
from ecgteach.checks.perturbation.curves import DELETION, INSERTION, ORDERS, SHIFTED
from ecgteach.checks.perturbation.faithfulness import faithfulness
from ecgteach.checks.perturbation.fills import FILLS
from ecgteach.checks.perturbation.stability import stability
from ecgteach.explanation import MAPS
from ecgteach.models import StripCNN
from ecgteach.rhythms import grouping
from ecgteach.statistics import compare, holm, interval, mean_of

PAPER = "paper"
"""What stands in for erased ink, whatever fills the gaps of the signal."""

Progress = Callable[[], object]


def faithful_study(
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


def faithful_table(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One line for each group, kind, map and fill, with the paired comparison of map and shifted map.

    Each holds ``n``, the mean ``area`` with its 95 % ``interval``, the mean ``aopc``, each control's mean area, and
    ``over``: how much better the map's area is than that of the same map shifted, strip by strip, with interval and p
    after Holm over the whole table.
    """
    held: dict[tuple[str, str, str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        held.setdefault((row["group"], row["kind"], row["map"], row["fill"]), []).append(row)
    table = [_curve_line(*key, held[key]) for key in sorted(held, key=_in_order)]
    for line, p in zip(table, holm([line["over"]["p"] for line in table]), strict=True):
        line["over"]["p"] = p
    return table


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


def stability_table(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One line for each map and change: means over strips, and an interval for that of the correlation."""
    held: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        held.setdefault((row["view"], row["name"]), []).append(row)
    return [
        {
            "map": name,
            "change": change,
            "n": len(own),
            "correlation": mean_of([row["correlation"] for row in own]),
            "interval": interval([row["correlation"] for row in own]),
            "shifted": mean_of([row["control_correlation"] for row in own]),
            "ssim": mean_of([row["similarity"] for row in own]),
            "shifted ssim": mean_of([row["control_similarity"] for row in own]),
            "answer stayed": mean_of([float(row["answer_stayed"]) for row in own]),
        }
        for (name, change), own in held.items()
    ]


def _curve_line(group: str, kind: str, name: str, fill: str, rows: list[Mapping[str, Any]]) -> dict[str, Any]:
    areas, beside = ([row[column] for row in rows] for column in ("area", SHIFTED))
    better, worse = (beside, areas) if kind == DELETION else (areas, beside)
    return {
        "group": group,
        "kind": kind,
        "map": name,
        "fill": fill,
        "n": len(rows),
        "area": mean_of(areas),
        "interval": interval(areas),
        "aopc": mean_of([row["aopc"] for row in rows]),
        **{control: mean_of([row[control] for row in rows]) for control in ORDERS},
        "over": compare(better, worse)._asdict(),
    }


def _in_order(key: tuple[str, str, str, str]) -> tuple[int, ...]:
    """Lines stand by group, kind, map and fill, each in its own order."""
    orders = (grouping().classes, (DELETION, INSERTION), MAPS, (*FILLS, PAPER))
    return tuple(order.index(name) for order, name in zip(orders, key, strict=True))
