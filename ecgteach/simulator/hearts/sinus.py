"""Hearts led by the sinus node, by a pacemaker that wanders, or by the junction."""

from collections.abc import Mapping
from dataclasses import replace
from math import pi, sin

from numpy.random import Generator

from ..activation import Atrium, Beat, Heart
from ..atrial_forms import WANDERING_STEPS
from ..people import Person
from .timing import Span, sinus_onsets, steady_onsets

LEAST_PP_RANGE = 0.13
"""Seconds by which PP must vary in sinus arrhythmia (over 120 ms; sources differ)."""

BEATS_A_BREATH = 4.5
"""Least number of beats in one breath, so that PP is seen to lengthen and shorten."""

WANDERING_SECONDS = (8.0, 13.0)
"""From the sinus node down and back."""

WANDERING_BEATS = 11
"""Least number of beats on that way."""

LOWEST_PR_SHARE = 0.72
SLOWER_BELOW = 0.08
"""By how much PP is longer where the lower atrium leads, as a share."""


def regular(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:  # noqa: ARG001
    """Sinus rhythm of any rate: each P with its PR, RR breathing a little."""
    return Heart("sinus rhythm", *conducted(usual_onsets(person, span, random), "sinus", person.pr))


def usual_onsets(person: Person, span: Span, random: Generator) -> list[float]:
    """Onsets of P with the small variation that every sinus rhythm has."""
    total = (
        person.variation if person.variation is not None else random.uniform(0.005, 0.04) * min(1.0, person.rr / 0.8)
    )
    return sinus_onsets(person, span, random, 1.1 * total, 0.8 * total)


def arrhythmia(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:
    """Sinus arrhythmia: PP lengthens and shortens by more than 120 ms, with each breath or (not phasic) at random."""
    form = options.get("form") or "phasic"
    total = person.variation if person.variation is not None else random.uniform(0.07, 0.16)
    if form == "phasic":
        depth = max(total * 1.35, 0.62 * LEAST_PP_RANGE / person.rr)
        breathing = replace(person, breaths=min(person.breaths, person.rate / BEATS_A_BREATH))
        onsets = sinus_onsets(breathing, span, random, depth, 0.02)
    else:
        onsets = [span.start + random.uniform(0, person.rr)]
        spread = max(total, 0.45 * LEAST_PP_RANGE / person.rr)
        while onsets[-1] < span.end:
            onsets.append(onsets[-1] + person.rr * (1.0 + min(max(random.normal(0, spread), -2 * spread), 2 * spread)))
    return Heart(f"sinus arrhythmia, {form}", *conducted(onsets, "sinus", person.pr), notes={"form": form})


def wandering(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:  # noqa: ARG001
    """Wandering pacemaker: from the sinus node down the atrium and back, P flatter and PR shorter from beat to beat."""
    period = max(random.uniform(*WANDERING_SECONDS), WANDERING_BEATS * person.rr)
    phase = random.uniform(0, 2 * pi)
    onset = span.start + random.uniform(0, person.rr)
    beats: list[Beat] = []
    atria: list[Atrium] = []
    while onset < span.end:
        share = 0.5 - 0.5 * sin(2 * pi * onset / period + phase)
        atria.append(Atrium(onset, f"wandering {round(share * WANDERING_STEPS)}", len(beats)))
        beats.append(Beat(onset + person.pr * (1.0 - (1.0 - LOWEST_PR_SHARE) * share), "narrow"))
        onset += person.rr * (1.0 + SLOWER_BELOW * (share - 0.5) + 0.012 * random.standard_normal())
    return Heart("wandering atrial pacemaker", beats, atria)


def junctional(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:
    """Junctional rhythm: regular narrow beats with no P before them, sometimes a retrograde one after."""
    onsets = steady_onsets(person.rr, span, random, 0.008 * min(1.0, person.rr))
    p_wave = options.get("p_wave") or ("retrograde" if random.random() < 0.4 else "none")
    after = person.qrs + 0.02
    atria = [Atrium(onset + after, "retrograde", number) for number, onset in enumerate(onsets)]
    beats = [Beat(onset, "narrow") for onset in onsets]
    return Heart(junctional_kind(person.rate), beats, atria if p_wave == "retrograde" else [], notes={"p_wave": p_wave})


def junctional_kind(rate: float) -> str:
    """Closer words for a rhythm of the junction by its rate per minute.

    >>> [junctional_kind(rate) for rate in (45, 80, 130)]
    ['junctional rhythm', 'accelerated junctional rhythm', 'junctional tachycardia']
    """
    if rate > 100:
        return "junctional tachycardia"
    return "accelerated junctional rhythm" if rate > 60 else "junctional rhythm"


def conducted(onsets: list[float], shape: str, pr: float) -> tuple[list[Beat], list[Atrium]]:
    """Every P wave followed by its beat."""
    beats = [Beat(onset + pr, "narrow") for onset in onsets]
    return beats, [Atrium(onset, shape, number) for number, onset in enumerate(onsets)]
