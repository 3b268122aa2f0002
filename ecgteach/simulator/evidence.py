"""Evidence: what in a simulated recording makes its rhythm's name, as ``evidence.csv`` says for each rhythm.

The table was fixed before any map was seen. Its rows stand in the order of precedence: where two segments overlap, the
upper one wins, so that a P wave that lies on a T is evidence and not the T. Intervals (I) have no place: theirs is the
segment from beat to beat, and it takes nothing away from the others.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from ..truth import Evidence, Wave
from .people import table

PRE_SECONDS = (0.24, 0.04)
AROUND_QRS_END = 0.04
VISIBLE_F = 0.05


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
    """

    waves: tuple[Wave, ...]
    visible_f: bool = True

    def of(self, kind: str) -> list[Wave]:
        """Waves of one kind."""
        return [wave for wave in self.waves if wave.kind == kind]

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


def evidence_of(rhythm: str, scene: Scene, seconds: float, *, first_degree: bool = False) -> tuple[Evidence, ...]:
    """Evidence of a recording.

    Parameters
    ----------
    rhythm : str
        As in the table: a code, or ``"AFIB regular"``.
    scene : Scene
        The recording's waves.
    seconds : float
        Its length.
    first_degree : bool
        Whether the rows of first-degree block come before the rhythm's own.

    Returns
    -------
    tuple of Evidence
        In the order of their starts.
    """
    names = ("*", "AVB1", rhythm) if first_degree else ("*", rhythm)
    taken: list[tuple[float, float]] = []
    found = []
    for name in names:
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
    drawn = {wave.beat for wave in scene.of("P") if wave.shape == "retrograde"}
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
    """Each premature beat from its first wave to the next beat's first wave."""
    starts: dict[int | None, float] = {}
    early: set[int | None] = set()
    for wave in scene.waves:
        if wave.beat is not None:
            starts[wave.beat] = min(starts.get(wave.beat, wave.onset), wave.onset)
            if wave.shape in ("PVC", "premature"):
                early.add(wave.beat)
    last = max((wave.offset for wave in scene.waves), default=0.0)
    return [
        Segment(starts[beat], starts.get(beat + 1, last), beat) for beat in sorted(b for b in early if b is not None)
    ]


def _captures(scene: Scene) -> list[Segment]:
    beats = {wave.beat for wave in scene.of("QRS") if wave.shape in ("narrow", "fusion")}
    spans: dict[int | None, list[float]] = defaultdict(list)
    for wave in scene.waves:
        if wave.beat in beats and wave.kind in ("P", "QRS"):
            spans[wave.beat] += [wave.onset, wave.offset]
    return [Segment(min(times), max(times), beat) for beat, times in spans.items()]


def _wide_qrs(scene: Scene) -> list[Segment]:
    return [Segment(wave.onset, wave.offset, wave.beat) for wave in scene.of("QRS") if wave.shape == "VT"]


def _dissociated(scene: Scene) -> list[Segment]:
    return [Segment(wave.onset, wave.offset, None) for wave in scene.of("P") if wave.beat is None]


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
    "unconducted P and pause": _unconducted,
}
"""Names of segments in ``evidence.csv``, and what finds them."""


@cache
def _rows(rhythm: str) -> list[dict[str, str]]:
    return [row for row in table("evidence.csv") if row["rhythm"] == rhythm]
