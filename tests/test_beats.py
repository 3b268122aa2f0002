from collections import defaultdict
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from conftest import beating
from hypothesis import given, settings
from hypothesis import strategies as st
from traces import WINDOW, matched

from ecgteach.beats import OFF_LIST, Beats, find_beats, regularity_of, true_group
from ecgteach.quality import Quality
from ecgteach.records import open_dataset
from ecgteach.rhythms import grouping, rhythm
from ecgteach.simulator import simulate
from ecgteach.strip import Strip

CLASSES = grouping().classes


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
    assert len(beats.times) >= 10
    assert beats.rate == pytest.approx(56, abs=1)


def test_a_steady_rhythm_is_regular_and_a_shuffled_one_is_not():
    steady = find_beats(Strip(beating(75)))
    times = np.cumsum(np.random.default_rng(3).uniform(0.4, 1.1, 13))
    moments = np.arange(5000) / 500
    shuffled = sum(np.exp(-0.5 * ((moments - time) / 0.012) ** 2) for time in times if time < 9.9)
    assert steady.irregularity < 0.02
    assert find_beats(Strip(shuffled)).irregularity > 0.2


def rhythmic(kind, **changes):
    return find_beats(simulate(kind, seed=8, leads=("II",), noise=None, **changes).strip()).regularity


@pytest.mark.parametrize(
    ("rr", "word"),
    [
        ([0.8] * 11, "regular"),
        ([1.0, 1.0, 0.65, 1.35] + [1.0] * 6, "regular"),
        ([0.5, 1.1] * 5, "regularly irregular"),
        ([0.7, 0.7, 0.5, 1.1] * 3, "regularly irregular"),
        ([0.8, 0.62, 0.97, 0.8, 0.8, 0.55, 1.05, 0.8, 0.8, 0.8], "regularly irregular"),
        ([0.81, 0.52, 0.7, 1.13, 0.6, 0.93, 0.49, 0.77, 1.02, 0.58, 0.88], "irregularly irregular"),
        ([0.7, 1.2, 0.8], "too few beats to tell whether regular"),
        ([0.8], "too few beats to tell whether regular"),
    ],
    ids=["steady", "one early beat", "bigeminy", "quadrigeminy", "early beats", "fibrillation", "few", "two beats"],
)
def test_a_rhythm_is_named_in_the_words_of_the_clinic(rr, word):
    assert regularity_of(np.array(rr)).word == word


def test_simulated_rhythms_are_called_what_they_are():
    assert rhythmic("SR").word == rhythmic("AFL", ratio=4).word == rhythmic("AVB2", block="2:1").word == "regular"
    assert rhythmic("SA").word == rhythmic("AVB2", block="Wenckebach").word == "regularly irregular"
    assert rhythmic("AFIB", conduction="intact").word == "irregularly irregular"


def test_the_words_carry_the_number_behind_them():
    said = str(regularity_of(np.array([0.81, 0.52, 0.7, 1.13, 0.6, 0.93, 0.49, 0.77])))
    assert said == "irregularly irregular (from beat to beat RR differs by 50%)"


@cache
def words_of_mit_bih():
    """How every third strip of MIT-BIH that lies within one marked rhythm is called, by the mark."""
    words = defaultdict(list)
    for record in open_dataset("mitdb"):
        for start in np.arange(0, record.seconds - 10, 30):
            strip = record.strip(at=float(start), quality="any")
            marks = [mark.symbol for mark in strip.annotations if mark.kind == "rhythm"]
            if len(marks) == 1 and marks[0] in ("(AFIB", "(B", "(P"):
                words[marks[0]].append(find_beats(strip).regularity.word)
    return words


@pytest.mark.data
@pytest.mark.parametrize(
    ("symbol", "word", "share"),
    [("(AFIB", "irregularly irregular", 0.7), ("(B", "regularly irregular", 0.8), ("(P", "regular", 0.85)],
)
def test_rhythms_of_mit_bih_are_called_what_the_experts_marked(recordings, symbol, word, share):
    words = words_of_mit_bih()[symbol]
    assert len(words) > 5 and words.count(word) >= share * len(words)


def test_the_rate_of_fibrillation_is_counted_over_the_strip():
    off, off_by_median = 0, 0
    for seed in range(24):
        record = simulate("AFIB", seed=seed, leads=("II",), noise=None, conduction="intact")
        beats, true = find_beats(record.strip()), 60 / record.truth.rr.mean()
        off += abs(beats.rate - true) > 5
        off_by_median += abs(60 / np.median(beats.rr) - true) > 5
    assert off <= 2 < off_by_median


def test_the_rate_of_bigeminy_is_that_of_all_beats():
    times = tuple(np.cumsum([0.2, *([0.5, 1.1] * 6)]))
    assert Beats(times, Quality()).rate == pytest.approx(75)


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
@pytest.mark.parametrize(("source", "share"), [("ludb", 0.995), ("mitdb", 0.995)])
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
            here = matched(found, [time for time in marked if 0.1 <= time <= 9.9], [0.0, 10.0, *marked])
            pairs, false, missed = pairs + here[0], false + here[1], missed + here[2]
    assert pairs / (pairs + missed) > share
    assert pairs / (pairs + false) > share
