"""Strips and data sets in any number: balanced by rhythm, drawn by seed, streamed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence
from numpy.typing import NDArray

from ..arguments import checked
from ..errors import InvalidValue, UnknownName, choices
from ..filters import for_reading as filtered_for_reading
from ..filters import low_pass
from ..records.dataset import Dataset, Entry
from ..records.record import Record
from ..rhythms import BRADYCARDIA_BELOW, TACHYCARDIA_ABOVE, grouping
from ..rhythms import rhythm as rhythm_called
from ..strip import SAMPLES, SECONDS
from ..truth import Evidence
from .activation import Activation
from .ground_truth import SOURCE, evidence_in
from .hearts import HEARTS
from .kinds import BY_RATE, OFF_THE_LIST, kind
from .making import Noise, Seed, compose, key_of, perform, rate_of, simulate
from .modifiers import allows

MIXTURES = {
    "SR": {"SR": 0.82, "SA": 0.18},
    "SB": {"SB": 1.0},
    "GSVT": {"ST": 0.68, "SVT": 0.2, "AT": 0.06, "AVNRT": 0.03, "AVRT": 0.03},
    "AFIB": {"AFIB": 0.82, "AFL": 0.18},
}
"""What each group is made of: about as in Chapman (GSVT: 68 % sinus tachycardia), the rare ones a little oftener."""

LIMIT_MARGIN = 2.0
CHANCES = {"pacs": 0.07, "pvcs": 0.07, "bundle_branch": 0.07, "first_degree": 0.04}
PORTABLE_HZ = 40.0
"""What portable devices let through between two hands: 0.5 to 40 Hz (Clifford 2017, doi 10.22489/CinC.2017.065-469)."""

REVERSED = 0.08
"""Share of strips between two hands that are recorded the wrong way round."""

PLACES = 500
PLACE_OF_ROLE = {"P": 1, "A": 1, "X": -1}

Part = TypeVar("Part")

CHUNK = 64
TRIES = 50


class Strips(NamedTuple):
    """Strips as arrays.

    `millivolts` (n, 5000) float32, `groups` and `rhythms` as codes (n,), `rates` per minute (n,); `places` (n, 500)
    int8 says for each 20 ms what a map may lie on (`places_of`), and is all 0 where it was not asked for.
    """

    millivolts: NDArray[np.float32]
    groups: NDArray[np.str_]
    rhythms: NDArray[np.str_]
    rates: NDArray[np.float64]
    places: NDArray[np.int8]


@checked
def simulate_strips(
    n: int,
    seed: Seed,
    *,
    groups: Mapping[str, float] | None = None,
    leads: Mapping[str, float] | None = None,
    noise: Noise = "usual",
    for_reading: bool = True,
    places: bool = False,
) -> Strips:
    """Strips of the study's four groups, as varied as we can make them: for training networks.

    Sinus strips within 2 beats per minute of a rate limit are drawn again, and each sinus strip's group is that of its
    rate.

    Parameters
    ----------
    n : int
        How many.
    seed : int or tuple of int
        Decides all of them.
    groups : mapping, optional
        Share of each group; equal without it.
    leads : mapping, optional
        Share of each lead; without it half are lead I (between two hands) and half lead II.
    noise : "usual", mapping or None
        As in `simulate`.
    for_reading : bool
        Whether strips pass the filters that every strip passes before a network reads it (0.5 to 40 Hz).
    places : bool
        Whether to find the evidence of each, which doubles the time.
    """
    parts = list(
        stream_strips(n, seed, groups=groups, leads=leads, noise=noise, for_reading=for_reading, places=places)
    )
    if not parts:
        nothing = np.zeros((0, SAMPLES), np.float32), np.array([], str), np.array([], str), np.zeros(0)
        return Strips(*nothing, np.zeros((0, PLACES), np.int8))
    return Strips(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


@checked
def stream_strips(
    n: int,
    seed: Seed,
    *,
    groups: Mapping[str, float] | None = None,
    kinds: Mapping[str, float] | None = None,
    leads: Mapping[str, float] | None = None,
    noise: Noise = "usual",
    for_reading: bool = True,
    places: bool = False,
) -> Iterator[Strips]:
    """The same as `simulate_strips`, a few dozen at a time, so that memory stays flat.

    Instead of groups, shares of `kinds` may be given; none of them may be off the list.
    """
    views = dict(leads) if leads else {"I": 0.5, "II": 0.5}
    wanted = _shares_of_kinds(kinds) if kinds else _shares_of_groups(groups or dict.fromkeys(MIXTURES, 1.0))
    key = key_of(seed)
    for first in range(0, n, CHUNK):
        yield _chunk(min(CHUNK, n - first), (*key, first), wanted, views, noise, for_reading, places)


@dataclass(frozen=True)
class Draw:
    """What is drawn for one strip: a rhythm with its settings, and the group that it must fall into, if any."""

    rhythm: str
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)
    group: str | None = None


Shares = Sequence[tuple[float, Sequence[tuple[float, Draw]]]]
"""Each entry's share, and what it is made of; the parts of an entry are drawn anew until one falls into its group."""


def _shares_of_groups(groups: Mapping[str, float]) -> Shares:
    if unknown := groups.keys() - MIXTURES.keys():
        raise UnknownName(f"there is no group {choices(unknown)}; there are {choices(MIXTURES)}")
    return [
        (share, [(part, Draw(code, {}, name)) for code, part in MIXTURES[name].items()])
        for name, share in groups.items()
    ]


def _shares_of_kinds(named: Mapping[str, float]) -> Shares:
    if off := [name for name in named if kind(name).group == OFF_THE_LIST]:
        raise InvalidValue(f"{choices(off)} is off the list, so that no network can learn to answer it")
    found = [(share, kind(name)) for name, share in named.items()]
    return [
        (share, [(1.0, Draw(one.rhythm, one.settings, None if one.group == BY_RATE else one.group))])
        for share, one in found
    ]


def _chunk(
    n: int,
    key: tuple[int, ...],
    shares: Shares,
    leads: Mapping[str, float],
    noise: Noise,
    for_reading: bool,
    places: bool,
) -> Strips:
    random = Generator(PCG64(SeedSequence(key)))
    activations, names = [], []
    for number in range(n):
        group, activation = _activation_of(_pick(shares, random), (*key, number), random)
        activations.append(activation)
        names.append(group)
    views = np.array([_pick([(share, lead) for lead, share in leads.items()], random) for _ in range(n)])
    millivolts = np.empty((n, SAMPLES), dtype=np.float32)
    for lead in sorted(set(views)):
        rows = np.flatnonzero(views == lead)
        keys = [(*key, int(row)) for row in rows]
        millivolts[rows] = perform([activations[row] for row in rows], keys, leads=(lead,), noise=noise).signals[:, 0]
    hands = views == "I"
    millivolts[hands] = low_pass(millivolts[hands], PORTABLE_HZ)
    millivolts[hands & (random.random(n) < REVERSED)] *= -1.0
    if for_reading:
        millivolts = filtered_for_reading(millivolts)
    rates = np.array([rate_of(activation, SECONDS) for activation in activations])
    rhythms = np.array([activation.rhythm for activation in activations])
    marked = np.zeros((n, PLACES), np.int8)
    if places:
        marked = np.stack([places_of(evidence_in(activation)) for activation in activations])
    return Strips(millivolts, np.array(names), rhythms, rates, marked)


@checked
def places_of(evidence: Iterable[Evidence]) -> NDArray[np.int8]:
    """What a map may lie on, for each 20 ms of a strip: 1 evidence (P, A), -1 irrelevant (X), 0 neither."""
    marked = np.zeros(PLACES, dtype=np.int8)
    for entry in evidence:
        if entry.role in PLACE_OF_ROLE:
            first, last = (round(moment * PLACES / SECONDS) for moment in (entry.start, entry.end))
            marked[first:last] = PLACE_OF_ROLE[entry.role]
    return marked


def _activation_of(
    mixture: Sequence[tuple[float, Draw]], key: tuple[int, ...], random: Generator
) -> tuple[str, Activation]:
    """A group, and an activation that falls into it by its rhythm and its rate, clear of the limits."""
    for attempt in range(TRIES):
        drawn = _pick(mixture, random)
        changes = _changes(drawn.rhythm, random) | dict(drawn.settings)
        try:
            activation = compose(drawn.rhythm, (*key, attempt), SECONDS, None, changes)
        except InvalidValue:  # a slow heart has no room for its premature beats, a fast one none for a long PR
            continue
        rate = rate_of(activation, SECONDS)
        own = rhythm_called(drawn.rhythm)
        found = grouping().group_of(own, rate)
        if found and drawn.group in (None, found.code) and not (own.sinus and _near_limit(rate)):
            return found.code, activation
    listed = choices([one.rhythm for _, one in mixture])
    raise InvalidValue(f"no strip of {listed} fell into its group in {TRIES} tries with the key {key}")


def _changes(rhythm: str, random: Generator) -> dict[str, Any]:
    """Modifiers now and then, where the rhythm can have them."""
    changes: dict[str, Any] = {}
    if allows("pacs", rhythm) and random.random() < CHANCES["pacs"]:
        changes["pacs"] = int(random.integers(1, 4))
    if random.random() < CHANCES["pvcs"] and rhythm in ("SR", "SB", "SA", "ST", "AFIB", "AFL"):
        changes["pvcs"] = int(random.integers(1, 3))
    if allows("bundle_branch", rhythm) and random.random() < CHANCES["bundle_branch"]:
        changes["bundle_branch"] = str(random.choice(["left", "right"]))
    if rhythm in ("SR", "SB") and random.random() < CHANCES["first_degree"]:
        changes["first_degree"] = True
    return changes


def _pick(shares: Sequence[tuple[float, Part]], random: Generator) -> Part:
    weights = np.array([share for share, _ in shares], dtype=np.float64)
    return shares[int(random.choice(len(shares), p=weights / weights.sum()))][1]


def _near_limit(rate: float) -> bool:
    return min(abs(rate - BRADYCARDIA_BELOW), abs(rate - TACHYCARDIA_ABOVE)) < LIMIT_MARGIN


@checked
def simulate_dataset(
    counts: Mapping[str, int],
    *,
    seed: Seed,
    **settings: Any,
) -> Dataset:
    """A data set of any size: its index is in memory, each recording is simulated when it is opened.

    Parameters
    ----------
    counts : mapping
        How many recordings of each rhythm: ``{"SR": 100, "AFIB": 100}``.
    seed : int or tuple of int
        Decides all of them; a recording does not depend on how many others there are.
    **settings
        As in `simulate`, for all recordings.

    Raises
    ------
    UnknownName, InvalidValue
        As in `simulate`.

    >>> simulate_dataset({"AFIB": 2, "SB": 1}, seed=1)
    Dataset simulated: 3 records
    """
    key = key_of(seed)
    entries = []
    for rhythm, count in counts.items():
        if rhythm not in HEARTS:
            raise UnknownName(f"no rhythm called {rhythm!r} can be simulated; there are {choices(HEARTS, 30)}")
        labels = frozenset({rhythm_called(rhythm)})
        entries += [Entry(f"{rhythm}-{number:06d}", Path(), labels=labels) for number in range(count)]

    def read(entry: Entry) -> Record:
        rhythm, _, number = entry.id.partition("-")
        own = (*key, *rhythm.encode(), int(number))
        return replace(simulate(rhythm, seed=own, **settings), id=entry.id)

    return Dataset(SOURCE, tuple(entries), read)
