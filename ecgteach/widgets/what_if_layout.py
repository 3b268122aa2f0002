"""The controls of a WhatIf, and where they stand: the question first, the slider after, the trail beside it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..views import view_kind
from ..whatif import DIALS, DIRECTIONS, EXPLANATIONS, GOALS, PRESETS, STARTS
from ..words import capital, class_in_short
from .controls import Button, Check, Choice, Control, Item, Menu, Number, Slider, column, row, scroll, words
from .strips import Strips
from .texts import text
from .what_if_state import EXPLAIN, NONE, PREDICT, TURN
from .what_if_words import dial_value, dial_word

if TYPE_CHECKING:
    from .what_if import WhatIfShown

SAID = ("follows", "judged", "explained", "goal")
"""What came of it, in the order in which it is read."""


def controls(views: Mapping[str, object]) -> dict[str, Any]:
    """Every control of a WhatIf, by name."""
    rate = DIALS["rate"]
    directions = {direction: text(f"what_if.{direction}") for direction in DIRECTIONS}
    held: list[Control] = [
        Menu("start", text("what_if.start"), {name: text(f"what_if_start.{name}") for name in STARTS}, "sinus"),
        Button("other", text("what_if.other_heart")),
        Menu(
            "preset",
            text("what_if.preset"),
            {NONE: text("what_if.no_preset"), **{name: text(f"what_if_preset.{name}") for name in PRESETS}},
            NONE,
        ),
        Menu(
            "goal",
            text("what_if.goal"),
            {NONE: text("what_if.no_goal"), **{name: text(f"what_if_goal.{name}") for name in GOALS}},
            NONE,
        ),
        Button("save", text("what_if.save"), action="save", file="what-if.png"),
        Menu("dial", text("what_if.dial"), {name: dial_word(name) for name in DIALS}, "rate"),
        Number("to", text("what_if.to"), 110.0, low=rate.low, high=rate.high, step=rate.step, unit="/min"),
        Check("only_rr", text("what_if.only_rr"), False),
        *[Choice(f"predict-{view}", view, directions) for view in views],
        Button("lock", text("what_if.lock"), primary=True),
        Slider("turn", "", 75.0, low=rate.low, high=rate.high, step=rate.step, look="ecgteach-wide"),
        Choice(
            "explain",
            text("what_if.explain"),
            {name: text(f"what_if.{name}") for name in EXPLANATIONS},
            look="ecgteach-stacked",
        ),
        Button("again", text("what_if.again")),
        Button("second", text("what_if.second"), primary=True),
        Check("maps", text("what_if.maps"), False),
        Check("logits", text("what_if.logits"), False),
        Strips("strips"),
    ]
    return {control.name: control for control in held}


def set_controls(held: dict[str, Any], shown: "WhatIfShown") -> None:
    """Set every control to a state."""
    state, turned = shown.state, shown.state.round
    dial = DIALS[turned.dial]
    kept = dict(turned.held)
    held["dial"].options = {
        name: dial_word(name) for name, one in DIALS.items() if state.start in one.of and name not in kept
    }
    unit = dial_value(dial.name, dial.high).partition(f"{dial.high:g}")[2].strip()
    number, slider = held["to"], held["turn"]
    number.low, number.high, number.step, number.unit = dial.low, dial.high, dial.step, unit
    slider.low, slider.high, slider.step, slider.label = dial.low, dial.high, dial.step, dial_word(dial.name)
    slider.settings["shown"] = f"{{value}}{unit}" if unit == "/min" else f"{{value}} {unit}"
    for name, value in (
        ("start", state.start),
        ("preset", state.preset),
        ("goal", state.goal),
        ("dial", turned.dial),
        ("to", turned.to),
        ("only_rr", turned.only_rr),
        ("turn", state.value),
        ("explain", turned.explained),
        ("maps", state.maps),
        ("logits", state.logits),
    ):
        held[name].value = value
    predicted = dict(turned.predicted)
    for view in state.views:
        choice = held[f"predict-{view}"]
        choice.label = text("what_if.predict", word=capital(view_kind(view).word), target=class_in_short(shown.target))
        choice.value = predicted.get(view)
        choice.disabled = turned.locked
    for name in ("dial", "to", "only_rr"):
        held[name].disabled = turned.locked
    held["lock"].disabled = not state.ready
    held["turn"].disabled = held["maps"].disabled = not turned.locked
    held["explain"].disabled = turned.explained is not None
    held["second"].disabled = not shown.right


def arranged(held: dict[str, Any], shown: "WhatIfShown") -> Item:
    """The heart, the question or the slider, the answers, the trail, and the panels."""
    head = row(held["start"], held["preset"], held["goal"], held["save"], look="ecgteach-head")
    found = column(words("answers", shown.words["answers"]), words("trail", shown.words["trail"]))
    desk = row(column(*_tasks(held, shown)), found, look="ecgteach-two")
    told = f"<p><b>{shown.words['banner']}</b></p>"
    return column(head, desk, *[words("banner", told)] * bool(shown.words["banner"]), held["strips"])


def _tasks(held: dict[str, Any], shown: "WhatIfShown") -> list[Item]:
    """What is to be done now: one thing at a time."""
    state = shown.state
    task = [words("task", shown.words["task"])] * bool(shown.words["task"])
    if state.step == PREDICT:
        tick = [held["only_rr"]] * (state.round.dial == "rate")
        asked = [held[f"predict-{view}"] for view in state.views]
        pick = row(held["dial"], held["to"])
        return [pick, *tick, *task, *asked, row(held["lock"], held["other"])]
    said = [words(f"said-{name}", shown.words[name]) for name in SAID if shown.words.get(name)]
    told = [scroll("told", text("what_if.told"), *said)] * bool(said)
    head = [row(held["turn"], held["maps"], held["logits"]), *task]
    if state.step == TURN:
        return [*head, *told, row(held["again"])]
    if state.step == EXPLAIN:
        return [*head, held["explain"], *told]
    second = [held["second"]] * (shown.right and not state.round.held)
    return [*head, *told, row(*second, held["again"])]
