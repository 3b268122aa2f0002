"""The course's own questions: a bank for each notebook, contrast pairs, what opens a lesson, and who has signed them.

The banks lie in ``banks/``, called as their notebooks are; ``contrast_pairs`` holds pairs of strips that differ in one
thing. Each contrast has three questions of one difficulty or more, so that the forms of `course_forms` share none.

>>> from ecgteach.quiz.course import course_bank, openers
>>> len(course_bank("03")), [question.contrast for question in openers("03", seed=1)]
(9, ['three questions to a strip', 'a label and the truth', 'what rate alone achieves'])
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib import resources
from random import Random

from ..arguments import checked
from ..errors import InvalidValue, UnknownName, choices, did_you_mean
from .banks import Bank, bank_names, read_bank
from .forms import parallel_forms
from .questions import Choice, Numeric, Question, Words

OPENERS = 3
"""Questions from earlier notebooks that open a later one: what is met again after a while is kept better."""

PAIRS = "contrast_pairs"

AT_THE_END = ("none of these", "cannot tell from lead II", "it cannot be told from this lead")
"""Options that keep their place when the others are mixed, so that they are always found where they are looked for."""


@dataclass(frozen=True)
class Review:
    """Whether a person has signed a question.

    Parameters
    ----------
    bank, question : str
        Name of the bank and id of the question.
    reviewed_by : str
        Name of the person; empty until somebody signs.
    reviewed_on : str
        Date as YYYY-MM-DD; empty until then.
    wording : str
        `wording_of` the question as it was signed: a question that was changed since is unsigned again.
    """

    bank: str
    question: str
    reviewed_by: str = ""
    reviewed_on: str = ""
    wording: str = ""

    def signs(self, question: Question) -> bool:
        """True when a person has signed the question as it reads now."""
        return bool(self.reviewed_by and self.reviewed_on) and self.wording == wording_of(question)


def lessons() -> tuple[str, ...]:
    """Names of the banks that belong to a notebook, in the course's order."""
    return tuple(name for name in bank_names() if name[:2].isdigit())


@checked
def course_bank(notebook: str) -> Bank:
    """The questions of a notebook.

    Parameters
    ----------
    notebook : str
        Its name or its number: ``"01_reading_a_strip"`` or ``"01"``.

    Raises
    ------
    UnknownName
        When no notebook with questions is called so.
    """
    return read_bank(_lesson(notebook))


def _lesson(notebook: str) -> str:
    found = next((name for name in lessons() if notebook in (name, name[:2])), None)
    if found is None:
        hint = did_you_mean(notebook, lessons())
        raise UnknownName(
            f"no notebook with questions is called {notebook!r}{hint}; there are {choices(lessons(), 20)}"
        )
    return found


@checked
def openers(notebook: str, *, seed: int = 0, number: int = OPENERS) -> Bank:
    """Questions from earlier notebooks that open a later one, each of another contrast, the latest notebook among them.

    Parameters
    ----------
    notebook : str
        The notebook that they open.
    seed : int
        Another seed draws others.
    number : int
        How many.

    Raises
    ------
    UnknownName
        When no notebook with questions is called so.
    InvalidValue
        When nothing comes before it, or less than that many contrasts.
    """
    names = lessons()
    before = names[: names.index(_lesson(notebook))]
    if not before:
        raise InvalidValue(f"nothing comes before {names[0]}; openers are drawn for a later notebook")
    draw = Random(f"openers {notebook[:2]} {seed}")
    latest = _by_contrast(read_bank(before[-1]))
    earlier = {contrast: held for name in before for contrast, held in _by_contrast(read_bank(name)).items()}
    if not 1 <= number <= len(earlier):
        raise InvalidValue(f"the notebooks before {notebook} hold 1 to {len(earlier)} contrasts, not {number}")
    first = draw.choice(sorted(latest))
    others = draw.sample(sorted(earlier.keys() - {first}), number - 1)
    chosen = [draw.choice(earlier[contrast]) for contrast in (first, *others)]
    draw.shuffle(chosen)
    return Bank(tuple(mixed(question, seed=seed) for question in chosen), f"Before {notebook}: from earlier notebooks")


def _by_contrast(bank: Bank) -> dict[str, list[Question]]:
    held: dict[str, list[Question]] = {}
    for question in bank:
        held.setdefault(question.contrast, []).append(question)
    return held


@checked
def mixed(question: Question, *, seed: int = 0) -> Question:
    """A question with its options in another order; "none of these" and "cannot tell" stay at the end.

    Parameters
    ----------
    question : Question
        Of any kind; one without options comes back as it is.
    seed : int
        The same seed gives the same order.
    """
    if not isinstance(question, Choice):
        return question
    last = [option for option in question.options if option.text in AT_THE_END]
    rest = [option for option in question.options if option.text not in AT_THE_END]
    Random(f"options {question.id} {seed}").shuffle(rest)
    return replace(question, options=(*rest, *last))


@checked
def course_forms(size: int = 20, *, seed: int = 0) -> Mapping[str, Bank]:
    """Forms for before, after and three weeks later: the same mixture of contrasts, and no question in two of them.

    They are drawn from the contrast pairs and the notebook on reading first, the course's assessment.

    Parameters
    ----------
    size : int
        Questions in each form; at most one for each contrast.
    seed : int
        Decides everything.

    Raises
    ------
    InvalidValue
        When a form cannot be so large without a question standing in two.
    """
    bank = Bank((*read_bank(PAIRS), *course_bank("20")), "The course's assessment")
    most = len(_by_contrast(bank))
    if not 1 <= size <= most:
        raise InvalidValue(f"three forms that share no question hold 1 to {most} questions each, not {size}")
    forms = parallel_forms(bank, size, seed=seed)
    return {
        occasion: Bank(tuple(mixed(question, seed=seed) for question in form), form.title)
        for occasion, form in forms.items()
    }


def reviews() -> tuple[Review, ...]:
    """Every question of the course with who has signed it, as ``reviews.csv`` lists them."""
    text = (resources.files(__package__) / "reviews.csv").read_text(encoding="utf-8")
    return tuple(Review(**row) for row in csv.DictReader(text.splitlines()))


def wording_of(question: Question) -> str:
    """A short name of everything that a question says, answers and feedback among it: what a reviewer signs."""
    said = [question.prompt, question.source, str(question.strip)]
    if isinstance(question, Choice):
        said += [f"{option.text} {option.code} {option.reply}" for option in question.options]
    elif isinstance(question, Numeric):
        said += [str(question.ranges), str(question.otherwise), question.unit]
    elif isinstance(question, Words):
        said += [str(question.phrases), str(question.otherwise)]
    else:
        said.append(str(question))
    return sha256("\n".join(said).encode()).hexdigest()[:12]
