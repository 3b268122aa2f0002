"""The WhatIf: a prediction is locked before the slider wakes; then strip, answers, rule reader and trail follow it."""

import json
import re
from dataclasses import replace
from random import Random

import pytest

from ecgteach.errors import InvalidValue, UnknownName
from ecgteach.models import load
from ecgteach.whatif import DIALS, PRESETS, STARTS
from ecgteach.widgets import WhatIf, WhatIfState
from ecgteach.widgets.what_if_state import DONE, EXPLAIN, PREDICT, TURN, Round
from ecgteach.widgets.what_if_trail import limits_on
from tests.widgets.scenes import page


@pytest.fixture
def widget():
    return WhatIf()


def predict(widget, signal="down", image="down"):
    widget.controls["predict-signal"].value = signal
    widget.controls["predict-image"].value = image
    widget.controls["lock"].click()
    assert widget.fault == ""


def turn(widget, *values):
    for value in values or (widget.state.round.to,):
        widget.controls["turn"].value = value
        assert widget.fault == ""


def panels(widget):
    return [panel["name"] for panel in page(widget)[1]["strips"]["panels"]]


class TestPredictionFirst:
    def test_it_begins_with_the_question_and_no_slider(self, widget):
        held = page(widget)[1]
        assert "turn" not in held
        assert held["lock"]["disabled"]
        assert "How sure of sinus rhythm will each network be then?" in held["task"]["html"]

    def test_the_slider_sleeps_until_a_direction_is_locked_for_each_network(self, widget):
        widget.controls["turn"].value = 90
        assert "a prediction comes first" in widget.fault.lower()
        assert widget.state.round.visited == ()
        widget.controls["predict-signal"].value = "down"
        assert widget.controls["lock"].disabled
        widget.controls["predict-image"].value = "stays"
        widget.controls["lock"].click()
        assert "turn" in page(widget)[1]
        turn(widget, 90)
        assert widget.state.settings().value("rate") == 90

    def test_no_state_has_a_slider_that_moved_before_a_prediction(self):
        with pytest.raises(InvalidValue, match="a prediction comes first"):
            Round("rate", 110.0, visited=(90.0,))
        with pytest.raises(InvalidValue, match="a prediction comes first"):
            WhatIfState(rounds=(Round("rate", 110.0, (("signal", "up"),), locked=True),))
        with pytest.raises(InvalidValue, match="a prediction comes first"):
            WhatIfState(maps=True)

    def test_a_locked_prediction_stands(self, widget):
        predict(widget)
        with pytest.raises(InvalidValue, match="this prediction stands"):
            widget.state.predict("signal", "up")
        with pytest.raises(InvalidValue, match="this prediction stands"):
            widget.state.at_dial("qrs")

    def test_another_dial_asks_for_another_prediction(self, widget):
        widget.controls["predict-signal"].value = "down"
        widget.controls["dial"].value = "qrs"
        assert widget.state.round.predicted == ()
        assert widget.controls["to"].unit == "ms"

    def test_what_no_heart_can_do_is_said_before_the_lock(self, widget):
        widget.controls["dial"].value = "tq"
        widget.controls["to"].value = -400
        widget.controls["predict-signal"].value = "down"
        widget.controls["predict-image"].value = "down"
        widget.controls["lock"].click()
        assert "by TQ alone the rate can rise to" in widget.fault
        assert widget.state.step == PREDICT

    def test_a_number_beyond_the_dial_and_where_it_stands_already_are_answered_in_words(self, widget):
        widget.receive({"control": "to", "value": 500})
        assert "takes a number from 40 to 180" in widget.fault
        widget.controls["to"].value = 75
        assert "stands there already" in widget.fault
        assert widget.state.round.to == 110


class TestWhatFollows:
    def test_strip_picture_answers_rule_reader_and_trail_follow_the_slider(self, widget):
        predict(widget)
        before, held = widget.scene()[1], page(widget)[1]
        turn(widget, 96)
        turn(widget, 110)
        now, arrays = page(widget)[1], widget.scene()[1]
        assert not set(arrays) & set(before), "strip and picture are both drawn anew"
        assert held["answers"]["html"] != now["answers"]["html"]
        assert now["answers"]["html"].count("sinus tachycardia or other regular SVT") == 3
        assert "110/min, regular" in now["answers"]["html"]
        assert now["trail"]["html"].count("<circle") == 2 * 3, "both networks, at the start and where the slider was"
        assert "60/min" in now["trail"]["html"] and "100/min" in now["trail"]["html"]

    def test_the_prediction_is_judged_where_it_was_made_for(self, widget):
        predict(widget, "down", "stays")
        turn(widget, 90)
        assert "said-judged" not in page(widget)[1]
        assert widget.state.step == TURN
        turn(widget, 130)
        assert widget.state.step == EXPLAIN
        said = widget.render(widget.state).words["judged"]
        assert "At rate 110/min" in said
        assert said.count("as you said") == 1 and "you said the same" in said

    def test_maps_are_hidden_until_they_are_asked_for(self, widget):
        assert panels(widget) == ["strip", "image"]
        assert widget.controls["maps"].disabled
        predict(widget)
        turn(widget)
        assert panels(widget) == ["strip", "image"]
        widget.controls["maps"].value = True
        assert panels(widget) == ["signal", "image", "fused"]

    def test_logits_are_shown_on_demand(self, widget):
        predict(widget)
        turn(widget)
        assert "Logit of" not in page(widget)[1]["trail"]["html"]
        widget.controls["logits"].value = True
        assert "Logit of sinus rhythm less the strongest other" in page(widget)[1]["trail"]["html"]

    def test_outside_the_training_range_a_banner_says_so(self, widget):
        widget.controls["preset"].value = "wide QRS"
        predict(widget, "stays", "stays")
        assert "banner" not in page(widget)[1]
        turn(widget)
        assert "Outside the range that the networks have learnt from: QRS width" in page(widget)[1]["banner"]["html"]

    def test_without_p_and_with_regular_rr_it_says_junctional_and_not_fibrillation(self, widget):
        widget.controls["preset"].value = "no P"
        predict(widget, "stays", "stays")
        turn(widget)
        said = page(widget)[0]
        assert "this is a junctional rhythm, not fibrillation" in said
        assert "junctional rhythm (off the list)" in said.replace("accelerated ", "")

    def test_qt_follows_the_rate_unless_only_rr_is_ticked(self, widget):
        found = {}
        for ticked in (False, True):
            widget.state = WhatIfState()
            widget.controls["to"].value = 100
            widget.controls["only_rr"].value = ticked
            predict(widget)
            turn(widget)
            found[ticked] = re.search(r"QT (\d+) ms \(([^)]*)\)", page(widget)[0]).groups()
        assert int(found[False][0]) < int(found[True][0])
        assert found[True][1].startswith("it was kept")

    @pytest.mark.parametrize("dial", ["rate", "tq", "qrs"])
    def test_marks_of_60_and_100_stand_where_the_rate_is_so(self, widget, dial):
        widget.controls["dial"].value = dial
        point = widget._asked.answered(widget.state.before())
        marks = limits_on(point, dial)
        if dial == "qrs":
            assert marks == {}
            return
        for limit, value in marks.items():
            settings = widget.state.before()
            if limit == 60 or dial == "rate":
                assert widget._asked.answered(settings.turned(**{dial: value})).rate == pytest.approx(limit, abs=1.5)


class TestSecondDial:
    def explain(self, widget, name):
        predict(widget)
        turn(widget)
        widget.controls["explain"].value = name

    def test_a_second_slider_is_free_after_a_correct_explanation_and_the_first_stays(self, widget):
        self.explain(widget, "followed")
        assert widget.state.step == DONE
        widget.controls["second"].click()
        assert widget.state.round.held == (("rate", 110.0),)
        assert widget.state.step == PREDICT
        assert "rate" not in widget.controls["dial"].options
        assert widget.state.settings().value("rate") == 110

    def test_a_wrong_explanation_frees_none_and_says_what_happened(self, widget):
        self.explain(widget, "neither")
        assert "No: the group changed, the answer with it" in page(widget)[0]
        assert widget.controls["second"].disabled and "second" not in page(widget)[1]
        widget.controls["second"].disabled = False
        widget.controls["second"].click()
        assert "a second dial is free after a correct explanation" in widget.fault.lower()

    def test_two_dials_are_the_most(self):
        with pytest.raises(InvalidValue, match="two dials are turned at most"):
            Round("p", 0.0, held=(("rate", 110.0), ("qrs", 100.0)))

    def test_another_prediction_starts_from_the_heart_as_it_was(self, widget):
        self.explain(widget, "followed")
        widget.controls["again"].click()
        assert dict(widget.state.settings().dials) == {}
        assert len(widget.state.rounds) == 2

    def test_what_a_preset_says_is_told_only_after_the_explanation(self, widget):
        widget.controls["preset"].value = "irregular sinus"
        statement = "is not fibrillation; the rule reader says so"
        assert statement not in page(widget)[0]
        predict(widget, "stays", "stays")
        turn(widget)
        assert statement not in page(widget)[0]
        widget.controls["explain"].value = "neither"
        assert statement in page(widget)[0]


class TestGoals:
    def test_a_goal_is_told_with_the_least_change_that_has_met_it(self, widget):
        widget.controls["goal"].value = "rule alone"
        widget.controls["dial"].value = "rr"
        predict(widget, "stays", "stays")
        assert "Not reached yet" in page(widget)[0]
        turn(widget, 26)
        first = re.search(r"Reached with (\d+)\s%", page(widget)[0]).group(1)
        turn(widget, 22)
        second = re.search(r"Reached with (\d+)\s%", page(widget)[0]).group(1)
        assert int(second) < int(first)


class TestState:
    def walked(self):
        widget = WhatIf(preset="faster")
        predict(widget)
        turn(widget, 90, 110)
        widget.controls["explain"].value = "followed"
        widget.controls["maps"].value = True
        return widget

    def test_a_saved_state_shows_the_same_still_byte_for_byte(self, tmp_path):
        widget = self.walked()
        saved = json.loads(json.dumps(widget.state.to_json()))
        other = WhatIf()
        other.state = WhatIfState.from_json(saved)
        assert other.state == widget.state
        assert other.scene()[0]["body"] == widget.scene()[0]["body"]
        assert other.still().png() == widget.still().png()
        assert other.still().alt == widget.still().alt

    def test_the_still_asks_before_the_lock_and_answers_after(self, widget):
        assert "What happens when rate goes from 75/min to 110/min?" in widget.still().alt
        predict(widget)
        turn(widget)
        assert "signal network sinus tachycardia" in widget.still().alt

    def test_two_widgets_side_by_side_do_not_meet(self):
        one, other = WhatIf(), WhatIf("fibrillation")
        predict(one)
        turn(one, 90)
        assert other.state.step == PREDICT and other.state.start == "fibrillation"

    def test_a_widget_of_one_network_works(self):
        widget = WhatIf(models=load("signal"))
        widget.controls["predict-signal"].value = "down"
        widget.controls["lock"].click()
        turn(widget)
        widget.controls["maps"].value = True
        assert widget.fault == ""

    def test_wrong_names_are_answered_with_those_that_there_are(self):
        for wrong in ({"start": "stone"}, {"preset": "x"}, {"goal": "x"}):
            with pytest.raises(UnknownName, match="there are"):
                WhatIfState(**wrong)
        with pytest.raises(UnknownName, match="no heart"):
            WhatIf("stone")
        with pytest.raises(InvalidValue, match="this WhatIf has the views signal, image"):
            WhatIf().render(replace(WhatIfState(), views=("signal",)))

    @pytest.mark.parametrize("start", STARTS)
    def test_every_dial_of_every_heart_is_offered_and_only_those(self, start):
        widget = WhatIf(start)
        assert set(widget.controls["dial"].options) == {name for name, dial in DIALS.items() if start in dial.of}


def test_two_hundred_random_steps_leave_no_exception_and_hold_no_more_than_they_may(widget):
    random = Random(5)
    followers = {name: len(control._followers) for name, control in widget.controls.items()}
    for _ in range(200):
        shown = [widget.controls[name] for name in page(widget)[1] if name in widget.controls]
        control = random.choice([one for one in shown if not one.disabled and one.name not in ("save", "strips")])
        if hasattr(control, "click"):
            control.click()
        elif hasattr(control, "options"):
            control.value = random.choice(list(control.options))
        elif hasattr(control, "low"):
            control.value = random.uniform(control.low, control.high)
        else:
            control.value = not control.value
        assert "Something went wrong" not in widget.fault, (control.name, widget.fault)
        widget.scene()
    assert followers == {name: len(control._followers) for name, control in widget.controls.items()}
    assert len(widget.state.rounds) <= 12
    assert set(PRESETS) >= {widget.state.preset} - {""}
