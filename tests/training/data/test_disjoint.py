"""No figure rests on a recording that was seen in training: told by what recordings hold, not by their names."""

import hashlib
from collections import defaultdict
from functools import cache
from itertools import combinations

import numpy as np
import pytest

from ecgteach.records import open_dataset
from ecgteach.records.splits import PARTS, twin_of
from ecgteach.sources import readable

SECONDS = 5


@cache
def recordings_by_content(folder, part):
    """Recordings of a part, under the fingerprint of every lead's first five seconds in microvolt."""
    found = defaultdict(set)
    for dataset in (open_dataset(name, folder).split(part) for name in readable()):
        for record in dataset.records():
            for lead in record.signals[:, : round(SECONDS * record.sampling_rate)]:
                microvolts = np.round(lead * 1000)
                if np.ptp(microvolts) > 0:
                    fingerprint = hashlib.sha256(microvolts.astype("<i4").tobytes()).hexdigest()
                    found[fingerprint].add((dataset.source, record.id))
    return found


@pytest.mark.data
@pytest.mark.parametrize(("one", "other"), list(combinations(PARTS, 2)))
def test_no_lead_of_one_part_stands_in_another(recordings, one, other):
    first, second = recordings_by_content(recordings, one), recordings_by_content(recordings, other)
    assert first
    assert second
    assert not [(first[lead], second[lead]) for lead in first.keys() & second.keys()]


@pytest.mark.data
@pytest.mark.parametrize("part", PARTS)
def test_whoever_holds_the_same_lead_is_known_as_one_recording(recordings, part):
    twins = [names for names in recordings_by_content(recordings, part).values() if len(names) > 1]
    assert all(len({twin_of(*name) for name in names}) == 1 for names in twins)
    if part == "train":
        assert {("ptb-xl", "1"), ("challenge-2021", "HR00001")} in twins
