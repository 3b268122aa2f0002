"""Simulated recordings as WFDB files, with annotations that other tools read and the truth beside them.

``NAME.hea`` and ``NAME.dat`` hold the leads (16 bit, 1 µV), ``NAME.atr`` beats and rhythm in the MIT-BIH codes,
``NAME.pqt`` the onset, peak and offset of each P, QRS and T, written as LUDB and QTDB do. ``NAME.truth.json`` and
``NAME.noise.npz`` hold the rest, so that `read_simulated` gives back what `simulate` gave.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..arguments import checked
from ..errors import InvalidValue, UnreadableFile
from ..records.record import Record
from ..records.wfdb_files import read_signals, without_suffix
from ..rhythms import Rhythm, vocabulary
from ..truth import Truth, Wave
from .activation import Activation
from .ground_truth import record_of
from .making import simulate
from .people import Person
from .shapes import Shape

BEAT_SYMBOLS = {
    "narrow": "N",
    "LBBB": "L",
    "RBBB": "R",
    "PVC": "V",
    "VT": "V",
    "escape": "E",
    "fusion": "F",
    "paced": "/",
    "aberrant": "a",
    "pre-excited": "N",
}
BLOCKED_P = "x"
WAVE_SYMBOLS = {"P": "p", "QRS": "N", "T": "t"}
RHYTHM_NOTES = {
    "SR": "N",
    "ST": "N",
    "SA": "N",
    "SB": "SBR",
    "AVNRT": "SVTA",
    "AVRT": "SVTA",
    "SVT": "SVTA",
    "AVB2": "BII",
}
"""Rhythm annotations as the MIT-BIH database writes them; other rhythms stand with their own code."""

COLUMNS = ("kinds", "onsets", "offsets", "beats", "forms", "sizes")


@checked
def write_record(record: Record, folder: Path, *, truth: bool = True) -> Path:
    """Write a simulated recording and its annotations.

    Parameters
    ----------
    record : Record
        With its truth.
    folder : path
        Made if it is not there.
    truth : bool
        Whether the files for `read_simulated` are written too.

    Returns
    -------
    path
        The recording, without an ending.
    """
    import wfdb

    known = _truth(record)
    folder.mkdir(parents=True, exist_ok=True)
    name = _file_name(record.id)
    wfdb.wrsamp(
        name,
        fs=record.sampling_rate,
        units=["mV"] * len(record.lead_names),
        sig_name=list(record.lead_names),
        d_signal=np.round(record.signals.T * 1000.0).clip(-32767, 32767).astype(np.int16),
        fmt=["16"] * len(record.lead_names),
        adc_gain=[1000.0] * len(record.lead_names),
        baseline=[0] * len(record.lead_names),
        comments=list(header_lines(record)),
        write_dir=str(folder),
    )
    _write_beats(record, known, name, folder)
    _write_waves(record, known, name, folder)
    if truth:
        arrays: dict[str, Any] = dict(known.noise)
        np.savez_compressed(folder / f"{name}.noise.npz", **arrays)
        (folder / f"{name}.truth.json").write_text(json.dumps(_as_json(record, known), indent=1), encoding="utf-8")
    return folder / name


@checked
def write_records(
    rhythm: str,
    n: int,
    *,
    seed: int,
    out: Path,
    progress: Callable[[int], None] | None = None,
    **settings: Any,
) -> list[Path]:
    """Simulate recordings of one rhythm and write them, one after the other, with a file ``RECORDS`` that names them.

    Parameters
    ----------
    rhythm, n, seed, **settings
        As in `simulate_many`; record i is ``simulate(rhythm, seed=(seed, i))``.
    out : path
        Folder; made if it is not there.
    progress : callable, optional
        Called with the number of recordings written so far.

    Raises
    ------
    UnknownName, InvalidValue
        As in `simulate`.
    """
    if n < 1:
        raise InvalidValue(f"n is the number of recordings, 1 or more, not {n}")
    written = []
    for number in range(n):
        written.append(write_record(simulate(rhythm, seed=(seed, number), **settings), out))
        if progress:
            progress(len(written))
    names = [path.name for path in written]
    listed = out / "RECORDS"
    before = listed.read_text(encoding="utf-8").split() if listed.is_file() else []
    listed.write_text("".join(f"{name}\n" for name in dict.fromkeys([*before, *names])), encoding="utf-8")
    return written


@checked
def read_simulated(path: str | Path) -> Record:
    """A recording that `write_record` wrote, with its truth.

    Raises
    ------
    UnreadableFile
        When one of its files is missing or broken.
    """
    stem = without_suffix(path)
    held = read_signals(stem)
    try:
        written = json.loads((stem.parent / f"{stem.name}.truth.json").read_text(encoding="utf-8"))
        with np.load(stem.parent / f"{stem.name}.noise.npz", allow_pickle=False) as archive:
            noise = {ingredient: archive[ingredient] for ingredient in archive.files}
        activation = _as_activation(written["score"])
        strengths, key, name = written["noise"], tuple(written["seed"]), written["id"]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise UnreadableFile(
            f"{stem}: its truth cannot be read ({problem}); simulate it again with its seed"
        ) from problem
    return record_of(
        activation, held.signals, noise, held.lead_names, held.sampling_rate, id=name, strengths=strengths, key=key
    )


def snomed_code(rhythm: Rhythm) -> str:
    """SNOMED CT code of a rhythm; empty where our table has none."""
    return next((code for code, known in vocabulary("snomed").items() if known == rhythm), "")


def header_lines(record: Record) -> tuple[str, ...]:
    """Comment lines of a header: age, sex, diagnosis in SNOMED CT, and that it is simulated."""
    known = _truth(record)
    assert isinstance(known.made, Activation)
    person = known.made.person
    code = snomed_code(known.rhythm)
    return (
        f"Age: {person.age}",
        f"Sex: {'Male' if person.sex == 'M' else 'Female'}",
        *((f"Dx: {code}",) if code else ()),
        f"Rhythm: {known.rhythm.code} ({known.kind})",
        f"Source: simulated by ecgteach, no person's recording (seed {known.notes['seed']})",
    )


def _write_beats(record: Record, known: Truth, name: str, folder: Path) -> None:
    import wfdb

    code = known.rhythm.code
    marks = [(0, "+", f"({RHYTHM_NOTES.get(code, code)}")]
    if record.annotations:
        runs = [mark for mark in record.annotations if mark.kind == "rhythm" and mark.rhythm]
        marks = [
            (round(mark.start * record.sampling_rate), "+", f"({RHYTHM_NOTES.get(mark.symbol, mark.symbol)}")
            for mark in runs
        ]
    premature = {wave.beat for wave in known.waves if wave.shape == "premature"}
    for wave in known.of("QRS"):
        moment = round(wave.peak * record.sampling_rate)
        if 0 <= moment < record.signals.shape[1]:
            marks.append((moment, _symbol(wave, premature, code), ""))
    for wave in known.of("P"):
        moment = round(wave.peak * record.sampling_rate)
        if wave.shape == "premature" and wave.beat is None and 0 <= moment < record.signals.shape[1]:
            marks.append((moment, BLOCKED_P, ""))
    marks.sort(key=lambda mark: mark[0])
    wfdb.wrann(
        name,
        "atr",
        np.array([mark[0] for mark in marks]),
        [mark[1] for mark in marks],
        aux_note=[mark[2] for mark in marks],
        fs=record.sampling_rate,
        write_dir=str(folder),
    )


def _symbol(wave: Wave, premature: set[int | None], code: str) -> str:
    form = wave.shape.partition(" ")[0]
    if form == "narrow" and code in ("NOD", "JT"):
        return "J"
    return "A" if wave.beat in premature and form != "aberrant" else BEAT_SYMBOLS[form]


def _write_waves(record: Record, known: Truth, name: str, folder: Path) -> None:
    import wfdb

    marks = []
    for wave in known.of(*WAVE_SYMBOLS):
        for seconds, symbol in ((wave.onset, "("), (wave.peak, WAVE_SYMBOLS[wave.kind]), (wave.offset, ")")):
            moment = round(seconds * record.sampling_rate)
            if 0 <= moment < record.signals.shape[1]:
                marks.append((moment, symbol))
    marks.sort(key=lambda mark: mark[0])
    if marks:
        samples, symbols = zip(*marks, strict=True)
        wfdb.wrann(name, "pqt", np.array(samples), list(symbols), fs=record.sampling_rate, write_dir=str(folder))


def _as_json(record: Record, known: Truth) -> dict[str, Any]:
    activation = known.made
    assert isinstance(activation, Activation)
    return {
        "source": "simulated by ecgteach",
        "id": record.id,
        "rhythm": known.rhythm.code,
        "kind": known.kind,
        "rr": known.rr.tolist(),
        "waves": [asdict(wave) for wave in known.waves],
        "evidence": [asdict(entry) for entry in known.evidence],
        "noise": known.notes["noise"],
        "seed": known.notes["seed"],
        "score": {
            "rhythm": activation.rhythm,
            "kind": activation.kind,
            "person": asdict(activation.person),
            "shapes": {shape.name: shape.pulses.tolist() for shape in activation.shapes},
            "notes": activation.notes,
            **{name: getattr(activation, name).tolist() for name in COLUMNS},
        },
    }


def _as_activation(written: dict[str, Any]) -> Activation:
    shapes = (Shape(name, np.array(pulses, dtype=np.float64)) for name, pulses in written["shapes"].items())
    return Activation(
        written["rhythm"],
        written["kind"],
        Person(**written["person"]),
        tuple(shapes),
        kinds=np.array(written["kinds"], dtype=np.int64),
        onsets=np.array(written["onsets"], dtype=np.float64),
        offsets=np.array(written["offsets"], dtype=np.float64),
        beats=np.array(written["beats"], dtype=np.int64),
        forms=np.array(written["forms"], dtype=np.int64),
        sizes=np.array(written["sizes"], dtype=np.float64).reshape(-1, 3),
        notes={name: tuple(value) if isinstance(value, list) else value for name, value in written["notes"].items()},
    )


def _truth(record: Record) -> Truth:
    if record.truth is None:
        raise InvalidValue(f"record {record.name} is not simulated; only simulated records are written here")
    return record.truth


def _file_name(name: str) -> str:
    """A record's name as WFDB allows it in a file name: letters, digits, hyphen and underscore."""
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name)
