"""Judging networks on recordings: tables by measured rate and by the sources' own labels.

Sinus strips are graded by their *measured* rate with the same limits for every source, because the sources draw the
line at differing rates or not at all. The headline table leaves out strips within 2/min of a limit, which ten seconds
cannot tell apart; a second table leaves out nothing; a third follows the sources' own labels.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from ecgteach.printing import format_interval
from ecgteach.statistics import FEW

from ...arguments import checked
from ...errors import InvalidValue, UnknownName, choices
from ...models import Network, expect_networks
from ...records import Dataset, Problem
from ...records.dataset import Entry
from ...records.splits import PARTS, is_known, part_of
from ...rhythms import grouping, rhythm
from ..data.strips import StripSet, grouped_strips, write_strips
from ..fit.fitting import predict
from .metrics import Figures, judge

BOTH = "both"
CHOICES = ("held-out", "validation", "test", "new", "all")
NEAR_LIMIT = "within 2/min of a limit (first table only)"
REST = "rest"

Table = dict[str, Figures]
"""Figures of each view and of all of them together."""


@dataclass(frozen=True, repr=False)
class Evaluation:
    """Networks judged on a set of strips.

    Parameters
    ----------
    strips : StripSet
        What was read; `left_out` says what was not.
    probabilities : dict of str to array, shape (n, classes)
        By view, and where there are several, ``"both"``: their average.
    classes : tuple of str
        Names of the outputs.
    """

    strips: StripSet
    probabilities: dict[str, NDArray[np.float64]]
    classes: tuple[str, ...]

    def tables(self) -> dict[str, Table]:
        """The three tables, each with the figures of every view, and of all together where there are several."""
        targets = self.strips.targets
        clear = ~self.strips.near_limit
        everything = np.ones(len(targets), dtype=bool)
        return {
            "measured_rate": self._table(targets, clear),
            "measured_rate_all": self._table(targets, everything),
            "source_labels": self._by_source_labels(),
        }

    def to_json(self) -> dict[str, Any]:
        """Tables, and what was left out, as plain values."""
        near = int(np.count_nonzero(self.strips.near_limit))
        left_out = {**self.strips.left_out, NEAR_LIMIT: near}
        tables = {
            name: {view: asdict(figures) for view, figures in table.items()} for name, table in self.tables().items()
        }
        return {"strips": len(self.strips), "left_out": left_out, "tables": tables}

    def _table(self, targets: NDArray[np.int64], keep: NDArray[np.bool_]) -> Table:
        return {
            view: judge(targets[keep], answered[keep], self.classes, self.strips.recordings[keep])
            for view, answered in self.probabilities.items()
        }

    def _by_source_labels(self) -> Table:
        """All groups where every strip's source grades the rate of sinus rhythms; else those that need no rate (AFIB).

        The others are the rest then, and answer as the strongest of them does.
        """
        groups = [grouping().group_of(rhythm(code)) for code in self.strips.rhythms.tolist()]
        if all(groups) and self.strips.rate_graded.all():
            targets = np.array([self.classes.index(group.code) for group in groups if group], dtype=np.int64)
            return self._table(targets, np.ones(len(targets), dtype=bool))
        apart = [number for number, group in enumerate(grouping().groups) if not group.by_rate]
        named = [self.classes[number] for number in apart]
        targets = np.array(
            [named.index(group.code) if group and group.code in named else len(named) for group in groups],
            dtype=np.int64,
        )
        return {
            view: judge(
                targets,
                _with_rest(answered, apart, np.max),
                (*named, REST),
                self.strips.recordings,
                scores=_with_rest(answered, apart, np.sum),
            )
            for view, answered in self.probabilities.items()
        }

    def __repr__(self) -> str:
        return f"Evaluation of {len(self.strips)} strips from {len(set(self.strips.recordings.tolist()))} recordings"


@checked
def evaluate(
    models: Network | Mapping[str, Network],
    dataset: Dataset,
    *,
    part: str = "held-out",
    report: Callable[[Problem], None] | None = None,
) -> Evaluation:
    """Judge networks on the consecutive ten-second strips of a data set.

    Parameters
    ----------
    models : Network or mapping of str to Network
        One network, or one for each view: ``{"signal": ..., "image": ...}``. Their classes are those of the grouping.
    dataset : Dataset
        The recordings.
    part : {"held-out", "validation", "test", "new", "all"}
        Which of them: by default all that are not in the training part; ``"new"`` are those of which the committed
        split knows neither the recording nor the person.
    report : callable, optional
        Told of each recording that cannot be read; the rest go on.

    Raises
    ------
    UnknownName
        When there is no such part.
    InvalidValue
        When no strip is left to judge.
    """
    chosen = choose_part(dataset, part)
    left_out: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="ecgteach-") as folder:
        grouped = grouped_strips(chosen.records(report), left_out, report)
        # a copy needs no file: the map goes with the last hold on it, as it must before its folder can
        mapped = write_strips(grouped, Path(folder), left_out)
        strips = replace(mapped, microvolts=np.array(mapped.microvolts))
        del mapped
    return evaluate_strips(models, strips)


@checked
def evaluate_strips(models: Network | Mapping[str, Network], strips: StripSet) -> Evaluation:
    """Judge networks on strips that are prepared already.

    Raises
    ------
    InvalidValue
        When a network's classes are not those of the grouping in their order.
    """
    classes = grouping().classes
    networks = expect_networks(models)
    for view, network in networks.items():
        if tuple(network.classes) != classes:
            raise InvalidValue(
                f"the {view} network answers {choices(network.classes)}; strips are judged by {choices(classes)}"
            )
    probabilities = {
        view: softmax(predict(network, strips).astype(np.float64), axis=1) for view, network in networks.items()
    }
    if len(probabilities) > 1:
        probabilities[BOTH] = np.mean(list(probabilities.values()), axis=0)
    return Evaluation(strips, probabilities, classes)


def choose_part(dataset: Dataset, part: str) -> Dataset:
    """The recordings of one part: "held-out" all but training, "new" those whose name and person the split lacks.

    Raises
    ------
    UnknownName
        When there is no such part.
    InvalidValue
        When the data set holds none of it.
    """
    if part not in CHOICES:
        raise UnknownName(f"no part is called {part!r}; there are {choices(CHOICES)}")
    chosen = dataset.where(lambda entry: part == "all" or _belongs(dataset, entry, part))
    if not len(chosen):
        raise InvalidValue(
            f"{dataset.source} holds no recording of the part {part!r}; its parts are {count_parts(dataset)}"
        )
    return chosen


def count_parts(dataset: Dataset) -> dict[str, int]:
    """Recordings of each part; those that the committed split knows neither by name nor by person count as new."""
    counts = Counter(_part(dataset, entry) for entry in dataset.entries)
    return {name: counts[name] for name in (*PARTS, "new")}


def format_tables(tables: Mapping[str, Table]) -> str:
    """The tables as text for a terminal; a class of fewer than 20 strips shows its count only."""
    return "\n\n".join("\n".join(_lines(name, table)) for name, table in tables.items())


def _lines(name: str, table: Table) -> Iterator[str]:
    yield name.replace("_", " ")
    for view, figures in table.items():
        if figures.accuracy is None:
            yield f"  {view:6}  no strips"
            continue
        span = format_interval(figures.interval)
        balanced = f"balanced {figures.balanced_accuracy:.1%}"
        yield f"  {view:6}  {figures.accuracy:6.1%} of {figures.n} strips ({span}), {balanced}"
        for group, row in figures.per_class.items():
            if row.n < FEW:
                yield f"      {group:5} n {row.n:5}   too few strips for a figure"
                continue
            auc = "   -" if row.auc is None else f"{row.auc:.3f}"
            specificity = "     -" if row.specificity is None else f"{row.specificity:6.1%}"
            yield (
                f"      {group:5} n {row.n:5}   sensitivity {row.sensitivity:6.1%}   "
                f"specificity {specificity}   F1 {row.f1:.3f}   AUC {auc}"
            )


def _part(dataset: Dataset, entry: Entry) -> str:
    if not is_known(dataset.source, entry.id, entry.patient):
        return "new"
    return part_of(dataset.source, entry.id, entry.patient)


def _belongs(dataset: Dataset, entry: Entry, part: str) -> bool:
    own = _part(dataset, entry)
    return own != "train" if part == "held-out" else own == part


def _with_rest(
    answered: NDArray[np.float64], apart: list[int], of: Callable[..., NDArray[np.float64]]
) -> NDArray[np.float64]:
    """The probabilities of the classes that stand apart, and what is made of all the others in one more column.

    Their maximum leaves the answer as the network gives it among all its classes; their sum ranks strips.
    """
    return np.column_stack([answered[:, apart], of(np.delete(answered, apart, axis=1), axis=1)])
