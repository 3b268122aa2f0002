"""Sanity: a map that stays the same when the network, its weights or the class change shows none of them.

Randomising weights from the last layer to the first, and training on shuffled labels, are the tests of Adebayo et al.
(2018, arXiv 1810.03292). Networks that were trained alike but from other seeds give maps that correlate by 0.41 to 0.65
in the literature on ECGs (Arends et al. 2026, doi 10.1093/ehjdh/ztag038): agreement between seeds is measured, not
taken for granted.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from torch import nn

from ..arguments import checked
from ..errors import InvalidValue
from ..explanation import FUSED, Explanation, explain, networks_of
from ..gradcam import GradCAM, class_independent
from ..models import Network, expect_networks, inputs_of, module_of
from ..probing import twin
from ..statistics import mean_of
from ..strip import SAMPLES, Strip
from .agreement import correlation_of, ssim
from .attribution import maps_of, targets_of
from .explained import Values, networks


@dataclass(frozen=True)
class Likeness:
    """How alike two sets of maps are, strip by strip.

    Parameters
    ----------
    correlation : float or None
        Mean rank correlation (Spearman); a map against an empty one counts 0. None where all first maps are empty.
    ssim : float or None
        Mean structural similarity; None as above.
    strips : int
        Strips whose first map is not empty.
    lost : int
        Of these, strips whose second map is empty.
    """

    correlation: float | None
    ssim: float | None
    strips: int
    lost: int


@dataclass(frozen=True)
class Stage:
    """Maps with every layer from the last down to one of them randomised.

    Parameters
    ----------
    layers : dict of str to str
        The layer that was randomised last, by view.
    likeness : dict of str to Likeness
        To the trained networks' maps, for ``"signal"``, ``"image"`` and ``"fused"``.
    """

    layers: dict[str, str]
    likeness: dict[str, Likeness]


def randomise(
    model: Network, count: int | None = None, *, seed: int = 0, layers: Sequence[str] | None = None
) -> Network:
    """A copy of a network with its last layers as they were before training; the network itself is left as it was.

    Parameters
    ----------
    model : Network
        Any network whose layers have weights of their own.
    count : int, optional
        How many of its layers, from the last; by default all.
    seed : int
        Draws the weights; the global state of torch is left as it was.
    layers : sequence of str, optional
        What `weighted_layers` gives, where it is at hand: it costs a forward pass.

    Returns
    -------
    Network
        In evaluation mode.
    """
    copy = deepcopy(model)
    modules = dict(module_of(copy).eval().named_modules())
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        for name in (weighted_layers(model) if layers is None else layers)[:count]:
            _forget(modules[name])
    return copy


def weighted_layers(model: Network) -> list[str]:
    """Names of the layers that have weights of their own, from the last to run to the first; ``""`` is the network."""
    order: dict[str, None] = {}

    def note(name: str) -> None:
        order.pop(name, None)
        order[name] = None

    named = module_of(model).named_modules()
    owners = [name for name, module in named if next(module.parameters(recurse=False), None) is not None]
    strip = np.sin(np.arange(SAMPLES) / 50.0, dtype=np.float32)
    with torch.no_grad():
        twin(module_of(model), owners, lambda name, _: note(name))(inputs_of(model, strip[None]))
    return [*reversed(order), *(name for name in reversed(owners) if name not in order)]


@checked
def cascade(
    strips: Sequence[Strip],
    models: Network | Mapping[str, Network] | None = None,
    *,
    target: str | None = None,
    seed: int = 0,
) -> tuple[Stage, ...]:
    """Randomise weights layer by layer, from the last to the first, and see what is left of the maps at each stage.

    Parameters
    ----------
    strips : sequence of Strip
        Real or simulated.
    models : mapping of str to Network, optional
        By default the shipped pair.
    target : str, optional
        By default the group of a simulated strip, else the trained network's answer.
    seed : int
        Draws the weights.

    Returns
    -------
    tuple of Stage
        One a layer; where the views differ in the number of layers, the shorter one's last stage stays.

    Raises
    ------
    InvalidValue
        When there is no strip.
    """
    models = networks(models)
    targets = _targets(strips, models, target)
    trained = maps_of(strips, models, targets)
    names = {view: weighted_layers(network) for view, network in models.items()}
    stages = []
    for number in range(1, max(map(len, names.values()), default=0) + 1):
        pair = {view: randomise(models[view], number, seed=seed, layers=names[view]) for view in names}
        maps = maps_of(strips, pair, targets)
        reached = {view: layers[min(number, len(layers)) - 1] if layers else "" for view, layers in names.items()}
        stages.append(Stage(reached, {name: likeness(trained[name], maps[name]) for name in trained}))
    return tuple(stages)


@checked
def compare_networks(
    strips: Sequence[Strip],
    models: Mapping[str, Network],
    others: Mapping[str, Network],
    *,
    target: str | None = None,
) -> dict[str, Likeness]:
    """How alike the maps of two pairs are; with `others` trained on shuffled labels, the test of label randomisation.

    Both tell the same classes apart and are asked about the same one, by default as `cascade` with `models`; the
    likeness of each view's maps and of the fused ones comes back, by name.
    """
    targets = _targets(strips, models, target)
    one, other = maps_of(strips, models, targets), maps_of(strips, others, targets)
    return {name: likeness(one[name], other[name]) for name in one}


@checked
def between_seeds(
    strips: Sequence[Strip], pairs: Sequence[Mapping[str, Network]], *, target: str | None = None
) -> dict[str, float | None]:
    """Mean rank correlation over strips and pairs of networks that differ in nothing but their seed.

    All are asked about the same class, by default as `cascade` with the first pair. Each view's figure and the fused
    maps' come back, by name; None where no two maps exist. Fewer than two pairs are an `InvalidValue`.
    """
    if len(pairs) < 2:
        raise InvalidValue(f"seeds are compared with one another; give two pairs of networks or more, not {len(pairs)}")
    targets = _targets(strips, pairs[0], target)
    every = [maps_of(strips, pair, targets) for pair in pairs]
    return {
        name: mean_of([likeness(one[name], other[name]).correlation for one, other in combinations(every, 2)])
        for name in (*pairs[0], FUSED)
    }


@checked
def same_for_every_class(
    explanation: Explanation, models: Network | Mapping[str, Network] | None = None
) -> dict[str, bool | None]:
    """For each view whether every class has the very same map, so that the map tells nothing of this class.

    Returns
    -------
    dict of str to bool or None
        None where the view's map is flat or not finite.
    """
    models = networks_of(explanation, models)
    found: dict[str, bool | None] = {}
    for view, shown in explanation.views.items():
        seen = GradCAM(module_of(models[view]), shown.layer).forward(
            inputs_of(models[view], explanation.strip.samples[None], view)
        )
        (judged,) = class_independent(seen, seen.map(models[view].classes.index(explanation.target)))
        found[view] = judged.state == "class-independent" if judged.state in ("ok", "class-independent") else None
    return found


def explain_again(
    explanation: Explanation, models: Network | Mapping[str, Network] | None = None, *, target: str | None = None
) -> Explanation:
    """The same strip explained in the same way by other networks, or for another class; by default for the same one."""
    models = networks_of(explanation) if models is None else expect_networks(models)
    layers = {view: one.layer.name for view, one in explanation.views.items()}
    usual = all(name == models[view].layer().name for view, name in layers.items())
    return explain(
        explanation.strip,
        models,
        explanation.target if target is None else target,
        explanation.rule,
        None if usual else next(iter(layers.values())),
        contrast=explanation.contrast,
        against=explanation.against if target is None or target != explanation.against else None,
    )


def likeness(trained: Values, others: Values) -> Likeness:
    """Rank correlation and SSIM of two sets of maps, each (n, 5000), strip by strip."""
    pairs = [(one, other) for one, other in zip(trained, others, strict=True) if one.any()]
    if not pairs:
        return Likeness(None, None, 0, 0)
    correlations = [correlation_of(one, other) or 0.0 for one, other in pairs]
    alike = [ssim(one, other) for one, other in pairs]
    lost = sum(not other.any() for _, other in pairs)
    return Likeness(float(np.mean(correlations)), float(np.mean(alike)), len(pairs), lost)


def _targets(strips: Sequence[Strip], models: Mapping[str, Network], target: str | None) -> list[int]:
    if not strips:
        raise InvalidValue("there is no strip to look at; give at least one")
    return targets_of([strip.for_reading() for strip in strips], models, target)


def _forget(module: nn.Module) -> None:
    """Draw a module's own weights as they are drawn before training, or where nothing says how, as wide as they are."""
    if callable(reset := getattr(module, "reset_parameters", None)):
        reset()
        return
    for weights in module.parameters(recurse=False):
        spread = float(weights.detach().std(correction=0))
        nn.init.normal_(weights, float(weights.detach().mean()), spread)
