"""Questions on a page: each with its strip, its options, and what is said to each of them, folded until it is opened.

It needs no kernel once it is shown, so that a saved page and a printed one can be worked through as well.
"""

from collections.abc import Iterable
from html import escape

from ..arguments import checked
from ..plots import Picture, plot_strip
from .banks import Bank
from .questions import BRUSHES, Choice, Marked, MarkStrip, Numeric, Question, Range, Reply, Words
from .strips import strip_of

RIGHT, WRONG = "Right.", "No."


class QuestionSheet:
    """Some questions, to be read, answered on paper and opened.

    Parameters
    ----------
    bank : Bank
        The questions, in order.
    first : int
        Number of the first one, where a page goes on counting.
    """

    @checked
    def __init__(self, bank: Bank, *, first: int = 1) -> None:
        self.bank = bank
        self.first = first

    @property
    def pictures(self) -> tuple[Picture | None, ...]:
        """The strip of each question on paper; None where it shows none."""
        return tuple(_picture(question, number) for number, question in self._numbered())

    def _numbered(self) -> Iterable[tuple[int, Question]]:
        return enumerate(self.bank, self.first)

    def __repr__(self) -> str:
        lines: list[str] = []
        for number, question in self._numbered():
            lines.append(f"{number}. {question.prompt}")
            lines += [f"   {letter}. {text}" for letter, text, _ in _answers(question)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        parts = [
            self._one(number, question, picture)
            for (number, question), picture in zip(self._numbered(), self.pictures, strict=True)
        ]
        return f'<div class="ecgteach-questions">{"".join(parts)}</div>'

    def _one(self, number: int, question: Question, picture: Picture | None) -> str:
        shown = picture._repr_mimebundle_()["text/html"] if picture else ""
        folded = "".join(
            f"<details><summary>{escape(f'{letter}. {text}')}</summary><p>{_said(reply)}</p></details>"
            for letter, text, reply in _answers(question)
        )
        asked = f"<p><b>Question {number}.</b> {escape(question.prompt)}</p>"
        return f"{asked}{shown}{folded}<p><small>Source: {escape(question.source or 'not named')}.</small></p>"


def _picture(question: Question, number: int) -> Picture | None:
    if question.strip is None:
        return None
    return plot_strip(strip_of(question.strip), title=f"The strip of question {number}", source=False)


def _said(reply: Reply | None) -> str:
    if reply is None:
        return "The key is not in this copy."
    return f"<b>{RIGHT if reply.correct else WRONG}</b> {escape(reply.feedback)}"


def _answers(question: Question) -> list[tuple[str, str, Reply | None]]:
    """A letter, the words to click on, and what is said, for each answer that a question foresees."""
    listed: list[tuple[str, Reply | None]]
    if isinstance(question, Choice):
        listed = [(" ".join(filter(None, (option.text, option.code))), option.reply) for option in question.options]
    elif isinstance(question, Numeric):
        # in order of size, so that the place does not tell which is right
        ranges = sorted(question.ranges, key=lambda each: each.low)
        listed = [(f"My number lies {_span(each, question.unit)}", each.reply) for each in ranges]
        listed.append(("It is another number", question.otherwise))
    elif isinstance(question, Words):
        listed = [(phrase.text, phrase.reply) for phrase in question.phrases]
        listed.append(("Something else", question.otherwise))
    elif isinstance(question, MarkStrip):
        listed = [(_marked(each, question.brush), each.reply) for each in question.marks]
        listed.append(("I marked something else", question.otherwise))
    else:
        listed = []
    return [(chr(ord("A") + at), text, reply) for at, (text, reply) in enumerate(listed)]


def _span(each: Range, unit: str) -> str:
    words = f"at {each.low:g}" if each.low == each.high else f"from {each.low:g} to {each.high:g}"
    return f"{words} {unit}".strip()


def _marked(each: Marked, brush: str) -> str:
    from ..waves.segments import IN_WORDS

    return f"I marked {IN_WORDS.get(each.stretch, each.stretch)} ({BRUSHES[brush]})"
