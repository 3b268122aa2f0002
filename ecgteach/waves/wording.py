"""One explanation in plain clinical words, which claim no more than was measured."""

from ..explanation import FUSED, Explanation, View
from ..rhythms import grouping
from .attention import Attention, Share, attention_by_wave
from .delineation import DELINEATED, LEADS_TO_QRS, Waves
from .p_test import BEFORE, ELSEWHERE, NOT_SEEN, UNDECIDABLE
from .stretches import IN_WORDS, PARTS, WINDOWS

NETWORKS = {"signal": "signal network", "image": "picture network"}
PERCENT = "\N{NO-BREAK SPACE}%"

IN_PLACE_OF_P = "P: \N{EN DASH}; the stretch before QRS stands in its place"
P_FOUND = {
    ELSEWHERE: "A wave repeats between T and QRS, further ahead than a P that leads to QRS usually is",
    NOT_SEEN: f"No repeating P wave is seen before the QRS complexes ({IN_PLACE_OF_P})",
    UNDECIDABLE: "Whether there are P waves cannot be told",
}
P_GIVEN = P_FOUND | {ELSEWHERE: "P waves are there, but they do not lead to each QRS"}
"""What is told of P waves that we found, and of those that came with the strip."""

CHANCE = {1: "more than chance", 0: "within what chance gives", -1: "less than chance"}
WORTH_TELLING = 0.025
"""Share of a map below which a stretch is not listed: it would read "under 5 %"."""


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
        short for the cells. It tells where a map lies, not why the network answers so.
    """
    found = attention_by_wave(explanation) if attention is None else attention
    told = [_answers(explanation), _p(found)]
    for name, view in explanation.views.items():
        told.append(_map(explanation, found, name))
        told.append(_without_place(NETWORKS[name], view, explanation.target, empty=name in found.empty))
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
    named = {name: _in_full(answer) for name, answer in answers.items()}
    target = seen.target if seen.target in answers.values() else _in_full(seen.target)
    asked = "" if set(answers.values()) == {seen.target} else f"; the maps are for {target}"
    if seen.quarrel:
        each = f"the signal network answers {named['signal']}, the picture network {named['image']}"
        return f"The views quarrel: {each}{asked}"
    return f"Both networks answer {named['signal']}{asked}"


def _in_full(code: str) -> str:
    """A class by its code and its name: ``"SR (sinus rhythm)"``."""
    return next((f"{code} ({group.name})" for group in grouping().groups if group.code == code), code)


def _p(found: Attention) -> str:
    waves = found.waves
    if not waves.of("QRS"):
        return f"Where the waves are cannot be told: {waves.quality.plain}. Read the answers with care"
    if waves.p.outcome == BEFORE:
        return _p_before(waves)
    told = (P_FOUND if waves.source == DELINEATED else P_GIVEN)[waves.p.outcome]
    return f"{told}, since {waves.p.reason}" if waves.p.reason else told


def _p_before(waves: Waves) -> str:
    """That P leads to QRS: to each, or only to most; a QRS at the strip's edge may have its P outside."""
    atria = {wave.beat: wave.onset for wave in waves.of("P")}
    inner = [wave for wave in waves.of("QRS") if wave.onset - waves.span[0] > LEADS_TO_QRS[1]]
    each = all(atria.get(wave.beat, wave.onset) < wave.onset for wave in inner)
    if waves.source != DELINEATED:
        return f"P waves lie before {'each QRS' if each else 'most QRS complexes'}"
    return "A repeating P wave is seen before each QRS" if each else "A wave like P is seen before most QRS complexes"


def _map(seen: Explanation, found: Attention, name: str) -> str:
    """Where the map lies: the stretch that holds most of it, and those that hold more than chance."""
    whose = f"the {NETWORKS[name]}'s map for {seen.target}"
    if name in found.empty:
        return "" if not found.waves.of("QRS") else f"{_upper(whose)} is empty ({found.empty[name]})"
    shares = _told(found, name)
    most = max(shares, key=lambda share: share.mass)
    said = (
        f"{_upper(in_steps(most.mass))} of {whose} lies on {IN_WORDS[most.stretch]} "
        f"({in_steps(most.duration)} of the time), {_against_chance(most)}"
    )
    beyond = [share for share in shares if share.beyond_chance == 1 and share is not most]
    more = [share for share in beyond if share.mass >= WORTH_TELLING]
    if more:
        said += f"; more than chance {'also ' if most.beyond_chance == 1 else ''}lies on {_listed(more)}"
    elif most.beyond_chance < 1 and not beyond:
        said += "; it singles out no wave"
    pre = next((share for share in shares if share.stretch == "pre" and share is not most and share not in more), None)
    return said + (f"; {in_steps(pre.mass)} lies on {IN_WORDS['pre']}" if pre else "")


def _against_chance(share: Share) -> str:
    """How a share stands to the shifted maps; "a little" where it reads the same as the share of the time."""
    little = share.beyond_chance and in_steps(share.mass) == in_steps(share.duration)
    return f"{'a little ' if little else ''}{CHANCE[share.beyond_chance]}"


def _told(found: Attention, view: str) -> list[Share]:
    """Shares in the parting of time that fits: the waves where P is known, else the windows of every rhythm."""
    names = PARTS if found.waves.p.outcome == BEFORE else WINDOWS
    return [share for name in names if (share := found.of(view, name))]


def _without_place(network: str, view: View, target: str, *, empty: bool) -> str:
    """How much of what speaks for the target no map can show."""
    parts = {name: float(part[view.prediction.classes.index(target)]) for name, part in view.prediction.parts.items()}
    if set(parts) != {"local", "rhythm"}:
        return ""
    local, rhythm = parts["local"], parts["rhythm"]
    if local > 0 and rhythm > 0:
        share = _upper(in_steps(rhythm / (local + rhythm)))
        return f"{share} of what speaks for {target} in the {network} is its rhythm part, which has no place on a map"
    if local > 0:
        return f"Only what has a place speaks for {target} in the {network}; its rhythm part does not"
    told = (
        f"Only the rhythm part, which has no place on a map, speaks for {target} in the {network}"
        if rhythm > 0
        else f"On balance nothing speaks for {target} in the {network}"
    )
    return told if empty else f"{told}: what its map shows is outweighed by what speaks against {target} elsewhere"


def _fused(seen: Explanation, found: Attention) -> str:
    if seen.fused is None:
        return f"There is no fused map: {seen.fused_reason}"
    shares = _told(found, FUSED) if FUSED not in found.empty else []
    if not shares:
        return ""
    most = max(shares, key=lambda share: share.mass)
    return f"Of the fused map {in_steps(most.mass)} lies on {IN_WORDS[most.stretch]}, {_against_chance(most)}"


def _blurred(seen: Explanation, found: Attention) -> str:
    told = [share for view in seen.views if view not in found.empty for share in _told(found, view)]
    short = list(dict.fromkeys(IN_WORDS[share.stretch] for share in told if share.blurred))
    if not short:
        return ""
    cell = max(view.layer.cell_seconds for view in seen.views.values())
    return f"Too short for cells of {1000 * cell:.0f} ms, and not told apart from the neighbours: {_and(short)}"


def _caution(found: Attention) -> str:
    good = found.waves.quality.good or not found.waves.of("QRS")
    return "" if good else f"Read with care: {found.waves.quality.plain}"


def _listed(shares: list[Share]) -> str:
    return _and([f"{IN_WORDS[share.stretch]} ({in_steps(share.mass)})" for share in shares])


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _upper(words: str) -> str:
    return words[0].upper() + words[1:]
