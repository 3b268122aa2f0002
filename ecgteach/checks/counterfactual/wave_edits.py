"""Waves changed one kind at a time on any strip, real or simulated: does what a map lies on change the answer?

A wave is replaced by straight lines between its ends. A QRS is made half as high instead: without it the heart would
beat slower, and that alone changes the answer. What is absent cannot be deleted: where a strip has no P before QRS, one
is drawn into that segment. Rate and regularity have no place, and no edit here touches them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...arguments import checked
from ...errors import UnknownName, choices
from ...explanation import Explanation, networks_of
from ...models import Network
from ...strip import SAMPLING_RATE
from ...waves import SEGMENTS, Waves
from ..answers import answers

FLATTENED, HALVED, P_ADDED = "flattened", "halved", "P added"
QRS_SHARE = 0.5
P_MILLIVOLTS, P_SECONDS, PR_SECONDS = 0.14, 0.1, 0.16
"""A usual P in lead II (sources in ``simulator/settings.csv``)."""

Samples = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class WaveEdit:
    """What changing one kind of wave did to the answers.

    Parameters
    ----------
    segment : str
        One of `ecgteach.waves.SEGMENTS`.
    kind : str
        ``"flattened"``, ``"halved"`` or ``"P added"``.
    samples : array, shape (5000,)
        The changed strip in mV.
    target : str
        Class that the maps explain.
    before, after : mapping of str to float
        Probability of the target, by view and for ``"both"``.
    answers_before, answers_after : mapping of str to str
        The answers, equally.
    """

    segment: str
    kind: str
    samples: Samples
    target: str
    before: Mapping[str, float]
    after: Mapping[str, float]
    answers_before: Mapping[str, str]
    answers_after: Mapping[str, str]

    def change(self, view: str) -> float:
        """Probability after less probability before."""
        return self.after[view] - self.before[view]

    def flipped(self, view: str) -> bool:
        """True when the answer is another one."""
        return self.answers_before[view] != self.answers_after[view]


@checked
def edit_wave(
    explanation: Explanation,
    waves: Waves,
    segment: str,
    models: Network | Mapping[str, Network] | None = None,
) -> WaveEdit | None:
    """Change one kind of wave on the strip of an explanation, and ask its networks again.

    Parameters
    ----------
    explanation : Explanation
        Its strip, its target, its networks.
    waves : Waves
        Where the waves are, as `ecgteach.waves.delineate` finds them.
    segment : str
        One of `ecgteach.waves.SEGMENTS`.
    models : Network or mapping of str to Network, optional
        The networks that made it; needed only where these are not at hand.

    Returns
    -------
    WaveEdit or None
        None where the strip has no such segment.

    Raises
    ------
    UnknownName
        When there is no such segment.
    """
    if segment not in SEGMENTS:
        raise UnknownName(f"no segment is called {segment!r}; there are {choices(SEGMENTS, 20)}")
    mask = waves.mask(segment)
    if not mask.any():
        return None
    samples = explanation.strip.samples
    networks = networks_of(explanation, models)
    kind, changed = _changed(samples, waves, segment, mask)
    found = answers(networks, [samples, changed])
    classes = next(iter(networks.values())).classes
    number = classes.index(explanation.target)
    each = {view: np.exp(rows) for view, rows in found.items()}
    return WaveEdit(
        segment,
        kind,
        changed,
        explanation.target,
        {view: float(rows[0, number]) for view, rows in each.items()},
        {view: float(rows[1, number]) for view, rows in each.items()},
        {view: classes[int(rows[0].argmax())] for view, rows in each.items()},
        {view: classes[int(rows[1].argmax())] for view, rows in each.items()},
    )


def _changed(samples: Samples, waves: Waves, segment: str, mask: NDArray[np.bool_]) -> tuple[str, Samples]:
    if segment == "pre" and not waves.of("P"):
        return P_ADDED, samples + _p_waves(waves, samples.size)
    lines = straight(samples, mask)
    if segment == "QRS":
        return HALVED, lines + np.float32(QRS_SHARE) * (samples - lines)
    return FLATTENED, lines


def straight(samples: Samples, mask: NDArray[np.bool_]) -> Samples:
    """Samples with straight lines where a mask is True, from the last sample before to the first one after.

    >>> straight(np.array([0.0, 5.0, 5.0, 3.0], dtype=np.float32), np.array([False, True, True, False]))
    array([0., 1., 2., 3.], dtype=float32)
    """
    places = np.arange(samples.size)
    return np.interp(places, places[~mask], samples[~mask]).astype(np.float32)


def _p_waves(waves: Waves, count: int) -> Samples:
    """A P of usual size before each QRS."""
    added = np.zeros(count, dtype=np.float32)
    shape = P_MILLIVOLTS * np.sin(np.pi * np.arange(round(P_SECONDS * SAMPLING_RATE)) / (P_SECONDS * SAMPLING_RATE))
    for wave in waves.of("QRS"):
        first = round((wave.onset - PR_SECONDS) * SAMPLING_RATE)
        if first >= 0 and first + shape.size <= count:
            added[first : first + shape.size] = shape
    return added
