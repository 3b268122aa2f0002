"""Asking a network without touching it: a twin to watch, and which of its layers' cells follow the input.

A network is shared: by threads, by a notebook and its background job, by two widgets. So nothing here hangs a hook on
it or switches its mode. `twin` shares all weights and holds what a call needs for itself; `paths` alters the input
segment by segment and sees what moves along.
"""

import copy
import os
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from functools import partial
from threading import Lock
from types import MethodType
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from .errors import InvalidValue, UnknownName, choices

Watcher = Callable[[str, Any], Any]
"""Takes a layer's name and what it gave; what it returns, unless None, goes on in its place."""

SEGMENTS = 8
"""The input is altered in so many segments along its longest axis, one after the other."""

LEAST_TRAVEL, LEAST_CORRELATION = 0.3, 0.9
"""How far the change in a layer must travel while its cause travels along the whole input, as a share of the axis, and
how evenly. Of 1,344 axes of eight families of random networks no channels came near both; axes of time that did not
were of cells each of which saw the whole input."""

LEAST_NOISE = 1e-3
NEVER_RAN = "it did not run"
PARAMETRIZATIONS = "parametrizations"
PLAIN = (int, float, str, bool, torch.device, type(None))

COMPILED = "_orig_mod"
"""Where torch keeps the network that a compiled one was made from."""


if hasattr(os, "register_at_fork"):
    # A child has none of its parent's compute threads, and would wait for them for ever; alone it needs none.
    os.register_at_fork(after_in_child=partial(torch.set_num_threads, 1))

_HELD: "WeakKeyDictionary[nn.Module, int]" = WeakKeyDictionary()
_LOCK = Lock()


def watchable(model: nn.Module) -> list[str]:
    """Names of the submodules that can be watched, all but the network itself.

    Scripted and traced parts run outside Python as one piece, and what computes a weight (as weight normalisation does)
    is no layer that a strip passes.
    """
    names: list[str] = []
    closed: tuple[str, ...] = ()
    for name, module in model.named_modules(remove_duplicate=False):
        if name.startswith(closed) and closed:
            continue
        if isinstance(module, torch.jit.ScriptModule) or name.rpartition(".")[2] == PARAMETRIZATIONS:
            closed = (*closed, f"{name}." if name else "")
        elif name:
            names.append(name)
    return names


def name_of(model: nn.Module, layer: object) -> str:
    """Name of a layer, given by its name or as a `models.Layer`, that can be watched.

    Raises
    ------
    UnknownName
        When the network has no such layer, or it cannot be watched; with the names that come nearest.
    """
    name = getattr(layer, "name", layer)
    if name in (names := watchable(model)):
        return str(name)
    near = get_close_matches(str(name), names, n=5, cutoff=0.4) or names
    what = "cannot be watched at layer" if name in dict(model.named_modules()) else "has no layer"
    raise UnknownName(f"{type(model).__name__} {what} {layer!r}; near names: {choices(near)}")


def twin(model: nn.Module, watched: Collection[str] = (), watcher: Watcher | None = None) -> nn.Module:
    """A network in evaluation mode that shares every weight with another, and has watchers of its own.

    Only modules that are watched or training, and those that hold them, are new; the other network keeps its hooks and
    its mode, and no other call ever meets the watchers.

    Parameters
    ----------
    model : torch.nn.Module
        The network; in whatever mode.
    watched : collection of str
        Names of submodules; one that runs twice is watched twice.
    watcher : callable
        Called with the name and the output of each.
    """
    hooks: dict[int, list[str]] = {}
    for name in watched:
        hooks.setdefault(id(model.get_submodule(name)), []).append(name)
    made: dict[int, nn.Module] = {}
    _twin_of(model, hooks, watcher, made)
    new = {key: module for key, module in made.items() if id(module) != key}
    for module in new.values():
        held = module.__dict__
        for name in held.keys() - _MODULES_OWN:
            if type(held[name]) not in PLAIN and (tied := _tied(held[name], new)) is not held[name]:
                held[name] = tied
    return made[id(model)]


def _twin_of(
    module: nn.Module, hooks: Mapping[int, list[str]], watcher: Watcher | None, made: dict[int, nn.Module]
) -> nn.Module:
    """The module itself where nothing in it has to be other; `made` holds what has been looked at."""
    key = id(module)
    if key in made:
        return made[key]
    made[key] = module
    if isinstance(module, torch.jit.ScriptModule):
        made[key] = copy.deepcopy(module).eval() if module.training else module
        return made[key]
    children = module._modules
    for name, child in module._modules.items():
        if child is None or not (child._modules or child.training or id(child) in hooks):
            continue  # most are, and this is where a pass on one strip spends its time
        if (other := _twin_of(child, hooks, watcher, made)) is not child:
            children = children if children is not module._modules else dict(children)
            children[name] = other
    names = hooks.get(key)
    if names is None and children is module._modules and not module.training:
        return module
    found = made[key] = type(module).__new__(type(module))
    found.__dict__.update(module.__dict__, training=False, _modules=children)
    if isinstance(module, nn.DataParallel):
        found.__dict__["device_ids"] = []  # replicas on other devices would be watched from other threads
    if COMPILED in children:
        found.__dict__["forward"] = children[COMPILED]  # what was compiled knows no watchers
    if names and watcher:
        found._forward_hooks = OrderedDict(module._forward_hooks)
        for name in names:
            found.register_forward_hook(partial(_told, watcher, name))
    return found


def _told(watcher: Watcher, name: str, _module: nn.Module, _inputs: object, output: Any) -> Any:
    return watcher(name, output)


def _tied(value: Any, new: Mapping[int, nn.Module]) -> Any:
    """What a module holds beside its submodules, tied to their twins: a list of layers, a method of one of them."""
    if isinstance(value, nn.Module):
        return new.get(id(value), value)
    if isinstance(value, MethodType) and id(value.__self__) in new:
        return MethodType(value.__func__, new[id(value.__self__)])
    if type(value) in (list, tuple) and any(isinstance(one, nn.Module) for one in value):
        return type(value)(_tied(one, new) for one in value)
    if type(value) is dict and any(isinstance(one, nn.Module) for one in value.values()):
        return {key: _tied(one, new) for key, one in value.items()}
    return value


_MODULES_OWN = frozenset(vars(nn.Module()))


@contextmanager
def evaluating(model: nn.Module) -> Iterator[nn.Module]:
    """Hold a network in evaluation mode for a ``with`` block; of several at once the last gives the mode back."""
    with _LOCK:
        held = [module for module in model.modules() if module.training or module in _HELD]
        for module in reversed(held):  # each is met before the one that holds it switches it off
            _HELD[module] = _HELD.get(module, 0) + 1
            module.eval()
    try:
        yield model
    finally:
        with _LOCK:
            for module in held:
                _HELD[module] -= 1
                if not _HELD[module]:
                    del _HELD[module]
                    module.training = True


def layer_with_cells(model: nn.Module, batch: Tensor, asked: str | None, passing: Callable[[str, Tensor], Any]) -> str:
    """The layer that is asked for, if its cells lie along the input, or without one the last that does and is heard.

    Parameters
    ----------
    model : torch.nn.Module
        The network.
    batch : Tensor
        What it reads.
    asked : str, optional
        Name of a layer.
    passing : callable
        Makes a pass with gradients from a layer on; `InvalidValue` of its ``gradients()`` says that no logit hears it.

    Raises
    ------
    InvalidValue
        When its cells do not, or no layer's do; the message holds the reason.
    """
    if asked is not None and not (why_not := paths(model, batch, [asked]).get(asked, NEVER_RAN)):
        return asked
    found = paths(model, batch, watchable(model))
    good = [name for name, reason in found.items() if not reason]
    if asked is not None:
        needed = f"choose one that gives (items, channels, *cells){f', such as {good[-1]!r}' if good else ''}"
        raise InvalidValue(f"layer {asked!r} gave no cells: {why_not}; {needed}")
    unheard = None
    for name in reversed(good):
        try:
            passing(name, batch).gradients()
        except InvalidValue as problem:
            unheard = unheard or problem
        else:
            return name
    if unheard:
        raise unheard
    scripted = "it is scripted or traced, and runs as one piece; give the network that it was made from"
    why_not = scripted if isinstance(model, torch.jit.ScriptModule) else "; ".join(sorted({*found.values()}))
    raise InvalidValue(f"no layer of this network gives (items, channels, *cells): {why_not or 'it has no layers'}")


def paths(model: nn.Module, batch: Tensor, names: Collection[str]) -> dict[str, str]:
    """Which layers' cells lie along the input, in the order in which they end.

    The batch's first item is altered in one segment after the other. Where the change in a layer's output travels with
    the segment, along an axis after the channels, there are cells. Channels do not travel, whichever axis they are on.

    Returns
    -------
    dict of str to str
        For each layer that ran, the empty string, or why its last axes are no cells.
    """
    pulses = _altered(batch)
    found: dict[str, str] = {}

    def look(name: str, output: Any) -> None:
        found.pop(name, None)
        found[name] = _why_no_cells(output, len(pulses))

    with telling(model, batch), torch.inference_mode(False), torch.no_grad():
        logits_of(twin(model, names, look)(pulses), pulses)
    return found


def _altered(batch: Tensor) -> Tensor:
    """The first item as it is, then once for each segment of its longest axis, with noise there."""
    item = torch.nan_to_num(batch[:1].detach())
    axis = max(range(1, item.ndim), key=lambda number: (item.shape[number], number))
    length = item.shape[axis]
    if length < SEGMENTS:
        return item
    noise = torch.randn(item.shape, generator=torch.Generator().manual_seed(0)).to(item)
    noise = noise * item.std(correction=0).clamp(min=LEAST_NOISE)
    segments = torch.arange(length).tensor_split(SEGMENTS)
    masks = (torch.zeros(length).index_fill_(0, segment, 1.0).to(item) for segment in segments)
    return torch.cat([item, *(item + noise * mask.reshape(-1, *[1] * (item.ndim - axis - 1)) for mask in masks)])


def _why_no_cells(output: Any, items: int) -> str:
    """Empty where an axis after the channels runs along the input; also where the input is too short to tell."""
    if not isinstance(output, Tensor):
        return f"it gives a {type(output).__name__}, no tensor"
    shape = tuple(output.shape)
    if output.ndim < 3 or shape[0] != items or output[0, 0].numel() <= 1:
        return f"it gives {_shape(shape)}"
    if items == 1:
        return ""
    change = (output[1:] - output[:1]).double().square()  # (segments, channels, *cells)
    if not torch.isfinite(change).all() or not change.any():
        return "it does not answer to the input"
    if any(_travels(change, axis) for axis in range(2, change.ndim)):
        return ""
    if _travels(change, 1):
        return f"it gives {_shape(shape)}, and what runs along the input is axis 1, where channels should be"
    return f"it gives {_shape(shape)}, and none of these axes runs along the input: each number answers to all of it"


def _shape(shape: Sequence[int]) -> str:
    return f"({', '.join(['items', *map(str, shape[1:])])})"


def _travels(change: Tensor, axis: int) -> bool:
    """Whether the middle of the change travels along an axis of the output while a segment travels along the input."""
    length = change.shape[axis]
    if length < 2:
        return False
    along = change.movedim(axis, -1).flatten(1, -2).sum(1)
    whole = along.sum(-1)
    answered = torch.nonzero(whole)[:, 0]
    middles = (along * torch.arange(length).to(along)).sum(-1)[answered] / whole[answered] / (length - 1)
    if len(answered) <= SEGMENTS // 2 or middles[-1] - middles[0] < LEAST_TRAVEL:
        return False
    return bool(torch.corrcoef(torch.stack([middles, answered.to(middles)]))[0, 1] > LEAST_CORRELATION)


def logits_of(answered: Any, batch: Tensor) -> Tensor:
    """What a network answered to a batch, if these are logits, (items, classes).

    Raises
    ------
    InvalidValue
        When they are not.
    """
    if isinstance(answered, Tensor) and answered.ndim == 2 and len(answered) == len(batch):
        return answered
    given = _shape(answered.shape) if isinstance(answered, Tensor) else f"a {type(answered).__name__}"
    raise InvalidValue(f"the network gives {given}, not logits (items, classes)")


class FollowingGradients(TorchFunctionMode):
    """Follow gradients for a ``with`` block, in this thread, also where a network's own code switches them off."""

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        return func(*((True,) if func is torch._C._set_grad_enabled else args), **(kwargs or {}))


@contextmanager
def telling(model: nn.Module, batch: Tensor, layer: str = "") -> Iterator[None]:
    """Say in a sentence why a network breaks off: no gradient can begin in it, or it reads other batches."""
    try:
        yield
    except RuntimeError as problem:
        if any(tensor.is_inference() for tensor in (*model.parameters(), *model.buffers())):
            raise InvalidValue(
                "this network's weights were made in torch.inference_mode, and no gradient passes them: make the "
                "network outside of it, or take copy.deepcopy(network)"
            ) from problem
        if layer and "nference tensor" in str(problem):
            raise InvalidValue(why_unreached(model, batch, layer)) from problem
        read = f"{type(model).__name__} cannot read a batch of the shape {_shape(batch.shape)}"
        raise InvalidValue(f"{read}: {problem}") from problem


def why_unreached(model: nn.Module, batch: Tensor, layer: str) -> str:
    """Why no gradient reaches a layer: no logit depends on it, or the network itself cuts the gradient on the way."""

    def raised(_layer: str, cells: Tensor) -> Tensor:
        return cells + 1

    with torch.inference_mode(False), torch.no_grad():
        before, after = (twin(model, names, raised)(batch) for names in ([], [layer]))
    if torch.equal(before, after):
        return f"the logits do not depend on layer {layer!r}; choose one on the way to them"
    return (
        f"the logits depend on layer {layer!r}, but the network cuts the gradient on the way (detach or "
        "inference_mode in its own code, or numbers that were rounded); choose a layer after that"
    )
