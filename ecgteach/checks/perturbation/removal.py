"""Removal: does taking away what a map points at change the answer more than taking away as much elsewhere?

The hottest segments are replaced by straight lines between their ends. Segments that touch a QRS are never taken,
neither from the map nor as control: without a QRS the heart beats slower, and that alone changes the answer. So removal
says nothing of the rate criterion, and nothing of what is absent, which can only be put in (`edits`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...arguments import checked
from ...errors import InvalidValue
from ...explanation import Explanation, networks_of
from ...models import Network, position
from ...strip import SAMPLES, SAMPLING_RATE, SECONDS, Strip
from ..answers import BOTH, answers, log_odds
from ..explained import Values, maps_on_time
from ..localisation.controls import qrs_segments

SEGMENT_SECONDS = 0.16
REMOVED_SEGMENTS = 5
REMOVAL_DRAWS = 8
LEAST_HEAT = 1e-6
"""A segment with less of the map's maximum is not pointed at."""


@dataclass(frozen=True)
class Removal:
    """What removing one map's hottest segments did.

    Parameters
    ----------
    segments : tuple of (float, float)
        What was removed, in seconds.
    drop : dict of str to float
        Log odds before less log odds after, for ``signal``, ``image`` and ``both``.
    control : dict of str to float
        The same for as many segments elsewhere, mean over the draws.
    held_qrs : bool
        True when the map's very hottest segment touched a QRS, and was passed over.
    reason : str
        Why nothing could be removed, or nothing else to compare with; else empty.
    """

    segments: tuple[tuple[float, float], ...] = ()
    drop: Mapping[str, float] | None = None
    control: Mapping[str, float] | None = None
    held_qrs: bool = False
    reason: str = ""

    def gain(self, view: str = BOTH) -> float | None:
        """Drop of the log odds beyond the control's; above 0 the map points at something that matters."""
        return None if self.drop is None or self.control is None else self.drop[view] - self.control[view]


@checked
def remove_hottest(
    explanation: Explanation,
    models: Network | Mapping[str, Network] | None = None,
    maps: Mapping[str, Values] | None = None,
    *,
    segment_seconds: float = SEGMENT_SECONDS,
    segments: int = REMOVED_SEGMENTS,
    draws: int = REMOVAL_DRAWS,
    seed: int = 0,
    part: str | None = None,
) -> dict[str, Removal]:
    """Remove what each map points at, and as much elsewhere.

    Parameters
    ----------
    explanation : Explanation
        Its strip and target are asked about.
    models : mapping of str to Network, optional
        The networks that made it; needed only where these are not at hand.
    maps : mapping of str to array of the shape (5000,), optional
        Maps along time; by default those of both views and the fused one.
    segment_seconds : float
        Length of each segment.
    segments : int
        How many are removed at once; fewer where a map has fewer hot ones.
    draws, seed : int
        How many controls are drawn for each map, and what decides them.
    part : str, optional
        ``"local"`` asks the part of the logits that the local cells explain, as if it were the whole answer.

    Returns
    -------
    dict of str to Removal
        By the names of the maps.

    Raises
    ------
    InvalidValue
        When the segments are no part of a strip.
    """
    length = round(segment_seconds * SAMPLING_RATE)
    if not (length >= 1 and segments >= 1 and length * segments <= SAMPLES // 2):
        raise InvalidValue(
            f"{segments} segments of {segment_seconds} s cannot be removed; at most half of the {SECONDS:g} s can be"
        )
    models = networks_of(explanation, models)
    maps = maps_on_time(explanation) if maps is None else maps
    samples = explanation.strip.samples
    free = _free_starts(explanation.strip, length)
    random = np.random.default_rng(seed)
    plans = {name: _plan(values, free, length, segments, draws, random) for name, values in maps.items()}
    versions = [samples] + [
        without(samples, starts, length) for hot, others in plans.values() for starts in (hot, *others)
    ]
    number = position(explanation.target, next(iter(models.values())).classes)
    answered = answers(models, versions, part)
    odds = {view: [log_odds(row, number) for row in rows] for view, rows in answered.items()}
    found, first = {}, 1
    for name, (hot, others) in plans.items():
        drops = {view: row[0] - np.array(row[first : first + 1 + len(others)]) for view, row in odds.items()}
        first += 1 + len(others)
        found[name] = _removal(maps[name], hot, drops, free, length)
    return found


def without(samples: NDArray[np.float32], starts: list[int], length: int) -> NDArray[np.float32]:
    """A strip with some segments of `length` samples replaced by straight lines between their neighbours."""
    changed = samples.copy()
    for start in starts:
        left, right = max(start - 1, 0), min(start + length, SAMPLES - 1)
        changed[left : right + 1] = np.linspace(changed[left], changed[right], right - left + 1)
    return changed


def _free_starts(strip: Strip, length: int) -> NDArray[np.bool_]:
    """Samples from which a segment touches no QRS, shape (5000 - length + 1,)."""
    free = np.ones(SAMPLES - length + 1, dtype=bool)
    for start, end in qrs_segments(strip):
        first, last = int(np.floor(start * SAMPLING_RATE)), int(np.ceil(end * SAMPLING_RATE))
        free[max(first - length, 0) : max(last + 1, 0)] = False
    return free


def _plan(
    values: Values, free: NDArray[np.bool_], length: int, segments: int, draws: int, random: np.random.Generator
) -> tuple[list[int], list[list[int]]]:
    """Starts of the hottest segments, and as many others in each draw; no draw where there is no room for them."""
    heat = _mean_over(values, length)
    hot = _chosen(np.argsort(-heat, kind="stable"), free & (heat > LEAST_HEAT), length, segments)
    elsewhere = free.copy()
    for start in hot:
        _forbid(elsewhere, start, length)
    drawn = [_chosen(random.permutation(heat.size), elsewhere, length, len(hot)) for _ in range(draws * bool(hot))]
    return hot, [starts for starts in drawn if len(starts) == len(hot)]


def _chosen(order: NDArray[np.int64], allowed: NDArray[np.bool_], length: int, count: int) -> list[int]:
    """The first starts in an order that are allowed and whose segments do not overlap."""
    left = allowed.copy()
    chosen: list[int] = []
    for start in order[left[order]]:
        if left[start]:
            chosen.append(int(start))
            if len(chosen) == count:
                break
            _forbid(left, int(start), length)
    return chosen


def _forbid(allowed: NDArray[np.bool_], start: int, length: int) -> None:
    """No other segment may overlap this one, nor touch it."""
    allowed[max(start - length, 0) : start + length + 1] = False


def _removal(
    values: Values, hot: list[int], drops: Mapping[str, NDArray[np.float64]], free: NDArray[np.bool_], length: int
) -> Removal:
    if not hot:
        return Removal(reason="the map is empty outside the QRS complexes, which are not removed")
    seconds = tuple((start / SAMPLING_RATE, (start + length) / SAMPLING_RATE) for start in sorted(hot))
    drop = {view: float(row[0]) for view, row in drops.items()}
    held_qrs = not free[int(_mean_over(values, length).argmax())]
    if len(next(iter(drops.values()))) == 1:
        return Removal(seconds, drop, None, held_qrs, "no room elsewhere for as many segments outside QRS")
    return Removal(seconds, drop, {view: float(row[1:].mean()) for view, row in drops.items()}, held_qrs)


def _mean_over(values: Values, length: int) -> NDArray[np.float64]:
    """Mean of the map over each segment, by its start."""
    total = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    return np.asarray((total[length:] - total[:-length]) / length)
