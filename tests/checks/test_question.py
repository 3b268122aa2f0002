import json

import numpy as np
import pytest
import torch

from ecgteach.checks import question
from ecgteach.checks.__main__ import main
from ecgteach.checks.measures import MEASURES, ON_REAL_STRIPS, Case
from ecgteach.checks.paired import compare, holm, interval_of, mean_of
from ecgteach.checks.place import RHYTHMS, explanations, place_study, place_table
from ecgteach.checks.question import question_study, question_table, real_study, verdict, wanted
from ecgteach.errors import UnknownName
from ecgteach.fusion import RULES
from ecgteach.models import ImageCNN, SignalCNN, save


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
    assert all(set(row["maps"]) == {"signal", "image", *RULES} for row in rows)


def test_real_strips_are_asked_what_needs_no_truth(pair, monkeypatch):
    monkeypatch.setattr(question, "samples", lambda group: [None] if group == "AFIB" else [])
    rows = real_study(pair)
    assert {row["rhythm"] for row in rows} == {"AFIB"}
    assert [row["measure"] for row in rows] == list(ON_REAL_STRIPS)
    assert all(figure is not None for row in rows for figure in row["maps"].values())


def test_a_measure_of_ones_own_can_be_added(pair):
    rows = question_study(pair, n=2, rhythms=["SB"], measures={"mean": lambda case: {"signal": 1.0, "image": 0.5}})
    assert {row["measure"] for row in rows} == {"mean"}
    assert all(line["n"] == 0 and line["verdict"] == "too few strips" for line in question_table(rows))


def test_the_table_of_place_holds_each_map_beside_its_controls(pair):
    table = place_table(place_study(pair, n=2, rhythms=["SR", "AFIB regular"]))
    assert {line["rhythm"] for line in table} == {"SR", "AFIB regular"}
    flat = [line for line in table if line["map"] == "flat"]
    assert all(line["score"] == 0.5 and line["over"] == {} for line in flat)
    fused = next(line for line in table if (line["rhythm"], line["map"]) == ("SR", "fused"))
    assert set(fused["over"]) == {"shifted", "QRS only", "blurred noise", "flat"}
    assert fused["over"]["flat"]["difference"] == pytest.approx(fused["score"] - 0.5)


def test_the_table_holds_no_nan(pair):
    table = place_table(place_study(pair, n=2, rhythms=["AVRT", "AVNRT"]))
    json.dumps(table, allow_nan=False)


def test_every_rhythm_scored_by_place_is_found_under_its_own_name(pair):
    from ecgteach.checks.localisation import original_rhythm

    for name in RHYTHMS:
        seen = next(explanations(name, pair, n=1, seed=1))
        assert original_rhythm(seen.strip.truth) == name


def test_a_rhythm_that_is_not_scored_by_place_is_refused(pair):
    with pytest.raises(UnknownName, match="'AFL' is not scored by place"):
        next(explanations("AFL", pair, n=1))


@pytest.mark.parametrize("command", ["place", "edits", "question"])
def test_the_command_line_prints_tables_and_writes_figures(command, pair, tmp_path, capsys):
    weights = {view: save(model, tmp_path / f"{view}.safetensors") for view, model in pair.items()}
    out = tmp_path / "figures.json"
    with pytest.raises(SystemExit) as ended:
        main([command, "--n=1", "--rhythm=SB", f"--out={out}", *(f"--{view}={path}" for view, path in weights.items())])
    assert ended.value.code == 0
    assert "nan" not in capsys.readouterr().out.lower().split()
    assert json.loads(out.read_text())[command]


@pytest.mark.parametrize("command", ["place", "edits", "question"])
def test_an_unknown_rhythm_is_one_sentence_on_the_command_line(command, pair, tmp_path, capsys):
    weights = {view: save(model, tmp_path / f"{view}.safetensors") for view, model in pair.items()}
    with pytest.raises(SystemExit) as ended:
        main([command, "--n=1", "--rhythm=XYZ", *(f"--{view}={path}" for view, path in weights.items())])
    assert ended.value.code == 1
    assert "XYZ" in capsys.readouterr().err
