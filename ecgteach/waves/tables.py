"""Attention by wave over many strips: one row a strip, view and wave, then groups with intervals."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..beats import find_beats
from ..errors import InvalidValue, UnknownName, choices
from ..explanation import Explanation
from ..rhythms import grouping
from .attention import FUSED, attention_by_wave
from .delineation import delineate

if TYPE_CHECKING:
    import pandas

COLUMNS = (
    "recording", "start", "rhythm", "group", "target", "answer", "outcome", "p", "view", "wave",
    "mass", "duration", "density", "low", "high", "blurred",
)  # fmt: skip
NOT_KNOWN = "not known"
MEASURES = ("mass", "density")
RESAMPLES = 1000
INTERVAL = (2.5, 97.5)


def attention_table(explanations: Iterable[Explanation]) -> "pandas.DataFrame":
    """Attention by wave of many strips as one table.

    Parameters
    ----------
    explanations : iterable of Explanation
        Read one after the other, so that a generator of thousands fits into memory.

    Returns
    -------
    pandas.DataFrame
        A row for each strip, map and stretch that there is, without empty cells. ``rhythm`` is the source's own code,
        ``group`` the class that it and the measured rate belong to. ``outcome`` says whether that map's answer is right
        (for the fused map: the class of the highest mean probability), ``p`` what our test for P found. Strips without
        waves or with empty maps give no rows.
    """
    import pandas

    return pandas.DataFrame([row for seen in explanations for row in _rows(seen)], columns=list(COLUMNS))


def attention_by_group(
    table: "pandas.DataFrame", by: Sequence[str] = ("rhythm", "view", "wave"), seed: int = 0
) -> "pandas.DataFrame":
    """Mean mass and density of groups, with 95 % intervals by bootstrap over recordings.

    Parameters
    ----------
    table : pandas.DataFrame
        What `attention_table` gave.
    by : sequence of str
        Columns that make the groups: rhythm, outcome, p, view, wave ...
    seed : int
        Decides the bootstrap's draws.

    Returns
    -------
    pandas.DataFrame
        A row for each group: ``strips``, ``recordings``, ``mass`` and ``density`` with ``_low`` and ``_high``, and
        ``blurred``, the share of strips in which the stretch is too short for the cells. With a single recording the
        interval is the mean itself: look at ``recordings``.

    Raises
    ------
    UnknownName
        When a column is not in the table.
    InvalidValue
        When nothing is named to group by.
    """
    import pandas

    if unknown := [name for name in by if name not in table.columns]:
        raise UnknownName(f"no column is called {choices(unknown)}; there are {choices(table.columns, 20)}")
    if not by:
        raise InvalidValue("a group needs a column: by=('rhythm', 'view', 'wave')")
    random = np.random.default_rng(seed)
    groups = [
        dict(zip(by, key, strict=True)) | _with_intervals(rows, random)
        for key, rows in table.groupby(list(by), sort=True)
    ]
    measures = [f"{name}{end}" for name in MEASURES for end in ("", "_low", "_high")]
    return pandas.DataFrame(groups, columns=[*by, "strips", "recordings", *measures, "blurred"])


def _rows(seen: Explanation) -> list[dict[str, Any]]:
    strip = seen.strip
    waves = delineate(strip)
    found = attention_by_wave(seen, waves)
    truth = _group_of(seen)
    answers = {name: view.prediction.answer for name, view in seen.views.items()}
    answers[FUSED] = max(seen.probabilities, key=seen.probabilities.__getitem__)
    about = {
        "recording": strip.source_id,
        "start": strip.start,
        "rhythm": strip.rhythm.code if strip.rhythm else NOT_KNOWN,
        "group": truth or NOT_KNOWN,
        "target": seen.target,
        "p": waves.p.outcome,
    }
    return [
        about
        | {
            "answer": answers[share.view],
            "outcome": NOT_KNOWN if truth is None else "right" if answers[share.view] == truth else "wrong",
            "view": share.view,
            "wave": share.stretch,
            "mass": share.mass,
            "duration": share.duration,
            "density": share.density,
            "low": share.low,
            "high": share.high,
            "blurred": share.blurred,
        }
        for share in found.shares
    ]


def _group_of(seen: Explanation) -> str | None:
    """The class that the strip's rhythm and measured rate belong to."""
    beats = find_beats(seen.strip)
    group = grouping().group_of(seen.strip.rhythm, beats.rate if beats.quality.good else None)
    return None if group is None else group.code


def _with_intervals(rows: "pandas.DataFrame", random: np.random.Generator) -> dict[str, Any]:
    """Means of one group, and how far they move when recordings are drawn again."""
    sums = rows.groupby("recording")[list(MEASURES)].agg(["sum", "count"])
    recordings = len(sums)
    drawn = random.integers(recordings, size=(RESAMPLES, recordings))
    found: dict[str, Any] = {"strips": len(rows), "recordings": recordings, "blurred": float(rows["blurred"].mean())}
    for name in MEASURES:
        total = sums[name, "sum"].to_numpy()
        count = sums[name, "count"].to_numpy()
        means = total[drawn].sum(axis=1) / count[drawn].sum(axis=1)
        low, high = np.percentile(means, INTERVAL)
        found |= {name: float(rows[name].mean()), f"{name}_low": float(low), f"{name}_high": float(high)}
    return found
