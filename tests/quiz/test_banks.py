"""Banks: jupyterquiz's form and ours are read, and each kind of broken bank says where, what and the way out."""

import json
import subprocess
import sys

import numpy as np
import pytest

from ecgteach.errors import EcgteachError, InvalidValue, UnknownName, UnreadableFile
from ecgteach.quiz import bank_names, grade, read_bank
from ecgteach.quiz.banks import FORMAT, Bank
from ecgteach.quiz.questions import KINDS, Choice, MarkStrip, Numeric, Words
from ecgteach.quiz.strips import strip_of

FOREIGN = [
    {
        "question": "Which may stand in a notebook?",
        "type": "many_choice",
        "answer_cols": 4,
        "answers": [
            {"answer": "text", "correct": True, "feedback": "Yes."},
            {"answer": "figures", "correct": True},
            {"answer": "a cat", "correct": False, "feedback": "No."},
        ],
    },
    {
        "question": "Which adds an item?",
        "type": "multiple_choice",
        "code": "mine = []",
        "answers": [{"code": "mine += 3", "correct": False}, {"code": "mine += [3]", "correct": True}],
    },
    {
        "question": "Pi, to two decimal places?",
        "type": "numeric",
        "precision": 3,
        "answers": [
            {"type": "value", "value": 3.14, "correct": True, "feedback": "Yes."},
            {"type": "range", "range": [-1e8, 0], "correct": False, "feedback": "An area is positive."},
            {"type": "default", "feedback": "Not that."},
        ],
    },
    {
        "question": "What leads to QRS?",
        "type": "string",
        "input_width": 20,
        "answers": [
            {"answer": "P wave", "correct": True, "fuzzy_threshold": 0.8, "feedback": "Yes."},
            {"answer": "T", "correct": False, "match_case": True, "feedback": "It follows."},
            {"type": "default", "feedback": "Look before QRS."},
        ],
    },
]
"""What jupyterquiz reads, in its own words for keys and types; made up here."""


def ours(**changes):
    """A bank of our own form with one sound question, and that question changed."""
    question = {
        "id": "one",
        "type": "multiple_choice",
        "contrast": "a or b",
        "difficulty": 1,
        "source": "us",
        "question": "Why?",
        "answers": [
            {"answer": "yes", "correct": True, "feedback": "It is."},
            {"answer": "no", "correct": False, "feedback": "It is not."},
        ],
    }
    question |= changes
    return {"format": FORMAT, "questions": [{name: held for name, held in question.items() if held is not ...}]}


class TestForms:
    def test_jupyterquiz_json_is_read_with_every_kind_of_question(self):
        bank = read_bank(FOREIGN)
        assert [question.kind for question in bank] == ["many_choice", "multiple_choice", "numeric", "string"]
        assert bank.keyed
        many, one, number, words = bank
        assert isinstance(many, Choice) and many.several and len(many.options) == 3
        assert one.options[1].code == "mine += [3]" and one.code == "mine = []"
        assert isinstance(number, Numeric) and number.digits == 3 and number.otherwise.feedback == "Not that."
        assert isinstance(words, Words) and words.phrases[1].match_case

    def test_a_foreign_question_without_feedback_gets_a_plain_one(self):
        assert read_bank(FOREIGN).questions[0].options[1].reply.feedback == "Right."

    def test_json_and_toml_files_hold_the_same(self, tmp_path):
        (tmp_path / "bank.json").write_text(json.dumps(ours()), encoding="utf-8")
        (tmp_path / "bank.toml").write_text(
            f'format = "{FORMAT}"\n[[questions]]\nid = "one"\ntype = "multiple_choice"\ncontrast = "a or b"\n'
            'difficulty = 1\nsource = "us"\nquestion = "Why?"\n'
            '[[questions.answers]]\nanswer = "yes"\ncorrect = true\nfeedback = "It is."\n'
            '[[questions.answers]]\nanswer = "no"\ncorrect = false\nfeedback = "It is not."\n',
            encoding="utf-8",
        )
        assert read_bank(tmp_path / "bank.json") == read_bank(str(tmp_path / "bank.toml")) == read_bank(ours())

    def test_a_byte_order_mark_does_no_harm(self, tmp_path):
        (tmp_path / "bank.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(FOREIGN).encode())
        assert read_bank(tmp_path / "bank.json") == read_bank(FOREIGN)

    def test_questions_without_an_id_get_one_that_stays_and_is_theirs(self):
        twice = read_bank([FOREIGN[0], FOREIGN[0], FOREIGN[1]])
        assert len({question.id for question in twice}) == 3
        assert twice.questions[2].id == read_bank(FOREIGN).questions[1].id

    def test_a_bank_without_strips_is_read_without_torch(self):
        code = (
            f"import sys; from ecgteach.quiz import read_bank; read_bank({FOREIGN}); sys.exit('torch' in sys.modules)"
        )
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


BROKEN = {
    "no question": ([], InvalidValue, "holds no question"),
    "not a list": ("{}", InvalidValue, "`questions` is missing"),
    "another format": ({"format": "moodle", "questions": []}, InvalidValue, "format 'moodle'"),
    "questions no list": ({"questions": "why"}, InvalidValue, "`questions` is a text"),
    "question no object": (["why"], InvalidValue, "question 1 is no object"),
    "no text": (ours(question=""), InvalidValue, "question 1: `question` is ''"),
    "text missing": (ours(question=...), InvalidValue, "`question` is missing"),
    "endless text": (ours(question="w" * 5000), InvalidValue, "5,000 letters"),
    "type missing": (ours(type=...), InvalidValue, "`type` is missing"),
    "type unknown": (ours(type="multiple_choise"), UnknownName, "did you mean multiple_choice"),
    "key unknown": (ours(dificulty=2), UnknownName, "'dificulty'; did you mean difficulty"),
    "no source": (ours(source=...), InvalidValue, "`source` is missing"),
    "no contrast": (ours(contrast=...), InvalidValue, "`contrast` is missing"),
    "difficulty 7": (ours(difficulty=7), InvalidValue, "`difficulty` is 7; write 1 to 3"),
    "difficulty true": (ours(difficulty=True), InvalidValue, "`difficulty` is True"),
    "answers no list": (ours(answers="yes"), InvalidValue, "`answers` is no list"),
    "one answer": (ours(answers=[{"answer": "yes", "correct": True, "feedback": "x"}]), InvalidValue, "two or more"),
    "none right": (
        ours(answers=[{"answer": one, "correct": False, "feedback": "x"} for one in "ab"]),
        InvalidValue,
        "no answer is correct",
    ),
    "two right": (
        ours(answers=[{"answer": one, "correct": True, "feedback": "x"} for one in "ab"]),
        InvalidValue,
        "write the type many_choice",
    ),
    "correct a word": (
        ours(answers=[{"answer": one, "correct": "yes", "feedback": "x"} for one in "ab"]),
        InvalidValue,
        "write true or false",
    ),
    "no feedback": (
        ours(answers=[{"answer": "a", "correct": True}, {"answer": "b", "correct": False, "feedback": "x"}]),
        InvalidValue,
        "answer 1 has no feedback; say why it is right",
    ),
    "answer says nothing": (
        ours(answers=[{"correct": True, "feedback": "x"}, {"answer": "b", "correct": False, "feedback": "x"}]),
        InvalidValue,
        "answer 1 says nothing",
    ),
    "answer twice": (
        ours(answers=[{"answer": "a", "correct": one, "feedback": "x"} for one in (True, False)]),
        InvalidValue,
        "stands there twice",
    ),
    "value a word": (
        ours(type="numeric", answers=[{"value": "72", "correct": True, "feedback": "x"}]),
        InvalidValue,
        "`value` is '72'; write a number",
    ),
    "value infinite": (
        ours(type="numeric", answers=[{"value": float("inf"), "correct": True, "feedback": "x"}]),
        InvalidValue,
        "write a number",
    ),
    "range backwards": (
        ours(type="numeric", answers=[{"range": [9, 1], "correct": True, "feedback": "x"}]),
        InvalidValue,
        "the lower number comes first",
    ),
    "range of three": (
        ours(type="numeric", answers=[{"range": [1, 2, 3], "correct": True, "feedback": "x"}]),
        InvalidValue,
        "write [lowest, highest]",
    ),
    "tolerance below 0": (
        ours(type="numeric", answers=[{"value": 1, "tolerance": -1, "correct": True, "feedback": "x"}]),
        InvalidValue,
        "`tolerance` is -1",
    ),
    "no default": (
        ours(type="numeric", answers=[{"value": 1, "correct": True, "feedback": "x"}]),
        InvalidValue,
        'type "default"',
    ),
    "likeness 80": (
        ours(type="string", answers=[{"answer": "P", "fuzzy_threshold": 80, "correct": True, "feedback": "x"}]),
        InvalidValue,
        "`fuzzy_threshold` is 80",
    ),
    "nothing to mark": (ours(type="mark_strip"), InvalidValue, "there is no strip to mark"),
    "stretch unknown": (
        ours(
            type="mark_strip", strip={"simulate": "SR"}, answers=[{"stretch": "QRST", "correct": True, "feedback": "x"}]
        ),
        UnknownName,
        "no stretch is called 'QRST'",
    ),
    "brush unknown": (
        ours(
            type="mark_strip",
            strip={"simulate": "SR"},
            brush="sean",
            answers=[{"stretch": "P", "correct": True, "feedback": "x"}],
        ),
        UnknownName,
        "no brush is called 'sean'; did you mean seen",
    ),
    "strip no object": (ours(strip="SR"), InvalidValue, "strip is no object"),
    "strip of two": (ours(strip={"simulate": "SR", "sample": "x"}), InvalidValue, "write one of"),
    "rhythm unknown": (ours(strip={"simulate": "SRR"}), UnknownName, "strip: no rhythm called 'SRR'"),
    "setting unknown": (ours(strip={"simulate": "SR", "heart": 3}), UnknownName, "strip: SR has no setting 'heart'"),
    "rate impossible": (ours(strip={"simulate": "SR", "rate": 900}), InvalidValue, "strip: "),
    "sample unknown": (ours(strip={"sample": "mine/1@0s"}), UnknownName, "no sample is called"),
    "too few microvolts": (ours(strip={"microvolts": [1, 2, 3]}), InvalidValue, "no list of 5000 whole numbers"),
}


class TestBrokenBanks:
    @pytest.mark.parametrize("kind", BROKEN)
    def test_each_says_where_what_and_the_way_out(self, kind, tmp_path):
        held, error, words = BROKEN[kind]
        path = tmp_path / "mine.json"
        path.write_text(held if isinstance(held, str) else json.dumps(held), encoding="utf-8")
        with pytest.raises(error) as raised:
            read_bank(path)
        assert words in str(raised.value)
        assert str(raised.value).startswith("mine.json")

    @pytest.mark.parametrize(
        ("name", "content", "words"),
        [
            ("cut.json", b'[{"question": "Why', "cut.json is not JSON"),
            ("cut.toml", b"[[questions]\n", "cut.toml is not TOML"),
            ("latin.json", "[\u00e9]".encode("latin-1"), "not text in UTF-8"),
            ("deep.json", b"[" * 100_000, "deep"),
            ("empty.json", b"", "empty.json is not JSON"),
            ("picture.json", b"\x89PNG\r\n\x1a\n\0\0", "not text in UTF-8"),
        ],
    )
    def test_a_file_that_is_no_bank_says_so(self, tmp_path, name, content, words):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UnreadableFile, match=words):
            read_bank(tmp_path / name)

    def test_missing_files_folders_and_names_get_their_sentence(self, tmp_path):
        with pytest.raises(UnreadableFile, match="is not there"):
            read_bank(tmp_path / "none.json")
        with pytest.raises(UnreadableFile, match="is a folder"):
            read_bank(tmp_path)
        with pytest.raises(UnknownName, match="did you mean rhythms"):
            read_bank("rythms")
        with pytest.raises(InvalidValue, match="not None"):
            read_bank(None)

    def test_the_same_id_twice_is_told_with_its_place(self):
        held = ours()
        held["questions"] *= 2
        with pytest.raises(InvalidValue, match="question 2: the id 'one' stands on an earlier"):
            read_bank(held)

    @pytest.mark.parametrize("seed", range(200))
    def test_whatever_a_hand_breaks_gives_a_sentence_or_a_bank(self, seed):
        """Random cuts, swaps and other values anywhere in a bank: never another kind of error."""
        draw = np.random.default_rng(seed)
        held = json.loads(json.dumps(FOREIGN + ours()["questions"]))
        for _ in range(3):
            spoil(held, draw)
        try:
            bank = read_bank(held if draw.random() < 0.5 else {"questions": held})
        except EcgteachError as problem:
            assert len(str(problem)) > 20
        else:
            assert len(bank) >= 1


def spoil(held, draw):
    """Replace, remove or double one thing at a random depth."""
    where = held
    while True:
        keys = list(where) if isinstance(where, dict) else list(range(len(where)))
        if not keys:
            return
        key = keys[int(draw.integers(len(keys)))]
        inner = where[key]
        if isinstance(inner, dict | list) and inner and draw.random() < 0.7:
            where = inner
            continue
        kind = int(draw.integers(4))
        if kind == 0:
            where.pop(key)
        elif kind == 1 and isinstance(where, list):
            where.append(inner)
        else:
            others = [None, "", 7, -1.5, True, [], {}, "x" * 10, [1, 2], {"type": "default"}]
            where[key] = others[int(draw.integers(len(others)))]
        return


@pytest.fixture(scope="module")
def bank():
    return read_bank("rhythms")


class TestTheBankThatCame:
    def test_it_is_listed_and_holds_every_kind(self, bank):
        assert "rhythms" in bank_names()
        assert {question.kind for question in bank} == set(KINDS)

    def test_each_contrast_has_enough_for_three_forms_of_one_difficulty(self, bank):
        for contrast in {question.contrast for question in bank}:
            of = [question for question in bank if question.contrast == contrast]
            assert len(of) == 3 and len({question.difficulty for question in of}) == 1

    def test_each_wrong_answer_has_feedback_and_names_its_misconception(self, bank):
        for question in bank:
            for reply in replies(question):
                assert len(reply.feedback) > 5, question.id
                assert reply.correct or reply.misconception, (question.id, reply.feedback)

    def test_no_strip_gives_its_question_away_and_every_one_can_be_shown(self, bank):
        for question in bank:
            if question.strip is not None:
                assert strip_of(question.strip).samples.shape == (5000,)

    def test_numbers_that_can_be_measured_on_the_strip_are_those_of_its_truth(self, bank):
        truths = {
            "rate-by-rr": lambda truth: 60 / truth.rr.mean(),
            "how-many-early": lambda truth: int((truth.rr < 0.8 * np.median(truth.rr)).sum()),
            "flutter-rate": lambda truth: 60 / np.diff([wave.peak for wave in truth.of("F")]).mean(),
            "qrs-width-measured": lambda truth: 1000 * np.median([one.offset - one.onset for one in truth.of("QRS")]),
            "pr-measured": lambda truth: 1000 * np.median(pr(truth)),
        }
        measured = {question.id for question in bank if isinstance(question, Numeric)}
        assert measured == set(truths)
        for name, true in truths.items():
            question = bank.question(name)
            found = true(strip_of(question.strip).truth)
            assert grade(question, float(found)).correct, (name, found)
            right = next(one for one in question.ranges if one.reply.correct)
            assert abs(found - (right.low + right.high) / 2) <= max(1.0, (right.high - right.low) / 4), (name, found)

    def test_marking_what_is_asked_for_is_right_and_anything_else_is_not(self, bank):
        from ecgteach.marks import Mark
        from ecgteach.quiz.grading import spans_of

        for question in bank:
            if isinstance(question, MarkStrip):
                strip = strip_of(question.strip)
                right, wrong = (
                    [one.stretch for one in question.marks if one.reply.correct is wanted] for wanted in (True, False)
                )
                marks = tuple(Mark(question.brush, *span) for span in spans_of(strip, right[0])[1:5])
                assert grade(question, marks).correct, question.id
                for stretch in wrong:
                    marks = tuple(Mark(question.brush, *span) for span in spans_of(strip, stretch)[1:5])
                    given = grade(question, marks)
                    own = next(one.reply for one in question.marks if one.stretch == stretch)
                    assert given.correct is False and own.feedback in given.said, (question.id, stretch)


def replies(question):
    if isinstance(question, Choice):
        return [option.reply for option in question.options]
    held = [
        each.reply for each in (getattr(question, "ranges", ()) or getattr(question, "phrases", ()) or question.marks)
    ]
    return [*held, question.otherwise]


def pr(truth):
    onsets = {wave.beat: wave.onset for wave in truth.of("P")}
    return [wave.onset - onsets[wave.beat] for wave in truth.of("QRS") if wave.beat in onsets]


def test_tags_choose_and_an_unknown_one_says_which_there_are():
    bank = read_bank("rhythms")
    assert len(bank.tagged(contrast="PR: usual or long")) == 3
    assert {question.difficulty for question in bank.tagged(difficulty=3)} == {3}
    with pytest.raises(UnknownName, match="the contrasts are fibrillation"):
        bank.tagged(contrast="nonsense")
    with pytest.raises(UnknownName, match="no question of"):
        bank.question("nonsense")
    with pytest.raises(InvalidValue, match="holds no question"):
        Bank(())
