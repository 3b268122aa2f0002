"""Parallel forms share no question while there are enough; a student's copy holds no answer."""

import json
import random
from collections import Counter

import pytest

from ecgteach.errors import InvalidValue, UnknownName
from ecgteach.quiz import grade, parallel_forms, read_bank, student_copy, with_keys, write_bank
from ecgteach.quiz.banks import bank_of
from ecgteach.quiz.forms import OCCASIONS, form_for, repeated
from ecgteach.quiz.keys import bank_to_json
from ecgteach.quiz.questions import Choice


@pytest.fixture(scope="module")
def bank():
    return read_bank("rhythms")


class TestForms:
    @pytest.mark.parametrize("seed", range(20))
    def test_no_question_stands_in_two_forms_and_all_have_one_mixture(self, bank, seed):
        forms = parallel_forms(bank, 7, seed=seed)
        assert list(forms) == list(OCCASIONS)
        assert repeated(forms) == ()
        mixtures = [Counter((one.contrast, one.difficulty) for one in form) for form in forms.values()]
        assert mixtures[0] == mixtures[1] == mixtures[2] and len(mixtures[0]) == 7

    @pytest.mark.parametrize("size", range(1, 22))
    def test_any_size_holds_each_question_once_and_repeats_only_what_it_must(self, bank, size):
        forms = parallel_forms(bank, size, seed=3)
        for form in forms.values():
            assert len({question.id for question in form}) == len(form) == size
        used = Counter(question.id for form in forms.values() for question in form)
        of_kind = Counter(question.contrast for question in bank)
        wanted = Counter(question.contrast for form in forms.values() for question in form)
        for question in bank:
            if wanted[question.contrast] <= of_kind[question.contrast]:
                assert used[question.id] <= 1

    def test_the_seed_decides_and_another_seed_decides_otherwise(self, bank):
        def names(seed):
            return [question.id for form in parallel_forms(bank, 7, seed=seed).values() for question in form]

        assert names(1) == names(1)
        assert len({tuple(names(seed)) for seed in range(10)}) == 10

    def test_one_form_alone_is_the_same_as_among_the_three(self, bank):
        assert form_for(bank, 5, "after", seed=2) == parallel_forms(bank, 5, seed=2)["after"]
        with pytest.raises(UnknownName, match="before, after, three weeks later"):
            form_for(bank, 5, "later")

    @pytest.mark.parametrize("size", [0, 22, -1])
    def test_a_form_larger_than_its_bank_is_refused(self, bank, size):
        with pytest.raises(InvalidValue, match="holds 1 to 21 questions"):
            parallel_forms(bank, size)


class TestKeys:
    def test_a_copy_holds_nothing_that_gives_an_answer_away(self, bank):
        text = json.dumps(bank_to_json(student_copy(bank)))
        for secret in ("correct", "feedback", "misconception", "simulate", "seed", "value", "range", "stretch"):
            assert f'"{secret}"' not in text
        for question in bank:
            assert question.id not in text
        assert not any(
            question.strip and (question.strip.simulate or question.strip.sample) for question in student_copy(bank)
        )

    def test_a_copy_takes_answers_and_judges_none(self, bank):
        for question in student_copy(bank):
            answer = (0,) if isinstance(question, Choice) else 3 if question.kind == "numeric" else "x"
            if question.kind == "mark_strip":
                continue
            given = grade(question, answer)
            assert given.correct is None and given.score is None and "kept" in given.said[0]

    def test_with_its_keys_it_is_graded_again_in_any_order(self, bank):
        copy = student_copy(bank)
        shuffled = list(copy)
        random.Random(1).shuffle(shuffled)
        again = with_keys(type(copy)(tuple(shuffled)), bank)
        assert again.keyed
        for question in again:
            own = bank_of(json.dumps(bank_to_json(bank))).questions
            assert question.prompt in {one.prompt for one in own}

    def test_the_keys_of_other_questions_are_refused(self, bank):
        other = read_bank(
            [
                {
                    "question": "?",
                    "type": "multiple_choice",
                    "answers": [{"answer": "a", "correct": True}, {"answer": "b", "correct": False}],
                }
            ]
        )
        with pytest.raises(InvalidValue, match="not those of the question"):
            with_keys(student_copy(bank), other)

    def test_a_bank_and_its_copy_come_back_from_a_file_as_they_were(self, bank, tmp_path):
        write_bank(bank, tmp_path / "bank.json")
        write_bank(student_copy(bank), tmp_path / "copy.json")
        assert read_bank(tmp_path / "bank.json") == bank
        assert read_bank(tmp_path / "copy.json").questions == student_copy(bank).questions
