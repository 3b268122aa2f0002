"""PhysioNet/CinC challenge 2017: one lead between the hands (AliveCor), 300 Hz, 9 to 61 s; no patient is named.

Clifford et al., Computing in Cardiology 44 (2017), doi 10.22489/CinC.2017.065-469. ODC-By 1.0.
"""

from pathlib import Path

from ..errors import UnreadableFile
from ..rhythms import Finding, Rhythm, rhythm, vocabulary
from .dataset import Dataset, Entry
from .files import is_folder, is_there
from .record import Record
from .tables import read_index
from .wfdb_files import read_signals

SOURCE = "challenge-2017"
GRADED = frozenset({rhythm("SINUS"), rhythm("AFIB")})


def dataset(folder: Path) -> Dataset:
    """The training recordings of the challenge that are there, by the last version of the labels.

    Raises
    ------
    UnreadableFile
        When the folder holds no table of labels, or a broken one.
    """
    labels = _labels(folder)
    training = folder / "training"
    paths = {name: _path(training, name) for name in sorted(labels)}
    entries = tuple(
        Entry(name, path, labels=_meaning(labels[name]))
        for name, path in paths.items()
        if is_there(path.parent / f"{path.name}.hea")
    )
    return Dataset(SOURCE, entries, _read)


def _read(entry: Entry) -> Record:
    return read_signals(entry.path).record_of(SOURCE, entry, GRADED)


def _labels(folder: Path) -> dict[str, str]:
    tables = sorted([*folder.glob("REFERENCE-v*.csv"), *(folder / "training").glob("REFERENCE-v*.csv")])
    if not tables:
        raise UnreadableFile(f"{folder} holds no REFERENCE-v3.csv; is it the folder of the challenge of 2017?")
    rows = read_index(tables[-1], ("recording", "label"), titled=False)
    labels = {row["recording"].split("/")[-1]: row["label"] for row in rows if row["label"]}
    if not labels:
        raise UnreadableFile(f"{tables[-1]} holds no labels (lines such as A00001,N). Fetch it again")
    return labels


def _path(training: Path, id: str) -> Path:  # noqa: A002 - the field's word, as in Record
    grouped = training / id[:3] / id
    return grouped if is_folder(grouped.parent) else training / id


def _meaning(label: str) -> frozenset[Rhythm | Finding]:
    known = vocabulary("challenge_2017").get(label)
    return frozenset({known or Finding("challenge_2017", label)})
