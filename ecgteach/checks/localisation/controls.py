"""Controls: maps that know nothing of the answer, against which every figure about a map is read.

A figure means something only where the map beats all of `CONTROLS`. Blurred noise and QRS are there because some
measures favour maps that are merely smooth or merely on the highest peaks (arXiv 2304.13836).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ... import fusion
from ...arguments import checked
from ...beats import find_beats
from ...errors import InvalidValue
from ...models import Layer
from ...strip import SAMPLES, SAMPLING_RATE, SECONDS, Strip
from ..explained import Values

AWAY_FROM_WHOLE_RR = (0.25, 0.75)
"""The part of an RR, beyond whole ones, by which a map is shifted: far from where each beat would cover the next."""

HALF_QRS_SECONDS = 0.05
"""How far a QRS reaches to each side of its middle, where only a detector says where it is."""


@dataclass(frozen=True)
class Control:
    """A map that knows nothing of the answer.

    Parameters
    ----------
    words : str
        What it is, for people.
    make : callable
        From a map along time, its strip, the length of its cells in seconds, and a seed, to a map along time.
    own : bool
        True where each map has its own, False where all maps of a strip share one.
    """

    words: str
    make: Callable[[Values, Strip, float, int], Values]
    own: bool = False


@checked
def controls_of(on_time: Values, strip: Strip, *, cell_seconds: float, seed: int = 0) -> dict[str, Values]:
    """The controls of one map, by the names of `CONTROLS`.

    Parameters
    ----------
    on_time : array, shape (5000,)
        The map along time.
    strip : Strip
        Its strip; QRS complexes come from its truth, else from the detector.
    cell_seconds : float
        Length of one cell of the map in seconds: noise is blurred as a map of such cells is.
    seed : int
        Decides shift and noise.

    Returns
    -------
    dict of str to array, shape (5000,)
        Read-only, float32.
    """
    return {name: control.make(on_time, strip, cell_seconds, seed) for name, control in CONTROLS.items()}


def controls_of_all(
    maps: Mapping[str, Values], strip: Strip, *, cell_seconds: float, seed: int = 0
) -> dict[str, Values]:
    """The controls of several maps of one strip: those that each map has for itself, and those that all share."""
    return {
        named(control, name): made
        for name, values in maps.items()
        for control, made in controls_of(values, strip, cell_seconds=cell_seconds, seed=seed).items()
    }


def named(control: str, name: str) -> str:
    """What a map's control is called beside other maps.

    >>> named("shifted", "fused"), named("flat", "fused")
    ('fused shifted', 'flat')
    """
    return f"{name} {control}" if CONTROLS[control].own else control


def shifted(on_time: Values, beats: Sequence[float], *, seed: int = 0) -> Values:
    """The map shifted in a circle along the strip, by some whole RR and between a quarter and three quarters of one.

    Parameters
    ----------
    on_time : array, shape (5000,)
        The map along time.
    beats : sequence of float
        Onsets of the QRS complexes in seconds; below two of them, the strip counts as one RR.
    seed : int
        Decides how far.
    """
    if np.shape(on_time) != (SAMPLES,):
        raise InvalidValue(f"a map on time has the shape ({SAMPLES},), not {np.shape(on_time)}; see fusion.place")
    random = np.random.default_rng((seed, 1))
    rr = float(np.diff(beats).mean()) if len(beats) > 1 else SECONDS
    whole = random.integers(max(int(SECONDS / rr), 1))
    return fusion.read_only(np.roll(on_time, round((whole + random.uniform(*AWAY_FROM_WHOLE_RR)) * rr * SAMPLING_RATE)))


def on_segments(segments: list[tuple[float, float]]) -> Values:
    """A map that is 1 on some segments (start and end in seconds) and 0 elsewhere."""
    times = np.arange(SAMPLES) / SAMPLING_RATE
    values = np.zeros(SAMPLES)
    for start, end in segments:
        values[(times >= start) & (times < end)] = 1.0
    return fusion.read_only(values)


def blurred_noise(cell_seconds: float, *, seed: int = 0) -> Values:
    """Noise as smooth as a map of such cells, cut at zero and scaled to its maximum as a map is."""
    if not 0 < cell_seconds <= SECONDS:
        raise InvalidValue(f"a cell lasts more than 0 s and at most {SECONDS:g} s, not {cell_seconds}")
    cells = max(round(SECONDS / cell_seconds), 2)
    drawn = np.maximum(np.random.default_rng((seed, 2)).standard_normal(cells), 0.0)
    centres = (np.arange(cells) + 0.5) * SECONDS / cells
    placed = np.interp(np.arange(SAMPLES) / SAMPLING_RATE, centres, drawn)
    return fusion.read_only(placed / placed.max() if placed.max() > 0 else placed)


def qrs_segments(strip: Strip) -> list[tuple[float, float]]:
    """Start and end of each QRS complex in seconds: from the truth where there is one, else 50 ms around each beat."""
    if strip.truth is not None:
        return [(wave.onset, wave.offset) for wave in strip.truth.of("QRS")]
    return [(time - HALF_QRS_SECONDS, time + HALF_QRS_SECONDS) for time in find_beats(strip).times]


def qrs_onsets(strip: Strip) -> list[float]:
    """Start of each QRS complex in seconds, as `shifted` takes them."""
    return [start for start, _ in qrs_segments(strip)]


def qrs_in_cells(strip: Strip, layer: Layer) -> Values:
    """The QRS complexes alone as a map of a layer's cells, shape (5000,): each cell is lit by what it covers."""
    covered = on_segments(qrs_segments(strip)).astype(np.float64)
    summed = np.concatenate([[0.0], np.cumsum(covered)])
    edges = layer.centres[:, None] + layer.cell_seconds * np.array([-0.5, 0.5])
    shares = np.diff(np.interp(edges * SAMPLING_RATE, np.arange(SAMPLES + 1), summed), axis=1)[:, 0]
    return fusion.place((shares / max(shares.max(), 1.0)).astype(np.float32), layer)


CONTROLS: dict[str, Control] = {
    "shifted": Control(
        "the same map shifted along the strip",
        lambda values, strip, _, seed: shifted(values, qrs_onsets(strip), seed=seed),
        own=True,
    ),
    "QRS only": Control("the QRS complexes alone", lambda _, strip, *__: on_segments(qrs_segments(strip))),
    "blurred noise": Control(
        "noise as smooth as the map", lambda _, __, cell_seconds, seed: blurred_noise(cell_seconds, seed=seed)
    ),
    "flat": Control("a map that is as high everywhere", lambda *_: fusion.read_only(np.ones(SAMPLES))),
}
"""Every control by its name."""
