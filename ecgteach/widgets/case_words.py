"""What a CaseExplorer says at each step, as HTML: what to do, the answers, what the maps share, the truth."""

from html import escape

from ..cases import Solution
from ..explanation import Explanation
from ..fusion import AGREEMENT_THRESHOLD
from ..plots.theme import IMPORTANCE
from ..plots.words import in_steps, no_fused_map, probability, warnings
from ..records import Record
from ..rhythms import grouping
from ..strip import SAMPLES, SAMPLING_RATE
from .case_state import Reading, answers

NETWORKS = {"signal": "the signal's network", "image": "the picture's network"}

RULE_WORDS = {
    "mean": "mean of both",
    "maximum": "the higher of both",
    "product": "product: both must look",
    "confidence": "mean, weighted by probability",
}

FAINT = 0.1
"""Probability of the target below which a map deserves a warning: it is scaled to its own maximum all the same."""

COLOURS = f"background: linear-gradient(90deg, {', '.join(IMPORTANCE)})"
RAMP = f"display: inline-block; width: 6em; height: .8em; border: 1px solid #999; {COLOURS}"
SCALE = f'<span style="white-space: nowrap">nothing <span style="{RAMP}"></span> the map\'s own maximum</span>'

IF_A_PATIENT = {
    "SR": "sinus rhythm is a rhythm, not a normal ECG: twelve leads may show what this strip cannot.",
    "SB": "a rate in the fifties at rest is usually normal; what is done follows the symptoms, not the number.",
    "GSVT": "most fast strips of this group are sinus tachycardia, and there one looks for the cause.",
    "AFIB": "ten seconds of one lead are <i>consistent with</i> it; the diagnosis asks for twelve leads, "
    "or for 30 s of one (Hindricks et al. 2021, doi 10.1093/eurheartj/ehaa612).",
}


def before(reading: Reading) -> str:
    """What to do before the networks' answers are shown."""
    chosen = f"<b>{answers()[reading.answer]}</b>" if reading.answer else ""
    if reading.complete:
        return (
            f"<p>Your reading: {chosen}, {reading.confidence}\N{NO-BREAK SPACE}% sure. It can still be changed.</p>"
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


def answers_in_words(seen: Explanation) -> str:
    """Both answers with their probabilities."""
    said = [f"{NETWORKS[name]} answers {_answer(seen, name)}" for name in seen.views]
    return ", ".join(said)


def answers_of(seen: Explanation) -> str:
    """Both networks' probabilities as a table, and whether they disagree."""
    head = "".join(f"<th>{name.removeprefix('the ')}</th>" for name in NETWORKS.values())
    rows = [f"<tr><th>answer</th>{head}</tr>"]
    for group in grouping().groups:
        cells = [seen.views[name].prediction.probabilities[group.code] for name in NETWORKS]
        given = [seen.views[name].prediction.answer == group.code for name in NETWORKS]
        numbers = "".join(
            f'<td class="number">{"<b>" * is_answer}{probability(cell)}{"</b>" * is_answer}</td>'
            for cell, is_answer in zip(cells, given, strict=True)
        )
        rows.append(f"<tr><td>{group.name}</td>{numbers}</tr>")
    if seen.disagreement:
        said = f"<b>The networks disagree</b>: {answers_in_words(seen)}. At least one is wrong."
    else:
        said = "Both networks give the same answer. Two networks that learnt from the same strips can share an error."
    return f"<p>{said}</p><table>{''.join(rows)}</table>"


def maps_of(seen: Explanation, moment: float) -> str:
    """How much of the time both, one or none looked, for which answer, and what to beware of."""
    names = answers()
    shares = seen.agreement_shares
    one = shares["signal only"] + shares["image only"]
    told = [f"The maps show where each network looked for <b>{names[seen.target]}</b>. Colour: {SCALE}."]
    if seen.fused is None:
        told.append(f"There is {escape(no_fused_map(seen))}.")
    else:
        told.append(
            f"Both looked at {in_steps(shares['both'])} of the time, one of them alone at {in_steps(one)}, "
            f"neither at {in_steps(shares['neither'])}. "
            f"(Looked: from {_percent(AGREEMENT_THRESHOLD)} of its own maximum on.)"
        )
    given = {NETWORKS[name]: view.prediction.probabilities[seen.target] for name, view in seen.views.items()}
    faint = [name for name, chance in given.items() if chance < FAINT]
    if faint:
        told.append(
            f"Take care: {' and '.join(faint)} gave this answer less than {_percent(FAINT)}. Each map is scaled to "
            "its own maximum, so it is as red as a map of a sure answer."
        )
    if found := warnings(seen.strip):
        told.append(f"{escape(found)}.")
    if moment:
        told.append(_at(seen, moment))
    return f"<p>{' '.join(told)}</p>"


def truth_of(record: Record, solution: Solution, seen: Explanation, reading: Reading) -> str:
    """The source's own rhythm in full words, who was right, where the strip comes from, and a word for the ward."""
    code = solution.group.code if solution.group else ""
    judged = [
        f"{name}: {'right' if seen.views[view].prediction.answer == code else 'wrong'}"
        for view, name in NETWORKS.items()
    ]
    own = {True: "you: right", False: "you: another answer"}[reading.answer == (code or "none")]
    if reading.answer == "cannot":
        own = "you: left it open"
    told = [
        f"<p><b>The source says: {solution.rhythm_name}.</b> Measured rate: {solution.rate:.0f} a minute. "
        f"Group by rhythm and rate: {solution.group_name}.</p>",
        f"<p>{'; '.join([*judged, own]).capitalize()}.</p>",
    ]
    if code:
        told.append(f"<p>If this were a patient: {IF_A_PATIENT[code]}</p>")
    told.append(
        f"<p>Source: {escape(record.name)}. Licence: {escape(record.licence)}. For teaching, not for clinical use.</p>"
    )
    return "".join(told)


def _answer(seen: Explanation, name: str) -> str:
    prediction = seen.views[name].prediction
    return f"{answers()[prediction.answer]} ({probability(prediction.probabilities[prediction.answer])})"


def _percent(share: float) -> str:
    return f"{share * 100:.0f}\N{NO-BREAK SPACE}%"


def _at(seen: Explanation, moment: float) -> str:
    place = min(SAMPLES - 1, round(moment * SAMPLING_RATE))
    values = [f"{NETWORKS[name]} {in_steps(float(view.on_time[place]))}" for name, view in seen.views.items()]
    return (
        f"At {moment:.1f} s: {', '.join(values)} of its own maximum; the strip has {seen.strip.samples[place]:.1f} mV."
    )
