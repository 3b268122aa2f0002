"""What a learner holds shows itself in a notebook: in words that are text, with its ``repr`` beside them."""

import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

import ecgteach
from ecgteach.checks.perturbation.faithfulness import deletion
from ecgteach.records import Record
from ecgteach.waves import attention_by_wave, delineate
from ecgteach.words import in_steps

NASTY = "<script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def seen():
    return ecgteach.explain(ecgteach.sample("AFIB"))


@pytest.fixture(scope="module")
def things(seen):
    return {
        "Record": ecgteach.sample("AFIB"),
        "Explanation": seen,
        "TrustReport": ecgteach.trust(seen),
        "Waves": delineate(seen.strip),
        "Attention": attention_by_wave(seen),
        "Curve": deletion(seen),
    }


def shown(thing):
    return thing._repr_mimebundle_(include=None, exclude=None)


def words(thing):
    return unescape(re.sub(r"<[^>]*>", " ", shown(thing)["text/html"])).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("name", ["Record", "Explanation", "TrustReport", "Waves", "Attention", "Curve"])
def test_each_shows_itself_and_its_text_twin_is_its_repr(things, name):
    thing = things[name]
    assert type(thing).__name__ == name
    assert shown(thing)["text/plain"] == repr(thing)
    assert re.match(r"<(table|img)\b", shown(thing)["text/html"])


def test_every_figure_says_in_words_what_it_shows(things):
    assert re.search(
        r'alt="Both views answer atrial fibrillation or flutter; .{100}', shown(things["Explanation"])["text/html"]
    )


def test_what_reads_no_html_gets_the_figure_as_an_image(things):
    from base64 import b64decode

    for picture in (things["Explanation"], things["Record"].strip()):
        held = shown(picture)
        assert b64decode(held["image/png"]).startswith(b"\x89PNG")
        assert held["image/png"] in held["text/html"]
    assert shown(things["Explanation"])["text/plain"] == repr(things["Explanation"])


def test_a_report_names_its_class_in_words_alone(things):
    assert "map for atrial fibrillation or flutter passed" in words(things["TrustReport"])
    assert "AFIB" not in words(things["TrustReport"])


def test_a_report_is_about_the_map_and_holds_every_test(things):
    report = things["TrustReport"]
    assert "About the map, not about the diagnosis" in words(report)
    for test in report.tests:
        assert test.question in words(report) and test.why in words(report)


def test_attention_is_told_in_the_same_steps_as_in_the_sentence(things):
    found = things["Attention"]
    row = re.search(r"QRS\s+(\S+ ?\d* %)\s+(\S+ ?\d* %)\s+(\S+ ?\d* %)", words(found))
    steps = [in_steps(found.of(view, "QRS").mass) for view in ("signal", "image", "fused")]
    assert list(row.groups()) == [step.replace("\N{NO-BREAK SPACE}", " ") for step in steps]


def test_a_curve_stands_beside_its_controls(things):
    for name in (things["Curve"].order, *things["Curve"].controls):
        assert f" {name} " in words(things["Curve"])


def test_what_comes_from_a_file_is_text(seen):
    record = Record(np.ones((1, 5000)), (NASTY,), 500.0, id=NASTY, source=NASTY, licence=NASTY)
    report = replace(ecgteach.trust(seen), target=NASTY, caution=NASTY)
    explanation = replace(seen, strip=replace(seen.strip, source_id=NASTY, lead=NASTY))
    waves = replace(delineate(seen.strip), source=NASTY)
    for thing in (record, report, explanation, waves, replace(attention_by_wave(seen), empty={NASTY: NASTY})):
        html = shown(thing)["text/html"]
        assert "<script" not in html and "<img src=x" not in html
        assert "&lt;script&gt;" in html


def test_the_names_of_rooms_open_after_one_import():
    assert ecgteach.plots.plot_strip and ecgteach.checks.attribution and ecgteach.waves.sentence
    assert {"plots", "checks", "waves", "words", "views"} <= set(dir(ecgteach))


def test_a_recording_simulated_without_a_seed_tells_the_seed_that_makes_it_again():
    first, second = (ecgteach.simulate("AFIB", leads=("II",)) for _ in range(2))
    rhythm, seed = first.id.split("-")
    assert np.array_equal(ecgteach.simulate(rhythm, seed=int(seed), leads=("II",)).signals, first.signals)
    assert seed in repr(first) and first.id != second.id
