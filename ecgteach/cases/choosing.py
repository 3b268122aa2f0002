"""Which strips: cases for practice, some of them misread; a contrasting pair; a twin with the opposite outcome."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from random import Random

import numpy as np

from ..arguments import checked
from ..beats import find_beats
from ..errors import InvalidValue
from ..explanation import Explanation, explain
from ..models import Network
from ..records import Record, sample
from ..records.embedded import EXAMPLE
from ..strip import SAMPLES, SAMPLING_RATE
from .reads import Case, all_cases, groups_at_hand, recording

CASES = 12
SEED = 23

MISREAD_SHARE = 0.4
"""Share of the cases in which a network is to err: three to five in ten, so that nobody can lean on the networks."""

ENOUGH = 8
"""Recordings of a group that can spare two for the contrasting pair: the fast group cannot."""

SURELY = 0.6
"""Probability, averaged over the views, from which an answer counts as given with assurance."""

TRUE_LEAD = "II"

BEFORE_QRS = (0.28, 0.08)
"""Seconds before the R peak between which P is, or is missing: 240 to 40 ms before the onset of the QRS complex."""


@checked
def choose_cases(
    seed: int = SEED, number: int = CASES, models: Network | Mapping[str, Network] | None = None
) -> tuple[Record, ...]:
    """Real strips in a mixed order, the same for the same seed and networks.

    Only strips whose label is sure are drawn. Each group has as many as the others. In three to five of ten a network
    is wrong, as far as there are such strips whose label held at a second look, and about half of these have a map
    that looks right (`looks_right`): neither the networks nor a map can be leaned on. A recording comes once, and none
    that `contrasting_pair` or the first `sample` of a group has shown.

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
    classes = groups_at_hand()
    draw = Random(seed)
    known = {recording(record) for record in (*contrasting_pair(models), *map(sample, classes))}
    free = [case for case in all_cases(models) if recording(case.record) not in known]
    most = min(len({recording(case.record) for case in free if case.group == group}) for group in classes)
    each, rest = divmod(number, len(classes))
    if rest or not 1 <= each <= most:
        shares = ", ".join(str(share * len(classes)) for share in range(1, most + 1))
        raise InvalidValue(f"cases are drawn in equal shares of {len(classes)} groups: {shares}, not {number}")
    draw.shuffle(free)
    once = list({recording(case.record): case for case in free}.values())
    misread = _misread(once, round(MISREAD_SHARE * number), each, models)
    chosen: list[Case] = []
    for group in classes:
        of_group = [case for case in once if case.group == group]
        held = [case for case in of_group if case in misread]
        right = [case for case in of_group if not case.misread]
        others = [case for case in of_group if case.misread and case not in held]
        chosen += [*held, *right, *others][:each]
    draw.shuffle(chosen)
    return tuple(case.record for case in chosen)


def _misread(
    cases: Sequence[Case], number: int, each: int, models: Network | Mapping[str, Network] | None
) -> list[Case]:
    """Misread cases, those whose map looks right and those whose map does not by turns; no group is left without a
    case that was read right, where it has more than one.
    """
    kinds: dict[bool, list[Case]] = {True: [], False: []}
    for case in cases:
        if case.misread and case.confirmed:
            kinds[looks_right(explain(case.record, models))].append(case)
    room = Counter({group: max(1, each - 1) for group in groups_at_hand()})
    found: list[Case] = []
    kind = False
    while len(found) < number:
        fitting = {of: [case for case in kinds[of] if room[str(case.group)] and case not in found] for of in kinds}
        if not any(fitting.values()):
            break
        kind = kind if fitting[kind] else not kind
        case = max(fitting[kind], key=lambda one: room[str(one.group)])
        found.append(case)
        room[str(case.group)] -= 1
        kind = not kind
    return found


@checked
def looks_right(seen: Explanation) -> bool:
    """Whether a map lies where a reader would expect it: stronger before the QRS complexes than elsewhere.

    There the P wave is, or is missing; each of the groups is read there. It is plausibility and no more: of maps of
    wrong answers some look right, and of right ones some do not.
    """
    values = seen.fused if seen.fused is not None else next(iter(seen.views.values())).on_time
    before = np.zeros(SAMPLES, dtype=np.bool_)
    for peak in find_beats(seen.strip).times:
        first, last = (max(0, round((peak - ahead) * SAMPLING_RATE)) for ahead in BEFORE_QRS)
        before[first:last] = True
    if not before.any() or before.all():
        return False
    return bool(values[before].mean() > values[~before].mean())


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
    cases = all_cases(models)
    held = Counter(group for group, _ in {(case.group, recording(case.record)) for case in cases})
    cases = tuple(case for case in cases if held[case.group] >= ENOUGH)
    draw = Random(SEED)
    erring = [case for case in cases if case.confirmed and case.answer != case.group and case.probability >= SURELY]
    least_sure = min(cases, key=lambda case: (case.answer != case.group, case.probability))
    draw.shuffle(erring)
    wrong = max(erring, key=lambda case: (_lead(case) == TRUE_LEAD, _basis(case)), default=least_sure)
    same = [case for case in cases if case.group == wrong.group and recording(case.record) != recording(wrong.record)]
    right = max(same, key=lambda case: (not case.misread, *_likeness(case, wrong), case.probability))
    pair = [right, wrong]
    draw.shuffle(pair)
    return pair[0].record, pair[1].record


def twin_of(case: Case, others: Sequence[Case], without: Collection[str] = ()) -> Case | None:
    """The case that got the same answer and turned out the other way, given with the most similar probability.

    Parameters
    ----------
    case : Case
        One with a label; one without has no twin.
    others : sequence of Case
        Among these.
    without : collection of str
        Recordings that are not to be shown.

    Returns
    -------
    Case or None
        None where no other got this answer with the opposite outcome.
    """
    if case.right() is None:
        return None
    fitting = [
        other
        for other in others
        if other.answer == case.answer
        and other.right() is (not case.right())
        and recording(other.record) not in {*without, recording(case.record)}
    ]
    return min(fitting, key=lambda other: abs(other.probability - case.probability), default=None)


def _lead(case: Case) -> str:
    return case.sample.lead if case.sample else ""


def _basis(case: Case) -> int:
    return len(case.sample.basis) if case.sample else 0


def _likeness(case: Case, other: Case) -> tuple[bool, bool]:
    """Whether a strip can stand beside another: in the same lead, and not known as its group's first example."""
    return _lead(case) == _lead(other), case.sample is None or EXAMPLE not in case.sample.uses
