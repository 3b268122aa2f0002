"""Sources whose headers carry SNOMED CT codes: the 2020/21 challenges, and Chapman-Shaoxing as PhysioNet publishes it.

Reyna et al., Computing in Cardiology 48 (2021), doi 10.23919/CinC53138.2021.9662687; Zheng, Guo, Chu (2022), doi
10.13026/wgex-er52. Both CC BY 4.0.
"""

from collections.abc import Callable
from pathlib import Path

from ..rhythms import Finding, Rhythm, vocabulary
from ..sources import SOURCES
from .dataset import Dataset, Entry
from .files import shown
from .record import Record
from .wfdb_files import read_comments, read_signals

CHALLENGE = "challenge-2021"
LICENCE = SOURCES[CHALLENGE].licence
GRADED = frozenset(vocabulary("snomed").values())


def challenge_2021(folder: Path) -> Dataset:
    """Every recording below the folder, of all the sources that the challenge mixes."""
    return snomed_dataset(CHALLENGE, folder)


def snomed_dataset(source: str, folder: Path, *, licence: str = LICENCE, unit: str | None = None) -> Dataset:
    """Every WFDB recording below a folder whose header has a line ``#Dx:`` with SNOMED CT codes."""
    entries = tuple(
        Entry(shown(header.stem), header.with_suffix(""))
        for header in sorted(folder.rglob("*.hea"), key=lambda path: path.stem)
    )
    return Dataset(source, entries, _reader(source, licence, unit), lambda entry: labels_in(read_comments(entry.path)))


def labels_in(comments: tuple[str, ...]) -> frozenset[Rhythm | Finding]:
    """Labels of a header's comment lines; codes that are no rhythm stay as findings.

    >>> sorted(str(label) for label in labels_in(("Age: 81", "Dx: 164889003,284470004,")))
    ['AFIB', 'snomed:284470004']
    """
    known = vocabulary("snomed")
    codes = [code.strip() for line in comments if line.startswith("Dx:") for code in line[3:].split(",")]
    return frozenset(known.get(code, Finding("snomed", code)) for code in codes if code)


def _reader(source: str, licence: str, unit: str | None) -> Callable[[Entry], Record]:
    def read(entry: Entry) -> Record:
        held = read_signals(entry.path, unit)
        return held.record(
            labels=labels_in(held.comments),
            graded=GRADED,
            id=entry.id,
            source=source,
            licence=licence,
        )

    return read
