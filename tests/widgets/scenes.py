"""What a widget sends to the page, for tests without a browser."""

import json
from collections.abc import Iterator
from typing import Any


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A node of a scene and all that it holds."""
    yield node
    for child in node.get("children", ()):
        yield from nodes(child)


def page(widget: Any) -> tuple[str, dict[str, dict[str, Any]]]:
    """The scene as text, and its named nodes by name."""
    scene, _ = widget.scene()
    found = nodes(scene["body"])
    return json.dumps(scene, ensure_ascii=False), {node["name"]: node for node in found if node.get("name")}
