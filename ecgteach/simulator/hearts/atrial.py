"""Hearts whose atria run on their own: atrial tachycardia, flutter, fibrillation."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from ..activation import Atrium, Beat, Cycle, Heart
from ..people import Person
from .timing import Span, steady_onsets

SLOWEST_TACHYCARDIA = 105.0
STEP_SPREAD = 1.3
EVEN_OFTENER = 2.0
BLOCKED_RATES = (35.0, 90.0)
PACED_RATES = (60.0, 90.0)
LEAST_RR = 0.24
FAST = 100.0
MULTIFOCAL_PLACES = (4, 6)
"""Three or four: ends of the range of numbers, the second not in it."""

FOCUS_CHANGES = 0.75
"""Chance that the next P comes from another place."""

LEAST_PRE_EXCITED_RR = 0.2
PRE_EXCITATION = (0.12, 0.23, 0.3, 0.35)
"""Chances that the accessory pathway brings nothing of a beat, some, much, or almost all (chosen)."""


def tachycardia(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:
    """Atrial tachycardia: P of another form at a steady rate; where the ventricles are slower, some are blocked."""
    ratio = options.get("ratio")
    if ratio is None:
        ratio = next(k for k in (1, 2, 3, 4) if k * person.rate >= SLOWEST_TACHYCARDIA)
        ratio = ratio + 1 if ratio * person.rate < 140 and random.random() < 0.2 else ratio
    assert isinstance(ratio, int)
    shape = f"ectopic {options.get('focus') or 1}"
    onsets = steady_onsets(person.rr / ratio, span, random)
    beats: list[Beat] = []
    atria = []
    for number, onset in enumerate(onsets):
        if number % ratio == 0:
            atria.append(Atrium(onset, shape, len(beats)))
            beats.append(Beat(onset + person.pr, "narrow"))
        else:
            atria.append(Atrium(onset, shape, None))
    notes: dict[str, object] = {"ratio": ratio, "atrial_rate": person.rate * ratio}
    return Heart(f"atrial tachycardia, {ratio}:1", beats, atria, notes=notes)


def ectopic_rhythm(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:
    """Ectopic atrial rhythm: an atrial place other than the sinus node leads, at a sinus node's rate."""
    heart = tachycardia(person, span, random, {**options, "ratio": 1})
    return Heart("ectopic atrial rhythm", heart.beats, heart.atria, notes={"atrial_rate": person.rate})


def flutter(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:
    """Flutter: F waves without a pause at a constant interval; every second to fourth reaches the ventricles."""
    direction = options.get("direction") or ("clockwise" if random.random() < 0.2 else "counter-clockwise")
    ratio = options["ratio"]
    assert isinstance(ratio, int | str)
    interval = 60.0 / person.flutter_rate
    shape = f"flutter {direction}"
    delay = random.uniform(0.05, 0.2)
    waves = steady_onsets(interval, span, random, jitter=0.002)
    cycles = [Cycle("F", onset, later, 1.0, shape) for onset, later in pairwise(waves)]
    beats, number, steps = [], 0, _steps(ratio, person.rr / interval, random)
    while number < len(waves):
        beats.append(Beat(waves[number] + delay + 0.004 * random.standard_normal(), "narrow"))
        number += next(steps)
    label = f"{ratio}:1" if isinstance(ratio, int) else "variable conduction"
    notes = {"ratio": ratio, "direction": direction, "atrial_rate": person.flutter_rate}
    return Heart(f"atrial flutter, {direction}, {label}", beats, cycles=cycles, notes=notes)


FIBRILLATION_WORDS = {
    "intact": "",
    "block": " with complete block",
    "pacing": " with ventricular pacing",
    "pre-excited": ", pre-excited",
}


def fibrillation(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:
    """Fibrillation: f waves, no P; RR as a node with two pathways lets them through, or regular by block or pacing."""
    conduction = options.get("conduction") or "intact"
    if conduction == "intact":
        rr = nodal_intervals(person, random)
        shape = "narrow"
    elif conduction == "pre-excited":
        rr = nodal_intervals(person, random, LEAST_PRE_EXCITED_RR)
        shape = "pre-excited 1"
    else:
        low, high = BLOCKED_RATES if conduction == "block" else PACED_RATES
        person = replace(person, rate=min(max(person.rate, low), high))
        rr = _steady(person.rr)
        shape = "paced" if conduction == "pacing" else "narrow"
    onset = span.start + random.uniform(0, person.rr)
    beats = []
    while onset < span.end:
        if conduction == "pre-excited":
            degree = int(random.choice(len(PRE_EXCITATION), p=PRE_EXCITATION))
            shape = f"pre-excited {degree}" if degree else "narrow"
        beats.append(Beat(onset, shape))
        onset += next(rr)
    label = FIBRILLATION_WORDS[str(conduction)]
    cycles = fibrillatory_cycles(person, span, random)
    return Heart(f"atrial fibrillation{label}", beats, cycles=cycles, notes={"conduction": conduction})


def _steps(ratio: int | str, mean: float, random: Generator) -> Iterator[int]:
    """How many F waves from one conducted to the next; where that varies, `mean` on average, even numbers oftener."""
    choice = np.arange(2, 9)
    owed = 0.0
    while True:
        if isinstance(ratio, int):
            yield ratio
            continue
        weights = np.exp(-(((choice - mean - owed) / STEP_SPREAD) ** 2)) * np.where(choice % 2, 1.0, EVEN_OFTENER)
        drawn = int(random.choice(choice, p=weights / weights.sum()))
        owed = min(max(owed + mean - drawn, -1.5), 1.5)
        yield drawn


def _steady(rr: float) -> Iterator[float]:
    while True:
        yield rr


def nodal_intervals(person: Person, random: Generator, least: float = LEAST_RR) -> Iterator[float]:
    """RR in fibrillation: refractory period of one of two pathways, its prolongation, the wait for an impulse.

    Corino et al. (2011, doi 10.1109/TBME.2011.2166262): impulses arrive as a Poisson process; what is not blocked is
    conducted at once.
    """
    mean = person.rr
    spread = person.variation if person.variation is not None else random.uniform(0.14, 0.28)
    wait = min(0.75 * spread * mean, 0.3)
    rest = max((spread * mean) ** 2 - wait**2, 0.0) ** 0.5
    prolonged = 1.8 * rest
    apart = 1.6 * rest
    slow_share = random.uniform(0.3, 0.7)
    shortest = max(mean - wait - prolonged / 2 - apart * (1 - slow_share), least)
    while True:
        pathway = 0.0 if random.random() < slow_share else apart
        yield shortest + pathway + random.uniform(0, prolonged) + random.exponential(wait)


def fibrillatory_cycles(person: Person, span: Span, random: Generator) -> list[Cycle]:
    """F waves whose length wanders around its mean and whose size waxes and wanes."""
    mean = 1.0 / person.f_rate
    onset, length, size = span.start, mean, 1.0
    shapes = [f"f {number}" for number in range(1, 4)]
    shape = shapes[0]
    cycles = []
    while onset < span.end:
        length = mean + 0.5 * (length - mean) + mean * 0.12 * random.standard_normal()
        length = min(max(length, 0.08), 0.34)
        size = min(max(1.0 + 0.75 * (size - 1.0) + 0.28 * random.standard_normal(), 0.15), 2.0)
        if random.random() < 0.12:
            shape = shapes[int(random.integers(len(shapes)))]
        cycles.append(Cycle("f", onset, onset + length, size, shape))
        onset += length
    return cycles


def multifocal(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:  # noqa: ARG001
    """Multifocal rhythm: P from three places or more, none of them leading, PP, PR and RR all uneven."""
    places = [f"focus {number}" for number in range(1, int(random.integers(*MULTIFOCAL_PLACES)))]
    shares = {place: float(random.uniform(0.8, 1.15)) for place in places}
    spread = person.variation if person.variation is not None else random.uniform(0.14, 0.22)
    onset = span.start + random.uniform(0, person.rr)
    shape = places[0]
    beats: list[Beat] = []
    atria: list[Atrium] = []
    while onset < span.end:
        atria.append(Atrium(onset, shape, len(beats)))
        beats.append(Beat(onset + person.pr * shares[shape] * random.uniform(0.93, 1.07), "narrow"))
        others = [place for place in places if place != shape]
        shape = others[int(random.integers(len(others)))] if random.random() < FOCUS_CHANGES else shape
        onset += person.rr * min(max(1.0 + spread * random.standard_normal(), 1.0 - 1.8 * spread), 1.0 + 2.5 * spread)
    name = "tachycardia" if person.rate > FAST else "rhythm"
    return Heart(f"multifocal atrial {name}, {len(places)} forms of P", beats, atria, notes={"foci": len(places)})
