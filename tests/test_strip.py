import numpy as np
import pytest
from conftest import beating
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgteach.errors import InvalidValue, UnknownName
from ecgteach.strip import Step, Strip, assess

SECONDS = np.arange(5000) / 500


def share_left(strip, frequency):
    """How much of a sine of this frequency the strip still holds, away from its ends."""
    inner = slice(1000, 4000)
    return np.ptp(strip.samples[inner]) / 2


def test_a_strip_cannot_be_changed_behind_its_back():
    samples = beating(75)
    strip = Strip(samples)
    samples[:] = 0
    assert strip.samples.max() > 0.9
    with pytest.raises(ValueError, match="read-only"):
        strip.samples[0] = 1


@pytest.mark.parametrize("samples", [np.zeros(4999), np.zeros((2, 5000)), []])
def test_a_strip_of_another_length_is_refused(samples):
    with pytest.raises(InvalidValue, match="5000 samples"):
        Strip(samples)


def test_samples_that_are_not_finite_are_counted():
    samples = beating(75)
    samples[:3] = np.nan
    with pytest.raises(InvalidValue, match="3 of 5000"):
        Strip(samples)


def test_the_baseline_filter_takes_wander_and_leaves_the_qrs():
    assert share_left(Strip(np.sin(2 * np.pi * 0.1 * SECONDS)).filtered("baseline"), 0.1) < 0.05
    assert share_left(Strip(np.sin(2 * np.pi * 10 * SECONDS)).filtered("baseline"), 10) > 0.99


@pytest.mark.parametrize("mains", [50, 60])
def test_a_mains_filter_takes_its_own_hum_only(mains):
    hum = Strip(np.sin(2 * np.pi * mains * SECONDS))
    assert share_left(hum.filtered(f"mains-{mains}"), mains) < 0.02
    assert share_left(Strip(np.sin(2 * np.pi * 20 * SECONDS)).filtered(f"mains-{mains}"), 20) > 0.98


def test_filters_shift_nothing_in_time():
    strip = Strip(beating(60))
    for second in range(1, 9):
        beat = slice(500 * second, 500 * second + 500)
        assert abs(int(strip.for_reading().samples[beat].argmax()) - int(strip.samples[beat].argmax())) <= 1


def test_what_was_done_is_said_in_order_and_not_done_twice():
    strip = Strip(beating(75)).for_reading()
    assert strip.steps == (Step("high-pass", 0.5), Step("low-pass", 40.0), Step("ends"))
    assert strip.for_reading().steps == strip.steps
    assert "high-pass 0.5 Hz" in repr(strip)


def test_an_unknown_filter_is_answered_with_the_list():
    with pytest.raises(UnknownName, match="mains-50"):
        Strip(beating(75)).filtered("magic")


def planted(fault):
    samples = beating(75) + np.random.default_rng(0).normal(0, 0.01, 5000).astype(np.float32)
    if fault == "still":
        samples[2000:3400] = samples[2000]
    if fault == "zero":
        samples[:] = 0
    if fault == "rail":
        samples = np.clip(samples * 3, -0.4, 0.6)
    if fault == "beyond":
        samples[100:103] = 25
    if fault == "noise":
        samples = np.random.default_rng(1).normal(0, 0.5, 5000).astype(np.float32)
    return samples.astype(np.float32)


@pytest.mark.parametrize(
    ("fault", "word"),
    [("still", "flat"), ("zero", "flat"), ("rail", "clipped"), ("beyond", "clipped"), ("noise", "noisy")],
)
def test_a_planted_fault_is_named(fault, word):
    quality = assess(planted(fault), 500)
    assert not quality.good
    assert str(quality).startswith(word)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 40, 1249])
def test_a_segment_too_short_to_judge_is_named_so(size):
    assert str(assess(beating(75)[100 : 100 + size], 500)) == f"short: it holds only {size / 500:.3g} s"


def test_a_clean_strip_has_no_fault():
    assert assess(planted("none"), 500).good


@settings(max_examples=40, deadline=None)
@given(st.floats(0.2, 4.0), st.floats(-5.0, 5.0), st.sampled_from([250.0, 300.0, 360.0, 500.0, 1000.0]))
def test_neither_gain_nor_offset_nor_rate_of_the_device_makes_a_good_lead_bad(gain, offset, sampling_rate):
    noise = np.random.default_rng(0).normal(0, 0.01, int(10 * sampling_rate))
    assert assess((beating(75, 10, sampling_rate) * gain + noise + offset).astype(np.float32), sampling_rate).good


@pytest.mark.parametrize(
    ("lead", "words"), [("II", "lead II"), ("lead not stated", "lead not stated"), ("lead 2", "lead 2")]
)
def test_a_strip_names_its_lead_once(lead, words):
    assert repr(Strip(beating(75), lead=lead)).startswith(f"Strip of {words}, ")
