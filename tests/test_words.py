"""Words are the same wherever they are said: rounded shares, probabilities, classes, moments, networks together."""

import re
from collections.abc import Sequence

import numpy as np
import pytest

import ecgteach
from ecgteach import fusion, words
from ecgteach.plots.waves import plot_attention
from ecgteach.waves import attention_by_wave
from ecgteach.words import about, every, in_steps, listed, moments, probability


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
    assert words.class_name("GSVT") == "fast supraventricular rhythms"
    assert words.class_name("VT") == "ventricular tachycardia"
    assert words.class_in_full("AFIB") == "AFIB (atrial fibrillation or flutter)"
    assert words.class_in_full("normal beat") == "normal beat"


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
