"""A strip with its waves named: counted in words, shaded where they are, and no guess where nothing is known."""

import numpy as np
import pytest

import ecgteach
from ecgteach.errors import InvalidValue
from ecgteach.plots.named_waves import SHADES, plot_waves
from ecgteach.simulator import simulate


@pytest.fixture(scope="module")
def strip():
    return simulate("SR", seed=4, rate=70, leads=("II",), noise=None).strip()


def test_the_words_count_the_waves_and_name_no_rhythm(strip):
    alt = plot_waves(strip).alt
    for kind in ("P", "QRS", "T"):
        assert f"{len(strip.truth.of(kind))} {kind}" in alt
    assert "sinus" not in alt.lower()


def test_every_wave_is_shaded_where_it_lies(strip):
    axes = plot_waves(strip).figure.axes[-1]
    shaded = sorted((patch.get_x(), patch.get_x() + patch.get_width()) for patch in axes.patches)
    waves = sorted((wave.onset, wave.offset) for wave in strip.truth.waves if wave.kind in SHADES)
    assert len(shaded) >= len(waves)
    assert all(np.min(np.abs(np.array(shaded) - wave).sum(axis=1)) < 1e-9 for wave in waves)


def test_letters_stand_on_the_paper(strip):
    letters = [text.get_text() for axes in plot_waves(strip).figure.axes for text in axes.texts]
    assert letters.count("QRS") == len(strip.truth.of("QRS"))


def test_waves_may_be_given(strip):
    first = strip.truth.of("QRS")[:2]
    assert "2 QRS" in plot_waves(strip, first, title="Two").alt


def test_a_real_strip_does_not_know_its_waves_and_says_what_to_give():
    with pytest.raises(InvalidValue, match="give them"):
        plot_waves(ecgteach.sample("SR").strip())
