"""A study in a class: arms by seed, power with its assumptions, and an outcome that is read from its tables."""

from collections import Counter
from random import Random

import numpy as np
import pytest

from ecgteach.errors import InvalidValue, UnknownName, UnreadableFile
from ecgteach.quiz import Study, power, results_table, study_results
from ecgteach.quiz.mark_scores import MarksScore
from ecgteach.quiz.results import COLUMNS
from ecgteach.quiz.scores import Change, ItemScore
from ecgteach.quiz.study import ARMS
from ecgteach.quiz.study_power import participants_needed

STUDY = Study(seed=11)
RATES = dict(zip(ARMS, (0.7, 0.7, 0.2), strict=True))


def score(right, network_right, followed):
    """One item of a participant who answers SR first, where the networks answer AFIB."""
    final = "AFIB" if followed else "SR"
    change = Change(right, right if not followed else bool(network_right), followed)
    return ItemScore(
        "a or b",
        {},
        "SR",
        final,
        "AFIB",
        right,
        change.after,
        network_right,
        0.75,
        MarksScore(reason="none"),
        False,
        change,
        None,
        None,
    )


def take_part(participant, rates, folder, seed=0):
    """A participant's table; `rates` say how often a wrong answer is followed in each arm."""
    draw = Random(f"{seed} {participant}")
    arm = STUDY.arm_of(participant)
    scores = [score(True, False, draw.random() < rates[arm]) for _ in range(STUDY.wrong)]
    scores += [score(True, True, False) for _ in range(STUDY.items - STUDY.wrong)]
    path = folder / f"p{participant}.csv"
    path.write_text(
        results_table(scores, seed=STUDY.seed, participant=participant, arm=arm), encoding="utf-8", newline=""
    )
    return path


class TestArms:
    def test_they_stay_alike_in_size_and_follow_the_seed_only(self):
        for number in (3, 9, 30):
            assert set(Counter(STUDY.arm_of(one) for one in range(1, number + 1)).values()) == {number // 3}
        orders = {tuple(Study(seed=seed).arm_of(one) for one in range(1, 13)) for seed in range(20)}
        assert len(orders) == 20
        assert [STUDY.arm_of(one) for one in range(1, 10)] == [Study(seed=11).arm_of(one) for one in range(1, 10)]

    def test_each_arm_shows_what_its_name_says(self):
        for participant in range(1, 10):
            arm = STUDY.arm_of(participant)
            assert STUDY.shows_map(participant) == ("map" in arm)
            assert STUDY.shows_verdict(participant) == ("verdict" in arm)

    @pytest.mark.parametrize("participant", [0, -1, 1.5, "Ann", True])
    def test_participants_are_numbers_and_no_names(self, participant):
        with pytest.raises(InvalidValue, match="whole numbers from 1 on"):
            STUDY.arm_of(participant)

    def test_what_is_no_study_is_refused(self):
        with pytest.raises(UnknownName, match="no arm is called"):
            Study(seed=1, arms=("answer", "nothing"))
        with pytest.raises(InvalidValue, match="two or more different arms"):
            Study(seed=1, arms=("answer",))
        with pytest.raises(InvalidValue, match="ask five or more"):
            Study(seed=1, items=2)

    def test_consent_says_what_is_done_kept_and_that_one_may_stop(self):
        for words in (
            "10 strips",
            "chance decides",
            "without name",
            "nothing is sent anywhere",
            "stop at any moment",
            "clinical",
        ):
            assert words in STUDY.consent


class TestPower:
    def test_it_is_that_of_simulated_studies(self):
        """Participants drawn as the formula assumes: beta-binomial shares, compared by a t-test."""
        from scipy.stats import ttest_ind

        per_arm, wrong, followed, difference, alike = 30, 4, 0.5, 0.2, 0.2
        draw = np.random.default_rng(5)

        def shares(p):
            size = 1 / alike - 1
            own = draw.beta(p * size, (1 - p) * size, (4000, per_arm))
            return draw.binomial(wrong, own) / wrong

        found = ttest_ind(shares(followed), shares(followed - difference), axis=1).pvalue < 0.05
        stated = power(per_arm, wrong, followed=followed, difference=difference, alike=alike).power
        assert stated == pytest.approx(found.mean(), abs=0.03)

    def test_without_a_difference_it_is_the_level(self):
        assert power(20, 4, difference=1e-9).power == pytest.approx(0.05, abs=1e-4)

    def test_it_is_that_of_the_published_two_sample_case(self):
        """Cohen 1988, table 2.3: d = 0.5, 64 in each group, two-sided 0.05: power 0.80."""
        difference = (0.25**2 / (1 + 1 / 16)) ** 0.5  # half a standard deviation of two shares so far apart around 0.5
        found = power(64, 1, followed=0.5 + difference / 2, difference=difference, alike=0.0).power
        assert found == pytest.approx(0.80, abs=0.005)

    def test_it_grows_with_participants_and_answers_and_falls_with_comparisons(self):
        grown = [power(number, 4).power for number in (5, 10, 20, 40, 80, 400, 2000)]
        assert grown == sorted(grown) and grown[-1] == pytest.approx(1.0)
        assert power(20, 8).power > power(20, 4).power > power(20, 4, comparisons=3).power

    def test_as_many_as_needed_are_enough_and_one_fewer_is_not(self):
        needed = participants_needed(4)
        assert power(needed, 4, comparisons=3).power >= 0.8 > power(needed - 1, 4, comparisons=3).power

    def test_it_says_what_it_assumed(self):
        said = str(STUDY.power(30))
        for words in ("50%", "30%", "30 participants", "4 of them", "3 comparisons", "Assumed, not measured"):
            assert words in said

    @pytest.mark.parametrize("wrong", [{"per_arm": 1}, {"followed": 1.2}, {"difference": 0.5}, {"alike": 2.0}])
    def test_what_cannot_be_assumed_is_refused(self, wrong):
        with pytest.raises(InvalidValue):
            power(**({"per_arm": 10, "wrong": 4} | wrong))


class TestOutcome:
    def test_the_outcome_by_arm_is_that_of_its_participants(self, tmp_path):
        paths = [take_part(one, RATES, tmp_path) for one in range(1, 46)]
        found = study_results(paths)
        assert list(found.arms) == list(ARMS)
        for arm, outcome in found.arms.items():
            assert outcome.participants == 15
            assert outcome.followed == pytest.approx(RATES[arm], abs=0.15)
            assert outcome.interval[0] <= outcome.followed <= outcome.interval[1]
            assert outcome.first == 1.0
        by_pair = {(pair.one, pair.other): pair for pair in found.comparisons}
        assert by_pair["answer", ARMS[2]].corrected < 0.05 < by_pair["answer", ARMS[1]].corrected
        assert "less" in str(found)

    def test_without_a_difference_few_studies_find_one(self, tmp_path):
        found = 0
        for seed in range(20):
            folder = tmp_path / str(seed)
            folder.mkdir()
            paths = [take_part(one, dict.fromkeys(ARMS, 0.5), folder, seed) for one in range(1, 19)]
            found += any((pair.corrected or 1) < 0.05 for pair in study_results(paths).comparisons)
        assert found <= 4

    def test_too_few_participants_are_counted_and_not_compared(self, tmp_path):
        found = study_results([take_part(one, RATES, tmp_path) for one in range(1, 7)])
        assert all(outcome.participants == 2 and outcome.interval is None for outcome in found.arms.values())
        assert all(pair.p is None and pair.difference is not None for pair in found.comparisons)
        assert "too few" in str(found)

    @pytest.mark.parametrize(
        ("content", "error", "words"),
        [
            ("", UnreadableFile, "no table of results"),
            ("name,grade\r\nAnn,1\r\n", UnreadableFile, "it lacks format"),
            (",".join(COLUMNS) + "\r\n", InvalidValue, "no result was found"),
            (
                ",".join(COLUMNS) + "\r\n" + ",".join(["other"] + ["0"] * 19) + "\r\n",
                InvalidValue,
                "line 2 is of the format 'other'",
            ),
        ],
    )
    def test_files_that_are_no_results_get_a_sentence(self, tmp_path, content, error, words):
        (tmp_path / "a.csv").write_text(content, encoding="utf-8")
        with pytest.raises(error, match=words):
            study_results([tmp_path / "a.csv"])

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            (",11,1,", ",11,one,", "participant is 'one'"),
            ("1,answer,", "1,nonsense,", "name 'nonsense'"),
            (",0.75,1,", ",0.75,2,", "right is '2'"),
        ],
    )
    def test_a_cell_that_was_changed_is_told_with_its_place(self, tmp_path, old, new, words):
        first = next(one for one in range(1, 4) if STUDY.arm_of(one) == "answer")
        path = take_part(first, RATES, tmp_path)
        head, rows = path.read_text(encoding="utf-8").split("\n", 1)
        rows = rows.replace(f",11,{first},", ",11,1,").replace(old, new)
        path.write_text(f"{head}\n{rows}", encoding="utf-8")
        with pytest.raises(InvalidValue, match=words):
            study_results([path])

    def test_the_same_participant_twice_is_refused(self, tmp_path):
        path = take_part(1, RATES, tmp_path)
        (tmp_path / "again.csv").write_bytes(path.read_bytes())
        with pytest.raises(InvalidValue, match="both of participant 1"):
            study_results([path, tmp_path / "again.csv"])

    def test_results_of_no_study_are_refused(self, tmp_path):
        (tmp_path / "a.csv").write_text(results_table([score(True, False, True)]), encoding="utf-8")
        with pytest.raises(InvalidValue, match="name no arm"):
            study_results([tmp_path / "a.csv"])
