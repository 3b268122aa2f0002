"""Question banks: files of data, in the JSON form of jupyterquiz, with tags and kinds of question added to it.

A bank is JSON or TOML. Either it is a bare list of questions, as jupyterquiz reads them, or an object with ``format``,
``title`` and ``questions``: that one is held to more, namely tags, a source and feedback for every option, and a
mistyped key is an error. The same keys mean the same in both.

>>> from ecgteach.quiz import read_bank
>>> read_bank("rhythms").title
'Reading rhythms in one lead'
"""

import json
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

from ..arguments import checked
from ..errors import InvalidValue, UnknownName, UnreadableFile, choices, did_you_mean, expect
from .parsing import Place, question_from
from .questions import Question

FORMAT = "ecgteach quiz 1"
LARGEST_BYTES = 20_000_000
TITLE = "Questions"


@dataclass(frozen=True)
class Bank:
    """Questions, in order.

    Parameters
    ----------
    questions : tuple of Question
        One or more, each with an id of its own.
    title : str
        What they are about.

    Raises
    ------
    InvalidValue
        When there is no question, or two have one id.
    """

    questions: tuple[Question, ...]
    title: str = TITLE

    def __post_init__(self) -> None:
        if not self.questions:
            raise InvalidValue(f"the bank {self.title!r} holds no question; write one, or choose other tags")
        twice = [name for name, times in Counter(question.id for question in self.questions).items() if times > 1]
        if twice:
            raise InvalidValue(f"the id {twice[0]!r} stands on two questions; give each its own")

    @property
    def keyed(self) -> bool:
        """True when every question holds what is right."""
        return all(question.keyed for question in self.questions)

    @property
    def digest(self) -> str:
        """A short name of what is asked; answers and feedback may change without changing it."""
        asked = "\n".join(f"{question.id}\t{question.kind}\t{question.prompt}" for question in self.questions)
        return sha256(asked.encode()).hexdigest()[:16]

    def question(self, name: str) -> Question:
        """The question with an id.

        Raises
        ------
        UnknownName
            When there is none.
        """
        found = {question.id: question for question in self.questions}
        if name not in found:
            raise UnknownName(f"no question of {self.title!r} is called {name!r}{did_you_mean(name, found)}")
        return found[name]

    @checked
    def tagged(self, *, contrast: str | None = None, difficulty: int | None = None) -> "Bank":
        """Only the questions of a contrast, or of a difficulty.

        Raises
        ------
        UnknownName
            When there is none.
        """
        kept = tuple(
            question
            for question in self.questions
            if contrast in (None, question.contrast) and difficulty in (None, question.difficulty)
        )
        if not kept:
            there = choices(dict.fromkeys(question.contrast for question in self.questions if question.contrast), 30)
            wanted = f"the contrast {contrast!r}" if contrast is not None else f"difficulty {difficulty}"
            raise UnknownName(f"no question has {wanted}; the contrasts are {there or 'not tagged in this bank'}")
        return Bank(kept, self.title)

    def __len__(self) -> int:
        return len(self.questions)

    def __iter__(self) -> Iterator[Question]:
        return iter(self.questions)


@checked
def bank_names() -> tuple[str, ...]:
    """Names of the banks that came with the package."""
    return tuple(sorted(file.name.removesuffix(".toml") for file in _shipped() if file.name.endswith(".toml")))


def read_bank(source: str | Path | Sequence[Mapping[str, Any]] | Mapping[str, Any]) -> Bank:
    """Read a bank.

    Parameters
    ----------
    source : str, path, list or mapping
        Name of a bank that came with the package, a JSON or TOML file, or the questions themselves.

    Raises
    ------
    UnreadableFile
        When there is no such file, or it is neither JSON nor TOML.
    UnknownName
        When no bank has such a name, or a kind of question, a key or a wave is unknown.
    InvalidValue
        When a question is broken; the message says which, what is wrong with it, and what to write.
    """
    if isinstance(source, str | Path):
        return _bank(*_read(source))
    expect(source, (list, tuple, dict), "a bank is a name, a file, a list of questions or an object with questions")
    return _bank("the bank", source)


def bank_of(text: str, name: str = "the bank") -> Bank:
    """The bank that a text in JSON holds; `name` says in messages what it is."""
    return _bank(name, _parsed(text, name, json.loads, json.JSONDecodeError))


def _bank(name: str, held: Any) -> Bank:
    if isinstance(held, Mapping):
        return _ours(name, held)
    if not isinstance(held, list | tuple):
        raise InvalidValue(f"{name} holds {_what(held)}; a bank is a list of questions, or an object with `questions`")
    return Bank(_questions(Place(name), held, strict=False))


def _ours(name: str, held: Mapping[str, Any]) -> Bank:
    place = Place(name)
    place.known(held, ("format", "title", "questions"), required=("questions",))
    declared = held.get("format", FORMAT)
    if declared != FORMAT:
        raise InvalidValue(f"{name} is of the format {declared!r}; this version reads {FORMAT!r}")
    listed = held["questions"]
    if not isinstance(listed, list | tuple):
        raise InvalidValue(f"{name}: `questions` is {_what(listed)}; write a list of questions")
    title = place.text(held, "title", TITLE)
    return Bank(_questions(place, listed, strict=True), title)


def _questions(place: Place, listed: Sequence[Any], *, strict: bool) -> tuple[Question, ...]:
    if not listed:
        raise InvalidValue(f"{place} holds no question; write one or more")
    found: list[Question] = []
    names: set[str] = set()
    for number, each in enumerate(listed, 1):
        where = place.inside(f"question {number}")
        question = question_from(each, where, strict=strict, taken=names)
        if question.id in names:
            raise InvalidValue(f"{where}: the id {question.id!r} stands on an earlier question too; give each its own")
        names.add(question.id)
        found.append(question)
    return tuple(found)


def _read(source: str | Path) -> tuple[str, Any]:
    """What a file holds, and how messages name it."""
    if isinstance(source, str) and source in (known := bank_names()):
        return source, tomllib.loads((resources.files(__package__) / "banks" / f"{source}.toml").read_text("utf-8"))
    path = Path(source).expanduser()
    if isinstance(source, str) and not path.exists() and path.suffix.lower() not in (".json", ".toml"):
        hint = did_you_mean(source, known)
        raise UnknownName(
            f"no bank is called {source!r}{hint}; there are {choices(known)}, or name a .json or .toml file"
        )
    text = text_of(path)
    if path.suffix.lower() == ".toml":
        return path.name, _parsed(text, path.name, tomllib.loads, tomllib.TOMLDecodeError)
    return path.name, _parsed(text, path.name, json.loads, json.JSONDecodeError)


def text_of(path: Path) -> str:
    """What a small text file holds.

    Raises
    ------
    UnreadableFile
        When it is missing, a folder, not text, or far too large.
    """
    if path.is_dir():
        raise UnreadableFile(f"{path} is a folder; name the file in it")
    try:
        content = path.read_bytes() if path.stat().st_size <= LARGEST_BYTES else None
    except FileNotFoundError as problem:
        raise UnreadableFile(f"{path} is not there; look at the folder and the name") from problem
    except OSError as problem:
        raise UnreadableFile(f"{path} cannot be read ({problem.strerror})") from problem
    if content is None:
        raise UnreadableFile(f"{path} has more than {LARGEST_BYTES // 1_000_000} MB; no bank or result is as large")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise UnreadableFile(f"{path} is not text in UTF-8 (byte {problem.start}); save it again as UTF-8") from problem


def _parsed(text: str, name: str, parse: Any, refused: type[Exception]) -> Any:
    try:
        return parse(text)
    except refused as problem:
        kind = "TOML" if parse is tomllib.loads else "JSON"
        raise UnreadableFile(f"{name} is not {kind}: {problem}; mend it there") from problem
    except RecursionError as problem:
        raise UnreadableFile(f"{name} is nested too deeply for a bank of questions") from problem


def _what(held: Any) -> str:
    names = {str: "a text", dict: "an object", list: "a list", type(None): "null", bool: "true or false"}
    return names.get(type(held), "a number" if isinstance(held, int | float) else f"a {type(held).__name__}")


def _shipped() -> list[Any]:
    return [*(resources.files(__package__) / "banks").iterdir()]
