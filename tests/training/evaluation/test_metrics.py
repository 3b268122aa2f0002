import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgteach.printing import format_interval
from ecgteach.statistics import BOOTSTRAP_DRAWS, draw_recordings, interval, quantiles


def test_whole_recordings_are_drawn_as_many_as_there_are():
    of, drawn = draw_recordings(np.repeat(np.array([f"r{number:02d}" for number in range(12)]), 3))
    assert of.tolist() == np.repeat(range(12), 3).tolist()
    assert drawn.shape == (BOOTSTRAP_DRAWS, 12)
    assert (drawn.sum(axis=1) == 12).all()


def test_the_same_seed_draws_the_same_and_another_draws_others():
    names = np.arange(40).astype(str)
    assert np.array_equal(draw_recordings(names)[1], draw_recordings(names)[1])
    assert not np.array_equal(draw_recordings(names)[1], draw_recordings(names, seed=1)[1])


def test_few_recordings_and_none_at_all_are_not_drawn():
    assert draw_recordings(np.arange(9).astype(str))[1] is None
    assert draw_recordings(np.array([], dtype=str))[1] is None
    assert interval(np.array([], dtype=bool), np.array([], dtype=str)) is None


def test_the_interval_of_single_strips_is_about_that_of_the_binomial():
    right = np.arange(400) < 320
    low, high = interval(right, np.arange(400).astype(str))
    assert (low, high) == pytest.approx((0.8 - 1.96 * 0.02, 0.8 + 1.96 * 0.02), abs=0.006)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=10, max_size=60))
def test_the_interval_of_differences_turns_with_their_sign(values):
    distance, names = np.array(values), np.arange(len(values)).astype(str)
    low, high = interval(distance, names)
    assert low <= distance.mean() + 1e-3
    assert high >= distance.mean() - 1e-3
    assert interval(-distance, names) == [-high, -low]


@pytest.mark.parametrize("recordings", [10, 20, 200])
def test_where_all_answers_are_alike_the_interval_is_the_exact_one_of_as_many_recordings(recordings):
    names = np.repeat(np.arange(recordings).astype(str), 3)
    bound = 0.025 ** (1 / recordings)
    assert interval(np.zeros(len(names), dtype=bool), names) == pytest.approx([0, 1 - bound], abs=6e-5)
    assert interval(np.ones(len(names), dtype=bool), names) == pytest.approx([bound, 1], abs=6e-5)


def test_numbers_that_are_no_truth_values_are_drawn_even_where_they_are_alike():
    """A mean mass of 0 in every strip is no share of strips."""
    assert interval(np.zeros(20), np.arange(20).astype(str)) == [0.0, 0.0]


def test_the_middle_of_the_draws_leaves_out_one_in_twenty():
    assert quantiles(np.linspace(0, 1, 1001)) == [0.025, 0.975]
    assert format_interval(None) == "-"
