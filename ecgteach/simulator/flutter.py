"""Flutter's three numbers: F waves a minute, how many of them one beat needs, and beats a minute. Two set the third."""

from collections.abc import Mapping
from dataclasses import replace

from numpy.random import Generator

from ..errors import InvalidValue
from .people import Person, check_setting, settings

RATIOS = (2, 3, 4)
F_RATES = (220.0, 340.0)
"""F waves a minute of an untreated flutter (textbook: 240-340, and a little below)."""

LEAST_MEAN_STEP, LARGEST_MEAN_STEP = 2.3, 7.0
"""F waves a beat on average where conduction varies: at 2 it would not vary."""

SAME_RATIO = 0.03
DRAWN_RATIOS: dict[int | str, float] = {2: 0.5, "variable": 0.3, 4: 0.15, 3: 0.05}
"""About three flutters in ten conduct variably; of the others most 2:1, then 4:1 (chosen; even ratios, textbook)."""

VARIABLE = 0.3


def fitting_flutter(
    person: Person, given: Mapping[str, float], ratio: int | str | None, random: Generator
) -> tuple[Person, int | str]:
    """The person with a rate and an F rate that belong together, and the ratio of both.

    Raises
    ------
    InvalidValue
        When what is given cannot go together; the message says what would.
    """
    if isinstance(ratio, int):
        return _fixed(person, given, ratio), ratio
    if "flutter_rate" in given and "rate" in given:
        return _both(person, ratio)
    if "flutter_rate" in given:
        chosen = ratio or _drawn(random)
        if isinstance(chosen, int):
            return _fixed(person, given, chosen), chosen
        f_rate = person.flutter_rate
        rate = min(max(person.rate, f_rate / LARGEST_MEAN_STEP), f_rate / LEAST_MEAN_STEP)
        return replace(person, rate=rate), chosen
    return _by_rate(person, ratio, random, asked="rate" in given)


def _fixed(person: Person, given: Mapping[str, float], ratio: int) -> Person:
    if "rate" in given and "flutter_rate" in given:
        if abs(person.flutter_rate / ratio - person.rate) > 1:
            raise InvalidValue(
                f"a flutter of {person.flutter_rate:g}/min conducted {ratio}:1 gives "
                f"{person.flutter_rate / ratio:.0f} beats per minute, not {person.rate:g}; "
                "leave one of flutter_rate, ratio and rate out"
            )
        return replace(person, flutter_rate=person.rate * ratio)
    if "rate" not in given:
        return replace(person, rate=check_setting("rate", person.flutter_rate / ratio, "AFL"))
    f_rate = person.rate * ratio
    if not F_RATES[0] <= f_rate <= F_RATES[1]:
        raise InvalidValue(
            f"{person.rate:g} beats per minute conducted {ratio}:1 would need {f_rate:.0f} F waves a minute; flutter "
            f"has {F_RATES[0]:g} to {F_RATES[1]:g}. {_ways_out(person.rate, ratio)}"
        )
    return replace(person, flutter_rate=f_rate)


def _ways_out(rate: float, ratio: int) -> str:
    fitting = [str(other) for other in RATIOS if F_RATES[0] <= other * rate <= F_RATES[1]]
    ways = [f"take a rate from {F_RATES[0] / ratio:.0f} to {F_RATES[1] / ratio:.0f}"]
    if fitting:
        ways.append(f"ratio={' or '.join(fitting)}")
    elif rate <= F_RATES[1] / LEAST_MEAN_STEP:
        ways.append('ratio="variable"')
    ways.append("leave rate or ratio out")
    slow, fast = settings()["flutter_rate"].low, settings()["flutter_rate"].high
    if slow <= rate * ratio <= fast:
        ways.append(f"for a flutter that drugs have slowed, give flutter_rate={rate * ratio:g} and no rate")
    return ", or ".join(ways).capitalize()


def _both(person: Person, ratio: int | str | None) -> tuple[Person, int | str]:
    steps = person.flutter_rate / person.rate
    near = next((k for k in RATIOS if abs(steps / k - 1.0) <= SAME_RATIO), None)
    if ratio is None and near is not None:
        return replace(person, flutter_rate=near * person.rate), near
    if not LEAST_MEAN_STEP <= steps <= LARGEST_MEAN_STEP:
        low, high = person.flutter_rate / LARGEST_MEAN_STEP, person.flutter_rate / LEAST_MEAN_STEP
        raise InvalidValue(
            f"a flutter of {person.flutter_rate:g}/min that conducts variably gives {low:.0f} to {high:.0f} beats per "
            f"minute, not {person.rate:g}; leave flutter_rate or rate out"
        )
    return person, "variable"


def _by_rate(person: Person, ratio: int | str | None, random: Generator, *, asked: bool) -> tuple[Person, int | str]:
    """Ratios that put the atria at a flutter's rate, or variable conduction."""
    fastest = F_RATES[1] / (LEAST_MEAN_STEP if ratio == "variable" else RATIOS[0])
    if person.rate > fastest:
        if asked:
            words = "variable conduction" if ratio == "variable" else "a flutter"
            raise InvalidValue(
                f"{words} gives at most {fastest:.0f} beats per minute with {F_RATES[1]:g} F waves, not "
                f"{person.rate:g}; take a lower rate, or give flutter_rate"
            )
        person = replace(person, rate=fastest)
    fitting = [k for k in RATIOS if F_RATES[0] <= k * person.rate <= F_RATES[1]]
    may_vary = LEAST_MEAN_STEP * person.rate <= F_RATES[1]
    if ratio == "variable" or not fitting or (may_vary and random.random() < VARIABLE):
        low = max(F_RATES[0], LEAST_MEAN_STEP * person.rate)
        high = min(F_RATES[1], LARGEST_MEAN_STEP * person.rate)
        return replace(person, flutter_rate=min(max(person.flutter_rate, low), high)), "variable"
    even = [k for k in fitting if k % 2 == 0]
    chosen = int(random.choice(even or fitting))
    return replace(person, flutter_rate=chosen * person.rate), chosen


def _drawn(random: Generator) -> int | str:
    names = list(DRAWN_RATIOS)
    return names[int(random.choice(len(names), p=list(DRAWN_RATIOS.values())))]
