"""Grading: a question and an answer give a grade, the same each time, and nothing else happens."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import singledispatch
from typing import Any

from ..arguments import checked
from ..errors import InvalidValue
from ..marks import Mark
from ..strip import Strip
from ..truth import Truth
from . import words
from .mark_scores import MarksScore, Target, mask_of, score_marks
from .parsing import ROLE
from .questions import Choice, MarkStrip, Numeric, Phrase, Question, Reply, Words, in_unit
from .strips import strip_of

Answer = str | float | tuple[int, ...] | tuple[Mark, ...]
"""What a learner gives: a number of an option (or several), a number or text, or marks."""

NUMBER = re.compile(r"\s*([-+]?\s*(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*", re.DOTALL)


@dataclass(frozen=True)
class Grade:
    """What an answer is worth, and what is said to it.

    Parameters
    ----------
    correct : bool or None
        None where the copy holds no key.
    score : float or None
        0 to 1: 1 for right; part of it where part is right.
    said : tuple of str
        Feedback, one sentence or more for each thing that was answered.
    misconceptions : tuple of str
        What the wrong parts stand for.
    """

    correct: bool | None
    score: float | None
    said: tuple[str, ...]
    misconceptions: tuple[str, ...] = ()

    @classmethod
    def of(cls, reply: Reply) -> "Grade":
        """The grade of a single reply."""
        held = (reply.misconception,) if reply.misconception and not reply.correct else ()
        return cls(reply.correct, float(reply.correct), (reply.feedback,), held)


@checked
def grade(question: Question, answer: Answer) -> Grade:
    """Grade an answer.

    Parameters
    ----------
    question : Question
        Of any kind.
    answer : str, float or tuple
        For a choice the numbers of the chosen options, from 0; for a number the number, or text with a unit
        (``"0.16 s"``); for words a text; for a strip the marks.

    Returns
    -------
    Grade
        Not judged where the question holds no key.

    Raises
    ------
    InvalidValue
        When the answer is empty, or of a kind that this question cannot take: it says what to give.
    """
    if answer in ((), "") or (isinstance(answer, str) and not answer.strip()):
        raise InvalidValue(words.EMPTY)
    return _grade(question, answer)


@singledispatch
def _grade(question: Question, _answer: Any) -> Grade:
    raise InvalidValue(f"a {type(question).__name__} cannot be graded; questions come from read_bank")


@_grade.register
def _(question: Choice, answer: Any) -> Grade:
    chosen = _chosen(question, answer)
    if not question.keyed:
        return Grade(None, None, (words.KEPT,))
    replies = [question.options[number].reply or Reply(False, "") for number in chosen]
    if not question.several:
        return Grade.of(replies[0])
    true = {number for number, option in enumerate(question.options) if option.reply and option.reply.correct}
    hits, slips, left = len(true & set(chosen)), len(set(chosen) - true), len(true - set(chosen))
    score = max(0.0, (hits - slips) / len(true)) if true else float(not slips)
    if slips == 0:
        whole = words.ALL_FOUND if not left else words.SOME_LEFT.format(left=left, is_are="are" if left > 1 else "is")
        said = (*(reply.feedback for reply in replies), whole)
    else:
        said = tuple(reply.feedback for reply in replies)
    held = tuple(reply.misconception for reply in replies if reply.misconception and not reply.correct)
    return Grade(slips == 0 and left == 0, score, said, held)


def _chosen(question: Choice, answer: Any) -> tuple[int, ...]:
    numbers = answer if isinstance(answer, tuple) else (answer,)
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, int):
            raise InvalidValue(f"options are chosen by their numbers, from 0, not by {number!r}")
        if not 0 <= number < len(question.options):
            raise InvalidValue(f"there are {len(question.options)} options, numbered from 0; {number} is none of them")
    if len(numbers) > 1 and not question.several:
        raise InvalidValue(f"one option is right here; choose one, not {len(numbers)}")
    return tuple(dict.fromkeys(numbers))


@_grade.register
def _(question: Numeric, answer: Any) -> Grade:
    number = number_in(answer, question.unit)
    if not question.keyed:
        return Grade(None, None, (words.KEPT,))
    if question.digits:
        number = float(f"{number:.{question.digits}g}")
    reply = next((each.reply for each in question.ranges if each.holds(number)), question.otherwise)
    return Grade.of(reply)


def number_in(answer: object, unit: str) -> float:
    """The number that a learner gave, in the question's unit.

    Raises
    ------
    InvalidValue
        When it is no number, or one of something else.

    >>> number_in("0,16 s", "ms"), number_in(72, "/min")
    (160.0, 72.0)
    """
    if isinstance(answer, bool) or not isinstance(answer, int | float | str):
        raise InvalidValue(words.NO_NUMBER.format(answer=answer, example=f"72 {unit}".strip()))
    if not isinstance(answer, str):
        return _finite(float(answer), answer, unit)
    read = NUMBER.fullmatch(answer.replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", " "))
    if not read or re.match(r"[.,]?\d", read[2]):
        raise InvalidValue(words.NO_NUMBER.format(answer=answer, example=f"72 {unit}".strip()))
    given = read[2].replace("\N{GREEK SMALL LETTER MU}", "µ")
    number = _finite(float(read[1].replace(",", ".").replace(" ", "")), answer, unit)
    if given and not unit:
        raise InvalidValue(words.NO_UNIT.format(answer=answer))
    converted = in_unit(number, given, unit)
    if converted is None:
        raise InvalidValue(words.OTHER_UNIT.format(answer=answer, given=given, wanted=unit))
    return converted


def _finite(number: float, answer: object, unit: str) -> float:
    if not math.isfinite(number):
        raise InvalidValue(words.NO_NUMBER.format(answer=answer, example=f"72 {unit}".strip()))
    return number


@_grade.register
def _(question: Words, answer: Any) -> Grade:
    if not isinstance(answer, str):
        raise InvalidValue(f"the answer is a few words, not {answer!r}")
    if not question.keyed:
        return Grade(None, None, (words.KEPT,))
    given = " ".join(answer.split())
    return Grade.of(next((phrase.reply for phrase in question.phrases if _says(phrase, given)), question.otherwise))


def _says(phrase: Phrase, given: str) -> bool:
    wanted = " ".join(phrase.text.split())
    if not phrase.match_case:
        wanted, given = wanted.casefold(), given.casefold()
    return wanted == given or (phrase.likeness < 1 and SequenceMatcher(None, wanted, given).ratio() >= phrase.likeness)


@_grade.register
def _(question: MarkStrip, answer: Any) -> Grade:
    from ..waves import delineate

    if not isinstance(answer, tuple) or not all(isinstance(mark, Mark) for mark in answer):
        raise InvalidValue(f"the answer is marks on the strip, not {answer!r}")
    if not question.keyed:
        return Grade(None, None, (words.KEPT,))
    strip = strip_of(question.strip) if question.strip else None
    if strip is None:
        raise InvalidValue(words.NOT_THERE)
    stretches = {each.stretch: spans_of(strip, each.stretch) for each in question.marks}
    wanted = [span for each in question.marks if each.reply.correct for span in stretches[each.stretch]]
    if not wanted:
        raise InvalidValue(words.NOT_THERE)
    every = (0.0, strip.seconds) if strip.truth is not None else delineate(strip).span
    marks = tuple(replace(mark, brush=question.brush) for mark in answer)
    target = Target(tuple(wanted), mask_of([every]) & ~mask_of(wanted))
    score = score_marks(marks, {question.brush: target})
    return _of_marks(question, marks, score, stretches)


def spans_of(strip: Strip, stretch: str) -> tuple[tuple[float, float], ...]:
    """From when to when each stretch of a name lasts, in seconds: a segment of the strip, or evidence of one role."""
    from ..waves import delineate

    if stretch.startswith(ROLE):
        role = stretch.removeprefix(ROLE)
        truth: Truth | None = strip.truth
        return () if truth is None else tuple((entry.start, entry.end) for entry in truth.with_role(role))
    return delineate(strip).segments.spans(stretch)


def _of_marks(
    question: MarkStrip,
    marks: Sequence[Mark],
    score: MarksScore,
    stretches: Mapping[str, Sequence[tuple[float, float]]],
) -> Grade:
    needed = min(question.beats, score.of)
    share = score.right / (score.right + score.wrong) if score.right + score.wrong else 0.0
    value = share * min(1.0, score.beats / needed)
    replies = []
    for mark, good in zip(marks, score.verdicts, strict=True):
        if good is None:
            replies.append(Reply(False, words.NEITHER_WAY))
        elif good:
            replies.append(_reply_under(question, mark, stretches, right=True))
        else:
            replies.append(_reply_under(question, mark, stretches, right=False))
    counted = words.MARKS_FOUND.format(beats=score.beats, of=score.of, right=score.right, wrong=score.wrong)
    more = (words.MORE_BEATS.format(needed=needed),) if score.beats < needed else ()
    said = tuple(dict.fromkeys(reply.feedback for reply in replies if reply.feedback))
    held = tuple(dict.fromkeys(reply.misconception for reply in replies if reply.misconception and not reply.correct))
    return Grade(score.wrong == 0 and score.beats >= needed, value, (counted, *said, *more), held)


def _reply_under(
    question: MarkStrip, mark: Mark, stretches: Mapping[str, Sequence[tuple[float, float]]], *, right: bool
) -> Reply:
    """The reply to the stretch that most of a mark lies on; of wrong stretches only, or of right ones only."""
    here = mask_of([(mark.start, mark.end)])
    lies = {
        each.stretch: int((here & mask_of(stretches[each.stretch])).sum())
        for each in question.marks
        if each.reply.correct == right
    }
    most = max(lies, key=lambda name: lies[name], default="")
    if not most or not lies[most]:
        return question.otherwise if not right else next(each.reply for each in question.marks if each.reply.correct)
    return next(each.reply for each in question.marks if each.stretch == most)
