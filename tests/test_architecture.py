"""The house as architecture promises it: who may import whom, and how quick the door opens."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import ecgteach

HOUSE = Path(ecgteach.__file__).parent

FLOORS = (
    (
        "errors",
        "arguments",
        "statistics",
        "printing",
        "rhythms",
        "sources",
        "views",
        "showing",
        "paths",
        "plain",
        "kept",
    ),
    ("truth", "filters", "qrs", "quality", "strip", "image", "beats", "words", "marks"),
    ("records", "simulator"),
    ("probing", "gradcam", "models"),
    ("training", "fusion", "explained_view", "explanation", "cases"),
    ("waves", "checks", "whatif"),
    ("plots", "quiz"),
    ("widgets", "doctor", "cli"),
)
"""Rooms from the ground up. A room imports from lower floors, and on its own floor only from rooms to its left."""

ROOMS_WITHIN = {
    "checks": (
        "explained", "answers", "localisation", "agreement", "attribution", "counterfactual", "perturbation", "sanity",
        "fusion_comparison", "trust",
    ),
    "training": ("recipes", "data", "fit", "evaluation", "runs"),
}  # fmt: skip
"""Rooms that are large enough for rooms of their own, from left to right: each imports only from those to its left."""

WINDOWS = {(room, "plots") for room in ("showing", "strip", "explanation", "records", "simulator")}
"""Where ``plot()`` of a thing that travels opens upwards, when it is called."""

DOORS = {"__init__", "__main__"}


def rank(room):
    return next(
        (floor, place) for floor, rooms in enumerate(FLOORS) for place, name in enumerate(rooms) if name == room
    )


def imports(house=HOUSE):
    """Every import from one room of a house into another: (file, room, imported room, inside a function)."""
    name = ".".join(house.relative_to(HOUSE.parent).parts)
    for file in sorted(house.rglob("*.py")):
        parts = file.relative_to(house).with_suffix("").parts
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
            for target in _targets(node, name, depth=len(parts)):
                if target != room:
                    yield file.relative_to(house), room, target, id(node) in inner


class _Running(ast.NodeTransformer):
    """What runs: without the imports that only the type checker reads."""

    def visit_If(self, node):
        return None if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING" else node


def _targets(node, house, depth):
    """Rooms of a house that an import reaches, from a file that lies `depth` folders deep in it."""
    if isinstance(node, ast.ImportFrom):
        path = node.module.split(".") if node.module else []
        if node.level == 0:
            inside = path[: house.count(".") + 1] == house.split(".")
            path = path[house.count(".") + 1 :]
        else:
            inside = node.level == depth
        return (path[:1] or [alias.name for alias in node.names]) if inside else []
    if isinstance(node, ast.Import):
        return [alias.name.removeprefix(f"{house}.").split(".")[0] for alias in node.names if house in alias.name]
    return []


def rooms_of(house):
    """What stands in a house: modules and packages."""
    return {path.stem for path in house.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()} - DOORS


def test_every_room_stands_on_a_floor():
    assert rooms_of(HOUSE) == {room for floor in FLOORS for room in floor}


def test_no_room_looks_upwards_but_through_the_listed_windows():
    wrong = [
        f"{file}: {room} imports {target}"
        for file, room, target, inside in imports()
        if rank(target) >= rank(room) and not ((room, target) in WINDOWS and inside)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("house", ROOMS_WITHIN)
def test_rooms_within_a_room_stand_from_left_to_right(house):
    order = ROOMS_WITHIN[house]
    assert rooms_of(HOUSE / house) == set(order)
    wrong = [
        f"{file}: {room} imports {target}"
        for file, room, target, _ in imports(HOUSE / house)
        if target not in order[: order.index(room)]
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
