"""What a CaseExplorer is set to: which case, the learner's reading of each, how far it has gone, how maps are made.

A case is a ladder (`ladder`): strip and own reading, the networks' answers, the learner's drawing of where each looked,
then map by map, the fused one, the tests that it passed, and what the source says.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from ..errors import InvalidValue, UnknownName, choices
from ..fusion import AGREEMENT_THRESHOLD, DEFAULT_RULE, rule_named
from ..marks import Mark, merged
from ..rhythms import grouping
from ..strip import SECONDS
from ..views import VIEWS
from .base import State
from .case_reading import ANSWERS, ANY, PRACTICE, STUDY, Filters, Reading, answers, ladder
from .texts import text

LEAST_THRESHOLD, MOST_THRESHOLD, THRESHOLD_STEP = 0.1, 0.9, 0.05


@dataclass(frozen=True)
class CaseState(State):
    """What a CaseExplorer is set to.

    Parameters
    ----------
    readings : tuple of Reading
        One for each case of the practice.
    case : int
        Which is shown, from 0.
    target : str, optional
        Class that the maps explain; None for what all networks answer together.
    against : str, optional
        The one class that the target is set against ("why not SR?"); None for none.
    layer : str, optional
        Layer of the maps; None for the one that is usually explained.
    rule : str
        Fusion rule, one of `ecgteach.fusion.RULES`.
    weight : float, optional
        Share of the first view in the weighted rule; None for each view's probability.
    moment : float
        Where the line stands, in seconds; at 0 there is none.
    threshold : float
        Share of its own maximum from which a map counts as looking.
    own_scale : bool
        Whether each map is coloured to its own maximum, or all to the strongest.
    classes, views : tuple of str
        What the networks tell apart, and so what may be answered; and the views.
    riddles : tuple of int
        Cases in which a map of random weights stands beside the first one.
    brush : str
        The view whose looking is being drawn.
    mode : str
        ``"practice"`` or ``"study"``.
    filters : Filters
        Which cases are studied.
    studied : int
        Which of these is shown, from 0.
    twin : bool
        Whether the case's twin is shown beneath it.
    presenter : bool
        One strip, one map, large type.

    Raises
    ------
    InvalidValue
        When there is no such case or moment.
    UnknownName
        When a name is not in its list.
    """

    readings: tuple[Reading, ...]
    case: int = 0
    target: str | None = None
    against: str | None = None
    layer: str | None = None
    rule: str = DEFAULT_RULE
    weight: float | None = None
    moment: float = 0.0
    threshold: float = AGREEMENT_THRESHOLD
    own_scale: bool = False
    classes: tuple[str, ...] = field(default_factory=lambda: grouping().classes)
    views: tuple[str, ...] = tuple(VIEWS)
    riddles: tuple[int, ...] = ()
    brush: str = ""
    mode: str = PRACTICE
    filters: Filters = field(default_factory=Filters)
    studied: int = 0
    twin: bool = False
    presenter: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.case < len(self.readings):
            raise InvalidValue(f"there are {len(self.readings)} cases, numbered from 0; {self.case} is none of them")
        if self.mode not in (PRACTICE, STUDY):
            raise UnknownName(f"no mode is called {self.mode!r}; there are {PRACTICE}, {STUDY}")
        if not self.brush:
            object.__setattr__(self, "brush", self.views[0])
        if self.brush not in self.views:
            raise UnknownName(f"no view is called {self.brush!r}; there are {choices(self.views)}")
        known = answers(self.classes)
        for number, reading in enumerate(self.readings):
            if reading.answer is not None and reading.answer not in known:
                raise UnknownName(f"no answer is called {reading.answer!r}; there are {choices(known)}")
            steps = self.ladder(number)
            if reading.step not in steps:
                raise UnknownName(f"no step is called {reading.step!r}; there are {choices(steps)}")
            if strange := {mark.brush for mark in reading.drawn} - set(self.views):
                raise UnknownName(f"marks are drawn for a view, {choices(self.views)}; not for {choices(strange)}")
        for code in (self.target, self.against):
            if code is not None and code not in self.classes:
                raise UnknownName(f"no class is called {code!r}; there are {choices(self.classes)}")
        rule_named(self.rule)
        if not 0 <= self.moment <= SECONDS:
            raise InvalidValue(f"a strip runs from 0 to {SECONDS:g} s; {self.moment:g} s is outside it")
        if not LEAST_THRESHOLD <= self.threshold <= MOST_THRESHOLD:
            raise InvalidValue(f"a map looks from {LEAST_THRESHOLD:g} to {MOST_THRESHOLD:g} of its own maximum on")
        if self.weight is not None and not 0 <= self.weight <= 1:
            raise InvalidValue(f"a weight is a share from 0 to 1, not {self.weight:g}")

    @classmethod
    def fresh(
        cls,
        cases: int,
        classes: Sequence[str] | None = None,
        views: Sequence[str] = tuple(VIEWS),
        riddles: Sequence[int] = (),
    ) -> "CaseState":
        """The state before anything was done."""
        known = grouping().classes if classes is None else tuple(classes)
        return cls((Reading(),) * cases, classes=known, views=tuple(views), riddles=tuple(riddles))

    @classmethod
    def from_json(cls, held: dict[str, Any]) -> Self:
        """The state of what `to_json` gave.

        Raises
        ------
        InvalidValue
            When it is something else.
        """
        try:
            lists: dict[str, Any] = {
                name: tuple(held[name]) for name in ("classes", "views", "riddles") if name in held
            }
            readings = tuple(
                Reading(**{**reading, "drawn": tuple(Mark.of(mark) for mark in reading.get("drawn", ()))})
                for reading in held["readings"]
            )
            filters = {"filters": Filters(**held["filters"])} if "filters" in held else {}
            given: dict[str, Any] = {**held, **lists, **filters, "readings": readings}
            return cls(**given)
        except (KeyError, TypeError, AttributeError) as problem:
            raise InvalidValue(
                f"this is no saved state of a CaseExplorer ({problem}); use what to_json gave"
            ) from problem

    def ladder(self, case: int | None = None) -> tuple[str, ...]:
        """The steps of a case; of the one that is shown, if none is named."""
        return ladder(self.views, (self.case if case is None else case) in self.riddles)

    @property
    def reading(self) -> Reading:
        """The reading of the case that is shown."""
        return self.readings[self.case]

    def reached(self, step: str) -> bool:
        """True when the case has come as far as this step; in study all is shown."""
        steps = self.ladder()
        return self.mode == STUDY or (step in steps and steps.index(self.reading.step) >= steps.index(step))

    @property
    def next_step(self) -> str:
        """The step after the present one; empty at the end."""
        steps = self.ladder()
        at = steps.index(self.reading.step) + 1
        return steps[at] if at < len(steps) else ""

    def answered(self, answer: str | None) -> "CaseState":
        """With another answer; once the networks' answers have been shown, the learner's own stands."""
        return self.read(replace(self._open(), answer=answer))

    def sure(self, confidence: int | None) -> "CaseState":
        """With another confidence, under the same rule."""
        return self.read(replace(self._open(), confidence=confidence))

    def drew(self, marks: tuple[Mark, ...]) -> "CaseState":
        """With other marks of where the views may have looked; once a map has been shown, they stand."""
        if self.reading.step != ANSWERS:
            raise InvalidValue(text("case.drawn_stands"))
        return self.read(replace(self.reading, drawn=marks, no_idea=False))

    def onward(self) -> "CaseState":
        """One step up the ladder, and from its top to the next case."""
        if self.mode == STUDY:
            return self.moved(1)
        if not self.next_step:
            return self.at_case(self.case + 1)
        if not self.reading.ready(self.views):
            raise InvalidValue(text("case.first_draw" if self.reading.step == ANSWERS else "case.first_answer"))
        return self.read(replace(self.reading, step=self.next_step))

    def at_case(self, case: int) -> "CaseState":
        """At another case, as it was left; rule and threshold stay, the target is what the networks answer there."""
        return replace(self, case=case, target=None, against=None, moment=0.0, twin=False, brush=self.views[0])

    def marked(self, start: float, end: float) -> "CaseState":
        """With one more mark of the brush in hand, from and to these seconds."""
        return self.drew(merged([*self.reading.drawn, Mark(self.brush, start, end)]))

    def unmarked(self) -> "CaseState":
        """Without the last mark of the brush in hand."""
        own = [mark for mark in self.reading.drawn if mark.brush == self.brush]
        return self.drew(tuple(mark for mark in self.reading.drawn if mark is not own[-1])) if own else self

    def moved(self, by: int) -> "CaseState":
        """So many cases further, of the practice or of those that are studied."""
        if self.mode == PRACTICE:
            return self.at_case(self.case + by)
        return replace(self, studied=max(0, self.studied + by), twin=False, target=None, against=None)

    def in_mode(self, mode: str) -> "CaseState":
        """In practice or study; each is found again as it was left."""
        return replace(self, mode=mode, twin=False, target=None, against=None)

    def at_cell(self, cell: str) -> "CaseState":
        """Studying the cases of one cell of the confusion matrix, ``"SR|AFIB"``: the source's word, then the answer."""
        truth, _, answer = cell.partition("|")
        return self.filtered(rhythm=truth, answer=answer, outcome=ANY, source=ANY)

    def read(self, reading: Reading) -> "CaseState":
        """With another reading of the case that is shown."""
        readings = list(self.readings)
        readings[self.case] = reading
        return replace(self, readings=tuple(readings))

    def filtered(self, **changed: str) -> "CaseState":
        """Studying other cases, from the first of them."""
        return replace(self, filters=replace(self.filters, **changed), studied=0, twin=False, target=None, against=None)

    def _open(self) -> Reading:
        if self.reading.committed:
            raise InvalidValue(text("case.stands"))
        return self.reading
