"""What every widget promises: one direction from state to panel, errors in words, a busy sign that does not flicker."""

import subprocess
import sys
from dataclasses import dataclass, replace

import ipywidgets
import pytest

from ecgteach.errors import InvalidValue
from ecgteach.widgets.base import BUSY_AFTER_MS, STYLE, State, Widget, choice


@dataclass(frozen=True)
class Count(State):
    number: int = 0

    def __post_init__(self):
        if self.number > 2:
            raise InvalidValue(f"two is the most, not {self.number}; press less")


class Counter(Widget[Count, str]):
    """The smallest widget: a button that counts, and a field that sets the count."""

    def __init__(self):
        super().__init__()
        self.shown, self.busy_while_rendering = [], []
        self.button, self.field = ipywidgets.Button(), ipywidgets.IntText()
        self.on_click(self.button, lambda state: replace(state, number=state.number + 1))
        self.on_value(self.field, lambda state, number: replace(state, number=number))
        self.state = Count()

    def render(self, state):
        self.busy_while_rendering.append(self._busy.value)
        if state.number < 0:
            raise ZeroDivisionError("an <odd> fault")
        return f"{state.number} so far"

    def show(self, shown):
        self.shown.append(shown)
        self.field.value = self.state.number

    @property
    def controls(self):
        return {"button": self.button, "field": self.field}

    def arrange(self):
        return ipywidgets.VBox([self.button, self.field])

    def still(self):
        raise NotImplementedError


@pytest.fixture
def counter():
    return Counter()


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


def test_while_a_control_works_the_panel_says_so_and_not_after(counter):
    counter.button.click()
    assert "Working" in counter.busy_while_rendering[-1]
    assert counter._busy.value == ""
    counter.field.value = -1
    assert counter._busy.value == ""


def test_the_busy_sign_waits_before_it_is_seen():
    assert BUSY_AFTER_MS == 150
    assert f"{BUSY_AFTER_MS}ms forwards" in STYLE


def test_a_panel_is_made_once_so_that_it_can_be_shown_twice(counter):
    assert counter.panel() is counter.panel()


def test_a_state_is_plain_values_both_ways():
    assert Count.from_json(Count(2).to_json()) == Count(2)


def test_without_the_libraries_of_the_lab_the_way_out_is_told():
    code = "import sys; sys.modules['ipywidgets'] = None; import ecgteach.widgets"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert 'pip install "ecgteach[lab]"' in ended.stderr


def test_a_choice_has_none_chosen_at_first_and_its_name_as_class():
    buttons = choice("colour", {"blue": 1, "green": 2})
    assert buttons.value is None
    assert "ecgteach-colour" in buttons._dom_classes
