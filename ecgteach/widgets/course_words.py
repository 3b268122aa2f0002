"""The words of the lessons' own widgets, from ``course_texts.toml``."""

import tomllib
from functools import cache
from importlib import resources


@cache
def _table() -> dict[str, dict[str, str]]:
    return tomllib.loads((resources.files(__package__) / "course_texts.toml").read_text(encoding="utf-8"))


def said(part: str, name: str, **fill: object) -> str:
    """The words of a part and a name, with what stands in braces filled in.

    >>> said("maker", "pen_shown", pen=2)
    '2 px'
    """
    return _table()[part][name].format(**fill)
