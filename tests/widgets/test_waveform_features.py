"""The WaveformFeatures: the learner ranks first; then bars beside chance, and what changing a wave did, when asked."""

import json
import re
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from ecgteach.checks.counterfactual import edit_wave
from ecgteach.errors import InvalidValue, UnknownName
from ecgteach.explanation import explain
from ecgteach.models import shipped
from ecgteach.records import sample
from ecgteach.simulator import simulate
from ecgteach.waves import PARTS, WINDOWS, attention_by_wave, delineate
from ecgteach.widgets import FeaturesState, WaveformFeatures
from ecgteach.widgets.waveform_features_state import Ranking
from ecgteach.widgets.waveform_features_words import Bar, table
from ecgteach.words import about
from tests.widgets.scenes import page

ORDER = ("pre", "QRS", "ST-T")


@pytest.fixture(scope="module")
def cases():
    return [simulate("SR", seed=2), simulate("AFIB", seed=3), simulate("SB", seed=4), sample("AFIB")]


@pytest.fixture
def widget(cases):
    return WaveformFeatures(cases)


def rank(widget, order=ORDER):
    for name in order:
        widget.controls["rank"].value = name
        assert widget.fault == ""
    widget.controls["show"].click()
    assert widget.fault == ""


def light(widget, name, parting="windows"):
    widget.controls["parting"].value = parting
    widget.controls["wave"].value = name
    assert widget.fault == ""


class TestRankingFirst:
    def test_it_begins_with_the_bare_strip_and_the_segments_of_every_rhythm(self, widget):
        held = page(widget)[1]
        assert [panel["name"] for panel in held["strips"]["panels"]] == ["strip"]
        assert [option["value"] for option in held["rank"]["options"]] == list(WINDOWS)
        assert "bars" not in held and held["show"]["disabled"]

    def test_the_last_segment_follows_by_itself_and_the_ranking_can_be_begun_again(self, widget):
        for name in ORDER:
            widget.controls["rank"].value = name
        assert widget.state.ranking.order == (*ORDER, "rest")
        widget.controls["over"].click()
        assert widget.state.ranking == Ranking()

    def test_no_state_shows_bars_lights_or_edits_before_the_ranking(self):
        for shown in ({"shown": True}, {"ran": ("QRS",)}):
            with pytest.raises(InvalidValue, match="your ranking comes first"):
                Ranking(("pre",), **shown)
        with pytest.raises(InvalidValue, match="your ranking comes first"):
            FeaturesState((Ranking(),), wave="QRS")
        with pytest.raises(InvalidValue, match="ranked once"):
            Ranking(("pre", "pre"))

    def test_a_shown_ranking_stands(self, widget):
        rank(widget)
        with pytest.raises(InvalidValue, match="this ranking stands"):
            widget.state.ranks("pre")
        widget.controls["over"].click()
        assert "this ranking stands" in widget.fault.lower() or widget.state.ranking.shown

    def test_the_ranking_is_set_beside_each_map_as_agreement_and_not_as_correctness(self, widget, cases):
        rank(widget)
        said = widget.render(widget.state).words["ranked"]
        assert "agreement, not correctness" in said
        seen = explain(cases[0].strip().for_reading())
        found = attention_by_wave(seen, delineate(seen.strip))
        order = (*ORDER, "rest")
        for view, word in (("signal", "signal"), ("image", "picture"), ("fused", "fused")):
            density = [found.of(view, name).density for name in order]
            same = sum(a >= b for i, a in enumerate(density) for b in density[i + 1 :])
            assert f"the {word} map orders {same} of 6 alike" in said


class TestBars:
    def test_each_modality_has_a_bar_with_its_density_and_chance_marked(self, widget, cases):
        rank(widget)
        bars = page(widget)[1]["bars"]["html"]
        seen = explain(cases[0].strip().for_reading())
        found = attention_by_wave(seen, delineate(seen.strip))
        for view in ("signal", "image", "fused"):
            for name in WINDOWS:
                assert f"{found.of(view, name).density:.1f} ×" in bars
        assert bars.count('style="left: 28px; top: 0; bottom: 0; width: 2px') == 3 * 4, "chance at a third of the bar"
        assert bars.count("background: #D9D9D9") == 3 * 4, "the band of shifted maps"

    def test_shares_come_second_and_in_steps_of_five_percent(self, widget, cases):
        rank(widget)
        widget.controls["unit"].value = "share"
        bars = page(widget)[1]["bars"]["html"]
        assert "×" not in bars
        found = attention_by_wave(explain(cases[0].strip().for_reading()))
        assert all(about(found.of("signal", name).mass) in bars for name in WINDOWS)

    def test_waves_are_shown_on_demand_short_ones_hatched_absent_ones_a_dash(self, widget):
        widget.controls["next"].click()
        rank(widget)
        widget.controls["parting"].value = "waves"
        held = page(widget)
        row = re.search(r'data-value="P".*?</tr>', held[1]["bars"]["html"]).group(0)
        assert row.count("<td>–</td>") == 4, "three maps and the edit"
        assert "for fibrillation read before QRS in the place of P" in held[0]
        assert [option["value"] for option in held[1]["wave"]["options"]] == list(PARTS)

    def test_a_wave_shorter_than_one_and_a_half_cells_is_hatched(self):
        held = {"signal": {"P": Bar(1.2, 0.1, 0.5, 1.5, True), "T": Bar(1.2, 0.1, 0.5, 1.5, False)}}
        rows = re.findall(r"<tr data-control.*?</tr>", table(held, ("P", "T"), "density"))
        assert ["repeating-linear-gradient" in row for row in rows] == [True, False]

    def test_choosing_a_bar_lights_these_waves_on_the_strip(self, widget):
        rank(widget)
        light(widget, "QRS")
        marks = page(widget)[1]["strips"]["value"]
        onsets = [wave.onset for wave in widget._asked.attention(0).waves.of("QRS")]
        assert len(marks) == len(onsets)
        assert [mark["start"] for mark in marks] == pytest.approx([max(0, one) for one in onsets], abs=0.01)
        assert page(widget)[1]["strips"]["locked"]


class TestChanged:
    def test_the_bar_of_what_changed_the_answer_is_empty_until_the_edit_is_run(self, widget):
        rank(widget)
        light(widget, "QRS")
        assert page(widget)[1]["bars"]["html"].count("</span> ?</td>") == 4
        widget.controls["edit"].click()
        held = page(widget)[1]
        assert held["bars"]["html"].count("</span> ?</td>") == 3
        assert "points" in held["bars"]["html"]
        assert [panel["name"] for panel in held["strips"]["panels"]] == ["signal", "edited"]
        assert widget.controls["edit"].disabled

    @pytest.mark.parametrize("segment", [*WINDOWS, *PARTS])
    def test_an_edit_changes_its_own_segment_and_nothing_else(self, segment):
        seen = explain(simulate("SR", seed=2).strip().for_reading())
        waves = delineate(seen.strip)
        edit = edit_wave(seen, waves, segment)
        mask = waves.mask(segment)
        assert np.array_equal(edit.samples[~mask], seen.strip.samples[~mask])
        assert not np.allclose(edit.samples[mask], seen.strip.samples[mask])
        assert edit.kind == ("halved" if segment == "QRS" else "flattened")

    def test_what_it_did_is_what_the_networks_answer_to_the_changed_strip(self):
        seen = explain(simulate("SR", seed=2).strip().for_reading())
        edit = edit_wave(seen, delineate(seen.strip), "ST-T")
        again = explain(replace(seen.strip, samples=edit.samples), models=shipped(), target=seen.target)
        for view in ("signal", "image"):
            expected = again.views[view].prediction.probabilities[seen.target]
            assert edit.after[view] == pytest.approx(expected, abs=1e-4)
            before = seen.views[view].prediction.probabilities[seen.target]
            assert edit.before[view] == pytest.approx(before, abs=1e-4)

    def test_what_is_absent_is_drawn_in_and_not_deleted(self):
        seen = explain(simulate("AFIB", seed=3).strip().for_reading())
        waves = delineate(seen.strip)
        assert edit_wave(seen, waves, "P") is None
        edit = edit_wave(seen, waves, "pre")
        assert edit.kind == "P added"
        assert (edit.samples - seen.strip.samples).max() == pytest.approx(0.14, abs=0.01)

    def test_an_unknown_segment_is_answered_with_those_that_there_are(self):
        seen = explain(simulate("SR", seed=2).strip().for_reading())
        with pytest.raises(UnknownName, match="no segment is called 'U'"):
            edit_wave(seen, delineate(seen.strip), "U")


class TestAverages:
    def test_they_are_shown_after_three_ranked_cases(self, widget):
        assert widget.controls["scope"].disabled
        with pytest.raises(InvalidValue, match="averages over a class are shown after 3 ranked cases"):
            replace(widget.state, scope="class")
        for _ in range(3):
            rank(widget)
            widget.controls["next"].click()
        assert not widget.controls["scope"].disabled
        widget.controls["scope"].value = "class"
        assert "strips answered" in page(widget)[0]

    def test_correct_and_misread_stand_side_by_side_and_add_up_to_the_class(self, widget):
        for _ in range(3):
            rank(widget)
            widget.controls["next"].click()
        counts = {}
        for scope in ("class", "outcome"):
            widget.controls["scope"].value = scope
            assert widget.fault == ""
            counts[scope] = [int(one) for one in re.findall(r"(\d+) strips answered", page(widget)[0])]
        assert len(counts["outcome"]) == 2
        assert sum(counts["outcome"]) == counts["class"][0]


class TestState:
    def test_a_saved_state_shows_the_same_still_byte_for_byte(self, widget, cases):
        rank(widget)
        light(widget, "T", "waves")
        widget.controls["edit"].click()
        saved = json.loads(json.dumps(widget.state.to_json()))
        other = WaveformFeatures(cases)
        other.state = FeaturesState.from_json(saved)
        assert other.state == widget.state
        assert other.scene()[0]["body"] == widget.scene()[0]["body"]
        assert other.still().png() == widget.still().png()

    def test_the_still_shows_no_map_before_the_ranking(self, widget):
        assert "Which waves did each modality attend to?" in widget.still().alt
        assert "density" not in widget.still().alt

    def test_two_widgets_side_by_side_do_not_meet(self, cases):
        one, other = WaveformFeatures(cases), WaveformFeatures(cases)
        rank(one)
        assert other.state.ranking == Ranking()

    def test_what_is_no_recording_is_refused(self):
        with pytest.raises(InvalidValue, match="takes recordings"):
            WaveformFeatures(["x"])
        with pytest.raises(InvalidValue, match="takes recordings"):
            WaveformFeatures(5)
        with pytest.raises(InvalidValue, match="needs one case or more"):
            WaveformFeatures([])

    def test_nothing_says_because(self, widget):
        rank(widget)
        light(widget, "pre")
        widget.controls["edit"].click()
        assert "because" not in page(widget)[0]


def test_two_hundred_random_steps_leave_no_exception_and_no_callback(widget):
    random = Random(7)
    followers = {name: len(control._followers) for name, control in widget.controls.items()}
    for _ in range(200):
        shown = [widget.controls[name] for name in page(widget)[1] if name in widget.controls]
        control = random.choice([one for one in shown if not one.disabled and one.name not in ("save", "strips")])
        if hasattr(control, "click"):
            control.click()
        elif control.options:
            control.value = random.choice(list(control.options))
        assert "Something went wrong" not in widget.fault, (control.name, widget.fault)
        widget.scene()
    assert followers == {name: len(control._followers) for name, control in widget.controls.items()}
    assert len(widget._asked._kept) <= 48
