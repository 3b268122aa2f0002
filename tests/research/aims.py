"""What was wanted of fused maps before any map was seen, and whether they reach it."""

from collections.abc import Sequence
from typing import Any

from ecgteach.checks.fusion_comparison import MeasuredStrip
from ecgteach.fusion import DEFAULT_RULE
from ecgteach.models import VIEWS
from ecgteach.statistics import mean_of

AIM_SCORE = 0.65
AIM_GROUPS = 3


def aims_reached(rows: Sequence[MeasuredStrip], rule: str = DEFAULT_RULE) -> dict[str, Any]:
    """Whether a rule's fused maps reach what was wanted of them before any map was seen, figure by figure.

    Wanted: a mean score of 0.65 on each rhythm that is scored by localisation, and in three of the four groups not
    below the better single view. Only strips where all three maps have a score count; a rhythm without such a strip is
    None.
    """
    names = (*VIEWS, rule)
    localised = [row for row in rows if row.measure == "localisation"]
    scored = [row for row in localised if all(row.maps.get(name) is not None for name in names)]
    rhythms = {
        rhythm: mean_of([row.maps[rule] for row in scored if row.rhythm == rhythm])
        for rhythm in dict.fromkeys(row.rhythm for row in localised)
    }
    groups: dict[str, dict[str, Any]] = {}
    for group in dict.fromkeys(row.group for row in scored):
        figures = {name: mean_of([row.maps[name] for row in scored if row.group == group]) or 0.0 for name in names}
        groups[group] = figures | {"reached": figures[rule] >= max(figures[view] for view in VIEWS)}
    return {
        "rule": rule,
        "rhythms": rhythms,
        "rhythms_reached": bool(rhythms) and all((score or 0.0) >= AIM_SCORE for score in rhythms.values()),
        "groups": groups,
        "groups_reached": sum(found["reached"] for found in groups.values()) >= AIM_GROUPS,
    }
