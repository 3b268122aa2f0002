"""Pairs of strips that differ in one thing, drawn by seed: nobody has picked them, and another seed gives others.

``pairs.csv`` says of each pair which rhythms it sets side by side, what decides, and what is commonly believed.

>>> from ecgteach.quiz.pairs import draw_pair
>>> pair = draw_pair("sinus arrhythmia or regular sinus rhythm", seed=2)
>>> [record.rhythm.code for record in pair.records], pair.decides
(['SA', 'SR'], 'whether RR swells and shrinks')
"""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from random import Random
from typing import Any

import numpy as np

from ..arguments import checked
from ..errors import InvalidValue, UnknownName, choices, did_you_mean
from ..records import Record
from ..truth import Truth

TRIES = 400
CALM = {"muscle": (26.0, 36.0), "wander": (10.0, 18.0), "mains-50": (30.0, 45.0)}
"""Limits in dB below the signal from which noise is drawn: a good recording, and no artefact that would decide."""

LEAST_R = 0.5
NEAR = 3.0
"""By how many beats a minute the rates of the two may differ, so that the rate does not decide."""

LETTERS = "ABC"


@dataclass(frozen=True, eq=False)
class Pair:
    """Two strips that differ in one thing.

    Parameters
    ----------
    name : str
        What they tell apart.
    records : (Record, Record)
        Simulated, with their truth, in the order of the name.
    decides : str
        The feature that decides.
    misconception : str
        What is commonly believed.
    """

    name: str
    records: tuple[Record, Record]
    decides: str
    misconception: str


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    text = (resources.files(__package__) / "pairs.csv").read_text(encoding="utf-8")
    return {row["pair"]: row for row in csv.DictReader(text.splitlines())}


def pairs() -> tuple[str, ...]:
    """Names of the pairs."""
    return tuple(_table())


@checked
def draw_pair(name: str, *, seed: int = 0) -> Pair:
    """A pair by its name.

    Parameters
    ----------
    name : str
        One of `pairs`.
    seed : int
        Another seed draws others.

    Raises
    ------
    UnknownName
        When no pair is called so.
    InvalidValue
        When the simulator gives none that can be read: a limit that no seed meets.
    """
    row = _table().get(name)
    if row is None:
        raise UnknownName(f"no pair is called {name!r}{did_you_mean(name, pairs())}; there are {choices(pairs(), 20)}")
    draw = Random(f"pair {name} {seed}")
    leads = ("II",) if row["lead"] == "II" else ("II", row["lead"])
    same_count = name == pairs()[0]
    one = _drawn(row["one"], settings_of(row["one_settings"]), leads, draw, _counted(10) if same_count else None)
    other = _drawn(row["other"], settings_of(row["other_settings"]), leads, draw, _counted(10) if same_count else None)
    return Pair(name, (one, other), row["decides"], row["misconception"])


@checked
def three_at_one_rate(*, seed: int = 0, rate: float = 75.0) -> dict[str, Record]:
    """Fibrillation, sinus arrhythmia and even sinus rhythm at one rate, under letters in a mixed order.

    Parameters
    ----------
    seed : int
        Decides strips and order.
    rate : float
        Beats per minute of all three.
    """
    draw = Random(f"three {seed}")
    wanted: list[tuple[str, dict[str, Any]]] = [
        ("AFIB", {"f": 0.07}),
        ("SA", {"p": 0.14}),
        ("SR", {"p": 0.14, "variation": 0.02}),
    ]
    draw.shuffle(wanted)
    drawn = [_drawn(code, {"rate": rate, **settings}, ("II",), draw) for code, settings in wanted]
    return dict(zip(LETTERS, drawn, strict=True))


def settings_of(text: str) -> dict[str, Any]:
    """Settings of the simulator as a table writes them: ``"rate=75;block=2:1;first_degree=true"``."""
    return {name: _value(value) for name, value in (part.split("=") for part in text.split(";") if part)}


def _value(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text


def _drawn(
    code: str, settings: Mapping[str, Any], leads: tuple[str, ...], draw: Random,
    also: Callable[[Record], bool] | None = None,
) -> Record:  # fmt: skip
    """The first simulated recording that can be read well and has the rate that was asked for."""
    from ..simulator import simulate

    for _ in range(TRIES):
        noise = {name: draw.uniform(*limits) for name, limits in CALM.items()}
        record = simulate(code, seed=draw.randrange(10**6), leads=leads, noise=noise, **settings)
        if _upright(record) and _at_rate(record, settings["rate"]) and (also is None or also(record)):
            return record
    raise InvalidValue(f"{TRIES} simulated strips of {code} were tried, and none could be shown; take another seed")


def _truth(record: Record) -> Truth:
    if record.truth is None:  # every simulated recording has one
        raise InvalidValue(f"{record.id} was not simulated; a pair is made of simulated recordings")
    return record.truth


def _upright(record: Record) -> bool:
    lead = np.asarray(record["II"], dtype=np.float64)
    return bool(lead.max() > LEAST_R and -lead.min() < lead.max())


def _at_rate(record: Record, rate: float) -> bool:
    return abs(60.0 / float(np.mean(_truth(record).rr)) - rate) <= NEAR


def _counted(beats: int) -> Callable[[Record], bool]:
    def holds(record: Record) -> bool:
        return len(_truth(record).of("QRS")) == beats

    return holds
