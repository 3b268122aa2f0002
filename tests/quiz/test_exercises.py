"""Each exercise: its stub fails as its page says, its solution passes, and each usual slip is told what to look at."""

import numpy as np
import pytest

import ecgteach
from ecgteach.beats import find_beats
from ecgteach.errors import InvalidValue, Unsolved
from ecgteach.image import Geometry
from ecgteach.quiz import exercises
from ecgteach.quiz.exercises import (
    CutStrips,
    check_column,
    check_envelope,
    check_looked_share,
    check_other_target,
    check_rate,
    check_rate_rule,
    check_reading,
    check_split,
    leaks,
)
from ecgteach.simulator import simulate


@pytest.fixture(scope="module")
def record():
    return ecgteach.sample("AFIB")


@pytest.fixture(scope="module")
def seen(record):
    return ecgteach.explain(record)


@pytest.fixture(scope="module")
def strip():
    return simulate("SR", seed=5, rate=75, leads=("II",)).strip()


@pytest.fixture(scope="module")
def three():
    rhythms = {"A": "SA", "B": "AFIB", "C": "SR"}
    return {letter: simulate(code, seed=3, rate=75, leads=("II",)) for letter, code in rhythms.items()}


def rule_by_rate(rate):
    return "SB" if rate < 60 else "GSVT" if rate > 100 else "SR"


def lowest_and_highest(samples, columns):
    held = samples.reshape(columns, -1)
    return held.min(axis=1), held.max(axis=1)


STUBS = {
    "share": lambda seen, **_: check_looked_share(seen, ...),
    "target": lambda seen, **_: check_other_target(seen, ...),
    "rate": lambda strip, **_: check_rate(strip, ...),
    "reading": lambda three, **_: check_reading(three, {"A": ..., "B": ..., "C": ...}),
    "rule": lambda **_: check_rate_rule(lambda _rate: ...),
    "split": lambda **_: check_split(CutStrips(), ...),
    "column": lambda **_: check_column(Geometry(), 2.5, ...),
    "envelope": lambda strip, **_: check_envelope(strip, lambda _samples, _columns: ...),
}


@pytest.mark.parametrize("stub", STUBS.values(), ids=STUBS)
def test_a_stub_fails_and_says_what_to_write(stub, seen, strip, three):
    with pytest.raises(Unsolved, match=r"in place of the three dots, write \S"):
        stub(seen=seen, strip=strip, three=three)


def test_every_exercise_has_a_stub_here():
    assert len(STUBS) == len([name for name in vars(exercises) if name.startswith("check_")])


class TestLookedShare:
    def test_what_is_left_without_neither_passes(self, seen):
        shares = seen.agreement_shares
        assert check_looked_share(seen, 1 - shares["neither"]).passed
        assert check_looked_share(seen, sum(share for who, share in shares.items() if who != "neither")).passed

    def test_where_both_looked_is_told_apart(self, seen):
        found = check_looked_share(seen, seen.agreement_shares["both"])
        assert not found.passed
        assert "One of the two is enough" in found.said

    def test_words_are_no_share(self, seen):
        with pytest.raises(InvalidValue, match="write a share"):
            check_looked_share(seen, "half")


class TestOtherTarget:
    def test_an_unlikely_answer_passes_and_its_probability_is_told(self, record, seen):
        found = check_other_target(seen, ecgteach.explain(record, target="SB"))
        assert found.passed
        assert "%" in found.said

    def test_the_same_target_or_another_strip_does_not(self, seen):
        assert "which they gave" in check_other_target(seen, seen).said
        assert "another strip" in check_other_target(seen, ecgteach.explain(ecgteach.sample("SB"))).said


class TestRate:
    def test_boxes_and_intervals_pass(self, strip):
        assert check_rate(strip, 300 / 4).passed
        assert check_rate(strip, 60 / np.median(find_beats(strip).rr)).passed

    @pytest.mark.parametrize(("factor", "said"), [(2, "twice"), (0.5, "half"), (1 / 6, "ten seconds")])
    def test_each_slip_is_named(self, strip, factor, said):
        found = check_rate(strip, 75 * factor)
        assert not found.passed
        assert said in found.said

    def test_a_rate_ten_percent_off_does_not_pass(self, strip):
        assert not check_rate(strip, 82.5).passed


class TestReading:
    def test_the_right_names_pass_in_any_case_of_letters(self, three):
        assert check_reading(three, {"A": "sa", "B": "AFIB ", "C": "SR"}).passed

    @pytest.mark.parametrize(
        ("answer", "said"),
        [
            ({"A": "AFIB", "B": "SA", "C": "SR"}, "Strip A: irregular or not"),
            ({"A": "SA", "B": "SA", "C": "SR"}, "Strip B: is there a P wave"),
            ({"A": "SR", "B": "AFIB", "C": "SR"}, "Strip A: measure the shortest"),
        ],
    )
    def test_a_wrong_name_is_sent_to_what_decides(self, three, answer, said):
        found = check_reading(three, answer)
        assert not found.passed
        assert found.said.startswith(said)

    def test_a_letter_that_is_not_there_is_told(self, three):
        with pytest.raises(InvalidValue, match="no strip is called D"):
            check_reading(three, {"A": "SA", "B": "AFIB", "C": "SR", "D": "SR"})


class TestRateRule:
    def test_the_rule_passes_and_never_names_fibrillation(self):
        found = check_rate_rule(rule_by_rate)
        assert found.passed
        assert "no strip of fibrillation" in found.said

    def test_a_limit_on_the_wrong_side_is_told(self):
        assert "At 60 a minute" in check_rate_rule(lambda rate: "SB" if rate <= 60 else rule_by_rate(rate)).said

    def test_a_number_is_no_rule(self):
        with pytest.raises(InvalidValue, match="write a function"):
            check_rate_rule(60)


class TestSplit:
    def test_by_patient_passes(self):
        strips = CutStrips()
        test = [at for at, who in enumerate(strips.patients) if who in ("patient A", "patient B")]
        training = [at for at in range(len(strips)) if at not in test]
        assert check_split(strips, (training, test)).passed
        assert leaks(strips, training, test) == ()

    def test_by_strip_leaks_and_says_who(self):
        strips = CutStrips()
        found = check_split(strips, (list(range(30)), list(range(30, 40))))
        assert not found.passed
        assert "patient A" in found.said
        assert len(leaks(strips, range(30), range(30, 40))) == 10

    def test_strips_left_out_and_empty_sides_are_told(self):
        assert "empty" in check_split(CutStrips(), (list(range(40)), [])).said
        assert "stand on neither side" in check_split(CutStrips(), ([0], [1])).said

    def test_numbers_beyond_the_strips_are_refused(self):
        with pytest.raises(InvalidValue, match="0 to 39"):
            check_split(CutStrips(), ([0], [40]))


class TestColumn:
    def test_the_pixel_that_shows_the_moment_passes(self):
        assert check_column(Geometry(), 2.5, 256).passed
        assert check_column(Geometry(), 3.3, int(3.3 * 1024 / 10)).passed

    @pytest.mark.parametrize(("answer", "said"), [(1250, "sample"), (257, "neighbour"), (25, "share")])
    def test_each_slip_is_named(self, answer, said):
        found = check_column(Geometry(), 2.5, answer)
        assert not found.passed
        assert said in found.said


class TestEnvelope:
    def test_lowest_and_highest_pass(self, strip):
        assert check_envelope(strip, lowest_and_highest).passed

    @pytest.mark.parametrize(
        ("function", "said"),
        [
            (lambda samples, columns: (samples[:: 5000 // columns], samples[:: 5000 // columns]), "too low"),
            (lambda samples, columns: (samples.reshape(columns, -1).mean(axis=1),) * 2, "too low"),
            (lambda samples, columns: (lowest_and_highest(samples, columns)[1],) * 2, "too high"),
            (lambda samples, columns: (samples, samples), "500 columns need as many"),
        ],
    )
    def test_every_tenth_sample_means_and_wrong_sizes_do_not(self, strip, function, said):
        found = check_envelope(strip, function)
        assert not found.passed
        assert said in found.said


def test_a_check_reads_aloud_as_one_sentence_of_right_or_not_yet(strip):
    assert repr(check_rate(strip, 75)).startswith("Right. ")
    assert "Not yet. " in check_rate(strip, 150)._repr_html_()
