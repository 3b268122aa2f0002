import numpy as np
import pytest
import torch
from torch import nn

from ecgteach.errors import InvalidValue, UnknownName
from ecgteach.gradcam import GradCAM
from ecgteach.image import strip_image
from ecgteach.models import Block, ImageCNN, SignalCNN, inputs, network_geometry
from ecgteach.records import sample
from tests.geometry import evened, gradient_over_time

NETWORKS = (SignalCNN, ImageCNN)
both = pytest.mark.parametrize("network", NETWORKS)


def kinds(model):
    """The list of a network's layers, counted as the study counts: its ReLU goes with a normalisation."""
    names = {
        nn.Conv1d: "convolution",
        nn.Conv2d: "convolution",
        nn.BatchNorm1d: "normalisation",
        nn.BatchNorm2d: "normalisation",
        nn.MaxPool1d: "pooling",
        nn.MaxPool2d: "pooling",
        nn.Dropout: "dropout",
        nn.Linear: "dense",
    }
    listed = [names[type(module)] for module in model.modules() if type(module) in names]
    averages = ["global average pooling"] * len({model.local_blocks, len(model.blocks)})
    return [*listed[:-2], *averages, *listed[-2:]]


def test_the_two_views_are_the_same_list_of_17_layers():
    signal, image = (kinds(network()) for network in NETWORKS)
    assert signal == image
    assert len(signal) == 17
    assert signal[-3:] == ["global average pooling", "dropout", "dense"]


@both
def test_logits_come_out_for_any_number_of_classes(network):
    model = network(classes=7).eval()
    assert model(torch.zeros(2, 1, *model.input_shape)).shape == (2, 7)
    assert network().classes == ("SR", "SB", "GSVT", "AFIB")


@both
def test_local_cells_see_one_wave_and_rhythm_cells_whole_beats(network):
    model = network()
    assert model.layer().field_seconds < 0.32
    assert model.layer("norm6").field_seconds > 2.0


@both
def test_logits_are_the_sum_of_their_parts_and_add_up_to_zero(network):
    torch.manual_seed(1)
    model = network().eval()
    with torch.no_grad():
        cells, rhythm = model.read(torch.rand(2, 1, *model.input_shape))
        logits = model.answer(cells, rhythm)
        parts = model.parts(cells, logits)
        assert torch.allclose(logits.sum(1), torch.zeros(2), atol=1e-5)
        assert torch.allclose(parts["local"] + parts["rhythm"], logits)
        assert torch.allclose(parts["local"], model.scores(cells).flatten(2).mean(2))
        without = model.answer(cells, torch.zeros_like(rhythm)) - model.answer(
            torch.zeros_like(cells), torch.zeros_like(rhythm)
        )
    assert torch.allclose(parts["local"], without, atol=1e-5)


def test_picture_cells_over_blank_paper_say_nothing_and_those_with_ink_do():
    torch.manual_seed(4)
    model = ImageCNN().eval()
    picture = inputs("image", sample("AFIB").strip().for_reading().samples[None])
    with torch.no_grad():
        cells = model.read(picture)[0][0]
    inked = picture.unflatten(2, (cells.shape[1], -1)).unflatten(4, (cells.shape[2], -1)).sum((0, 1, 3, 5)) > 0
    assert 0.2 < inked.float().mean() < 0.8
    assert not cells[:, ~inked].any()
    assert cells[:, inked].any(0).all()


@both
def test_grad_cam_at_the_local_cells_is_their_share_of_the_answer(network):
    torch.manual_seed(2)
    model = network().eval()
    strips = torch.rand(1, 1, *model.input_shape)
    found = GradCAM(model, model.explained_layer)(strips, target=3)[0]
    shares = model.scores(model.read(strips)[0])[0, 3].relu().detach().numpy()
    assert np.allclose(found.values, shares / shares.max(), atol=1e-5)


@both
def test_the_rhythm_part_is_dropped_now_and_then_in_training_only(network):
    torch.manual_seed(3)
    model = network()
    model.dropout.p = 0.0
    cells = torch.zeros(400, 64, 5)
    rhythm = torch.ones(400, model.blocks[-1].channels)
    alone = model.answer(cells[:1], 0 * rhythm[:1])
    dropped = (model.answer(cells, rhythm) - alone).abs().amax(1) < 1e-6
    assert 0.04 < dropped.float().mean() < 0.2
    model.eval()
    assert not ((model.answer(cells, rhythm) - alone).abs().amax(1) < 1e-6).any()


@both
def test_cells_of_the_explained_layer_tile_the_strip_in_80_ms_or_less(network):
    layer = network().layer()
    assert layer.cell_seconds <= 0.08
    assert layer.cells * layer.cell_seconds == pytest.approx(10.0)
    assert layer.centres[0] + layer.centres[-1] == pytest.approx(10.0, abs=0.0021)


@both
def test_the_stated_number_of_cells_is_what_each_layer_gives(network):
    model = network().eval()
    for name, layer in model.layers().items():
        seen = {}
        hook = model.get_submodule(name).register_forward_hook(
            lambda *call, seen=seen: seen.update(shape=call[2].shape)
        )
        model(torch.zeros(1, 1, *model.input_shape))
        hook.remove()
        assert seen["shape"][-1] == layer.cells, name


@both
@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_a_cells_stated_centre_is_the_centroid_of_its_input_gradient(network, place):
    model = evened(network())
    layer = model.layer()
    cell = {"first": 0, "middle": layer.cells // 2, "last": layer.cells - 1}[place]
    weight, steps = gradient_over_time(model, layer.name, cell)
    centroid = np.average(steps, weights=weight) * 10.0 / layer.steps
    assert abs(centroid - layer.centres[cell]) < 0.5 / 500
    assert np.ptp(np.flatnonzero(weight)) + 1 == layer.field


@both
def test_a_strip_shifted_by_a_cell_has_its_cells_shifted_by_one(network):
    model = network().eval()
    layer = model.layer()
    torch.manual_seed(0)
    strip = torch.zeros(1, 1, *model.input_shape)
    third = model.input_shape[-1] // 3
    strip[..., third : 2 * third] = torch.rand(*model.input_shape[:-1], third)
    kept = []
    model.get_submodule(layer.name).register_forward_hook(lambda *call: kept.append(call[2]))
    with torch.no_grad():
        model(strip)
        model(torch.roll(strip, layer.stride, dims=-1))
    assert torch.allclose(kept[1][..., 1:], kept[0][..., :-1], atol=1e-5)


@both
def test_a_batch_of_the_wrong_size_is_refused_with_the_right_one(network):
    with pytest.raises(InvalidValue, match="reads batches of the shape"):
        network()(torch.zeros(1, 1, 64, 64))


@both
def test_an_unknown_layer_is_answered_with_those_there_are(network):
    with pytest.raises(UnknownName, match="norm6"):
        network().layer("layer4")


def test_blocks_that_do_not_tile_the_strip_are_refused():
    with pytest.raises(InvalidValue, match="do not tile"):
        SignalCNN(blocks=(Block(8, 5, stride=3),), local=1)


@pytest.mark.parametrize("above", [Block(8, 3, stride=2), Block(8, 4)])
def test_blocks_above_the_local_cells_take_every_cell(above):
    with pytest.raises(InvalidValue, match=r"take every cell|evenly"):
        SignalCNN(blocks=(Block(8, 5, stride=5), above), local=1)


@pytest.mark.parametrize("local", [0, 7])
def test_local_cells_lie_above_a_block_that_there_is(local):
    with pytest.raises(InvalidValue, match="above one of 6 blocks"):
        SignalCNN(local=local)


@pytest.mark.parametrize("classes", [1, ["a", "a"], []])
def test_fewer_than_two_classes_or_one_twice_are_refused(classes):
    with pytest.raises(InvalidValue, match="two classes or more"):
        SignalCNN(classes)


def test_inputs_are_millivolts_and_the_very_pixels_of_the_strips_picture():
    strip = sample("AFIB").strip().for_reading()
    assert torch.equal(inputs("signal", strip.samples[None])[0, 0], torch.tensor(strip.samples))
    picture = strip_image(strip)
    assert np.array_equal(inputs("image", strip.samples[None])[0, 0].numpy(), picture.pixels)
    assert (picture.geometry.width, picture.geometry.high) == (network_geometry().width, network_geometry().high)
    with pytest.raises(UnknownName, match="signal, image"):
        inputs("sound", strip.samples[None])
