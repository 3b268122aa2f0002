import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgteach.errors import InvalidValue

from .calibration import calibrate


def names(number):
    return np.arange(number).astype(str)


def answers_with(surest, answers=None):
    """Two-class probabilities of which the answer (0 by default) has `surest`."""
    surest = np.asarray(surest, dtype=float)
    rows = np.column_stack([surest, 1 - surest])
    return rows if answers is None else np.where(np.asarray(answers)[:, None] == 0, rows, rows[:, ::-1])


def test_the_error_can_be_checked_by_hand():
    """Bin of 0.95: 4 strips, 2 right, off by 0.45. Bin of 0.6: 6 strips, 3 right, off by 0.1. (4*0.45 + 6*0.1) / 10."""
    found = calibrate(np.array([0, 0, 1, 1, 0, 0, 0, 1, 1, 1]), answers_with([0.95] * 4 + [0.6] * 6), names(10))
    assert found.error == pytest.approx(0.24)
    assert [(row.n, row.right) for row in found.bins] == [(6, 0.5), (4, 0.5)]
    assert [row.probability for row in found.bins] == pytest.approx([0.6, 0.95])
    brier = (2 * 2 * 0.05**2 + 2 * 2 * 0.95**2 + 3 * 2 * 0.4**2 + 3 * 2 * 0.6**2) / 10
    assert found.brier == pytest.approx(brier)


def test_a_strip_on_a_bins_edge_falls_into_the_lower_bin_and_certainty_into_the_last():
    found = calibrate(np.zeros(2, dtype=int), answers_with([0.6, 1.0]), names(2), bins=5)
    assert [(row.low, row.high) for row in found.bins] == [(0.4, 0.6), (0.8, 1.0)]


def test_a_network_that_is_always_right_and_certain_has_no_error():
    found = calibrate(np.zeros(20, dtype=int), answers_with(np.ones(20)), names(20))
    assert (found.error, found.brier, found.interval) == (0.0, 0.0, [0.0, 0.0])


def test_the_interval_of_the_error_knows_which_strips_share_a_recording():
    right = np.sort(np.tile([True] * 9 + [False], 40))
    true = np.where(right, 0, 1)
    alone = calibrate(true, answers_with(np.full(400, 0.9)), names(400))
    together = calibrate(true, answers_with(np.full(400, 0.9)), np.repeat(names(10), 40))
    assert alone.error == together.error == pytest.approx(0.0, abs=1e-9)
    assert together.interval[1] > 3 * alone.interval[1]
    assert calibrate(true[:9], answers_with(np.full(9, 0.9)), names(9)).interval is None


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0.5, 1.0), st.booleans()), min_size=1, max_size=60))
def test_the_error_lies_between_the_overall_gap_and_one(strips):
    surest, right = map(np.array, zip(*strips, strict=True))
    found = calibrate(np.where(right, 0, 1), answers_with(surest), names(len(surest)))
    assert abs(surest.mean() - right.mean()) - 1e-9 <= found.error <= 1
    assert sum(row.n for row in found.bins) == found.n == len(surest)


def test_the_curve_is_printed_a_line_a_bin():
    text = str(calibrate(np.array([0, 0, 1, 0]), answers_with([0.95, 0.95, 0.95, 0.6]), names(4)))
    assert text.splitlines() == [
        "calibration error 31.2% (-), Brier 0.534",
        "   53% to  60%   n     1   said  60.0%   right 100.0%",
        "   93% to 100%   n     3   said  95.0%   right  66.7%",
    ]


def test_what_cannot_be_calibrated_is_refused_in_words():
    with pytest.raises(InvalidValue, match="set is empty"):
        calibrate(np.zeros(0, dtype=int), np.zeros((0, 4)), names(0))
    with pytest.raises(InvalidValue, match="are they logits"):
        calibrate(np.zeros(2, dtype=int), np.array([[3.0, -1.0], [2.0, 0.0]]), names(2))
