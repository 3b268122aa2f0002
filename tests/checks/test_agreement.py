"""Agreement of the two views, and whether disagreement warns of an error: figures that a pencil can redo."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgteach.checks.agreement import OUTCOMES, compare_views, overlap, rank_correlation
from ecgteach.errors import EmptyMap, InvalidValue
from ecgteach.explanation import Explanation, View
from ecgteach.gradcam import Map
from ecgteach.models import Layer, Prediction
from ecgteach.rhythms import rhythm
from ecgteach.simulator import simulate
from ecgteach.strip import Strip
from tests.conftest import beating

CLASSES = ("SR", "SB", "GSVT", "AFIB")


def answering(name, on_time):
    logits = np.array([3.0 * (name == known) for known in CLASSES])
    layer = Layer("l", "x", 40, 40, 19.5, 125, 5000)
    found = Map(on_time[::40], CLASSES.index("SR"), False, "l", 1.0, "ok")
    return View(Prediction(logits, CLASSES), found, layer, on_time)


def explained(signal="SR", image="SR", maps=None, rate=75, label="SR", samples=None):
    """An explanation of a strip with a steady beat, whose answers and maps are what a test says."""
    maps = (bumps(0.3, rate), bumps(0.3, rate)) if maps is None else maps
    samples = beating(rate) if samples is None else samples
    strip = Strip(samples, rhythm=rhythm(label) if label else None, source_id="tests/1")
    views = {"signal": answering(signal, maps[0]), "image": answering(image, maps[1])}
    return Explanation(strip, "SR", "asked for", views, maps[0], "", "mean")


def bumps(first, rate=75):
    """A map with a bump at each beat, the first at some second."""
    phase = ((np.arange(5000) / 500 - first) * rate / 60) % 1
    return np.exp(-0.5 * (np.minimum(phase, 1 - phase) / 0.1) ** 2).astype(np.float32)


def test_rank_correlation_by_hand():
    assert rank_correlation(np.array([1.0, 2, 3]), np.array([10.0, 100, 1000])) == pytest.approx(1)
    assert rank_correlation(np.array([1.0, 2, 3]), np.array([3.0, 2, 1])) == pytest.approx(-1)
    # ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: covariance 4.5 / sqrt(4.5 * 5)
    assert rank_correlation(np.array([0.0, 1, 1, 2]), np.arange(4.0)) == pytest.approx(4.5 / np.sqrt(4.5 * 5))


def test_overlap_by_hand():
    one = np.arange(10.0)
    assert overlap(one, one, 0.2) == 1.0
    assert overlap(one, -one, 0.2) == 0.0
    assert overlap(one, np.array([0, 0, 0, 0, 0, 0, 0, 9, 8, 0.0]), 0.2) == 0.5  # {8, 9} and {7, 8}


def test_level_moments_at_the_border_count_in_part():
    one, level = np.array([3.0, 2, 1, 0]), np.array([5.0, 1, 1, 1])
    # of {0, 1}, the other surely holds 0, and 1 with one chance in three
    assert overlap(one, level, 0.5) == pytest.approx((1 + 1 / 3) / 2)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.sampled_from([0.05, 0.1, 0.5]))
def test_overlap_lies_between_nothing_and_all_and_is_even_handed(seed, share):
    one, other = np.random.default_rng(seed).integers(0, 5, (2, 200)).astype(float)
    assert 0 <= overlap(one, other, share) <= 1
    assert overlap(one, other, share) == pytest.approx(overlap(other, one, share))


def test_two_maps_that_know_nothing_of_each_other_overlap_by_chance():
    drawn = np.random.default_rng(0).random((2, 50_000))
    assert overlap(*drawn) == pytest.approx(0.1, abs=0.01)
    assert rank_correlation(*drawn) == pytest.approx(0, abs=0.02)


def test_a_flat_or_broken_map_cannot_be_compared():
    fine = np.arange(10.0)
    for broken, words in ((np.zeros(10), "flat"), (np.full(10, np.nan), "not finite")):
        with pytest.raises(EmptyMap, match=words):
            rank_correlation(fine, broken)
        with pytest.raises(EmptyMap, match=words):
            overlap(broken, fine)
    with pytest.raises(InvalidValue, match="share above 0 and below 1"):
        overlap(fine, fine, 1.0)


def test_views_that_look_at_the_same_beats_agree_and_their_shifted_maps_do_not():
    found = compare_views(explained())
    assert found.correlation == pytest.approx(1)
    assert found.overlap > 0.9
    assert found.shifted_correlation < 0.3
    assert found.shifted_overlap < 0.5


def test_views_that_look_at_opposite_moments_disagree():
    found = compare_views(explained(maps=(bumps(0.3), bumps(0.7))))
    assert found.correlation < -0.5
    assert found.overlap == 0


@pytest.mark.parametrize(
    ("signal", "image", "outcome"),
    [
        ("SR", "SR", "both right"),
        ("SR", "AFIB", "only signal right"),
        ("AFIB", "SR", "only image right"),
        ("AFIB", "GSVT", "both wrong"),
    ],
)
def test_the_outcome_says_which_view_was_right(signal, image, outcome):
    found = compare_views(explained(signal, image))
    assert found.outcome == outcome
    assert found.outcome in OUTCOMES
    assert found.same_answer == (signal == image)
    assert found.group == "SR"


def test_a_sinus_rhythm_is_judged_by_its_measured_rate():
    found = compare_views(explained("SB", "SB", rate=50))
    assert (found.rhythm, found.group, found.outcome, found.wrong) == ("SR", "SB", "both right", False)


def test_a_simulated_strip_is_judged_by_its_truth():
    strip = simulate("SB", seed=3).strip(lead="II")
    found = compare_views(replace(explained("SB", "GSVT"), strip=strip))
    assert (found.group, found.outcome) == ("SB", "only signal right")


def test_off_the_list_every_answer_is_wrong():
    found = compare_views(explained(label="VT"))
    assert (found.group, found.outcome, found.wrong) == ("off the list", "both wrong", True)


def test_a_right_answer_that_is_at_hand_is_taken():
    found = compare_views(explained("SB", "SR"), "SB")
    assert (found.group, found.outcome) == ("SB", "only signal right")


@pytest.mark.parametrize(
    ("changes", "said"), [({"label": None}, "no label"), ({"samples": np.zeros(5000)}, "not known")]
)
def test_where_the_truth_is_not_known_nothing_is_right_or_wrong(changes, said):
    found = compare_views(explained(**changes))
    assert (found.group, found.outcome, found.wrong) == (None, said, None)


def test_an_empty_map_gives_no_figures_and_a_reason():
    found = compare_views(explained(maps=(bumps(0.3), np.zeros(5000, np.float32))))
    assert found.correlation is found.overlap is found.shifted_correlation is None
    assert found.why == "a map is flat, so nothing can be compared with it"
    assert found.outcome == "both right"
