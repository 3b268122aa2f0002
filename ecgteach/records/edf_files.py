"""EDF and EDF+ recordings, read through edfio; who was recorded and when is not taken over."""

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import NotInstalled, UnreadableFile
from .channels import Channel, leads_among
from .files import check_memory, reading, regular, shown
from .record import Record

FIXED = 256
FIELDS = {"label": 16, "transducer": 80, "unit": 8, "least": 8, "most": 8, "lowest": 8, "highest": 8, "filter": 80,
          "samples": 8, "reserved": 32}  # fmt: skip
"""Bytes of each field of a signal in the header (Kemp et al., EEG Clin Neurophysiol 82:391, 1992)."""


def read_edf(path: str | Path, unit: str | None = None) -> Record:
    """The leads of an EDF or EDF+ file; channels of another rate, and what is no voltage, are named and left out.

    Parameters
    ----------
    path : path
        An ``.edf`` file; a discontinuous one (EDF+D) only where no record is missing.
    unit : {"mV", "uV", "V"}, optional
        Unit of channels that state none; it must not contradict those that do.

    Raises
    ------
    NotInstalled
        When edfio is not there.
    UnreadableFile
        When the file is missing, damaged or cut short, or holds no voltage.
    InvalidValue
        When a unit has to be said, or `unit` contradicts the file.
    """
    path = Path(path)
    _check_header(path)
    try:
        import edfio
    except ImportError as problem:
        raise NotInstalled(
            "EDF files are read through edfio, which is not installed: python -m pip install edfio"
        ) from problem
    with reading(path, "EDF file"):
        held = edfio.read_edf(path, lazy_load_data=True, header_encoding="latin-1")
        continuous = held.is_continuous
        continuous = continuous if isinstance(continuous, bool) else continuous()
        signals = held.signals
        channels = [_channel(signal) for signal in signals]
    if not continuous:
        raise UnreadableFile(
            f"{shown(path)} is an EDF+D file with gaps between its records; convert it to EDF+C, which fills them"
        )
    leads = leads_among(channels, unit, f"the recording {shown(path.name)}")
    rates = [_rate(signals[row], path) for row in leads.rows]
    rate = _best_rate(rates, leads.names)
    kept = [place for place, found in enumerate(rates) if found == rate]
    slower = {
        leads.names[place]: f"it has {found:g} Hz, the others {rate:g} Hz"
        for place, found in enumerate(rates)
        if found != rate
    }
    with reading(path, "EDF file"), np.errstate(over="ignore", invalid="ignore"):
        values = np.stack([_millivolts(signals[leads.rows[place]], float(leads.factors[place])) for place in kept])
    return Record(
        values,
        tuple(leads.names[place] for place in kept),
        rate,
        id=shown(path.stem),
        source="edf",
        left_out=leads.left_out | slower,
        notes=(*leads.notes, *(f"the channel {name} was left out: {reason}" for name, reason in slower.items())),
    )


def _check_header(path: Path) -> None:
    """What the header describes must be in the file, before anything is made of it."""
    size = regular(path)
    with reading(path, "EDF file"), path.open("rb") as file:
        fixed = file.read(FIXED)
        count = _whole(fixed[252:256])
        if not 0 < count <= 10_000 or size < FIXED * (count + 1):
            raise UnreadableFile(f"{shown(path)} is no readable EDF file: its header is cut short or damaged")
        header = file.read(FIXED * count)
    start = count * (sum(FIELDS.values()) - FIELDS["samples"] - FIELDS["reserved"])
    samples = [_whole(header[start + 8 * row : start + 8 * (row + 1)]) for row in range(count)]
    records = _whole(fixed[236:244])
    if any(number < 0 for number in samples) or sum(samples) == 0 or _whole(fixed[184:192]) != FIXED * (count + 1):
        raise UnreadableFile(f"{shown(path)} is no readable EDF file: its header is damaged. Fetch it again")
    described = FIXED * (count + 1) + 2 * sum(samples) * max(records, 0)
    if records < 1 or size < described:
        said = f"holds {size:,} bytes; its header describes {described:,}" if records > 0 else "was not closed"
        raise UnreadableFile(f"{shown(path)} {said}. It is cut short: fetch it again")
    check_memory(path, sum(samples) * records)


def _whole(field: bytes) -> int:
    """A whole number of the header; -1 where there is none."""
    word = field.decode("latin-1").strip(" \0")
    return int(word) if re.fullmatch(r"[0-9]{1,8}", word) else -1


def _channel(signal: Any) -> Channel:
    """Name, unit and calibration of a channel."""
    fault = ""
    low, high = float(signal.physical_min), float(signal.physical_max)
    least, most = int(signal.digital_min), int(signal.digital_max)
    if not (math.isfinite(low) and math.isfinite(high)) or low == high or least >= most:
        fault = "it states no range, so it is not calibrated in mV; export it again with its calibration"
    return Channel(str(signal.label), str(signal.physical_dimension) or None, fault)


def _rate(signal: Any, path: Path) -> float:
    with reading(path, "EDF file"):
        rate = float(signal.sampling_frequency)
    return round(rate, 6)


def _best_rate(rates: list[float], names: tuple[str, ...]) -> float:
    """The rate of lead II where it is there, else the one that most channels have, the highest of several."""
    for wanted in ("II", "MLII"):
        if wanted in names:
            return rates[names.index(wanted)]
    return max(set(rates), key=lambda rate: (rates.count(rate), rate))


def _millivolts(signal: Any, factor: float) -> NDArray[np.float32]:
    return (np.asarray(signal.data, dtype=np.float64) * factor).astype(np.float32)
