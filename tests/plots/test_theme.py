"""The one visual language: colours that everyone tells apart, and an even importance map that starts at nothing."""

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from ecgteach.errors import InvalidValue
from ecgteach.fusion import agreement_kinds
from ecgteach.plots import importance_map, importance_palette, theme
from ecgteach.views import FUSED, VIEWS, view_kind


def linear(colours):
    colours = np.asarray(colours, dtype=float)
    return np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)


def luminance(colours):
    return linear(colours) @ np.array([0.2126729, 0.7151522, 0.0721750])


def lightness(colours):
    shares = luminance(colours)
    return 116 * np.where(shares > 216 / 24389, np.cbrt(shares), (24389 / 27 * shares + 16) / 116) - 16


def contrast(one, other):
    low, high = sorted(luminance([to_rgb(one), to_rgb(other)]))
    return (high + 0.05) / (low + 0.05)


def test_nothing_has_the_colour_of_the_paper():
    assert importance_palette(2)[0] == theme.PAPER.lower()


def test_importance_darkens_at_every_step():
    shades = lightness(importance_map()(np.linspace(0, 1, 256))[:, :3])
    assert (np.diff(shades) < 0).all()


def test_importance_darkens_evenly():
    steps = np.diff(lightness(importance_map()(np.linspace(0, 1, 11))[:, :3]))
    assert steps.min() > 1.15 * steps.mean() and steps.max() < 0.85 * steps.mean()  # steps are negative


def test_the_trace_is_seen_on_the_darkest_importance():
    assert contrast(theme.INK, importance_palette(2)[1]) > 2


def test_everyone_gets_a_map_of_their_own():
    assert importance_map() == importance_map()
    assert importance_map() is not importance_map()


def test_a_palette_of_one_colour_is_refused():
    with pytest.raises(InvalidValue, match="two colours or more, not 1"):
        importance_palette(1)


@pytest.mark.parametrize("views", [["signal"], ["signal", "image"], ["signal", "image", "twelve"]])
def test_every_class_of_agreement_has_its_own_words_colour_and_hatch(views):
    styles = [theme.agreement_style(kind) for kind in agreement_kinds(views)]
    for trait in ("words", "colour", "hatch"):
        assert len({getattr(style, trait) for style in styles}) == len(styles)


@pytest.mark.parametrize("view", [*VIEWS, FUSED, "a", "my own", "twelve", "x"])
def test_the_name_of_a_view_can_be_read_on_its_colour(view):
    assert contrast(view_kind(view).ink, view_kind(view).colour) >= 4.5


def test_quiet_words_can_be_read_on_the_page():
    assert contrast(theme.QUIET_INK, "white") >= 7


def test_settings_come_back_after_an_error():
    before = dict(matplotlib.rcParams)
    with pytest.raises(ZeroDivisionError), theme.style():
        assert matplotlib.rcParams["text.parse_math"] is False
        raise ZeroDivisionError
    assert dict(matplotlib.rcParams) == before
