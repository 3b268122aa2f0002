"""What the lines above a table's numbers say of rate, unit and lead, in any of the languages of the table of words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .files import shown
from .leads import known_lead
from .table_text import words
from .units import millivolts_in

LONGEST_LINE = 200
"""Signs of a line above the numbers that are looked at."""

MOST_LINES = 200
"""Lines above the numbers that are looked at, beside the last few."""

_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)?")


@dataclass(frozen=True)
class Remarks:
    """What lines above the numbers say."""

    rates: tuple[tuple[float, str], ...] = ()
    unsure: tuple[float, ...] = ()
    unit: str | None = None
    lead: str = ""
    notes: tuple[str, ...] = ()


def remarks_above(above: Sequence[str], used: int = 0) -> Remarks:
    """Rate, unit and lead that the lines above the numbers state, in any of the languages of the table of words.

    `used` of the lines are the header of the columns.
    """
    rates: list[float] = []
    unsure: list[float] = []
    units: list[str] = []
    leads: list[str] = []
    for line in [*above[:MOST_LINES], *above[MOST_LINES:][-5:]]:
        line = line[:LONGEST_LINE].strip().lstrip("#%;/ ").strip()
        key, value = _key_and_value(line)
        rate = _rate_in(line)
        if rate:
            (rates if names_one_of(line, words()["rate"]) else unsure).append(rate)
        elif names_one_of(key, words()["unit"]) and millivolts_in(value):
            units.append(value)
        elif names_one_of(key, words()["lead"]) and known_lead(value):
            leads.append(value)
        elif not key and millivolts_in(line) and line.casefold() != "v":
            units.append(line)
    factors = {millivolts_in(unit) for unit in units}
    unit = units[0] if len(factors) == 1 else None
    said = dict.fromkeys(rates)
    notes = []
    lines = sum(bool(line.strip()) for line in above) - used
    if lines:
        stated = [*(f"{rate:g} Hz" for rate in said), *([f"the unit {shown(unit, 24)}"] if unit else [])]
        taken = f", but for {' and '.join(stated)}" if stated else ""
        notes.append(f"{lines} line{'s' * (lines > 1)} above the numbers left alone{taken}")
    lead = leads[0] if len({known_lead(name) for name in leads}) == 1 else ""
    where = "by a line above the numbers"
    return Remarks(tuple((rate, where) for rate in said), tuple(dict.fromkeys(unsure)), unit, lead, tuple(notes))


def _key_and_value(line: str) -> tuple[str, str]:
    found = re.split(r"[,;\t=:|]", line, maxsplit=1)
    if len(found) < 2:
        return "", line
    return found[0].strip().strip("\"'"), found[1].strip(" \t,;:=\"'[](){}")


def names_one_of(line: str, listed: Sequence[str]) -> bool:
    """Whether one of the words stands in a line, as a word where it is written in letters that words are made of."""
    folded = line.casefold().replace("\u2019", "'")
    return any(
        re.search(rf"(?<![^\W\d_]){re.escape(word)}(?![^\W\d_])", folded) if word.isascii() else word in folded
        for word in listed
    )


def _rate_in(line: str) -> float | None:
    """A sampling rate that a line states in Hz, or may state; None for another frequency and for no number."""
    folded = line.casefold()
    certain = names_one_of(line, words()["rate"])
    hertz = words()["hertz"]
    if not certain and any(word in folded for word in words()["other_rate"]):
        return None
    numbers = list(_NUMBER.finditer(folded))
    for found in numbers:
        behind = re.match(r"[\s,;:\"'\[(]*([^\W\d_]+(?:/s)?|1/s)", folded[found.end() :])
        unit = behind[1] if behind else ""
        if unit in hertz and (len(numbers) == 1 or certain):
            return float(found[0].replace(",", ".")) * hertz[unit] or None
    if certain and numbers:
        scale = 1000.0 if re.search(r"[\[(]\s*khz\s*[\])]", folded) else 1.0
        return float(numbers[-1][0].replace(",", ".")) * scale or None
    return None
