"""Strips of the lessons: drawn by seed, of one rate, and apart in the thing that decides."""

import numpy as np
import pytest

from ecgteach.quiz.lesson_strips import pair_at_the_limit, three_at_one_rate


@pytest.mark.parametrize("seed", range(4))
def test_three_strips_of_one_heart_run_at_one_rate(seed):
    three = three_at_one_rate(seed=seed)
    assert list(three) == ["A", "B", "C"]
    by_code = {record.rhythm.code: record for record in three.values()}
    assert set(by_code) == {"AFIB", "SA", "SR"}
    rates = [60 / float(np.mean(record.truth.rr)) for record in three.values()]
    assert max(rates) - min(rates) < 10
    assert not by_code["AFIB"].truth.of("P")
    assert np.ptp(by_code["SR"].truth.rr) < 0.3 * np.ptp(by_code["SA"].truth.rr)


def test_their_order_is_decided_by_the_seed():
    orders = {tuple(record.rhythm.code for record in three_at_one_rate(seed=seed).values()) for seed in range(8)}
    assert len(orders) >= 3


@pytest.mark.parametrize("seed", range(4))
def test_at_the_limit_both_hold_ten_qrs_complexes_and_rr_tells(seed):
    slow, usual = pair_at_the_limit(seed=seed)
    assert [len(record.truth.of("QRS")) for record in (slow, usual)] == [10, 10]
    assert np.mean(slow.truth.rr) > 1.0 > np.mean(usual.truth.rr)
    assert [slow.rhythm.code, usual.rhythm.code] == ["SB", "SR"]


def test_a_seed_gives_the_same_again_and_another_gives_others():
    one, again, other = (pair_at_the_limit(seed=seed)[0]["II"] for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
