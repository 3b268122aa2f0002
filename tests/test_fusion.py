import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgteach import fusion
from ecgteach.errors import EmptyMap, InvalidValue, UnknownName
from ecgteach.image import Geometry
from ecgteach.models import ImageCNN, SignalCNN

TIMES = np.arange(5000) / 500
SIGNAL, IMAGE = SignalCNN().layer(), ImageCNN().layer()


def bump(at, width=0.2):
    return np.exp(-0.5 * ((TIMES - at) / width) ** 2).astype(np.float32)


def fuse(signal, image, rule="mean", sure=(1.0, 1.0)):
    return fusion.fuse({"signal": signal, "image": image}, rule, {"signal": sure[0], "image": sure[1]})


@pytest.mark.parametrize("layer", [SIGNAL, IMAGE], ids=["signal", "image"])
def test_a_hot_cell_is_hottest_at_its_own_centre(layer):
    for cell in (0, 1, layer.cells // 2, layer.cells - 1):
        placed = fusion.place(np.eye(1, layer.cells, cell, dtype=np.float32)[0], layer)
        hottest = TIMES[placed == placed.max()].mean()
        if 0 < cell < layer.cells - 1:
            assert abs(hottest - layer.centres[cell]) <= 0.001
        assert placed.shape == (5000,)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=125, max_size=125))
def test_placing_never_overshoots(values):
    placed = fusion.place(np.array(values, dtype=np.float32), SIGNAL)
    assert min(values) - 1e-6 <= placed.min()
    assert placed.max() <= max(values) + 1e-6


def test_cells_of_another_layer_are_refused():
    with pytest.raises(InvalidValue, match="125 cells"):
        fusion.place(np.zeros(128, dtype=np.float32), SIGNAL)


def test_a_columns_value_is_the_mean_of_its_rows():
    values = np.zeros((4, 128), dtype=np.float32)
    values[:, 3] = 0.0, 0.8, 0.4, 0.0
    columns = fusion.columns_of(values)
    assert columns[3] == pytest.approx(0.3)
    assert columns.sum() == pytest.approx(0.3)


def test_both_views_place_the_same_moment_at_the_same_time():
    signal = fusion.place(np.interp(SIGNAL.centres, TIMES, bump(4.0)).astype(np.float32), SIGNAL)
    cells = np.interp(IMAGE.centres, TIMES, bump(4.0)).astype(np.float32)
    image = fusion.place(fusion.columns_of(np.stack([cells, cells])), IMAGE)
    middles = [np.average(TIMES, weights=found) for found in (signal, image)]
    assert middles[0] == pytest.approx(4.0, abs=0.002)
    assert middles[1] == pytest.approx(4.0, abs=0.002)


def test_an_image_cell_is_hottest_over_its_own_pixels():
    values = np.zeros((4, 128), dtype=np.float32)
    values[1, 60] = 1.0
    row, column = np.unravel_index(fusion.cells_onto_image(values, IMAGE, Geometry()).argmax(), (128, 1024))
    assert abs(Geometry().seconds_of(column + 0.5) - IMAGE.centres[60]) < 0.01
    assert 32 <= row < 64


def test_between_the_rows_of_an_image_map_its_pixels_lie_on_straight_lines():
    values = np.arange(8, dtype=np.float32)[:, None].repeat(128, axis=1)
    drawn = fusion.cells_onto_image(values, IMAGE, Geometry())
    rows = np.clip((np.arange(128) + 0.5) * 8 / 128 - 0.5, 0, 7)
    np.testing.assert_allclose(drawn, np.repeat(rows[:, None], 1024, axis=1), atol=1e-5)


def test_each_rule_gives_what_its_formula_says():
    one, other = np.full(5000, 0.5, dtype=np.float32), np.full(5000, 0.25, dtype=np.float32)
    one[0] = other[0] = 1.0
    expected = {"mean": 0.375, "maximum": 0.5, "product": 0.125, "confidence": 0.75 * 0.5 + 0.25 * 0.25}
    assert expected.keys() == fusion.RULES.keys()
    for rule, value in expected.items():
        fused = fuse(one, other, rule, (0.9, 0.3))
        assert fused[100] == pytest.approx(value)
        assert fused.max() == 1.0


@pytest.mark.parametrize("rule", fusion.RULES)
@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 1), st.floats(0.05, 1))
def test_every_rule_stays_between_the_two_maps_order(rule, seed, first, second):
    """Where one moment has more than another in both maps, it has no less in the fused one."""
    random = np.random.default_rng(seed)
    one, other = random.random((2, 5000)).astype(np.float32)
    fused = fuse(one, other, rule, (first, second))
    here, there = random.integers(0, 5000, 2)
    if one[here] >= one[there] and other[here] >= other[there]:
        assert fused[here] >= fused[there] - 1e-6
    assert 0 <= fused.min() <= fused.max() == 1.0


@pytest.mark.parametrize("empty", [np.zeros(5000), np.full(5000, np.nan), np.full(5000, np.inf)])
def test_an_empty_map_cannot_be_fused(empty):
    with pytest.raises(EmptyMap, match=r"image view's map is (flat|not finite)"):
        fuse(bump(3), empty.astype(np.float32))


def test_maps_that_share_no_moment_have_no_product():
    one, other = np.zeros((2, 5000), dtype=np.float32)
    one[:100], other[200:300] = 1.0, 1.0
    with pytest.raises(EmptyMap, match="share no moment"):
        fuse(one, other, "product")


def test_wrong_calls_are_refused():
    with pytest.raises(UnknownName, match="mean, maximum, product, confidence"):
        fuse(bump(1), bump(2), "median")
    with pytest.raises(InvalidValue, match=r"place\(\)"):
        fuse(bump(1)[:100], bump(2))
    with pytest.raises(InvalidValue, match="probability of the target"):
        fuse(bump(1), bump(2), "confidence", (-0.1, 0.0))
    with pytest.raises(InvalidValue, match="above 0 and up to 1"):
        fusion.agreement([bump(1), bump(2)], 0)


def test_agreement_names_who_looks():
    one, other = np.zeros((2, 5000), dtype=np.float32)
    one[:2000], other[1000:3000] = 1.0, 0.5
    kinds, moments = fusion.agreement_kinds(["signal", "image"]), [500, 1500, 2500, 3500]
    found = [kinds[number] for number in fusion.agreement([one, other])[moments]]
    assert found == ["signal only", "both", "image only", "neither"]


def test_agreement_of_one_view_and_of_three_names_who_looks():
    one, other, third = np.zeros((3, 5000), dtype=np.float32)
    one[:3000], other[1000:3000], third[2000:4000] = 1.0, 1.0, 1.0
    kinds, moments = fusion.agreement_kinds(["a", "b", "c"]), [500, 1500, 2500, 3500, 4500]
    found = [kinds[number] for number in fusion.agreement([one, other, third])[moments]]
    assert found == ["a only", "several", "all", "c only", "neither"]
    alone = [fusion.agreement_kinds(["a"])[number] for number in fusion.agreement([one])[moments]]
    assert alone == ["a only"] * 3 + ["neither"] * 2


def test_views_without_any_confidence_are_not_fused():
    with pytest.raises(EmptyMap, match="any probability"):
        fuse(bump(1), bump(2), "confidence", (0.0, 0.0))


def test_one_view_alone_is_not_fused():
    with pytest.raises(InvalidValue, match="two maps or more, not the image one alone"):
        fusion.fuse({"image": bump(1)})


@pytest.mark.parametrize("rule", fusion.RULES)
def test_three_views_are_fused_by_the_same_rules(rule):
    maps = {"signal": bump(2), "image": bump(2.1), "twelve": bump(2.2)}
    fused = fusion.fuse(maps, rule, {"signal": 0.2, "image": 0.3, "twelve": 0.5})
    stacked, sure = np.stack(list(maps.values())).astype(float), np.array([[0.2], [0.3], [0.5]])
    expected = {
        "mean": stacked.mean(0),
        "maximum": stacked.max(0),
        "product": stacked.prod(0),
        "confidence": (sure * stacked).sum(0),
    }[rule]
    assert np.allclose(fused, expected / expected.max(), atol=1e-6)


@pytest.mark.parametrize("maps", [None, "signal", [bump(1), bump(2)], {"signal": None, "image": 3}])
def test_what_are_no_maps_by_view_is_refused(maps):
    with pytest.raises(InvalidValue, match=r"maps are given by view|has the shape"):
        fusion.fuse(maps)
    with pytest.raises(InvalidValue, match="agreement is of maps along time"):
        fusion.agreement([np.zeros(3)])
