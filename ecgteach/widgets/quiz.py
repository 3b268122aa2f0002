"""The Quiz: questions one after the other, each with feedback for what was answered, and progress in a file."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from ..errors import InvalidValue, expect
from ..marks import Mark
from ..plots import Picture, plot_strip
from ..plots.marked import plot_marked
from ..quiz.banks import Bank, read_bank
from ..quiz.grading import Answer, grade
from ..quiz.progress import Progress, belongs, load_progress, save_progress
from ..quiz.questions import BRUSHES, Choice, MarkStrip, Numeric
from ..quiz.stretches import stretches_of
from ..quiz.strips import strip_of
from . import controls as page
from .base import Widget
from .controls import Control, Item, column, row, words
from .files import download_link, named_file
from .marks import MARKING, MEASURING, MarkTools
from .marks_state import MarksState
from .quiz_state import QuizShown, QuizState, quiz_controls, ticked
from .quiz_words import feedback, option_in_words, verdict, written
from .strips import Panel
from .texts import text

KIND = "quiz"


class Quiz(Widget[QuizState, QuizShown]):
    """Questions with feedback for every answer.

    Parameters
    ----------
    bank : Bank, str, path, list or mapping
        A bank, or what `ecgteach.quiz.read_bank` reads: a name, a JSON or TOML file, jupyterquiz's questions.
    progress : path, optional
        A file to go on from, where it is there, and to which each answer is saved.

    Raises
    ------
    UnreadableFile, UnknownName, InvalidValue
        As `read_bank` and `load_progress` do.
    """

    label = text("quiz.label")

    def __init__(
        self,
        bank: Bank | str | Path | Sequence[Mapping[str, Any]] | Mapping[str, Any] = "rhythms",
        *,
        progress: str | Path | None = None,
    ) -> None:
        super().__init__()
        self.bank = bank if isinstance(bank, Bank) else read_bank(bank)
        self._file = None if progress is None else Path(progress).expanduser()
        self._note = ""
        self.tools = MarkTools(BRUSHES, calipers=True)
        self._controls = {control.name: control for control in quiz_controls(self.bank)}
        self._tie()
        if (marking := next((one for one in self.bank if isinstance(one, MarkStrip)), None)) and marking.strip:
            stretches_of(strip_of(marking.strip))  # what finds waves takes seconds to be loaded: now, not at a press
        start = Progress(self.bank.digest)
        if self._file is not None and self._file.exists():
            start = load_progress(self._file, KIND, Progress)
            belongs(start, self.bank)
        self.state = self._at(QuizState(progress=start, file="" if self._file is None else str(self._file)), 0)

    def render(self, state: QuizState) -> QuizShown:
        """What a state shows.

        Raises
        ------
        InvalidValue
            When the state is of another bank.
        """
        expect(state, QuizState, "the state of a Quiz is a QuizState", "make it with QuizState.from_json")
        count = len(self.bank)
        if not 0 <= state.at < count:
            raise InvalidValue(text("quiz.wrong_state", number=state.at + 1, count=count))
        belongs(state.progress, self.bank)
        question = self.bank.questions[state.at]
        strip = None if question.strip is None else strip_of(question.strip)
        given = state.progress.answer_to(question.id)
        checked = given is not None and given.answer == self._answer(state)
        found = grade(question, given.answer) if given is not None and checked else None
        return QuizShown(
            state,
            question,
            strip,
            stretches_of(strip) if strip is not None and isinstance(question, MarkStrip) else (),
            found,
            text("quiz.heading", number=state.at + 1, count=count),
            "" if found is None else feedback(question, found, state.draft),
            self._tally(state.progress),
        )

    def show(self, shown: QuizShown) -> None:
        """Set the controls."""
        state, question, held = shown.state, shown.question, self._controls
        held["previous"].disabled = state.at == 0
        held["next"].disabled = state.at == len(self.bank) - 1
        asked = state.progress.answer_to(question.id) is not None
        held["check"].label = text("quiz.again" if asked else "quiz.check")
        held["check"].disabled = not self._ready(state) or shown.grade is not None
        held["file"].value = state.file
        if isinstance(question, Choice):
            self._show_options(question, state.draft if isinstance(state.draft, tuple) else ())
        else:
            typed = held["typed"]
            unit = question.unit if isinstance(question, Numeric) else ""
            typed.label = text("quiz.number_unit", unit=unit) if unit else text("quiz.number")
            typed.label = typed.label if isinstance(question, Numeric) else text("quiz.words")
            typed.value = "" if state.draft is None else f"{state.draft}"
        if shown.strip is not None:
            alt = text("quiz.strip_alt", number=state.at + 1)
            marking = isinstance(question, MarkStrip)
            panel = Panel("strip", alt=alt, brushes=self.tools.panel_brushes())
            use = MARKING if marking else MEASURING
            self.tools.show(state.marks, shown.strip, [panel], shown.stretches, use=use)

    def _show_options(self, question: Choice, chosen: tuple[int, ...]) -> None:
        held = self._controls
        if question.several:
            for number, option in enumerate(question.options):
                tick = held[f"option-{number}"]
                tick.label, tick.value = option_in_words(option.text, option.code), number in chosen
            return
        one = held["pick"]
        assert isinstance(one, page.Choice)
        one.options = {
            number: option_in_words(option.text, option.code) for number, option in enumerate(question.options)
        }
        one.value = chosen[0] if chosen else None

    @property
    def controls(self) -> dict[str, Control]:
        """``previous``, ``next``, ``check``, the answers of every kind, those of the marks, and of the file."""
        return {**self._controls, **self.tools.controls}

    def arrange(self, shown: QuizShown) -> Item:
        """The question, its strip, its answers, and what was said to them."""
        held = self._controls
        heading = words("heading", f"<h3>{shown.heading}</h3>")
        head = row(held["previous"], heading, held["next"], words("tally", shown.tally), look="ecgteach-apart")
        code = f"<pre>{escape(shown.question.code)}</pre>" if shown.question.code else ""
        asked = words("question", f"<p><b>{escape(shown.question.prompt)}</b></p>{code}")
        answers = column(*self._to_answer(shown), row(held["check"]))
        said = words("feedback", shown.feedback, look="ecgteach-aside")
        desk = row(answers, column(said), look="ecgteach-desk") if shown.feedback else answers
        strip: list[Item] = [self.tools.strips] if shown.strip is not None else []
        if shown.strip is not None and not isinstance(shown.question, MarkStrip):
            strip.append(self.tools.measuring(shown.state.marks))
        note = [words("note", f"<p>{escape(self._note)}</p>")] if self._note else []
        return column(head, asked, *strip, desk, row(held["file"], held["save"], held["load"], self._download()), *note)

    def _to_answer(self, shown: QuizShown) -> list[Item]:
        question, held = shown.question, self._controls
        if isinstance(question, MarkStrip):
            return [self.tools.arrange(shown.state.marks, shown.stretches)]
        if isinstance(question, Choice) and question.several:
            label = words("several", f"<p>{text('quiz.choose_several')}</p>")
            ticks = [held[f"option-{number}"] for number in range(len(question.options))]
            return [column(label, *ticks, label=text("quiz.choose_several"))]
        return [held["pick" if isinstance(question, Choice) else "typed"]]

    def said(self, before: QuizState, now: QuizState) -> str:
        """The feedback once an answer was checked; the new question; or where the marks are."""
        shown = self._shown
        if now.progress != before.progress and shown.grade is not None:
            return " ".join((verdict(shown.grade), *shown.grade.said))
        if now.at != before.at:
            return f"{shown.heading}. {shown.question.prompt}"
        return self.tools.said(before.marks, now.marks, shown.stretches)

    def focus(self, before: QuizState, now: QuizState) -> str:
        """On another question its first answer."""
        if now.at == before.at:
            return ""
        question = self.bank.questions[now.at]
        if isinstance(question, MarkStrip):
            return "brush"
        if isinstance(question, Choice):
            return "option-0" if question.several else "pick"
        return "typed"

    def still(self) -> Picture:
        """The strip of the question with what is marked on it, or the question alone on paper."""
        shown = self._shown
        title = text("quiz.still_alt", heading=shown.heading, prompt=shown.question.prompt)
        if shown.strip is None:
            return written(title, shown.question)
        if isinstance(shown.question, MarkStrip):
            return plot_marked(shown.strip, shown.state.marks.marks, BRUSHES, title=title)
        return plot_strip(shown.strip, title=title, source=False)

    def save(self, path: str | Path) -> Path:
        """Save progress, whole or not at all."""
        return save_progress(path, KIND, self.state.progress)

    def load(self, path: str | Path) -> None:
        """Go on from saved progress."""
        progress = load_progress(path, KIND, Progress)
        belongs(progress, self.bank)
        self.state = self._at(replace(self.state, progress=progress), self.state.at)

    def _tie(self) -> None:
        held = self._controls
        self.on_click(held["previous"], lambda state: self._at(state, state.at - 1))
        self.on_click(held["next"], lambda state: self._at(state, state.at + 1))
        self.on_click(held["check"], self._checked)
        self.on_value(
            held["pick"], lambda state, number: replace(state, draft=None if number is None else (int(number),))
        )
        self.on_value(held["typed"], lambda state, typed: replace(state, draft=typed or None))
        for name, control in held.items():
            if name.startswith("option-"):
                number = int(name.removeprefix("option-"))
                self.on_value(control, partial(ticked, number=number))
        self.on_value(held["file"], lambda state, name: replace(state, file=name))
        self.on_click(held["save"], self._saved)
        self.on_click(held["load"], self._loaded)
        self.tools.tie(
            self,
            lambda state: state.marks,
            lambda state, marks: replace(state, marks=marks),
            lambda _: self._shown.stretches,
        )

    def _at(self, state: QuizState, at: int) -> QuizState:
        """At another question, as it was left: with the last answer that was checked."""
        at = min(max(at, 0), len(self.bank) - 1)
        question = self.bank.questions[at]
        given = state.progress.answer_to(question.id)
        brush = question.brush if isinstance(question, MarkStrip) else ""
        answer = None if given is None else given.answer
        marks = tuple(one for one in answer if isinstance(one, Mark)) if isinstance(answer, tuple) else ()
        draft: Any = None if marks else answer
        return replace(state, at=at, draft=draft, marks=MarksState(marks, brush=brush))

    def _answer(self, state: QuizState) -> Answer | None:
        """What is answered now, as `grade` takes it; None while there is nothing."""
        if isinstance(self.bank.questions[state.at], MarkStrip):
            return state.marks.marks or None
        return state.draft if state.draft not in ((), "") else None

    def _ready(self, state: QuizState) -> bool:
        return self._answer(state) is not None

    def _checked(self, state: QuizState) -> QuizState:
        answer = self._answer(state)
        if answer is None:
            raise InvalidValue(text("quiz.answer_first"))
        question = self.bank.questions[state.at]
        grade(question, answer)
        held = replace(state, progress=state.progress.answered(question.id, answer))
        self._note = ""
        if self._file is not None:
            save_progress(self._file, KIND, held.progress)
        return held

    def _saved(self, state: QuizState) -> QuizState:
        path = save_progress(named_file(state.file, text("quiz.no_file")), KIND, state.progress)
        self._note = text("quiz.saved", file=path.name)
        return state

    def _loaded(self, state: QuizState) -> QuizState:
        path = named_file(state.file, text("quiz.no_file"))
        progress = load_progress(path, KIND, Progress)
        belongs(progress, self.bank)
        self._note = text("quiz.loaded", file=path.name)
        return self._at(replace(state, progress=progress), state.at)

    def _download(self) -> Item:
        from ..quiz.progress import progress_text

        content = progress_text(KIND, self.state.progress)
        return words("download", download_link(content, "progress.json", text("quiz.download")))

    def _tally(self, progress: Progress) -> str:
        grades = progress.grades(self.bank).values()
        judged = [one.correct for one in grades if one.correct is not None]
        counts = {"answered": len(grades), "count": len(self.bank)}
        if not judged:
            return f"<p>{text('quiz.tally_kept', **counts)}</p>"
        return f"<p>{text('quiz.tally', right=sum(judged), judged=len(judged), **counts)}</p>"
