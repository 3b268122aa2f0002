"""The dipole: activations played as voltages, many at a time."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .activation import Activation
from .leads import ARMS_SWAPPED, CHEST, DOWER
from .shapes import lobe

TOGETHER = 64
"""Scores played in one go; more would not be faster and would need more memory."""


def play(
    activations: Sequence[Activation], rows: Sequence[int], samples: int, sampling_rate: float
) -> NDArray[np.float64]:
    """Independent leads of some activations, without noise.

    Parameters
    ----------
    activations : sequence of Activation
        What to play.
    rows : sequence of int
        Which of `leads.INDEPENDENT`.
    samples : int
        Length of each lead.
    sampling_rate : float
        In Hz.

    Returns
    -------
    array, shape (activations, rows, samples)
        In mV.
    """
    parts = [
        _play(activations[first : first + TOGETHER], rows, samples, sampling_rate)
        for first in range(0, len(activations), TOGETHER)
    ]
    return np.concatenate(parts) if parts else np.zeros((0, len(rows), samples))


def _play(
    activations: Sequence[Activation], rows: Sequence[int], samples: int, sampling_rate: float
) -> NDArray[np.float64]:
    timing, vectors, owners = _pulses(activations)
    start, end, peak, roundness = timing
    first = np.maximum(np.ceil(start * sampling_rate), 0).astype(np.int64)
    last = np.minimum(np.floor(end * sampling_rate), samples - 1).astype(np.int64)
    lengths = np.maximum(last - first + 1, 0)
    which = np.repeat(np.arange(lengths.size), lengths)
    place = np.arange(which.size) - np.repeat(np.cumsum(lengths) - lengths, lengths) + first[which]
    heights = lobe(place / sampling_rate, start[which], end[which], peak[which], roundness[which])
    place += owners[which] * samples
    views = np.stack([_view(activation)[list(rows)] for activation in activations])
    # Up to three leads it is cheaper to see each pulse from each lead; beyond, to add up the dipole and look at that.
    few = len(rows) <= 3
    seen = np.einsum("prx,px->pr", views[owners], vectors) if few else vectors
    summed = [np.bincount(place, heights * column[which], len(activations) * samples) for column in seen.T]
    played = np.reshape(np.array(summed, np.float64), (-1, len(activations), samples)).swapaxes(0, 1)
    return played if few else np.matmul(views, played)


def _view(activation: Activation) -> NDArray[np.float64]:
    """Leads I, II, V1 ... V6 of one person's dipole, shape (8, 3): as Dower's, the chest nearer or farther."""
    view = ARMS_SWAPPED if activation.notes.get("arms_swapped") else DOWER
    return np.asarray(np.where(CHEST[:, None], activation.person.chest, 1.0) * view)


def _pulses(
    activations: Sequence[Activation],
) -> tuple[tuple[NDArray[np.float64], ...], NDArray[np.float64], NDArray[np.int64]]:
    """Start, end, peak and roundness of every pulse in seconds, its vector in mV, and the number of its activation."""
    tables, waves, sizes, onsets, lengths, owners = [], [], [], [], [], []
    base = 0
    for number, activation in enumerate(activations):
        counts = np.array([len(shape.pulses) for shape in activation.shapes], dtype=np.int64)
        firsts = np.cumsum(counts) - counts + base
        repeats = counts[activation.forms]
        within = np.arange(repeats.sum()) - np.repeat(np.cumsum(repeats) - repeats, repeats)
        waves.append(np.repeat(firsts[activation.forms], repeats) + within)
        onsets.append(np.repeat(activation.onsets, repeats))
        lengths.append(np.repeat(activation.offsets - activation.onsets, repeats))
        sizes.append(np.repeat(activation.sizes, repeats, axis=0))
        owners.append(np.full(within.size, number))
        tables += [shape.pulses for shape in activation.shapes]
        base += int(counts.sum())
    pulses = np.concatenate(tables)[np.concatenate(waves)]
    onset, length = np.concatenate(onsets), np.concatenate(lengths)
    timing = (onset + pulses[:, 0] * length, onset + pulses[:, 1] * length, pulses[:, 2], pulses[:, 3])
    return timing, pulses[:, 4:] * np.concatenate(sizes), np.concatenate(owners)
