from collections import Counter

import numpy as np
import pytest
from conftest import beating

from ecgteach.training.data.strips import StripSet
from ecgteach.training.evaluation.evaluation import Evaluation

from .breakdown import OfRhythm, by_noise, by_rhythm, by_source, format_missed, format_parts, lead_i_share, missed_afib
from .noise import LEVELS, noise_levels, signal_to_noise

CLASSES = ("SR", "SB", "GSVT", "AFIB")


def evaluation(rhythms, answers, sources=None, traces=None):
    """Strips of one recording each; both views give the stated answers."""
    number = len(rhythms)
    true = np.array([3 if rhythm in ("AFIB", "AFL") else 0 for rhythm in rhythms])
    traces = np.zeros((number, 5000)) if traces is None else traces
    strips = StripSet(
        np.round(np.asarray(traces) * 1000).astype(np.int16),
        true,
        np.array([f"r{row}" for row in range(number)]),
        np.array(sources or ["ludb"] * number),
        np.array(rhythms),
        np.full(number, 75.0),
        np.zeros(number),
        Counter(),
    )
    shares = np.full((number, 4), 0.1)
    shares[np.arange(number), [CLASSES.index(answer) for answer in answers]] = 0.7
    return Evaluation(strips, dict.fromkeys(("signal", "image", "both"), shares), CLASSES)


def noisy(millivolts, rate=75.0, seed=0):
    """A steady beat of 1 mV with white noise of this spread."""
    return (beating(rate) + np.random.default_rng(seed).normal(0, millivolts, 5000)).astype(np.float32)


def test_more_noise_is_a_lower_ratio_and_ten_times_more_is_20_db():
    quiet, loud = signal_to_noise(noisy(0.01)), signal_to_noise(noisy(0.1))
    assert quiet - loud == pytest.approx(20, abs=1.5)


def test_gain_and_polarity_change_nothing_about_the_noise():
    trace = noisy(0.05)
    assert signal_to_noise(trace * -3) == pytest.approx(signal_to_noise(trace), abs=0.01)


def test_the_waves_of_a_fibrillating_atrium_and_slow_wander_are_no_noise():
    times = np.arange(5000) / 500
    waves = 0.1 * np.sin(2 * np.pi * 6 * times) + 0.5 * np.sin(2 * np.pi * 0.3 * times)
    trace = noisy(0.05)
    assert signal_to_noise((trace + waves).astype(np.float32)) == pytest.approx(signal_to_noise(trace), abs=1.0)


def test_a_strip_without_beats_is_noisy_and_levels_follow_the_fixed_limits():
    strips = evaluation(["SR"] * 4, ["SR"] * 4, traces=[noisy(0.01), noisy(0.03), noisy(0.1), np.zeros(5000)]).strips
    assert noise_levels(strips).tolist() == ["clean", "fair", "noisy", "noisy"]


def test_parts_by_noise_come_in_their_order_and_hold_every_strip_once():
    parts = by_noise(evaluation(["SR"] * 3, ["SR"] * 3, traces=[noisy(0.4), noisy(0.005), noisy(0.005)]))
    assert tuple(parts) == LEVELS
    assert [parts[level]["image"].n for level in LEVELS] == [2, 0, 1]
    assert parts["fair"]["image"].accuracy is None


def test_parts_by_source_and_by_rhythm_have_their_own_figures():
    judged = evaluation(["SR", "SR", "AFL"], ["SR", "AFIB", "AFIB"], ["ludb", "mitdb", "mitdb"])
    assert {name: row["signal"].accuracy for name, row in by_source(judged).items()} == {"ludb": 1.0, "mitdb": 0.5}
    assert {name: row["signal"].n for name, row in by_rhythm(judged).items()} == {"AFL": 1, "SR": 2}


def test_missed_fibrillation_is_counted_by_answer_and_by_rhythm():
    judged = evaluation(["AFIB"] * 3 + ["AFL", "SR"], ["AFIB", "SR", "GSVT", "SR", "AFIB"])
    found = missed_afib(judged)["both"]
    assert (found.n, found.missed, found.rate) == (4, 3, 0.75)
    assert found.answered == {"SR": 2, "GSVT": 1}
    assert found.by_rhythm == {"AFIB": OfRhythm(3, 2), "AFL": OfRhythm(1, 1)}
    assert found.interval is None


def test_without_fibrillation_nothing_is_missed_and_no_rate_is_given():
    found = missed_afib(evaluation(["SR"], ["SR"]))
    assert found["image"].rate is None
    assert "missed 0 of 0 strips" in format_missed(found)


def test_tables_show_counts_only_where_strips_are_few():
    judged = evaluation(["SR"] * 25, ["SR"] * 24 + ["AFIB"], ["ludb"] * 20 + ["mitdb"] * 5)
    assert format_parts(by_source(judged), "source").splitlines() == [
        "| source | strips | recordings | signal | image | both |",
        "|---|---|---|---|---|---|",
        "| ludb | 20 | 20 | " + " | ".join(["100.0% (83.2% to 100.0%)"] * 3) + " |",
        "| mitdb | 5 | 5 | 4 right | 4 right | 4 right |",
    ]


def test_missed_fibrillation_is_printed_with_its_interval_where_strips_are_enough():
    found = missed_afib(evaluation(["AFIB"] * 20, ["AFIB"] * 20))
    assert format_missed(found).splitlines()[0] == "signal  missed 0.0% (0.0% to 16.8%), 0 of 20 strips"


def test_the_share_of_lead_i_follows_the_sources():
    strips = evaluation(["SR"] * 4, ["SR"] * 4, ["challenge-2017"] * 3 + ["ludb"]).strips
    assert lead_i_share(strips) == 0.75
