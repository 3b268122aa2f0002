"""Marks: by brush and wave by wave, plain and saved, and the strip never names itself."""

import json
from random import Random

import pytest

from ecgteach import simulate
from ecgteach.errors import EcgteachError, InvalidValue, UnknownName
from ecgteach.marks import Mark
from ecgteach.quiz.calipers import Caliper
from ecgteach.widgets import Marks, MarksState


@pytest.fixture(scope="module")
def strip():
    return simulate("SR", seed=60, rate=75, leads=("II",)).strip(lead="II")


@pytest.fixture
def marks(strip):
    widget = Marks(strip)
    widget.panel()
    return widget


def press(widget, *names):
    for name in names:
        widget.controls[name].click()


def told(widget):
    return json.dumps(widget.scene()[0])


class TestByMouse:
    def test_a_dragged_stretch_is_a_mark_of_the_brush_in_hand(self, marks):
        marks.receive({"control": "brush", "value": "missing"})
        marks.receive({"control": "strips", "value": [{"brush": "missing", "start": 1.0, "end": 1.4}]})
        assert marks.state.marks == (Mark("missing", 1.0, 1.4),)
        assert marks.controls["from"].value == 1.0 and marks.controls["to"].value == 1.4
        assert "1 as missing here" in told(marks)

    def test_stretches_that_touch_are_one_and_a_press_takes_one_away(self, marks):
        marks.controls["strips"].value = [Mark("seen", 1.0, 2.0), Mark("seen", 1.5, 2.5)]
        assert marks.state.marks == (Mark("seen", 1.0, 2.5),)
        marks.controls["strips"].value = []
        assert marks.state.marks == ()

    def test_the_calipers_follow_the_last_stretch_that_was_drawn_with_them(self, marks):
        marks.controls["strips"].value = [Mark("caliper", 1.0, 1.8)]
        assert marks.state.caliper == Caliper(1.0, 1.8) and "800 ms, 20.0 mm, 75/min if it repeats" in told(marks)
        marks.controls["strips"].value = [Mark("caliper", 1.0, 1.8), Mark("caliper", 3.0, 3.4)]
        assert marks.state.caliper == Caliper(3.0, 3.4) and marks.state.marks == ()
        marks.controls["strips"].value = []
        assert marks.state.caliper is None

    def test_what_is_no_mark_is_answered_and_nothing_is_lost(self, marks):
        marks.controls["strips"].value = [Mark("seen", 1.0, 2.0)]
        for wrong in ("x", [{"brush": "seen", "start": 3, "end": 1}], [{"brush": "red", "start": 1, "end": 2}], 7):
            marks.receive({"control": "strips", "value": wrong})
            assert marks.fault and "Traceback" not in marks.fault
            assert marks.state.marks == (Mark("seen", 1.0, 2.0),)


class TestByKeys:
    def test_stretch_by_stretch_marked_made_longer_shorter_and_taken_away(self, marks):
        number = next(number for number, one in enumerate(marks.stretches) if number > 4 and one.kind == "pre")
        press(marks, *["wave-on"] * (number + 1), "toggle")
        (first,) = marks.state.marks
        here = marks.stretches[number]
        assert (first.start, first.end) == (here.start, here.end)
        assert marks.controls["toggle"].label == "Take it away"
        press(marks, "longer")
        assert marks.state.mark.end == pytest.approx(first.end + 0.04)
        press(marks, "shorter", "shorter")
        assert marks.state.mark.end == pytest.approx(first.end - 0.04)
        press(marks, "delete")
        assert marks.state.marks == () and marks.controls["delete"].disabled

    def test_they_walk_from_one_end_to_the_other_and_stay_there(self, marks):
        press(marks, *["wave-on"] * (len(marks.stretches) + 3))
        assert marks.state.stretch == len(marks.stretches) - 1
        press(marks, *["wave-back"] * (len(marks.stretches) + 3))
        assert marks.state.stretch == 0

    def test_each_beat_has_its_windows_and_none_is_called_p(self, marks):
        kinds = {stretch.kind for stretch in marks.stretches}
        assert kinds == {"pre", "QRS", "ST-T", "rest"}
        beats = [stretch for stretch in marks.stretches if stretch.kind == "QRS"]
        assert 11 <= len(beats) <= 13

    def test_two_fields_hold_the_ends(self, marks):
        marks.controls["from"].value = 2.0
        assert marks.state.marks == (Mark("seen", 2.0, 2.2),)
        marks.controls["to"].value = 2.6
        assert marks.state.marks == (Mark("seen", 2.0, 2.6),)
        marks.controls["to"].value = 1.0
        assert "ends after it begins" in marks.fault and marks.controls["to"].value == 2.6
        marks.receive({"control": "to", "value": 99})
        assert "takes a number from 0 to 10 s, not 99" in marks.fault
        marks.controls["one"].value = 1.0
        marks.controls["other"].value = 1.5
        assert marks.state.caliper == Caliper(1.0, 1.5)

    def test_without_a_mark_nothing_is_made_longer(self, marks):
        assert marks.controls["longer"].disabled
        with pytest.raises(InvalidValue, match="choose a mark first"):
            marks.state.extended(0.04)

    def test_a_step_is_announced_with_its_place_and_whether_it_is_marked(self, marks):
        before = marks.state
        press(marks, "wave-on", "toggle")
        said = marks.said(before, marks.state)
        assert "to" in said and "marked" in said


class TestState:
    def test_it_is_plain_and_comes_back_and_shows_the_same_still(self, marks, strip):
        marks.controls["strips"].value = [Mark("seen", 1.0, 2.0), Mark("caliper", 3.0, 3.8)]
        press(marks, "wave-on")
        held = json.loads(json.dumps(marks.state.to_json()))
        again = Marks(strip)
        again.state = MarksState.from_json(held)
        assert again.state == marks.state
        assert again.still().png() == marks.still().png()

    def test_the_still_says_where_each_mark_lies(self, marks):
        marks.controls["strips"].value = [Mark("missing", 1.0, 2.0), Mark("caliper", 3.0, 3.8)]
        alt = marks.still().alt
        assert "Marked as missing here: 1.00 to 2.00 s" in alt and "Calipers stand at 3.00 and 3.80 s" in alt

    def test_nothing_names_rhythm_source_or_rate(self, strip):
        widget = Marks(strip)
        everything = told(widget) + widget.still().alt
        for secret in ("sinus", "simulated", strip.source_id):
            assert secret not in everything

    @pytest.mark.parametrize("wrong", [None, "AFIB", 3, {"marks": []}])
    def test_a_state_of_another_kind_is_refused(self, marks, wrong):
        with pytest.raises(InvalidValue, match="MarksState"):
            marks.state = wrong

    def test_a_brush_that_is_not_there_is_refused(self, marks):
        with pytest.raises(UnknownName, match="no brush is called 'red'"):
            marks.state = MarksState((Mark("red", 1, 2),))

    @pytest.mark.parametrize("wrong", [None, "AFIB", [1, 2]])
    def test_what_is_no_strip_is_refused(self, wrong):
        with pytest.raises(InvalidValue, match="Marks marks a Strip"):
            Marks(wrong)

    def test_other_brushes_for_other_widgets(self, strip):
        widget = Marks(strip, {"signal": "the signal network looked", "image": "the picture network looked"})
        widget.controls["strips"].value = [Mark("image", 1, 2)]
        assert widget.state.marks == (Mark("image", 1, 2),)
        with pytest.raises(InvalidValue, match="one brush or more"):
            Marks(strip, {})


def test_two_hundred_random_things_leave_no_error_and_two_widgets_do_not_meet(strip):
    draw, one, other = Random(3), Marks(strip), Marks(strip)
    for widget in (one, other):
        widget.panel()
    for _ in range(200):
        random_thing(one, draw)
        assert "foresee" not in one.fault, one.fault
        MarksState.from_json(one.state.to_json())
    assert other.state == MarksState()


def random_thing(widget, draw):
    """Anything that a learner could send, sensible or not."""
    name = draw.choice(sorted(widget.controls))
    control = widget.controls[name]
    values = [None, "", draw.uniform(-2, 12), "x", draw.randrange(12), True]
    if hasattr(control, "options"):
        values += list(control.options)
    if name == "strips":
        start = round(draw.uniform(0, 9), 2)
        values = [
            [],
            [*control.value, Mark(draw.choice(["seen", "missing", "caliper"]), start, start + draw.uniform(0.05, 1))],
        ]
    try:
        widget.receive({"view": "v", "number": 1, "control": name, "value": draw.choice(values)})
    except EcgteachError as problem:
        raise AssertionError("an error of ours is said on the page") from problem
