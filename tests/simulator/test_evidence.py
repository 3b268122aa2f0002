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

ROLES_OF = {
    "SR": "PICX",
    "SA": "PICX",
    "SB": "PICX",
    "ST": "PICX",
    "AT": "PICX",
    "AVRT": "PAICX",
    "SAAWR": "PCX",
    "AFL": "PIC",
    "AFIB": "PAICX",
    "VT": "PIC",
    "AVB2": "PICX",
    "AVB3": "PICX",
}
"""Roles that the table names for each rhythm; AVNRT's P only where it is drawn, junctional rhythm is not in it."""


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(sorted(HEARTS)), st.integers(0, 5000))
def test_segments_with_a_place_never_overlap_and_lie_within_the_recording(rhythm, seed):
    record = simulate(rhythm, seed=seed, leads=("II",), noise=None)
    placed = sorted((e.start, e.end) for e in record.truth.evidence if e.role != "I")
    assert all(0 <= start < end <= 10 for start, end in placed)
    assert all(before[1] <= after[0] + 1e-9 for before, after in pairwise(placed))


@pytest.mark.parametrize("rhythm", sorted(ROLES_OF))
def test_each_rhythm_has_the_roles_of_the_table(rhythm):
    settings = {"f": 0.1} if rhythm == "AFIB" else {}
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
    spans = [entry.end - entry.start for entry in record.truth.with_role("I")]
    inside = record.truth.beats[record.truth.beats >= 0]
    np.testing.assert_allclose(spans, np.diff(inside))


def test_the_table_names_only_what_there_is():
    for row in table("evidence.csv"):
        assert row["rhythm"] in {*HEARTS, "*", "AVB1", "AFIB regular"}
        assert row["what"] in EVIDENCE_SEGMENTS and row["role"] in ROLES
        assert row["edit"] in {*CHANGES, ""}
        assert bool(row["criterion"]) == (row["role"] in "PAI")
    named = {row["rhythm"] for row in table("evidence.csv")}
    assert set(HEARTS) - named == {"NOD", "SVT"}


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
