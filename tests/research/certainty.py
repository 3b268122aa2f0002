"""How sure a strip's label is: what a second source, a second reader or our own tests say; and what else is listed.

A label is sure when two label sources say the same (LUDB's table of rhythms and its cardiologists' marks of P waves),
when two readers read the strip (MIT-BIH, and PTB-XL where a named cardiologist validated the report), or when our own
tests of P, rate and regularity bear it out. What none of these confirms is not shown as a lesson.
"""

from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np

from ecgteach.beats import Beats, find_beats
from ecgteach.paths import find
from ecgteach.records.record import Record
from ecgteach.records.tables import read_index
from ecgteach.rhythms import Finding, Rhythm, sinus_by_rate
from ecgteach.strip import SAMPLING_RATE, Strip
from ecgteach.waves import delineate
from ecgteach.waves.p_wave import BEFORE, HARDLY, NOT_SEEN, REPEATING, PTest

IRREGULAR = 0.15
"""From this irregularity on (root mean square of successive RR differences over mean RR) RR is called irregular."""

MARKED_SHARE = 0.5
"""Share of LUDB's marked QRS with a marked P from which its marks say "P waves"; the first and premature have none."""

FLUTTER_PER_MINUTE = (220.0, 350.0)
FLUTTER_LIKENESS = 0.6
"""Likeness of the trace between QRS to itself one, two and three atrial cycles later from which it is called flutter:
of 600 sinus strips of the validation part the likest reaches 0.52."""

FLUTTER_BAND_HZ = (3.0, 9.0)
QRS_HALF_SECONDS = 0.07

TOLD_BY_LUDB = (
    "Conduction abnormalities",
    "Extrasystolies",
    "Hypertrophies",
    "Cardiac pacing",
    "Ischemia",
    "Non-specific repolarization abnormalities",
    "Other states",
)
PLACES = ("localisation", "morphology")


def basis(
    record: Record, strip: Strip, rate: float, *, p_by_eye: bool = False, data: Path | None = None
) -> tuple[str, ...]:
    """What makes the label of a strip sure, each in words; empty where nothing does.

    Parameters
    ----------
    record, strip : Record, Strip
        The recording as its source labels it, and the ten seconds of it.
    rate : float
        Measured rate in beats per minute.
    p_by_eye : bool
        Whether the P was plain to see on averaged beats: settles a P test that finds a repeating wave of odd form.
    data : path, optional
        Where the recordings lie.
    """
    label = strip.rhythm
    if label is None:
        return ()
    beats = find_beats(strip)
    p = delineate(strip.for_reading(), given=False).p
    said = [_second_source(strip, label), _second_reader(record, data), _tests(strip, label, beats, p, rate, p_by_eye)]
    return tuple(words for words in said if words)


def source_findings(record: Record, strip: Strip, data: Path | None = None) -> list[str]:
    """What the source lists besides the rhythm, as ``vocabulary:code``: statements, a table's columns, marked beats."""
    codes = {str(label) for label in record.labels if isinstance(label, Finding)}
    if record.source == "ludb":
        row = _ludb_table(data)[record.id]
        lines = chain.from_iterable(row[column].splitlines() for column in TOLD_BY_LUDB)
        told = (line.strip().replace("type: ", "") for line in lines)
        codes |= {f"ludb:{line}" for line in told if line and not any(place in line for place in PLACES)}
    if record.source == "mitdb":
        marks = {mark.symbol for mark in strip.annotations if mark.kind == "beat"}
        codes |= {f"mitdb:{symbol}" for symbol in marks - set("NQ?")}
    return sorted(codes)


def flutter_likeness(strip: Strip, beats: Beats) -> float:
    """How like the trace between QRS complexes is to itself one, two and three cycles of a flutter later, -1 to 1."""
    from scipy.signal import butter, sosfiltfilt

    samples = strip.samples.astype(np.float64) - np.median(strip.samples)
    half = round(QRS_HALF_SECONDS * SAMPLING_RATE)
    free = np.ones(samples.size, dtype=bool)
    for time in beats.times:
        free[max(0, round(time * SAMPLING_RATE) - half) : round(time * SAMPLING_RATE) + half] = False
    places = np.arange(samples.size)
    bridged = np.interp(places, places[free], samples[free])
    trace = sosfiltfilt(butter(2, FLUTTER_BAND_HZ, "bandpass", fs=SAMPLING_RATE, output="sos"), bridged)
    shortest, longest = (round(60 * SAMPLING_RATE / rate) for rate in reversed(FLUTTER_PER_MINUTE))
    return max(min(_likeness(trace, free, times * lag) for times in (1, 2, 3)) for lag in range(shortest, longest + 1))


def _likeness(trace: np.ndarray, free: np.ndarray, lag: int) -> float:
    both = free[:-lag] & free[lag:]
    one, other = trace[:-lag][both], trace[lag:][both]
    return float(one @ other / np.sqrt((one @ one) * (other @ other)))


def _second_source(strip: Strip, label: Rhythm) -> str:
    """LUDB marks waves lead by lead, apart from its table: P waves where the rhythm has them, none where it has not."""
    marks = [mark.kind for mark in strip.annotations]
    complexes, waves = marks.count("QRS"), marks.count("P")
    if complexes and label.sinus and waves >= MARKED_SHARE * complexes:
        return f"two sources: the table's rhythm, and {waves} P marked by hand with {complexes} QRS"
    if complexes and label.code in ("AFIB", "AFL") and not waves:
        return f"two sources: the table's rhythm, and no P marked by hand with {complexes} QRS"
    return ""


def _second_reader(record: Record, data: Path | None) -> str:
    if record.source == "mitdb":
        return "two readers: two cardiologists marked it, each alone, and settled where they differed"
    if record.source == "ptb-xl":
        row = _ptb_xl_table(data)[record.id]
        if row["validated_by"] and row["initial_autogenerated_report"] == "False":
            return "two readers: who wrote the report, and the cardiologist who validated it"
    return ""


def _tests(strip: Strip, label: Rhythm, beats: Beats, p: PTest, rate: float, p_by_eye: bool) -> str:
    """Words for our own tests where they bear the label out.

    Flutter with every second wave conducted is borne out by none: P and T of a fast sinus rhythm look like it.
    """
    if label.sinus:
        seen = p.outcome == BEFORE or (p_by_eye and p.repeating is not None and p.repeating >= REPEATING)
        agrees = label.code in ("SINUS", "SR", "SA", sinus_by_rate(rate).code)
        how = "" if p.outcome == BEFORE else ", its form settled by eye"
        return f"tests: a P before each QRS{how}, {rate:.0f} a minute" if seen and agrees else ""
    if label.code == "AFIB":
        none = p.outcome == NOT_SEEN or (p.repeating is not None and p.repeating < HARDLY)
        return "tests: no P that repeats, irregular" if none and beats.irregularity >= IRREGULAR else ""
    every_second_wave = rate >= FLUTTER_PER_MINUTE[0] / 2
    if label.code == "AFL" and not every_second_wave and flutter_likeness(strip, beats) >= FLUTTER_LIKENESS:
        return "tests: a wave that repeats evenly through QRS and T at the rate of a flutter"
    return ""


@cache
def _ludb_table(data: Path | None) -> dict[str, dict[str, str]]:
    return {row["ID"]: row for row in read_index(find("ludb", data) / "ludb.csv", ("ID", *TOLD_BY_LUDB))}


@cache
def _ptb_xl_table(data: Path | None) -> dict[str, dict[str, str]]:
    columns = ("ecg_id", "validated_by", "initial_autogenerated_report")
    return {row["ecg_id"]: row for row in read_index(find("ptb-xl", data) / "ptbxl_database.csv", columns)}
