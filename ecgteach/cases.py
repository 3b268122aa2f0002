"""Cases for practice: real strips whose label is sure, drawn by seed, some of them misread by the networks."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from random import Random

import numpy as np

from .arguments import checked
from .beats import find_beats
from .errors import InvalidValue
from .explanation import averaged, highest
from .models import Network, Prediction, expect_networks, predict, shipped
from .records import Record, sample, samples
from .records.embedded import EXAMPLE, MISREAD, Sample
from .records.findings import in_words
from .rhythms import Group, Rhythm, grouping
from .strip import Strip

CASES = 12
SEED = 23

ENOUGH = 8
"""Recordings of a group that can spare two for the contrasting pair: the fast group cannot."""

SURELY = 0.6
"""Probability, averaged over the views, from which an answer counts as given with assurance."""

TRUE_LEAD = "II"
BATCH = 16


def blind(strip: Strip) -> Strip:
    """A strip without what would give its answer away: rhythm, marks, source, place in its record."""
    return replace(strip, rhythm=None, annotations=(), truth=None, source_id="", start=0.0)


@dataclass(frozen=True)
class Solution:
    """What a case turns out to be: the source's own rhythm, our group by rhythm and rate, the measured rate, the rest.

    Parameters
    ----------
    rhythm : Rhythm or None
        The source's own; None where it names none, or several that disagree. Then nobody's answer is judged.
    group : Group or None
        By rhythm and rate.
    rate : float
        Measured, in beats per minute.
    findings : tuple of str
        What else the source lists, in words: bundle branch block, premature beats, pacing.
    several : bool
        True where the source names several rhythms.
    """

    rhythm: Rhythm | None
    group: Group | None
    rate: float
    findings: tuple[str, ...] = ()
    several: bool = False

    @classmethod
    def of(cls, record: Record) -> "Solution":
        """The solution of a record's first strip."""
        strip = record.strip()
        rate = find_beats(strip).rate
        several = strip.rhythm is None and any(isinstance(label, Rhythm) for label in record.labels)
        return cls(strip.rhythm, grouping().group_of(strip.rhythm, rate), rate, in_words(record.labels), several)

    @property
    def rhythm_name(self) -> str:
        """The source's own rhythm in full words."""
        if self.rhythm is None:
            return "no single rhythm" if self.several else "no label"
        return self.rhythm.name

    @property
    def group_name(self) -> str:
        """The group in full words."""
        if self.rhythm is None:
            return "not known"
        return self.group.name if self.group else "none of the groups"

    def __str__(self) -> str:
        also = f"; also: {', '.join(self.findings)}" if self.findings else ""
        return f"{self.rhythm_name}, {self.rate:.0f} a minute (group: {self.group_name}){also}"


@checked
def choose_cases(
    seed: int = SEED, number: int = CASES, models: Network | Mapping[str, Network] | None = None
) -> tuple[Record, ...]:
    """Real strips in a mixed order, the same for the same seed and networks.

    Only strips whose label is sure are drawn. Each group has as many as the others. In every group in which a network
    misread a strip whose label held at a second look, one such strip is among them, so that some answers are wrong and
    the learner cannot lean on them. A recording comes once, and none that `contrasting_pair` or the first `sample` of
    a group has shown.

    Parameters
    ----------
    seed : int
        Another seed draws others.
    number : int
        How many: as many of each group, as far as the smallest group reaches.
    models : Network or mapping of str to Network, optional
        The networks whose answers decide what is misread; by default the shipped pair.

    Raises
    ------
    InvalidValue
        When so many cannot be drawn.
    """
    classes = _classes()
    draw = Random(seed)
    known = {recording(record) for record in (*contrasting_pair(models), *map(sample, classes))}
    held = {group: [read for read in _reads(models) if read.group == group] for group in classes}
    free = {group: [read for read in held[group] if recording(read.record) not in known] for group in classes}
    most = min(len({recording(read.record) for read in reads}) for reads in free.values())
    each, rest = divmod(number, len(classes))
    if rest or not 1 <= each <= most:
        shares = ", ".join(str(share * len(classes)) for share in range(1, most + 1))
        raise InvalidValue(f"cases are drawn in equal shares of {len(classes)} groups: {shares}, not {number}")
    chosen: list[_Read] = []
    for group in classes:
        draw.shuffle(free[group])
        of_group = list({recording(read.record): read for read in free[group]}.values())
        confirmed = [read for read in of_group if read.misread and read.confirmed][:1]
        right = [read for read in of_group if not read.misread]
        others = [read for read in of_group if read.misread and read not in confirmed]
        chosen += [*confirmed, *right, *others][:each]
    draw.shuffle(chosen)
    return tuple(read.record for read in chosen)


@checked
def contrasting_pair(models: Network | Mapping[str, Network] | None = None) -> tuple[Record, Record]:
    """Two strips of one group, one that both networks read right and one on which they are surely wrong.

    They are of a group that can spare them, and their order does not tell which is which. The wrong one is a strip
    whose label held at a second look and whose wrong answer has a probability of 0.6 or more, averaged over the views;
    of these, one in lead II whose label rests on most, not the one with the highest probability: that finds wrong
    labels. Where there is none, it is the strip whose right answer has the lowest probability. The right one is the
    strip of its group whose right answer has the highest, in the same lead, and no group's first example.

    Parameters
    ----------
    models : Network or mapping of str to Network, optional
        By default the shipped pair.
    """
    reads = _reads(models)
    held = Counter(group for group, _ in {(read.group, recording(read.record)) for read in reads})
    reads = tuple(read for read in reads if held[read.group] >= ENOUGH)
    draw = Random(SEED)
    erring = [read for read in reads if read.confirmed and read.answer != read.group and read.probability >= SURELY]
    least_sure = min(reads, key=lambda read: (read.answer != read.group, read.probability))
    draw.shuffle(erring)
    wrong = max(erring, key=lambda read: (read.sample.lead == TRUE_LEAD, len(read.sample.basis)), default=least_sure)
    same = [read for read in reads if read.group == wrong.group and recording(read.record) != recording(wrong.record)]
    right = max(same, key=lambda read: (not read.misread, *_likeness(read, wrong), read.probability))
    pair = [right, wrong]
    draw.shuffle(pair)
    return pair[0].record, pair[1].record


def _likeness(read: "_Read", other: "_Read") -> tuple[bool, bool]:
    """Whether a strip can stand beside another: in the same lead, and not known as its group's first example."""
    return read.sample.lead == other.sample.lead, EXAMPLE not in read.sample.uses


def recording(record: Record) -> str:
    """Source and name of the recording that an embedded strip was cut from."""
    return record.name.partition("@")[0]


@dataclass(frozen=True, eq=False)
class _Read:
    """An embedded strip whose label is sure, and how the networks read it."""

    sample: Sample
    record: Record
    answers: dict[str, str]
    answer: str
    probability: float

    @property
    def group(self) -> str:
        return self.sample.group

    @property
    def confirmed(self) -> bool:
        """True when the label was looked at a second time, since networks answer otherwise."""
        return MISREAD in self.sample.uses

    @property
    def misread(self) -> bool:
        return any(answer != self.group for answer in self.answers.values())


def _classes() -> tuple[str, ...]:
    """The groups of which strips came with the package."""
    return tuple(code for code in grouping().classes if samples(code))


def _reads(models: Network | Mapping[str, Network] | None) -> tuple[_Read, ...]:
    """Every embedded strip that may be asked, as the networks read it."""
    return _shipped_reads() if models is None else _read_by(models)


@cache
def _shipped_reads() -> tuple[_Read, ...]:
    return _read_by(shipped())


def _read_by(models: Network | Mapping[str, Network]) -> tuple[_Read, ...]:
    held = [(line, line.load()) for group in _classes() for line in samples(group)]
    strips = np.stack([record.strip().for_reading().samples for _, record in held])
    batches = [strips[first : first + BATCH] for first in range(0, len(strips), BATCH)]
    logits = {view: (predict(model, batches, view), model.classes) for view, model in expect_networks(models).items()}
    reads = []
    for number, (line, record) in enumerate(held):
        of_strip = {view: Prediction(rows[number], classes) for view, (rows, classes) in logits.items()}
        mean = averaged(of_strip)
        answer = highest(mean)
        answers = {view: prediction.answer for view, prediction in of_strip.items()}
        reads.append(_Read(line, record, answers, answer, mean[answer]))
    return tuple(reads)
