"""What figures say: titles, headings, footers and alternative texts, in the words of `ecgteach.words`."""

import re
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..beats import find_beats
from ..image import strip_image
from ..rhythms import rhythms
from ..strip import SECONDS, Strip, lead_in_words
from ..views import FUSED, view_kind
from ..words import (
    FEW,
    PERCENT,
    about,
    capital,
    class_in_short,
    class_name,
    every,
    in_steps_or_seconds,
    listed,
    looked_at,
    looked_segments,
    moments,
    overlap,
    probability,
    with_place,
)  # fmt: skip
from .paper import window
from .theme import agreement_style, in_legend

if TYPE_CHECKING:
    from ..explanation import Explanation, View
    from ..models import Prediction

NOTICE = "for teaching, not for clinical use"


def of_the_strip(share: float) -> str:
    """A share of the strip's time, rounded and said so: ``"about 15 % of the strip"``."""
    return f"{about(share)} of the strip"


def signed(millivolt: float) -> str:
    """An amplitude to a tenth of a millivolt, with a minus that is as wide as a plus."""
    return f"{millivolt:.1f}".replace("-", "\N{MINUS SIGN}")


def scale_line(strip: Strip) -> str:
    """What a real strip has printed at its edge: lead, speed, gain and filters."""
    steps = ", ".join(map(str, strip.steps)) or "as recorded, no filter"
    lead = lead_in_words(strip.lead)
    return f"{lead[:1].upper()}{lead[1:]}    25 mm/s    10 mm/mV    {steps}"


def watermark(strip: Strip, *, source: bool, reveal: bool) -> str:
    """Where the strip comes from and what it is for; a source whose name gives the rhythm away waits for the reveal."""
    origin, parts = strip.source_id, set(re.split(r"[\W_]+", strip.source_id.upper()))
    simulated = strip.truth is not None or origin.startswith("simulat")
    kind = "Simulated strip" if simulated else "Real recording" if origin else "Recording, source not shown"
    since = f" from {strip.start:g} s" if strip.start else ""
    hidden = not source or (not reveal and parts & set(rhythms()))
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
    """The answer of the main figure: what the views say, how much of the strip each looked at, and what they share."""
    answers = {name: view.prediction.answer for name, view in seen.views.items()}
    if len(set(answers.values())) > 1:
        each = ", ".join(f"{view_kind(name).word} answers {class_in_short(answer)}" for name, answer in answers.items())
        title = f"The views disagree: {each}"
    else:
        answer = class_in_short(next(iter(answers.values())))
        title = f"{capital(every(seen.views, 'view'))} answer{'s' * (len(answers) == 1)} {answer}"
    of_target = "" if set(answers.values()) == {seen.target} else f"for {class_in_short(seen.target)} "
    return f"{title}; {of_target}{looks_of(seen)}"


def looks_of(seen: "Explanation") -> str:
    """How much of the strip each view looked at, and how much of what any looked at is shared by all of them.

    Where all of that is too little to be told in percent, it is told in moments and seconds.
    """
    looked = {view_kind(name).word: view.on_time for name, view in seen.views.items() if view.on_time.max() > 0}
    if not looked:
        return "no map shows anything"
    alone = len(seen.views) == 1
    neither, *some = [0.0, *map(looked_at, looked.values())] if alone else seen.agreement_shares.values()
    if all(share < FEW for share in some):
        each, of = [f"{word} at {_brief(on_time)}" for word, on_time in looked.items()], ""
    else:
        each, of = [f"{word} at {about(looked_at(on_time))}" for word, on_time in looked.items()], " of the strip"
    first, *others = each
    said = f"{', '.join([first.replace(' at ', ' looked at ', 1), *others])}{of}"
    if alone:
        return f"it {said.partition(' ')[2]}"
    if len(looked) < len(seen.views):
        empty = [view_kind(name).word for name, view in seen.views.items() if not view.on_time.max() > 0]
        return f"{said}; there is no fused map, the map of {listed(empty)} is empty"
    shared = f"of what {'either' if len(looked) == 2 else 'any'} looked at, {overlap(some[-1], 1.0 - neither)}"
    return f"{said}; {shared}" + "; there is no fused map" * (seen.fused is None)


def _brief(on_time: NDArray[np.float32]) -> str:
    """How many moments a map along time looked at, and how long they are together."""
    count = len(looked_segments(on_time))
    return f"{count} brief moment{'s' * (count > 1)} ({SECONDS * looked_at(on_time):.1f} s in all)"


def answer_of(view: "View", target: str) -> str:
    """What a view answers, with its probability, and that of the target where it is another class."""
    chances = view.prediction.probabilities
    answer = view.prediction.answer
    text = f"answers {class_in_short(answer)} ({probability(chances[answer])})"
    return text if answer == target else f"{text}, gives {class_in_short(target)} {probability(chances[target])}"


def answers_in_words(prediction: "Prediction") -> str:
    """A network's answer and the probability of every class, the answer first."""
    answer, chances = prediction.answer, prediction.probabilities
    rest = ", ".join(f"{class_in_short(code)} {probability(chances[code])}" for code in chances if code != answer)
    return f"answers {class_in_short(answer)} ({probability(chances[answer])}); {rest}"


def title_of_view(view: str, on_time: NDArray[np.float32], state: str, target: str) -> str:
    """The answer of a figure of one map: how much of the strip the view looked at."""
    if not on_time.max() > 0:
        return look_of(on_time, state, target).replace("its map", f"The {view_kind(view).word} map")
    share, name = of_the_strip(looked_at(on_time)), class_in_short(target)
    if view == FUSED:
        return f"For {name} the fused map is strong in {share}"
    return f"For {name} the {view_kind(view).word} view looked at {share}"


def look_of(on_time: NDArray[np.float32], state: str, target: str) -> str:
    """How much of the strip a view looked at for its target, or why its map is empty."""
    name = class_in_short(target)
    if state == "non-finite":
        return f"its map for {name} is not finite, there is nothing to show"
    if not on_time.max() > 0:
        return f"its map for {name} is flat: nothing that has a place speaks for it"
    return f"for {name} it looked at {of_the_strip(looked_at(on_time))}"


def answer_and_look(view: "View", target: str) -> str:
    """What a view answers, and how much of the strip it looked at."""
    answer, look = answer_of(view, target), look_of(view.on_time, view.map.state, target)
    if view.prediction.answer == target and view.on_time.max() > 0:
        return f"{answer} and {look.removeprefix(f'for {class_in_short(target)} it ')}"
    return f"{answer}; {look}"


def place_of(view: "View", target: str) -> str:
    """Which part of what speaks for the target a map can show at all; empty where nothing is on the map or known."""
    share = with_place(view.prediction.parts, view.prediction.classes.index(target))
    if share is None or not view.on_time.max() > 0:
        return ""
    if np.isnan(share):
        return "on balance nothing speaks for it"
    if share in (0.0, 1.0):
        return f"what speaks for it has {'a' if share else 'no'} place on the strip"
    return f"{about(share)} of what speaks for it has a place on the strip"


def no_fused_map(seen: "Explanation") -> str:
    """Why there is no fused map."""
    empty = [view_kind(name).word for name, view in seen.views.items() if not view.on_time.max() > 0]
    if not empty or len(seen.views) == 1:
        return f"no fused map: {seen.fused_reason}"
    maps = (
        f"{every(seen.views, 'view')}' maps are" if len(empty) == len(seen.views) else f"the {empty[0]} view's map is"
    )
    return f"no fused map: {maps} empty for {class_in_short(seen.target)}, and an empty map cannot be fused"


def fused_in_words(seen: "Explanation") -> str:
    """What the fused map says, or why there is none."""
    if seen.fused is None:
        return no_fused_map(seen)
    share, chance = of_the_strip(looked_at(seen.fused)), probability(seen.probabilities[seen.target])
    return f"{class_in_short(seen.target)}, {chance} on average: {how_fused(seen)} is strong in {share}"


def cut_off(strip: Strip) -> str:
    """What the picture does not hold of the trace; empty when it holds all."""
    image = strip_image(strip)
    return f"The picture cuts off {100 * image.cut_off:.1f}{PERCENT} of the trace" if image.cut_off else ""


def how_fused(seen: "Explanation") -> str:
    """Which rule made the fused map."""
    from ..fusion import RULES  # brings torch, which a bare strip does without

    rule = RULES[seen.rule].words if seen.rule in RULES else seen.rule
    return f"the {rule} of {'both' if len(seen.views) == 2 else 'all'} maps"


def method_line(seen: "Explanation") -> str:
    """How the maps were made and how fine they are."""
    over = ", over the other classes" if seen.contrast else ""
    over = f", and not {class_in_short(seen.against)}" if seen.against else over
    layers = listed(list(dict.fromkeys(view.layer.name for view in seen.views.values())))
    cells = ", ".join(
        f"{view_kind(name).word} cells of {1000 * view.layer.cell_seconds:.0f} ms that see "
        f"{view.layer.field_seconds:.1f} s"
        for name, view in seen.views.items()
    )
    pictures = [view_kind(name).word for name, view in seen.views.items() if on_picture(view)]
    height = f"; a {pictures[0]} cell sees most of the height, so its height is no place" if pictures else ""
    return f"Grad-CAM for {class_in_short(seen.target)}{over}, layer {layers}: {cells}{height}"


def on_picture(view: "View") -> bool:
    """True where the map has rows, so that it lies on the drawn strip."""
    return view.map.values.ndim == 2


def explanation_in_words(seen: "Explanation") -> str:
    """The main figure for who cannot see it."""
    found = []
    for name, view in seen.views.items():
        where = f", at {moments(view.on_time)}" if view.on_time.max() > 0 else ""
        place = f"; {said}" if (said := place_of(view, seen.target)) else ""
        found.append(f"The {view_kind(name).word} view {answer_and_look(view, seen.target)}{where}{place}.")
    if seen.fused is None:
        found.append(f"There is {no_fused_map(seen)}.")
    else:
        found.append(f"The fused map, {how_fused(seen)}, is strong at {moments(seen.fused)}.")
    if any(map(on_picture, seen.views.values())) and (lost := cut_off(seen.strip)):
        found.append(f"{lost}.")
    if len(seen.views) > 1:
        shares = seen.agreement_shares
        neither, *some = shares.values()
        told = dict(zip(shares, in_steps_or_seconds([neither, *some], some), strict=True))
        looked = ", ".join(f"{agreement_style(kind).words} {told[kind]}" for kind in in_legend([*shares]))
        found.append(f"Who looked, by time: {looked}.")
    return " ".join([*found, f"The target is {class_name(seen.target)}.", strip_in_words(seen.strip)])
