"""Words that are the same in figures, sentences, widgets and notebooks: shares, probabilities, classes, moments."""

from collections.abc import Iterable, Mapping, Sequence

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


SHARED = (
    (0.05, "almost nothing is shared"),
    (0.15, "about a tenth is shared"),
    (0.225, "about a fifth is shared"),
    (0.29, "about a quarter is shared"),
    (0.415, "about a third is shared"),
    (0.585, "about half is shared"),
    (0.71, "about two thirds are shared"),
    (0.825, "about three quarters are shared"),
    (0.95, "about nine tenths are shared"),
    (1.0, "almost all is shared"),
)
"""Up to which share (itself left out) each is said, nothing and all apart.

The borders lie halfway between the fractions that are named.
"""

FEW = 0.025
"""Share below which one reads "under 5 %": where all do, they are told in seconds."""


def in_steps_or_seconds(shares: Sequence[float], of: Sequence[float] | None = None) -> list[str]:
    """Shares of a strip's time in steps of 5 %, or in seconds where each would only read "under 5 %".

    Parameters
    ----------
    shares : sequence of float
        0 to 1.
    of : sequence of float, optional
        The shares that decide; by default `shares` themselves.

    >>> in_steps_or_seconds([0.012, 0.02]), in_steps_or_seconds([0.0, 0.5])[1].replace(PERCENT, " %")
    (['0.1 s', '0.2 s'], '50 %')
    """
    if all(share < FEW for share in (shares if of is None else of)):
        return [f"{SECONDS * share:.1f} s" for share in shares]
    return [in_steps(share) for share in shares]


def overlap(together: float, either: float) -> str:
    """How much of what any view looked at all of them looked at, in words: ``"about a third is shared"``.

    Parameters
    ----------
    together, either : float
        Share of the time at which all views looked, and at which one or more did; 0 to 1.

    >>> overlap(0.1, 0.3), overlap(0.0, 0.3), overlap(0.3, 0.3)
    ('about a third is shared', 'nothing is shared', 'all is shared')
    """
    share = together / either if either > 0 else 0.0
    if share <= ROUNDING:
        return "nothing is shared"
    if share >= 1.0 - ROUNDING:
        return "all is shared"
    return next(words for limit, words in SHARED if share < limit)


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

    >>> class_name("SR"), class_name("my class")
    ('sinus rhythm (60-100/min)', 'my class')
    """
    names = {known: rhythm.name for known, rhythm in rhythms().items()}
    return (names | {group.code: group.name for group in grouping().groups}).get(code, code)


def class_in_short(code: str) -> str:
    """A class in words that fit into a title or a sentence.

    >>> class_in_short("SR"), class_in_short("my class")
    ('sinus rhythm', 'my class')
    """
    return {group.code: group.short for group in grouping().groups}.get(code) or class_name(code)


def class_in_full(code: str) -> str:
    """A class by its code and in words, for who has to type the code.

    >>> class_in_full("SB"), class_in_full("my class")
    ('SB (sinus bradycardia)', 'my class')
    """
    name = class_in_short(code)
    return code if name == code else f"{code} ({name})"


def with_place(parts: Mapping[str, NDArray[np.float32]], number: int) -> float | None:
    """Which share of what speaks for a class has a place on the strip, so that a map can show it.

    Parameters
    ----------
    parts : mapping of str to array, shape (classes,)
        Parts of the logits, as `Prediction.parts` holds them.
    number : int
        Number of the class.

    Returns
    -------
    float or None
        0 to 1; what speaks against the class is no part of what speaks for it. NaN where on balance nothing speaks for
        it, None where the network does not tell its parts.

    >>> with_place({"local": np.array([1.0]), "rhythm": np.array([3.0])}, 0)
    0.25
    """
    if set(parts) != {"local", "rhythm"}:
        return None
    local, rhythm = (max(float(parts[name][number]), 0.0) for name in ("local", "rhythm"))
    return local / (local + rhythm) if local + rhythm > 0 else float("nan")


def segments(held: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """Beginnings and ends in seconds of the segments where something holds, sample by sample; shape (5000,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], held, [False]]).astype(np.int8)))
    return [(float(first), float(last)) for first, last in (edges * SECONDS / len(held)).reshape(-1, 2)]


def looked_at(on_time: NDArray[np.float32]) -> float:
    """Share of the strip's time where a map along it, shape (5000,), reaches half of its own maximum."""
    return float(np.mean(on_time >= LOOKED * on_time.max())) if on_time.max() > 0 else 0.0


def looked_segments(on_time: NDArray[np.float32]) -> list[tuple[float, float]]:
    """Beginnings and ends in seconds of what a map along time, shape (5000,), looked at; short gaps are passed over."""
    found: list[tuple[float, float]] = []
    for first, last in segments(on_time >= LOOKED * on_time.max()) if on_time.max() > 0 else []:
        if found and first - found[-1][1] < SHORTEST_SECONDS:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def moments(on_time: NDArray[np.float32]) -> str:
    """The longest segments where a map along time, shape (5000,), reaches half of its own maximum, in order of time.

    Gaps shorter than a tenth of a second, the last digit given, are passed over.
    """
    found = looked_segments(on_time)
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
