"""The course's questions: complete, sourced, fair in form, and never twice where a difference is to be measured."""

import re
from collections import Counter

import pytest

from ecgteach.errors import InvalidValue, UnknownName
from ecgteach.quiz import bank_names, grade, read_bank
from ecgteach.quiz.course import (
    PAIRS,
    Review,
    course_bank,
    course_forms,
    lessons,
    mixed,
    openers,
    reviews,
    wording_of,
)
from ecgteach.quiz.question_sheet import QuestionSheet
from ecgteach.quiz.questions import Choice, MarkStrip, Numeric, Option, Reply
from ecgteach.quiz.strips import strip_of

LESSONS = lessons()
COURSE = (*LESSONS, PAIRS)
RHYTHM_ASKED = re.compile(r"what is the rhythm", re.IGNORECASE)
UNDECIDED = {"none of these", "cannot tell from lead II"}
VISIBLY_LONGER = 1.1
TENDENCY = 0.4
"""Share of questions in which the right option may stand at one place, or be the longest: a quarter is chance."""

CASES_OF_THE_PLAN = {
    "00": "start-spike-glows", "01": "strip-breathing", "02": "label-ten-posts", "03": "picture-wins",
    "04": "kernel-average-rate", "05": "image-thick-pen", "06": "ppv-two-percent", "07": "map-red-at-low",
    "08": "fuse-quarrel", "09": "sinus-long-pr", "10": "slow-complete", "11": "fast-midway", "12": "edit-regular",
    "13": "wave-dash", "14": "trust-paired-edit", "20": "read-keep-tachycardia",
}  # fmt: skip


def questions():
    return [(name, question) for name in COURSE for question in read_bank(name)]


ALL = questions()
EACH = pytest.mark.parametrize("question", [question for _, question in ALL], ids=lambda question: question.id)
CHOICES = [question for _, question in ALL if isinstance(question, Choice)]


def replies(question):
    if isinstance(question, Choice):
        return [option.reply for option in question.options]
    if isinstance(question, Numeric):
        return [each.reply for each in question.ranges] + [question.otherwise]
    return [each.reply for each in question.marks] + [question.otherwise]


def right_option(question):
    return next(at for at, option in enumerate(question.options) if option.reply.correct)


class TestBanks:
    def test_there_is_one_for_each_notebook_from_0_to_14_for_the_last_and_for_the_pairs(self):
        assert [name[:2] for name in LESSONS] == [f"{number:02d}" for number in range(15)] + ["20"]
        assert set(COURSE) | {"rhythms"} == set(bank_names())

    @pytest.mark.parametrize("name", LESSONS)
    def test_each_holds_five_questions_at_least(self, name):
        assert len(read_bank(name)) >= 5

    def test_no_id_and_no_question_stands_in_two(self):
        assert max(Counter(question.id for _, question in ALL).values()) == 1
        asked = Counter((question.prompt, str(question.strip)) for _, question in ALL)
        assert max(asked.values()) == 1

    @pytest.mark.parametrize(("notebook", "name"), CASES_OF_THE_PLAN.items())
    def test_each_holds_the_question_that_the_plan_names_for_it(self, notebook, name):
        assert course_bank(notebook).question(name)

    def test_every_contrast_pair_has_three_questions_of_one_difficulty(self):
        counted = Counter((question.contrast, question.difficulty) for question in read_bank(PAIRS))
        assert len(counted) == 20
        assert set(counted.values()) == {3}

    @pytest.mark.parametrize("name", COURSE)
    def test_every_contrast_has_enough_for_three_forms(self, name):
        counted = Counter((question.contrast, question.difficulty) for question in read_bank(name))
        assert min(counted.values()) >= 3

    def test_a_wrong_name_is_told_with_those_that_there_are(self):
        with pytest.raises(UnknownName, match="01_reading_a_strip"):
            course_bank("99")


class TestEveryQuestion:
    @EACH
    def test_says_something_to_every_answer_and_names_the_misconception_of_a_wrong_one(self, question):
        for reply in replies(question):
            assert len(reply.feedback) > 5
            assert reply.correct or len(reply.misconception) > 5

    @EACH
    def test_names_its_source(self, question):
        known = r"doi 10\.\d{4,}/\S+|9th edition, 2017$|^(60 over RR|arithmetic|the simulator)"
        assert re.search(known, question.source), question.source

    @EACH
    def test_offers_none_and_cannot_tell_where_a_rhythm_is_asked_for(self, question):
        if RHYTHM_ASKED.search(question.prompt):
            assert {option.text for option in question.options} >= UNDECIDED

    @EACH
    def test_never_says_because_nor_anything_that_belittles(self, question):
        said = " ".join([question.prompt, *(reply.feedback for reply in replies(question))]).lower()
        assert not re.findall(r"\b(because|simply|obviously|of course|clearly|trivial|just look)\b", said)

    @EACH
    def test_writes_short_sentences(self, question):
        said = [question.prompt, *(reply.feedback for reply in replies(question))]
        longest = max(
            (part for text in said for part in re.split(r"(?<=[.?!:;])\s", text)), key=lambda t: len(t.split())
        )
        assert len(longest.split()) <= 34, longest

    @EACH
    def test_its_words_do_not_name_what_its_strip_shows(self, question):
        if question.strip and RHYTHM_ASKED.search(question.prompt):
            right = question.options[right_option(question)].text.split(" (")[0]
            assert right not in question.prompt


class TestNothingGivesTheAnswerAway:
    def test_the_right_option_stands_at_every_place_about_as_often(self):
        four = [question for question in CHOICES if not UNDECIDED & {option.text for option in question.options}]
        places = Counter(right_option(question) for question in four)
        assert max(places.values()) <= TENDENCY * len(four)

    def test_the_right_option_is_seldom_visibly_the_longest_or_the_shortest(self):
        longest = shortest = 0
        for question in CHOICES:
            at = right_option(question)
            lengths = [len(option.text) for option in question.options]
            others = lengths[:at] + lengths[at + 1 :]
            longest += lengths[at] > VISIBLY_LONGER * max(others)
            shortest += VISIBLY_LONGER * lengths[at] < min(others)
        assert max(longest, shortest) <= 0.2 * len(CHOICES)

    def test_options_are_mixed_by_seed_and_the_undecided_keep_their_place(self):
        question = course_bank("01").question("strip-breathing")
        orders = {tuple(option.text for option in mixed(question, seed=seed).options) for seed in range(20)}
        assert len(orders) > 3
        assert all(order[-2:] == ("none of these", "cannot tell from lead II") for order in orders)
        assert mixed(question, seed=3) == mixed(question, seed=3)
        assert set(mixed(question).options) == set(question.options)

    def test_a_question_without_options_is_left_as_it_is(self):
        question = course_bank("01").question("strip-mark-p")
        assert mixed(question, seed=5) is question


class TestStripsAreWhatTheirQuestionsSay:
    @pytest.mark.parametrize(
        "question", [q for _, q in ALL if q.strip and q.strip.settings.get("rate")], ids=lambda question: question.id
    )
    def test_the_rate_is_the_one_that_was_asked_for(self, question):
        rate = 60 / float(strip_of(question.strip).truth.rr.mean())
        assert rate == pytest.approx(question.strip.settings["rate"], rel=0.15)

    @pytest.mark.parametrize("name", ["strip-rate-boxes", "strip-rate-small", "strip-rate-count"])
    def test_a_rate_measured_on_the_strip_is_graded_right_and_its_double_wrong(self, name):
        question = course_bank("01").question(name)
        rate = 60 / float(strip_of(question.strip).truth.rr.mean())
        assert grade(question, rate).correct
        wrong = grade(question, 2 * rate)
        assert not wrong.correct
        assert wrong.misconceptions

    def test_pr_measured_on_the_strip_is_graded_right(self):
        question = course_bank("01").question("strip-pr")
        truth = strip_of(question.strip).truth
        first_p = next(wave for wave in truth.of("P") if wave.onset > 0.5)
        qrs = next(wave for wave in truth.of("QRS") if wave.onset > first_p.onset)
        assert grade(question, 1000 * (qrs.onset - first_p.onset)).correct

    @pytest.mark.parametrize("question", [q for _, q in ALL if isinstance(q, MarkStrip)], ids=lambda q: q.id)
    def test_what_is_to_be_marked_is_there_often_enough(self, question):
        strip = strip_of(question.strip)
        kind = next(each.stretch for each in question.marks if each.reply.correct)
        assert len(strip.truth.of(kind)) >= question.beats


class TestOpeners:
    @pytest.mark.parametrize("name", LESSONS[1:])
    def test_three_from_earlier_notebooks_open_each_later_one(self, name):
        drawn = openers(name)
        before = {question.id for earlier in LESSONS[: LESSONS.index(name)] for question in read_bank(earlier)}
        assert len(drawn) == 3
        assert {question.id for question in drawn} <= before
        assert len({question.contrast for question in drawn}) == 3

    @pytest.mark.parametrize("name", LESSONS[1:])
    def test_one_of_them_comes_from_the_notebook_just_before(self, name):
        latest = {question.contrast for question in read_bank(LESSONS[LESSONS.index(name) - 1])}
        for seed in range(5):
            assert latest & {question.contrast for question in openers(name, seed=seed)}

    def test_a_seed_decides_which(self):
        drawn = [tuple(question.id for question in openers("09", seed=seed)) for seed in (0, 0, 1, 2, 3)]
        assert drawn[0] == drawn[1]
        assert len(set(drawn)) >= 3

    def test_nothing_opens_the_first_notebook(self):
        with pytest.raises(InvalidValue, match="nothing comes before 00_start_here"):
            openers("00")


class TestForms:
    @pytest.mark.parametrize("size", [8, 20, 23])
    @pytest.mark.parametrize("seed", [0, 1, 7])
    def test_before_after_and_three_weeks_later_share_no_question_and_have_one_mixture(self, size, seed):
        forms = course_forms(size, seed=seed)
        assert list(forms) == ["before", "after", "three weeks later"]
        names = [question.id for form in forms.values() for question in form]
        assert len(names) == len(set(names)) == 3 * size
        mixtures = {
            tuple(sorted((question.contrast, question.difficulty) for question in form)) for form in forms.values()
        }
        assert len(mixtures) == 1

    @pytest.mark.parametrize("size", [0, 24])
    def test_a_size_that_would_repeat_questions_is_refused(self, size):
        with pytest.raises(InvalidValue, match="1 to 23"):
            course_forms(size)


class TestReviews:
    def test_every_question_has_its_line_and_nobody_has_signed_for_another(self):
        assert [(line.bank, line.question) for line in reviews()] == [(name, question.id) for name, question in ALL]

    def test_a_signature_names_a_person_and_a_day_and_holds_for_the_wording_that_was_read(self):
        by_id = {question.id: question for _, question in ALL}
        for line in reviews():
            assert not line.reviewed_by or line.signs(by_id[line.question]), f"{line.question} was changed since"

    def test_a_changed_word_takes_the_signature_away(self):
        question = CHOICES[0]
        line = Review("00", question.id, "A. Reader", "2026-01-02", wording_of(question))
        assert line.signs(question)
        changed = Choice(**{**vars(question), "options": (Option("x", reply=Reply(True, "y")), *question.options[1:])})
        assert not line.signs(changed)
        assert not Review("00", question.id, wording=wording_of(question)).signs(question)


class TestSheet:
    def test_shows_every_question_its_strip_and_what_is_said_to_each_answer(self):
        bank = course_bank("01")
        page = QuestionSheet(bank)._repr_html_()
        assert page.count("<details>") == sum(len(replies(question)) for question in bank)
        assert page.count("<img") == sum(question.strip is not None for question in bank)
        assert page.count("<b>Right.</b>") == len(bank)

    def test_counts_on_where_a_page_has_begun(self):
        assert repr(QuestionSheet(openers("03"), first=4)).startswith("4. ")

    def test_names_no_rhythm_in_title_or_alternative_text(self):
        for question, picture in zip(course_bank("01"), QuestionSheet(course_bank("01")).pictures, strict=True):
            if picture is not None:
                assert not re.search("sinus|fibrillation|flutter|brady|tachy", picture.alt, re.IGNORECASE), question.id

    def test_a_copy_without_keys_says_so(self):
        page = QuestionSheet(type(course_bank("00"))((course_bank("00").questions[0].keyless(),)))._repr_html_()
        assert "The key is not in this copy." in page
        assert "Right." not in page
