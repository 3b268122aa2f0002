"""What is known about a recording over time: waves that experts marked, beats, changes of rhythm."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from .rhythms import Rhythm


@dataclass(frozen=True)
class Annotation:
    """One stretch or moment of a recording that somebody marked.

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
