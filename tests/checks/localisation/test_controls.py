import numpy as np
import pytest

from ecgteach import sample, simulate
from ecgteach.checks.localisation.controls import (
    CONTROLS,
    blurred_noise,
    controls_of,
    on_segments,
    qrs_segments,
    shifted,
)
from ecgteach.errors import InvalidValue
from ecgteach.strip import Strip


@pytest.fixture(scope="module")
def strip():
    return simulate("SR", seed=4, rate=75, leads=("II",), noise=None).strip()


def spike(at):
    values = np.zeros(5000, dtype=np.float32)
    values[at] = 1.0
    return values


def test_a_map_has_four_controls_and_the_same_seed_gives_the_same_ones(strip):
    first, again = (controls_of(spike(2000), strip, cell_seconds=0.08, seed=3) for _ in range(2))
    assert list(first) == list(CONTROLS)
    for name, values in first.items():
        np.testing.assert_array_equal(values, again[name])
        assert values.shape == (5000,)
        assert 0 <= values.min() <= values.max() == 1.0
        assert not values.flags.writeable


def test_another_seed_shifts_otherwise_and_draws_other_noise(strip):
    first, other = (controls_of(spike(2000), strip, cell_seconds=0.08, seed=seed) for seed in (3, 4))
    assert not np.array_equal(first["shifted"], other["shifted"])
    assert not np.array_equal(first["blurred noise"], other["blurred noise"])


@pytest.mark.parametrize("seed", range(20))
def test_a_shift_is_never_near_a_whole_rr(seed):
    moved = int(shifted(spike(0), [0.0, 0.8, 1.6, 2.4], seed=seed).argmax())
    assert 0.25 * 400 - 1 <= moved % 400 <= 0.75 * 400 + 1


def test_a_shift_goes_in_a_circle_and_loses_nothing(strip):
    values = np.random.default_rng(0).random(5000).astype(np.float32)
    np.testing.assert_array_equal(np.sort(shifted(values, [1.0, 2.0], seed=1)), np.sort(values))


def test_a_strip_without_beats_counts_as_one_rr():
    assert 1250 - 1 <= int(shifted(spike(0), [], seed=0).argmax()) <= 3750 + 1


def test_the_qrs_control_is_one_on_each_true_qrs_and_nowhere_else(strip):
    values = controls_of(spike(0), strip, cell_seconds=0.08)["QRS only"]
    inside = np.zeros(5000, dtype=bool)
    for wave in strip.truth.of("QRS"):
        inside |= (strip.times >= wave.onset) & (strip.times < wave.offset)
    np.testing.assert_array_equal(values > 0, inside)


def test_a_real_strip_gets_its_qrs_from_the_detector():
    strip = sample("SR").strip()
    assert strip.truth is None
    segments = qrs_segments(strip)
    assert len(segments) > 5
    np.testing.assert_allclose([end - start for start, end in segments], 0.1)


def test_a_strip_without_beats_has_an_empty_qrs_control():
    strip = Strip(np.zeros(5000))
    assert not controls_of(spike(0), strip, cell_seconds=0.08)["QRS only"].any()


def test_a_segment_covers_its_start_and_not_its_end():
    assert np.flatnonzero(on_segments([(1.0, 1.01)])).tolist() == [500, 501, 502, 503, 504]


def test_noise_is_as_smooth_as_its_cells():
    fine, coarse = (np.abs(np.diff(blurred_noise(cell, seed=1))).max() for cell in (0.02, 0.2))
    assert coarse < fine / 5


@pytest.mark.parametrize("cell", [0.0, -0.1, 11.0, float("nan")])
def test_an_impossible_cell_is_refused(cell):
    with pytest.raises(InvalidValue, match="a cell lasts"):
        blurred_noise(cell)


def test_a_map_of_another_shape_is_refused():
    with pytest.raises(InvalidValue, match="shape"):
        shifted(np.ones(64, dtype=np.float32), [1.0, 2.0])
