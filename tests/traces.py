"""Traces whose truth is known: clean simulated strips of every kind, and inputs without a heart in them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ecgteach.errors import InvalidValue
from ecgteach.simulator import simulate
from ecgteach.simulator.hearts import HEARTS

WINDOW = 0.15
"""Seconds within which a found beat and a marked one are the same (EC57)."""


class Clean(NamedTuple):
    """One lead of a simulated recording without noise; complexes cut by an edge are not required."""

    kind: str
    seed: int
    samples: np.ndarray
    complexes: list[float]
    cut: list[float]


def every_kind() -> list[tuple[str, dict[str, Any]]]:
    """Every rhythm, each of its options, and each modifier that it may have."""
    found: list[tuple[str, dict[str, Any]]] = []
    for rhythm, entry in HEARTS.items():
        found.append((rhythm, {}))
        found += [(rhythm, {option: value}) for option, values in entry.options.items() for value in values]
        found += [(rhythm, {"bundle_branch": side}) for side in ("left", "right") if rhythm != "VT"]
        found += [(rhythm, {"pvcs": 2})] if rhythm not in ("VT", "AVB3") else []
        found += [(rhythm, {"pacs": 2}), (rhythm, {"first_degree": True})] if entry.conducted else []
    return found


def clean(
    seeds: Iterable[int], lead: str = "II", kinds: Sequence[tuple[str, dict[str, Any]]] | None = None
) -> Iterator[Clean]:
    """Clean strips of every kind or of some; what cannot be (too fast for its modifier) is left out."""
    seeds = tuple(seeds)
    for rhythm, changes in kinds if kinds is not None else every_kind():
        for seed in seeds:
            try:
                record = simulate(rhythm, seed=seed, noise=None, leads=(lead,), **changes)
            except InvalidValue:
                continue
            waves = record.truth.of("QRS")
            whole = [wave for wave in waves if wave.onset >= 0 and wave.offset <= 10]
            name = " ".join([rhythm, *(f"{key}={value}" for key, value in changes.items())])
            yield Clean(
                name,
                seed,
                record[lead],
                [(wave.onset + wave.offset) / 2 for wave in whole],
                [(wave.onset + wave.offset) / 2 for wave in waves if wave not in whole],
            )


def matched(found: Iterable[float], marked: Iterable[float], allowed: Iterable[float] = ()) -> tuple[int, int, int]:
    """Pairs, false beats and missed beats; each marked beat takes the nearest free one within the window."""
    free, pairs, missed = list(found), 0, 0
    for beat in marked:
        near = [time for time in free if abs(time - beat) <= WINDOW]
        if near:
            free.remove(min(near, key=lambda time: abs(time - beat)))
        pairs, missed = pairs + bool(near), missed + (not near)
    allowed = list(allowed)
    return pairs, sum(all(abs(time - beat) > WINDOW for beat in allowed) for time in free), missed


def beatless(number: int, seed: int, sampling_rate: float = 500.0) -> Iterator[tuple[str, np.ndarray]]:
    """Inputs of ten seconds without a heart beat, at many strengths: what each is, and its samples in mV."""
    random = np.random.default_rng(seed)
    size = round(10 * sampling_rate)
    times = np.arange(size) / sampling_rate

    def between(low: float, high: float) -> float:
        return float(np.exp(random.uniform(np.log(low), np.log(high))))

    def sign() -> int:
        return int(random.choice([-1, 1]))

    def white(strength: float) -> np.ndarray:
        return random.normal(0, strength, size)

    def sine(hertz: float, strength: float) -> np.ndarray:
        return strength * np.sin(2 * np.pi * hertz * times + random.uniform(0, 6))

    def brown(strength: float) -> np.ndarray:
        walk = np.cumsum(white(1.0))
        return strength * (walk - walk.mean()) / walk.std()

    def spike(widest: float) -> np.ndarray:
        distance = (times - random.uniform(0.3, 9.7)) / between(0.002, widest)
        return sign() * between(0.1, 9) * np.exp(-0.5 * distance**2)

    def step(least: float, most: float) -> np.ndarray:
        return sign() * between(least, most) * (times > random.uniform(0.2, 9.8))

    def decay(start: float) -> np.ndarray:
        return sign() * between(0.1, 9) * np.exp(-np.maximum(times - start, 0) / between(0.1, 5)) * (times >= start)

    quiet: Callable[[], np.ndarray] = lambda: white(between(0.0005, 0.03))  # noqa: E731
    made: dict[str, Callable[[], np.ndarray]] = {
        "hum of 50 Hz": lambda: sine(50 + random.normal(0, 0.05), between(0.03, 5)) + quiet(),
        "hum of 60 Hz": lambda: sine(60 + random.normal(0, 0.05), between(0.03, 5)) + quiet(),
        "harmonics": lambda: sum(sine(k * random.choice([50, 60]), between(0.02, 2)) for k in (1, 2, 3, 4)) + quiet(),
        "swelling hum": lambda: sine(50, between(0.05, 2)) * (1 + sine(between(0.1, 2), 0.8)) + quiet(),
        "a step": lambda: step(0.05, 8) + quiet(),
        "several steps": lambda: sum(step(0.05, 3) for _ in range(random.integers(2, 8))) + quiet(),
        "a ramp": lambda: sign() * between(0.05, 20) * times / 10 + quiet(),
        "a spike": lambda: spike(0.1) + quiet(),
        "two spikes": lambda: spike(0.05) + spike(0.05) + quiet(),
        "a decay": lambda: decay(0.0) + quiet(),
        "a late decay": lambda: decay(random.uniform(0.5, 8)) + quiet(),
        "white noise": lambda: white(between(0.02, 2)),
        "brown noise": lambda: brown(between(0.05, 5)),
        "flat with noise": lambda: white(between(0.003, 0.03)) + sine(between(0.05, 0.5), between(0.001, 0.2)),
        "a burst": lambda: white(0.005) + white(between(0.1, 2)) * (times > 3) * (times < 3 + between(0.5, 4)),
        "breathing": lambda: sine(between(0.1, 0.6), between(0.1, 3)) + quiet(),
        "muscle": lambda: np.convolve(white(1.0), [1, -0.6, -0.3], "same") * between(0.03, 0.6) + brown(0.1),
    }
    names = list(made)
    for count in range(number):
        samples = made[names[count % len(names)]]()
        if random.random() < 0.2:
            samples = np.round(samples / 0.005) * 0.005
        yield names[count % len(names)], samples.astype(np.float32)
