import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgteach.checks import fusion_comparison
from ecgteach.checks.fusion_comparison import question_study, question_table, real_study, verdict, wanted
from ecgteach.checks.localisation.controls import CONTROLS
from ecgteach.checks.localisation.scores import original_rhythm
from ecgteach.checks.localisation.simulated import RHYTHMS, explanations
from ecgteach.checks.measures import MEASURES, ON_REAL_STRIPS, Case
from ecgteach.errors import UnknownName
from ecgteach.fusion import RULES
from ecgteach.models import ImageCNN, SignalCNN
from ecgteach.statistics import compare, holm, interval_of, mean_of


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
        {
            "rhythm": rhythm,
            "group": group,
            "strip": f"{rhythm}-{number}",
            "measure": "place",
            "maps": {"signal": signal + common, "image": image + common, "mean": mean + common + own},
        }
        for number, (common, own) in enumerate(zip(spread, tilt, strict=True))
    ]


def line_of(rows, rhythm="SR", rule="mean"):
    return next(line for line in question_table(rows) if (line["rhythm"], line["rule"]) == (rhythm, rule))


def test_a_comparison_is_strip_by_strip():
    found = compare([0.6 + 0.01 * i for i in range(12)], [0.5 + 0.01 * i for i in range(12)])
    assert found.n == 12
    assert found.difference == pytest.approx(0.1)
    assert found.interval == pytest.approx((0.1, 0.1))
    assert found.p == pytest.approx(2 / 2**12)


def test_a_few_large_gains_among_many_small_losses_are_no_difference():
    """27 of 30 strips lower by 0.01, 3 higher by 0.5: ranks speak for a loss, the mean for a gain, neither is shown."""
    before = np.linspace(0.2, 0.4, 30)
    after = before + np.repeat([-0.01, 0.5], [27, 3])
    found = compare(after.tolist(), before.tolist())
    assert found.interval[0] < 0 < found.interval[1]
    assert found.p > 0.2
    assert verdict({view: found._asdict() for view in ("signal", "image")}) == "no difference shown"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([-0.5, -0.01, 0.0, 0.01, 0.5]), min_size=10, max_size=12))
def test_turned_round_a_comparison_says_the_opposite(differences):
    there, back = compare(differences, [0.0] * len(differences)), compare([0.0] * len(differences), differences)
    assert there.difference == pytest.approx(-back.difference)
    assert there.p == pytest.approx(back.p)


@pytest.mark.parametrize(
    ("interval", "said"),
    [((-0.01, 0.11), "no difference shown"), ((0.01, 0.11), "better than both"), ((-0.2, -0.1), "worse than signal")],
)
def test_a_verdict_never_goes_beyond_the_interval(interval, said):
    found = {"p": 0.001, "difference": 0.05, "interval": interval}
    assert verdict({"signal": found, "image": found}).startswith(said)


def test_equal_columns_differ_by_nothing():
    found = compare([0.5] * 20, [0.5] * 20)
    assert (found.difference, found.p) == (0.0, 1.0)


def test_strips_without_a_figure_are_left_out_and_below_ten_there_is_no_test():
    found = compare([0.5, None, 0.75] * 3, [0.25, 0.5, None] * 3)
    assert (found.n, found.difference, found.interval, found.p) == (3, 0.25, None, None)
    assert compare([], []).difference is None
    assert mean_of([None, None]) is None
    assert interval_of([0.5] * 9) is None


def test_holm_by_hand():
    """The smallest times 3, the next times 2, the last times 1, none below the one before, none above 1."""
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.9, 0.8, None]) == [1.0, 1.0, None]
    assert holm([]) == []


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ((0.5, 0.5, 0.7), "better than both"),
        ((0.5, 0.7, 0.7), "better than signal only"),
        ((0.7, 0.7, 0.5), "worse than signal and image"),
        ((0.5, 0.9, 0.7), "worse than image, better than signal"),
        ((0.5, 0.5, 0.5), "no difference shown"),
    ],
)
def test_a_planted_difference_is_found_and_a_missing_one_is_not(figures, said):
    line = line_of(rows_of(*figures))
    assert line["verdict"] == said
    assert line["fused"] == pytest.approx(figures[2])


def test_few_strips_allow_no_verdict():
    assert line_of(rows_of(0.1, 0.1, 0.9, n=9))["verdict"] == "too few strips"
    assert verdict({"signal": {"p": None, "difference": None}, "image": {"p": 0.1, "difference": 0.0}}) == (
        "too few strips"
    )


def test_many_rules_and_rhythms_make_one_p_value_worth_less():
    alone = line_of(rows_of(0.5, 0.5, 0.5035))["against"]["signal"]["p"]
    among = [row for number in range(8) for row in rows_of(0.5, 0.5, 0.5035, rhythm=f"R{number}")]
    assert alone < 0.05 < line_of(among, "R0")["against"]["signal"]["p"]


def test_a_line_rests_on_strips_where_all_three_maps_have_a_figure():
    rows = rows_of(0.5, 0.5, 0.7)
    rows[0]["maps"]["mean"] = None
    rows[1]["maps"]["signal"] = None
    assert line_of(rows)["n"] == 28


def test_what_was_wanted_is_reached_or_not_as_said_before():
    good = [*rows_of(0.6, 0.7, 0.75), *rows_of(0.6, 0.5, 0.66, rhythm="SB", group="SB")]
    good += rows_of(0.7, 0.5, 0.71, rhythm="AFIB", group="AFIB")
    found = wanted(good, "mean")
    assert found["rhythms_reached"]
    assert found["groups_reached"]
    poor = wanted([*good, *rows_of(0.9, 0.5, 0.6, rhythm="ST", group="GSVT")], "mean")
    assert not poor["rhythms_reached"]
    assert poor["groups_reached"]
    assert poor["groups"]["GSVT"]["reached"] is False
    assert not wanted([], "mean")["rhythms_reached"]


def test_a_case_holds_both_maps_and_one_fused_by_each_rule(pair):
    seen = next(explanations("SR", pair, n=1))
    case = Case.of(seen, pair)
    assert set(case.maps) == {"signal", "image", *RULES}
    np.testing.assert_array_equal(case.maps[seen.rule], seen.fused)


def test_every_measure_gives_each_map_a_figure(pair):
    rows = question_study(pair, n=1, rhythms=["SR"])
    assert [row["measure"] for row in rows] == list(MEASURES)
    own = {"signal", "image", *RULES}
    shared = {"QRS only", "blurred noise", "flat"}
    by_place, *others = (set(row["maps"]) for row in rows)
    assert by_place == own | shared | {f"{name} shifted" for name in own}
    assert all(names == own for names in others)


def test_a_line_of_place_has_the_controls_beside_it_and_one_whose_control_is_taken_off_has_none(pair):
    measures = {"place": MEASURES["place"], "even": lambda case: dict.fromkeys(case.maps, 1.0)}
    rows = question_study(pair, n=2, rhythms=["SR"], measures=measures)
    by_place, even = (next(line for line in question_table(rows) if line["measure"] == name) for name in measures)
    assert set(by_place["controls"]) == set(CONTROLS)
    assert by_place["controls"]["flat"] == 0.5
    shifted = [row["maps"][f"{by_place['rule']} shifted"] for row in rows if row["measure"] == "place"]
    assert by_place["controls"]["shifted"] == pytest.approx(np.mean(shifted))
    assert even["controls"] == {}


def test_no_two_strips_of_a_study_share_their_name_their_noise_or_their_controls(pair):
    rows = question_study(pair, n=2, measures={"seed": lambda case: {"seed": case.seed}})
    strips, seeds = {row["strip"] for row in rows}, {row["maps"]["seed"] for row in rows}
    assert len(strips) == len(seeds) == 2 * len(RHYTHMS)
    first = [next(explanations(name, pair, n=1)).strip.truth.noise["muscle"] for name in RHYTHMS]
    likeness = np.corrcoef(first) - np.eye(len(first))
    assert np.abs(likeness).max() < 0.2


def test_real_strips_are_asked_what_needs_no_truth(pair, monkeypatch):
    monkeypatch.setattr(fusion_comparison, "samples", lambda group: [None] if group == "AFIB" else [])
    rows = real_study(pair)
    assert {row["rhythm"] for row in rows} == {"AFIB"}
    assert [row["measure"] for row in rows] == list(ON_REAL_STRIPS)
    assert all(figure is not None for row in rows for figure in row["maps"].values())


def test_a_measure_of_ones_own_can_be_added(pair):
    rows = question_study(pair, n=2, rhythms=["SB"], measures={"mean": lambda case: {"signal": 1.0, "image": 0.5}})
    assert {row["measure"] for row in rows} == {"mean"}
    assert all(line["n"] == 0 and line["verdict"] == "too few strips" for line in question_table(rows))


def test_every_rhythm_scored_by_place_is_found_under_its_own_name(pair):
    for name in RHYTHMS:
        seen = next(explanations(name, pair, n=1, seed=1))
        assert original_rhythm(seen.strip.truth) == name.removesuffix(" with PVCs")


def test_a_rhythm_that_is_not_scored_by_place_is_refused(pair):
    with pytest.raises(UnknownName, match="'AFL' is not scored by place"):
        next(explanations("AFL", pair, n=1))
