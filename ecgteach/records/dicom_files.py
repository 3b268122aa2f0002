"""DICOM ECG waveforms, read through pydicom; what identifies the person is not taken over and never printed."""

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import UnreadableFile, choices
from .channels import Channel, Leads, leads_among
from .files import beginning, check_memory, content, reading, regular, shown
from .leads import known_lead, lead_of_code
from .record import Record
from .units import is_other_quantity

ELEMENTS: dict[tuple[float, str], str] = {
    (8, "SB"): "i1", (8, "UB"): "u1", (16, "SS"): "i2", (16, "US"): "u2", (32, "SL"): "i4", (32, "UL"): "u4",
    (64, "SV"): "i8", (64, "UV"): "u8",
}  # fmt: skip
"""Linear encodings of samples, by bits and interpretation (PS3.3 C.10.9.1.5)."""

COMPANDED = {"MB": "mu-law", "AB": "A-law"}
DEFLATED = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
LARGEST_UNPACKED = 512 * 1024**2
CHUNK = 1 << 22
UNUSABLE = frozenset({"TEST DATA", "DISCONNECTED", "INVALID", "UNCALIBRATED", "UNZEROED"})
"""States of a channel (003A,0205) in which it shows no heart, or not in millivolt."""

AVERAGES = ("MEDIAN", "AVERAGE", "TEMPLATE", "REPRESENTATIVE")


@dataclass(frozen=True)
class _Group:
    """One multiplex group that is described well enough to be read, or what is wrong with it."""

    number: int
    item: Any
    channels: tuple[Any, ...] = ()
    samples: int = 0
    rate: float = 0.0
    fault: str = ""

    @property
    def seconds(self) -> float:
        return self.samples / self.rate if self.rate else 0.0


def read_dicom(path: str | Path, unit: str | None = None) -> Record:
    """The rhythm waveform of a DICOM ECG: of the groups that hold leads of an ECG the longest that is no average beat.

    Parameters
    ----------
    path : path
        A ``.dcm`` file. Name, dates and identifiers in it are left where they are.
    unit : {"mV", "uV", "V"}, optional
        Unit of channels that state none; it must not contradict those that do.

    Raises
    ------
    UnreadableFile
        When the file is missing, no DICOM, or holds no ECG, or one that is not described or not encoded linearly.
    InvalidValue
        When a unit has to be said, or `unit` contradicts the file.
    """
    path = Path(path)
    dataset = _dataset(path)
    items = _element(dataset, "WaveformSequence", path)
    if not items:
        raise UnreadableFile(
            f"{shown(path)} is a DICOM file without a waveform; it may be an image or a report. "
            "Export the waveform of the ECG"
        )
    groups = [_described(number, item, path) for number, item in enumerate(items, start=1)]
    group = _ecg(groups, path)
    channels = [_channel(channel, row, path) for row, channel in enumerate(group.channels)]
    leads = leads_among(channels, unit, f"the recording {shown(path.name)}")
    signals = _signals(group, leads, path, _byte_order(dataset))
    others = len(groups) - 1
    arbitrary = any(channels[row].unit is None for row in leads.rows)
    return Record(
        signals,
        leads.names,
        group.rate,
        id=shown(path.stem),
        source="dicom",
        left_out=leads.left_out,
        notes=(
            *leads.notes,
            *([f"the file states no unit: its numbers were taken to be in {unit}, as stated"] if arbitrary else []),
            *([f"{others} other waveform group{'s' * (others > 1)} of the file left alone"] if others else []),
        ),
    )


def _dataset(path: Path) -> Any:
    import pydicom
    from pydicom.errors import InvalidDicomError

    regular(path, at_most=LARGEST_UNPACKED)
    with reading(path, "DICOM file"):
        try:
            _check_deflated(path)
            return pydicom.dcmread(path)
        except InvalidDicomError as problem:
            raise UnreadableFile(
                f"{shown(path)} is no DICOM file: it lacks the mark DICM. Export it anew, or give it its own ending"
            ) from problem


def _check_deflated(path: Path) -> None:
    """A deflated data set is unpacked as a whole by pydicom: one that grows beyond all files is refused first.

    It begins after the meta information, whose length is the value of the first element behind the mark DICM.
    """
    first = beginning(path, 2048)
    if first[128:132] != b"DICM" or DEFLATED.encode() not in first:
        return
    held = content(path)
    rest = held[144 + int.from_bytes(held[140:144], "little") :]
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    unpacked = 0
    while rest and not unpacker.eof:
        unpacked += len(unpacker.decompress(rest, CHUNK))
        rest = unpacker.unconsumed_tail
        if unpacked > LARGEST_UNPACKED:
            raise UnreadableFile(
                f"{shown(path)} unpacks to more than {LARGEST_UNPACKED / 1024**2:,.0f} MB; "
                "export it without compression"
            )


def _element(item: Any, keyword: str, path: Path) -> Any:
    """What an element holds, converted; None where it is missing or empty."""
    with reading(path, f"DICOM file (its element {keyword})"):
        value = item.get(keyword)
        if value is None or (hasattr(value, "__len__") and len(value) == 0):
            return None
        if keyword.endswith("Sequence"):
            return [part for part in value if hasattr(part, "get")]
        return value


def _number(item: Any, keyword: str, path: Path) -> float | None:
    """A number that an element holds; None where it is missing or empty, NaN where it holds something else."""
    value = _element(item, keyword, path)
    if value is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _described(number: int, item: Any, path: Path) -> _Group:
    """A group with what is needed to read it; one that lacks it keeps the reason, and may be another's business."""
    try:
        samples, rate = (_number(item, keyword, path) for keyword in ("NumberOfWaveformSamples", "SamplingFrequency"))
        channels = _element(item, "ChannelDefinitionSequence", path)
        said = _number(item, "NumberOfWaveformChannels", path)
    except UnreadableFile as problem:
        return _Group(number, item, fault=str(problem))
    for keyword, value in (
        ("NumberOfWaveformSamples", samples),
        ("SamplingFrequency", rate),
        ("ChannelDefinitionSequence", channels),
    ):
        if not value or value != value:
            fault = f"{shown(path)}: its waveform has no {keyword}, so it cannot be read; export it again"
            return _Group(number, item, tuple(channels or ()), fault=fault)
    assert samples is not None and rate is not None
    if not (0 < samples < 2**40 and 0 < rate < float("inf")):
        fault = f"{shown(path)}: its waveform has no sound length and rate; export it again"
        return _Group(number, item, tuple(channels), fault=fault)
    if said is not None and said != len(channels):
        fault = (
            f"{shown(path)}: its waveform has {said:g} channels and describes {len(channels)}, so it is not said which "
            "is which; export it again"
        )
        return _Group(number, item, tuple(channels), fault=fault)
    return _Group(number, item, tuple(channels), int(samples), rate)


def _ecg(groups: Sequence[_Group], path: Path) -> _Group:
    """The group to read: one with leads of an ECG, no average beat, sound before damaged, the longest."""
    leads = {group.number: _leads_in(group, path) for group in groups}
    candidates = [group for group in groups if leads[group.number]] or [
        group for group in groups if not group.fault and not _another_quantity(group, path)
    ]
    if not candidates:
        broken = next((group.fault for group in groups if group.fault), "")
        if broken:
            raise UnreadableFile(broken)
        raise UnreadableFile(
            f"{shown(path)} is a DICOM file whose waveforms are no ECG ({choices(_units(groups, path)) or 'no unit'}). "
            "Export the waveform of the ECG"
        )

    def rank(group: _Group) -> tuple[bool, bool, float, int]:
        return not _is_average(group, path), not group.fault, group.seconds, leads[group.number]

    best = max(candidates, key=rank)
    if best.fault:
        raise UnreadableFile(best.fault)
    return best


def _is_average(group: _Group, path: Path) -> bool:
    try:
        label = str(_element(group.item, "MultiplexGroupLabel", path) or "").upper()
        derived = str(_element(group.item, "WaveformOriginality", path) or "").upper() == "DERIVED"
    except UnreadableFile:
        return True
    return derived or any(word in label for word in AVERAGES)


def _leads_in(group: _Group, path: Path) -> int:
    """How many of its channels are leads of an ECG by code or name, and no other quantity."""
    count = 0
    for row, item in enumerate(group.channels):
        try:
            channel = _channel(item, row, path)
        except UnreadableFile:
            continue
        count += bool(known_lead(channel.name)) and not (channel.unit and is_other_quantity(channel.unit))
    return count


def _another_quantity(group: _Group, path: Path) -> bool:
    try:
        units = [_unit(channel, path) for channel in group.channels]
    except UnreadableFile:
        return True
    return all(unit is not None and is_other_quantity(unit) for unit in units)


def _units(groups: Sequence[_Group], path: Path) -> list[str]:
    found = [_unit(channel, path) for group in groups for channel in group.channels]
    return list(dict.fromkeys(shown(unit, 24) for unit in found if unit))


def _channel(item: Any, row: int, path: Path) -> Channel:
    """Name, unit and what keeps a channel from being in mV.

    Samples of one that states neither sensitivity nor unit are numbers of which the user may say what they are.
    """
    sensitivity = _number(item, "ChannelSensitivity", path)
    correction = _number(item, "ChannelSensitivityCorrectionFactor", path)
    state = _element(item, "ChannelStatus", path)
    states = {str(word).upper() for word in ([state] if isinstance(state, str) else state or ())}
    fault = ""
    if states & UNUSABLE:
        fault = f"channel {row + 1} is marked as {', '.join(sorted(states & UNUSABLE)).lower()}; choose another file"
    elif sensitivity is None and correction is None and _unit(item, path) is None:
        fault = ""
    elif not all(factor and math.isfinite(factor) for factor in (sensitivity, _or(correction, 1.0))):
        fault = (
            f"channel {row + 1} states no sensitivity, so it is not calibrated in mV; export it again with its "
            "calibration"
        )
    return Channel(_name(item, row, path), _unit(item, path), fault)


def _unit(item: Any, path: Path) -> str | None:
    units = _element(item, "ChannelSensitivityUnitsSequence", path)
    word = _element(units[0], "CodeValue", path) if units else None
    return str(word) if word else None


def _name(item: Any, row: int, path: Path) -> str:
    """A channel's name: by the code of its source, by that code's words, or by the channel's label.

    Raises
    ------
    UnreadableFile
        When code and words name different leads.
    """
    sources = _element(item, "ChannelSourceSequence", path) or []
    label = str(_element(item, "ChannelLabel", path) or "")
    code = words = ""
    coded = None
    if sources:
        code = str(_element(sources[0], "CodeValue", path) or "")
        words = str(_element(sources[0], "CodeMeaning", path) or "")
        coded = lead_of_code(code, str(_element(sources[0], "CodingSchemeDesignator", path) or ""))
    named = known_lead(words)
    if coded and named and coded != named and coded != "lead not stated":
        raise UnreadableFile(
            f"{shown(path)}: channel {row + 1} is lead {coded} by its code and lead {named} by its words; export it "
            "again"
        )
    if coded == "lead not stated":
        coded = None
    return coded or named or known_lead(label) or words or label or f"channel {row + 1}"


def _byte_order(dataset: Any) -> Literal["<", ">"]:
    syntax = getattr(getattr(dataset, "file_meta", None), "TransferSyntaxUID", None)
    return ">" if str(syntax) == BIG_ENDIAN else "<"


def _signals(group: _Group, leads: Leads, path: Path, order: Literal["<", ">"]) -> NDArray[np.float32]:
    """The leads in mV, a padding value NaN, each moved by its time skew."""
    kind = str(_element(group.item, "WaveformSampleInterpretation", path) or "")
    bits = _number(group.item, "WaveformBitsAllocated", path) or 0
    stored = ELEMENTS.get((bits, kind))
    if stored is None:
        said = f"companded ({COMPANDED[kind]})" if kind in COMPANDED else f"'{shown(kind, 8)}' with {bits:g} bits"
        raise UnreadableFile(
            f"{shown(path)}: its waveform is encoded as {said}, which is not read; export it with linear 16-bit samples"
        )
    element = np.dtype(stored).newbyteorder(order)
    held = _element(group.item, "WaveformData", path)
    packed = held if isinstance(held, bytes) else b""
    needed = group.samples * len(group.channels) * element.itemsize
    check_memory(path, group.samples * len(group.channels))
    if len(packed) < needed:
        raise UnreadableFile(
            f"{shown(path)}: its waveform holds {len(packed):,} bytes; it describes {needed:,}. It is cut short: "
            "export it again"
        )
    raw = np.frombuffer(packed[:needed], dtype=element).reshape(group.samples, len(group.channels))
    padding = _padding(group, element, path)
    signals = np.empty((len(leads.rows), group.samples), dtype=np.float32)
    for place, (row, factor) in enumerate(zip(leads.rows, leads.factors, strict=True)):
        item = group.channels[row]
        values = raw[:, row].astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            values *= _or(_number(item, "ChannelSensitivity", path), 1.0)
            values *= _or(_number(item, "ChannelSensitivityCorrectionFactor", path), 1.0)
            values += _or(_number(item, "ChannelBaseline", path), 0.0)
            values *= factor
            if padding is not None:
                values[raw[:, row] == padding] = np.nan
            signals[place] = _moved(values, _delay(item, group.rate, path), group.rate, path)
    return signals


def _or(value: float | None, usual: float) -> float:
    return usual if value is None else value


def _padding(group: _Group, element: np.dtype[Any], path: Path) -> int | None:
    """The number that stands for samples that were not measured."""
    held = _element(group.item, "WaveformPaddingValue", path)
    if held is None:
        return None
    if isinstance(held, int):
        return held
    if not isinstance(held, bytes) or len(held) < element.itemsize:
        raise UnreadableFile(f"{shown(path)}: its padding value cannot be read; export it again")
    return int(np.frombuffer(held[: element.itemsize], dtype=element)[0])


def _delay(item: Any, rate: float, path: Path) -> float:
    """Seconds by which a channel's first sample comes after the group's start."""
    seconds = sum(_or(_number(item, keyword, path), 0.0) for keyword in ("ChannelTimeSkew", "ChannelOffset"))
    return seconds + _or(_number(item, "ChannelSampleSkew", path), 0.0) / rate


def _moved(values: NDArray[np.float64], delay: float, rate: float, path: Path) -> NDArray[np.float64]:
    """A channel on the group's time, to the nearest sample; what was not measured there is missing."""
    if not math.isfinite(delay) or abs(delay) * rate >= values.size:
        raise UnreadableFile(
            f"{shown(path)}: a channel has a time skew of {delay:.3g} s, longer than the recording; export it again"
        )
    samples = round(delay * rate)
    if samples == 0:
        return values
    moved = np.full_like(values, np.nan)
    if samples > 0:
        moved[samples:] = values[:-samples]
    else:
        moved[:samples] = values[-samples:]
    return moved
