"""Simulated strips for training: their truth comes with them, so that a network can be told where evidence lies."""

from collections.abc import Iterator

from ...records.splits import SIMULATED
from ...rhythms import rhythm
from ...simulator import stream_strips
from ...strip import FILTERS, READING_STEPS, Strip
from .strips import GroupedStrip

SOURCE = SIMULATED
GROUPS = {"SR": 0.2, "SB": 0.15, "GSVT": 0.4, "AFIB": 0.25}
"""The fast group is four rhythms, each with a place of its own."""

MIXTURES = {
    "SR": {"SR": 0.75, "SA": 0.25},
    "SB": {"SB": 1.0},
    "GSVT": {"ST": 0.3, "AT": 0.2, "AVNRT": 0.2, "AVRT": 0.3},
    "AFIB": {"AFIB": 0.85, "AFL": 0.15},
}
"""Rare rhythms oftener than in life: what is seldom shown is badly learnt."""

KEY = 1816
"""Drawn apart from every strip that is simulated to judge a network."""


def simulated_strips(number: int) -> Iterator[GroupedStrip]:
    """So many simulated strips; half of lead II, half between two hands."""
    steps = tuple(FILTERS[name][0] for name in READING_STEPS)
    made = 0
    for strips in stream_strips(number, KEY, groups=GROUPS, mixtures=MIXTURES, places=True):
        for millivolts, group, code, rate, places in zip(*strips, strict=True):
            name = f"{SOURCE}/{KEY}-{made}"
            strip = Strip(millivolts, lead="I or II", rhythm=rhythm(str(code)), source_id=name, steps=steps)
            yield GroupedStrip(strip, str(group), float(rate), name, SOURCE, str(code), True, places)
            made += 1
