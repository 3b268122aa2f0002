"""What the comparison of layers and methods promises: the libraries' own maps, one time axis, and a sober advice."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam
from checks.planted import planted, strips
from torch import nn

from ecgteach.checks import attribution
from ecgteach.checks.attribution import METHODS, AttributionTask, hirescam, maps_of, on_time, targets_of
from ecgteach.checks.localisation.controls import qrs_in_cells
from ecgteach.errors import InvalidValue, NotInstalled, UnknownName
from ecgteach.explanation import explain
from ecgteach.models import ImageCNN, Layer, SignalCNN, inputs

from .attribution_methods import INPUT, MethodTable, Row, compare_methods, layer_names


@pytest.fixture(scope="module")
def pair():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return {"signal": SignalCNN().eval(), "image": ImageCNN().eval()}


@pytest.fixture(scope="module")
def read():
    return strips(1, ("SR",))


def query(pair, read, view="signal", target=0):
    batch = inputs(view, np.stack([strip.samples for strip in read]))
    return AttributionTask(pair[view], batch, [target] * len(read))


def scaled(cells):
    return cells / np.maximum(cells.reshape(len(cells), -1).max(axis=1).reshape(-1, *[1] * (cells.ndim - 1)), 1e-30)


@pytest.mark.parametrize("view", ["signal", "image"])
def test_grad_cam_is_captums(pair, read, view):
    given, layer = query(pair, read, view), pair[view].layer()
    oracle = LayerGradCam(pair[view], pair[view].get_submodule(layer.name))
    expected = oracle.attribute(given.batch, target=given.targets, relu_attributions=True)[:, 0].detach().numpy()
    np.testing.assert_allclose(scaled(METHODS["Grad-CAM"].cells(given, layer)), scaled(expected), atol=1e-5)


def test_hirescam_is_the_sum_of_gradient_times_activation_in_each_cell():
    network = nn.Sequential(nn.Conv1d(1, 2, 1, bias=False), nn.Flatten(), nn.Linear(6, 1, bias=False))
    with torch.no_grad():
        network[0].weight[:] = torch.tensor([[[1.0]], [[-1.0]]])
        network[2].weight[:] = torch.tensor([[1.0, 2.0, -3.0, 4.0, -5.0, 6.0]])
    batch = torch.tensor([[[1.0, 2.0, 3.0]]])
    found = hirescam(AttributionTask(network, batch, [0]), Layer("0", "convolution", 1, 1, 0.0, 3, 3))
    # activations (1, 2, 3) and (-1, -2, -3), gradients (1, 2, -3) and (4, -5, 6): 1 - 4, 4 + 10, -9 - 18
    np.testing.assert_allclose(found, [[0.0, 14.0, 0.0]])


def test_hirescam_is_grad_cam_where_cells_are_averaged_into_the_answer(pair, read):
    given, layer = query(pair, read), pair["signal"].layer()
    seen = [scaled(METHODS[name].cells(given, layer)) for name in ("HiResCAM", "Grad-CAM")]
    np.testing.assert_allclose(*seen, atol=1e-4)


@pytest.mark.parametrize("view", ["signal", "image"])
@pytest.mark.parametrize("method", METHODS)
def test_every_method_leaves_the_network_as_it_was_and_gives_maps_on_time(pair, read, view, method):
    model = pair[view]
    before = {name: value.clone() for name, value in model.state_dict().items()}
    given, layer = query(pair, read, view), model.layer()
    maps = on_time(METHODS[method].cells(given, layer), layer)
    assert maps.shape == (1, 5000)
    assert maps.min() >= 0
    assert np.isfinite(maps).all()
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())
    assert not model.training


def test_occlusion_finds_the_mark_at_the_strips_edge():
    strip = strips(1, ("SR",))[0]
    pair = planted("accident")
    given = query(pair, [strip], target=pair["signal"].classes.index("SR"))
    layer = pair["signal"].layer()
    for method in ("occlusion", "integrated gradients"):
        found = on_time(METHODS[method].cells(given, layer), layer)[0]
        assert found[:400].sum() > 0.9 * found.sum(), method


def test_a_late_map_is_found_out_by_the_methods_that_ask_the_input():
    table = compare_methods(strips(3, ("SR", "SA")), planted("late"), methods=["Grad-CAM", "integrated gradients"])
    localisation = {row.method: row.localisation for row in table.rows}
    assert localisation["Grad-CAM"] < 0.5
    assert localisation["integrated gradients"] > 0.75


def test_a_table_has_a_row_for_each_layer_and_method_and_one_for_each_that_asks_the_input(pair, read):
    table = compare_methods(read, pair, methods=["Grad-CAM", "HiResCAM", "integrated gradients"])
    layers = layer_names(pair["signal"])
    assert [(row.layer, row.method) for row in table.rows] == [
        *((layer, method) for layer in layers for method in ("Grad-CAM", "HiResCAM")),
        (INPUT, "integrated gradients"),
    ]
    assert set(table.agreement) == set(layers)
    for matrix in table.agreement.values():
        np.testing.assert_allclose(np.diag(matrix), 1)
        np.testing.assert_array_equal(matrix, matrix.T)
    assert not table.table().drop(columns=["interval"]).isna().any(axis=None)


def test_a_network_that_looks_at_nothing_gets_chance_and_no_advice():
    table = compare_methods(strips(10, ("SR",)), planted("nothing"), methods=["Grad-CAM", "HiResCAM"])
    assert {(row.localisation, row.flat) for row in table.rows} == {(0.5, 1.0)}
    assert "no layer is recommended" in table.recommendation
    assert not np.isnan(table.agreement["cells"]).any()


def test_a_network_that_looks_at_the_qrs_is_not_recommended_for_it():
    table = compare_methods(strips(10, ("SR",)), planted("QRS"), methods=["Grad-CAM"])
    assert "no layer is recommended" in table.recommendation


def test_a_network_that_looks_at_p_is_recommended_with_its_figures():
    table = compare_methods(strips(10, ("SR",)), planted("P"), methods=["Grad-CAM"])
    assert table.best.localisation > 0.8 > table.best.control
    assert "no layer" not in table.recommendation


def test_few_strips_are_too_few_for_advice():
    row = Row("cells", "Grad-CAM", 80.0, 0.3, 0.0, 0.9, None, 0.6, 3)
    assert "too few for an interval" in MethodTable("signal", (row,), ("Grad-CAM",), {}).recommendation


def test_real_strips_have_agreement_and_no_place(pair, read):
    table = compare_methods([replace(strip, truth=None) for strip in read], pair, methods=["Grad-CAM", "HiResCAM"])
    assert all(row.localisation is None and row.scored == 0 for row in table.rows)
    assert table.best is None
    assert "no strip here can be scored by localisation" in repr(table)


def test_targets_are_the_group_of_a_simulated_strip_and_the_answer_on_a_real_one(pair):
    simulated = strips(1, ("SB",))[0]
    real = replace(simulated, truth=None)
    answer = explain(real, pair).target
    classes = pair["signal"].classes
    assert targets_of([simulated, real], pair) == [classes.index("SB"), classes.index(answer)]
    assert targets_of([real], pair, "AFIB") == [classes.index("AFIB")]


def test_qrs_in_cells_lights_each_cell_by_what_it_covers():
    strip = strips(1, ("SR",))[0]
    layer = planted("P")["signal"].layer()
    found = qrs_in_cells(strip, layer)
    inside = np.zeros(5000, dtype=bool)
    for wave in strip.truth.of("QRS"):
        inside[max(round(wave.onset * 500), 0) : round(wave.offset * 500)] = True
    assert found[inside].mean() > 4 * found[~inside].mean()
    assert found.max() <= 1


def test_maps_that_are_not_finite_become_empty(pair, read):
    broken = {view: sick(model) for view, model in pair.items()}
    maps = maps_of(read, broken, [0] * len(read))
    assert not any(found.any() for found in maps.values())


def sick(model):
    copy = deepcopy(model)
    with torch.no_grad():
        copy.dense.weight.fill_(float("nan"))
    return copy


def test_a_missing_library_is_named_with_the_way_out(pair, read, monkeypatch):
    def gone(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(attribution, "import_module", gone)
    with pytest.raises(NotInstalled, match="pip install torchcam"):
        compare_methods(read, pair, methods=["LayerCAM"])
    assert compare_methods(read, pair, methods=["Grad-CAM", "HiResCAM"]).rows


def test_wrong_names_and_no_strips_are_errors_in_words(pair, read):
    with pytest.raises(UnknownName, match="no method is called 'Grad'"):
        compare_methods(read, pair, methods=["Grad"])
    with pytest.raises(UnknownName, match="no layer 'conv99'"):
        compare_methods(read, pair, layers=["conv99"])
    with pytest.raises(InvalidValue, match="there is no strip to compare methods on"):
        compare_methods([], pair)
