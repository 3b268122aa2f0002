"""The CaseExplorer: the learner first, then answers, maps and the truth, in this order and no other."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from bokeh.core.json_encoder import serialize_json
from bokeh.document import Document
from bokeh.models import CrosshairTool

from ecgteach import explain
from ecgteach.cases import recording
from ecgteach.errors import InvalidValue, PoorSignal, UnknownName
from ecgteach.fusion import RULES
from ecgteach.models import SignalCNN, shipped
from ecgteach.records import Record, sample, samples
from ecgteach.rhythms import grouping, rhythms
from ecgteach.widgets import CaseExplorer, CaseState, Reading, choose_cases
from ecgteach.widgets.case_state import STEPS, answers


@pytest.fixture(scope="module")
def cases():
    return choose_cases()


@pytest.fixture
def explorer(cases):
    return CaseExplorer(cases)


def read(explorer, answer="AFIB", confidence=75):
    """Read the present case by its controls."""
    explorer.controls["answer"].value = answer
    explorer.controls["confidence"].value = confidence


def climb(explorer, step):
    """Read the present case and press the button until it has come to a step."""
    read(explorer)
    while explorer.state.reading.step != step:
        explorer.controls["step"].click()


def told(explorer):
    return explorer._words.value + explorer._caption.value


def figures(explorer):
    """Everything that the figures hold, as it is sent to the page."""
    model = explorer.panels.model
    if model.document is None:
        Document().add_root(model)
    return serialize_json(model.document.to_json())


class TestLadder:
    def test_it_begins_with_the_bare_strip(self, explorer):
        assert explorer.render(explorer.state).seen is None
        assert explorer.state.reading == Reading()
        assert "Some of their answers in these cases are wrong" in told(explorer)

    def test_the_button_waits_for_an_answer_and_a_confidence(self, explorer):
        step = explorer.controls["step"]
        assert step.disabled
        explorer.controls["answer"].value = "SR"
        assert step.disabled
        explorer.controls["confidence"].value = 50
        assert not step.disabled

    @pytest.mark.parametrize("step", STEPS[1:])
    def test_no_state_shows_the_networks_before_the_learner(self, step):
        for reading in ({}, {"answer": "SR"}, {"confidence": 50}):
            with pytest.raises(InvalidValue, match="your own reading comes first"):
                Reading(**reading, step=step)

    def test_each_press_goes_one_step_further_and_the_last_to_the_next_case(self, explorer):
        read(explorer)
        for step in STEPS[1:]:
            explorer.controls["step"].click()
            assert explorer.state.reading.step == step
        explorer.controls["step"].click()
        assert explorer.state.case == 1
        assert explorer.state.reading == Reading()

    def test_after_the_answers_the_reading_stands(self, explorer):
        climb(explorer, "answers")
        assert explorer.controls["answer"].disabled and explorer.controls["confidence"].disabled
        explorer.controls["answer"].value = "SR"
        assert "Your reading of this case stands" in explorer.fault
        assert explorer.controls["answer"].value == explorer.state.reading.answer == "AFIB"

    def test_other_findings_come_with_the_truth_and_never_before(self):
        record = next(line for line in samples("SR") if line.record == "256").load()
        explorer = CaseExplorer([record])
        for step in STEPS[:-1]:
            climb(explorer, step)
            assert "bundle branch" not in told(explorer) + figures(explorer)
        climb(explorer, STEPS[-1])
        assert "Also found: left bundle branch block and premature ventricular beats." in told(explorer)

    def test_answers_come_without_maps_and_maps_without_the_truth(self, explorer):
        climb(explorer, "answers")
        assert "signal network" in told(explorer)
        assert explorer.render(explorer.state).seen is None
        assert "The source says" not in told(explorer)
        explorer.controls["step"].click()
        assert explorer.render(explorer.state).seen is not None
        assert "The source says" not in told(explorer)
        explorer.controls["step"].click()
        assert "The source says" in told(explorer)

    def test_the_truth_names_rhythm_group_rate_source_licence_and_who_was_right(self, explorer):
        climb(explorer, "truth")
        record = explorer.cases[0]
        for words in (record.rhythm.name, record.name, record.licence, "Measured rate", "If this were a patient"):
            assert words in told(explorer)
        assert "network: " in told(explorer) and "you: " in told(explorer)

    @pytest.mark.parametrize(
        ("labels", "said"), [(set(), "no label"), ({rhythms()["AFL"], rhythms()["AFIB"]}, "no single rhythm")]
    )
    def test_without_a_label_nobody_is_judged(self, labels, said):
        explorer = CaseExplorer([replace(sample("AFIB"), labels=frozenset(labels))])
        climb(explorer, "truth")
        assert f"The source says: {said}." in told(explorer)
        assert f"{said.capitalize()}, so no answer is judged." in told(explorer)
        assert not re.search(r"network: (right|wrong)|you: ", told(explorer))

    def test_all_twelve_can_be_climbed_and_drawn(self, explorer):
        for number in range(12):
            climb(explorer, "truth")
            assert explorer.fault == ""
            assert f"Case {number + 1} of 12" in explorer._heading.value
            assert len(explorer.panels._pictures["image"][1].data_source.data["values"][0]) == 128
            explorer.controls["next"].click()
        assert explorer.controls["next"].disabled and explorer.controls["step"].disabled


class TestBlindness:
    NAMES = {name for known in rhythms().values() for name in (known.name, known.code)} | {"GSVT"}

    @pytest.mark.parametrize("case", [0, 4, 8, 11])
    def test_before_the_truth_nothing_shown_names_source_or_rhythm(self, cases, case):
        explorer = CaseExplorer(cases)
        explorer.state = explorer.state.at_case(case)
        record = cases[case]
        for step in STEPS[:-1]:
            shown = explorer.render(explorer.state)
            hidden = [record.source, recording(record)]
            everything = "\n".join(
                [shown.words, shown.caption, shown.heading, repr(shown.strip), figures(explorer), explorer.still().alt]
            )
            assert not [word for word in hidden if word in everything]
            assert shown.strip.rhythm is None
            assert shown.seen is None or shown.seen.strip.rhythm is None
            if step == "strip":
                assert not [name for name in self.NAMES if f" {name} " in f" {told(explorer)} {explorer.still().alt} "]
                assert all(len(source.data["value"]) == 0 for source in explorer.panels._marks.values())
            if step == "strip":
                read(explorer)
            explorer.controls["step"].click()

    def test_undecided_answers_are_always_offered(self, explorer):
        offered = dict(explorer.controls["answer"].options)
        assert {"none of these", "cannot tell from lead II"} <= set(offered)
        assert list(offered.values()) == [*grouping().classes, "none", "cannot"] == list(answers(grouping().classes))


class TestMaps:
    def test_another_target_gives_another_map(self, explorer):
        climb(explorer, "maps")
        first = explorer.panels._marks["signal"].data
        other = next(code for code in grouping().classes if code != explorer.render(explorer.state).seen.target)
        explorer.controls["target"].value = other
        assert explorer.render(explorer.state).seen.target == other
        assert explorer.panels._marks["signal"].data != first

    def test_every_rule_can_be_chosen(self, explorer):
        climb(explorer, "maps")
        drawn = []
        for rule in RULES:
            explorer.controls["rule"].value = rule
            assert explorer.render(explorer.state).seen.rule == rule
            drawn.append(explorer.panels._marks["fused"].data["value"])
        sure_alike = RULES.keys() - {"confidence"}  # two views that are equally sure weigh as in the mean
        assert len({tuple(values) for values in drawn}) >= len(sure_alike)

    def test_where_nothing_can_be_fused_the_words_say_why(self, explorer, monkeypatch):
        def unfused(*arguments, **settings):
            return replace(explain(*arguments, **settings), fused=None, fused_reason="the two maps share no moment")

        monkeypatch.setattr("ecgteach.widgets.case_explorer.explain", unfused)
        climb(explorer, "maps")
        assert "There is no fused map: the two maps share no moment" in told(explorer)
        assert explorer.panels._marks["fused"].data["value"] == []
        assert "not fused" in explorer.panels._notes["fused"].text

    def test_shares_are_told_in_steps_of_five_percent(self, cases):
        shared = ((record, explain(record).agreement_shares["both"]) for record in cases)
        record, both = next((record, both) for record, both in shared if both > 0.05)
        explorer = CaseExplorer([record])
        climb(explorer, "maps")
        assert f"Both looked at about {5 * round(20 * both)}\N{NO-BREAK SPACE}% of the time" in told(explorer)

    def test_a_red_map_of_an_unlikely_answer_comes_with_a_warning(self, explorer):
        climb(explorer, "maps")
        seen = explorer.render(explorer.state).seen
        explorer.controls["target"].value = min(seen.probabilities, key=seen.probabilities.get)
        assert "Take care" in told(explorer) or "no fused map" in told(explorer)

    def test_a_moment_is_marked_in_all_panels_and_told(self, explorer):
        climb(explorer, "maps")
        explorer.controls["moment"].value = 3.4
        assert [line.location for line in explorer.panels._moments.values()] == [3.4] * 3
        assert "At 3.4 s" in told(explorer)


class TestPanels:
    def test_all_share_one_range_and_one_crosshair(self, explorer):
        papers = list(explorer.panels._figures.values())
        assert len({id(paper.x_range) for paper in papers}) == 1
        crosshairs = [tool.overlay for paper in papers for tool in paper.tools if isinstance(tool, CrosshairTool)]
        assert len(crosshairs) == 3 and len({id(span) for span in crosshairs}) == 1

    def test_later_panels_appear_with_the_maps_and_go_with_the_next_case(self, explorer):
        def visible():
            return [paper.visible for paper in explorer.panels._figures.values()]

        assert visible() == [True, False, False]
        climb(explorer, "maps")
        assert visible() == [True, True, True]
        explorer.controls["next"].click()
        assert visible() == [True, False, False]

    def test_the_trace_is_the_strip_as_the_networks_read_it(self, explorer):
        strip = explorer.cases[0].strip().for_reading()
        assert np.array_equal(explorer.panels._traces["signal"].data["millivolt"], strip.samples)
        assert "0.5 Hz to 40 Hz" in explorer.panels._notes["signal"].text


class TestState:
    def test_it_survives_json(self, explorer):
        climb(explorer, "truth")
        explorer.controls["next"].click()
        read(explorer, "cannot", 99)
        explorer.controls["rule"].value = "product"
        state = explorer.state
        assert CaseState.from_json(json.loads(json.dumps(state.to_json()))) == state

    def test_it_shows_the_same_in_another_explorer(self, explorer, cases):
        climb(explorer, "maps")
        explorer.controls["moment"].value = 2.0
        other = CaseExplorer(cases)
        other.state = explorer.state
        assert told(other) == told(explorer)
        assert other.still().alt == explorer.still().alt
        assert {name: control.value for name, control in other.controls.items() if hasattr(control, "value")} == {
            name: control.value for name, control in explorer.controls.items() if hasattr(control, "value")
        }

    def test_the_next_case_is_unread_and_keeps_the_rule(self, explorer):
        climb(explorer, "maps")
        explorer.controls["rule"].value = "maximum"
        explorer.controls["target"].value = "SB"
        explorer.controls["next"].click()
        assert explorer.state.reading == Reading()
        assert explorer.controls["answer"].value is None and explorer.controls["confidence"].value is None
        assert explorer.state.rule == explorer.controls["rule"].value == "maximum"
        assert explorer.state.target is None

    def test_a_case_is_found_again_as_it_was_left(self, explorer):
        climb(explorer, "answers")
        explorer.controls["next"].click()
        explorer.controls["previous"].click()
        assert explorer.state.reading == Reading("AFIB", 75, "answers")

    def test_two_side_by_side_do_not_meet(self, cases):
        one, other = CaseExplorer(cases), CaseExplorer(cases)
        climb(one, "truth")
        assert other.state == CaseState.fresh(12)
        assert other.panels._marks["signal"].data["value"] == []
        assert other.panels.model is not one.panels.model

    @pytest.mark.parametrize(
        ("wrong", "error", "words"),
        [
            ({"case": 12}, InvalidValue, "there are 12 cases"),
            ({"target": "VT"}, UnknownName, "no class is called 'VT'"),
            ({"rule": "sum"}, UnknownName, "no fusion rule is called 'sum'"),
            ({"moment": 10.5}, InvalidValue, "10.5 s is outside it"),
        ],
    )
    def test_what_cannot_be_is_refused_in_words(self, wrong, error, words):
        with pytest.raises(error, match=words):
            replace(CaseState.fresh(12), **wrong)

    def test_answers_confidences_and_steps_are_closed_lists(self):
        for wrong in ({"answer": "flutter"}, {"confidence": 60}, {"step": "peek"}):
            with pytest.raises(UnknownName, match="there are"):
                CaseState((Reading(**wrong),))

    @pytest.mark.parametrize(
        "held", [{}, {"readings": 3}, {"readings": [{"mood": "good"}]}, {"readings": [], "colour": 1}]
    )
    def test_what_is_no_saved_state_is_refused(self, held):
        with pytest.raises(InvalidValue, match="no saved state"):
            CaseState.from_json(held)

    def test_a_state_of_another_number_of_cases_is_refused(self, explorer):
        with pytest.raises(InvalidValue, match="this explorer has 12 cases, the state is of 3"):
            explorer.state = CaseState.fresh(3)


class TestFaults:
    def test_a_network_that_fails_is_told_on_the_panel_and_the_reading_is_kept(self, cases):
        class Broken(SignalCNN):
            def read(self, strips):
                raise RuntimeError("the weights are gone")

        explorer = CaseExplorer(cases, {"signal": Broken(), "image": shipped()["image"]})
        read(explorer)
        explorer.controls["step"].click()
        assert "the weights are gone" in explorer.fault
        assert explorer.state.reading == Reading("AFIB", 75)
        assert not explorer.controls["step"].disabled

    def test_one_network_alone_is_explored_without_a_fused_map(self, cases):
        explorer = CaseExplorer(cases, {"image": shipped()["image"]})
        climb(explorer, "maps")
        assert explorer.fault == ""
        assert "there is no second one to compare it with" in told(explorer)
        assert "There is no fused map" in told(explorer)
        assert [paper.visible for paper in explorer.panels._figures.values()] == [True]
        assert explorer.panels._pictures["image"][0].visible

    def test_no_cases_and_unreadable_cases_are_refused_at_the_door(self):
        with pytest.raises(InvalidValue, match="needs one case or more"):
            CaseExplorer([])
        with pytest.raises(PoorSignal):
            CaseExplorer([Record(np.zeros((1, 5000)), ("II",), 500.0)])

    def test_one_case_has_no_next(self):
        explorer = CaseExplorer([sample("SR")])
        climb(explorer, "truth")
        assert explorer.controls["next"].disabled and explorer.controls["step"].disabled


class TestStill:
    def test_it_is_the_strip_until_the_maps_may_be_seen(self, explorer):
        assert explorer.still().alt.startswith("Case 1 of 12: what is the rhythm")
        climb(explorer, "answers")
        assert explorer.still().alt.startswith("Case 1 of 12: the signal network answers")
        explorer.controls["step"].click()
        assert "fused map" in explorer.still().alt

    def test_it_follows_target_and_rule(self, explorer):
        climb(explorer, "maps")
        explorer.controls["target"].value = "SB"
        explorer.controls["rule"].value = "maximum"
        assert "for sinus bradycardia" in explorer.still().alt and "maximum" in explorer.still().alt

    def test_its_source_is_named_only_at_the_end(self, explorer):
        climb(explorer, "maps")
        assert explorer.cases[0].name not in explorer.still().alt
        explorer.controls["step"].click()
        assert explorer.cases[0].name in explorer.still().alt
