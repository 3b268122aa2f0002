"""Results as a table for a teacher: one row an item, no name, no date; written, and read again."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..arguments import checked
from ..errors import InvalidValue, UnreadableFile, choices
from ..paths import write_whole
from .banks import text_of
from .features import FEATURES
from .scores import Change, ItemScore

VERSION = "ecgteach reading 1"

COLUMNS = (
    "format", "seed", "participant", "arm", "item", "contrast", *FEATURES, "marks", "answer", "confidence", "right",
    "network", "network_right", "map_shown", "map_looks_right", "after_answers", "after_map", "final", "final_right",
    "followed",
)  # fmt: skip
"""Column names; right is 1, wrong 0, and what was not judged is empty. Participants are numbers, never names."""


@dataclass(frozen=True)
class Row:
    """One item of one participant, as the table holds it.

    Parameters
    ----------
    participant : int
        A number; 0 outside a study.
    arm : str
        Arm of the study; empty outside one.
    item : int
        Its place in the sitting, from 1.
    right, network_right, final_right, followed, map_shown : bool or None
        As in `ItemScore`.
    """

    participant: int
    arm: str
    item: int
    right: bool | None
    network_right: bool | None
    final_right: bool | None
    followed: bool | None
    map_shown: bool


def results_table(scores: Sequence[ItemScore], *, seed: int = 0, participant: int = 0, arm: str = "") -> str:
    """The scores of a sitting as CSV.

    Parameters
    ----------
    scores : sequence of ItemScore
        Of the finished rounds, in order.
    seed : int
        Of the sitting: the same seed means the same items.
    participant : int
        A number that says nothing of who it is.
    arm : str
        Arm of a study.
    """
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow(COLUMNS)
    for number, score in enumerate(scores, 1):
        row = {
            "format": VERSION,
            "seed": seed,
            "participant": participant,
            "arm": arm,
            "item": number,
            "contrast": score.contrast,
            **{name: _cell(score.features.get(name)) for name in FEATURES},
            "marks": "" if score.marks.score is None else f"{score.marks.score:.3f}",
            "answer": score.answer,
            "confidence": f"{score.confidence:.2f}",
            "right": _cell(score.right),
            "network": score.network,
            "network_right": _cell(score.network_right),
            "map_shown": _cell(score.with_map),
            "map_looks_right": _cell(score.looks_right),
            "after_answers": _change(score.after_answers),
            "after_map": _change(score.after_map),
            "final": score.final,
            "final_right": _cell(score.final_right),
            "followed": _cell(score.followed),
        }
        table.writerow([row[name] for name in COLUMNS])
    return written.getvalue()


def _cell(held: bool | None) -> str:
    return "" if held is None else str(int(held))


def _change(change: Change | None) -> str:
    if change is None:
        return ""
    before, after, switched = change
    return f"{'right' if before else 'wrong'} to {'right' if after else 'wrong'}" if switched else "kept"


@checked
def save_results(path: str | Path, table: str) -> Path:
    """Write the table, whole or not at all."""
    return write_whole(path, table)


@checked
def read_results(paths: Sequence[str | Path]) -> tuple[Row, ...]:
    """Read the tables of a class.

    Parameters
    ----------
    paths : sequence of path
        One file a participant, or several participants in one file.

    Raises
    ------
    UnreadableFile
        When a file is missing, or no such table.
    InvalidValue
        When a cell holds what no such table holds, two files are of one participant, or there is nothing to read.
    """
    rows: list[Row] = []
    seen: dict[tuple[int, str], str] = {}
    for path in paths:
        name = Path(path).name
        own = _rows(text_of(Path(path).expanduser()), name)
        for row in own:
            key = (row.participant, row.arm)
            if row.participant and seen.setdefault(key, name) != name:
                raise InvalidValue(f"{name} and {seen[key]} are both of participant {row.participant}; leave one out")
        rows += own
    if not rows:
        raise InvalidValue("no result was found in these files; name those that ReadFirst has saved")
    return tuple(rows)


def _rows(text: str, name: str) -> list[Row]:
    sample = text.split("\n", 1)[0]
    delimiter = ";" if sample.count(";") > sample.count(",") else ","  # a spreadsheet may have saved it again
    table = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    missing = [column for column in COLUMNS if column not in (table.fieldnames or [])]
    if missing:
        raise UnreadableFile(
            f"{name} is no table of results: it lacks {choices(missing, 4)}; choose one that was saved here"
        )
    found = []
    for number, row in enumerate(table, 2):
        where = f"{name}, line {number}"
        if row["format"] != VERSION:
            raise InvalidValue(f"{where} is of the format {row['format']!r}; this version reads {VERSION!r}")
        found.append(
            Row(
                _whole(row, "participant", where),
                str(row["arm"] or ""),
                _whole(row, "item", where),
                _truth(row, "right", where),
                _truth(row, "network_right", where),
                _truth(row, "final_right", where),
                _truth(row, "followed", where),
                bool(_truth(row, "map_shown", where)),
            )
        )
    return found


def _whole(row: Mapping[str, str | None], column: str, where: str) -> int:
    held = (row[column] or "").strip()
    if not held.isascii() or not held.isdigit():
        raise InvalidValue(f"{where}: {column} is {held!r}; it should be a whole number")
    return int(held)


def _truth(row: Mapping[str, str | None], column: str, where: str) -> bool | None:
    held = (row[column] or "").strip()
    if held not in ("", "0", "1"):
        raise InvalidValue(f"{where}: {column} is {held!r}; it should be 1, 0 or empty")
    return bool(int(held)) if held else None
