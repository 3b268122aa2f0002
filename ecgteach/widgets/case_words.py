"""What a CaseExplorer says at each step, as HTML: what to do, the answers, what the maps share, tests, truth, tally."""

import re
from collections.abc import Mapping, Sequence
from html import escape, unescape
from typing import TYPE_CHECKING

from ..arguments import checked
from ..cases import CONFIDENCES, Case, Solution, Tally
from ..cases.tally import Gap
from ..explanation import Explanation
from ..fusion import agreement_kinds
from ..plots.tables import Cell, Row, html_table
from ..plots.theme import IMPORTANCE, agreement_style, in_legend
from ..plots.words import no_fused_map, warnings
from ..records import Record
from ..views import FUSED, view_kind
from ..words import about, capital, class_in_short, class_name, every, listed, percent, probability, with_place
from .case_reading import CANNOT, NONE, WHICH, Reading
from .texts import text

if TYPE_CHECKING:
    from ..checks.trust import TrustReport

FAINT = 0.1
"""Probability of the target below which a map deserves a warning: on its own scale it is as red as any."""

BAR_EM = 3.0
"""Width of a bar that stands for certainty, in letters."""

COLOURS = f"background: linear-gradient(90deg, {', '.join(IMPORTANCE)})"
RAMP = f'<span class="ecgteach-swatch" style="width: 5em; {COLOURS}"></span>'


def before(reading: Reading, names: Mapping[str, str], views: Sequence[str]) -> str:
    """What to do before the networks' answers are shown; `names` are all answers in full words."""
    chosen = f"<b>{escape(names[reading.answer])}</b>" if reading.answer else ""
    if reading.confidence is not None and chosen:
        return _p(text("case.complete", answer=chosen, sure=percent(reading.confidence / 100)))
    if chosen:
        return _p(text("case.chosen", answer=chosen))
    wrong = text("case.some_wrong" if len(views) > 1 else "case.some_wrong_one")
    return _p(text("case.begin")) + _p(text("case.three_questions")) + _p(f"<b>{wrong}</b>")


@checked
def answers_in_words(seen: Explanation) -> str:
    """Each network's answer with its probability."""
    given = {name: view.prediction for name, view in seen.views.items()}
    return ", ".join(
        f"the {view_kind(name).network} answers {class_in_short(one.answer)} "
        f"({probability(one.probabilities[one.answer])})"
        for name, one in given.items()
    )


def answers_of(seen: Explanation, reading: Reading | None, names: Mapping[str, str]) -> str:
    """What the learner read, and whether the networks disagree."""
    if len(seen.views) == 1:
        said = text("case.one_network")
    elif seen.disagreement:
        said = text("case.disagree", answers=escape(answers_in_words(seen)))
    else:
        said = text("case.agree", both=capital(every(seen.views, "network")))
    own = ""
    if reading is not None and reading.answer is not None and reading.confidence is not None:
        own = text("case.own", answer=escape(names[reading.answer]), sure=percent(reading.confidence / 100)) + " "
    return _p(own + said)


def bars_of(seen: Explanation) -> str:
    """Each network's probabilities as bars, and those of all together; the answer of each is strong."""
    columns = {
        name: (view_kind(name).word, view_kind(name).colour, view.prediction) for name, view in seen.views.items()
    }
    head = "".join(f'<th scope="col">{escape(capital(word))}</th>' for word, _, _ in columns.values())
    joint = len(columns) > 1
    head += f'<th scope="col">{escape(capital(text("case.joint")))}</th>' * joint
    rows = []
    for code in seen.probabilities:
        cells = [_bar(one.probabilities[code], colour, one.answer == code) for _, colour, one in columns.values()]
        cells += [_bar(seen.probabilities[code], view_kind(FUSED).colour, seen.answer == code)] * joint
        rows.append(f'<tr><th scope="row">{escape(class_in_short(code))}</th>{"".join(cells)}</tr>')
    return f'<table><tr><th scope="col">{escape(text("case.answer"))}</th>{head}</tr>{"".join(rows)}</table>'


def _bar(chance: float, colour: str, strong: bool) -> str:
    width = f"{BAR_EM * chance:.2f}em"
    words = escape(probability(chance))
    words = f"<b>{words}</b>" if strong else words
    bar = f'<span class="ecgteach-bar" style="width: {width}; background: {colour}"></span>'
    return f"<td>{bar} {words}</td>"


def maps_of(seen: Explanation, shown: Sequence[str]) -> str:
    """What the maps that are shown say: for which answer, who looked when, what to beware of.

    Shares are filled in on the page, where threshold and rule are set.
    """
    target = f"<b>{escape(class_name(seen.target))}</b>"
    if seen.against is None:
        parts = [text("case.explain", target=target)]
    else:
        parts = [text("case.explain_against", target=target, against=escape(class_in_short(seen.against)))]
    parts.append(text("case.scale", ramp=RAMP))
    single = [name for name in shown if name in seen.views]
    if FUSED in shown:
        parts.append(_agreed(seen))
        if seen.fused is None:
            parts.append(text("case.no_fused", reason=escape(no_fused_map(seen))))
    elif single:
        looked = f'<span data-fill="{escape(single[-1])} looked"></span>'
        parts.append(text("case.looked", share=looked, threshold=_filled("threshold")))
    given = {name: seen.views[name].prediction.probabilities[seen.target] for name in single}
    if faint := [f"the {view_kind(name).network}" for name, chance in given.items() if chance < FAINT]:
        parts.append(text("case.take_care", who=escape(listed(faint)), least=percent(FAINT)))
    if found := warnings(seen.strip):
        parts.append(f"{escape(found)}.")
    return _p(" ".join(parts))


def _agreed(seen: Explanation) -> str:
    neither, *_, together = agreement_kinds(seen.views)
    alone = _filled("alone")
    both = capital(every(seen.views, "network").split()[0])
    return text(
        "case.agreed",
        both=both,
        together=_filled(together),
        single=alone,
        neither=_filled(neither),
        threshold=_filled("threshold"),
    )


def _filled(name: str) -> str:
    return f'<span data-fill="{escape(name)}"></span>'


def legend(views: Sequence[str]) -> str:
    """Which colour says who looked, for the note of the fused panel."""
    looks = [agreement_style(kind) for kind in in_legend(agreement_kinds(views))]
    return " ".join(
        f'<span class="ecgteach-swatch" style="background: {look.colour}"></span>{escape(look.words)}' for look in looks
    )


def place_note(seen: Explanation, view: str) -> str:
    """How much of what speaks for the target a map can show at all; empty where the network does not tell."""
    prediction = seen.views[view].prediction
    share = with_place(prediction.parts, prediction.classes.index(seen.target))
    if share is None or share != share:
        return ""
    return text("case.on_map", share=about(share), target=class_in_short(seen.target))


def gap_of(view: str, gap: Gap | None) -> str:
    """What was drawn against where a view looked."""
    network = view_kind(view).network
    if gap is None:
        return _p(text("case.no_drawing", network=escape(network)))
    if gap.found is None:
        return _p(text("case.gap_none", network=escape(network)))
    return _p(text("case.gap", found=f"<b>{about(gap.found)}</b>", network=escape(network), chance=about(gap.chance)))


def which_of(view: str, real: str, reading: Reading) -> str:
    """The question which of two maps is real, or after the guess the answer."""
    if reading.step == WHICH:
        return _p(text("case.which", network=escape(view_kind(view).network)))
    return _p(text("case.which_right" if reading.real == real else "case.which_wrong", letter=real))


def tests_of(report: "TrustReport", *, revealed: bool) -> str:
    """The tests of a map, headed by what they are about; with answer and map on a 2 x 2 once the truth is out."""
    outcome = {True: "passed", False: "failed", None: "not asked"}
    rows: list[Row] = [[test.question, Cell(outcome[test.passed], strong=True)] for test in report.tests]
    head = f"<h3>{escape(text('case.tests_head'))}</h3>"
    if not report.judged:
        return head + _p(text("case.no_map_to_test"))
    summed = text("case.tests_sum", judged=escape(view_kind(report.judged).word), verdict=escape(report.verdict))
    if revealed and report.answer_right is not None:
        answer, result = report.quadrant
        summed += " " + text("case.quadrant", answer=answer, outcome=result)
    return head + _p(f"<b>{summed}</b>") + html_table([], rows)


def truth_of(
    record: Record, solution: Solution, seen: Explanation, reading: Reading | None, remark: str = ""
) -> tuple[str, str]:
    """The source's rhythm and who was right; and what else is known: findings, a word for the ward, where it is from.

    The second waits until the learner has picked a cause, where a network was wrong.
    """
    code = solution.group.code if solution.group and solution.group.code in seen.probabilities else NONE
    right, wrong = text("case.judged_right"), text("case.judged_wrong")
    judged = [
        f"the {view_kind(name).network}: {right if view.prediction.answer == code else wrong}"
        for name, view in seen.views.items()
    ]
    if reading is not None:
        own = text("case.you_right" if reading.answer == code else "case.you_other")
        judged.append(text("case.you_open") if reading.answer == CANNOT else own)
    if solution.rhythm is None:
        judged = [text("case.nobody", rhythm=solution.rhythm_name)]
    said = text("case.truth", rhythm=escape(solution.rhythm_name))
    rate = text("case.rate", rate=f"{solution.rate:.0f}", group=escape(solution.group_name))
    first = _p(f"<b>{said}</b> {rate} {escape(capital('; '.join(judged)))}.")
    known = []
    if reading is not None and reading.cause:
        known.append(text("case.your_cause", cause=text(f"cause.{reading.cause}")))
    if solution.findings:
        known.append(text("case.found", findings=escape(listed(solution.findings))))
    if remark:
        known.append(text("case.remark", remark=escape(remark)))
    if solution.group and solution.group.patient:
        known.append(text("case.patient", words=escape(solution.group.patient)))
    known.append(text("case.origin", name=escape(record.name), licence=escape(record.licence)))
    return first, _p(" ".join(known))


def misled(solution: Solution, seen: Explanation) -> bool:
    """Whether a network was wrong, as far as there is a label to say so."""
    if solution.rhythm is None or solution.group is None or solution.group.code not in seen.probabilities:
        return False
    return any(view.prediction.answer != solution.group.code for view in seen.views.values())


def twin_words(twin: Case | None) -> str:
    """What the twin was, or that there is none."""
    if twin is None:
        return _p(text("case.no_twin_words"))
    outcome = text("case.judged_right" if twin.right() else "case.judged_wrong")
    rhythm = Solution.of(twin.record).rhythm_name
    return _p(
        text("case.twin_words", answer=escape(class_in_short(twin.answer)), outcome=outcome, rhythm=escape(rhythm))
    )


def tally_of(tally: Tally) -> str:
    """Right answers by confidence, the learner beside the networks, in counts."""
    if not tally.right[1]:
        return _p(text("case.tally_none"))
    columns = {text("case.tally_you"): tally.learner} | {
        view_kind(view).network: counts for view, counts in tally.networks.items()
    }
    rows: list[Row] = [
        [percent(sure / 100), *(Cell(_of(counts[sure]), number=True) for counts in columns.values())]
        for sure in CONFIDENCES
    ]
    return html_table([text("case.confidence").rstrip("?"), *map(capital, columns)], rows, text("case.tally"))


def _of(counted: tuple[int, int]) -> str:
    right, number = counted
    return f"{right} of {number}" if number else "–"


def matrix_of(cases: Sequence[Case], classes: Sequence[str], view: str | None) -> str:
    """What the source says against what a network answered, in counts that open their cases when they are pressed."""
    network = view_kind(view).network if view else every(cases[0].answers if cases else (), "network")
    head = "".join(f'<th scope="col">{escape(code)}</th>' for code in classes)
    rows = []
    for truth in classes:
        cells = []
        for answer in classes:
            count = sum(
                case.group == truth and (case.answers[view] if view else case.answer) == answer for case in cases
            )
            words = text("case.matrix_cell", count=count, truth=class_in_short(truth), answer=class_in_short(answer))
            pressed = (
                f'<button type="button" data-control="cell" data-value="{escape(truth)}|{escape(answer)}" '
                f'aria-label="{escape(words)}">{count}</button>'
            )
            cells.append(f"<td>{pressed if count else '0'}</td>")
        rows.append(f'<tr><th scope="row">{escape(truth)}</th>{"".join(cells)}</tr>')
    caption = escape(text("case.matrix", network=network))
    return f"<p>{caption}</p><table><tr><td></td>{head}</tr>{''.join(rows)}</table>"


def plain(markup: str) -> str:
    """HTML as a screen reader would say it.

    >>> plain("<p>one &amp; <b>two</b></p>")
    'one & two'
    """
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", markup))).strip()


def _p(words: str) -> str:
    return f"<p>{words}</p>"
