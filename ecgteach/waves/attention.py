"""How much of each map lies on each wave, beside what the same map would give if it were shifted along the strip."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arguments import checked
from ..explanation import FUSED, Explanation
from ..showing import ShowsItself
from ..strip import SAMPLES, SAMPLING_RATE
from .delineation import Waves, delineate
from .segments import SEGMENTS

BLURRED_BELOW = 1.5
"""Cells: a segment that is shorter cannot be told from its neighbours."""

NEAR_WHOLE_RR = 0.15
BAND = (2.5, 97.5)
EMPTY = 1e-9
"""Share of the map that is the Fourier transform's rounding, and no mass."""


@dataclass(frozen=True)
class Share:
    """How much of one map lies on one segment.

    Parameters
    ----------
    view : str
        ``"signal"``, ``"image"`` or ``"fused"``.
    segment : str
        One of `SEGMENTS`.
    mass : float
        Share of the map's positive mass, 0 to 1.
    duration : float
        Share of the time, 0 to 1.
    density : float
        Mass over duration: 1 is chance.
    low, high : float
        Density that the middle 95 % of the shifted maps have.
    blurred : bool
        True where the usual segment is shorter than 1.5 of the map's cells.
    """

    view: str
    segment: str
    mass: float
    duration: float
    density: float
    low: float
    high: float
    blurred: bool

    @property
    def beyond_chance(self) -> int:
        """1 where the density lies above the shifted maps' band, -1 where below, 0 within it."""
        return int(self.density > self.high) - int(self.density < self.low)


@dataclass(frozen=True, repr=False, eq=False)
class Attention(ShowsItself):
    """Where the maps of one explanation lie, wave by wave.

    Parameters
    ----------
    waves : Waves
        Where the waves are.
    shares : tuple of Share
        One for each map that holds anything and each segment that the strip has.
    empty : mapping of str to str
        Maps without shares, and why.
    """

    waves: Waves
    shares: tuple[Share, ...]
    empty: Mapping[str, str]

    def of(self, view: str, segment: str) -> Share | None:
        """The share of one map on one segment; None where there is none: a dash in a table."""
        return next((share for share in self.shares if (share.view, share.segment) == (view, segment)), None)

    def __repr__(self) -> str:
        words = [
            f"{view} {share.mass:.0%} on {share.segment}"
            for view in dict.fromkeys(share.view for share in self.shares)
            if (share := self.of(view, "QRS"))
        ]
        missing = [f"{view} none ({why})" for view, why in self.empty.items()]
        return f"Attention by wave: {', '.join(words + missing)}; P {self.waves.p.outcome}"


@checked
def attention_by_wave(explanation: Explanation, waves: Waves | None = None) -> Attention:
    """Share and density of each view's map, and of the fused one, on each wave.

    Parameters
    ----------
    explanation : Explanation
        What `ecgteach.explain` gave.
    waves : Waves, optional
        Where the waves are; without it `delineate` finds them.

    Returns
    -------
    Attention
        The band is that of the same map shifted in a circle by every step but those near a whole RR interval, where
        the beats would fall on beats again. Mass and time are counted inside the segment in which waves are known.
    """
    found = delineate(explanation.strip) if waves is None else waves
    empty: dict[str, str] = {}
    if not found.of("QRS"):
        return Attention(found, (), dict.fromkeys((*explanation.views, FUSED), f"no waves: {found.quality}"))
    names = [name for name in SEGMENTS if found.mask(name).any()]
    masks = np.stack([found.mask(name) for name in names])
    known = np.logical_or.reduce(masks)
    durations = masks.sum(axis=1) / known.sum()
    spectra = np.fft.rfft(np.concatenate([known[None], masks]))
    steps = _shifts(found)
    shares: list[Share] = []
    for view, values, cell in _maps(explanation, empty):
        under = _under(values, spectra)
        inside, each = under[0], under[1:]
        if inside[0] <= 0:
            empty[view] = "nothing of the map lies where waves are known"
            continue
        densities = each / np.where(inside > 0, inside, np.inf) / durations[:, None]
        bands = np.percentile(densities[:, steps], BAND, axis=1).T
        for name, duration, density, band in zip(names, durations, densities[:, 0], bands, strict=True):
            blurred = found.segments.usual_seconds(name) < BLURRED_BELOW * cell
            low, high = float(band[0]), float(band[1])
            mass = float(density * duration)
            shares.append(Share(view, name, mass, float(duration), float(density), low, high, blurred))
    return Attention(found, tuple(shares), empty)


def _maps(seen: Explanation, empty: dict[str, str]) -> Iterator[tuple[str, NDArray[np.float32], float]]:
    """Each map that holds anything: its name, its values on the strip's samples, and the length of its cells."""
    for view, one in seen.views.items():
        if np.isfinite(one.on_time).all() and one.on_time.max() > 0:
            yield view, one.on_time, one.layer.cell_seconds
        else:
            empty[view] = "not finite" if one.map.state == "non-finite" else "flat: nothing speaks for the target"
    if seen.fused is None:
        empty[FUSED] = seen.fused_reason
    else:
        yield FUSED, seen.fused, max(one.layer.cell_seconds for one in seen.views.values())


def _under(values: NDArray[np.float32], spectra: NDArray[np.complex128]) -> NDArray[np.float64]:
    """Mass under each mask, for the map shifted to the right by 0, 1, ... samples: shape (masks, 5000).

    The masks come as their spectra: correlating by the Fourier transform gives all shifts at once.
    """
    found = np.fft.irfft(np.conj(np.fft.rfft(values.astype(np.float64))) * spectra, SAMPLES)
    return np.where(found > EMPTY * values.sum(), found, 0.0)


def _shifts(waves: Waves) -> NDArray[np.intp]:
    """Shifts that do not bring beats onto beats: none within 15 % of an RR interval of a whole number of them."""
    steps = np.arange(1, SAMPLES)
    if not waves.rr.size:
        return steps
    beat = float(np.median(waves.rr)) * SAMPLING_RATE
    turned = np.minimum(steps, SAMPLES - steps) / beat
    return steps[np.abs(turned - np.round(turned)) > NEAR_WHOLE_RR]
