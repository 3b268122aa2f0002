from time import perf_counter

import numpy as np
import pytest
from conftest import beating, made_record
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgteach.errors import InvalidValue, PoorSignal, UnknownName
from ecgteach.records import Record, from_array
from ecgteach.records.record import single_rhythm
from ecgteach.rhythms import Finding, rhythm
from ecgteach.truth import Annotation


def two_rhythms():
    """A minute of sinus rhythm that turns into fibrillation at 25 s."""
    marks = (
        Annotation("rhythm", 0, 25, symbol="(N", rhythm=rhythm("SINUS")),
        Annotation("rhythm", 25, 60, symbol="(AFIB", rhythm=rhythm("AFIB")),
        Annotation("beat", 31.0, 31.0, 31.0, "N"),
    )
    return made_record(seconds=60, annotations=marks, labels=frozenset({rhythm("SINUS"), rhythm("AFIB")}))


def test_a_record_shows_itself_in_one_line():
    assert repr(made_record()) == "Record tests/made: 1 lead, 10 s at 500 Hz, sinus rhythm"


def test_signals_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        made_record().signals[0, 0] = 1


@pytest.mark.parametrize(
    ("signals", "names", "sampling_rate", "message"),
    [
        (np.zeros((2, 10)), ("II",), 500, "1 lead names and signals of the shape"),
        (np.zeros((1, 0)), ("II",), 500, "no samples"),
        (np.zeros((1, 10)), ("II",), 0, "sampling rate of 0 Hz"),
        (np.zeros((1, 10)), ("II",), float("nan"), "sampling rate"),
        (np.zeros((2, 10)), ("II", "ii"), 500, "twice"),
    ],
)
def test_shape_names_and_rate_must_fit(signals, names, sampling_rate, message):
    with pytest.raises(InvalidValue, match=message):
        Record(signals, names, sampling_rate, id="x")


def test_leads_are_found_in_any_spelling():
    record = made_record()
    assert np.array_equal(record["ii"], record["II"])
    with pytest.raises(UnknownName, match="no lead V9; it has II"):
        record["V9"]


def test_lead_ii_is_read_before_others_and_a_single_lead_stands_for_itself():
    trace = np.stack([beating(75), beating(75)])
    assert Record(trace, ("I", "II"), 500).lead_for_reading() == "II"
    assert Record(trace, ("V1", "MLII"), 500).lead_for_reading() == "MLII"
    assert Record(trace[:1], ("ECG",), 500).lead_for_reading() == "lead not stated"
    with pytest.raises(UnknownName, match="Name one of them"):
        Record(trace, ("V1", "V2"), 500).lead_for_reading()


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([100.0, 250.0, 257.0, 300.0, 360.0, 500.0, 1000.0]), st.floats(0, 15))
def test_resampling_keeps_time_and_amplitude(sampling_rate, at):
    times = np.arange(round(40 * sampling_rate)) / sampling_rate
    wave = np.sin(2 * np.pi * 3.0 * times) + 0.4
    strip = from_array(wave, sampling_rate=sampling_rate, unit="mV").strip(at=at, quality="any")
    moments = strip.start + strip.times
    away_from_the_edge = moments > 0.2
    assert np.abs(strip.samples - np.sin(2 * np.pi * 3.0 * moments) - 0.4)[away_from_the_edge].max() < 0.02


@pytest.mark.parametrize("sampling_rate", [50.01, 127.999, 128.25, 255.987, 999.983, 19_999.977])
def test_an_odd_rate_keeps_time_and_takes_no_longer(sampling_rate):
    times = np.arange(round(11 * sampling_rate)) / sampling_rate
    began = perf_counter()
    strip = from_array(np.sin(2 * np.pi * 3.0 * times), sampling_rate=sampling_rate, unit="mV").strip(quality="any")
    assert perf_counter() - began < 2.0
    away_from_the_edge = strip.times > 0.2
    assert np.abs(strip.samples - np.sin(2 * np.pi * 3.0 * strip.times))[away_from_the_edge].max() < 0.02


def test_a_strip_begins_at_a_sample_and_its_marks_are_counted_from_there():
    mark = Annotation("beat", 12.0, 12.0, 12.0, "N")
    strip = made_record(seconds=30, sampling_rate=100, annotations=(mark,)).strip(at=5.0049)
    assert strip.start == 5.0
    assert strip.annotations[0].peak == 7.0


def test_a_strip_takes_the_rhythm_of_its_own_segment():
    record = two_rhythms()
    assert record.rhythm is None
    assert record.strip(at=0).rhythm.code == "SINUS"
    assert record.strip(at=30).rhythm.code == "AFIB"
    assert record.strip(at=20).rhythm is None


def test_a_strip_takes_its_marks_along_counted_from_its_own_start():
    (mark,) = [mark for mark in two_rhythms().strip(at=30).annotations if mark.kind == "beat"]
    assert mark.start == mark.peak == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("at", "message"),
    [(0.1, "holds 10.0 s; a strip needs 10 s from 0.1 s"), (-1, "at 0 s or later"), (float("nan"), "at 0 s")],
)
def test_a_segment_outside_the_recording_is_refused(at, message):
    with pytest.raises(InvalidValue, match=message):
        made_record().strip(at=at)


def test_a_short_recording_is_padded_only_when_asked():
    short = made_record(seconds=8)
    with pytest.raises(InvalidValue, match="pad=True"):
        short.strip()
    assert short.strip(pad=True).samples.shape == (5000,)


@pytest.mark.parametrize("seconds", [0.002, 0.01, 0.4, 2])
def test_a_very_short_recording_is_told_by_its_length_even_when_padded(seconds):
    short = made_record(seconds=seconds)
    with pytest.raises(PoorSignal, match=f"is short: it holds only {seconds:g} s"):
        short.strip(pad=True)
    assert short.strip(pad=True, quality="any").samples.shape == (5000,)


def test_missing_samples_are_counted():
    signals = beating(75)[None, :].copy()
    signals[0, 10:13] = np.nan
    with pytest.raises(InvalidValue, match="lacks 3 of 5000"):
        Record(signals, ("II",), 500, id="x").strip()


def test_a_flat_lead_is_refused_unless_asked_for_and_then_carries_its_fault():
    record = Record(np.stack([beating(75), np.zeros(5000)]), ("II", "V1"), 500, id="x")
    assert record.strip().quality.good
    with pytest.raises(PoorSignal, match=r'lead V1 .* is flat.*quality="any"'):
        record.strip("V1")
    assert "flat" in str(record.strip("V1", quality="any").quality)


def test_strips_follow_each_other_without_overlap():
    assert [strip.start for strip in made_record(seconds=39).strips()] == [0, 10, 20]


def test_sinus_rhythm_yields_to_a_closer_word_and_two_rhythms_are_none():
    assert single_rhythm(frozenset({rhythm("SR"), rhythm("SB"), Finding("snomed", "1")})).code == "SB"
    assert single_rhythm(frozenset({rhythm("AFIB"), rhythm("PACE")})) is None
    assert single_rhythm(frozenset({Finding("snomed", "1")})) is None


@pytest.mark.parametrize(("unit", "scale"), [("mV", 1), ("uV", 1000), ("µV", 1000), ("V", 0.001)])
def test_units_become_millivolts(unit, scale):
    record = from_array(beating(75) * scale, sampling_rate=500, unit=unit)
    assert record["II"].max() == pytest.approx(1.0, rel=1e-3)


@pytest.mark.parametrize(
    ("array", "message"),
    [(np.zeros((5000, 12)), "more leads than samples"), (np.zeros(5000, dtype=complex), "complex numbers")],
)
def test_an_array_that_is_turned_or_complex_is_refused(array, message):
    with pytest.raises(InvalidValue, match=message):
        from_array(array, sampling_rate=500, unit="mV")


def test_an_unknown_unit_is_refused():
    with pytest.raises(InvalidValue, match="furlong"):
        from_array(beating(75), sampling_rate=500, unit="furlong")
