"""The road in one call: a strip goes in, two answers, two maps and one fused map come out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from . import fusion as fusing
from .errors import EcgteachError, EmptyMap, InvalidValue, UnreadableFile, choices, expect
from .explained_view import View as View
from .explained_view import expect_map, part_of, view_from_json, view_to_json
from .gradcam import ForwardPass, GradCAM
from .image import StripImage, strip_image
from .models import (
    VIEWS,
    WAY_OUT,
    Layer,
    Network,
    Prediction,
    Provenance,
    StripCNN,
    expect_networks,
    in_order,
    inputs_of,
    module_of,
    position,
    shipped,
)
from .paths import write_whole
from .plain import array, numbers, plain, restored
from .quality import Fault
from .records import Record
from .rhythms import rhythm
from .showing import ShowsItself
from .strip import SAMPLES, SAMPLING_RATE, Strip

if TYPE_CHECKING:
    from .plots import Picture

FORMAT = "ecgteach explanation 3"
BEFORE = "ecgteach explanation 2"
"""Format of files that knew neither which networks made them nor what else was known of the strip."""

LARGEST_FILE = 64 * 2**20
FUSED = "fused"
MAPS = (*VIEWS, FUSED)
"""Names of the maps of an explanation."""

ALONE = "the {} view alone was asked: there is nothing to fuse it with"


@dataclass(frozen=True, repr=False, eq=False)
class Explanation(ShowsItself):
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
        By name, one or more; those of `ecgteach.views.VIEWS` first.
    fused : array, shape (5000,), or None
        The fused map; None where there is nothing to fuse, and `fused_reason` says why.
    fused_reason : str
        Empty where there is a fused map.
    rule : str
        Fusion rule.
    contrast : bool
        True when the maps explain the target's logit minus the mean of the others, or minus that of `against`.
    against : str, optional
        The one other class that the maps set the target against.
    networks : mapping of str to Network, optional
        The networks themselves, as long as the explanation has not left this process; `networks_of` looks after them.
    lacking : tuple of str
        What a file of an earlier version did not hold.

    Raises
    ------
    InvalidValue
        When these do not belong together.
    """

    strip: Strip
    target: str
    chosen: str
    views: dict[str, View]
    fused: NDArray[np.float32] | None
    fused_reason: str
    rule: str
    contrast: bool = False
    networks: Mapping[str, Network] | None = field(default=None, repr=False)
    lacking: tuple[str, ...] = ()
    against: str | None = None

    def __post_init__(self) -> None:
        if not self.views:
            raise InvalidValue("an explanation has one view or more")
        classes = {view.prediction.classes for view in self.views.values()}
        if len(classes) > 1 or self.target not in next(iter(classes)):
            raise InvalidValue(f"target {self.target!r} is none of the classes that all views tell apart")
        if self.against is not None and self.against not in {*next(iter(classes))} - {self.target}:
            raise InvalidValue(f"a map for {self.target!r} is set against another of the classes, not {self.against!r}")
        fusing.rule_named(self.rule)
        if self.fused is not None and np.shape(self.fused) != (SAMPLES,):
            raise InvalidValue(f"a fused map has {SAMPLES} values, this one the shape {np.shape(self.fused)}")

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
    def disagreement(self) -> str:
        """What each view answered, where they answered differently; else empty."""
        answers = {name: view.prediction.answer for name, view in self.views.items()}
        if len(set(answers.values())) == 1:
            return ""
        return f"the views disagree: {', '.join(f'{name} says {answer}' for name, answer in answers.items())}"

    @property
    def agreement(self) -> NDArray[np.uint8]:
        """Who looks at each sample, as an index into `fusion.agreement_kinds`; shape (5000,)."""
        return fusing.agreement([view.on_time for view in self.views.values()])

    @property
    def agreement_shares(self) -> dict[str, float]:
        """Share of the strip's time by who looks, from neither to all; the words are `fusion.agreement_kinds`."""
        found = self.agreement
        return {word: float(np.mean(found == number)) for number, word in enumerate(fusing.agreement_kinds(self.views))}

    def plot(self) -> "Picture":
        """The strip, both maps and the fused one on one time axis."""
        from .plots import plot_explanation

        return plot_explanation(self)

    def to_json(self) -> dict[str, Any]:
        """Everything but the networks themselves as plain values; `from_json` makes the explanation of it again."""
        return {
            "format": FORMAT,
            "notice": "For teaching, not for clinical use.",
            "strip": plain(self.strip),
            "sampling_rate": SAMPLING_RATE,
            "target": self.target,
            "target_chosen": self.chosen,
            "contrast": self.contrast,
            "against": self.against,
            "disagreement": self.disagreement or None,
            "views": {name: view_to_json(view) for name, view in self.views.items()},
            "fused": {
                "map": None if self.fused is None else numbers(self.fused),
                "rule": self.rule,
                "reason": self.fused_reason or None,
            },
            "agreement": {"threshold": fusing.AGREEMENT_THRESHOLD, "shares": self.agreement_shares},
            "lacking": list(self.lacking),
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
            When the file is missing, too large, or holds no whole explanation; the message says what is wrong with it.
        """
        expect(path, str | Path, "an explanation is loaded from a path")
        try:
            if not Path(path).is_file():
                raise UnreadableFile(f"{path} is no file; Explanation.save writes one")
            if Path(path).stat().st_size > LARGEST_FILE:
                raise UnreadableFile(f"{path} holds more than {LARGEST_FILE >> 20} MB, and is no saved explanation")
            held = json.loads(Path(path).read_text(encoding="utf-8"))
        except UnreadableFile:
            raise
        except (OSError, ValueError, RecursionError) as problem:
            raise UnreadableFile(f"{path} is no saved explanation ({problem})") from problem
        try:
            return cls.from_json(held)
        except EcgteachError as problem:
            raise UnreadableFile(f"{path} is no whole explanation: {problem}") from problem

    @classmethod
    def from_json(cls, held: dict[str, Any]) -> "Explanation":
        """The explanation of what `to_json` gave, of this version or the one before.

        Raises
        ------
        InvalidValue
            When something is missing, of another kind, or does not fit the rest.
        """
        said = held.get("format") if isinstance(held, dict) else None
        if said == BEFORE:
            held = _of_this_version(held)
        elif said != FORMAT:
            raise InvalidValue(f"it does not say {FORMAT!r}" + (f", but {said!r}" if isinstance(said, str) else ""))
        fused = part_of(held, "fused", dict)
        views = {name: view_from_json(view, f"views.{name}") for name, view in part_of(held, "views", dict).items()}
        target, reason = part_of(held, "target", str), fused.get("reason")
        together = None if fused.get("map") is None else array(fused["map"], "fused.map", (SAMPLES,))
        if together is not None:
            expect_map(together, "fused.map")
        for name, view in views.items():
            if view.prediction.classes[view.map.target] != target:
                raise InvalidValue(f"views.{name} has a map that is not for the target, {target}")
        return cls(
            restored(Strip, held.get("strip"), "strip"),
            target,
            part_of(held, "target_chosen", str),
            in_order(views),
            together,
            reason if isinstance(reason, str) else "",
            part_of(fused, "rule", str),
            part_of(held, "contrast", bool),
            lacking=restored(tuple[str, ...], held.get("lacking", []), "lacking"),
            against=restored(str | None, held.get("against"), "against"),  # type: ignore[arg-type]
        )

    def __repr__(self) -> str:
        answers = ", ".join(f"{name} {view.prediction.answer}" for name, view in self.views.items())
        fused = f"fused by {self.rule}" if self.fused is not None else f"not fused ({self.fused_reason})"
        lacking = f"; its file did not hold {choices(self.lacking)}" if self.lacking else ""
        return f"Explanation of {self.strip.source_id or 'a strip'} for {self.target}: {answers}; {fused}{lacking}"


def explain(
    strip: Strip | Record,
    models: Network | Mapping[str, Network] | None = None,
    target: str | None = None,
    fusion: str | None = None,
    layer: str | None = None,
    *,
    contrast: bool = False,
    against: str | None = None,
) -> Explanation:
    """Read a strip with one network or one for each view, and show where each looked, for one target.

    Any number of threads may call it with the same networks.

    Parameters
    ----------
    strip : Strip or Record
        A record gives its first strip of lead II.
    models : Network or mapping of str to Network, optional
        By default the shipped pair. Networks by view, ``{"signal": ..., "image": ...}``, or one alone; any torch
        classifier becomes one with `ecgteach.adapt`.
    target : str, optional
        Class that all maps explain; by default the one with the highest probability averaged over the views.
    fusion : str, optional
        Fusion rule, one of `fusion.RULES`; by default their mean. A view alone is not fused.
    layer : str, optional
        Layer of all networks; by default the one that each says is explained.
    contrast : bool
        Explain the target's logit minus the mean of the others: "AFIB rather than the rest".
    against : str, optional
        Explain the target's logit minus that of one other class: "why AFIB and not SR?".

    Raises
    ------
    UnknownName
        When target, rule or layer are not in their list.
    InvalidValue
        When something else than a strip or networks was given, or the networks do not tell the same classes apart.
    """
    way_out = (
        "an array becomes one with records.from_array(array, sampling_rate=..., unit=...), a file with read_record"
    )
    expect(strip, Strip | Record, "explain reads a Strip or a Record", way_out)
    prepared = (strip.strip() if isinstance(strip, Record) else strip).for_reading()
    networks = expect_networks(shipped() if models is None else models)
    classes = tuple(next(iter(networks.values())).classes)
    rule = fusing.DEFAULT_RULE if fusion is None else fusion
    fusing.rule_named(rule)
    if target is not None:
        position(target, classes)
    passes = {}
    for name, network in networks.items():
        where = network.layer(layer)
        passes[name] = (where, GradCAM(module_of(network), where).forward(inputs_of(network, prepared.samples[None])))
    predictions = {
        name: Prediction(seen.logits[0].float().cpu().numpy(), classes, _parts(networks[name], where, seen))
        for name, (where, seen) in passes.items()
    }
    chosen = "highest probability, averaged over the views" if target is None else "asked for"
    target = highest(averaged(predictions)) if target is None else target
    other = None if against is None else position(against, classes)
    if other == position(target, classes):
        raise InvalidValue(f"a map for {target} is set against another class than {against}; leave against= out")
    views = {}
    for name, (where, seen) in passes.items():
        found = seen.map(position(target, classes), contrast, other)[0]
        on_time = _scaled(fusing.place(fusing.columns_of(found.values), where))
        views[name] = View(predictions[name], found, where, on_time, Provenance.of(module_of(networks[name])))
    fused, reason = _fused(views, rule, target)
    over = contrast or against is not None
    return Explanation(prepared, target, chosen, views, fused, reason, rule, over, networks, against=against)


def networks_of(
    explanation: Explanation, models: Network | Mapping[str, Network] | None = None
) -> Mapping[str, Network]:
    """The networks that made an explanation, by view; no others pass.

    Parameters
    ----------
    explanation : Explanation
        Knows its networks by their digest.
    models : Network or mapping of str to Network, optional
        Where an explanation was loaded from a file, and the shipped pair did not make it.

    Raises
    ------
    InvalidValue
        When they are not at hand, are others, or were changed since.
    """
    expect(explanation, Explanation, "a check asks about an Explanation", "ecgteach.explain makes one")
    if models is None:
        held = explanation.networks or _shipped_for(explanation)
        missing = [name for name in explanation.views if name not in held]
        if missing:
            made = choices(
                f"the {name} network {explanation.views[name].made_by or 'that is not told'}" for name in missing
            )
            raise InvalidValue(f"this explanation was made by {made}, which is not at hand; give it with models=")
    else:
        held = _given(models)
    for name, view in explanation.views.items():
        if name not in held:
            raise InvalidValue(f"the explanation has a view {name!r}, for which models= holds no network")
        now = Provenance.of(module_of(held[name]))
        if tuple(held[name].classes) != view.prediction.classes:
            raise InvalidValue(f"the {name} network tells apart {choices(held[name].classes)}, not what was explained")
        if view.made_by is not None and not view.made_by.same_network(now):
            since = "has been changed since" if models is None else "is another"
            raise InvalidValue(
                f"the {name} view was made by {view.made_by}, and the network given {since}: {now}. "
                "Explain the strip anew"
            )
    return {name: held[name] for name in explanation.views}


def _given(models: object) -> Mapping[str, Network]:
    """Networks by view, of which only the answers are asked for."""
    if isinstance(models, torch.nn.Module):
        models = {getattr(models, "view", VIEWS[0]): models}
    expect(models, Mapping, "models= holds the networks that made the explanation, by view")
    for network in models.values():  # type: ignore[attr-defined]  # seen to above
        expect(network, torch.nn.Module, "models= holds networks (torch.nn.Module), by view")
        if not hasattr(network, "classes"):
            raise InvalidValue(f"this {type(network).__name__} does not say its classes; {WAY_OUT}")
    return models  # type: ignore[return-value]


def _shipped_for(explanation: Explanation) -> Mapping[str, Network]:
    """The shipped networks, if these made the explanation; by their digest."""
    pair = shipped()
    made = {name: view.made_by for name, view in explanation.views.items() if name in pair}
    return {name: pair[name] for name, one in made.items() if one and one.same_network(Provenance.of(pair[name]))}


def averaged(predictions: Mapping[str, Prediction]) -> dict[str, float]:
    """Probability of each class, averaged over the views."""
    each = [prediction.probabilities for prediction in predictions.values()]
    return {name: float(np.mean([one[name] for one in each])) for name in each[0]}


def highest(probabilities: Mapping[str, float]) -> str:
    """The class of the highest probability, the first of those that are level."""
    return max(probabilities, key=probabilities.__getitem__)


def _parts(network: Network, where: Layer, seen: ForwardPass) -> dict[str, NDArray[np.float32]]:
    """Parts of the logits, where the pass went through the cells that the network averages."""
    if not isinstance(network, StripCNN) or where.name != network.explained_layer:
        return {}
    with torch.no_grad():
        parts = network.parts(seen.activations, seen.logits)
    return {name: part[0].numpy() for name, part in parts.items()}


def _fused(views: dict[str, View], rule: str, target: str) -> tuple[NDArray[np.float32] | None, str]:
    if len(views) == 1:
        return None, ALONE.format(*views)
    for name, view in views.items():
        if view.map.state == "non-finite":
            return None, f"the {name} view's map is not finite"
    confidence = {name: view.prediction.probabilities[target] for name, view in views.items()}
    try:
        return fusing.fuse({name: view.on_time for name, view in views.items()}, rule, confidence), ""
    except EmptyMap as problem:
        return None, str(problem)


def _scaled(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Values over their own maximum: placing and averaging over rows lower it a little."""
    top = values.max()
    scaled = values / top if top > 0 else values
    scaled = np.clip(scaled, 0.0, 1.0).astype(np.float32)
    scaled.flags.writeable = False
    return scaled


def _of_this_version(held: dict[str, Any]) -> dict[str, Any]:
    """A file of the version before, in the words of this one."""
    about = dict(part_of(held, "strip", dict))
    code = about.get("rhythm")
    about["rhythm"] = plain(rhythm(code)) if isinstance(code, str) else None
    faults = restored(tuple[str, ...], about.get("quality", []), "strip.quality")
    about["quality"] = {"faults": [Fault.from_json(fault).to_json() for fault in faults]}
    lacking = ["which networks made it", "marks and truth of the strip", "digits beyond the sixth"]
    return {**held, "format": FORMAT, "strip": about, "lacking": lacking}
