"""Promises about the hearts as an electrophysiologist would read them, each over 200 seeds."""

from functools import cache

import numpy as np
import pytest

from ecgteach.errors import InvalidValue
from ecgteach.simulator import simulate
from ecgteach.simulator.dipole import play
from ecgteach.simulator.evidence import WIDE_QRS
from ecgteach.simulator.flutter import F_RATES
from ecgteach.simulator.ground_truth import waves_of
from ecgteach.simulator.hearts import HEARTS
from ecgteach.simulator.leads import LEADS, derivation
from ecgteach.simulator.making import compose
from ecgteach.simulator.people import WIDEST_NARROW
from ecgteach.simulator.rewriting import keeping

SEEDS = range(200)
SECONDS = 10.0
RATE = 500.0
CONDUCTED = ("SR", "SB", "ST", "SA", "SAAWR", "NOD", "JT", "AT", "MAR", "MAT", "AVNRT", "AVRT", "SVT", "AFL", "AFIB")
SINUS = ("SR", "SB", "ST", "SA")


@cache
def plans(rhythm, *settings):
    """200 activations of a rhythm; nothing is played."""
    return tuple(compose(rhythm, (seed,), SECONDS, None, dict(settings)) for seed in SEEDS)


def waves(rhythm, *settings):
    """Waves of each of the 200, by kind."""
    for plan in plans(rhythm, *settings):
        found = waves_of(plan, SECONDS)
        yield {kind: [wave for wave in found if wave.kind == kind] for kind in ("P", "QRS", "T", "F", "f", "spike")}


def played(plan, leads=LEADS, kinds=None):
    """Clean leads by their name; of some kinds of wave alone, if they are named."""
    rows, matrix = derivation(tuple(leads))
    part = plan if kinds is None else keeping(plan, plan.of(*kinds))
    return dict(zip(leads, matrix @ play([part], rows, round(SECONDS * RATE), RATE)[0], strict=True))


def segment(lead, start, end):
    return lead[max(round(start * RATE), 0) : round(end * RATE)]


def lengths(found):
    return np.array([wave.offset - wave.onset for wave in found])


# Flutter


@pytest.mark.parametrize("ratio", [2, 3, 4])
def test_a_ratio_draws_an_f_rate_of_a_flutter_and_the_ventricles_follow(ratio):
    rates = []
    for found in waves("AFL", ("ratio", ratio)):
        ff = np.diff([wave.onset for wave in found["F"]]).mean()
        rates.append(60 / ff)
        rr = np.diff([wave.onset for wave in found["QRS"]]).mean()
        assert rr / ff == pytest.approx(ratio, rel=0.02)
    assert F_RATES[0] - 1 <= min(rates) and max(rates) <= F_RATES[1] + 1
    assert np.std(rates) > 10


def test_variable_flutter_conducts_whole_numbers_of_f_waves_and_not_always_the_same():
    for found in waves("AFL", ("ratio", "variable")):
        ff = np.diff([wave.onset for wave in found["F"]]).mean()
        steps = np.diff([wave.onset for wave in found["QRS"]]) / ff
        np.testing.assert_allclose(steps, np.round(steps), atol=0.16)
        assert len(set(np.round(steps))) > 1
        assert F_RATES[0] - 1 <= 60 / ff <= F_RATES[1] + 1


@pytest.mark.parametrize(
    ("changes", "way_out"),
    [
        ({"rate": 150, "ratio": 4}, {"ratio": 2, "rate": 150}),
        ({"rate": 60, "ratio": 2}, {"ratio": 4, "rate": 60}),
        ({"rate": 100, "ratio": 2}, {"ratio": 2, "flutter_rate": 200}),
        ({"rate": 160, "ratio": "variable"}, {"rate": 147, "ratio": "variable"}),
        ({"rate": 175}, {"flutter_rate": 350, "ratio": 2}),
        ({"rate": 150, "flutter_rate": 250}, {"rate": 108, "flutter_rate": 250}),
        ({"flutter_rate": 200, "ratio": 3, "rate": 100}, {"flutter_rate": 200, "ratio": 3}),
    ],
)
def test_numbers_of_a_flutter_that_cannot_go_together_are_refused_and_the_way_out_works(changes, way_out):
    with pytest.raises(InvalidValue, match=r"F waves|flutter") as refusal:
        simulate("AFL", seed=1, leads=("II",), **changes)
    said = str(refusal.value).lower()
    assert any(word in said for word in ("leave", "take")) or "give" in said
    simulate("AFL", seed=1, leads=("II",), **way_out)


def test_f_waves_of_counter_clockwise_flutter_are_negative_in_ii_and_positive_in_v1_and_the_other_way_round():
    for direction, sign in (("counter-clockwise", -1), ("clockwise", 1)):
        for plan in plans("AFL", ("direction", direction), ("ratio", 4))[:40]:
            leads = played(plan, ("II", "V1"), ("F",))
            main = {name: values[np.abs(values).argmax()] for name, values in leads.items()}
            assert np.sign(main["II"]) == sign and np.sign(main["V1"]) == -sign


# QRS and T


@pytest.mark.parametrize("rhythm", CONDUCTED)
def test_a_qrs_without_a_named_block_is_narrow(rhythm):
    for found in waves(rhythm, *((("conduction", "intact"),) if rhythm == "AFIB" else ())):
        assert lengths(found["QRS"]).max() <= WIDEST_NARROW + 1e-9


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_block_that_is_asked_for_is_wide_and_named(side):
    for rhythm in ("SR", "SVT"):
        for plan in plans(rhythm, ("bundle_branch", side))[:100]:
            complexes = plan.of("QRS")
            assert (plan.offsets - plan.onsets)[complexes].min() >= WIDE_QRS - 1e-9
    assert f"{side} bundle branch block" in simulate("SVT", seed=1, bundle_branch=side, leads=("II",)).truth.kind


def test_a_wide_qrs_without_a_name_is_refused_and_both_ways_out_work():
    with pytest.raises(InvalidValue, match="bundle_branch"):
        simulate("AVNRT", seed=1, qrs=0.13)
    wide = simulate("AVNRT", seed=1, qrs=0.13, bundle_branch="left", leads=("II",)).truth
    np.testing.assert_allclose(lengths(wide.of("QRS")), 0.13)
    simulate("AVNRT", seed=1, qrs=0.11, leads=("II",))


def test_ventricular_tachycardia_is_120_to_200_ms_wide_and_more_and_holds_no_capture():
    widths = []
    for found in waves("VT"):
        assert {wave.shape for wave in found["QRS"]} == {"VT"}
        widths.append(lengths(found["QRS"]).max())
    assert min(widths) >= WIDE_QRS and max(widths) > 0.2
    assert 0.14 < np.median(widths) < 0.17
    fast = simulate("VT", seed=1, rate=250, leads=("II",)).truth
    assert lengths(fast.of("QRS")).min() >= WIDE_QRS


@pytest.mark.parametrize("rhythm", sorted(HEARTS))
@pytest.mark.parametrize("side", [None, "left"])
def test_no_t_is_shorter_than_its_qrs(rhythm, side):
    if side and rhythm in ("VT", "NSVT"):
        side = None
    for found in waves(rhythm, *((("bundle_branch", side),) if side else ())):
        widths = dict(zip([wave.beat for wave in found["QRS"]], lengths(found["QRS"]), strict=True))
        for wave in found["T"]:
            if wave.beat in widths:
                assert wave.offset - wave.onset >= widths[wave.beat]


def test_t_opposes_the_end_of_the_qrs_in_right_bundle_branch_block():
    for plan in plans("SR", ("bundle_branch", "right")):
        leads = played(plan, ("V1", "I", "V6", "II"))
        found = waves_of(plan, SECONDS)
        wave = next(wave for wave in found if wave.kind == "QRS" and wave.onset > 0)
        t = next(t for t in found if t.kind == "T" and t.beat == wave.beat)
        for name, values in leads.items():
            end = segment(values, wave.offset - 0.04, wave.offset).sum()
            assert end * segment(values, t.onset + 0.01, t.offset).sum() < 0, name
        assert segment(leads["V1"], wave.offset - 0.04, wave.offset).sum() > 0
        assert segment(leads["I"], wave.offset - 0.04, wave.offset).sum() < 0


def test_t_opposes_the_qrs_in_left_bundle_branch_block():
    for plan in plans("SR", ("bundle_branch", "left")):
        leads = played(plan, ("V1", "I", "V6"))
        found = waves_of(plan, SECONDS)
        wave = next(wave for wave in found if wave.kind == "QRS" and wave.onset > 0)
        t = next(t for t in found if t.kind == "T" and t.beat == wave.beat)
        for name, sign in (("V1", -1), ("I", 1), ("V6", 1)):
            assert np.sign(segment(leads[name], wave.onset, wave.offset).sum()) == sign, name
            assert np.sign(segment(leads[name], t.onset + 0.01, t.offset).sum()) == -sign, name


# Atria


@pytest.mark.parametrize("rhythm", SINUS)
def test_the_sinus_nodes_p_is_upright_in_ii_and_inverted_in_avr(rhythm):
    for plan in plans(rhythm):
        leads = played(plan, ("II", "aVR"), ("P",))
        assert leads["II"].sum() > 0 > leads["aVR"].sum()


def test_f_waves_are_larger_in_v1_than_in_ii():
    for plan in plans("AFIB", ("f", 0.1)):
        leads = played(plan, ("II", "V1"), ("f",))
        assert leads["V1"].std() > 1.1 * leads["II"].std()


def test_the_p_of_avnrt_that_is_seen_is_an_s_in_ii_and_an_r_in_v1_after_the_qrs():
    for plan in plans("AVNRT", ("p_wave", "retrograde")):
        leads = played(plan, ("II", "V1"), ("P",))
        assert leads["II"].max() <= 1e-9 and leads["V1"].min() >= -1e-9
        found = waves_of(plan, SECONDS)
        ends = {wave.beat: wave.offset for wave in found if wave.kind == "QRS"}
        p_waves = [wave for wave in found if wave.kind == "P" and wave.beat in ends]
        assert all(0.02 < wave.offset - ends[wave.beat] < 0.06 for wave in p_waves)


def test_a_wandering_pacemaker_moves_by_small_steps_and_shows_three_forms():
    for found in waves("SAAWR"):
        steps = np.array([int(wave.shape.split()[1]) for wave in found["P"]])
        assert len(set(steps)) >= 3
        assert np.abs(np.diff(steps)).max() <= 2
        onsets = {wave.beat: wave.onset for wave in found["QRS"]}
        pr = [onsets[wave.beat] - wave.onset for wave in found["P"] if wave.beat in onsets]
        assert np.abs(np.diff(pr)).max() < 0.03


def breath_explains(onsets):
    """Share of PP's variation that one sine of some breathing rate explains, after a straight line."""
    pp, at = np.diff(onsets), np.array(onsets[:-1])
    best = 0.0
    for breaths in np.arange(6, 25, 0.5):
        angle = 2 * np.pi * breaths / 60 * at
        design = np.stack([np.ones_like(at), np.sin(angle), np.cos(angle)], axis=1)
        left = pp - design @ np.linalg.lstsq(design, pp, rcond=None)[0]
        best = max(best, 1 - left.var() / pp.var())
    return best


def test_sinus_arrhythmia_is_phasic_or_random_and_each_is_what_it_says():
    shares = {}
    for form in ("phasic", "not phasic"):
        onsets = [
            [onset for onset, kind in zip(plan.onsets, plan.of("P"), strict=True) if kind]
            for plan in (compose("SA", (seed,), 40.0, None, {"form": form}) for seed in SEEDS)
        ]
        assert all(np.ptp(np.diff(train)) > 0.12 for train in onsets)
        shares[form] = np.array([breath_explains(train) for train in onsets])
    assert np.median(shares["phasic"]) > 0.85 and np.percentile(shares["phasic"], 5) > 0.6
    assert np.median(shares["not phasic"]) < 0.4
    assert "not phasic" in simulate("SA", seed=1, form="not phasic", leads=("II",)).truth.kind


# Complete block, ventricular tachycardia


def test_complete_block_keeps_away_from_whole_ratios_so_that_pr_is_never_the_same():
    for plan in plans("AVB3"):
        p_waves, beats = plan.onsets[plan.of("P")], plan.onsets[plan.of("QRS")]
        ratio = np.diff(beats).mean() / np.diff(p_waves).mean()
        assert abs(ratio - round(ratio)) > 0.12
        following = [beats[beats > onset][0] - onset for onset in p_waves if (beats > onset).any()]
        assert np.ptp(following) > 0.4


def test_the_atria_drift_through_a_ventricular_tachycardia_or_follow_each_beat():
    for plan in plans("VT"):
        assert np.all(plan.beats[plan.of("P")] == -1)
        ratio = np.diff(plan.onsets[plan.of("P")]).mean() / np.diff(plan.onsets[plan.of("QRS")]).mean()
        assert abs(ratio - round(ratio)) > 0.08
    for plan in plans("VT", ("atria", "1:1 retrograde")):
        onsets = dict(zip(plan.beats[plan.of("QRS")], plan.onsets[plan.of("QRS")], strict=True))
        rp = [t - onsets[b] for b, t in zip(plan.beats[plan.of("P")], plan.onsets[plan.of("P")], strict=True)]
        assert len(rp) == len(onsets) and np.ptp(rp) < 1e-6 and min(rp) > 0.1
    assert "1:1 retrograde" in plans("VT", ("atria", "1:1 retrograde"))[0].kind


def test_captures_cannot_be_asked_for_where_the_atria_follow():
    with pytest.raises(InvalidValue, match="leave captures"):
        simulate("VT", seed=1, captures=True, atria="1:1 retrograde")


# Voltages, health


def voltages(plan):
    """Largest S in V1 with R in V5 or V6, and R in aVL with S in V3, over the beats of a recording, in mV."""
    leads = played(plan, ("aVL", "V1", "V3", "V5", "V6"), ("QRS",))
    left = max(leads["V5"].max(), leads["V6"].max())
    return left - leads["V1"].min(), leads["aVL"].max() - leads["V3"].min(), leads["aVL"].max()


def test_chest_voltages_keep_within_the_limits_of_sokolow_and_lyon():
    found = np.array([voltages(plan) for plan in plans("SR")])
    assert found[:, 0].max() < 3.5
    assert 1.8 < np.median(found[:, 0]) < 2.8, "not so low that it could not be real"
    assert np.mean(found[:, 1] > 2.8) < 0.02


def test_a_given_distance_of_the_chest_electrodes_is_kept():
    near, far = (simulate("SR", seed=1, chest=chest, noise=None) for chest in (1.4, 0.7))
    np.testing.assert_allclose(near["V4"], 2 * far["V4"], atol=1e-5)
    np.testing.assert_allclose(near["II"], far["II"], atol=1e-6)


@pytest.mark.parametrize("rhythm", SINUS)
def test_of_the_healthy_nothing_but_the_rhythm_is_remarkable(rhythm):
    for plan in plans(rhythm, ("healthy", True)):
        person = plan.person
        assert -30 <= person.axis <= 90 and 0.07 <= person.qrs <= 0.11
        assert 0.12 <= person.pr <= 0.2 and person.p_width < 0.12 and 0.36 <= person.qtc <= 0.44
        sokolow, cornell, avl = voltages(plan)
        assert sokolow < 3.5 and cornell < (2.0 if person.sex == "F" else 2.8) and avl < 1.1
        t = played(plan, ("I", "II", "aVR", "V4", "V5", "V6"), ("T",))
        assert all(t[name].sum() > 0 for name in ("I", "II", "V4", "V5", "V6")) and t["aVR"].sum() < 0


@pytest.mark.parametrize(
    ("rhythm", "changes", "named"),
    [
        ("AFIB", {}, "itself a finding"),
        ("SR", {"pvcs": 1}, "leave one of them out"),
        ("SR", {"bundle_branch": "left"}, "leave one of them out"),
        ("SR", {"pr": 0.3}, "leave healthy or pr out"),
    ],
)
def test_what_no_healthy_person_has_is_refused(rhythm, changes, named):
    with pytest.raises(InvalidValue, match=named):
        simulate(rhythm, seed=1, healthy=True, **changes)
