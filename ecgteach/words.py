"""Words that are the same in figures, sentences, widgets and notebooks: shares, probabilities, classes, moments."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from .rhythms import grouping, rhythms
from .strip import SECONDS
from .views import view_kind

PERCENT = "\N{NO-BREAK SPACE}%"
LOOKED = 0.5
"""Share of a map's own maximum from which we say "looked at"."""

MOST_SEGMENTS = 6
SHORTEST_SECONDS = 0.1
ROUNDING = 1e-6
"""Shares that differ by less are the same: what adding up thousands of numbers leaves."""


def in_steps(share: float) -> str:
    """A share in the nearest step of 5 %, as fine as maps deserve; only none is called 0 %, only all 100 %.

    Parameters
    ----------
    share : float
        0 to 1.

    >>> [in_steps(share).replace(PERCENT, " %") for share in (0, 0.01, 0.14, 0.99)]
    ['0 %', 'under 5 %', '15 %', 'over 95 %']
    """
    steps = 5 * round(20 * share)
    if steps == 0 and share > ROUNDING:
        return f"under 5{PERCENT}"
    if steps == 100 and share < 1 - ROUNDING:
        return f"over 95{PERCENT}"
    return f"{steps}{PERCENT}"


def about(share: float) -> str:
    """A share in steps of 5 %, and said to be rounded: ``"about 15 %"``, ``"under 5 %"``."""
    return f"about {in_steps(share)}" if 0 < round(20 * share) < 20 else in_steps(share)


def percent(share: float) -> str:
    """A share in whole percent, for what is exact: ``"50 %"``."""
    return f"{100 * share:.0f}{PERCENT}"


def probability(value: float) -> str:
    """A probability in whole percent that never claims to be certain: ``"over 99 %"``, ``"under 1 %"``.

    Parameters
    ----------
    value : float
        0 to 1.
    """
    if value < 0.005:
        return f"under 1{PERCENT}"
    return f"over 99{PERCENT}" if value > 0.995 else percent(value)


def class_name(code: str) -> str:
    """A class in full words, where we know it as a group or a rhythm; else as it is called.

    >>> class_name("SB"), class_name("my class")
    ('bradycardia', 'my class')
    """
    names = {known: rhythm.name for known, rhythm in rhythms().items()}
    return (names | {group.code: group.name for group in grouping().groups}).get(code, code)


def class_in_full(code: str) -> str:
    """A class by its code and its name.

    >>> class_in_full("SB"), class_in_full("my class")
    ('SB (bradycardia)', 'my class')
    """
    name = class_name(code)
    return code if name == code else f"{code} ({name})"


def segments(held: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """Beginnings and ends in seconds of the segments where something holds, sample by sample; shape (5000,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], held, [False]]).astype(np.int8)))
    return [(float(first), float(last)) for first, last in (edges * SECONDS / len(held)).reshape(-1, 2)]


def looked_at(on_time: NDArray[np.float32]) -> float:
    """Share of the strip's time where a map along it, shape (5000,), reaches half of its own maximum."""
    return float(np.mean(on_time >= LOOKED * on_time.max())) if on_time.max() > 0 else 0.0


def moments(on_time: NDArray[np.float32]) -> str:
    """The longest segments where a map along time, shape (5000,), reaches half of its own maximum, in order of time.

    Gaps shorter than a tenth of a second, the last digit given, are passed over.
    """
    found: list[tuple[float, float]] = []
    for first, last in segments(on_time >= LOOKED * on_time.max()) if on_time.max() > 0 else []:
        if found and first - found[-1][1] < SHORTEST_SECONDS:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    if not found:
        return "no moment"
    shown = sorted(sorted(found, key=lambda one: one[0] - one[1])[:MOST_SEGMENTS])
    text = ", ".join(f"{first:.1f} to {last:.1f} s" for first, last in shown)
    left_out = len(found) - len(shown)
    return text + (f", and {left_out} shorter" if left_out else "")


def listed(words: Sequence[str]) -> str:
    """Words as a list in a sentence.

    >>> listed(["P", "QRS", "T"])
    'P, QRS and T'
    """
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def capital(words: str) -> str:
    """Words as a sentence begins; the rest stays as it is."""
    return words[:1].upper() + words[1:]


def every(views: Iterable[str], what: str) -> str:
    """The views of an explanation together, or their networks.

    >>> every(["signal", "image"], "network"), every(["image"], "view")
    ('both networks', 'the picture view')
    """
    first, *rest = views
    if not rest:
        return f"the {view_kind(first).word} {what}"
    return f"both {what}s" if len(rest) == 1 else f"all {len(rest) + 1} {what}s"
