"""ReadFirst: read, mark and commit; then see what two networks answered, where they looked, and only then what it was.

In a study (`ecgteach.quiz.Study`) the arm decides whether maps and verdicts are shown, all participants read the same
items, nothing returns, and nobody begins without consent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from ..cases import blind
from ..checks.trust import TrustReport, trust
from ..errors import InvalidValue, choices, expect
from ..explanation import Explanation, explain
from ..models import Network, expect_networks, shipped
from ..plots import Picture
from ..plots.marked import plot_marked
from ..quiz.features import FEATURES
from ..quiz.items import ITEMS, Item, draw_items
from ..quiz.progress import load_progress, save_progress
from ..quiz.questions import BRUSHES
from ..quiz.results import results_table, save_results
from ..quiz.scores import ItemScore, Profile, profile_of, score_round, scores_of
from ..quiz.sitting import (
    ANSWERS_STEP,
    FEATURES_STEP,
    MAP_STEP,
    MARKS_STEP,
    RHYTHM_STEP,
    TRUTH_STEP,
    Sitting,
    plan_sitting,
)
from ..quiz.stretches import Stretch, stretches_of
from ..quiz.study import Study
from ..rhythms import grouping
from . import controls as page
from . import read_first_words as told
from .base import Widget
from .controls import Control, column, row, words
from .files import download_link, named_file
from .marks import LOOKING, MARKING, MEASURING, MarkTools
from .marks_state import MarksState
from .read_first_panels import panels_of
from .read_first_state import ReadFirstShown, ReadFirstState, begun, reading_controls
from .texts import text

KIND = "reading"


class ReadFirst(Widget[ReadFirstState, ReadFirstShown]):
    """Read strips before the networks do, and see what their answers and maps do to your own.

    Parameters
    ----------
    items : sequence of Item, optional
        By default drawn by seed: `number` of them and a reserve, some answered wrongly by the networks.
    models : Network or mapping of str to Network, optional
        A network for each view; by default the shipped pair.
    number : int
        Strips of a sitting.
    seed : int
        Decides strips, order, and on which half the map is shown.
    study : Study, optional
        Experiment mode: its seed and number are used.
    participant : int
        In a study, the number that the teacher has given; it decides the arm.
    progress : path, optional
        A file to go on from, where it is there, and to which each finished strip is saved.

    Raises
    ------
    InvalidValue
        When there are too few items, or the networks' classes are not those that are asked for.
    UnreadableFile
        When progress cannot be read.
    """

    label = text("reading.label")

    def __init__(
        self,
        items: Sequence[Item] | None = None,
        models: Network | Mapping[str, Network] | None = None,
        *,
        number: int = ITEMS,
        seed: int = 0,
        study: Study | None = None,
        participant: int = 0,
        progress: str | Path | None = None,
    ) -> None:
        super().__init__()
        self._models = expect_networks(shipped() if models is None else models)
        self._classes = next(iter(self._models.values())).classes
        if items is None and set(self._classes) != set(grouping().classes):
            raise InvalidValue(
                text("reading.other_classes", classes=choices(self._classes), wanted=choices(grouping().classes))
            )
        self.study, self.participant = study, participant
        self.seed, number = (seed, number) if study is None else (study.seed, study.items)
        self.arm = "" if study is None else study.arm_of(participant)
        self.items = tuple(draw_items(number, seed=self.seed, models=self._models) if items is None else items)
        for item in self.items:
            expect(item, Item, "ReadFirst reads Items", "make them of recordings with ecgteach.quiz.items_of")
        number = min(number, len(self.items))
        self._file = None if progress is None else Path(progress).expanduser()
        self._note = ""
        self._seen: dict[int, Explanation] = {}
        self._reports: dict[int, TrustReport] = {}
        self.tools = MarkTools(BRUSHES)
        self._controls = {control.name: control for control in reading_controls()}
        self._tie()
        maps = None if study is None else study.shows_map(participant)
        sitting = plan_sitting(self.items, number, seed=self.seed, maps=maps, returns=study is None)
        stretches_of(self.items[0].strip)  # what finds waves takes seconds to be loaded: now, not at a press
        if self._file is not None and self._file.exists():
            sitting = self._sitting_in(self._file)
        going = study is None or len(sitting.rounds) > 1
        self.state = ReadFirstState(
            sitting, agreed=going, begun=going, file="" if self._file is None else str(self._file)
        )

    @property
    def scores(self) -> tuple[ItemScore, ...]:
        """Scores of the finished strips."""
        return scores_of(self.state.sitting, self.items)

    @property
    def profile(self) -> Profile:
        """The sitting as a whole: readings, rhythm, marks, calibration, over-trust."""
        return profile_of(self.scores)

    def render(self, state: ReadFirstState) -> ReadFirstShown:
        """What a state shows: the networks only after the reading is locked, the truth only at the end.

        Raises
        ------
        InvalidValue
            When the state is of another sitting.
        """
        expect(
            state, ReadFirstState, "the state of ReadFirst is a ReadFirstState", "make it with ReadFirstState.from_json"
        )
        for planned in state.sitting.plan:
            if not 0 <= planned.item < len(self.items):
                raise InvalidValue(text("reading.other_items", item=planned.item, count=len(self.items)))
        done, planned = state.round, state.sitting.planned
        item = self.items[planned.item]
        strip = blind(item.strip)
        at, count = len(state.sitting.rounds), len(state.sitting.plan)
        heading = text("reading.heading", number=at, count=count)
        if planned.returned:
            heading += f" ({text('reading.returned')})"
        if not state.begun:
            assert self.study is not None
            return ReadFirstShown(state, heading, "", strip, told.consent(self.study.consent), None, False)
        task = text("reading.step_end" if state.summed else f"reading.step_{done.step}")
        if not done.locked:
            return ReadFirstShown(state, heading, task, strip, "", None, False)
        if state.summed:
            scores, beside = told.summary(profile_of(scores_of(state.sitting, self.items)), state.sitting.carried)
            return ReadFirstShown(state, task, "", strip, scores, None, False, beside)
        seen = self._explained(planned.item)
        map_shown = done.reached(MAP_STEP) and planned.with_map
        return ReadFirstShown(state, heading, task, strip, self._told(state, item, seen, map_shown), seen, map_shown)

    def _told(self, state: ReadFirstState, item: Item, seen: Explanation, map_shown: bool) -> str:
        done, planned = state.round, state.sitting.planned
        if done.finished:
            score = score_round(done, item, with_map=planned.with_map)
            return told.truth(done, item, score, seen, self._classes, returns=state.sitting.returns)
        said = told.own_reading(done, self._classes) + told.networks(seen)
        if map_shown and self.study is not None and self.study.shows_verdict(self.participant):
            said = told.verdict(self._report(planned.item)) + said
        return said

    def show(self, shown: ReadFirstShown) -> None:
        """Set the controls."""
        state, held, done = shown.state, self._controls, shown.state.round
        for name in FEATURES:
            held[name].value = done.readings[name]
            held[name].disabled = done.locked
        rhythm, decision = held["answer"], held["decision"]
        assert isinstance(rhythm, page.Choice) and isinstance(decision, page.Choice)
        rhythm.options = told.answers(self._classes)
        rhythm.value, held["confidence"].value = done.answer, done.confidence
        if done.locked:
            after = done.step == MAP_STEP
            decision.options = told.decisions(self._classes, (done.after_answers if after else done.answer) or "")
            decision.value = done.after_map if after else done.after_answers
        else:
            decision.options, decision.value = {}, None
        held["back"].disabled = done.locked or done.step == FEATURES_STEP
        held["step"].label = self._onward(state)
        held["step"].disabled = state.summed or not (done.finished or done.ready())
        held["agree"].value, held["begin"].disabled = state.agreed, not state.agreed
        held["file"].value = state.file
        panels = panels_of(
            shown.strip, shown.seen if shown.map_shown else None, shown.heading, self.tools.panel_brushes()
        )
        use = LOOKING if done.locked else MARKING if done.step == MARKS_STEP else MEASURING
        self.tools.show(self._in_hand(state), shown.strip, panels, self._stretches(state), use=use)

    def _onward(self, state: ReadFirstState) -> str:
        done = state.round
        if done.finished:
            last = "summed" if state.summed else "end"
            return text(f"reading.onward_{last}" if state.sitting.at_end else "reading.onward_truth")
        if done.step == ANSWERS_STEP and state.sitting.planned.with_map:
            return text("reading.onward_answers_map")
        return text(f"reading.onward_{done.step}")

    def _in_hand(self, state: ReadFirstState) -> MarksState:
        """The marks of the round, with brush and keys where they stand."""
        chosen = state.hand.chosen if state.hand.marks == state.round.marks else None
        return replace(state.hand, marks=state.round.marks, caliper=state.round.caliper, chosen=chosen)

    def _stretches(self, state: ReadFirstState) -> tuple[Stretch, ...]:
        """Where keys step; found only when there is something to mark, since that takes a while."""
        if state.round.step != MARKS_STEP:
            return ()
        return stretches_of(self.items[state.sitting.planned.item].strip)

    @property
    def controls(self) -> dict[str, Control]:
        """The four readings, ``answer``, ``confidence``, ``decision``, ``back``, ``step``, and those of marks."""
        return {**self._controls, **self.tools.controls}

    def arrange(self, shown: ReadFirstShown) -> page.Item:
        """The strip, what is to be done with it, and what is said."""
        state, held = shown.state, self._controls
        if not state.begun:
            return column(words("consent", shown.words), held["agree"], row(held["begin"]))
        done = state.round
        if state.summed:
            scores = row(
                column(words("said", shown.words)), column(words("beside", shown.beside)), look="ecgteach-desk"
            )
            return column(words("heading", f"<h3>{shown.heading}</h3>"), scores, self._files(), *self._noted())
        heading = words("heading", f"<h3>{shown.heading}</h3>")
        head = row(heading, words("task", f"<p>{shown.task}</p>"), look="ecgteach-apart")
        onward = row(held["back"], held["step"]) if not done.locked else row(held["step"])
        asked = {FEATURES_STEP: FEATURES, RHYTHM_STEP: ("answer", "confidence")}
        task: list[page.Item] = [held[name] for name in asked.get(done.step, ())]
        if done.step == MARKS_STEP:
            task = [self.tools.arrange(self._in_hand(state), self._stretches(state))]
        elif done.step in (ANSWERS_STEP, MAP_STEP):
            task = [held["decision"]]
        if not done.locked and done.step != MARKS_STEP:
            task.insert(0, self.tools.measuring(self._in_hand(state)))
        said = [words("said", shown.words, look="ecgteach-aside" if not done.finished else "")] if shown.words else []
        if done.locked and not done.finished:
            body: list[page.Item] = [row(column(*task, onward), column(*said), look="ecgteach-desk")]
        else:
            body = [*task, onward, *said]
        files = [self._files()] if done.finished else []
        return column(head, self.tools.strips, *body, *files, *self._noted())

    def _files(self) -> page.Item:
        """Where progress goes, and the table for a teacher."""
        held = self._controls
        return row(held["file"], held["save"], held["load"], self._export())

    def _noted(self) -> list[page.Item]:
        return [words("note", f"<p>{escape(self._note)}</p>")] if self._note else []

    def said(self, before: ReadFirstState, now: ReadFirstState) -> str:
        """The next step, or where the marks are."""
        shown = self._shown
        if len(now.sitting.rounds) != len(before.sitting.rounds):
            return f"{shown.heading}. {shown.task}"
        if now.round.step != before.round.step or (now.begun, now.summed) != (before.begun, before.summed):
            return shown.task
        return self.tools.said(self._in_hand(before), self._in_hand(now), self._stretches(now))

    def focus(self, before: ReadFirstState, now: ReadFirstState) -> str:
        """At a new step its first control."""
        same = len(now.sitting.rounds) == len(before.sitting.rounds) and (now.begun, now.summed) == (
            before.begun,
            before.summed,
        )
        if same and now.round.step == before.round.step:
            return ""
        first = {RHYTHM_STEP: "answer", MARKS_STEP: "brush", TRUTH_STEP: "file" if now.summed else "step"}
        return first.get(now.round.step, "decision" if now.round.locked else FEATURES[0])

    def still(self) -> Picture:
        """The strip with the learner's marks, and once they may be seen the networks' maps."""
        shown, done = self._shown, self.state.round
        if shown.seen is not None and shown.map_shown:
            from ..plots import plot_explanation

            return plot_explanation(replace(shown.seen, strip=shown.strip))
        caliper = None if done.caliper is None else (done.caliper.one, done.caliper.other)
        return plot_marked(
            shown.strip, done.marks, BRUSHES, caliper=caliper, title=f"{shown.heading}: {shown.task}".rstrip(": ")
        )

    def table(self) -> str:
        """The finished strips as CSV for a teacher: no name, no date, and nothing is sent anywhere."""
        return results_table(self.scores, seed=self.seed, participant=self.participant, arm=self.arm)

    def export(self, path: str | Path) -> Path:
        """Save the table, whole or not at all."""
        return save_results(path, self.table())

    def save(self, path: str | Path) -> Path:
        """Save progress, whole or not at all."""
        return save_progress(path, KIND, self.state.sitting)

    def load(self, path: str | Path) -> None:
        """Go on from saved progress."""
        self.state = replace(
            self.state, sitting=self._sitting_in(Path(path)), begun=True, hand=MarksState(), summed=False
        )

    def _tie(self) -> None:
        held = self._controls
        for name in FEATURES:
            self.on_value(held[name], partial(self._feature, name=name))
        self.on_value(held["answer"], lambda state, code: self._read(state, RHYTHM_STEP, answer=code))
        self.on_value(held["confidence"], lambda state, sure: self._read(state, RHYTHM_STEP, confidence=sure))
        self.on_value(held["decision"], self._decided)
        self.on_click(held["back"], lambda state: replace(state, sitting=state.sitting.with_round(state.round.back())))
        self.on_click(held["step"], self._onwards)
        self.on_value(held["agree"], lambda state, agreed: replace(state, agreed=agreed))
        self.on_click(held["begin"], begun)
        self.on_value(held["file"], lambda state, name: replace(state, file=name))
        self.on_click(held["save"], self._saved)
        self.on_click(held["load"], self._loaded)
        self.tools.tie(self, self._in_hand, self._marked, self._stretches)

    def _feature(self, state: ReadFirstState, read: str | None, *, name: str) -> ReadFirstState:
        return self._read(state, FEATURES_STEP, **{name: read})

    def _read(self, state: ReadFirstState, step: str, **changes: Any) -> ReadFirstState:
        """With a reading changed, at its own step and as long as nothing is locked."""
        if state.round.locked:
            raise InvalidValue(text("reading.stands"))
        if state.round.step != step:
            raise InvalidValue(text("reading.not_now"))
        return state.with_round(**changes)

    def _marked(self, state: ReadFirstState, marks: MarksState) -> ReadFirstState:
        if (marks.marks, marks.caliper) == (state.round.marks, state.round.caliper):
            return replace(state, hand=marks)
        if marks.marks == state.round.marks and not state.round.locked:
            return replace(state.with_round(caliper=marks.caliper), hand=marks)
        return replace(self._read(state, MARKS_STEP, marks=marks.marks, caliper=marks.caliper), hand=marks)

    def _decided(self, state: ReadFirstState, code: str | None) -> ReadFirstState:
        if state.round.step == ANSWERS_STEP:
            return state.with_round(after_answers=code)
        if state.round.step == MAP_STEP:
            return state.with_round(after_map=code)
        raise InvalidValue(text("reading.not_now"))

    def _onwards(self, state: ReadFirstState) -> ReadFirstState:
        if state.sitting.at_end and not state.summed:
            return replace(state, summed=True)
        on = replace(state, sitting=state.sitting.onward(self.items))
        self._note = ""
        if on.round.finished and self._file is not None:
            save_progress(self._file, KIND, on.sitting)
        return replace(on, hand=MarksState()) if on.round.step == FEATURES_STEP else on

    def _saved(self, state: ReadFirstState) -> ReadFirstState:
        path = save_progress(named_file(state.file, text("reading.no_file")), KIND, state.sitting)
        self._note = text("reading.saved", file=path.name)
        return state

    def _loaded(self, state: ReadFirstState) -> ReadFirstState:
        path = named_file(state.file, text("reading.no_file"))
        sitting = self._sitting_in(path)
        self._note = text("reading.loaded", file=path.name)
        return replace(state, sitting=sitting, hand=MarksState(), summed=False)

    def _sitting_in(self, path: Path) -> Sitting:
        """The sitting that a file holds, if it is of these strips."""
        sitting = load_progress(path, KIND, Sitting)
        if sitting.seed != self.seed:
            raise InvalidValue(text("reading.other_seed", file=path.name, held=sitting.seed, seed=self.seed))
        return sitting

    def _explained(self, number: int) -> Explanation:
        if number not in self._seen:
            self._seen[number] = explain(self.items[number].strip, self._models)
        return self._seen[number]

    def _report(self, number: int) -> TrustReport:
        if number not in self._reports:
            self._reports[number] = trust(self._explained(number), self._models)
        return self._reports[number]

    def _export(self) -> page.Item:
        return words("export", download_link(self.table(), "reading.csv", text("reading.export"), "text/csv"))
