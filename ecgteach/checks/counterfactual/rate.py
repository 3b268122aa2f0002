"""Rate has no place: it is judged by where the answer changes when only TQ does, and by how even a map is over beats.

A network may read "slow" as few QRS complexes, and its positive map then falls into TQ though QRS was counted. Deletion
is no judge here either: a QRS that is erased makes the heart slower, whatever the map says.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ...arguments import checked
from ...errors import InvalidValue
from ...models import Network
from ...records import Record
from ...simulator import edit, simulate
from ...strip import Strip
from ..answers import answers
from ..localisation.controls import qrs_onsets

RATE_LIMITS = {60: ("SR", 70, tuple(range(50, 71))), 100: ("SR", 92, tuple(range(90, 113)))}
"""Rate limits per minute: what is simulated there, at which rate, and to which rates TQ alone brings it."""


@checked
def flip_rate(
    models: Mapping[str, Network], limit: int = 60, *, seed: int | tuple[int, ...] = 0
) -> dict[str, float | None]:
    """The rate at which each view's answer changes when only TQ becomes shorter or longer.

    Parameters
    ----------
    models : mapping of str to Network
        ``{"signal": ..., "image": ...}``.
    limit : {60, 100}
        Near which of `RATE_LIMITS`.
    seed : int or tuple of int
        Decides the recording.

    Returns
    -------
    dict of str to float or None
        Beats per minute for ``signal``, ``image`` and ``both``, halfway between the two neighbouring rates; None where
        the answer changes never or more than once.

    Raises
    ------
    InvalidValue
        When it is no such limit.
    """
    if limit not in RATE_LIMITS:
        raise InvalidValue(f"{limit} is no rate limit of the groups; take one of {', '.join(map(str, RATE_LIMITS))}")
    rhythm, rate, rates = RATE_LIMITS[limit]
    warped = list(_warped(simulate(rhythm, seed=seed, rate=rate, leads=("II",)), rates))
    answered = answers(models, [samples for _, samples in warped])
    return {view: _only_change([rate for rate, _ in warped], found.argmax(axis=1)) for view, found in answered.items()}


@checked
def evenness(on_time: NDArray[np.float32], strip: Strip) -> float | None:
    """How evenly a map's mass lies on the beats: 1 when each RR holds as much, 1 / n when one of n holds all.

    The effective number of beats (Hill 1973, doi 10.2307/1934352) over their number. A map that speaks for a rate
    should not rest on one beat. None below two whole RR, and where the map is empty in them.
    """
    borders = [round(start * strip.sampling_rate) for start in qrs_onsets(strip) if start >= 0]
    positive = np.maximum(np.asarray(on_time, dtype=np.float64), 0)
    masses = np.array([positive[first:last].sum() for first, last in pairwise(borders)])
    if masses.size < 2 or not masses.sum() > 0:
        return None
    return float(masses.sum() ** 2 / (masses.size * (masses**2).sum()))


def _warped(record: Record, rates: Iterable[int]) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Rates that TQ alone can reach, and the strips."""
    for rate in rates:
        try:
            edited = edit(record, "tq", rate)
        except InvalidValue:
            continue
        yield rate, edited.strip(quality="any").for_reading().samples


def _only_change(rates: list[int], answered: NDArray[np.int64]) -> float | None:
    changes = np.flatnonzero(np.diff(answered))
    return float(rates[changes[0]] + rates[changes[0] + 1]) / 2 if changes.size == 1 else None
