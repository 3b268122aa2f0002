"""What Grad-CAM promises: the paper's map, one forward pass, clear states, and a network left as it was found."""

import dataclasses
from collections import OrderedDict
from functools import partial
from threading import Barrier, Thread
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from monai.networks.nets import DenseNet121, ResNet, SENet
from torch import nn
from torchcam.methods import GradCAM as TorchcamGradCAM

from ecgteach.errors import EcgteachError, InvalidValue, UnknownName
from ecgteach.gradcam import GradCAM, Map, class_independent

CLASSES = 5
CONV, NORM, POOL, AVERAGE = (
    {1: nn.Conv1d, 2: nn.Conv2d},
    {1: nn.BatchNorm1d, 2: nn.BatchNorm2d},
    {1: nn.MaxPool1d, 2: nn.MaxPool2d},
    {1: nn.AdaptiveAvgPool1d, 2: nn.AdaptiveAvgPool2d},
)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Networks this small are slower on two threads than on one."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def settled(network):
    """`network` with running statistics that are not 0 and 1, in training mode as after a fit."""
    with torch.no_grad():
        for buffer in network.buffers():
            if buffer.is_floating_point():
                buffer.add_(torch.rand_like(buffer) / 2)
    return network


def small(dims, inplace=False):
    """A network shaped like the project's own: convolution, normalisation and ReLU, average, one dense layer."""
    torch.manual_seed(dims)
    blocks = []
    for channels_in, channels_out in ((1, 6), (6, 8), (8, 10)):
        convolution = CONV[dims](channels_in, channels_out, 5, padding=2, bias=False)
        blocks += [convolution, NORM[dims](channels_out), nn.ReLU(inplace=inplace), POOL[dims](2)]
    head = nn.Sequential(AVERAGE[dims](1), nn.Flatten(), nn.Dropout(0.5), nn.Linear(10, CLASSES))
    return settled(nn.Sequential(OrderedDict(features=nn.Sequential(*blocks[:-1]), head=head)))


def densenet(dims, inplace=True):
    torch.manual_seed(dims)
    act = ("relu", {"inplace": inplace})
    return settled(
        DenseNet121(dims, 1, CLASSES, init_features=8, growth_rate=4, block_config=(2, 2, 2), dropout_prob=0.1, act=act)
    )


def senet(dims):
    torch.manual_seed(dims)
    sizes = {"layers": (1, 1, 1, 1), "groups": 1, "reduction": 4, "inplanes": 8, "num_classes": CLASSES}
    return settled(SENet(dims, 1, "se_resnet_bottleneck", input_3x3=False, **sizes))


def resnet(dims):
    torch.manual_seed(dims)
    planes = [4, 6, 8, 10]
    return settled(ResNet("basic", [1, 1, 1, 1], planes, dims, n_input_channels=1, num_classes=CLASSES))


def strips(dims, items=3):
    generator = torch.Generator().manual_seed(7)
    return torch.randn(items, 1, *{1: (160,), 2: (32, 192)}[dims], generator=generator)


def scaled(raw):
    """The ReLU of an oracle's map, divided by its maximum, item by item."""
    raw = np.maximum(raw.detach().numpy(), 0)
    return [item / item.max() if item.max() > 0 else item for item in raw]


def assert_same(maps, expected, atol=1e-6):
    assert len(maps) == len(expected)
    for one, values in zip(maps, expected, strict=True):
        np.testing.assert_allclose(one.values, values, rtol=0, atol=atol)


def captum_maps(network, layer, batch, targets):
    network.eval()
    oracle = LayerGradCam(network, network.get_submodule(layer))
    return scaled(oracle.attribute(batch, target=targets, relu_attributions=True)[:, 0])


def torchcam_maps(network, layer, batch, targets):
    network.eval()
    with TorchcamGradCAM(network, layer) as oracle:
        return scaled(oracle(targets, network(batch), normalized=False)[0])


def cells_and_gradients(network, layer, batch, targets):
    """A and dy/dA by a plain backward pass, in no way the one under test."""
    kept = {}
    hook = network.get_submodule(layer).register_forward_hook(lambda module, inputs, output: kept.update(cells=output))
    logits = network.eval()(batch)
    hook.remove()
    score = logits[range(len(batch)), targets].sum()
    return kept["cells"].detach(), torch.autograd.grad(score, kept["cells"])[0]


# The formula


def two_filters():
    """Two filters of width 2 and two classes, every weight set by hand."""
    network = nn.Sequential(
        nn.Conv1d(1, 2, 2, bias=False), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(2, 2, bias=False)
    )
    with torch.no_grad():
        network[0].weight.copy_(torch.tensor([[[-1.0, 1.0]], [[0.5, 0.5]]]))  # rise, mean of two neighbours
        network[4].weight.copy_(torch.tensor([[4.0, -2.0], [-1.0, 3.0]]))
    return network


PAPER = torch.tensor([[[0.0, 1.0, 3.0, 2.0, 0.0]]])
# Filter 1, rise:  1, 2, -1, -2      after ReLU  A1 = 1    2  0    0      mean 0.75
# Filter 2, mean:  0.5, 2, 2.5, 1    after ReLU  A2 = 0.5  2  2.5  1      mean 1.5
# Logits:          y0 = 4 x 0.75 - 2 x 1.5 = 0       y1 = -1 x 0.75 + 3 x 1.5 = 3.75
# Each of the Z = 4 cells gets a quarter of the dense layer's weight as its gradient:
# the filters weigh 1 and -0.5 for class 0, -0.25 and 0.75 for class 1.


def test_a_network_of_two_filters_gives_the_map_worked_out_on_paper():
    seen = GradCAM(two_filters(), "1").forward(PAPER)
    assert seen.logits.tolist() == [[0.0, 3.75]]
    assert seen.activations.tolist() == [[[1.0, 2.0, 0.0, 0.0], [0.5, 2.0, 2.5, 1.0]]]

    # 1 x A1 - 0.5 x A2 = 0.75, 1, -1.25, -0.5; the ReLU leaves 0.75, 1, 0, 0; the maximum is 1.
    (zero,) = seen.map(0)
    assert zero.values.tolist() == [0.75, 1.0, 0.0, 0.0]
    assert zero.raw_max == 1.0

    # -0.25 x A1 + 0.75 x A2 = 0.125, 1, 1.875, 0.75, over 1.875.
    (one,) = seen.map(1)
    np.testing.assert_allclose(one.values, [1 / 15, 8 / 15, 1, 2 / 5], rtol=1e-6)
    assert one.raw_max == 1.875


def test_contrast_explains_the_logit_minus_the_mean_of_the_others_on_paper():
    # Class 0 minus class 1: weights 1.25 and -1.25; 1.25 x (A1 - A2) = 0.625, 0, -3.125, -1.25.
    (contrast,) = GradCAM(two_filters(), "1")(PAPER, 0, contrast=True)
    assert contrast.values.tolist() == [1.0, 0.0, 0.0, 0.0]
    assert (contrast.raw_max, contrast.contrast) == (0.625, True)


def test_the_same_function_makes_the_map_of_a_picture_on_paper():
    network = nn.Sequential(
        nn.Conv2d(1, 2, 1, bias=False), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 1, bias=False)
    )
    with torch.no_grad():
        network[0].weight.copy_(torch.tensor([1.0, -1.0]).reshape(2, 1, 1, 1))  # ink, and its absence
        network[4].weight.copy_(torch.tensor([[4.0, 8.0]]))
    # A1 = 1 0 / 3 0 and A2 = 0 2 / 0 0, with weights 4/4 = 1 and 8/4 = 2: 1 4 / 3 0, over 4.
    (found,) = GradCAM(network, "1")(torch.tensor([[[[1.0, -2.0], [3.0, 0.0]]]]))
    assert found.values.tolist() == [[0.25, 1.0], [0.75, 0.0]]


NETWORKS = {
    "small": (small, ["features.0", "features.4", "features.5", "features.10"]),
    "densenet": (
        densenet,
        ["features.conv0", "features.denseblock2", "features.transition2.conv", "class_layers.relu"],
    ),
    "densenet-not-in-place": (
        lambda dims: densenet(dims, inplace=False),
        ["features.pool0", "features.denseblock1.denselayer2.layers.norm1", "features.norm5", "class_layers.relu"],
    ),
    "senet": (senet, ["layer0", "layer2.0.conv2", "layer3", "layer4"]),
    "resnet": (resnet, ["maxpool", "layer2.0.conv1", "layer3", "layer4"]),
}
CASES = [
    pytest.param(build, dims, layer, id=f"{name}-{dims}d-{layer}")
    for name, (build, layers) in NETWORKS.items()
    for dims in (1, 2)
    for layer in layers
]


@pytest.mark.parametrize(("build", "dims", "layer"), CASES)
def test_maps_equal_those_of_captum_and_torchcam(build, dims, layer):
    # In float64, so that the comparison sees the formula and not each library's order of additions.
    network, batch, targets = build(dims).double(), strips(dims).double(), [1, 3, 3]
    maps = GradCAM(network, layer)(batch, targets)
    assert any(one.state == "ok" for one in maps)
    assert_same(maps, captum_maps(network, layer, batch, targets))
    assert_same(maps, torchcam_maps(network, layer, batch, targets))


@pytest.mark.parametrize("dims", [1, 2])
def test_maps_of_a_network_in_single_precision_equal_them_too(dims):
    network, batch, targets = small(dims), strips(dims), [1, 3, 3]
    maps = GradCAM(network)(batch, targets)
    assert_same(maps, captum_maps(network, "features", batch, targets))
    assert_same(maps, torchcam_maps(network, "features", batch, targets))


@pytest.mark.parametrize("dims", [1, 2])
def test_a_layer_before_an_inplace_relu_keeps_its_own_cells(dims):
    batch = strips(dims)
    aside, inplace = densenet(dims, inplace=False), densenet(dims, inplace=True)
    inplace.load_state_dict(aside.state_dict())
    expected = GradCAM(aside, "features.norm5").forward(batch)
    found = GradCAM(inplace, "features.norm5").forward(batch)
    assert (expected.activations < 0).any()
    assert torch.equal(found.activations, expected.activations)
    assert_same(found.map(1), [one.values for one in expected.map(1)])


@pytest.mark.parametrize("dims", [1, 2])
def test_with_average_pooling_and_one_dense_layer_the_default_map_is_cam_and_hirescam(dims):
    network, batch, targets = small(dims), strips(dims), [3, 1, 1]
    cam = GradCAM(network)
    maps = cam(batch, targets)
    cells, gradients = cells_and_gradients(network, cam.layer, batch, targets)
    by_dense_weights = torch.einsum("nk,nk...->n...", network.head[3].weight[targets], cells)
    hirescam = (gradients * cells).sum(dim=1)
    assert_same(maps, scaled(by_dense_weights))
    assert_same(maps, scaled(hirescam))


# The layer


@pytest.mark.parametrize("dims", [1, 2])
@pytest.mark.parametrize(
    ("build", "name", "pool"),
    [
        (small, "features", "head.0"),
        (densenet, "class_layers.relu", "class_layers.pool"),
        (senet, "layer4", "adaptive_avg_pool"),
        (resnet, "layer4", "avgpool"),
    ],
)
def test_the_default_layer_is_what_global_pooling_averages(build, name, pool, dims):
    network, batch = build(dims).eval(), strips(dims)
    pooled = []
    hook = network.get_submodule(pool).register_forward_pre_hook(
        lambda module, inputs: pooled.append(inputs[0].clone())
    )
    network(batch)
    hook.remove()
    cam = GradCAM(network)
    assert cam.layer is None
    seen = cam.forward(batch)
    assert cam.layer == seen.layer == name
    assert torch.equal(seen.activations, pooled[0])
    assert_same(seen.map(0), [one.values for one in GradCAM(network, name)(batch, 0)])


class Twice(nn.Module):
    """One ReLU that runs twice, one branch that no logit hears, and one that never runs."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv1d(1, 3, 3), nn.Conv1d(3, 4, 3)
        self.relu, self.deaf, self.idle = nn.ReLU(inplace=True), nn.Conv1d(1, 2, 3), nn.Conv1d(1, 2, 3)
        self.dense = nn.Linear(4, CLASSES)

    def forward(self, batch):
        self.deaf(batch)
        cells = self.relu(self.second(self.relu(self.first(batch))))
        return self.dense(cells.mean(dim=2))


def test_of_a_layer_that_runs_twice_the_last_run_counts():
    torch.manual_seed(0)
    network, batch = Twice(), strips(1)
    seen = GradCAM(network).forward(batch)
    assert seen.layer == "relu"
    assert seen.activations.shape == (3, 4, 156)
    expected = torch.einsum("k,nk...->n...", network.dense.weight[2], seen.activations)
    assert_same(seen.map(2), scaled(expected))


def test_an_unknown_layer_is_told_with_near_names():
    with pytest.raises(UnknownName, match=r"Sequential has no layer 'feature\.3'; near names: .*features\.3"):
        GradCAM(small(1), "feature.3")


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("head.1", r"'head\.1' gave no cells: it gives \(items, 10\); choose one that gives .* such as 'features'"),
        ("head.0", r"'head\.0' gave no cells: it gives \(items, 10, 1\); choose"),
    ],
)
def test_a_layer_without_cells_is_refused(layer, message):
    with pytest.raises(InvalidValue, match=message):
        GradCAM(small(1), layer)(strips(1))


def test_a_layer_that_does_not_run_or_that_no_logit_hears_is_refused():
    with pytest.raises(InvalidValue, match="layer 'idle' gave no cells: it did not run; choose"):
        GradCAM(Twice(), "idle")(strips(1))
    with pytest.raises(InvalidValue, match="the logits do not depend on layer 'deaf'; choose one on the way"):
        GradCAM(Twice(), "deaf")(strips(1))
    with pytest.raises(InvalidValue, match="the logits do not depend on layer 'deaf'"):
        GradCAM(Twice().requires_grad_(False), "deaf")(strips(1))


def test_a_network_without_cells_or_without_logits_is_refused():
    with pytest.raises(
        InvalidValue,
        match=r"no layer of this network gives \(items, channels, \*cells\): it gives \(items, 160\); it gives",
    ):
        GradCAM(nn.Sequential(nn.Flatten(), nn.Linear(160, 2)))(strips(1))
    with pytest.raises(
        InvalidValue,
        match=r"the network gives \(items, 2, 158\), not logits \(items, classes\)",
    ):
        GradCAM(nn.Sequential(nn.Conv1d(1, 2, 3)))(strips(1))
    with pytest.raises(InvalidValue, match="the network gives a tuple, not logits"):
        GradCAM(nn.Sequential(nn.Conv1d(1, 2, 3), nn.Flatten(), nn.Unflatten(1, (2, 158)), nn.LSTM(158, 4)))(strips(1))


# The target


def test_without_a_target_each_item_explains_its_own_highest_logit():
    steep = torch.tensor([[[-9.0, -6.0, -3.0, 0.0, 3.0]]])  # logits 11.25 and -1.875
    seen = GradCAM(two_filters(), "1").forward(torch.cat([PAPER, steep]))
    assert seen.logits.tolist() == [[0.0, 3.75], [11.25, -1.875]]
    assert [one.target for one in seen.map()] == [1, 0]
    assert_same(seen.map(), [seen.map(1)[0].values, seen.map(0)[1].values], atol=0)


@pytest.mark.parametrize("target", [3, np.int64(3), [3, 3, 3], (3, 3, 3), np.full(3, 3), torch.full((3,), 3)])
def test_a_target_is_one_class_or_one_for_each_item(target):
    maps = GradCAM(small(1))(strips(1), target)
    assert [(one.target, type(one.target)) for one in maps] == [(3, int)] * 3
    assert_same(maps, [one.values for one in GradCAM(small(1))(strips(1), 3)], atol=0)


@pytest.mark.parametrize("target", [5, -1, [0, 1], [0, 1, 5], "AFIB", 0.5, [[0, 1, 2]]])
def test_a_target_outside_the_classes_is_refused(target):
    with pytest.raises(UnknownName, match=r"target .*: give a class from 0 \.\.\. 4, or one per item .3."):
        GradCAM(small(1))(strips(1), target)


def test_contrast_leaves_out_what_all_classes_share():
    network, batch = small(1), strips(1)
    seen = GradCAM(network).forward(batch)
    others = [c for c in range(CLASSES) if c != 2]
    weight = network.head[3].weight
    expected = torch.einsum("k,nk...->n...", weight[2] - weight[others].mean(dim=0), seen.activations)
    assert_same(seen.map(2, contrast=True), scaled(expected))


def test_gradients_are_those_of_each_items_own_class():
    model, batch = small(1), strips(1)
    seen = GradCAM(model).forward(batch)
    summed = seen.gradients([4, 0, 2])
    for item, target in enumerate([4, 0, 2]):
        (alone,) = torch.autograd.grad(seen._y[item, target], seen.activations, retain_graph=True)
        assert torch.equal(summed[item], alone[item])
    rest = sum(seen.gradients(c) for c in range(1, CLASSES)) / (CLASSES - 1)
    torch.testing.assert_close(seen.gradients(0, contrast=True), seen.gradients(0) - rest)
    with pytest.raises(UnknownName, match="one per item"):
        seen.gradients([0, 1])


def test_a_single_class_has_no_others_to_stand_against():
    network = nn.Sequential(nn.Conv1d(1, 2, 3), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(2, 1))
    seen = GradCAM(network).forward(strips(1))
    assert_same(seen.map(contrast=True), [one.values for one in seen.map()], atol=0)


# One forward pass


def test_logits_and_every_class_come_from_one_forward_pass():
    network, batch, runs = small(1), strips(1), []
    expected = small(1).eval()(batch)
    network.register_forward_pre_hook(lambda module, inputs: runs.append(module))
    cam = GradCAM(network)
    cam.forward(batch)  # the first call looks for the layer
    runs.clear()
    seen = cam.forward(batch)
    for c in range(CLASSES):
        seen.map(c)
        seen.map(c, contrast=True)
    assert len(runs) == 1
    assert torch.equal(seen.logits, expected)
    assert not seen.logits.requires_grad


def test_no_gradient_is_followed_before_the_layer():
    network, followed = small(1), []
    for position in (0, 5, 6):
        network.features[position].register_forward_hook(lambda m, i, output: followed.append(output.requires_grad))
    network.head.register_forward_hook(lambda m, i, output: followed.append(output.requires_grad))
    cam = GradCAM(network, "features.8")
    cam.forward(strips(1))  # the first call makes sure of the layer
    followed.clear()
    cam.forward(strips(1))
    assert followed == [False, False, False, True]


@pytest.mark.parametrize("dims", [1, 2])
def test_a_batch_gives_what_its_items_give_alone(dims):
    network, batch = densenet(dims), strips(dims)
    alone = [GradCAM(network)(item[None], 1)[0].values for item in batch]
    assert_same(GradCAM(network)(batch, 1), alone, atol=1e-5)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_a_caller_without_gradients_gets_the_same_maps(mode):
    network = small(1)
    expected = [one.values for one in GradCAM(network)(strips(1), 1)]
    with mode():
        batch = strips(1)
        seen = GradCAM(network).forward(batch)
        assert_same(seen.map(1), expected, atol=0)
        assert network.training
        assert not torch.is_grad_enabled()
    assert_same(seen.map(1), expected, atol=0)


# States


def test_a_map_in_which_no_cell_speaks_for_the_class_is_flat():
    network = two_filters()
    with torch.no_grad():
        network[4].weight[0] = torch.tensor([-1.0, -2.0])
    (found,) = GradCAM(network, "1")(PAPER, 0)
    assert (found.state, found.raw_max) == ("flat", 0.0)
    assert found.values.tolist() == [0.0] * 4


@pytest.mark.parametrize("weight", [np.nan, np.inf, -np.inf])
def test_a_broken_network_gives_an_empty_map_that_says_non_finite(weight):
    network = two_filters()
    with torch.no_grad():
        network[4].weight[0, 1] = weight
    (found,) = GradCAM(network, "1")(PAPER, 0)
    assert found.state == "non-finite"
    assert np.isnan(found.raw_max)
    assert found.values.tolist() == [0.0] * 4


def test_a_map_that_every_class_shares_is_marked_on_request():
    network, batch = two_filters(), torch.cat([PAPER, -PAPER])
    with torch.no_grad():
        network[4].weight.copy_(torch.tensor([[1.0, 2.0], [3.0, 6.0]]))  # class 1 is class 0, three times as loud
    seen = GradCAM(network, "1").forward(batch)
    maps = seen.map(0)
    assert [one.state for one in maps] == ["ok", "ok"]
    assert [one.state for one in class_independent(seen, maps)] == ["class-independent"] * 2
    # Against each other the two are opposites, and a flat map stays flat.
    against = seen.map(0, contrast=True)
    assert [one.state for one in class_independent(seen, against)] == [one.state for one in against]

    other = GradCAM(two_filters(), "1").forward(PAPER)
    assert [one.state for one in class_independent(other, other.map(0))] == ["ok"]


@given(arrays(np.float32, array_shapes(min_dims=1, max_dims=2), elements=st.floats(allow_nan=True, width=32)))
def test_values_lie_between_0_and_1_whatever_the_network_says(total):
    one = Map.of(total, 0, False, "layer")
    assert one.values.shape == total.shape
    assert one.values.dtype == np.float32
    assert one.values.max() == (1 if one.state == "ok" else 0)
    assert one.values.min() >= 0
    assert one.state == "ok" or not one.values.any()


def test_a_map_is_frozen_and_reads_as_one_line():
    one, contrast = GradCAM(small(2))(strips(2), 1, contrast=True)[0], GradCAM(two_filters(), "1")(PAPER, 1)[0]
    with pytest.raises(ValueError, match="read-only"):
        one.values[0, 0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.target = 2
    assert repr(contrast) == "Map(ok: class 1, 4 cells of '1', max 1.88)"
    assert repr(one).startswith("Map(ok: class 1 over the others, 8 x 48 cells of 'features', max ")


# The network afterwards


def condition(network):
    """All that a call could leave behind on a network and in torch."""
    return SimpleNamespace(
        hooks=[
            len(getattr(module, kind))
            for module in network.modules()
            for kind in ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
        ],
        modes=[module.training for module in network.modules()],
        trained=[parameter.requires_grad for parameter in network.parameters()],
        gradients=[None if p.grad is None else p.grad.clone() for p in network.parameters()],
        weights={name: value.clone() for name, value in network.state_dict().items()},
        torch=(torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.get_num_threads()),
    )


def assert_unchanged(network, before):
    after = condition(network)
    assert (after.hooks, after.modes, after.trained, after.torch) == (
        before.hooks,
        before.modes,
        before.trained,
        before.torch,
    )
    for one, other in zip(after.gradients, before.gradients, strict=True):
        assert (one is None and other is None) or torch.equal(one, other)
    assert all(torch.equal(value, before.weights[name]) for name, value in after.weights.items())


def lived_in(dims):
    """A network in mixed modes, with hooks, frozen weights and gradients of its owner's."""
    network = small(dims)
    network(strips(dims)).sum().backward()
    network.features[1].eval()
    network.features[4].weight.requires_grad_(False)
    network.features[8].weight.grad = None
    network.head.register_forward_hook(lambda module, inputs, output: None)
    return network


@pytest.mark.parametrize("dims", [1, 2])
@pytest.mark.parametrize("layer", [None, "features.8"])
def test_a_call_leaves_no_hook_mode_gradient_or_weight_behind(dims, layer):
    network, batch = lived_in(dims), strips(dims)
    before, input_before = condition(network), batch.clone()
    cam = GradCAM(network, layer)
    assert_unchanged(network, before)
    class_independent(seen := cam.forward(batch), seen.map(contrast=True))
    assert_unchanged(network, before)
    assert torch.equal(batch, input_before)
    assert not batch.requires_grad


@pytest.mark.parametrize("layer", [None, "features.8", "head.1"])
def test_an_error_leaves_nothing_behind_and_is_not_swallowed(layer):
    network = lived_in(1)

    class BreakdownError(Exception):
        pass

    def break_down(module, inputs):
        raise BreakdownError

    network.head[3].register_forward_pre_hook(break_down)
    before = condition(network)
    with pytest.raises(BreakdownError):
        GradCAM(network, layer)(strips(1))
    assert_unchanged(network, before)


def test_a_refusal_leaves_nothing_behind():
    network = lived_in(1)
    before = condition(network)
    for layer, target in (("head.1", 0), ("features.8", 99), ("nowhere", 0)):
        with pytest.raises(EcgteachError):
            GradCAM(network, layer)(strips(1), target)
        assert_unchanged(network, before)


def test_dropout_is_asleep_during_the_call_although_the_network_trains():
    network, batch = small(1), strips(1)
    assert network.training
    first, second = GradCAM(network).forward(batch), GradCAM(network).forward(batch)
    assert torch.equal(first.logits, second.logits)


def test_a_with_block_holds_evaluation_mode_and_gives_it_back():
    model = small(1).train()
    with GradCAM(model) as cam:
        assert not any(module.training for module in model.modules())
        (inside,) = cam(strips(1)[:1])
        (again,) = cam(strips(1)[:1])
        assert not model.training
    assert all(module.training for module in model.modules())
    assert np.array_equal(inside.values, again.values)


def test_a_with_block_swallows_no_error_and_gives_the_mode_back_all_the_same():
    model = small(1).train()
    with pytest.raises(ZeroDivisionError), GradCAM(model):
        1 / 0  # noqa: B018
    assert all(module.training for module in model.modules())


# Many threads, one network


def at_once(calls):
    """What each call gives or raises, all of them begun together, each in a thread of its own."""
    start, found = Barrier(len(calls)), [None] * len(calls)

    def run(number, call):
        start.wait()
        try:
            found[number] = call()
        except Exception as problem:
            found[number] = problem

    threads = [Thread(target=run, args=each) for each in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.parametrize("layer", [None, "features.8"])
@pytest.mark.parametrize("training", [False, True])
def test_eight_threads_get_what_one_gets_and_the_network_is_left_as_it_was(layer, training):
    network = small(1).train(training)
    batches = [torch.randn(2, 1, 160, generator=torch.Generator().manual_seed(number)) for number in range(8)]
    alone = [[one.values for one in GradCAM(network, layer)(batch, 1)] for batch in batches]
    before = condition(network)

    def many(number):
        return [[one.values for one in GradCAM(network, layer)(batches[number], 1)] for _ in range(12)]

    for number, found in enumerate(at_once([partial(many, number) for number in range(8)])):
        assert not isinstance(found, Exception), found
        assert all(np.array_equal(one, alone[number]) for one in found)
    assert_unchanged(network, before)


def test_eight_threads_may_share_one_gradcam():
    cam = GradCAM(small(1))
    batches = [torch.randn(1, 1, 160, generator=torch.Generator().manual_seed(number)) for number in range(8)]
    alone = [GradCAM(cam.model)(batch, 1)[0].values for batch in batches]
    found = at_once([lambda batch=batch: [cam(batch, 1)[0].values for _ in range(12)] for batch in batches])
    assert all(np.array_equal(one, expected) for each, expected in zip(found, alone, strict=True) for one in each)


def test_a_thread_that_runs_the_network_itself_meets_no_gradient_of_ours():
    network, batch = small(1).eval(), strips(1)

    def plain():
        with torch.no_grad():
            return [network(batch).requires_grad for _ in range(60)]

    def explaining():
        return [GradCAM(network)(batch, 1)[0].state for _ in range(20)]

    *runs, _ = at_once([plain, plain, plain, explaining])
    assert runs == [[False] * 60] * 3
