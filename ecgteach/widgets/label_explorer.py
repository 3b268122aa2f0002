"""The label explorer: strips that came with the course, by data set, group and use; read first, then see the label."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from ..cases import Solution
from ..errors import UnknownName, choices
from ..plots import Picture, plot_strip
from ..plots.tables import html_table
from ..records.embedded import USES, Sample, samples
from ..rhythms import grouping
from ..words import class_in_short
from .base import State, Widget
from .controls import Button, Choice, Control, Item, Menu, column, row, words
from .texts import text

ANY = ""
UNDECIDED = ("none of these", "cannot tell from lead II")
FILTERS = ("source", "group", "use")


@dataclass(frozen=True)
class LabelState(State):
    """What a label explorer is set to.

    Parameters
    ----------
    source, group, use : str
        Only strips of this data set, group and use; empty for any.
    at : int
        Which of them, from 0.
    guess : str
        What the learner calls it; empty before.
    shown : bool
        Whether the label is shown.
    """

    source: str = ANY
    group: str = ANY
    use: str = ANY
    at: int = 0
    guess: str = ""
    shown: bool = False


@dataclass(frozen=True, eq=False)
class LabelShown:
    """What one state shows; without a fitting strip `line` is None."""

    state: LabelState
    line: Sample | None
    count: int
    counts: Mapping[tuple[str, str], int]
    told: str


class LabelExplorer(Widget[LabelState, LabelShown]):
    """Where labels come from, strip by strip: your own word first, then the source's, and what that rests on.

    Parameters
    ----------
    lines : sequence of Sample, optional
        By default every strip that came with the package.
    """

    def __init__(self, lines: Sequence[Sample] | None = None) -> None:
        super().__init__()
        self.label = text("labels.label")
        self.lines = tuple(samples(use=None) if lines is None else lines)
        self._controls = self._made()
        for name in FILTERS:
            self.on_value(self._controls[name], _filter(name))
        self.on_value(self._controls["guess"], lambda state, value: replace(state, guess=value or "", shown=False))
        for name, step in (("previous", -1), ("next", 1)):
            self.on_click(self._controls[name], _step(step))
        self.on_click(self._controls["show"], lambda state: replace(state, shown=bool(state.guess)))
        self.state = LabelState()

    def fitting(self, state: LabelState) -> tuple[Sample, ...]:
        """The strips that a state's filters leave."""
        return tuple(
            line
            for line in self.lines
            if state.source in (ANY, line.source)
            and state.group in (ANY, line.group)
            and (not state.use or state.use in line.uses)
        )

    def render(self, state: LabelState) -> LabelShown:
        """What a state shows: the label only after the learner's own word.

        Raises
        ------
        UnknownName
            When no strip has such a data set, group or use.
        """
        for name in FILTERS:
            value, known = getattr(state, name), self._known(name)
            if value not in (ANY, *known):
                raise UnknownName(text("labels.unknown", what=name, given=repr(value), choices=choices(known)))
        held = self.fitting(state)
        counts = Counter((line.source, line.group) for line in held)
        line = held[state.at % len(held)] if held else None
        told = _told(line, state) if line is not None and state.shown and state.guess else ""
        return LabelShown(state, line, len(held), counts, told)

    def show(self, shown: LabelShown) -> None:
        """Put a state on the controls."""
        state, held = shown.state, self._controls
        for name in FILTERS:
            held[name].value = getattr(state, name)
        held["guess"].value = state.guess or None
        held["show"].disabled = not state.guess or state.shown
        held["previous"].disabled = held["next"].disabled = shown.count < 2

    @property
    def controls(self) -> Mapping[str, Control]:  # type: ignore[override]
        """``source``, ``group``, ``use``, ``previous``, ``next``, ``guess``, ``show``."""
        return self._controls

    def arrange(self, shown: LabelShown) -> Item:
        """Filters, how many strips they leave, the strip, the learner's word, then the label."""
        held = self._controls
        filters = row(*(held[name] for name in FILTERS))
        table = words("counts", _table(shown))
        if shown.line is None:
            return column(filters, words("told", f"<p>{text('labels.nothing')}</p>"), table)
        heading = words("heading", f"<h3>{_heading(shown)}</h3>")
        strip = words("strip", self.still()._repr_mimebundle_()["text/html"])
        label = words("told", f"<p>{escape(shown.told)}</p>")
        walk = row(held["previous"], heading, held["next"])
        return column(filters, walk, strip, held["guess"], row(held["show"]), label, table)

    def said(self, before: LabelState, now: LabelState) -> str:  # noqa: ARG002
        """The label once it is shown; else which strip is shown."""
        shown = self._shown
        return shown.told or (_heading(shown) if shown.line is not None else text("labels.nothing"))

    def still(self) -> Picture:
        """The strip that is shown, bare, and in its alternative text the table of counts."""
        shown = self._shown
        line = shown.line if shown.line is not None else self.lines[0]
        strip = line.load().strip(quality="any").for_reading()
        at = shown.state.at % max(shown.count, 1) + 1
        drawn = plot_strip(strip, title=text("labels.title", number=at, strips=shown.count), source=False)
        listed = ", ".join(f"{source} {group} {count}" for (source, group), count in sorted(shown.counts.items()))
        return Picture(drawn.draw, f"{drawn.alt} {text('labels.alt_table', table=listed or 'none')}")

    def _known(self, name: str) -> tuple[str, ...]:
        if name == "use":
            return tuple(USES)
        return tuple(dict.fromkeys(getattr(line, name) for line in self.lines))

    def _made(self) -> dict[str, Control]:
        any_of = {ANY: text("labels.any")}
        words_of: dict[str, Callable[[str], str]] = {"source": str, "group": class_in_short, "use": str}
        menus: dict[str, Control] = {
            name: Menu(
                name, text(f"labels.{name}"), any_of | {code: words_of[name](code) for code in self._known(name)}, ANY
            )
            for name in FILTERS
        }
        guesses = {code: class_in_short(code) for code in grouping().classes} | {one: one for one in UNDECIDED}
        return {
            **menus,
            "previous": Button("previous", text("labels.previous")),
            "next": Button("next", text("labels.next")),
            "guess": Choice("guess", text("labels.guess"), guesses),
            "show": Button("show", text("labels.show")),
        }


def _filter(name: str) -> Any:
    return lambda state, value: replace(state, **{name: value or ANY}, at=0, guess="", shown=False)


def _step(step: int) -> Any:
    return lambda state: replace(state, at=max(0, state.at + step), guess="", shown=False)


def _heading(shown: LabelShown) -> str:
    return text("labels.heading", number=shown.state.at % shown.count + 1, strips=shown.count)


def _told(line: Sample, state: LabelState) -> str:
    solution = Solution.of(line.load())
    basis = ", ".join(line.basis) or "the source alone"
    words_of_label = text(
        "labels.label_of", rhythm=solution.rhythm_name, rate=f"{line.rate:.0f}", group=class_in_short(line.group),
        certainty=line.certainty, basis=basis, reason=line.reason, source=line.source,
        lead=line.lead, licence=line.licence,
    )  # fmt: skip
    same = state.guess == line.group
    guess = class_in_short(state.guess) if state.guess not in UNDECIDED else state.guess
    return f"{text('labels.same') if same else text('labels.other', guess=guess)} {words_of_label}"


def _table(shown: LabelShown) -> str:
    groups = grouping().classes
    sources = sorted({source for source, _ in shown.counts})
    rows = [[source, *(str(shown.counts.get((source, group), 0)) for group in groups)] for source in sources]
    head = ["", *(class_in_short(group) for group in groups)]
    return html_table(head, rows, text("labels.counts", strips=shown.count))
