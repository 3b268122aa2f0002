"""Questions of a quiz as typed records: choices, numbers, words, and stretches to be marked on a strip.

A question holds what is asked and, apart from that, what is right: `keyless` takes the second away, so that a student's
copy holds no answer. Each possible answer has its own feedback, and a wrong one names the misconception that it stands
for.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

KINDS = {
    "multiple_choice": "one of several answers",
    "many_choice": "all that are true of several answers",
    "numeric": "a number",
    "string": "a few words",
    "mark_strip": "stretches to be marked on a strip",
}
"""Types of question: the first four as jupyterquiz writes them, the last is ours."""

DIFFICULTIES = (1, 2, 3)
"""Easy, middling, hard."""

SEEN, MISSING = "seen", "missing"
BRUSHES = {SEEN: "seen here", MISSING: "missing here"}
"""What a learner's mark says of a stretch."""


@dataclass(frozen=True)
class Reply:
    """What is said to one possible answer.

    Parameters
    ----------
    correct : bool
        Whether the answer is right.
    feedback : str
        Why.
    misconception : str
        What somebody who gives this wrong answer believes, in a few words.
    """

    correct: bool
    feedback: str
    misconception: str = ""


@dataclass(frozen=True)
class Option:
    """One answer of a choice: words, or code, or both; `reply` is None in a copy without keys."""

    text: str
    code: str = ""
    reply: Reply | None = None


@dataclass(frozen=True)
class Range:
    """Numbers that get one reply: from `low` on and below `high`; with `closed` the upper end belongs to it."""

    low: float
    high: float
    reply: Reply
    closed: bool = False

    def holds(self, number: float) -> bool:
        """True when a number lies in it; a hair beyond an end, from rounding, does."""
        slack = 1e-9 * max(1.0, abs(number))
        below = number <= self.high + slack if self.closed else number < self.high - slack
        return self.low - slack <= number and below


@dataclass(frozen=True)
class Phrase:
    """Words that get one reply; `likeness` below 1 lets a typing error pass (1: letter by letter)."""

    text: str
    reply: Reply
    match_case: bool = False
    likeness: float = 1.0


@dataclass(frozen=True)
class Marked:
    """What is said to a mark on one kind of stretch.

    Parameters
    ----------
    stretch : str
        A segment of the strip (``"P"``, ``"QRS"``, ``"TQ"`` ..., see `ecgteach.waves.SEGMENTS`) or evidence of one role
        (``"role P"``: something is there, ``"role A"``: something is missing).
    reply : Reply
        What is said.
    """

    stretch: str
    reply: Reply


@dataclass(frozen=True)
class StripOf:
    """The strip that a question shows.

    Parameters
    ----------
    simulate : str
        Rhythm for the simulator; empty where another entry says what to show.
    seed : int
        The simulator's seed.
    settings : mapping
        Its further settings: ``{"rate": 75, "pr": 0.16}``.
    sample : str
        Name of an embedded strip, as ``source/record@start``.
    lead : str
        Which lead.
    microvolts : tuple of int
        The samples themselves, 5,000 at 500 Hz: so a student's copy shows a strip without its name.
    """

    simulate: str = ""
    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    sample: str = ""
    lead: str = "II"
    microvolts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Question(ABC):
    """What every question has.

    Parameters
    ----------
    id : str
        Its name in a bank; progress and keys refer to it.
    prompt : str
        The question.
    contrast : str
        Which two things it tells apart; empty where it was not said.
    difficulty : int
        One of `DIFFICULTIES`.
    source : str
        What its medical statement rests on: a DOI, or who says so.
    code : str
        A listing that the question is about.
    strip : StripOf, optional
        The strip that it shows.
    keyed : bool
        Whether the question holds what is right; False in a student's copy.
    """

    id: str
    prompt: str
    contrast: str = ""
    difficulty: int = 2
    source: str = ""
    code: str = ""
    strip: StripOf | None = None
    keyed: bool = True

    kind = ""

    @abstractmethod
    def keyless(self) -> "Question":
        """The question without what is right."""


@dataclass(frozen=True)
class Choice(Question):
    """One of several options, or with `several` all that are true."""

    options: tuple[Option, ...] = ()
    several: bool = False

    @property
    def kind(self) -> str:  # type: ignore[override]
        """One of `KINDS`."""
        return "many_choice" if self.several else "multiple_choice"

    def keyless(self) -> "Choice":
        """The question and its options, without what is right."""
        return replace(self, options=tuple(replace(option, reply=None) for option in self.options), keyed=False)


@dataclass(frozen=True)
class Numeric(Question):
    """A number, within a tolerance, in a unit.

    Parameters
    ----------
    ranges : tuple of Range
        The first that holds the number replies.
    otherwise : Reply
        To any other number.
    unit : str
        In which ranges are written; an answer may come in another one (``"0.16 s"`` for 160 ms).
    digits : int, optional
        Significant digits to which an answer is rounded before it is compared.
    """

    ranges: tuple[Range, ...] = ()
    otherwise: Reply = field(default_factory=lambda: Reply(False, ""))
    unit: str = ""
    digits: int | None = None

    kind = "numeric"

    def keyless(self) -> "Numeric":
        """The question and its unit, without what is right."""
        return replace(self, ranges=(), otherwise=Reply(False, ""), keyed=False)


@dataclass(frozen=True)
class Words(Question):
    """A few words."""

    phrases: tuple[Phrase, ...] = ()
    otherwise: Reply = field(default_factory=lambda: Reply(False, ""))

    kind = "string"

    def keyless(self) -> "Words":
        """The question, without what is right."""
        return replace(self, phrases=(), otherwise=Reply(False, ""), keyed=False)


@dataclass(frozen=True)
class MarkStrip(Question):
    """Stretches to be marked on a strip.

    Parameters
    ----------
    marks : tuple of Marked
        Replies to marks, by the stretch on which they lie; those with a right reply are what is looked for.
    otherwise : Reply
        To a mark on any other stretch.
    brush : str
        What a mark says, one of `BRUSHES`.
    beats : int
        In how many beats it has to be marked; fewer where the strip has fewer.
    """

    marks: tuple[Marked, ...] = ()
    otherwise: Reply = field(default_factory=lambda: Reply(False, ""))
    brush: str = SEEN
    beats: int = 3

    kind = "mark_strip"

    def keyless(self) -> "MarkStrip":
        """The question, without what is right."""
        return replace(self, marks=(), otherwise=Reply(False, ""), keyed=False)


UNITS = {
    "ms": ("s", 1e-3), "s": ("s", 1.0), "sec": ("s", 1.0), "min": ("s", 60.0),
    "mv": ("V", 1e-3), "uv": ("V", 1e-6), "µv": ("V", 1e-6), "v": ("V", 1.0),
    "mm": ("m", 1e-3), "cm": ("m", 1e-2),
    "/min": ("/min", 1.0), "bpm": ("/min", 1.0), "1/min": ("/min", 1.0), "hz": ("/min", 60.0),
    "%": ("1", 1e-2), "": ("", 1.0),
}  # fmt: skip
"""Units by what they measure, and how much of it one of them is."""


def in_unit(number: float, given: str, wanted: str) -> float | None:
    """A number of one unit in another; None where the two measure different things. No unit given is the wanted one.

    >>> in_unit(0.16, "s", "ms"), in_unit(2.0, "mV", "ms")
    (160.0, None)
    """
    if not given or given == wanted:
        return number
    one, other = UNITS.get(given.casefold()), UNITS.get(wanted.casefold())
    if one is None or other is None or one[0] != other[0]:
        return None
    value = number * one[1] / other[1]
    return float(f"{value:.12g}") if math.isfinite(value) else None
