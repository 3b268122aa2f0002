"""Which format a file has: by its ending, and by its first bytes where the ending says nothing or something else."""

from collections.abc import Callable
from pathlib import Path

from ..errors import UnreadableFile
from .aecg_files import read_aecg
from .dicom_files import read_dicom
from .edf_files import read_edf
from .files import beginning, is_there, shown
from .record import Record
from .wfdb_files import ENDINGS, without_suffix
from .wfdb_header import find_header

READERS: dict[str, Callable[[Path, str | None], Record]] = {"dicom": read_dicom, "aecg": read_aecg, "edf": read_edf}
"""Readers of files that state rate and unit themselves, by format."""

BY_ENDING = {
    ".dcm": "dicom",
    ".dicom": "dicom",
    ".xml": "aecg",
    ".aecg": "aecg",
    ".edf": "edf",
    ".csv": "table",
    ".tsv": "table",
    ".txt": "table",
    ".npy": "table",
    ".npz": "table",
}
READ = (
    "WFDB (.hea with .dat or .mat), DICOM (.dcm), HL7 aECG (.xml), EDF (.edf), text (.csv, .tsv, .txt), .npy and .npz"
)

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

MARKS: tuple[tuple[int, bytes, str], ...] = (
    (128, b"DICM", "dicom"),
    (0, b"\x93NUMPY", "table"),
    (0, b"0       ", "edf"),
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
"""First bytes of formats: where they stand, what they are, which format that is."""

ARCHIVE = b"PK\x03\x04"
BEFORE_TEXT = b"\xef\xbb\xbf\xff\xfe\0 \r\n\t"


def format_of(path: Path) -> str:
    """``"wfdb"``, ``"table"``, or one of `READERS`.

    Raises
    ------
    UnreadableFile
        When the file is of a known format that is not read, with what to convert it with; or of none that is known.
    """
    ending = path.suffix.lower()
    headed = is_there(find_header(without_suffix(path)))
    if (ending in ENDINGS and (headed or ending == ".hea")) or not is_there(path):
        return "wfdb" if headed or ending in ENDINGS else BY_ENDING.get(ending, "wfdb")
    kind = _by_mark(path, ending)
    if kind in CONVERT:
        raise UnreadableFile(f"{shown(path)} {CONVERT[kind]}. Read are {READ}")
    if kind is None:
        kind = BY_ENDING.get(ending) or ("wfdb" if ending in ENDINGS or is_there(find_header(path)) else None)
    if kind is None:
        raise UnreadableFile(f"{shown(path)} is no recording that can be read; there are {READ}")
    return kind


def _by_mark(path: Path, ending: str) -> str | None:
    """The format that a file's first bytes say, where they say one."""
    first = beginning(path)
    kind = next((kind for at, mark, kind in MARKS if first[at : at + len(mark)] == mark), None)
    if kind == "edf" and BY_ENDING.get(ending) == "table":
        return None
    if kind is None and first.startswith(ARCHIVE):
        sheet = b"[Content_Types]" in first or ending == ".xlsx"
        return "table" if ending in (".npz", ".npy") else "Excel" if sheet else "compressed"
    if kind is None and first.lstrip(BEFORE_TEXT).replace(b"\0", b"").startswith((b"<?xml", b"<AnnotatedECG")):
        return "aecg"
    return kind
