"""Promises about the kinds of recording that the course speaks of, and about what is set into a rhythm."""

import numpy as np
import pytest

from ecgteach.beats import group_of_truth
from ecgteach.errors import InvalidValue, UnknownName
from ecgteach.simulator import kind, kinds, simulate
from ecgteach.simulator.hearts import HEARTS
from ecgteach.simulator.kinds import BY_RATE, OFF_THE_LIST
from ecgteach.simulator.modifiers import allows, modifiers
from tests.simulator.plans import SEEDS, planned

QUICK = {"leads": ("II",), "noise": None}


def truths(name, n=200):
    made = kind(name)
    return (planned(made.rhythm, seed, **made.settings) for seed in range(n))


def onsets(found):
    return np.array([wave.onset for wave in found])


# The table


@pytest.mark.parametrize("name", list(kinds()))
def test_every_kind_is_simulated_named_and_in_its_group(name):
    made = kind(name)
    assert made.words and made.rhythm in HEARTS
    groups = {group_of_truth(truth) or OFF_THE_LIST for truth in truths(name, 20)}
    if made.group == BY_RATE:
        assert groups <= {"SR", "SB", "GSVT"}
    else:
        assert groups == {made.group}


@pytest.mark.parametrize("name", list(kinds()))
def test_every_kind_has_evidence_with_a_place(name):
    for truth in truths(name, 10):
        assert any(entry.role in "PA" for entry in truth.evidence)


def test_every_rhythm_every_modifier_and_every_option_has_its_kind():
    made = list(kinds().values())
    assert {one.rhythm for one in made} >= set(HEARTS) - {"SVT"}
    assert {name for one in made for name in one.settings} >= set(modifiers())
    for rhythm, entry in HEARTS.items():
        for option in set(entry.options) - {"which", "p_wave", "group"}:
            assert any(option in one.settings for one in made if one.rhythm == rhythm), (rhythm, option)


def test_an_unknown_kind_is_answered_with_the_list():
    with pytest.raises(UnknownName, match="Wenckebach"):
        kind("flutter 2:1 or so")


def test_a_kinds_settings_yield_to_what_is_asked():
    assert kind("flutter, 2:1").simulate(seed=1, ratio=4, **QUICK).truth.notes["ratio"] == 4


# Premature beats and pauses


def test_a_blocked_pac_lies_on_the_t_before_it_has_no_qrs_and_the_sinus_node_starts_again_from_it():
    for truth in truths("blocked premature atrial beats"):
        (blocked,) = (wave for wave in truth.of("P") if wave.shape == "premature")
        assert blocked.beat is None
        assert any(t.onset - 0.06 < blocked.onset and blocked.onset < t.offset for t in truth.of("T"))
        sinus = onsets(wave for wave in truth.of("P") if wave.shape == "sinus")
        before, after = sinus[sinus < blocked.onset].max(), sinus[sinus > blocked.onset].min()
        usual = np.median(np.diff(sinus))
        assert blocked.onset - before < 0.85 * usual and after - before < 1.98 * usual
        assert 0.85 < (after - blocked.onset) / usual < 1.3
        (entry,) = truth.with_role("D")
        assert entry.start == pytest.approx(max(blocked.onset, 0.0)) and entry.end <= after + 1e-9


def test_an_aberrant_pac_has_an_early_p_a_wide_qrs_and_no_full_pause():
    for truth in truths("aberrant premature atrial beats"):
        (wide,) = (wave for wave in truth.of("QRS") if wave.shape == "aberrant")
        assert wide.offset - wide.onset >= 0.12
        (early,) = (wave for wave in truth.of("P") if wave.beat == wide.beat)
        assert early.shape == "premature" and early.onset < wide.onset
        beats = truth.beats
        place = int(np.argmin(np.abs(beats - wide.onset)))
        rr = np.median(np.diff(beats))
        assert beats[place] - beats[place - 1] < 0.75 * rr
        assert beats[place + 1] - beats[place - 1] < 1.9 * rr


def test_a_pvc_has_no_p_and_a_full_pause():
    for truth in truths("premature ventricular beats"):
        for early in (wave for wave in truth.of("QRS") if wave.shape == "PVC"):
            assert not any(wave.beat == early.beat for wave in truth.of("P"))
            around = onsets(wave for wave in truth.of("QRS") if wave.beat in (early.beat - 1, early.beat + 1))
            if around.size == 2:
                assert np.diff(around)[0] / np.median(truth.rr) == pytest.approx(2.0, abs=0.25)


def test_a_sinus_pause_is_long_empty_and_no_whole_multiple_of_pp():
    for truth in truths("sinus pause"):
        pp = np.diff(onsets(truth.of("P")))
        usual, pause = np.median(pp), pp.max()
        assert pause / usual > 1.4 and 1.2 < pause < 3.1
        assert abs(pause / usual - round(pause / usual)) > 0.06
        assert truth.notes["pause"][1] - truth.notes["pause"][0] == pytest.approx(pause)
        (gap,) = truth.with_role("A")
        assert not any(gap.start < wave.onset < gap.end - 1e-9 for wave in truth.of("P", "QRS"))


@pytest.mark.parametrize(
    ("rhythm", "changes", "named"),
    [
        ("AFIB", {"blocked_pacs": 1}, "no P waves, so none can come early"),
        ("MAT", {"pacs": 1}, "none of its P waves leads"),
        ("ST", {"sinus_pause": True}, "slow enough sinus rhythm"),
        ("SR", {"aberrant_pacs": 1, "bundle_branch": "left"}, "leave bundle_branch or aberrant_pacs out"),
        ("SB", {"sinus_pause": True, "seconds": 3.0}, "longer recording"),
        ("PACE", {"pvcs": 1}, "cannot have PVCs"),
        ("SR", {"arms_swapped": "yes"}, "True or False"),
    ],
)
def test_what_cannot_be_set_into_a_rhythm_is_refused_with_the_reason(rhythm, changes, named):
    with pytest.raises(InvalidValue, match=named):
        simulate(rhythm, seed=1, **changes)


def test_the_table_of_modifiers_names_rhythms_that_there_are():
    for name, row in modifiers().items():
        assert row["takes"] in {"count", "flag", "side"}
        assert all(allows(name, rhythm) for rhythm in (HEARTS if row["rhythms"] == "*" else row["rhythms"].split()))
        assert row["reason"] or row["rhythms"] == "*"
        assert set(row["rhythms"].split()) <= {*HEARTS, "*"}


# Multifocal, pre-excited


@pytest.mark.parametrize("name", ["multifocal atrial rhythm", "multifocal atrial tachycardia"])
def test_a_multifocal_rhythm_has_three_forms_of_p_and_is_uneven_with_a_p_before_each_qrs(name):
    for truth in truths(name):
        assert len({wave.shape for wave in truth.of("P")}) >= 3
        assert truth.rr.std() / truth.rr.mean() > 0.06
        onset_of = {wave.beat: wave.onset for wave in truth.of("QRS")}
        pr = [onset_of[wave.beat] - wave.onset for wave in truth.of("P") if wave.beat in onset_of]
        assert min(pr) > 0.06 and np.ptp(pr) > 0.01


def test_pre_excited_fibrillation_is_fast_irregular_and_of_changing_width():
    shortest = []
    for truth in truths("fibrillation, pre-excited"):
        widths = np.array([wave.offset - wave.onset for wave in truth.of("QRS")])
        assert np.ptp(widths) > 0.015 and widths.max() > 0.12
        assert 60 / truth.rr.mean() > 130 and truth.rr.std() / truth.rr.mean() > 0.05
        assert not truth.of("P") and truth.of("f")
        shortest.append(truth.rr.min())
    assert np.mean(np.array(shortest) < 0.25) > 0.3, "faster than any AV node"


# Pacing


@pytest.mark.parametrize(("mode", "spikes_a_beat"), [("atrial", 1), ("ventricular", 1), ("dual", 2)])
def test_a_pacemakers_spikes_stand_before_what_they_make(mode, spikes_a_beat):
    for truth in (planned("PACE", seed, mode=mode) for seed in SEEDS):
        spikes = onsets(truth.of("spike"))
        inside = [wave for wave in truth.of("QRS") if 0.5 < wave.onset < 9.5]
        assert abs(spikes.size / truth.beats.size - spikes_a_beat) <= 0.35
        if mode != "atrial":
            assert {wave.shape for wave in inside} == {"paced"}
            assert all(np.min(np.abs(spikes + 0.006 - wave.onset)) < 0.002 for wave in inside)
        if mode != "ventricular":
            led = [wave for wave in truth.of("P") if wave.beat is not None and 0.5 < wave.onset < 9.5]
            assert all(0.01 < wave.onset - spikes[spikes < wave.onset].max() < 0.03 for wave in led)
        else:
            assert all(wave.beat is None for wave in truth.of("P"))


def test_where_capture_fails_some_spikes_are_followed_by_nothing_and_the_others_are_not_touched():
    for mode in ("atrial", "ventricular", "dual"):
        for seed in SEEDS:
            full, failing = (planned("PACE", seed, mode=mode, capture=capture) for capture in ("full", "failure"))
            assert onsets(failing.of("spike")).size == onsets(full.of("spike")).size
            lost = full.beats.size - failing.beats.size
            alone = [entry for entry in failing.evidence if entry.what == "spike without its wave"]
            assert 1 <= lost <= full.beats.size // 2
            assert alone


# Arm leads, runs


def test_swapped_arm_leads_turn_i_over_exchange_ii_and_iii_and_leave_the_chest():
    for seed in range(20):
        right, wrong = (simulate("SR", seed=seed, noise=None, arms_swapped=swapped) for swapped in (False, True))
        np.testing.assert_allclose(wrong["I"], -right["I"], atol=1e-6)
        np.testing.assert_allclose(wrong["II"], right["III"], atol=1e-6)
        np.testing.assert_allclose(wrong["III"], right["II"], atol=1e-6)
        np.testing.assert_allclose(wrong["aVR"], right["aVL"], atol=1e-6)
        for lead in ("V1", "V4", "V6"):
            np.testing.assert_allclose(wrong[lead], right[lead], atol=1e-6)
        alone = simulate("SR", seed=seed, noise=None, arms_swapped=True, leads=("II",))
        np.testing.assert_allclose(alone["II"], wrong["II"], atol=1e-6)
    assert "arm leads swapped" in wrong.truth.kind


@pytest.mark.parametrize(("rhythm", "own"), [("PAF", "AFIB"), ("PSVT", "AVNRT"), ("NSVT", "VT")])
@pytest.mark.parametrize("turn", ["onset", "end", "both"])
def test_a_run_starts_and_ends_within_the_recording_and_its_marks_say_when(rhythm, own, turn):
    for seed in range(67):
        record = simulate(rhythm, seed=seed, turn=turn, **QUICK)
        marks = {mark.symbol: mark for mark in record.annotations if mark.kind == "rhythm"}
        assert set(marks) == {"SR", own}
        run = marks[own]
        assert (run.start > 1.5) == (turn != "end") and (run.end < 8.5) == (turn != "onset")
        within = [wave for wave in record.truth.of("QRS") if run.start - 1e-9 <= wave.onset < run.end - 0.2]
        assert len(within) >= 3
        led = {wave.beat for wave in record.truth.of("P") if wave.shape == "sinus"}
        outside = [wave for wave in record.truth.of("QRS") if 0.4 < wave.onset < 9.9 and wave not in within]
        assert all(wave.beat in led for wave in outside if not run.start <= wave.onset <= run.end)
        assert {wave.shape for wave in within} == ({"VT"} if rhythm == "NSVT" else {"narrow"})
        rate = 60 / np.diff(onsets(within)).mean()
        assert rate > 70 and (rhythm == "PAF" or rate > 120)
        turns = [entry for entry in record.truth.evidence if entry.what == "start or end of the run"]
        assert turns


def test_f_waves_are_there_during_a_run_of_fibrillation_and_only_then():
    for truth in truths("onset of fibrillation"):
        start = truth.notes["run"][0]
        assert min(onsets(truth.of("f"))) > start - 0.25
        assert not any(wave.onset > start for wave in truth.of("P"))


def test_p_waves_go_on_through_a_run_of_ventricular_tachycardia():
    for truth in truths("run of ventricular tachycardia"):
        pp = np.diff(onsets(truth.of("P")))
        assert pp.max() / pp.min() < 1.35
        assert any(wave.beat is None for wave in truth.of("P"))
