"""Strips in the group of their source's label, and a recipe's own split: what the study's experiment learns from."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np

from ...beats import find_beats
from ...errors import EcgteachError
from ...records import Dataset, Problem, chapman
from ...records.dataset import Entry
from ...records.splits import PARTS
from ...rhythms import grouping
from ..recipes import Recipe
from .strips import GroupedStrip


def labelled_strips(
    dataset: Dataset, left_out: Counter[str], report: Callable[[Problem], None] | None = None
) -> Iterator[GroupedStrip]:
    """The first ten seconds of lead II of every recording that our printed rule leaves, in the group of its label.

    Parameters
    ----------
    dataset : Dataset
        Chapman, or a part of it.
    left_out : Counter
        Counts what has no strip, by reason; what the rule drops by group, as `dropped` reads it.
    report : callable, optional
        Told of each recording that cannot be read or that the rule drops.
    """
    for record in dataset.records(report):
        group = grouping().group_of(record.rhythm) if record.rhythm else None
        if group is None or record.rhythm is None:
            left_out[f"off the list: {record.rhythm.code}" if record.rhythm else "no rhythm label"] += 1
        elif fault := chapman.fault_of(record):
            left_out[ruled_out(group.code)] += 1
            if report:
                report(Problem(record.name, f"our rule: {fault}"))
        else:
            try:
                strip = record.strip("II", 0.0, quality="any")
            except EcgteachError as problem:
                left_out["unreadable"] += 1
                if report:
                    report(Problem(record.name, str(problem)))
            else:
                yield GroupedStrip.of(record, strip, group.code, find_beats(strip).rate, record.rhythm)


def own_part(chosen: Recipe, source: str, entry: Entry) -> str:
    """Part of a recording in the recipe's own split, by a hash of seed, source and person (or recording).

    The part stays the same whichever other recordings are at hand; shares are met as closely as chance does.
    """
    digest = hashlib.sha256(f"{chosen.split_seed}/{source}/{entry.patient or entry.id}".encode()).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    return PARTS[int(np.searchsorted(np.cumsum(chosen.split[:-1]), share, side="right"))]


def split_in_words(chosen: Recipe) -> str:
    """The recipe's own split, as reports and weights name it: ``80/10/10 by person, seed 23``."""
    return f"{'/'.join(f'{100 * share:g}' for share in chosen.split)} by person, seed {chosen.split_seed}"


def ruled_out(group: str) -> str:
    """Why a recording of a group has no strip, where our printed rule dropped it, as `left_out` counts it."""
    return f"our rule, {group}"
