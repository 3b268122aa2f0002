from dataclasses import replace

import numpy as np
import pytest
from conftest import beating, made_record
from traces import beatless, clean

from ecgteach.errors import InvalidValue, PoorSignal, UnknownName
from ecgteach.quality import KINDS, Fault, Grade, Quality, assess
from ecgteach.records import Record, from_array, samples
from ecgteach.simulator import simulate

IN_MOTION = ("A02329", "A03971", "A03737", "A03143", "A04495@10", "A07784", "A06898", "A06721")
"""Embedded strips on which the electrodes moved, as read from the paper."""

STRUCK = {"A03452": "noise", "A04495@0": "noise", "A07904": "spike"}
"""Those struck by bursts of noise or a spike."""


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
    grades = [(strip.kind, assess(strip.samples, 500)) for strip in clean(seeds=(510, 511, 512, 513))]
    assert sum(found.grade < Grade.RATE for _, found in grades) <= 0.005 * len(grades)
    assert sum(not found.good for _, found in grades) <= 0.01 * len(grades)


@pytest.mark.parametrize("rhythm", ["VT", "AVNRT", "AVRT", "SVT", "AFL"])
def test_a_fast_or_wide_rhythm_is_not_noise(rhythm):
    refused = [seed for seed in range(30) if assess(heart(seed, rhythm), 500).grade == Grade.POOR]
    assert len(refused) <= 1


def test_the_embedded_strips_with_motion_bursts_or_a_spike_are_for_the_rate_only():
    graded = {f"{line.record}@{line.start:g}": line.load().strip(quality="any").quality for line in samples(use=None)}
    less = {name: found for name, found in graded.items() if not found.good}
    kinds = dict.fromkeys(IN_MOTION, "motion") | STRUCK
    wanted = {name: kind for name in less for start, kind in kinds.items() if name.startswith(start)}
    assert less.keys() == wanted.keys() and len(wanted) == len(kinds)
    assert {found.grade for found in less.values()} == {Grade.RATE}
    assert {name: found.faults[0].kind for name, found in less.items()} == wanted


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
