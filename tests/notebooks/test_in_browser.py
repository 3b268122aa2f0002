"""Notebook 00 in JupyterLab, driven in a real browser: by mouse, by keyboard, at twice the size, without a network."""

import io
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from tests.browser import ROOT, chromium, jupyterlab, opened, shots_folder

pytestmark = pytest.mark.browser

NOTEBOOK = "00_start_here.ipynb"
LONGEST = 45_000
HARMLESS = re.compile(r"favicon|ResizeObserver loop")


class Explorer:
    """The CaseExplorer on the page, by what a learner sees."""

    def __init__(self, page):
        self.page = page
        self.all = page.locator(".ecgteach-keys").first

    def button(self, name):
        return self.all.get_by_role("button", name=name)

    def choice(self, name, of="answer"):
        return self.all.locator(f".ecgteach-{of}").get_by_role("button", name=name)

    def chosen(self, of):
        return [one.inner_text().strip() for one in self.all.locator(f".ecgteach-{of} .mod-active").all()]

    @property
    def moment(self):
        return self.all.locator("input[type=number]")

    def says(self, words):
        self.all.get_by_text(words).first.wait_for(timeout=LONGEST)

    def says_not(self, words):
        assert self.all.get_by_text(words).count() == 0, words

    @property
    def panels(self):
        return [figure for figure in self.all.locator(".bk-Figure").all() if figure.is_visible()]

    def settle(self):
        """Wait until the kernel has answered what was last done."""
        self.page.wait_for_timeout(300)
        self.page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for(timeout=LONGEST)


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
    explorer = Explorer(lab.page)
    explorer.all.scroll_into_view_if_needed()
    explorer.says("Case ")
    return explorer


def test_every_cell_runs_without_an_error_or_a_warning(lab):
    lab.page.locator(".ecgteach-keys").first.wait_for(timeout=LONGEST)
    lab.shot("1-first-look")
    assert lab.page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0
    said = lab.page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').all()
    assert all("Unsolved" in one.text_content() for one in said), "no warning, and no error but that of the two stubs"


def test_figures_speak_to_those_who_cannot_see_them(lab):
    figures = lab.page.locator(".jp-OutputArea img").all()
    assert figures
    assert all(len(figure.get_attribute("alt") or "") > 100 for figure in figures)


def test_a_case_is_read_with_the_mouse_step_by_step(lab, explorer):
    explorer.says("Case 1 of 12")
    explorer.says("Some of their answers in these cases are wrong")
    lock = explorer.button("Lock it, show the answers")
    assert lock.is_disabled()
    explorer.choice("atrial fibrillation or flutter").click()
    assert lock.is_disabled()
    explorer.says_not("signal network")
    explorer.choice("75 %", of="confidence").click()
    explorer.says("It can still be changed")
    assert len(explorer.panels) == 1
    lab.shot("2-own-reading")

    lock.click()
    explorer.says("signal network")
    assert explorer.choice("atrial fibrillation or flutter").is_disabled()
    assert len(explorer.panels) == 1
    explorer.says_not("The source says:")
    lab.shot("3-answers")

    explorer.button("Show where they looked").click()
    explorer.says("The maps show where each network looked")
    explorer.settle()
    assert len(explorer.panels) == 3
    explorer.says_not("The source says:")

    explorer.button("Show what the source says").click()
    explorer.says("The source says:")
    explorer.says("If this were a patient")
    lab.shot("4-truth")


def test_what_is_needed_for_reading_is_seen_at_once_on_a_small_screen(lab, explorer):
    box = explorer.all.bounding_box()
    strip = explorer.panels[0].bounding_box()
    window = lab.page.locator(".jp-WindowedPanel-outer").first.bounding_box()
    assert strip["y"] + strip["height"] - box["y"] <= window["height"]


def test_one_crosshair_runs_through_all_panels(lab, explorer):
    page = lab.page
    page.set_viewport_size({"width": 1366, "height": 1500})
    explorer.all.scroll_into_view_if_needed()
    explorer.settle()
    assert len(explorer.panels) == 3
    page.mouse.move(5, 5)
    before = [_pixels(panel) for panel in explorer.panels]
    box = explorer.panels[0].bounding_box()
    along = 0.6
    page.mouse.move(box["x"] + along * box["width"], box["y"] + 0.5 * box["height"], steps=4)
    page.wait_for_timeout(300)
    lab.shot("5-crosshair")
    for panel, old in zip(explorer.panels, before, strict=True):
        changed = (_pixels(panel) != old).any(axis=2)
        columns = np.flatnonzero(changed.mean(axis=0) > 0.5)
        assert columns.size, "no line in this panel"
        assert np.all(np.abs(columns / changed.shape[1] - along) < 0.01)
    page.mouse.move(5, 5)
    page.set_viewport_size({"width": 1366, "height": 768})


def test_target_and_rule_change_the_maps_and_the_words(lab, explorer):
    explorer.choice("sinus rhythm", of="target").click()
    explorer.says("looked for sinus rhythm")
    explorer.choice("product", of="rule").click()
    explorer.settle()
    assert explorer.chosen("rule") == ["product: both must look"]
    assert lab.page.locator(".ecgteach-fault").count() == 0


def test_a_case_is_read_with_the_keyboard_alone(lab, explorer):
    page = lab.page
    cells = page.locator(".jp-Cell").count()
    explorer.button("On to the next case").focus()
    page.keyboard.press("Enter")
    explorer.says("Case 2 of 12")
    explorer.settle()
    assert len(explorer.panels) == 1
    assert explorer.chosen("answer") == explorer.chosen("confidence") == []
    explorer.choice("sinus rhythm").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    explorer.says("How sure are you?")
    assert explorer.chosen("answer") == ["sinus bradycardia"]
    explorer.choice("50 %", of="confidence").focus()
    page.keyboard.press("Space")
    explorer.says("It can still be changed")
    for name, then in (
        ("Lock it", "signal network"),
        ("Show where", "The maps show"),
        ("Show what", "The source says:"),
    ):
        explorer.button(name).focus()
        page.keyboard.press("Enter")
        explorer.says(then)
    assert explorer.chosen("rule") == ["product: both must look"], "the rule stays from case to case"
    explorer.choice("sinus bradycardia", of="target").focus()
    page.keyboard.press("Space")
    explorer.says("looked for sinus bradycardia")
    moment = explorer.moment
    moment.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("3.4")
    page.keyboard.press("Enter")
    explorer.says("At 3.4 s:")
    explorer.settle()
    lab.shot("6-keyboard")
    explorer.button("Previous case").focus()
    page.keyboard.press("Enter")
    explorer.says("Case 1 of 12")
    explorer.says("The source says:")
    assert page.locator(".jp-Cell").count() == cells, "no key reached JupyterLab's own shortcuts"


def test_at_twice_the_size_no_words_are_cut(lab, explorer):
    page = lab.page
    lab.wide()
    page.set_viewport_size({"width": 683, "height": 384})
    explorer.all.scroll_into_view_if_needed()
    explorer.settle()
    lab.shot("7-at-200-percent")
    cut = explorer.all.evaluate(
        """area => [...area.querySelectorAll("button, label, .widget-html-content")]
            .filter(one => one.offsetParent && one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)
            .map(one => one.innerText)"""
    )
    assert cut == []
    right = explorer.all.bounding_box()
    for control in explorer.all.locator("button, input").all():
        box = control.bounding_box()
        assert box["x"] + box["width"] <= right["x"] + right["width"] + 1
    page.set_viewport_size({"width": 1366, "height": 768})


def test_nothing_was_asked_of_the_network_and_nothing_went_wrong_on_the_page(lab):
    assert lab.outside == []
    assert [fault for fault in lab.faults if not HARMLESS.search(fault)] == []


def _pixels(panel):
    return np.asarray(Image.open(io.BytesIO(panel.screenshot())).convert("RGB")).astype(int)
