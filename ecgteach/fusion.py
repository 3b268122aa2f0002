"""Maps on one time axis: cells are placed on the strip's seconds, fused by a named rule, and compared.

A map along time (`on_time`) has one value for each of the strip's 5,000 samples, 0 to 1 of the map's own maximum.
Aligning and fusing the views follows MM-GradCAM (Murat Duranay et al. 2026, doi 10.1038/s41598-026-38654-w), which
does not print its formula; the rules here are our choice, and each is named on every figure.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .errors import EmptyMap, InvalidValue, UnknownName, choices, expect
from .image import Geometry
from .models.layers import Layer
from .strip import SAMPLES, SAMPLING_RATE
from .words import LOOKED

Values = NDArray[np.float32]
Exact = NDArray[np.float64]
Combine = Callable[[Exact, Exact], Exact]
"""From the maps, (views, 5000), and each view's probability of the target, (views,), to one map, (5000,)."""

AGREEMENT_THRESHOLD = LOOKED
"""A view "looks at" a moment where its map reaches this share of its own maximum."""


def place(values: Values, layer: Layer) -> Values:
    """A row of cells on the strip's samples: straight lines between the cells' centres, level beyond the outermost.

    Parameters
    ----------
    values : array, shape (cells,)
        One number a cell.
    layer : Layer
        Says where the cells' centres lie; `SignalCNN.layer` and `ImageCNN.layer` give it.

    Returns
    -------
    array, shape (5000,)
        Read-only, float32.

    Raises
    ------
    InvalidValue
        When the layer has another number of cells.
    """
    expect(layer, Layer, "cells are placed by the layer that they are of", "see SignalCNN.layer()")
    if np.shape(values) != (layer.cells,):
        raise InvalidValue(f"{layer.name} has {layer.cells} cells, these values have the shape {np.shape(values)}")
    placed = np.interp(np.arange(SAMPLES) / SAMPLING_RATE, layer.centres, values)
    return read_only(placed)


def columns_of(values: Values) -> Values:
    """A map's cells, column by column: the mean over the rows, where it has any.

    So a column of local cells counts by what its cells add to the answer; those over blank paper add nothing.

    Parameters
    ----------
    values : array, shape (columns,) or (rows, columns)
        Cells of a layer.

    Returns
    -------
    array, shape (columns,)
    """
    if np.ndim(values) < 2:
        return np.asarray(values, dtype=np.float32)
    return read_only(np.asarray(values).mean(axis=tuple(range(np.ndim(values) - 1)), dtype=np.float64))


def cells_onto_image(values: Values, layer: Layer, geometry: Geometry) -> Values:
    """An image map's cells on the picture's pixels, straight lines between the cells' centres both ways.

    Returns an array of the shape (height, width).
    """
    moments = _moments(geometry)
    wide = np.stack([np.interp(moments, layer.centres, row) for row in values])
    rows = (np.arange(geometry.height) + 0.5) * len(values) / geometry.height - 0.5
    above = np.clip(np.floor(rows).astype(int), 0, len(values) - 1)
    below = np.clip(above + 1, 0, len(values) - 1)
    share = np.clip(rows - above, 0.0, 1.0)[:, None]
    return np.asarray(wide[above] * (1 - share) + wide[below] * share, dtype=np.float32)


def fuse(maps: Mapping[str, Values], rule: str = "mean", confidence: Mapping[str, float] | None = None) -> Values:
    """One map of several.

    Parameters
    ----------
    maps : mapping of str to array, shape (5000,)
        Each view's map along time, for one and the same target; two or more.
    rule : str
        One of `RULES`.
    confidence : mapping of str to float, optional
        Probability of the target in each view; only ``"confidence"`` reads it.

    Returns
    -------
    array, shape (5000,)
        Scaled to its own maximum, read-only.

    Raises
    ------
    UnknownName
        When no rule is called so.
    EmptyMap
        When a map is flat or not finite, or nothing is left after fusing: an empty map cannot be fused.
    InvalidValue
        When there are fewer than two maps, or they have other shapes.
    """
    combine = rule_named(rule).combine
    held = {name: _on_time(name, values) for name, values in _expect_maps(maps).items()}
    if len(held) < 2:
        raise InvalidValue(f"fusing takes two maps or more, not the {choices(held) or 'empty'} one alone")
    for name, values in held.items():
        if not np.isfinite(values).all():
            raise EmptyMap(f"the {name} view's map is not finite; there is nothing to fuse")
        if not values.max() > 0:
            raise EmptyMap(
                f"the {name} view's map is flat: nothing speaks for this target there; choose another target"
            )
    sure = np.ones(len(held)) if confidence is None else np.array([confidence.get(name, np.nan) for name in held])
    fused = combine(np.stack(list(held.values())).astype(np.float64), sure)
    if not fused.max() > 0:
        raise EmptyMap(f"the rule {rule!r} leaves nothing: the maps share no moment")
    return read_only(fused / fused.max())


def agreement(maps: Sequence[Values], threshold: float = AGREEMENT_THRESHOLD) -> NDArray[np.uint8]:
    """Who looks at each moment: an index into `agreement_kinds` for each sample, shape (5000,).

    Parameters
    ----------
    maps : sequence of array, shape (5000,)
        Maps along time, each scaled to its own maximum.
    threshold : float
        Share of its maximum from which a view counts as looking, above 0 and up to 1.

    Raises
    ------
    InvalidValue
        When the threshold is none.
    """
    if not isinstance(threshold, int | float) or not 0 < threshold <= 1:
        raise InvalidValue(f"the threshold of agreement is a share above 0 and up to 1, not {threshold!r}")
    if not len(maps) or any(np.shape(values) != (SAMPLES,) for values in maps):
        raise InvalidValue(f"agreement is of maps along time, each ({SAMPLES},), see place()")
    looking = np.stack(maps) >= threshold
    many = looking.sum(axis=0)
    several = len(maps) + np.where(many == len(maps), int(len(maps) > 2) + 1, 1)
    return np.where(many < 2, many * (looking.argmax(axis=0) + 1), several).astype(np.uint8)


def agreement_kinds(views: Iterable[str]) -> tuple[str, ...]:
    """Who may look at a moment: neither, one view only, several of them, and all together.

    >>> agreement_kinds(["signal", "image"])
    ('neither', 'signal only', 'image only', 'both')
    """
    single = [f"{view} only" for view in views]
    together = ["both"] if len(single) == 2 else ["several", "all"]
    return ("neither", *single, *together[: 2 * (len(single) > 1)])


def _expect_maps(maps: Mapping[str, Values]) -> Mapping[str, Values]:
    expect(maps, Mapping, "maps are given by view", "such as {'signal': ..., 'image': ...}")
    return maps


def _on_time(name: str, values: Values) -> Values:
    if np.shape(values) != (SAMPLES,):
        raise InvalidValue(f"the {name} map has the shape {np.shape(values)}; needed is ({SAMPLES},), see place()")
    return np.asarray(values)


def _mean(maps: Exact, _: Exact) -> Exact:
    return np.asarray(maps.mean(axis=0))


def _maximum(maps: Exact, _: Exact) -> Exact:
    return np.asarray(maps.max(axis=0))


def _product(maps: Exact, _: Exact) -> Exact:
    return np.asarray(maps.prod(axis=0))


def _by_confidence(maps: Exact, confidence: Exact) -> Exact:
    if not confidence.min() >= 0:
        raise InvalidValue(f"confidences are each view's probability of the target; given: {confidence.tolist()}")
    if confidence.sum() <= 0:
        raise EmptyMap("no view gives this target any probability; choose another target or fusion rule")
    return np.asarray((confidence[:, None] * maps).sum(axis=0) / confidence.sum())


@dataclass(frozen=True)
class Rule:
    """A way to make one map of two: its words, as in "the mean of both maps", what to expect of it, its function."""

    words: str
    hint: str
    combine: Combine


RULES: dict[str, Rule] = {
    "mean": Rule("mean", "mean of both", _mean),
    "maximum": Rule("maximum", "the higher of both", _maximum),
    "product": Rule("product", "product: both must look", _product),
    "confidence": Rule("confidence-weighted mean", "mean, weighted by each view's probability", _by_confidence),
}
"""Fusion rules by name; to add one, write a function and give it a line here."""

DEFAULT_RULE = "mean"


def rule_named(name: str) -> Rule:
    """A fusion rule by its name.

    Raises
    ------
    UnknownName
        When there is none.
    """
    if not isinstance(name, str) or name not in RULES:
        raise UnknownName(f"no fusion rule is called {name!r}; there are {choices(RULES)}")
    return RULES[name]


def _moments(geometry: Geometry) -> NDArray[np.float64]:
    """Time of each pixel column's centre in seconds from the strip's start."""
    columns = np.arange(geometry.width, dtype=np.float64) + 0.5
    return geometry.seconds_of(columns) - geometry.start


def read_only(values: NDArray[np.floating]) -> Values:
    """Values as float32 that nobody can change."""
    array = np.asarray(values, dtype=np.float32)
    array.flags.writeable = False
    return array
