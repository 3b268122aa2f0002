"""Recordings in plain tables: text (CSV and its kin) and NumPy arrays; what is found is told, what is unsure, asked."""

from pathlib import Path

import numpy as np

from ..errors import InvalidValue, UnreadableFile
from .array_files import RATES, UNITS, read_array
from .channels import Channel, leads_among
from .files import regular, shown
from .record import Record
from .table_layout import Layout, read_layout

ARRAYS = (".npy", ".npz")


def read_table(
    path: str | Path,
    *,
    sampling_rate: float | None = None,
    unit: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    source: str = "",
) -> Record:
    """A recording from a text of numbers (``.csv``, ``.tsv``, ``.txt``) or from a ``.npy`` or ``.npz`` file.

    A text holds one column a lead, or one line a lead. An array has the shape (samples,) or (leads, samples). What the
    file says of its rate and unit, in a time column or in lines above the numbers, is used, and must not be
    contradicted. How the text was read stands in the record's notes.

    Parameters
    ----------
    path : path
        The file.
    sampling_rate : float, optional
        In Hz, where the file does not say it.
    unit : {"mV", "uV", "V"}, optional
        Unit of the numbers, where the file does not say it.
    delimiter, decimal : str, optional
        What stands between the cells, and the decimal sign, where the text leaves it open.

    Raises
    ------
    UnreadableFile
        When the file is missing or holds no numbers.
    InvalidValue
        When rate or unit are needed and not stated, or contradict the file, or the text can be read in two ways.
    """
    path = Path(path)
    regular(path)
    source = source or path.suffix[1:].lower()
    if path.suffix.lower() in ARRAYS:
        return _from_array(path, sampling_rate, unit, source)
    layout = read_layout(path, delimiter=delimiter, decimal=decimal)
    rate = _rate(layout, sampling_rate, path)
    if rate is None or (unit is None and not any(channel.unit for channel in layout.channels)):
        raise InvalidValue(_lacking(path, rate, unit, layout))
    what = f"the recording {shown(path.name)}"
    leads = leads_among(layout.channels, unit, what)
    with np.errstate(over="ignore", invalid="ignore"):
        signals = (layout.signals[list(leads.rows)] * leads.factors[:, None]).astype(np.float32)
    return Record(
        signals,
        leads.names,
        rate,
        id=shown(path.stem),
        source=source,
        notes=(*layout.notes, *leads.notes),
        left_out=leads.left_out | layout.left_out,
    )


def _from_array(path: Path, sampling_rate: float | None, unit: str | None, source: str) -> Record:
    array, stated = read_array(path)
    said_rate = next((stated[name] for name in RATES if name in stated), None)
    said_unit = next((str(stated[name]) for name in UNITS if name in stated), None)
    if said_rate is not None and not isinstance(said_rate, (int, float)):
        raise UnreadableFile(f"{shown(path)} states a sampling rate that is no number; write it anew")
    rate = sampling_rate if said_rate is None else float(said_rate)
    if said_rate is not None and sampling_rate is not None and sampling_rate != rate:
        raise InvalidValue(contradiction(path, float(said_rate), sampling_rate))
    if rate is None or (unit is None and said_unit is None):
        raise InvalidValue(_lacking(path, rate, unit or said_unit, None))
    signals = np.atleast_2d(array).astype(np.float64)
    if signals.shape[0] > signals.shape[1]:
        raise InvalidValue(
            f"{shown(path.name)} has the shape {signals.shape}, more leads than samples; "
            "turn it round: (leads, samples)"
        )
    leads = leads_among([Channel("", said_unit)] * signals.shape[0], unit, f"the recording {shown(path.name)}")
    with np.errstate(over="ignore", invalid="ignore"):
        millivolts = (signals * leads.factors[:, None]).astype(np.float32)
    return Record(millivolts, leads.names, rate, id=shown(path.stem), source=source)


def contradiction(path: Path, rate: float, said: float, where: str = "by its own header") -> str:
    """The sentence for a rate that is not the file's own."""
    return f"{shown(path)} has {rate:g} Hz {where}, not {said:g} Hz; leave sampling_rate= (--rate) out"


def _rate(layout: Layout, said: float | None, path: Path) -> float | None:
    """The rate that the file or the user states; both must be the same.

    Raises
    ------
    InvalidValue
        When they differ, or the file states several.
    """
    stated = dict(layout.rates)
    if len(stated) > 1:
        (one, here), (other, there), *_ = stated.items()
        raise InvalidValue(
            f"{shown(path)} has {one:g} Hz {here} and {other:g} Hz {there}; correct one of them, or leave it out"
        )
    for rate, where in layout.rates:
        if said is not None and abs(said - rate) > 1e-4 * rate:
            raise InvalidValue(contradiction(path, rate, said, where))
        return rate
    if (
        said is not None
        and layout.possible_rates
        and not any(abs(said - rate) <= 1e-3 * rate for rate in layout.possible_rates)
    ):
        listed = " or ".join(f"{rate:g} Hz" for rate in layout.possible_rates)
        raise InvalidValue(
            f"{shown(path)} has a time column that says {listed}, not {said:g} Hz; state one of these, or leave the "
            "column out of the file"
        )
    return said


def _lacking(path: Path, rate: float | None, unit: str | None, layout: Layout | None) -> str:
    """What has to be stated, with the call that does it, and a rate that the file seems to give."""
    lacking = [
        *(["sampling_rate (Hz)"] if rate is None else []),
        *(["unit (mV or uV)"] if unit is None and not (layout and any(c.unit for c in layout.channels)) else []),
    ]
    hints = (layout.possible_rates or layout.unsure_rates) if layout and rate is None else ()
    seems = f" It seems to be {' or '.join(f'{hint:g}' for hint in hints)} Hz." if hints else ""
    return (
        f"{shown(path.name)} does not say its {' and '.join(lacking)}; "
        f"state it (on the command line: --rate, --unit).{seems}"
    )
