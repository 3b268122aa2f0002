"""Figures over many strips: comparisons strip by strip, one bootstrap by recording, and p values that are many."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap

from ecgteach.statistics import compare, holm, interval, mean_of


def test_a_comparison_is_strip_by_strip():
    found = compare([0.6 + 0.01 * i for i in range(12)], [0.5 + 0.01 * i for i in range(12)])
    assert found.n == 12
    assert found.difference == pytest.approx(0.1)
    assert found.interval == pytest.approx((0.1, 0.1))
    assert found.p == pytest.approx(2 / 2**12)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([-0.5, -0.01, 0.0, 0.01, 0.5]), min_size=10, max_size=12))
def test_turned_round_a_comparison_says_the_opposite(differences):
    there, back = compare(differences, [0.0] * len(differences)), compare([0.0] * len(differences), differences)
    assert there.difference == pytest.approx(-back.difference)
    assert there.p == pytest.approx(back.p)


def test_no_p_is_below_one_in_ten_thousand():
    """Of 19,999 draws of signs and the strips as they are, none but the latter is as far from zero, on both sides."""
    assert compare([0.1 * (i + 1) for i in range(40)], [0.0] * 40).p == 2 / 20_000


def test_equal_columns_differ_by_nothing():
    found = compare([0.5] * 20, [0.5] * 20)
    assert (found.difference, found.p) == (0.0, 1.0)


def test_strips_without_a_figure_are_left_out_and_below_ten_there_is_no_test():
    found = compare([0.5, None, 0.75] * 3, [0.25, 0.5, None] * 3)
    assert (found.n, found.difference, found.interval, found.p) == (3, 0.25, None, None)
    assert compare([], []).difference is None
    assert mean_of([None, None]) is None
    assert interval([0.5] * 9) is None


def test_holm_by_hand():
    """The smallest times 3, the next times 2, the last times 1, none below the one before, none above 1."""
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.9, 0.8, None]) == [1.0, 1.0, None]
    assert holm([]) == []


def test_without_recordings_each_strip_is_one_of_its_own():
    values = np.random.default_rng(0).normal(size=40)
    assert interval(values) == interval(values.tolist()) == interval(values, np.array([f"{n:02d}" for n in range(40)]))


def test_the_interval_is_about_that_of_a_library():
    values = np.random.default_rng(1).normal(size=60)
    oracle = bootstrap((values,), np.mean, method="percentile", n_resamples=20_000, rng=0).confidence_interval
    assert interval(values) == pytest.approx([oracle.low, oracle.high], abs=0.03)


def test_strips_of_one_recording_are_drawn_together_and_widen_the_interval():
    values, recordings = (
        np.repeat(np.random.default_rng(2).normal(size=20), 10),
        np.repeat(np.arange(20).astype(str), 10),
    )
    (low, high), (alone_low, alone_high) = interval(values, recordings), interval(values)
    assert high - low > 2.5 * (alone_high - alone_low)


def test_a_strip_without_a_figure_is_left_out_with_its_recording():
    values, recordings = [float(n) for n in range(20)], np.arange(20).astype(str)
    assert interval([None, *values, None], np.array(["x", *recordings, "y"])) == interval(values, recordings)
