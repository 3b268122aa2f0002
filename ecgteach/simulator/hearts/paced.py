"""Hearts led by a pacemaker of the atrium, of the ventricle, or of both."""

from collections.abc import Mapping

from numpy.random import Generator

from ..activation import SPIKE_SECONDS, Atrium, Beat, Cycle, Heart
from ..people import Person
from .timing import Span, free_of_ratio, steady_onsets

MODES = ("atrial", "ventricular", "dual")
DRAWN = (0.2, 0.35, 0.45)
AV_DELAY = (0.15, 0.2)
SPIKE_TO_P = 0.02
"""Seconds from the spike to the P that it makes."""

FAILS = 0.3
"""Share of spikes that are followed by nothing, where capture fails."""


def paced(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:
    """Paced rhythm: a spike before each P, before each QRS, or before both; where capture fails, spikes with nothing.

    A ventricular pacemaker stands for complete block, so the P waves of the sinus node go on by themselves.
    """
    mode = str(options.get("mode") or MODES[int(random.choice(len(MODES), p=DRAWN))])
    fails = options.get("capture") == "failure"
    spikes = steady_onsets(person.rr, span, random, 0.0005)
    delay = person.pr if mode == "atrial" else random.uniform(*AV_DELAY)
    rate = free_of_ratio(person.rate, 68.0, max(105.0, 2 * person.rate), random)
    sinus = steady_onsets(60.0 / rate, span, random, 0.008)
    silent = _silent(spikes, span, random) if fails else set()
    heart = Heart(f"paced rhythm, {mode}{', failure to capture' if fails else ''}")
    for number, spike in enumerate(spikes):
        if mode != "ventricular":
            heart.cycles.append(_spike(spike, "spike atrial"))
        if mode == "atrial":
            if number not in silent:
                heart.atria.append(Atrium(spike + SPIKE_TO_P, "sinus", len(heart.beats)))
                heart.beats.append(Beat(spike + SPIKE_TO_P + delay, "narrow"))
            continue
        stimulus = spike + (delay if mode == "dual" else 0.0)
        if mode == "dual":
            owner = None if number in silent else len(heart.beats)
            heart.atria.append(Atrium(spike + SPIKE_TO_P, "sinus", owner))
        if number in silent:
            heart.cycles.append(_spike(stimulus, "spike"))
        else:
            heart.beats.append(Beat(stimulus + SPIKE_SECONDS, "paced"))
    if mode == "ventricular":
        heart.atria += [Atrium(onset, "sinus", None) for onset in sinus]
    heart.notes |= {"mode": mode, "capture": "failure" if fails else "full"}
    return heart


def _spike(onset: float, shape: str) -> Cycle:
    return Cycle("spike", onset, onset + SPIKE_SECONDS, 1.0, shape)


def _silent(spikes: list[float], span: Span, random: Generator) -> set[int]:
    """Spikes that capture nothing: some of those well within the recording, never two in a row."""
    inside = [number for number, onset in enumerate(spikes) if span.start + 3.2 <= onset <= span.end - 4.0]
    order = [int(number) for number in random.permutation(inside)]
    silent: set[int] = set()
    for number in order:
        if len(silent) < max(1, round(FAILS * len(inside))) and not {number - 1, number + 1} & silent:
            silent.add(number)
    return silent
