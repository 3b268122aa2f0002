"""Figures of attention by wave: their titles are their answers, and they hold in every state."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import LineCollection

import ecgteach
from ecgteach.errors import InvalidValue
from ecgteach.plots.waves import plot_attention, plot_attention_by_rhythm
from ecgteach.simulator import simulate
from ecgteach.strip import Strip
from ecgteach.waves import attention_table, delineate, sentence


@pytest.fixture(scope="module")
def seen():
    return ecgteach.explain(simulate("SR", seed=1, leads=("II",)))


@pytest.fixture(scope="module")
def table(seen):
    """One strip of sinus rhythm, and ten recordings of fibrillation whose maps lie on QRS."""
    fibrillating = looking(ecgteach.explain(simulate("AFIB", seed=2, leads=("II",))), "QRS")
    again = [replace(fibrillating, strip=replace(fibrillating.strip, source_id=f"made/{n}")) for n in range(10)]
    return attention_table([seen, *again])


def looking(seen, segment):
    """The same explanation with maps that lie on one segment only."""
    mask = delineate(seen.strip).mask(segment).astype(np.float32)
    return replace(seen, views={name: replace(view, on_time=mask) for name, view in seen.views.items()}, fused=mask)


def texts(picture):
    return [text for axes in picture.figure.axes for text in axes.texts if text.get_text()]


def assert_nothing_is_cut(picture):
    picture.png()
    page = picture.figure.bbox
    for text in texts(picture):
        box = text.get_window_extent()
        assert page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1, text.get_text()


def test_the_title_says_on_which_wave_the_maps_lie(seen):
    picture = plot_attention(looking(seen, "QRS"))
    assert picture.alt.startswith("For sinus rhythm both maps lie more than chance on QRS")
    assert_nothing_is_cut(picture)


def test_a_level_map_is_said_to_single_out_nothing(seen):
    level = {name: replace(view, on_time=np.ones(5000, np.float32)) for name, view in seen.views.items()}
    picture = plot_attention(replace(seen, views=level, fused=np.ones(5000, np.float32)))
    assert "no map singles out a wave" in picture.alt


def test_the_alternative_text_holds_the_sentence(seen):
    assert sentence(seen).rstrip(".") in plot_attention(seen).alt


def test_a_strip_without_waves_has_a_figure_that_says_so(seen):
    picture = plot_attention(replace(seen, strip=Strip(np.zeros(5000))))
    assert "there is nothing to count" in picture.alt
    assert_nothing_is_cut(picture)


def test_rhythms_stand_below_each_other_with_their_number_of_strips(table):
    picture = plot_attention_by_rhythm(table, ["SR", "AFIB"])
    said = " ".join(text.get_text() for text in texts(picture))
    assert "SR, strips: 1" in said
    assert "mean share: signal / picture / fused" in said
    assert "on QRS in AFIB; SR: too few recordings to tell where fused maps lie" in picture.alt
    assert_nothing_is_cut(picture)


def test_below_ten_recordings_no_interval_is_drawn(table):
    def lines(rhythm):
        picture = plot_attention_by_rhythm(table, [rhythm])
        return sum(isinstance(held, LineCollection) for axes in picture.figure.axes for held in axes.collections)

    assert lines("SR") == 0
    assert lines("AFIB") > 0


def test_a_rhythm_of_few_strips_is_drawn_only_when_it_is_named(table):
    with pytest.raises(InvalidValue, match=r"no rhythm to draw; the table holds .* A rhythm needs 20"):
        plot_attention_by_rhythm(table)
    with pytest.raises(InvalidValue, match="by 'rhythm' or by 'group', not by 'colour'"):
        plot_attention_by_rhythm(table, by="colour")


def test_groups_can_be_drawn_in_place_of_rhythms(table):
    assert "in AFIB" in plot_attention_by_rhythm(table, ["AFIB"], by="group").alt
