"""Real strips that came with the package, so that the course needs no download.

``samples/strips.npz`` holds them as int16 microvolt at 500 Hz, ``samples/strips.csv`` says what each is and under which
licence it may be used. They come from the validation part of the split: no shipped network was trained on them.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidValue, UnknownName, choices
from ..rhythms import grouping, rhythm
from .record import Record

FOLDER = "samples"


@dataclass(frozen=True)
class Sample:
    """One line of the embedded strips' table."""

    row: int
    group: str
    rhythm: str
    source: str
    record: str
    start: float
    lead: str
    rate: float
    licence: str


def samples(group: str | None = None) -> tuple[Sample, ...]:
    """The embedded strips, of one group or of all.

    Raises
    ------
    UnknownName
        When no group is called so.

    >>> samples("AFIB")[0].group
    'AFIB'
    """
    classes = grouping().classes
    if group is not None and group not in classes:
        raise UnknownName(f"no embedded strip of the group {group!r}; there are {choices(classes)}")
    return tuple(line for line in _table() if group in (None, line.group))


def sample(group: str, index: int = 0) -> Record:
    """A real recording of ten seconds that came with the package.

    Parameters
    ----------
    group : str
        SR, SB, GSVT or AFIB; a sinus rhythm is graded by its measured rate.
    index : int
        Which of the group, from 0.

    Raises
    ------
    UnknownName
        When no group is called so.
    InvalidValue
        When the group has no strip of this number.

    >>> sample("AFIB").rhythm
    Rhythm AFIB (atrial fibrillation)
    """
    of_group = samples(group)
    if not -len(of_group) <= index < len(of_group):
        raise InvalidValue(
            f"there are {len(of_group)} embedded strips of {group}, numbered from 0; {index} is none of them"
        )
    line = of_group[index]
    return Record(
        _strips()[line.row][None, :].astype(np.float32) / 1000.0,
        (line.lead,),
        500.0,
        labels=frozenset({rhythm(line.rhythm)}),
        graded=frozenset({rhythm(line.rhythm)}),
        id=f"{line.record}@{line.start:g}s",
        source=line.source,
        licence=line.licence,
    )


@cache
def _table() -> tuple[Sample, ...]:
    text = resources.files(__package__).joinpath(FOLDER, "strips.csv").read_text(encoding="utf-8")
    return tuple(
        Sample(
            row,
            line["group"],
            line["rhythm"],
            line["source"],
            line["record"],
            float(line["start"]),
            line["lead"],
            float(line["rate"]),
            line["licence"],
        )
        for row, line in enumerate(csv.DictReader(text.splitlines()))
    )


@cache
def _strips() -> NDArray[np.int16]:
    content = resources.files(__package__).joinpath(FOLDER, "strips.npz").read_bytes()
    with np.load(BytesIO(content), allow_pickle=False) as archive:
        return np.asarray(archive["microvolts"])
