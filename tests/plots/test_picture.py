"""A picture shows itself with its words, and is written whole or not at all."""

import gc
import re
import sys
from base64 import b64decode
from io import BytesIO

import pytest
from matplotlib.figure import Figure
from PIL import Image

from ecgteach.errors import InvalidValue, UnreadableFile
from ecgteach.plots import Picture
from ecgteach.plots.sheet import Sheet

ALT = 'Two < three & "four" µV'


@pytest.fixture
def picture():
    def draw():
        sheet = Sheet()
        sheet.title("A title")
        return sheet.finished()

    return Picture(draw, ALT)


def test_png_is_the_same_each_time(picture):
    assert picture.png() == picture.png()


def test_png_holds_the_alternative_text_and_nothing_of_the_day_or_the_machine(picture):
    with Image.open(BytesIO(picture.png())) as shown:
        shown.load()
        assert {key: value for key, value in shown.info.items() if isinstance(value, str)} == {"Description": ALT}


def test_a_notebook_shows_the_alternative_text_escaped(picture):
    shown = picture._repr_mimebundle_()["text/html"]
    assert 'alt="Two &lt; three &amp; &quot;four&quot; &#181;V"' in shown
    assert b64decode(re.search(r"base64,([^\"]+)", shown)[1]) == picture.png()


def test_a_notebook_shows_the_picture_in_true_millimetres(picture):
    width = int(re.search(r'width="(\d+)"', picture._repr_mimebundle_()["text/html"])[1])
    assert width == pytest.approx(picture.figure.get_figwidth() * 96, abs=0.5)


def test_what_was_shown_keeps_one_string_of_one_byte_a_letter_and_no_figure(picture):
    def figures():
        gc.collect()
        return sum(type(held) is Figure for held in gc.get_objects())

    before = figures()
    first = picture._repr_mimebundle_()["text/html"]
    assert picture._repr_mimebundle_()["text/html"] is first, "the notebook keeps the same string"
    assert first.isascii() and sys.getsizeof(first) < len(first) + 100
    assert figures() == before, "drawn, shown, and gone"


@pytest.mark.parametrize("name", ["strip.png", "strip.svg", "strip.pdf", "STRIP.PNG"])
def test_each_kind_of_file_is_the_same_each_time(picture, tmp_path, name):
    first = picture.save(tmp_path / name).read_bytes()
    assert first == picture.save(tmp_path / name).read_bytes()
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_svg_holds_the_alternative_text(picture, tmp_path):
    assert "Two &lt; three &amp;" in picture.save(tmp_path / "strip.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["strip.gif", "strip", "strip.jpeg"])
def test_an_unknown_ending_is_refused_and_the_known_ones_are_named(picture, tmp_path, name):
    with pytest.raises(InvalidValue, match=rf"{re.escape(name)} cannot be written: .* one of \.png, \.svg, \.pdf"):
        picture.save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_named(picture, tmp_path):
    with pytest.raises(UnreadableFile, match=r"nowhere.strip\.png cannot be written"):
        picture.save(tmp_path / "nowhere" / "strip.png")


def test_a_folder_that_is_a_file_is_told_too(picture, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UnreadableFile, match="cannot be written"):
        picture.save(tmp_path / "file" / "strip.png")


def test_a_failed_drawing_leaves_the_old_file(picture, tmp_path, monkeypatch):
    file = picture.save(tmp_path / "strip.png")
    before = file.read_bytes()

    def broken(*_args, **_settings):
        raise MemoryError

    monkeypatch.setattr(Figure, "savefig", broken)
    with pytest.raises(MemoryError):
        Picture(picture.draw, ALT).save(file)
    assert file.read_bytes() == before and list(tmp_path.iterdir()) == [file]


def test_a_failed_move_leaves_nothing_behind(picture, tmp_path):
    (tmp_path / "strip.png").mkdir()
    with pytest.raises(UnreadableFile, match="cannot be written"):
        picture.save(tmp_path / "strip.png")
    assert [entry.name for entry in tmp_path.iterdir()] == ["strip.png"]


def test_a_picture_says_what_it_shows(picture):
    assert repr(picture) == f"Picture: {ALT}"
