"""Promises about contrasts: two recordings from one heart and one seed that differ in one thing."""

from functools import cache

import numpy as np
import pytest

from ecgteach.errors import InvalidValue, UnknownName
from ecgteach.simulator import contrast, contrasts, simulate
from ecgteach.simulator.dipole import play
from ecgteach.simulator.leads import LEADS, derivation
from ecgteach.simulator.rewriting import keeping

NAMES = list(contrasts())
SEEDS = range(10)
SAME_RATE = set(NAMES) - {
    "fibrillation / frequent PACs",
    "ventricular tachycardia / fibrillation with left bundle-branch block",
    "PVC / aberrant PAC",
    "blocked PAC / Mobitz II",
}


@cache
def pair(name, seed=1):
    return contrast(name, seed=seed, leads=("I", "II", "III", "V1"))


def truths(name):
    for seed in SEEDS:
        made = pair(name, seed)
        yield made.first.truth, made.second.truth


def onsets(waves):
    return np.array([wave.onset for wave in waves])


def alone(record, kinds, lead):
    """A lead with some kinds of wave alone."""
    rows, matrix = derivation((lead,))
    made = record.truth.made
    return (matrix @ play([keeping(made, made.of(*kinds))], rows, 5000, 500.0)[0])[0]


def pr_of(truth):
    at = {wave.beat: wave.onset for wave in truth.of("QRS")}
    return np.array([at[wave.beat] - wave.onset for wave in truth.of("P") if wave.beat in at])


def rp_of(truth):
    at = {wave.beat: wave.onset for wave in truth.of("QRS")}
    return np.array([wave.onset - at[wave.beat] for wave in truth.of("P") if wave.beat in at])


def irregularity(truth):
    return truth.rr.std() / truth.rr.mean()


# The table


def test_there_are_twenty_pairs_each_with_what_decides_and_what_misleads():
    assert len(NAMES) == 20
    for row in contrasts().values():
        assert row.decides and row.misconception and row.lead in LEADS
        assert all(row.names) and row.names[0] != row.names[1]
        assert row.needs_twelve_leads == (row.lead != "II")
    assert sum(row.needs_twelve_leads for row in contrasts().values()) == 4


def test_an_unknown_pair_is_answered_with_the_list():
    with pytest.raises(UnknownName, match="Wenckebach / Mobitz II"):
        contrast("VT / VF", seed=1)


def test_leads_and_seeds_are_checked_as_in_simulate():
    with pytest.raises(UnknownName, match="V6"):
        contrast(NAMES[0], seed=1, leads=("X",))
    with pytest.raises(InvalidValue, match="from 0 on"):
        contrast(NAMES[0], seed=-1)


# One heart, one seed


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_pair_and_another_seed_another(name):
    again = contrast(name, seed=1, leads=("I", "II", "III", "V1"))
    for one, other in zip(pair(name).records, again.records, strict=True):
        assert one.signals.tobytes() == other.signals.tobytes()
    assert pair(name, 2).first.signals.tobytes() != pair(name).first.signals.tobytes()
    assert not np.array_equal(pair(name).first.signals, pair(name).second.signals)


@pytest.mark.parametrize("name", NAMES)
def test_person_and_every_form_that_both_have_are_the_same(name):
    for seed in SEEDS:
        first, second = (record.truth.made for record in pair(name, seed).records)
        for value in ("age", "sex", "axis", "r", "p", "t", "f", "chest", "qtc"):
            if value != "chest" or "block" not in name:
                assert getattr(first.person, value) == getattr(second.person, value), value
        shapes = {shape.name: shape.pulses for shape in first.shapes}
        shared = [shape for shape in second.shapes if shape.name in shapes]
        for shape in shared:
            np.testing.assert_array_equal(shape.pulses, shapes[shape.name])
        own = {shape.name for shape in first.shapes} & {shape.name for shape in second.shapes}
        assert own or "bundle-branch block" in name


@pytest.mark.parametrize("name", sorted(SAME_RATE))
def test_both_beat_at_one_rate_and_start_at_one_place(name):
    for first, second in truths(name):
        regular = max(irregularity(first), irregularity(second)) < 0.04
        assert 60 / first.rr.mean() == pytest.approx(60 / second.rr.mean(), rel=0.03 if regular else 0.25)
        place = first.beats[first.beats >= 0.3][0]
        assert np.min(np.abs(second.beats - place)) < 1e-6


def test_noise_is_the_same_in_both():
    first, second = contrast("first-degree block / normal PR", seed=3, noise={"muscle": 12.0}).records
    one, other = (record.truth.noise["muscle"] for record in (first, second))
    for first_lead, second_lead in zip(one, other, strict=True):
        assert np.corrcoef(first_lead, second_lead)[0, 1] > 0.99
    assert not contrast("first-degree block / normal PR", seed=3, noise=None).first.truth.noise


# What decides


@pytest.mark.parametrize("name", NAMES)
def test_what_decides_is_evidence_in_both(name):
    for seed in SEEDS:
        made = pair(name, seed)
        for entries, wanted in zip(made.deciding, made.pair.evidence, strict=True):
            assert {entry.what for entry in entries} == set(wanted)


DECIDES = {
    "fibrillation / sinus arrhythmia": lambda a, b: not a.of("P") and np.ptp(pr_of(b)) < 1e-9 < np.ptp(b.rr),
    "fibrillation / frequent PACs": lambda a, b: not a.of("P") and sum(w.shape == "premature" for w in b.of("P")) >= 2,
    "fibrillation / flutter, variable": lambda a, b: not a.of("F") and steps_are_whole(b),
    "fibrillation / multifocal atrial rhythm": lambda a, b: not a.of("P") and len({w.shape for w in b.of("P")}) >= 3,
    "flutter, 2:1 / sinus tachycardia": lambda a, b: len(a.of("F")) > 1.8 * a.beats.size and not b.of("F"),
    "flutter, 2:1 / AVNRT": lambda a, b: bool(a.of("F")) and not b.of("F"),
    "flutter, 4:1 / sinus rhythm": lambda a, b: len(a.of("F")) > 3.5 * a.beats.size and bool(b.of("P")),
    "AVNRT / AVRT": lambda a, b: rp_of(a).max() < 0.07 < rp_of(b).min(),
    "atrial tachycardia / sinus tachycardia": lambda a, b: {w.shape for w in a.of("P")} == {"ectopic left"},
    "ventricular tachycardia / SVT with left bundle-branch block": lambda a, b: (
        {"VT", "narrow"} <= {w.shape for w in a.of("QRS")} | {"narrow"}
        and {w.shape for w in b.of("QRS")} == {"LBBB"}
        and any(w.beat is None for w in a.of("P"))
    ),
    "ventricular tachycardia / fibrillation with left bundle-branch block": lambda a, b: (
        irregularity(a) < 0.03 < 0.06 < irregularity(b)
    ),
    "PVC / aberrant PAC": lambda a, b: (
        "premature" not in {w.shape for w in a.of("P")} and "premature" in {w.shape for w in b.of("P")}
    ),
    "blocked PAC / Mobitz II": lambda a, b: (
        "premature" in {w.shape for w in a.of("P")} and np.ptp(np.diff(onsets(b.of("P")))) < 0.08
    ),
    "Wenckebach / Mobitz II": lambda a, b: np.ptp(pr_of(a)) > 0.06 and np.ptp(pr_of(b)) < 0.001,
    "2:1 block / sinus bradycardia": lambda a, b: (
        any(w.beat is None for w in a.of("P")[1:-1]) and all(w.beat is not None for w in b.of("P")[1:-1])
    ),
    "complete block / 2:1 block": lambda a, b: all(w.beat is None for w in a.of("P")) and np.ptp(pr_of(b)) < 0.001,
    "slow regular fibrillation / junctional rhythm": lambda a, b: bool(a.of("f")) and not b.of("f", "P"),
    "first-degree block / normal PR": lambda a, b: pr_of(a).min() > 0.2 > pr_of(b).max(),
    "tremor / flutter, 4:1": lambda a, b: not a.of("F") and bool(a.of("P")) and bool(b.of("F")),
    "arm leads swapped / ectopic atrial rhythm": lambda a, b: (
        {w.shape for w in a.of("P")} == {"sinus"} and {w.shape for w in b.of("P")} == {"ectopic left"}
    ),
}


def steps_are_whole(truth):
    ff = np.median(np.diff(onsets(truth.of("F"))))
    steps = np.diff(truth.beats) / ff
    return np.abs(steps - np.round(steps)).max() < 0.16 and len(set(np.round(steps))) > 1


@pytest.mark.parametrize("name", NAMES)
def test_the_feature_that_is_said_to_decide_does(name):
    for first, second in truths(name):
        assert DECIDES[name](first, second)


def test_where_lead_ii_does_not_decide_the_named_lead_does():
    for seed in SEEDS:
        fast, sinus = pair("atrial tachycardia / sinus tachycardia", seed).records
        swapped, ectopic = pair("arm leads swapped / ectopic atrial rhythm", seed).records
        for record, lead, kinds, sign in (
            (fast, "II", ("P",), 1),
            (sinus, "II", ("P",), 1),
            (fast, "I", ("P",), -1),
            (sinus, "I", ("P",), 1),
            (swapped, "I", ("P",), -1),
            (ectopic, "I", ("P",), -1),
            (ectopic, "I", ("T",), 1),
            (swapped, "I", ("T",), -1),
        ):
            assert np.sign(alone(record, kinds, lead).sum()) == sign
        shaking, flutter = pair("tremor / flutter, 4:1", seed).records
        assert np.abs(shaking.truth.noise["tremor"][2]).max() < 1e-6, "III is calm"
        assert np.ptp(shaking.truth.noise["tremor"][1]) == pytest.approx(0.3, abs=0.01)
        assert np.ptp(alone(flutter, ("F",), "III")) > 0.08


# The tremor


def test_a_tremor_of_the_right_arm_is_in_i_and_ii_not_in_iii_and_weak_on_the_chest():
    record = simulate("SR", seed=4, noise={"tremor": 0.4})
    noise = dict(zip(record.lead_names, record.truth.noise["tremor"], strict=True))
    np.testing.assert_allclose(noise["I"], noise["II"], atol=1e-6)
    assert np.abs(noise["III"]).max() < 1e-6
    assert np.ptp(noise["V2"]) == pytest.approx(np.ptp(noise["II"]) / 3, rel=1e-3)
    spectrum = np.abs(np.fft.rfft(noise["II"]))
    assert 4 <= spectrum.argmax() / 10 <= 6
    alone = simulate("SR", seed=4, noise={"tremor": 0.4}, leads=("V2",))
    np.testing.assert_allclose(alone.truth.noise["tremor"][0], noise["V2"], atol=1e-6)
