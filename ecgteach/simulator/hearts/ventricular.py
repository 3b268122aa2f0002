"""Hearts that the ventricles lead."""

from collections.abc import Mapping

from numpy.random import Generator

from ..activation import Atrium, Beat, Heart
from ..people import Person
from .timing import Span, steady_onsets

CAPTURE_WINDOW = (0.68, 0.86)
FUSION_WINDOW = (0.86, 0.97)
CHANCE = 0.6
"""Of an atrial beat that comes at the right moment to get through, where captures are asked for."""

BETWEEN_CAPTURES = 4
"""Wide beats at least from one capture or fusion to the next."""

ATRIAL_RATES = (62.0, 98.0)
FROM_WHOLE = 0.12
RETROGRADE_RP = (0.13, 0.2)


def tachycardia(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:
    """Ventricular tachycardia: wide and regular; the atria go on by themselves, or each beat reaches them from below.

    Where captures are asked for, a P that arrives early enough makes a narrow beat, and one that arrives just before
    the next wide beat a fusion of both.
    """
    if options.get("atria") == "1:1 retrograde":
        return _retrograde(person, span, random)
    atria = steady_onsets(60.0 / _atrial_rate(person.rate, random), span, random, 0.01)
    arrivals = {number: onset + person.pr for number, onset in enumerate(atria)} if options.get("captures") else {}
    beats: list[Beat] = []
    owners: dict[int, int] = {}
    onset = span.start + random.uniform(0, person.rr)
    since = 0
    while onset < span.end:
        beats.append(Beat(onset, "VT"))
        since += 1
        may = since >= BETWEEN_CAPTURES and random.random() < CHANCE
        through = _arrival(arrivals, onset, person.rr) if may else None
        if through is None:
            onset += person.rr + 0.004 * random.standard_normal()
            continue
        atrium, moment = through
        since = 0
        early = moment - onset < FUSION_WINDOW[0] * person.rr
        owners[atrium] = len(beats)
        beats.append(Beat(moment, "narrow" if early else "fusion"))
        onset = moment + person.rr
    waves = [Atrium(moment, "sinus", owners.get(number)) for number, moment in enumerate(atria)]
    notes: dict[str, object] = {
        "captures": sum(beat.shape == "narrow" for beat in beats), "atria": "dissociated",
    }  # fmt: skip
    return Heart("ventricular tachycardia", beats, waves, notes=notes)


def _retrograde(person: Person, span: Span, random: Generator) -> Heart:
    """Each wide beat goes back to the atria: a P at one distance after every QRS."""
    onsets = steady_onsets(person.rr, span, random, 0.004)
    rp = random.uniform(RETROGRADE_RP[0], min(RETROGRADE_RP[1], 0.75 * person.rr))
    beats = [Beat(onset, "VT") for onset in onsets]
    atria = [Atrium(onset + rp, "retrograde", number) for number, onset in enumerate(onsets)]
    notes: dict[str, object] = {"captures": 0, "atria": "1:1 retrograde", "rp": rp}
    return Heart("ventricular tachycardia, 1:1 retrograde conduction", beats, atria, notes=notes)


def _atrial_rate(rate: float, random: Generator) -> float:
    """A rate of the atria of which the ventricles' is no whole multiple, so that P drifts through the cycle."""
    while True:
        drawn = float(random.uniform(*ATRIAL_RATES))
        beyond = (rate / drawn) % 1.0
        if min(beyond, 1.0 - beyond) >= FROM_WHOLE:
            return drawn


def _arrival(arrivals: dict[int, float], onset: float, rr: float) -> tuple[int, float] | None:
    """The atrial beat that reaches the ventricles in the window after a wide beat, if one does."""
    for number, moment in arrivals.items():
        if CAPTURE_WINDOW[0] * rr <= moment - onset < FUSION_WINDOW[1] * rr:
            return number, moment
    return None
