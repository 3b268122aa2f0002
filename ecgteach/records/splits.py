"""Which recording is for training, which for validation, which for the test that is looked at once.

``splits.csv`` is committed and never redrawn. A recording that it does not list gets its part by a fixed hash of source
and patient (or recording), so that a full download falls into the same parts on every machine. Recordings that appear
twice under different names share one key (`twin_of`), and so one part.
"""

import csv
import hashlib
import re
from functools import cache
from importlib import resources
from pathlib import Path

from ..errors import UnreadableFile
from ..paths import find
from ..sources import SOURCES
from .tables import read_index

PARTS = ("train", "validation", "test")
SHARES = (0.70, 0.15, 0.15)

SAME_RECORDING = {
    ("ptb-xl", "144"): ("ptb-xl", "143"),
    ("ptb-xl", "460"): ("ptb-xl", "459"),
    ("challenge-2021", "E07510"): ("challenge-2021", "E07509"),
}
"""Pairs that the data sets' own notes name as one recording under two numbers."""

SIMULATED = "simulated"


def twin_of(source: str, id: str) -> tuple[str, str]:  # noqa: A002 - the field's word, as in Record
    """Source and id under which a recording is known in the split, whatever set it was met in.

    ``HRnnnnn`` of the 2021 challenge is PTB-XL's recording n; ``JSnnnnn`` is the same in every set that holds it, but
    for the simulator's stand-in, which only borrows the names.

    >>> twin_of("challenge-2021", "HR00010")
    ('ptb-xl', '10')
    """
    if source == SIMULATED:
        return source, id
    if found := re.fullmatch(r"HR0*(\d+)", id):
        source, id = "ptb-xl", found[1]  # noqa: A001
    elif re.fullmatch(r"JS\d{5}", id):
        source = "chapman"
    return SAME_RECORDING.get((source, id), (source, id))


def part_of(source: str, id: str, patient: str = "") -> str:  # noqa: A002
    """Part of one recording: ``"train"``, ``"validation"`` or ``"test"``.

    Parameters
    ----------
    source, id : str
        Name of the data set and of the recording in it.
    patient : str, optional
        The person, where the source names persons: all recordings of one person share a part. A recording of PTB-XL
        that was met in another set names none; it is looked up in PTB-XL's own table, where `places.find` finds one.
        Without that table an unlisted one gets its part by its number, which need not be its person's part.

    Raises
    ------
    UnreadableFile
        When PTB-XL's table is there and broken.
    """
    key = twin_of(source, id)
    by_recording, by_patient = _listed()
    if key in by_recording:
        return by_recording[key]
    person = patient or _person(key)
    if person and (key[0], person) in by_patient:
        return by_patient[key[0], person]
    known = SOURCES[key[0]].same_person if key[0] in SOURCES else {}
    return part_by_hash(key[0], person or known.get(key[1], key[1]))


def is_listed(source: str, id: str) -> bool:  # noqa: A002
    """True when the committed split knows this recording (or its twin)."""
    return twin_of(source, id) in _listed()[0]


def is_known(source: str, id: str, patient: str = "") -> bool:  # noqa: A002
    """True when the committed split knows this recording (or its twin), or another one of the same person."""
    key = twin_of(source, id)
    return is_listed(source, id) or (key[0], patient or _person(key)) in _listed()[1]


def part_by_hash(source: str, who: str) -> str:
    """Part that the fixed hash gives to a patient (or a recording): 70 % train, 15 % validation, 15 % test."""
    digest = hashlib.sha256(f"{source}/{who}".encode()).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    if share < SHARES[0]:
        return "train"
    return "validation" if share < SHARES[0] + SHARES[1] else "test"


def digest() -> str:
    """SHA-256 of the committed split, as the model cards carry it."""
    return hashlib.sha256(_table().encode()).hexdigest()


def _person(key: tuple[str, str]) -> str:
    """The person of a recording that came without one, by PTB-XL's table; empty where that does not tell."""
    if key[0] != "ptb-xl":
        return ""
    try:
        table = find("ptb-xl") / "ptbxl_database.csv"
    except UnreadableFile:
        return ""
    return _persons(table).get(key[1], "") if table.is_file() else ""


@cache
def _persons(table: Path) -> dict[str, str]:
    return {row["ecg_id"]: row["patient_id"].split(".")[0] for row in read_index(table, ("ecg_id", "patient_id"))}


@cache
def _table() -> str:
    return resources.files(__package__).joinpath("splits.csv").read_text(encoding="utf-8")


@cache
def _listed() -> tuple[dict[tuple[str, str], str], dict[tuple[str, str], str]]:
    rows = list(csv.DictReader(_table().splitlines()))
    by_recording = {(row["source"], row["id"]): row["part"] for row in rows}
    by_patient = {(row["source"], row["patient"]): row["part"] for row in rows if row["patient"]}
    return by_recording, by_patient
