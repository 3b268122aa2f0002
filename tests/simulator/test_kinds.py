import numpy as np
import pytest

from ecgteach.errors import InvalidValue, UnknownName
from ecgteach.rhythms import grouping, rhythm
from ecgteach.simulator import simulate_many, stream_strips
from ecgteach.simulator.kinds import Kind, _kind, kind, kinds
from ecgteach.training.recipes import recipe

SEEDS = 4


@pytest.mark.parametrize("name", kinds())
def test_every_kind_is_made_and_its_group_is_that_of_its_rhythm(name):
    one = kind(name)
    random = np.random.default_rng(0)
    for seed in range(SEEDS):
        record = simulate_many([one.rhythm], seeds=[seed], seconds=10, leads=("II",), noise=None, **one.draw(random))[0]
        assert record.truth is not None
        own = rhythm(one.rhythm)
        candidates = {group and group.code for group in (grouping().group_of(own, rate) for rate in (45, 75, 140))}
        assert one.group in candidates


def test_one_of_the_listed_values_is_drawn():
    pacs = {kind("sinus rhythm with PACs").draw(np.random.default_rng(seed))["pacs"] for seed in range(40)}
    assert pacs == {1, 2, 3}


def test_strips_come_in_the_shares_of_kinds_that_were_asked_for():
    shares = {"flutter 2:1": 0.75, "sinus bradycardia": 0.25}
    strips = list(stream_strips(64, 3, kinds=shares))
    rhythms = np.concatenate([part.rhythms for part in strips])
    assert set(rhythms) == {"AFL", "SB"}
    assert 0.6 < np.mean(rhythms == "AFL") < 0.9
    assert set(np.concatenate([part.groups for part in strips])) == {"AFIB", "SB"}


def test_a_kind_off_the_list_cannot_be_learnt():
    with pytest.raises(InvalidValue, match="complete block is of no group"):
        next(stream_strips(2, 0, kinds={"complete block": 1.0}))
    with pytest.raises(InvalidValue, match="simulated_kinds gives shares"):
        recipe("shipped", simulated_kinds={"complete block": 1.0})


def test_an_unknown_kind_or_a_broken_entry_is_named():
    with pytest.raises(UnknownName, match="'flutter 7:1'"):
        kind("flutter 7:1")
    with pytest.raises(InvalidValue, match="rhythm of 'x' is 'QQ'"):
        _kind("x", {"rhythm": "QQ"})
    with pytest.raises(InvalidValue, match="group of 'x' is 'QQ'"):
        _kind("x", {"rhythm": "SR", "group": "QQ"})
    assert _kind("x", {"rhythm": "AFL", "group": "AFIB", "ratio": [2, 4]}) == Kind(
        "x", "AFL", "AFIB", (("ratio", (2, 4)),)
    )
