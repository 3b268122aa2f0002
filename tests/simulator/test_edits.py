"""Promises of `edit`: one thing changes, the rest stays, and the result gets its name."""

import numpy as np
import pytest

from ecgteach import sample
from ecgteach.errors import InvalidValue, UnknownName
from ecgteach.simulator import edit, simulate
from ecgteach.simulator.edits import CHANGES
from ecgteach.simulator.hearts import HEARTS
from ecgteach.simulator.people import table

LEADS = ("I", "II", "V1")


def made(rhythm="SR", seed=5, **settings):
    return simulate(rhythm, seed=seed, **{"leads": LEADS, "noise": {"muscle": 20.0, "wander": 12.0}, **settings})


def beat_of(record, number):
    """Samples of one beat from 20 ms before its QRS to the end of its T, on the clean signal."""
    onset = next(w.onset for w in record.truth.of("QRS") if w.beat == number)
    end = next(w.offset for w in record.truth.of("T") if w.beat == number)
    return onset, end


def clean_at(record, onset, length):
    first = round(onset * record.sampling_rate)
    return record.truth.clean[:, first : first + length]


@pytest.mark.parametrize("rhythm", sorted(HEARTS))
@pytest.mark.parametrize("change", [*CHANGES, "noise"])
def test_every_change_either_keeps_the_noise_or_is_refused_with_a_reason(rhythm, change):
    record = made(rhythm)
    try:
        changed = edit(record, change)
    except InvalidValue as refusal:
        assert len(str(refusal)) > 30
        return
    assert changed.signals.shape == record.signals.shape
    assert changed.truth.notes["edits"] == (change,) and changed.truth.notes["label"]
    if change != "noise":
        for name, values in record.truth.noise.items():
            np.testing.assert_array_equal(changed.truth.noise[name], values)
    total = changed.truth.clean + sum(changed.truth.noise.values(), start=np.zeros_like(changed.truth.clean))
    np.testing.assert_allclose(total, changed.signals, atol=1e-5)


def test_removing_p_changes_nothing_outside_p_and_makes_the_rhythm_junctional():
    record = made("SR")
    changed = edit(record, "remove_p")
    outside = np.ones(5000, dtype=bool)
    times = np.arange(5000) / 500
    for wave in record.truth.of("P"):
        outside &= (times < wave.onset) | (times > wave.offset)
    np.testing.assert_allclose(changed.signals[:, outside], record.signals[:, outside], atol=1e-6)
    assert changed.truth.rhythm.code == "NOD"
    assert "not fibrillation" in changed.truth.notes["label"]


def test_p_put_into_fibrillation_takes_the_absence_away():
    changed = edit(made("AFIB"), "add_p", 0.14)
    assert changed.truth.of("P") and not changed.truth.with_role("A")
    onsets = {w.beat: w.onset for w in changed.truth.of("QRS")}
    assert all(onsets[p.beat] - p.onset == pytest.approx(0.14) for p in changed.truth.of("P") if p.beat in onsets)


def test_regular_rr_keeps_every_beat_and_moves_it():
    record = made("AFIB", seed=3)
    changed = edit(record, "regular")
    assert np.ptp(changed.truth.rr) < 1e-9
    assert record.truth.of("f") == changed.truth.of("f")
    assert "regularity" not in {entry.criterion for entry in changed.truth.evidence}
    np.testing.assert_allclose(
        [w.offset - w.onset for w in changed.truth.of("QRS")][2:8],
        [w.offset - w.onset for w in record.truth.of("QRS")][2:8],
    )


def test_irregular_rr_is_irregular_and_keeps_the_first_beat():
    record = made("SR")
    changed = edit(record, "irregular", 0.25, seed=2)
    assert np.std(changed.truth.rr) / changed.truth.rr.mean() > 0.1
    assert changed.truth.beats[0] == pytest.approx(record.truth.beats[0])
    assert changed.truth.rhythm.code == "SA"


def test_tq_alone_moves_the_rate_over_the_limit_and_each_beat_keeps_its_samples():
    record = made("SR", rate=64, variation=0.0, noise=None)
    changed = edit(record, "tq", 56)
    assert changed.truth.rhythm.code == "SB"
    assert 60 / changed.truth.rr.mean() == pytest.approx(56, abs=0.2)
    for number in (1, 4):
        onset, end = beat_of(record, number)
        moved, _ = beat_of(changed, number)
        shift = round((moved - onset) * 500) / 500
        if abs(shift - (moved - onset)) < 1e-4:
            length = round((end - onset) * 500)
            np.testing.assert_allclose(
                clean_at(changed, onset + shift, length), clean_at(record, onset, length), atol=0.02
            )
    qt = [
        t.offset - next(q.onset for q in changed.truth.of("QRS") if q.beat == t.beat)
        for t in changed.truth.of("T")[1:5]
    ]
    old = [
        t.offset - next(q.onset for q in record.truth.of("QRS") if q.beat == t.beat) for t in record.truth.of("T")[1:5]
    ]
    np.testing.assert_allclose(qt, old, atol=0.01)


def test_tq_cannot_be_made_shorter_than_it_is():
    with pytest.raises(InvalidValue, match="by TQ alone the rate can rise to"):
        edit(made("ST", rate=150), "tq", 245)


def test_the_rate_takes_qt_along():
    record = made("SR", rate=90, variation=0.0)
    changed = edit(record, "rate", 60)
    spans = []
    for one in (record, changed):
        onsets = {w.beat: w.offset for w in one.truth.of("QRS")}
        spans.append(np.mean([t.offset - onsets[t.beat] for t in one.truth.of("T") if t.beat in onsets]))
    assert spans[1] / spans[0] == pytest.approx((60 / changed.truth.rr.mean() / 90) ** (-1 / 3), rel=0.03)
    assert 60 / changed.truth.rr.mean() == pytest.approx(60, abs=0.5)


def test_a_rate_that_the_rhythm_cannot_have_is_refused():
    with pytest.raises(InvalidValue, match="100 and 260"):
        edit(made("AVNRT"), "rate", 70)


def test_a_narrowed_ventricular_tachycardia_keeps_its_dissociated_p_and_is_not_svt():
    record = made("VT")
    narrow = edit(record, "qrs_width", 0.09)
    assert narrow.truth.rhythm.code == "VT"
    assert "not SVT" in narrow.truth.notes["label"]
    assert narrow.truth.of("P") == record.truth.of("P")
    assert any(entry.what == "dissociated P" for entry in narrow.truth.evidence)
    assert not any(entry.what == "wide QRS" for entry in narrow.truth.evidence)
    assert "wide" in edit(record, "qrs_width", 0.125).truth.notes["label"]


def test_with_a_p_after_each_qrs_a_narrowed_ventricular_tachycardia_looks_like_avrt():
    narrow = edit(made("VT", atria="1:1 retrograde"), "qrs_width", 0.09)
    assert "AVRT" in narrow.truth.notes["label"]


@pytest.mark.parametrize(
    ("rhythm", "rate", "code", "name"),
    [
        ("ST", 130, "JT", "junctional tachycardia"),
        ("SR", 75, "NOD", "accelerated junctional rhythm"),
        ("SB", 48, "NOD", "junctional rhythm"),
    ],
)
def test_what_is_left_without_p_is_called_by_its_rate(rhythm, rate, code, name):
    changed = edit(made(rhythm, rate=rate), "remove_p").truth
    assert changed.rhythm.code == code
    assert changed.kind.startswith(name)
    assert changed.notes["label"].startswith(f"{name}: no P before the QRS")
    assert {"A", "I"} <= {entry.role for entry in changed.evidence}


def test_f_waves_can_be_taken_away_and_doubled():
    record = made("AFIB", noise=None, f=0.08)
    assert not edit(record, "f_amplitude", 0.0).truth.of("f")
    double = edit(record, "f_amplitude", 2.0)
    assert double.truth.of("f") == record.truth.of("f")
    assert not np.array_equal(double.truth.clean, record.truth.clean)


def test_jitter_makes_ff_uneven_and_moves_no_beat():
    record = made("AFL", ratio=4, rate=70)
    changed = edit(record, "ff_jitter", 0.2)
    assert np.std(np.diff([w.onset for w in changed.truth.of("F")])) > 0.02
    np.testing.assert_array_equal(changed.truth.beats, record.truth.beats)


@pytest.mark.parametrize("rhythm", ["AVB2", "AVB3"])
def test_restored_conduction_gives_every_p_its_beat_and_moves_no_p(rhythm):
    record = made(rhythm)
    changed = edit(record, "restore_conduction")
    old = np.array([w.onset for w in record.truth.of("P")])
    np.testing.assert_allclose([w.onset for w in changed.truth.of("P")], old)
    assert changed.truth.rhythm.sinus
    onsets = {w.beat: w.onset for w in changed.truth.of("QRS")}
    assert all(onsets[p.beat] - p.onset == pytest.approx(0.16) for p in changed.truth.of("P") if p.beat in onsets)


def test_taking_ectopics_away_changes_only_their_beats():
    record = made("SR", pvcs=1, noise=None, seed=9)
    changed = edit(record, "without_ectopics")
    (entry,) = record.truth.with_role("D")
    assert not changed.truth.with_role("D")
    times = np.arange(5000) / 500
    before = times < entry.start - 0.35
    after = times > entry.end
    np.testing.assert_array_equal(changed.truth.clean[:, before | after], record.truth.clean[:, before | after])
    assert "PVC" not in {wave.shape for wave in changed.truth.waves}


def test_new_noise_leaves_every_wave_alone():
    record = made("SR")
    quiet, loud = edit(record, "noise"), edit(record, "noise", {"muscle": 3.0})
    np.testing.assert_array_equal(quiet.signals, record.truth.clean)
    np.testing.assert_array_equal(loud.truth.clean, record.truth.clean)
    assert loud.truth.evidence == record.truth.evidence


def test_a_changed_record_can_be_changed_again():
    twice = edit(edit(made("AFIB"), "regular"), "f_amplitude", 0.0)
    assert twice.truth.notes["edits"] == ("regular", "f_amplitude")


def test_a_record_without_truth_is_refused():
    with pytest.raises(InvalidValue, match="not simulated"):
        edit(sample("AFIB"), "remove_p")


def test_unknown_changes_and_wrong_numbers_are_refused():
    with pytest.raises(UnknownName, match="remove_p"):
        edit(made(), "explode")
    with pytest.raises(InvalidValue, match=r"0\.05 and 0\.24"):
        edit(made(), "qrs_width", 3.0)
    with pytest.raises(InvalidValue, match="makes no sense in AFIB"):
        edit(made("AFIB"), "remove_p")


def test_the_table_of_edits_names_only_what_there_is():
    for row in table("edits.csv"):
        assert row["change"] in {*CHANGES, "noise"}
        assert row["rhythm"] == "VT retrograde" or set(row["rhythm"].split()) <= set(HEARTS)
        assert row["becomes"] in {"same", "by rate", "junctional", *HEARTS} and row["label"]
