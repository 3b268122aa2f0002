"""The commands on real strips, and their tables: strips are drawn apart, figures stand beside their controls."""

import json

import numpy as np
import pytest
import torch
from checks.planted import planted, strips

from ecgteach.checks.fusion_comparison import comparison
from ecgteach.checks.perturbation.curves import CurveFigures
from ecgteach.checks.trust import Test, TrustReport
from ecgteach.errors import UnreadableFile
from ecgteach.explanation import explain
from ecgteach.models import ImageCNN, SignalCNN, save

from . import network_commands, real_strips, truth_commands
from .__main__ import main
from .network_commands import same_map_counts
from .options import pair_in
from .real_strips import StripCurve, faithfulness_study, faithfulness_table, stability_study, stability_table
from .trust_table import Passed, trust_table


@pytest.fixture(scope="module")
def pair():
    """Two untrained networks."""
    torch.manual_seed(1)
    return {"signal": SignalCNN().eval(), "image": ImageCNN().eval()}


@pytest.fixture
def two_strips(monkeypatch):
    """Only two of the real strips, of two groups."""
    monkeypatch.setattr(comparison, "samples", lambda group: [None] if group in ("SR", "AFIB") else [])


def run(command, pair, folder, *options):
    """What a command wrote."""
    weights = {view: save(model, folder / f"{view}.safetensors") for view, model in pair.items()}
    out = folder / "figures.json"
    with pytest.raises(SystemExit) as ended:
        main([command, *options, f"--out={out}", *(f"--{view}={path}" for view, path in weights.items())])
    assert ended.value.code == 0
    return json.loads(out.read_text())


def curves(map_area, shifted_area, n=12, kind="deletion"):
    spread = np.linspace(-0.05, 0.05, n)
    others = {"random": 0.5, "blurred random": 0.5, "QRS energy": 0.5}
    return [
        StripCurve(
            "SR",
            "a",
            "line",
            CurveFigures(
                kind, "fused", map_area + step, 0.0, 0.25, others | {"shifted": shifted_area + step + tilt}, {}, True
            ),
        )
        for step, tilt in zip(spread, np.linspace(-0.01, 0.01, n), strict=True)
    ]


@pytest.mark.parametrize(("kind", "area", "shifted"), [("deletion", 0.3, 0.5), ("insertion", 0.7, 0.5)])
def test_a_better_map_than_the_shifted_one_is_found_strip_by_strip(kind, area, shifted):
    (line,) = faithfulness_table(curves(area, shifted, kind=kind))
    assert (line.n, line.area, line.aopc) == (12, pytest.approx(area), pytest.approx(0.25))
    assert line.over.difference == pytest.approx(0.2)
    assert line.over.p < 0.05
    assert line.interval[0] < area < line.interval[1]


def test_an_equal_map_is_not_called_better_and_few_strips_allow_no_word():
    (line,) = faithfulness_table(curves(0.5, 0.5))
    assert line.over.p > 0.5
    (few,) = faithfulness_table(curves(0.3, 0.5, n=7))
    assert (few.interval, few.over.p) == (None, None)


def test_every_fill_has_its_curves_and_the_picture_only_loses_ink(pair, two_strips):
    rows = faithfulness_study(pair)
    for kind in ("deletion", "insertion"):
        fills = {
            name: [r.fill for r in rows if (r.curve.order, r.curve.kind, r.group) == (name, kind, "SR")]
            for name in ("signal", "image", "fused")
        }
        assert fills["signal"] == fills["fused"] == ["line", "baseline", "noise"]
        assert fills["image"] == ["paper"]


@pytest.mark.parametrize("study", ["faithfulness", "stability"])
def test_controls_are_drawn_anew_for_each_strip(study, pair, two_strips, monkeypatch):
    seeds = []
    inner = getattr(real_strips, study)
    monkeypatch.setattr(
        real_strips, study, lambda *given, seed, **more: seeds.append(seed) or inner(*given, seed=seed, **more)
    )
    {"faithfulness": faithfulness_study, "stability": stability_study}[study](pair, seed=4)
    assert sorted(set(seeds)) == [4, 5]


def test_two_views_are_compared_with_another_shift_on_each_strip(pair, tmp_path, monkeypatch):
    seeds = []
    inner = network_commands.compare_views
    monkeypatch.setattr(
        network_commands, "compare_views", lambda *given, seed: seeds.append(seed) or inner(*given, seed=seed)
    )

    class Held:
        targets, recordings = np.array([0, 3]), np.array(["a", "b"])
        __len__ = lambda self: 2  # noqa: E731

    monkeypatch.setattr(network_commands, "open_strips", lambda folder: Held())
    monkeypatch.setattr(network_commands, "strips_of", lambda held: iter(strips(1, ("SR", "AFIB"))))
    run("views", pair, tmp_path, str(tmp_path), "--seed=7")
    assert seeds == [7, 8]


def test_stability_stands_by_map_and_change(pair, two_strips, tmp_path):
    table = stability_table(stability_study(pair))
    changes = {line.map: {each.change for each in table if each.map == line.map} for line in table}
    assert "noise at 20 dB" in changes["signal"] < changes["image"] == changes["fused"]
    assert {"thin pen", "thick pen", "smaller picture, enlarged", "limits of 2.5 mV"} < changes["image"]
    assert all(line.n == 2 and 0 <= line.answer_stayed <= 1 for line in table)
    assert run("stability", pair, tmp_path)["stability"]


def report(right, located, other=True, caution=""):
    tests = (
        Test("localisation", "?", 0.5, None, located, "why"),
        Test("views", "?", None, None, None, "why"),
        Test("class", "?", 0.5, None, other, "why"),
    )
    return TrustReport("SR", "fused", tests, right, caution)


def test_reports_are_counted_test_by_test_and_corner_by_corner():
    reports = [report(True, True), report(True, False), report(False, True, caution="no beats"), report(None, True)]
    (line,) = trust_table([("SR", one) for one in reports])
    assert (line.n, line.cautions, line.score) == (4, 1, pytest.approx((1 + 0.5 + 1 + 1) / 4))
    assert line.tests["localisation"] == Passed(3, 4)
    assert line.tests["views"] == Passed(0, 0)
    assert line.quadrants == {"right, passed": 1, "right, failed": 1, "wrong, passed": 1, "not known, passed": 1}


def test_trust_is_asked_of_simulated_strips_and_of_real_ones(pair, two_strips, tmp_path, capsys):
    simulated = run("trust", pair, tmp_path, "--n=1", "--rhythm=SB")
    assert [line["rhythm"] for line in simulated["trust"]] == ["SB"]
    assert {test["name"] for test in simulated["reports"][0]["tests"]} >= {"localisation"}
    on_real = run("trust", pair, tmp_path, "--real")
    assert [line["rhythm"] for line in on_real["trust"]] == ["SR", "AFIB"]
    assert "right, passed" in capsys.readouterr().out


def test_maps_that_are_the_same_for_every_class_are_counted():
    same, none = planted("P"), planted("nothing")
    for model in same.values():
        with torch.no_grad():
            model.dense.weight[:] = model.dense.weight[:1]
    strip = strips(1, ("SR",))[0]
    assert [line.same for line in same_map_counts([explain(strip, same, target="SR")] * 2, same)] == [2, 2]
    empty = same_map_counts([explain(strip, none, target="SR")], none)
    assert [(line.same, line.strips, line.without_a_map) for line in empty] == [(0, 0, 1), (0, 0, 1)]


def test_networks_of_shuffled_labels_are_compared_with_the_trained_ones(pair, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(network_commands, "RHYTHMS", ["SR"])
    for view, model in pair.items():
        (tmp_path / "shuffled" / f"{view}-0").mkdir(parents=True)
        save(model, tmp_path / "shuffled" / f"{view}-0" / f"{view}.safetensors")
    found = run("sanity", pair, tmp_path, "--n=1", f"--shuffled={tmp_path / 'shuffled'}")
    assert [line["correlation"] for line in found["shuffled"]] == [pytest.approx(1.0)] * 3
    assert {line["map"] for line in found["same for every class"]} == {"signal", "image"}
    assert "shuffled labels" in capsys.readouterr().out


def test_a_folder_must_hold_one_pair(pair, tmp_path):
    with pytest.raises(UnreadableFile, match=r"holds no signal\.safetensors"):
        pair_in(tmp_path)
    for seed in (0, 1):
        (tmp_path / f"signal-{seed}").mkdir()
        save(pair["signal"], tmp_path / f"signal-{seed}" / "signal.safetensors")
    with pytest.raises(UnreadableFile, match="more than once"):
        pair_in(tmp_path)


def test_the_median_rate_of_two_is_between_them(pair, monkeypatch):
    found = iter([{"signal": 60.0, "image": 58.0, "both": None}, {"signal": 62.0, "image": None, "both": None}])
    monkeypatch.setattr(truth_commands, "flip_rate", lambda *_, **__: next(found))
    line = truth_commands._rate_line(pair, 60, 2, 0)
    assert (line.signal_rate, line.image_rate, line.both_rate) == (61.0, 58.0, None)
    assert (line.signal_share, line.image_share, line.both_share) == (1.0, 0.5, 0.0)


@pytest.mark.parametrize("command", ["localisation", "edits", "fusion-comparison"])
def test_the_command_line_prints_tables_and_writes_figures(command, pair, tmp_path, capsys):
    weights = {view: save(model, tmp_path / f"{view}.safetensors") for view, model in pair.items()}
    out = tmp_path / "figures.json"
    with pytest.raises(SystemExit) as ended:
        main([command, "--n=1", "--rhythm=SB", f"--out={out}", *(f"--{view}={path}" for view, path in weights.items())])
    assert ended.value.code == 0
    assert "nan" not in capsys.readouterr().out.lower().split()
    assert json.loads(out.read_text())[{"fusion-comparison": "fusion"}.get(command, command)]


@pytest.mark.parametrize("command", ["localisation", "edits", "fusion-comparison"])
def test_an_unknown_rhythm_is_one_sentence_on_the_command_line(command, pair, tmp_path, capsys):
    weights = {view: save(model, tmp_path / f"{view}.safetensors") for view, model in pair.items()}
    with pytest.raises(SystemExit) as ended:
        main([command, "--n=1", "--rhythm=XYZ", *(f"--{view}={path}" for view, path in weights.items())])
    assert ended.value.code == 1
    assert "XYZ" in capsys.readouterr().err
