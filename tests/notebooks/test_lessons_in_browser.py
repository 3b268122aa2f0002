"""Notebooks 01 to 03 in JupyterLab: run with the menu's "run all", a question answered, the lesson's widget moved."""

import re
import shutil

import pytest

from tests.browser import ROOT, Stage, chromium, jupyterlab, opened, shots_folder

pytestmark = pytest.mark.browser

LESSONS = ("01_reading_a_strip", "02_recordings", "03_two_views")
ERRORS = '[data-mime-type="application/vnd.jupyter.stderr"]'
"""As JupyterLab marks an error's traceback, and a warning too."""

HARMLESS = re.compile(r"favicon|ResizeObserver loop")


@pytest.fixture(scope="module", params=LESSONS)
def lab(request, tmp_path_factory):
    """A lesson's copy, open in JupyterLab, with every cell run."""
    chromium()
    folder = tmp_path_factory.mktemp("course")
    for name in (f"{request.param}.ipynb", "GLOSSARY.md"):
        shutil.copy(ROOT / "notebooks" / name, folder / name)
    shots = shots_folder(tmp_path_factory.mktemp("shots"))
    with jupyterlab(folder) as address, opened(address, f"{request.param}.ipynb", shots) as lab:
        lab.run_all(seconds=240)
        lab.name = request.param
        yield lab


def test_only_the_two_stubs_fail_and_say_what_to_write(lab):
    said = [error.text_content() for error in lab.page.locator(ERRORS).all()]
    assert len(said) == 2
    assert all("Unsolved" in text and "in place of the three dots, write" in text for text in said)


def test_no_assertion_is_to_be_seen(lab):
    shown = lab.page.locator(".jp-CodeCell .jp-Cell-inputArea:visible").all_inner_texts()
    assert not [text for text in shown if re.search(r"^\s*assert ", text, flags=re.M)]


def test_figures_speak_to_those_who_cannot_see_them(lab):
    figures = lab.page.locator(".jp-OutputArea img").all()
    assert figures
    assert all(len(figure.get_attribute("alt") or "") > 60 for figure in figures)


def test_the_first_question_is_answered(lab):
    stage = Stage(lab.page, 0)
    stage.top()
    options = stage.control("options")
    if options.count():
        options.get_by_role("radio").first.click()
        stage.press("check")
        stage.settle()
    lab.shot(f"{lab.name}-1-question")
    assert not stage.fault


def pick(stage, control, words):
    """Choose an option by its words, as they are seen."""
    stage.control(control).get_by_text(words, exact=True).first.click()
    stage.settle()


LABELS = {"01_reading_a_strip": "Read first", "02_recordings": "Label explorer", "03_two_views": "Picture maker"}


def test_the_lessons_widget_is_moved(lab):
    widget = lab.page.locator(f'.ecgteach-stage[aria-label*="{LABELS[lab.name]}" i]')
    stage = Stage(lab.page)
    stage.all = widget.first  # by its name: the page changes the order of cells that are out of view
    stage.top()
    lab.page.wait_for_timeout(1000)
    if lab.name == "02_recordings":
        pick(stage, "guess", "sinus rhythm")
        stage.press("show")
        stage.says("The source says")
    elif lab.name == "03_two_views":
        pick(stage, "columns", "256 columns")
        pick(stage, "guess", "less like")
        stage.says("A column is 39.1 ms wide")
    lab.shot(f"{lab.name}-2-widget")
    assert not stage.fault


def test_nothing_was_asked_of_the_network_and_nothing_went_wrong_on_the_page(lab):
    assert lab.outside == []
    assert [fault for fault in lab.faults if not HARMLESS.search(fault)] == []
