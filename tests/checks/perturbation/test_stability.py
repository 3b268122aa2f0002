"""Maps that must bear a change, and maps that must not: networks whose cells are known, and figures done by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from ecgteach import explain
from ecgteach.checks.agreement import ssim
from ecgteach.checks.perturbation.stability import Change, Stability, stability
from ecgteach.errors import InvalidValue
from ecgteach.models import Layer
from ecgteach.strip import Strip
from tests.conftest import beating

CELLS = {
    "signal": Layer("cells", "pooling", 40, 40, 19.5, 125, 5000),
    "image": Layer("cells", "pooling", 8, 8, 4.0, 128, 1024),
}


class Counts(nn.Module):
    """Cells hold how much a trace moves, or how much ink there is; their mean speaks for GSVT, 0.5 for SR."""

    classes = ("SR", "SB", "GSVT", "AFIB")

    def __init__(self, view):
        super().__init__()
        self.view, self.cells = view, nn.Identity()

    def layer(self, name=None):
        return CELLS[self.view]

    def seen(self, batch):
        steps = functional.pad(batch[..., 1:] - batch[..., :-1], (0, 1)) if self.view == "signal" else batch
        return steps.abs().sum(dim=-2, keepdim=True) / (1 if self.view == "signal" else 20)

    def forward(self, batch):
        cells = self.seen(batch).unflatten(-1, (-1, CELLS[self.view].stride)).sum(-1)
        speaks = self.cells(cells).flatten(1).mean(1)
        return torch.stack([torch.full_like(speaks, 0.1), speaks * 0, speaks, speaks * 0], dim=1)


class Chaos(Counts):
    """Cells hang on the last decimals of what is read: no map of it can bear the least noise."""

    def seen(self, batch):
        return torch.sin(3e4 * super().seen(batch)) + 1


class Clock(Counts):
    """Cells hang on when, not on what: the map stays where it is while the strip moves."""

    def seen(self, batch):
        gate = torch.from_numpy(np.random.default_rng(7).random(batch.shape[-1])).float()
        return super().seen(batch) * 1e-6 + gate


class Mute(Counts):
    """Cells are empty."""

    def seen(self, batch):
        return super().seen(batch) * 0


def pair(kind):
    return {view: kind(view).eval() for view in ("signal", "image")}


def checked(kind, strip=None, **settings_):
    models = pair(kind)
    strip = Strip(beating(75) + 0.02 * np.sin(np.arange(5000) / 30)).for_reading() if strip is None else strip
    return stability(explain(strip, models, target="GSVT"), models, **settings_)


def named(found, name, view):
    return next(change for change in found.of(view) if change.name == name)


@pytest.mark.parametrize("view", ["signal", "image", "fused"])
def test_a_map_that_follows_the_trace_moves_along_with_it_and_is_found_again(view):
    moved = named(checked(Counts), "shift by one cell", view)
    assert moved.correlation > 0.99
    assert moved.similarity > 0.99
    assert moved.control_correlation < 0.5


@pytest.mark.parametrize("view", ["signal", "image", "fused"])
def test_a_map_that_stays_where_it_was_is_found_out_by_a_shift(view):
    moved = named(checked(Clock), "shift by one cell", view)
    assert moved.correlation < 0.7 < named(checked(Counts), "shift by one cell", view).correlation


def test_a_map_that_hangs_on_the_last_decimals_is_found_out_by_noise():
    chaotic, steady = checked(Chaos), checked(Counts)
    for view in ("signal", "fused"):
        assert named(chaotic, "noise at 20 dB", view).correlation < 0.6
        assert named(steady, "noise at 30 dB", view).correlation > 0.8


def test_more_noise_costs_more():
    found = checked(Counts)
    assert named(found, "noise at 30 dB", "signal").similarity > named(found, "noise at 20 dB", "signal").similarity


def test_only_the_picture_is_redrawn_and_the_fused_map_feels_it_less():
    found = checked(Counts)
    redrawn = {"thin pen", "thick pen", "smaller picture, enlarged", "limits of 2.5 mV"}
    assert not redrawn & {change.name for change in found.of("signal")}
    assert redrawn < {change.name for change in found.of("image")} == {change.name for change in found.of("fused")}
    for name in redrawn:
        assert 0.3 < named(found, name, "image").correlation < named(found, name, "fused").correlation + 0.01


def test_an_answer_that_turns_is_reported():
    """A thick pen more than doubles the ink, and this network answers by the amount of ink."""

    class Inky(Counts):
        def forward(self, batch):
            logits = super().forward(batch)
            return logits - torch.tensor([0.0, 0.0, self.limit, 0.0])

    models = pair(Inky)
    strip = Strip(beating(75)).for_reading()
    for model in models.values():
        model.limit = 0.0
    amount = explain(strip, models, target="GSVT").views["image"].prediction.logits[2]
    models["image"].limit = float(amount) - 0.1 + 0.02
    found = stability(explain(strip, models, target="GSVT"), models)
    assert not named(found, "thick pen", "image").answer_stayed
    assert named(found, "thin pen", "image").answer_stayed


def test_a_map_that_a_change_wipes_out_scores_zero_and_no_nan():
    class Shy(Counts):
        def seen(self, batch):
            return super().seen(batch) * (batch.abs().sum((-1, -2), keepdim=True) == self.known)

    models = pair(Shy)
    strip = Strip(beating(75)).for_reading()
    models["image"].known = torch.tensor(0.0)
    models["signal"].known = torch.tensor(strip.samples)[None, None].abs().sum((-1, -2), keepdim=True)
    found = stability(explain(strip, models, target="GSVT"), models)
    assert set(found.left_out) == {"image", "fused"}
    lost = named(found, "noise at 20 dB", "signal")
    assert (lost.correlation, lost.similarity) == (0.0, 0.0)


def test_views_without_a_map_are_left_out_with_a_reason():
    found = checked(Mute)
    assert found.changes == ()
    assert found.left_out["signal"] == "the signal map is flat"
    assert "flat" in found.left_out["fused"]
    assert found.figures("signal") == {}
    assert "no image map" in repr(found)


@pytest.mark.parametrize("samples", [np.zeros(5000), np.random.default_rng(2).normal(0, 0.2, 5000)])
def test_a_strip_without_beats_gives_a_table_without_nan(samples):
    found = checked(Counts, Strip(samples))
    figures = [value for change in found.to_json()["changes"] for value in change.values() if isinstance(value, float)]
    assert np.isfinite(figures).all()


def test_a_seed_gives_the_same_figures_again():
    assert checked(Counts, seed=3) == checked(Counts, seed=3)
    assert checked(Counts, seed=3) != checked(Counts, seed=4)


def test_a_missing_network_is_named():
    models = pair(Counts)
    shown = explain(Strip(beating(75)), models, target="GSVT")
    with pytest.raises(InvalidValue, match="a view 'signal', for which models= holds no network"):
        stability(shown, {"image": models["image"]})


def test_no_network_is_left_in_another_mode():
    models = pair(Counts)
    models["image"].train()
    stability(explain(Strip(beating(75)), models, target="GSVT"), models)
    assert models["image"].training


def test_the_figures_of_a_view_are_the_means_of_its_changes():
    one = Change("noise at 30 dB", "signal", 0.9, 0.8, 0.1, 0.2, answer_stayed=True)
    two = replace(one, name="noise at 20 dB", correlation=0.5, similarity=0.4, answer_stayed=False)
    figures = Stability((one, two), {}).figures("signal")
    assert figures["correlation"] == pytest.approx(0.7)
    assert figures["similarity"] == pytest.approx(0.6)
    assert figures["answer_stayed"] == 0.5
    assert figures["lowest_correlation"] == 0.5


def test_similarity_of_level_maps_is_what_wangs_formula_gives():
    one, other = np.full(1000, 0.2), np.full(1000, 0.6)
    expected = (2 * 0.2 * 0.6 + 1e-4) / (0.04 + 0.36 + 1e-4)  # no variance: structure is 1
    assert ssim(one, other) == pytest.approx(expected)


def test_similarity_inside_a_fine_pattern_is_what_wangs_formula_gives():
    """Of a pattern finer than the window: mean 0.5, variance 0.125 each; the mirrored one has covariance -0.125."""
    one = 0.5 + 0.5 * np.sin(np.arange(5000) * 2 * np.pi / 10)
    expected = (-0.25 + 9e-4) / (0.25 + 9e-4)
    assert ssim(one, 1 - one) == pytest.approx(expected, abs=0.01)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000))
def test_similarity_is_one_for_the_same_map_even_handed_and_never_more(seed):
    one, other = np.random.default_rng(seed).random((2, 1000))
    assert ssim(one, one) == pytest.approx(1.0)
    assert ssim(one, other) == pytest.approx(ssim(other, one))
    assert ssim(one, other) < 1
