"""Recordings in plain tables: CSV (one column a lead) and NumPy arrays, with rate and unit stated by the user."""

from pathlib import Path

import numpy as np

from ..errors import InvalidValue, UnreadableFile
from .record import Record, from_array


def read_table(
    path: str | Path, *, sampling_rate: float | None = None, unit: str | None = None, source: str = ""
) -> Record:
    """A recording from a ``.csv`` or ``.npy`` file.

    A CSV holds one column a lead; a first line of names is used as lead names. An array has the shape (samples,) or
    (leads, samples).

    Parameters
    ----------
    path : path
        The file.
    sampling_rate : float
        In Hz; a table does not say it, so the caller must.
    unit : {"mV", "uV", "V"}
        Unit of the numbers; the same.

    Raises
    ------
    UnreadableFile
        When the file is missing or holds no numbers.
    InvalidValue
        When rate or unit are not stated.
    """
    path = Path(path)
    if not path.is_file():
        raise UnreadableFile(f"{path} is missing")
    if sampling_rate is None or unit is None:
        lacking = " and ".join(
            word for word, given in (("sampling_rate (Hz)", sampling_rate), ("unit (mV or uV)", unit)) if given is None
        )
        raise InvalidValue(f"{path.name} does not say its {lacking}; state it (on the command line: --rate, --unit)")
    signals, names = _array(path) if path.suffix.lower() == ".npy" else _columns(path)
    return from_array(
        signals,
        sampling_rate=sampling_rate,
        unit=unit,
        lead_names=names,
        id=path.stem,
        source=source or path.suffix[1:].lower(),
    )


def _array(path: Path) -> tuple[np.ndarray, tuple[str, ...] | None]:
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as problem:
        raise UnreadableFile(f"{path} is no NumPy array ({problem})") from problem
    if array.ndim not in (1, 2) or array.size == 0 or array.dtype.kind not in "iuf":
        raise UnreadableFile(
            f"{path} holds {array.dtype} of the shape {array.shape}; "
            "needed: real numbers, (samples,) or (leads, samples)"
        )
    return array, None


def _columns(path: Path) -> tuple[np.ndarray, tuple[str, ...] | None]:
    import pandas as pd

    try:
        table = pd.read_csv(path, header=None, dtype=str, skipinitialspace=True)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, OSError) as problem:
        raise UnreadableFile(f"{path} is no table of numbers ({problem})") from problem
    first = pd.to_numeric(table.iloc[0], errors="coerce")
    named = bool(first.isna().all())
    names = tuple(str(name).strip() for name in table.iloc[0]) if named else None
    body = table.iloc[1:] if named else table
    numbers = body.apply(pd.to_numeric, errors="coerce")
    broken = numbers.isna() & body.notna() & ~body.isin(["nan", "NaN", "NA", ""])
    if broken.to_numpy().any():
        row, column = np.argwhere(broken.to_numpy())[0]
        raise UnreadableFile(
            f"{path}: line {row + 1 + named}, column {column + 1} holds {body.iat[row, column]!r}, no number"
        )
    if numbers.empty or numbers.isna().to_numpy().all():
        raise UnreadableFile(f"{path} holds no numbers")
    return numbers.to_numpy(dtype=np.float64).T, names
