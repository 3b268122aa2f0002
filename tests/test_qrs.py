from collections import Counter

import numpy as np
import pytest
from traces import beatless, clean, matched

from ecgteach.beats import find_beats
from ecgteach.qrs import at_rate, find_qrs, strength_of
from ecgteach.simulator import simulate
from ecgteach.strip import Strip


def counted(strips):
    """Complexes, false ones and missed ones."""
    whole = Counter()
    for strip in strips:
        pairs, false, missed = matched(find_beats(Strip(strip.samples)).times, strip.complexes, strip.cut)
        whole.update(complexes=pairs + missed, false=false, missed=missed)
    return whole


def test_of_all_simulated_kinds_at_most_one_in_a_hundred_complexes_is_missed_or_extra():
    whole = counted(clean(seeds=(500, 501, 502)))
    assert whole["missed"] + whole["false"] < 0.01 * whole["complexes"]


def test_at_most_one_in_a_hundred_complexes_of_ventricular_tachycardia_is_missed_or_extra():
    strips = (strip for strip in clean(range(40), kinds=[("VT", {})]))
    whole = counted(strips)
    assert whole["complexes"] > 1000
    assert whole["missed"] + whole["false"] <= 0.01 * whole["complexes"]


@pytest.mark.parametrize("lead", ["I", "V1", "V5"])
def test_other_leads_are_read_as_well(lead):
    two_forms = ("pvcs", "NSVT")
    strips = (strip for strip in clean((600,), lead) if not any(name in strip.kind for name in two_forms))
    whole = counted(strips)
    assert whole["missed"] + whole["false"] < 0.025 * whole["complexes"]


def test_a_ventricular_beat_with_gentle_slopes_is_not_passed_over():
    record = simulate("SR", seed=3, leads=("II",), noise=None, rate=70, pvcs=2)
    early = [wave for wave in record.truth.of("QRS") if wave.shape == "PVC"]
    times = np.array(find_beats(record.strip()).times)
    assert len(early) == 2
    assert all(np.abs(times - (wave.onset + wave.offset) / 2).min() < 0.15 for wave in early)


def waves(*parts):
    """A trace of waves: each a middle in seconds, a height and a width."""
    times = np.arange(5000) / 500
    return sum(height * np.exp(-0.5 * ((times - middle) / width) ** 2) for middle, height, width in parts)


def beats_of(times, height=1.0, t_height=0.25):
    return [part for time in times for part in ((time, height, 0.012), (time + 0.3, t_height, 0.05))]


def found_near(trace, moment, within=0.1):
    return bool(np.any(np.abs(find_qrs(trace) / 500 - moment) < within))


STEADY = (1.0, 2.0, 3.0, 4.0, 6.0, 7.0, 8.0, 9.0)
"""Beats with a pause between 4 and 6 s."""


@pytest.mark.parametrize(("height", "is_beat"), [(0.15, False), (0.24, False), (0.3, True), (0.6, True)])
def test_a_low_wave_in_a_pause_is_no_beat_and_a_higher_one_is(height, is_beat):
    assert found_near(waves(*beats_of(STEADY), (4.45, height, 0.012)), 4.45) is is_beat


@pytest.mark.parametrize(("height", "is_beat"), [(0.3, False), (0.9, False), (1.3, True)])
def test_the_t_of_a_high_ventricular_beat_is_no_beat(height, is_beat):
    others = [time for time in STEADY if time != 4.0]
    trace = waves(*beats_of(others), (4.0, 3.0, 0.04), (4.35, -height, 0.05))
    assert found_near(trace, 4.0)
    assert found_near(trace, 4.35) is is_beat


@pytest.mark.parametrize(("height", "is_beat"), [(0.25, False), (0.45, False), (0.5, True), (1.0, True)])
def test_in_a_fast_rhythm_a_gentle_wave_in_a_gap_is_a_beat_where_it_is_higher_than_all_between_beats(height, is_beat):
    fast = [time for time in np.arange(0.3, 9.9, 0.35) if abs(time - 5.2) > 0.1]
    trace = waves(*((time, 1.0, 0.012) for time in fast), *((time + 0.18, 0.25, 0.03) for time in fast))
    assert found_near(trace + waves((5.17, height, 0.04)), 5.17) is is_beat


@pytest.mark.parametrize("first", [0.1, 0.2, 0.25])
def test_the_t_of_a_beat_before_the_trace_is_no_beat(first):
    after = [first + 0.7 + number for number in range(9)]
    sharp_t = [part for time in after for part in ((time, 1.0, 0.012), (time + 0.3, 0.5, 0.025))]
    assert not found_near(waves(*sharp_t, (first, 0.5, 0.025)), first)
    assert found_near(waves(*sharp_t, (first, 1.0, 0.012)), first)


@pytest.mark.parametrize("escape", ["junctional", "ventricular"])
def test_the_p_waves_of_a_complete_block_are_no_beats(escape):
    for seed in range(4):
        record = simulate("AVB3", seed=seed, leads=("II",), noise=None, escape=escape)
        assert abs(len(find_beats(record.strip(lead="II")).times) - len(record.truth.beats)) <= 1


def test_neither_gain_nor_polarity_nor_offset_moves_a_complex():
    trace = at_rate(simulate("AFIB", seed=4, leads=("II",), noise=None)["II"], 500)
    there = find_qrs(trace)
    for changed in (0.1 * trace, -trace, 40 * trace + 7):
        assert find_qrs(changed).tolist() == there.tolist()


def test_a_trace_at_another_rate_is_read_the_same():
    fine = simulate("SR", seed=5, leads=("II",), noise=None, sampling_rate=1000)["II"]
    assert np.abs(find_qrs(at_rate(fine, 1000)) - find_qrs(at_rate(fine[::2], 500))).max() <= 2


def test_strength_counts_in_typical_complexes():
    strength = strength_of(at_rate(simulate("SR", seed=1, leads=("II",), noise=None)["II"], 500))
    peaks = strength.whole[find_qrs(np.zeros(5000), strength)]
    assert 0.5 < np.median(peaks) < 2


def test_nothing_moves_without_an_answer():
    for trace in (np.zeros(5000), np.full(1250, 3.0), *(samples.astype(float) for _, samples in beatless(17, 0))):
        found = find_qrs(trace - np.median(trace))
        assert np.all(np.diff(found) > 0) and np.all((found >= 0) & (found < trace.size))


@pytest.mark.data
def test_the_first_minutes_of_mit_bih_agree_with_the_experts(recordings):
    from ecgteach.records import open_dataset

    whole = Counter()
    for record in open_dataset("mitdb"):
        for strip in list(record.strips(quality="any"))[10:60:2]:
            if any(mark.symbol == "(VFL" for mark in strip.annotations):  # ventricular flutter holds no complexes
                continue
            marks = [mark.peak for mark in strip.annotations if mark.kind == "beat"]
            inside = [time for time in marks if 0.1 <= time <= 9.9]
            edge = [time for time in marks if time not in inside] + [0.0, 10.0]
            pairs, false, missed = matched(find_beats(strip).times, inside, edge)
            whole.update(pairs=pairs, false=false, missed=missed)
    assert whole["pairs"] > 0.995 * (whole["pairs"] + whole["missed"])
    assert whole["pairs"] > 0.995 * (whole["pairs"] + whole["false"])
