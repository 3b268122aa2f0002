"""Quiz, Marks and ReadFirst in JupyterLab and Voila, in a real browser: by mouse, by keyboard alone, by axe-core."""

import csv
import io
import json
import re
import time
from pathlib import Path
from random import Random

import pytest

from tests.browser import LONGEST, Stage, jupyterlab, opened, voila, write_notebook

pytestmark = pytest.mark.browser

CELLS = (
    "import os\nfrom pathlib import Path\nPath('kernel').write_text(str(os.getpid()))\n"
    "from ecgteach.widgets import Marks, Quiz, ReadFirst\nfrom ecgteach import simulate\n"
    "quiz = Quiz('rhythms', progress='mine.json')\nquiz",
    "reading = ReadFirst(number=5, seed=3)\nreading",
    "marks = Marks(simulate('SR', seed=60, rate=75, leads=('II',)).strip('II'))\nmarks",
)
READ = (("regularity", "regular"), ("rate", "60 to 100"), ("p", "one before each QRS"), ("qrs", "narrow, under 120 ms"))
PRESS = """(area, share) => {
    const found = [...area.querySelectorAll("button:not([aria-disabled=true]), input[type=checkbox]")];
    const seen = found.filter(one => one.offsetParent && one.closest("[data-key]").dataset.key !== "load");
    seen[Math.floor(share * seen.length)].click();
}"""
HARMLESS = re.compile(r"favicon|ResizeObserver loop")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quiz")
    write_notebook(folder / "quiz.ipynb", *CELLS)
    return folder


@pytest.fixture(scope="module")
def lab(folder, shots):
    with jupyterlab(folder) as address, opened(address, "quiz.ipynb", shots) as lab:
        lab.run_all(seconds=300)
        lab.page.locator(".ecgteach-stage").nth(2).wait_for(timeout=LONGEST)
        yield lab


def stage_of(lab, number):
    stage = Stage(lab.page, number)
    stage.top()
    return stage


@pytest.fixture
def quiz(lab):
    return stage_of(lab, 0)


@pytest.fixture
def reading(lab):
    return stage_of(lab, 1)


@pytest.fixture
def marks(lab):
    return stage_of(lab, 2)


def fits(lab, stage, what):
    """All of it in sight at 1366 x 768 beside the file list, nothing cut, and axe-core finds nothing."""
    stage.top()
    lab.shot(what)
    pane = lab.page.locator(".jp-WindowedPanel-outer").first.bounding_box()
    assert stage.all.bounding_box()["height"] <= pane["height"], what
    assert stage.cut() == [], what
    assert stage.violations() == [], what


def climb(stage, after=None):
    """Do what the present step of ReadFirst asks, with the mouse, and go on."""
    if stage.control("regularity").count():
        for control, words in READ:
            stage.choose(control, words)
    elif stage.control("answer").count():
        stage.choose("answer", "sinus rhythm")
        stage.choose("confidence", "75 %")
    elif stage.control("decision").count():
        stage.choose("decision", after or "Keep: sinus rhythm")
    stage.press("step")


def test_all_three_widgets_are_really_there_without_a_fault(lab):
    assert lab.page.locator(".ecgteach-stage").count() == 3
    assert lab.page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0


class TestQuiz:
    def test_an_answer_is_clicked_checked_and_answered_and_progress_stands_in_the_file(self, lab, quiz, folder):
        fits(lab, quiz, "quiz-asked")
        quiz.choose("pick", "atrial fibrillation")
        quiz.says_not("Irregular is not enough")
        quiz.press("check")
        quiz.says("Irregular is not enough")
        assert "Not right. Irregular is not enough" in quiz.announced
        fits(lab, quiz, "quiz-answered")
        held = json.loads((folder / "mine.json").read_text(encoding="utf-8"))
        assert held["content"]["first"][0]["answer"] == [1]

    def test_every_question_fits_and_axe_finds_nothing(self, lab, quiz):
        for number in range(2, 22):
            quiz.press("next")
            quiz.says(f"Question {number} of 21")
            if number in (3, 5, 6, 12, 21):
                fits(lab, quiz, f"quiz-{number}")

    def test_a_strip_is_marked_with_the_mouse(self, lab, quiz):
        while "Question 3 of 21" not in quiz.all.inner_text():
            quiz.press("previous")
        quiz.drag(0.30, 0.32)
        quiz.says("1 as seen here")
        quiz.press("check")
        quiz.says(re.compile("Marked in . of .. beats"))
        fits(lab, quiz, "quiz-marked")

    def test_a_question_is_walked_by_keyboard_alone(self, lab, quiz):
        page = lab.page
        while "Question 1 of 21" not in quiz.all.inner_text():
            quiz.press("previous")
        quiz.control("next").focus()
        page.keyboard.press("Enter")
        quiz.settle()
        assert quiz.focused == "pick"
        assert quiz.announced.startswith("Question 2 of 21. What speaks most")
        for key in ("x", "d", "d", "b"):
            page.keyboard.press(key)
        assert page.locator(".jp-CodeCell").count() == 3
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Space")
        quiz.settle()
        page.keyboard.press("Tab")
        assert quiz.focused == "check"
        page.keyboard.press("Enter")
        quiz.settle()
        assert quiz.announced.startswith("Right. Both together")

    def test_a_number_that_is_none_is_answered_on_the_page(self, lab, quiz):
        while "how many beats" not in quiz.all.inner_text().lower():
            quiz.press("next")
        field = quiz.control("typed").locator("input")
        field.fill("many")
        field.press("Tab")
        quiz.settle()
        quiz.press("check")
        assert "is no number" in quiz.fault
        field.fill("2")
        field.press("Tab")
        quiz.settle()
        quiz.press("check")
        quiz.says("Two: each ends an RR")
        assert quiz.fault == ""

    def test_progress_is_downloaded_by_the_browser_alone(self, lab, quiz):
        with lab.page.expect_download() as waiting:
            quiz.all.get_by_role("link", name="Download it").click()
        assert json.loads(Path(waiting.value.path()).read_text(encoding="utf-8"))["format"] == "ecgteach progress"


class TestMarks:
    def test_stretches_and_calipers_are_drawn_with_the_mouse_and_taken_away(self, lab, marks):
        marks.drag(0.30, 0.35)
        marks.says("1 as seen here")
        marks.choose("brush", "calipers")
        marks.drag(0.5, 0.6)
        marks.says(re.compile(r"Calipers: \d+ ms, [\d.]+ mm"))
        fits(lab, marks, "marks-mouse")
        box = marks.sheets[0].bounding_box()
        marks.choose("brush", "seen here")
        lab.page.mouse.click(box["x"] + 0.32 * box["width"], box["y"] + 20)
        marks.settle()
        marks.says("No mark yet")

    def test_they_are_made_wave_by_wave_with_keys_alone(self, lab, marks):
        page = lab.page
        marks.control("brush").get_by_role("radio").first.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Space")
        marks.settle()
        for control in ("wave-back", "wave-on"):
            page.keyboard.press("Tab")
            assert marks.focused == control
        for _ in range(4):
            page.keyboard.press("Enter")
            marks.settle()
        assert re.search(r"to \d\.\d\d s", marks.announced)
        page.keyboard.press("Tab")
        assert marks.focused == "toggle"
        page.keyboard.press("Enter")
        marks.settle()
        assert "1 as missing here" in marks.announced
        before = marks.control("to").locator("input").input_value()
        page.keyboard.press("Tab")
        assert marks.focused == "longer"
        page.keyboard.press("Enter")
        marks.settle()
        assert float(marks.control("to").locator("input").input_value()) == pytest.approx(float(before) + 0.04)
        field = marks.control("from").locator("input")
        field.focus()
        page.keyboard.press("ArrowUp")
        marks.settle()
        assert marks.fault == ""
        fits(lab, marks, "marks-keys")

    def test_on_the_strip_itself_arrows_go_from_stretch_to_stretch_and_enter_marks(self, lab, marks):
        page = lab.page
        marks.all.locator(".ecgteach-cursor").focus()
        page.keyboard.press("Home")
        for key in ("ArrowRight", "ArrowRight", "Enter", "ArrowRight", "ArrowRight", "Enter"):
            page.keyboard.press(key)
        until = time.monotonic() + 10
        while not re.search("Marked from|as missing here", marks.announced) and time.monotonic() < until:
            marks.settle()
            page.wait_for_timeout(50)
        assert re.search("Marked from|as missing here", marks.announced)
        assert marks.focused == "strips"

    def test_a_mark_that_is_too_short_is_said_to_be_none(self, lab, marks):
        marks.all.locator(".ecgteach-cursor").focus()
        for key in ("Home", "Enter", "Enter"):
            lab.page.keyboard.press(key)
        until = time.monotonic() + 10
        while "lasts 40 ms or more" not in marks.announced and time.monotonic() < until:
            lab.page.wait_for_timeout(50)
        assert "lasts 40 ms or more" in marks.announced


class TestReadFirst:
    def test_a_whole_sitting_by_mouse_each_step_fits_and_the_order_holds(self, lab, reading):
        shown = set()
        for _ in range(80):
            step = (
                reading.control("task") if reading.control("task").count() else reading.control("heading")
            ).inner_text()
            said = reading.all.inner_text()
            if "Step" in step:
                assert "network" not in said.replace("networks answered", "")
            if "What decides" in said:
                assert step == "What it was"
            if step not in shown:
                shown.add(step)
                fits(lab, reading, f"reading-{len(shown)}")
            if "Step 3" in step:
                reading.drag(0.30, 0.32)
                reading.says("1 as seen here")
            if step == "How you did":
                break
            climb(reading)
        assert len(shown) == 7
        reading.says("no curve is drawn")
        assert reading.fault == ""

    def test_the_table_for_the_teacher_is_downloaded_and_names_nobody(self, lab, reading):
        with lab.page.expect_download() as waiting:
            reading.all.get_by_role("link", name="Download the table").click()
        rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text(encoding="utf-8"))))
        assert len(rows) >= 5 and set(rows[0]) & {"name", "date"} == set()


def test_nothing_was_asked_of_the_network_and_nothing_went_wrong_on_the_page(lab):
    assert lab.outside == []
    assert [fault for fault in lab.faults if not HARMLESS.search(fault)] == []


@pytest.mark.parametrize(("width", "height", "zoom"), [(600, 768, 1), (683, 384, 2), (1920, 1080, 1)])
def test_narrow_large_and_at_twice_the_size_nothing_is_cut(lab, quiz, marks, width, height, zoom):
    page = lab.page
    page.evaluate("document.activeElement.blur()")
    if width < 1000:
        lab.wide()
    page.set_viewport_size({"width": width, "height": height})
    try:
        for name, stage in (("quiz", quiz), ("marks", marks)):
            stage.top()
            page.wait_for_timeout(400)
            lab.shot(f"{name}-at-{width}")
            assert stage.cut() == []
            assert stage.violations() == []
    finally:
        page.evaluate("document.activeElement.blur()")
        if width < 1000:
            lab.wide()
        page.set_viewport_size({"width": 1366, "height": 768})


@pytest.mark.parametrize("number", range(3))
def test_two_hundred_things_done_at_random_leave_no_fault_and_no_growing_kernel(lab, folder, number):
    stage, draw = stage_of(lab, number), Random(number)
    sizes = []
    for turn in range(200):
        stage.all.evaluate(PRESS, draw.random())
        if turn % 10 == 0:
            stage.settle()
            assert "foresee" not in stage.fault, stage.fault
        if turn in (80, 199):
            stage.settle()
            sizes.append(_resident(folder))
    assert sizes[1] <= 1.1 * sizes[0], sizes


def _resident(folder):
    """Memory of this notebook's kernel, in kB."""
    kernel = (folder / "kernel").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{kernel}/status").read_text())[1])


def test_a_sitting_is_walked_by_keyboard_alone_in_voila_from_the_first_step_to_the_truth(lab, tmp_path, shots):
    write_notebook(tmp_path / "reading.ipynb", f"from ecgteach.widgets import ReadFirst\n{CELLS[1]}")
    with voila(tmp_path) as address:
        page = lab.page.context.browser.new_page(viewport={"width": 1366, "height": 768})
        page.goto(f"{address}/voila/render/reading.ipynb")
        page.locator(".ecgteach-stage").wait_for(timeout=180_000)
        stage = Stage(page)

        def press(*keys):
            for key in keys:
                page.keyboard.press(key)
            stage.settle()

        def tab_to(control):
            for _ in range(40):
                if stage.focused == control:
                    return
                page.keyboard.press("Tab")
            raise AssertionError(f"{control} is not reached by Tab")

        for control, _ in READ:
            tab_to(control)
            press("Space")
        tab_to("step")
        press("Enter")
        assert stage.focused == "answer" and stage.announced.startswith("Step 2")
        press("ArrowRight", "Space")
        tab_to("confidence")
        press("Space")
        tab_to("step")
        press("Enter")
        assert stage.focused == "brush"
        tab_to("wave-on")
        press("Enter")
        tab_to("toggle")
        press("Enter")
        tab_to("step")
        press("Enter")
        assert stage.focused == "decision"
        assert stage.violations() == [] and stage.cut() == []
        page.screenshot(path=shots / "voila-reading.png")
        for _ in range(2):
            if stage.focused == "decision":
                press("Space")
                tab_to("step")
                press("Enter")
        stage.says("What decides")
        assert stage.focused == "step"
        page.close()
