"""A recording: leads over time, what its source says of it, and the strips that can be cut from it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidValue, PoorSignal, UnknownName, choices
from ..filters import MARGIN_SECONDS, Step, Surroundings
from ..quality import LEAST, Grade, assess
from ..rhythms import Finding, Rhythm
from ..strip import SAMPLES, SAMPLING_RATE, SECONDS, Strip
from ..truth import Annotation, Truth, cut, rhythms_within

STANDS_FOR_II = ("II", "MLII")
FINEST_RATIO = 10 * SAMPLING_RATE
"""Rates are exact to a tenth of 1 Hz; a finer one would need a filter of millions of taps."""


@dataclass(frozen=True, repr=False, eq=False)
class Record:
    """One recording of one person.

    Parameters
    ----------
    signals : array, shape (leads, samples)
        Amplitude in mV, float32, read-only; a missing stretch is NaN.
    lead_names : tuple of str
        One name a lead, as the source writes it.
    sampling_rate : float
        In Hz.
    labels : frozenset of Rhythm or Finding
        What the source says of the whole recording.
    graded : frozenset of Rhythm
        Rhythms that the source grades at all: one that is graded and not in `labels` was ruled out.
    annotations : tuple of Annotation
        Marks over time, in seconds.
    id, patient, source, licence : str
        The record's name within its source, the person (empty where the source names none), the source, its licence.
    truth : Truth, optional
        What the simulator knows of a recording that it made; None for a real one.

    Raises
    ------
    InvalidValue
        When shape, lead names and rate do not fit together.
    """

    signals: NDArray[np.float32]
    lead_names: tuple[str, ...]
    sampling_rate: float
    labels: frozenset[Rhythm | Finding] = frozenset()
    graded: frozenset[Rhythm] = frozenset()
    annotations: tuple[Annotation, ...] = ()
    id: str = ""
    patient: str = ""
    source: str = ""
    licence: str = ""
    truth: Truth | None = None
    _lead_index: dict[str, int] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        signals = np.array(self.signals, dtype=np.float32)
        name = self.name
        if signals.ndim != 2 or signals.shape[0] != len(self.lead_names):
            raise InvalidValue(
                f"record {name} has {len(self.lead_names)} lead names and signals of the shape {signals.shape}; "
                "signals must have the shape (leads, samples)"
            )
        if signals.shape[1] == 0:
            raise InvalidValue(f"record {name} holds no samples")
        if not (np.isfinite(self.sampling_rate) and 50 <= self.sampling_rate <= 20_000):
            raise InvalidValue(
                f"record {name} has a sampling rate of {self.sampling_rate} Hz; an ECG has 50 to 20,000 Hz"
            )
        index = {lead.upper(): row for row, lead in enumerate(self.lead_names)}
        if len(index) != len(self.lead_names):
            raise InvalidValue(f"record {name} has a lead name twice: {choices(self.lead_names)}")
        signals.flags.writeable = False
        object.__setattr__(self, "signals", signals)
        object.__setattr__(self, "_lead_index", index)

    @property
    def name(self) -> str:
        """Source and id, as they stand in messages: ``"mitdb/201"``."""
        return f"{self.source}/{self.id}" if self.source else self.id or "(unnamed)"

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return float(self.signals.shape[1] / self.sampling_rate)

    @property
    def rhythm(self) -> Rhythm | None:
        """The one rhythm of the whole recording; None where the source gives none, or several that quarrel.

        "Sinus rhythm" yields to a closer word: in some sources its code also stands for "normal ECG".
        """
        return single_rhythm(self.labels)

    def __getitem__(self, lead: str) -> NDArray[np.float32]:
        row: NDArray[np.float32] = self.signals[self._row(lead)]
        return row

    def lead_for_reading(self) -> str:
        """The lead that is read when none is named: II, else MLII, else the only one there is.

        Raises
        ------
        UnknownName
            When several leads are there and none of them is II.
        """
        for wanted in STANDS_FOR_II:
            if wanted in self._lead_index:
                return self.lead_names[self._lead_index[wanted]]
        if len(self.lead_names) == 1:
            return self.lead_names[0]
        raise UnknownName(
            f"record {self.name} has no lead II; it has {choices(self.lead_names)}. Name one of them: strip(lead=...)"
        )

    def strip(self, lead: str | None = None, at: float = 0.0, *, quality: str = "rate", pad: bool = False) -> Strip:
        """Ten seconds of one lead at 500 Hz.

        Parameters
        ----------
        lead : str, optional
            Name of the lead, in capitals or not; without it `lead_for_reading` chooses.
        at : float
            Where the strip begins, in seconds; it begins at the nearest sample, and says so.
        quality : {"rate", "P", "good", "any"}
            What must be readable: the rate, as it is without this; P waves too; the whole lead; or ``"any"`` lead is
            taken. Whatever is taken, the strip says what is wrong.
        pad : bool
            Lengthen a recording that is too short by repeating its last value.

        Raises
        ------
        UnknownName
            When the record has no such lead.
        InvalidValue
            When the recording does not hold ten seconds from `at`, or samples are missing there.
        PoorSignal
            When less of the lead can be read than `quality` asks for.
        """
        if quality not in LEAST:
            raise UnknownName(f"quality is one of {choices(LEAST)}, not {quality!r}")
        lead = self.lead_names[self._row(lead)] if lead is not None else self.lead_for_reading()
        if not (np.isfinite(at) and at >= 0):
            raise InvalidValue(f"a strip begins at 0 s or later, not at {at} s")
        at = round(at * self.sampling_rate) / self.sampling_rate
        raw = self._window(lead, at, pad)
        found = assess(raw[: self.signals.shape[1] - round(at * self.sampling_rate)], self.sampling_rate)
        if found.grade < LEAST[quality]:
            takes = f'quality="{_name_of(found.grade)}" takes it. ' if found.grade > Grade.POOR else ""
            raise PoorSignal(
                f"lead {lead} of record {self.name} at {at:g} s is {found}. It is {found.grade}. {takes}"
                'Choose another lead or time, or quality="any"'
            )
        steps = () if self.sampling_rate == SAMPLING_RATE else (Step("resampled", self.sampling_rate),)
        samples, surroundings = self._resampled(lead, at, raw)
        return Strip(
            samples,
            lead=lead,
            start=at,
            rhythm=self._rhythm_within(at),
            annotations=cut(self.annotations, at, at + SECONDS, lead),
            source_id=self.name,
            quality=found,
            steps=steps,
            truth=self.truth and self.truth.cut(at, at + SECONDS, self._row(lead), self.sampling_rate),
            surroundings=surroundings,
        )

    def strips(self, lead: str | None = None, *, quality: str = "rate") -> Iterator[Strip]:
        """Consecutive strips that do not overlap; stretches that cannot be read are left out."""
        for number in range(int(self.seconds // SECONDS)):
            try:
                yield self.strip(lead, number * SECONDS, quality=quality)
            except PoorSignal:
                continue

    def _row(self, lead: str) -> int:
        if lead.upper() not in self._lead_index:
            raise UnknownName(f"record {self.name} has no lead {lead}; it has {choices(self.lead_names)}")
        return self._lead_index[lead.upper()]

    def _window(self, lead: str, at: float, pad: bool) -> NDArray[np.float32]:
        first, length = round(at * self.sampling_rate), round(SECONDS * self.sampling_rate)
        raw = self[lead][first : first + length]
        if raw.size < length:
            if not pad or raw.size == 0:
                raise InvalidValue(
                    f"lead {lead} of record {self.name} holds {self.seconds:.1f} s; a strip needs {SECONDS:g} s "
                    f"from {at:g} s. Begin earlier, use pad=True, or leave the record out"
                )
            raw = np.pad(raw, (0, length - raw.size), mode="edge")
        missing = int(np.count_nonzero(~np.isfinite(raw)))
        if missing:
            raise InvalidValue(
                f"lead {lead} of record {self.name} lacks {missing} of {length} samples from {at:g} s; "
                "choose another stretch or lead"
            )
        return raw

    def _resampled(self, lead: str, at: float, raw: NDArray[np.float32]) -> tuple[NDArray[np.float32], Surroundings]:
        """The window at 500 Hz, and up to four seconds of what was recorded around it."""
        down, up = 1, 1
        if self.sampling_rate != SAMPLING_RATE:
            ratio = (Fraction(self.sampling_rate) / SAMPLING_RATE).limit_denominator(FINEST_RATIO)
            up, down = ratio.denominator, ratio.numerator
        margin = max(1, round(MARGIN_SECONDS * self.sampling_rate / down)) * down
        first = round(at * self.sampling_rate)
        before = _recorded(self[lead][max(0, first - margin) : first], margin, 0)
        after = _recorded(self[lead][first + raw.size : first + raw.size + margin], margin, 1)
        begin, kept = margin * up // down, [side.size * up // down for side in (before, after)]
        if self.sampling_rate == SAMPLING_RATE:
            return raw, Surroundings.of(raw, before, after)
        from scipy.signal import resample_poly

        around = np.concatenate([_filled(before, raw[0], margin, 0), raw, _filled(after, raw[-1], margin, 1)])
        offset = raw.mean()
        whole = np.asarray(resample_poly(around - offset, up, down, padtype="line") + offset, dtype=np.float32)
        samples = whole[begin : begin + SAMPLES]
        end = begin + SAMPLES
        return samples, Surroundings.of(samples, whole[begin - kept[0] : begin], whole[end : end + kept[1]])

    def _rhythm_within(self, at: float) -> Rhythm | None:
        held = rhythms_within(self.annotations, at, at + SECONDS)
        if held:
            return next(iter(held)) if len(held) == 1 else None
        return self.rhythm

    def __repr__(self) -> str:
        label = self.rhythm.name if self.rhythm else "no single rhythm"
        return (
            f"Record {self.name}: {len(self.lead_names)} lead{'s' * (len(self.lead_names) > 1)}, {self.seconds:g} s "
            f"at {self.sampling_rate:g} Hz, {label}"
        )


def single_rhythm(labels: frozenset[Rhythm | Finding]) -> Rhythm | None:
    """The one rhythm among labels, where "sinus rhythm" yields to a closer word; None for none or several."""
    found = {label for label in labels if isinstance(label, Rhythm)}
    closer = {label for label in found if label.code != "SR"} or found
    return next(iter(closer)) if len(closer) == 1 else None


def from_array(
    signals: NDArray[np.floating],
    *,
    sampling_rate: float,
    unit: str,
    lead_names: tuple[str, ...] | None = None,
    id: str = "array",  # noqa: A002 - the field's word, as in Record
    source: str = "",
) -> Record:
    """A record made of an array whose rate and unit are stated.

    Parameters
    ----------
    signals : array, shape (samples,) or (leads, samples)
        The leads; a single lead is called II where no name is given.
    sampling_rate : float
        In Hz.
    unit : {"mV", "uV", "V"}
        Unit of the numbers.

    Raises
    ------
    InvalidValue
        When unit, shape or kind of number cannot be understood.
    """
    if np.iscomplexobj(signals):
        raise InvalidValue(f"{id} holds complex numbers; an ECG is real. Leave the imaginary part out")
    array = np.atleast_2d(np.asarray(signals, dtype=np.float64))
    if array.ndim == 2 and array.shape[0] > array.shape[1]:
        raise InvalidValue(
            f"{id} has the shape {array.shape}, more leads than samples; turn it round: (leads, samples)"
        )
    names = lead_names or (
        ("II",) if array.shape[0] == 1 else tuple(f"lead {row + 1}" for row in range(array.shape[0]))
    )
    return Record((array * millivolts_per(unit, id)).astype(np.float32), names, sampling_rate, id=id, source=source)


def millivolts_per(unit: str | None, what: str) -> float:
    """How many mV one unit is: 1 for mV, 0.001 for µV, 1,000 for V.

    Raises
    ------
    InvalidValue
        When no unit is given or it is none of these; `what` names the file or record in the message.
    """
    scale = {"mv": 1.0, "uv": 0.001, "µv": 0.001, "μv": 0.001, "microvolt": 0.001, "millivolt": 1.0, "v": 1000.0}
    if unit is None or unit.strip().lower() not in scale:
        said = "has no unit" if not unit else f"has the unit {unit!r}"
        raise InvalidValue(f'{what} {said}; say which: unit="mV", "uV" or "V"')
    return scale[unit.strip().lower()]


def _name_of(grade: Grade) -> str:
    """The word by which `Record.strip` is asked for a grade."""
    return next(name for name, least in LEAST.items() if least == grade)


def _recorded(stretch: NDArray[np.float32], length: int, side: int) -> NDArray[np.float32]:
    """What was recorded next to a window, as far as nothing is missing; side 0 lies before the window, 1 after."""
    stretch = stretch[-length:] if side == 0 else stretch[:length]
    missing = np.flatnonzero(~np.isfinite(stretch))
    if not missing.size:
        return stretch
    return stretch[missing[-1] + 1 :] if side == 0 else stretch[: missing[0]]


def _filled(stretch: NDArray[np.float32], value: float, length: int, side: int) -> NDArray[np.float32]:
    """A margin of `length` samples: what was recorded, and beyond it the strip's own end value."""
    short = length - stretch.size
    return np.pad(stretch, (short, 0) if side == 0 else (0, short), mode="constant", constant_values=value)
