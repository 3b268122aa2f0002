"""Hearts that the ventricles lead."""

from collections.abc import Mapping

from numpy.random import Generator

from ..activation import Atrium, Beat, Heart
from ..people import Person
from .timing import Span, steady_onsets

CAPTURE_WINDOW = (0.62, 0.86)
FUSION_WINDOW = (0.86, 0.97)
CHANCE = 0.15
"""Of an atrial beat that comes at the right moment to get through."""


def tachycardia(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:
    """Ventricular tachycardia: wide and regular; the atria go on by themselves, and now and then one gets through.

    A P that arrives early enough captures the ventricles (a narrow beat); one that arrives just before the next wide
    beat makes a fusion of both.
    """
    captures = options.get("captures", True)
    atria = steady_onsets(60.0 / random.uniform(62, 98), span, random, 0.01)
    arrivals = {number: onset + person.pr for number, onset in enumerate(atria)}
    beats: list[Beat] = []
    owners: dict[int, int] = {}
    onset = span.start + random.uniform(0, person.rr)
    while onset < span.end:
        beats.append(Beat(onset, "VT"))
        through = _arrival(arrivals, onset, person.rr) if captures and random.random() < CHANCE else None
        if through is None:
            onset += person.rr + 0.004 * random.standard_normal()
            continue
        atrium, moment = through
        early = moment - onset < FUSION_WINDOW[0] * person.rr
        owners[atrium] = len(beats)
        beats.append(Beat(moment, "narrow" if early else "fusion"))
        onset = moment + person.rr
    waves = [Atrium(moment, "sinus", owners.get(number)) for number, moment in enumerate(atria)]
    notes: dict[str, object] = {"captures": sum(beat.shape == "narrow" for beat in beats)}
    return Heart("ventricular tachycardia", beats, waves, notes=notes)


def _arrival(arrivals: dict[int, float], onset: float, rr: float) -> tuple[int, float] | None:
    """The atrial beat that reaches the ventricles in the window after a wide beat, if one does."""
    for number, moment in arrivals.items():
        if CAPTURE_WINDOW[0] * rr <= moment - onset < FUSION_WINDOW[1] * rr:
            return number, moment
    return None
