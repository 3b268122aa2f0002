"""What a WhatIf says: what to do, everybody's answers, what came of a prediction, what to beware of."""

import re
from collections.abc import Sequence
from html import escape, unescape

from ..views import view_kind
from ..whatif import (
    DIALS,
    Answered,
    Settings,
    direction_of,
    explanation_of,
    least_change,
)
from ..whatif.answered import OFF_LIST, OPEN
from ..words import capital, class_in_short, listed, percent, probability
from .texts import text
from .what_if_state import PREDICT, TURN, WhatIfState

BAR_EM = 3.0
MINUS = "\N{MINUS SIGN}"


def dial_word(name: str) -> str:
    """A dial in words."""
    return text(f"what_if_dial.{name}")


def dial_value(name: str, value: float) -> str:
    """A dial's value with its unit, as a reader writes it.

    >>> dial_value("rate", 110.0), dial_value("tq", 200.0)
    ('110/min', '+200 ms')
    """
    unit = DIALS[name].unit
    sign = "+" if name == "tq" and value > 0 else ""
    number = f"{sign}{value:g}".replace("-", MINUS)
    return f"{number}/min" if unit == "1/min" else f"{number} {unit}"


def heart_word(state: WhatIfState) -> str:
    """The heart to begin with, in words."""
    return text(f"what_if_start.{state.start}")


def group_word(group: str | None) -> str:
    """A group, or in its place that it is off the list, open, or that nobody can tell."""
    known = {OFF_LIST: text("what_if.off_the_list"), OPEN: text("what_if.open"), None: text("what_if.rule_none")}
    return known[group] if group in known else class_in_short(str(group))


def task(state: WhatIfState, target: str) -> str:
    """What is to be done now."""
    turned, first = state.round, dial_value(state.round.dial, state.first)
    kept = " ".join(
        text("what_if.kept", dial=capital(dial_word(dial)), value=dial_value(dial, value))
        for dial, value in turned.held
    )
    if state.step == PREDICT:
        said = text(
            "what_if.task",
            dial=escape(dial_word(turned.dial)),
            first=first,
            target=escape(class_in_short(target)),
            to=dial_value(turned.dial, turned.to),
        )
        return _p(f"{said} {kept}")
    if state.step == TURN:
        return _p(text("what_if.task_turn", to=dial_value(turned.dial, turned.to)))
    return ""


def answers_table(now: Answered) -> str:
    """What each network answers and how sure it is, what the rule reader answers and by what, and what is simulated."""
    head = "".join(f'<th scope="col">{text(f"what_if.{name}")}</th>' for name in ("reader", "answer", "sure"))
    rows = [
        (view_kind(view).word, group_word(one.answer), _bar(one.probabilities[one.answer], view_kind(view).colour))
        for view, one in now.predictions.items()
    ]
    rate = f"{now.rule.rate:.0f}"
    found = text("what_if.rule_found", rate=rate, regularity=escape(now.rule.regularity))
    rows.append((text("what_if.rule_reader"), group_word(now.rule.group), found))
    named = named_rhythm(now.rhythm, group_word(now.group), open_group=now.group in (OFF_LIST, OPEN))
    rows.append((text("what_if.simulated"), named, text("what_if.simulated_found", rate=f"{now.rate:.0f}")))
    body = "".join(
        f'<tr><th scope="row">{escape(reader)}</th><td><b>{escape(answer)}</b></td><td>{sure}</td></tr>'
        for reader, answer, sure in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def named_rhythm(rhythm: str, group: str, *, open_group: bool) -> str:
    """A rhythm, with what stands in its group's place where it has none."""
    return f"{rhythm} ({group})" if open_group else rhythm


def follows(now: Answered) -> str:
    """What the simulator's table says of the change, and what it is not."""
    parts = []
    if now.follows:
        parts.append(text("what_if.follows", follows=escape(listed(list(now.follows)))))
    if "p" in now.settings.dials and now.settings.value("p") == 0:
        key = "no_p_irregular" if now.group == OPEN else "no_p"
        parts.append(f"<b>{text(f'what_if.{key}')}</b>")
    if "rate" in now.settings.dials:
        how = text("what_if.qt_stays" if now.settings.only_rr else "what_if.qt_follows")
        parts.append(text("what_if.qt", qt=f"{1000 * now.qt:.0f}", how=how))
    return _p(" ".join(parts)) if parts else ""


def banner(now: Answered) -> str:
    """That this lies outside what the networks have learnt from; empty where it does not."""
    if not now.outside:
        return ""
    own = {"qt": text("what_if.outside_qt"), "rhythm": text("what_if.outside_rhythm")}
    named = [own.get(name) or dial_word(name) for name in now.outside]
    return text("what_if.outside", what=listed(named))


def judged(state: WhatIfState, before: Answered, wanted: Answered, target: str) -> str:
    """Each view's direction beside what was said."""
    each = []
    for view, said in state.round.predicted:
        first, last = before.probability(view, target), wanted.probability(view, target)
        came = direction_of(first, last)
        right = (
            text("what_if.judged_right")
            if came == said
            else text("what_if.judged_other", predicted=text(f"what_if.{said}"))
        )
        each.append(
            text(
                "what_if.judged_one",
                word=escape(view_kind(view).word),
                before=probability(first),
                after=probability(last),
                direction=f"<b>{text(f'what_if.{came}')}</b>",
                right=right,
            )
        )
    dial = state.round.dial
    return _p(
        text(
            "what_if.judged",
            dial=escape(dial_word(dial)),
            to=dial_value(dial, state.round.to),
            target=escape(class_in_short(target)),
            each="; ".join(each),
        )
    )


def explained(state: WhatIfState, before: Answered, wanted: Answered) -> str:
    """Whether the explanation was right, and what happened."""
    true = explanation_of(before, wanted)
    what = text(f"what_if.{true}")
    key = "what_if.explained_right" if state.round.explained == true else "what_if.explained_wrong"
    why = text(
        "what_if.why",
        name=escape(wanted.rhythm),
        group=escape(group_word(wanted.group)),
        answer=escape(class_in_short(wanted.answer)),
    )
    said = f"{text(key, what=what[0].lower() + what[1:])} {capital(why)}"
    if state.preset:
        said += f" {text('what_if.statement', statement=escape(text(f'what_if_statement.{state.preset}')))}"
    return _p(said)


def goal(state: WhatIfState, first: Answered, visited: Sequence[Answered]) -> str:
    """The goal, and the least change that has brought it about so far."""
    if not state.goal:
        return ""
    best = least_change(first, visited, state.goal)
    said = text("what_if.goal_task", goal=text(f"what_if_goal.{state.goal}"))
    if best is None:
        return _p(f"{said} {text('what_if.goal_unmet')}")
    share, settings = best
    met = text("what_if.goal_met", share=percent(share), dials=escape(turned_words(settings)))
    return _p(f"{said} <b>{met}</b>")


def turned_words(settings: Settings) -> str:
    """What was turned, and where to."""
    return listed([f"{dial_word(name)} {dial_value(name, value)}" for name, value in settings.dials.items()])


def answers_in_short(now: Answered) -> str:
    """Each network's answer with its probability."""
    return ", ".join(
        f"{view_kind(view).network} {class_in_short(one.answer)} ({probability(one.probabilities[one.answer])})"
        for view, one in now.predictions.items()
    )


def plain(markup: str) -> str:
    """HTML as a screen reader would say it."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", markup))).strip()


def _bar(chance: float, colour: str) -> str:
    width = f"{BAR_EM * chance:.2f}em"
    return (
        f'<span class="ecgteach-bar" style="width: {width}; background: {colour}"></span> {escape(probability(chance))}'
    )


def _p(markup: str) -> str:
    return f"<p>{markup}</p>"
