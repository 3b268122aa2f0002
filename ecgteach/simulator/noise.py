"""Noise as ingredients: each drawn for itself, with its own strength, and returned apart from the clean signal.

Those that are added have a signal-to-noise ratio in dB, lead by lead; the limb leads that follow from I and II follow
in their noise too. A tremor is added too, but comes from the right arm alone, in mV: I and II have all of it, III has
none, the chest leads a third (by Wilson's terminal). Those that change the signal itself (a lead off, clipping,
quantisation) have a unit of their own, and what they change is returned as a difference.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence
from numpy.typing import NDArray

from ..errors import InvalidValue, UnknownName, choices

FROM_THE_ARM = ("tremor",)
ARM_IN_LIMB, ARM_IN_CHEST = -1.0, -1.0 / 3.0
TREMOR_HZ = (4.3, 5.7)

Seed = tuple[int, ...]
Lead = NDArray[np.float64]


class Ingredient(NamedTuple):
    """One kind of noise: what draws it, whether it is added, and the range of its strength."""

    draw: Callable[[Generator, int, float, float, Lead], Lead]
    added: bool
    unit: str
    low: float
    high: float


def draw_noise(
    clean: NDArray[np.float64],
    rows: Sequence[int],
    sampling_rate: float,
    strengths: Sequence[Mapping[str, float]],
    seeds: Sequence[Seed],
) -> list[dict[str, NDArray[np.float64]]]:
    """Noise of some recordings, ingredient by ingredient.

    Parameters
    ----------
    clean : array, shape (recordings, rows, samples)
        Independent leads without noise, in mV.
    rows : sequence of int
        Which of `leads.INDEPENDENT` they are; a lead's noise is the same, whichever others are asked for.
    sampling_rate : float
        In Hz.
    strengths : sequence of mappings
        For each recording its ingredients: SNR in dB, or the ingredient's own unit.
    seeds : sequence of tuples of int
        One for each recording.

    Returns
    -------
    list of dict
        For each recording: ingredient to array, shape (rows, samples), in mV.
    """
    found = []
    for leads, spread, wanted, seed in zip(clean, clean.std(axis=2), strengths, seeds, strict=True):
        noise: dict[str, NDArray[np.float64]] = {}
        for name in (name for name in INGREDIENTS if name in wanted and INGREDIENTS[name].added):
            if name in FROM_THE_ARM:
                source = _changed(name, leads[0], sampling_rate, wanted[name], seed)
                noise[name] = np.array([ARM_IN_LIMB if row <= 1 else ARM_IN_CHEST for row in rows])[:, None] * source
                continue
            drawn = [_added(name, row, leads.shape[1], sampling_rate, seed) for row in rows]
            gains = spread * 10.0 ** (-wanted[name] / 20.0)
            noise[name] = np.stack([_unit(lead) * gain for lead, gain in zip(drawn, gains, strict=True)])
        noise.update(changes_by(wanted, sum(noise.values(), start=leads), sampling_rate, seed))
        found.append(noise)
    return found


def changes_by(
    strengths: Mapping[str, float], signal: NDArray[np.float64], sampling_rate: float, seed: Seed
) -> dict[str, NDArray[np.float64]]:
    """What a lead off, clipping and quantisation change about a signal (leads, samples), one after the other."""
    changes: dict[str, NDArray[np.float64]] = {}
    for name in (name for name in INGREDIENTS if name in strengths and not INGREDIENTS[name].added):
        changes[name] = np.stack([_changed(name, lead, sampling_rate, strengths[name], seed) for lead in signal])
        signal = signal + changes[name]
    return changes


def check_noise(noise: Mapping[str, float]) -> dict[str, float]:
    """The ingredients, if there are such and their strengths are allowed.

    Raises
    ------
    UnknownName, InvalidValue
        When an ingredient is unknown, or its strength is out of range.
    """
    for name, strength in noise.items():
        if name not in INGREDIENTS:
            raise UnknownName(f"no noise is called {name!r}; there are {choices(INGREDIENTS)}")
        low, high, unit = INGREDIENTS[name].low, INGREDIENTS[name].high, INGREDIENTS[name].unit
        if (
            isinstance(strength, bool)
            or not isinstance(strength, int | float | np.number)
            or not low <= strength <= high
        ):
            raise InvalidValue(f"noise {name} may have {low:g} to {high:g} {unit}, not {strength!r}")
    return {name: float(strength) for name, strength in noise.items()}


def usual_noise(random: Generator) -> dict[str, float]:
    """Ingredients as a portable device or a cart meets them: most strips are good, some are poor."""
    poor = random.random() < 0.18
    noise = {
        "wander": random.uniform(-2, 18),
        "muscle": random.uniform(8, 17) if poor else random.uniform(17, 38),
        "mains-50": random.uniform(22, 45),
        "quantisation": float(random.choice([0.001, 0.005])),
    }
    if random.random() < (0.65 if poor else 0.35):
        noise["motion"] = random.uniform(-6, 12) if poor else random.uniform(8, 24)
    if random.random() < 0.12:
        noise["settling"] = random.uniform(-12, 8)
    if random.random() < 0.05:
        noise["pops"] = random.uniform(3, 14)
    return noise


def _added(name: str, row: int, samples: int, sampling_rate: float, seed: Seed) -> Lead:
    """Noise of one lead, which depends on the lead and the seed alone."""
    random = Generator(PCG64(SeedSequence((*seed, *name.encode(), row))))
    return INGREDIENTS[name].draw(random, samples, sampling_rate, 0.0, _NOTHING)


def _changed(name: str, lead: Lead, sampling_rate: float, strength: float, seed: Seed) -> Lead:
    """What an ingredient changes about a lead; all leads share its moments."""
    random = Generator(PCG64(SeedSequence((*seed, *name.encode()))))
    return INGREDIENTS[name].draw(random, lead.size, sampling_rate, strength, lead)


def _band(random: Generator, samples: int, sampling_rate: float, low: float, high: float, slope: float) -> Lead:
    """Noise between two frequencies in Hz whose amplitude falls with frequency to the power `slope`."""
    first, weights = _weights(samples, sampling_rate, low, high, slope)
    drawn = random.standard_normal(2 * weights.size, dtype=np.float32).view(np.complex64)
    spectrum = np.zeros(samples // 2 + 1, dtype=np.complex64)
    spectrum[first : first + weights.size] = drawn * weights
    return np.fft.irfft(spectrum, samples).astype(np.float64)


@cache
def _weights(
    samples: int, sampling_rate: float, low: float, high: float, slope: float
) -> tuple[int, NDArray[np.float32]]:
    """First bin of a band in the spectrum, and the amplitude of each of its bins."""
    first = max(1, round(low * samples / sampling_rate))
    last = min(samples // 2, max(first + 1, round(high * samples / sampling_rate)))
    return first, ((np.arange(first, last) / first) ** -slope).astype(np.float32)


def _wander(random: Generator, samples: int, sampling_rate: float, strength: float, lead: Lead) -> Lead:  # noqa: ARG001
    return _band(random, samples, sampling_rate, 0.05, 1.0, 1.0)


def _muscle(random: Generator, samples: int, sampling_rate: float, strength: float, lead: Lead) -> Lead:  # noqa: ARG001
    """Broad noise above 5 Hz that swells and fades."""
    swell = 1.0 + 0.5 * np.tanh(_unit(_band(random, samples, sampling_rate, 0.1, 0.6, 0.5)))
    return _band(random, samples, sampling_rate, 5.0, 140.0, 0.35) * swell


def _mains(hertz: float) -> Callable[[Generator, int, float, float, Lead], Lead]:
    def draw(random: Generator, samples: int, sampling_rate: float, strength: float, lead: Lead) -> Lead:  # noqa: ARG001
        shares = random.standard_normal(4) * (1.0, 1.0, 0.15, 0.15)
        return np.asarray(shares @ _tones(hertz, samples, sampling_rate))

    return draw


def _motion(random: Generator, samples: int, sampling_rate: float, strength: float, lead: Lead) -> Lead:  # noqa: ARG001
    """One to three bursts of slow movement, each a second or two long."""
    times = np.arange(samples) / sampling_rate
    bursts = np.zeros(samples)
    for _ in range(int(random.integers(1, 4))):
        middle, width = random.uniform(0, samples / sampling_rate), random.uniform(0.4, 1.2)
        bursts += np.exp(-0.5 * ((times - middle) / width) ** 2)
    return _band(random, samples, sampling_rate, 0.6, 9.0, 0.8) * bursts


def _pops(random: Generator, samples: int, sampling_rate: float, strength: float, lead: Lead) -> Lead:  # noqa: ARG001
    """One to three jumps of an electrode that fade away."""
    times = np.arange(samples) / sampling_rate
    jumps = np.zeros(samples)
    for _ in range(int(random.integers(1, 4))):
        since = times - random.uniform(0.2, samples / sampling_rate - 0.4)
        fading = np.exp(-np.maximum(since, 0.0) / random.uniform(0.05, 0.4))
        jumps += np.where(since >= 0, random.choice([-1, 1]) * fading, 0.0)
    return jumps


def _settling(random: Generator, samples: int, sampling_rate: float, strength: float, lead: Lead) -> Lead:  # noqa: ARG001
    """An offset at the start that fades as the electrodes settle."""
    times = np.arange(samples) / sampling_rate
    return np.asarray(random.choice([-1, 1]) * np.exp(-times / random.uniform(0.15, 0.9)))


def _tremor(random: Generator, samples: int, sampling_rate: float, strength: float, lead: Lead) -> Lead:  # noqa: ARG001
    """A shaking arm: an almost regular wave at 4 to 6 Hz with its first harmonic, `strength` mV peak to peak.

    Parkinson's rest tremor has 4 to 6 Hz (Bhatia et al. 2018, doi 10.1002/mds.27121).
    """
    times = np.arange(samples) / sampling_rate
    hertz = random.uniform(*TREMOR_HZ)
    phase = 2 * np.pi * hertz * times + 0.6 * _unit(_band(random, samples, sampling_rate, 0.1, 0.5, 0.5))
    wave = np.sin(phase) + 0.35 * np.sin(2 * phase + random.uniform(0, 2 * np.pi))
    swell = 1.0 + 0.2 * np.tanh(_unit(_band(random, samples, sampling_rate, 0.1, 0.5, 0.5)))
    wave *= swell
    return np.asarray(wave * strength / np.ptp(wave))


def _lead_off(random: Generator, samples: int, sampling_rate: float, strength: float, lead: Lead) -> Lead:
    """The lead falls to zero for some seconds."""
    length = min(round(strength * sampling_rate), samples)
    first = int(random.integers(0, samples - length + 1))
    gap = np.zeros(samples)
    gap[first : first + length] = -lead[first : first + length]
    return gap


def _clipping(random: Generator, samples: int, sampling_rate: float, strength: float, lead: Lead) -> Lead:  # noqa: ARG001
    return np.asarray(np.clip(lead, -strength, strength) - lead)


def _quantisation(random: Generator, samples: int, sampling_rate: float, strength: float, lead: Lead) -> Lead:  # noqa: ARG001
    return np.asarray(np.round(lead / strength) * strength - lead)


def _unit(values: Lead) -> Lead:
    """The same with a standard deviation of 1."""
    mean = values.mean()
    variance = float(values @ values) / values.size - mean * mean
    return np.asarray(values / (variance**0.5 if variance > 0 else 1.0))


@cache
def _tones(hertz: float, samples: int, sampling_rate: float) -> NDArray[np.float64]:
    """Sine and cosine of the mains' hum and of its third harmonic, shape (4, samples)."""
    angle = 2 * np.pi * hertz * np.arange(samples) / sampling_rate
    return np.stack([np.sin(angle), np.cos(angle), np.sin(3 * angle), np.cos(3 * angle)])


_NOTHING: Lead = np.zeros(0)


INGREDIENTS: dict[str, Ingredient] = {
    "wander": Ingredient(_wander, True, "dB", -20, 60),
    "mains-50": Ingredient(_mains(50.0), True, "dB", -20, 60),
    "mains-60": Ingredient(_mains(60.0), True, "dB", -20, 60),
    "muscle": Ingredient(_muscle, True, "dB", -20, 60),
    "motion": Ingredient(_motion, True, "dB", -20, 60),
    "settling": Ingredient(_settling, True, "dB", -20, 60),
    "pops": Ingredient(_pops, True, "dB", -20, 60),
    "tremor": Ingredient(_tremor, True, "mV", 0.02, 2),
    "lead-off": Ingredient(_lead_off, False, "s", 0.1, 10),
    "clipping": Ingredient(_clipping, False, "mV", 0.05, 10),
    "quantisation": Ingredient(_quantisation, False, "mV", 0.0001, 0.1),
}
"""Kinds of noise in the order in which they meet the signal."""
