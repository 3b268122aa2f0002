"""Hearts in which one impulse circles through atria and ventricles: AVNRT and orthodromic AVRT."""

from collections.abc import Mapping

from numpy.random import Generator

from ..activation import Atrium, Beat, Heart
from ..people import Person
from .timing import Span, steady_onsets


def nodal(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:
    """Typical AVNRT: atria and ventricles together; P is hidden in the QRS or bends its end (RP below 70 ms).

    A bent end looks like an S in II and like an r' in V1, and there is none without the tachycardia.
    """
    p_wave = options.get("p_wave") or ("hidden" if random.random() < 0.45 else "retrograde")
    onsets = steady_onsets(person.rr, span, random, 0.003)
    if p_wave == "hidden":
        rp = random.uniform(0.0, max(0.0, min(person.qrs, 0.14) - 0.075))
    else:
        rp = min(person.qrs - random.uniform(0.025, 0.04), 0.068)
    shape = "hidden" if p_wave == "hidden" else "septal"
    atria = [Atrium(onset + rp, shape, number) for number, onset in enumerate(onsets)]
    beats = [Beat(onset, "narrow") for onset in onsets]
    return Heart(f"AVNRT, typical, P {p_wave}", beats, atria, notes={"which": "AVNRT", "p_wave": p_wave, "rp": rp})


def accessory(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:  # noqa: ARG001
    """Orthodromic AVRT: back to the atria over an accessory pathway, so P lies in ST or early T (RP above 70 ms)."""
    onsets = steady_onsets(person.rr, span, random, 0.003)
    rp = max(person.qrs + 0.01, 0.075) + random.uniform(0.005, 0.06)
    atria = [Atrium(onset + rp, "retrograde", number) for number, onset in enumerate(onsets)]
    beats = [Beat(onset, "narrow") for onset in onsets]
    return Heart("AVRT, orthodromic", beats, atria, notes={"which": "AVRT", "rp": rp})


def either(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:
    """One of the two; about two in three are AVNRT (Porter 2004, doi 10.1016/j.hrthm.2004.05.007)."""
    which = options.get("which") or ("AVNRT" if random.random() < 0.65 else "AVRT")
    return (nodal if which == "AVNRT" else accessory)(person, span, random, {})
