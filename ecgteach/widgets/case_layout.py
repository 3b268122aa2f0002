"""The controls of a CaseExplorer, and where they stand at each step: what is to be done now."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..cases import CONFIDENCES
from ..fusion import RULES
from ..plots import theme
from ..strip import SECONDS
from ..views import FUSED, view_kind
from ..words import class_in_short, percent
from .case_reading import (
    ANSWERS,
    ANY,
    CAUSES,
    PRACTICE,
    RIGHT,
    STRIP,
    STUDY,
    TESTS,
    TOGETHER,
    TRUTH,
    WHICH,
    WRONG,
    answers,
)
from .case_state import LEAST_THRESHOLD, MOST_THRESHOLD, THRESHOLD_STEP, CaseState
from .controls import Button, Check, Choice, Control, Item, Menu, Number, Slider, column, row, scroll, words
from .strips import WEIGHTED, Brush, Strips
from .texts import text

if TYPE_CHECKING:
    from .case_shown import CaseShown

HATCHES = ("/", "\\", "x", "-")
LAYERS = ("conv1", "conv2", "conv3", "conv4", "norm4")
"""Layers that can be asked for beside the one that is usually explained; both networks have them."""

SETTINGS = ("moment", "threshold", "rule", "weight", "own_scale", "brush")
SAID = ("task", "which", "truth", "gap", "maps", "tests", "known", "twin", "answers", "bars", "tally", "matrix")
"""What is said, in the order in which it is read."""


def controls(classes: Sequence[str], views: Sequence[str]) -> dict[str, Any]:
    """Every control of a CaseExplorer, by name."""
    first = view_kind(views[0]).word
    short = {code: class_in_short(code) for code in classes}
    two_views = {TOGETHER: text("case.view_together")} if len(views) > 1 else {}
    brushes = [
        Brush(view, view_kind(view).word, theme.MARKS, hatch) for view, hatch in zip(views, HATCHES, strict=False)
    ]
    held: list[Control] = [
        Button("previous", text("case.previous")),
        Button("next", text("case.next")),
        Choice("mode", text("case.mode"), {PRACTICE: text("case.practice"), STUDY: text("case.study")}, PRACTICE),
        Button("presenter", text("case.presenter"), action="screen"),
        Button("save", text("case.save"), action="save", file="case.png"),
        Choice("answer", text("case.question"), answers(classes), look="ecgteach-stacked"),
        Choice("confidence", text("case.confidence"), {sure: percent(sure / 100) for sure in CONFIDENCES}),
        Button("step", text("case.lock"), primary=True),
        Choice(
            "brush",
            text("case.brush"),
            {view: text("case.brush_of", network=view_kind(view).network) for view in views},
            views[0],
        ),
        Check("no_idea", text("case.no_idea"), False),
        Number("from", text("case.from"), 0.0, low=0.0, high=SECONDS, step=0.1, unit="s"),
        Number("to", text("case.to"), 0.5, low=0.0, high=SECONDS, step=0.1, unit="s"),
        Button("mark", text("case.mark")),
        Button("unmark", text("case.unmark")),
        Choice("real", text("case.real"), {letter: text("case.map", letter=letter) for letter in "AB"}),
        Choice("cause", text("case.cause"), {cause: text(f"cause.{cause}") for cause in CAUSES}),
        Menu("target", text("case.target"), {TOGETHER: text("case.together"), **short}, TOGETHER),
        Menu("against", text("case.against"), {ANY: text("case.nothing"), **short}, ANY),
        Menu("layer", text("case.layer"), {"": text("case.usual_layer"), **{layer: layer for layer in LAYERS}}, ""),
        Menu(
            "rule",
            text("case.rule"),
            {name: rule.hint for name, rule in RULES.items()},
            next(iter(RULES)),
            said=text("case.rule_said"),
            tells="said-maps",
        ),
        Slider(
            "weight",
            text("case.weight", view=first),
            50,
            low=0,
            high=100,
            step=5,
            shown=text("case.weight_shown"),
        ),
        Slider(
            "threshold",
            text("case.threshold"),
            0.5,
            low=LEAST_THRESHOLD,
            high=MOST_THRESHOLD,
            step=THRESHOLD_STEP,
            shown=text("case.threshold_shown"),
            factor=100,
        ),
        Check("own_scale", text("case.own_scale"), False),
        Number("moment", text("case.moment"), 0.0, low=0.0, high=SECONDS, step=0.1, unit="s"),
        Button("twin", text("case.twin")),
        Menu("rhythm", text("case.rhythm"), {ANY: text("case.any"), **short}, ANY),
        Menu("outcome", text("case.outcome"), {one: text(f"case.{one}") for one in (ANY, RIGHT, WRONG)}, ANY),
        Menu("view", text("case.view"), {**two_views, **{view: view_kind(view).network for view in views}}),
        Menu("source", text("case.source"), {ANY: text("case.any")}, ANY),
        Control("cell"),
        Strips("strips", brushes=brushes, settings={name: name for name in SETTINGS}),
    ]
    return {control.name: control for control in held}


def set_controls(held: dict[str, Any], shown: "CaseShown", sources: Sequence[str]) -> None:
    """Set every control to a state."""
    state, reading = shown.state, shown.state.reading
    lead = shown.strip.lead if shown.strip is not None else "II"
    held["answer"].options = answers(state.classes, lead)
    for name, value in (
        ("mode", state.mode),
        ("answer", reading.answer),
        ("confidence", reading.confidence),
        ("brush", state.brush),
        ("no_idea", reading.no_idea),
        ("real", reading.real),
        ("cause", reading.cause),
        ("target", state.target or TOGETHER),
        ("against", state.against or ANY),
        ("layer", state.layer or ""),
        ("threshold", state.threshold),
        ("own_scale", state.own_scale),
        ("moment", state.moment),
        ("rhythm", state.filters.rhythm),
        ("outcome", state.filters.outcome),
        ("cell", None),
    ):
        held[name].value = value
    held["rule"].options = {name: rule.hint for name, rule in RULES.items()}
    held["rule"].value = state.rule
    held["view"].value = state.filters.view if state.filters.view in held["view"].options else state.views[0]
    if sources:
        held["source"].options = {ANY: text("case.any"), **{source: source for source in sources}}
        held["source"].value = state.filters.source
    held["weight"].value = _weight(shown)
    held["twin"].label = text("case.no_twin" if state.twin else "case.twin")
    held["presenter"].settings["pressed"] = state.presenter
    held["save"].settings["file"] = f"{'case' if state.mode == PRACTICE else 'study'}-{shown.number}.png"
    _set_steps(held, shown)
    strips = held["strips"]
    strips.value = reading.drawn if state.mode == PRACTICE else ()
    strips.brush = state.brush if reading.step == ANSWERS and state.mode == PRACTICE else None
    strips.disabled = strips.brush is None
    strips.moment, strips.threshold, strips.rule = state.moment, state.threshold, state.rule
    strips.own_scale = state.own_scale
    strips.weight = None if state.weight is None else 100 * state.weight


def _weight(shown: "CaseShown") -> int:
    """The first view's share of the weighted rule, in percent: as it was set, or by the probabilities."""
    if shown.state.weight is not None:
        return round(100 * shown.state.weight)
    if shown.seen is None or len(shown.seen.views) < 2:
        return 50
    chances = [view.prediction.probabilities[shown.seen.target] for view in shown.seen.views.values()]
    return round(100 * chances[0] / sum(chances)) if sum(chances) > 0 else 50


def _set_steps(held: dict[str, Any], shown: "CaseShown") -> None:
    """What goes on, and what is off."""
    state, reading = shown.state, shown.state.reading
    held["previous"].disabled = shown.number <= 1
    held["next"].disabled = shown.number >= shown.of
    held["answer"].disabled = held["confidence"].disabled = reading.committed
    held["step"].label = _next_label(state)
    if state.mode == STUDY:
        held["step"].disabled = held["next"].disabled
    else:
        held["step"].disabled = not reading.ready(state.views) or (not state.next_step and held["next"].disabled)


def _next_label(state: CaseState) -> str:
    step = state.next_step
    if state.mode == STUDY or not step:
        return text("case.onward")
    known = {ANSWERS: "lock", WHICH: "show_which", FUSED: "show_fused", TESTS: "show_tests", TRUTH: "show_truth"}
    if step in known:
        return text(f"case.{known[step]}")
    return text("case.show_map", word=view_kind(step).word)


def arranged(held: dict[str, Any], shown: "CaseShown") -> Item:
    """The head with the way through the cases, the desk, and the panels."""
    state = shown.state
    heading = words("heading", f"<h3>{shown.heading}</h3>")
    walk = row(held["previous"], heading, held["next"])
    if state.presenter:
        head = row(walk, held["step"], held["presenter"], look="ecgteach-apart")
        return column(head, _presented(held, shown), held["strips"])
    head = row(walk, held["mode"], row(held["presenter"], held["save"]), look="ecgteach-apart")
    return column(head, *_desk(held, shown), held["strips"])


def _desk(held: dict[str, Any], shown: "CaseShown") -> list[Item]:
    """What is to be done beside what is said; with maps, what is said beside the answers, and their controls below."""
    state = shown.state
    if shown.seen is None and state.mode == PRACTICE:
        told = scroll("told", text("case.told"), *_said(shown, SAID))
        return [row(column(*_tasks(held, shown)), column(told), look="ecgteach-desk")]
    filters = [row(held["rhythm"], held["outcome"], held["view"], held["source"])] * (state.mode == STUDY)
    told = scroll("told", text("case.told"), *_said(shown, [name for name in SAID if name != "bars"]))
    bars = column(*_said(shown, ["bars"]), look="ecgteach-bars")
    desk = row(column(told, look="ecgteach-told"), bars, look="ecgteach-desk")
    if shown.seen is None:
        return [*filters, desk]
    ask_cause = shown.misled and state.mode == PRACTICE and state.reading.cause is None
    return [*filters, *[held["cause"]] * ask_cause, desk, *_map_controls(held, shown)]


def _said(shown: "CaseShown", names: Sequence[str]) -> list[Item]:
    return [words(f"said-{name}", shown.words[name]) for name in names if shown.words.get(name)]


def _presented(held: dict[str, Any], shown: "CaseShown") -> Item:
    """For a projector: what is asked, or what the networks answered, in large type."""
    if shown.state.mode == PRACTICE and shown.state.reading.step == STRIP:
        return row(held["answer"], held["confidence"])
    if shown.state.mode == PRACTICE and shown.state.reading.step == ANSWERS:
        return column(row(held["brush"], held["no_idea"]), *_said(shown, ("answers",)))
    if shown.riddle:
        return row(held["real"])
    return row(
        column(*_said(shown, ("truth", "answers"))),
        column(*_said(shown, ("bars",)), look="ecgteach-bars"),
        look="ecgteach-desk",
    )


def _tasks(held: dict[str, Any], shown: "CaseShown") -> list[Item]:
    """What can be done before there are maps."""
    step = shown.state.reading.step
    if step == STRIP:
        return [held["answer"], held["confidence"], row(held["step"])]
    if step == ANSWERS:
        seconds = row(held["from"], held["to"], held["mark"], held["unmark"])
        return [held["brush"], seconds, row(held["no_idea"], held["step"])]
    return [held["real"], row(held["step"])]


def _map_controls(held: dict[str, Any], shown: "CaseShown") -> list[Item]:
    """What belongs to maps, beside the next step; the fusion rule only where there is a fused map."""
    state = shown.state
    fused = [held["rule"]] * (FUSED in shown.maps)
    weighted = FUSED in shown.maps and state.rule == WEIGHTED and len(state.views) == 2
    scale = [held["own_scale"]] * (len(shown.maps) > 1)
    twin = [held["twin"]] * state.reached(TRUTH)
    return [
        row(held["target"], held["against"]),
        row(*fused, *[held["weight"]] * weighted, held["threshold"], held["layer"]),
        row(held["step"], *twin, held["moment"], *scale),
    ]
