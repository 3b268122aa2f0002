"""One evaluation in parts: by source, by original rhythm, by noise, and the atrial fibrillation that was missed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecgteach.printing import format_interval
from ecgteach.sources import SOURCES
from ecgteach.statistics import FEW, interval
from ecgteach.training.data.strips import StripSet
from ecgteach.training.evaluation.evaluation import Evaluation
from ecgteach.training.evaluation.metrics import ClassFigures, Figures, judge

from .noise import LEVELS, noise_levels

"""Sources whose only lead is I, taken between the hands; all others give lead II, or what comes nearest to it."""

Parts = dict[str, dict[str, Figures]]
"""For each part its figures in each view."""


@dataclass(frozen=True)
class OfRhythm:
    """Strips of one original rhythm, and how many of them were missed."""

    n: int
    missed: int


@dataclass(frozen=True)
class MissedAfib:
    """What one view made of the strips of the group AFIB.

    Parameters
    ----------
    n, recordings, missed : int
        Strips, recordings that they come from, and strips that were called something else.
    rate : float or None
        False-negative rate; None without strips.
    interval : list of two floats, or None
        95 % of the rate, bootstrap over recordings; None below ten.
    answered : dict of str to int
        Missed strips by the group answered.
    by_rhythm : dict of str to OfRhythm
        By original rhythm.
    """

    n: int
    recordings: int
    missed: int
    rate: float | None
    interval: list[float] | None
    answered: dict[str, int]
    by_rhythm: dict[str, OfRhythm]


def by_source(judged: Evaluation) -> Parts:
    """Figures of every view for each source, by name."""
    return _parts(judged, judged.strips.sources)


def by_rhythm(judged: Evaluation) -> Parts:
    """Figures of every view for each of the sources' own rhythms, by code."""
    return _parts(judged, judged.strips.rhythms)


def by_noise(judged: Evaluation) -> Parts:
    """Figures of every view for clean, fair and noisy strips, as `noise.signal_to_noise` measures them."""
    return _parts(judged, noise_levels(judged.strips), LEVELS)


def lead_i_share(strips: StripSet) -> float:
    """Share of strips that are lead I between the hands."""
    return float(np.isin(strips.sources, [name for name, source in SOURCES.items() if source.hand_held]).mean())


def missed_afib(judged: Evaluation) -> dict[str, MissedAfib]:
    """What each view made of the strips of the group AFIB."""
    afib = judged.strips.targets == judged.classes.index("AFIB")
    recordings, rhythms = judged.strips.recordings[afib], judged.strips.rhythms[afib]
    found = {}
    for view, answered in judged.probabilities.items():
        answers = np.array(judged.classes)[answered[afib].argmax(axis=1)]
        missed = answers != "AFIB"
        found[view] = MissedAfib(
            len(missed),
            len(np.unique(recordings)),
            int(missed.sum()),
            float(missed.mean()) if len(missed) else None,
            interval(missed, recordings),
            dict(Counter(answers[missed].tolist())),
            {
                str(code): OfRhythm(int((rhythms == code).sum()), int(missed[rhythms == code].sum()))
                for code in np.unique(rhythms)
            },
        )
    return found


def format_parts(found: Mapping[str, Mapping[str, Figures]], heading: str) -> str:
    """Parts as a Markdown table; a part of fewer than 20 strips shows counts only.

    Parameters
    ----------
    found : mapping
        What `by_source`, `by_rhythm` or `by_noise` gives.
    heading : str
        What the parts are: ``"source"``.
    """
    views = list(next(iter(found.values()), {}))
    lines = [f"| {' | '.join([heading, 'strips', 'recordings', *views])} |", "|" + "---|" * (3 + len(views))]
    for name, row in found.items():
        first = row[views[0]]
        shares = [_share(row[view]) for view in views]
        lines.append(f"| {' | '.join([name, str(first.n), str(first.recordings), *shares])} |")
    return "\n".join(lines)


def format_missed(found: Mapping[str, MissedAfib]) -> str:
    """Missed fibrillation as text, one line a view."""
    lines = []
    for view, row in found.items():
        share = f"{row.rate:.1%} ({format_interval(row.interval)}), " if row.n >= FEW else ""
        called = ", ".join(f"{count} called {group}" for group, count in row.answered.items())
        lines.append(f"{view:6}  missed {share}{row.missed} of {row.n} strips{': ' * bool(called)}{called}")
    return "\n".join(lines)


def sensitivity_in_words(row: ClassFigures) -> str:
    """Sensitivity of a class as tables show it: of fewer than 20 strips the right answers of the count."""
    if row.sensitivity is None:
        return "none"
    return f"{round(row.sensitivity * row.n)} of {row.n}" if row.n < FEW else f"{row.sensitivity:.1%}"


def _parts(judged: Evaluation, part_of: NDArray[np.str_], order: tuple[str, ...] | None = None) -> Parts:
    strips = judged.strips
    found = {}
    for name in order or np.unique(part_of).tolist():
        here = part_of == name
        found[name] = {
            view: judge(strips.targets[here], answered[here], judged.classes, strips.recordings[here])
            for view, answered in judged.probabilities.items()
        }
    return found


def _share(row: Figures) -> str:
    if row.n < FEW:
        right = sum(line[number] for number, line in enumerate(row.confusion))
        return f"{right} right" if row.n else "-"
    return f"{row.accuracy:.1%} ({format_interval(row.interval)})"
