"""Which labels do the strip's own P waves and the regularity of its beats both speak against?"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ecgteach.beats import IRREGULARLY_IRREGULAR, REGULAR, REGULARLY_IRREGULAR, find_beats
from ecgteach.quality import Grade, assess
from ecgteach.records.doubted import COLUMNS
from ecgteach.rhythms import rhythm
from ecgteach.strip import SAMPLING_RATE, Strip
from ecgteach.training.data.strips import StripSet
from ecgteach.waves import delineate
from ecgteach.waves.p_wave import BEFORE, NOT_SEEN

from .options import strips_of

FORESEEN = (REGULAR, REGULARLY_IRREGULAR)


@dataclass(frozen=True)
class Doubt:
    """A label against which both tests speak; the entries are those of ``doubted.csv``."""

    recording: str
    start: float
    label: str
    p: str
    beats: str


def doubts(strips: Iterable[Strip]) -> Iterator[Doubt | None]:
    """The doubt about each strip, or None.

    Only fibrillation and sinus rhythms are tested: flutter may be regular, and its waves look like P. A strip that is
    too poor to measure speaks against nothing.
    """
    for strip in strips:
        beats, label = find_beats(strip), strip.rhythm
        word = beats.regularity.word
        against = None
        if label == rhythm("AFIB") and word in FORESEEN:
            against = BEFORE
        elif label is not None and label.sinus and word == IRREGULARLY_IRREGULAR and _p_readable(strip):
            against = NOT_SEEN
        doubt = None
        if against and label is not None:
            found = delineate(strip).p.outcome
            if found == against:
                doubt = Doubt(strip.source_id or "", strip.start, label.code, found, word)
        yield doubt


def _p_readable(strip: Strip) -> bool:
    return assess(strip.samples, SAMPLING_RATE).grade >= Grade.P


def doubted_in(held: StripSet, progress: Callable[[], object] = lambda: None) -> list[Doubt]:
    """Doubts about gathered real strips; those made by compressing time are passed over."""
    found = []
    rows = held.rows(~held.compressed & (held.sources != "simulated"))
    for doubt in doubts(strips_of(rows)):
        found += [doubt] if doubt else []
        progress()
    return found


def read_table(file: Path) -> set[Doubt]:
    """The doubts that a table lists."""
    rows = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    return {Doubt(**row | {"start": float(row["start"])}) for row in rows}  # type: ignore[arg-type]


def as_table(found: Iterable[Doubt]) -> str:
    """Doubts as the text of ``doubted.csv``."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    rows = sorted(found, key=lambda one: (one.recording, one.start))
    writer.writerows(vars(one) | {"start": f"{one.start:g}"} for one in rows)
    return text.getvalue()
