"""Marking, for every widget: stretches with brushes and a pair of calipers, by mouse and, wave by wave, by keyboard.

`MarksState` is what was marked and where the keys stand, plain and frozen. `MarkTools` are the controls and the panel
that change it, for any widget to hold; `Marks` is the widget that holds nothing else.

By mouse a stretch is dragged over the strip with the brush in hand, and a press on a mark takes it away. By keyboard
the buttons step from stretch to stretch (before QRS, QRS, ST and T, pause: windows that exist in every rhythm, so that
no list of P waves gives one away), mark the present one, and make it longer and shorter; two fields hold its ends.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from ..errors import InvalidValue, UnknownName, choices, expect
from ..marks import Mark
from ..plots import Picture, theme
from ..plots.marked import plot_marked
from ..quiz.questions import BRUSHES
from ..quiz.stretches import Stretch, stretches_of
from ..strip import SECONDS, Strip
from ..words import listed
from .base import State, Widget
from .case_panels import strip_note
from .controls import Button, Choice, Control, Item, Number, column, row, words
from .marks_state import CALIPER, STEP, MarksState, as_mark
from .strips import Brush, Panel, Strips
from .texts import text

USES = MARKING, MEASURING, LOOKING = ("marks", "calipers", "nothing")
"""What can be done to a strip: everything, only measuring, or nothing any more."""

CALIPERS = ("strips", "one", "other")
HATCHES = ("", "/", "x", ".")


def _moment(name: str) -> Number:
    """A field for a moment of the strip."""
    return Number(name, text(f"marks.{name}"), low=0.0, high=SECONDS, step=STEP, unit="s")


S = TypeVar("S", bound=State)


class MarkTools:
    """The panel and the controls that mark a strip, for a widget to hold.

    Parameters
    ----------
    brushes : mapping of str to str
        What can be marked with, in words; by default "seen here" and "missing here".
    calipers : bool
        Whether there is a pair of calipers.
    """

    def __init__(self, brushes: Mapping[str, str] = BRUSHES, *, calipers: bool = True) -> None:
        self.brushes = dict(brushes)
        self.calipers = calipers
        offered = self.brushes | ({CALIPER: text("marks.caliper")} if calipers else {})
        looks = [
            Brush(name, word, hatch=hatch) for (name, word), hatch in zip(self.brushes.items(), HATCHES, strict=False)
        ]
        if calipers:
            looks.append(Brush(CALIPER, text("marks.caliper"), theme.QUIET_INK, "-"))
        self.strips = Strips("strips", brushes=looks, settings={"brush": "brush", "moment": "moment"})
        held: list[Control] = [
            self.strips,
            Choice("brush", text("marks.brush"), offered),
            Button("wave-back", text("marks.previous")),
            Button("wave-on", text("marks.next")),
            Button("toggle", text("marks.toggle")),
            Button("longer", text("marks.longer")),
            Button("shorter", text("marks.shorter")),
            Button("delete", text("marks.delete")),
            _moment("moment"),
            _moment("from"),
            _moment("to"),
        ]
        if calipers:
            held += [_moment("one"), _moment("other")]
        self.controls = {control.name: control for control in held}

    def tie(
        self,
        widget: Widget[S, Any],
        get: Callable[[S], MarksState],
        put: Callable[[S, MarksState], S],
        stretches: Callable[[S], Sequence[Stretch]],
    ) -> None:
        """Make the controls change a widget's state.

        Parameters
        ----------
        widget : Widget
            Who holds them.
        get, put : callable
            The marks in its state, and its state with others; `put` refuses when marks are locked.
        stretches : callable
            The stretches of the strip that a state shows.
        """

        def click(name: str, change: Callable[[MarksState, Sequence[Stretch]], MarksState]) -> None:
            widget.on_click(self.controls[name], lambda state: put(state, change(get(state), stretches(state))))

        def value(name: str, change: Callable[[MarksState, Any], MarksState]) -> None:
            widget.on_value(self.controls[name], lambda state, given: put(state, change(get(state), given)))

        value("strips", lambda marks, given: marks.painted(given))
        value("brush", lambda marks, given: replace(marks, brush=given or "", chosen=None))
        click("wave-back", lambda marks, found: self._in_hand(marks).stepped(-1, found))
        click("wave-on", lambda marks, found: self._in_hand(marks).stepped(1, found))
        click("toggle", lambda marks, found: self._in_hand(marks).toggled(found))
        click("longer", lambda marks, _: marks.extended(STEP))
        click("shorter", lambda marks, _: marks.extended(-STEP))
        click("delete", lambda marks, _: self._in_hand(marks).deleted())
        value("moment", lambda marks, given: replace(marks, moment=given or 0.0))
        value("from", lambda marks, given: self._in_hand(marks).moved(given, None))
        value("to", lambda marks, given: self._in_hand(marks).moved(None, given))
        if self.calipers:
            value("one", lambda marks, given: marks.measured(given, None))
            value("other", lambda marks, given: marks.measured(None, given))

    def _in_hand(self, marks: MarksState) -> MarksState:
        """With a brush, as the page shows it: the first, where none was chosen."""
        return marks if marks.brush else replace(marks, brush=next(iter(self.brushes)))

    def show(
        self, state: MarksState, strip: Strip, panels: Sequence[Panel], stretches: Sequence[Stretch], *, use: str
    ) -> None:
        """Set the controls to a state; `use` is one of `USES`, and marks that cannot be changed are seen and stay."""
        now, on = self._in_hand(state), use == MARKING
        self.strips.put(strip, panels)
        self.strips.foot = strip_note(strip)
        held = self.controls
        caliper = as_mark(now.caliper) if self.calipers else None
        self.strips.value = (*now.marks, *([] if caliper is None else [caliper]))
        self.strips.brush = {MARKING: now.brush, MEASURING: CALIPER, LOOKING: None}[use]
        self.strips.stops = tuple(sorted({edge for one in stretches for edge in (one.start, one.end)}))
        held["brush"].value = now.brush
        held["moment"].value = self.strips.moment = state.moment
        for name in held:
            held[name].disabled = not on and name != "moment" and not (use == MEASURING and name in CALIPERS)
        held["from"].value = None if now.mark is None else round(now.mark.start, 3)
        held["to"].value = None if now.mark is None else round(now.mark.end, 3)
        here = None if now.stretch is None or not stretches else stretches[min(now.stretch, len(stretches) - 1)]
        there = here is not None and now.brush != CALIPER and now.mark_on(here) is not None
        held["toggle"].label = text("marks.untoggle" if there else "marks.toggle")
        for name in ("longer", "shorter"):
            held[name].disabled = not on or now.mark is None
        held["delete"].disabled = not on or (now.caliper if now.brush == CALIPER else now.mark) is None
        if self.calipers:
            held["one"].value = None if now.caliper is None else round(now.caliper.one, 3)
            held["other"].value = None if now.caliper is None else round(now.caliper.other, 3)

    def panel_brushes(self) -> tuple[str, ...]:
        """Names of the brushes whose marks a panel shows."""
        return tuple(brush.name for brush in self.strips.brushes)

    def arrange(self, state: MarksState, stretches: Sequence[Stretch]) -> Item:
        """The controls, in two rows, and what stands there now."""
        held = self.controls
        walk = row(held["wave-back"], held["wave-on"], held["toggle"], held["longer"], held["shorter"], held["delete"])
        calipers = [held["one"], held["other"]] if self.calipers else []
        fields = row(held["from"], held["to"], *calipers, held["moment"])
        return column(held["brush"], walk, fields, words("marks-said", f"<p>{self.told(state, stretches)}</p>"))

    def measuring(self, state: MarksState) -> Item:
        """The calipers alone, where nothing is to be marked."""
        held = self.controls
        said = (
            text("marks.hint") if state.caliper is None else f"{text('marks.measured', interval=str(state.caliper))}."
        )
        return row(held["one"], held["other"], held["moment"], words("measured", f"<p>{said}</p>"))

    def told(self, state: MarksState, stretches: Sequence[Stretch]) -> str:
        """What is marked, where the keys stand, and what the calipers measure, in words."""
        parts = [f"{self.summary(state.marks)}."]
        parts.append(self.place(state, stretches) if state.stretch is not None else text("marks.nowhere"))
        if self.calipers and state.caliper is not None:
            parts.append(text("marks.measured", interval=str(state.caliper)) + ".")
        return " ".join(part[:1].upper() + part[1:] for part in parts)

    def summary(self, marks: Sequence[Mark]) -> str:
        """How many marks there are of each brush."""
        counted = [
            text("marks.counted", count=count, brush=word)
            for name, word in self.brushes.items()
            if (count := sum(mark.brush == name for mark in marks))
        ]
        return listed(counted) or text("marks.none")

    def place(self, state: MarksState, stretches: Sequence[Stretch]) -> str:
        """Where the keys stand, in words: what is announced when they move."""
        if state.stretch is None or not stretches:
            return ""
        here = stretches[min(state.stretch, len(stretches) - 1)]
        mark = text("marks.is_marked") if self._in_hand(state).mark_on(here) is not None else ""
        named = text(f"marks.{here.kind}", beat=here.beat)
        return text("marks.moved", stretch=named, start=here.start, end=here.end, mark=mark) + "."

    def said(self, before: MarksState, now: MarksState, stretches: Sequence[Stretch]) -> str:
        """What a screen reader says when marks or keys have moved."""
        if now.caliper != before.caliper and now.caliper is not None:
            return text("marks.measured", interval=str(now.caliper))
        if now.stretch != before.stretch:
            return self.place(now, stretches)
        if now.marks != before.marks:
            here = self.place(now, stretches)
            return f"{here} {self.summary(now.marks)}".strip()
        return ""


@dataclass(frozen=True)
class MarksShown:
    """What one state of `Marks` shows: the strip, where it can be marked, and words."""

    state: MarksState
    strip: Strip
    stretches: tuple[Stretch, ...]
    words: str


class Marks(Widget[MarksState, MarksShown]):
    """Mark stretches on a strip, and measure with calipers.

    Parameters
    ----------
    strip : Strip
        Nothing on the page names its rhythm or source.
    brushes : mapping of str to str
        What can be marked with, in words.
    title : str
        Words above the strip.

    Raises
    ------
    InvalidValue
        When there is no strip, or no brush.
    """

    label = text("marks.label")

    def __init__(self, strip: Strip, brushes: Mapping[str, str] = BRUSHES, *, title: str = "") -> None:
        super().__init__()
        expect(strip, Strip, "Marks marks a Strip", "take record.strip()")
        if not brushes or CALIPER in brushes:
            raise InvalidValue(f"Marks needs one brush or more, by names other than {CALIPER!r}")
        self._strip = strip.for_reading()
        self._title = title or text("marks.heading")
        self.tools = MarkTools(brushes)
        self._stretches: tuple[Stretch, ...] | None = None
        self.tools.tie(self, lambda state: state, lambda _, marks: marks, lambda _: self.stretches)
        self.state = MarksState()

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """Where keys step along the strip."""
        if self._stretches is None:
            self._stretches = stretches_of(self._strip)
        return self._stretches

    def render(self, state: MarksState) -> MarksShown:
        """What a state shows.

        Raises
        ------
        UnknownName
            When a mark has a brush that is none of this widget's.
        """
        expect(state, MarksState, "the state of Marks is a MarksState", "make it with MarksState.from_json")
        for mark in state.marks:
            if mark.brush not in self.tools.brushes:
                raise UnknownName(f"no brush is called {mark.brush!r}; there are {choices(self.tools.brushes)}")
        return MarksShown(state, self._strip, self.stretches, self.tools.told(state, self.stretches))

    def show(self, shown: MarksShown) -> None:
        """Set the controls."""
        alt = text("marks.alt", marks=self.tools.summary(shown.state.marks))
        panel = Panel("strip", alt=alt, brushes=self.tools.panel_brushes())
        self.tools.show(shown.state, shown.strip, [panel], shown.stretches, use=MARKING)

    @property
    def controls(self) -> dict[str, Control]:
        """The controls by name; ``strips`` holds the marks."""
        return dict(self.tools.controls)

    def arrange(self, shown: MarksShown) -> Item:
        """The strip, and below it what marks it."""
        heading = words("heading", f"<h3>{self._title}</h3>")
        return column(heading, self.tools.strips, self.tools.arrange(shown.state, shown.stretches))

    def said(self, before: MarksState, now: MarksState) -> str:
        """What has moved."""
        return self.tools.said(before, now, self.stretches)

    def still(self) -> Picture:
        """The strip with what is marked on it."""
        caliper = self.state.caliper
        points = None if caliper is None else (caliper.one, caliper.other)
        title = text("marks.still") if self.state.marks else self._title
        return plot_marked(self._strip, self.state.marks, self.tools.brushes, caliper=points, title=title)
