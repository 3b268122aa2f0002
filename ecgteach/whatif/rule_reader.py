"""A reader who knows two things, how fast and how regular, and names the group by them: no network, no wave but QRS."""

from dataclasses import dataclass

from ..beats import IRREGULARLY_IRREGULAR, UNTOLD, find_beats
from ..rhythms import grouping, rhythm, sinus_by_rate
from ..strip import Strip


@dataclass(frozen=True)
class RuleReading:
    """What the rule reader found.

    Parameters
    ----------
    group : str or None
        Code of the group; None where there are too few beats to tell.
    rate : float
        Beats per minute, measured; NaN below two beats.
    regularity : str
        In the words of the clinic.
    """

    group: str | None
    rate: float
    regularity: str


def read_by_rule(strip: Strip) -> RuleReading:
    """Irregularly irregular is fibrillation; anything else is sinus rhythm by its rate.

    Flutter, re-entry and ectopic beats are not in its world, nor is a missing P: that is what it is there to show.

    >>> from ecgteach.simulator import simulate
    >>> [read_by_rule(simulate(name, seed=1).strip()).group for name in ("SR", "ST", "AFIB")]
    ['SR', 'GSVT', 'AFIB']
    """
    beats = find_beats(strip)
    word = beats.regularity.word
    if not beats.quality.good or word == UNTOLD:
        return RuleReading(None, beats.rate, word)
    named = rhythm("AFIB") if word == IRREGULARLY_IRREGULAR else sinus_by_rate(beats.rate)
    group = grouping().group_of(named, beats.rate)
    return RuleReading(group.code if group else None, beats.rate, word)
