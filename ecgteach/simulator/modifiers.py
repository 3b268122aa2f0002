"""Modifiers: premature beats set into a heart's rhythm, and what cannot be set into which."""

from collections.abc import Callable, Mapping

from numpy.random import Generator

from ..errors import InvalidValue
from .activation import Atrium, Beat, Heart
from .hearts import HEARTS
from .people import Person

ATRIAL_COUPLING = (0.55, 0.76)
VENTRICULAR_COUPLING = (0.55, 0.72)
MOST = 5
NO_P_BEFORE_QRS = {
    "AFIB": "atrial fibrillation has no P waves, so none can come early",
    "AFL": "in flutter the atria never pause, so no atrial beat can come early",
    "VT": "the ventricles lead",
    "AVB3": "no atrial beat reaches the ventricles",
    "AVB2": "a blocked beat and an early one could not be told apart",
}
BIDING = {"VT": "a wide beat among wide beats is none", "AVB3": "the escape rhythm would be reset"}


def check_modifiers(rhythm: str, given: Mapping[str, object]) -> None:
    """Refuse what cannot be.

    Raises
    ------
    InvalidValue
        With the reason.
    """
    for name in ("pacs", "pvcs"):
        number = given.get(name, 0)
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= MOST:
            raise InvalidValue(f"{name} is a whole number from 0 to {MOST}, not {number!r}")
    if given.get("bundle_branch") not in (None, "left", "right"):
        raise InvalidValue(f'bundle_branch is "left", "right" or None, not {given["bundle_branch"]!r}')
    if given.get("first_degree") not in (None, True, False):
        raise InvalidValue(f"first_degree is True or False, not {given['first_degree']!r}")
    if given.get("pacs") and not HEARTS[rhythm].conducted:
        raise InvalidValue(
            f"{rhythm} cannot have PACs: {NO_P_BEFORE_QRS.get(rhythm, 'its beats do not start in the atria')}"
        )
    if given.get("pvcs") and rhythm in BIDING:
        raise InvalidValue(f"{rhythm} cannot have PVCs here: {BIDING[rhythm]}")
    if given.get("first_degree") and not HEARTS[rhythm].conducted:
        raise InvalidValue(f"{rhythm} cannot have first-degree block: it has no P wave that leads to each QRS")
    if given.get("bundle_branch") and rhythm == "VT":
        raise InvalidValue("VT cannot have a bundle branch block: its beats do not come by the bundle branches")


def with_premature(
    heart: Heart, number: int, person: Person, seconds: float, random: Generator, *, ventricular: bool
) -> Heart:
    """A heart with some premature beats, none next to another.

    An atrial one has a P of another form and resets the sinus node; a ventricular one has no P and a full pause.
    """
    for _ in range(number):
        free = [place for place in range(2, len(heart.beats) - 2) if _can_be_early(heart, place, seconds)]
        if not free:
            raise InvalidValue(
                f"{seconds:g} s at {person.rate:.0f} beats per minute have no room for so many premature beats"
            )
        early: Callable[..., Heart] = _ventricular if ventricular else _atrial
        heart = early(heart, int(random.choice(free)), person, random)
    return heart


def _can_be_early(heart: Heart, place: int, seconds: float) -> bool:
    around = heart.beats[place - 1 : place + 2]
    own = [atrium for atrium in heart.atria if atrium.beat in range(place - 1, place + 2)]
    plain = all(beat.shape == "narrow" for beat in around) and not any(wave.shape == "premature" for wave in own)
    return plain and 0.3 < heart.beats[place].onset < seconds - 0.6


def _atrial(heart: Heart, place: int, person: Person, random: Generator) -> Heart:
    before, beat = heart.beats[place - 1], heart.beats[place]
    earlier = (beat.onset - before.onset) * (1 - random.uniform(*ATRIAL_COUPLING))
    later = earlier - 0.1 * person.rr * random.random()
    beats = [
        *heart.beats[:place],
        Beat(beat.onset - earlier, beat.shape),
        *(Beat(follows.onset - later, follows.shape) for follows in heart.beats[place + 1 :]),
    ]
    atria = []
    for atrium in heart.atria:
        if atrium.beat == place:
            atria.append(Atrium(atrium.onset - earlier, "premature", place))
        else:
            after = atrium.onset > beat.onset
            atria.append(Atrium(atrium.onset - later * after, atrium.shape, atrium.beat))
    return Heart(heart.kind, beats, atria, heart.cycles, heart.notes)


def _ventricular(heart: Heart, place: int, person: Person, random: Generator) -> Heart:  # noqa: ARG001
    before, beat = heart.beats[place - 1], heart.beats[place]
    onset = before.onset + (beat.onset - before.onset) * random.uniform(*VENTRICULAR_COUPLING)
    beats = [*heart.beats[:place], Beat(onset, "PVC"), *heart.beats[place + 1 :]]
    atria = [atrium for atrium in heart.atria if atrium.beat != place]
    return Heart(heart.kind, beats, atria, heart.cycles, heart.notes)
