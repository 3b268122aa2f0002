"""Modifiers: what is set into a heart's rhythm, as ``modifiers.csv`` lists it, and what cannot be set into which."""

from collections.abc import Callable, Mapping
from functools import cache

from numpy.random import Generator

from ..errors import InvalidValue
from .activation import Atrium, Beat, Heart
from .people import Person, table

ATRIAL_COUPLING = (0.55, 0.76)
VENTRICULAR_COUPLING = (0.55, 0.72)
ABERRANT_COUPLING = (0.5, 0.6)
BLOCKED_P_ON_T = (0.7, 1.0)
"""Where a blocked early P starts: as a share of QT after the QRS before it, while the ventricles are refractory."""

FIRST_SEEN, LAST_SEEN = 0.25, 0.6
"""Seconds from the recording's start to the beat before an early one, and from the early one to the end."""

RESET = (1.0, 1.12)
"""From an early P to the sinus node's next one, as a share of PP."""

PAUSE_SECONDS = (1.9, 3.0)
PAUSE_FROM_WHOLE = 0.15
MOST = 5

REASONS = {
    "AFIB": "atrial fibrillation has no P waves, so none can come early",
    "AFL": "in flutter the atria never pause, so no atrial beat can come early",
    "MAT": "none of its P waves leads, so none is early",
    "MAR": "none of its P waves leads, so none is early",
    "VT": "the ventricles lead",
    "AVB3": "no atrial beat reaches the ventricles",
    "AVB2": "a blocked beat and an early one could not be told apart",
}
"""Why a rhythm cannot have premature atrial beats, where there is a closer reason than the table's."""

BIDING = ("VT", "AVB3", "PACE", "NSVT", "PAF", "PSVT")
"""Rhythms whose own wide beats, escape or pacemaker would hide a premature ventricular beat or be reset by it."""


@cache
def modifiers() -> dict[str, dict[str, str]]:
    """The rows of ``modifiers.csv`` by their name."""
    return {row["modifier"]: row for row in table("modifiers.csv")}


def allows(modifier: str, rhythm: str) -> bool:
    """Whether a rhythm can have a modifier."""
    allowed = modifiers()[modifier]["rhythms"]
    return allowed == "*" or rhythm in allowed.split()


def check_modifiers(rhythm: str, given: Mapping[str, object]) -> None:
    """Refuse what cannot be.

    Raises
    ------
    InvalidValue
        With the reason.
    """
    for name, value in given.items():
        row = modifiers()[name]
        _check_value(name, row["takes"], value)
        if value and not allows(name, rhythm):
            reason = REASONS.get(rhythm, row["reason"]) if "pacs" in name else row["reason"]
            word = "healthy=True" if name == "healthy" else row["word"] + "s" * (row["takes"] == "count")
            raise InvalidValue(f"{rhythm} cannot have {word}: {reason}")
    _check_together(given)


def _check_value(name: str, takes: str, value: object) -> None:
    if takes == "count" and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST):
        raise InvalidValue(f"{name} is a whole number from 0 to {MOST}, not {value!r}")
    if takes == "side" and value not in (None, "left", "right"):
        raise InvalidValue(f'{name} is "left", "right" or None, not {value!r}')
    if takes == "flag" and not isinstance(value, bool | None):
        raise InvalidValue(f"{name} is True or False, not {value!r}")


def _check_together(given: Mapping[str, object]) -> None:
    if given.get("aberrant_pacs") and given.get("bundle_branch"):
        raise InvalidValue(
            "a bundle branch block makes every QRS wide, so none is aberrant; leave bundle_branch or aberrant_pacs out"
        )
    findings = [name for name, value in given.items() if value and name not in ("healthy", "arms_swapped")]
    if given.get("healthy") and findings:
        raise InvalidValue(f"healthy=True leaves no room for {', '.join(findings)}; leave one of them out")


def with_modifiers(
    heart: Heart, given: Mapping[str, object], person: Person, seconds: float, random: Generator
) -> Heart:
    """A heart with its premature beats and pauses, none next to another."""
    for name, early in PREMATURE.items():
        number = given.get(name, 0)
        assert isinstance(number, int)
        for _ in range(number):
            heart = early(heart, _free_place(heart, person, seconds, random), person, random)
    if given.get("sinus_pause"):
        heart = _with_pause(heart, person, seconds, random)
    return heart


def _free_place(heart: Heart, person: Person, seconds: float, random: Generator) -> int:
    free = [place for place in range(2, len(heart.beats) - 2) if _can_be_early(heart, place, seconds)]
    if not free:
        raise InvalidValue(
            f"{seconds:g} s at {person.rate:.0f} beats per minute have no room for so many premature beats"
        )
    return int(random.choice(free))


def _can_be_early(heart: Heart, place: int, seconds: float) -> bool:
    around = heart.beats[place - 1 : place + 2]
    own = [atrium for atrium in heart.atria if atrium.beat in range(place - 1, place + 2)]
    plain = all(beat.shape == "narrow" for beat in around) and not any(wave.shape == "premature" for wave in own)
    blocked = [wave.onset for wave in heart.atria if wave.shape == "premature" and wave.beat is None]
    apart = not any(around[0].onset - 0.1 < onset < around[-1].onset for onset in blocked)
    return plain and apart and around[0].onset > FIRST_SEEN and heart.beats[place].onset < seconds - LAST_SEEN


def _atrial(
    heart: Heart,
    place: int,
    person: Person,
    random: Generator,
    shape: str | None = None,
    coupling: tuple[float, float] = ATRIAL_COUPLING,
) -> Heart:
    """An early P of another form that resets the sinus node; `shape` is that of its QRS, else the usual one."""
    before, beat = heart.beats[place - 1], heart.beats[place]
    earlier = (beat.onset - before.onset) * (1 - random.uniform(*coupling))
    later = earlier - 0.1 * person.rr * random.random()
    moved = _moved(heart, place, -later)
    beats = [*moved.beats]
    beats[place] = Beat(beat.onset - earlier, shape or beat.shape)
    atria = [
        Atrium(own.onset - earlier, "premature", place) if own.beat == place else other
        for own, other in zip(heart.atria, moved.atria, strict=True)
    ]
    return Heart(heart.kind, beats, atria, heart.cycles, heart.notes)


def _aberrant(heart: Heart, place: int, person: Person, random: Generator) -> Heart:
    """An early P so early that the right bundle branch is still refractory: a wide QRS after it."""
    return _atrial(heart, place, person, random, "aberrant", ABERRANT_COUPLING)


def _blocked(heart: Heart, place: int, person: Person, random: Generator) -> Heart:
    """An early P on the T before it, that no QRS follows; the sinus node starts again from it."""
    before = heart.beats[place - 1]
    own = next(atrium for atrium in heart.atria if atrium.beat == place)
    previous = next(atrium for atrium in heart.atria if atrium.beat == place - 1)
    early = before.onset + random.uniform(*BLOCKED_P_ON_T) * person.qt(person.rr) - person.p_width / 2
    early = min(early, previous.onset + 0.8 * (own.onset - previous.onset))
    follows = early + (own.onset - previous.onset) * random.uniform(*RESET)
    moved = _moved(heart, place - 1, follows - own.onset)
    return Heart(heart.kind, moved.beats, [*moved.atria, Atrium(early, "premature", None)], heart.cycles, heart.notes)


def _ventricular(heart: Heart, place: int, person: Person, random: Generator) -> Heart:  # noqa: ARG001
    """A wide early beat with no P and a full pause."""
    before, beat = heart.beats[place - 1], heart.beats[place]
    onset = before.onset + (beat.onset - before.onset) * random.uniform(*VENTRICULAR_COUPLING)
    beats = [*heart.beats[:place], Beat(onset, "PVC"), *heart.beats[place + 1 :]]
    atria = [atrium for atrium in heart.atria if atrium.beat != place]
    return Heart(heart.kind, beats, atria, heart.cycles, heart.notes)


PREMATURE: dict[str, Callable[[Heart, int, Person, Generator], Heart]] = {
    "pacs": _atrial,
    "aberrant_pacs": _aberrant,
    "blocked_pacs": _blocked,
    "pvcs": _ventricular,
}


def _with_pause(heart: Heart, person: Person, seconds: float, random: Generator) -> Heart:
    """A stretch without P and QRS that is no whole multiple of PP: the sinus node itself stood still."""
    longest = min(PAUSE_SECONDS[1], 0.4 * seconds)
    if longest <= 1.5 * person.rr:
        raise InvalidValue(
            f"a sinus pause lasts 1.5 PP at least, {1.5 * person.rr:.1f} s at {person.rate:.0f} beats per minute; "
            f"{seconds:g} s have no room for it. Take a longer recording or a faster rate"
        )
    while True:
        pause = random.uniform(max(PAUSE_SECONDS[0], 1.5 * person.rr) if longest > PAUSE_SECONDS[0] else 0.0, longest)
        beyond = (pause / person.rr) % 1.0
        if pause >= 1.5 * person.rr and min(beyond, 1.0 - beyond) >= PAUSE_FROM_WHOLE:
            break
    free = [
        place
        for place in range(1, len(heart.beats))
        if 0.8 < heart.beats[place - 1].onset < seconds - pause - 1.0 and _plain(heart, place)
    ]
    if not free:
        raise InvalidValue(f"{seconds:g} s have no room for a sinus pause beside the premature beats; leave some out")
    place = int(random.choice(free))
    onsets = {atrium.beat: atrium.onset for atrium in heart.atria}
    moved = _moved(heart, place - 1, pause - (onsets[place] - onsets[place - 1]))
    start, end = onsets[place - 1], onsets[place - 1] + pause
    moved.notes["pause"] = (start, end)
    return moved


def _plain(heart: Heart, place: int) -> bool:
    owners = {atrium.beat for atrium in heart.atria}
    pair = heart.beats[place - 1 : place + 1]
    blocked = [wave.onset for wave in heart.atria if wave.beat is None]
    return (
        {place - 1, place} <= owners
        and all(beat.shape == "narrow" for beat in pair)
        and not any(pair[0].onset < onset < pair[1].onset for onset in blocked)
    )


def _moved(heart: Heart, place: int, later: float) -> Heart:
    """A heart whose beats after `place` come later, and every atrial wave after that beat with them."""
    limit = heart.beats[place].onset
    beats = [
        beat._replace(onset=beat.onset + later) if number > place else beat for number, beat in enumerate(heart.beats)
    ]
    atria = [atrium._replace(onset=atrium.onset + later) if atrium.onset > limit else atrium for atrium in heart.atria]
    return Heart(heart.kind, beats, atria, heart.cycles, heart.notes)
