"""WhatIf and WaveformFeatures in JupyterLab, in a real browser: by mouse, by keyboard alone, by axe-core."""

import os
import re
from pathlib import Path
from random import Random

import pytest

from tests.browser import LONGEST, Stage, jupyterlab, opened, voila, write_notebook
from tests.widgets.test_in_browser import AT_RANDOM

pytestmark = pytest.mark.browser

CELLS = (
    "import os\nprint('kernel', os.getpid())\n"
    "from ecgteach.widgets import WaveformFeatures, WhatIf\none = WhatIf()\none",
    "other = WaveformFeatures()\nother",
    "1 + 1",
)
SIZES = ((1366, 768), (1920, 1080))


@pytest.fixture(scope="module")
def lab(tmp_path_factory, shots):
    folder = tmp_path_factory.mktemp("features")
    write_notebook(folder / "features.ipynb", *CELLS)
    with jupyterlab(folder) as address, opened(address, "features.ipynb", shots) as lab:
        lab.run_all(seconds=240)
        yield lab


@pytest.fixture
def what_if(lab):
    stage = Stage(lab.page, 0)
    stage.top()
    return stage


@pytest.fixture
def features(lab):
    stage = Stage(lab.page, 1)
    stage.top()
    return stage


def fits(lab, stage, name):
    """Nothing is wrong, cut or out of sight at either size; a picture is kept for eyes."""
    for width, height in SIZES:
        lab.page.set_viewport_size({"width": width, "height": height})
        lab.page.wait_for_timeout(300)
        stage.top()
        lab.shot(f"{name}-{width}")
        pane = lab.page.locator(".jp-WindowedPanel-outer").first.bounding_box()
        assert stage.all.bounding_box()["height"] <= pane["height"] + 1, name
        assert stage.cut() == [], name
    lab.page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
    lab.page.wait_for_timeout(300)
    assert stage.violations() == [], name
    assert stage.fault == ""


def tab_to(lab, stage, control, steps=60):
    for _ in range(steps):
        if stage.focused == control:
            return
        lab.page.keyboard.press("Tab")
    raise AssertionError(f"{control} is not reached by Tab")


def press(lab, stage, *keys):
    for key in keys:
        lab.page.keyboard.press(key)
    stage.settle()


def test_both_widgets_are_really_there_without_a_fault(lab):
    lab.page.locator(".ecgteach-stage").nth(1).wait_for(timeout=LONGEST)
    assert lab.page.locator(".ecgteach-stage").count() == 2
    assert lab.page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0


def test_a_what_if_is_walked_by_keyboard_alone_and_fits_at_every_step(lab, what_if):
    fits(lab, what_if, "what-if-predict")
    what_if.control("start").locator("select").focus()
    tab_to(lab, what_if, "predict-signal")
    press(lab, what_if, "ArrowRight", "Space")
    tab_to(lab, what_if, "predict-image")
    press(lab, what_if, "ArrowRight", "Space")
    tab_to(lab, what_if, "lock")
    press(lab, what_if, "Enter")
    assert what_if.focused == "turn"
    assert "The slider is awake" in what_if.announced
    for _ in range(35):
        lab.page.keyboard.press("ArrowRight")
    what_if.settle()
    assert what_if.control("turn").locator("output").inner_text() == "110/min"
    assert "Rate 110/min" in what_if.announced
    assert "as you said" in what_if.all.inner_text()
    fits(lab, what_if, "what-if-explain")
    what_if.control("turn").locator("input").focus()
    tab_to(lab, what_if, "explain")
    press(lab, what_if, "Space")
    assert what_if.focused == "second"
    what_if.says("A second slider is free now")
    what_if.control("maps").locator("input").focus()
    press(lab, what_if, "Space")
    assert what_if.all.locator("[data-panel=fused]").count() == 1
    fits(lab, what_if, "what-if-maps")
    tab_to(lab, what_if, "second")
    press(lab, what_if, "Enter")
    assert what_if.focused == "dial"
    what_if.says("Rate stays at 110/min")
    assert lab.page.locator(".jp-Cell").count() == 3


def test_a_preset_and_its_banner_are_reached_by_mouse(lab, what_if):
    what_if.control("preset").locator("select").select_option(label="sinus rhythm without P")
    what_if.settle()
    what_if.choose("predict-signal", "the same")
    what_if.choose("predict-image", "the same")
    what_if.press("lock")
    what_if.control("turn").locator("input").focus()
    press(lab, what_if, "Home")
    what_if.says("not fibrillation")
    what_if.says("Outside the range that the networks have learnt from")
    fits(lab, what_if, "what-if-no-p")


def test_waveform_features_are_walked_by_keyboard_alone_and_fit_at_every_step(lab, features):
    fits(lab, features, "features-rank")
    features.control("next").focus()
    tab_to(lab, features, "rank")
    press(lab, features, "ArrowRight", "Space")
    assert features.focused == "rank"
    press(lab, features, "Space")
    press(lab, features, "Space")
    assert features.focused == "show"
    press(lab, features, "Enter")
    assert features.focused == "wave"
    assert "agreement, not correctness" in features.announced
    fits(lab, features, "features-bars")
    features.control("unit").locator("[tabindex='0']").focus()
    tab_to(lab, features, "wave")
    press(lab, features, "ArrowRight", "Space")
    assert "QRS is lit" in features.announced
    tab_to(lab, features, "edit")
    press(lab, features, "Enter")
    assert "made half as high" in features.announced
    features.says("points")
    fits(lab, features, "features-edit")


def test_a_bar_is_chosen_by_a_click_on_its_row(lab, features):
    features.all.locator('tr[data-value="ST-T"]').click()
    features.settle()
    assert features.option("wave", "ST and T").get_attribute("aria-checked") == "true"


def test_after_three_cases_the_class_is_shown(lab, features):
    for _ in range(3):
        if features.control("rank").count():
            for name in ("QRS", "before QRS", "ST and T"):
                features.choose("rank", name)
            features.press("show")
        features.press("next")
    features.choose("scope", "correct and misread")
    features.says("and wrong")
    fits(lab, features, "features-outcome")


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize(("width", "height"), [(600, 768), (683, 384)])
def test_on_a_narrow_page_and_at_twice_the_size_nothing_is_cut(lab, number, width, height):
    stage = Stage(lab.page, number)
    lab.wide()
    lab.page.set_viewport_size({"width": width, "height": height})
    stage.top()
    lab.page.wait_for_timeout(400)
    try:
        lab.shot(f"features-{number}-narrow-{width}")
        assert stage.cut() == []
        assert stage.violations() == []
    finally:
        lab.wide()
        lab.page.set_viewport_size({"width": 1366, "height": 768})


@pytest.mark.parametrize("number", [0, 1])
def test_two_hundred_random_interactions_leave_no_error_and_no_growing_memory(lab, number):
    stage, draw, sizes = Stage(lab.page, number), Random(number), []
    stage.top()
    told = lab.page.locator(".jp-OutputArea-output").get_by_text(re.compile(r"^kernel \d+")).first.inner_text()
    kernel = Path("/proc", told.split()[1], "statm")
    for turn in range(200):
        stage.all.evaluate(AT_RANDOM, draw.random())
        stage.settle()
        assert "foresee" not in stage.fault, stage.fault
        if turn in (100, 199):
            sizes.append(int(kernel.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
    assert sizes[1] <= 1.1 * sizes[0], sizes


def test_nothing_was_fetched_from_outside_and_the_console_is_quiet(lab):
    assert lab.outside == []
    assert [fault for fault in lab.faults if "favicon" not in fault and "ResizeObserver" not in fault] == []


def test_the_same_works_as_a_page_of_voila(lab, tmp_path):
    write_notebook(tmp_path / "features.ipynb", *CELLS[:2])
    with voila(tmp_path) as address:
        page = lab.page.context.browser.new_page(viewport={"width": 1366, "height": 768})
        page.set_default_timeout(LONGEST)
        page.goto(f"{address}/voila/render/features.ipynb", timeout=240_000)
        page.locator(".ecgteach-stage").nth(1).wait_for(timeout=120_000)
        what_if, features = Stage(page, 0), Stage(page, 1)
        for view in ("signal", "image"):
            what_if.choose(f"predict-{view}", "less sure")
        what_if.press("lock")
        what_if.control("turn").locator("input").focus()
        page.keyboard.press("End")
        what_if.settle()
        what_if.says("as you said")
        for name in ("QRS", "before QRS", "ST and T"):
            features.choose("rank", name)
        features.press("show")
        features.says("agreement, not correctness")
        for stage in (what_if, features):
            assert stage.violations() == [] and stage.cut() == []
        page.screenshot(path=lab.shots / "features-voila.png", full_page=True)
        page.close()
