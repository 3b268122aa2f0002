"""The road in one call: a strip goes in, two answers, two maps and one fused map come out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from . import fusion as fusing
from .errors import EmptyMap, InvalidValue, UnreadableFile
from .filters import Step
from .gradcam import ForwardPass, GradCAM, Map
from .image import StripImage, strip_image
from .models import VIEWS, Layer, Prediction, StripCNN, inputs, position, shipped
from .places import write_whole
from .quality import Fault, Quality
from .records import Record
from .rhythms import rhythm
from .strip import SAMPLING_RATE, Strip

if TYPE_CHECKING:
    from .plots import Picture

FORMAT = "ecgteach explanation 2"
DECIMALS = 6

FUSED = "fused"
MAPS = (*VIEWS, FUSED)
"""Names of the maps of an explanation."""


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
    """

    prediction: Prediction
    map: Map
    layer: Layer
    on_time: NDArray[np.float32]

    def __repr__(self) -> str:
        return f"View: {self.prediction!r}; {self.map!r}"


@dataclass(frozen=True, repr=False, eq=False)
class Explanation:
    """Both views of one strip for one target, and the two maps fused into one.

    Parameters
    ----------
    strip : Strip
        The strip as the networks read it.
    target : str
        The class that all maps explain.
    chosen : str
        How the target came about.
    views : dict of str to View
        ``"signal"`` and ``"image"``.
    fused : array, shape (5000,), or None
        The fused map; None where there is nothing to fuse, and `fused_reason` says why.
    fused_reason : str
        Empty where there is a fused map.
    rule : str
        Fusion rule.
    contrast : bool
        True when the maps explain the target's logit minus the mean of the others.
    """

    strip: Strip
    target: str
    chosen: str
    views: dict[str, View]
    fused: NDArray[np.float32] | None
    fused_reason: str
    rule: str
    contrast: bool = False

    @cached_property
    def image(self) -> StripImage:
        """The picture that the image network read."""
        return strip_image(self.strip)

    @property
    def probabilities(self) -> dict[str, float]:
        """Probability of each class, averaged over the two views."""
        return averaged({name: view.prediction for name, view in self.views.items()})

    @property
    def answer(self) -> str:
        """The class of the highest probability, averaged over the two views."""
        return highest(self.probabilities)

    @property
    def quarrel(self) -> str:
        """What each view answered, where they answered differently; else empty."""
        answers = {name: view.prediction.answer for name, view in self.views.items()}
        if len(set(answers.values())) == 1:
            return ""
        return f"the views quarrel: signal says {answers['signal']}, image says {answers['image']}"

    @property
    def agreement(self) -> NDArray[np.uint8]:
        """Who looks at each sample, as an index into `fusion.AGREEMENT`; shape (5000,)."""
        return fusing.agreement(self.views["signal"].on_time, self.views["image"].on_time)

    @property
    def agreement_shares(self) -> dict[str, float]:
        """Share of the strip's time by who looks: both, one, neither."""
        found = self.agreement
        return {word: float(np.mean(found == number)) for number, word in enumerate(fusing.AGREEMENT)}

    def plot(self) -> "Picture":
        """The strip, both maps and the fused one on one time axis."""
        from .plots import plot_explanation

        return plot_explanation(self)

    def to_json(self) -> dict[str, Any]:
        """Everything as plain values; `from_json` makes the explanation of it again."""
        strip = self.strip
        return {
            "format": FORMAT,
            "notice": "For teaching, not for clinical use.",
            "strip": {
                "source_id": strip.source_id,
                "lead": strip.lead,
                "start": strip.start,
                "rhythm": strip.rhythm.code if strip.rhythm else None,
                "quality": [fault.to_json() for fault in strip.quality.faults],
                "steps": [step.to_json() for step in strip.steps],
                "samples": _numbers(strip.samples),
            },
            "sampling_rate": SAMPLING_RATE,
            "target": self.target,
            "target_chosen": self.chosen,
            "contrast": self.contrast,
            "quarrel": self.quarrel or None,
            "views": {name: _view_to_json(view) for name, view in self.views.items()},
            "fused": {
                "map": None if self.fused is None else _numbers(self.fused),
                "rule": self.rule,
                "reason": self.fused_reason or None,
            },
            "agreement": {"threshold": fusing.AGREEMENT_THRESHOLD, "shares": self.agreement_shares},
        }

    def save(self, path: str | Path) -> Path:
        """Write the explanation as a JSON file, whole or not at all; `load` reads it."""
        return write_whole(path, json.dumps(self.to_json(), allow_nan=False))

    @classmethod
    def load(cls, path: str | Path) -> "Explanation":
        """Read what `save` wrote.

        Raises
        ------
        UnreadableFile
            When the file is missing or holds no explanation.
        """
        try:
            held = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError) as problem:
            raise UnreadableFile(f"{path} is no saved explanation ({problem})") from problem
        if not isinstance(held, dict) or held.get("format") != FORMAT:
            raise UnreadableFile(f"{path} is no saved explanation: it does not say {FORMAT!r}")
        try:
            return cls.from_json(held)
        except (KeyError, TypeError, AttributeError) as problem:
            raise UnreadableFile(
                f"{path} is no whole explanation: {problem} is missing or of another kind"
            ) from problem

    @classmethod
    def from_json(cls, held: dict[str, Any]) -> "Explanation":
        """The explanation of what `to_json` gave."""
        about = held["strip"]
        strip = Strip(
            about["samples"],
            lead=about["lead"],
            start=about["start"],
            rhythm=rhythm(about["rhythm"]) if about["rhythm"] else None,
            source_id=about["source_id"],
            quality=Quality(tuple(map(Fault.from_json, about["quality"]))),
            steps=tuple(map(Step.from_json, about["steps"])),
        )
        fused = held["fused"]
        return cls(
            strip,
            held["target"],
            held["target_chosen"],
            {name: _view_from_json(view) for name, view in held["views"].items()},
            None if fused["map"] is None else np.array(fused["map"], dtype=np.float32),
            fused["reason"] or "",
            fused["rule"],
            held["contrast"],
        )

    def __repr__(self) -> str:
        answers = ", ".join(f"{name} {view.prediction.answer}" for name, view in self.views.items())
        fused = f"fused by {self.rule}" if self.fused is not None else f"not fused ({self.fused_reason})"
        return f"Explanation of {self.strip.source_id or 'a strip'} for {self.target}: {answers}; {fused}"


def explain(
    strip: Strip | Record,
    models: Mapping[str, StripCNN] | None = None,
    target: str | None = None,
    fusion: str | None = None,
    layer: str | None = None,
    *,
    contrast: bool = False,
) -> Explanation:
    """Read a strip with both networks and show where each looked, for one target.

    Parameters
    ----------
    strip : Strip or Record
        A record gives its first strip of lead II.
    models : mapping of str to StripCNN, optional
        ``{"signal": ..., "image": ...}``; by default the shipped pair.
    target : str, optional
        Class that both maps explain; by default the one with the highest probability averaged over the views.
    fusion : str, optional
        Fusion rule, one of `fusion.RULES`; by default their mean.
    layer : str, optional
        Layer of both networks; by default the local cells, whose average is part of the answer.
    contrast : bool
        Explain the target's logit minus the mean of the others: "AFIB rather than the rest".

    Raises
    ------
    UnknownName
        When target, rule or layer are not in their list.
    InvalidValue
        When the networks do not tell the same classes apart.
    """
    if not isinstance(strip, Strip | Record):
        raise InvalidValue(
            f"explain reads a Strip or a Record, not {type(strip).__name__}; an array becomes one with "
            "records.from_array(array, sampling_rate=..., unit=...)"
        )
    prepared = (strip.strip() if isinstance(strip, Record) else strip).for_reading()
    models = shipped() if models is None else models
    classes = _common_classes(models)
    rule = fusing.DEFAULT_RULE if fusion is None else fusion
    fusing.rule_named(rule)
    if target is not None:
        position(target, classes)
    passes = {}
    for view in VIEWS:
        where = models[view].layer(layer)
        passes[view] = (where, GradCAM(models[view], where.name).forward(inputs(view, prepared.samples[None])))
    predictions = {
        view: Prediction(seen.logits[0].numpy(), classes, _parts(models[view], where, seen))
        for view, (where, seen) in passes.items()
    }
    chosen = "highest probability, averaged over the views" if target is None else "asked for"
    target = highest(averaged(predictions)) if target is None else target
    views = {}
    for view, (where, seen) in passes.items():
        found = seen.map(position(target, classes), contrast=contrast)[0]
        cells = found.values if view == "signal" else fusing.columns_of(found.values)
        views[view] = View(predictions[view], found, where, _scaled(fusing.place(cells, where)))
    fused, reason = _fused(views, rule, target)
    return Explanation(prepared, target, chosen, views, fused, reason, rule, contrast)


def averaged(predictions: Mapping[str, Prediction]) -> dict[str, float]:
    """Probability of each class, averaged over the views."""
    each = [prediction.probabilities for prediction in predictions.values()]
    return {name: float(np.mean([one[name] for one in each])) for name in each[0]}


def highest(probabilities: Mapping[str, float]) -> str:
    """The class of the highest probability, the first of those that are level."""
    return max(probabilities, key=probabilities.__getitem__)


def _parts(model: StripCNN, where: Layer, seen: ForwardPass) -> dict[str, NDArray[np.float32]]:
    """Parts of the logits, where the pass went through the cells that the network averages."""
    if not isinstance(model, StripCNN) or where.name != model.explained_layer:
        return {}
    with torch.no_grad():
        parts = model.parts(seen.activations, seen.logits)
    return {name: part[0].numpy() for name, part in parts.items()}


def _fused(views: dict[str, View], rule: str, target: str) -> tuple[NDArray[np.float32] | None, str]:
    signal, image = views["signal"], views["image"]
    for name, view in views.items():
        if view.map.state == "non-finite":
            return None, f"the {name} view's map is not finite"
    confidence = (signal.prediction.probabilities[target], image.prediction.probabilities[target])
    try:
        return fusing.fuse(signal.on_time, image.on_time, rule, confidence), ""
    except EmptyMap as problem:
        return None, str(problem)


def _common_classes(models: Mapping[str, StripCNN]) -> tuple[str, ...]:
    missing = [view for view in VIEWS if view not in models]
    if missing:
        raise InvalidValue(f"explain needs a network for each view; missing: {', '.join(missing)}")
    signal, image = (models[view].classes for view in VIEWS)
    if signal != image:
        raise InvalidValue(f"the signal network tells apart {signal}, the image network {image}; give two of one kind")
    return signal


def _scaled(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Values over their own maximum: placing and averaging over rows lower it a little."""
    top = values.max()
    scaled = values / top if top > 0 else values
    scaled = np.clip(scaled, 0.0, 1.0).astype(np.float32)
    scaled.flags.writeable = False
    return scaled


def _numbers(values: NDArray[np.float32]) -> list[Any]:
    """Plain numbers; what is not finite has no place in JSON and becomes None."""
    rounded: list[Any] = np.round(values.astype(np.float64), DECIMALS).tolist()
    return rounded if np.isfinite(values).all() else [_finite(value) for value in rounded]


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _view_to_json(view: View) -> dict[str, Any]:
    return {
        "answer": view.prediction.answer,
        "probabilities": {name: _finite(value) for name, value in view.prediction.probabilities.items()},
        "logits": _numbers(view.prediction.logits),
        "parts": {name: _numbers(part) for name, part in view.prediction.parts.items()},
        "classes": list(view.prediction.classes),
        "map": _numbers(view.on_time),
        "cells": _numbers(view.map.values),
        "raw_max": _finite(view.map.raw_max),
        "state": view.map.state,
        "method": "Grad-CAM",
        "class_number": view.map.target,
        "contrast": view.map.contrast,
        "layer": vars(view.layer),
    }


def _view_from_json(held: dict[str, Any]) -> View:
    found = Map(
        np.array(held["cells"], dtype=np.float32),
        held["class_number"],
        held["contrast"],
        held["layer"]["name"],
        float("nan") if held["raw_max"] is None else held["raw_max"],
        held["state"],
    )
    parts = {name: np.array(part, dtype=np.float32) for name, part in held["parts"].items()}
    prediction = Prediction(np.array(held["logits"], dtype=np.float32), tuple(held["classes"]), parts)
    return View(prediction, found, Layer(**held["layer"]), np.array(held["map"], dtype=np.float32))
