"""Answer keys apart from the questions: a student's copy, the keys, and both together again.

A copy holds nothing that gives an answer away: options without what is right, strips as samples without rhythm, seed or
truth, and ids that are no words.
"""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..arguments import checked
from ..errors import InvalidValue
from ..paths import write_whole
from .banks import FORMAT, Bank
from .questions import Choice, MarkStrip, Numeric, Question, Reply, StripOf, Words
from .strips import microvolts_of, strip_of


def student_copy(bank: Bank) -> Bank:
    """A bank without keys; its questions are called by numbers that `with_keys` understands."""
    return Bank(tuple(_copied(question) for question in bank), bank.title)


def _copied(question: Question) -> Question:
    shown = question.strip
    if shown is not None:
        strip = strip_of(shown)
        shown = StripOf(lead=strip.lead, microvolts=microvolts_of(strip))
    return replace(question.keyless(), id=opaque(question.id), strip=shown, contrast="", source="")


def opaque(name: str) -> str:
    """An id that says nothing: ``"af-or-sinus-1"`` would."""
    return f"q-{sha256(name.encode()).hexdigest()[:10]}"


@checked
def with_keys(copy: Bank, keyed: Bank) -> Bank:
    """A student's copy with its keys, in the copy's order.

    Raises
    ------
    InvalidValue
        When the keys are those of other questions.
    """
    known = {opaque(question.id): question for question in keyed} | {question.id: question for question in keyed}
    found = []
    for question in copy:
        own = known.get(question.id)
        if own is None or _asked(own) != _asked(question):
            raise InvalidValue(
                f"these keys are not those of the question {question.prompt[:40]!r}; "
                "take the bank that the copy came from"
            )
        found.append(replace(own, id=question.id))
    return Bank(tuple(found), copy.title)


def _asked(question: Question) -> tuple[object, ...]:
    options = tuple((option.text, option.code) for option in question.options) if isinstance(question, Choice) else ()
    return question.kind, question.prompt, question.code, options


@checked
def write_bank(bank: Bank, path: str | Path) -> Path:
    """Write a bank as JSON that `read_bank` and, but for marks and tags, jupyterquiz read; whole or not at all."""
    text = json.dumps(bank_to_json(bank), ensure_ascii=False, indent=1)
    return write_whole(path, text + "\n")


def bank_to_json(bank: Bank) -> Any:
    """A bank as plain values: the object of our own form, or a bare list where tags are missing."""
    listed = [_plain(question) for question in bank]
    if bank.keyed and all(question.contrast and question.source for question in bank):
        return {"format": FORMAT, "title": bank.title, "questions": listed}
    return listed


def _plain(question: Question) -> dict[str, Any]:
    held: dict[str, Any] = {"question": question.prompt, "type": question.kind, "id": question.id}
    held["difficulty"] = question.difficulty
    held |= {name: value for name in ("contrast", "source", "code") if (value := getattr(question, name))}
    if question.strip is not None:
        held["strip"] = _strip(question.strip)
    return held | _of_kind(question)


def _strip(spec: StripOf) -> dict[str, Any]:
    if spec.microvolts:
        return {"microvolts": list(spec.microvolts), "lead": spec.lead}
    if spec.sample:
        return {"sample": spec.sample, "lead": spec.lead}
    return {"simulate": spec.simulate, "seed": spec.seed, "lead": spec.lead, **spec.settings}


def _of_kind(question: Question) -> dict[str, Any]:
    if isinstance(question, Choice):
        return {
            "answers": [
                {
                    **{name: text for name, text in (("answer", option.text), ("code", option.code)) if text},
                    **_reply(option.reply),
                }
                for option in question.options
            ]
        }
    if isinstance(question, Numeric):
        unit = {"unit": question.unit} if question.unit else {}
        digits = {"precision": question.digits} if question.digits else {}
        return {**unit, **digits, "answers": _numbers(question)}
    if isinstance(question, Words):
        answers = [
            {
                "answer": phrase.text,
                "match_case": phrase.match_case,
                "fuzzy_threshold": phrase.likeness,
                **_reply(phrase.reply),
            }
            for phrase in question.phrases
        ]
        return {"answers": answers + _otherwise(question)}
    if isinstance(question, MarkStrip):
        answers = [{"stretch": each.stretch, **_reply(each.reply)} for each in question.marks]
        return {"brush": question.brush, "beats": question.beats, "answers": answers + _otherwise(question)}
    raise InvalidValue(f"a {type(question).__name__} cannot be written; questions come from read_bank")


def _numbers(question: Numeric) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = []
    for each in question.ranges:
        if each.closed:
            middle, half = (each.low + each.high) / 2, (each.high - each.low) / 2
            answers.append({"type": "value", "value": middle, "tolerance": half, **_reply(each.reply)})
        else:
            answers.append({"type": "range", "range": [each.low, each.high], **_reply(each.reply)})
    return answers + _otherwise(question)


def _otherwise(question: Numeric | Words | MarkStrip) -> list[dict[str, Any]]:
    said = question.otherwise.feedback
    misconception = {"misconception": question.otherwise.misconception} if question.otherwise.misconception else {}
    return [{"type": "default", "feedback": said, **misconception}] if question.keyed and said else []


def _reply(reply: Reply | None) -> dict[str, Any]:
    if reply is None:
        return {}
    misconception = {"misconception": reply.misconception} if reply.misconception else {}
    return {"correct": reply.correct, "feedback": reply.feedback, **misconception}
