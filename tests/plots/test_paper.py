"""ECG paper is exact: 25 mm a second, 10 mm a millivolt, a line each millimetre, whatever the strip."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgteach.plots import plot_strip
from ecgteach.plots.paper import LEAD_IN_SECONDS, ruled, segments, window
from ecgteach.plots.sheet import MM_PER_INCH
from ecgteach.strip import Strip

TIMES = np.arange(5000) / 500


def wave(height=1.0, offset=0.0):
    return (offset + height * np.exp(-0.5 * (((TIMES % 0.8) - 0.3) / 0.02) ** 2)).astype(np.float32)


def paper_of(samples):
    """The paper's axes, and how many mm of the figure a second and a millivolt take."""
    figure = plot_strip(Strip(samples)).figure
    axes = next(axes for axes in figure.axes if axes.get_label() == "0")
    place, (width, height) = axes.get_position(), figure.get_size_inches() * MM_PER_INCH
    seconds, millivolts = (np.ptp(limits) for limits in (axes.get_xlim(), axes.get_ylim()))
    return axes, place.width * width / seconds, place.height * height / millivolts


@pytest.mark.parametrize("height", [0.1, 1.0, 2.7, -2.7, 5.0, -30.0])
def test_a_second_is_25_mm_and_a_millivolt_10_mm(height):
    _, second, millivolt = paper_of(wave(height))
    assert second == pytest.approx(25.0, abs=1e-9)
    assert millivolt == pytest.approx(10.0, abs=1e-9)


def test_ten_seconds_are_250_mm_of_pixels():
    axes, _, _ = paper_of(wave())
    left, right = axes.transData.transform([(0.0, 0.0), (10.0, 0.0)])[:, 0]
    assert (right - left) / axes.figure.dpi * MM_PER_INCH == pytest.approx(250.0, abs=1e-9)


def test_lines_stand_on_whole_pixels():
    axes, _, _ = paper_of(wave())
    pixels = axes.transData.transform([(second, 0.0) for second in np.arange(0, 10, 0.04)])[:, 0]
    np.testing.assert_allclose(pixels, np.round(pixels), atol=1e-6)


def test_fine_lines_are_1_mm_apart_and_strong_ones_5_mm():
    low, high = -1.0, 2.0
    fine, strong = ruled(low, high)
    upright = np.sort(np.concatenate([lines[lines[:, 0, 0] == lines[:, 1, 0], 0, 0] for lines in (fine, strong)]))
    level = np.sort(np.concatenate([lines[lines[:, 0, 1] == lines[:, 1, 1], 0, 1] for lines in (fine, strong)]))
    np.testing.assert_allclose(np.diff(upright) * 25, 1.0, atol=1e-9)
    np.testing.assert_allclose(np.diff(level) * 10, 1.0, atol=1e-9)
    assert (upright[0], upright[-1], level[0], level[-1]) == pytest.approx((-LEAD_IN_SECONDS, 10.0, low, high))
    strong_upright = np.sort(strong[strong[:, 0, 0] == strong[:, 1, 0], 0, 0])
    strong_level = np.sort(strong[strong[:, 0, 1] == strong[:, 1, 1], 0, 1])
    np.testing.assert_allclose(np.diff(strong_upright) * 25, 5.0, atol=1e-9)
    np.testing.assert_allclose(np.diff(strong_level) * 10, 5.0, atol=1e-9)


def test_a_strong_line_stands_at_each_whole_second_and_millivolt():
    _, strong = ruled(-1.0, 2.0)
    assert all(np.isclose(strong[:, 0, 0], second).any() for second in range(11))
    assert all(np.isclose(strong[:, 0, 1], millivolt).any() for millivolt in (-1, 0, 1, 2))


def test_calibration_is_one_millivolt_for_200_ms_before_the_strip():
    axes, _, _ = paper_of(wave())
    pulse = next(line for line in axes.lines if len(line.get_xdata()) == 6)
    seconds, millivolts = np.asarray(pulse.get_xdata()), np.asarray(pulse.get_ydata())
    assert np.ptp(millivolts) == pytest.approx(1.0)
    assert np.ptp(seconds[millivolts == millivolts.max()]) == pytest.approx(0.2)
    assert seconds.min() > -LEAD_IN_SECONDS and seconds.max() < 0


@given(st.floats(-40, 40), st.floats(-20, 20))
def test_paper_is_whole_boxes_and_between_25_and_60_mm_tall(height, offset):
    low, high = window(wave(height, offset))
    assert (np.array([low, high]) / 0.5 % 1 == 0).all()
    assert 2.5 <= high - low <= 6.0


@given(st.floats(-5, 5), st.floats(-20, 20))
def test_paper_holds_every_trace_that_fits(height, offset):
    samples = wave(height, offset)
    low, high = window(samples)
    assert low < samples.min() and samples.max() < high


def test_an_ordinary_strip_gets_the_ordinary_paper():
    assert window(wave(1.0)) == (-1.0, 1.5)


def test_an_inverted_strip_gets_paper_below():
    assert window(wave(-1.8)) == (-2.0, 1.5)


def test_a_trace_too_tall_keeps_its_gain_and_says_what_is_cut_off():
    samples = wave(9.0)
    shown = plot_strip(Strip(samples))
    assert "Cut off at 6.0 mV: the trace reaches 9.0 mV" in shown.alt
    axes, _, _ = paper_of(samples)
    heads = [line for line in axes.lines if line.get_marker() == "^"]
    assert sum(len(line.get_xdata()) for line in heads) == 13  # one for each beat


def test_a_trace_that_fits_has_no_arrowheads():
    axes, _, _ = paper_of(wave())
    assert not sum(len(line.get_xdata()) for line in axes.lines if line.get_marker() in "^v")


def test_an_absurd_amplitude_is_drawn_all_the_same():
    low, high = window(wave(1e6))
    assert low <= 0 <= high


def test_segments_begin_and_end_with_their_samples():
    held = np.zeros(5000, dtype=bool)
    held[:50], held[1000:1250], held[-500:] = True, True, True
    assert segments(held) == [(0.0, 0.1), (2.0, 2.5), (9.0, 10.0)]
