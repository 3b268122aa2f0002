from dataclasses import replace

import numpy as np
import pytest
from conftest import beating, made_record
from traces import beatless, clean, every_kind

from ecgteach.errors import InvalidValue, PoorSignal, UnknownName
from ecgteach.quality import KINDS, Fault, Grade, Quality, assess
from ecgteach.records import Record, from_array, open_dataset, samples
from ecgteach.simulator import simulate

TWO_RHYTHMS = ("PAF", "PSVT", "NSVT")
"""Simulated runs within sinus rhythm, where half of the beats are like no other; a pacemaker's spikes far from the QRS
are faster than 40 Hz, as fine noise is."""

IN_MOTION = ("A02329", "A03971", "A03737", "A03143", "A04495@10", "A07784", "A06898", "A06721")
"""Embedded strips on which the electrodes moved, as read from the paper."""

STRUCK = {"A03452": "noise", "A04495@0": "noise", "A07904": "spike"}
"""Those struck by bursts of noise or a spike."""

IN_PART = {"485": "drift", "A02119": "drift", "352": "fine noise", "203@1300": "fine noise", "A00876": "moved"}
"""Those whose heights cannot be trusted: the readers called them poor traces too."""

READ_IN_SPITE_OF_IT = {"E07508": "drift", "A08444": "moved", "A00280": "moved", "A07807": "moved"}
"""Others in whose reasons the readers named it, or, of A00280, whose T waves change with the trace's level."""


def heart(seed=1, rhythm="SR"):
    return simulate(rhythm, seed=seed, leads=("II",), noise=None)["II"]


def test_of_300_inputs_without_a_heart_none_is_good_and_next_to_none_is_taken():
    grades = [(name, assess(samples, 500).grade) for name, samples in beatless(300, seed=12)]
    assert not [name for name, grade in grades if grade == Grade.WHOLE]
    assert sum(grade > Grade.POOR for _, grade in grades) <= 3


@pytest.mark.parametrize("sampling_rate", [250.0, 1000.0])
def test_inputs_without_a_heart_are_not_good_at_another_rate(sampling_rate):
    named = beatless(68, seed=4, sampling_rate=sampling_rate)
    assert not [name for name, samples in named if assess(samples, sampling_rate).good]


@pytest.mark.parametrize("hertz", [50, 60])
@pytest.mark.parametrize("strength", [0.05, 0.3, 1.0, 5.0])
def test_mains_hum_alone_is_poor_and_says_that_nothing_stands_out(hertz, strength):
    times = np.arange(5000) / 500
    noise = np.random.default_rng(0).normal(0, 0.01, 5000)
    hum = from_array((strength * np.sin(2 * np.pi * hertz * times) + noise), sampling_rate=500, unit="mV")
    with pytest.raises(PoorSignal, match=r"is noisy: .* It is poor\."):
        hum.strip()


def test_at_most_one_clean_strip_in_a_hundred_is_refused_or_called_less_than_good():
    one_rhythm = [made for made in every_kind() if made[0] not in (*TWO_RHYTHMS, "PACE")]
    grades = [(strip.kind, assess(strip.samples, 500)) for strip in clean(seeds=range(510, 516), kinds=one_rhythm)]
    assert sum(found.grade < Grade.RATE for _, found in grades) <= 0.005 * len(grades)
    assert sum(not found.good for _, found in grades) <= 0.0125 * len(grades)


@pytest.mark.parametrize("rhythm", ["VT", "AVNRT", "AVRT", "SVT", "AFL"])
def test_a_fast_or_wide_rhythm_is_not_noise(rhythm):
    refused = [seed for seed in range(30) if assess(heart(seed, rhythm), 500).grade == Grade.POOR]
    assert len(refused) <= 1


def test_every_embedded_strip_that_readers_called_a_poor_trace_is_less_than_good_and_says_why():
    graded = {f"{line.record}@{line.start:g}": line.load().strip(quality="any").quality for line in samples(use=None)}
    less = {name: found for name, found in graded.items() if not found.good}
    kinds = dict.fromkeys(IN_MOTION, "motion") | STRUCK | IN_PART | READ_IN_SPITE_OF_IT
    wanted = {name: kind for name in less for start, kind in kinds.items() if name.startswith(start)}
    assert less.keys() == wanted.keys() and len(wanted) == len(kinds)
    assert {name: found.faults[0].kind for name, found in less.items()} == wanted
    assert {found.grade for found in less.values() if found.faults[0].kind in ("motion", "noise", "spike")} == {
        Grade.RATE
    }
    assert {found.grade for found in less.values() if found.faults[0].kind in IN_PART.values()} == {Grade.P}
    poor = {f"{line.record}@{line.start:g}" for line in samples(use=None) if "poor trace" in line.uses}
    assert len(poor) == 16 and poor <= less.keys()


@pytest.mark.data
def test_of_ludbs_quiet_recordings_at_most_three_in_a_hundred_are_called_less_than_good(recordings):
    found = [record.strip(quality="any").quality for record in open_dataset("ludb").records()]
    assert len(found) == 200
    assert 2 <= sum(not quality.good for quality in found) <= 6


@pytest.mark.parametrize("offset", [-300.0, 5.0, 12.0, 300.0])
def test_an_offset_is_no_fault(offset):
    assert assess((heart() + offset).astype(np.float32), 500).good


def test_premature_beats_are_no_motion():
    for rhythm, changes in (("SR", {"pvcs": 2}), ("SR", {"pacs": 2}), ("AFIB", {"pvcs": 2})):
        made = simulate(rhythm, seed=6, leads=("II",), noise=None, **changes)
        assert assess(made["II"], 500).good


def moved(samples, millivolt, seconds):
    times = np.arange(5000) / 500
    waving = millivolt * np.sin(2 * np.pi * (times - 4) / seconds) * (abs(times - 4 - seconds) < seconds)
    return (samples + waving).astype(np.float32)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda trace: moved(trace, 0.8, 1.0), "motion"),
        (lambda trace: trace + np.random.default_rng(1).normal(0, 0.25, 5000), "noise"),
        (lambda trace: trace + 4.0 * np.exp(-0.5 * ((np.arange(5000) - 2560) / 5.0) ** 2), "spike"),
        (lambda trace: np.clip(trace, -9, 0.5 * trace.max()), "clipped"),
    ],
    ids=["motion", "noise", "spike", "clipped"],
)
def test_what_is_done_to_a_clean_lead_is_named_and_leaves_the_rate(change, kind):
    found = assess(change(heart(seed=2)).astype(np.float32), 500)
    assert kind in {fault.kind for fault in found.faults}
    assert Grade.POOR < found.grade < Grade.WHOLE


TIMES = np.arange(5000) / 500


def kinds_of(changed, rhythm="SB", **settings):
    """Kinds of fault of a clean lead to which something is added."""
    lead = simulate(rhythm, seed=2, leads=("II",), noise=None, **settings)["II"]
    assert assess(lead, 500).good
    return [fault.kind for fault in assess((lead + changed).astype(np.float32), 500).faults]


def sine(hertz, millivolt, middle=5.0, seconds=20.0):
    return millivolt * np.sin(2 * np.pi * hertz * TIMES) * (np.abs(TIMES - middle) < seconds / 2)


@pytest.mark.parametrize(("millivolt", "kinds"), [(0.34, []), (0.36, ["drift"])])
def test_a_level_that_moves_by_0_35_millivolt_within_a_second_drifts(millivolt, kinds):
    """A wave of 0.2 Hz rises by 2 sin(pi / 5) of its amplitude within its steepest second."""
    assert kinds_of(sine(0.2, millivolt / (2 * np.sin(np.pi / 5)))) == kinds


def test_a_level_that_moves_further_but_slowly_does_not_drift():
    assert not kinds_of(0.25 * TIMES)


@pytest.mark.parametrize(
    ("added", "kinds"),
    [
        (sine(90, np.sqrt(2) * 0.028), []),
        (sine(90, np.sqrt(2) * 0.032), ["fine noise"]),
        (sine(38, np.sqrt(2) * 0.06), []),
        (sine(42, np.sqrt(2) * 0.06), ["fine noise"]),
        (sine(90, 0.06, middle=5.6, seconds=0.1), []),
        (sine(90, 0.06, middle=5.6, seconds=0.25), ["fine noise"]),
    ],
    ids=["0.028 mV", "0.032 mV", "38 Hz", "42 Hz", "0.1 s", "0.25 s"],
)
def test_fine_noise_is_faster_than_40_hz_of_0_03_millivolt_and_fills_a_fiftieth_of_the_time(added, kinds):
    assert kinds_of(added) == kinds


@pytest.mark.parametrize(
    ("added", "kinds"),
    [
        (sine(2.5, 0.13, seconds=4), []),
        (sine(2.5, 0.15, seconds=4), ["moved"]),
        (sine(2.5, 0.18, seconds=0.6), []),
        (sine(2.5, 0.18, seconds=1.2), ["moved"]),
        (sine(2.5, 0.6, seconds=4), ["motion"]),
    ],
    ids=["0.13 mV", "0.15 mV", "0.6 s", "1.2 s", "0.6 mV"],
)
def test_some_motion_takes_the_heights_and_much_of_it_the_p(added, kinds):
    assert kinds_of(added) == kinds


def test_some_motion_is_told_below_100_a_minute_alone_where_the_trace_rests_between_beats():
    added = sine(2.5, 0.18, seconds=2)
    assert kinds_of(added, "SR", rate=90) == ["moved"]
    assert kinds_of(added, "ST", rate=120) == []


def test_the_worst_fault_decides_what_can_be_read():
    clipped, motion = Fault("clipped", "x"), Fault("motion", "y")
    assert Quality((clipped,)).grade == Grade.P
    assert Quality((clipped, motion)).grade == Grade.RATE
    assert Quality((clipped, motion, Fault("flat", "z"))).grade == Grade.POOR
    assert Quality().grade == Grade.WHOLE and Quality().good


def test_a_record_takes_what_is_asked_for_and_says_the_way_out():
    record = from_array(moved(heart(seed=2), 0.8, 1.0), sampling_rate=500, unit="mV")
    assert record.strip().quality.grade == Grade.RATE
    assert not list(record.strips(quality="good")) and len(list(record.strips())) == 1
    for asked in ("P", "good"):
        with pytest.raises(PoorSignal, match=r'motion.* It is usable for rate only\. quality="rate" takes it\. '):
            record.strip(quality=asked)
    with pytest.raises(UnknownName, match="any, rate, P, good"):
        record.strip(quality="best")


def test_a_figure_says_what_can_be_read():
    from ecgteach.plots import plot_strip

    strip = from_array(moved(heart(seed=2), 0.8, 1.0), sampling_rate=500, unit="mV").strip()
    assert "disturbed by motion" in plot_strip(strip).alt
    assert "It is usable for rate only" in plot_strip(strip).alt
    assert "usable" not in plot_strip(made_record().strip()).alt


def test_a_fault_says_its_kind_its_words_and_its_figures_and_comes_back_from_plain_values():
    fault = Fault("no QRS", "no QRS stands out", "1.1 times")
    assert str(fault) == "noisy: no QRS stands out (1.1 times)"
    assert fault.plain == "noisy, no QRS stands out"
    assert all(Fault.from_json(replace(fault, kind=kind).to_json()).kind == kind for kind in KINDS)
    with pytest.raises(InvalidValue, match="no fault is of the kind 'odd'"):
        Fault("odd", "")


def test_the_words_of_older_files_become_faults_again():
    assert Fault.from_json("flat: its range is 0.004 mV") == Fault("flat", "its range is 0.004 mV")
    assert str(Fault.from_json("no beats were found")) == "no beats were found"


def test_a_flat_end_held_by_the_recorder_is_not_clipped():
    samples = beating(75) + np.random.default_rng(0).normal(0, 0.01, 5000).astype(np.float32)
    samples[4900:] = samples.max()
    assert Record(samples[None], ("II",), 500).strip(quality="any").quality.grade >= Grade.P
