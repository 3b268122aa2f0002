"""What probing promises: a twin that shares weights and nothing else, and cells that are never another axis."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from ecgteach import probing
from ecgteach.errors import InvalidValue, UnknownName
from ecgteach.gradcam import GradCAM


def body():
    return nn.Sequential(
        nn.Conv1d(1, 8, 7, 2, 3), nn.BatchNorm1d(8), nn.ReLU(), nn.Conv1d(8, 16, 5, 2, 2), nn.BatchNorm1d(16), nn.ReLU()
    )


def head():
    return nn.Sequential(nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(16, 4))


class Parts(nn.Module):
    """A body and a head, with something of its own between them."""

    def __init__(self, between=nn.Identity):
        super().__init__()
        self.body, self.between, self.head = body(), between(), head()

    def forward(self, batch):
        return self.head(self.between(self.body(batch)))


class Transformer(nn.Module):
    """(items, time, channels) inside, as transformers and recurrent layers have it."""

    def __init__(self):
        super().__init__()
        self.body, self.mixing = body(), nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
        self.head = nn.Linear(16, 4)

    def forward(self, batch):
        return self.head(self.mixing(self.body(batch).transpose(1, 2)).mean(1))


class Recurrent(Transformer):
    def __init__(self):
        super().__init__()
        self.mixing = nn.LSTM(16, 16, batch_first=True)

    def forward(self, batch):
        return self.head(self.mixing(self.body(batch).transpose(1, 2))[0][:, -1])


class AcrossChannels(Transformer):
    """A convolution that is told to take time for channels."""

    def __init__(self):
        super().__init__()
        self.mixing = nn.Conv1d(100, 20, 3, padding=1)

    def forward(self, batch):
        return self.head(self.mixing(self.body(batch).transpose(1, 2)).mean(1))


class WithoutGradients(Parts):
    """A part that its own code runs under `torch.no_grad` or `torch.inference_mode`."""

    def __init__(self, mode=torch.no_grad):
        super().__init__()
        self.mode = mode

    def forward(self, batch):
        with self.mode():
            cells = self.body(batch)
        return self.head(cells)


class Detached(Parts):
    def forward(self, batch):
        return self.head(self.body(batch).detach())


class Listed(Parts):
    """Keeps its layers in a plain list too, and calls a method of one of them."""

    def __init__(self):
        super().__init__()
        self.order, self.named, self.last = [self.body], {"between": self.between}, self.head.forward

    def forward(self, batch):
        return self.last(self.named["between"](self.order[0](batch)))


@pytest.fixture(autouse=True)
def same_weights():
    torch.manual_seed(0)


def strips(items=2):
    return torch.randn(items, 1, 400, generator=torch.Generator().manual_seed(1))


def hooks_of(network):
    return sum(
        len(module._forward_hooks) for module in network.modules() if not isinstance(module, torch.jit.ScriptModule)
    )


@pytest.mark.parametrize(
    "build", [Parts, Listed, lambda: nn.DataParallel(Parts())], ids=["parts", "listed", "parallel"]
)
def test_a_twin_answers_as_its_network_does_and_only_the_twin_is_watched(build):
    network, heard = build().train(), []
    name = next(name for name in probing.watchable(network) if name.endswith("body"))
    twin = probing.twin(network, [name], lambda *told: heard.append(told))
    expected = copy.deepcopy(network).eval()(strips())
    assert torch.equal(twin(strips()), expected)
    assert [told[0] for told in heard] == [name]
    network(strips())
    assert len(heard) == 1
    assert all(module.training for module in network.modules())
    assert hooks_of(network) == 0


def test_a_twin_shares_its_networks_weights_and_hooks():
    network, runs = Parts().eval(), []
    network.head.register_forward_hook(lambda *call: runs.append(call))
    twin = probing.twin(network, ["head.2"], lambda *told: None)
    with torch.no_grad():
        network.head[2].weight.zero_()
        network.head[2].bias.fill_(2.0)
    assert twin(strips()).unique().tolist() == [2.0]
    assert len(runs) == 1
    assert twin.body is network.body  # where nothing is watched, nothing is new


def test_a_scripted_part_that_is_training_is_asked_in_evaluation_mode():
    network = Parts(lambda: torch.jit.script(nn.Dropout(0.9))).train()
    seen = [GradCAM(network).forward(strips()).logits for _ in range(2)]
    assert torch.equal(*seen)
    assert network.between.training


def test_a_compiled_network_is_watched_in_the_one_that_it_was_made_from():
    network = Parts().eval()
    found = GradCAM(torch.compile(network)).forward(strips())
    assert found.layer == "_orig_mod.between"
    assert torch.equal(found.activations, GradCAM(network).forward(strips()).activations)


def test_holding_evaluation_mode_twice_gives_it_back_once_both_are_done():
    network = Parts().train()
    first, second = probing.evaluating(network), probing.evaluating(network)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not any(module.training for module in network.modules())
    second.__exit__(None, None, None)
    assert all(module.training for module in network.modules())


# Never another axis for time


@pytest.mark.parametrize("build", [Transformer, Recurrent, AcrossChannels])
def test_channels_are_never_taken_for_time(build):
    network = build().eval()
    (found, _) = GradCAM(network)(strips())
    assert (found.layer, found.values.shape) == ("body", (100,))


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (Transformer, r"\(items, 100, 16\), and what runs along the input is axis 1, where channels should be"),
        (Recurrent, "it gives a tuple, no tensor"),
        (AcrossChannels, r"\(items, 20, 16\), and none of these axes runs along the input"),
    ],
)
def test_a_layer_that_is_asked_for_is_refused_with_the_reason_and_one_that_will_do(build, reason):
    with pytest.raises(InvalidValue, match=rf"'mixing' gave no cells: .*{reason}.*such as 'body'"):
        GradCAM(build().eval(), "mixing")(strips())


def test_a_change_that_hardly_travels_is_no_axis_of_time():
    """What decides, close to its limits: a change that dwindles, and one that does not keep its order."""
    whole = torch.zeros(8, 40)
    for segment in range(8):
        whole[segment, 5 * segment + 2] = 1.0
    assert probing._travels(whole[:, None], 2)
    assert not probing._travels(whole[:, None] + 0.1, 2)  # 0.88 of an axis dwindles to 0.18
    assert probing._travels(whole[:, None] + 0.03, 2)
    assert not probing._travels(whole[[0, 3, 1, 4, 2, 6, 5, 7]][:, None], 2)  # a correlation of 0.89
    assert probing._travels(whole[[0, 2, 1, 3, 4, 6, 5, 7]][:, None], 2)


def test_what_computes_a_weight_is_no_layer():
    network = nn.Sequential(weight_norm(nn.Conv1d(1, 4, 7)), nn.ReLU(), head()[:2], nn.Linear(4, 4)).eval()
    assert not any("parametrizations" in name for name in probing.watchable(network))
    assert GradCAM(network)(torch.randn(4, 1, 400))[0].layer == "1"  # as many items as the kernel has channels
    with pytest.raises(UnknownName, match=r"cannot be watched at layer '0\.parametrizations"):
        GradCAM(network, "0.parametrizations.weight.0")


def test_an_input_too_short_to_tell_is_taken_as_it_is_written():
    assert probing.paths(nn.Sequential(nn.Conv1d(1, 2, 1), head()[:2]).eval(), torch.randn(1, 1, 6), ["0"]) == {"0": ""}


# True reasons


def test_a_part_that_runs_without_gradients_is_explained_all_the_same():
    expected = GradCAM(Parts().eval(), "body")(strips(), 1)
    for mode in (torch.no_grad, torch.inference_mode):
        torch.manual_seed(0)
        found = GradCAM(WithoutGradients(mode).eval())(strips(), 1)
        assert [one.layer for one in found] == ["body", "body"]
        assert all((one.values == other.values).all() for one, other in zip(found, expected, strict=True))


@pytest.mark.parametrize(("build", "layer"), [(Detached, None), (Detached, "body"), (Detached, "body.2")])
def test_a_network_that_cuts_the_gradient_is_told_so_and_not_that_nothing_depends(build, layer):
    with pytest.raises(InvalidValue, match=r"the logits depend on layer 'body.*cuts the gradient on the way"):
        GradCAM(build().eval(), layer)(strips(), 0)


def test_inside_inference_mode_the_cut_is_named_too():
    with pytest.raises(InvalidValue, match=r"the logits depend on layer 'body\.2'.*inference_mode"):
        GradCAM(WithoutGradients(torch.inference_mode).eval(), "body.2")(strips(), 0)


def test_weights_made_in_inference_mode_are_told_with_a_way_out_that_works():
    with torch.inference_mode():
        network = Parts().eval()
    with pytest.raises(InvalidValue, match=r"made in torch.inference_mode.*copy\.deepcopy"):
        GradCAM(network)(strips())
    assert GradCAM(copy.deepcopy(network))(strips())[0].state == "ok"


def test_a_scripted_part_leaves_the_layers_before_it_and_no_hook():
    network = Parts(lambda: torch.jit.script(nn.Sequential(nn.Conv1d(16, 16, 3, 1, 1), nn.ReLU()))).eval()
    assert GradCAM(network)(strips())[0].layer == "body"
    with pytest.raises(UnknownName, match="cannot be watched at layer 'between'; near names"):
        GradCAM(network, "between")
    assert hooks_of(network) == 0
    with torch.no_grad():
        assert not network(strips()).requires_grad


@pytest.mark.parametrize("close", [torch.jit.script, lambda network: torch.jit.trace(network, strips())])
def test_a_network_that_is_one_closed_piece_is_told_so(close):
    with pytest.raises(InvalidValue, match="scripted or traced, and runs as one piece; give the network"):
        GradCAM(close(nn.Sequential(body(), head()).eval()))(strips())


def test_a_batch_that_the_network_cannot_read_is_told_with_its_shape():
    with pytest.raises(InvalidValue, match=r"Parts cannot read a batch of the shape \(items, 3, 400\): .*channels"):
        GradCAM(Parts().eval())(torch.zeros(2, 3, 400))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GradCAM("network"), r"Grad-CAM asks a network \(torch\.nn\.Module\), not a str"),
        (lambda: GradCAM(None), "not None"),
        (lambda: GradCAM(Parts), "not the class Parts"),
        (lambda: GradCAM(Parts(), 3), "has no layer 3"),
        (lambda: GradCAM(Parts())([1.0]), "reads a batch .* not a list"),
    ],
)
def test_what_is_no_network_no_layer_or_no_batch_is_refused(make, message):
    with pytest.raises((InvalidValue, UnknownName), match=message):
        make()
