"""Real strips that came with the package, so that the course needs no download.

``samples/strips.npz`` holds them as int16 microvolt at 500 Hz, ``samples/strips.csv`` says what each is, how sure that
is and why, what else was found, what it is for, and under which licence it may be used. They come from the validation
part of the split: no shipped network was trained on them. ``samples/review.csv`` is what the authors saw when they
looked at each.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from ..arguments import checked
from ..errors import InvalidValue, UnknownName, choices
from ..rhythms import Finding, grouping, rhythm
from .record import Record

FOLDER = "samples"
LESSON, EXAMPLE, MISREAD = "lesson", "example", "misread"
AT_LIMIT, DOUBTFUL, POOR = "rate limit", "doubtful labels", "poor trace"

USES = {
    LESSON: "to be read and graded: its label is sure, its rate clear of the limits, its trace readable",
    EXAMPLE: "the first of its group to be shown",
    MISREAD: "to show an answer that is wrong: its label held when it was looked at a second time",
    AT_LIMIT: "the lesson on limits: a sure rhythm within 5 a minute of a limit, where the group is a convention",
    DOUBTFUL: "the lesson on doubtful labels: what the source says is not borne out, `reason` says why; never graded",
    POOR: "the lesson on quality: moved or noisy, good for counting beats at most; never graded",
}
"""What an embedded strip can be used for."""

SURE, UNSURE = "sure", "doubtful"


@dataclass(frozen=True)
class Sample:
    """One line of the embedded strips' table.

    Parameters
    ----------
    row : int
        Its place in the archive of strips.
    group, rhythm : str
        Code of the group, by rhythm and measured rate, and of the source's own rhythm.
    source, record : str
        Data set and recording.
    start : float
        Where in the recording it begins, in seconds.
    lead : str
        Its lead, as the source writes it.
    rate : float
        Beats per minute.
    licence : str
        Under which it may be used.
    certainty : str
        ``"sure"`` or ``"doubtful"``.
    basis : tuple of str
        What a sure label rests on: two label sources, two readers, our own tests, or several of them.
    findings : tuple of Finding
        What else is there, as the source lists it or as the authors saw it: shown with the answer, never before it.
    uses : tuple of str
        Of `USES`.
    reason : str
        What the authors saw, in a sentence.
    """

    row: int
    group: str
    rhythm: str
    source: str
    record: str
    start: float
    lead: str
    rate: float
    licence: str
    certainty: str
    basis: tuple[str, ...]
    findings: tuple[Finding, ...]
    uses: tuple[str, ...]
    reason: str

    def load(self) -> Record:
        """The strip as a recording of ten seconds, with its rhythm and findings as labels."""
        return Record(
            _strips()[self.row][None, :].astype(np.float32) / 1000.0,
            (self.lead,),
            500.0,
            labels=frozenset({rhythm(self.rhythm), *self.findings}),
            graded=frozenset({rhythm(self.rhythm)}),
            id=f"{self.record}@{self.start:g}s",
            source=self.source,
            licence=self.licence,
        )


@checked
def samples(group: str | None = None, use: str | None = LESSON) -> tuple[Sample, ...]:
    """The embedded strips, of one group or of all, for one use or for any.

    Parameters
    ----------
    group : str, optional
        SR, SB, GSVT or AFIB; for a doubtful strip it is what the source's label makes of it.
    use : str or None
        One of `USES`. By default those whose label is sure and which may be graded; None for every strip there is.

    Raises
    ------
    UnknownName
        When there is no such group or use.

    >>> samples("AFIB")[0].certainty
    'sure'
    >>> samples("SR", "doubtful labels")[0].certainty
    'doubtful'
    """
    classes = grouping().classes
    if group is not None and group not in classes:
        raise UnknownName(f"no embedded strip of the group {group!r}; there are {choices(classes)}")
    if use is not None and use not in USES:
        raise UnknownName(f"no use is called {use!r}; there are {choices(USES)}")
    return tuple(line for line in _table() if group in (None, line.group) and (use is None or use in line.uses))


@checked
def sample(group: str, index: int = 0, use: str = LESSON) -> Record:
    """A real recording of ten seconds that came with the package.

    Parameters
    ----------
    group : str
        SR, SB, GSVT or AFIB; a sinus rhythm is graded by its measured rate.
    index : int
        Which of the group, from 0.
    use : str
        One of `USES`; by default the label is sure.

    Raises
    ------
    UnknownName
        When there is no such group or use.
    InvalidValue
        When the group has no strip of this number.

    >>> sample("AFIB").rhythm
    Rhythm AFIB (atrial fibrillation)
    """
    of_group = samples(group, use)
    if not -len(of_group) <= index < len(of_group):
        kind = "" if use == LESSON else f' for the use "{use}"'
        raise InvalidValue(
            f"there are {len(of_group)} embedded strips of {group}{kind}, numbered from 0; {index} is none of them"
        )
    return of_group[index].load()


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
            line["certainty"],
            tuple(words for words in line["basis"].split(";") if words),
            tuple(Finding(*code.split(":", 1)) for code in line["findings"].split(";") if code),
            tuple(line["uses"].split(";")),
            line["reason"],
        )
        for row, line in enumerate(csv.DictReader(text.splitlines()))
    )


@cache
def _strips() -> NDArray[np.int16]:
    content = resources.files(__package__).joinpath(FOLDER, "strips.npz").read_bytes()
    with np.load(BytesIO(content), allow_pickle=False) as archive:
        return np.asarray(archive["microvolts"])
