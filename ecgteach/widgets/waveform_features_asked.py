"""What a WaveformFeatures asks of networks and waves, each once; averages over strips with the same answer."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ..cases import Case, all_cases, read_cases
from ..checks.counterfactual import WaveEdit, edit_wave
from ..explanation import Explanation, explain
from ..kept import Kept
from ..models import Network
from ..records import Record
from ..waves import Attention, attention_by_group, attention_by_wave, attention_table, delineate
from .waveform_features_words import Bar

if TYPE_CHECKING:
    import pandas

MOST_KEPT = 48
MOST_STRIPS = 12
"""Strips of one class and outcome that an average is made of."""


class Asked:
    """What networks and waves say of the cases of one widget.

    Parameters
    ----------
    networks : mapping of str to Network
        By view.
    given : Network or mapping, optional
        What was given to the widget; None for the shipped pair, whose cases are kept by `ecgteach.cases`.
    records : sequence of Record
        The cases.
    """

    def __init__(
        self,
        networks: Mapping[str, Network],
        given: Network | Mapping[str, Network] | None,
        records: Sequence[Record],
    ) -> None:
        self.records = tuple(records)
        self._networks = networks
        self._given = given
        self._kept = Kept(MOST_KEPT)

    def explained(self, case: int) -> Explanation:
        """The maps of a case, for what both networks answer together."""
        return self._kept.once(("maps", case), lambda: self._explain(self.records[case]))

    def attention(self, case: int) -> Attention:
        """How much of each map lies on each segment."""
        return self._kept.once(("waves", case), lambda: _attention(self.explained(case)))

    def edited(self, case: int, segment: str) -> WaveEdit | None:
        """What changing one kind of wave does to the answers; None where there is none."""
        make = partial(edit_wave, self.explained(case), self.attention(case).waves, segment, self._networks)
        return self._kept.once(("edit", case, segment), make)

    def average(
        self, target: str, outcome: str | None, segments: Sequence[str]
    ) -> tuple[dict[str, dict[str, Bar]], int]:
        """Mean bars over strips that are answered with a class, and how many; of one outcome, or of both.

        The band of a mean is that of its 95 % interval, where there are recordings enough for one.
        """
        outcomes = ("right", "wrong") if outcome is None else (outcome,)
        tables = [self._table(target, one) for one in outcomes]
        tables = [one for one in tables if len(one)]
        if not tables:
            return {}, 0
        import pandas

        table = pandas.concat(tables)
        count = int(table["recording"].nunique())
        means = attention_by_group(table, by=("target",))
        bars: dict[str, dict[str, Bar]] = {view: {} for view in dict.fromkeys(table["view"])}
        for line in means.to_dict("records"):
            if line["wave"] in segments:
                bars[line["view"]][line["wave"]] = Bar(
                    line["density"],
                    line["mass"],
                    _or(line["density_low"], line["density"]),
                    _or(line["density_high"], line["density"]),
                    line["blurred"] > 1 / 2,
                )
        return bars, count

    def _table(self, target: str, outcome: str) -> "pandas.DataFrame":
        def make() -> "pandas.DataFrame":
            chosen = [case for case in self._pool() if case.answer == target and case.right() is (outcome == "right")][
                :MOST_STRIPS
            ]
            return attention_table(self._explain(case.record) for case in chosen)

        return self._kept.once(("table", target, outcome), make)

    def _pool(self) -> Sequence[Case]:
        """Strips to average over: all that came with the package where the networks are its own, else the cases."""
        if self._given is None:
            return all_cases()
        return self._kept.once("pool", lambda: read_cases(self.records, self._networks))

    def _explain(self, record: Record) -> Explanation:
        return explain(record.strip().for_reading(), models=self._networks)


def _attention(seen: Explanation) -> Attention:
    return attention_by_wave(seen, delineate(seen.strip))


def _or(value: Any, otherwise: float) -> float:
    return otherwise if value != value else float(value)
