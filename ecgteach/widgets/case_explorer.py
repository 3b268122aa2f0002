"""The CaseExplorer: read a strip first, then see what two networks answered, where they looked, and what it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import ipywidgets
import jupyter_bokeh

from ..cases import Solution, blind, choose_cases
from ..errors import InvalidValue, choices
from ..explanation import Explanation, explain
from ..fusion import RULES
from ..models import Network, expect_networks, shipped
from ..plots import Picture, plot_explanation, plot_strip
from ..records import Record
from ..rhythms import grouping
from ..strip import SECONDS, Strip
from ..words import class_in_short, percent
from . import case_words as words
from .base import Widget, choice, question, row
from .case_state import CONFIDENCES, CaseState, answers
from .linked_panels import LinkedPanels

TOGETHER = "what they answer together"
NEXT_STEP = {
    "strip": "Lock it, show the answers",
    "answers": "Show where they looked",
    "maps": "Show what the source says",
    "truth": "On to the next case",
}
UPPER_HEIGHT = "300px"
"""Fixed, so that longer words scroll and never push the strip down."""


@dataclass(frozen=True)
class CaseShown:
    """What one state shows.

    Parameters
    ----------
    state : CaseState
        The state that is shown.
    heading : str
        Which case of how many.
    words : str
        What to do, the answers, the truth, as HTML.
    caption : str
        What to see on the maps, as HTML; empty without maps.
    strip : Strip
        As the networks read it, without rhythm and source.
    seen : Explanation, optional
        The maps, equally without; None before the learner may see them.
    """

    state: CaseState
    heading: str
    words: str
    caption: str
    strip: Strip
    seen: Explanation | None


class CaseExplorer(Widget[CaseState, CaseShown]):
    """Step through cases: your own reading, the networks' answers, their maps, then the source's word.

    Parameters
    ----------
    cases : sequence of Record, optional
        By default a dozen real strips that came with the package, some of them misread by the networks.
    models : Network or mapping of str to Network, optional
        A network for each view; by default the shipped pair. Their classes are what may be answered.

    Raises
    ------
    InvalidValue
        When there is no case.
    PoorSignal
        When a case's lead cannot be read.
    """

    def __init__(
        self, cases: Sequence[Record] | None = None, models: Network | Mapping[str, Network] | None = None
    ) -> None:
        super().__init__()
        self.cases = tuple(choose_cases(models=models) if cases is None else cases)
        if not self.cases:
            raise InvalidValue("a CaseExplorer needs one case or more")
        self._models = expect_networks(shipped() if models is None else models)
        self._classes = next((network.classes for network in self._models.values()), grouping().classes)
        self._answers = answers(self._classes)
        self._strips = [record.strip().for_reading() for record in self.cases]
        self._explained: dict[tuple[int, str | None, str], Explanation] = {}
        self.panels = LinkedPanels(tuple(self._models))
        self._controls = _controls(len(self.cases), self._classes)
        self._heading = ipywidgets.HTML()
        self._words = ipywidgets.HTML()
        self._caption = ipywidgets.HTML()
        self._maps = ipywidgets.VBox([])
        self._tie()
        self.state = CaseState.fresh(len(self.cases), self._classes)

    def render(self, state: CaseState) -> CaseShown:
        """What a state shows: the networks only after the learner's own reading, the truth only at the end.

        Raises
        ------
        InvalidValue
            When the state is one of another number of cases, or of other classes.
        """
        if len(state.readings) != len(self.cases):
            raise InvalidValue(f"this explorer has {len(self.cases)} cases, the state is of {len(state.readings)}")
        if state.classes != self._classes:
            raise InvalidValue(
                f"these networks tell apart {choices(self._classes)}, the state {choices(state.classes)}"
            )
        reading, heading = state.reading, f"Case {state.case + 1} of {len(self.cases)}"
        hidden = blind(self._strips[state.case])
        if not reading.committed:
            return CaseShown(state, heading, words.before(reading, self._answers), "", hidden, None)
        seen = self._explain(state)
        text = words.answers_of(seen)
        if not reading.reached("maps"):
            return CaseShown(state, heading, text, "", hidden, None)
        if reading.reached("truth"):
            record = self.cases[state.case]
            text = words.truth_of(record, Solution.of(record), seen, reading) + text
        return CaseShown(state, heading, text, words.maps_of(seen, state.moment), hidden, replace(seen, strip=hidden))

    def show(self, shown: CaseShown) -> None:
        """Put a state on the panel."""
        state, controls = shown.state, self._controls
        reading = state.reading
        self._heading.value = f'<div class="ecgteach"><b>{shown.heading}</b></div>'
        self._words.value, self._caption.value = _live(shown.words), _live(shown.caption)
        controls["previous"].disabled = state.case == 0
        controls["next"].disabled = state.case == len(self.cases) - 1
        controls["answer"].value, controls["confidence"].value = reading.answer, reading.confidence
        controls["answer"].disabled = controls["confidence"].disabled = reading.committed
        controls["step"].description = NEXT_STEP[reading.step]
        controls["step"].disabled = not reading.complete or (reading.reached("truth") and controls["next"].disabled)
        controls["target"].value, controls["rule"].value = state.target or TOGETHER, state.rule
        controls["moment"].value = state.moment
        self._maps.layout.display = "none" if shown.seen is None else None
        self.panels.show(shown.strip, shown.seen, state.moment)

    @property
    def controls(self) -> dict[str, ipywidgets.Widget]:
        """``previous``, ``next``, ``answer``, ``confidence``, ``step``, ``target``, ``rule``, ``moment``."""
        return dict(self._controls)

    def arrange(self) -> ipywidgets.Widget:
        """Reading above, the strip below it, then what belongs to the maps: what comes later moves nothing."""
        controls = self._controls
        walk = row(controls["previous"], self._heading, controls["next"])
        query = [
            question("What is the rhythm?"),
            controls["answer"],
            question("How sure are you?"),
            controls["confidence"],
        ]
        own = ipywidgets.VBox(
            [*query, controls["step"]], layout=ipywidgets.Layout(flex="0 1 300px", height=UPPER_HEIGHT)
        )
        answer = ipywidgets.Box([self._words], layout=ipywidgets.Layout(flex="1 1 420px", height=UPPER_HEIGHT))
        answer.add_class("ecgteach-answer-text")
        upper = ipywidgets.Box([own, answer], layout=ipywidgets.Layout(display="flex", flex_flow="row wrap"))
        target = row(question("Maps explain"), controls["target"])
        rule = row(question("Fused by"), controls["rule"], question("Line at second"), controls["moment"])
        figures = ipywidgets.Box([jupyter_bokeh.BokehModel(self.panels.model)])
        figures.add_class("ecgteach-figures")
        self._maps.children = [target, rule, self._caption]
        body = ipywidgets.VBox([walk, upper, figures, self._maps])
        body.add_class("ecgteach-keys")
        return body

    def still(self) -> Picture:
        """The strip alone until the maps may be seen, then strip, maps and fused map."""
        state = self.state
        heading, strip = self._shown.heading, self._strips[state.case]
        if self._shown.seen is None:
            title = f"{heading}: what is the rhythm, and how sure are you?"
            if state.reading.reached("answers"):
                title = f"{heading}: {words.answers_in_words(self._explain(state))}"
            return plot_strip(strip, title=title, source=False)
        if state.reading.reached("truth"):
            return plot_explanation(self._explain(state))
        return plot_explanation(self._shown.seen)

    def _explain(self, state: CaseState) -> Explanation:
        wanted = (state.case, state.target, state.rule)
        if wanted not in self._explained:
            strip = self._strips[state.case]
            self._explained[wanted] = explain(strip, self._models, target=state.target, fusion=state.rule)
        return self._explained[wanted]

    def _tie(self) -> None:
        """Say what each control changes."""
        controls = self._controls
        self.on_click(controls["previous"], lambda state: state.at_case(state.case - 1))
        self.on_click(controls["next"], lambda state: state.at_case(state.case + 1))
        self.on_click(controls["step"], CaseState.onward)
        self.on_value(controls["answer"], CaseState.answered)
        self.on_value(controls["confidence"], CaseState.sure)
        self.on_value(
            controls["target"], lambda state, target: replace(state, target=None if target == TOGETHER else target)
        )
        self.on_value(controls["rule"], lambda state, rule: replace(state, rule=rule))
        self.on_value(controls["moment"], lambda state, moment: replace(state, moment=round(moment, 2)))


def _controls(cases: int, classes: Sequence[str]) -> dict[str, ipywidgets.Widget]:
    wide = {"width": "auto"}
    return {
        "previous": ipywidgets.Button(description="Previous case", layout=wide),
        "next": ipywidgets.Button(description="Next case", layout=wide, disabled=cases == 1),
        "answer": choice("answer", {name: code for code, name in answers(classes).items()}, width="285px"),
        "confidence": choice("confidence", {percent(sure / 100): sure for sure in CONFIDENCES}),
        "step": ipywidgets.Button(description=NEXT_STEP["strip"], button_style="primary", layout=wide),
        "target": choice("target", {TOGETHER: TOGETHER, **{class_in_short(code): code for code in classes}}),
        "rule": choice("rule", {rule.hint: name for name, rule in RULES.items()}),
        "moment": ipywidgets.BoundedFloatText(
            value=0.0, min=0.0, max=SECONDS, step=0.1, continuous_update=False, layout={"width": "80px"}
        ),
    }


def _live(words: str) -> str:
    """Words that a screen reader says when they change."""
    return f'<div class="ecgteach" role="status" aria-live="polite">{words}</div>'
