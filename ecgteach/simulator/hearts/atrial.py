"""Hearts whose atria run on their own: atrial tachycardia, flutter, fibrillation."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

from numpy.random import Generator

from ..activation import Atrium, Beat, Cycle, Heart
from ..people import Person
from .timing import Span, steady_onsets

SLOWEST_TACHYCARDIA = 105.0
FLUTTER_RATES = (190.0, 345.0)
BLOCKED_RATES = (35.0, 90.0)
PACED_RATES = (60.0, 90.0)


def tachycardia(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:
    """Atrial tachycardia: P of another form at a steady rate; where the ventricles are slower, some are blocked."""
    ratio = options.get("ratio")
    if ratio is None:
        ratio = next(k for k in (1, 2, 3, 4) if k * person.rate >= SLOWEST_TACHYCARDIA)
        ratio = ratio + 1 if ratio * person.rate < 140 and random.random() < 0.2 else ratio
    assert isinstance(ratio, int)
    onsets = steady_onsets(person.rr / ratio, span, random)
    beats: list[Beat] = []
    atria = []
    for number, onset in enumerate(onsets):
        if number % ratio == 0:
            atria.append(Atrium(onset, "ectopic 1", len(beats)))
            beats.append(Beat(onset + person.pr, "narrow"))
        else:
            atria.append(Atrium(onset, "ectopic 1", None))
    notes: dict[str, object] = {"ratio": ratio, "atrial_rate": person.rate * ratio}
    return Heart(f"atrial tachycardia, {ratio}:1", beats, atria, notes=notes)


def flutter(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:
    """Flutter: F waves without a pause at a constant interval; every second to fourth reaches the ventricles."""
    direction = options.get("direction") or ("clockwise" if random.random() < 0.2 else "counter-clockwise")
    ratio = options.get("ratio") or _likely_ratio(person, random)
    assert isinstance(ratio, int | str)
    interval = person.rr / ratio if isinstance(ratio, int) else 60.0 / person.flutter_rate
    shape = f"flutter {direction}"
    delay = random.uniform(0.05, 0.2)
    waves = steady_onsets(interval, span, random, jitter=0.002)
    cycles = [Cycle("F", onset, later, 1.0, shape) for onset, later in pairwise(waves)]
    beats, number, steps = [], 0, _steps(ratio, person, interval, random)
    while number < len(waves):
        beats.append(Beat(waves[number] + delay + 0.004 * random.standard_normal(), "narrow"))
        number += next(steps)
    label = f"{ratio}:1" if isinstance(ratio, int) else "variable conduction"
    notes = {"ratio": ratio, "direction": direction, "atrial_rate": 60.0 / interval}
    return Heart(f"atrial flutter, {direction}, {label}", beats, cycles=cycles, notes=notes)


def fibrillation(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:
    """Fibrillation: f waves, no P; RR as a node with two pathways lets them through, or regular by block or pacing."""
    conduction = options.get("conduction") or "intact"
    if conduction == "intact":
        rr = _nodal_intervals(person, random)
        shape = "narrow"
    else:
        low, high = BLOCKED_RATES if conduction == "block" else PACED_RATES
        person = replace(person, rate=min(max(person.rate, low), high))
        rr = _steady(person.rr)
        shape = "paced" if conduction == "pacing" else "narrow"
    onset = span.start + random.uniform(0, person.rr)
    beats = []
    while onset < span.end:
        beats.append(Beat(onset, shape))
        onset += next(rr)
    label = {"intact": "", "block": " with complete block", "pacing": " with ventricular pacing"}[str(conduction)]
    cycles = _fibrillatory_cycles(person, span, random)
    return Heart(f"atrial fibrillation{label}", beats, cycles=cycles, notes={"conduction": conduction})


def _likely_ratio(person: Person, random: Generator) -> int | str:
    """Ratios that put the atria at a flutter's rate; about three flutters in ten conduct variably."""
    low, high = FLUTTER_RATES
    fitting = [ratio for ratio in (2, 3, 4) if low <= ratio * person.rate <= high]
    if not fitting or random.random() < 0.3:
        return "variable"
    even = [ratio for ratio in fitting if ratio % 2 == 0]
    return int(random.choice(even or fitting))


def _steps(ratio: int | str, person: Person, interval: float, random: Generator) -> Iterator[int]:
    """How many F waves from one conducted to the next."""
    while True:
        if isinstance(ratio, int):
            yield ratio
        else:
            wanted = person.rr / interval
            yield min(max(2, round(random.normal(wanted, 0.9))), 8)


def _steady(rr: float) -> Iterator[float]:
    while True:
        yield rr


def _nodal_intervals(person: Person, random: Generator) -> Iterator[float]:
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
    shortest = max(mean - wait - prolonged / 2 - apart * (1 - slow_share), 0.24)
    while True:
        pathway = 0.0 if random.random() < slow_share else apart
        yield shortest + pathway + random.uniform(0, prolonged) + random.exponential(wait)


def _fibrillatory_cycles(person: Person, span: Span, random: Generator) -> list[Cycle]:
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
