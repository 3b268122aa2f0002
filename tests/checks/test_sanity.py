"""What sanity checks promise: a network is left as it was, and a map that needs no network is found out."""

import numpy as np
import pytest
import torch
from checks.planted import planted, strips
from torch import nn

from ecgteach.checks import sanity
from ecgteach.checks.attribution import maps_of
from ecgteach.errors import InvalidValue
from ecgteach.explanation import explain
from ecgteach.models import VIEWS, ImageCNN, SignalCNN


@pytest.fixture(scope="module")
def untrained():
    """Two pairs that were never trained, from two seeds."""
    with torch.random.fork_rng(devices=[]):
        pairs = []
        for seed in (0, 1):
            torch.manual_seed(seed)
            pairs.append({"signal": SignalCNN().eval(), "image": ImageCNN().eval()})
    return pairs


def weights(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def differing(model, state):
    return {name for name, value in model.state_dict().items() if not torch.equal(value, state[name])}


def test_randomising_leaves_the_network_and_the_global_state_as_they_were(untrained):
    model = untrained[0]["signal"]
    before, state = weights(model), torch.get_rng_state()
    copy = sanity.randomise(model, seed=5)
    assert not differing(model, before)
    assert torch.equal(torch.get_rng_state(), state)
    assert differing(copy, before)


def test_one_seed_draws_one_network(untrained):
    one, same, other = (sanity.randomise(untrained[0]["signal"], seed=seed) for seed in (5, 5, 6))
    assert not differing(one, same.state_dict())
    assert differing(one, other.state_dict())


def test_layers_are_forgotten_from_the_last_to_the_first(untrained):
    model = untrained[0]["image"]
    order = sanity.weighted_layers(model)
    assert order[0] == "dense"
    assert order[-1] == "conv1"
    for count in (1, 2, len(order)):
        changed = {name.rpartition(".")[0] for name in differing(sanity.randomise(model, count), model.state_dict())}
        assert changed <= set(order[:count])
        assert order[0] in changed


def test_the_order_is_that_in_which_layers_run_and_not_that_of_their_names():
    class Backwards(nn.Module):
        view = "signal"

        def __init__(self):
            super().__init__()
            self.last = nn.Linear(4, 2)
            self.first = nn.Conv1d(1, 4, 9)

        def forward(self, batch):
            return self.last(self.first(batch).mean(2))

    assert sanity.weighted_layers(Backwards()) == ["last", "first"]


def test_batch_normalisation_forgets_what_it_has_seen():
    model = SignalCNN()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.running_mean.fill_(3.0)
    forgot = sanity.randomise(model)
    assert all(
        float(module.running_mean.abs().max()) == 0 for module in forgot.modules() if hasattr(module, "running_mean")
    )


def test_a_cascade_ends_far_from_a_map_that_needs_its_weights():
    """Over a few draws: both maps have a bump on each beat, and in one draw it may fall where it was, or opposite."""
    cascades = [sanity.cascade(strips(3, ("SR",)), planted("P"), seed=seed) for seed in range(4)]
    assert cascades[0][0].layers["signal"] == "dense"
    ends = [stages[-1].likeness["fused"] for stages in cascades]
    assert np.mean([end.correlation for end in ends]) < 0.3
    assert np.mean([end.ssim for end in ends]) < 0.5


def test_a_map_that_needs_no_weights_stays_through_the_cascade():
    pair = planted("RR")
    for model in pair.values():
        model.where = _Fixed(model.where.weight.data)
        model.dense = _Fixed(model.dense.weight.data, model.dense.bias.data)
    stages = sanity.cascade(strips(1, ("ST",)), pair)
    assert stages[-1].likeness["fused"].correlation == pytest.approx(1.0)


class _Fixed(nn.Module):
    """Weights that nobody learned: the layer has none of its own to forget."""

    def __init__(self, weight, bias=None):
        super().__init__()
        self.register_buffer("weight", weight.clone())
        self.register_buffer("bias", bias)

    def forward(self, values):
        if self.weight.ndim == 2:
            return nn.functional.linear(values, self.weight, self.bias)
        return nn.functional.conv1d(values, self.weight, padding=self.weight.shape[-1] // 2)


def test_an_empty_map_has_no_likeness_and_no_nan():
    stages = sanity.cascade(strips(1, ("SR",)), planted("nothing"))
    assert all(found.correlation is None and found.strips == 0 for found in stages[-1].likeness.values())


def test_a_map_that_was_lost_counts_as_unlike():
    there, gone = np.linspace(0, 1, 5000, dtype=np.float32)[None], np.zeros((1, 5000), np.float32)
    found = sanity.likeness(there, gone)
    assert (found.correlation, found.lost) == (0.0, 1)
    assert sanity.likeness(there, there).correlation == pytest.approx(1.0)
    assert sanity.likeness(there, there).ssim == pytest.approx(1.0)
    assert sanity.likeness(there, there[:, ::-1]).correlation == pytest.approx(-1.0)


def test_two_pairs_of_one_kind_have_like_maps_and_pairs_of_two_kinds_have_not():
    read = strips(2, ("SR",))
    alike = sanity.compare_networks(read, planted("P"), planted("P"))
    apart = sanity.compare_networks(read, planted("P"), planted("QRS"))
    assert all(alike[name].correlation == pytest.approx(1.0) for name in ("signal", "image", "fused"))
    assert apart["fused"].correlation < 0.7


def test_seeds_are_compared_pair_by_pair():
    read = strips(2, ("SR",))
    found = sanity.between_seeds(read, [planted("P"), planted("P"), planted("late")])
    one = sanity.compare_networks(read, planted("P"), planted("late"))["fused"].correlation
    assert found["fused"] == pytest.approx((1 + 2 * one) / 3)
    with pytest.raises(InvalidValue, match="two pairs of networks or more, not 1"):
        sanity.between_seeds(read, [planted("P")])


def test_seeds_without_maps_have_no_figure():
    assert sanity.between_seeds(strips(1, ("SR",)), [planted("nothing"), planted("nothing")])["fused"] is None


def test_a_map_that_is_the_same_for_every_class_is_found():
    pair = planted("P")
    for model in pair.values():
        with torch.no_grad():
            model.dense.weight[:] = model.dense.weight[:1]
    strip = strips(1, ("SR",))[0]
    assert sanity.same_for_every_class(explain(strip, pair, target="SR"), pair) == {"signal": True, "image": True}
    honest = planted("P")
    assert sanity.same_for_every_class(explain(strip, honest, target="SR"), honest) == {"signal": False, "image": False}


def test_a_flat_map_is_neither_the_same_nor_another():
    pair = planted("nothing")
    found = sanity.same_for_every_class(explain(strips(1, ("SR",))[0], pair), pair)
    assert found == {"signal": None, "image": None}


def test_maps_in_one_pass_are_those_that_explain_gives(untrained):
    read = strips(1, ("SR", "AFIB"))
    maps = maps_of(read, untrained[0], [0, 3])
    for number, (strip, target) in enumerate(zip(read, ("SR", "AFIB"), strict=True)):
        seen = explain(strip, untrained[0], target=target)
        for view in VIEWS:
            np.testing.assert_allclose(maps[view][number], seen.views[view].on_time, atol=1e-5)


def test_an_explanation_is_made_again_in_the_same_way(untrained):
    strip = strips(1, ("SR",))[0]
    seen = explain(strip, untrained[0], target="SB", fusion="maximum", contrast=True)
    again = sanity.explain_again(seen, untrained[0])
    assert (again.rule, again.contrast, again.target) == ("maximum", True, "SB")
    np.testing.assert_array_equal(again.views["signal"].on_time, seen.views["signal"].on_time)


def test_no_strip_is_an_error_in_words():
    with pytest.raises(InvalidValue, match="there is no strip to look at"):
        sanity.cascade([], planted("P"))


def test_a_cascade_of_one_view_alone_has_that_views_stages():
    signal = {"signal": planted("P")["signal"]}
    stages = sanity.cascade(strips(1, ("SR",)), signal)
    assert list(stages[0].layers) == ["signal"]
    assert stages[0].likeness["signal"].strips == 1
    assert stages[0].likeness["fused"].strips == 0
