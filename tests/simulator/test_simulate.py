"""Promises of `simulate` and its kin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from ecgteach.errors import InvalidValue, UnknownName
from ecgteach.rhythms import rhythm as rhythm_called
from ecgteach.simulator import simulate, simulate_dataset, simulate_many, simulate_strips
from ecgteach.simulator.hearts import HEARTS
from ecgteach.simulator.noise import INGREDIENTS
from ecgteach.simulator.people import hearts, patients, settings

RHYTHMS = sorted(HEARTS)
seeds = st.integers(0, 10_000)


def irregularity(record):
    rr = record.truth.rr
    return float(np.sqrt(np.mean(np.diff(rr) ** 2)) / rr.mean())


# The same seed


@pytest.mark.parametrize("rhythm", RHYTHMS)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(rhythm):
    first, again, other = simulate(rhythm, seed=3), simulate(rhythm, seed=3), simulate(rhythm, seed=4)
    assert first.signals.tobytes() == again.signals.tobytes()
    assert first.truth.waves == again.truth.waves
    assert first.signals.tobytes() != other.signals.tobytes()


def test_recording_i_of_many_is_the_one_that_its_own_seed_gives():
    many = simulate_many("AFIB", 5, seed=9)
    alone = simulate("AFIB", seed=(9, 3))
    assert many[3].signals.tobytes() == alone.signals.tobytes()


def test_a_lead_is_the_same_whichever_others_are_asked_for():
    twelve, one = simulate("SR", seed=2), simulate("SR", seed=2, leads=("II",))
    np.testing.assert_allclose(twelve["II"], one["II"], atol=2e-6)


# Twelve leads


@profile(deadline=None, max_examples=25)
@given(st.sampled_from(RHYTHMS), seeds)
def test_einthoven_and_goldberger_hold_with_and_without_noise(rhythm, seed):
    record = simulate(rhythm, seed=seed)
    for signals in (record.signals, record.truth.clean):
        lead = dict(zip(record.lead_names, signals.astype(np.float64), strict=True))
        np.testing.assert_allclose(lead["II"], lead["I"] + lead["III"], atol=1e-6)
        np.testing.assert_allclose(lead["aVR"], -(lead["I"] + lead["II"]) / 2, atol=1e-6)
        np.testing.assert_allclose(lead["aVL"], lead["I"] - lead["II"] / 2, atol=1e-6)
        np.testing.assert_allclose(lead["aVF"], lead["II"] - lead["I"] / 2, atol=1e-6)


def test_the_axis_that_is_set_is_the_axis_that_the_limb_leads_show():
    for axis in (-30, 0, 45, 90):
        nets = []
        for seed in range(6):
            record = simulate("SR", seed=seed, noise=None, axis=axis, r=1.5)
            wave = record.truth.of("QRS")[2]
            segment = slice(round(wave.onset * 500), round(wave.offset * 500))
            i, avf = (record[lead][segment].sum() for lead in ("I", "aVF"))
            nets.append(np.degrees(np.arctan2(2 / np.sqrt(3) * avf, i)))
        assert abs(np.median(nets) - axis) < 30


# The truth


@pytest.mark.parametrize("rhythm", RHYTHMS)
def test_clean_signal_and_noise_add_up_to_the_recording(rhythm):
    record = simulate(rhythm, seed=5)
    total = record.truth.clean + sum(record.truth.noise.values())
    np.testing.assert_allclose(total, record.signals, atol=1e-5)


@pytest.mark.parametrize("rhythm", RHYTHMS)
def test_nothing_but_waves_is_in_the_clean_signal(rhythm):
    record = simulate(rhythm, seed=6, noise=None)
    times = np.arange(5000) / 500
    silent = np.ones(5000, dtype=bool)
    for wave in record.truth.waves:
        silent &= (times < wave.onset) | (times > wave.offset)
    assert not np.any(record.truth.clean[:, silent])


def test_a_wave_begins_and_ends_where_the_truth_says():
    record = simulate("SB", seed=1, noise=None, pr=0.18, rate=50)
    for wave in record.truth.of("P")[1:-1]:
        first, last = int(np.ceil(wave.onset * 500)), int(wave.offset * 500)
        assert np.any(record.signals[:, first + 2] != 0)
        assert np.any(record.signals[:, last - 2] != 0)
        assert not np.any(record.signals[:, first - 3 : first])


@profile(deadline=None, max_examples=25)
@given(st.sampled_from(["SR", "SB", "ST", "NOD", "AVNRT", "AFIB", "VT"]), seeds)
def test_the_rate_that_is_set_is_the_rate_of_the_truth(rhythm, seed):
    low, high = hearts()[rhythm].low, hearts()[rhythm].high
    rate = (low + high) / 2
    record = simulate(rhythm, seed=seed, rate=rate, seconds=60, leads=("II",), noise=None)
    assert record.truth.rr.size
    assert abs(60 / record.truth.rr.mean() - rate) < 0.12 * rate


def test_settings_reach_the_waves():
    record = simulate("SR", seed=1, pr=0.19, qrs=0.1, rate=60, qtc=0.4, noise=None, variation=0.0)
    onsets = {wave.beat: wave.onset for wave in record.truth.of("QRS")}
    for wave in record.truth.of("P"):
        if wave.beat in onsets:
            assert onsets[wave.beat] - wave.onset == pytest.approx(0.19, abs=1e-9)
    for wave in record.truth.of("QRS"):
        assert wave.offset - wave.onset == pytest.approx(0.1)
    ends = [t.offset - onsets[t.beat] for t in record.truth.of("T") if t.beat in onsets]
    assert np.mean(ends) == pytest.approx(0.4, abs=0.01)


def test_qt_follows_fridericia_and_not_bazett():
    spans = []
    for rate in (65, 95):
        record = simulate("SR", seed=1, rate=rate, qtc=0.4, noise=None, variation=0.0)
        onsets = {wave.beat: wave.onset for wave in record.truth.of("QRS")}
        spans.append(np.mean([t.offset - onsets[t.beat] for t in record.truth.of("T") if t.beat in onsets]))
    assert spans[1] / spans[0] == pytest.approx((65 / 95) ** (1 / 3), rel=0.02)


# Rhythms


def test_fibrillation_is_irregular_and_has_no_p_and_block_or_pacing_makes_it_regular():
    for seed in range(8):
        plain = simulate("AFIB", seed=seed, seconds=30)
        assert irregularity(plain) > 0.1
        assert not plain.truth.of("P")
        for conduction in ("block", "pacing"):
            steady = simulate("AFIB", seed=seed, conduction=conduction)
            assert irregularity(steady) < 0.01
            assert "regularity" not in {entry.criterion for entry in steady.truth.evidence}
    assert simulate("AFIB", seed=1, conduction="pacing").truth.of("spike")


def test_f_waves_come_at_the_frequency_that_is_set():
    record = simulate("AFIB", seed=3, f_rate=6.5, f=0.2, seconds=60, noise=None, leads=("V1",))
    lengths = [wave.offset - wave.onset for wave in record.truth.of("f")]
    assert 1 / np.mean(lengths) == pytest.approx(6.5, rel=0.08)


@pytest.mark.parametrize("ratio", [2, 3, 4])
def test_flutter_beats_are_multiples_of_its_f_waves(ratio):
    record = simulate("AFL", seed=4, ratio=ratio, rate=280 / ratio)
    ff = np.mean([wave.offset - wave.onset for wave in record.truth.of("F")])
    np.testing.assert_allclose(record.truth.rr / ff, ratio, atol=0.15)


def test_a_slowed_flutter_has_the_rate_that_is_set():
    record = simulate("AFL", seed=4, flutter_rate=200, ratio=3)
    assert 60 / record.truth.rr.mean() == pytest.approx(200 / 3, rel=0.02)
    with pytest.raises(InvalidValue, match="leave one of"):
        simulate("AFL", seed=4, flutter_rate=200, ratio=3, rate=100)


def test_both_directions_of_flutter_point_opposite_ways_in_lead_ii():
    skews = {}
    for direction in ("counter-clockwise", "clockwise"):
        record = simulate("AFL", seed=4, direction=direction, ratio=4, f=0.2, rate=70, noise=None)
        whole = [wave for wave in record.truth.of("F") if wave.onset >= 0 and wave.offset <= 10]
        wave = max(whole, key=lambda f: min(abs(f.peak - q.onset) for q in record.truth.of("QRS", "T")))
        segment = record["II"][round(wave.onset * 500) : round(wave.offset * 500)]
        skews[direction] = segment[np.abs(segment).argmax()]
    assert skews["counter-clockwise"] < 0 < skews["clockwise"]


def test_sinus_arrhythmia_varies_by_more_than_120_ms():
    for seed in range(10):
        starts = [wave.onset for wave in simulate("SA", seed=seed, seconds=20).truth.of("P")]
        assert np.ptp(np.diff(starts)) > 0.12


def test_svt_is_one_of_two_and_the_truth_tells_which():
    kinds = {simulate("SVT", seed=seed, leads=("II",)).truth.notes["which"] for seed in range(20)}
    assert kinds == {"AVNRT", "AVRT"}
    for which in kinds:
        assert simulate("SVT", seed=1, which=which).truth.kind.startswith(which)


def test_rp_is_under_70_ms_in_avnrt_and_over_70_ms_in_avrt():
    for rhythm, short in (("AVNRT", True), ("AVRT", False)):
        for seed in range(5):
            record = simulate(rhythm, seed=seed)
            onsets = {wave.beat: wave.onset for wave in record.truth.of("QRS")}
            rp = [wave.onset - onsets[wave.beat] for wave in record.truth.of("P") if wave.beat in onsets]
            assert all((span < 0.07) == short for span in rp)


def test_wenckebach_lengthens_pr_before_the_dropped_beat_and_mobitz_two_does_not():
    for block, lengthens in (("Wenckebach", True), ("Mobitz II", False)):
        record = simulate("AVB2", seed=2, block=block, seconds=20, rate=60)
        onsets = {wave.beat: wave.onset for wave in record.truth.of("QRS")}
        pr = [onsets[p.beat] - p.onset for p in record.truth.of("P") if p.beat in onsets]
        assert (np.ptp(pr) > 0.02) == lengthens
        assert any(p.beat is None for p in record.truth.of("P"))


def test_complete_block_has_regular_atria_faster_than_regular_ventricles():
    for seed in range(5):
        record = simulate("AVB3", seed=seed, seconds=20)
        pp = np.diff([wave.onset for wave in record.truth.of("P")])
        assert pp.mean() < record.truth.rr.mean()
        assert max(pp.std() / pp.mean(), irregularity(record)) < 0.05


def test_ventricular_tachycardia_is_wide_fast_and_dissociated():
    record = simulate("VT", seed=3, seconds=20)
    assert 60 / record.truth.rr.mean() > 100
    assert all(w.offset - w.onset >= 0.12 for w in record.truth.of("QRS") if w.shape == "VT")
    assert any(wave.beat is None for wave in record.truth.of("P"))
    assert {w.shape for seed in range(20) for w in simulate("VT", seed=seed, leads=("II",)).truth.of("QRS")} == {"VT"}
    held = [simulate("VT", seed=seed, captures=True, leads=("II",)).truth for seed in range(20)]
    assert {"VT", "narrow", "fusion"} <= {wave.shape for truth in held for wave in truth.of("QRS")}


def test_a_wandering_pacemaker_shows_three_forms_of_p():
    assert len({wave.shape for wave in simulate("SAAWR", seed=1).truth.of("P")}) >= 3


# Modifiers


def test_modifiers_are_drawn_and_told():
    record = simulate("SR", seed=1, pacs=1, pvcs=1, bundle_branch="left", rate=70)
    shapes = [wave.shape for wave in record.truth.waves]
    assert "PVC" in shapes and "premature" in shapes and "LBBB" in shapes
    assert all(w.offset - w.onset >= 0.12 for w in record.truth.of("QRS"))
    assert "PVC" in record.truth.kind and "left bundle branch block" in record.truth.kind
    assert len(record.truth.with_role("D")) == 2
    late = simulate("SR", seed=1, first_degree=True, rate=65)
    assert any(entry.criterion == "conduction" for entry in late.truth.evidence)


@pytest.mark.parametrize(
    ("rhythm", "changes"),
    [
        ("AFIB", {"pacs": 1}),
        ("AFL", {"pacs": 1}),
        ("VT", {"pvcs": 1}),
        ("AVNRT", {"first_degree": True}),
        ("VT", {"bundle_branch": "left"}),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(rhythm, changes):
    with pytest.raises(InvalidValue, match="cannot have"):
        simulate(rhythm, seed=1, **changes)


# Bad settings


@pytest.mark.parametrize(
    ("rhythm", "changes", "named"),
    [
        ("SR", {"rate": -5}, "60 and 100"),
        ("SR", {"rate": 70, "pr": 0.9}, "0.08 and 0.4"),
        ("ST", {"rate": 180, "pr": 0.35}, "0.08 and 0.28"),
        ("AFL", {"ratio": 7}, "2, 3, 4, variable"),
        ("SR", {"seed": -1}, "from 0 on"),
        ("SR", {"noise": {"muscle": 900}}, "-20 to 60 dB"),
        ("SR", {"seconds": 0.5}, "2 to 3,600"),
        ("SR", {"sampling_rate": 5}, "100 and 2,000"),
        ("SR", {"pacs": 99}, "0 to 5"),
        ("SR", {"qrs": float("nan")}, "0.06 to 0.24"),
        ("SR", {"bundle_branch": "both"}, "left"),
    ],
)
def test_a_bad_value_is_refused_and_the_message_names_the_range(rhythm, changes, named):
    with pytest.raises(InvalidValue, match=named):
        simulate(rhythm, **{"seed": 1, **changes})


@pytest.mark.parametrize(
    ("rhythm", "changes", "named"),
    [
        ("XYZ", {}, "AFIB"),
        ("SR", {"leads": ("II", "X")}, "V6"),
        ("SR", {"noise": {"hum": 3}}, "mains-50"),
        ("SR", {"noise": "much"}, "usual"),
        ("SR", {"colour": 3}, "qtc"),
        ("SR", {"ratio": 2}, "no setting 'ratio'"),
    ],
)
def test_an_unknown_name_is_refused_and_the_message_lists_those_there_are(rhythm, changes, named):
    with pytest.raises(UnknownName, match=named):
        simulate(rhythm, **{"seed": 1, **changes})


# Noise


@pytest.mark.parametrize("name", [name for name, kind in INGREDIENTS.items() if kind.unit == "dB"])
def test_added_noise_has_the_strength_that_was_asked_for(name):
    record = simulate("SR", seed=3, noise={name: 10.0})
    for lead in ("I", "II", "V1", "V6"):
        row = record.lead_names.index(lead)
        ratio = record.truth.clean[row].std() / record.truth.noise[name][row].std()
        assert 20 * np.log10(ratio) == pytest.approx(10.0, abs=0.05)


def test_noise_that_changes_the_signal_does_what_it_says():
    clipped = simulate("SR", seed=3, r=2.0, noise={"clipping": 0.5}, leads=("II",))
    assert np.abs(clipped.signals).max() == pytest.approx(0.5)
    stepped = simulate("SR", seed=3, noise={"quantisation": 0.01}, leads=("II",)).signals / 0.01
    np.testing.assert_allclose(stepped, np.round(stepped), atol=1e-3)
    gap = simulate("AFIB", seed=3, noise={"lead-off": 2.0}, leads=("II",))
    assert np.count_nonzero(gap.signals == 0) >= 1000


def test_noise_changes_no_wave():
    clean, noisy = simulate("AFIB", seed=8, noise=None), simulate("AFIB", seed=8, noise={"muscle": 5.0})
    assert clean.truth.waves == noisy.truth.waves
    assert np.array_equal(clean.truth.clean, noisy.truth.clean)


# Records, strips, data sets


def test_a_strip_of_a_simulated_record_carries_its_part_of_the_truth():
    record = simulate("AFIB", seed=1, seconds=30)
    strip = record.strip(lead="II", at=12.0, quality="any")
    assert strip.truth is not None
    assert strip.truth.clean.shape == (5000,)
    np.testing.assert_array_equal(strip.truth.clean, record.truth.clean[1, 6000:11000])
    whole = {(round(wave.onset, 6), wave.kind) for wave in record.truth.waves}
    assert all((round(wave.onset + 12.0, 6), wave.kind) in whole for wave in strip.truth.waves)
    assert all(0 <= entry.start < entry.end <= 10 + 1e-9 for entry in strip.truth.evidence)


def test_a_data_set_is_drawn_when_it_is_opened_and_a_record_does_not_depend_on_its_size():
    small, large = simulate_dataset({"AFIB": 2}, seed=1), simulate_dataset({"AFIB": 500, "SR": 100_000}, seed=1)
    assert len(large) == 100_500
    assert large.labels[0] == frozenset({rhythm_called("AFIB")})
    assert small[1].signals.tobytes() == large[1].signals.tobytes()
    assert large["SR-099999"].rhythm == rhythm_called("SR")


def test_strips_for_training_are_balanced_labelled_and_repeatable():
    strips, again = simulate_strips(80, 3), simulate_strips(80, 3)
    assert strips.millivolts.shape == (80, 5000) and np.isfinite(strips.millivolts).all()
    assert np.array_equal(strips.millivolts, again.millivolts)
    assert set(strips.groups) == {"SR", "SB", "GSVT", "AFIB"}
    sinus = np.array([rhythm_called(code).sinus for code in strips.rhythms])
    assert (strips.rates[sinus & (strips.groups == "SB")] < 58).all()
    assert (strips.rates[sinus & (strips.groups == "GSVT")] > 102).all()


def test_the_people_table_is_the_data_sets_own():
    assert len(patients()) == 10_646
    assert patients()[0].rhythm == "AFIB" and patients()[0].rate == 117
    assert {patient.rhythm for patient in patients()} <= set(HEARTS)


def test_every_setting_and_rhythm_has_a_range_that_holds_what_is_drawn():
    for setting in settings().values():
        assert setting.low < setting.high
        if np.isfinite(setting.draw_low):
            assert setting.low <= setting.draw_low < setting.draw_high <= setting.high
    assert set(hearts()) == set(HEARTS)
    for limits in hearts().values():
        assert limits.slowest <= limits.low < limits.high <= limits.fastest
