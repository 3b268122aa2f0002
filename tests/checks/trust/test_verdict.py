"""What a report on a map promises: a stated list of tests, figures with controls, and words that claim no more."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from checks.planted import RIGHT, WRONG, Planted, auc, group_of, judge, planted, strips, told_apart

from ecgteach.checks.trust import TRUST_TESTS, JudgedMap, trust
from ecgteach.explanation import explain
from ecgteach.strip import Strip

SHARED = ["removal", "faithfulness", "stability", "class", "weights"]
"""What is asked of simulated and of real strips alike."""


def judged_on(evidence, strip, target=None):
    pair = planted(evidence)
    return JudgedMap(explain(strip, pair, target=target or group_of(strip)), pair)


def report_on(evidence, strip, target=None):
    """A report; each is made once, however many promises are held against it."""
    known = (evidence, strip.samples.tobytes(), strip.truth is None, strip.rhythm, target)
    if known not in REPORTS:
        judged = judged_on(evidence, strip, target)
        REPORTS[known] = trust(judged.explanation, judged.models)
    return REPORTS[known]


REPORTS = {}


def by_name(report):
    return {test.name: test for test in report.tests}


@pytest.fixture(scope="module")
def sinus():
    return strips(2, ("SR",), 3)[1]


@pytest.fixture(scope="module")
def right(sinus):
    return report_on("P", sinus)


def numbers(held):
    """Every number in a report's JSON."""
    if isinstance(held, dict):
        return [number for value in held.values() for number in numbers(value)]
    if isinstance(held, list):
        return [number for value in held for number in numbers(value)]
    return [held] if isinstance(held, float) else []


def test_a_simulated_strip_and_a_real_one_have_each_their_own_list(right, sinus):
    assert [test.name for test in right.tests] == ["localisation", *SHARED]
    real = report_on("P", replace(sinus, truth=None), target="SR")
    assert [test.name for test in real.tests] == [*SHARED, "views"]


def test_localisation_tells_the_map_of_p_from_those_that_look_elsewhere(right, sinus):
    assert by_name(right)["localisation"].passed
    for evidence in ("accident", "late"):
        assert by_name(report_on(evidence, sinus))["localisation"].passed is False, evidence


def test_removal_finds_that_the_late_map_is_not_where_the_network_looks():
    read = strips(3, ("SR",), 5)
    removal = TRUST_TESTS["removal"].measure
    figures = {name: [removal(judged_on(name, strip)).figure for strip in read] for name in ("P", "late")}
    assert np.mean(figures["P"]) > 1 > np.mean([0.0 if f is None else f for f in figures["late"]])


def test_a_faithful_map_of_the_wrong_thing_fails_by_localisation_alone(sinus):
    report = report_on("accident", sinus)
    assert [test.name for test in report.applicable if not test.passed] == ["localisation"]
    assert report.quadrant == ("right", "failed")


def test_a_map_that_random_weights_give_as_well_fails_for_it(sinus):
    pair = planted("P")
    for model in pair.values():
        for parameter in list(model.parameters()):
            parameter.requires_grad_(False)
        model.where.reset_parameters = model.what.reset_parameters = model.dense.reset_parameters = lambda: None
    found = by_name(trust(explain(sinus, pair, target="SR"), pair))["weights"]
    assert found.figure == pytest.approx(1.0)
    assert found.passed is False


def test_one_map_for_every_class_fails_for_it(sinus):
    pair = planted("P")
    for model in pair.values():
        model.dense.weight.data[:] = model.dense.weight.data[model.classes.index("SR")].clone()
    found = by_name(trust(explain(sinus, pair, target="SR"), pair))["class"]
    assert (found.figure, found.passed) == (1.0, False)


def test_rate_and_absence_are_not_judged_by_removing_something():
    slow, fibrillating = strips(1, ("SB", "AFIB"), 3)
    assert by_name(report_on("accident", slow))["faithfulness"].passed is None
    assert "rate" in by_name(report_on("accident", slow))["faithfulness"].why
    for name in ("removal", "faithfulness"):
        found = by_name(report_on("accident", fibrillating))[name]
        assert found.passed is None, name
        assert "absent" in found.why


def test_localisation_is_not_asked_for_another_class_than_the_strips(sinus):
    found = by_name(report_on("P", sinus, target="AFIB"))["localisation"]
    assert found.passed is None
    assert "evidence is that of SR" in found.why


def test_where_nothing_is_looked_at_every_test_fails_and_says_why(sinus):
    report = report_on("nothing", sinus)
    assert report.score == 0
    assert report.verdict == "passed 0 of 6 tests"
    assert all("there is no map" in test.why and test.figure is None for test in report.tests)


def test_one_views_map_is_judged_where_the_other_has_none(sinus):
    pair = {"signal": planted("P")["signal"], "image": planted("nothing")["image"]}
    report = trust(explain(sinus, pair, target="SR"), pair)
    assert report.judged == "signal"
    assert by_name(report)["localisation"].figure > 0.65


def test_the_verdict_counts_and_never_claims(right):
    passed = sum(bool(test.passed) for test in right.tests)
    asked = sum(test.passed is not None for test in right.tests)
    assert right.verdict == f"passed {passed} of {asked} tests"
    assert right.verdict in repr(right)
    assert not any(word in repr(right).lower() for word in ("supported", "correct", "because"))


def test_every_figure_stands_beside_what_was_asked_of_it(right):
    for test in right.applicable:
        assert f"{test.figure:.2f}; asked for" in test.why
        assert test.question == TRUST_TESTS[test.name].question
    assert all(test.reason for test in TRUST_TESTS.values())


@pytest.mark.parametrize(
    ("name", "figure", "control", "passed"),
    [
        ("localisation", 0.66, 0.5, True),  # three tenths of the way from chance to 1 are at 0.65
        ("localisation", 0.64, 0.2, False),
        ("localisation", 0.85, 0.8, False),  # and from a control of 0.8 they are at 0.86
        ("localisation", 0.87, 0.8, True),
        ("removal", 0.11, None, True),
        ("removal", 0.09, None, False),
        ("faithfulness", 0.51, 0.5, True),
        ("faithfulness", 0.5, 0.5, False),
        ("stability", 0.71, 0.45, True),
        ("stability", 0.71, 0.55, False),
        ("stability", 0.69, 0.0, False),
        ("class", 0.98, None, True),
        ("class", 1.0, None, False),
        ("weights", 0.29, None, True),
        ("weights", 0.31, None, False),
        ("views", 0.31, 0.2, True),
        ("views", 0.31, 0.25, False),
        ("views", 0.29, 0.0, False),
    ],
)
def test_a_figure_passes_or_fails_as_its_limit_says(name, figure, control, passed):
    assert TRUST_TESTS[name].limit.passed(figure, control) is passed


def test_answer_and_map_are_judged_apart(sinus):
    assert report_on("accident", sinus).quadrant[0] == "right"
    assert report_on("accident", replace(sinus, rhythm=None, truth=None), target="SR").quadrant[0] == "no label"
    wrong = strips(1, ("SB",), 3)[0]
    assert report_on("P", wrong).quadrant[0] == "wrong"


def test_a_report_goes_into_json_without_nan(right):
    held = json.loads(json.dumps(right.to_json(), allow_nan=False))
    assert held["verdict"] == right.verdict
    assert [test["name"] for test in held["tests"]] == ["localisation", *SHARED]


def noise(seed=0):
    return np.random.default_rng(seed).normal(0, 0.2, 5000).astype(np.float32)


def one_beat():
    return np.exp(-0.5 * ((np.arange(5000) / 500 - 5) / 0.012) ** 2).astype(np.float32)


def test_a_strip_without_beats_is_said_to_be_one():
    pair = planted("accident")
    report = trust(explain(Strip(noise()), pair, target="AFIB"), pair)
    assert "the complexes do not resemble each other" in report.caution
    assert report.caution in repr(report)
    assert report.to_json()["caution"] == report.caution
    assert "no beats were found" in trust(explain(Strip(np.zeros(5000)), pair), pair).caution


def test_a_strip_with_beats_needs_no_caution(right):
    assert right.caution == ""
    assert "caution" not in repr(right)


class Level(Planted):
    """One map that is as high everywhere, of whatever it is shown."""

    channels = 1

    def plant(self):
        self.vote("SR", 0, 1.0)

    def evidence(self, trace):
        return torch.ones_like(trace)


def test_a_level_map_is_no_map_and_no_error():
    pair = {"signal": Level("signal"), "image": planted("nothing")["image"]}
    for strip in (Strip(np.zeros(5000)), strips(1, ("SR",), 3)[0]):
        report = trust(explain(strip, pair, target="SR"), pair)
        assert (report.judged, report.score) == ("", 0)
        assert all("there is no map" in test.why for test in report.tests)


@pytest.mark.parametrize("evidence", ["P", "RR", "wander"])
@pytest.mark.parametrize("samples", [np.zeros(5000), one_beat(), noise()], ids=["no beat", "one beat", "all noise"])
def test_poor_strips_give_clear_reports_without_nan(evidence, samples):
    pair = planted(evidence)
    report = trust(explain(Strip(samples), pair), pair)
    assert all(math.isfinite(number) for number in numbers(report.to_json()))
    assert all(test.why for test in report.tests)


def test_the_same_question_gives_the_same_report(right, sinus):
    judged = judged_on("P", sinus)
    assert trust(judged.explanation, judged.models).to_json() == right.to_json()


def test_trust_tells_right_maps_from_wrong_ones():
    found = told_apart(list(judge(2, (*RIGHT, *WRONG), seed=5)))
    assert found["all"] >= 0.85
    assert min(found.values()) > 0.7


def test_the_area_counts_pairs_by_hand():
    assert auc([1.0, 0.5], [0.5, 0.0]) == (1 + 1 + 0.5 + 1) / 4
