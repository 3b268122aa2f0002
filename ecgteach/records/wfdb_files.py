"""WFDB recordings: a ``.hea`` header with its signal file, or with several segments that form one recording."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidValue, UnreadableFile
from ..rhythms import Rhythm
from ..sources import SOURCES, by_folder
from .channels import Channel, Leads, leads_among
from .dataset import Entry
from .files import check_memory, is_folder, is_there, reading, regular, shown
from .leads import STANDARD_LEADS, standard_lead
from .record import Record
from .wfdb_header import NULL, Header, SignalLine, find_header, read_header, read_lines

__all__ = ["STANDARD_LEADS", "WfdbSignals", "read_comments", "read_signals", "without_suffix"]

ENDINGS = (".hea", ".dat", ".mat")
STORED_AS = {
    "8": "<i1", "16": "<i2", "24": "<u1", "32": "<i4", "61": ">i2", "80": "<u1", "160": "<u2",
    "212": "<u1", "310": "<u1", "311": "<u1",
}  # fmt: skip
"""Formats and the elements that their files hold, as signal(5) of the WFDB manual has them."""

WHOLE_BYTES = frozenset({"16", "24", "32", "61", "80", "160"})
COMPRESSED = {"508": 8, "516": 16, "524": 24}
INVALID = {"80": 7, "508": 7, "310": 9, "311": 9, "212": 11, "16": 15, "61": 15, "160": 15, "516": 15, "24": 23,
           "524": 23, "32": 31}  # fmt: skip
"""Exponent of the lowest number of each format, which stands for a sample that was not measured."""


@dataclass(frozen=True)
class WfdbSignals:
    """What a WFDB header and its signal file hold: leads in mV (leads, samples), names, rate in Hz, comment lines."""

    signals: NDArray[np.float32]
    lead_names: tuple[str, ...]
    sampling_rate: float
    comments: tuple[str, ...]
    notes: tuple[str, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)

    def record(self, **about: Any) -> Record:
        """These signals as a `Record`, with what else its source says of it."""
        notes = (*self.notes, *about.pop("notes", ()))
        return Record(self.signals, self.lead_names, self.sampling_rate, notes=notes, left_out=self.left_out, **about)

    def record_of(self, source: str, entry: Entry, graded: frozenset[Rhythm], **about: Any) -> Record:
        """The same, of a line of a source's index: its labels, where none are given, its person, the licence."""
        known = {"labels": entry.labels or frozenset(), "licence": SOURCES[source].licence}
        return self.record(source=source, id=entry.id, patient=entry.patient, graded=graded, **known | about)


def read_signals(path: str | Path, unit: str | None = None) -> WfdbSignals:
    """Leads of a WFDB recording, in mV; channels that are no voltage are named and left out.

    Parameters
    ----------
    path : path
        The recording, with or without ``.hea``, ``.dat`` or ``.mat``.
    unit : str, optional
        Unit of the signals, where the header names none. WFDB then takes mV; here it has to be said, but for
        the sources that are known to name none and to mean it (`Source.unit`).

    Raises
    ------
    UnreadableFile
        When header or signal file is missing, broken or cut short, or the two disagree, or no signal is a voltage.
    InvalidValue
        When the unit is unknown, or `unit` contradicts the header.
    """
    header = read_header(without_suffix(path))
    if header.segments:
        from .wfdb_segments import join_segments

        return join_segments(header, unit)
    what = f"the recording {shown(header.stem)}"
    leads = leads_among([_channel(signal, header) for signal in header.signals], _said(header, unit), what)
    length, raw = _stored(header, leads.rows)
    per_frame = math.gcd(*(header.signals[row].per_frame for row in leads.rows))
    signals = np.empty((len(leads.rows), length * per_frame), dtype=np.float32)
    for place, (row, factor) in enumerate(zip(leads.rows, leads.factors, strict=True)):
        signals[place] = _millivolts(header.signals[row], raw.pop(row), per_frame, float(factor))
    return WfdbSignals(
        signals,
        leads.names,
        header.rate * per_frame,
        header.comments,
        (*header.notes, *_told(header, leads)),
        leads.left_out,
    )


def read_comments(path: str | Path) -> tuple[str, ...]:
    """Comment lines of a header, without opening the signal file.

    Raises
    ------
    UnreadableFile
        When the header is missing or is no text.
    """
    return read_lines(find_header(without_suffix(path)))[1]


def without_suffix(path: str | Path) -> Path:
    """A recording's path as WFDB writes it, without ``.hea``, ``.dat`` or ``.mat``, in capitals or not."""
    path = Path(path)
    return path.with_suffix("") if path.suffix.lower() in ENDINGS else path


def _said(header: Header, unit: str | None) -> str | None:
    unsaid = all(signal.unit is None for signal in header.signals)
    if unit is not None or not unsaid:
        return unit
    known = (source.unit for part in reversed(header.path.absolute().parts) if (source := by_folder(part)))
    return next(filter(None, known), None)


def _channel(signal: SignalLine, header: Header) -> Channel:
    """The channel with what keeps it from being in mV; a voltage whose name is not in ASCII cannot be told apart."""
    fault = ""
    if signal.file == NULL:
        fault = f"{shown(header.path)} names no file that holds it"
    elif signal.gain is None:
        fault = (
            f"a signal in {shown(signal.file, 80)} has the gain 0 or none, so it is not calibrated in mV; "
            "write its gain into the header (1000/mV: a thousand steps a millivolt)"
        )
    elif not signal.name.isascii():
        fault = (
            f"a signal in {shown(signal.file, 80)} has a name with signs that look like letters of ASCII or are none; "
            "write its name into the header in plain letters"
        )
    return Channel(signal.name, signal.unit, fault)


def _told(header: Header, leads: Leads) -> tuple[str, ...]:
    """Whatever is unusual about the leads, in a sentence each."""
    taken = [(name, header.signals[row]) for name, row in zip(leads.names, leads.rows, strict=True)]
    upside_down = [name for name, signal in taken if signal.gain is not None and signal.gain < 0]
    shifted = [name for name, signal in taken if signal.skew]
    return (
        *leads.notes,
        *(f"{name} has a negative gain: it is stored upside down and was turned" for name in upside_down),
        *(f"{name} was moved by the skew that the header states" for name in shifted),
    )


def _stored(header: Header, rows: Sequence[int]) -> tuple[int, dict[int, NDArray[np.integer]]]:
    """Frames of the recording, and the numbers of each of these signals as they are stored, checked by their sum."""
    files: dict[str, list[int]] = {}
    for row, signal in enumerate(header.signals):
        files.setdefault(signal.file, []).append(row)
    files = {file: held for file, held in files.items() if file != NULL and set(held) & set(rows)}
    length = header.length
    raw: dict[int, NDArray[np.integer]] = {}
    for file, held in files.items():
        signals = [header.signals[row] for row in held]
        length, numbers = _file_numbers(header, file, signals, length)
        for row, found in zip(held, numbers, strict=True):
            if row in rows:
                _check_sum(header, header.signals[row], found)
                raw[row] = found
    assert length is not None
    return length, raw


def _file_numbers(
    header: Header, file: str, signals: Sequence[SignalLine], length: int | None
) -> tuple[int, list[NDArray[np.integer]]]:
    """Frames and numbers of all signals in one file."""
    first = signals[0]
    if any(signal.format != first.format or signal.offset != first.offset for signal in signals):
        raise UnreadableFile(
            f"{shown(header.path)} gives the signals of {shown(file, 80)} different formats; fetch it again"
        )
    per_frame = [signal.per_frame for signal in signals]
    if not all(0 < count <= 100_000 for count in per_frame):
        raise UnreadableFile(f"{shown(header.path)} states no sound number of samples a frame; fetch it again")
    path = _signal_file(header, file)
    held = regular(path, missing=f"is missing; the header {header.path.name} names it as the signal file")
    if first.format in COMPRESSED:
        return _decompressed(path, first, per_frame, length)
    if first.format not in STORED_AS:
        raise UnreadableFile(
            f"{shown(header.path)} has the format {first.format}, which WFDB does not know; fetch it again"
        )
    if length is None:
        length = (held - first.offset) // _bytes(first.format, 6 * sum(per_frame)) * 6
        while _bytes(first.format, (length + 1) * sum(per_frame)) <= held - first.offset:
            length += 1
        if length < 1:
            raise UnreadableFile(f"{shown(path)} holds no samples; fetch it again")
    needed = first.offset + _bytes(first.format, length * sum(per_frame))
    if held < needed:
        raise UnreadableFile(
            f"{shown(path)} holds {held:,} bytes; its header describes {needed:,}. It is cut short: fetch it again"
        )
    vouched = all(signal.checksum for signal in signals)
    if held > needed and not vouched and first.format in WHOLE_BYTES:
        raise UnreadableFile(
            f"{shown(path)} holds {held:,} bytes; its header describes only {needed:,}, and no checksum says that "
            "they belong together: fetch both again"
        )
    check_memory(path, length * sum(per_frame))
    return length, _decoded(path, first, signals, per_frame, length, needed)


def _bytes(format: str, samples: int) -> int:  # noqa: A002 - the field's word
    """Bytes that so many samples take up: two of format 212 share three bytes, three of 310 and 311 four."""
    if format == "212":
        return (3 * samples + 1) // 2
    if format == "310" and samples % 3 == 2:
        return 4 * (samples // 3 + 1)
    if format in ("310", "311"):
        return -(-4 * samples // 3)
    return np.dtype(STORED_AS[format]).itemsize * samples * (3 if format == "24" else 1)


def _decoded(
    path: Path, first: SignalLine, signals: Sequence[SignalLine], per_frame: list[int], length: int, needed: int
) -> list[NDArray[np.integer]]:
    """Numbers of each signal; wfdb unpacks the bytes, whose count was checked before."""
    from wfdb.io import _signal

    stored = np.dtype(STORED_AS[first.format])
    with reading(path, "signal file"):
        packed = np.fromfile(path, dtype=stored, count=(needed - first.offset) // stored.itemsize, offset=first.offset)
        unpacked: list[NDArray[np.integer]] = _signal._rd_dat_signals(
            file_name=path.name,
            dir_name=str(path.parent),
            pn_dir=None,
            fmt=first.format,
            n_sig=len(signals),
            sig_len=length,
            byte_offset=0,
            samps_per_frame=per_frame,
            skew=[0] * len(signals),
            init_value=[signal.initial for signal in signals],
            sampfrom=0,
            sampto=length,
            no_file=True,
            sig_data=packed,
        )
    return unpacked


def _decompressed(
    path: Path, first: SignalLine, per_frame: list[int], length: int | None
) -> tuple[int, list[NDArray[np.integer]]]:
    """Numbers of each signal of a FLAC file (formats 508, 516, 524)."""
    import soundfile

    with reading(path, "signal file"), soundfile.SoundFile(path) as file:
        frames, channels, subtype = file.frames, file.channels, file.subtype
        bits = {"PCM_S8": 8, "PCM_16": 16, "PCM_24": 24}.get(subtype, 99)
        wanted = frames - first.offset if length is None else length * per_frame[0]
        sound = channels == len(per_frame) and len(set(per_frame)) == 1 and bits <= COMPRESSED[first.format]
        if not sound or wanted < 1 or first.offset + wanted > frames:
            raise UnreadableFile(
                f"{shown(path)} does not hold what its header describes. It is cut short or belongs to another "
                "header: fetch both again"
            )
        check_memory(path, wanted * channels)
        file.seek(first.offset)
        numbers = file.read(wanted, dtype="int32", always_2d=True) >> (32 - bits)
    if numbers.shape[0] != wanted:
        raise UnreadableFile(f"{shown(path)} ends after {numbers.shape[0]:,} of {wanted:,} samples: fetch it again")
    return wanted // per_frame[0], list(np.ascontiguousarray(numbers.T))


def _signal_file(header: Header, name: str) -> Path:
    """Where a signal file lies: below the header's folder, by the name in the header or the same in other capitals."""
    beside = header.path.parent
    path = beside / name
    if "/" not in name and is_there(path):
        return path
    inside = Path(name)
    if inside.is_absolute() or ".." in inside.parts:
        inside = Path(inside.name or name.replace("/", "_"))
    found = next((path for path in (beside / inside, beside / inside.name) if is_there(path)), None)
    if found is None and is_folder(beside):
        wanted = inside.name.casefold()
        with reading(beside, "folder"):
            found = next((path for path in beside.iterdir() if path.name.casefold() == wanted), None)
    return found or beside / inside


def _check_sum(header: Header, signal: SignalLine, numbers: NDArray[np.integer]) -> None:
    """Header and samples must agree; a checksum of 0 stands for none in some data sets.

    The sum is over the samples as stored: a skew moves them afterwards.
    """
    if not signal.checksum:
        return
    total = int(numbers.sum(dtype=np.int64))
    if (total - signal.checksum) % 65536:
        raise UnreadableFile(
            f"{shown(header.stem)}: header and signal disagree on lead {standard_lead(signal.name)} (checksum "
            f"{signal.checksum}, measured {total % 65536}). The file is damaged, or it belongs to another header: "
            "fetch both again"
        )


def _millivolts(signal: SignalLine, numbers: NDArray[np.integer], per_frame: int, factor: float) -> NDArray[np.float64]:
    """Samples in mV, a missing one NaN, with the skew of the signal undone.

    `per_frame` samples a frame are wanted, a divisor of what the signal has: more are averaged.
    """
    assert signal.gain is not None
    values = numbers.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        values -= float(signal.baseline)
        values /= signal.gain
        if factor != 1.0:
            values *= factor
    if signal.format in INVALID:
        lowest = -(2 ** INVALID[signal.format])
        if numbers.min() == lowest:
            values[numbers == lowest] = np.nan
    if signal.per_frame != per_frame:
        values = values.reshape(-1, signal.per_frame // per_frame).mean(axis=1)
    if signal.skew:
        moved = signal.skew * per_frame
        if moved >= values.size:
            raise InvalidValue(
                f"a signal in {shown(signal.file, 80)} has a skew of {signal.skew:,} samples, longer than the "
                "recording; mend the header"
            )
        values = np.concatenate([values[moved:], np.full(moved, np.nan)])
    return values
