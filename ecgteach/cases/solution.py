"""What a case turns out to be, and a strip without what would give that away."""

from dataclasses import dataclass, replace

from ..beats import find_beats
from ..records import Record
from ..records.findings import in_words
from ..rhythms import Group, Rhythm, grouping
from ..strip import Strip


def blind(strip: Strip) -> Strip:
    """A strip without what would give its answer away: rhythm, marks, source, place in its record."""
    return replace(strip, rhythm=None, annotations=(), truth=None, source_id="", start=0.0)


@dataclass(frozen=True)
class Solution:
    """What a case turns out to be: the source's own rhythm, our group by rhythm and rate, the measured rate, the rest.

    Parameters
    ----------
    rhythm : Rhythm or None
        The source's own; None where it names none, or several that disagree. Then nobody's answer is judged.
    group : Group or None
        By rhythm and rate.
    rate : float
        Measured, in beats per minute.
    findings : tuple of str
        What else the source lists, in words: bundle branch block, premature beats, pacing.
    several : bool
        True where the source names several rhythms.
    """

    rhythm: Rhythm | None
    group: Group | None
    rate: float
    findings: tuple[str, ...] = ()
    several: bool = False

    @classmethod
    def of(cls, record: Record) -> "Solution":
        """The solution of a record's first strip."""
        strip = record.strip()
        rate = find_beats(strip).rate
        several = strip.rhythm is None and any(isinstance(label, Rhythm) for label in record.labels)
        return cls(strip.rhythm, grouping().group_of(strip.rhythm, rate), rate, in_words(record.labels), several)

    @property
    def rhythm_name(self) -> str:
        """The source's own rhythm in full words."""
        if self.rhythm is None:
            return "no single rhythm" if self.several else "no label"
        return self.rhythm.name

    @property
    def group_name(self) -> str:
        """The group in full words."""
        if self.rhythm is None:
            return "not known"
        return self.group.name if self.group else "none of the groups"

    def __str__(self) -> str:
        also = f"; also: {', '.join(self.findings)}" if self.findings else ""
        return f"{self.rhythm_name}, {self.rate:.0f} a minute (group: {self.group_name}){also}"
