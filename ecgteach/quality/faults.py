"""What can be wrong with a lead, in words, and what can still be read of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from ..errors import InvalidValue, choices


class Grade(IntEnum):
    """What can be read of a lead; the higher, the more."""

    POOR = 0
    RATE = 1
    P = 2
    WHOLE = 3

    def __str__(self) -> str:
        return ("poor", "usable for rate only", "usable for rate and P", "good")[self]


LEAST = {"any": Grade.POOR, "rate": Grade.RATE, "P": Grade.P, "good": Grade.WHOLE}
"""The least grade that is taken, by the word that asks for it."""

KINDS: dict[str, tuple[str, Grade]] = {
    "short": ("short", Grade.POOR),
    "flat": ("flat", Grade.POOR),
    "no QRS": ("noisy", Grade.POOR),
    "beats": ("", Grade.POOR),
    "waves": ("not delineated", Grade.POOR),
    "motion": ("disturbed by motion", Grade.RATE),
    "noise": ("overlaid with noise", Grade.RATE),
    "spike": ("hit by a spike", Grade.RATE),
    "clipped": ("clipped", Grade.P),
    "moved": ("disturbed in places", Grade.P),
    "drift": ("drifting", Grade.P),
    "fine noise": ("overlaid with fine noise", Grade.P),
}
"""Kinds of fault: the word that a sentence begins with, and what can still be read."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a lead.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    text : str
        What is wrong, in plain words.
    figures : str
        The numbers behind it, for who wants them.

    Raises
    ------
    InvalidValue
        When the kind is none of ours.

    >>> str(Fault("flat", "its range is 0.004 mV"))
    'flat: its range is 0.004 mV'
    """

    kind: str
    text: str
    figures: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidValue(f"no fault is of the kind {self.kind!r}; there are {choices(KINDS)}")

    @property
    def grade(self) -> Grade:
        """What can still be read in spite of it."""
        return KINDS[self.kind][1]

    @property
    def plain(self) -> str:
        """The fault without its figures, as it stands in a sentence."""
        word = KINDS[self.kind][0]
        return f"{word}, {self.text}" if word else self.text

    def __str__(self) -> str:
        word = KINDS[self.kind][0]
        return (f"{word}: " if word else "") + self.text + (f" ({self.figures})" if self.figures else "")

    def to_json(self) -> dict[str, str]:
        """The fault as plain values."""
        return {"kind": self.kind, "text": self.text, "figures": self.figures}

    @classmethod
    def from_json(cls, held: Mapping[str, Any] | str) -> "Fault":
        """The fault of what `to_json` gave, or of the words that older files hold."""
        if not isinstance(held, str):
            return cls(str(held["kind"]), str(held["text"]), str(held.get("figures", "")))
        word, colon, text = held.partition(": ")
        kind = next((kind for kind, (words, _) in KINDS.items() if colon and words == word), "beats")
        return cls(kind, text if kind != "beats" else held)


@dataclass(frozen=True)
class Quality:
    """What is wrong with a lead, and what can still be read of it; ``good`` when nothing is wrong."""

    faults: tuple[Fault, ...] = ()

    @property
    def grade(self) -> Grade:
        """What can be read: that which the worst fault leaves."""
        return min((fault.grade for fault in self.faults), default=Grade.WHOLE)

    @property
    def good(self) -> bool:
        """True when the whole lead can be read: nothing is wrong with it."""
        return not self.faults

    @property
    def plain(self) -> str:
        """Faults without their figures."""
        return "; ".join(fault.plain for fault in self.faults) or "good"

    def __str__(self) -> str:
        return "; ".join(str(fault) for fault in self.faults) or "good"
