"""PTB-XL: 12 leads, 10 s, at 100 and 500 Hz, with statements by cardiologists; any version folder.

Wagner et al., Sci Data 7:154 (2020), doi 10.1038/s41597-020-0495-6. CC BY 4.0. A rhythm statement stands with the
likelihood 0, which means "not rated", not "absent".
"""

import ast
from pathlib import Path

from ..errors import UnknownName, UnreadableFile
from ..rhythms import Finding, Rhythm, vocabulary
from .dataset import Dataset, Entry
from .files import is_there, quoted, shown
from .record import Record
from .tables import read_index
from .wfdb_files import read_signals

SOURCE = "ptb-xl"
GRADED = frozenset(vocabulary("ptb_xl").values())
LONGEST_STATEMENTS = 5_000
COLUMNS = {500: "filename_hr", 100: "filename_lr"}


def dataset(folder: Path, *, sampling_rate: int = 500) -> Dataset:
    """The recordings of the table ``ptbxl_database.csv`` that are there, at one of their two rates.

    Raises
    ------
    UnreadableFile
        When the folder holds no such table, or a broken one.
    UnknownName
        When the rate is neither 500 nor 100 Hz.
    """
    if sampling_rate not in COLUMNS:
        raise UnknownName(f"PTB-XL has 500 and 100 Hz, not {sampling_rate} Hz")
    table = folder / "ptbxl_database.csv"
    file = COLUMNS[sampling_rate]
    entries = tuple(
        Entry(row["ecg_id"], folder / row[file], row["patient_id"].split(".")[0], _labels(row["scp_codes"], table))
        for row in read_index(table, ("ecg_id", "patient_id", "scp_codes", file))
        if is_there(folder / f"{row[file]}.hea")
    )
    return Dataset(SOURCE, entries, _read)


def _read(entry: Entry) -> Record:
    return read_signals(entry.path).record_of(SOURCE, entry, GRADED)


def _labels(statements: str, table: Path) -> frozenset[Rhythm | Finding]:
    known = vocabulary("ptb_xl")
    try:
        codes = [str(code) for code in dict(ast.literal_eval(statements[:LONGEST_STATEMENTS]))]
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as problem:
        raise UnreadableFile(
            f"{shown(table)}: scp_codes holds {quoted(statements)}, no dictionary of statements. Fetch it again"
        ) from problem
    return frozenset(known.get(code, Finding("scp", code)) for code in codes)
