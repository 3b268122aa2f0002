"""Planted pairs look at what they say they look at, and at nothing else."""

import numpy as np
import pytest
import torch
from checks.planted import MARKED_SECONDS, MARKS, PLANTED, beats, group_of, marked, mean_before, planted, strips

from ecgteach.explanation import explain
from ecgteach.models import VIEWS, inputs
from ecgteach.simulator import edit, simulate


def logits(pair, strip, view="signal"):
    with torch.no_grad():
        return pair[view](inputs(view, strip.for_reading().samples[None]))[0].numpy()


def changed(evidence, change, to=None, rhythm="SR", seed=4):
    """How far the logits of a pair's signal network move when one thing is changed in a quiet recording."""
    record = simulate(rhythm, seed=seed, noise=None, rate=75)
    before, after = (
        logits(planted(evidence), marked(r.strip(lead="II"), "SR")) for r in (record, edit(record, change, to))
    )
    return float(np.abs(after - before).max())


def test_the_network_for_p_answers_to_p_and_the_others_hardly_do():
    assert changed("P", "remove_p") > 2
    for evidence in ("QRS", "RR", "accident", "nothing"):
        assert changed(evidence, "remove_p") < 0.2, evidence


def test_the_network_for_qrs_answers_to_its_width():
    assert changed("QRS", "qrs_width", 0.16) > 1
    assert changed("nothing", "qrs_width", 0.16) == 0


def test_the_network_for_rr_answers_to_the_rate_alone():
    record = simulate("SR", seed=4, noise=None, rate=75)
    pair = planted("RR")
    said = [
        pair["signal"].classes[logits(pair, strip.strip(lead="II")).argmax()]
        for strip in (record, edit(record, "rate", 48), edit(record, "rate", 112))
    ]
    assert said == ["SR", "SB", "GSVT"]


def test_the_network_for_wander_answers_to_a_slow_swing():
    strip = simulate("SR", seed=4, noise=None, rate=75).strip(lead="II").for_reading()
    swing = 0.3 * np.sin(2 * np.pi * 0.6 * strip.times).astype(np.float32)
    moved = {
        name: np.abs(net(strip.samples + swing) - net(strip.samples)).max()
        for name in ("wander", "P", "RR")
        for net in [lambda samples, name=name: _answer(planted(name), samples)]
    }
    assert moved["wander"] > 3
    assert moved["RR"] < 0.1 * moved["wander"]


def _answer(pair, samples):
    with torch.no_grad():
        return pair["signal"](inputs("signal", samples[None]))[0].numpy()


def test_the_network_for_nothing_says_the_same_to_everything():
    pair = planted("nothing")
    assert len({tuple(logits(pair, strip)) for strip in strips(1)}) == 1


@pytest.mark.parametrize("view", VIEWS)
def test_the_accident_is_always_right_and_follows_the_mark_rather_than_the_heart(view):
    pair = planted("accident")
    for strip in strips(1):
        assert pair[view].classes[logits(pair, strip, view).argmax()] == group_of(strip)
    strip = strips(1, ("SR",))[0]
    samples = strip.samples.copy()
    step = round((MARKS["SR"] - MARKS["AFIB"]) * 500)
    samples[: round(MARKED_SECONDS * 500)] = np.roll(samples[: round(MARKED_SECONDS * 500)], -step)
    with torch.no_grad():
        fooled = pair[view](inputs(view, samples[None]))[0].argmax()
    assert pair[view].classes[fooled] == "AFIB"


def test_the_late_network_answers_as_the_one_for_p_and_shows_half_a_second_later():
    strip = strips(1, ("SR",))[0]
    right, late = (explain(strip, planted(name), target="SR").views["signal"] for name in ("P", "late"))
    np.testing.assert_allclose(late.prediction.logits, right.prediction.logits, atol=1e-4)
    lags = range(0, 500, 40)
    best = max(lags, key=lambda lag: np.corrcoef(np.roll(right.on_time, lag), late.on_time)[0, 1])
    assert best in (240, 280)


@pytest.mark.parametrize("evidence", PLANTED)
def test_the_image_twin_reads_as_the_signal_twin(evidence):
    pair = planted(evidence)
    read = strips(1)
    agree = [logits(pair, strip).argmax() == logits(pair, strip, "image").argmax() for strip in read]
    assert np.mean(agree) >= 5 / 6


@pytest.mark.parametrize("evidence", PLANTED)
def test_explain_accepts_every_pair(evidence):
    seen = explain(strips(1, ("SR",))[0], planted(evidence), target="SR")
    assert (seen.fused is None) == (evidence == "nothing")


def test_beats_are_found_where_the_simulator_put_them():
    strip = simulate("SR", seed=4, rate=75).strip(lead="II").for_reading()
    pair = planted("P")
    found = np.flatnonzero(beats(pair["signal"].trace(inputs("signal", strip.samples[None])))[0, 0]) / 125
    inside = [onset for onset in strip.truth.beats if 0.1 < onset < 9.8]
    assert all(np.abs(found - onset - 0.045).min() < 0.05 for onset in inside)
    assert len(found) <= len(strip.truth.beats)


def test_an_empty_strip_has_no_beats():
    assert not beats(torch.zeros(1, 1, 1250)).any()


def test_the_network_for_p_is_right_about_rhythms_that_p_tells_apart():
    pair, read = planted("P"), strips(8, ("SR", "SA", "AFIB"), 21)
    right = [pair["signal"].classes[logits(pair, strip).argmax()] == group_of(strip) for strip in read]
    assert np.mean(right) >= 0.75


def test_wander_is_read_and_hardly_anything_of_the_heart():
    """The planted swing makes up most of what the network for wander sees of a strip, the heart the least of it."""
    network = planted("wander")["signal"]
    swing, heart = [], []
    for number in range(3):
        strip = simulate("SR", seed=(22, number), noise=None).strip(lead="II")
        read, with_swing = strip.for_reading(), marked(strip)
        inside = slice(100, 1150)
        for samples, into in ((read.samples, heart), (with_swing.samples, swing)):
            with torch.no_grad():
                seen = network.evidence(network.trace(inputs("signal", samples[None])))[0]
            into.append(float((seen[0] - seen[1])[inside].std()))
    assert np.median(heart) < 0.3 * np.median(swing)


def test_what_comes_before_beats_is_averaged_over_them():
    """By hand: two beats, the step before them 1 and 3; their mean, 2, is laid out before both."""
    trace, at = torch.zeros(1, 1, 1250), torch.zeros(1, 1, 1250)
    at[0, 0, [300, 700]] = 1
    trace[0, 0, 299], trace[0, 0, 699], trace[0, 0, 100] = 1, 3, 5
    found = mean_before(trace, at)[0, 0]
    assert found[[299, 699, 100]].tolist() == [2, 2, 5]
    assert found.sum() == 9
