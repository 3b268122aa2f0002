"""A stand-in for Chapman: one simulated 12-lead recording for each row of its table, in both of its layouts.

It lets an experiment run at full size without a download, and gives the readers something to read. Rhythm, rate, QRS,
QT and axis are those of the row; everything else is drawn. It is no copy of anybody's recording, and says so in every
header, in the names of the CSV files and in a README beside them.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecgteach.errors import InvalidValue
from ecgteach.records.chapman import SIMULATED_MARK
from ecgteach.records.record import Record
from ecgteach.simulator.hearts import HEARTS
from ecgteach.simulator.leads import LEADS
from ecgteach.simulator.making import FIRST_DEGREE, LEAST_AFTER_P, simulate_many
from ecgteach.simulator.modifiers import BIDING
from ecgteach.simulator.people import Patient, hearts, patients
from ecgteach.simulator.wfdb_out import header_lines

LAYOUTS = ("figshare", "wfdb")
FIGSHARE = "chapman-figshare"
WFDB = Path("ecg-arrhythmia", "1.0.0")
CHUNK = 32
MICROVOLTS = 1000.0
MATLAB_INT16 = 30
README = """# Simulated, not Chapman

{n} recordings made by ecgteach's simulator as a stand-in for Chapman-Shaoxing (Zheng et al., Sci Data 7:48, 2020,
doi 10.1038/s41597-020-0386-x), in its layout. Rhythm, age, sex, rate, QRS, QT and axis are those of the rows of its
table (CC BY 4.0); no signal was taken from it. Seed {seed}.
"""


def write_stand_in(
    folder: Path,
    *,
    seed: int,
    layouts: Sequence[str] = LAYOUTS,
    rows: Sequence[int] | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write the stand-in below a folder, as ``chapman-figshare/`` and ``ecg-arrhythmia/1.0.0/``.

    Parameters
    ----------
    folder : path
        Where the data sets' folders go.
    seed : int
        Decides everything that the table does not say.
    layouts : sequence of {"figshare", "wfdb"}
        Which of the two.
    rows : sequence of int, optional
        Rows of the table, from 1; without it all 10,646.
    progress : callable, optional
        Called with the number of recordings written so far.

    Returns
    -------
    int
        How many recordings were written.

    Raises
    ------
    InvalidValue
        When a row or layout does not exist.
    """
    numbers = list(rows) if rows is not None else list(range(1, len(patients()) + 1))
    if not numbers or not all(1 <= number <= len(patients()) for number in numbers):
        raise InvalidValue(f"the table has rows 1 to {len(patients()):,}; {[*numbers][:3]} ... are not all among them")
    if unknown := set(layouts) - set(LAYOUTS):
        raise InvalidValue(f"there are the layouts figshare and wfdb, not {', '.join(sorted(unknown))}")
    written = 0
    for number, record in stand_in_records(numbers, seed):
        if "figshare" in layouts:
            _write_csv(record, folder / FIGSHARE, number)
        if "wfdb" in layouts:
            _write_mat(record, folder / WFDB, number)
        written += 1
        if progress:
            progress(written)
    text = README.format(n=written, seed=seed)
    if "figshare" in layouts:
        _write_table(folder / FIGSHARE, numbers)
        (folder / FIGSHARE / SIMULATED_MARK).write_text(text, encoding="utf-8")
    if "wfdb" in layouts:
        parts = sorted({f"{_place(number).as_posix()}/" for number in numbers})
        (folder / WFDB / "RECORDS").write_text("".join(f"{part}\n" for part in parts), encoding="utf-8")
        (folder / WFDB / SIMULATED_MARK).write_text(text, encoding="utf-8")
    return written


def stand_in_records(numbers: Sequence[int], seed: int) -> Iterator[tuple[int, Record]]:
    """Rows of the table and a recording for each, a few dozen at a time."""
    for first in range(0, len(numbers), CHUNK):
        for number in numbers[first : first + CHUNK]:
            patient = patients()[number - 1]
            batch = simulate_many(
                [patient.rhythm], seeds=[(seed, number)], patients=[patient], leads=LEADS, **_findings(patient)
            )
            yield number, batch[0]


def _findings(patient: Patient) -> dict[str, Any]:
    """What the row says beyond its rhythm, as far as that rhythm can have it."""
    words = patient.findings.split()
    conducted = HEARTS[patient.rhythm].conducted
    limits = hearts()[patient.rhythm]
    rr = 60.0 / min(max(patient.rate, limits.low), limits.high)
    found: dict[str, Any] = {}
    if "APB" in words and conducted and rr > 0.45:
        found["pacs"] = 1
    if "VPB" in words and patient.rhythm not in BIDING and rr > 0.45 and patient.rhythm not in ("AVNRT", "AVRT", "SVT"):
        found["pvcs"] = 1
    if "1AVB" in words and conducted and rr - LEAST_AFTER_P > FIRST_DEGREE[0] + 0.02:
        found["first_degree"] = True
    if "LBBB" in words or "RBBB" in words:
        found["bundle_branch"] = "left" if "LBBB" in words else "right"
    if "LVQRSLL" in words:
        found["r"] = 0.35
    return found


def _write_csv(record: Record, folder: Path, number: int) -> None:
    """Twelve columns in µV under a line of lead names; the denoised form is the clean signal and has no such line."""
    assert record.truth is not None
    for name, signals, header in (
        ("ECGData", record.signals, ",".join(record.lead_names) + "\n"),
        ("ECGDataDenoised", record.truth.clean, ""),
    ):
        path = folder / name / f"{_figshare_name(number)}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        table = _microvolts(signals).T
        line = ",".join(["%d"] * table.shape[1]) + "\n"
        path.write_text(header + line * len(table) % tuple(table.ravel().tolist()), encoding="ascii")


def _write_table(folder: Path, numbers: Sequence[int]) -> None:
    import pandas as pd

    chosen = [(number, patients()[number - 1]) for number in numbers]
    pd.DataFrame(
        {
            "FileName": [_figshare_name(number) for number, _ in chosen],
            "Rhythm": ["AF" if patient.rhythm == "AFL" else patient.rhythm for _, patient in chosen],
            "Beat": [patient.findings or "NONE" for _, patient in chosen],
            "PatientAge": [patient.age for _, patient in chosen],
            "Gender": ["MALE" if patient.sex == "M" else "FEMALE" for _, patient in chosen],
            "VentricularRate": [patient.rate for _, patient in chosen],
            "QRSDuration": [patient.qrs for _, patient in chosen],
            "QTInterval": [patient.qt for _, patient in chosen],
            "RAxis": [patient.axis for _, patient in chosen],
        }
    ).to_excel(folder / "Diagnostics.xlsx", index=False)


def _write_mat(record: Record, folder: Path, number: int) -> None:
    """One MATLAB 4 matrix of 16-bit µV with its WFDB header, as the PhysioNet form has it."""
    name = f"JS{number:05d}"
    place = folder / _place(number)
    place.mkdir(parents=True, exist_ok=True)
    samples = _microvolts(record.signals)
    matrix = np.array([MATLAB_INT16, *samples.shape, 0, 4], dtype="<i4").tobytes() + b"val\x00"
    (place / f"{name}.mat").write_bytes(matrix + samples.T.astype("<i2").tobytes())
    lines = [f"{name} {len(samples)} {record.sampling_rate:g} {samples.shape[1]}"]
    for lead, values in zip(record.lead_names, samples, strict=True):
        checksum = (int(values.astype(np.int64).sum()) + 32768) % 65536 - 32768
        lines.append(f"{name}.mat 16+24 1000/mV 16 0 {values[0]} {checksum} 0 {lead}")
    lines += [f"#{line}" for line in header_lines(record)]
    (place / f"{name}.hea").write_text("\n".join(lines) + "\n", encoding="ascii")


def _microvolts(signals: NDArray[np.float32]) -> NDArray[np.int64]:
    return np.clip(np.round(signals * MICROVOLTS), -32767, 32767).astype(np.int64)


def _place(number: int) -> Path:
    """Folder of a recording: a hundred records in each of ten folders, as in the published form."""
    return Path("WFDBRecords", f"{(number - 1) // 1000 + 1:02d}", f"{(number - 1) // 100 + 1:03d}")


def _figshare_name(number: int) -> str:
    return f"SIMULATED_{number:05d}"
