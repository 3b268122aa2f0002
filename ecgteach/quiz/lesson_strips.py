"""Strips of the lessons that no contrast of the simulator holds: drawn by seed, so that nobody has picked them.

Pairs that differ in one thing come from `ecgteach.simulator.contrasts`.
"""

from collections.abc import Callable
from random import Random

import numpy as np

from ..arguments import checked
from ..errors import InvalidValue
from ..records import Record
from ..simulator import edit, simulate
from ..simulator.contrasts import NOISE, contrast

TRIES = 200
POSTS = 10
"""QRS complexes of both strips at the limit: as many as anybody would count for sixty a minute."""

LETTERS = "ABC"
BREATHING = "fibrillation / sinus arrhythmia"


@checked
def three_at_one_rate(*, seed: int = 0) -> dict[str, Record]:
    """Fibrillation, sinus arrhythmia and even sinus rhythm of one heart at about 75 a minute, in a mixed order.

    Parameters
    ----------
    seed : int
        Decides the heart and the order.

    Returns
    -------
    dict of str to Record
        By the letters A, B and C.
    """
    pair = contrast(BREATHING, seed=seed, leads=("II",))
    records = [pair.first, pair.second, edit(pair.second, "regular")]
    Random(f"three {seed}").shuffle(records)
    return dict(zip(LETTERS, records, strict=True))


@checked
def pair_at_the_limit(*, seed: int = 0) -> tuple[Record, Record]:
    """Sinus bradycardia at 59 and sinus rhythm at 61 a minute, with ten QRS complexes each.

    Parameters
    ----------
    seed : int
        Decides both.

    Raises
    ------
    InvalidValue
        When none of many drawn strips holds ten QRS complexes.
    """
    draw = Random(f"limit {seed}")
    return _first("SB", 59.0, draw, _ten_posts), _first("SR", 61.0, draw, _ten_posts)


def _first(code: str, rate: float, draw: Random, holds: Callable[[Record], bool]) -> Record:
    for _ in range(TRIES):
        record = simulate(code, seed=draw.randrange(10**6), rate=rate, r=1.0, p=0.14, leads=("II",), noise=NOISE)
        if holds(record):
            return record
    raise InvalidValue(f"{TRIES} simulated strips of {code} were tried, and none could be shown; take another seed")


def _ten_posts(record: Record) -> bool:
    assert record.truth is not None
    mean = float(np.mean(record.truth.rr))
    return len(record.truth.of("QRS")) == POSTS and (mean > 1.0) == (
        record.rhythm is not None and record.rhythm.code == "SB"
    )
