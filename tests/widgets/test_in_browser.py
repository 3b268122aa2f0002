"""The stage and the CaseExplorer in JupyterLab and Voila, in a real browser: by mouse, by keyboard, by axe-core."""

import re
from pathlib import Path
from random import Random

import pytest

from tests.browser import LONGEST, Stage, jupyterlab, opened, voila, write_notebook

pytestmark = pytest.mark.browser

CELLS = (
    "from ecgteach.widgets import CaseExplorer, choose_cases\nheld = choose_cases()\none = CaseExplorer(held[:5])\none",
    "other = CaseExplorer(held[:2])\nother",
    "1 + 1",
)
LATE = (
    "import time; handlers = one.panel()._msg_callbacks.callbacks; prompt = list(handlers); "
    "handlers[:] = [lambda frame, content, buffers: (time.sleep(2), one.receive(content))]"
)
STEPS = ("answers", "signal", "image", "fused", "tests", "truth")
AT_RANDOM = """(area, lot) => {
    const off = "[aria-disabled=true], [data-key=presenter], [data-key=save], [hidden] *";
    const held = [...area.querySelectorAll("button, select, input[type=range], input[type=checkbox]")];
    const free = held.filter(one => !one.matches(off) && one.offsetParent);
    const target = free[Math.floor(lot * free.length)], second = (lot * 7919) % 1;
    if (target.tagName === "SELECT") target.selectedIndex = Math.floor(second * target.options.length);
    else if (target.type === "range") target.value = Number(target.min) + second * (target.max - target.min);
    else { target.click(); return; }
    target.dispatchEvent(new Event(target.tagName === "SELECT" ? "change" : "input"));
}"""
"""One control that is on, taken by lot, is set to something, taken by lot."""

HARMLESS = re.compile(r"favicon|ResizeObserver loop")


@pytest.fixture(scope="module")
def lab(tmp_path_factory, shots):
    folder = tmp_path_factory.mktemp("widgets")
    write_notebook(folder / "widgets.ipynb", *CELLS)
    with jupyterlab(folder) as address, opened(address, "widgets.ipynb", shots) as lab:
        lab.run_all(seconds=240)
        yield lab


@pytest.fixture
def one(lab):
    lab.page.evaluate("document.fullscreenElement && document.exitFullscreen()")
    lab.page.set_viewport_size({"width": 1366, "height": 768})
    stage = Stage(lab.page)
    stage.top()
    return stage


def read(stage, answer="atrial fibrillation or flutter"):
    stage.choose("answer", answer)
    stage.choose("confidence", "75 %")


def climb(stage, step):
    """Do what a step asks, with the mouse, until the case has come to another."""
    said = {"answers": "Draw where", "tests": "passed", "truth": "The source says"}
    while not (
        said[step] in stage.all.inner_text() if step in said else stage.all.locator(f"[data-panel={step}]").count()
    ):
        if stage.control("answer").count():
            read(stage)
        if stage.control("brush").count():
            stage.drag(0.2, 0.3)
            stage.choose("brush", "the picture network")
            stage.drag(0.5, 0.6)
        if stage.control("real").count():
            stage.choose("real", "map A")
        stage.press("step")


def test_both_widgets_are_really_there_without_a_fault(lab):
    lab.page.locator(".ecgteach-stage").nth(1).wait_for(timeout=LONGEST)
    assert lab.page.locator(".ecgteach-stage").count() == 2
    assert lab.page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0


def test_a_case_fits_the_page_at_every_step_and_axe_finds_nothing(lab, one):
    """From the first step to the last at 1366 x 768 beside the file list: all in sight, square paper, nothing cut."""
    pane = lab.page.locator(".jp-WindowedPanel-outer").first.bounding_box()
    for step in ("strip", *STEPS):
        if step != "strip":
            climb(one, step)
        one.top()
        lab.shot(f"case-{step}")
        box = one.all.bounding_box()
        assert box["height"] <= pane["height"], step
        assert box["y"] + box["height"] <= pane["y"] + pane["height"] + 1, step
        for sheet in one.sheets:
            scale = sheet.evaluate(
                "sheet => { const s = sheet.closest('.ecgteach-strips').strips.scale;"
                " return [s.x(1) - s.x(0), s.y(0) - s.y(1), s.width, s.height]; }"
            )
            assert scale[0] / scale[1] == pytest.approx(2.5)
            drawn = sheet.bounding_box()
            assert (drawn["width"], drawn["height"]) == pytest.approx((scale[2], scale[3]), abs=1)
        assert one.cut() == [], step
        assert one.violations() == [], step
    assert one.fault == ""


def test_the_crosshair_reads_time_millivolt_and_every_map_in_all_panels(lab, one):
    one.top()
    box = one.sheets[1].bounding_box()
    lab.page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 10)
    lab.page.wait_for_timeout(100)
    assert re.fullmatch(
        r"\d\.\d\d s · \u2212?\d\.\d\d mV · signal [\w ]+% · picture [\w ]+% · fused [\w ]+%", one.readout
    )
    crossed = one.all.evaluate(
        """area => [...area.querySelectorAll(".ecgteach-over")].map(over => {
            const x = Math.round(0.5 * over.width), pen = over.getContext("2d");
            return pen.getImageData(x - 3, Math.round(over.height / 2), 7, 1).data.some(one => one > 0);
        })"""
    )
    assert crossed == [True] * 3
    lab.page.mouse.move(5, 5)
    lab.page.wait_for_timeout(100)
    assert one.readout == ""


def test_rule_threshold_and_crosshair_answer_while_the_kernel_is_busy_and_it_hears_of_them_after(lab, one):
    one.top()
    lab.in_last_cell(LATE)
    one.top()
    lab.page.wait_for_timeout(300)
    before = one.all.locator('[data-fill="neither"]').inner_text()
    one.control("rule").locator("select").select_option(label="product: both must look")
    assert "Fused by product: both must look." in one.announced
    slider = one.control("threshold").locator("input")
    slider.focus()
    for _ in range(6):
        lab.page.keyboard.press("ArrowLeft")
    assert one.control("threshold").locator("output").inner_text() == "20 % on"
    assert one.all.locator('[data-fill="threshold"]').first.inner_text() == "20 %"
    assert one.all.locator('[data-fill="neither"]').inner_text() != before
    one.all.get_by_text("Working ...").wait_for()
    one.settle()
    assert not one.all.get_by_text("Working ...").is_visible()
    lab.in_last_cell("handlers[:] = prompt; print(one.state.rule, round(one.state.threshold, 2))")
    lab.page.get_by_text("product 0.2").wait_for(timeout=LONGEST)


def test_a_number_out_of_range_is_answered_in_words_and_the_next_one_is_taken(lab, one):
    one.top()
    field = one.control("moment").locator("input")
    for typed in ("12", "soon"):
        field.fill(typed)
        field.press("Enter")
        one.settle()
        assert f"Line at takes a number from 0 to 10 s, not {typed}" in one.fault
        assert field.input_value() == "0"
    field.fill("3,4")
    field.press("Enter")
    one.settle()
    assert one.fault == ""
    assert one.readout.startswith("3.40 s")


def test_no_key_reaches_the_notebook_and_arrows_move_within_a_group(lab, one):
    page, cells = lab.page, lab.page.locator(".jp-Cell").count()
    one.press("step")
    one.says("Case 2 of 5")
    assert one.focused == "answer", "after the last step of a case the focus stands on the first answer"
    for key in ("x", "a", "b", "d", "d", "m", "y", "0", "0", "Shift+M", "z", "Enter"):
        page.keyboard.press(key)
    one.settle()
    assert page.locator(".jp-Cell").count() == cells
    assert page.locator(".jp-MarkdownCell").count() == 0
    first = page.evaluate("document.activeElement.textContent")
    for key, expected in (("ArrowDown", "sinus bradycardia"), ("ArrowLeft", first), ("ArrowUp", "cannot tell")):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.textContent").startswith(expected)
        assert one.focused == "answer"
    page.keyboard.press("Home")
    assert page.evaluate("document.activeElement.textContent") == first
    page.keyboard.press("Tab")
    assert one.focused == "confidence"
    page.keyboard.press("Shift+Tab")
    assert one.focused == "answer"


def test_a_case_with_its_riddle_is_walked_by_keyboard_alone_from_the_first_step_to_the_last(lab, one):
    page = lab.page

    def tab_to(control):
        for _ in range(40):
            if one.focused == control:
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"{control} is not reached by Tab")

    def press(*keys):
        for key in keys:
            page.keyboard.press(key)
        one.settle()

    number = _riddle(lab)
    while f"Case {number} of 5" not in one.all.inner_text():
        one.control("next").focus() if number > 1 else one.control("previous").focus()
        press("Enter")
    tab_to("answer")
    press("ArrowDown", "ArrowDown", "Space")
    tab_to("confidence")
    press("Space")
    tab_to("step")
    press("Enter")
    one.says("Draw where you think it looked")
    assert one.focused == "brush"
    press("Space")
    tab_to("strips")
    press("ArrowRight", "ArrowRight", "Enter", "ArrowRight", "ArrowRight", "ArrowRight", "Enter")
    assert "Marked from 0.40 to 1.00 s" in one.announced
    press("Shift+ArrowRight", "Shift+Tab")
    tab_to("brush")
    press("ArrowRight", "Space")
    tab_to("strips")
    press("End", "Enter", "PageDown", "Enter")
    assert "Marked from 9.00 to 10.00 s" in one.announced
    one.control("step").focus()
    press("Enter")
    one.says("Which is real?")
    assert one.focused == "real"
    press("Space")
    tab_to("step")
    for said in (
        "The signal map is shown",
        "The picture map is shown",
        "The fused map is shown",
        "passed",
        "The source",
    ):
        press("Enter")
        assert said in one.announced
        assert one.focused == "step"
    one.says("The source says")
    lab.shot("case-by-keyboard")


def _riddle(lab):
    lab.in_last_cell("print('riddle', one.state.riddles[0] + 1)")
    held = lab.page.locator(".jp-OutputArea-output").get_by_text(re.compile(r"^riddle \d"))
    held.wait_for(timeout=LONGEST)
    return int(held.inner_text().split()[1])


def test_study_opens_the_cases_of_a_cell_of_the_confusion_matrix_and_a_twin(lab, one):
    one.choose("mode", "study")
    one.says("Study: 1 of 5")
    one.top()
    lab.shot("study")
    assert one.violations() == [] and one.cut() == []
    cell = one.all.locator("[data-control=cell]").first
    count = cell.inner_text()
    cell.click()
    one.settle()
    one.says(f"Study: 1 of {count}")
    one.press("twin")
    one.says(re.compile("Its twin got the same answer|No strip at hand"))
    lab.shot("twin")
    one.choose("mode", "practice")


def test_the_other_widget_was_not_disturbed(lab):
    other = Stage(lab.page, 1)
    other.says("Case 1 of 2")
    assert other.control("answer").locator("[aria-checked=true]").count() == 0


@pytest.mark.parametrize(("width", "height", "zoom"), [(600, 768, 1), (683, 384, 2)])
def test_on_a_narrow_page_and_at_twice_the_size_nothing_is_cut_or_covered(lab, one, width, height, zoom):
    page = lab.page
    lab.wide()
    page.set_viewport_size({"width": width, "height": height})
    one.top()
    page.wait_for_timeout(400)
    try:
        lab.shot(f"narrow-{width}")
        assert one.cut() == []
        assert one.violations() == []
        overlap = one.all.evaluate(
            """area => {
                const held = [...area.querySelectorAll("button, input, select, .ecgteach-sheet")]
                    .filter(one => one.offsetParent && !one.closest(".ecgteach-scroll"));
                const boxes = held.map(one => one.getBoundingClientRect());
                for (let a = 0; a < boxes.length; a++) for (let b = a + 1; b < boxes.length; b++) {
                    const [one, other] = [boxes[a], boxes[b]];
                    if (one.left < other.right - 1 && other.left < one.right - 1 && one.top < other.bottom - 1
                        && other.top < one.bottom - 1) return [held[a].outerHTML, held[b].outerHTML];
                }
                return [];
            }"""
        )
        assert overlap == []
    finally:
        lab.wide()
        page.set_viewport_size({"width": 1366, "height": 768})


def test_a_presenter_steps_by_key_in_large_type(lab, one):
    page = lab.page
    while one.control("previous").get_attribute("aria-disabled") is None:
        one.press("previous")
    one.press("presenter")
    page.wait_for_timeout(300)
    size = one.all.evaluate("area => parseFloat(getComputedStyle(area).fontSize)")
    assert size >= 20
    assert len(one.sheets) == 1
    lab.shot("presenter")
    assert one.violations() == []
    page.keyboard.press("PageDown")
    one.settle()
    one.says("Case 2 of 5")
    page.keyboard.press("PageUp")
    one.settle()
    one.says("Case 1 of 5")
    one.press("presenter")
    page.evaluate("document.fullscreenElement && document.exitFullscreen()")
    page.wait_for_timeout(300)


def test_on_a_large_page_the_strip_takes_the_room_that_there_is(lab, one):
    page = lab.page
    page.set_viewport_size({"width": 1920, "height": 1080})
    one.top()
    page.wait_for_timeout(400)
    lab.shot("large")
    assert one.sheets[0].bounding_box()["width"] > 1400
    pane = page.locator(".jp-WindowedPanel-outer").first.bounding_box()
    assert one.all.bounding_box()["height"] <= pane["height"]
    page.set_viewport_size({"width": 1366, "height": 768})


def test_saving_gives_a_picture_named_by_number(lab, one):
    with lab.page.expect_download() as waiting:
        one.control("save").click()
    assert waiting.value.suggested_filename == "case-1.png"
    assert Path(waiting.value.path()).read_bytes().startswith(b"\x89PNG")


def test_two_hundred_things_done_at_random_leave_no_fault_and_no_growing_kernel(lab, one):
    draw = Random(11)
    pid = _kernel()
    sizes = []
    for number in range(200):
        one.all.evaluate(AT_RANDOM, draw.random())
        one.settle()
        assert "foresee" not in one.fault, one.fault
        if number in (80, 199):
            sizes.append(_resident(pid))
    assert sizes[1] <= 1.1 * sizes[0], sizes


def _kernel():
    """The kernel's process: the youngest of this test's JupyterLab."""
    found = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit() and _is_kernel(path)]
    return max(found)


def _is_kernel(path):
    try:
        return b"ipykernel_launcher" in (path / "cmdline").read_bytes()
    except OSError:
        return False


def _resident(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])


def test_nothing_was_asked_of_the_network_and_nothing_went_wrong_on_the_page(lab):
    assert lab.outside == []
    assert [fault for fault in lab.faults if not HARMLESS.search(fault)] == []


def test_a_restarted_kernel_is_told_in_words_and_running_the_cell_again_brings_the_widget_back(lab, one):
    page = lab.page
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_text("Restart Kernel", exact=False).first.click()
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    one.says("The kernel was restarted: run this cell again.")
    lab.shot("restarted")
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Control+Enter")
    page.wait_for_function(
        "() => document.querySelectorAll('.ecgteach-stage:not(.ecgteach-is-gone)').length === 1", timeout=120_000
    )
    Stage(page).says("Case 1 of 5")


def test_the_same_works_as_a_page_of_voila(lab, tmp_path):
    write_notebook(tmp_path / "widgets.ipynb", CELLS[0])
    with voila(tmp_path) as address:
        page = lab.page.context.browser.new_page(viewport={"width": 1366, "height": 768})
        page.set_default_timeout(LONGEST)
        page.goto(f"{address}/voila/render/widgets.ipynb", timeout=240_000)
        page.locator(".ecgteach-stage").wait_for(timeout=120_000)
        stage = Stage(page)
        for step in STEPS:
            climb(stage, step)
            assert stage.violations() == [] and stage.cut() == []
            assert stage.all.bounding_box()["height"] <= 768
        page.screenshot(path=lab.shots / "voila.png")
        page.close()
