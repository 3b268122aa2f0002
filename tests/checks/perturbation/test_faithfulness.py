"""Deletion and insertion, held against networks that are known to hang on one segment of the strip."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from ecgteach.checks.perturbation.curves import ORDERS, Curve
from ecgteach.checks.perturbation.faithfulness import deletion, faithfulness, insertion
from ecgteach.checks.perturbation.fills import FILLS, Perturbation, Pieces
from ecgteach.errors import EmptyMap, InvalidValue, UnknownName
from ecgteach.explanation import Explanation, View
from ecgteach.gradcam import Map
from ecgteach.models import ImageCNN, Layer, Prediction, SignalCNN, inputs, network_geometry
from ecgteach.strip import Strip
from tests.conftest import beating

CLASSES = ("SR", "SB", "GSVT", "AFIB")
START, END = 4.0, 4.8
"""The one segment, ten pieces of 80 ms, that the planted networks read."""


def waving():
    """A trace that waves five times a second all along, with a beat every 0.8 s outside the one segment, in mV."""
    times = np.arange(5000) / 500
    return 0.3 * np.sin(10 * np.pi * times) + beating(75) * ((times < START - 0.1) | (times > END + 0.1))


class ReadsOneSegment(nn.Module):
    """Says AFIB as far as the trace goes up and down (or has ink) in the one segment, as `waving` does, else SR."""

    def __init__(self, view):
        super().__init__()
        self.classes, self.view, self.batches = CLASSES, view, []
        steps = 5000 if view == "signal" else 1024
        self.inside = slice(round(START / 10 * steps), round(END / 10 * steps))
        self.whole = self.amount(inputs(view, waving()[None])).item()

    def amount(self, batch):
        part = batch[..., self.inside]
        return (part.diff().abs() if self.view == "signal" else part).flatten(1).sum(1)

    def forward(self, batch):
        self.batches.append(len(batch))
        share = self.amount(batch) / self.whole
        return torch.stack([torch.full_like(share, 1.0), *[torch.full_like(share, -9.0)] * 2, 4 * share], dim=1)


@pytest.fixture
def models():
    return {view: ReadsOneSegment(view) for view in ("signal", "image")}


def marked(start, end):
    """A map along time: 1 between two moments, else 0."""
    times = np.arange(5000) / 500
    return ((times >= start) & (times < end)).astype(np.float32)


def explained(on_time, target="AFIB", cells=None, samples=None):
    """An explanation whose maps are what a test says."""
    strip = Strip(waving() if samples is None else samples)
    prediction = Prediction(np.array([1.0, -9, -9, 3]), CLASSES)
    cells = np.tile(on_time[::39][:128], (4, 1)) if cells is None else cells
    number = CLASSES.index(target)
    signal = View(
        prediction, Map(on_time[::40], number, False, "l", 1.0, "ok"), Layer("l", "x", 40, 40, 19.5, 125, 5000), on_time
    )
    image = View(prediction, Map(cells, number, False, "l", 1.0, "ok"), Layer("l", "x", 8, 8, 4.0, 128, 1024), on_time)
    return Explanation(strip, target, "asked for", {"signal": signal, "image": image}, on_time, "", "mean")


RIGHT, WRONG = marked(START, END), marked(7.0, 7.8)


def test_deleting_the_one_segment_that_counts_drops_the_answer_at_once(models):
    curve = deletion(explained(RIGHT), models, of="fused")
    whole, first, second = curve.probabilities[:3]
    assert whole > 0.9
    assert first < whole - 0.05  # 6 of the 10 pieces
    assert second < 0.3  # 12 of 10: none is left
    assert curve.margins[0] == pytest.approx(4 - (1 - 9 - 9) / 3, abs=0.1)  # the target's logit minus the others' mean
    assert curve.margins[2] == pytest.approx(0 - (1 - 9 - 9) / 3, abs=0.5)


def test_inserting_the_one_segment_that_counts_brings_the_answer_back_at_once(models):
    curve = insertion(explained(RIGHT), models, of="fused")
    assert curve.probabilities[0] < 0.4
    assert curve.probabilities[2] > 0.9
    assert curve.probabilities[2] == pytest.approx(curve.probabilities[-1], abs=0.03)


@pytest.mark.parametrize("curve_of", [deletion, insertion])
@pytest.mark.parametrize("reader", ["signal", "image", "both"])
def test_a_right_map_beats_every_control_and_a_wrong_one_does_not(models, curve_of, reader):
    right, wrong = (curve_of(explained(on_time), models, reader=reader) for on_time in (RIGHT, WRONG))
    assert set(right.controls) == set(ORDERS)
    assert right.beats_all
    assert not wrong.beats_all
    assert min(right.gains.values()) > 0.02 > min(wrong.gains.values())


def test_area_aopc_and_gain_are_what_a_pencil_gives():
    fractions = np.array([0.0, 0.5, 1.0])
    control = Curve("deletion", "random", "signal", "line", fractions, np.array([0.8, 0.8, 0.0]), np.zeros(3))
    margins = np.array([2.0, 0.0, -2.0])
    curve = Curve(
        "deletion", "signal", "signal", "line", fractions, np.array([0.8, 0.2, 0.0]), margins, {"random": control}
    )
    assert curve.area == pytest.approx((0.5 + 0.1) / 2)
    assert control.area == pytest.approx((0.8 + 0.4) / 2)
    assert curve.aopc == pytest.approx((0.6 + 0.8) / 2)
    assert curve.margin_area == pytest.approx(0.0)
    assert curve.gains == {"random": pytest.approx(0.3)}
    assert replace(curve, kind="insertion").aopc == pytest.approx(-0.7)
    assert not replace(curve, kind="insertion").beats_all


def test_all_curves_of_an_explanation_take_one_pass_of_each_network(models):
    found = faithfulness(explained(RIGHT), models)
    assert {view: len(model.batches) for view, model in models.items()} == {"signal": 1, "image": 1}
    assert set(found.deletion) == set(found.insertion) == {"signal", "image", "fused"}
    assert [found.deletion[name].reader for name in ("signal", "image", "fused")] == ["signal", "image", "both"]
    assert len(found.table()) == 6


def test_what_comes_alone_is_what_comes_together(models):
    explanation = explained(RIGHT)
    together = faithfulness(explanation, models).deletion["image"]
    alone = deletion(explanation, models, of="image")
    np.testing.assert_allclose(together.probabilities[[0, 2, -1]], alone.probabilities[[0, 2, -1]], atol=1e-6)


def test_the_fused_answer_is_the_mean_of_both_views(models):
    explanation = explained(RIGHT)
    each = [deletion(explanation, models, reader=reader).probabilities for reader in ("signal", "image", "both")]
    np.testing.assert_allclose(np.mean(each[:2], axis=0), each[2])


def test_other_maps_can_be_held_against_each_other_by_one_reader(models):
    found = faithfulness(explained(RIGHT), models, maps={"here": RIGHT, "there": WRONG}, reader="signal")
    assert found.insertion["here"].area > found.insertion["there"].area + 0.1
    assert {curve.reader for curve in found.deletion.values()} == {"signal"}


def test_a_map_may_be_called_as_a_control_is(models):
    found = faithfulness(explained(RIGHT), models, maps={"random": RIGHT, "QRS energy": WRONG}, reader="signal")
    assert found.deletion["random"].area < found.deletion["random"].controls["random"].area - 0.1


def test_a_network_that_broke_gives_an_error_and_no_nan(models):
    models["signal"].whole = float("nan")
    with pytest.raises(InvalidValue, match="the signal network's answers are not finite"):
        deletion(explained(RIGHT), models)


def test_the_part_of_the_answer_that_has_a_place_can_be_followed_alone():
    torch.manual_seed(3)
    networks = {"signal": SignalCNN().eval(), "image": ImageCNN().eval()}
    explanation = explained(RIGHT)
    whole, local, rhythm = (deletion(explanation, networks, part=part) for part in ("", "local", "rhythm"))
    np.testing.assert_allclose(local.margins + rhythm.margins, whole.margins, atol=1e-4)
    assert np.ptp(local.margins) > 0
    assert (local.part, local.to_json()["part"]) == ("local", "local")
    with pytest.raises(UnknownName, match="no part of the logits is called 'melody'; there are local, rhythm"):
        deletion(explanation, networks, part="melody")


def test_a_network_that_tells_no_parts_is_asked_for_the_whole_answer_only(models):
    with pytest.raises(InvalidValue, match="does not tell what its logits are the sum of"):
        deletion(explained(RIGHT), models, part="local")


def test_cells_of_the_picture_in_rows_and_columns_are_erased_one_by_one(models):
    cells = np.zeros((8, 128), np.float32)
    cells[:, 51:62] = 1  # 3.98 to 4.84 s
    right = deletion(explained(RIGHT, cells=cells), models, of="image cells")
    wrong = deletion(explained(RIGHT, cells=np.roll(cells, 30, axis=1)), models, of="image cells")
    assert right.beats_all
    assert right.probabilities[2] < 0.3
    assert wrong.probabilities[2] > 0.9


def test_cells_on_empty_paper_do_not_count(models):
    cells = np.zeros((8, 128), np.float32)
    cells[:, 51:62] = 0.5
    cells[7, :] = 1.0  # the lowest row of cells, below -1.5 mV, holds no ink
    assert deletion(explained(RIGHT, cells=cells), models, of="image cells").probabilities[2] < 0.3


@pytest.mark.parametrize("target", ["SB", "GSVT"])
def test_a_group_told_by_its_rate_carries_a_warning(models, target):
    found = faithfulness(explained(RIGHT, target=target), models)
    assert "rate, which has no place" in found.caution
    assert found.caution in repr(found)
    assert found.to_json()["caution"]


def test_atrial_fibrillation_carries_no_warning(models):
    assert faithfulness(explained(RIGHT), models).caution == ""


def test_taking_out_a_beat_speaks_for_a_slow_heart_whatever_the_map_says():
    """Why the warning stands: a network that counts beats says SB once beats go, in any order."""

    class Counts(nn.Module):
        classes = CLASSES

        def forward(self, batch):
            beats = (batch[:, 0, 1:] > 0.6).flatten(1).float().sum(1) / 10
            return torch.stack([beats, 10 - beats, beats * 0 - 9, beats * 0 - 9], dim=1)

    counting = {"signal": Counts(), "image": ReadsOneSegment("image")}
    samples = beating(75)
    for on_time in (RIGHT, WRONG):
        curve = deletion(explained(on_time, target="SB", samples=samples), counting, reader="signal")
        assert curve.margins[-1] > curve.margins[0]
        assert curve.controls["QRS energy"].margins[1] > curve.margins[0]


def test_a_flat_map_has_no_order_and_says_so(models):
    flat = np.zeros(5000, np.float32)
    with pytest.raises(EmptyMap, match="signal view's map is flat"):
        deletion(explained(flat), models, of="signal")
    found = faithfulness(replace(explained(flat), fused=None, fused_reason="nothing speaks for it"), models)
    assert not found.deletion
    assert set(found.left_out) == {"signal", "image", "fused"}
    assert "nothing speaks for it" in found.left_out["fused"]


def test_a_map_that_is_not_finite_has_no_order_either(models):
    with pytest.raises(EmptyMap, match="not finite"):
        deletion(explained(RIGHT), models, of=np.full(5000, np.nan))


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        ({"of": "sound"}, UnknownName, "no map is called 'sound'"),
        ({"reader": "nobody"}, UnknownName, "is called 'nobody'"),
        ({"of": "image cells", "reader": "signal"}, UnknownName, "there are image"),
        ({"fill": "tar"}, UnknownName, "nothing called 'tar'"),
        ({"fractions": (0.1, 1.0)}, InvalidValue, "rise from 0"),
        ({"fractions": (0.0, 0.5, 0.5)}, InvalidValue, "rise from 0"),
        ({"of": np.ones(17)}, InvalidValue, r"has the shape \(17,\)"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(models, wrong, error, words):
    with pytest.raises(error, match=words):
        deletion(explained(RIGHT), models, **wrong)


def test_a_missing_network_is_named(models):
    with pytest.raises(InvalidValue, match="a view 'image', for which models= holds no network"):
        deletion(explained(RIGHT), {"signal": models["signal"]})


def test_a_strip_without_any_beat_gives_figures_and_no_nan(models):
    for samples in (np.zeros(5000), np.random.default_rng(0).normal(0, 0.1, 5000)):
        found = faithfulness(explained(RIGHT, samples=samples), models)
        assert np.isfinite([[row.area, row.aopc, *row.controls.values()] for row in found.table()]).all()
        assert all(set(row.controls) == set(ORDERS) for row in found.table())


def test_networks_stay_in_the_mode_that_they_were_in(models):
    models["signal"].train()
    deletion(explained(RIGHT), models)
    assert models["signal"].training


def test_the_shifted_map_is_drawn_as_often_as_asked_and_its_mean_counts(models):
    explanation = explained(RIGHT)
    each = [deletion(explanation, models, seed=seed).controls["shifted"].probabilities for seed in range(3)]
    together = faithfulness(explanation, models, shifts=3).deletion["fused"].controls["shifted"]
    np.testing.assert_allclose(together.probabilities, np.mean(each, axis=0), atol=0.05)
    assert not np.allclose(each[0], each[1])
    with pytest.raises(InvalidValue, match="not 0 times"):
        faithfulness(explanation, models, shifts=0)


def test_a_seed_gives_the_same_curves_again(models):
    curve = deletion(explained(RIGHT), models, seed=4)
    first, again = curve.to_json(), deletion(explained(RIGHT), models, seed=4).to_json()
    assert first == json.loads(json.dumps(first, allow_nan=False))
    assert first["figures"]["area"] == curve.area and first["figures"]["beats_all"] == curve.beats_all
    assert first == again
    assert deletion(explained(RIGHT), models, seed=5).controls["random"].to_json() != first["controls"]["random"]


@pytest.mark.parametrize("fill", list(FILLS))
def test_what_is_in_stays_as_it_was_whatever_fills_the_gaps(fill):
    strip, pieces = Strip(beating(75)), Pieces.along_time()
    kept = np.ones((1, pieces.count), bool)
    kept[0, 40:50] = False
    filled = Perturbation(strip, pieces, fill).batch("signal", kept).numpy()[0, 0]
    np.testing.assert_array_equal(filled[:1600], strip.samples[:1600])
    np.testing.assert_array_equal(filled[2000:], strip.samples[2000:])
    assert not np.array_equal(filled[1600:2000], strip.samples[1600:2000])


def test_a_line_joins_the_nearest_samples_and_the_baseline_does_not():
    samples = np.arange(5000) / 1000
    kept = np.ones((1, 125), bool)
    kept[0, 10:20] = False
    line, baseline = (
        Perturbation(Strip(samples), Pieces.along_time(), fill).batch("signal", kept).numpy()[0, 0]
        for fill in ("line", "baseline")
    )
    np.testing.assert_allclose(line, samples, atol=1e-6)
    np.testing.assert_allclose(baseline[400:800], np.median(samples))


def test_erased_ink_leaves_paper_and_never_blackens():
    strip, pieces = Strip(beating(75)), Pieces.along_time()
    kept = np.random.default_rng(1).random((3, pieces.count)) < 0.5
    before, after = (
        inputs("image", strip.samples[None]).numpy(),
        Perturbation(strip, pieces).batch("image", kept).numpy(),
    )
    assert (after <= before).all()
    assert ((after == 0) | (after == before)).all()
    erased = ~kept[:, pieces.piece_of_pixel][:, None]
    assert after[erased].max() == 0


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 124))
def test_a_piece_is_the_same_80_ms_in_both_views(number):
    pieces, geometry = Pieces.along_time(), network_geometry()
    times = np.flatnonzero(pieces.segment_of_sample == number) / 500
    columns = geometry.seconds_of(np.flatnonzero(pieces.piece_of_pixel[0] == number) + 0.5)
    assert times.min() == pytest.approx(number * 0.08)
    assert number * 0.08 <= columns.min() <= columns.max() < (number + 1) * 0.08
