"""Which rhythm group a recording belongs to, read before its signals are fetched.

A group is one of the grouping ``four``, or the code of a sinus rhythm whose rate the source does not grade. A recording
whose labels name two groups, or a rhythm outside them, belongs to none: a balanced sample should hold clear cases.
"""

import ast
import csv
import io
import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ecgteach.rhythms import Rhythm, grouping, rhythms, vocabulary

from .catalogue import Labels
from .errors import Damaged, quoted

LONGEST_CELL = 5_000
"""Letters of a cell that holds a mapping, at most; the longest published one has some 250."""


@dataclass(frozen=True)
class Candidate:
    """A recording that could be fetched: its name, its person, its group if known, its files' paths without ending."""

    id: str
    patient: str
    group: str | None
    stems: tuple[str, ...]


def groups() -> tuple[str, ...]:
    """Every group over which a sample is balanced, in a fixed order."""
    four = grouping("four")
    ungraded = (rhythm.code for rhythm in rhythms().values() if rhythm.sinus and four.group_of(rhythm) is None)
    return (*four.classes, *ungraded)


def group_of(said: Iterable[Rhythm]) -> str | None:
    """The one group of a recording's rhythms, or None where there are none, or several.

    >>> from ecgteach.rhythms import rhythm
    >>> group_of([rhythm("AFL")]), group_of([rhythm("SINUS")]), group_of([rhythm("SR"), rhythm("AFIB")])
    ('AFIB', 'SINUS', None)
    """
    found = set()
    for rhythm in said:
        group = grouping("four").group_of(rhythm)
        found.add(group.code if group else rhythm.code if rhythm.sinus else None)
    return found.pop() if len(found) == 1 else None


def from_table(labels: Labels, text: bytes, same_person: Mapping[str, str], where: str) -> list[Candidate]:
    """Recordings of a data set's table, each with its group.

    Raises
    ------
    Damaged
        When the table has not the columns that the catalogue names.
    """
    lines = io.StringIO(text.decode("utf-8-sig", "replace"), newline="")
    try:
        rows = csv.DictReader(lines, fieldnames=labels.columns or None)
        return [
            Candidate(
                row[labels.id].strip(),
                _person(row, labels, same_person),
                group_of(_rhythms(labels, row[labels.column])),
                tuple(
                    stem.format_map({name: str(value).strip() for name, value in row.items()}) for stem in labels.stems
                ),
            )
            for row in rows
        ]
    except (KeyError, AttributeError, ValueError, TypeError, SyntaxError, RecursionError, csv.Error) as problem:
        column = f"no {quoted(problem.args[0])}" if isinstance(problem, KeyError) else quoted(problem)
        raise Damaged(
            f"{where} is not the table that the catalogue describes ({column}). Fetch the whole set instead, "
            "without --subset, or the version that the catalogue names."
        ) from problem


def from_header(labels: Labels, stem: str, text: bytes) -> Candidate:
    """A recording by its header's line ``#Dx:``; each is taken as another person, since headers do not say."""
    id = stem.rpartition("/")[2]  # noqa: A001 - the field's word
    said = re.findall(r"^#[ \t]*Dx:(.*)$", text.decode("latin-1"), flags=re.MULTILINE)
    known = vocabulary(labels.vocabulary)
    codes = [code.strip() for line in said for code in line.split(",")]
    return Candidate(id, id, group_of(known[code] for code in codes if code in known), (stem,))


def unlabelled(stem: str, patient_pattern: str, same_person: Mapping[str, str]) -> Candidate:
    """A recording of which nothing is known before its signals but, perhaps, whose it is."""
    id = stem.rpartition("/")[2]  # noqa: A001 - the field's word
    found = re.search(patient_pattern, stem) if patient_pattern else None
    return Candidate(id, found[1] if found else same_person.get(id, id), None, (stem,))


def _person(row: Mapping[str, str], labels: Labels, same_person: Mapping[str, str]) -> str:
    id = row[labels.id].strip()  # noqa: A001 - the field's word
    return row[labels.patient].strip() if labels.patient else same_person.get(id, id)


def _rhythms(labels: Labels, said: str) -> set[Rhythm]:
    """Rhythms that a cell of the table names, by the source's own vocabulary."""
    known = vocabulary(labels.vocabulary)
    if labels.form == "mapping":
        if len(said) > LONGEST_CELL:
            raise ValueError(f"a cell of {len(said):,} letters, where a few words should be")
        with warnings.catch_warnings():
            # Python warns of odd escapes in what it reads; nobody here wrote them.
            warnings.simplefilter("ignore")
            words: Iterable[str] = ast.literal_eval(said)
    elif labels.form == "lines":
        words = [line.strip().rstrip(".") for line in said.splitlines()]
    else:
        words = [said.strip()]
    return {known[word] for word in words if word in known}
