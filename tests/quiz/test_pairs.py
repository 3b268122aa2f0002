"""Pairs of strips: drawn by seed, readable, of one rate, and apart in the thing that decides."""

import numpy as np
import pytest

from ecgteach.errors import UnknownName
from ecgteach.quiz.pairs import NEAR, draw_pair, pairs, settings_of, three_at_one_rate
from ecgteach.simulator.hearts import HEARTS

NEAR_EACH_OTHER = 2 * NEAR


def pr_of(truth):
    """PR of each beat that a P wave leads, in seconds."""
    qrs = [wave.onset for wave in truth.of("QRS")]
    return [min(at for at in qrs if at > p.onset) - p.onset for p in truth.of("P") if p.onset < qrs[-1]]


@pytest.mark.parametrize("name", pairs())
def test_each_is_of_one_rate_and_another_seed_draws_others(name):
    one, other = draw_pair(name, seed=1).records
    rates = [60 / float(np.mean(record.truth.rr)) for record in (one, other)]
    assert abs(rates[0] - rates[1]) <= NEAR_EACH_OTHER
    assert not np.array_equal(one["II"], draw_pair(name, seed=2).records[0]["II"])


@pytest.mark.parametrize("name", pairs())
def test_each_says_what_decides_and_what_is_commonly_believed(name):
    pair = draw_pair(name, seed=1)
    assert pair.decides
    assert pair.misconception
    assert {record.rhythm.code for record in pair.records} <= set(HEARTS)


def test_a_seed_gives_the_same_strips_again():
    one, again = (draw_pair("AVNRT or AVRT", seed=3).records[0]["V1"] for _ in range(2))
    assert np.array_equal(one, again)


def test_at_the_limit_both_hold_ten_qrs_complexes_and_rr_tells():
    for seed in range(3):
        one, other = draw_pair("at the limit of 60 a minute", seed=seed).records
        assert [len(record.truth.of("QRS")) for record in (one, other)] == [10, 10]
        assert np.mean(one.truth.rr) > 1.0 > np.mean(other.truth.rr)


def test_blocks_differ_in_pr_before_the_dropped_beat():
    wenckebach, mobitz = draw_pair("Wenckebach or Mobitz II", seed=1).records
    conducted = [[pr for pr in pr_of(record.truth) if pr < 0.5] for record in (wenckebach, mobitz)]
    assert np.ptp(conducted[0]) > 0.03 > np.ptp(conducted[1])


def test_premature_beats_leave_a_steady_rhythm_and_fibrillation_leaves_none():
    fibrillation, premature = draw_pair("fibrillation or premature atrial beats", seed=1).records
    near_the_median = [
        np.mean(abs(record.truth.rr / np.median(record.truth.rr) - 1) < 0.05) for record in (fibrillation, premature)
    ]
    assert near_the_median[0] < 0.5 <= near_the_median[1]


def test_three_strips_run_at_one_rate_in_an_order_that_the_seed_decides():
    orders = set()
    for seed in range(6):
        three = three_at_one_rate(seed=seed)
        assert list(three) == ["A", "B", "C"]
        assert {record.rhythm.code for record in three.values()} == {"AFIB", "SA", "SR"}
        assert all(abs(60 / float(np.mean(record.truth.rr)) - 75) <= NEAR for record in three.values())
        orders.add(tuple(record.rhythm.code for record in three.values()))
    assert len(orders) >= 3


def test_settings_are_read_as_the_simulator_takes_them():
    assert settings_of("rate=42;block=2:1;p=0.15;first_degree=true") == {
        "rate": 42, "block": "2:1", "p": 0.15, "first_degree": True,
    }  # fmt: skip


def test_a_mistyped_pair_is_told_the_likely_one():
    with pytest.raises(UnknownName, match="did you mean AVNRT or AVRT"):
        draw_pair("AVNRT or AVRTT")
