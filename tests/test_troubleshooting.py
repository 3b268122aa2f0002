"""The page for people in trouble and the messages that send them there stay together."""

import ast
from pathlib import Path

import pytest

from ecgteach.paths import DATA_VARIABLE

ROOT = Path(__file__).parent.parent
HEADINGS = [
    line.removeprefix("## ")
    for line in (ROOT / "TROUBLESHOOTING.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("## ")
]
NOT_A_MESSAGE = {"nothing happens in a notebook, or a widget shows only text"}


def messages():
    """Every text in the code, with what is filled in left out where it stands."""
    rooms = ("binder", "ecgteach", "data_fetch")
    for path in [ROOT / "start.py", *sorted(path for room in rooms for path in (ROOT / room).rglob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


@pytest.mark.parametrize("heading", [heading for heading in HEADINGS if heading not in NOT_A_MESSAGE])
def test_every_heading_is_something_that_the_code_says(heading):
    pattern = heading.replace(DATA_VARIABLE, "{}").replace("10 s", "{} s")
    assert any(pattern in message for message in messages())
