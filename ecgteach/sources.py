"""Sources of recordings, each declared once: whom to thank, under which licence, who reads it, how it is fetched.

The table is ``sources.toml``. To add a source, give it an entry there and write its reader, a function from the folder
to a `records.Dataset`: ``records/mitdb.py`` is one. ``python -m data_fetch`` and `records.open_dataset` read the same
entry.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

__all__ = ["SOURCES", "Source", "forms_of", "readable"]


@dataclass(frozen=True)
class Source:
    """One source of recordings.

    Parameters
    ----------
    name : str
        In code, on the command line and in the split: ``"mitdb"``.
    title, authors, doi, licence, citation : str
        What it is called, whom to thank, under which licence it may be used, and how it is cited in full.
    folder : str
        Name of its folder, as it is published.
    reader : str
        ``"module:function"``, the function that makes a `records.Dataset` of the folder; empty where there is none.
    form_of : str
        The source whose recordings these are in another form: it is opened under that one's name.
    hand_held : bool
        Its one lead runs between the hands, in either direction, though the files say only ``ECG``.
    unit : str
        Unit that its headers mean where they name none.
    rate_graded : bool
        False where a sinus rhythm goes by one name at any rate, or the slow ones by none.
    same_person : mapping of str to str
        Recordings that are of the person of another recording, where the source says so.
    fetch : mapping
        What `data_fetch` needs to know: address, version, sizes ...
    """

    name: str
    title: str
    folder: str
    licence: str
    authors: str = ""
    doi: str = ""
    citation: str = ""
    reader: str = ""
    form_of: str = ""
    hand_held: bool = False
    unit: str = ""
    rate_graded: bool = True
    same_person: Mapping[str, str] = field(default_factory=dict)
    fetch: Mapping[str, Any] = field(default_factory=dict)

    @property
    def thanks(self) -> str:
        """Title, authors, DOI and licence in one line.

        >>> SOURCES["mitdb"].thanks
        'MIT-BIH Arrhythmia Database, Moody and Mark, doi 10.13026/C2F305, ODC-By 1.0'
        """
        return ", ".join(filter(None, [self.title, self.authors, self.doi and f"doi {self.doi}", self.licence]))

    @property
    def command(self) -> str:
        """What fetches it.

        >>> SOURCES["chapman-figshare"].command
        'python -m data_fetch chapman --form figshare'
        """
        if not self.form_of:
            return f"python -m data_fetch {self.name}"
        return f"python -m data_fetch {self.form_of} --form {self.name.removeprefix(f'{self.form_of}-')}"


def _read() -> dict[str, Source]:
    text = resources.files(__package__).joinpath("sources.toml").read_text(encoding="utf-8")
    return {name: Source(name, **row) for name, row in tomllib.loads(text).items()}


SOURCES = _read()
"""Every source by its name."""


def readable() -> tuple[str, ...]:
    """Names of the sources that have a reader.

    >>> readable()
    ('chapman', 'ptb-xl', 'challenge-2017', 'challenge-2021', 'mitdb', 'ludb')
    """
    return tuple(name for name, source in SOURCES.items() if source.reader and not source.form_of)


def forms_of(name: str) -> tuple[Source, ...]:
    """A source in every form in which it is published, its own first."""
    return (SOURCES[name], *(source for source in SOURCES.values() if source.form_of == name))


def by_folder(folder: str) -> Source | None:
    """The source whose folder is called so, or None."""
    return next((source for source in SOURCES.values() if source.folder == folder), None)
