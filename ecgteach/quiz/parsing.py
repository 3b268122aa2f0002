"""One question of a bank from what its file holds, with messages that say where it is broken and what to write."""

import math
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from ..errors import EcgteachError, InvalidValue, UnknownName, choices, did_you_mean
from ..strip import SAMPLES
from ..truth import ROLES
from .questions import (
    BRUSHES,
    DIFFICULTIES,
    KINDS,
    SEEN,
    Choice,
    Marked,
    MarkStrip,
    Numeric,
    Option,
    Phrase,
    Question,
    Range,
    Reply,
    StripOf,
    Words,
)
from .strips import strip_of
from .words import NOT_RIGHT, RIGHT

COMMON = ("question", "type", "answers", "id", "contrast", "difficulty", "source", "code", "strip")
OF_KIND = {
    "multiple_choice": ("answer_cols",),
    "many_choice": ("answer_cols",),
    "numeric": ("precision", "unit"),
    "string": ("input_width",),
    "mark_strip": ("brush", "beats"),
}
"""Keys of a question beside the common ones; those that only say how jupyterquiz lays it out are read over."""

REPLY = ("correct", "feedback", "misconception")
ROLE = "role "
LONGEST_PROMPT = 4000


@dataclass(frozen=True)
class Place:
    """Where in a bank something stands, for messages, and what is taken from there."""

    name: str

    def inside(self, part: str) -> "Place":
        """A place within this one."""
        return Place(f"{self.name}, {part}")

    def __str__(self) -> str:
        return self.name

    def known(self, held: Mapping[str, Any], keys: Sequence[str], required: Sequence[str] = ()) -> None:
        """Refuse keys that nobody reads, and miss those that must be there."""
        for key in held:
            if key not in keys:
                raise UnknownName(f"{self}: no key is called {key!r}{did_you_mean(str(key), keys)}")
        for key in required:
            if key not in held:
                raise InvalidValue(f"{self}: `{key}` is missing; write it")

    def text(self, held: Mapping[str, Any], key: str, default: str | None = None) -> str:
        """A text that is not empty."""
        value = held.get(key, default)
        if not isinstance(value, str) or (not value.strip() and default is None):
            raise InvalidValue(f"{self}: `{key}` is {value!r}; write a text" if key in held else self._missing(key))
        return value

    def number(self, held: Mapping[str, Any], key: str) -> float:
        """A finite number."""
        value = held.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise InvalidValue(f"{self}: `{key}` is {value!r}; write a number" if key in held else self._missing(key))
        return float(value)

    def whole(self, held: Mapping[str, Any], key: str, default: int, allowed: Sequence[int]) -> int:
        """One of a few whole numbers."""
        value = held.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value not in allowed:
            raise InvalidValue(f"{self}: `{key}` is {value!r}; write {allowed[0]} to {allowed[-1]}")
        return value

    def _missing(self, key: str) -> str:
        return f"{self}: `{key}` is missing; write it"


def question_from(held: Any, where: Place, *, strict: bool, taken: Set[str] = frozenset()) -> Question:
    """A question of what its file holds.

    Parameters
    ----------
    held : object
        As JSON or TOML gave it.
    where : Place
        For messages.
    strict : bool
        Whether tags, source and feedback must be there and every key must be known; jupyterquiz's banks lack them.
    taken : set of str
        Ids of earlier questions: a question without one gets another.

    Raises
    ------
    InvalidValue, UnknownName
        When it is broken.
    """
    if not isinstance(held, Mapping):
        raise InvalidValue(f"{where} is no object; write {{question, type, answers}}")
    prompt = where.text(held, "question")
    if len(prompt) > LONGEST_PROMPT:
        raise InvalidValue(f"{where}: a question of {len(prompt):,} letters is none; put the text beside it")
    shown = " ".join(prompt.split())
    where = where.inside(f"{shown[:40]}{'...' * (len(shown) > 40)}")
    kind = where.text(held, "type")
    if kind not in KINDS:
        raise UnknownName(f"{where}: no type is called {kind!r}{did_you_mean(kind, KINDS)}; there are {choices(KINDS)}")
    if strict:
        tags = ("id", "contrast", "difficulty", "source")
        where.known(held, (*COMMON, *OF_KIND[kind]), ("answers", *tags))
    answers = _answers(held, where)
    common: dict[str, Any] = {
        "id": where.text(held, "id") if "id" in held else _name_of(prompt, taken),
        "prompt": prompt,
        "contrast": where.text(held, "contrast", ""),
        "difficulty": where.whole(held, "difficulty", 2, DIFFICULTIES),
        "source": where.text(held, "source", ""),
        "code": where.text(held, "code", ""),
        "strip": _strip(held["strip"], where) if "strip" in held else None,
        "keyed": any(_replies(answer) for answer in answers),
    }
    return MAKERS[kind](held, answers, common, where, strict)


def _answers(held: Mapping[str, Any], where: Place) -> list[Mapping[str, Any]]:
    answers = held.get("answers", [])
    if not isinstance(answers, list | tuple) or not all(isinstance(answer, Mapping) for answer in answers):
        raise InvalidValue(f"{where}: `answers` is no list of objects; write one object for each answer")
    return list(answers)


def _replies(answer: Mapping[str, Any]) -> bool:
    """Whether an answer holds something of the key; one without it belongs to a student's copy."""
    return bool({"correct", "feedback", "value", "range"} & answer.keys())


def _choice(
    held: Mapping[str, Any], answers: list[Mapping[str, Any]], common: dict[str, Any], where: Place, strict: bool
) -> Question:
    several = held["type"] == "many_choice"
    if len(answers) < 2:
        raise InvalidValue(f"{where}: {len(answers) or 'no'} answer to choose from; write two or more")
    options = []
    for number, answer in enumerate(answers, 1):
        place = where.inside(f"answer {number}")
        if strict:
            place.known(answer, ("answer", "code", *REPLY))
        text, code = place.text(answer, "answer", ""), place.text(answer, "code", "")
        if not (text.strip() or code.strip()):
            raise InvalidValue(f"{place} says nothing; write `answer` or `code`")
        options.append(Option(text, code, _reply(answer, place, strict) if common["keyed"] else None))
    _all_differ([(option.text.strip(), option.code) for option in options], where)
    right = sum(bool(option.reply and option.reply.correct) for option in options)
    if common["keyed"] and right == 0 and not several:
        raise InvalidValue(f"{where}: no answer is correct; set `correct` of one to true")
    if right > 1 and not several:
        raise InvalidValue(f"{where}: {right} answers are correct; leave one, or write the type many_choice")
    return Choice(**common, options=tuple(options), several=several)


def _numeric(
    held: Mapping[str, Any], answers: list[Mapping[str, Any]], common: dict[str, Any], where: Place, strict: bool
) -> Question:
    ranges, otherwise = [], _unsaid(common["keyed"] and not strict)
    for number, answer in enumerate(answers, 1):
        place = where.inside(f"answer {number}")
        if strict:
            place.known(answer, ("type", "value", "range", "tolerance", *REPLY))
        if answer.get("type") == "default":
            otherwise = _reply({**answer, "correct": False}, place, strict)
        elif "range" in answer:
            ranges.append(_range(answer, place, strict))
        else:
            ranges.append(_value(answer, place, strict))
    _some_right([each.reply for each in ranges], common, where, "`value` or `range`")
    if strict and common["keyed"] and not otherwise.feedback:
        raise InvalidValue(f'{where}: nothing is said to other numbers; write an answer of the type "default"')
    digits = where.whole(held, "precision", 0, range(16)) or None
    unit = where.text(held, "unit", "")
    return Numeric(**common, ranges=tuple(ranges), otherwise=otherwise, unit=unit, digits=digits)


def _range(answer: Mapping[str, Any], place: Place, strict: bool) -> Range:
    ends = answer["range"]
    if not isinstance(ends, list | tuple) or len(ends) != 2:
        raise InvalidValue(f"{place}: `range` is {ends!r}; write [lowest, highest]")
    low, high = (place.number({"range": end}, "range") for end in ends)
    if not low < high:
        raise InvalidValue(f"{place}: `range` runs from {low:g} to {high:g}; the lower number comes first")
    return Range(low, high, _reply(answer, place, strict))


def _value(answer: Mapping[str, Any], place: Place, strict: bool) -> Range:
    value = place.number(answer, "value")
    tolerance = place.number(answer, "tolerance") if "tolerance" in answer else 0.0
    if tolerance < 0:
        raise InvalidValue(f"{place}: `tolerance` is {tolerance:g}; write 0 or more")
    return Range(value - tolerance, value + tolerance, _reply(answer, place, strict), closed=True)


def _words(
    _: Mapping[str, Any], answers: list[Mapping[str, Any]], common: dict[str, Any], where: Place, strict: bool
) -> Question:
    phrases, otherwise = [], _unsaid(common["keyed"] and not strict)
    for number, answer in enumerate(answers, 1):
        place = where.inside(f"answer {number}")
        if strict:
            place.known(answer, ("type", "answer", "match_case", "fuzzy_threshold", *REPLY))
        if answer.get("type") == "default":
            otherwise = _reply({**answer, "correct": False}, place, strict)
            continue
        likeness = place.number(answer, "fuzzy_threshold") if "fuzzy_threshold" in answer else 1.0
        if not 0 < likeness <= 1:
            raise InvalidValue(f"{place}: `fuzzy_threshold` is {likeness:g}; write a number above 0 and up to 1")
        text, case = place.text(answer, "answer"), answer.get("match_case", False) is True
        phrases.append(Phrase(text, _reply(answer, place, strict), case, likeness))
    _some_right([phrase.reply for phrase in phrases], common, where, "`answer`")
    return Words(**common, phrases=tuple(phrases), otherwise=otherwise)


def _mark_strip(
    held: Mapping[str, Any], answers: list[Mapping[str, Any]], common: dict[str, Any], where: Place, strict: bool
) -> Question:
    from ..waves.segments import SEGMENTS

    if common["strip"] is None:
        raise InvalidValue(f"{where}: there is no strip to mark; write `strip`, such as {{simulate = 'SR', seed = 1}}")
    marks, otherwise = [], _unsaid(common["keyed"] and not strict)
    for number, answer in enumerate(answers, 1):
        place = where.inside(f"answer {number}")
        place.known(answer, ("type", "stretch", *REPLY))
        if answer.get("type") == "default":
            otherwise = _reply({**answer, "correct": False}, place, strict)
            continue
        stretch = place.text(answer, "stretch")
        known = (*SEGMENTS, *(f"{ROLE}{role}" for role in ROLES if role in "PA"))
        if stretch not in known:
            hint = did_you_mean(stretch, known)
            raise UnknownName(f"{place}: no stretch is called {stretch!r}{hint}; there are {choices(known, 20)}")
        marks.append(Marked(stretch, _reply(answer, place, strict)))
    _some_right([each.reply for each in marks], common, where, "`stretch`")
    brush = where.text(held, "brush", SEEN)
    if brush not in BRUSHES:
        raise UnknownName(
            f"{where}: no brush is called {brush!r}{did_you_mean(brush, BRUSHES)}; write {choices(BRUSHES)}"
        )
    beats = where.whole(held, "beats", 3, range(1, 61))
    return MarkStrip(**common, marks=tuple(marks), otherwise=otherwise, brush=brush, beats=beats)


MAKERS: dict[str, Callable[[Mapping[str, Any], list[Mapping[str, Any]], dict[str, Any], Place, bool], Question]] = {
    "multiple_choice": _choice,
    "many_choice": _choice,
    "numeric": _numeric,
    "string": _words,
    "mark_strip": _mark_strip,
}


def _reply(answer: Mapping[str, Any], place: Place, strict: bool) -> Reply:
    correct = answer.get("correct")
    if not isinstance(correct, bool):
        raise InvalidValue(f"{place}: `correct` is {correct!r}; write true or false")
    feedback = place.text(answer, "feedback", "")
    if not feedback.strip():
        if strict:
            raise InvalidValue(f"{place} has no feedback; say why it is {'right' if correct else 'wrong'}")
        feedback = RIGHT if correct else NOT_RIGHT
    return Reply(correct, feedback, place.text(answer, "misconception", ""))


def _unsaid(said: bool) -> Reply:
    """The reply to what no answer holds: jupyterquiz's banks may leave it out."""
    return Reply(False, NOT_RIGHT if said else "")


def _some_right(replies: Sequence[Reply], common: dict[str, Any], where: Place, what: str) -> None:
    if common["keyed"] and not any(reply.correct for reply in replies):
        raise InvalidValue(f"{where}: no answer is correct; write one with {what} and `correct` true")


def _all_differ(texts: Sequence[tuple[str, str]], where: Place) -> None:
    twice = next((text for text in texts if texts.count(text) > 1), None)
    if twice:
        raise InvalidValue(f"{where}: the answer {' '.join(filter(None, twice))!r} stands there twice; leave one")


def _name_of(prompt: str, taken: Set[str]) -> str:
    """An id for a question that has none, the same whenever it is read."""
    name = f"q-{sha256(prompt.encode()).hexdigest()[:8]}"
    return next(
        f"{name}{suffix}" for suffix in ("", *(f"-{n}" for n in range(2, 10_000))) if f"{name}{suffix}" not in taken
    )


def _strip(held: Any, where: Place) -> StripOf:
    place = where.inside("strip")
    if not isinstance(held, Mapping):
        raise InvalidValue(f"{place} is no object; write such as {{simulate = 'SR', seed = 1}}")
    sources = [name for name in ("simulate", "sample", "microvolts") if name in held]
    if len(sources) != 1:
        raise InvalidValue(
            f"{place}: write one of `simulate`, `sample` and `microvolts`, not {choices(sources) or 'none'}"
        )
    lead = place.text(held, "lead", "II")
    if sources == ["sample"]:
        place.known(held, ("sample", "lead"))
        return _drawable(StripOf(sample=place.text(held, "sample"), lead=lead), place)
    if sources == ["microvolts"]:
        place.known(held, ("microvolts", "lead"))
        values = held["microvolts"]
        if (
            not isinstance(values, list | tuple)
            or len(values) != SAMPLES
            or not all(type(each) is int for each in values)
        ):
            raise InvalidValue(f"{place}: `microvolts` is no list of {SAMPLES} whole numbers")
        return StripOf(microvolts=tuple(values), lead=lead)
    seed = place.whole(held, "seed", 0, range(10**9))
    settings = {str(name): value for name, value in held.items() if name not in ("simulate", "seed", "lead")}
    return _drawable(StripOf(simulate=place.text(held, "simulate"), seed=seed, settings=settings, lead=lead), place)


def _drawable(spec: StripOf, place: Place) -> StripOf:
    """Say now, with its place in the bank, what would be said when the question is shown."""
    try:
        strip_of(spec)
    except EcgteachError as problem:
        raise type(problem)(f"{place}: {problem}") from problem
    return spec
