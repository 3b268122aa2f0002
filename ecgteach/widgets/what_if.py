"""The WhatIf: predict, then turn one setting of a simulated heart, and see who changes their mind: networks, or a rule.

The learner locks for each network whether it will be surer, and the slider wakes. Strip, picture, answers, rule reader
and the trail follow it; maps are shown when they are asked for. The science stands in `ecgteach.whatif`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ..errors import InvalidValue, choices
from ..explanation import Explanation
from ..image import strip_image
from ..models import Network, expect_networks, shipped
from ..plots import Picture, plot_explanation, plot_strip
from ..strip import Strip
from ..views import FUSED, view_kind
from ..whatif import DIALS, Answered, Asked, explanation_of
from ..words import capital
from . import what_if_layout as layout
from . import what_if_words as words
from .base import Widget
from .case_panels import panels_of, strip_note
from .controls import Control, Item
from .strips import Panel, PicturePanel
from .texts import text
from .what_if_state import DONE, EXPLAIN, PREDICT, WhatIfState
from .what_if_trail import trail


@dataclass(frozen=True, eq=False)
class WhatIfShown:
    """What one state shows.

    Parameters
    ----------
    state : WhatIfState
        The state that is shown.
    target : str
        Class whose probability is predicted: what both networks answer before the round.
    now : Answered
        What everybody answers now.
    words : dict of str to str
        What is said, as HTML, by what it is about.
    heading : str
        What was turned, and where to.
    right : bool
        Whether the explanation was right.
    seen : Explanation, optional
        The maps, where they are shown.
    """

    state: WhatIfState
    target: str
    now: Answered
    words: dict[str, str] = field(default_factory=dict)
    heading: str = ""
    right: bool = False
    seen: Explanation | None = None


class WhatIf(Widget[WhatIfState, WhatIfShown]):
    """Turn one setting of a simulated heart and see who changes their mind; the prediction comes first.

    Parameters
    ----------
    start : str
        The heart to begin with: ``"sinus"``, ``"slow"``, ``"fast"``, ``"fibrillation"`` or ``"reentry"``.
    models : Network or mapping of str to Network, optional
        A network for each view; by default the shipped pair.
    preset : str, optional
        One of `ecgteach.whatif.PRESETS` to begin with.
    seed : int
        Whose heart.

    Raises
    ------
    UnknownName
        When there is no such heart or preset.
    """

    label = text("what_if.label")

    def __init__(
        self,
        start: str = "sinus",
        models: Network | Mapping[str, Network] | None = None,
        *,
        preset: str = "",
        seed: int = 1,
    ) -> None:
        super().__init__()
        networks = expect_networks(shipped() if models is None else models)
        self._asked = Asked(networks)
        self._controls = layout.controls(networks)
        self.strips = self._controls["strips"]
        self._tie()
        state = WhatIfState(seed=seed, views=tuple(networks))
        self.state = state.at_preset(preset) if preset else state.at_heart(start)

    def render(self, state: WhatIfState) -> WhatIfShown:
        """What a state shows.

        Raises
        ------
        InvalidValue
            When the state is of other views, or asks for what no heart can do.
        """
        if state.views != tuple(self._asked.networks):
            raise InvalidValue(
                f"this WhatIf has the views {choices(self._asked.networks)}, the state {choices(state.views)}"
            )
        answered = self._asked.answered
        before, now = answered(state.before()), answered(state.settings())
        turned, target = state.round, before.answer
        said = {
            "task": words.task(state, target),
            "answers": words.answers_table(now),
            "banner": words.banner(now),
            "follows": words.follows(now),
            "goal": words.goal(state, *self._whole_way(state)),
            "trail": self._trail(state, target),
        }
        right = False
        if state.step in (EXPLAIN, DONE):
            wanted = answered(state.wanted())
            said["judged"] = words.judged(state, before, wanted, target)
            if state.step == DONE:
                said["explained"] = words.explained(state, before, wanted)
                right = turned.explained == explanation_of(before, wanted)
        value = words.dial_value(turned.dial, state.value)
        heading = text(
            "what_if.heading", heart=capital(words.heart_word(state)), dial=words.dial_word(turned.dial), value=value
        )
        seen = self._asked.explained(state.settings(), now.answer) if state.maps else None
        return WhatIfShown(state, target, now, said, heading, right, seen)

    def _whole_way(self, state: WhatIfState) -> tuple[Answered, list[Answered]]:
        """The untouched heart, and all that was visited in any round; asked only where there is a goal."""
        first = self._asked.answered(state.rounds[0].settings(state.start, state.seed))
        if not state.goal:
            return first, []
        settings = [one.settings(state.start, state.seed, value) for one in state.rounds for value in one.visited]
        return first, [self._asked.answered(one) for one in settings]

    def _trail(self, state: WhatIfState, target: str) -> str:
        values = sorted({state.first, *state.round.visited})
        points = [self._asked.answered(state.round.settings(state.start, state.seed, value)) for value in values]
        return trail(points, state.round.dial, target, logits=state.logits)

    def show(self, shown: WhatIfShown) -> None:
        """Put a state on the controls."""
        layout.set_controls(self._controls, shown)
        strips, unfused = self.strips, dict[str, str]()
        strips.foot = strip_note(shown.now.strip)
        strips.put(shown.now.strip, self._panels(shown, unfused), shown.state.views)
        strips.unfused = unfused

    def _panels(self, shown: WhatIfShown, unfused: dict[str, str]) -> list[Panel]:
        if shown.seen is not None:
            maps = (*shown.state.views, *(FUSED,) * (len(shown.state.views) > 1))
            return panels_of(shown.seen, maps, shown.heading, unfused)
        alt = text("case.strip_alt", lead="lead II", heading=shown.heading)
        picture = [_picture(shown.now.strip)] * ("image" in shown.state.views)
        return [Panel("strip", alt=alt), *picture]

    @property
    def controls(self) -> dict[str, Control]:
        """Every control by name; ``turn`` is the slider, ``lock`` wakes it."""
        return dict(self._controls)

    def arrange(self, shown: WhatIfShown) -> Item:
        """The question, the answers and the trail above the panels."""
        return layout.arranged(self._controls, shown)

    def said(self, before: WhatIfState, now: WhatIfState) -> str:
        """Where the slider stands and what everybody answers there; a new question; whether it was right."""
        shown = self._shown
        if now.step == PREDICT:
            return text("what_if.said_round") if before.step != PREDICT else ""
        if now.step == DONE and before.step != DONE:
            return words.plain(shown.words["explained"])
        if before.step == PREDICT:
            return text("what_if.said_locked")
        if before.value == now.value:
            return ""
        rule = words.group_word(shown.now.rule.group)
        turned = text(
            "what_if.said_turned",
            dial=capital(words.dial_word(now.round.dial)),
            value=words.dial_value(now.round.dial, now.value),
            answers=words.answers_in_short(shown.now),
            rule=rule,
            banner=shown.words["banner"],
        )
        judged = words.plain(shown.words["judged"]) if before.step != EXPLAIN and now.step == EXPLAIN else ""
        return f"{turned} {judged}".strip()

    def focus(self, before: WhatIfState, now: WhatIfState) -> str:
        """The slider when it wakes, what comes next after an explanation, the first question of a new round."""
        if before.step == PREDICT and now.round.locked:
            return "turn"
        if now.step == DONE and before.step != DONE:
            return "second" if self._shown.right and not now.round.held else "again"
        return "dial" if now.step == PREDICT and before.step != PREDICT else ""

    def still(self) -> Picture:
        """The strip as it is set, with its maps where they are shown; the title asks, and after the lock it answers."""
        shown = self._shown
        state = shown.state
        dial = capital(words.dial_word(state.round.dial))
        if state.step == PREDICT:
            first, to = (words.dial_value(state.round.dial, value) for value in (state.first, state.round.to))
            title = text("what_if.title_before", dial=words.dial_word(state.round.dial), first=first, to=to)
            return plot_strip(shown.now.strip, title=title, source=False)
        value = words.dial_value(state.round.dial, state.value)
        title = text("what_if.title_after", dial=dial, value=value, answers=words.answers_in_short(shown.now))
        if shown.seen is not None:
            return plot_explanation(shown.seen, title=title)
        return plot_strip(shown.now.strip, title=title, source=False)

    def _tie(self) -> None:
        """What each control changes."""
        held = self._controls
        self.on_value(held["start"], lambda state, start: state.at_heart(start))
        self.on_click(held["other"], lambda state: state.at_heart(state.start, state.seed + 1))
        self.on_value(held["preset"], lambda state, name: state.at_preset(name or ""))
        self.on_value(held["goal"], lambda state, name: replace(state, goal=name or ""))
        self.on_value(held["dial"], lambda state, dial: state.at_dial(dial))
        self.on_value(held["to"], _to)
        self.on_value(held["only_rr"], lambda state, tick: replace(state.with_round(only_rr=tick), preset=""))
        for view in self._asked.networks:
            self.on_value(held[f"predict-{view}"], partial(_predicted, view))
        self.on_click(held["lock"], self._lock)
        self.on_value(held["turn"], lambda state, value: state.turn(value))
        self.on_value(held["explain"], lambda state, name: state.with_round(explained=name))
        self.on_click(held["again"], lambda state: state.again())
        self.on_click(held["second"], self._second)
        for name in ("maps", "logits"):
            self.on_value(held[name], partial(_with, name))

    def _lock(self, state: WhatIfState) -> WhatIfState:
        """The prediction stands, if the heart can be set as it has it."""
        self._asked.answered(state.wanted())
        return state.lock()

    def _second(self, state: WhatIfState) -> WhatIfState:
        """A second dial, which a correct explanation frees."""
        if not self._shown.right:
            raise InvalidValue(text("what_if.not_yet"))
        return state.again(keeping=True)


def _picture(strip: Strip) -> Panel:
    look = view_kind("image")
    return Panel(
        "image",
        look.word,
        look.colour,
        look.ink,
        text("what_if.picture_note"),
        text("what_if.picture_alt"),
        picture=PicturePanel(strip_image(strip).pixels),
    )


def _to(state: WhatIfState, value: float | None) -> WhatIfState:
    if value is None:
        return state
    to = DIALS[state.round.dial].on_step(value)
    if to == state.first:
        raise InvalidValue(text("what_if.same_place"))
    return replace(state.with_round(to=to, predicted=()), preset="")


def _predicted(view: str, state: WhatIfState, direction: str) -> WhatIfState:
    return state.predict(view, direction)


def _with(name: str, state: WhatIfState, value: Any) -> WhatIfState:
    return replace(state, **{name: value})
