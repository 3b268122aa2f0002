"""What CONTRIBUTING says about adding something to the checks, done in a registry that is put back afterwards."""

import numpy as np
import pytest
import torch
from checks.planted import planted, strips

from ecgteach import sentence
from ecgteach.checks import (
    CONTROLS,
    FILLS,
    MEASURES,
    METHODS,
    MUST,
    TRUST_TESTS,
    Control,
    Fill,
    Limit,
    Measure,
    Method,
    Question,
    TrustTest,
    compare_fusion,
    deletion,
    faithfulness,
    fusion_table,
    localise_explanation,
    maps_of,
    query,
    remove_hottest,
)
from ecgteach.checks.attribution import targets_of
from ecgteach.checks.counterfactual import Must
from ecgteach.checks.trust import trust
from ecgteach.checks.trust.tests import Measured
from ecgteach.errors import UnknownName
from ecgteach.explanation import explain
from ecgteach.printing import print_words
from tests.research.attribution_methods import compare_methods


@pytest.fixture(scope="module")
def pair():
    return planted("P")


@pytest.fixture(scope="module")
def seen(pair):
    return explain(strips(2, ("SR",), 5)[1], pair, target="SR")


@pytest.fixture
def measure(monkeypatch):
    height = Measure("mean height", lambda strip: {name: float(v.mean()) for name, v in strip.maps.items()}, real=True)
    monkeypatch.setitem(MEASURES, "height", height)


@pytest.fixture
def trust_test(monkeypatch):
    test = TrustTest("Is the map high?", lambda j: Measured(float(j.values.mean())), Limit(least=2.0), "no map is")
    monkeypatch.setitem(TRUST_TESTS, "height", test)


@pytest.fixture
def method(monkeypatch):
    def activation(task, layer):
        kept = []
        hook = task.model.get_submodule(layer.name).register_forward_hook(lambda *passed: kept.append(passed[2]))
        with torch.no_grad():
            task.model(task.batch)
        hook.remove()
        return kept[0].clamp(min=0).mean(1).numpy()

    monkeypatch.setitem(METHODS, "activation", Method("mean activation", activation))


@pytest.fixture
def control(monkeypatch):
    first_half = (np.arange(5000) < 2500).astype(np.float32)
    monkeypatch.setitem(CONTROLS, "first half", Control("the first half of the strip", lambda *_: first_half))
    mirrored = Control("the map mirrored in time", lambda values, *_: values[::-1].copy(), own=True)
    monkeypatch.setitem(CONTROLS, "mirrored", mirrored)


@pytest.fixture
def fill(monkeypatch):
    monkeypatch.setitem(FILLS, "zero", Fill("zero", lambda samples, kept, _: (samples * kept).astype(np.float32)))


def test_a_measure_is_one_entry(measure, seen, pair):
    rows = compare_fusion([("SR", seen)], pair, measures={"height": MEASURES["height"]})
    assert rows[0].maps["signal"] == pytest.approx(float(seen.views["signal"].on_time.mean()))
    assert {line.measure for line in fusion_table(rows)} == {"height"}
    assert [row.measure for row in compare_fusion([("SR", seen)], pair)] == list(MEASURES)


def test_a_test_of_trust_is_one_entry(trust_test, seen, pair):
    report = trust(seen, pair)
    found = report.tests[-1]
    assert (found.name, found.question, found.passed) == ("height", "Is the map high?", False)
    assert found.figure == pytest.approx(float(seen.fused.mean()))
    assert "height" in repr(report)
    assert report.to_json()["tests"][-1]["name"] == "height"
    assert found.why == f"{found.figure:.2f}; asked for: at least 2.00"


def test_a_test_of_trust_says_itself_of_whom_it_is_not_asked(monkeypatch, seen, pair):
    entry = TrustTest("?", lambda _: Measured(1.0), Limit(), "any", not_of={"SR": "sinus rhythm is left out"})
    monkeypatch.setitem(TRUST_TESTS, "height", entry)
    assert (trust(seen, pair).tests[-1].passed, trust(seen, pair).tests[-1].why) == (None, "sinus rhythm is left out")
    monkeypatch.setitem(TRUST_TESTS, "height", TrustTest("?", entry.measure, Limit(), "any", simulated=False))
    assert "height" not in {test.name for test in trust(seen, pair).tests}


def test_a_method_is_one_entry(method, seen, pair):
    targets = targets_of([seen.strip], pair, "SR")
    maps = {name: values[0] for name, values in maps_of([seen.strip], pair, targets, "activation").items()}
    assert maps["signal"].max() == pytest.approx(1.0)
    assert not np.allclose(maps["signal"], seen.views["signal"].on_time)
    assert set(faithfulness(seen, pair, maps=maps).deletion) == set(maps)
    assert set(remove_hottest(seen, pair, maps)) == set(maps)
    found = compare_methods([seen.strip], pair, layers=["cells"], methods=["Grad-CAM", "activation"])
    assert [row.method for row in found.rows] == ["Grad-CAM", "activation"]
    assert "activation" in repr(found.table())


def test_a_control_is_one_entry(control, seen, pair):
    found = localise_explanation(seen)
    assert found["first half"].score is not None
    assert {name for name in found if name.endswith("mirrored")} == {
        "signal mirrored", "image mirrored", "fused mirrored",
    }  # fmt: skip
    rows = compare_fusion([("SR", seen)], pair, measures={"localisation": MEASURES["localisation"]})
    assert {"first half", "mirrored"} < set(fusion_table(rows)[0].controls)


def test_a_fill_is_one_entry(fill, seen, pair):
    curve = deletion(seen, pair, of="signal", fill="zero", fractions=(0, 0.5, 1))
    assert curve.fill == "zero"
    assert not np.array_equal(
        curve.probabilities, deletion(seen, pair, of="signal", fractions=(0, 0.5, 1)).probabilities
    )
    with pytest.raises(UnknownName, match="zero"):
        deletion(seen, pair, fill="one")


def test_a_question_and_what_must_follow_are_one_entry_each(monkeypatch, pair):
    monkeypatch.setitem(MUST, "rises", Must("the log odds become larger", lambda effect: effect.change > 0))
    result = query(Question("SR", {"rate": 75}, "remove_p", None, "atrial", "rises"), pair, n=2)
    assert {effect.followed for effect in result.of("signal")} <= {False, None}
    assert False in {effect.followed for effect in result.of("signal")}


def test_the_whole_road_runs_with_all_of_them_and_their_words_are_printed(
    measure, trust_test, method, control, fill, seen, pair, capsys
):
    again = explain(seen.strip, pair, target="SR")
    assert again.plot().alt
    assert sentence(again)
    assert trust(again, pair).tests[-1].name == "height"
    for registry in (MEASURES, METHODS, CONTROLS, FILLS):
        print_words(registry)
    printed = capsys.readouterr().out
    for line in (
        "height: mean height",
        "activation: mean activation",
        "mirrored: the map mirrored in time",
        "zero: zero",
    ):
        assert line in printed
