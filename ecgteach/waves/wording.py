"""One explanation in plain clinical words, which claim no more than was measured."""

from ..explanation import Explanation, View
from .attention import FUSED, Attention, Share, attention_by_wave
from .p_test import BEFORE, ELSEWHERE, NOT_SEEN, UNDECIDABLE
from .stretches import IN_WORDS, PARTS, WINDOWS

NETWORKS = {"signal": "signal network", "image": "picture network"}
PERCENT = "\N{NO-BREAK SPACE}%"

P_FOUND = {
    BEFORE: "P waves are seen before each QRS",
    ELSEWHERE: "P waves are seen elsewhere, but not before each QRS",
    NOT_SEEN: "No repeating P wave is seen before the QRS complexes",
    UNDECIDABLE: "Whether there are P waves cannot be told",
}
IN_PLACE_OF_P = "P: \N{EN DASH}; the stretch before QRS stands in its place"
CHANCE = {1: "more than chance", 0: "no more than chance", -1: "less than chance"}


def sentence(explanation: Explanation, attention: Attention | None = None) -> str:
    """What was measured on one explanation, in a few plain sentences.

    Parameters
    ----------
    explanation : Explanation
        What `ecgteach.explain` gave.
    attention : Attention, optional
        What `attention_by_wave` gave for it; made here without it.

    Returns
    -------
    str
        Says what the networks answer and whether they quarrel, what is known of P, on which waves each map lies (in
        steps of 5 %, and against chance), what is empty, how much of an answer has no place, and which waves are too
        short for the cells. "Attended to" tells where a map lies, not why the network answers so.
    """
    found = attention_by_wave(explanation) if attention is None else attention
    told = [_answers(explanation), _p(found)]
    for name, view in explanation.views.items():
        told.append(_map(explanation, found, name))
        told.append(_without_place(NETWORKS[name], view, explanation.target))
    told += [_fused(explanation, found), _blurred(explanation, found), _caution(found)]
    return " ".join(f"{words}." for words in told if words)


def in_steps(share: float) -> str:
    """A share in steps of 5 %: ``"about 60 %"``, ``"under 5 %"``, ``"over 95 %"``.

    >>> in_steps(0.61).split()
    ['about', '60', '%']
    """
    steps = 5 * round(20 * share)
    if steps in (0, 100):
        return f"under 5{PERCENT}" if steps == 0 else f"over 95{PERCENT}"
    return f"about {steps}{PERCENT}"


def _answers(seen: Explanation) -> str:
    answers = {name: view.prediction.answer for name, view in seen.views.items()}
    asked = "" if set(answers.values()) == {seen.target} else f"; the maps are for {seen.target}"
    if seen.quarrel:
        each = f"the signal network answers {answers['signal']}, the picture network {answers['image']}"
        return f"The views quarrel: {each}{asked}"
    return f"Both networks answer {answers['signal']}{asked}"


def _p(found: Attention) -> str:
    if not found.waves.of("QRS"):
        return f"Where the waves are cannot be told: {found.waves.quality}"
    p = found.waves.p
    why = f", since {p.reason}" if p.reason else ""
    return P_FOUND[p.outcome] + why + ("" if p.outcome == BEFORE else f" ({IN_PLACE_OF_P})")


def _map(seen: Explanation, found: Attention, name: str) -> str:
    """Where the map lies: the stretch that holds most of it, and those that hold more than chance."""
    whose = f"the {NETWORKS[name]}'s map for {seen.target}"
    if name in found.empty:
        return "" if not found.waves.of("QRS") else f"{_upper(whose)} is empty ({found.empty[name]})"
    shares = _told(found, name)
    most = max(shares, key=lambda share: share.mass)
    said = (
        f"{_upper(in_steps(most.mass))} of {whose} lies on {IN_WORDS[most.stretch]}, "
        f"{CHANCE[most.beyond_chance]} ({in_steps(most.duration)} of the time)"
    )
    more = [share for share in shares if share.beyond_chance == 1 and share is not most]
    if more:
        said += f"; it also attended more than chance to {_listed(more)}"
    elif most.beyond_chance < 1:
        said += "; it singles out no wave"
    pre = next((share for share in shares if share.stretch == "pre" and share is not most and share not in more), None)
    return said + (f"; {in_steps(pre.mass)} lies on {IN_WORDS['pre']}" if pre else "")


def _told(found: Attention, view: str) -> list[Share]:
    """Shares in the parting of time that fits: the waves where P is known, else the windows of every rhythm."""
    names = PARTS if found.waves.p.outcome == BEFORE else WINDOWS
    return [share for name in names if (share := found.of(view, name))]


def _without_place(network: str, view: View, target: str) -> str:
    """How much of what speaks for the target no map can show."""
    parts = {name: float(part[view.prediction.classes.index(target)]) for name, part in view.prediction.parts.items()}
    if set(parts) != {"local", "rhythm"}:
        return ""
    local, rhythm = parts["local"], parts["rhythm"]
    if local > 0 and rhythm > 0:
        share = in_steps(rhythm / (local + rhythm))
        return f"{_upper(share)} of what speaks for {target} in the {network} is rhythm, which has no place on a map"
    if rhythm > 0:
        return f"Only rhythm, which has no place on a map, speaks for {target} in the {network}"
    if local > 0:
        return f"Only what has a place speaks for {target} in the {network}; its rhythm part does not"
    return f"Neither what has a place nor rhythm speaks for {target} in the {network}"


def _fused(seen: Explanation, found: Attention) -> str:
    if seen.fused is None:
        return f"There is no fused map: {seen.fused_reason}"
    shares = _told(found, FUSED) if FUSED not in found.empty else []
    if not shares:
        return ""
    most = max(shares, key=lambda share: share.mass)
    return f"Of the fused map {in_steps(most.mass)} lies on {IN_WORDS[most.stretch]}, {CHANCE[most.beyond_chance]}"


def _blurred(seen: Explanation, found: Attention) -> str:
    told = [share for view in seen.views if view not in found.empty for share in _told(found, view)]
    short = list(dict.fromkeys(IN_WORDS[share.stretch] for share in told if share.blurred))
    if not short:
        return ""
    cell = max(view.layer.cell_seconds for view in seen.views.values())
    return f"Too short for cells of {1000 * cell:.0f} ms, and blurred into the neighbours: {_and(short)}"


def _caution(found: Attention) -> str:
    good = found.waves.quality.good or not found.waves.of("QRS")
    return "" if good else f"Read with care: {found.waves.quality}"


def _listed(shares: list[Share]) -> str:
    return _and([f"{IN_WORDS[share.stretch]} ({in_steps(share.mass)})" for share in shares])


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _upper(words: str) -> str:
    return words[0].upper() + words[1:]
