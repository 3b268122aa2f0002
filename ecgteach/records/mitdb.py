"""MIT-BIH Arrhythmia Database: two leads, 360 Hz, half an hour, with every beat and change of rhythm marked.

Moody and Mark, IEEE Eng Med Biol 20(3):45-50 (2001), doi 10.13026/C2F305. ODC-By 1.0. Its ``(N`` is a sinus rhythm at
any rate; records 201 and 202 are one person.
"""

from itertools import pairwise
from pathlib import Path

from ..errors import UnreadableFile
from ..rhythms import rhythm, vocabulary
from ..sources import SOURCES
from ..truth import Annotation
from .dataset import Dataset, Entry
from .marks import fitting, read_marks
from .record import Record
from .wfdb_files import read_signals

SOURCE = "mitdb"
GRADED = frozenset(vocabulary("mitdb").values()) - {rhythm("SB")}
SAME_PERSON = SOURCES[SOURCE].same_person
BEATS = frozenset("NLRBAaJSVrFejnE/fQ?")


def dataset(folder: Path) -> Dataset:
    """Every recording in the folder; the patient is the recording, but for 201 and 202."""
    names = sorted(header.stem for header in folder.glob("*.hea"))
    return Dataset(SOURCE, tuple(Entry(name, folder / name, SAME_PERSON.get(name, name)) for name in names), _read)


def _read(entry: Entry) -> Record:
    held = read_signals(entry.path)
    seconds = held.signals.shape[1] / held.sampling_rate
    annotations, notes = fitting(_annotations(entry.path, held.sampling_rate, seconds), seconds)
    labels = frozenset(mark.rhythm for mark in annotations if mark.rhythm)
    return held.record_of(SOURCE, entry, GRADED, labels=labels, annotations=annotations, notes=notes)


def _annotations(path: Path, sampling_rate: float, seconds: float) -> tuple[Annotation, ...]:
    marks = read_marks(path, "atr", "beats and rhythms")
    times = marks.samples / sampling_rate
    beats = [
        Annotation("beat", float(time), float(time), float(time), symbol)
        for time, symbol in zip(times, marks.symbols, strict=True)
        if symbol in BEATS
    ]
    changes = [(float(time), note) for time, note in zip(times, marks.notes, strict=True) if note.startswith("(")]
    if not changes:
        raise UnreadableFile(f"{path}.atr holds no rhythm; every recording of this set has some. Fetch it again")
    segments = [
        Annotation("rhythm", start, end, symbol=note, rhythm=vocabulary("mitdb").get(note))
        for (start, note), (end, _) in pairwise([*changes, (seconds, "")])
    ]
    return (*beats, *segments)
