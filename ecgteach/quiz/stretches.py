"""The stretches that keys walk along when a strip is marked wave by wave.

They are the windows that exist in every rhythm (before QRS, QRS, ST and T, the rest of the pause), found from the
samples alone: whether there is a P wave is what a learner has to see, so no list of P waves may lead there.
"""

from functools import lru_cache
from typing import NamedTuple

from ..cases import blind
from ..marks import SHORTEST
from ..strip import SECONDS, Strip
from ..waves import delineate
from ..waves.segments import WINDOWS


class Stretch(NamedTuple):
    """One window of one beat: its kind, the number of the beat from 1, and its ends in seconds."""

    kind: str
    beat: int
    start: float
    end: float


class _Samples:
    """A strip as a key: two strips with the same samples are one."""

    def __init__(self, strip: Strip) -> None:
        self.strip = blind(strip)

    def __hash__(self) -> int:
        return hash(self.strip.samples.tobytes())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Samples) and self.strip.samples.tobytes() == other.strip.samples.tobytes()


def stretches_of(strip: Strip) -> tuple[Stretch, ...]:
    """All stretches of a strip that can be marked, in the order of time; seconds where no beat was found."""
    return _found(_Samples(strip))


@lru_cache(maxsize=64)
def _found(key: _Samples) -> tuple[Stretch, ...]:
    segments = delineate(key.strip).segments
    spans = [(start, end, kind) for kind in WINDOWS for start, end in segments.spans(kind) if end - start >= SHORTEST]
    if not spans:
        return tuple(Stretch("second", number + 1, float(number), number + 1.0) for number in range(int(SECONDS)))
    found = []
    beat = 1
    for start, end, kind in sorted(spans):
        found.append(Stretch(kind, beat, start, end))
        beat += kind == "ST-T"
    return tuple(found)


def at_moment(stretches: tuple[Stretch, ...], moment: float) -> int:
    """The number of the stretch that holds a moment, or the next one."""
    return next((number for number, one in enumerate(stretches) if moment < one.end), len(stretches) - 1)
