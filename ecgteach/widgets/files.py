"""Files of a learner: a name that was typed, and a link that a browser saves by itself."""

from base64 import b64encode
from html import escape
from pathlib import Path

from ..errors import InvalidValue


def named_file(name: str, missing: str) -> Path:
    """The path that was typed; `missing` is said where nothing was.

    Raises
    ------
    InvalidValue
        When nothing was typed.
    """
    if not name.strip():
        raise InvalidValue(missing)
    return Path(name.strip()).expanduser()


def download_link(content: str, file: str, words: str, kind: str = "application/json") -> str:
    """A link, as HTML, by which a browser saves a text on the reader's own machine: nothing leaves it."""
    data = b64encode(content.encode("utf-8")).decode("ascii")
    return f'<a download="{escape(file)}" href="data:{kind};base64,{data}">{escape(words)}</a>'
