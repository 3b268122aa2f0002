"""What figures say in words: shares in steps, stretches of time, where a strip comes from, what both views answer."""

import re
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..beats import find_beats
from ..image import StripImage
from ..rhythms import grouping, rhythms
from ..strip import Strip
from .paper import stretches, window
from .theme import AGREEMENT_STYLE, VIEW_WORDS

if TYPE_CHECKING:
    from ..explanation import Explanation, View

NOTICE = "for teaching, not for clinical use"
LOOKED = 0.5
"""Share of a map's own maximum from which we say "looked at"; `ecgteach.fusion.AGREEMENT_THRESHOLD`."""

MOST_STRETCHES = 6
SHORTEST_SECONDS = 0.1
PERCENT = "\N{NO-BREAK SPACE}%"


def in_steps(share: float) -> str:
    """A share in steps of 5 %, as fine as maps deserve.

    >>> in_steps(0.14).split()
    ['15', '%']
    """
    if 0 < share < 0.05:
        return f"under 5{PERCENT}"
    return f"{5 * round(20 * share)}{PERCENT}"


def of_the_strip(share: float) -> str:
    """A share of the strip's time, rounded and said so: ``"about 15 % of the strip"``."""
    return f"{'' if share < 0.05 else 'about '}{in_steps(share)} of the strip"


def probability(value: float) -> str:
    """A probability in whole percent that never claims to be certain."""
    if value < 0.005:
        return f"under 1{PERCENT}"
    return f"over 99{PERCENT}" if value > 0.995 else f"{100 * value:.0f}{PERCENT}"


def looked_at(on_time: NDArray[np.float32]) -> float:
    """Share of the strip's time where a map reaches half of its own maximum."""
    return float(np.mean(on_time >= LOOKED * on_time.max())) if on_time.max() > 0 else 0.0


def moments(on_time: NDArray[np.float32]) -> str:
    """The longest stretches where a map reaches half of its own maximum, in order of time.

    Gaps shorter than a tenth of a second, the last digit given, are passed over.
    """
    found: list[tuple[float, float]] = []
    for first, last in stretches(on_time >= LOOKED * on_time.max()) if on_time.max() > 0 else []:
        if found and first - found[-1][1] < SHORTEST_SECONDS:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    if not found:
        return "no moment"
    shown = sorted(sorted(found, key=lambda one: one[0] - one[1])[:MOST_STRETCHES])
    listed = ", ".join(f"{first:.1f} to {last:.1f} s" for first, last in shown)
    left_out = len(found) - len(shown)
    return listed + (f", and {left_out} shorter" if left_out else "")


def signed(millivolt: float) -> str:
    """An amplitude to a tenth of a millivolt, with a minus that is as wide as a plus."""
    return f"{millivolt:.1f}".replace("-", "\N{MINUS SIGN}")


def full_name(code: str) -> str:
    """A class with its name in words, where our grouping knows it: ``"SB (bradycardia)"``."""
    names = {group.code: group.name for group in grouping().groups}
    return f"{code} ({names[code]})" if code in names else code


def scale_line(strip: Strip) -> str:
    """What a real strip has printed at its edge: lead, speed, gain and filters."""
    steps = ", ".join(map(str, strip.steps)) or "as recorded, no filter"
    return f"Lead {strip.lead}    25 mm/s    10 mm/mV    {steps}"


def watermark(strip: Strip, *, source: bool, reveal: bool) -> str:
    """Where the strip comes from and what it is for; a source whose name gives the rhythm away waits for the reveal."""
    origin, told = strip.source_id, set(re.split(r"[\W_]+", strip.source_id.upper()))
    simulated = strip.truth is not None or origin.startswith("simulat")
    kind = "Simulated strip" if simulated else "Real recording" if origin else "Recording, source not shown"
    since = f" from {strip.start:g} s" if strip.start else ""
    hidden = not source or (not reveal and told & set(rhythms()))
    named = f"{kind}, source not shown" if origin and hidden else f"{kind} {origin}{since}".rstrip()
    return f"{named}, {NOTICE}"


def warnings(strip: Strip) -> str:
    """What to know before reading: faults of the lead, and what the paper does not hold; or nothing."""
    low, high = window(strip.samples)
    found = [f"The lead is {fault}" for fault in strip.quality.faults]
    if not strip.quality.good:
        found.append(f"It is {strip.quality.grade}")
    if strip.samples.max() > high:
        found.append(f"Cut off at {signed(high)} mV: the trace reaches {signed(strip.samples.max())} mV")
    if strip.samples.min() < low:
        found.append(f"Cut off at {signed(low)} mV: the trace reaches {signed(strip.samples.min())} mV")
    return ". ".join(found)


def strip_in_words(strip: Strip) -> str:
    """The trace for who cannot see it: what can be measured, without a name for it."""
    beats = find_beats(strip)
    if beats.quality.good:
        complexes = f"QRS complexes at {', '.join(f'{time:.2f}' for time in beats.times)} s"
    else:
        complexes = f"QRS complexes cannot be told for sure: {beats.quality}"
    return f"The trace runs from {signed(strip.samples.min())} to {signed(strip.samples.max())} mV. {complexes}."


def title_of(seen: "Explanation") -> str:
    """The answer of the main figure: what both views say, and how much of the strip both looked at."""
    answers = {name: view.prediction.answer for name, view in seen.views.items()}
    if seen.quarrel:
        said = f"The views quarrel: signal answers {answers['signal']}, picture answers {answers['image']}"
    else:
        said = f"Both views answer {answers['signal']}"
    asked = "" if set(answers.values()) == {seen.target} else f"for {seen.target}, "
    if seen.fused is None:
        return f"{said}; {asked}there is no fused map"
    both = seen.agreement_shares["both"]
    if not both:
        return f"{said}; {asked}they looked at nothing in common"
    return f"{said}; {asked}both looked at the same part, {of_the_strip(both)}"


def answer_of(view: "View", target: str) -> str:
    """What a view answers, with its probability, and that of the target where it is another class."""
    chances = view.prediction.probabilities
    answer = view.prediction.answer
    said = f"answers {answer} ({probability(chances[answer])})"
    return said if answer == target else f"{said}, gives {target} {probability(chances[target])}"


def title_of_view(view: str, on_time: NDArray[np.float32], state: str, target: str) -> str:
    """The answer of a figure of one map: how much of the strip the view looked at."""
    if not on_time.max() > 0:
        return look_of(on_time, state, target).replace("its map", f"The {VIEW_WORDS[view]} map")
    share = of_the_strip(looked_at(on_time))
    if view == "fused":
        return f"For {target} the fused map is strong in {share}"
    return f"For {target} the {VIEW_WORDS[view]} view looked at {share}"


def look_of(on_time: NDArray[np.float32], state: str, target: str) -> str:
    """How much of the strip a view looked at for its target, or why its map is empty."""
    if state == "non-finite":
        return f"its map for {target} is not finite, there is nothing to show"
    if not on_time.max() > 0:
        return f"its map for {target} is flat: nothing speaks for it"
    return f"for {target} it looked at {of_the_strip(looked_at(on_time))}"


def answer_and_look(view: "View", target: str) -> str:
    """What a view answers, and how much of the strip it looked at."""
    answer, look = answer_of(view, target), look_of(view.on_time, view.map.state, target)
    if view.prediction.answer == target and view.on_time.max() > 0:
        return f"{answer} and {look.removeprefix(f'for {target} it ')}"
    return f"{answer}; {look}"


def no_fused_map(seen: "Explanation") -> str:
    """Why there is no fused map."""
    empty = [VIEW_WORDS[name] for name, view in seen.views.items() if not view.on_time.max() > 0]
    if not empty:
        return f"no fused map: {seen.fused_reason}"
    maps = "both views' maps are" if len(empty) > 1 else f"the {empty[0]} view's map is"
    return f"no fused map: {maps} empty for {seen.target}, and an empty map cannot be fused"


def fused_in_words(seen: "Explanation") -> str:
    """What the fused map says, or why there is none."""
    if seen.fused is None:
        return no_fused_map(seen)
    share, chance = of_the_strip(looked_at(seen.fused)), probability(seen.probabilities[seen.target])
    return f"{seen.target}, {chance} on average: {how_fused(seen)} is strong in {share}"


def cut_off(image: StripImage) -> str:
    """What the picture does not hold of the trace; empty when it holds all."""
    return f"The picture cuts off {100 * image.cut_off:.1f}{PERCENT} of the trace" if image.cut_off else ""


def how_fused(seen: "Explanation") -> str:
    """Which rule made the fused map."""
    rule = "confidence-weighted mean" if seen.rule == "confidence" else seen.rule
    return f"the {rule} of both maps"


def method_line(seen: "Explanation") -> str:
    """How the maps were made and how fine they are."""
    over = ", over the other classes" if seen.contrast else ""
    layers = " and ".join(dict.fromkeys(view.layer.name for view in seen.views.values()))
    cells = ", ".join(
        f"{VIEW_WORDS[name]} cells of {1000 * layer.cell_seconds:.0f} ms that see {layer.field_seconds:.1f} s"
        for name, layer in ((name, view.layer) for name, view in seen.views.items())
    )
    height = "a picture cell sees most of the height, so its height is no place"
    return f"Grad-CAM for {seen.target}{over}, layer {layers}: {cells}; {height}"


def explanation_in_words(seen: "Explanation") -> str:
    """The main figure for who cannot see it."""
    said = []
    for name, view in seen.views.items():
        where = f", at {moments(view.on_time)}" if view.on_time.max() > 0 else ""
        said.append(f"The {VIEW_WORDS[name]} view {answer_and_look(view, seen.target)}{where}.")
    if seen.fused is None:
        said.append(f"There is {no_fused_map(seen)}.")
    else:
        said.append(f"The fused map, {how_fused(seen)}, is strong at {moments(seen.fused)}.")
    if lost := cut_off(seen.image):
        said.append(f"{lost}.")
    shares = seen.agreement_shares
    looked = ", ".join(f"{style.words} {in_steps(shares[kind])}" for kind, style in AGREEMENT_STYLE.items())
    said.append(f"Who looked, by time: {looked}. The target is {full_name(seen.target)}.")
    return " ".join([*said, strip_in_words(seen.strip)])
