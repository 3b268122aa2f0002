"""What one network answered, and where it looked: a view, and the same as plain JSON."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import InvalidValue, choices
from .gradcam import Map
from .models import Layer, Prediction, Provenance
from .plain import array, numbers, plain, restored
from .strip import SAMPLES

STATES = ("ok", "flat", "non-finite", "class-independent")


@dataclass(frozen=True, repr=False, eq=False)
class View:
    """What one network answered, and where it looked.

    Parameters
    ----------
    prediction : Prediction
        Its answer.
    map : Map
        Its map in the layer's own cells, (cells,) or (rows, columns).
    layer : Layer
        Where these cells lie.
    on_time : array, shape (5000,)
        The map on the strip's samples, scaled to its own maximum; all zero when the map is empty.
    made_by : Provenance, optional
        Which network made it; None where that is not known, as in files of an earlier version.

    Raises
    ------
    InvalidValue
        When these do not belong together.
    """

    prediction: Prediction
    map: Map
    layer: Layer
    on_time: NDArray[np.float32]
    made_by: Provenance | None = None

    def __post_init__(self) -> None:
        cells = np.shape(self.map.values)
        if not cells or cells[-1] != self.layer.cells or not 0 <= self.map.target < len(self.prediction.classes):
            raise InvalidValue(
                f"a map of {cells} cells for class {self.map.target} is none of {self.layer.name!r}, which has "
                f"{self.layer.cells}, and of {len(self.prediction.classes)} classes"
            )
        if self.map.state not in STATES:
            raise InvalidValue(f"no map is in the state {self.map.state!r}; there are {choices(STATES)}")
        if np.shape(self.on_time) != (SAMPLES,):
            raise InvalidValue(f"a view's map has {SAMPLES} values, this one the shape {np.shape(self.on_time)}")

    def __repr__(self) -> str:
        return f"View: {self.prediction!r}; {self.map!r}"


def expect_map(values: NDArray[np.float32], what: str) -> None:
    """Refuse what is no map along time, (5000,), 0 to 1."""
    if np.shape(values) != (SAMPLES,) or not bool(((values >= 0) & (values <= 1)).all()):
        raise InvalidValue(f"{what} has {SAMPLES} values from 0 to 1; this one is {np.shape(values)}, or goes beyond")


def view_to_json(view: View) -> dict[str, Any]:
    """A view as plain values; `view_from_json` makes the view of it again."""
    return {
        "answer": view.prediction.answer,
        "probabilities": plain(view.prediction.probabilities),
        "logits": numbers(view.prediction.logits),
        "parts": plain(view.prediction.parts),
        "classes": list(view.prediction.classes),
        "map": numbers(view.on_time),
        "cells": numbers(view.map.values),
        "raw_max": plain(view.map.raw_max),
        "state": view.map.state,
        "method": "Grad-CAM",
        "class_number": view.map.target,
        "contrast": view.map.contrast,
        "layer": plain(view.layer),
        "network": plain(view.made_by),
    }


def view_from_json(held: Any, where: str) -> View:
    """The view of what `view_to_json` gave.

    Raises
    ------
    InvalidValue
        When something is missing, of another kind, or does not fit the rest; `where` begins the message.
    """
    if not isinstance(held, dict):
        raise InvalidValue(f"{where} should be an object")
    layer = restored(Layer, held.get("layer"), f"{where}.layer")
    classes = restored(tuple[str, ...], held.get("classes"), f"{where}.classes")
    logits = array(held.get("logits"), f"{where}.logits", (len(classes),))
    parts = {
        name: array(part, f"{where}.parts.{name}", logits.shape) for name, part in part_of(held, "parts", dict).items()
    }
    raw_max = restored(float, held.get("raw_max"), f"{where}.raw_max")
    values = array(held.get("cells"), f"{where}.cells")
    if not np.all((values >= 0) & (values <= 1)):
        raise InvalidValue(f"{where}.cells should lie from 0 to 1")
    found = Map(
        values,
        restored(int, held.get("class_number"), f"{where}.class_number"),
        part_of(held, "contrast", bool),
        layer.name,
        raw_max,
        part_of(held, "state", str),
    )
    on_time = array(held.get("map"), f"{where}.map", (SAMPLES,))
    expect_map(on_time, f"{where}.map")
    network = restored(Provenance | None, held.get("network"), f"{where}.network")  # type: ignore[arg-type]
    return View(Prediction(logits, classes, parts), found, layer, on_time, network)


def part_of(held: dict[str, Any], name: str, kind: type) -> Any:
    """An entry of an object, which must be there and of a kind."""
    if not isinstance(held.get(name), kind):
        raise InvalidValue(f"{name} is missing or of another kind")
    return held[name]
