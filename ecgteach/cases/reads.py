"""Recordings as networks read them, in one pass: what the choice of cases, twins and confusion matrices rest on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from ..explanation import averaged, highest
from ..models import Network, Prediction, expect_networks, predict, shipped
from ..records import Record, samples
from ..records.embedded import MISREAD, Sample
from ..rhythms import grouping
from .solution import Solution

BATCH = 16


@dataclass(frozen=True, eq=False)
class Case:
    """A recording, what it is, and how the networks read its strip.

    Parameters
    ----------
    record : Record
        Its first strip is read.
    group : str or None
        Code of its group by rhythm and rate; None where no single rhythm is known, or none of the groups fits.
    answers : dict of str to str
        Each view's answer.
    answer : str
        What all views answer together, by averaged probability.
    probability : float
        Of that answer, averaged.
    sample : Sample, optional
        Its line in the table of embedded strips, if it is one of these.
    """

    record: Record
    group: str | None
    answers: dict[str, str]
    answer: str
    probability: float
    sample: Sample | None = None

    @property
    def confirmed(self) -> bool:
        """True when the label was looked at a second time, since networks answer otherwise."""
        return self.sample is not None and MISREAD in self.sample.uses

    @property
    def misread(self) -> bool:
        """True when a view answers otherwise than the label says."""
        return self.group is not None and any(answer != self.group for answer in self.answers.values())

    def right(self, view: str | None = None) -> bool | None:
        """Whether a view, or all together, answer as the label says; None where there is no label to judge by."""
        if self.group is None:
            return None
        return (self.answer if view is None else self.answers[view]) == self.group


def recording(record: Record) -> str:
    """Source and name of the recording that an embedded strip was cut from."""
    return record.name.partition("@")[0]


def groups_at_hand() -> tuple[str, ...]:
    """The groups of which strips came with the package."""
    return tuple(code for code in grouping().classes if samples(code))


def all_cases(models: Network | Mapping[str, Network] | None = None) -> tuple[Case, ...]:
    """Every embedded strip whose label is sure, as the networks read it; by default the shipped pair."""
    return _shipped_cases() if models is None else _embedded(models)


def read_cases(records: Sequence[Record], models: Network | Mapping[str, Network] | None = None) -> tuple[Case, ...]:
    """Any recordings as the networks read them; by default the shipped pair."""
    solutions = [Solution.of(record) for record in records]
    groups = [None if one.rhythm is None or one.group is None else one.group.code for one in solutions]
    lines: list[Sample | None] = [None] * len(records)
    return _read(records, groups, lines, shipped() if models is None else models)


@cache
def _shipped_cases() -> tuple[Case, ...]:
    return _embedded(shipped())


def _embedded(models: Network | Mapping[str, Network]) -> tuple[Case, ...]:
    lines = [line for group in groups_at_hand() for line in samples(group)]
    return _read([line.load() for line in lines], [line.group for line in lines], lines, models)


def _read(
    records: Sequence[Record],
    groups: Sequence[str | None],
    lines: Sequence[Sample | None],
    models: Network | Mapping[str, Network],
) -> tuple[Case, ...]:
    if not records:
        return ()
    strips = np.stack([record.strip().for_reading().samples for record in records])
    batches = [strips[first : first + BATCH] for first in range(0, len(strips), BATCH)]
    logits = {view: (predict(model, batches, view), model.classes) for view, model in expect_networks(models).items()}
    cases = []
    for number, (record, group, line) in enumerate(zip(records, groups, lines, strict=True)):
        of_strip = {view: Prediction(rows[number], classes) for view, (rows, classes) in logits.items()}
        mean = averaged(of_strip)
        answer = highest(mean)
        answers = {view: prediction.answer for view, prediction in of_strip.items()}
        cases.append(Case(record, group, answers, answer, mean[answer], line))
    return tuple(cases)
