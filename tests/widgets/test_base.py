"""What every widget promises: one direction from state to page, errors in words, one message for a change."""

import subprocess
import sys
from dataclasses import dataclass, replace

import pytest
import torch

from ecgteach.errors import InvalidValue
from ecgteach.widgets import base
from ecgteach.widgets.base import BUSY_AFTER_MS, State, Widget
from ecgteach.widgets.controls import Button, Number, row, words


@dataclass(frozen=True)
class Count(State):
    number: int = 0

    def __post_init__(self):
        if self.number > 2:
            raise InvalidValue(f"two is the most, not {self.number}; press less")


class Counter(Widget[Count, str]):
    """The smallest widget: a button that counts, and a field that sets the count."""

    label = "Counter"

    def __init__(self):
        super().__init__()
        self.shown, self.threads = [], []
        self.button = Button("button", "One more")
        self.field = Number("field", "Count", 0, low=-1, high=9, step=1)
        self.on_click(self.button, lambda state: replace(state, number=state.number + 1))
        self.on_value(self.field, lambda state, number: replace(state, number=number))
        self.state = Count()

    def render(self, state):
        self.threads.append(torch.get_num_threads())
        if state.number < 0:
            raise ZeroDivisionError("an <odd> fault")
        return f"{state.number} so far"

    def show(self, shown):
        self.shown.append(shown)
        self.field.value = self.state.number

    @property
    def controls(self):
        return {"button": self.button, "field": self.field}

    def arrange(self, shown):
        return row(self.button, self.field, words("sum", f"<p>{shown}</p>"))

    def still(self):
        raise NotImplementedError

    def said(self, before, now):
        return f"from {before.number} to {now.number}"

    def focus(self, before, now):
        return "field" if now.number == 2 else ""


class Page:
    """What a page would see of a widget: the messages that it is sent."""

    def __init__(self, widget, monkeypatch):
        self.widget, self.sent = widget, []
        monkeypatch.setattr(base.Frame, "put", lambda _, scene, arrays: self.sent.append(scene))
        widget.panel()
        self.sent.clear()

    def does(self, control, value=None):
        self.widget.receive({"view": "page", "number": len(self.sent) + 1, "control": control, "value": value})
        return self.sent[-1]


@pytest.fixture
def counter():
    return Counter()


@pytest.fixture
def page(counter, monkeypatch):
    return Page(counter, monkeypatch)


def test_a_control_changes_the_state_and_the_state_the_panel(counter):
    counter.button.click()
    assert counter.state == Count(1)
    assert counter.shown[-1] == "1 so far"
    assert counter.field.value == 1
    counter.field.value = 2
    assert counter.state == Count(2)


def test_setting_the_panel_does_not_call_the_controls_again(counter):
    before = len(counter.shown)
    counter.state = Count(2)
    assert len(counter.shown) == before + 1


def test_a_mistake_is_said_in_words_and_the_panel_stays_as_it_was(counter):
    counter.field.value = 7
    assert "Two is the most, not 7; press less." in counter.fault
    assert "Traceback" not in counter.fault
    assert counter.state == Count(0)
    assert counter.field.value == 0


def test_any_other_fault_is_said_with_its_traceback_folded_and_nothing_in_it_is_taken_for_html(counter):
    counter.field.value = -1
    assert "ZeroDivisionError: an &lt;odd&gt; fault" in counter.fault
    assert "<details>" in counter.fault and "Traceback" in counter.fault
    assert counter.state == Count(0)
    assert counter.field.value == 0


def test_the_next_thing_that_works_takes_the_error_away(counter):
    counter.field.value = 7
    counter.button.click()
    assert counter.fault == ""
    assert counter.state == Count(1)


def test_a_state_that_code_sets_wrongly_raises_as_usual(counter):
    with pytest.raises(ZeroDivisionError):
        counter.state = Count(-1)
    assert counter.state == Count(0)


def test_a_widget_works_with_one_thread_of_torch_and_gives_the_others_back(counter, monkeypatch):
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        counter.button.click()
        counter.field.value = -1
        assert counter.threads[-2:] == [1, 1]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


class TestPage:
    def test_each_thing_that_is_done_is_answered_by_one_message(self, counter, page):
        scene = page.does("button")
        assert len(page.sent) == 1 and counter.state == Count(1)
        assert scene["answers"] == ["page", 1, "button"]
        page.does("field", 2)
        assert len(page.sent) == 2 and counter.state == Count(2)

    def test_a_change_is_announced_once_and_may_move_the_focus(self, page):
        assert page.does("button")["said"] == "from 0 to 1"
        scene = page.does("button")
        assert (scene["said"], scene["focus"]) == ("from 1 to 2", "field")
        scene = page.does("field", 2)
        assert (scene["said"], scene["focus"]) == ("", "")

    @pytest.mark.parametrize("given", [10, -2, "many", "1e", True])
    def test_a_number_out_of_range_is_answered_and_what_stood_there_is_kept(self, counter, page, given):
        page.does("field", 1)
        scene = page.does("field", given)
        assert f"Count takes a number from -1 to 9, not {given}" in scene["fault"]
        assert counter.state == Count(1) and scene["body"]["children"][1]["value"] == 1
        assert page.does("field", 2)["fault"] == ""

    def test_a_control_that_is_not_there_is_answered(self, page):
        assert "has no control &#x27;nonsense&#x27;" in page.does("nonsense", 3)["fault"]

    def test_a_button_that_is_off_does_nothing(self, counter, page):
        counter.button.disabled = True
        page.does("button")
        assert counter.state == Count(0) and len(page.sent) == 1

    def test_a_state_set_by_code_reaches_the_page(self, counter, page):
        counter.state = Count(2)
        assert page.sent[-1]["answers"] == []
        assert "2 so far" in str(page.sent[-1]["body"])

    def test_what_is_told_is_plain_values(self, page):
        import json

        scene = page.does("button")
        assert json.loads(json.dumps(scene)) == scene
        assert scene["label"] == "Counter" and scene["busy_after"] == BUSY_AFTER_MS == 150


def test_a_panel_is_made_once_so_that_it_can_be_shown_twice(counter):
    assert counter.panel() is counter.panel()


def test_a_state_is_plain_values_both_ways():
    assert Count.from_json(Count(2).to_json()) == Count(2)


@pytest.mark.parametrize("missing", ["ipywidgets", "anywidget"])
def test_without_the_libraries_of_the_lab_the_way_out_is_told(missing):
    code = f"import sys; sys.modules[{missing!r}] = None; import ecgteach.widgets"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert 'pip install "ecgteach[lab]"' in ended.stderr
