"""WFDB recordings: a ``.hea`` header with its signal file, and annotation files beside it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidValue, UnreadableFile
from .record import Record, millivolts_per

STANDARD_LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
_SPELLING = {lead.upper(): lead for lead in STANDARD_LEADS}

BYTES_PER_SAMPLE = {"8": 1.0, "16": 2.0, "24": 3.0, "32": 4.0, "61": 2.0, "80": 1.0, "160": 2.0, "212": 1.5}
WHOLE_BYTES = frozenset({"16", "24", "32", "61", "80", "160"})
MILLIVOLT_UNSAID = frozenset({"mitdb", "cudb"})
"""Folders of data sets that are known to name no unit and to mean WFDB's default, mV."""

_NUMBER = r"\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?"
_RATE = re.compile(rf"{_NUMBER}(/.*)?", re.IGNORECASE)
_GAIN = re.compile(rf"(?P<gain>{_NUMBER})(\(-?\d+\))?(/(?P<unit>\S+))?", re.IGNORECASE)


@dataclass(frozen=True)
class WfdbSignals:
    """What a WFDB header and its signal file hold: leads in mV (leads, samples), names, rate in Hz, comment lines."""

    signals: NDArray[np.float32]
    lead_names: tuple[str, ...]
    sampling_rate: float
    comments: tuple[str, ...]

    def record(self, **about: Any) -> Record:
        """These signals as a `Record`, with what else its source says of it."""
        return Record(self.signals, self.lead_names, self.sampling_rate, **about)


def read_signals(path: str | Path, unit: str | None = None) -> WfdbSignals:
    """Leads of a WFDB recording, in mV.

    Parameters
    ----------
    path : path
        The recording, with or without ``.hea``, ``.dat`` or ``.mat``.
    unit : str, optional
        Unit of the signals, where the header names none. WFDB then takes mV; here it has to be said, but for
        `MILLIVOLT_UNSAID`.

    Raises
    ------
    UnreadableFile
        When header or signal file is missing, broken or cut short, or the two disagree.
    InvalidValue
        When the unit is unknown, or `unit` contradicts the header.
    """
    import wfdb

    stem = without_suffix(path)
    header = _header(stem)
    units = _stated_units(stem, header.n_sig)
    _check_size(stem, header)
    try:
        record = wfdb.rdrecord(str(stem), physical=False)
        measured = [int(samples.astype(np.int64).sum()) for samples in record.d_signal.T]
        record.dac(inplace=True)
    except EXPECTED_FAILURES as problem:
        raise UnreadableFile(
            f"{stem}: its signal file cannot be read ({_first_line(problem)}). Fetch it again"
        ) from problem
    if set(header.samps_per_frame) == {1}:
        _check_sums(stem, header, measured)
    signals = np.asarray(record.p_signal, dtype=np.float64).T
    scale = np.array([[_scale(stated, unit, stem)] for stated in units])
    return WfdbSignals(
        (signals * scale).astype(np.float32),
        tuple(spelled(name) if name else f"lead {row}" for row, name in enumerate(record.sig_name, start=1)),
        float(record.fs),
        tuple(record.comments),
    )


def read_comments(path: str | Path) -> tuple[str, ...]:
    """Comment lines of a header, without opening the signal file.

    Raises
    ------
    UnreadableFile
        When the header is missing or is no text.
    """
    header = without_suffix(path).with_suffix(".hea") if not str(path).endswith(".hea") else Path(path)
    try:
        lines = header.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as problem:
        raise UnreadableFile(f"{header} cannot be read ({problem.strerror})") from problem
    return tuple(line[1:].strip() for line in lines if line.startswith("#"))


def spelled(lead: str) -> str:
    """A lead's name in the usual spelling: ``"AVR"`` and ``"avr"`` become ``"aVR"``; other names stay."""
    return _SPELLING.get(lead.upper(), lead)


def without_suffix(path: str | Path) -> Path:
    """A recording's path as WFDB writes it, without ``.hea``, ``.dat`` or ``.mat``."""
    path = Path(path)
    return path.with_suffix("") if path.suffix in (".hea", ".dat", ".mat") else path


EXPECTED_FAILURES = (ValueError, IndexError, KeyError, TypeError, AttributeError, OSError)
"""What wfdb is seen to raise on broken files."""


def _header(stem: Path):  # type: ignore[no-untyped-def]
    import wfdb

    path = stem.parent / f"{stem.name}.hea"
    if stem.is_dir():
        raise UnreadableFile(
            f"{stem} is a folder; name one recording in it, or open it with open_folder({str(stem)!r})"
        )
    if not path.is_file():
        raise UnreadableFile(f"{path} is missing; a WFDB recording needs its header (.hea) beside its signal file")
    _check_record_line(path)
    try:
        header = wfdb.rdheader(str(stem))
    except EXPECTED_FAILURES as problem:
        raise UnreadableFile(f"{path} is no valid WFDB header ({_first_line(problem)})") from problem
    if not header.n_sig:
        raise UnreadableFile(f"{path} names no signals")
    if header.sig_len == 0:
        raise UnreadableFile(f"{path} describes a recording of zero length")
    return header


def _written_lines(path: Path) -> list[list[str]]:
    """Words of each line of a header, without comments: what wfdb replaces by a default is still to be seen here."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [words for line in lines if (words := line.split("#")[0].split())]


def _check_record_line(path: Path) -> None:
    """The sampling rate must be a number, and so must the length where it is stated."""
    words = next(iter(_written_lines(path)), [])
    if len(words) < 2:
        raise UnreadableFile(f"{path} is no valid WFDB header (it has no record line)")
    if "/" in words[0]:
        raise UnreadableFile(f"{path} lists several segments; name one of them")
    if len(words) < 3 or not _RATE.fullmatch(words[2]):
        said = f"has the sampling rate {words[2]!r}, which is no number" if len(words) > 2 else "has no sampling rate"
        raise UnreadableFile(f"{path} {said}; mend the header or fetch it again")
    if len(words) > 3 and not words[3].isdecimal():
        raise UnreadableFile(f"{path} has the length {words[3]!r}, which is no number of samples; fetch it again")


def _stated_units(stem: Path, number: int) -> list[str | None]:
    """Unit of each signal as its line states it, None where it does not; a signal without a gain is not calibrated."""
    path, units = stem.parent / f"{stem.name}.hea", []
    for words in _written_lines(path)[1 : number + 1]:
        found = _GAIN.fullmatch(words[2]) if len(words) > 2 else None
        if not found or float(found["gain"]) == 0:
            said = f"the gain {words[2]!r}" if len(words) > 2 else "no gain"
            raise UnreadableFile(
                f"{path}: a signal in {words[0]} has {said}, so it is not calibrated in mV; "
                "write its gain into the header (1000/mV: a thousand steps a millivolt)"
            )
        units.append(found["unit"])
    return units


def _check_size(stem: Path, header) -> None:  # type: ignore[no-untyped-def]
    """A signal file that is missing or too short is named, before wfdb fills what it cannot find.

    One that is too long is told by its size only where no checksum vouches for what is read of it.
    """
    if not header.file_name or header.sig_len is None:
        return
    for file in dict.fromkeys(header.file_name):
        rows = [row for row, name in enumerate(header.file_name) if name == file]
        path = stem.parent / file
        if not path.is_file():
            raise UnreadableFile(f"{path} is missing; the header {stem.name}.hea names it as the signal file")
        offset = header.byte_offset[rows[0]] or 0
        needed = offset + sum(
            BYTES_PER_SAMPLE.get(header.fmt[row], 0.0) * header.sig_len * header.samps_per_frame[row] for row in rows
        )
        held = path.stat().st_size
        if held < int(needed):
            raise UnreadableFile(
                f"{path} holds {held:,} bytes; its header describes {int(needed):,}. It is cut short: fetch it again"
            )
        vouched = all(header.checksum[row] for row in rows)
        if held > needed and not vouched and {header.fmt[row] for row in rows} <= WHOLE_BYTES:
            raise UnreadableFile(
                f"{path} holds {held:,} bytes; its header describes only {int(needed):,}, and no checksum says that "
                "they belong together: fetch both again"
            )


def _check_sums(stem: Path, header, measured: list[int]) -> None:  # type: ignore[no-untyped-def]
    """Header and samples must agree; a checksum of 0 stands for none in some data sets."""
    for name, written, total in zip(header.sig_name, header.checksum, measured, strict=True):
        if written and (total - written) % 65536:
            raise UnreadableFile(
                f"{stem}: header and signal disagree on lead {name} (checksum {written}, measured {total % 65536}). "
                "The file is damaged, or it belongs to another header: fetch both again"
            )


def _scale(stated: str | None, unit: str | None, stem: Path) -> float:
    what = f"the recording {stem}"
    if stated is None and unit is None and MILLIVOLT_UNSAID & set(stem.absolute().parts):
        return 1.0
    try:
        by_header = millivolts_per(stated, what)
    except InvalidValue:
        if unit is None:
            raise
        return millivolts_per(unit, what)
    if unit is not None and millivolts_per(unit, what) != by_header:
        raise InvalidValue(f"{what} is in {stated} by its own header, not in {unit}; leave unit= (--unit) out")
    return by_header


def _first_line(problem: BaseException) -> str:
    return str(problem).strip().splitlines()[0] if str(problem).strip() else type(problem).__name__
