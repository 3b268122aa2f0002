"""Evidence: what in a simulated recording makes its rhythm's name, as ``evidence.csv`` says for each rhythm.

The table was fixed before any map was seen. Its rows stand in the order of precedence: where two segments overlap, the
upper one wins, so that a P wave that lies on a T is evidence and not the T. Intervals and other relations (I) have no
place of their own, whether between beats (RR, PR that lengthens) or between leads (a P that is upright in II and
inverted in aVR, concordance of the chest leads): theirs is the segment in which they are seen, and it takes nothing
away from the others.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..truth import Evidence, Wave
from .people import table

PRE_SECONDS = (0.24, 0.04)
AROUND_QRS_END = 0.04
VISIBLE_F = 0.05
WIDE_QRS = 0.12
AROUND_TURN = 0.2
AROUND_SPIKE = 0.01
CAPTURED_WITHIN = 0.04
EXPECTED_WITHIN = 0.25
EARLY = ("premature", "PVC", "aberrant")


class Segment(NamedTuple):
    """From when to when, in seconds, and the number of its beat."""

    start: float
    end: float
    beat: int | None


@dataclass(frozen=True)
class Scene:
    """The waves of a recording as the segments are found in them.

    Parameters
    ----------
    waves : tuple of Wave
        All of them, in the order of their onsets.
    visible_f : bool
        Whether f waves are high enough to count (0.05 mV peak to peak).
    run : (float, float), optional
        From when to when another rhythm runs within sinus rhythm, in seconds.
    pause : (float, float), optional
        From the P before a sinus pause to the P after it, in seconds.
    signs : frozenset of str
        What the twelve leads would show of a ventricular tachycardia: ``"axis"``, ``"concordance"``.
    """

    waves: tuple[Wave, ...]
    visible_f: bool = True
    run: tuple[float, float] | None = None
    pause: tuple[float, float] | None = None
    signs: frozenset[str] = frozenset()

    def of(self, *kinds: str) -> list[Wave]:
        """Waves of some kinds."""
        return [wave for wave in self.waves if wave.kind in kinds]

    def pauses(self) -> list[Segment]:
        """From the end of each T to the onset of the next QRS, with the number of that next beat."""
        complexes = self.of("QRS")
        pauses = []
        for number, wave in enumerate(complexes):
            ends = [t.offset for t in self.of("T") if t.onset < wave.onset]
            before = complexes[number - 1].offset if number else wave.onset - 2.0
            pauses.append(Segment(max([before, *ends[-1:]]), wave.onset, wave.beat))
        if complexes:
            ends = [t.offset for t in self.of("T")]
            pauses.append(Segment(max([complexes[-1].offset, *ends[-1:]]), complexes[-1].offset + 10.0, None))
        return pauses


def evidence_of(names: Iterable[str], scene: Scene, seconds: float) -> tuple[Evidence, ...]:
    """Evidence of a recording.

    Parameters
    ----------
    names : iterable of str
        Rows of the table that apply: a rhythm's code or variant, before it what was set into it.
    scene : Scene
        The recording's waves.
    seconds : float
        Its length.

    Returns
    -------
    tuple of Evidence
        In the order of their starts.
    """
    taken: list[tuple[float, float]] = []
    found = []
    for name in ("*", *names):
        for row in _rows(name):
            if row["what"] == "f in TQ" and not scene.visible_f:
                row = {**row, "role": "C", "criterion": "", "edit": ""}
            for segment in EVIDENCE_SEGMENTS[row["what"]](scene):
                start, end = max(segment.start, 0.0), min(segment.end, seconds)
                if row["role"] == "I":
                    free = [(segment.start, segment.end)] if segment.start >= 0 and segment.end <= seconds else []
                else:
                    free = _without((start, end), taken)
                    taken += free
                found += [
                    Evidence(begin, finish, row["role"], row["criterion"], row["what"], segment.beat, row["edit"])
                    for begin, finish in free
                ]
    return tuple(sorted(found, key=lambda entry: (entry.start, entry.end)))


def _without(segment: tuple[float, float], taken: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """What is left of a segment after those that are taken."""
    left = [segment] if segment[1] > segment[0] else []
    for start, end in taken:
        left = [
            piece
            for begin, finish in left
            for piece in ((begin, min(finish, start)), (max(begin, end), finish))
            if piece[1] - piece[0] > 1e-9
        ]
    return left


def _waves(kind: str) -> Callable[[Scene], list[Segment]]:
    return lambda scene: [Segment(wave.onset, wave.offset, wave.beat) for wave in scene.of(kind)]


def _p_with_pr(scene: Scene) -> list[Segment]:
    onsets = {wave.beat: wave.onset for wave in scene.of("QRS")}
    return [
        Segment(wave.onset, max(onsets.get(wave.beat, wave.offset), wave.offset), wave.beat)
        for wave in scene.of("P")
        if wave.beat is not None
    ]


def _st_t(scene: Scene) -> list[Segment]:
    """From the end of each QRS to the end of its T; where the QRS lies before the recording, its T alone."""
    ends = {wave.beat: wave.offset for wave in scene.of("QRS")}
    return [
        Segment(ends.get(wave.beat, wave.onset) if wave.beat is not None else wave.onset, wave.offset, wave.beat)
        for wave in scene.of("T")
    ]


def _late_t(scene: Scene) -> list[Segment]:
    retrograde = {wave.beat: wave.offset for wave in scene.of("P")}
    return [
        Segment(max(wave.peak, retrograde.get(wave.beat, wave.peak)), wave.offset, wave.beat) for wave in scene.of("T")
    ]


def _pre(scene: Scene) -> list[Segment]:
    """240 to 40 ms before each QRS, cut at the end of T; not where a P has been drawn in."""
    first, last = PRE_SECONDS
    onsets = {wave.beat: wave.onset for wave in scene.of("QRS")}
    drawn = {wave.beat for wave in scene.of("P") if wave.offset < onsets.get(wave.beat, 0.0)}
    return [
        Segment(max(pause.start, pause.end - first), pause.end - last, pause.beat)
        for pause in scene.pauses()
        if pause.beat is not None and pause.end - last > pause.start and pause.beat not in drawn
    ]


def _end_of_qrs(scene: Scene) -> list[Segment]:
    drawn = {wave.beat for wave in scene.of("P") if wave.shape in ("retrograde", "septal")}
    return [
        Segment(wave.offset - AROUND_QRS_END, wave.offset + AROUND_QRS_END, wave.beat)
        for wave in scene.of("QRS")
        if wave.beat in drawn
    ]


def _between(kind: str) -> Callable[[Scene], list[Segment]]:
    def found(scene: Scene) -> list[Segment]:
        waves = scene.of(kind)
        return [Segment(wave.onset, later.onset, later.beat) for wave, later in pairwise(waves)]

    return found


def _pr(scene: Scene) -> list[Segment]:
    """From each P to the next QRS, whether it leads to it or not."""
    onsets = [(wave.onset, wave.beat) for wave in scene.of("QRS")]
    following = (
        (wave, next(((onset, beat) for onset, beat in onsets if onset > wave.onset), None)) for wave in scene.of("P")
    )
    return [Segment(wave.onset, after[0], after[1]) for wave, after in following if after]


def _ectopic(scene: Scene) -> list[Segment]:
    """Each premature beat from its first wave to the next beat's first wave; a blocked P has its pause alone."""
    starts: dict[int | None, float] = {}
    early: set[int | None] = set()
    for wave in scene.waves:
        if wave.beat is not None:
            starts[wave.beat] = min(starts.get(wave.beat, wave.onset), wave.onset)
            if wave.shape in EARLY:
                early.add(wave.beat)
    if scene.run:
        early = set()
    last = max((wave.offset for wave in scene.waves), default=0.0)
    beats = [
        Segment(starts[beat], starts.get(beat + 1, last), beat) for beat in sorted(b for b in early if b is not None)
    ]
    blocked = [wave.onset for wave in scene.of("P") if wave.beat is None and wave.shape == "premature"]
    onsets = sorted(starts.values())
    return beats + [Segment(onset, next((o for o in onsets if o > onset), last), None) for onset in blocked]


def _captures(scene: Scene) -> list[Segment]:
    beats = {wave.beat for wave in scene.of("QRS") if wave.shape in ("narrow", "fusion")}
    spans: dict[int | None, list[float]] = defaultdict(list)
    for wave in scene.waves:
        if wave.beat in beats and wave.kind in ("P", "QRS"):
            spans[wave.beat] += [wave.onset, wave.offset]
    return [Segment(min(times), max(times), beat) for beat, times in spans.items()]


def _wide_qrs(scene: Scene) -> list[Segment]:
    return [
        Segment(wave.onset, wave.offset, wave.beat)
        for wave in scene.of("QRS")
        if wave.shape not in ("narrow", "fusion") and wave.offset - wave.onset >= WIDE_QRS
    ]


def _shown_by_leads(sign: str) -> Callable[[Scene], list[Segment]]:
    """Each wide QRS of the tachycardia, where the twelve leads show the sign."""
    return lambda scene: _wide_qrs(scene) if sign in scene.signs else []


def _dissociated(scene: Scene) -> list[Segment]:
    """P waves that lead to nothing; where a run goes on within sinus rhythm, those within it."""
    first, last = scene.run or (-np.inf, np.inf)
    return [
        Segment(wave.onset, wave.offset, None)
        for wave in scene.of("P")
        if wave.beat is None and first < wave.onset < last
    ]


def _around_dropped(scene: Scene) -> list[Segment]:
    """PR of the last beat before each blocked P, and of the first beat after it."""
    leading = _p_with_pr(scene)
    found = []
    for wave in scene.of("P"):
        if wave.beat is None:
            before = [segment for segment in leading if segment.start < wave.onset]
            after = [segment for segment in leading if segment.start > wave.onset]
            found += [*before[-1:], *after[:1]]
    return list(dict.fromkeys(found))


def _f_in_qrs(scene: Scene) -> list[Segment]:
    """The F wave that runs while the ventricles are activated: nobody sees it, FF tells that it is there."""
    middles = [(wave.onset + wave.offset) / 2 for wave in scene.of("QRS")]
    return [
        Segment(wave.onset, wave.offset, wave.beat)
        for wave in scene.of("F")
        if any(wave.onset < middle < wave.offset for middle in middles)
    ]


def _f_in_t(scene: Scene) -> list[Segment]:
    """Each F wave that is largest on a T."""
    covers = scene.of("T")
    return [
        Segment(wave.onset, wave.offset, wave.beat)
        for wave in scene.of("F")
        if any(cover.onset < wave.peak < cover.offset for cover in covers)
    ]


def _turns(scene: Scene) -> list[Segment]:
    """Around the start and the end of a run."""
    return [Segment(moment - AROUND_TURN, moment + AROUND_TURN, None) for moment in scene.run or ()]


def _f_in_run(scene: Scene) -> list[Segment]:
    first, last = scene.run or (0.0, 0.0)
    pieces = (Segment(max(s.start, first), min(s.end, last), s.beat) for s in scene.pauses())
    return [piece for piece in pieces if piece.end > piece.start]


def _pause(scene: Scene) -> list[Segment]:
    """From the end of the T before a sinus pause to the P that ends it."""
    if not scene.pause:
        return []
    ends = [wave.offset for wave in scene.of("T") if wave.offset < scene.pause[1]]
    return [Segment(max([scene.pause[0], *ends[-1:]]), scene.pause[1], None)]


def _spikes(scene: Scene) -> list[Segment]:
    """Each spike, a little widened, for it is shorter than any cell of a map."""
    return [Segment(wave.onset - AROUND_SPIKE, wave.offset + AROUND_SPIKE, wave.beat) for wave in scene.of("spike")]


def _spike_alone(scene: Scene) -> list[Segment]:
    """What follows a spike that captured nothing: the stretch in which its wave is missing."""
    answers = sorted(wave.onset for wave in scene.of("P", "QRS"))
    found = []
    for wave in scene.of("spike"):
        follows = next((onset for onset in answers if onset >= wave.offset - 1e-9), np.inf)
        if follows - wave.offset > CAPTURED_WITHIN:
            found.append(Segment(wave.onset, min(wave.offset + EXPECTED_WITHIN, follows), None))
    return found


def _unconducted(scene: Scene) -> list[Segment]:
    """From each blocked P to the next wave that leads to a beat."""
    leading = [wave.onset for wave in scene.waves if wave.beat is not None and wave.kind in ("P", "QRS")]
    return [
        Segment(wave.onset, min((onset for onset in leading if onset > wave.onset), default=wave.onset + 2.0), None)
        for wave in scene.of("P")
        if wave.beat is None
    ]


EVIDENCE_SEGMENTS: dict[str, Callable[[Scene], list[Segment]]] = {
    "P": _waves("P"),
    "P with PR": _p_with_pr,
    "QRS": _waves("QRS"),
    "T": _waves("T"),
    "F": _waves("F"),
    "ST-T": _st_t,
    "late T": _late_t,
    "TQ": Scene.pauses,
    "f in TQ": Scene.pauses,
    "pre": _pre,
    "around the end of QRS": _end_of_qrs,
    "RR": _between("QRS"),
    "PP": _between("P"),
    "FF": _between("F"),
    "PR": _pr,
    "ectopic beat and pause": _ectopic,
    "capture or fusion beat": _captures,
    "wide QRS": _wide_qrs,
    "dissociated P": _dissociated,
    "retrograde P": _waves("P"),
    "P polarity": _p_with_pr,
    "P of changing form": _p_with_pr,
    "PR lengthening": _around_dropped,
    "constant PR": _around_dropped,
    "pseudo-r' in V1, pseudo-S in II": _end_of_qrs,
    "axis": _shown_by_leads("axis"),
    "concordance": _shown_by_leads("concordance"),
    "F hidden in QRS": _f_in_qrs,
    "F hidden in T": _f_in_t,
    "start or end of the run": _turns,
    "f of the run": _f_in_run,
    "pause without P": _pause,
    "spike": _spikes,
    "spike without its wave": _spike_alone,
    "inverted in I, with its QRS": _p_with_pr,
    "unconducted P and pause": _unconducted,
}
"""Names of segments in ``evidence.csv``, and what finds them."""


@cache
def _rows(rhythm: str) -> list[dict[str, str]]:
    return [row for row in table("evidence.csv") if row["rhythm"] == rhythm]
