"""Grading: a pure function with feedback for everything that can be answered."""

import pytest

from ecgteach.errors import InvalidValue
from ecgteach.marks import Mark
from ecgteach.quiz import grade, read_bank
from ecgteach.quiz.grading import spans_of
from ecgteach.quiz.questions import in_unit
from ecgteach.quiz.strips import strip_of


def one(kind, answers, **settings):
    """A single question."""
    return read_bank([{"question": "?", "type": kind, "answers": answers, **settings}]).questions[0]


def said(answer, correct, feedback, misconception=""):
    return {"answer": answer, "correct": correct, "feedback": feedback, "misconception": misconception}


CHOICE = one("multiple_choice", [said("a", True, "Yes."), said("b", False, "b is none.", "b is all")])
SEVERAL = one("many_choice", [said("a", True, "A."), said("b", True, "B."), said("c", False, "C is none.", "c is all")])
PR = one(
    "numeric",
    [
        {"value": 160, "tolerance": 20, "correct": True, "feedback": "Four boxes."},
        {"range": [0, 100], "correct": False, "feedback": "Too short.", "misconception": "PR begins late"},
        {"type": "default", "feedback": "Measure again."},
    ],
    unit="ms",
)
NAME = one(
    "string",
    [
        {"answer": "first-degree block", "correct": True, "feedback": "Yes.", "fuzzy_threshold": 0.8},
        {"answer": "AF", "correct": False, "feedback": "Flutter there.", "match_case": True},
        {"type": "default", "feedback": "Try again."},
    ],
)


class TestChoice:
    def test_each_option_says_its_own(self):
        assert grade(CHOICE, (0,)) == grade(CHOICE, (0,))
        assert grade(CHOICE, (0,)).said == ("Yes.",) and grade(CHOICE, (0,)).correct
        wrong = grade(CHOICE, (1,))
        assert (wrong.correct, wrong.score, wrong.said, wrong.misconceptions) == (
            False,
            0.0,
            ("b is none.",),
            ("b is all",),
        )

    def test_of_several_all_must_be_chosen_and_guessing_all_gains_nothing(self):
        whole, half, all_ = grade(SEVERAL, (0, 1)), grade(SEVERAL, (1,)), grade(SEVERAL, (0, 1, 2))
        assert whole.correct and whole.score == 1.0
        assert half.correct is False and half.score == 0.5 and "1 more is true" in half.said[-1]
        assert all_.correct is False and all_.score == 0.5 and all_.misconceptions == ("c is all",)
        assert grade(SEVERAL, (2,)).score == 0.0

    @pytest.mark.parametrize("answer", [(2,), (-1,), (0, 1), ("a",), (True,), 0.5])
    def test_what_is_no_option_is_refused(self, answer):
        with pytest.raises(InvalidValue):
            grade(CHOICE, answer)


class TestNumeric:
    @pytest.mark.parametrize(
        ("answer", "correct", "feedback"),
        [
            (160, True, "Four boxes."),
            ("160", True, "Four boxes."),
            ("0.16 s", True, "Four boxes."),
            ("0,16s", True, "Four boxes."),
            ("180 ms", True, "Four boxes."),
            (140.0, True, "Four boxes."),
            (180.5, False, "Measure again."),
            (99.9, False, "Too short."),
            (100, False, "Measure again."),
            ("16e1", True, "Four boxes."),
            (" + 160 ", True, "Four boxes."),
        ],
    )
    def test_within_the_tolerance_and_in_any_unit_of_its_kind(self, answer, correct, feedback):
        assert grade(PR, answer).correct is correct
        assert grade(PR, answer).said == (feedback,)

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            ("about 160", "is no number; write such as 72 ms"),
            ("160 mV", "is in mV, and the question asks for ms"),
            ("1.2.3", "is no number"),
            ("1 2 3", "is no number"),
            ("nan", "is no number"),
            (float("inf"), "is no number"),
            ("", "Answer first"),
            ("  ", "Answer first"),
            (True, "a text or a number"),
            ("160 160", "is no number"),
            ("1e999", "is no number"),
            ((1,), "is no number"),
        ],
    )
    def test_what_is_no_number_of_that_unit_is_answered_in_words(self, answer, words):
        with pytest.raises(InvalidValue, match=words):
            grade(PR, answer)

    def test_a_unit_where_none_belongs_is_answered(self):
        count = one("numeric", [{"value": 2, "correct": True, "feedback": "Two."}])
        assert grade(count, "2").correct
        with pytest.raises(InvalidValue, match="plain number"):
            grade(count, "2 s")

    def test_significant_digits_are_rounded_before_they_are_compared(self):
        pi = one("numeric", [{"value": 3.14, "correct": True, "feedback": "Yes."}], precision=3)
        assert grade(pi, 3.14159).correct and not grade(pi, 3.15).correct

    def test_units_convert_both_ways_and_only_within_their_kind(self):
        assert in_unit(1.25, "Hz", "/min") == 75.0
        assert in_unit(300, "uV", "mV") == 0.3
        assert in_unit(1, "s", "mm") is None


class TestWords:
    @pytest.mark.parametrize(
        ("answer", "correct"),
        [
            ("First-degree  block", True),
            ("first degree block", True),
            ("frist-degree block", True),
            ("block", False),
            ("AF", False),
        ],
    )
    def test_case_spaces_and_a_slip_of_the_keys_are_let_pass(self, answer, correct):
        assert grade(NAME, answer).correct is correct

    def test_where_the_case_counts_it_counts(self):
        assert grade(NAME, "AF").said == ("Flutter there.",)
        assert grade(NAME, "af").said == ("Try again.",)

    def test_a_number_is_no_word(self):
        with pytest.raises(InvalidValue, match="a few words"):
            grade(NAME, 3)


class TestMarks:
    QUESTION = read_bank("rhythms").question("mark-the-p-waves")

    def spans(self, stretch="P"):
        return spans_of(strip_of(self.QUESTION.strip), stretch)

    def test_three_beats_are_enough_and_two_are_not(self):
        marks = tuple(Mark("seen", *span) for span in self.spans())
        assert grade(self.QUESTION, marks[1:4]).correct
        two = grade(self.QUESTION, marks[1:3])
        assert two.correct is False and two.score == pytest.approx(2 / 3)
        assert "in 3 beats" in two.said[-1]

    def test_marking_everything_is_worth_nothing(self):
        assert grade(self.QUESTION, (Mark("seen", 0.0, 10.0),)).score == 0.0

    def test_a_wrong_wave_says_which_it_is(self):
        marks = tuple(Mark("seen", *span) for span in self.spans("T")[1:4])
        given = grade(self.QUESTION, marks)
        assert given.score == 0.0 and "it follows QRS" in " ".join(given.said)
        assert given.misconceptions == ("any dome is a P wave",)

    def test_a_mark_beside_every_wave_gets_the_other_reply(self):
        begin, end = self.spans("TQ")[3]
        mark = Mark("seen", begin + 0.05, min(end, begin + 0.12))
        assert "where there is no wave" in " ".join(grade(self.QUESTION, (mark,)).said)

    def test_some_right_and_some_wrong_get_part(self):
        right = [Mark("seen", *span) for span in self.spans()[1:4]]
        wrong = [Mark("seen", *span) for span in self.spans("T")[5:6]]
        assert grade(self.QUESTION, (*right, *wrong)).score == pytest.approx(0.75)

    def test_no_mark_and_no_marks_are_answered(self):
        with pytest.raises(InvalidValue, match="Answer first"):
            grade(self.QUESTION, ())
        with pytest.raises(InvalidValue, match="marks on the strip"):
            grade(self.QUESTION, "P")

    def test_cardiologists_marks_of_a_real_strip_can_be_asked_for(self):
        from ecgteach.waves import delineate

        strip = annotated()
        waves = delineate(strip)
        assert waves.source == "cardiologists' marks"
        assert len(spans_of(strip, "P")) == 3


def annotated():
    """A strip with marks as LUDB's cardiologists make them."""
    from dataclasses import replace

    from ecgteach.truth import Annotation
    from tests.conftest import made_record

    beats = (1.1, 1.9, 2.7)
    marks = [Annotation("QRS", beat - 0.04, beat + 0.05, beat) for beat in beats]
    marks += [Annotation("P", beat - 0.2, beat - 0.1, beat - 0.15) for beat in beats]
    return replace(made_record().strip(), annotations=tuple(marks))
