"""Which format a file has: by its ending, and by its first bytes where the ending says nothing or something else."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ..errors import UnreadableFile
from .aecg_files import read_aecg
from .dicom_files import read_dicom
from .edf_files import read_edf
from .files import beginning, is_there, shown
from .record import Record
from .wfdb_files import ENDINGS, without_suffix
from .wfdb_header import find_header


class Format(NamedTuple):
    """One format that is read.

    Parameters
    ----------
    words : str
        How it is called where formats are listed.
    endings : tuple of str
        Endings of its files, in small letters.
    marks : tuple of (int, bytes)
        First bytes by which it is known: where they stand, and what they are.
    read : callable, optional
        Path and unit to `Record`, where the file states its rate itself; None where `read_record` has its own way.
    """

    words: str
    endings: tuple[str, ...] = ()
    marks: tuple[tuple[int, bytes], ...] = ()
    read: Callable[[Path, str | None], Record] | None = None


FORMATS = {
    "wfdb": Format("WFDB (.hea with .dat or .mat)"),
    "dicom": Format("DICOM (.dcm)", (".dcm", ".dicom"), ((128, b"DICM"),), read_dicom),
    "aecg": Format("HL7 aECG (.xml)", (".xml", ".aecg"), (), read_aecg),
    "edf": Format("EDF (.edf)", (".edf",), ((0, b"0       "),), read_edf),
    "table": Format(
        "text (.csv, .tsv, .txt), .npy and .npz",
        (".csv", ".tsv", ".txt", ".npy", ".npz"),
        ((0, b"\x93NUMPY"),),
    ),
}
"""The formats that are read, by name."""

BIOSIG = "convert it with save2gdf of BioSig (the package biosig-tools): save2gdf -f=EDF"
CONVERT = {
    "SCP-ECG": f"is an SCP-ECG file, for which no Python library is kept; {BIOSIG} in.scp out.edf",
    "GDF": f"is a GDF file; {BIOSIG} in.gdf out.edf",
    "BDF": "is a BDF file; convert it to EDF, for example with EDFbrowser",
    "ISHNE": "is an ISHNE Holter file; convert it to EDF with the program of the recorder",
    "MATLAB": "is a MATLAB file without a WFDB header; save its array as CSV",
    "HDF5": "is an HDF5 file; save the array with the ECG as .npy",
    "Excel": "is an Excel workbook; save the sheet as CSV",
    "PDF": "is a PDF, a picture of an ECG; export the recording itself from the device",
    "picture": "is a picture; export the recording itself from the device",
    "compressed": "is compressed; unpack it first",
}
"""What to do with formats that are recognised and not read."""

UNREAD_MARKS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xffBIOSEMI", "BDF"),
    (0, b"GDF ", "GDF"),
    (0, b"ISHNE1.0", "ISHNE"),
    (16, b"SCPECG", "SCP-ECG"),
    (0, b"\x89HDF\r\n", "HDF5"),
    (0, b"%PDF", "PDF"),
    (0, b"\x89PNG", "picture"),
    (0, b"\xff\xd8\xff", "picture"),
    (0, b"\x1f\x8b", "compressed"),
    (0, b"BZh", "compressed"),
    (0, b"\xfd7zXZ", "compressed"),
    (0, b"\xd0\xcf\x11\xe0", "Excel"),
    (0, b"MATLAB 5.0 MAT-file", "MATLAB"),
)
"""First bytes of the formats of `CONVERT`: where they stand, what they are, which format that is."""

ARCHIVE = b"PK\x03\x04"
BEFORE_TEXT = b"\xef\xbb\xbf\xff\xfe\0 \r\n\t"


def by_ending(path: Path) -> str | None:
    """The format whose files end so, or None."""
    return next((name for name, kind in FORMATS.items() if path.suffix.lower() in kind.endings), None)


def format_of(path: Path) -> str:
    """One of `FORMATS`.

    Raises
    ------
    UnreadableFile
        When the file is of a known format that is not read, with what to convert it with; or of none that is known.
    """
    ending = path.suffix.lower()
    headed = is_there(find_header(without_suffix(path)))
    if (ending in ENDINGS and (headed or ending == ".hea")) or not is_there(path):
        return "wfdb" if headed or ending in ENDINGS else by_ending(path) or "wfdb"
    kind = _by_mark(path, ending)
    if kind in CONVERT:
        raise UnreadableFile(f"{shown(path)} {CONVERT[kind]}. Read are {_listed()}")
    if kind is None:
        kind = by_ending(path) or ("wfdb" if ending in ENDINGS or is_there(find_header(path)) else None)
    if kind is None:
        raise UnreadableFile(f"{shown(path)} is no recording that can be read; there are {_listed()}")
    return kind


def _by_mark(path: Path, ending: str) -> str | None:
    """The format that a file's first bytes say, where they say one."""
    first = beginning(path)
    marks = [(at, mark, name) for name, kind in FORMATS.items() for at, mark in kind.marks]
    kind = next((name for at, mark, name in (*marks, *UNREAD_MARKS) if first[at : at + len(mark)] == mark), None)
    if kind == "edf" and by_ending(path) == "table":
        return None
    if kind is None and first.startswith(ARCHIVE):
        sheet = b"[Content_Types]" in first or ending == ".xlsx"
        return "table" if ending in (".npz", ".npy") else "Excel" if sheet else "compressed"
    if kind is None and first.lstrip(BEFORE_TEXT).replace(b"\0", b"").startswith((b"<?xml", b"<AnnotatedECG")):
        return "aecg"
    return kind


def _listed() -> str:
    return ", ".join(kind.words for kind in FORMATS.values())
