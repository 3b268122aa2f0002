"""What `ecgteach.explain` needs of a network, as a protocol, and what a network is asked through."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..arguments import checked
from ..errors import InvalidValue, choices, expect
from ..probing import twin
from ..strip import SAMPLES
from .inputs import VIEWS, inputs
from .layers import Layer

Thing = TypeVar("Thing")

WAY_OUT = "models.adapt(network, classes=...) makes one of any torch classifier"


@runtime_checkable
class Network(Protocol):
    """A network that can be explained: a `torch.nn.Module` with these beside.

    `SignalCNN` and `ImageCNN` are two; `ecgteach.models.adapt` makes one of any torch classifier and measures what has
    to be known. A network may also have a method ``inputs(millivolts)``, which makes a batch of strips, (n, 5000) in
    mV; without one it reads what `ecgteach.models.inputs` makes for its view.

    Attributes
    ----------
    view : str
        What it looks at: one of `ecgteach.models.VIEWS`, or another name where it makes its own ``inputs``.
    classes : tuple of str
        Names of its outputs, in order.
    """

    view: str
    classes: tuple[str, ...]

    def __call__(self, batch: Tensor, /) -> Tensor:
        """Logits, shape (n, classes), of a batch."""
        ...

    def layer(self, name: str | None = None) -> Layer:
        """Where a layer's cells lie on the strip; without a name, those of the layer that is explained.

        Raises
        ------
        UnknownName
            When it has no such layer, or one whose cells have no place.
        """
        ...


def module_of(network: Network) -> nn.Module:
    """The torch module that a network is.

    Raises
    ------
    InvalidValue
        When it is none.
    """
    if not isinstance(network, nn.Module):
        expect(network, nn.Module, "to be explained, a network is a torch.nn.Module", WAY_OUT)
    return network  # type: ignore[return-value]  # seen to above


@checked
def inputs_of(network: Network, millivolts: NDArray[np.float32], view: str | None = None) -> Tensor:
    """A batch of strips as a network reads it.

    Parameters
    ----------
    network : Network
        Reads by its own method ``inputs``, where it has one, else as its view does.
    millivolts : array, shape (n, 5000)
        Strips in mV, filtered as `Strip.for_reading` does.
    view : str, optional
        The view that it stands for; by default its own.

    Raises
    ------
    InvalidValue
        When these are no strips.
    """
    if np.ndim(millivolts) != 2 or np.shape(millivolts)[1] != SAMPLES:
        raise InvalidValue(f"a batch of strips has the shape (n, {SAMPLES}), not {np.shape(millivolts)}")
    own = getattr(network, "inputs", None)
    made: Tensor = own(millivolts) if callable(own) else inputs(view or network.view, millivolts)
    return made


def predict(network: Network, batches: Iterable[NDArray[np.float32]], view: str | None = None) -> NDArray[np.float32]:
    """Logits of a network for strips that come in batches, shape (n, classes); its mode is left as it was.

    Parameters
    ----------
    network : Network
        In whatever mode; it answers as in evaluation.
    batches : iterable of arrays, each of the shape (n, 5000)
        Strips in mV, filtered as `Strip.for_reading` does.
    view : str, optional
        The view that it stands for; by default its own.
    """
    asked = twin(module_of(network))
    expect(batches, Iterable, "strips come in batches (arrays of (n, 5000) in mV), one after the other")
    with torch.inference_mode():
        return np.concatenate([asked(inputs_of(network, batch, view)).float().cpu().numpy() for batch in batches])


@checked
def reads_as_its_view(network: Network) -> bool:
    """Whether a network reads what `ecgteach.models.inputs` makes for its view: strips in mV, or the usual picture."""
    return not callable(getattr(network, "inputs", None)) or getattr(network, "reads", "") == network.view


def expect_network(value: object) -> Network:
    """A network that can be explained, checked.

    Raises
    ------
    InvalidValue
        When it is none; the message says what it lacks.
    """
    expect(value, nn.Module, "to be explained, a network is a torch.nn.Module", WAY_OUT)
    missing = [name for name in ("view", "classes", "layer") if not hasattr(value, name)]
    if missing or not isinstance(value, Network):
        raise InvalidValue(f"this {type(value).__name__} does not say its {choices(missing)}; {WAY_OUT}")
    if not isinstance(value.view, str) or not value.view:
        raise InvalidValue(f"a network's view is a name, such as {choices(VIEWS)}; this one's is {value.view!r}")
    return value


@checked
def in_order(named: Mapping[str, Thing]) -> dict[str, Thing]:
    """What is named by views, those that we ship first."""
    return {view: named[view] for view in (*VIEWS, *named) if view in named}


def expect_networks(models: object) -> dict[str, Network]:
    """Networks by the view that each looks at, in the order of the views, checked.

    Parameters
    ----------
    models : Network or mapping of str to Network
        One network alone, or one for each view.

    Raises
    ------
    InvalidValue
        When there is none, one of them is no network, stands under another view than its own, or tells apart other
        classes than the rest.
    """
    if isinstance(models, nn.Module):
        network = expect_network(models)
        return {network.view: network}
    expect(models, Mapping, "models are a network, or one for each view", WAY_OUT)
    given: Mapping[Any, Any] = models  # type: ignore[assignment]  # seen to above
    if not given:
        raise InvalidValue(f"models are given by view, such as {choices(VIEWS)}; none is given")
    found = {view: expect_network(network) for view, network in in_order(given).items()}
    for view, network in found.items():
        if network.view != view:
            raise InvalidValue(f"the network given for the {view} view looks at the {network.view}")
    classes = {view: tuple(network.classes) for view, network in found.items()}
    if len(set(classes.values())) > 1:
        told = ", ".join(f"the {view} network {names}" for view, names in classes.items())
        raise InvalidValue(
            f"networks that are explained together tell apart the same classes, in one order; here: {told}"
        )
    return found
