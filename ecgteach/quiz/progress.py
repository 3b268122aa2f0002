"""Progress in a file: what was answered, to be loaded again tomorrow or read by a teacher.

The file is JSON with its kind and version. It holds no name, no date and nothing about the machine. It is written whole
or not at all, so that a full disk or a closed lid leaves the old one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from ..arguments import checked
from ..errors import InvalidValue, UnreadableFile, choices
from ..marks import Mark
from ..paths import write_whole
from ..plain import plain, restored
from .banks import Bank, text_of
from .grading import Answer, Grade, grade

FORMAT = "ecgteach progress"
VERSION = 1
KINDS = {"quiz": "a quiz", "reading": "a sitting of ReadFirst"}

Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Given:
    """One answer that was given.

    Parameters
    ----------
    question : str
        Id of the question.
    answer : str, float or tuple
        As `grade` takes it.
    tries : int
        Which try it was, from 1.
    """

    question: str
    answer: str | float | tuple[int, ...] | tuple[Mark, ...]
    tries: int = 1


@dataclass(frozen=True)
class Progress:
    """Which questions of a bank were answered, and how: the first answer and the last.

    Parameters
    ----------
    bank : str
        Digest of the bank, so that another bank's progress is not taken for this one's.
    first, last : tuple of Given
        One for each question that was answered; the first is what counts, since feedback follows it.
    """

    bank: str = ""
    first: tuple[Given, ...] = ()
    last: tuple[Given, ...] = ()

    def answered(self, question: str, answer: Answer) -> "Progress":
        """With one more answer."""
        before = next((given for given in self.last if given.question == question), None)
        given = Given(question, answer, before.tries + 1 if before else 1)
        first = self.first if before else (*self.first, given)
        return replace(self, first=first, last=(*(each for each in self.last if each is not before), given))

    def answer_to(self, question: str, *, first: bool = False) -> Given | None:
        """The last answer to a question, or the first; None while there is none."""
        return next((given for given in (self.first if first else self.last) if given.question == question), None)

    def grades(self, bank: Bank, *, first: bool = True) -> dict[str, Grade]:
        """The grade of each question that was answered, by its first answer or its last.

        Raises
        ------
        InvalidValue
            When the progress is of another bank.
        """
        belongs(self, bank)
        given = self.first if first else self.last
        return {each.question: grade(bank.question(each.question), each.answer) for each in given}


def belongs(progress: Progress, bank: Bank) -> None:
    """Refuse the progress of another bank.

    Raises
    ------
    InvalidValue
        When it is.
    """
    unknown = [given.question for given in progress.last if given.question not in {each.id for each in bank}]
    if unknown or progress.bank not in ("", bank.digest):
        raise InvalidValue(f"this progress is of other questions than {bank.title!r}; load it with its own bank")


@checked
def save_progress(path: str | Path, kind: str, content: Any) -> Path:
    """Write progress, whole or not at all.

    Parameters
    ----------
    path : path
        A file of that name is replaced.
    kind : str
        One of `KINDS`.
    content : dataclass
        What to keep.

    Raises
    ------
    UnreadableFile
        When it cannot be written; what stood there before is untouched.
    """
    return write_whole(path, progress_text(kind, content))


def progress_text(kind: str, content: Any) -> str:
    """The file's text: for saving it, or for sending it to a browser as a download."""
    held = plain(content)
    about = {"format": FORMAT, "version": VERSION, "kind": kind, "check": _check(held), "content": held}
    return json.dumps(about, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


@checked
def load_progress(path: str | Path, kind: str, content: type[Thing]) -> Thing:
    """Read progress again.

    Raises
    ------
    UnreadableFile
        When there is no such file, or it is damaged or another program's.
    InvalidValue
        When it is of another kind, of a later version, or does not hold what it should.
    """
    path = Path(path).expanduser()
    return progress_of(text_of(path), path.name, kind, content)


def progress_of(text: str, name: str, kind: str, content: type[Thing]) -> Thing:
    """The progress that a text holds; `name` says in messages where it came from."""
    try:
        held = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as problem:
        raise UnreadableFile(
            f"{name} is damaged or no progress file ({problem}); take an earlier copy, or begin anew without it"
        ) from problem
    if not isinstance(held, Mapping) or held.get("format") != FORMAT:
        raise UnreadableFile(f"{name} is no progress file of this course; choose one that it has saved")
    version = held.get("version")
    if version != VERSION:
        raise InvalidValue(f"{name} is progress of version {version!r}, this course reads {VERSION}; update the course")
    if held.get("kind") != kind:
        found = KINDS.get(str(held.get("kind")), f"{held.get('kind')!r}, not among {choices(KINDS.values())}")
        raise InvalidValue(f"{name} holds the progress of {found}, not of {KINDS[kind]}; choose the other file")
    if held.get("check") != _check(held.get("content")):
        raise UnreadableFile(f"{name} was changed or cut after it was saved; take an earlier copy, or begin anew")
    try:
        return restored(content, held.get("content"), "content")
    except InvalidValue as problem:
        raise InvalidValue(f"{name} does not hold what progress holds ({problem}); take an earlier copy") from problem


def _check(held: Any) -> str:
    """What tells a damaged file from a whole one; no guard against somebody who wants to cheat."""
    return sha256(json.dumps(held, ensure_ascii=True, sort_keys=True).encode()).hexdigest()[:16]
