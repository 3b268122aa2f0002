"""Presets: what each says is true of twenty hearts; and what follows is named as a clinician would."""

import pytest

from ecgteach.models import shipped
from ecgteach.rhythms import grouping
from ecgteach.whatif import EXPLANATIONS, GOALS, PRESETS, Asked, Settings, direction_of, explanation_of, least_change
from ecgteach.whatif.answered import OFF_LIST, OPEN
from ecgteach.whatif.presets import Follows
from ecgteach.widgets.texts import text

TWENTY = range(20)


@pytest.fixture(scope="module")
def asked():
    return Asked(shipped())


@pytest.mark.parametrize("name", PRESETS)
def test_what_a_preset_says_is_true_of_twenty_hearts(asked, name):
    preset = PRESETS[name]
    assert {"group", "rule"} <= set(preset.follows)
    broken = {}
    for seed in TWENTY:
        before, after = (asked.answered(one) for one in preset.settings(seed))
        if found := preset.broken(before, after):
            broken[seed] = found
    assert not broken
    assert text(f"what_if_preset.{name}") and text(f"what_if_statement.{name}")


def test_a_preset_that_is_not_true_is_found():
    assert not Follows("SR", "AFIB").true_of("SR", "SR")
    assert not Follows("SR", "").true_of("SB", "SR")
    assert not Follows("", "same").true_of("SB", "SR")
    assert Follows("", "same").true_of("SB", "SB")


def test_answers_named_in_presets_are_groups():
    known = {*grouping().classes, OFF_LIST, OPEN, "same", ""}
    named = {word for preset in PRESETS.values() for one in preset.follows.values() for word in one}
    assert named <= known


class TestWhatFollows:
    @pytest.mark.parametrize("seed", range(5))
    def test_p_removed_with_regular_rr_is_junctional_and_not_fibrillation(self, asked, seed):
        found = asked.answered(Settings("sinus", seed).turned(p=0))
        assert found.group == OFF_LIST
        assert "junctional" in found.rhythm
        assert "it is not fibrillation" in found.follows[0]

    def test_p_removed_with_irregular_rr_cannot_be_told_from_fibrillation(self, asked):
        found = asked.answered(Settings("sinus", 1).turned(p=0, rr=30))
        assert found.group == OPEN
        assert "could be fibrillation" in found.follows[-1]
        assert not any("with a P before each QRS" in words for words in found.follows)

    def test_no_setting_tells_the_strip_its_rhythm(self, asked):
        strip = asked.answered(Settings("fibrillation")).strip
        assert strip.rhythm is None and strip.truth is None and not strip.source_id


class TestJudging:
    def test_a_probability_that_moves_little_stays(self):
        assert [direction_of(0.5, after) for after in (0.59, 0.61, 0.41, 0.39)] == ["stays", "up", "stays", "down"]

    def test_each_explanation_is_true_of_some_change(self, asked):
        sinus = asked.answered(Settings("sinus"))
        changes = {
            "followed": Settings("sinus").turned(rate=110),
            "unmoved": Settings("sinus").turned(p=0),
            "neither": Settings("sinus").turned(qrs=140),
        }
        for wanted, settings in changes.items():
            assert explanation_of(sinus, asked.answered(settings)) == wanted
        reentry = asked.answered(Settings("reentry"))
        assert explanation_of(reentry, asked.answered(Settings("reentry").turned(rr=24))) == "misled"
        assert set(EXPLANATIONS) == {*changes, "misled"}

    def test_a_goal_is_met_by_the_least_change_among_those_visited(self, asked):
        first = asked.answered(Settings("sinus"))
        visited = [asked.answered(Settings("sinus").turned(rr=value)) for value in (24, 16, 6)]
        share, settings = least_change(first, visited, "rule alone")
        assert settings.dials in ({"rr": 16}, {"rr": 24})
        assert share == pytest.approx((settings.value("rr") - settings.first("rr")) / 40)
        assert least_change(first, visited, "both misled") is None
        assert set(GOALS) == {"signal alone", "picture alone", "both misled", "rule alone", "networks alone"}

    def test_every_goal_can_be_reached_in_some_heart(self, asked):
        """Nobody is sent after what cannot be: each goal is met by one of these changes."""
        tried = {
            "picture alone": ("sinus", {"rr": 28}),
            "rule alone": ("sinus", {"rr": 24}),
            "both misled": ("fibrillation", {"rr": 0}),
            "networks alone": ("fibrillation", {"p": 0.14}),
            "signal alone": ("reentry", {"rr": 20}),
        }
        assert set(tried) == set(GOALS)
        for goal, (start, dials) in tried.items():
            first = asked.answered(Settings(start))
            assert least_change(first, [asked.answered(Settings(start).turned(**dials))], goal) is not None, goal
