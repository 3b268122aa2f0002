"""Controls: a value that is checked, followers that hear of it, and a node of plain values for the page."""

import re
import tomllib
from pathlib import Path

import pytest

import ecgteach.widgets
from ecgteach.errors import InvalidValue, UnknownName
from ecgteach.widgets.controls import Button, Check, Choice, Menu, Number, Slider, column, laid_out, row, scroll, words
from ecgteach.widgets.texts import part, text

FOLDER = Path(ecgteach.widgets.__file__).parent


def test_a_follower_hears_each_new_value_once_and_none_that_is_the_same():
    heard, choice = [], Choice("colour", "Colour", {"blue": "blue", "green": "green"})
    choice.follow(heard.append)
    for value in ("blue", "blue", "green", None):
        choice.value = value
    assert heard == ["blue", "green", None]


def test_a_value_that_a_follower_refuses_is_not_kept():
    def refuse(value):
        raise InvalidValue("not now")

    check = Check("tick", "Tick", False)
    check.follow(refuse)
    with pytest.raises(InvalidValue):
        check.value = True
    assert check.value is False


@pytest.mark.parametrize("kind", [Choice, Menu])
def test_only_what_is_offered_can_be_chosen(kind):
    control = kind("colour", "Colour", {"blue": "blue"})
    with pytest.raises(UnknownName, match="'red' cannot be chosen; there are blue"):
        control.value = "red"


@pytest.mark.parametrize("value", [-0.1, 10.1, "fast", True, float("nan"), float("inf")])
def test_a_number_that_is_none_or_out_of_range_is_told_with_label_range_and_unit(value):
    number = Number("at", "Line at", 2.0, low=0.0, high=10.0, step=0.1, unit="s")
    with pytest.raises(InvalidValue, match="Line at takes a number from 0 to 10 s, not "):
        number.value = value
    assert number.value == 2.0


def test_an_empty_field_is_no_number_and_no_mistake():
    number = Number("at", "Line at", 2.0, low=0.0, high=10.0, step=0.1)
    number.value = ""
    assert number.value is None


def test_a_layout_is_plain_values_in_the_order_given():
    slider = Slider("share", "Share", 0.5, low=0, high=1, step=0.1, shown="{value} %", factor=100)
    item = column(row(Button("go", "Go", primary=True), slider), scroll("box", "A box", words("w", "<b>x</b>")))
    node, arrays = laid_out(item)
    assert arrays == {}
    (first, second) = node["children"]
    assert [one["name"] for one in first["children"]] == ["go", "share"]
    assert first["children"][0]["primary"] and first["children"][1]["shown"] == "{value} %"
    assert (second["kind"], second["label"], second["children"][0]["html"]) == ("scroll", "A box", "<b>x</b>")


class TestTexts:
    def test_words_are_found_by_key_and_filled_in(self):
        assert text("case.heading", number=2, cases=12) == "Case 2 of 12"
        assert part("stage")["busy"] == text("stage.busy")

    def test_a_key_that_is_not_there_is_told_with_the_like_of_it(self):
        with pytest.raises(UnknownName, match="did you mean case\\.heading"):
            text("case.headin")

    def test_every_key_that_the_code_names_is_there_and_every_key_that_is_there_is_named(self):
        code = "\n".join(path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.py"))
        code += "\n".join(path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.js"))
        named = set(re.findall(r"""text\(\s*f?["']([a-z]+\.[\w ]+)["']""", code))
        known = {
            f"{name}.{key}"
            for file in FOLDER.glob("*texts.toml")
            for name, entries in tomllib.loads(file.read_text(encoding="utf-8")).items()
            for key in entries
        }
        assert named <= known
        for key in known - named:
            name = key.partition(".")[2]
            by_itself = re.search(rf"""["'.\[]{re.escape(name)}\b""", code)
            as_one_of_several = any(f"{key[:end]}{{" in code for end in range(key.index(".") + 1, len(key)))
            assert by_itself or as_one_of_several, f"nobody says {key}"
