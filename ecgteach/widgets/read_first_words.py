"""What ReadFirst says, as HTML: the networks' answers, the truth feature by feature, the sitting as a whole."""

from collections.abc import Sequence
from html import escape

from ..checks.trust import TrustReport
from ..explanation import Explanation
from ..marks import Mark, marked
from ..plots.tables import Cell, Row, html_table
from ..quiz.calipers import measured
from ..quiz.features import FEATURES, READINGS
from ..quiz.items import CANNOT, NONE, Item
from ..quiz.scores import FEW_FOR_CURVE, ItemScore, Profile, Switches
from ..quiz.sitting import Round, missed
from ..quiz.words import FEATURE_NAMES
from ..views import view_kind
from ..words import LOOKED, class_in_short, in_steps, listed, percent, probability
from .texts import text


def answers(classes: Sequence[str]) -> dict[str, str]:
    """What may be answered, by code: a class, none of them, or that the lead does not tell."""
    return {code: class_in_short(code) for code in classes} | {
        NONE: text("reading.none"),
        CANNOT: text("reading.cannot"),
    }


def decisions(classes: Sequence[str], own: str) -> dict[str, str]:
    """Keep the present answer, or switch to another; keeping stands first and is an answer like any other."""
    known = answers(classes)
    keep = {own: text("reading.keep", answer=known[own])}
    return keep | {code: text("reading.switch", answer=words) for code, words in known.items() if code != own}


def own_reading(done: Round, classes: Sequence[str]) -> str:
    """The learner's answer and confidence, as it stands."""
    known = answers(classes)
    now = done.after_answers or done.answer or ""
    said = text("reading.own", answer=known[now], confidence=percent((done.confidence or 0) / 100))
    first = f" {text('reading.before_switch', answer=known[done.answer or ''])}" if now != done.answer else ""
    return f"<p>{escape(said + first)}</p>"


def networks(seen: Explanation) -> str:
    """Each network's probabilities, and whether they agree; which is right is not said."""
    rows: list[Row] = []
    for code in seen.probabilities:
        given = [view.prediction for view in seen.views.values()]
        rows.append(
            [
                class_in_short(code),
                *(Cell(probability(one.probabilities[code]), number=True, strong=one.answer == code) for one in given),
            ]
        )
    head = [text("reading.table_answer"), *(view_kind(name).network for name in seen.views)]
    if len(seen.views) == 1:
        said = text("reading.one_network")
    else:
        said = text("reading.networks_differ" if seen.disagreement else "reading.networks_agree")
    return f"<p>{escape(said)}</p>{html_table(head, rows)}"


def verdict(report: TrustReport) -> str:
    """The tests that the map passed: about the map, not about the diagnosis."""
    failed = [test.name for test in report.tests if test.passed is False]
    said = text("reading.verdict", verdict=report.verdict)
    if failed:
        said += " " + text("reading.verdict_failed", tests=listed(failed))
    return f"<p><b>{text('reading.verdict_head')}</b></p><p>{escape(said)}</p>"


def truth(
    done: Round, item: Item, score: ItemScore, seen: Explanation, classes: Sequence[str], *, returns: bool
) -> str:
    """What it was: rhythm, who was right, each reading, the marks, and what comes back."""
    known = answers(classes)
    parts = []
    if made := _made(item):
        key = "reading.truth_source" if item.truth is None else "reading.truth_is"
        parts.append(f"<b>{escape(text(key, kind=made))}</b>")
    if item.right:
        parts.append(
            escape(
                text("reading.right_answers", answers=" or ".join(sorted(known.get(one, one) for one in item.right)))
            )
        )
    else:
        parts.append(text("reading.no_label"))
    if item.decides:
        parts.append(escape(text("reading.decides", decides=item.decides)))
    said = [*_who(score)]
    if returns and missed(done, item):
        said.append(text("reading.returns"))
    tables = _features(done, item, score)
    rest = [*_marks(done, item, score, seen)]
    return "".join(
        [
            f"<p>{' '.join(parts)}</p>",
            f"<p>{escape(' '.join(said))}</p>" if said else "",
            tables,
            *(f"<p>{escape(line)}</p>" for line in rest),
            f"<p>{text('reading.patient')}</p>",
        ]
    )


def _made(item: Item) -> str:
    """The rhythm in full words, with what the simulator did to it; sinus rhythms by their rate."""
    if item.truth is None:
        return item.strip.rhythm.name if item.strip.rhythm else ""
    plain = "sinus rhythm"
    return (
        item.truth.kind.replace(plain, item.truth.rhythm.name) if item.truth.kind.startswith(plain) else item.truth.kind
    )


def _who(score: ItemScore) -> list[str]:
    """Who was right, and what became of the answer."""
    said = []
    if score.right is not None:
        said.append(text("reading.you_right" if score.right else "reading.you_wrong"))
        said.append(text("reading.network_right" if score.network_right else "reading.network_wrong"))
        if score.right and not score.final_right:
            said.append(text("reading.gave_up"))
        elif score.final_right and not score.right:
            said.append(text("reading.mended"))
    return said


def _features(done: Round, item: Item, score: ItemScore) -> str:
    judged = {True: text("reading.is_right"), False: text("reading.is_wrong"), None: text("reading.not_judged")}
    rows: list[Row] = []
    for name in FEATURES:
        read = done.readings[name]
        rows.append(
            [
                FEATURE_NAMES[name],
                "" if read is None else READINGS[name][read],
                item.features[name].said,
                Cell(judged[score.features[name]], strong=score.features[name] is False),
            ]
        )
    head = [text(f"reading.{name}") for name in ("feature", "you", "true", "judged")]
    return html_table(head, rows)


def _marks(done: Round, item: Item, score: ItemScore, seen: Explanation) -> list[str]:
    """Marks by beat, calipers, and how much of each map was marked: which counts for nothing."""
    said = []
    if score.marks.reason:
        said.append(text("reading.marks_none", reason=score.marks.reason))
    elif not done.marks:
        said.append(text("reading.marks_nothing"))
    else:
        marks = score.marks
        said.append(text("reading.marks_score", beats=marks.beats, of=marks.of, right=marks.right, wrong=marks.wrong))
    if done.caliper is not None:
        interval = measured(done.caliper, item.truth.waves) if item.truth is not None else ""
        said.append(text("reading.calipers", interval=f"{interval}: " if interval else "", seconds=str(done.caliper)))
    if score.with_map and done.marks:
        for name, share in agreement(done.marks, seen).items():
            said.append(text("reading.agreement", view=view_kind(name).word.lower(), found=in_steps(share)))
    return said


def agreement(marks: Sequence[Mark], seen: Explanation) -> dict[str, float]:
    """Which share of what each network looked at was marked; no score uses it."""
    own = marked(marks, marks[0].brush)
    for mark in marks[1:]:
        own = own | marked([mark], mark.brush)
    looked = {
        name: view.on_time >= LOOKED * view.on_time.max() for name, view in seen.views.items() if view.on_time.max() > 0
    }
    return {name: float(own[where].mean()) for name, where in looked.items()}


def summary(profile: Profile, carried: Sequence[str]) -> tuple[str, str]:
    """The sitting as a whole: its scores; and beside them confidence with counts, and what to take again."""
    trust = "" if profile.over_trust is None else f"{profile.followed} of {profile.faced}"
    rows: list[Row] = [
        [text("reading.summary_reading"), _share(profile.reading)],
        [text("reading.summary_first"), _share(profile.first)],
        [text("reading.summary_final"), _share(profile.final)],
        [text("reading.summary_marks"), _share(profile.marks)],
        [text("reading.summary_brier"), Cell("" if profile.brier is None else f"{profile.brier:.2f}", number=True)],
        [text("reading.summary_trust"), Cell(trust, number=True)],
        [text("reading.summary_given_up"), Cell(str(profile.given_up), number=True)],
        [text("reading.summary_answers"), _switches(profile.answers)],
        [text("reading.summary_map"), _switches(profile.map)],
    ]
    head = [text("reading.summary_what"), text("reading.summary_you")]
    scores = html_table(head, rows, caption=text("reading.caption_scores"))
    bins: list[Row] = [[one.name, Cell(f"{one.right} of {one.answers}", number=True)] for one in profile.bins]
    confidence = html_table(
        [text("reading.confidence_said"), text("reading.confidence_right")],
        bins,
        caption=text("reading.caption_confidence"),
        note="" if profile.curve else text("reading.few", least=FEW_FOR_CURVE),
    )
    again = f"<p>{escape(text('reading.carried', contrasts='; '.join(carried)))}</p>" if carried else ""
    return scores, confidence + again


def _share(value: float | None) -> Cell:
    return Cell("" if value is None else percent(value), number=True)


def _switches(switches: Switches) -> Cell:
    return Cell(f"{switches.right_to_wrong}, {switches.wrong_to_right} (of {switches.items})", number=True)


def consent(words: str) -> str:
    """What participants of a study read before they begin."""
    return f"<h3>{text('reading.consent_head')}</h3><p>{escape(words)}</p>"
