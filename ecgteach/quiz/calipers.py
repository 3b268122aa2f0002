"""A pair of calipers on a strip, and what it measured."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import InvalidValue
from ..strip import SECONDS
from ..truth import Wave

SHORTEST = 0.02
"""Seconds below which an interval is said without millimetres: half a small box."""

RATE_FROM = 0.2
"""Seconds from which an interval is said as a rate too: a heart does not beat faster than 300 a minute."""


@dataclass(frozen=True)
class Caliper:
    """Two points between which something is measured, in seconds.

    Raises
    ------
    InvalidValue
        When one of them is off the strip.
    """

    one: float
    other: float

    def __post_init__(self) -> None:
        if not (0 <= self.one <= SECONDS and 0 <= self.other <= SECONDS):
            raise InvalidValue(f"both points lie between 0 and {SECONDS:g} s, not at {self.one:g} and {self.other:g} s")

    @property
    def seconds(self) -> float:
        """The interval between them."""
        return abs(self.other - self.one)

    def __str__(self) -> str:
        if self.seconds < SHORTEST:
            return f"{1000 * self.seconds:.0f} ms"
        rate = f", {60 / self.seconds:.0f}/min if it repeats" if self.seconds >= RATE_FROM else ""
        return f"{1000 * self.seconds:.0f} ms, {self.seconds * 25:.1f} mm{rate}"


def measured(caliper: Caliper, waves: Sequence[Wave], *, reach: float = 0.06) -> str:
    """What a pair of calipers measured, by the waves next to its points; empty where it is none of the usual.

    >>> beat = [Wave("QRS", onset, onset + 0.04, onset + 0.09, number) for number, onset in enumerate((1.0, 1.8))]
    >>> measured(Caliper(1.01, 1.81), beat)
    'RR'
    """
    first, last = sorted((caliper.one, caliper.other))
    moments = [(f"{wave.kind} {edge}", moment) for wave in waves for edge, moment in _edges(wave)]
    near = [{name for name, moment in moments if abs(moment - point) <= reach} for point in (first, last)]
    for interval, (begin, finish) in INTERVALS.items():
        if near[0] & begin and near[1] & finish:
            return interval
    return ""


def _edges(wave: Wave) -> tuple[tuple[str, float], ...]:
    return ("onset", wave.onset), ("peak", wave.peak), ("offset", wave.offset)


_ANY = ("onset", "peak", "offset")
INTERVALS = {
    "PR": ({"P onset"}, {"QRS onset"}),
    "QRS": ({"QRS onset"}, {"QRS offset"}),
    "QT": ({"QRS onset"}, {"T offset"}),
    "RR": ({f"QRS {edge}" for edge in _ANY}, {f"QRS {edge}" for edge in _ANY}),
    "PP": ({f"P {edge}" for edge in _ANY}, {f"P {edge}" for edge in _ANY}),
    "FF": ({f"F {edge}" for edge in _ANY}, {f"F {edge}" for edge in _ANY}),
}
"""Intervals by the edges between which they run."""
