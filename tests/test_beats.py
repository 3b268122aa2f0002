from dataclasses import replace

import numpy as np
import pytest
from conftest import beating
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgteach.beats import OFF_LIST, find_beats, true_group
from ecgteach.records import open_dataset
from ecgteach.rhythms import grouping, rhythm
from ecgteach.simulator import simulate
from ecgteach.strip import Strip

CLASSES = grouping().classes
WINDOW = 0.15
"""Seconds within which a found beat and a marked one are the same (EC57)."""


def matched(found, marked):
    """Pairs, false beats and missed beats; each marked beat takes the nearest free one within the window."""
    free = list(found)
    pairs = 0
    for beat in marked:
        near = [time for time in free if abs(time - beat) <= WINDOW]
        if near:
            free.remove(min(near, key=lambda time: abs(time - beat)))
            pairs += 1
    return pairs, len(free), len(marked) - pairs


@settings(max_examples=40, deadline=None)
@given(st.floats(35, 190), st.floats(0.2, 3.0), st.booleans())
def test_rate_is_measured_whatever_the_gain_and_the_polarity(rate, height, upside_down):
    samples = beating(rate, height=height) * (-1 if upside_down else 1)
    beats = find_beats(Strip(samples))
    assert beats.rate == pytest.approx(rate, rel=0.02)
    assert beats.quality.good


def test_one_artefact_does_not_move_the_rate():
    samples = beating(56)
    samples[2300:2330] += 2.0
    samples[2400:2430] -= 2.0
    beats = find_beats(Strip(samples))
    assert len(beats.times) > 10
    assert beats.rate == pytest.approx(56, abs=1)


def test_a_steady_rhythm_is_regular_and_a_shuffled_one_is_not():
    steady = find_beats(Strip(beating(75)))
    times = np.cumsum(np.random.default_rng(3).uniform(0.4, 1.1, 13))
    moments = np.arange(5000) / 500
    shuffled = sum(np.exp(-0.5 * ((moments - time) / 0.012) ** 2) for time in times if time < 9.9)
    assert steady.irregularity < 0.02
    assert find_beats(Strip(shuffled)).irregularity > 0.2


def test_a_beat_is_placed_at_the_middle_of_its_complex():
    assert find_beats(Strip(beating(60))).times[0] == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize(
    ("samples", "said"),
    [(np.zeros(5000), "no beats were found"), (np.eye(1, 5000, 2500)[0], "only one beat was found")],
)
def test_a_strip_without_enough_beats_says_so(samples, said):
    assert str(find_beats(Strip(samples)).quality) == said


def test_noise_alone_is_flagged():
    beats = find_beats(Strip(np.random.default_rng(0).normal(0, 0.3, 5000)))
    assert not beats.quality.good


@pytest.mark.parametrize(
    ("label", "rate", "group"),
    [("SR", 75, "SR"), ("SR", 50, "SB"), ("SINUS", 120, "GSVT"), ("AFIB", 50, "AFIB"), ("VT", 150, OFF_LIST)],
)
def test_the_right_answer_is_the_labels_group_and_a_sinus_rhythms_that_of_its_measured_rate(label, rate, group):
    assert true_group(Strip(beating(rate), rhythm=rhythm(label)), CLASSES) == group


def test_a_simulated_strips_right_answer_is_that_of_its_truth_whatever_is_measured_or_written_on_it():
    strip = simulate("SB", seed=3).strip(lead="II")
    assert true_group(replace(strip, samples=beating(90), rhythm=rhythm("AFIB")), CLASSES) == "SB"
    assert true_group(simulate("AVB3", seed=3).strip(lead="II"), CLASSES) == OFF_LIST


@pytest.mark.parametrize(
    ("samples", "label"), [(beating(75), None), (np.zeros(5000), "SR")], ids=["no label", "no rate to grade it by"]
)
def test_where_rhythm_or_rate_are_not_known_there_is_no_right_answer(samples, label):
    assert true_group(Strip(samples, rhythm=label and rhythm(label)), CLASSES) is None


def test_a_rhythm_that_is_not_graded_needs_no_rate():
    assert true_group(Strip(np.zeros(5000), rhythm=rhythm("AFIB")), CLASSES) == "AFIB"


def test_classes_of_another_kind_are_not_judged_by_ours():
    strip = Strip(beating(75), rhythm=rhythm("SR"))
    assert true_group(strip, ("AFIB", "other")) is None
    assert true_group(strip, ("SR", "other")) == "SR"
    assert true_group(strip, ("SB", "AFIB")) == OFF_LIST


@pytest.mark.data
@pytest.mark.parametrize(("source", "share"), [("ludb", 0.995), ("mitdb", 0.985)])
def test_beats_agree_with_the_experts(recordings, source, share):
    pairs = false = missed = 0
    for record in open_dataset(source)[:40]:
        if record.id == "207":  # ventricular flutter: no QRS complexes to find
            continue
        for strip in list(record.strips(quality="any"))[:30]:
            found = find_beats(strip).times
            marked = [mark.peak for mark in strip.annotations if mark.kind in ("QRS", "beat")]
            if source == "ludb":  # the experts left out the strip's first and last complexes
                found = [time for time in found if marked[0] - WINDOW < time < marked[-1] + WINDOW]
            here = matched(found, marked)
            pairs, false, missed = pairs + here[0], false + here[1], missed + here[2]
    assert pairs / (pairs + missed) > share
    assert pairs / (pairs + false) > share
