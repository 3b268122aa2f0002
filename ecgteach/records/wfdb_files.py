"""WFDB recordings: a ``.hea`` header with its signal file, and annotation files beside it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UnreadableFile
from .record import Record, millivolts_per

STANDARD_LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
_SPELLING = {lead.upper(): lead for lead in STANDARD_LEADS}

BYTES_PER_SAMPLE = {"8": 1.0, "16": 2.0, "24": 3.0, "32": 4.0, "61": 2.0, "80": 1.0, "160": 2.0, "212": 1.5}


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
        Unit of the signals, where the header names none.

    Raises
    ------
    UnreadableFile
        When header or signal file is missing, broken or cut short, or the two disagree.
    InvalidValue
        When the unit is unknown.
    """
    import wfdb

    stem = without_suffix(path)
    header = _header(stem)
    _check_size(stem, header)
    try:
        record = wfdb.rdrecord(str(stem), physical=False)
        _check_sums(stem, record)
        record.dac(inplace=True)
    except EXPECTED_FAILURES as problem:
        raise UnreadableFile(
            f"{stem}: its signal file cannot be read ({_first_line(problem)}). Fetch it again"
        ) from problem
    signals = np.asarray(record.p_signal, dtype=np.float64).T
    scale = np.array([[_scale(given, unit, stem)] for given in record.units])
    return WfdbSignals(
        (signals * scale).astype(np.float32),
        tuple(spelled(name) for name in record.sig_name),
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
    try:
        header = wfdb.rdheader(str(stem))
    except EXPECTED_FAILURES as problem:
        raise UnreadableFile(f"{path} is no valid WFDB header ({_first_line(problem)})") from problem
    if not header.n_sig:
        raise UnreadableFile(f"{path} names no signals")
    if header.sig_len == 0:
        raise UnreadableFile(f"{path} describes a recording of zero length")
    return header


def _check_size(stem: Path, header) -> None:  # type: ignore[no-untyped-def]
    """A signal file that is missing or too short is named, before wfdb fills what it cannot find."""
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


def _check_sums(stem: Path, record) -> None:  # type: ignore[no-untyped-def]
    """Header and samples must agree; a checksum of 0 stands for none in some data sets."""
    for name, written, samples in zip(record.sig_name, record.checksum, record.d_signal.T, strict=True):
        measured = int(samples.astype(np.int64).sum())
        if written and (measured - written) % 65536:
            raise UnreadableFile(
                f"{stem}: header and signal disagree on lead {name} (checksum {written}, measured {measured % 65536}). "
                "The file is damaged, or it belongs to another header: fetch both again"
            )


def _scale(given: str | None, unit: str | None, stem: Path) -> float:
    stated = unit or (None if given in (None, "NU") else given)
    return millivolts_per(stated, f"the recording {stem}")


def _first_line(problem: BaseException) -> str:
    return str(problem).strip().splitlines()[0] if str(problem).strip() else type(problem).__name__
