"""From a rhythm's name to a recording: heart, waves, dipole, leads, noise, and the truth of it."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence
from numpy.typing import NDArray

from ..arguments import checked
from ..errors import InvalidValue, UnknownName, choices
from ..records.record import Record
from .activation import Activation, lay_out
from .anatomy import Anatomy, with_normal_chest, with_normal_limbs
from .dipole import play
from .flutter import fitting_flutter
from .ground_truth import record_of
from .hearts import HEARTS
from .hearts.timing import Span
from .leads import LEADS, derivation
from .modifiers import check_modifiers, modifiers, with_modifiers
from .noise import INGREDIENTS, check_noise, draw_noise, usual_noise
from .people import HEALTHY, WIDEST_NARROW, Patient, Person, check_setting, draw_person, settings

MARGIN = 2.5
SEEDS = 1_000_000
FIRST_DEGREE = (0.21, 0.32)
LEAST_AFTER_P = 0.05
RATES_OF_OPTIONS = {
    ("conduction", "pre-excited"): (160.0, 240.0),
    ("escape", "junctional"): (40.0, 58.0),
    ("escape", "ventricular"): (24.0, 40.0),
}
"""Rates that an option of a rhythm is drawn from, where the rhythm's own do not fit it (textbook)."""

WIDE = ("VT", "AVB3", "PACE", "NSVT")
"""Rhythms whose own QRS is wide, or may be."""

Seed = int | tuple[int, ...]
Noise = str | Mapping[str, float] | None


@dataclass(frozen=True, repr=False, eq=False)
class Batch:
    """Many simulated recordings of one length as one array.

    Parameters
    ----------
    signals : array, shape (n, leads, samples)
        In mV, float32.
    lead_names : tuple of str
        One name a lead.
    sampling_rate : float
        In Hz.
    activations : tuple of Activation
        What each was played from.
    noise : tuple of dict
        Each one's ingredients on the independent leads that were needed (`leads.derivation`), in mV.
    strengths : tuple of dict
        Strength of each ingredient.
    keys : tuple of tuples of int
        The seeds.
    """

    signals: NDArray[np.float32]
    lead_names: tuple[str, ...]
    sampling_rate: float
    activations: tuple[Activation, ...]
    noise: tuple[dict[str, NDArray[np.float64]], ...]
    strengths: tuple[dict[str, float], ...]
    keys: tuple[tuple[int, ...], ...]

    @property
    def rhythms(self) -> tuple[str, ...]:
        """Code of each recording's rhythm."""
        return tuple(activation.rhythm for activation in self.activations)

    @property
    def rates(self) -> NDArray[np.float64]:
        """Beats per minute of each recording: 60 over the mean RR within it; NaN below two beats."""
        seconds = self.signals.shape[2] / self.sampling_rate
        return np.array([rate_of(activation, seconds) for activation in self.activations])

    def __len__(self) -> int:
        return len(self.activations)

    def __getitem__(self, number: int) -> Record:
        """One of them as a `Record` with its truth."""
        _, matrix = derivation(self.lead_names)
        return record_of(
            self.activations[number],
            self.signals[number],
            {name: _single(matrix @ values) for name, values in self.noise[number].items()},
            self.lead_names,
            self.sampling_rate,
            id=f"{self.activations[number].rhythm}-{'-'.join(map(str, self.keys[number]))}",
            strengths=self.strengths[number],
            key=self.keys[number],
        )


@checked
def simulate(
    rhythm: str = "SR",
    *,
    seed: Seed | None = None,
    seconds: float = 10.0,
    sampling_rate: float = 500.0,
    leads: Sequence[str] = LEADS,
    noise: Noise = "usual",
    **changes: Any,
) -> Record:
    """A recording of a rhythm, with everything that is true of it in `Record.truth`.

    Parameters
    ----------
    rhythm : str
        One of `HEARTS`: SR, SB, ST, SA, SAAWR, NOD, JT, AT, MAR, MAT, AVNRT, AVRT, SVT, AFL, AFIB, VT, AVB2, AVB3,
        PACE, and a run within sinus rhythm: PAF, PSVT, NSVT.
    seed : int or tuple of int, optional
        The same seed gives the same recording. Without it one is drawn, and told at the end of the record's id.
    seconds, sampling_rate : float
        Length, and samples a second.
    leads : sequence of str
        Some of the twelve, in this order.
    noise : "usual", mapping or None
        Drawn as devices meet it, or ingredient to strength as in `noise.INGREDIENTS` (SNR in dB), or none.
    **changes
        What is not to be drawn: ``rate`` (per minute), the names of ``settings.csv`` (``pr`` in s, ``t`` in mV ...),
        modifiers (``modifiers.csv``: ``pacs``, ``blocked_pacs``, ``aberrant_pacs``, ``pvcs``, ``sinus_pause``,
        ``first_degree``, ``bundle_branch``, ``arms_swapped``; ``healthy=True`` for a person of whom nothing but the
        rhythm is remarkable), and the rhythm's own options (``ratio``, ``direction``, ``conduction``, ``block``,
        ``escape``, ``which``, ``p_wave``, ``captures``, ``atria``, ``form``, ``mode``, ``capture``, ``turn``).

    Raises
    ------
    UnknownName
        When rhythm, lead, noise or setting is unknown.
    InvalidValue
        When a value is outside its range, or the combination cannot be: PACs in atrial fibrillation.

    >>> record = simulate("AFIB", seed=1, noise=None)
    >>> record.truth.kind, len(record.truth.of("P"))
    ('atrial fibrillation', 0)
    """
    drawn = secrets.randbelow(SEEDS) if seed is None else seed
    return simulate_many(
        [rhythm], seeds=[drawn], seconds=seconds, sampling_rate=sampling_rate, leads=leads, noise=noise, **changes
    )[0]


@checked
def simulate_many(
    rhythms: str | Sequence[str],
    n: int | None = None,
    *,
    seed: Seed = 0,
    seeds: Sequence[Seed] | None = None,
    seconds: float = 10.0,
    sampling_rate: float = 500.0,
    leads: Sequence[str] = LEADS,
    noise: Noise = "usual",
    patients: Sequence[Patient] | None = None,
    **changes: Any,
) -> Batch:
    """Many recordings at once; number i is the one that ``simulate(..., seed=(seed, i))`` makes.

    Parameters
    ----------
    rhythms : str or sequence of str
        One rhythm for all `n`, or one for each.
    n : int, optional
        How many, where `rhythms` is one name.
    seed : int or tuple of int
        Decides all of them.
    seeds : sequence, optional
        One for each, instead of `seed`.
    patients : sequence of Patient, optional
        Whose rate, QRS, QT and axis each recording has.
    seconds, sampling_rate, leads, noise, **changes
        As in `simulate`.

    Raises
    ------
    UnknownName, InvalidValue
        As in `simulate`.

    >>> simulate_many("SB", 3, seed=1, leads=("II",)).signals.shape
    (3, 1, 5000)
    """
    names = [rhythms] * (n if n is not None else 1) if isinstance(rhythms, str) else list(rhythms)
    keys = [key_of(own) for own in seeds] if seeds is not None else [(*key_of(seed), i) for i in range(len(names))]
    if len(keys) != len(names) or (patients is not None and len(patients) != len(names)):
        raise InvalidValue(f"{len(names)} rhythms need as many seeds and patients, not {len(keys)}")
    _samples(seconds, sampling_rate)
    derivation(tuple(leads))
    people: Sequence[Patient | None] = patients if patients is not None else [None] * len(names)
    activations = [
        compose(name, key, seconds, patient, changes) for name, key, patient in zip(names, keys, people, strict=True)
    ]
    return perform(activations, keys, seconds=seconds, sampling_rate=sampling_rate, leads=leads, noise=noise)


def perform(
    activations: Sequence[Activation],
    keys: Sequence[tuple[int, ...]],
    *,
    seconds: float = 10.0,
    sampling_rate: float = 500.0,
    leads: Sequence[str] = LEADS,
    noise: Noise = "usual",
) -> Batch:
    """Recordings of some activations, each with noise that its key decides."""
    samples = _samples(seconds, sampling_rate)
    rows, matrix = derivation(tuple(leads))
    strengths = [_strengths(noise, key) for key in keys]
    clean = play(activations, rows, samples, sampling_rate)
    drawn = draw_noise(clean, rows, sampling_rate, strengths, keys)
    signals = np.empty((len(activations), len(matrix), samples), dtype=np.float32)
    for number, found in enumerate(drawn):
        signals[number] = matrix @ sum(found.values(), start=clean[number])
    return Batch(
        signals, tuple(leads), float(sampling_rate), tuple(activations), tuple(drawn), tuple(strengths), tuple(keys)
    )


def compose(
    rhythm: str, key: tuple[int, ...], seconds: float, patient: Patient | None, changes: Mapping[str, Any]
) -> Activation:
    """The activation of a recording: a person, a heart with this rhythm, modifiers, and all waves."""
    if rhythm not in HEARTS:
        raise UnknownName(f"no rhythm called {rhythm!r} can be simulated; there are {choices(HEARTS, 30)}")
    given, options, chosen = _sorted_out(rhythm, changes)
    check_modifiers(rhythm, chosen)
    _check_options(options)
    _check_group(options)
    bundle_branch = chosen.get("bundle_branch")
    _check_qrs(rhythm, given, bundle_branch)
    random = Generator(PCG64(SeedSequence(key)))
    person = draw_person(rhythm, random, given, patient, healthy=bool(chosen.get("healthy")))
    if rhythm == "AFL":
        person, options["ratio"] = fitting_flutter(person, given, options.get("ratio"), random)
    for (name, option), rates in RATES_OF_OPTIONS.items():
        if "rate" not in given and options.get(name) == option and not rates[0] <= person.rate <= rates[1]:
            person = replace(person, rate=random.uniform(*rates))
    person = _with_fitting_pr(rhythm, person, given, chosen, random)
    anatomy = _anatomy(person, key, bundle_branch)
    if person.healthy and "r" not in given:
        person = with_normal_limbs(person, anatomy)
        anatomy = _anatomy(person, key, bundle_branch)
    person = replace(person, qrs=anatomy.width(anatomy.conducted()))
    if "chest" not in given:
        person = with_normal_chest(person, anatomy)
    anatomy.person = person
    heart = HEARTS[rhythm].make(person, Span(-MARGIN, seconds + MARGIN), random, options)
    heart = with_modifiers(heart, chosen, person, seconds, random)
    heart.notes.update({name: value for name, value in chosen.items() if value})
    return lay_out(rhythm, heart, person, anatomy, random)


def _anatomy(person: Person, key: tuple[int, ...], bundle_branch: str | None) -> Anatomy:
    return Anatomy(person, Generator(PCG64(SeedSequence((*key, *b"anatomy")))), bundle_branch)


def _check_options(options: Mapping[str, Any]) -> None:
    if options.get("captures") and options.get("atria") == "1:1 retrograde":
        raise InvalidValue(
            "a P from the sinus node can capture the ventricles only where the atria go on by themselves; "
            'leave captures or atria="1:1 retrograde" out'
        )


def _check_group(options: Mapping[str, Any]) -> None:
    if options.get("block") == "2:1" and "group" in options:
        raise InvalidValue("a 2:1 block drops every other beat, so it has no group; leave group or block out")


def _check_qrs(rhythm: str, given: Mapping[str, float], bundle_branch: str | None) -> None:
    """A QRS over 110 ms has a name: bundle-branch block, or it comes from the ventricles."""
    if given.get("qrs", 0.0) <= WIDEST_NARROW or rhythm in WIDE or bundle_branch:
        return
    raise InvalidValue(
        f'a QRS of {given["qrs"]:g} s is not narrow; say why: bundle_branch="left" or bundle_branch="right", or '
        f"give a qrs up to {WIDEST_NARROW:g} s"
    )


def _sorted_out(rhythm: str, changes: Mapping[str, Any]) -> tuple[dict[str, float], dict[str, Any], dict[str, Any]]:
    """Settings of the person, options of the rhythm and modifiers, each checked."""
    given, options, chosen = {}, {}, {}
    allowed = HEARTS[rhythm].options
    for name, value in changes.items():
        if name in allowed:
            if not any(value == choice and type(value) is type(choice) for choice in allowed[name]):
                raise InvalidValue(f"{name} of {rhythm} is one of {choices(allowed[name])}, not {value!r}")
            options[name] = value
        elif name in modifiers():
            chosen[name] = value
        elif name == "rate" or name in settings():
            given[name] = check_setting(name, value, rhythm)
        else:
            known = [*modifiers(), *allowed, "rate", *settings()]
            raise UnknownName(f"{rhythm} has no setting {name!r}; there are {choices(known, 30)}")
    return given, options, chosen


def _with_fitting_pr(
    rhythm: str, person: Person, given: Mapping[str, float], chosen: Mapping[str, Any], random: Generator
) -> Person:
    """PR shortens with the rate, lengthens in first-degree block, and has to be shorter than RR."""
    longest = person.rr - LEAST_AFTER_P
    if "pr" in given:
        if HEARTS[rhythm].conducted and not person.pr < longest:
            raise InvalidValue(
                f"pr of {given['pr']:g} s does not fit a rate of {person.rate:.0f}/min (RR {person.rr:.2f} s); "
                f"it may lie between 0.08 and {longest:.2f} s"
            )
        if chosen.get("first_degree") and person.pr <= 0.2:
            raise InvalidValue(f"first-degree block means a pr above 0.2 s, not {person.pr:g} s")
        return person
    if chosen.get("first_degree"):
        if longest <= FIRST_DEGREE[0]:
            raise InvalidValue(
                f"first-degree block does not fit a rate of {person.rate:.0f}/min; PR may reach {longest:.2f} s"
            )
        return replace(person, pr=random.uniform(FIRST_DEGREE[0], min(FIRST_DEGREE[1], longest)))
    least = HEALTHY["pr"][0] if person.healthy else 0.09
    return replace(person, pr=max(least, person.pr * min(1.0, (person.rr / 0.8) ** 0.25)))


def _strengths(noise: Noise, key: tuple[int, ...]) -> dict[str, float]:
    if noise is None:
        return {}
    if isinstance(noise, Mapping):
        return check_noise(noise)
    if noise != "usual":
        raise UnknownName(f'noise is "usual", None, or a mapping of {choices(INGREDIENTS)} to strengths, not {noise!r}')
    return usual_noise(Generator(PCG64(SeedSequence((*key, *b"usual")))))


def _samples(seconds: float, sampling_rate: float) -> int:
    if not 2 <= seconds <= 3600:
        raise InvalidValue(f"a recording lasts 2 to 3,600 s, not {seconds}")
    if not 100 <= sampling_rate <= 2000:
        raise InvalidValue(f"the sampling rate may lie between 100 and 2,000 Hz, not {sampling_rate}")
    return round(seconds * sampling_rate)


def key_of(seed: Seed) -> tuple[int, ...]:
    """A seed as a tuple of whole numbers, checked."""
    key = seed if isinstance(seed, tuple) else (seed,)
    if not key or not all(
        isinstance(part, int | np.integer) and not isinstance(part, bool) and part >= 0 for part in key
    ):
        raise InvalidValue(f"a seed is a whole number from 0 on, or several, not {seed!r}")
    return tuple(int(part) for part in key)


def rate_of(activation: Activation, seconds: float) -> float:
    """Beats per minute of the QRS complexes within a recording; NaN below two."""
    onsets = activation.onsets[activation.of("QRS")]
    inside = np.sort(onsets[(onsets >= 0) & (onsets < seconds)])
    return float(60.0 / np.diff(inside).mean()) if inside.size > 1 else float("nan")


def _single(values: NDArray[np.float64]) -> NDArray[np.float32]:
    return values.astype(np.float32)
