"""A reader that knows persons and no medicine: near perfect on a split by strip, the coin on a split by patient."""

import pytest

from ecgteach.errors import InvalidValue
from ecgteach.quiz.leakage import STRIPS_EACH, recognised


@pytest.fixture(scope="module")
def found():
    return [recognised(40, seed=seed) for seed in (1, 2)]


def test_dealt_by_strip_persons_are_recognised(found):
    assert all(one.by_strip > 0.9 for one in found)


def test_split_by_patient_nothing_is_left_but_the_coin(found):
    assert all(0.25 < one.by_patient < 0.75 for one in found)


def test_counts_are_told_and_a_seed_gives_the_same_again(found):
    assert (found[0].people, found[0].strips) == (40, 40 * STRIPS_EACH)
    assert recognised(40, seed=1) == found[0]


@pytest.mark.parametrize("people", [9, 201])
def test_too_few_or_too_many_people_are_refused(people):
    with pytest.raises(InvalidValue, match="10 to 200 people"):
        recognised(people)
