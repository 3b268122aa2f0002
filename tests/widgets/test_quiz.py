"""The Quiz: a question, an answer, feedback; progress that comes back; a copy without keys that judges nothing."""

import json
from random import Random

import pytest

from ecgteach.errors import InvalidValue, UnknownName, UnreadableFile
from ecgteach.marks import Mark
from ecgteach.quiz import Progress, load_progress, read_bank, student_copy
from ecgteach.quiz.grading import spans_of
from ecgteach.quiz.questions import Choice, MarkStrip, Numeric
from ecgteach.quiz.strips import strip_of
from ecgteach.widgets import Quiz, QuizState
from tests.quiz.test_banks import FOREIGN
from tests.widgets.scenes import nodes
from tests.widgets.test_marks import random_thing


@pytest.fixture(scope="module")
def bank():
    return read_bank("rhythms")


@pytest.fixture
def quiz(bank):
    widget = Quiz(bank)
    widget.panel()
    return widget


def go_to(widget, name):
    """Show the question with an id."""
    while widget.bank.questions[widget.state.at].id != name:
        before = widget.state.at
        widget.controls["next"].click()
        assert widget.state.at > before, f"{name} does not come"


def told(widget):
    return json.dumps(widget.scene()[0], ensure_ascii=False)


class TestAnswers:
    def test_a_choice_is_checked_and_its_own_feedback_is_said(self, quiz):
        assert quiz.controls["check"].disabled
        quiz.controls["pick"].value = 1
        quiz.controls["check"].click()
        assert "Irregular is not enough" in told(quiz) and "Not right." in told(quiz)
        assert "0 of 1 right at the first try, 1 of 21 answered." in told(quiz)

    def test_what_the_other_answers_stand_for_is_there_too_but_only_afterwards(self, quiz):
        assert "A premature beat comes suddenly early" not in told(quiz)
        quiz.controls["pick"].value = 0
        quiz.controls["check"].click()
        for option in quiz.bank.questions[0].options:
            assert option.reply.feedback.split(":")[0] in told(quiz).replace("&#x27;", "'")

    def test_another_try_is_answered_and_the_first_one_counts(self, quiz):
        quiz.controls["pick"].value = 1
        quiz.controls["check"].click()
        quiz.controls["pick"].value = 0
        assert "Irregular is not enough" not in told(quiz)
        assert quiz.controls["check"].label == "Check again"
        quiz.controls["check"].click()
        assert "Right." in told(quiz) and "0 of 1 right at the first try" in told(quiz)

    def test_several_are_ticked_and_all_are_needed(self, quiz):
        go_to(quiz, "irregular-which-are-true")
        quiz.controls["option-0"].value = True
        quiz.controls["check"].click()
        assert "1 more is true" in told(quiz)
        quiz.controls["option-1"].value = True
        quiz.controls["check"].click()
        assert "All that are true" in told(quiz)
        quiz.controls["option-0"].value = False
        assert quiz.state.draft == (1,)

    def test_a_number_is_typed_with_or_without_its_unit_and_what_is_none_is_answered(self, quiz):
        go_to(quiz, "pr-measured")
        assert quiz.controls["typed"].label == "Your number, in ms"
        quiz.controls["typed"].value = "about that"
        quiz.controls["check"].click()
        assert "is no number" in quiz.fault and quiz.state.progress.answer_to("pr-measured") is None
        quiz.controls["typed"].value = "0,16 s"
        quiz.controls["check"].click()
        assert quiz.fault == "" and "Four small boxes" in told(quiz)

    def test_words_are_typed(self, quiz):
        go_to(quiz, "first-degree-in-words")
        quiz.controls["typed"].value = "first degree block"
        quiz.controls["check"].click()
        assert "with no beat lost" in told(quiz)

    def test_a_strip_is_marked_by_keys_and_by_mouse(self, quiz, bank):
        go_to(quiz, "mark-what-is-missing")
        assert quiz.controls["brush"].value == "missing"
        pre = [number for number, one in enumerate(quiz._shown.stretches) if one.kind == "pre"][1:4]
        for number in pre:
            while quiz.state.marks.stretch != number:
                quiz.controls["wave-on"].click()
            quiz.controls["toggle"].click()
        assert len(quiz.state.marks.marks) == 3
        quiz.controls["check"].click()
        assert "Right." in told(quiz), told(quiz)[-900:]
        question = bank.question("mark-the-p-waves")
        while quiz.state.at and quiz.bank.questions[quiz.state.at].id != question.id:
            quiz.controls["previous"].click()
        spans = spans_of(strip_of(question.strip), "T")[1:4]
        quiz.controls["strips"].value = [Mark("seen", *span) for span in spans]
        quiz.controls["check"].click()
        assert "it follows QRS" in told(quiz)

    def test_every_question_of_every_kind_can_be_answered_and_drawn(self, quiz):
        for number, question in enumerate(quiz.bank):
            assert quiz.state.at == number
            if isinstance(question, MarkStrip):
                quiz.controls["strips"].value = [Mark("seen", 1.0, 1.2)]
            elif isinstance(question, Choice):
                quiz.controls["option-0" if question.several else "pick"].value = True if question.several else 0
            else:
                quiz.controls["typed"].value = "1" if isinstance(question, Numeric) else "normal"
            quiz.controls["check"].click()
            assert quiz.fault == "" and quiz._shown.feedback
            assert quiz.still().alt.startswith(f"Question {number + 1} of 21: ")
            quiz.controls["next"].click()
        assert len(quiz.state.progress.last) == len(quiz.bank)

    def test_jupyterquiz_questions_are_asked_as_they_stand(self):
        quiz = Quiz(FOREIGN)
        quiz.panel()
        quiz.controls["next"].click()
        assert "mine += [3]" in told(quiz) and "mine = []" in told(quiz)
        quiz.controls["pick"].value = 1
        quiz.controls["check"].click()
        assert "Right." in told(quiz)
        assert quiz.still().png().startswith(b"\x89PNG")


class TestSecrets:
    def test_before_an_answer_nothing_of_the_key_is_on_the_page(self, quiz):
        for _ in quiz.bank:
            question, everything = quiz._shown.question, told(quiz) + quiz.still().alt
            held = getattr(question, "options", ()) or getattr(question, "ranges", ()) or getattr(question, "marks", ())
            for one in held:
                assert one.reply.feedback not in everything
            quiz.controls["next"].click()

    def test_no_alt_text_names_rhythm_or_source(self, quiz):
        panel = quiz.controls["strips"].panels[0]
        assert panel.alt == "The strip of question 1, ten seconds on ECG paper."

    def test_a_copy_without_keys_keeps_answers_and_judges_none(self, bank):
        quiz = Quiz(student_copy(bank))
        quiz.panel()
        quiz.controls["pick"].value = 1
        quiz.controls["check"].click()
        assert "Kept." in told(quiz) and "1 of 21 answered." in told(quiz) and "right at the first" not in told(quiz)

    def test_what_a_file_holds_is_text_and_never_markup(self):
        evil = "<img src=x onerror=alert(1)>"
        quiz = Quiz(
            [
                {
                    "question": evil,
                    "code": evil,
                    "type": "multiple_choice",
                    "answers": [
                        {"answer": evil, "correct": True, "feedback": evil},
                        {"answer": "b", "correct": False, "feedback": evil},
                    ],
                }
            ]
        )
        quiz.panel()
        quiz.controls["pick"].value = 0
        quiz.controls["check"].click()
        shown = [node for node in nodes(quiz.scene()[0]["body"]) if node["kind"] == "words"]
        assert not [node for node in shown if "<img" in node["html"]]


class TestProgress:
    def test_it_is_saved_with_each_answer_and_goes_on_where_it_was(self, bank, tmp_path):
        path = tmp_path / "mine.json"
        quiz = Quiz(bank, progress=path)
        quiz.controls["pick"].value = 1
        assert not path.exists()
        quiz.controls["check"].click()
        assert load_progress(path, "quiz", Progress) == quiz.state.progress
        again = Quiz(bank, progress=path)
        assert again.state.progress == quiz.state.progress and again.controls["pick"].value == 1

    def test_it_is_saved_and_loaded_by_a_name_that_is_typed(self, quiz, bank, tmp_path):
        quiz.controls["pick"].value = 1
        quiz.controls["check"].click()
        quiz.controls["save"].click()
        assert "name the file first" in quiz.fault.lower()
        quiz.controls["file"].value = str(tmp_path / "mine.json")
        quiz.controls["save"].click()
        assert "Progress is saved in mine.json." in told(quiz)
        other = Quiz(bank)
        other.panel()
        other.controls["file"].value = str(tmp_path / "mine.json")
        other.controls["load"].click()
        assert other.state.progress == quiz.state.progress and "Not right." in told(other)

    def test_a_damaged_file_and_that_of_another_bank_get_their_sentence(self, quiz, tmp_path):
        (tmp_path / "bad.json").write_text("{", encoding="utf-8")
        quiz.controls["file"].value = str(tmp_path / "bad.json")
        quiz.controls["load"].click()
        assert "damaged or no progress file" in quiz.fault
        with pytest.raises(UnreadableFile):
            Quiz("rhythms", progress=tmp_path / "bad.json")
        foreign = Quiz(FOREIGN)
        foreign.controls["option-0"].value = True
        foreign.controls["check"].click()
        foreign.save(tmp_path / "other.json")
        with pytest.raises(InvalidValue, match="other questions"):
            quiz.load(tmp_path / "other.json")

    def test_it_can_be_downloaded_without_anything_being_sent(self, quiz):
        assert 'href="data:application/json;base64,' in told(quiz).replace('\\"', '"')

    def test_a_state_is_plain_and_shows_the_same_still(self, quiz, bank):
        go_to(quiz, "mark-qrs")
        quiz.controls["strips"].value = [Mark("seen", 1.0, 1.1)]
        again = Quiz(bank)
        again.state = QuizState.from_json(json.loads(json.dumps(quiz.state.to_json())))
        assert again.state == quiz.state and again.still().png() == quiz.still().png()

    def test_a_state_of_another_bank_is_refused(self, quiz):
        with pytest.raises(InvalidValue, match="question 99"):
            quiz.state = QuizState(at=98)
        with pytest.raises(InvalidValue, match="QuizState"):
            quiz.state = None


class TestFaces:
    def test_on_another_question_the_focus_stands_on_its_first_answer_and_it_is_read_out(self, quiz):
        before = quiz.state
        quiz.controls["next"].click()
        assert quiz.focus(before, quiz.state) == "pick"
        assert quiz.said(before, quiz.state).startswith("Question 2 of 21. What speaks most")

    def test_the_feedback_is_announced(self, quiz):
        quiz.controls["pick"].value = 1
        before = quiz.state
        quiz.controls["check"].click()
        assert quiz.said(before, quiz.state).startswith("Not right. Irregular is not enough")

    def test_a_wrong_bank_says_so_where_the_quiz_is_made(self):
        with pytest.raises(UnknownName, match="did you mean rhythms"):
            Quiz("rhythm")
        with pytest.raises(InvalidValue, match="a bank is a name"):
            Quiz(3)


def test_two_hundred_random_things_leave_no_error_and_two_quizzes_do_not_meet(bank, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw, one, other = Random(5), Quiz(bank), Quiz(bank)
    start = other.state
    for widget in (one, other):
        widget.panel()
    for _ in range(200):
        random_thing(one, draw)
        assert "foresee" not in one.fault, one.fault
        assert QuizState.from_json(json.loads(json.dumps(one.state.to_json()))) == one.state
    assert other.state == start
