"""Contrasts: pairs of recordings from one heart and one seed that differ in one thing, as ``contrasts.csv`` lists them.

Each pair names what decides it, the misconception that it cures, and the lead that shows it; where that is not II, the
right answer to lead II alone is "cannot tell from this lead".
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence

from ..arguments import checked
from ..errors import InvalidValue, UnknownName, choices
from ..records.record import Record
from ..truth import Evidence
from . import rewriting as write
from .activation import Activation
from .leads import LEADS
from .making import Batch, Seed, compose, key_of, perform
from .people import Patient, Person, draw_person, table

NOISE = {"muscle": 30.0, "wander": 16.0}
READ_IN = "II"
AXES = (15.0, 75.0)
LEAST = {"p": 0.12, "f": 0.1, "r": 0.8}
"""Heights in mV that the heart of a contrast has at least: what decides is to be seen."""

PERSONAL = ("pr", "qrs", "qtc", "axis", "r", "p", "p_width", "t", "st", "f")
TRIES = 60
SECONDS = 10.0


@dataclass(frozen=True)
class Pair:
    """One row of the table: two hearts and what tells them apart.

    Parameters
    ----------
    name : str
        ``"Wenckebach / Mobitz II"``.
    names : (str, str)
        What each of both is called.
    rhythms, settings : pairs
        How each is simulated.
    evidence : pair of tuples of str
        Words of the entries of evidence that decide, for each of both.
    decides : str
        The feature, in words.
    misconception : str
        What the wrong answer rests on.
    lead : str
        The lead that shows it.
    """

    name: str
    names: tuple[str, str]
    rhythms: tuple[str, str]
    settings: tuple[Mapping[str, Any], Mapping[str, Any]]
    evidence: tuple[tuple[str, ...], tuple[str, ...]]
    decides: str
    misconception: str
    lead: str

    @property
    def needs_twelve_leads(self) -> bool:
        """True where lead II alone does not decide."""
        return self.lead != READ_IN


@dataclass(frozen=True, eq=False)
class Contrast:
    """Two recordings that differ in one thing, and what decides between them.

    Parameters
    ----------
    pair : Pair
        The row of the table.
    first, second : Record
        From one person, one anatomy and one seed.
    """

    pair: Pair
    first: Record
    second: Record

    @property
    def records(self) -> tuple[Record, Record]:
        """Both, in the order of the pair's name."""
        return self.first, self.second

    @property
    def deciding(self) -> tuple[tuple[Evidence, ...], tuple[Evidence, ...]]:
        """The entries of each one's evidence that decide."""
        return self._of(self.first, 0), self._of(self.second, 1)

    def _of(self, record: Record, which: int) -> tuple[Evidence, ...]:
        assert record.truth is not None
        return tuple(entry for entry in record.truth.evidence if entry.what in self.pair.evidence[which])


@cache
def contrasts() -> dict[str, Pair]:
    """Every pair by its name, in the order of the table.

    >>> contrasts()["Wenckebach / Mobitz II"].decides
    'PR before and after the dropped beat'
    """
    found = {}
    for row in table("contrasts.csv"):
        found[row["pair"]] = Pair(
            row["pair"],
            (row["first"], row["second"]),
            (row["first_rhythm"], row["second_rhythm"]),
            (json.loads(row["first_settings"]), json.loads(row["second_settings"])),
            (tuple(row["first_evidence"].split(";")), tuple(row["second_evidence"].split(";"))),
            row["decides"],
            row["misconception"],
            row["lead"],
        )
    return found


@checked
def contrast(
    name: str,
    *,
    seed: Seed,
    leads: Sequence[str] = LEADS,
    noise: Mapping[str, float] | None = NOISE,
) -> Contrast:
    """Two recordings of ten seconds from one heart and one seed that differ in one thing.

    Person, form of every wave that both have, and noise are the same; where both beat at one rate, their first QRS
    stand at one place. In the rare seed whose strip does not show what decides, the next variant of the seed is taken.

    Parameters
    ----------
    name : str
        One of `contrasts()`.
    seed : int or tuple of int
        Decides both.
    leads : sequence of str
        Some of the twelve.
    noise : mapping or None
        As in `simulate`; a pair may have an ingredient of its own (the tremor).

    Raises
    ------
    UnknownName
        When there is no such pair, or no such lead.

    >>> pair = contrast("first-degree block / normal PR", seed=1, leads=("II",))
    >>> [round(min(w.onset - p.onset for p in r.truth.of("P") for w in r.truth.of("QRS") if w.beat == p.beat) > 0.2)
    ...  for r in pair.records]
    [1, 0]
    """
    if name not in contrasts():
        raise UnknownName(f"there is no contrast {name!r}; there are {choices(contrasts(), 30)}")
    pair = contrasts()[name]
    for variant in range(TRIES):
        made = _made(pair, (*key_of(seed), variant), leads, noise)
        if made is not None:
            return made
    raise InvalidValue(f"seed {seed!r} shows nothing that decides {name!r} in {TRIES} tries; take another")


def _made(pair: Pair, key: tuple[int, ...], leads: Sequence[str], noise: Mapping[str, float] | None) -> Contrast | None:
    """Both recordings; None where one of them does not show all that decides."""
    person, patient = _heart(key)
    own = [dict(settings) for settings in pair.settings]
    noises = [settings.pop("noise", noise) if noise is not None else settings.pop("noise", None) for settings in own]
    try:
        first, second = (
            compose(rhythm, key, SECONDS, patient, _given(person, settings))
            for rhythm, settings in zip(pair.rhythms, own, strict=True)
        )
    except InvalidValue:  # no room for a premature beat
        return None
    both = (first, _beside(first, second))
    records: list[Batch] = [
        perform([activation], [key], seconds=SECONDS, leads=leads, noise=strengths)
        for activation, strengths in zip(both, noises, strict=True)
    ]
    made = Contrast(pair, records[0][0], records[1][0])
    shown = [{entry.what for entry in entries} for entries in made.deciding]
    return made if all(set(wanted) <= found for wanted, found in zip(pair.evidence, shown, strict=True)) else None


def _heart(key: tuple[int, ...]) -> tuple[Person, Patient]:
    """A healthy person whose P and f waves lead II shows, and the row that gives age and sex."""
    random = Generator(PCG64(SeedSequence((*key, *b"contrast"))))
    person = draw_person("SR", random, {}, None, healthy=True)
    patient = Patient("SR", person.age, person.sex, round(person.rate), round(1000 * person.qrs), 400, 45, "")
    return person, patient


def _given(person: Person, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The person's values as settings, under what the pair sets."""
    values = {name: getattr(person, name) for name in PERSONAL}
    values |= {name: max(values[name], least) for name, least in LEAST.items()}
    values["axis"] = min(max(values["axis"], AXES[0]), AXES[1])
    if settings.get("first_degree"):
        del values["pr"]
    if settings.get("bundle_branch"):
        del values["qrs"]
    return {**values, **settings}


def _beside(first: Activation, second: Activation) -> Activation:
    """The second activation, moved so that one of its QRS stands where the first one's first within the strip does."""
    early, other = (sorted(write.qrs_onsets(activation).values()) for activation in (first, second))
    place = next(onset for onset in early if onset >= 0.3)
    shift = place - min(other, key=lambda onset: abs(onset - place))
    return write.shifted(second, np.full_like(second.onsets, shift))
