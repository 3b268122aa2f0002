"""Hearts in which some or all atrial beats do not reach the ventricles."""

from collections.abc import Mapping

from numpy.random import Generator

from ..activation import Atrium, Beat, Heart
from ..people import Person
from .timing import Span, free_of_ratio, steady_onsets

LONGEST_PR = 0.38
GROUPS = (3, 4, 5)
"""P waves from one that is dropped to the next."""

FIRST_STEP = (0.05, 0.085)
"""Seconds by which PR lengthens at first; each further step is a fifth smaller."""

BLOCKS = ("Wenckebach", "Mobitz II", "2:1")


def second_degree(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:
    """Second-degree block: PR lengthens until a beat drops (Wenckebach), or stays (Mobitz II), or every other drops."""
    block = options.get("block") or BLOCKS[int(random.choice(3, p=[0.6, 0.2, 0.2]))]
    drawn = int(random.choice(GROUPS))
    group = options.get("group") or (2 if block == "2:1" else drawn)
    assert isinstance(group, int)
    atrial_rate = person.rate * group / (group - 1)
    onsets = steady_onsets(60.0 / atrial_rate, span, random, 0.006)
    step = (
        min(random.uniform(*FIRST_STEP), (LONGEST_PR - person.pr) / max(group - 2, 1)) if block == "Wenckebach" else 0.0
    )
    beats: list[Beat] = []
    atria = []
    offset = int(random.integers(group))
    for number, onset in enumerate(onsets):
        place = (number + offset) % group
        if place == group - 1:
            atria.append(Atrium(onset, "sinus", None))
            continue
        # The step shrinks from beat to beat, so that RR shortens before the pause as Wenckebach saw it.
        pr = person.pr + step * sum(0.8**earlier for earlier in range(place))
        atria.append(Atrium(onset, "sinus", len(beats)))
        beats.append(Beat(onset + pr, "narrow"))
    notes: dict[str, object] = {"block": block, "group": group, "atrial_rate": atrial_rate}
    return Heart(f"second-degree block, {block}", beats, atria, notes=notes)


def complete(person: Person, span: Span, random: Generator, options: Mapping[str, object]) -> Heart:
    """Complete block: atria and a slower escape rhythm, each regular, with nothing between them.

    The atria keep away from a whole multiple of the ventricles' rate, for PR would then seem constant.
    """
    escape = options.get("escape") or ("junctional" if person.rate >= 40 else "ventricular")
    shape = "narrow" if escape == "junctional" else "escape"
    slowest = max(65.0, 1.25 * person.rate)
    atrial_rate = free_of_ratio(person.rate, slowest, max(105.0, 1.8 * person.rate), random)
    beats = [Beat(onset, shape) for onset in steady_onsets(person.rr, span, random, 0.004)]
    atria = [Atrium(onset, "sinus", None) for onset in steady_onsets(60.0 / atrial_rate, span, random, 0.008)]
    notes: dict[str, object] = {"escape": escape, "atrial_rate": atrial_rate}
    return Heart(f"complete block, {escape} escape", beats, atria, notes=notes)
