"""What a CaseExplorer asks of networks and checks, each once: going back costs nothing, memory does not grow."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..cases import Case, Solution, all_cases, read_cases, twin_of
from ..errors import EmptyMap
from ..explanation import Explanation, explain
from ..fusion import DEFAULT_RULE, fuse
from ..kept import Kept
from ..models import Network
from ..records import Record
from ..strip import Strip
from .case_state import CaseState
from .strips import WEIGHTED

if TYPE_CHECKING:
    from ..checks.trust import TrustReport

MOST_KEPT = 32
"""Explanations, strips, reports and the like; the oldest goes."""

MOST_DRAWS = 20
"""Random weights are drawn so often until their map has something in it."""


class Asked:
    """What networks and checks say of the cases of one explorer.

    Parameters
    ----------
    models : mapping of str to Network
        By view.
    given : Network or mapping, optional
        What was given to the explorer; None for the shipped pair, whose cases are kept by `ecgteach.cases`.
    records : sequence of Record, optional
        Where the explorer was given its own cases: these are studied, else all that came with the package.
    seed : int
        Draws random weights, and which of two letters is real.
    """

    def __init__(
        self,
        models: Mapping[str, Network],
        given: Network | Mapping[str, Network] | None,
        records: Sequence[Record] | None,
        seed: int,
    ) -> None:
        self._models = models
        self._given = given
        self._records = records
        self._seed = seed
        self._kept = Kept(MOST_KEPT)

    def explained(self, strip: Strip, state: CaseState) -> Explanation:
        """A strip explained as the state asks; networks run once for each target and layer, not for each rule."""
        against = None if state.against == state.target else state.against

        def made() -> Explanation:
            target, over = state.target, against
            if over is not None and target is None:
                target = explain(strip, self._models).target
                over = None if over == target else over
            return explain(strip, self._models, target, layer=state.layer, against=over)

        return _fused(self._kept.once(("seen", _name(strip), state.target, against, state.layer), made), state)

    def tested(self, strip: Strip, state: CaseState) -> "TrustReport":
        """Tests of the map for the networks' own answer, fused by the usual rule: that is judged, whatever is set."""
        from ..checks.trust import trust  # brings scipy.stats, which reading does without

        seen = self.explained(strip, as_usual(state))
        return self._kept.once(("tested", _name(strip)), lambda: trust(seen, self._models))

    def letter(self, case: int) -> str:
        """Which of both maps is the trained network's."""
        return Random(f"{self._seed} {case}").choice("AB")

    def riddle(self, strip: Strip, view: str, case: int) -> dict[str, NDArray[np.float32]]:
        """A view's map, and one of the same network with random weights, by letter."""
        seen = self._kept.once(("seen", _name(strip), None, None, None), lambda: explain(strip, self._models))

        def made() -> NDArray[np.float32]:
            from ..checks.sanity import randomise

            for draw in range(self._seed, self._seed + MOST_DRAWS):
                other = explain(strip, {view: randomise(self._models[view], seed=draw)}, seen.target)
                if other.views[view].on_time.max() > 0:
                    break
            return other.views[view].on_time

        real, other = seen.views[view].on_time, self._kept.once(("random", _name(strip)), made)
        return {"A": real, "B": other} if self.letter(case) == "A" else {"A": other, "B": real}

    def pool(self) -> tuple[Case, ...]:
        """All cases that can be studied."""
        if self._records is None:
            return all_cases(self._given)
        records = self._records
        return self._kept.once("pool", lambda: read_cases(records, self._given))

    def twin(self, record: Record, unread: Collection[str]) -> Case | None:
        """A case with the same answer and the opposite outcome; none that is still to be read."""
        case = self._kept.once(("case", record.name), lambda: read_cases([record], self._given)[0])
        others = self.pool() if self._records is None else (*self.pool(), *all_cases(self._given))
        return twin_of(case, others, unread)

    def solution(self, record: Record) -> Solution:
        """What a case turns out to be."""
        return self._kept.once(("solution", id(record)), lambda: Solution.of(record))

    def strip(self, record: Record) -> Strip:
        """A record's strip as the networks read it."""
        return self._kept.once(("strip", id(record)), lambda: record.strip().for_reading())

    def remark(self, record: Record) -> str:
        """What the authors wrote of an embedded strip."""
        if self._records is not None:
            return ""
        return next((case.sample.reason for case in self.pool() if case.record.name == record.name and case.sample), "")


def as_usual(state: CaseState) -> CaseState:
    """For the networks' own answer, at the usual layer, by the usual rule."""
    return replace(state, target=None, against=None, layer=None, rule=DEFAULT_RULE, weight=None)


def _name(strip: Strip) -> int:
    return hash(strip.samples.tobytes())


def _fused(seen: Explanation, state: CaseState) -> Explanation:
    """The same maps, fused by another rule or with other weights; no network runs."""
    if len(seen.views) < 2 or (state.rule == seen.rule and state.weight is None):
        return seen
    sure = {name: view.prediction.probabilities[seen.target] for name, view in seen.views.items()}
    if state.rule == WEIGHTED and state.weight is not None:
        sure = {name: state.weight if number == 0 else 1 - state.weight for number, name in enumerate(seen.views)}
    try:
        fused, reason = fuse({name: view.on_time for name, view in seen.views.items()}, state.rule, sure), ""
    except EmptyMap as problem:
        fused, reason = None, str(problem)
    return replace(seen, rule=state.rule, fused=fused, fused_reason=reason)
