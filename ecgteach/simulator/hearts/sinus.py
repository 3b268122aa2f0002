"""Hearts led by the sinus node, by several atrial places in turn, or by the junction."""

from collections.abc import Mapping

from numpy.random import Generator

from ..activation import Atrium, Beat, Heart
from ..people import Person
from .timing import Span, sinus_onsets, steady_onsets

LEAST_PP_RANGE = 0.13
"""Seconds by which PP must vary in sinus arrhythmia (over 120 ms; sources differ)."""


def regular(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:  # noqa: ARG001
    """Sinus rhythm of any rate: each P with its PR, RR breathing a little."""
    total = (
        person.variation if person.variation is not None else random.uniform(0.005, 0.04) * min(1.0, person.rr / 0.8)
    )
    onsets = sinus_onsets(person, span, random, 1.1 * total, 0.8 * total)
    return Heart("sinus rhythm", *conducted(onsets, ["sinus"] * len(onsets), person.pr))


def breathing(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:  # noqa: ARG001
    """Sinus arrhythmia: PP lengthens and shortens with breathing by more than 120 ms."""
    total = person.variation if person.variation is not None else random.uniform(0.07, 0.16)
    depth = max(total * 1.35, 0.62 * LEAST_PP_RANGE / person.rr)
    onsets = sinus_onsets(person, span, random, depth, 0.02)
    return Heart("sinus arrhythmia", *conducted(onsets, ["sinus"] * len(onsets), person.pr))


def wandering(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:  # noqa: ARG001
    """Wandering pacemaker: at least three forms of P, each with its own PR, taking turns."""
    onsets = sinus_onsets(person, span, random, 0.06, 0.06)
    places = ["sinus", "ectopic 1", "ectopic 2", "ectopic 3"][: int(random.integers(3, 5))]
    shares = {place: float(random.uniform(0.65, 1.1)) for place in places}
    shapes: list[str] = []
    for number in range(len(onsets)):
        stays = number % len(places) and random.random() < 0.35
        shapes.append(shapes[-1] if stays else places[number % len(places)])
    beats, atria = [], []
    for number, (onset, shape) in enumerate(zip(onsets, shapes, strict=True)):
        beats.append(Beat(onset + person.pr * shares[shape], "narrow"))
        atria.append(Atrium(onset, shape, number))
    return Heart("wandering atrial pacemaker", beats, atria)


def junctional(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:
    """Junctional rhythm: regular narrow beats with no P before them, sometimes a retrograde one after."""
    onsets = steady_onsets(person.rr, span, random, 0.008)
    p_wave = options.get("p_wave") or ("retrograde" if random.random() < 0.4 else "none")
    after = person.qrs + 0.02
    atria = [Atrium(onset + after, "retrograde", number) for number, onset in enumerate(onsets)]
    return Heart(
        "junctional rhythm", [Beat(onset, "narrow") for onset in onsets], atria if p_wave == "retrograde" else []
    )


def conducted(onsets: list[float], shapes: list[str], pr: float) -> tuple[list[Beat], list[Atrium]]:
    """Every P wave followed by its beat."""
    beats = [Beat(onset + pr, "narrow") for onset in onsets]
    return beats, [
        Atrium(onset, shape, number) for number, (onset, shape) in enumerate(zip(onsets, shapes, strict=True))
    ]
