"""DICOM ECG waveforms, read through pydicom; what identifies the person is not taken over."""

from pathlib import Path

import numpy as np

from ..errors import UnreadableFile
from .record import Record, millivolts_per
from .wfdb_files import spelled


def read_dicom(path: str | Path) -> Record:
    """The rhythm waveform of a DICOM ECG: of the file's waveform groups the longest.

    Parameters
    ----------
    path : path
        A ``.dcm`` file. Name, dates and identifiers in it are left where they are.

    Raises
    ------
    UnreadableFile
        When the file is missing, no DICOM, or holds no waveform, or one that is not described.
    InvalidValue
        When a channel states a unit that is no voltage.
    """
    import pydicom
    from pydicom.errors import InvalidDicomError

    path = Path(path)
    if not path.is_file():
        raise UnreadableFile(f"{path} is missing")
    try:
        dataset = pydicom.dcmread(path)
    except (InvalidDicomError, OSError, EOFError) as problem:
        raise UnreadableFile(f"{path} is no DICOM file ({problem})") from problem
    groups = getattr(dataset, "WaveformSequence", None)
    if not groups:
        raise UnreadableFile(f"{path} is a DICOM file without a waveform; it may be an image or a report")
    for element in ("NumberOfWaveformSamples", "SamplingFrequency", "ChannelDefinitionSequence"):
        if any(not getattr(group, element, None) for group in groups):
            raise UnreadableFile(f"{path}: its waveform has no {element}, so it cannot be read; export it again")
    longest = max(range(len(groups)), key=lambda number: float(groups[number].NumberOfWaveformSamples))
    group = groups[longest]
    try:
        signals = np.asarray(dataset.waveform_array(longest), dtype=np.float64).T
    except (ValueError, AttributeError, NotImplementedError) as problem:
        raise UnreadableFile(f"{path}: its waveform cannot be decoded ({problem})") from problem
    channels = group.ChannelDefinitionSequence
    scale = np.array([[millivolts_per(_unit(channel), f"a channel of {path.name}")] for channel in channels])
    names = tuple(_lead_name(channel, row) for row, channel in enumerate(channels))
    return Record(
        (signals * scale).astype(np.float32), names, float(group.SamplingFrequency), id=path.stem, source="dicom"
    )


def _unit(channel) -> str | None:  # type: ignore[no-untyped-def]
    units = getattr(channel, "ChannelSensitivityUnitsSequence", None)
    return str(units[0].CodeValue) if units else None


def _lead_name(channel, row: int) -> str:  # type: ignore[no-untyped-def]
    sources = getattr(channel, "ChannelSourceSequence", None)
    meaning = str(sources[0].CodeMeaning) if sources and "CodeMeaning" in sources[0] else f"channel {row + 1}"
    return spelled(meaning.removeprefix("Lead ").split(" (")[0].strip())
