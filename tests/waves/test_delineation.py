"""Where the waves are: known ones are taken, found ones agree, and nothing is found where nothing is."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import beating
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgteach.errors import UnknownName
from ecgteach.quality import Fault, Quality
from ecgteach.simulator import simulate
from ecgteach.strip import Strip
from ecgteach.truth import Annotation, Wave
from ecgteach.waves import PARTS, WINDOWS, Segments, delineate, delineation
from ecgteach.waves.p_wave import BEFORE, ELSEWHERE, NOT_SEEN, UNDECIDABLE


def strip_of(rhythm, seed=1, **changes):
    return simulate(rhythm, seed=seed, leads=("II",), **changes).strip(lead="II", quality="any")


def marked(*marks):
    """A strip of a beating trace with marks: (kind, start, peak, end)."""
    notes = tuple(Annotation(kind, start, end, peak) for kind, start, peak, end in marks)
    return Strip(beating(75), annotations=notes)


def of_one_beat():
    times = np.arange(5000) / 500
    return Strip(np.exp(-0.5 * ((times - 5) / 0.012) ** 2))


NOTHING = {
    "no beats": lambda: Strip(0.01 * np.arange(5000) / 5000),
    "one beat": of_one_beat,
    "flat": lambda: Strip(np.zeros(5000), quality=Quality((Fault("flat", "its range is 0.000 mV"),))),
    "all noise": lambda: Strip(np.random.default_rng(5).normal(size=5000)),
}


def test_a_simulated_strip_keeps_its_own_waves():
    strip = strip_of("SR")
    waves = delineate(strip)
    assert waves.waves == strip.truth.of("P", "QRS", "T", "F", "f")
    assert waves.source == delineation.TRUTH


def test_marks_count_only_inside_the_segment_that_was_marked():
    waves = delineate(
        marked(("QRS", 2.0, 2.05, 2.1), ("T", 2.2, 2.3, 2.4), ("P", 2.8, 2.85, 2.9), ("QRS", 3.0, 3.05, 3.1))
    )
    assert waves.source == delineation.MARKED
    assert waves.span == (2.0, 3.1)
    assert not waves.mask("rest")[:1000].any()
    assert not waves.mask("TQ")[1551:].any()


def test_marks_without_a_qrs_complex_are_not_taken():
    assert delineate(marked(("T", 2.2, 2.3, 2.4))).source == delineation.DELINEATED


def test_both_partings_cover_the_known_segment_once():
    for rhythm in ("SR", "AFIB", "AFL", "AVRT", "ST", "AVB3"):
        waves = delineate(strip_of(rhythm))
        for names in (PARTS, WINDOWS):
            assert np.sum([waves.mask(name) for name in names], axis=0).tolist() == [1] * 5000


def test_pre_is_240_to_40_ms_before_qrs_and_ends_where_t_ends():
    waves = (Wave("T", 1.0, 1.1, 1.2, 0), Wave("QRS", 1.3, 1.35, 1.4, 1), Wave("QRS", 2.3, 2.35, 2.4, 2))
    spans = Segments.between(waves, (0.0, 10.0)).spans("pre")
    np.testing.assert_allclose(spans, [(1.2, 1.26), (2.06, 2.26)], atol=1e-9)


def test_a_p_that_lies_on_t_is_p_and_one_inside_qrs_is_qrs():
    waves = (Wave("QRS", 1.0, 1.05, 1.1, 0), Wave("P", 1.04, 1.06, 1.2, 0), Wave("T", 1.15, 1.3, 1.4, 0))
    found = Segments.between(waves, (0.0, 10.0))
    np.testing.assert_allclose(found.spans("P"), [(1.1, 1.2)])
    np.testing.assert_allclose(found.spans("T"), [(1.2, 1.4)])


def test_fibrillation_waves_count_in_tq_only():
    waves = delineate(strip_of("AFIB"))
    assert waves.mask("f").any()
    assert not (waves.mask("f") & ~waves.mask("TQ")).any()


@pytest.mark.parametrize(
    ("rhythm", "outcome"), [("SR", BEFORE), ("AFIB", NOT_SEEN), ("AVRT", ELSEWHERE), ("AVB3", ELSEWHERE)]
)
def test_what_is_known_of_p_is_said_in_one_of_four_ways(rhythm, outcome):
    assert delineate(strip_of(rhythm)).p.outcome == outcome


def test_p_waves_are_found_in_sinus_rhythm_and_none_in_fibrillation():
    sinus = [delineate(strip_of("SR", seed), given=False) for seed in range(8)]
    fibrillation = [delineate(strip_of("AFIB", seed), given=False) for seed in range(8)]
    assert sum(waves.p.outcome == BEFORE for waves in sinus) >= 7
    assert not any(waves.of("P") for waves in fibrillation)


def test_where_t_ends_in_qrs_nobody_can_tell_whether_there_is_a_p():
    waves = delineate(strip_of("SVT", 0, rate=200.0), given=False)
    assert waves.p.outcome == UNDECIDABLE
    assert "between T and QRS" in waves.p.reason


def test_qrs_complexes_are_found_where_they_are():
    strip = strip_of("SR")
    known, found = strip.truth.of("QRS"), delineate(strip, given=False).of("QRS")
    inside = [wave for wave in known if 0.2 < wave.peak < 9.8]
    for wave in inside:
        near = min(found, key=lambda other: abs(other.peak - wave.peak))
        assert abs(near.onset - wave.onset) < 0.04
        assert abs(near.offset - wave.offset) < 0.04


def test_an_onset_at_the_very_first_sample_does_not_move_the_others():
    trace = np.roll(beating(75), -150)
    waves = delineate(Strip(trace))
    assert all(wave.onset <= wave.peak <= wave.offset for wave in waves.waves)
    assert all(wave.offset - wave.onset < 0.5 for wave in waves.waves)


@pytest.mark.parametrize("case", NOTHING)
def test_a_strip_without_beats_says_why_it_has_no_waves(case):
    waves = delineate(NOTHING[case]())
    assert waves.waves == ()
    assert not waves.quality.good
    assert waves.p.outcome == UNDECIDABLE
    assert waves.p.reason
    assert not waves.mask("QRS").any()


def test_a_failure_inside_neurokit2_is_a_clear_result(monkeypatch):
    def broken(*_):
        raise IndexError("list index out of range")

    monkeypatch.setattr(delineation, "raw_waves", broken)
    waves = delineate(Strip(beating(75)))
    assert "neurokit2 says list index out of range" in str(waves.quality)


def test_an_unknown_segment_is_named():
    with pytest.raises(UnknownName, match="no segment is called 'U'; there are P, PR"):
        delineate(strip_of("SR")).mask("U")


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(20, 240), st.floats(0, 0.3), st.sampled_from([-1.0, 1.0]))
def test_whatever_beats_waves_are_in_order_and_inside_the_strip(seed, rate, noise, side):
    trace = side * beating(rate) + noise * np.random.default_rng(seed).normal(size=5000)
    waves = delineate(Strip(trace))
    assert all(np.isfinite([wave.onset, wave.peak, wave.offset]).all() for wave in waves.waves)
    assert all(wave.onset <= wave.peak <= wave.offset for wave in waves.waves)
    assert [wave.onset for wave in waves.waves] == sorted(wave.onset for wave in waves.waves)
    covered = np.sum([waves.mask(name) for name in WINDOWS], axis=0)
    assert covered.max() <= 1


def test_turning_the_noise_off_changes_no_verdict_into_its_opposite():
    strip = strip_of("SR", noise=None)
    noisy = replace(strip, samples=strip.samples + np.random.default_rng(0).normal(0, 0.02, 5000).astype(np.float32))
    assert {delineate(one, given=False).p.outcome for one in (strip, noisy)} == {BEFORE}
