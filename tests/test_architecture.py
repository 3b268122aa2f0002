"""The house as architecture promises it: who may import whom, and how quick the door opens."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import ecgteach

HOUSE = Path(ecgteach.__file__).parent

FLOORS = (
    ("errors", "rhythms", "places"),
    ("truth", "filters", "qrs", "quality", "strip", "image", "beats"),
    ("records", "simulator"),
    ("models", "gradcam"),
    ("training", "fusion", "explanation"),
    ("waves", "checks"),
    ("plots", "quiz", "report"),
    ("widgets", "app", "doctor", "cli"),
)
"""Rooms from the ground up. A room imports from lower floors, and on its own floor only from rooms to its left."""

WINDOWS = {("strip", "plots"), ("explanation", "plots"), ("records", "plots"), ("simulator", "plots")}
"""Where ``plot()`` of a thing that travels opens upwards, when it is called."""

DOORS = {"__init__", "__main__"}


def rank(room):
    return next(
        (floor, place) for floor, rooms in enumerate(FLOORS) for place, name in enumerate(rooms) if name == room
    )


def imports():
    """Every import from one room into another: (file, room, imported room, inside a function)."""
    for file in sorted(HOUSE.rglob("*.py")):
        parts = file.relative_to(HOUSE).with_suffix("").parts
        room = parts[0]
        if room in DOORS:
            continue
        tree = _Running().visit(ast.parse(file.read_text(encoding="utf-8")))
        inner = {
            id(node)
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef)
            for node in ast.walk(function)
        }
        for node in ast.walk(tree):
            for target in _targets(node, depth=len(parts)):
                if target != room:
                    yield file.relative_to(HOUSE), room, target, id(node) in inner


class _Running(ast.NodeTransformer):
    """What runs: without the imports that only the type checker reads."""

    def visit_If(self, node):
        return None if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING" else node


def _targets(node, depth):
    if isinstance(node, ast.ImportFrom) and node.level == depth:
        return [node.module.split(".")[0]] if node.module else [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0 and (node.module or "").split(".")[0] == "ecgteach":
        path = node.module.split(".")[1:]
        return path[:1] or [alias.name for alias in node.names]
    if isinstance(node, ast.Import):
        return [alias.name.split(".")[1] for alias in node.names if alias.name.startswith("ecgteach.")]
    return []


def test_every_room_stands_on_a_floor():
    rooms = {path.stem for path in HOUSE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()} - DOORS
    assert rooms <= {room for floor in FLOORS for room in floor}


def test_no_room_looks_upwards_but_through_the_listed_windows():
    wrong = [
        f"{file}: {room} imports {target}"
        for file, room, target, inside in imports()
        if rank(target) >= rank(room) and not ((room, target) in WINDOWS and inside)
    ]
    assert not wrong, "\n".join(wrong)


def test_plotting_is_imported_only_when_it_is_called():
    assert all(inside for _, room, target, inside in imports() if (room, target) in WINDOWS)


@pytest.mark.parametrize("heavy", ["torch", "matplotlib", "bokeh", "scipy", "pandas", "wfdb", "sklearn"])
def test_the_front_door_does_not_carry_heavy_furniture(heavy):
    code = f"import sys, ecgteach; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_name_at_the_front_door_opens():
    for name in ecgteach.__all__:
        assert getattr(ecgteach, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = ecgteach.nonsense
