"""A drawn strip between axes: every pixel where the geometry says, and words for who cannot see it."""

import numpy as np
import pytest

import ecgteach
from ecgteach.errors import InvalidValue
from ecgteach.image import strip_image
from ecgteach.plots.pixels import plot_pixels
from tests.conftest import made_record


@pytest.fixture(scope="module")
def image():
    return strip_image(made_record().strip(), width=256, height=32)


def test_pixels_lie_over_seconds_and_millivolts(image):
    axes = plot_pixels(image).figure.axes[0]
    assert axes.get_xlabel() == "seconds"
    assert axes.get_ylabel() == "millivolts"
    shown = axes.images[0]
    assert shown.get_extent() == [0.0, 10.0, -2.0, 2.0]
    assert np.array_equal(shown.get_array(), 1.0 - image.pixels)


def test_the_words_tell_size_limits_and_ink_and_name_no_rhythm(image):
    alt = plot_pixels(image, title="Thin pen").alt
    for part in ("Thin pen", "256 by 32 pixels", "-2 to 2 mV", f"{image.pixels.mean():.1%}"):
        assert part in alt
    assert "sinus" not in plot_pixels(strip_image(ecgteach.sample("SR").strip())).alt


def test_a_title_that_does_not_fit_is_refused(image):
    with pytest.raises(InvalidValue, match="leave 120 at most"):
        plot_pixels(image, title="x" * 121)
