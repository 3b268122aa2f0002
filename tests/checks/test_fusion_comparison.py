import numpy as np
import pytest
import torch

from ecgteach.checks.fusion_comparison import (
    MEASURES,
    MapsOfStrip,
    Measure,
    MeasuredStrip,
    compare_fusion,
    comparison,
    conclusion,
    fusion_table,
    real_explanations,
)
from ecgteach.checks.localisation import RHYTHMS, each_rhythm, explanations
from ecgteach.checks.localisation.controls import CONTROLS
from ecgteach.checks.localisation.scores import original_rhythm
from ecgteach.errors import UnknownName
from ecgteach.fusion import RULES
from ecgteach.models import ImageCNN, SignalCNN
from ecgteach.statistics import Paired, compare


@pytest.fixture(scope="module")
def pair():
    """Two untrained networks."""
    torch.manual_seed(1)
    return {"signal": SignalCNN().eval(), "image": ImageCNN().eval()}


def rows_of(signal, image, mean, n=30, rhythm="SR", group="SR"):
    """Strips on which the maps have these figures, with a little spread that all share."""
    spread = np.linspace(-0.05, 0.05, n)
    tilt = np.linspace(-0.01, 0.01, n)
    return [
        MeasuredStrip(
            rhythm,
            group,
            f"{rhythm}-{number}",
            "localisation",
            {"signal": signal + common, "image": image + common, "mean": mean + common + own},
        )
        for number, (common, own) in enumerate(zip(spread, tilt, strict=True))
    ]


def line_of(rows, rhythm="SR", rule="mean"):
    return next(line for line in fusion_table(rows) if (line.rhythm, line.rule) == (rhythm, rule))


def test_a_few_large_gains_among_many_small_losses_are_no_difference():
    """27 of 30 strips lower by 0.01, 3 higher by 0.5: ranks speak for a loss, the mean for a gain, neither is shown."""
    before = np.linspace(0.2, 0.4, 30)
    after = before + np.repeat([-0.01, 0.5], [27, 3])
    found = compare(after.tolist(), before.tolist())
    assert found.interval[0] < 0 < found.interval[1]
    assert found.p > 0.2
    assert conclusion(dict.fromkeys(("signal", "image"), found)) == "no difference shown"


@pytest.mark.parametrize(
    ("interval", "label"),
    [((-0.01, 0.11), "no difference shown"), ((0.01, 0.11), "better than both"), ((-0.2, -0.1), "worse than signal")],
)
def test_a_conclusion_never_goes_beyond_the_interval(interval, label):
    found = Paired(20, 0.05, interval, 0.001)
    assert conclusion({"signal": found, "image": found}).startswith(label)


@pytest.mark.parametrize(
    ("figures", "label"),
    [
        ((0.5, 0.5, 0.7), "better than both"),
        ((0.5, 0.7, 0.7), "better than signal only"),
        ((0.7, 0.7, 0.5), "worse than signal and image"),
        ((0.5, 0.9, 0.7), "worse than image, better than signal"),
        ((0.5, 0.5, 0.5), "no difference shown"),
    ],
)
def test_a_planted_difference_is_found_and_a_missing_one_is_not(figures, label):
    line = line_of(rows_of(*figures))
    assert line.conclusion == label
    assert line.fused == pytest.approx(figures[2])


def test_few_strips_allow_no_conclusion():
    assert line_of(rows_of(0.1, 0.1, 0.9, n=9)).conclusion == "too few strips"
    none, some = Paired(0, None, None, None), Paired(20, 0.0, [-0.1, 0.1], 0.1)
    assert conclusion({"signal": none, "image": some}) == "too few strips"


def test_many_rules_and_rhythms_make_one_p_value_worth_less():
    alone = line_of(rows_of(0.5, 0.5, 0.5035)).against["signal"].p
    among = [row for number in range(8) for row in rows_of(0.5, 0.5, 0.5035, rhythm=f"R{number}")]
    assert alone < 0.05 < line_of(among, "R0").against["signal"].p


def test_a_line_rests_on_strips_where_all_three_maps_have_a_figure():
    rows = rows_of(0.5, 0.5, 0.7)
    rows[0].maps["mean"] = None
    rows[1].maps["signal"] = None
    assert line_of(rows).n == 28


def test_the_maps_of_a_strip_are_both_maps_and_one_fused_by_each_rule(pair):
    seen = next(explanations("SR", pair, n=1))
    maps = MapsOfStrip.of(seen, pair).maps
    assert set(maps) == {"signal", "image", *RULES}
    np.testing.assert_array_equal(maps[seen.rule], seen.fused)


def test_every_measure_gives_each_map_a_figure(pair):
    rows = compare_fusion(each_rhythm(pair, n=1, rhythms=["SR"]), pair)
    assert [row.measure for row in rows] == list(MEASURES)
    own = {"signal", "image", *RULES}
    shared = {"QRS only", "blurred noise", "flat"}
    by_place, *others = (set(row.maps) for row in rows)
    assert by_place == own | shared | {f"{name} shifted" for name in own}
    assert all(names == own for names in others)


def test_a_line_of_place_has_the_controls_beside_it_and_one_whose_control_is_taken_off_has_none(pair):
    measures = {"localisation": MEASURES["localisation"], "even": Measure("", lambda s: dict.fromkeys(s.maps, 1.0))}
    rows = compare_fusion(each_rhythm(pair, n=2, rhythms=["SR"]), pair, measures=measures)
    by_place, even = (next(line for line in fusion_table(rows) if line.measure == name) for name in measures)
    assert set(by_place.controls) == set(CONTROLS)
    assert by_place.controls["flat"] == 0.5
    shifted = [row.maps[f"{by_place.rule} shifted"] for row in rows if row.measure == "localisation"]
    assert by_place.controls["shifted"] == pytest.approx(np.mean(shifted))
    assert even.controls == {}


def test_no_two_strips_of_a_study_share_their_name_their_noise_or_their_controls(pair):
    seed = Measure("", lambda strip: {"seed": strip.seed})
    rows = compare_fusion(each_rhythm(pair, n=2), pair, measures={"seed": seed})
    strips, seeds = {row.strip for row in rows}, {row.maps["seed"] for row in rows}
    assert len(strips) == len(seeds) == 2 * len(RHYTHMS)
    first = [next(explanations(name, pair, n=1)).strip.truth.noise["muscle"] for name in RHYTHMS]
    likeness = np.corrcoef(first) - np.eye(len(first))
    assert np.abs(likeness).max() < 0.2


def test_real_strips_are_asked_what_needs_no_truth(pair, monkeypatch):
    monkeypatch.setattr(comparison, "samples", lambda group: [None] if group == "AFIB" else [])
    rows = compare_fusion(real_explanations(pair), pair)
    assert {row.rhythm for row in rows} == {"AFIB"}
    assert [row.measure for row in rows] == ["insertion", "local insertion", "stability"]
    assert all(figure is not None for row in rows for figure in row.maps.values())


def test_every_rhythm_scored_by_localisation_is_found_under_its_own_name(pair):
    for name in RHYTHMS:
        seen = next(explanations(name, pair, n=1, seed=1))
        assert original_rhythm(seen.strip.truth) == name.removesuffix(" with PVCs")


def test_a_rhythm_that_is_not_localised_is_refused(pair):
    with pytest.raises(UnknownName, match="'AFL' is not scored by localisation"):
        next(explanations("AFL", pair, n=1))
