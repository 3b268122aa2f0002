"""Attention by wave over many strips: one row a strip, view and wave, then groups with intervals."""

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any

from ..arguments import checked
from ..beats import in_place_of_group, true_group
from ..errors import UnknownName, choices
from ..explanation import FUSED, Explanation
from ..statistics import interval
from .attention import attention_by_wave
from .delineation import delineate

if TYPE_CHECKING:
    import pandas

COLUMNS = (
    "recording", "start", "rhythm", "group", "target", "answer", "outcome", "p", "view", "wave",
    "mass", "duration", "density", "low", "high", "blurred",
)  # fmt: skip
ALWAYS = ("view", "wave")
"""Two maps, or two segments of one map, are never averaged."""

MEASURES = ("mass", "density")


@checked
def attention_table(explanations: Iterable[Explanation], groups: Iterable[str] | None = None) -> "pandas.DataFrame":
    """Attention by wave of many strips as one table.

    Parameters
    ----------
    explanations : iterable of Explanation
        Read one after the other, so that a generator of thousands fits into memory.
    groups : iterable of str, optional
        The right answer to each, where it is at hand (``StripSet.targets``); by default what
        `ecgteach.beats.true_group` finds.

    Returns
    -------
    pandas.DataFrame
        A row for each strip, map and segment that there is, without empty cells. ``rhythm`` is the source's own code,
        ``group`` the right answer. ``outcome`` says whether that map's answer is right (for the fused map: the class
        of the highest mean probability), ``p`` what our test for P found; "no label" stands where nobody said what the
        strip shows. Strips without waves or with empty maps give
        no rows.

    Raises
    ------
    ValueError
        When there are not as many groups as explanations.
    """
    import pandas

    known: Iterable[str | None] = repeat(None) if groups is None else groups
    pairs = zip(explanations, known, strict=groups is not None)
    return pandas.DataFrame([row for seen, group in pairs for row in _rows(seen, group)], columns=list(COLUMNS))


@checked
def attention_by_group(table: "pandas.DataFrame", by: Sequence[str] = ("rhythm",), seed: int = 0) -> "pandas.DataFrame":
    """Mean mass and density of groups, with 95 % intervals by bootstrap over recordings.

    Parameters
    ----------
    table : pandas.DataFrame
        What `attention_table` gave.
    by : sequence of str
        Columns that make the groups: rhythm, group, outcome, p ... Each view and each wave has a row of its own in any
        case, named or not.
    seed : int
        Decides the bootstrap's draws; an interval depends on its own group only.

    Returns
    -------
    pandas.DataFrame
        A row for each group: ``strips``, ``recordings``, ``mass`` and ``density`` with ``_low`` and ``_high``, and
        ``blurred``, the share of strips in which the segment is too short for the cells. Below ten recordings there is
        no interval, and its cells are missing values.

    Raises
    ------
    UnknownName
        When a column is not in the table.
    """
    import pandas

    if unknown := [name for name in by if name not in table.columns]:
        raise UnknownName(f"no column is called {choices(unknown)}; there are {choices(table.columns, 20)}")
    by = list(dict.fromkeys((*by, *ALWAYS)))
    groups = [dict(zip(by, key, strict=True)) | _figures(rows, seed) for key, rows in table.groupby(by, sort=True)]
    measures = [f"{name}{end}" for name in MEASURES for end in ("", "_low", "_high")]
    return pandas.DataFrame(groups, columns=[*by, "strips", "recordings", *measures, "blurred"])


def _rows(seen: Explanation, group: str | None) -> list[dict[str, Any]]:
    strip = seen.strip
    waves = delineate(strip)
    found = attention_by_wave(seen, waves)
    right = true_group(strip, tuple(seen.probabilities)) if group is None else group
    answers = {name: view.prediction.answer for name, view in seen.views.items()} | {FUSED: seen.answer}
    about = {
        "recording": strip.source_id,
        "start": strip.start,
        "rhythm": strip.rhythm.code if strip.rhythm else in_place_of_group(strip),
        "group": right or in_place_of_group(strip),
        "target": seen.target,
        "p": waves.p.outcome,
    }
    return [
        about
        | {
            "answer": answers[share.view],
            "outcome": _outcome(answers[share.view], right) or in_place_of_group(strip),
            "view": share.view,
            "wave": share.segment,
            "mass": share.mass,
            "duration": share.duration,
            "density": share.density,
            "low": share.low,
            "high": share.high,
            "blurred": share.blurred,
        }
        for share in found.shares
    ]


def _outcome(answer: str, right: str | None) -> str:
    """Whether an answer is right, or nothing where that is not known."""
    if right is None:
        return ""
    return "right" if answer == right else "wrong"


def _figures(rows: "pandas.DataFrame", seed: int) -> dict[str, Any]:
    """Means of one group, and how far they move when recordings are drawn again."""
    recordings = rows["recording"].to_numpy(str)
    found: dict[str, Any] = {
        "strips": len(rows[["recording", "start"]].drop_duplicates()),
        "recordings": len(set(recordings)),
        "blurred": float(rows["blurred"].mean()),
    }
    for name in MEASURES:
        low, high = interval(rows[name].to_numpy(), recordings, seed=seed) or (float("nan"), float("nan"))
        found |= {name: float(rows[name].mean()), f"{name}_low": low, f"{name}_high": high}
    return found
