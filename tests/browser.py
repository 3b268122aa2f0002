"""JupyterLab and Voila in a real browser, for every test that drives a widget: servers on this machine only."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
)
AT_HOME = ("127.0.0.1", "localhost", "")
SERVER_SECONDS = 60
LONGEST = 45_000
"""Milliseconds after which a page is given up."""


def chromium() -> str:
    """Path of a Chromium, from ``ECGTEACH_BROWSER`` or the system; without one the test is not run, or fails."""
    wanted = os.environ.get("ECGTEACH_BROWSER")
    for name in [wanted] if wanted else NAMES:
        if found := shutil.which(name):
            return found
    why = f"no Chromium was found ({wanted or ', '.join(NAMES)}); install one, or set ECGTEACH_BROWSER to its path"
    if os.environ.get("ECGTEACH_REQUIRE_BROWSER") == "1":
        pytest.fail(f"a browser is required here and {why}")
    pytest.skip(f"not run, because {why}")


def shots_folder(default: Path) -> Path:
    """Where screenshots are kept for eyes: ``ECGTEACH_SHOTS``, or the test's own folder."""
    folder = Path(os.environ.get("ECGTEACH_SHOTS") or default)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    """A JupyterLab that serves a folder to this machine only; gives its address, and ends with the block."""
    command = [
        *("jupyterlab", "--no-browser", "--ip=127.0.0.1", "--allow-root", "--ServerApp.port_retries=0"),
        *(f"--ServerApp.root_dir={folder}", "--IdentityProvider.token="),
        *("--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.news_url=None"),
    ]
    with _served(folder, command, "/api") as address:
        yield address


@contextmanager
def voila(folder: Path) -> Iterator[str]:
    """A Voila that serves a folder's notebooks as pages; gives its address, and ends with the block."""
    command = ["voila", str(folder), "--no-browser", "--Voila.ip=127.0.0.1", "--token="]
    with _served(folder, command, "/") as address:
        yield address


@contextmanager
def _served(folder: Path, command: list[str], path: str) -> Iterator[str]:
    port = _free_port()
    settings = folder / ".jupyter"
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(settings),
        "JUPYTER_RUNTIME_DIR": str(settings / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(settings / "lab"),
        "JUPYTERLAB_WORKSPACES_DIR": str(settings / "workspaces"),
        "IPYTHONDIR": str(settings / "ipython"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
    }
    _no_news(settings)
    log = folder / f"{command[0]}.log"
    with log.open("w") as written:
        server = subprocess.Popen(
            [sys.executable, "-m", *command, f"--port={port}"],
            env=environment,
            stdout=written,
            stderr=subprocess.STDOUT,
            cwd=folder,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}{path}", server, log)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def write_notebook(path: Path, *cells: str) -> None:
    """A notebook of code cells, without outputs."""
    held = [
        {
            "cell_type": "code",
            "id": f"cell-{number}",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": source,
        }
        for number, source in enumerate(cells)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": held, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), encoding="utf-8")


class Stage:
    """A widget on a page, by what a learner sees of it."""

    def __init__(self, page: object, number: int = 0, label: str = "") -> None:
        """The widget of this number on the page, among those that are called `label`, if one is given."""
        self.page = page
        called = f'[aria-label="{label}"]' if label else ""
        self.all = page.locator(f".ecgteach-stage{called}").nth(number)
        self.all.wait_for(timeout=LONGEST)

    def control(self, name: str) -> object:
        return self.all.locator(f'[data-key="{name}"]')

    def option(self, control: str, words: str) -> object:
        return self.control(control).get_by_role("radio", name=words, exact=True)

    def choose(self, control: str, words: str) -> None:
        self.option(control, words).click()
        self.settle()

    def press(self, control: str) -> None:
        self.control(control).click()
        self.settle()

    def settle(self) -> None:
        """Wait until the kernel has answered what was last done."""
        self.all.locator(".ecgteach-body:not([aria-busy])").wait_for(timeout=LONGEST)

    def says(self, words: str) -> None:
        self.all.get_by_text(words).first.wait_for(timeout=LONGEST)

    def says_not(self, words: str) -> None:
        assert self.all.get_by_text(words).count() == 0, words

    @property
    def announced(self) -> str:
        return self.all.locator("[role=status].ecgteach-unseen").inner_text()

    @property
    def readout(self) -> str:
        return self.all.locator(".ecgteach-readout").inner_text()

    @property
    def fault(self) -> str:
        held = self.all.locator(".ecgteach-fault:not([hidden])")
        return held.inner_text() if held.count() else ""

    @property
    def sheets(self) -> list[object]:
        return self.all.locator(".ecgteach-sheet").all()

    @property
    def focused(self) -> str:
        """Name of the control that holds the focus; empty where none of this widget does."""
        return self.all.evaluate(
            """area => {
                const held = document.activeElement;
                return area.contains(held) ? held.closest("[data-key]").dataset.key : "";
            }"""
        )

    def top(self) -> None:
        self.all.evaluate("area => area.scrollIntoView()")
        self.page.wait_for_timeout(150)

    def drag(self, first: float, last: float, sheet: int = 0) -> None:
        """Paint from one share of a panel's width to another."""
        box = self.sheets[sheet].bounding_box()
        middle = box["y"] + box["height"] / 2
        self.page.mouse.move(box["x"] + first * box["width"], middle)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + last * box["width"], middle, steps=4)
        self.page.mouse.up()
        self.settle()

    def cut(self) -> list[str]:
        """Words that do not fit their element, and elements that stand beyond the widget's edges."""
        return self.all.evaluate(_CUT)

    def violations(self) -> list[str]:
        """What axe-core finds wrong with the widget as it is now."""
        from axe_playwright_python.sync_playwright import Axe

        self.all.evaluate("(area, name) => { area.dataset.tested = name; }", "axe")
        found = Axe().run(self.page, context={"include": [".ecgteach-stage[data-tested=axe]"]}).response["violations"]
        self.all.evaluate("area => { delete area.dataset.tested; }")
        return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


_CUT = """area => {
    const edge = area.getBoundingClientRect(), found = [];
    const held = "button, label, select, h3, p, td, th, .ecgteach-caption, .ecgteach-foot";
    for (const one of area.querySelectorAll(held)) {
        const box = one.getBoundingClientRect();
        if (!box.width || one.closest(".ecgteach-unseen")) continue;
        const inline = getComputedStyle(one).display === "inline";
        if (one.scrollWidth > one.clientWidth + 1 && !inline) found.push(one.innerText);
        if (box.right > edge.right + 1 || box.left < edge.left - 1) found.push(`beyond the edge: ${one.innerText}`);
    }
    return found;
}"""


@dataclass
class Lab:
    """One notebook open in JupyterLab."""

    page: object
    shots: Path
    outside: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    widget_messages: int = 0

    def run_all(self, seconds: float) -> None:
        """Run every cell, once the kernel is idle, and wait until the last has ended."""
        page = self.page
        page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for(timeout=180_000)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        page.wait_for_function(_ALL_RAN, timeout=seconds * 1000)

    def in_last_cell(self, code: str) -> None:
        """Run a line in the notebook's last cell; what it is waiting for is up to the caller."""
        page = self.page  # which holds no cell that is far out of sight
        page.locator(".jp-WindowedPanel-outer").first.evaluate("pane => { pane.scrollTop = pane.scrollHeight; }")
        page.wait_for_timeout(300)
        page.locator(".jp-CodeCell .cm-content").last.click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(code)
        page.keyboard.press("Control+Enter")
        page.wait_for_timeout(200)

    def idle(self) -> None:
        """Wait until the kernel has nothing to do."""
        self.page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for(timeout=LONGEST)

    def shot(self, name: str) -> Path:
        """Keep a picture of the page as it is seen now."""
        path = self.shots / f"{name}.png"
        self.page.screenshot(path=path)
        return path

    def wide(self) -> None:
        """Close the file list, so that the notebook has the page to itself, or open it again."""
        self.page.evaluate("document.activeElement.blur()")
        self.page.keyboard.press("Control+b")


@contextmanager
def opened(
    address: str, notebook: str, shots: Path, size: tuple[int, int] = (1366, 768), zoom: float = 1.0
) -> Iterator[Lab]:
    """A notebook of the server in a fresh workspace; at a zoom of 2 the page has half the width and height."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(QUIET))
        viewport = {"width": round(size[0] / zoom), "height": round(size[1] / zoom)}
        page = browser.new_page(viewport=viewport, device_scale_factor=zoom)
        page.set_default_timeout(LONGEST / 3)
        lab = Lab(page, shots)
        page.on("request", lambda request: _note_outside(lab, request.url))
        page.on("websocket", lambda socket: _note_socket(lab, socket))
        page.on("pageerror", lambda error: lab.faults.append(f"page: {error}"))
        page.on("console", lambda said: lab.faults.append(f"console: {said.text}") if said.type == "error" else None)
        try:
            page.goto(f"{address}/lab/workspaces/test-{time.time_ns()}/tree/{notebook}?reset")
            page.locator(".jp-Notebook").first.wait_for(timeout=180_000)
            yield lab
        finally:
            browser.close()


_ALL_RAN = """() => {
    const prompts = [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")]
        .filter(prompt => prompt.textContent.trim());  // that of a folded cell is empty
    const idle = document.querySelector(".jp-Notebook-ExecutionIndicator[data-status=idle]");
    return idle && prompts.length && prompts.every(prompt => /^\\[\\d+\\]:$/.test(prompt.textContent.trim()));
}"""


def _note_socket(lab: Lab, socket: object) -> None:
    """Where a page's socket leads, and how many of its messages are to widgets."""
    _note_outside(lab, socket.url)

    def count(payload: str | bytes) -> None:
        held = payload.encode() if isinstance(payload, str) else payload
        lab.widget_messages += b'"comm_msg"' in held

    socket.on("framereceived", count)


def _note_outside(lab: Lab, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme in ("http", "https", "ws", "wss") and (parts.hostname or "") not in AT_HOME:
        lab.outside.append(url)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _no_news(settings: Path) -> None:
    """JupyterLab asks on first start whether to fetch news; answer no."""
    folder = settings / "lab" / "@jupyterlab" / "apputils-extension"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "notification.jupyterlab-settings").write_text(
        json.dumps({"fetchNews": "false", "checkForUpdates": False}), encoding="utf-8"
    )


def _wait_for(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + SERVER_SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"The server did not start:\n{log.read_text()[-2000:]}")
