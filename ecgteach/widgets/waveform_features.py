"""The WaveformFeatures: which waveform features each modality attended to, after the learner has ranked them.

Bars say how dense a map lies on a segment, beside chance; an empty bar beside them waits until the learner changes
that wave and asks the networks again. The science stands in `ecgteach.waves` and `ecgteach.checks.counterfactual`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from ..cases import SEED, blind, choose_cases
from ..checks.counterfactual import WaveEdit
from ..errors import InvalidValue
from ..marks import Mark
from ..models import Network, expect_networks, shipped
from ..plots import Picture, plot_attention, plot_strip, theme
from ..records import Record
from ..strip import SECONDS, Strip
from ..views import FUSED
from ..waves import WINDOWS
from ..words import capital, class_in_short, class_name
from . import waveform_features_words as words
from .base import Widget, recordings
from .case_panels import panels_of, strip_note
from .controls import Button, Choice, Control, Item, column, row, scroll
from .controls import words as said_words
from .strips import Brush, Panel, Strips
from .texts import text
from .waveform_features_asked import Asked
from .waveform_features_state import (
    CASE,
    CASES_BEFORE_AVERAGES,
    CLASS,
    PARTINGS,
    SCOPES,
    UNITS,
    FeaturesState,
    Ranking,
)

LIT = "lit"
LEAST_MARK = 0.04


@dataclass(frozen=True, eq=False)
class FeaturesShown:
    """What one state shows.

    Parameters
    ----------
    state : FeaturesState
        The state that is shown.
    heading : str
        Which case of how many.
    strip : Strip
        As it is read.
    target : str
        Class that the maps explain.
    words : dict of str to str
        What is said, as HTML, by what it is about.
    lit : tuple of Mark
        Where the chosen segment lies.
    panels : tuple of Panel
        The strip, and after the ranking the maps.
    edit : WaveEdit, optional
        What changing the lit segment did, where it was run.
    """

    state: FeaturesState
    heading: str
    strip: Strip
    target: str
    words: dict[str, str] = field(default_factory=dict)
    lit: tuple[Mark, ...] = ()
    panels: tuple[Panel, ...] = ()
    edit: WaveEdit | None = None


class WaveformFeatures(Widget[FeaturesState, FeaturesShown]):
    """Rank the waves, then see which of them each modality attended to, and change one to see whether it mattered.

    Parameters
    ----------
    cases : sequence of Record, optional
        By default a dozen real strips that came with the package.
    models : Network or mapping of str to Network, optional
        A network for each view; by default the shipped pair.
    seed : int
        Draws the cases.

    Raises
    ------
    InvalidValue
        When there is no case, or it is no recording.
    """

    label = text("features.label")

    def __init__(
        self,
        cases: Sequence[Record] | None = None,
        models: Network | Mapping[str, Network] | None = None,
        seed: int = SEED,
    ) -> None:
        super().__init__()
        records = choose_cases(models=models, seed=seed) if cases is None else recordings(cases, "a WaveformFeatures")
        if not records:
            raise InvalidValue("a WaveformFeatures needs one case or more")
        networks = expect_networks(shipped() if models is None else models)
        self._asked = Asked(networks, models, records)
        self._controls = _controls()
        self.strips = self._controls["strips"]
        self._tie()
        self.state = FeaturesState((Ranking(),) * len(records))

    def render(self, state: FeaturesState) -> FeaturesShown:
        """What a state shows: bars only after the ranking, an edit's effect only after it was run.

        Raises
        ------
        InvalidValue
            When the state is one of another number of cases.
        """
        if len(state.rankings) != len(self._asked.records):
            raise InvalidValue(
                f"this widget has {len(self._asked.records)} cases, the state is of {len(state.rankings)}"
            )
        seen, found = self._asked.explained(state.case), self._asked.attention(state.case)
        heading = text("features.heading", number=state.case + 1, cases=len(state.rankings))
        strip = blind(seen.strip)
        said = {"target": text("features.target", heading=heading, target=f"<b>{class_name(seen.target)}</b>")}
        alt = text("case.strip_alt", lead="the lead", heading=heading)
        bare = (Panel("strip", alt=alt, brushes=(LIT,)),)
        shown = FeaturesShown(state, heading, strip, seen.target, said, panels=bare)
        if state.scope != CASE:
            said["bars"] = self._average(state, seen.target)
            return shown
        ranking = state.ranking
        if not ranking.shown:
            said["task"] = self._task(ranking)
            return shown
        views = (*seen.views, *(FUSED,) * (seen.fused is not None))
        bars = words.bars_of(found, views, state.segments)
        edits = {name: self._asked.edited(state.case, name) for name in ranking.ran if name in state.segments}
        known = {name: edit for name, edit in edits.items() if edit is not None}
        said["bars"] = words.table(bars, state.segments, state.unit, edits=known, lit=state.wave)
        blurred = any(bar.blurred for own in bars.values() for bar in own.values())
        absent = any(name not in own for own in bars.values() for name in state.segments)
        said["legend"] = words.legend(state.unit, blurred=blurred, absent=absent)
        said["looked"] = words.looked_in_words(bars) + "."
        said["ranked"] = words.ranked_in_words(ranking, words.bars_of(found, views, WINDOWS))
        edit = known.get(state.wave) if state.wave else None
        if edit is not None:
            said["edit"] = words.edit_in_words(edit)
        lit = () if state.wave is None else tuple(_marks(found.waves.segments.spans(state.wave)))
        hidden = replace(seen, strip=strip)
        panels = [replace(panel, brushes=(LIT,), agreement=False) for panel in panels_of(hidden, views, heading, {})]
        if edit is not None:
            done = text(f"features.{edit.kind}", segment=words.segment_word(edit.segment))
            changed = Panel(
                "edited", text("features.edited_strip"), note=done, alt=done, trace=edit.samples, brushes=(LIT,)
            )
            panels = [panels[0], changed]
        return replace(shown, lit=lit, panels=tuple(panels), edit=edit)

    def _task(self, ranking: Ranking) -> str:
        if ranking.complete:
            order = ", ".join(f"{place}. {words.segment_word(name)}" for place, name in enumerate(ranking.order, 1))
            return text("features.complete", order=order)
        done = ", ".join(f"{place}. {words.segment_word(name)}" for place, name in enumerate(ranking.order, 1))
        return text("features.task") + (f" {text('features.so_far', order=done)}" if done else "")

    def _average(self, state: FeaturesState, target: str) -> str:
        """Bars over strips with the same answer; correct beside misread where that is asked for."""
        parts = []
        for outcome in (None,) if state.scope == CLASS else ("right", "wrong"):
            bars, count = self._asked.average(target, outcome, state.segments)
            name = text(f"features.of_{outcome or 'class'}", count=count, target=class_in_short(target))
            held = words.table(bars, state.segments, state.unit) if count else text("features.no_strips")
            parts.append(f"<p><b>{name}</b></p>{held}")
        return "".join(parts) + f"<p>{text('features.average_note')}</p>"

    def show(self, shown: FeaturesShown) -> None:
        """Put a state on the controls."""
        state, held = shown.state, self._controls
        held["previous"].disabled, held["next"].disabled = state.case == 0, state.case + 1 == len(state.rankings)
        held["rank"].options = words.to_rank(state.ranking)
        held["rank"].value = None
        held["rank"].disabled = state.ranking.complete
        held["show"].disabled = not state.ranking.complete
        held["over"].disabled = not state.ranking.order
        held["wave"].options = {name: words.segment_word(name) for name in state.segments}
        held["wave"].value = state.wave
        held["edit"].disabled = state.wave is None or state.wave in state.ranking.ran
        held["scope"].disabled = not state.averages
        for name in ("scope", "unit", "parting"):
            held[name].value = getattr(state, name)
        strips = self.strips
        strips.disabled = True
        strips.value = shown.lit
        strips.foot = strip_note(shown.strip)
        strips.put(shown.strip, shown.panels)

    @property
    def controls(self) -> dict[str, Control]:
        """Every control by name; ``rank`` ranks, ``wave`` lights, ``edit`` changes the lit wave."""
        return dict(self._controls)

    def arrange(self, shown: FeaturesShown) -> Item:
        """The ranking, then the bars beside what was found, above the strip."""
        held, state = self._controls, shown.state
        head = row(
            row(held["previous"], said_words("heading", f"<h3>{shown.heading}</h3>"), held["next"]),
            held["scope"],
            held["save"],
            look="ecgteach-apart",
        )
        target = said_words("target", f"<p>{shown.words['target']}</p>")
        if state.scope != CASE:
            bars = said_words("bars", shown.words["bars"])
            return column(head, target, row(held["unit"], held["parting"]), bars, held["strips"])
        if not state.ranking.shown:
            task = said_words("task", f"<p>{shown.words['task']}</p>")
            wait = [] if state.averages else [said_words("wait", f"<p>{_wait()}</p>")]
            return column(head, target, task, held["rank"], row(held["show"], held["over"]), *wait, held["strips"])
        found = [
            f"<p>{shown.words[name]}</p>" for name in ("edit", "looked", "ranked", "legend") if name in shown.words
        ]
        told = scroll("told", text("features.told"), said_words("found", "".join(found)))
        light = row(held["wave"], held["edit"])
        desk = column(said_words("bars", shown.words["bars"]), light, told, look="ecgteach-brief")
        return column(head, target, row(held["unit"], held["parting"]), desk, held["strips"])

    def said(self, before: FeaturesState, now: FeaturesState) -> str:
        """What was ranked, what the bars say, what an edit did."""
        shown = self._shown
        if before.case != now.case:
            return shown.heading
        if before.scope != now.scope:
            return text("features.said_scope", scope=text(f"features.{now.scope}"))
        if now.ranking.shown and not before.ranking.shown:
            return shown.words["ranked"]
        if before.ranking.order != now.ranking.order:
            return shown.words["task"]
        if shown.edit is not None and before.ranking.ran != now.ranking.ran:
            return shown.words["edit"]
        if now.wave and before.wave != now.wave:
            return text("features.said_lit", segment=words.segment_word(now.wave), count=len(shown.lit))
        return ""

    def focus(self, before: FeaturesState, now: FeaturesState) -> str:
        """The next to rank, then the button that shows, then the waves."""
        if before.case != now.case:
            return "wave" if now.ranking.shown else "rank"
        if now.ranking.shown and not before.ranking.shown:
            return "wave"
        if before.ranking.order != now.ranking.order:
            return "show" if now.ranking.complete else "rank"
        return ""

    def still(self) -> Picture:
        """The bare strip until the bars may be seen, then dots for each segment, with chance."""
        shown = self._shown
        state = shown.state
        if not state.ranking.shown:
            title = f"{shown.heading}: {text('features.question')}"
            return plot_strip(shown.strip, title=title, source=False)
        seen = self._asked.explained(state.case)
        return plot_attention(replace(seen, strip=shown.strip), self._asked.attention(state.case))

    def _tie(self) -> None:
        """What each control changes."""
        held = self._controls
        self.on_click(held["previous"], lambda state: state.at_case(max(0, state.case - 1)))
        self.on_click(held["next"], lambda state: state.at_case(min(len(state.rankings) - 1, state.case + 1)))
        self.on_value(held["rank"], lambda state, name: state if name is None else state.ranks(name))
        self.on_click(held["over"], _over)
        self.on_click(held["show"], lambda state: state.said(replace(state.ranking, shown=True)))
        self.on_value(held["wave"], lambda state, name: replace(state, wave=name))
        self.on_click(held["edit"], lambda state: state.ran())
        self.on_value(held["unit"], partial(_with, "unit"))
        self.on_value(held["scope"], lambda state, scope: replace(state, scope=scope, wave=None))
        self.on_value(held["parting"], lambda state, name: replace(state, parting=name, wave=None))


def _controls() -> dict[str, Any]:
    held: list[Control] = [
        Button("previous", text("case.previous")),
        Button("next", text("case.next")),
        Button("save", text("case.save"), action="save", file="features.png"),
        Choice("scope", text("features.scope"), {name: text(f"features.{name}") for name in SCOPES}, CASE),
        Choice("unit", text("features.unit"), {name: text(f"features.{name}") for name in UNITS}, UNITS[0]),
        Choice("parting", text("features.parting"), {name: text(f"features.{name}") for name in PARTINGS}),
        Choice("rank", text("features.rank"), {name: words.segment_word(name) for name in WINDOWS}),
        Button("show", text("features.show"), primary=True),
        Button("over", text("features.over")),
        Choice("wave", text("features.light"), {name: words.segment_word(name) for name in WINDOWS}),
        Button("edit", text("features.edit")),
        Strips("strips", brushes=[Brush(LIT, text("features.lit"), theme.MARKS, "/")]),
    ]
    return {control.name: control for control in held}


def _marks(spans: Sequence[tuple[float, float]]) -> list[Mark]:
    """Spans as marks; slivers are shown as wide as a small square."""
    held = []
    for start, end in spans:
        last = min(max(end, start + LEAST_MARK), SECONDS)
        held.append(Mark(LIT, float(np.round(min(start, last - LEAST_MARK), 3)), float(np.round(last, 3))))
    return held


def _wait() -> str:
    return capital(text("features.first_three", cases=CASES_BEFORE_AVERAGES)) + "."


def _over(state: FeaturesState) -> FeaturesState:
    if state.ranking.shown:
        raise InvalidValue(text("features.stands"))
    return state.said(Ranking())


def _with(name: str, state: FeaturesState, value: Any) -> FeaturesState:
    return replace(state, **{name: value})
