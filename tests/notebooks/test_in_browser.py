"""Notebook 00 in JupyterLab, driven in a real browser: it runs, its figures have words, its explorer can be walked."""

import re
import shutil

import pytest

from tests.browser import LONGEST, ROOT, Stage, chromium, jupyterlab, opened, shots_folder

pytestmark = pytest.mark.browser

NOTEBOOK = "00_start_here.ipynb"
HARMLESS = re.compile(r"favicon|ResizeObserver loop")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The notebook's copy, open in JupyterLab, with every cell run."""
    chromium()
    folder = tmp_path_factory.mktemp("course")
    for name in (NOTEBOOK, "GLOSSARY.md"):
        shutil.copy(ROOT / "notebooks" / name, folder / name)
    shots = shots_folder(tmp_path_factory.mktemp("shots"))
    with jupyterlab(folder) as address, opened(address, NOTEBOOK, shots) as lab:
        lab.run_all(seconds=240)
        yield lab


@pytest.fixture
def explorer(lab):
    explorer = Stage(lab.page, label="Case explorer")
    explorer.top()
    return explorer


def test_every_cell_runs_without_an_error_or_a_warning(lab):
    lab.page.locator(".ecgteach-stage").first.wait_for(timeout=LONGEST)
    lab.shot("1-first-look")
    assert lab.page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0
    said = lab.page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').all()
    assert all("Unsolved" in one.text_content() for one in said), "no warning, and no error but that of the two stubs"


def test_figures_speak_to_those_who_cannot_see_them(lab):
    figures = lab.page.locator(".jp-OutputArea img").all()
    assert figures
    assert all(len(figure.get_attribute("alt") or "") > 100 for figure in figures)


def test_a_case_is_read_step_by_step_and_nothing_is_told_too_early(lab, explorer):
    explorer.says("Case 1 of 12")
    explorer.says("Some of their answers in these cases are wrong")
    step = explorer.control("step")
    explorer.choose("answer", "atrial fibrillation or flutter")
    assert step.get_attribute("aria-disabled") == "true"
    explorer.says_not("signal network answers")
    explorer.choose("confidence", "75 %")
    explorer.says("It can still be changed")
    explorer.press("step")
    explorer.says("Draw where you think it looked")
    assert len(explorer.sheets) == 1
    assert step.get_attribute("aria-disabled") == "true"
    explorer.drag(0.2, 0.3)
    explorer.choose("brush", "the picture network")
    explorer.drag(0.5, 0.6)
    for said, panels in (("of what the signal network looked at", 1), ("the picture network looked at", 2)):
        explorer.says_not("The source says:")
        explorer.press("step")
        explorer.says(re.compile(said))
        assert len(explorer.sheets) == panels
    explorer.press("step")
    assert len(explorer.sheets) == 3
    explorer.says_not("The source says:")
    explorer.press("step")
    explorer.says("About the map, not about the diagnosis")
    explorer.press("step")
    explorer.says("The source says:")
    explorer.top()
    lab.shot("2-truth")


def test_target_and_rule_change_the_maps_and_the_words(lab, explorer):
    explorer.control("target").locator("select").select_option(label="sinus bradycardia")
    explorer.settle()
    explorer.says("looked for sinus bradycardia")
    explorer.control("rule").locator("select").select_option(label="product: both must look")
    explorer.settle()
    assert explorer.fault == ""


def test_nothing_was_asked_of_the_network_and_nothing_went_wrong_on_the_page(lab):
    assert lab.outside == []
    assert [fault for fault in lab.faults if not HARMLESS.search(fault)] == []
