"""What the hearts share: the span that is filled, and trains of moments."""

from math import pi, sin
from typing import NamedTuple

from numpy.random import Generator

from ...errors import InvalidValue
from ..people import Person


class Span(NamedTuple):
    """From when to when a heart beats, in seconds: somewhat longer than the recording on both sides."""

    start: float
    end: float


def sinus_onsets(person: Person, span: Span, random: Generator, breathing: float, drift: float) -> list[float]:
    """Onsets of sinus P waves: RR breathes, drifts at 0.1 Hz, and jitters a little.

    Two oscillators of RR, after McSharry et al. (2003, doi 10.1109/TBME.2003.808805).

    Parameters
    ----------
    breathing, drift : float
        Depth of both as a share of RR.
    """
    phases = random.uniform(0, 2 * pi, 2)
    onset = span.start + random.uniform(0, person.rr)
    onsets = []
    while onset < span.end:
        onsets.append(onset)
        wave = breathing * sin(2 * pi * person.breaths / 60.0 * onset + phases[0])
        wave += drift * sin(2 * pi * 0.1 * onset + phases[1])
        onset += person.rr * max(0.3, 1.0 + wave + 0.006 * random.standard_normal())
    return onsets


def steady_onsets(interval: float, span: Span, random: Generator, jitter: float = 0.004) -> list[float]:
    """Moments at a steady interval in seconds, each off by a jitter (standard deviation in seconds)."""
    onset = span.start + random.uniform(0, interval)
    onsets = []
    while onset < span.end:
        onsets.append(onset + jitter * random.standard_normal())
        onset += interval
    return onsets


FROM_WHOLE = 0.15
FROM_HALF = 0.06
TRIES = 1000


def free_of_ratio(rate: float, low: float, high: float, random: Generator) -> float:
    """A rate between two limits that is no whole multiple of another, nor near one and a half, two and a half ..."""
    for _ in range(TRIES):
        drawn = random.uniform(low, high)
        beyond = (drawn / rate) % 1.0
        if min(beyond, 1.0 - beyond) >= FROM_WHOLE and abs(beyond - 0.5) >= FROM_HALF:
            return float(drawn)
    raise InvalidValue(f"between {low:g} and {high:g}/min every rate is near a multiple of {rate:g}/min")
