"""Cases for practice: real strips that came with the package, drawn by seed, some of them misread by the networks."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from random import Random

import numpy as np

from .beats import find_beats
from .errors import InvalidValue
from .explanation import averaged, highest
from .models import Network, Prediction, expect_networks, inputs_of, module_of, shipped
from .records import Record, sample, samples
from .rhythms import BRADYCARDIA_BELOW, TACHYCARDIA_ABOVE, Group, Rhythm, grouping, rhythm
from .strip import Strip

CASES = 12
MOST_EACH = 6
SEED = 23
BORDER = 5.0
"""No sinus strip within so many beats per minute of a limit of rate: there the label is a matter of taste."""

ENOUGH = 8
"""Recordings of a group that can spare two for the contrasting pair: the fast group cannot."""

BATCH = 16


def blind(strip: Strip) -> Strip:
    """A strip without what would give its answer away: rhythm, marks, source, place in its record."""
    return replace(strip, rhythm=None, annotations=(), truth=None, source_id="", start=0.0)


@dataclass(frozen=True)
class Solution:
    """What a case turns out to be: the source's own rhythm, our group by rhythm and rate, the measured rate."""

    rhythm: Rhythm | None
    group: Group | None
    rate: float

    @classmethod
    def of(cls, record: Record) -> "Solution":
        """The solution of a record's first strip."""
        strip = record.strip()
        rate = find_beats(strip).rate
        return cls(strip.rhythm, grouping().group_of(strip.rhythm, rate), rate)

    @property
    def rhythm_name(self) -> str:
        """The source's own rhythm in full words."""
        return self.rhythm.name if self.rhythm else "no single rhythm"

    @property
    def group_name(self) -> str:
        """The group in full words."""
        return self.group.name if self.group else "none of the groups"

    def __str__(self) -> str:
        return f"{self.rhythm_name}, {self.rate:.0f} a minute (group: {self.group_name})"


def choose_cases(
    seed: int = SEED, number: int = CASES, models: Network | Mapping[str, Network] | None = None
) -> tuple[Record, ...]:
    """Real strips in a mixed order, the same for the same seed and networks.

    Each group has as many as the others. In every group in which a network misread a strip, one such strip is among
    them, so that some answers are wrong and the learner cannot lean on them. A recording comes once, and none that
    `contrasting_pair` or the first `sample` of a group has shown.

    Parameters
    ----------
    seed : int
        Another seed draws others.
    number : int
        How many: as many of each group, up to six.
    models : Network or mapping of str to Network, optional
        The networks whose answers decide what is misread; by default the shipped pair.

    Raises
    ------
    InvalidValue
        When so many cannot be drawn.
    """
    classes = _classes()
    each, rest = divmod(number, len(classes))
    if rest or not 1 <= each <= MOST_EACH:
        raise InvalidValue(
            f"cases are drawn in equal shares of {len(classes)} groups: "
            f"{len(classes)}, {2 * len(classes)} ... {MOST_EACH * len(classes)}, not {number}"
        )
    draw = Random(seed)
    reads = _reads(models)
    known = {recording(record) for record in (*contrasting_pair(models), *map(sample, classes))}
    chosen: list[_Read] = []
    for group in classes:
        of_group = [read for read in reads if read.group == group and recording(read.record) not in known]
        draw.shuffle(of_group)
        of_group = list({recording(read.record): read for read in of_group}.values())
        misread = [read for read in of_group if read.misread][:1]
        right = [read for read in of_group if not read.misread]
        others = [read for read in of_group if read.misread][1:]
        chosen += [*misread, *right, *others][:each]
    draw.shuffle(chosen)
    return tuple(read.record for read in chosen)


def contrasting_pair(models: Network | Mapping[str, Network] | None = None) -> tuple[Record, Record]:
    """Two strips of one group, one that both networks read right and one on which they are most surely wrong.

    They are of a group that can spare them, and their order does not tell which is which. The wrong one is the strip
    whose wrong answer has the highest probability, averaged over the views; where the networks err on none, the strip
    whose right answer has the lowest. The right one is the strip of its group whose right answer has the highest.

    Parameters
    ----------
    models : Network or mapping of str to Network, optional
        By default the shipped pair.
    """
    reads = _reads(models)
    held = Counter(group for group, _ in {(read.group, recording(read.record)) for read in reads})
    reads = tuple(read for read in reads if held[read.group] >= ENOUGH)
    wrong = max(reads, key=lambda read: read.probability if read.answer != read.group else -read.probability)
    same = [read for read in reads if read.group == wrong.group and recording(read.record) != recording(wrong.record)]
    right = max(same, key=lambda read: (not read.misread, read.probability))
    pair = [right, wrong]
    Random(SEED).shuffle(pair)
    return pair[0].record, pair[1].record


def recording(record: Record) -> str:
    """Source and name of the recording that an embedded strip was cut from."""
    return record.name.partition("@")[0]


@dataclass(frozen=True, eq=False)
class _Read:
    """An embedded strip and how the networks read it."""

    record: Record
    group: str
    answers: dict[str, str]
    answer: str
    probability: float

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
    held = [
        (line.group, sample(line.group, number))
        for group in _classes()
        for number, line in enumerate(samples(group))
        if not (rhythm(line.rhythm).sinus and _borders(line.rate))
    ]
    strips = np.stack([record.strip().for_reading().samples for _, record in held])
    predictions = {view: _predict(view, model, strips) for view, model in expect_networks(models).items()}
    reads = []
    for number, (group, record) in enumerate(held):
        of_strip = {view: predictions[view][number] for view in predictions}
        mean = averaged(of_strip)
        answer = highest(mean)
        answers = {view: prediction.answer for view, prediction in of_strip.items()}
        reads.append(_Read(record, group, answers, answer, mean[answer]))
    return tuple(reads)


def _predict(view: str, model: Network, strips: "np.typing.NDArray[np.float32]") -> list[Prediction]:
    import torch

    from .probing import twin

    predictions, asked = [], twin(module_of(model))
    with torch.no_grad():
        for first in range(0, len(strips), BATCH):
            logits = asked(inputs_of(model, strips[first : first + BATCH], view)).float().cpu().numpy()
            predictions += [Prediction(row, model.classes) for row in logits]
    return predictions


def _borders(rate: float) -> bool:
    return min(abs(rate - BRADYCARDIA_BELOW), abs(rate - TACHYCARDIA_ABOVE)) < BORDER
