"""What a CaseExplorer says at each step, as HTML: what to do, the answers, what the maps share, the truth."""

from html import escape

from ..arguments import checked
from ..cases import Solution
from ..explanation import Explanation
from ..fusion import AGREEMENT_THRESHOLD
from ..plots.tables import Cell, Row, html_table
from ..plots.theme import IMPORTANCE
from ..plots.words import no_fused_map, signed, warnings
from ..records import Record
from ..strip import SAMPLES, SAMPLING_RATE
from ..views import view_kind
from ..words import about, capital, class_in_short, class_name, every, listed, percent, probability
from .case_state import CANNOT, NONE, Reading

FAINT = 0.1
"""Probability of the target below which a map deserves a warning: it is scaled to its own maximum all the same."""

COLOURS = f"background: linear-gradient(90deg, {', '.join(IMPORTANCE)})"
RAMP = f"display: inline-block; width: 6em; height: .8em; border: 1px solid #999; {COLOURS}"
SCALE = f'<span style="white-space: nowrap">nothing <span style="{RAMP}"></span> the map\'s own maximum</span>'


def before(reading: Reading, names: dict[str, str]) -> str:
    """What to do before the networks' answers are shown; `names` are all answers in full words."""
    chosen = f"<b>{escape(names[reading.answer])}</b>" if reading.answer else ""
    if reading.confidence is not None and chosen:
        return (
            f"<p>Your reading: {chosen}, {percent(reading.confidence / 100)} sure. It can still be changed.</p>"
            "<p>Lock it to see what the networks answered.</p>"
        )
    if chosen:
        return f"<p>Your reading: {chosen}. How sure are you?</p>"
    return (
        "<p>Read the strip below. Then choose an answer and how sure you are.</p>"
        "<p>Three questions help. Are the QRS complexes regular? How fast do they come? "
        "Is there the same P wave before each of them?</p>"
        "<p>Two networks have read the same strip. <b>Some of their answers in these cases are wrong.</b></p>"
    )


@checked
def answers_in_words(seen: Explanation) -> str:
    """Each network's answer with its probability."""
    given = {name: view.prediction for name, view in seen.views.items()}
    return ", ".join(
        f"the {view_kind(name).network} answers {class_in_short(one.answer)} "
        f"({probability(one.probabilities[one.answer])})"
        for name, one in given.items()
    )


def answers_of(seen: Explanation) -> str:
    """All networks' probabilities as a table, and whether they disagree."""
    rows: list[Row] = [[class_name(code), *_chances(seen, code)] for code in seen.probabilities]
    table = html_table(["answer", *(view_kind(name).network for name in seen.views)], rows)
    if len(seen.views) == 1:
        said = "One network has read the strip; there is no second one to compare it with."
    elif seen.disagreement:
        said = f"<b>The networks disagree</b>: {escape(answers_in_words(seen))}. At least one is wrong."
    else:
        said = capital(every(seen.views, "network")) + " give the same answer. "
        said += "Networks that learnt from the same strips can share an error."
    return f"<p>{said}</p>{table}"


def _chances(seen: Explanation, code: str) -> list[Cell]:
    """Each network's probability of a class, strong where it is its answer."""
    given = [view.prediction for view in seen.views.values()]
    return [Cell(probability(one.probabilities[code]), number=True, strong=one.answer == code) for one in given]


def maps_of(seen: Explanation, moment: float) -> str:
    """How much of the time all, one or none looked, for which answer, and what to beware of."""
    neither, *single, together = seen.agreement_shares.values()
    name = escape(class_name(seen.target))
    parts = [f"The maps show where each network looked for <b>{name}</b>. Colour: {SCALE}."]
    if seen.fused is None:
        parts.append(f"There is {escape(no_fused_map(seen))}.")
    else:
        parts.append(
            f"{capital(every(seen.views, 'network').split()[0])} looked at {about(together)} of the time, one of them "
            f"alone at {about(sum(single[: len(seen.views)]))}, neither at {about(neither)}. "
            f"(Looked: from {percent(AGREEMENT_THRESHOLD)} of its own maximum on.)"
        )
    given = {view_kind(name).network: view.prediction.probabilities[seen.target] for name, view in seen.views.items()}
    faint = [f"the {network}" for network, chance in given.items() if chance < FAINT]
    if faint:
        parts.append(
            f"Take care: {escape(listed(faint))} gave this answer less than {percent(FAINT)}. Each map is scaled to "
            "its own maximum, so it is as red as a map of a sure answer."
        )
    if found := warnings(seen.strip):
        parts.append(f"{escape(found)}.")
    if moment:
        parts.append(_at(seen, moment))
    return f"<p>{' '.join(parts)}</p>"


def truth_of(record: Record, solution: Solution, seen: Explanation, reading: Reading) -> str:
    """The source's own rhythm in full words, who was right, where the strip comes from, and a word for the ward."""
    code = solution.group.code if solution.group and solution.group.code in seen.probabilities else NONE
    judged = [
        f"the {view_kind(name).network}: {'right' if view.prediction.answer == code else 'wrong'}"
        for name, view in seen.views.items()
    ]
    own = {True: "you: right", False: "you: another answer"}[reading.answer == code]
    if reading.answer == CANNOT:
        own = "you: left it open"
    if solution.rhythm is None:
        judged, own = [], f"{solution.rhythm_name}, so no answer is judged"
    parts = [
        f"<b>The source says: {escape(solution.rhythm_name)}.</b> Measured rate: {solution.rate:.0f} a minute. "
        f"Group by rhythm and rate: {escape(solution.group_name)}.",
        f"{escape(capital('; '.join([*judged, own])))}.",
    ]
    if solution.findings:
        parts.append(f"Also found: {escape(listed(solution.findings))}.")
    if solution.group and solution.group.patient:
        parts.append(f"If this were a patient: {escape(solution.group.patient)}")
    parts.append(
        f"Source: {escape(record.name)}. Licence: {escape(record.licence)}. For teaching, not for clinical use."
    )
    return "".join(f"<p>{part}</p>" for part in parts)


def _at(seen: Explanation, moment: float) -> str:
    sample = min(SAMPLES - 1, round(moment * SAMPLING_RATE))
    values = [
        f"the {view_kind(name).network} {about(float(view.on_time[sample]))}" for name, view in seen.views.items()
    ]
    height = signed(float(seen.strip.samples[sample]))
    return f"At {moment:.1f} s: {escape(', '.join(values))} of its own maximum; the strip has {height} mV."
