"""The test for P, on segments that can be worked out."""

import numpy as np
import pytest

from ecgteach.waves.p_wave import BEFORE, ELSEWHERE, NOT_SEEN, UNDECIDABLE, look_for_p

BEATS = np.arange(1.0, 9.5, 0.9)


def trace(ahead=0.16, height=0.1, jitter=0.0, noise=0.01, seed=0):
    """Bumps `ahead` seconds before each beat; `jitter` moves each one on its own."""
    random = np.random.default_rng(seed)
    times = np.arange(5000) / 500
    samples = random.normal(0, noise, 5000)
    for beat in BEATS:
        peak = beat - ahead + random.uniform(-jitter, jitter)
        samples += height * np.exp(-0.5 * ((times - peak) / 0.02) ** 2)
    return samples.astype(np.float32)


def free(room=0.5):
    return [(beat - room, beat) for beat in BEATS]


@pytest.mark.parametrize("height", [0.1, -0.1])
def test_a_wave_at_a_fixed_distance_is_seen_either_way_up(height):
    found = look_for_p(trace(height=height), free())
    assert found.outcome == BEFORE
    assert found.ahead == pytest.approx(0.16, abs=0.01)
    assert found.repeating > 0.8


def test_a_wave_without_a_fixed_distance_is_not_seen():
    assert look_for_p(trace(jitter=0.2), free()).outcome != BEFORE


def test_noise_alone_repeats_nothing():
    found = [look_for_p(trace(height=0.0, seed=seed), free()) for seed in range(30)]
    assert {one.outcome for one in found} <= {NOT_SEEN, UNDECIDABLE}
    assert np.mean([one.repeating for one in found]) == pytest.approx(0.0, abs=0.03)


def test_a_slope_that_runs_into_qrs_is_no_wave():
    times = np.arange(5000) / 500
    ramp = sum(0.3 * np.exp((times - beat) / 0.02) * (times <= beat) for beat in BEATS)
    assert look_for_p((ramp + trace(height=0.0)).astype(np.float32), free()).outcome != BEFORE


def test_a_wave_far_ahead_is_seen_elsewhere():
    assert look_for_p(trace(ahead=0.36), free()).outcome == ELSEWHERE


def test_one_artefact_hides_nothing():
    samples = trace()
    samples[900 - 100 : 900] += 3.0 * np.sin(np.arange(100) / 9.0).astype(np.float32)
    assert look_for_p(samples, free()).outcome == BEFORE


def test_noise_that_would_hide_a_p_is_undecidable():
    found = look_for_p(trace(height=0.05, noise=0.1), free())
    assert found.outcome == UNDECIDABLE
    assert "would hide a P" in found.reason


@pytest.mark.parametrize(
    ("segments", "reason"),
    [
        ([], "only 0 segments"),
        ([(0.5, 1.0)] * 3, "only 3 segments"),
        ([(0.9, 1.0)] * 9, "only 100 ms lie between"),
        ([(1.0, 1.0)] * 9, "no time is left between T and QRS"),
    ],
)
def test_too_little_to_compare_is_undecidable_and_says_so(segments, reason):
    found = look_for_p(trace(), segments)
    assert found.outcome == UNDECIDABLE
    assert reason in found.reason
