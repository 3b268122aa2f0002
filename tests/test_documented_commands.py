"""Every command that a page, a card or a docstring names is there, with the options that it is shown with."""

import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.main import get_command

from data_fetch.cli import app as fetch
from ecgteach.cli import app as ecgteach
from tests.research.__main__ import app as research

ROOT = Path(__file__).parent.parent
APPS = {
    name: get_command(app)
    for name, app in {"ecgteach": ecgteach, "data_fetch": fetch, "tests.research": research}.items()
}
PAGES = sorted(
    path
    for pattern in (
        "*.md",
        "*.py",
        "ecgteach/**/*.md",
        "ecgteach/**/*.py",
        "data_fetch/**/*.py",
        "notebooks/*",
        "tests/research/*",
    )
    for path in ROOT.glob(pattern)
    if path.suffix in (".md", ".py", ".ipynb")
)
COMMAND = re.compile(r"python3? -m ((?:[^\s`\"\\|;,)]|,(?=\d))+(?:[ ]+(?:[^\s`\"\\|;]+))*)")


def named():
    """Each command of each page: (page, its words)."""
    for page in PAGES:
        for found in COMMAND.findall(page.read_text(encoding="utf-8")):
            yield page.relative_to(ROOT).as_posix(), shlex.split(found.replace("'", "").rstrip(".:)"))


def fault(words):
    """What is wrong with a command; empty where there is one like it."""
    module, *rest = words
    if module not in APPS:
        first = module.split(".")[0]
        return (
            ""
            if first not in ("ecgteach", "data_fetch") and find_spec(module)
            else f"there is no module {module} to run"
        )
    command = APPS[module]
    while rest and (subcommands := getattr(command, "commands", {})):
        name, *rest = rest
        if not name.islower():
            return ""
        if name not in subcommands:
            return f"{module} has no command {name}"
        command = subcommands[name]
    known = {option for parameter in command.params for option in parameter.opts}
    unknown = [word for word in rest if word.startswith("--") and word.partition("=")[0] not in known | {"--help"}]
    return f"{module} has no {' '.join(unknown)}" if unknown else ""


def test_every_command_that_is_named_exists():
    every = list(named())
    pages = {page for page, _ in every}
    assert {"README.md", "CONTRIBUTING.md", "ecgteach/checks/README.md", "ecgteach/training/README.md"} < pages
    assert not [f"{page}: {' '.join(words)}: {wrong}" for page, words in every if (wrong := fault(words))]


@pytest.mark.parametrize(
    "command",
    [
        "ecgteach.checks place",
        "ecgteach explane sample",
        "ecgteach explain sample --two",
        "tests.research paired_comparison RUNS",
    ],
)
def test_a_command_that_there_is_not_is_found_out(command):
    assert fault(command.split())


@pytest.mark.parametrize("page", ["ecgteach/checks/README.md", "CONTRIBUTING.md"])
def test_commands_that_are_named_by_their_last_word_exist_too(page):
    """In headings of one page, and behind a whole command in a table of the other."""
    text = (ROOT / page).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("## ") or "python -m tests.research" in line]
    short = [words for line in lines for words in re.findall(r"`([a-z][^`]*)`", line) if not words.startswith("python")]
    shown = [words for words in short if words not in ("image", "trust/limits.py")]
    assert len(shown) > 3
    assert not [wrong for words in shown if (wrong := fault(["tests.research", *words.split()]))]


def test_every_command_of_the_authors_stands_in_their_page_with_the_table_that_it_fills():
    page = ROOT / "tests" / "research" / "README.md"
    rows = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| `python -m")]
    shown = [re.match(r"\| `python -m tests\.research ([a-z-]+(?: [a-z][a-z-]*)?)", row)[1] for row in rows]
    groups = APPS["tests.research"].commands
    every = [
        f"{name} {inner}" if hasattr(command, "commands") else name
        for name, command in groups.items()
        for inner in getattr(command, "commands", [""])
    ]
    assert sorted(shown) == sorted(every)
    for row in rows:
        for link, heading in re.findall(r'\]\(([^)]+)\), "([^"]+)"', row):
            text = (page.parent / link).read_text(encoding="utf-8")
            assert re.search(rf"^## {re.escape(heading)}", text, re.M), heading
