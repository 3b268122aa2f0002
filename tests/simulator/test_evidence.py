"""Promises about the evidence that the simulator tells, against the table of the design."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgteach.simulator import PLACES, places_of, simulate, simulate_strips, stream_strips
from ecgteach.simulator.edits import CHANGES
from ecgteach.simulator.evidence import EVIDENCE_SEGMENTS
from ecgteach.simulator.hearts import HEARTS
from ecgteach.simulator.people import table
from ecgteach.truth import ROLES
from tests.simulator.plans import SEEDS, planned

VARIANTS = {
    "*",
    "AVB1",
    "sinus pause",
    "arms swapped",
    "AFIB regular",
    "AFIB pre-excited",
    "VT retrograde",
    "AVB2 Wenckebach",
    "AVB2 Mobitz II",
    "AVB2 2:1",
}
"""Rows that belong to no rhythm's code alone."""

ROLES_OF = {
    "SR": "PICX",
    "SA": "PICX",
    "SB": "PICX",
    "ST": "PICX",
    "AT": "PICX",
    "AVRT": "PAICX",
    "SAAWR": "PICX",
    "NOD": "AICX",
    "JT": "AICX",
    "MAR": "PICX",
    "MAT": "PICX",
    "PACE": "PICX",
    "PAF": "PAICX",
    "PSVT": "PICX",
    "NSVT": "PIC",
    "AFL": "PIC",
    "AFIB": "PAICX",
    "VT": "PIC",
    "AVB2": "PICX",
    "AVB3": "PICX",
}
"""Roles that the table names for each rhythm; the P of AVNRT and of the junction only where it is drawn."""


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(sorted(HEARTS)), st.integers(0, 5000))
def test_segments_with_a_place_never_overlap_and_lie_within_the_recording(rhythm, seed):
    record = simulate(rhythm, seed=seed, leads=("II",), noise=None)
    placed = sorted((e.start, e.end) for e in record.truth.evidence if e.role != "I")
    assert all(0 <= start < end <= 10 for start, end in placed)
    assert all(before[1] <= after[0] + 1e-9 for before, after in pairwise(placed))


@pytest.mark.parametrize("rhythm", sorted(ROLES_OF))
def test_each_rhythm_has_the_roles_of_the_table(rhythm):
    settings = {"AFIB": {"f": 0.1}, "NOD": {"p_wave": "none"}, "JT": {"p_wave": "none"}}.get(rhythm, {})
    roles = {entry.role for entry in simulate(rhythm, seed=2, leads=("II",), **settings).truth.evidence}
    assert roles == set(ROLES_OF[rhythm])


def test_pre_is_240_to_40_ms_before_qrs_and_ends_no_earlier_than_t():
    record = simulate("AFIB", seed=3, rate=60, leads=("II",))
    onsets = {wave.beat: wave.onset for wave in record.truth.of("QRS")}
    t_ends = [wave.offset for wave in record.truth.of("T")]
    absent = record.truth.with_role("A")
    assert absent
    for entry in absent:
        assert entry.end == pytest.approx(onsets[entry.beat] - 0.04) or entry.end == 10
        assert entry.start >= onsets[entry.beat] - 0.24 - 1e-9
        assert not any(entry.start < end < entry.end for end in t_ends)


def test_f_waves_below_50_microvolt_are_context():
    low, high = (simulate("AFIB", seed=3, f=f, leads=("II",)).truth for f in (0.03, 0.1))
    assert {entry.role for entry in low.evidence if entry.what == "f in TQ"} == {"C"}
    assert {entry.role for entry in high.evidence if entry.what == "f in TQ"} == {"P"}


def test_p_wins_where_it_lies_on_t():
    record = simulate("ST", seed=1, rate=170, pr=0.15, qtc=0.45, leads=("II",))
    p_waves = [wave for wave in record.truth.of("P") if wave.onset > 0 and wave.offset < 10]
    t_waves = record.truth.of("T")
    assert any(t.onset < p.onset < t.offset for p in p_waves for t in t_waves)
    present = [(entry.start, entry.end) for entry in record.truth.with_role("P")]
    for wave in p_waves:
        assert any(s <= wave.onset + 1e-9 and wave.offset <= e + 1e-9 for s, e in present)


def test_a_premature_beat_with_its_pause_is_a_distractor():
    record = simulate("SR", seed=3, pvcs=1, leads=("II",), noise=None)
    early = next(wave for wave in record.truth.of("QRS") if wave.shape == "PVC")
    (entry,) = record.truth.with_role("D")
    following = min(w.onset for w in record.truth.waves if w.beat == early.beat + 1)
    assert (entry.start, entry.end) == (early.onset, following)
    assert entry.edit == "without_ectopics"


def test_intervals_span_from_beat_to_beat():
    record = simulate("SB", seed=3, leads=("II",))
    spans = [entry.end - entry.start for entry in record.truth.with_role("I") if entry.what == "RR"]
    inside = record.truth.beats[record.truth.beats >= 0]
    np.testing.assert_allclose(spans, np.diff(inside))


def test_the_table_names_only_what_there_is():
    for row in table("evidence.csv"):
        assert row["rhythm"] in {*HEARTS, *VARIANTS}
        assert row["what"] in EVIDENCE_SEGMENTS and row["role"] in ROLES
        assert row["edit"] in {*CHANGES, ""}
        assert bool(row["criterion"]) == (row["role"] in "PAI")
    named = {row["rhythm"] for row in table("evidence.csv")}
    assert set(HEARTS) - named == {"SVT", "AVB2"}, "SVT is one of two, second-degree block one of three"


def test_svt_has_the_evidence_of_what_it_is():
    for which in ("AVNRT", "AVRT"):
        whats = {entry.what for entry in simulate("SVT", seed=1, which=which, leads=("II",)).truth.evidence}
        assert ("late T" in whats) == (which == "AVRT")


def test_a_strips_places_are_its_evidence_in_steps_of_20_ms():
    strip = simulate("AFIB", seed=3).strip()
    places = places_of(strip.truth.evidence)
    assert places.shape == (PLACES,)
    assert set(places.tolist()) == {-1, 0, 1}
    for entry in strip.truth.with_role("P", "A", "X"):
        if entry.end - entry.start > 0.06:
            middle = int((entry.start + entry.end) / 2 * PLACES / 10)
            assert places[middle] == (-1 if entry.role == "X" else 1)


def test_strips_bring_their_places_when_asked():
    silent = simulate_strips(3, 4)
    told = simulate_strips(3, 4, places=True)
    assert np.array_equal(silent.millivolts, told.millivolts)
    assert not silent.places.any()
    assert told.places.any(axis=1).all()


def test_a_group_can_be_made_of_other_rhythms():
    strips = next(stream_strips(6, 5, kinds={"AVRT": 1.0}))
    assert set(strips.groups) == {"GSVT"}
    assert set(strips.rhythms) == {"AVRT"}


# What names each rhythm


def whats(rhythm, role, seed=2, **settings):
    return {entry.what for entry in planned(rhythm, seed, **settings).evidence if entry.role == role}


def test_second_degree_blocks_are_told_apart_by_pr_around_the_dropped_beat_and_two_to_one_is_not():
    assert "PR lengthening" in whats("AVB2", "P", block="Wenckebach")
    assert "constant PR" in whats("AVB2", "P", block="Mobitz II")
    assert not {"PR lengthening", "constant PR"} & whats("AVB2", "P", block="2:1")


@pytest.mark.parametrize(("block", "grows"), [("Wenckebach", True), ("Mobitz II", False)])
def test_pr_before_the_dropped_beat_is_longer_than_after_it_only_in_wenckebach(block, grows):
    for seed in SEEDS:
        truth = planned("AVB2", seed, block=block, rate=60)
        onsets = {wave.beat: wave.onset for wave in truth.of("QRS")}
        p_waves = truth.of("P")
        for before, dropped, after in zip(p_waves, p_waves[1:], p_waves[2:], strict=False):
            if dropped.beat is None and {before.beat, after.beat} <= set(onsets):
                first, last = onsets[before.beat] - before.onset, onsets[after.beat] - after.onset
                assert (first - last > 0.025) == grows


def test_junctional_rhythm_is_named_by_the_missing_p_and_by_the_retrograde_one():
    assert "pre" in whats("NOD", "A", p_wave="none")
    assert "retrograde P" in whats("NOD", "P", p_wave="retrograde")
    assert {"RR"} == whats("JT", "I")


def test_the_wandering_pacemakers_p_and_the_sinus_nodes_polarity_are_evidence():
    assert "P of changing form" in whats("SAAWR", "P")
    for rhythm in ("SR", "SB", "ST", "SA"):
        assert "P polarity" in whats(rhythm, "I")


def test_avnrt_shows_a_pseudo_r_and_a_pseudo_s_only_where_p_bends_the_end_of_the_qrs():
    assert "pseudo-r' in V1, pseudo-S in II" in whats("AVNRT", "I", p_wave="retrograde")
    assert "pseudo-r' in V1, pseudo-S in II" not in whats("AVNRT", "I", p_wave="hidden")


def test_axis_and_concordance_are_evidence_where_twelve_leads_show_them():
    shown = [whats("VT", "I", seed=seed) for seed in range(60)]
    for sign in ("axis", "concordance"):
        assert 0.05 < np.mean([sign in found for found in shown]) < 0.7


def test_f_waves_hidden_in_t_are_evidence_and_those_in_the_qrs_are_inferred():
    assert "F hidden in T" in whats("AFL", "P", ratio=2)
    assert "F hidden in QRS" in whats("AFL", "I", ratio=2)


def test_a_sinus_pause_is_an_absence_and_a_failing_spike_too():
    assert "pause without P" in whats("SR", "A", sinus_pause=True, rate=75)
    assert "spike without its wave" in whats("PACE", "A", capture="failure")
    assert "spike without its wave" not in whats("PACE", "A", capture="full")
