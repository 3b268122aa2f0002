"""Localisation by hand: 100 samples are 0.2 s; evidence at 1.0-1.2 s, X at 2.0-2.6 s, and nothing else."""

import math
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgteach import explain, sample, simulate
from ecgteach.checks.localisation.scores import (
    NOT_LOCALISED,
    Localisation,
    judged_samples,
    localise,
    localise_explanation,
    original_rhythm,
    seed_of,
)
from ecgteach.errors import InvalidValue, UnknownName
from ecgteach.models import ImageCNN, SignalCNN
from ecgteach.truth import Evidence

HERE = (Evidence(1.0, 1.2, "P", "atrial"), Evidence(2.0, 2.6, "X"))
FIGURES = [field.name for field in fields(Localisation) if field.name != "reason"]


def level(*segments):
    """A map with some heights: (start, end, height) in samples."""
    values = np.zeros(5000, dtype=np.float32)
    for start, end, height in segments:
        values[start:end] = height
    return values


def score(values, evidence=HERE, cell=0.02, **choice):
    return localise(values, evidence, cell_seconds=cell, **choice)


@pytest.fixture(scope="module")
def pair():
    """Two untrained networks."""
    torch.manual_seed(1)
    return {"signal": SignalCNN().eval(), "image": ImageCNN().eval()}


def test_a_map_on_the_evidence_alone_is_right_by_every_measure():
    found = score(level((500, 600, 1.0)))
    assert (found.score, found.gain, found.mass, found.pointing, found.rank) == (1.0, 1.0, 1.0, 1.0, 1.0)
    assert found.coverage == pytest.approx(100 / 400)
    assert found.density == found.ceiling == pytest.approx(4.0)


def test_pointing_asks_the_one_highest_sample_alone():
    assert score(level((550, 551, 1.0), (1100, 1101, 0.9))).pointing == 1.0
    assert score(level((550, 551, 0.9), (1100, 1101, 1.0))).pointing == 0.0
    assert score(level((550, 551, 1.0), (1100, 1101, 1.0))).pointing == 0.5, "tied ones share it"


def test_a_map_on_x_alone_is_wrong_by_every_measure():
    found = score(level((1000, 1300, 0.7)))
    assert (found.score, found.mass, found.pointing, found.rank) == (0.0, 0.0, 0.0, 0.0)
    assert found.gain == pytest.approx(-1 / 3)


def test_a_flat_map_is_chance_by_every_measure():
    found = score(level((0, 5000, 1.0)))
    assert found.score == 0.5
    assert found.gain == pytest.approx(0.0)
    assert found.mass == found.pointing == found.rank == found.coverage == 0.25


def test_figures_that_a_reader_can_redo_on_paper():
    """Half the evidence is hot at 1.0, all X warm at 0.5.

    Pairs: half of them won, half lost: 0.5. Mass: 50 of 50 + 150. The 100 highest: the 50 hot ones, and 50 of the 300
    warm ones.
    """
    found = score(level((500, 550, 1.0), (1000, 1300, 0.5)))
    assert found.score == 0.5
    assert found.mass == pytest.approx(0.25)
    assert found.gain == pytest.approx(0.0)
    assert found.pointing == 1.0
    assert found.rank == pytest.approx(0.5)


def test_ties_count_one_half():
    """A third of X is as hot as the evidence: two thirds of the pairs are won, one third is tied."""
    assert score(level((500, 600, 1.0), (1000, 1100, 1.0))).score == pytest.approx(2 / 3 + 1 / 6)


def test_what_lies_outside_evidence_and_x_changes_nothing():
    quiet, loud = score(level((500, 550, 1.0))), score(level((500, 550, 1.0), (3000, 4000, 9.0)))
    assert quiet == loud


def test_a_map_that_lies_wholly_elsewhere_has_a_score_of_one_half_and_no_mass():
    found = score(level((3000, 3100, 1.0)))
    assert (found.score, found.mass, found.gain) == (0.5, None, None)


def test_half_a_cell_on_both_sides_of_the_border_of_evidence_and_x_is_left_out():
    touching = (Evidence(1.0, 1.4, "A", "atrial"), Evidence(1.4, 2.0, "X"))
    judged = judged_samples(touching, cell_seconds=0.08)
    assert np.flatnonzero(judged.evidence)[[0, -1]].tolist() == [500, 679]
    assert np.flatnonzero(judged.irrelevant)[[0, -1]].tolist() == [720, 999]


def test_a_border_with_context_takes_nothing_away():
    beside = (Evidence(1.0, 1.2, "P", "atrial"), Evidence(1.2, 1.3, "C"), Evidence(2.0, 2.6, "X"))
    assert judged_samples(beside, cell_seconds=0.08).evidence.sum() == 100


def test_another_criteria_evidence_is_left_out_when_one_criterion_is_asked_for():
    criteria = (*HERE, Evidence(4.0, 4.2, "P", "conduction"))
    hot = level((2000, 2100, 1.0))
    assert score(hot, criteria, criterion="conduction").score == 1.0
    assert score(hot, criteria, criterion="atrial").score == 0.5
    assert score(hot, criteria).score == pytest.approx(0.75)


def test_a_distractor_is_reported_apart_and_does_not_count_as_evidence_or_x():
    with_ectopic = (*HERE, Evidence(4.0, 5.0, "D"))
    found = score(level((500, 600, 1.0), (2000, 2300, 1.0)), with_ectopic)
    assert found.score == found.mass == 1.0
    assert found.distractor == pytest.approx(0.75)
    assert found.distractor_coverage == pytest.approx(0.1)
    assert score(level((500, 600, 1.0))).distractor is None


@pytest.mark.parametrize("criterion", ["rate", "regularity"])
def test_rate_and_regularity_have_no_place(criterion):
    found = score(level((500, 600, 1.0)), criterion=criterion)
    assert found.score is None
    assert "no place" in found.reason


@pytest.mark.parametrize(
    ("values", "evidence", "reason"),
    [
        (level(), HERE, "the map is empty"),
        (level((0, 1, np.nan)), HERE, "not finite"),
        (level((0, 9, 1.0)), HERE[1:], "cell of evidence"),
        (level((0, 9, 1.0)), HERE[:1], "irrelevant segments (X)"),
        (level((0, 9, 1.0)), (), "cell of evidence"),
    ],
)
def test_where_place_cannot_be_judged_there_is_a_reason_and_no_figure(values, evidence, reason):
    found = score(values, evidence)
    assert all(getattr(found, name) is None for name in FIGURES)
    assert reason in found.reason


def test_a_map_of_another_shape_and_an_unknown_criterion_are_refused():
    with pytest.raises(InvalidValue, match="shape"):
        score(np.ones(125, dtype=np.float32))
    with pytest.raises(UnknownName, match="no criterion"):
        score(level((500, 600, 1.0)), criterion="auricular")


maps = st.lists(st.integers(0, 8), min_size=50, max_size=50).map(lambda heights: np.repeat(heights, 100) / 8)
segments = st.lists(
    st.tuples(st.integers(0, 95), st.integers(1, 5), st.sampled_from("PAXCD")), min_size=2, max_size=12
).map(lambda found: [Evidence(at / 10, (at + length) / 10, role, "atrial") for at, length, role in found])


@settings(max_examples=60, deadline=None)
@given(maps, segments)
def test_every_figure_stays_in_its_range_and_none_is_nan(values, evidence):
    found = score(values, evidence)
    for name in FIGURES:
        figure = getattr(found, name)
        assert figure is None or math.isfinite(figure)
        assert figure is None or name == "gain" or -1e-9 <= figure <= 1 + 1e-9
    assert (found.score is None) == bool(found.reason)


@settings(max_examples=60, deadline=None)
@given(maps, segments)
def test_the_score_asks_for_order_only_and_turns_round_with_the_map(values, evidence):
    found = score(values, evidence)
    if found.score is None:
        return
    assert score(np.sqrt(values), evidence).score == pytest.approx(found.score)
    assert score(2 - values, evidence).score == pytest.approx(1 - found.score)


@settings(max_examples=60, deadline=None)
@given(maps, segments)
def test_what_is_judged_as_evidence_is_never_judged_as_x(values, evidence):
    judged = judged_samples(evidence, cell_seconds=0.08)
    assert not (judged.evidence & judged.irrelevant).any()


def test_an_explanation_is_scored_in_both_views_fused_and_by_every_control(pair):
    strip = simulate("SR", seed=2, leads=("II",)).strip(quality="any")
    found = localise_explanation(explain(strip, pair, target="SR"))
    assert {"signal", "image", "fused", "signal shifted", "QRS only", "blurred noise", "flat"} <= set(found)
    assert all(each.score is not None for each in found.values())
    assert found["flat"].score == found["QRS only"].score == 0.5


def test_a_map_planted_on_the_true_p_waves_scores_one_and_shifted_it_does_not(pair):
    strip = simulate("SR", seed=2, leads=("II",)).strip(quality="any")
    seen = explain(strip, pair, target="SR")
    planted = np.zeros(5000, dtype=np.float32)
    for entry in strip.truth.with_role("P"):
        planted[(strip.times >= entry.start) & (strip.times < entry.end)] = 1.0
    seen = replace(seen, fused=planted)
    found = localise_explanation(seen)
    assert found["fused"].score == 1.0
    assert found["fused shifted"].score < 0.6


def test_a_map_for_another_group_is_not_held_against_this_ones_evidence(pair):
    strip = simulate("AFIB", seed=2, leads=("II",)).strip(quality="any")
    found = localise_explanation(explain(strip, pair, target="SB"))
    assert all(each.score is None for each in found.values())
    assert "the maps explain SB, and the strip's evidence is that of AFIB" in next(iter(found.values())).reason


@pytest.mark.parametrize(
    ("rhythm", "target", "reason"),
    [("AFL", "AFIB", NOT_LOCALISED["AFL"]), ("SAAWR", "GSVT", NOT_LOCALISED["SAAWR"]), ("VT", "GSVT", "none of the")],
)
def test_rhythms_that_are_not_scored_by_place_say_why(rhythm, target, reason, pair):
    strip = simulate(rhythm, seed=1, leads=("II",), noise=None).strip(quality="any")
    found = localise_explanation(explain(strip, pair, target=target))["signal"]
    assert found.score is None
    assert reason in found.reason


def test_where_nothing_was_fused_the_fused_map_and_its_control_say_why(pair):
    mute = ImageCNN().eval()
    torch.nn.init.zeros_(mute.dense.weight)
    strip = simulate("SR", seed=2, leads=("II",)).strip(quality="any")
    seen = explain(strip, {**pair, "image": mute}, target="SR")
    found = localise_explanation(seen)
    assert seen.fused is None
    assert found["signal"].score is not None
    assert found["fused"] == found["fused shifted"] == Localisation(reason=seen.fused_reason)


def test_no_two_simulated_strips_seed_the_same_draws():
    keys = [(0, 0, 1), (0, 1, 0), (0, 1, 1), (1, 1)]
    seeds = {seed_of(simulate("SR", seed=key, leads=("II",), noise=None).truth) for key in keys}
    assert len(seeds) == len(keys)


def test_a_real_strip_has_no_right_or_wrong_of_place(pair):
    assert "real strip" in localise_explanation(explain(sample("SR"), pair))["signal"].reason


def test_rhythms_are_called_by_their_original_name():
    def name(rhythm, **options):
        return original_rhythm(simulate(rhythm, seed=1, noise=None, leads=("II",), **options).truth)

    assert name("SVT", which="AVRT") == "AVRT"
    assert name("AFIB") == "AFIB"
    assert name("AFIB", conduction="block") == "AFIB regular"
