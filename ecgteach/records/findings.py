"""What a source says of a recording besides its rhythm, in words: bundle branch block, premature beats, pacing.

The words stand in ``findings.csv``, one row a code of a source's vocabulary. They belong to an answer: whoever shows a
strip to be read shows its findings after it was read.
"""

import csv
from collections.abc import Iterable
from functools import cache
from importlib import resources

from ..rhythms import Finding, Rhythm

SEEN = "seen"
"""Vocabulary of what the authors saw on a strip and its source does not list."""


def in_words(labels: Iterable[Rhythm | Finding]) -> tuple[str, ...]:
    """The findings among labels, each once, in alphabetical order.

    A code without a row is told as it stands, with its vocabulary; a code that stands for "nothing found" is left out.

    >>> in_words({Finding("scp", "CLBBB"), Finding("scp", "NORM"), Finding("seen", "motion")})
    ('left bundle branch block', 'motion (seen by the authors)')
    """
    return tuple(sorted({words for label in labels if isinstance(label, Finding) and (words := _words(label))}))


def _words(finding: Finding) -> str:
    if finding.vocabulary == SEEN:
        return f"{finding.code} (seen by the authors)"
    name, _, place = finding.code.partition(": ")
    known = _table().get((finding.vocabulary, finding.code), _table().get((finding.vocabulary, name)))
    if known is None:
        return finding.code.lower() if " " in finding.code else f"{finding.code} ({finding.vocabulary})"
    return f"{known} ({place})" if place else known


@cache
def _table() -> dict[tuple[str, str], str]:
    text = resources.files(__package__).joinpath("findings.csv").read_text(encoding="utf-8")
    return {(row["vocabulary"], row["code"]): row["words"] for row in csv.DictReader(text.splitlines())}
