"""Every word that widgets say of themselves, in one table by key: ready to be translated.

The files of `FILES` hold them; a translation is a second set of such files. `text` fills in what stands in braces.
"""

import tomllib
from functools import cache
from importlib import resources

from ..errors import UnknownName, choices, did_you_mean

FILES = ("texts.toml", "quiz_texts.toml", "course_texts.toml")


@cache
def _table() -> dict[str, str]:
    folder = resources.files(__package__)
    held: dict[str, dict[str, str]] = {}
    for file in FILES:
        held |= tomllib.loads(folder.joinpath(file).read_text(encoding="utf-8"))
    return {f"{part}.{name}": words for part, entries in held.items() for name, words in entries.items()}


def text(key: str, **fill: object) -> str:
    """The words of a key, with what stands in braces filled in.

    Raises
    ------
    UnknownName
        When there is no such key.

    >>> text("stage.busy")
    'Working ...'
    """
    table = _table()
    if key not in table:
        raise UnknownName(
            f"no words are kept under {key!r}{did_you_mean(key, table) or '; there are ' + choices(table)}"
        )
    return table[key].format(**fill) if fill else table[key]


def part(name: str) -> dict[str, str]:
    """All words of one part, by name; what stands in braces stays, for the browser to fill in."""
    return {key.partition(".")[2]: words for key, words in _table().items() if key.startswith(f"{name}.")}
