"""A pair of calipers on a strip, and what it measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..errors import InvalidValue
from ..strip import SECONDS
from ..truth import Wave

SHORTEST = 0.02
"""Seconds below which an interval is said without millimetres: half a small box."""

RATE_FROM = 0.2
"""Seconds from which an interval is said as a rate too: a heart does not beat faster than 300 a minute."""


REACH = 0.05
"""Seconds by which each point may lie beside a wave's edge."""


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


def measured(caliper: Caliper, waves: Sequence[Wave]) -> str:
    """What a pair of calipers measured, by the waves next to its points; empty where it is none of the usual.

    >>> beats = [Wave("QRS", onset, onset + 0.04, onset + 0.09, number) for number, onset in enumerate((1.0, 1.8))]
    >>> measured(Caliper(1.01, 1.81), beats)
    'RR'
    """
    first, last = sorted((caliper.one, caliper.other))
    beside = {
        (name, start, end): max(abs(start - first), abs(end - last))
        for name, intervals in _intervals(waves).items()
        for start, end in intervals
    }
    nearest = min(beside, key=lambda one: beside[one], default=None)
    return nearest[0] if nearest is not None and beside[nearest] <= REACH else ""


def _intervals(waves: Sequence[Wave]) -> dict[str, list[tuple[float, float]]]:
    """From when to when each interval of these waves lasts, by its name."""
    of = {kind: [wave for wave in waves if wave.kind == kind] for kind in ("P", "QRS", "T", "F")}
    own = {kind: {wave.beat: wave for wave in held if wave.beat is not None} for kind, held in of.items()}
    found = {
        "PR": [(own["P"][beat].onset, wave.onset) for beat, wave in own["QRS"].items() if beat in own["P"]],
        "QRS": [(wave.onset, wave.offset) for wave in of["QRS"]],
        "QT": [(wave.onset, own["T"][beat].offset) for beat, wave in own["QRS"].items() if beat in own["T"]],
    }
    for name, kind in (("RR", "QRS"), ("PP", "P"), ("FF", "F")):
        found[name] = [
            (getattr(one, edge), getattr(other, edge))
            for one, other in pairwise(of[kind])
            for edge in ("onset", "peak", "offset")
        ]
    return found
