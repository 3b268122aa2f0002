"""Words are the same wherever they are said: rounded shares, probabilities, classes, moments, networks together."""

import re
from collections.abc import Sequence

import numpy as np
import pytest

import ecgteach
from ecgteach import fusion, words
from ecgteach.plots.waves import plot_attention
from ecgteach.waves import attention_by_wave
from ecgteach.words import (
    about,
    every,
    in_steps,
    in_steps_or_seconds,
    listed,
    moments,
    overlap,
    probability,
    with_place,
)


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.61, "about 60 %"),
        (0.03, "about 5 %"),
        (0.02, "under 5 %"),
        (0.0, "0 %"),
        (0.976, "over 95 %"),
        (0.97, "about 95 %"),
        (1.0, "100 %"),
        (1 + 1e-9, "100 %"),
        (0.975, "over 95 %"),
        (0.025, "under 5 %"),
    ],
)
def test_shares_are_told_in_steps_of_five_percent(share, text):
    assert plain(about(share)) == text
    assert about(share).endswith(in_steps(share))


def test_shares_are_never_more_exact_than_five_percent():
    assert len({in_steps(share) for share in np.linspace(0, 1, 501)}) == 19 + 4


def test_a_share_is_the_same_in_the_sentence_and_in_the_figure_of_the_same_map():
    seen = ecgteach.explain(ecgteach.sample("SR"))
    found, alt = attention_by_wave(seen), plain(plot_attention(seen).alt)
    said = re.findall(r"((?:about|under|over) \d+ %) of the signal network's map for \w+ lies on (QRS)", alt, re.I)
    assert [(plain(about(found.of("signal", wave).mass)), wave) for _, wave in said] == [
        (text.lower(), wave) for text, wave in said
    ]


def test_no_probability_is_called_certain():
    assert [plain(probability(value)) for value in (1.0, 0.996, 0.5, 0.004, 0.0)] == [
        "over 99 %", "over 99 %", "50 %", "under 1 %", "under 1 %",
    ]  # fmt: skip


def test_classes_are_named_by_group_then_by_rhythm_then_by_themselves():
    said = "sinus tachycardia or another regular supraventricular tachycardia (not AF or flutter)"
    assert words.class_name("GSVT") == said
    assert [words.class_name(code) for code in ("SR", "SB")] == ["sinus rhythm (60-100/min)", "sinus bradycardia"]
    assert words.class_in_short("GSVT") == "sinus tachycardia or other regular SVT"
    assert words.class_name("VT") == "ventricular tachycardia"
    assert words.class_in_full("AFIB") == "AFIB (atrial fibrillation or flutter)"
    assert words.class_in_full("normal beat") == "normal beat"


BORDERS = [
    (0.05, "almost nothing is shared", "about a tenth is shared"),
    (0.15, "about a tenth is shared", "about a fifth is shared"),
    (0.225, "about a fifth is shared", "about a quarter is shared"),
    (0.29, "about a quarter is shared", "about a third is shared"),
    (0.415, "about a third is shared", "about half is shared"),
    (0.585, "about half is shared", "about two thirds are shared"),
    (0.71, "about two thirds are shared", "about three quarters are shared"),
    (0.825, "about three quarters are shared", "about nine tenths are shared"),
    (0.95, "about nine tenths are shared", "almost all is shared"),
]


@pytest.mark.parametrize(("border", "below", "above"), BORDERS)
def test_what_is_shared_is_told_in_words_with_a_border_each(border, below, above):
    assert overlap(border - 1e-4, 1.0) == below
    assert overlap(border, 1.0) == above


def test_only_none_is_nothing_and_only_all_is_all():
    assert [overlap(0.0, 0.3), overlap(0.0, 0.0), overlap(0.3, 0.3)] == [
        "nothing is shared", "nothing is shared", "all is shared",
    ]  # fmt: skip
    assert [overlap(1e-4, 1.0), overlap(1 - 1e-4, 1.0)] == ["almost nothing is shared", "almost all is shared"]


def test_every_border_of_what_is_shared_is_tried():
    assert [limit for limit, _ in words.SHARED] == [*(border for border, _, _ in BORDERS), 1.0]


def test_shares_that_would_all_read_under_five_percent_are_told_in_seconds():
    assert in_steps_or_seconds([0.95, 0.0249, 0.0], [0.0249, 0.0]) == ["9.5 s", "0.2 s", "0.0 s"]
    assert [plain(told) for told in in_steps_or_seconds([0.95, 0.025], [0.025])] == ["95 %", "under 5 %"]


@pytest.mark.parametrize(
    ("local", "rhythm", "share"), [(1, 3, 0.25), (1, -3, 1.0), (-1, 3, 0.0), (0, 1, 0.0), (1, 0, 1.0)]
)
def test_what_speaks_against_a_class_is_no_part_of_what_speaks_for_it(local, rhythm, share):
    assert with_place({"local": np.array([9, local]), "rhythm": np.array([9, rhythm])}, 1) == share


def test_a_network_that_does_not_tell_its_parts_has_no_share_with_a_place():
    assert with_place({}, 0) is None
    assert np.isnan(with_place({"local": np.array([-1.0]), "rhythm": np.array([0.0])}, 0))


def test_moments_are_those_above_half_of_the_maximum():
    on_time = np.zeros(5000, np.float32)
    on_time[500:1000], on_time[1010:1500], on_time[4000:4500] = 0.4, 0.3, 0.21
    assert moments(on_time) == "1.0 to 3.0 s, 8.0 to 9.0 s"
    assert moments(np.zeros(5000, np.float32)) == "no moment"


def test_looked_at_means_the_same_in_words_and_in_fusion():
    assert words.LOOKED == fusion.AGREEMENT_THRESHOLD


@pytest.mark.parametrize(
    ("views", "text"),
    [
        (["image"], "the picture network"),
        (["signal", "image"], "both networks"),
        (["signal", "image", "twelve"], "all 3 networks"),
    ],
)
def test_networks_are_told_together_whatever_their_number(views: Sequence[str], text):
    assert every(views, "network") == text


def test_lists_end_in_and():
    assert [listed([]), listed(["P"]), listed(["P", "T"]), listed(["P", "QRS", "T"])] == [
        "", "P", "P and T", "P, QRS and T",
    ]  # fmt: skip
