"""A strip: ten seconds of one lead at 500 Hz in millivolt, what it went through, and what is wrong with it."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import checked
from .errors import InvalidValue, UnknownName, choices
from .filters import (
    FILTERS,
    READING_STEPS,
    SAMPLING_RATE,
    Step,
    Surroundings,
    filtered_between,
    for_reading,
    high_pass,
    low_pass,
    notch,
)
from .quality import Fault, Quality, assess
from .rhythms import Rhythm
from .truth import Annotation, Truth

if TYPE_CHECKING:
    from .plots import Picture

__all__ = [
    "FILTERS",
    "READING_STEPS",
    "SAMPLES",
    "SAMPLING_RATE",
    "SECONDS",
    "Fault",
    "Quality",
    "Step",
    "Strip",
    "assess",
    "for_reading",
    "frozen_samples",
    "high_pass",
    "low_pass",
    "notch",
]

SECONDS = 10.0
SAMPLES = 5000


@dataclass(frozen=True, repr=False, eq=False)
class Strip:
    """Ten seconds of one lead, as the networks and the learner read it.

    Parameters
    ----------
    samples : array_like, shape (5000,)
        Amplitude in mV at 500 Hz; kept as float32, read-only.
    lead : str
        Name of the lead, as the record writes it.
    start : float
        Where the strip begins in its record, in seconds.
    rhythm : Rhythm, optional
        What the source says of this segment; None where it says nothing or more than one thing.
    annotations : tuple of Annotation
        Marks within the strip, in seconds from its start.
    source_id : str
        Source and record, such as ``"mitdb/201"``.
    quality : Quality
        What is wrong with the lead.
    steps : tuple of Step
        What was done to the samples, in order.
    truth : Truth, optional
        What the simulator knows of this segment; None for a real one.
    surroundings : Surroundings, optional
        What was recorded before and after, for filters; it is let go when the samples are replaced by others.

    Raises
    ------
    InvalidValue
        When the samples are not 5,000 finite numbers.
    """

    samples: NDArray[np.float32]
    lead: str = "II"
    start: float = 0.0
    rhythm: Rhythm | None = None
    annotations: tuple[Annotation, ...] = ()
    source_id: str = ""
    quality: Quality = field(default_factory=Quality)
    steps: tuple[Step, ...] = ()
    truth: Truth | None = None
    surroundings: Surroundings | None = None

    sampling_rate: ClassVar[int] = SAMPLING_RATE
    seconds: ClassVar[float] = SECONDS

    def __post_init__(self) -> None:
        samples = frozen_samples(self.samples)
        object.__setattr__(self, "samples", samples)
        if self.surroundings is not None and not self.surroundings.belong_to(samples):
            object.__setattr__(self, "surroundings", None)

    @property
    def times(self) -> NDArray[np.float64]:
        """Time of each sample in seconds from the strip's start."""
        return np.arange(SAMPLES) / SAMPLING_RATE

    def filtered(self, *names: str) -> "Strip":
        """The strip after the named filters, one after the other; `FILTERS` says which there are.

        Raises
        ------
        UnknownName
            When no filter has such a name.
        """
        samples, steps, around = self.samples, self.steps, self.surroundings
        for name in names:
            if name not in FILTERS:
                raise UnknownName(f"no filter is called {name!r}; there are {choices(FILTERS)}")
            step, apply = FILTERS[name]
            samples, around = filtered_between(samples, around, apply, alone=step.kind == "ends")
            steps = (*steps, step)
        return replace(self, samples=samples, steps=steps, surroundings=around)

    def for_reading(self) -> "Strip":
        """The strip as the networks read it: 0.5 to 40 Hz and faded at the ends, whatever the device."""
        pending = [name for name in READING_STEPS if FILTERS[name][0] not in self.steps]
        return self.filtered(*pending)

    def plot(self) -> "Picture":
        """The strip on ECG paper; nothing on it names the rhythm."""
        from .plots import plot_strip

        return plot_strip(self)

    def _repr_mimebundle_(self, **choice: object) -> dict[str, str]:
        return self.plot()._repr_mimebundle_(**choice)

    def __repr__(self) -> str:
        label = self.rhythm.name if self.rhythm else "rhythm not given"
        origin = self.source_id or "no source"
        done = "; ".join(map(str, self.steps)) or "as recorded"
        segment = f"{self.start:g}-{self.start + SECONDS:g} s"
        return f"Strip of {lead_in_words(self.lead)}, {origin}, {segment}: {label} ({self.quality}; {done})"


@checked
def lead_in_words(lead: str) -> str:
    """A lead's name as it stands in a sentence or beside a strip.

    >>> lead_in_words("II"), lead_in_words("lead not stated"), lead_in_words("MLII")
    ('lead II', 'lead not stated', 'lead II, modified')
    """
    if lead == "MLII":
        return "lead II, modified"
    return lead if lead.startswith(("lead ", "hand to hand")) else f"lead {lead}"


def frozen_samples(samples: ArrayLike) -> NDArray[np.float32]:
    """Samples of one strip, checked and made read-only.

    Raises
    ------
    InvalidValue
        When they are not 5,000 finite numbers.
    """
    array = np.array(samples, dtype=np.float32)
    if array.shape != (SAMPLES,):
        raise InvalidValue(
            f"a strip has {SAMPLES} samples ({SECONDS:g} s at {SAMPLING_RATE} Hz), these have the shape {array.shape}. "
            "Make a Record of them and take record.strip()"
        )
    missing = int(np.count_nonzero(~np.isfinite(array)))
    if missing:
        raise InvalidValue(f"{missing} of {SAMPLES} samples are not finite numbers; choose another segment or lead")
    array.flags.writeable = False
    return array
