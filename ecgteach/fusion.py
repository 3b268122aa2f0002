"""Two maps, one time axis: cells are placed on the strip's seconds, fused by a named rule, and compared.

A map along time (`on_time`) has one value for each of the strip's 5,000 samples, 0 to 1 of the map's own maximum.
Aligning and fusing the two views follows MM-GradCAM (Murat Duranay et al. 2026, doi 10.1038/s41598-026-38654-w), which
does not print its formula; the rules here are our choice, and each is named on every figure.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .errors import EmptyMap, InvalidValue, UnknownName, choices
from .image import Geometry
from .models.layers import Layer
from .strip import SAMPLES, SAMPLING_RATE
from .views import VIEWS
from .words import LOOKED

Values = NDArray[np.float32]
Exact = NDArray[np.float64]
Combine = Callable[[Exact, Exact, tuple[float, float]], Exact]

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
    if values.shape != (layer.cells,):
        raise InvalidValue(f"{layer.name} has {layer.cells} cells, these values have the shape {values.shape}")
    placed = np.interp(np.arange(SAMPLES) / SAMPLING_RATE, layer.centres, values)
    return _read_only(placed)


def columns_of(values: Values) -> Values:
    """An image map's cells, column by column: the mean over the rows.

    So a column of local cells counts by what its cells add to the answer; those over blank paper add nothing.

    Parameters
    ----------
    values : array, shape (rows, columns)
        Cells of a layer of the image network.

    Returns
    -------
    array, shape (columns,)
    """
    return _read_only(values.mean(axis=0, dtype=np.float64))


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


def fuse(signal: Values, image: Values, rule: str = "mean", confidence: tuple[float, float] = (1.0, 1.0)) -> Values:
    """One map of two.

    Parameters
    ----------
    signal, image : array, shape (5000,)
        Both views' maps along time, for one and the same target.
    rule : str
        One of `RULES`.
    confidence : (float, float)
        Probabilities of the target in the signal and the image view; only ``"confidence"`` reads them.

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
    """
    combine = rule_named(rule).combine
    for name, values in zip(VIEWS, (signal, image), strict=False):
        if values.shape != (SAMPLES,):
            raise InvalidValue(f"the {name} map has the shape {values.shape}; fusing needs ({SAMPLES},), see place()")
        if not np.isfinite(values).all():
            raise EmptyMap(f"the {name} view's map is not finite; there is nothing to fuse")
        if not values.max() > 0:
            raise EmptyMap(
                f"the {name} view's map is flat: nothing speaks for this target there; choose another target"
            )
    fused = combine(signal.astype(np.float64), image.astype(np.float64), confidence)
    if not fused.max() > 0:
        raise EmptyMap(f"the rule {rule!r} leaves nothing: the two maps share no moment")
    return _read_only(fused / fused.max())


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
    if not 0 < threshold <= 1:
        raise InvalidValue(f"the threshold of agreement is a share above 0 and up to 1, not {threshold}")
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


def _mean(signal: Exact, image: Exact, _: tuple[float, float]) -> Exact:
    return (signal + image) / 2


def _maximum(signal: Exact, image: Exact, _: tuple[float, float]) -> Exact:
    return np.maximum(signal, image)


def _product(signal: Exact, image: Exact, _: tuple[float, float]) -> Exact:
    return signal * image


def _by_confidence(signal: Exact, image: Exact, confidence: tuple[float, float]) -> Exact:
    if min(confidence) < 0:
        raise InvalidValue(f"confidences are probabilities; given: {confidence}")
    if sum(confidence) <= 0:
        raise EmptyMap("neither view gives this target any probability; choose another target or fusion rule")
    return (confidence[0] * signal + confidence[1] * image) / sum(confidence)


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
    if name not in RULES:
        raise UnknownName(f"no fusion rule is called {name!r}; there are {choices(RULES)}")
    return RULES[name]


def _moments(geometry: Geometry) -> NDArray[np.float64]:
    """Time of each pixel column's centre in seconds from the strip's start."""
    columns = np.arange(geometry.width, dtype=np.float64) + 0.5
    return geometry.seconds_of(columns) - geometry.start


def _read_only(values: NDArray[np.floating]) -> Values:
    array = np.asarray(values, dtype=np.float32)
    array.flags.writeable = False
    return array
