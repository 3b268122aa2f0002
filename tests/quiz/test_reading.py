"""ReadFirst below its face: items, readings, order, scores, and learners that are told apart by them."""

import csv
import io
from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from ecgteach.errors import InvalidValue, UnknownName
from ecgteach.marks import SHORTEST, Mark
from ecgteach.quiz import (
    Round,
    draw_items,
    items_of,
    plan_sitting,
    profile_of,
    read_results,
    results_table,
    score_marks,
    scores_of,
)
from ecgteach.quiz.calipers import Caliper, measured
from ecgteach.quiz.features import READINGS, features_of
from ecgteach.quiz.items import contrasts, sides
from ecgteach.quiz.mark_scores import CLEARLY, ENOUGH_BEATS, HELD, MARGIN, Target, mask_of, score_reading
from ecgteach.quiz.scores import FEW_FOR_CURVE, score_round
from ecgteach.quiz.sitting import (
    MISSED_READINGS,
    RETURN_AFTER,
    RETURNED_SHARE,
    RETURNS,
    STEPS,
    Planned,
    Sitting,
    missed,
)
from ecgteach.quiz.strips import simulated_strip
from ecgteach.records import sample
from tests.quiz.learners import ANSWERS, CAREFUL, FOLLOWER, GUESSER

ASKED = 10


@pytest.fixture(scope="module")
def items():
    return draw_items(ASKED, seed=4)


def sit(learner, items, seed, number=ASKED):
    """A whole sitting of a simulated learner."""
    draw = Random(f"learner {seed}")
    sitting = plan_sitting(items, number, seed=seed)
    while True:
        done = learner.read(items[sitting.planned.item], draw)
        sitting = sitting.with_round(done)._with_return(items)
        if sitting.at_end:
            return sitting
        sitting = sitting.onward(items)


class TestItems:
    @pytest.mark.parametrize("seed", [0, 1])
    def test_the_networks_are_wrong_on_two_fifths_and_half_of_those_maps_look_right(self, seed):
        asked = draw_items(ASKED, seed=seed)[:ASKED]
        wrong = [item for item in asked if item.network_wrong]
        assert 0.3 <= len(wrong) / ASKED <= 0.5
        assert sum(item.looks_right is True for item in wrong) == len(wrong) // 2

    def test_each_item_is_another_strip_and_the_reserve_holds_its_contrast(self, items):
        assert len({item.strip.samples.tobytes() for item in items}) == len(items)
        reserve = Counter(item.contrast for item in items[ASKED:])
        assert set(reserve) == set(contrasts()) and set(reserve.values()) == {2}

    def test_the_seed_decides(self, items):
        again = draw_items(ASKED, seed=4)
        assert [item.strip.samples.tobytes() for item in again] == [item.strip.samples.tobytes() for item in items]

    def test_no_sinus_strip_lies_within_5_a_minute_of_a_limit(self, items):
        for item in items:
            if item.truth.rhythm.sinus:
                rate = 60 / item.truth.rr.mean()
                assert min(abs(rate - 60), abs(rate - 100)) > 5, item.truth

    def test_every_contrast_has_two_sides_that_differ_in_what_is_right_or_decides(self):
        for contrast in contrasts():
            one, other = (side for side in sides() if side.contrast == contrast)
            assert one.decides != other.decides and one.misconception and other.misconception

    def test_recordings_of_a_teacher_are_items_judged_by_their_label(self):
        (item,) = items_of([sample("AFIB")])
        assert item.right == {"AFIB"} and item.network and item.looks_right is None
        with pytest.raises(InvalidValue, match="one recording or more"):
            items_of([])

    def test_so_many_cannot_be_drawn(self):
        with pytest.raises(InvalidValue, match="not 500"):
            draw_items(500)


class TestFeatures:
    @pytest.mark.parametrize(
        ("rhythm", "settings", "right"),
        [
            ("SR", {"rate": 75}, {"regularity": "regular", "rate": "usual", "p": "before", "qrs": "narrow"}),
            ("AFIB", {"rate": 75}, {"regularity": "irregular", "p": "none", "qrs": "narrow"}),
            ("SB", {"rate": 45}, {"regularity": "regular", "rate": "slow", "p": "before"}),
            ("ST", {"rate": 125}, {"rate": "fast", "p": "before"}),
            ("AVB3", {"rate": 38}, {"regularity": "regular", "rate": "slow", "p": "elsewhere"}),
            ("VT", {"rate": 160}, {"rate": "fast", "qrs": "wide"}),
            ("SR", {"rate": 75, "bundle_branch": "left"}, {"qrs": "wide", "p": "before"}),
        ],
    )
    def test_they_are_what_the_simulator_made(self, rhythm, settings, right):
        found = features_of(simulated_strip(rhythm, 60, **settings))
        for feature, reading in right.items():
            assert reading in found[feature].right, (feature, found[feature])
            opposite = set(READINGS[feature]) - found[feature].right
            assert opposite and found[feature].judges(next(iter(opposite))) is False

    def test_near_a_limit_either_side_is_right_and_beyond_it_only_one(self):
        def rate(rate):
            return features_of(simulated_strip("SR" if rate >= 60 else "SB", 3, rate=rate))["rate"].right

        assert rate(63) == {"slow", "usual"} and rate(58) == {"slow", "usual"}
        assert rate(70) == {"usual"} and rate(52) == {"slow"}

    def test_a_real_strip_is_judged_by_what_can_be_measured_and_not_by_a_programs_p_waves(self):
        found = features_of(sample("AFIB").strip().for_reading())
        assert found["regularity"].right == {"irregular"} and found["rate"].right
        assert not found["p"].right and not found["qrs"].right
        assert found["p"].judges("none") is None and "nobody has marked" in found["p"].said


class TestMarks:
    """Judged one by one against chance, then beat by beat."""

    TARGET = Target(
        tuple((beat, beat + 0.2) for beat in range(1, 9)), ~mask_of([(beat, beat + 0.2) for beat in range(1, 9)])
    )

    def score(self, *spans):
        return score_marks([Mark("seen", *span) for span in spans], {"seen": self.TARGET})

    def test_on_target_is_right_and_everything_is_chance(self):
        assert self.score((1, 1.2), (2, 2.2), (3, 3.2)).score == 1.0
        assert self.score((0, 10)).score == 0.0
        assert self.score((1.5, 1.7)).verdicts == (False,)

    def test_the_limit_of_a_right_mark_lies_halfway_to_chance(self):
        """With c the widened target's share, a mark is right as long as (1 + c) / 2 of it lies on the target."""
        wide = 0.2 + 2 * MARGIN
        coverage = 8 * wide / 10
        limit = coverage + CLEARLY * (1 - coverage)
        longest = wide / limit
        assert self.score((1 - MARGIN, 1 - MARGIN + longest - 0.02)).verdicts == (True,)
        assert self.score((1 - MARGIN, 1 - MARGIN + longest + 0.02)).verdicts == (False,)
        assert pytest.approx(0.5) == CLEARLY

    def test_three_beats_are_the_whole_score_and_fewer_a_part(self):
        assert ENOUGH_BEATS == 3
        assert self.score((1, 1.2)).score == pytest.approx(1 / 3)
        assert self.score((1, 1.2), (2, 2.2)).score == pytest.approx(2 / 3)

    def test_a_beat_counts_when_half_of_it_is_marked(self):
        assert self.score((1, 1 + 0.2 * HELD + 0.005)).beats == 1
        assert self.score((1, 1 + 0.2 * HELD - 0.01)).beats == 0

    def test_a_wrong_mark_costs_a_share(self):
        assert self.score((1, 1.2), (2, 2.2), (3, 3.2), (5.5, 5.7)).score == pytest.approx(0.75)

    def test_no_mark_is_worth_nothing_and_other_brushes_are_not_judged(self):
        assert self.score().score == 0.0
        assert score_marks([Mark("caliper", 1, 1.2)], {"seen": self.TARGET}).verdicts == (None,)

    @pytest.mark.parametrize("rhythm", ["SR", "SB", "ST", "AFIB", "AVNRT", "AVB3", "AVB2"])
    def test_the_evidence_of_each_rhythm_marked_with_its_brush_is_right_and_the_irrelevant_wrong(self, rhythm):
        truth = simulated_strip(rhythm, 2, **({"rate": 150} if rhythm == "AVNRT" else {})).truth
        brush = {"P": "seen", "A": "missing"}
        long = [one for one in truth.evidence if one.end - one.start >= SHORTEST]
        evident = [Mark(brush[one.role], one.start, one.end) for one in long if one.role in brush]
        wrong = [Mark("seen", one.start, one.end) for one in long if one.role == "X"]
        assert score_reading(evident, truth).score > 0.9
        assert score_reading(wrong, truth).score == 0.0
        assert score_reading([Mark("seen", 0.0, 10.0), Mark("missing", 0.0, 10.0)], truth).score < 0.4

    def test_the_wrong_brush_on_the_right_place_is_wrong(self):
        truth = simulated_strip("SR", 2).truth
        marks = [Mark("missing", one.start, one.end) for one in truth.with_role("P")[1:6]]
        assert score_reading(marks, truth).score == 0.0

    def test_fibrillation_waves_may_be_marked_before_qrs_as_seen(self):
        truth = simulated_strip("AFIB", 2, f=0.12).truth
        pre = [one for one in truth.evidence if one.role == "A"][2:6]
        assert any(one.what == "f in TQ" and one.role == "P" for one in truth.evidence)
        assert score_reading([Mark("seen", one.start, one.end) for one in pre], truth).score == 1.0

    @pytest.mark.parametrize(
        ("rhythm", "words"), [("AFL", "flutter waves run through"), ("VT", "no stretch"), ("SVT", "")]
    )
    def test_where_place_says_nothing_nothing_is_scored_and_the_reason_told(self, rhythm, words):
        score = score_reading([Mark("seen", 1, 2)], simulated_strip(rhythm, 2).truth)
        if words:
            assert score.score is None and words in score.reason

    def test_a_real_strip_has_no_right_place(self):
        assert "nobody knows" in score_reading([Mark("seen", 1, 2)], None).reason


class TestCalipers:
    def test_they_say_what_they_measured_and_as_a_rate(self):
        waves = simulated_strip("SR", 60, rate=75).truth.waves
        first, second = [wave for wave in waves if wave.kind == "QRS"][2:4]
        p = next(wave for wave in waves if wave.kind == "P" and wave.beat == first.beat)
        assert measured(Caliper(first.peak, second.peak), waves) == "RR"
        assert measured(Caliper(p.onset, first.onset), waves) == "PR"
        assert measured(Caliper(first.offset, first.onset), waves) == "QRS"
        assert measured(Caliper(1.0, 6.0), waves) == ""
        assert str(Caliper(1.0, 1.8)) == "800 ms, 20.0 mm, 75/min if it repeats"
        assert str(Caliper(1.0, 1.0)) == "0 ms"

    def test_points_off_the_strip_are_refused(self):
        with pytest.raises(InvalidValue, match="between 0 and 10 s"):
            Caliper(-1, 2)


FULL = {"regularity": "regular", "rate": "usual", "p": "before", "qrs": "narrow"}


class TestRound:
    def test_a_round_goes_step_by_step_and_no_step_comes_before_what_it_needs(self):
        done = Round()
        waits = {"features": "four readings", "rhythm": "name the rhythm", "answers": "keep", "map": "keep"}
        given = {
            "features": FULL,
            "rhythm": {"answer": "SR", "confidence": 75},
            "marks": {},
            "answers": {"after_answers": "SR"},
            "map": {"after_map": "SR"},
        }
        for step in STEPS[:-1]:
            assert done.step == step
            if step in waits:
                with pytest.raises(InvalidValue, match=waits[step]):
                    done.onward(with_map=True)
            done = replace(done, **given[step]).onward(with_map=True)
        assert done.finished
        with pytest.raises(InvalidValue, match="this strip is done"):
            done.onward(with_map=True)

    def test_without_a_map_the_truth_follows_the_answers(self):
        done = Round(**FULL, answer="SR", confidence=75, after_answers="SR", step="answers")
        assert done.onward(with_map=False).finished

    def test_nothing_goes_back_once_it_is_locked(self):
        assert Round(**FULL, step="rhythm").back().step == "features"
        with pytest.raises(InvalidValue, match="your reading stands"):
            Round(**FULL, answer="SR", confidence=75, step="answers").back()

    @pytest.mark.parametrize("wrong", [{"rate": "quick"}, {"confidence": 60}, {"step": "end"}])
    def test_what_is_in_no_list_is_refused(self, wrong):
        with pytest.raises(UnknownName):
            Round(**wrong)

    @pytest.mark.parametrize("step", STEPS[1:])
    def test_no_state_shows_more_than_was_earned(self, step):
        with pytest.raises(InvalidValue, match=r"come first|name the rhythm"):
            Round(step=step)


class TestSitting:
    @pytest.mark.parametrize("seed", range(12))
    def test_half_of_the_items_have_maps_and_as_often_where_networks_are_wrong(self, items, seed):
        plan = plan_sitting(items, ASKED, seed=seed).plan
        assert sorted(planned.item for planned in plan) == list(range(ASKED))
        shown = [planned for planned in plan if planned.with_map]
        assert len(shown) == ASKED // 2
        wrong = [bool(items[planned.item].network_wrong) for planned in plan]
        with_map = sum(bool(items[planned.item].network_wrong) for planned in shown)
        assert abs(with_map - sum(wrong) / 2) <= 0.5

    def test_the_seed_decides_order_and_maps(self, items):
        assert plan_sitting(items, ASKED, seed=1) == plan_sitting(items, ASKED, seed=1)
        assert len({plan_sitting(items, ASKED, seed=seed).plan for seed in range(10)}) == 10

    def test_maps_on_all_or_none(self, items):
        assert all(one.with_map for one in plan_sitting(items, 4, maps=True).plan)
        assert not any(one.with_map for one in plan_sitting(items, 4, maps=False).plan)

    def test_what_was_missed_returns_after_three_others_as_another_strip_of_its_contrast(self, items):
        sitting = plan_sitting(items, ASKED, seed=2)
        item = items[sitting.planned.item]
        wrong = next(answer for answer in ANSWERS if answer not in item.right)
        done = Round(**FULL, answer=wrong, confidence=75, after_answers=wrong, step="answers")
        sitting = replace(sitting.with_round(done), plan=(replace(sitting.plan[0], with_map=False), *sitting.plan[1:]))
        after = sitting.onward(items)
        returned = after.plan[1 + RETURN_AFTER]
        assert returned.returned and RETURN_AFTER == 3
        assert items[returned.item].contrast == item.contrast
        assert returned.item not in {planned.item for planned in sitting.plan}
        assert len(after.plan) == ASKED + 1

    def test_a_strip_read_well_does_not_return(self, items):
        item = items[0]
        right = {name: next(iter(feature.right)) for name, feature in item.features.items()}
        done = Round(**right, answer=next(iter(item.right)), confidence=75)
        assert not missed(done, item)
        wrong = {
            name: next(code for code in READINGS[name] if code not in item.features[name].right)
            for name in ("regularity", "qrs")
            if len(item.features[name].right) == 1
        }
        if len(wrong) >= MISSED_READINGS:
            assert missed(replace(done, **wrong), item)

    @pytest.mark.parametrize("seed", range(10))
    def test_a_guessers_sitting_ends_shows_no_strip_twice_and_keeps_three_others_between(self, items, seed):
        sitting = sit(GUESSER, items, seed)
        assert len({planned.item for planned in sitting.plan}) == len(sitting.plan)
        times = Counter(items[planned.item].contrast for planned in sitting.plan if planned.returned)
        assert times and max(times.values()) <= RETURNS
        assert sum(times.values()) <= RETURNED_SHARE * ASKED == 5
        assert sitting.carried

    def test_in_a_study_nothing_returns(self, items):
        sitting = replace(plan_sitting(items, ASKED, seed=1, returns=False))
        wrong = next(answer for answer in ANSWERS if answer not in items[sitting.planned.item].right)
        done = Round(**FULL, answer=wrong, confidence=75, after_answers=wrong, after_map=wrong, step="truth")
        assert len(sitting.with_round(done)._with_return(items).plan) == ASKED

    def test_so_many_items_there_are_not(self, items):
        with pytest.raises(InvalidValue, match="a sitting asks 1 to"):
            plan_sitting(items, 999)
        with pytest.raises(InvalidValue, match="left before its end"):
            Sitting((Planned(0), Planned(1)), (Round(), Round()))


class TestScores:
    def test_switches_are_counted_with_and_without_a_map(self, items):
        item = next(one for one in items if one.network_wrong)
        right, wrong = next(iter(item.right)), item.network
        base = Round(**FULL, answer=right, confidence=90, after_answers=wrong, after_map=right, step="truth")
        score = score_round(base, item, with_map=True)
        assert score.after_answers.right_to_wrong and score.after_map.wrong_to_right
        assert score.followed is False and score.brier == pytest.approx(0.01)
        without = score_round(replace(base, after_map=None), item, with_map=False)
        assert without.after_map is None and without.followed is True
        profile = profile_of([score, without])
        assert profile.answers == (2, 2, 0) and profile.map == (1, 0, 1)
        assert (profile.faced, profile.followed, profile.given_up) == (2, 1, 1) and profile.over_trust == 0.5

    def test_a_wrong_answer_that_was_ones_own_is_no_over_trust(self, items):
        item = next(one for one in items if one.network_wrong)
        done = Round(**FULL, answer=item.network, confidence=90, after_answers=item.network, step="truth")
        assert score_round(done, item, with_map=False).followed is None

    def test_confidence_comes_in_three_bins_with_counts_and_no_curve_under_twenty(self, items):
        scores = scores_of(sit(CAREFUL, items, 1), items)
        profile = profile_of(scores)
        assert [one.name for one in profile.bins] == ["50 % or less", "75 %", "90 % or more"]
        assert sum(one.answers for one in profile.bins) == len(scores)
        assert FEW_FOR_CURVE == 20 and profile.curve == ()
        assert profile_of(scores * 2).curve != ()

    def test_agreement_with_a_networks_map_changes_no_score(self, items):
        """The same reading scores the same, whatever the networks answered and wherever their map lies."""
        item = items[0]
        done = CAREFUL.read(item, Random(1))
        own = score_round(done, item, with_map=True)
        other = score_round(done, replace(item, looks_right=not item.looks_right), with_map=True)
        assert own.marks == other.marks and own.brier == other.brier and own.features == other.features

    def test_a_strip_without_a_label_is_nobodys_error(self, items):
        item = replace(items[0], right=frozenset())
        score = score_round(CAREFUL.read(items[0], Random(1)), item, with_map=False)
        assert score.right is None and score.brier is None and score.followed is None and score.after_answers is None
        assert profile_of([score]).first is None

    def test_simulated_learners_are_told_apart_in_every_sitting(self, items):
        """Careful reading by readings and marks, following by over-trust, guessing by calibration."""
        for seed in range(40):
            careful, follower, guesser = (
                profile_of(scores_of(sit(one, items, seed), items)) for one in (CAREFUL, FOLLOWER, GUESSER)
            )
            assert careful.reading > follower.reading > guesser.reading - 0.05
            assert careful.reading > guesser.reading + 0.15
            assert careful.first > guesser.first + 0.3
            assert careful.brier < guesser.brier
            assert careful.marks > guesser.marks
            assert follower.over_trust == 1.0 and follower.given_up >= 0
            assert careful.over_trust <= 0.5 and (guesser.over_trust or 0) < 1.0


class TestResults:
    def test_a_table_for_a_teacher_names_nobody_and_is_read_again(self, items, tmp_path):
        scores = scores_of(sit(FOLLOWER, items, 3), items)
        table = results_table(scores, seed=3, participant=7, arm="answer")
        rows = list(csv.DictReader(io.StringIO(table)))
        assert len(rows) == len(scores) and {row["participant"] for row in rows} == {"7"}
        assert not {"name", "date", "time", "seconds"} & set(rows[0])
        (tmp_path / "a.csv").write_text(table, encoding="utf-8", newline="")
        found = read_results([tmp_path / "a.csv"])
        assert [row.followed for row in found] == [score.followed for score in scores]
        assert [row.right for row in found] == [score.right for score in scores]

    def test_a_spreadsheet_may_have_saved_it_with_semicolons(self, items, tmp_path):
        table = results_table(scores_of(sit(CAREFUL, items, 3), items), participant=1, arm="answer")
        (tmp_path / "a.csv").write_text("\ufeff" + table.replace(",", ";"), encoding="utf-8")
        assert len(read_results([tmp_path / "a.csv"])) >= ASKED


def test_what_was_chosen_by_hand_stands_where_it_was_chosen():
    """Each moves what a learner is told; whoever changes one does so knowingly."""
    from ecgteach.quiz import calipers, features, items, mark_scores, scores, sitting, strips, study_power

    held = {
        items: {"WRONG_SHARE": 0.4, "LOOKS_RIGHT": 0.6, "ITEMS": 10, "RESERVE": 2},
        sitting: {"RETURN_AFTER": 3, "RETURNS": 2, "RETURNED_SHARE": 0.5, "MISSED_READINGS": 2},
        mark_scores: {"CLEARLY": 0.5, "HELD": 0.5, "ENOUGH_BEATS": 3, "MARGIN": 0.04},
        features: {"LIMIT_MARGIN": 5.0, "WIDTH_MARGIN": 0.01, "FEW_ODD_BEATS": 0.1},
        scores: {"FEW_FOR_CURVE": 20},
        calipers: {"REACH": 0.05},
        strips: {"READABLE": {"wander": 12.0, "muscle": 24.0, "quantisation": 0.005}},
        study_power: {"ALPHA": 0.05, "FOLLOWED": 0.5, "DIFFERENCE": 0.2, "ALIKE": 0.2},
    }
    for room, values in held.items():
        assert {name: getattr(room, name) for name in values} == values
