"""A network of one's own: any torch classifier of strips, with what has to be known of it measured."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from ..errors import EcgteachError, InvalidValue, UnknownName, choices, expect
from ..gradcam import GradCAM
from ..probing import layer_with_cells, paths, telling, twin, watchable
from ..strip import FILTERS, READING_STEPS, SAMPLES, Strip
from .inputs import VIEWS, inputs
from .layers import Layer
from .measuring import TRIES, Time, place_of, time_of
from .weights import NETWORKS

Reading = Callable[[Strip], Any]
"""Makes what a network reads of a `Strip`: a batch of one, (1, channels, *steps)."""

KINDS = {
    "convolution": (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d),
    "normalisation": (nn.BatchNorm1d, nn.BatchNorm2d, nn.GroupNorm, nn.LayerNorm, nn.InstanceNorm1d, nn.InstanceNorm2d),
    "pooling": (nn.MaxPool1d, nn.MaxPool2d, nn.AvgPool1d, nn.AvgPool2d, nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d),
}

LOUDER = 1000.0
"""What answers between 0 and 1 also to so loud a strip answers with probabilities."""

LOGITS = "logits"
INSIDE = "adapted."
"""Before the names of a network's own layers, since it is held by the adapter."""


class Adapted(nn.Module):
    """Somebody's torch classifier as `explain` needs it; `adapt` makes one.

    Parameters
    ----------
    network : torch.nn.Module
        The classifier. It is held and never changed.
    classes : tuple of str
        Names of its outputs.
    view : str
        Name of its view.
    reading : str or callable
        What it reads: one of `VIEWS`, or what a function makes of a `Strip`.
    """

    def __init__(self, network: nn.Module, classes: tuple[str, ...], view: str, reading: str | Reading) -> None:
        super().__init__()
        self.adapted = network
        self.classes, self.view = classes, view
        self.reading = None if isinstance(reading, str) else _Held(reading)
        self.reads = reading if isinstance(reading, str) else _name_of(reading)
        self.training = network.training
        self.explained_layer = ""
        self._places: dict[str, Layer] = {}
        self._time: Time | None = None

    def inputs(self, millivolts: NDArray[np.float32]) -> Tensor:
        """A batch of strips, (n, 5000) in mV, as the network reads it, on its device and in its precision.

        Raises
        ------
        InvalidValue
            When its preprocessing does not make a batch of one of each strip.
        """
        if self.reading is None:
            made = inputs(self.reads, millivolts)
        else:
            made = torch.cat([_batch_of_one(self.reading.call, self.reads, row) for row in millivolts])
        like = next((each for each in self.adapted.parameters() if each.is_floating_point()), None)
        return made if like is None else made.to(like)

    def forward(self, batch: Tensor) -> Tensor:
        """Logits, shape (n, classes), wherever the network puts them."""
        return _logits(self.adapted(batch), len(batch), len(self.classes))

    def layer(self, name: str | None = None) -> Layer:
        """Where a layer's cells lie on the strip, measured when it is first asked for.

        Parameters
        ----------
        name : str, optional
            Name of a submodule, as the network itself calls it; by default the layer that is explained.

        Raises
        ------
        UnknownName
            When there is no such layer.
        InvalidValue
            When its cells have no place; the message says why.
        """
        asked = self.explained_layer if name is None else name
        full = asked if asked.startswith(INSIDE) else INSIDE + asked
        if full not in watchable(self):
            names = [each.removeprefix(INSIDE) for each in watchable(self.adapted)]
            named = f"{type(self.adapted).__name__} has no layer {full.removeprefix(INSIDE)!r}"
            raise UnknownName(f"{named}; there are {choices(names, 20)}")
        if full not in self._places:
            batch = _examples(self)
            layer_with_cells(self, batch, full, lambda *_: None)
            self._places[full] = place_of(self, full, _kind(self.get_submodule(full)), batch, self._time_of())
        return self._places[full]

    def layers(self) -> dict[str, Layer]:
        """Layers that have been measured, by name."""
        return dict(self._places)

    def _time_of(self) -> Time:
        if self._time is None:
            self._time = time_of(self.inputs, _strips())
        return self._time

    def __repr__(self) -> str:
        where = self._places.get(self.explained_layer, "no layer yet")
        return (
            f"{type(self.adapted).__name__} that reads {self.reads}, for {choices(self.classes)}; explained at {where}"
        )


def adapt(
    network: nn.Module,
    classes: Sequence[str],
    reads: str | Reading = VIEWS[0],
    *,
    view: str | None = None,
    layer: str | None = None,
) -> Adapted:
    """Make any torch classifier of strips one that `ecgteach.explain` takes, and measure where its cells lie.

    Parameters
    ----------
    network : torch.nn.Module
        Reads strips in one dimension or two, and answers with logits, one for each class, before any softmax; also
        inside a tuple or a mapping. With two classes one logit will do, that of the second. It stays as it is.
    classes : sequence of str
        Names of its outputs, in their order.
    reads : str or callable
        What it reads: ``"signal"``, (n, 1, 5000) in mV at 500 Hz; ``"image"``, (n, 1, 128, 1024), 0 paper to 1 ink; or
        a function that takes a `Strip`, filtered to 0.5-40 Hz, and makes a batch of one: resampled, normalised, drawn
        otherwise, with more leads, as a spectrogram.
    view : str, optional
        Which view it stands for; by default what `reads` says, and for a function the one of ours that has as many
        dimensions. Another name makes it a view of its own, which can stand beside ours.
    layer : str, optional
        Layer to explain, by its name in the network. By default the last one that has a place: whose cells lie evenly
        along the strip, each of which sees less than half of it.

    Returns
    -------
    Adapted
        Stride, field and first centre of its cells are measured, by altering strips and following gradients, and not
        asked for.

    Raises
    ------
    InvalidValue
        When it gives no logits for these classes, when what it reads does not run along the strip, or when no layer has
        a place (a global one has none); the message says why.
    UnknownName
        When there is no such view or layer.
    """
    expect(network, nn.Module, "adapt takes a network (torch.nn.Module)")
    if isinstance(network, torch.jit.ScriptModule):
        raise InvalidValue("a scripted or traced network runs as one piece; adapt the network that it was made from")
    made = Adapted(network, _class_names(classes), *_reading(reads, view))
    batch = _examples(made)
    with telling(network, batch), torch.inference_mode(False), torch.no_grad():
        answers = [twin(made)(each) for each in (batch, LOUDER * batch)]
    if all(map(_are_probabilities, answers)):
        raise InvalidValue(
            f"this {type(network).__name__} answers with probabilities, and a map explains the logit before "
            "the softmax: put torch.nn.Identity() in the place of its softmax or sigmoid"
        )
    made.explained_layer = INSIDE + layer if layer is not None else _last_with_a_place(made, batch)
    made.layer()
    return made


def _class_names(classes: Sequence[str]) -> tuple[str, ...]:
    if isinstance(classes, str) or not isinstance(classes, Sequence) or not all(isinstance(c, str) for c in classes):
        raise InvalidValue(
            f"classes are the names of the outputs, in order, such as ('normal', 'AF'); given: {classes!r}"
        )
    if len(classes) < 2 or len(set(classes)) != len(classes):
        raise InvalidValue(f"a classifier tells two classes or more apart, each named once; given: {choices(classes)}")
    return tuple(classes)


def _reading(reads: str | Reading, view: str | None) -> tuple[str, str | Reading]:
    """The view's name, and what is read."""
    if isinstance(reads, str):
        if reads not in VIEWS:
            raise UnknownName(
                f"nothing that is read is called {reads!r}; there are {choices(VIEWS)}, or give a function"
            )
        if view in VIEWS and view != reads:
            raise InvalidValue(f"a network that reads {reads!r} is of that view, not of {view!r}")
        return _view_name(reads if view is None else view), reads
    if not callable(reads):
        expect(reads, str, f"what a network reads is {choices(VIEWS)}, or a function of a Strip")
    if view is None:
        dimensions = _batch_of_one(reads, "reads", _strips()[0]).ndim - 2
        found = [name for name, network in NETWORKS.items() if network.dimensions == dimensions]
        view = found[0] if found else VIEWS[0]
    return _view_name(view), reads


def _view_name(view: object) -> str:
    if not isinstance(view, str) or not view:
        raise InvalidValue(f"a view is a name, such as {choices(VIEWS)}; given: {view!r}")
    return view


def _batch_of_one(reading: Reading, name: str, samples: NDArray[np.float32]) -> Tensor:
    steps = tuple(FILTERS[step][0] for step in READING_STEPS)
    try:
        made = reading(Strip(samples, steps=steps))
        batch = (
            made.detach() if isinstance(made, Tensor) else torch.from_numpy(np.array(_numbers(made), dtype=np.float32))
        )
    except EcgteachError:
        raise
    except Exception as problem:
        raise InvalidValue(f"{name} cannot read a strip: {type(problem).__name__}: {problem}") from problem
    if batch.ndim < 3 or len(batch) != 1:
        raise InvalidValue(
            f"{name} makes {tuple(batch.shape)} of a strip; a network reads a batch of one, (1, channels, *steps): add "
            "the axes that are missing, such as samples[None, None]"
        )
    if not torch.isfinite(batch).all():
        if np.ptp(samples):
            raise InvalidValue(f"{name} makes numbers of a strip that are not finite")
        batch = torch.zeros_like(batch)  # a flat line has no scale to normalise by; it stays what it is
    return batch


def _numbers(made: ArrayLike) -> ArrayLike:
    if made is None:
        raise InvalidValue("it gives None; return the batch")
    return made


def _logits(answered: Any, items: int, classes: int) -> Tensor:
    """The logits among what a network answers; one logit for two classes is that of the second."""
    found = [each for each in _tensors(answered) if _fits(each, items, classes)]
    named = answered.get(LOGITS) if isinstance(answered, Mapping) else None
    if isinstance(named, Tensor) and _fits(named, items, classes):
        found = [named]
    if len(found) != 1:
        shapes = choices(str(("n", *each.shape[1:])) for each in _tensors(answered)) or f"a {type(answered).__name__}"
        many = "more than one of which may be" if found else "none of which are"
        raise InvalidValue(f"this network answers with {shapes}, {many} logits for {classes} classes, (n, {classes})")
    (logits,) = found
    if logits.shape == (items, classes):
        return logits
    second = logits.reshape(items, 1) / 2
    return torch.cat([-second, second], dim=1)


def _tensors(answered: Any) -> list[Tensor]:
    if isinstance(answered, Tensor):
        return [answered]
    if isinstance(answered, Mapping):
        answered = list(answered.values())
    return [one for each in answered for one in _tensors(each)] if isinstance(answered, list | tuple) else []


def _fits(tensor: Tensor, items: int, classes: int) -> bool:
    return tuple(tensor.shape) in {(items, classes)} | ({(items, 1), (items,)} if classes == 2 else set())


def _are_probabilities(logits: Tensor) -> bool:
    """Whether rows are shares of one; for the two logits that were made of one, whether that one lies in 0..1."""
    rows = logits.double()
    if torch.equal(rows.sum(1), torch.zeros(len(rows)).to(rows)):
        return bool(((rows[:, 1] >= 0) & (rows[:, 1] <= 0.5)).all())
    return bool((rows >= 0).all() and (rows.sum(1) - 1).abs().max() < 1e-4)


def _last_with_a_place(made: Adapted, batch: Tensor) -> str:
    """The layer that ends last among those whose cells lie along the strip and can be measured."""
    found = paths(made, batch, watchable(made))
    reasons = {name: reason for name, reason in found.items() if reason}
    for name in reversed([name for name, reason in found.items() if not reason]):
        try:
            made.layer(name)
            _heard(made, name, batch)
        except InvalidValue as problem:
            reasons[name] = str(problem)
        else:
            return name
    told = "; ".join(dict.fromkeys(reversed(list(reasons.values()))))
    raise InvalidValue(f"no layer of this {type(made.adapted).__name__} has a place on the strip: {told}")


def _heard(made: Adapted, name: str, batch: Tensor) -> None:
    GradCAM(made, made.layer(name)).forward(batch[:1]).gradients()


def _examples(made: Adapted) -> Tensor:
    """A few inputs: real strips and noise, as the network reads them."""
    return made.inputs(_strips())


def _strips() -> NDArray[np.float32]:
    """Strips that are not alike: two made of beats at two rates, two of noise, all in the band that networks read."""
    times = np.arange(SAMPLES) / 500
    random = np.random.default_rng(0)
    rows = [random.standard_normal(SAMPLES) * 0.3 for _ in range(TRIES)]
    for number, rate in enumerate((55, 110)):
        beats = np.abs((times * rate / 60 + 0.3) % 1 - 0.5) * 60 / rate
        rows[number] = 1.1 * np.exp(-0.5 * (beats / 0.02) ** 2) + 0.05 * rows[number]
    return np.stack(rows).astype(np.float32)


def _kind(module: nn.Module) -> str:
    for kind, classes in KINDS.items():
        if isinstance(module, classes):
            return kind
    return type(module).__name__


def _name_of(reading: Reading) -> str:
    return str(getattr(reading, "__qualname__", type(reading).__qualname__))


class _Held:
    """A function that a copy of the network shares, whatever it holds."""

    def __init__(self, call: Reading) -> None:
        self.call = call

    def __deepcopy__(self, _: dict[int, Any]) -> "_Held":
        return self
