"""A recording: leads over time, what its source says of it, and the strips that can be cut from it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..arguments import checked
from ..errors import InvalidValue, PoorSignal, UnknownName, choices
from ..filters import MARGIN_SECONDS, Step, Surroundings
from ..quality import LEAST, Grade, assess
from ..rhythms import Finding, Rhythm
from ..showing import ShowsItself
from ..strip import SAMPLES, SAMPLING_RATE, SECONDS, Strip, lead_in_words
from ..truth import Annotation, Truth, cut, rhythms_within
from .files import shown
from .leads import NOT_STATED, known_lead, standard_lead
from .units import millivolts_per

STANDS_FOR_II = ("II", "MLII")
"""Leads that are read where none is named; a single lead of which nothing is stated may be asked for by these names."""
FINEST_RATIO = 10 * SAMPLING_RATE
"""Rates are exact to a tenth of 1 Hz; a finer one would need a filter of millions of taps."""

HIGHEST_MV = 10_000.0
"""No amplifier of an ECG reaches 10 V: electrode offsets of 0.3 V and a mid-supply of 2.5 V stay below."""

LATE_SECONDS = 1e-6
"""How far a mark may lie beyond the samples, for its time is rounded."""


@dataclass(frozen=True, repr=False, eq=False)
class Record(ShowsItself):
    """One recording of one person.

    Parameters
    ----------
    signals : array, shape (leads, samples)
        Amplitude in mV, float32, read-only; a missing segment is NaN.
    lead_names : tuple of str
        One name a lead, however the source writes it: the standard's (`leads.standard_lead`).
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
    notes : tuple of str
        What was found or decided while its file was read, a sentence each.
    left_out : mapping of str to str
        Channels of its file that are no leads, each with the reason.

    Raises
    ------
    InvalidValue
        When shape, lead names, rate and marks do not fit together, or an amplitude is none that can be measured.
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
    notes: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    _lead_index: dict[str, int] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            signals = np.array(self.signals, dtype=np.float32)
        name = self.name
        if signals.ndim != 2 or signals.shape[0] != len(self.lead_names):
            raise InvalidValue(
                f"record {name} has {len(self.lead_names)} lead names and signals of the shape {signals.shape}; "
                "signals must have the shape (leads, samples)"
            )
        if signals.size == 0:
            raise InvalidValue(f"record {name} holds no samples")
        if not (np.isfinite(self.sampling_rate) and 50 <= self.sampling_rate <= 20_000):
            raise InvalidValue(
                f"record {name} has a sampling rate of {self.sampling_rate:.6g} Hz; an ECG has 50 to 20,000 Hz"
            )
        names = tuple(standard_lead(str(lead), self.source) for lead in self.lead_names)
        index = {lead.casefold(): row for row, lead in enumerate(names)}
        if len(index) != len(names):
            raise InvalidValue(f"record {name} has a lead name twice: {choices(names)}")
        highest = max(float(np.fmax.reduce(signals, axis=None)), -float(np.fmin.reduce(signals, axis=None)))
        if highest > HIGHEST_MV:
            raise InvalidValue(
                f"record {name} reaches {highest:.3g} mV; no ECG does ({HIGHEST_MV:,.0f} mV at most). "
                "Its unit, gain or number format is another one than stated: look at its header, or at unit= (--unit)"
            )
        signals.flags.writeable = False
        object.__setattr__(self, "signals", signals)
        object.__setattr__(self, "lead_names", names)
        object.__setattr__(self, "_lead_index", index)
        for mark in self.annotations:
            fault = mark_fault(mark, self.seconds)
            if fault:
                raise InvalidValue(f"record {name}: {fault}; leave the mark out")

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
        """The one rhythm of the whole recording; None where the source gives none, or several that disagree.

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
            if wanted.casefold() in self._lead_index:
                return self.lead_names[self._lead_index[wanted.casefold()]]
        if len(self.lead_names) == 1:
            return self.lead_names[0]
        raise UnknownName(
            f"record {self.name} has no lead II; it has {choices(self.lead_names)}. "
            "Name one of them: strip(lead=...) (--lead)"
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
                f"{lead_in_words(lead)} of record {self.name} at {at:g} s is {found}. It is {found.grade}. {takes}"
                'Choose another lead or time, or quality="any" (--lead, --at, --quality any)'
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
        """Consecutive strips that do not overlap; segments that cannot be read are left out."""
        for number in range(int(self.seconds // SECONDS)):
            try:
                yield self.strip(lead, number * SECONDS, quality=quality)
            except PoorSignal:
                continue

    def _row(self, lead: str) -> int:
        for wanted in (lead, standard_lead(lead, self.source)):
            if wanted.casefold() in self._lead_index:
                return self._lead_index[wanted.casefold()]
        if lead.upper() in STANDS_FOR_II and self.lead_names == (NOT_STATED,):
            return 0
        for name, reason in self.left_out.items():
            if name.casefold() == lead.casefold() or known_lead(name) == known_lead(lead) is not None:
                raise UnknownName(
                    f"record {self.name} left the channel {name} out: {reason}. It has {choices(self.lead_names)}"
                )
        raise UnknownName(f"record {self.name} has no lead {shown(lead, 40)}; it has {choices(self.lead_names)}")

    def _window(self, lead: str, at: float, pad: bool) -> NDArray[np.float32]:
        first, length = round(at * self.sampling_rate), round(SECONDS * self.sampling_rate)
        raw = self[lead][first : first + length]
        if raw.size < length:
            if not pad or raw.size == 0:
                raise InvalidValue(
                    f"{lead_in_words(lead)} of record {self.name} holds {self.seconds:.1f} s; a strip needs "
                    f"{SECONDS:g} s from {at:g} s. Begin earlier, use pad=True (--pad), or leave the record out"
                )
            raw = np.pad(raw, (0, length - raw.size), mode="edge")
        missing = int(np.count_nonzero(~np.isfinite(raw)))
        if missing:
            raise InvalidValue(
                f"{lead_in_words(lead)} of record {self.name} lacks {missing} of {length} samples from {at:g} s; "
                "choose another segment or lead (--at, --lead)"
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


@checked
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
        The leads; a single lead without a name is one of which it is not stated which it is.
    sampling_rate : float
        In Hz.
    unit : {"mV", "uV", "V"}
        Unit of the numbers.
    lead_names : tuple of str, optional
        One a lead; in whatever spelling.

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
        (NOT_STATED,) if array.shape[0] == 1 else tuple(f"lead {row + 1}" for row in range(array.shape[0]))
    )
    with np.errstate(over="ignore", invalid="ignore"):
        signals = (array * millivolts_per(unit, id)).astype(np.float32)
    return Record(signals, names, sampling_rate, id=id, source=source)


def mark_fault(mark: Annotation, seconds: float) -> str | None:
    """What is wrong with a mark over so many seconds, in words; None for nothing."""
    what = f"a mark {shown(mark.symbol or mark.kind, 24)!r} at {mark.start:.6g} s"
    if not (np.isfinite(mark.start) and np.isfinite(mark.end)):
        return f"{what} has no time"
    if mark.end < mark.start:
        return f"{what} ends before it begins, at {mark.end:.6g} s"
    if mark.start < -LATE_SECONDS or mark.end > seconds + LATE_SECONDS:
        return f"{what} lies outside its {seconds:.6g} s"
    return None


def _name_of(grade: Grade) -> str:
    """The word by which `Record.strip` is asked for a grade."""
    return next(name for name, least in LEAST.items() if least == grade)


def _recorded(segment: NDArray[np.float32], length: int, side: int) -> NDArray[np.float32]:
    """What was recorded next to a window, as far as nothing is missing; side 0 lies before the window, 1 after."""
    segment = segment[-length:] if side == 0 else segment[:length]
    missing = np.flatnonzero(~np.isfinite(segment))
    if not missing.size:
        return segment
    return segment[missing[-1] + 1 :] if side == 0 else segment[: missing[0]]


def _filled(segment: NDArray[np.float32], value: float, length: int, side: int) -> NDArray[np.float32]:
    """A margin of `length` samples: what was recorded, and beyond it the strip's own end value."""
    short = length - segment.size
    return np.pad(segment, (short, 0) if side == 0 else (0, short), mode="constant", constant_values=value)
