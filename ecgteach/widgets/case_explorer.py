"""The CaseExplorer: read a strip first, draw where two networks looked, then see their maps, tests, and the truth.

Practice is blind: a ladder, case by case. Study shows all at once and filters by rhythm, outcome and source, since a
filter gives the answer away. The science (which cases, twins, tally) lives in `ecgteach.cases`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

from ..cases import (
    SEED,
    Case,
    Judged,
    Tally,
    blind,
    choose_cases,
    drawn_and_looked,
    recording,
)
from ..errors import InvalidValue, choices
from ..explanation import Explanation
from ..models import Network, expect_networks, shipped
from ..plots import Picture
from ..records import Record
from ..rhythms import grouping
from ..views import FUSED, view_kind
from . import case_layout as layout
from . import case_words as words
from .base import Widget, recordings
from .case_asked import Asked, as_usual
from .case_panels import bare, beside_twin, panels_of, riddle, strip_note
from .case_reading import (
    ANSWERS,
    ANY,
    CANNOT,
    PRACTICE,
    RIGHT,
    STRIP,
    STUDY,
    TESTS,
    TOGETHER,
    TRUTH,
    WHICH,
    answers,
)
from .case_shown import CaseShown, still_of
from .case_state import CaseState
from .controls import Control, Item
from .strips import Panel
from .texts import text

ONE_RIDDLE_IN = 5
"""One case in so many has a map of random weights beside its first one."""

PRESENTER = "ecgteach-presenter"


class CaseExplorer(Widget[CaseState, CaseShown]):
    """Step through cases: your own reading, the networks' answers, your drawing, their maps, tests, the source's word.

    Parameters
    ----------
    cases : sequence of Record, optional
        By default a dozen real strips that came with the package, three to five of ten misread by a network.
    models : Network or mapping of str to Network, optional
        A network for each view; by default the shipped pair. Their classes are what may be answered.
    seed : int
        Draws which cases have a map of random weights, and which of both letters is real.

    Raises
    ------
    InvalidValue
        When there is no case, or it is no recording.
    PoorSignal
        When a case's lead cannot be read.
    """

    label = text("case.label")

    def __init__(
        self,
        cases: Sequence[Record] | None = None,
        models: Network | Mapping[str, Network] | None = None,
        seed: int = SEED,
    ) -> None:
        super().__init__()
        self.cases = tuple(choose_cases(models=models) if cases is None else recordings(cases, "a CaseExplorer"))
        if not self.cases:
            raise InvalidValue("a CaseExplorer needs one case or more")
        self._models = expect_networks(shipped() if models is None else models)
        self._classes = next((tuple(network.classes) for network in self._models.values()), grouping().classes)
        self._asked = Asked(self._models, models, None if cases is None else self.cases, seed)
        self._strips = [record.strip().for_reading() for record in self.cases]
        self._controls = layout.controls(self._classes, tuple(self._models))
        self.strips = self._controls["strips"]
        self._tie()
        riddles = Random(seed).sample(range(len(self.cases)), len(self.cases) // ONE_RIDDLE_IN)
        self.state = CaseState.fresh(len(self.cases), self._classes, tuple(self._models), sorted(riddles))

    def render(self, state: CaseState) -> CaseShown:
        """What a state shows: the networks only after the learner's own reading, the truth only at the end.

        Raises
        ------
        InvalidValue
            When the state is one of another number of cases, of other classes or views.
        """
        if len(state.readings) != len(self.cases):
            raise InvalidValue(f"this explorer has {len(self.cases)} cases, the state is of {len(state.readings)}")
        if state.classes != self._classes:
            raise InvalidValue(
                f"these networks tell apart {choices(self._classes)}, the state {choices(state.classes)}"
            )
        if state.views != tuple(self._models):
            raise InvalidValue(f"this explorer has the views {choices(self._models)}, the state {choices(state.views)}")
        return self._render_study(state) if state.mode == STUDY else self._render_case(state)

    def _render_case(self, state: CaseState) -> CaseShown:
        reading, number = state.reading, state.case + 1
        heading = text("case.heading", number=number, cases=len(self.cases))
        strip, record = self._strips[state.case], self.cases[state.case]
        shown = CaseShown(state, heading, {}, blind(strip), number=number, of=len(self.cases))
        names = answers(self._classes, strip.lead)
        if not reading.committed:
            return replace(shown, words={"task": words.before(reading, names, state.views)})
        seen = self._asked.explained(strip, state)
        said = {"answers": words.answers_of(seen, reading, names), "bars": words.bars_of(seen)}
        if reading.step == ANSWERS:
            said["task"] = f"<p>{text('case.draw')}</p>"
        real = self._asked.letter(state.case)
        if reading.step == WHICH:
            maps = self._asked.riddle(strip, state.views[0], state.case)
            return replace(shown, words={"task": words.which_of(state.views[0], real, reading)}, riddle=maps)
        maps_shown = tuple(name for name in (*state.views, FUSED) if state.reached(name))
        if maps_shown:
            said["maps"] = words.maps_of(seen, maps_shown)
            said["gap"] = self._gaps(state, seen, maps_shown)
        if state.case in state.riddles and maps_shown:
            said["which"] = words.which_of(state.views[0], real, reading)
        if state.reached(TESTS):
            said["tests"] = words.tests_of(self._asked.tested(strip, state), revealed=state.reached(TRUTH))
        hidden = replace(seen, strip=blind(strip)) if maps_shown else None
        shown = replace(shown, words=said, seen=hidden, maps=maps_shown)
        return self._with_truth(shown, record, seen) if state.reached(TRUTH) else shown

    def _with_truth(self, shown: CaseShown, record: Record, seen: Explanation) -> CaseShown:
        """The source's word, who was right, the tally so far, and the twin."""
        state, solution = shown.state, self._asked.solution(record)
        misled = words.misled(solution, seen)
        reading = state.reading if state.mode == PRACTICE else None
        first, known = words.truth_of(record, solution, seen, reading, self._asked.remark(record))
        said = dict(shown.words, truth=first)
        ask_cause = misled and reading is not None and reading.cause is None
        said["known"] = f"<p>{text('case.pick_cause')}</p>" if ask_cause else known
        if reading is not None:
            said["tally"] = words.tally_of(self.tally(state))
        twin = self._asked.twin(record, self._unread()) if state.twin else None
        if state.twin:
            said["twin"] = words.twin_words(twin)
        maps = (
            None
            if twin is None
            else self._asked.explained(twin.record.strip().for_reading(), replace(state, target=None))
        )
        return replace(shown, words=said, misled=misled, twin=maps)

    def _render_study(self, state: CaseState) -> CaseShown:
        cases = self.studied(state.filters)
        view = None if state.filters.view == TOGETHER else state.filters.view
        said = {"matrix": words.matrix_of(self._asked.pool(), self._classes, view)}
        if not cases:
            said["task"] = f"<p>{text('case.no_study')}</p>"
            return CaseShown(state, text("case.no_study"), said, None)
        at = min(state.studied, len(cases) - 1)
        case = cases[at]
        heading = text("case.studied", number=at + 1, cases=len(cases))
        strip = self._asked.strip(case.record)
        seen = self._asked.explained(strip, state)
        maps = (*state.views, *(FUSED,) * (len(state.views) > 1))
        said |= {
            "answers": words.answers_of(seen, None, answers(self._classes, strip.lead)),
            "bars": words.bars_of(seen),
            "maps": words.maps_of(seen, maps),
        }
        shown = CaseShown(
            state, heading, said, blind(strip), replace(seen, strip=blind(strip)), maps, number=at + 1, of=len(cases)
        )
        return self._with_truth(shown, case.record, seen)

    def show(self, shown: CaseShown) -> None:
        """Put a state on the controls."""
        layout.set_controls(self._controls, shown, self._pool_sources())
        strips, state = self.strips, shown.state
        unfused: dict[str, str] = {}
        strips.hidden = shown.strip is None
        if shown.strip is not None:
            strips.foot = strip_note(shown.strip)
            strips.put(shown.strip, self._panels(shown, unfused), state.views)
        strips.unfused = unfused

    def _panels(self, shown: CaseShown, unfused: dict[str, str]) -> list[Panel]:
        assert shown.strip is not None
        if shown.riddle:
            return riddle(shown.riddle, shown.heading)
        if shown.seen is None:
            return [bare(shown.strip, shown.heading, shown.state.views)]
        if shown.twin is not None:
            return beside_twin(shown.seen, shown.twin, shown.heading)
        panels = panels_of(shown.seen, shown.maps, shown.heading, unfused)
        if shown.state.presenter:
            return panels[-1:]
        return panels

    @property
    def controls(self) -> dict[str, Control]:
        """Every control by name; ``step`` goes on, ``strips`` holds what was drawn."""
        return dict(self._controls)

    def arrange(self, shown: CaseShown) -> Item:
        """What is to be done now, and what is said of it, above the panels: what comes later moves nothing."""
        return layout.arranged(self._controls, shown)

    def look(self) -> str:
        """Large type for the presenter."""
        return PRESENTER if self.state.presenter else ""

    def said(self, before: CaseState, now: CaseState) -> str:
        """The step that was reached, in a sentence."""
        if (before.case, before.mode, before.studied, before.filters) != (now.case, now.mode, now.studied, now.filters):
            return text("case.said_strip", heading=self._shown.heading)
        if before.reading.step == now.reading.step:
            return ""
        step, said = now.reading.step, self._shown.words
        if step in (*now.views, FUSED):
            return text("case.said_maps", word=view_kind(step).word) + " " + words.plain(said["gap"])
        about = {ANSWERS: "answers", WHICH: "task", TESTS: "tests", TRUTH: "truth"}[step]
        return words.plain(said[about].partition("<table")[0])

    def focus(self, before: CaseState, now: CaseState) -> str:
        """The first thing to do: the first answer after "next", what to draw after the lock, else the next step."""
        if now.mode == STUDY:
            return "" if before.mode == STUDY else "rhythm"
        if (before.case, before.mode) != (now.case, now.mode) or before.reading.step != now.reading.step:
            return {STRIP: "answer", ANSWERS: "brush", WHICH: "real"}.get(now.reading.step, "step")
        return ""

    def still(self) -> Picture:
        """The strip alone until maps may be seen, then those that may; neither words nor file name tell the rhythm."""
        return still_of(self._shown, self._asked, self._strips[self._state.case])

    def tally(self, state: CaseState | None = None) -> Tally:
        """Right answers by confidence so far, learner beside networks; cases without a label do not count."""
        state = self.state if state is None else state
        judged = []
        for number, reading in enumerate(state.readings):
            solution = self._asked.solution(self.cases[number])
            if reading.step != TRUTH or solution.rhythm is None or reading.confidence is None:
                continue
            if reading.answer == CANNOT:
                continue
            code = solution.group.code if solution.group and solution.group.code in self._classes else "none"
            seen = self._asked.explained(self._strips[number], as_usual(state))
            given = {name: view.prediction for name, view in seen.views.items()}
            networks = {name: (one.probabilities[one.answer], one.answer == code) for name, one in given.items()}
            judged.append(Judged(reading.confidence, reading.answer == code, networks))
        return Tally.of(judged)

    def studied(self, filters: Any) -> tuple[Case, ...]:
        """The cases that fit the filters."""
        view = None if filters.view == TOGETHER else filters.view

        def fits(case: Case) -> bool:
            answer = case.answer if view is None else case.answers[view]
            return (
                filters.rhythm in (ANY, case.group)
                and filters.answer in (ANY, answer)
                and filters.source in (ANY, case.record.source)
                and (filters.outcome == ANY or case.right(view) is (filters.outcome == RIGHT))
            )

        return tuple(case for case in self._asked.pool() if fits(case))

    def _pool_sources(self) -> tuple[str, ...]:
        if getattr(self, "_state", None) is None or self._state.mode != STUDY:
            return ()
        return tuple(dict.fromkeys(case.record.source for case in self._asked.pool()))

    def _gaps(self, state: CaseState, seen: Explanation, maps: Sequence[str]) -> str:
        """What was drawn beside where each view looked, for the maps that are shown."""
        drawn = state.reading.drawn
        usual = self._asked.explained(seen.strip, as_usual(state))
        said = ""
        for name in (name for name in maps if name in seen.views):
            has = any(mark.brush == name for mark in drawn)
            gap = drawn_and_looked(drawn, name, usual.views[name].on_time, state.threshold) if has else None
            said += words.gap_of(name, gap)
        return said

    def _unread(self) -> set[str]:
        """Recordings of the practice whose truth has not been shown."""
        held = zip(self.cases, self._state.readings, strict=True)
        return {recording(record) for record, reading in held if reading.step != TRUTH}

    def _tie(self) -> None:
        """Say what each control changes."""
        held = self._controls
        self.on_click(held["previous"], lambda state: state.moved(-1))
        self.on_click(held["next"], lambda state: state.moved(1))
        self.on_click(held["step"], CaseState.onward)
        self.on_click(held["presenter"], lambda state: replace(state, presenter=not state.presenter))
        self.on_click(held["twin"], lambda state: replace(state, twin=not state.twin))
        self.on_click(held["mark"], lambda state: state.marked(held["from"].value, held["to"].value))
        self.on_click(held["unmark"], CaseState.unmarked)
        self.on_value(held["mode"], CaseState.in_mode)
        self.on_value(held["answer"], CaseState.answered)
        self.on_value(held["confidence"], CaseState.sure)
        self.on_value(held["strips"], CaseState.drew)
        self.on_value(held["no_idea"], lambda state, ticked: state.read(replace(state.reading, no_idea=ticked)))
        self.on_value(held["real"], lambda state, real: state.read(replace(state.reading, real=real)))
        self.on_value(held["cause"], lambda state, cause: state.read(replace(state.reading, cause=cause)))
        self.on_value(held["target"], lambda state, code: replace(state, target=None if code == TOGETHER else code))
        self.on_value(held["against"], lambda state, code: replace(state, against=None if code == ANY else code))
        self.on_value(held["layer"], lambda state, layer: replace(state, layer=layer or None))
        self.on_value(held["weight"], lambda state, weight: replace(state, weight=weight / 100))
        for name in ("brush", "rule", "threshold", "own_scale"):
            self.on_value(held[name], partial(_with, name))
        self.on_value(held["moment"], lambda state, moment: replace(state, moment=round(moment or 0.0, 2)))
        for name in ("rhythm", "outcome", "view", "source"):
            self.on_value(held[name], partial(_with_filter, name))
        self.on_value(held["cell"], CaseState.at_cell)


def _with(name: str, state: CaseState, value: Any) -> CaseState:
    return replace(state, **{name: value})


def _with_filter(name: str, state: CaseState, value: str) -> CaseState:
    return state.filtered(**{name: value, "answer": ANY})
