"""Lobachevsky University Database: 200 twelve-lead strips of 10 s whose waves cardiologists marked, lead by lead.

Kalyakulina et al., IEEE Access 8:186181 (2020), doi 10.1109/ACCESS.2020.3029211. ODC-By 1.0.
"""

from pathlib import Path

from ..rhythms import Finding, Rhythm, rhythm, vocabulary
from ..truth import Annotation
from .dataset import Dataset, Entry
from .files import is_there
from .leads import STANDARD_LEADS
from .marks import fitting, read_marks
from .record import Record
from .tables import read_index
from .wfdb_files import read_signals

SOURCE = "ludb"
GRADED = frozenset(vocabulary("ludb").values())
WAVES = {"p": "P", "N": "QRS", "t": "T"}
PACED = "pacemaker"


def dataset(folder: Path) -> Dataset:
    """The recordings of the table ``ludb.csv`` that are there; each is another person.

    Raises
    ------
    UnreadableFile
        When the folder holds no ``ludb.csv``, or a broken one.
    """
    entries = tuple(
        Entry(row["ID"], folder / "data" / row["ID"], row["ID"], _labels(row))
        for row in read_index(folder / "ludb.csv", ("ID", "Rhythms", "Cardiac pacing"))
        if is_there(folder / "data" / f"{row['ID']}.hea")
    )
    return Dataset(SOURCE, entries, _read)


def _labels(row: dict[str, str]) -> frozenset[Rhythm | Finding]:
    """Rhythms are matched as whole words of the table; a paced heart is not called by the rhythm written beside it."""
    said = [part.strip().rstrip(".") for part in row["Rhythms"].splitlines() if part.strip()]
    known = vocabulary("ludb")
    labels: set[Rhythm | Finding] = {known.get(word, Finding("ludb", word)) for word in said}
    if PACED in row["Cardiac pacing"].lower():
        labels.add(rhythm("PACE"))
    return frozenset(labels)


def _read(entry: Entry) -> Record:
    held = read_signals(entry.path)
    found = (wave for lead in STANDARD_LEADS for wave in _waves(entry.path, lead, held.sampling_rate))
    waves, notes = fitting(found, held.signals.shape[1] / held.sampling_rate)
    return held.record_of(SOURCE, entry, GRADED, annotations=waves, notes=notes)


def _waves(path: Path, lead: str, sampling_rate: float) -> list[Annotation]:
    """Waves of one lead: each is written as an opening bracket, a peak and a closing bracket."""
    marks = read_marks(path, lead.lower(), "waves")
    times = [float(sample / sampling_rate) for sample in marks.samples]
    waves = []
    for place, symbol in enumerate(marks.symbols):
        if symbol in WAVES:
            opened = place > 0 and marks.symbols[place - 1] == "("
            closed = place + 1 < len(times) and marks.symbols[place + 1] == ")"
            start = times[place - 1] if opened else times[place]
            end = times[place + 1] if closed else times[place]
            waves.append(Annotation(WAVES[symbol], start, end, times[place], symbol, lead))
    return waves
