"""Chapman-Shaoxing: 10,646 people, 12 leads, 10 s, 500 Hz, one of eleven rhythms each; in both published forms.

Zheng et al., Sci Data 7:48 (2020), doi 10.1038/s41597-020-0386-x. CC BY 4.0. In its tables AF is atrial *flutter*.
The figshare form is one CSV a recording, in microvolt; the PhysioNet form is WFDB, in millivolt. Row n of the figshare
table is PhysioNet's ``JSnnnnn``, so a recording keeps one place in the split whichever form is at hand.
"""

import re
from functools import partial
from pathlib import Path

import numpy as np

from ..errors import EcgteachError, UnreadableFile
from ..rhythms import Finding, vocabulary
from ..sources import SOURCES
from .dataset import Dataset, Entry, Report
from .files import is_there, shown
from .leads import STANDARD_LEADS
from .record import Record
from .snomed import snomed_dataset
from .splits import SIMULATED
from .table_layout import read_layout
from .tables import read_index

SOURCE = "chapman"
LICENCE = SOURCES[SOURCE].licence
GRADED = frozenset(vocabulary("chapman").values())
LAST_CHAPMAN = 10_646
RAIL_MV = 10.0
SIMULATED_MARK = "SIMULATED.md"


def dataset(folder: Path) -> Dataset:
    """Chapman's recordings in PhysioNet's form; those of Ningbo (from JS10647 on) in the same folder are left out."""
    source, licence = _origin(folder)
    everything = snomed_dataset(source, folder, licence=licence)
    return everything.where(
        lambda entry: bool(re.fullmatch(r"JS\d{5}", entry.id)) and int(entry.id[2:]) <= LAST_CHAPMAN
    )


def figshare(folder: Path, *, denoised: bool = False) -> Dataset:
    """Recordings in the figshare form: ``Diagnostics.xlsx`` with ``ECGData`` (or ``ECGDataDenoised``) beside it.

    Raises
    ------
    UnreadableFile
        When the table or the folder of signals is missing, or the table is broken.
    """
    table, signals = folder / "Diagnostics.xlsx", folder / ("ECGDataDenoised" if denoised else "ECGData")
    for needed in (table, signals):
        if not needed.exists():
            raise UnreadableFile(f"{needed} is missing. Fetch it: python -m data_fetch chapman --form figshare")
    known = vocabulary("chapman")
    entries = tuple(
        Entry(f"JS{number:05d}", path, labels=frozenset({known.get(row["Rhythm"], Finding(SOURCE, row["Rhythm"]))}))
        for number, row in enumerate(read_index(table, ("FileName", "Rhythm")), start=1)
        if is_there(path := signals / f"{row['FileName']}.csv")
    )
    return Dataset(_origin(folder)[0], entries, partial(_read_csv, origin=_origin(folder)))


def left_out(dataset: Dataset, report: Report | None = None) -> dict[str, str]:
    """Recordings that our printed rule drops, each with its reason (`fault_of`).

    The study left out 58 of 10,646 for reasons that it does not print; the data's owners name 39. Neither number is
    made to fit here: the rule is ours, and what is returned is what it finds among the recordings at hand.
    """
    found = ((record.id, fault_of(record)) for record in dataset.records(report))
    return {name: fault for name, fault in found if fault}


def fault_of(record: Record) -> str | None:
    """Why our printed rule drops a recording: all zero, missing samples, no lead II or a flat one, beyond ±10 mV."""
    if not np.isfinite(record.signals).all():
        return "missing samples"
    if not record.signals.any():
        return "all zero"
    try:
        second = record["II"]
    except EcgteachError:
        return "no lead II"
    if np.ptp(second) == 0:
        return "flat lead II"
    return f"beyond ±{RAIL_MV:g} mV" if np.abs(record.signals).max() > RAIL_MV else None


def rule_in_words(dropped: dict[str, str], recordings: int) -> str:
    """The printed rule with its count: what `left_out` found among so many recordings at hand."""
    listed = "; ".join(f"{name}: {reason}" for name, reason in dropped.items()) or "none"
    return (
        f"our rule (all zero, missing samples, no or flat lead II, beyond ±{RAIL_MV:g} mV) drops {len(dropped)} of the "
        f"{recordings} recordings here ({listed}); the study dropped 58 of 10,646 for reasons that it does not print"
    )


def _origin(folder: Path) -> tuple[str, str]:
    """Source and licence of a folder: a stand-in that the simulator wrote says so in a file of its own."""
    if (folder / SIMULATED_MARK).is_file():
        return SIMULATED, "simulated: no person's recording, free to use"
    return SOURCE, LICENCE


def _read_csv(entry: Entry, origin: tuple[str, str]) -> Record:
    layout = read_layout(entry.path, delimiter=",", decimal=".")
    microvolts = layout.signals
    if microvolts.shape[0] != len(STANDARD_LEADS):
        raise UnreadableFile(
            f"{shown(entry.path)} has {microvolts.shape[0]} columns; a recording of this set has 12, one a lead"
        )
    return Record(
        (microvolts / 1000.0).astype(np.float32),
        STANDARD_LEADS,
        500.0,
        labels=entry.labels or frozenset(),
        graded=GRADED,
        id=entry.id,
        source=origin[0],
        licence=origin[1],
    )
