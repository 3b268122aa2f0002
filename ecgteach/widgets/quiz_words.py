"""What a quiz says to an answer, as HTML, and a question as a picture."""

from html import escape

from ..plots import Picture
from ..quiz.grading import Grade
from ..quiz.questions import Choice, Question
from ..words import percent
from .texts import text

CORRECT, WRONG = "\N{CHECK MARK}", "\N{MULTIPLICATION SIGN}"


def option_in_words(words: str, code: str) -> str:
    """An option's words and code on one line."""
    return "  ".join(filter(None, (words, code)))


def verdict(found: Grade) -> str:
    """Right, not right, or partly."""
    if found.correct is None:
        return text("quiz.kept")
    if found.correct:
        return text("quiz.right")
    return text("quiz.partly", share=percent(found.score)) if found.score else text("quiz.wrong")


def feedback(question: Question, found: Grade, draft: object) -> str:
    """What is said to an answer; what the other answers stand for waits until it is opened."""
    sign = {True: f"{CORRECT} ", False: f"{WRONG} ", None: ""}[found.correct]
    said = "".join(f"<p>{escape(sentence)}</p>" for sentence in found.said)
    others = _others(question, draft)
    rest = f"<details><summary>{text('quiz.others')}</summary><ul>{others}</ul></details>" if others else ""
    return f"<p><b>{sign}{escape(verdict(found))}</b></p>{said}{rest}"


def _others(question: Question, draft: object) -> str:
    """Feedback of the options that were not chosen."""
    if not isinstance(question, Choice) or not question.keyed:
        return ""
    chosen = draft if isinstance(draft, tuple) else ()
    return "".join(
        f"<li>{escape(option_in_words(option.text, option.code))}: {escape(option.reply.feedback)}</li>"
        for number, option in enumerate(question.options)
        if number not in chosen and option.reply is not None
    )


def written(title: str, question: Question) -> Picture:
    """A question without a strip, as a picture: its words and its options."""
    from matplotlib.figure import Figure

    from ..plots.sheet import Sheet

    options = [f"\N{WHITE CIRCLE} {option_in_words(one.text, one.code)}" for one in getattr(question, "options", ())]

    def draw() -> Figure:
        sheet = Sheet()
        sheet.title(title)
        for line in filter(None, (question.code, *options)):
            sheet.write(line)
        return sheet.finished()

    return Picture(draw, ". ".join((title.rstrip("."), *options)))
