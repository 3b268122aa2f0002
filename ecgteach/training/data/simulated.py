"""Simulated strips for training: their truth comes with them, so that a network can be told where evidence lies."""

from collections.abc import Iterator, Mapping

from ...records.splits import SIMULATED
from ...rhythms import rhythm
from ...simulator import stream_strips
from ...strip import FILTERS, READING_STEPS, Strip
from .strips import GroupedStrip

SOURCE = SIMULATED
KEY = 1816
"""Drawn apart from every strip that is simulated to judge a network."""


def simulated_strips(number: int, kinds: Mapping[str, float]) -> Iterator[GroupedStrip]:
    """So many simulated strips in shares of `ecgteach.simulator.kinds`; half of lead II, half between two hands."""
    steps = tuple(FILTERS[name][0] for name in READING_STEPS)
    made = 0
    for strips in stream_strips(number, KEY, kinds=kinds, places=True):
        for millivolts, group, code, rate, places in zip(*strips, strict=True):
            name = f"{SOURCE}/{KEY}-{made}"
            strip = Strip(millivolts, lead="I or II", rhythm=rhythm(str(code)), source_id=name, steps=steps)
            yield GroupedStrip(strip, str(group), float(rate), name, SOURCE, str(code), True, places)
            made += 1
