"""Small recordings in every format that is read, written byte by byte, so that a test can change any word of them."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEADS = ("II", "V1")
RATE = 500


def beats(samples: int = 5000, rate: float = RATE, per_minute: float = 75.0) -> NDArray[np.float64]:
    """A spike and a bump for each beat, in mV, rounded to a microvolt."""
    times = np.arange(samples) / rate
    trace = np.zeros(samples)
    for beat in np.arange(0.3, samples / rate, 60.0 / per_minute):
        trace += np.exp(-0.5 * ((times - beat) / 0.012) ** 2) + 0.25 * np.exp(-0.5 * ((times - beat - 0.3) / 0.05) ** 2)
    return trace.round(3)


def two_leads(samples: int = 5000) -> NDArray[np.float64]:
    """The same beats on two leads, the second half as high, shape (leads, samples)."""
    return np.stack([beats(samples), 0.5 * beats(samples)]).round(3)


def write_wfdb(
    folder: Path,
    name: str = "r",
    *,
    record: str = "{name} 2 500 5000",
    lines: Sequence[str] = ("{file} 16 1000(0)/mV 16 0 0 0 0 II", "{file} 16 1000(0)/mV 16 0 0 0 0 V1"),
    signals: NDArray[np.float64] | None = None,
    file: str = "",
    header: str = "",
    encoding: str = "utf-8",
) -> Path:
    """A WFDB recording in format 16 of a thousand steps a mV; its path without ending."""
    file = file or f"{name}.dat"
    text = [record.format(name=name), *(line.format(file=file) for line in lines)]
    (folder / (header or f"{name}.hea")).write_bytes(("\n".join(text) + "\n").encode(encoding))
    values = two_leads() if signals is None else signals
    (folder / file).write_bytes(np.round(values * 1000).astype("<i2").T.tobytes())
    return folder / name


def write_csv(path: Path, text: str, encoding: str = "utf-8") -> Path:
    """A text with exactly these signs."""
    path.write_bytes(text.encode(encoding))
    return path


def lines_of(columns: Sequence[Sequence[float]], between: str = ",", decimal: str = ".", digits: int = 3) -> str:
    """Rows of numbers, as a program writes them."""
    rows = zip(*columns, strict=True)
    return "\n".join(between.join(f"{value:.{digits}f}".replace(".", decimal) for value in row) for row in rows) + "\n"


def dicom_dataset(
    groups: Sequence[Mapping[str, Any]] = ({},), *, patient: str = "Surname^Given", syntax: str | None = None
) -> Any:
    """A DICOM 12-lead ECG with these waveform groups; each group may change any of its elements or its channels'."""
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.9.1.1"
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["a recording of a test"])
    meta.TransferSyntaxUID = syntax or ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.PatientName = patient
    dataset.PatientID = "4711-PLANTED"
    dataset.WaveformSequence = [_dicom_group(Dataset, **group) for group in groups]
    return dataset


def _dicom_group(
    dataset: Any,
    *,
    leads: Sequence[str] = LEADS,
    unit: str | None = "uV",
    signals: NDArray[np.integer] | None = None,
    elements: Mapping[str, Any] = {},
    channel: Mapping[str, Any] = {},
    without: Sequence[str] = (),
    coded: Sequence[str] = ("5.6.3-9-2", "5.6.3-9-3"),
) -> Any:
    """One group: two leads of ten seconds at 500 Hz in µV, unless told otherwise."""
    stored = np.round(two_leads() * 1000).astype("<i2") if signals is None else np.asarray(signals)
    group = dataset()
    group.WaveformOriginality = "ORIGINAL"
    group.NumberOfWaveformChannels = len(leads)
    group.NumberOfWaveformSamples = stored.shape[1]
    group.SamplingFrequency = RATE
    group.MultiplexGroupLabel = "RHYTHM"
    group.ChannelDefinitionSequence = []
    for place, lead in enumerate(leads):
        definition, source = dataset(), dataset()
        source.CodeValue = coded[place] if place < len(coded) else ""
        source.CodingSchemeDesignator = "SCPECG"
        source.CodeMeaning = lead
        definition.ChannelSourceSequence = [source]
        definition.ChannelSensitivity = 1
        definition.ChannelSensitivityCorrectionFactor = 1
        definition.ChannelBaseline = 0
        definition.ChannelSampleSkew = 0
        if unit:
            units = dataset()
            units.CodeValue, units.CodingSchemeDesignator, units.CodeMeaning = unit, "UCUM", unit
            definition.ChannelSensitivityUnitsSequence = [units]
        for keyword, value in channel.items():
            setattr(definition, keyword, value)
        for keyword in without:
            if keyword in definition:
                delattr(definition, keyword)
        group.ChannelDefinitionSequence.append(definition)
    group.WaveformBitsAllocated = 16
    group.WaveformSampleInterpretation = "SS"
    group.WaveformData = stored.T.tobytes()
    for keyword, value in elements.items():
        setattr(group, keyword, value)
    for keyword in without:
        if keyword in group:
            delattr(group, keyword)
    return group


def write_dicom(path: Path, *groups: Mapping[str, Any], **settings: Any) -> Path:
    """The same as a file."""
    dataset = dicom_dataset(groups or ({},), **settings)
    dataset.save_as(path, enforce_file_format=True)
    return path


def edf_bytes(
    labels: Sequence[str] = ("ECG II", "ECG V1"),
    units: Sequence[str] = ("uV", "uV"),
    signals: Sequence[NDArray[np.float64]] | None = None,
    *,
    seconds: float = 1.0,
    records: int | None = None,
    reserved: str = "",
    patient: str = "4711 M 02-MAY-1951 Surname_Given",
    ranges: Sequence[tuple[str, str, str, str]] | None = None,
) -> bytes:
    """An EDF file with data records of this many seconds; signals in steps of a microvolt."""
    values = list(two_leads() * 1000) if signals is None else list(signals)
    per_record = [round(len(value) / (len(values[0]) / RATE) * seconds) for value in values]
    count = len(values[0]) // per_record[0]
    ranges = ranges or [("-32768", "32767", "-32768", "32767")] * len(values)

    def fields(words: Sequence[object], width: int) -> bytes:
        return b"".join(str(word)[:width].ljust(width).encode("latin-1") for word in words)

    head = fields(["0"], 8) + fields([patient, "Startdate 02-MAY-2019 X X X"], 80) + fields(["02.05.19", "10.00.00"], 8)
    head += fields([256 * (len(values) + 1)], 8) + fields([reserved], 44)
    head += fields([count if records is None else records, f"{seconds:g}"], 8) + fields([len(values)], 4)
    columns = list(zip(*ranges, strict=True))
    head += fields(labels, 16) + fields([""] * len(values), 80) + fields(units, 8)
    head += b"".join(fields(column, 8) for column in columns)
    head += fields([""] * len(values), 80) + fields(per_record, 8) + fields([""] * len(values), 32)
    body = b"".join(
        np.round(value[place * size : (place + 1) * size]).astype("<i2").tobytes()
        for place in range(count)
        for value, size in zip(values, per_record, strict=True)
    )
    return head + body


def aecg_text(
    leads: Mapping[str, NDArray[np.float64]] | None = None,
    *,
    increment: str = 'value="0.002" unit="s"',
    scale: str = 'value="2.5" unit="uV"',
    origin: str = 'value="0" unit="uV"',
    before: str = "",
    root: str = "AnnotatedECG",
    more: str = "",
) -> str:
    """An HL7 annotated ECG with one series of these leads (codes and digits)."""
    held = leads if leads is not None else {
        f"MDC_ECG_LEAD_{lead}": np.round(values * 400) for lead, values in zip(LEADS, two_leads(), strict=True)
    }  # fmt: skip
    sequences = "".join(
        f'<component><sequence><code code="{code}" codeSystem="2.16.840.1.113883.6.24"/><value xsi:type="SLIST_PQ">'
        f"<origin {origin}/><scale {scale}/><digits>{' '.join(str(int(digit)) for digit in digits)}</digits>"
        "</value></sequence></component>"
        for code, digits in held.items()
    )
    time = (
        '<component><sequence><code code="TIME_ABSOLUTE"/><value xsi:type="GLIST_TS">'
        f'<head value="20190502100000.000"/><increment {increment}/></value></sequence></component>'
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<{root} xmlns="urn:hl7-org:v3" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><componentOf><subject><name>Surname Given</name>'
        '</subject></componentOf><component><series><code code="RHYTHM"/>'
        f"{more}<component><sequenceSet>{time}{sequences}"
        f"</sequenceSet></component></series></component></{root}>"
    )


def npz_bytes(**arrays: Any) -> bytes:
    """An archive of arrays."""
    held = io.BytesIO()
    np.savez(held, **arrays)
    return held.getvalue()


def xlsx_bytes(rows: Sequence[Sequence[Any]]) -> bytes:
    """A workbook with one sheet."""
    import pandas as pd

    held = io.BytesIO()
    pd.DataFrame(rows[1:], columns=list(rows[0])).to_excel(held, index=False)
    return held.getvalue()
