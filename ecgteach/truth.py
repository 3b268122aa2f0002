"""What is known about a recording over time.

An `Annotation` is what somebody marked on a real recording: waves, beats, changes of rhythm. A `Truth` is what the
simulator knows of one that it made: every wave, and the `Evidence` that makes the rhythm's name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from .rhythms import Rhythm


@dataclass(frozen=True)
class Annotation:
    """One segment or moment of a recording that somebody marked.

    Parameters
    ----------
    kind : str
        What was marked: ``"P"``, ``"QRS"``, ``"T"``, ``"beat"`` or ``"rhythm"``.
    start, end : float
        First and last moment in seconds from the record's start; equal for a moment.
    peak : float, optional
        Moment of the wave's peak in seconds.
    symbol : str
        The source's own mark (``"V"`` for a ventricular beat, ``"(AFIB"`` for a rhythm).
    lead : str, optional
        Lead on which it was marked; None for all.
    rhythm : Rhythm, optional
        For kind ``"rhythm"``: which; None where the source's symbol is not in our list.
    """

    kind: str
    start: float
    end: float
    peak: float | None = None
    symbol: str = ""
    lead: str | None = None
    rhythm: Rhythm | None = None


def cut(annotations: Iterable[Annotation], start: float, end: float, lead: str | None) -> tuple[Annotation, ...]:
    """Annotations that touch a window and its lead, in seconds from the window's start, none reaching beyond it."""
    return tuple(
        replace(
            mark,
            start=max(mark.start, start) - start,
            end=min(mark.end, end) - start,
            peak=None if mark.peak is None else mark.peak - start,
        )
        for mark in annotations
        if mark.lead in (None, lead) and _touches(mark, start, end)
    )


def _touches(mark: Annotation, start: float, end: float) -> bool:
    moment = mark.start == mark.end
    return start <= mark.start < end if moment else mark.start < end and mark.end > start


def rhythms_within(annotations: Iterable[Annotation], start: float, end: float) -> set[Rhythm | None]:
    """Rhythms that a window holds, by the annotations of kind ``"rhythm"``; None stands for one not in our list."""
    return {mark.rhythm for mark in annotations if mark.kind == "rhythm" and _touches(mark, start, end)}


ROLES = {
    "P": "present: something is there, and a map on it is right",
    "A": "absent: something expected is missing, and a map on the empty segment is right",
    "I": "interval: a relation between beats (or between leads), which has no single place",
    "C": "context: belongs to the beat, neither for nor against",
    "X": "irrelevant: a map on it is wrong",
    "D": "distractor: an ectopic beat and its pause",
}
"""Roles of a segment when a map is judged: a proposal by the authors, until cardiologists have painted strips."""


@dataclass(frozen=True)
class Wave:
    """One wave of a simulated recording, exact.

    Parameters
    ----------
    kind : str
        ``"P"``, ``"QRS"``, ``"T"``, ``"ST"`` (a shift of the ST segment), ``"F"`` (flutter), ``"f"`` (fibrillation) or
        ``"spike"`` (a pacemaker's).
    onset, peak, offset : float
        Where the wave begins, is largest in space and ends, in seconds from the start; a wave that is cut by an edge
        keeps its own times.
    beat : int or None
        Number of the beat that it belongs to, from 0; None for a wave that belongs to no beat of the recording.
    shape : str
        Which form it has: ``"sinus"``, ``"ectopic 2"``, ``"retrograde"``, ``"narrow"``, ``"PVC"`` ...
    """

    kind: str
    onset: float
    peak: float
    offset: float
    beat: int | None = None
    shape: str = ""


@dataclass(frozen=True)
class Evidence:
    """A segment of a simulated recording and what it means for the rhythm's name.

    Parameters
    ----------
    start, end : float
        In seconds from the start.
    role : str
        One of `ROLES`: P, A, I, C, X, D.
    criterion : str
        Which reason it belongs to: atrial, rate, regularity, conduction, QRS; empty for C, X and D.
    what : str
        The segment in words: ``"P with PR"``, ``"pre"``, ``"RR"`` ...
    beat : int or None
        Number of the beat.
    edit : str
        The change that takes it away, as `ecgteach.simulator.edit` names it; empty where there is none.
    """

    start: float
    end: float
    role: str
    criterion: str = ""
    what: str = ""
    beat: int | None = None
    edit: str = ""


@dataclass(frozen=True, repr=False, eq=False)
class Truth:
    """All that is known of a simulated recording.

    Parameters
    ----------
    rhythm : Rhythm
        What the recording shows.
    kind : str
        The rhythm in closer words: ``"AVNRT, typical"``.
    waves : tuple of Wave
        Every wave that touches the recording, in the order of their onsets.
    evidence : tuple of Evidence
        What makes the rhythm's name; segments of P, A, C, X and D do not overlap, intervals (I) have no place.
    clean : array, shape (leads, samples)
        The signal without noise in mV, at the recording's sampling rate; (samples,) on a strip.
    noise : mapping of str to array
        Each ingredient of the noise, shaped like `clean`; clean and all noise add up to the signal.
    notes : mapping
        What else was decided: flutter's ratio, the kind of block, which beats are ectopic.
    made : object
        What the simulator made it from, for `ecgteach.simulator.edit`; None on a strip.
    """

    rhythm: Rhythm
    kind: str
    waves: tuple[Wave, ...]
    evidence: tuple[Evidence, ...]
    clean: NDArray[np.float32]
    noise: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    notes: Mapping[str, object] = field(default_factory=dict)
    made: object = None

    @property
    def beats(self) -> NDArray[np.float64]:
        """Onset of each QRS complex in seconds, shape (beats,)."""
        return np.array([wave.onset for wave in self.waves if wave.kind == "QRS" and wave.beat is not None])

    @property
    def rr(self) -> NDArray[np.float64]:
        """Intervals from QRS onset to QRS onset in seconds, shape (beats - 1,)."""
        return np.diff(self.beats)

    def of(self, *kinds: str) -> tuple[Wave, ...]:
        """Waves of some kinds: ``truth.of("P")``."""
        return tuple(wave for wave in self.waves if wave.kind in kinds)

    def with_role(self, *roles: str) -> tuple[Evidence, ...]:
        """Evidence of some roles: ``truth.with_role("P", "A")``."""
        return tuple(entry for entry in self.evidence if entry.role in roles)

    def cut(self, start: float, end: float, row: int, sampling_rate: float) -> "Truth":
        """The truth of one lead between two moments, in seconds from the first of them; beats keep their numbers.

        Evidence ends at the window's edges; an interval (I) stays only where both of its beats are inside.
        """
        part = slice(round(start * sampling_rate), round(end * sampling_rate))
        return replace(
            self,
            waves=tuple(
                replace(wave, onset=wave.onset - start, peak=wave.peak - start, offset=wave.offset - start)
                for wave in self.waves
                if wave.onset < end and wave.offset > start
            ),
            evidence=tuple(
                replace(entry, start=max(entry.start, start) - start, end=min(entry.end, end) - start)
                for entry in self.evidence
                if (start <= entry.start and entry.end <= end)
                or (entry.role != "I" and entry.start < end and entry.end > start)
            ),
            clean=self.clean[row, part],
            noise={name: values[row, part] for name, values in self.noise.items()},
            made=None,
        )

    def __repr__(self) -> str:
        rate = f"{60 / self.rr.mean():.0f}/min" if self.rr.size else "no rate"
        return f"Truth: {self.kind}, {self.beats.size} beats, {rate}, {len(self.evidence)} entries of evidence"
