"""One explanation in plain clinical words, which claim no more than was measured."""

from ..arguments import checked
from ..beats import find_beats
from ..explanation import FUSED, Explanation, View
from ..views import view_kind
from ..words import about, capital, class_in_short, every, listed, with_place
from .attention import Attention, Share, attention_by_wave
from .delineation import DELINEATED, LEADS_TO_QRS, Waves
from .p_wave import BEFORE, ELSEWHERE, NOT_SEEN, UNDECIDABLE
from .segments import IN_WORDS, PARTS, WINDOWS

IN_PLACE_OF_P = "P: \N{EN DASH}; the segment before QRS stands in its place"
P_FOUND = {
    ELSEWHERE: "A wave repeats between T and QRS, further ahead than a P that leads to QRS usually is",
    NOT_SEEN: f"No repeating P wave is seen before the QRS complexes ({IN_PLACE_OF_P})",
    UNDECIDABLE: "Whether there are P waves cannot be told",
}
P_GIVEN = P_FOUND | {ELSEWHERE: "P waves are there, but they do not lead to each QRS"}
"""What is told of P waves that we found, and of those that came with the strip."""

FLUTTER_RATES = (120.0, 175.0)
"""Beats a minute at which flutter may conduct every second wave: half of its usual 240 to 350 a minute."""

REGULAR_BELOW = 0.1
"""RR irregularity under which a rhythm is called regular here; simulated fibrillation has 0.12 and more."""

CHANCE = {1: "more than chance", 0: "within what chance gives", -1: "less than chance"}
WORTH_TELLING = 0.025
"""Share of a map below which a segment is not listed: it would read "under 5 %"."""


@checked
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
        Says what the networks answer, whether they disagree, what is known of P, whether flutter may look alike,
        on which waves each map lies (in steps of 5 %, and against chance), what is empty, how much of an answer has no
        place, and which waves are too short for the cells. It tells where a map lies, not why the network answers so.
    """
    found = attention_by_wave(explanation) if attention is None else attention
    told = [_answers(explanation), _p(found), _flutter(explanation, found)]
    for name, view in explanation.views.items():
        told.append(_map(explanation, found, name))
        told.append(_without_place(view_kind(name).network, view, explanation.target, empty=name in found.empty))
    told += [_fused(explanation, found), _blurred(explanation, found), _caution(found)]
    return " ".join(f"{words}." for words in told if words)


def _answers(seen: Explanation) -> str:
    answers = {name: view.prediction.answer for name, view in seen.views.items()}
    named = {name: class_in_short(answer) for name, answer in answers.items()}
    asked = "" if set(answers.values()) == {seen.target} else f"; the maps are for {class_in_short(seen.target)}"
    if seen.disagreement:
        each = ", ".join(f"the {view_kind(name).network} answers {answer}" for name, answer in named.items())
        return f"The views disagree: {each}{asked}"
    networks = capital(every(named, "network"))
    return f"{networks} answer{'s' * (len(named) == 1)} {next(iter(named.values()))}{asked}"


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


def _flutter(seen: Explanation, found: Attention) -> str:
    """That at the rate of flutter with every second wave conducted, a wave before QRS may be one of flutter's."""
    beats = find_beats(seen.strip)
    low, high = FLUTTER_RATES
    regular = beats.quality.good and beats.irregularity < REGULAR_BELOW
    if not (regular and low <= beats.rate <= high):
        return ""
    wave = "the wave before each QRS" if found.waves.p.outcome == BEFORE else "a wave before each QRS, if there is one,"
    return f"At a regular rate of {beats.rate:.0f}/min {wave} may be every second flutter wave"


def _map(seen: Explanation, found: Attention, name: str) -> str:
    """Where the map lies: the segment that holds most of it, and those that hold more than chance."""
    whose = f"the {view_kind(name).network}'s map for {class_in_short(seen.target)}"
    if name in found.empty:
        return "" if not found.waves.of("QRS") else f"{capital(whose)} is empty ({found.empty[name]})"
    shares = _told(found, name)
    most = max(shares, key=lambda share: share.mass)
    said = (
        f"{capital(about(most.mass))} of {whose} lies on {IN_WORDS[most.segment]} "
        f"({about(most.duration)} of the time), {_against_chance(most)}"
    )
    beyond = [share for share in shares if share.beyond_chance == 1 and share is not most]
    more = [share for share in beyond if share.mass >= WORTH_TELLING]
    if more:
        said += f"; more than chance {'also ' if most.beyond_chance == 1 else ''}lies on {_listed(more)}"
    elif most.beyond_chance < 1 and not beyond:
        said += "; it singles out no wave"
    pre = next((share for share in shares if share.segment == "pre" and share is not most and share not in more), None)
    return said + (f"; {about(pre.mass)} lies on {IN_WORDS['pre']}" if pre else "")


def _against_chance(share: Share) -> str:
    """How a share stands to the shifted maps; "a little" where it reads the same as the share of the time."""
    little = share.beyond_chance and about(share.mass) == about(share.duration)
    return f"{'a little ' if little else ''}{CHANCE[share.beyond_chance]}"


def _told(found: Attention, view: str) -> list[Share]:
    """Shares in the parting of time that fits: the waves where P is known, else the windows of every rhythm."""
    names = PARTS if found.waves.p.outcome == BEFORE else WINDOWS
    return [share for name in names if (share := found.of(view, name))]


def _without_place(network: str, view: View, target: str, *, empty: bool) -> str:
    """How much of what speaks for the target no map can show."""
    share, name = with_place(view.prediction.parts, view.prediction.classes.index(target)), class_in_short(target)
    if share is None:
        return ""
    if 0 < share < 1:
        rest = capital(about(1.0 - share))
        return f"{rest} of what speaks for {name} in the {network} is its rhythm part, which has no place on a map"
    if share == 1:
        return f"Only what has a place speaks for {name} in the {network}; its rhythm part does not"
    told = (
        f"Only the rhythm part, which has no place on a map, speaks for {name} in the {network}"
        if share == 0
        else f"On balance nothing speaks for {name} in the {network}"
    )
    return told if empty else f"{told}: what its map shows is outweighed by what speaks against {name} elsewhere"


def _fused(seen: Explanation, found: Attention) -> str:
    if seen.fused is None:
        return f"There is no fused map: {seen.fused_reason}"
    shares = _told(found, FUSED) if FUSED not in found.empty else []
    if not shares:
        return ""
    most = max(shares, key=lambda share: share.mass)
    return f"Of the fused map {about(most.mass)} lies on {IN_WORDS[most.segment]}, {_against_chance(most)}"


def _blurred(seen: Explanation, found: Attention) -> str:
    told = [share for view in seen.views if view not in found.empty for share in _told(found, view)]
    short = list(dict.fromkeys(IN_WORDS[share.segment] for share in told if share.blurred))
    if not short:
        return ""
    cell = max(view.layer.cell_seconds for view in seen.views.values())
    return f"Too short for cells of {1000 * cell:.0f} ms, and not told apart from the neighbours: {listed(short)}"


def _caution(found: Attention) -> str:
    good = found.waves.quality.good or not found.waves.of("QRS")
    return "" if good else f"Read with care: {found.waves.quality.plain}"


def _listed(shares: list[Share]) -> str:
    return listed([f"{IN_WORDS[share.segment]} ({about(share.mass)})" for share in shares])
