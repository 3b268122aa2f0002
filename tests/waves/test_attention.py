"""Attention by wave, against maps whose shares are known, and the words for it."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas
import pytest

import ecgteach
from ecgteach.beats import Beats
from ecgteach.errors import UnknownName
from ecgteach.models import Prediction
from ecgteach.quality import Fault, Quality
from ecgteach.simulator import simulate
from ecgteach.strip import Strip
from ecgteach.waves import (
    PARTS,
    WINDOWS,
    PTest,
    attention_by_group,
    attention_by_wave,
    attention_table,
    delineate,
    sentence,
    wording,
)
from ecgteach.waves.delineation import DELINEATED, TRUTH
from ecgteach.waves.p_wave import ELSEWHERE, NOT_SEEN, UNDECIDABLE


@pytest.fixture(scope="module")
def seen():
    return ecgteach.explain(simulate("SR", seed=1, rate=75.0, leads=("II",)))


@pytest.fixture(scope="module")
def fibrillating():
    return ecgteach.explain(simulate("AFIB", seed=2, leads=("II",)))


def looking(seen, signal, image=None, fused=None):
    """The same explanation with maps along time of our own."""
    maps = {"signal": signal, "image": signal if image is None else image}
    views = {
        name: replace(seen.views[name], on_time=np.asarray(on / max(np.max(on), 1), np.float32))
        for name, on in maps.items()
    }
    fused = signal if fused is None else fused
    return replace(seen, views=views, fused=np.asarray(fused / max(np.max(fused), 1), np.float32))


def with_logits(view, logits, parts=None):
    classes = view.prediction.classes
    return replace(view, prediction=Prediction(np.array(logits, np.float32), classes, parts or {}))


def test_a_map_on_qrs_only_lies_on_qrs_only(seen):
    found = attention_by_wave(looking(seen, delineate(seen.strip).mask("QRS")))
    share = found.of("signal", "QRS")
    assert share.mass == pytest.approx(1.0)
    assert share.density == pytest.approx(1 / share.duration)
    assert share.beyond_chance == 1
    assert found.of("signal", "T").mass == pytest.approx(0.0, abs=1e-9)


def test_a_level_map_gives_chance_everywhere(seen):
    for share in attention_by_wave(looking(seen, np.ones(5000))).shares:
        assert share.mass == pytest.approx(share.duration)
        assert (share.density, share.low, share.high) == pytest.approx((1.0, 1.0, 1.0))


@pytest.mark.parametrize("names", [PARTS, WINDOWS])
def test_shares_of_a_parting_add_up_to_the_whole_map(seen, names):
    found = attention_by_wave(seen)
    for view in ("signal", "image", "fused"):
        shares = [share for name in names if (share := found.of(view, name))]
        assert sum(share.mass for share in shares) == pytest.approx(1.0)
        assert sum(share.duration for share in shares) == pytest.approx(1.0)


def test_the_band_is_that_of_the_shifted_maps(seen):
    waves = delineate(seen.strip)
    mask, values = waves.mask("T"), seen.views["signal"].on_time.astype(float)
    beat = np.median(waves.rr) * 500
    turned = [min(step, 5000 - step) / beat for step in range(1, 5000)]
    steps = [step for step, turn in enumerate(turned, 1) if abs(turn - round(turn)) > 0.15]
    densities = [np.roll(values, step)[mask].sum() / values.sum() / mask.mean() for step in steps]
    share = attention_by_wave(seen, waves).of("signal", "T")
    assert (share.low, share.high) == pytest.approx(tuple(np.percentile(densities, [2.5, 97.5])))


def test_only_the_segment_where_waves_are_known_counts(seen):
    waves = replace(delineate(seen.strip), span=(0.0, 5.0))
    late = np.r_[np.zeros(2600), np.ones(2400)]
    found = attention_by_wave(looking(seen, late), waves)
    assert found.shares == ()
    assert found.empty["signal"] == "nothing of the map lies where waves are known"


def test_there_is_no_share_for_p_in_fibrillation_but_one_for_pre(fibrillating):
    found = attention_by_wave(fibrillating)
    assert found.of("signal", "P") is None
    assert found.of("signal", "pre").mass > 0


def test_a_segment_shorter_than_one_and_a_half_cells_is_flagged(seen):
    found = attention_by_wave(seen)
    for view, one in seen.views.items():
        for name in PARTS:
            short = found.waves.segments.usual_seconds(name) < 1.5 * one.layer.cell_seconds
            assert found.of(view, name).blurred == short


def test_an_empty_map_has_no_shares_and_says_why(seen):
    view = seen.views["image"]
    flat = replace(view, on_time=np.zeros(5000, np.float32), map=replace(view.map, state="flat"))
    dull = replace(seen, views={**seen.views, "image": flat}, fused=None, fused_reason="the image view's map is flat")
    found = attention_by_wave(dull)
    assert {share.view for share in found.shares} == {"signal"}
    assert set(found.empty) == {"image", "fused"}
    assert "map for sinus rhythm is empty (flat: nothing speaks for the target)" in sentence(dull, found)
    assert "There is no fused map" in sentence(dull, found)


@pytest.mark.parametrize("trace", [np.zeros(5000), np.random.default_rng(5).normal(size=5000)], ids=["flat", "noise"])
def test_a_strip_without_waves_gives_a_clear_result(seen, trace):
    found = attention_by_wave(replace(seen, strip=Strip(trace)))
    assert found.shares == ()
    told = sentence(replace(seen, strip=Strip(trace)))
    assert "Where the waves are cannot be told" in told
    assert "Read the answers with care." in told
    assert "on QRS" not in told
    assert len(attention_table([replace(seen, strip=Strip(trace))])) == 0


def test_a_table_has_no_empty_cells(seen, fibrillating):
    table = attention_table([seen, fibrillating])
    assert not table.isna().any().any()
    assert set(table["view"]) == {"signal", "image", "fused"}
    assert set(table["rhythm"]) == {"SR", "AFIB"}
    assert set(table["outcome"]) <= {"right", "wrong"}


def of_recordings(seen, number, **changes):
    """The strip as if it came from several recordings, each with a map on another segment."""
    for n in range(number):
        strip = replace(seen.strip, source_id=f"made/{n}", **changes)
        yield looking(replace(seen, strip=strip), np.arange(5000) // 500 % number == n)


def test_groups_hold_means_and_intervals_over_recordings(seen):
    table = attention_table(of_recordings(seen, 10))
    row = attention_by_group(table).set_index(["view", "wave"]).loc[("signal", "T")]
    single = table[(table["view"] == "signal") & (table["wave"] == "T")]["mass"]
    assert (row["strips"], row["recordings"]) == (10, 10)
    assert row["mass"] == pytest.approx(single.mean())
    spread = 1.96 * single.std(ddof=0) / np.sqrt(10)
    assert row["mass_high"] - row["mass_low"] == pytest.approx(2 * spread, rel=0.2)


def test_views_and_waves_stay_apart_whatever_groups_are_asked_for(seen, fibrillating):
    groups = attention_by_group(attention_table([seen, fibrillating]), by=("rhythm", "outcome"))
    assert set(groups["strips"]) == {1}
    assert not groups.duplicated(["rhythm", "outcome", "view", "wave"]).any()
    of_one = groups[(groups["rhythm"] == "SR") & (groups["view"] == "signal") & groups["wave"].isin(WINDOWS)]
    assert of_one["mass"].sum() == pytest.approx(1.0)


def test_strips_of_one_recording_count_as_strips_and_as_one_recording(seen):
    later = replace(seen, strip=replace(seen.strip, start=10.0))
    row = attention_by_group(attention_table([seen, later])).iloc[0]
    assert (row["strips"], row["recordings"]) == (2, 1)


def test_below_ten_recordings_there_is_no_interval(seen):
    groups = attention_by_group(attention_table(of_recordings(seen, 9)))
    ends = [f"{name}_{end}" for name in ("mass", "density") for end in ("low", "high")]
    assert groups[ends].isna().all().all()
    assert not groups.drop(columns=ends).isna().any().any()


def test_a_groups_interval_does_not_depend_on_the_other_groups(seen, fibrillating):
    own = attention_table(of_recordings(seen, 10))
    alone = attention_by_group(own)
    among = attention_by_group(pandas.concat([attention_table(of_recordings(fibrillating, 12)), own]))
    assert among[among["rhythm"] == "SR"].reset_index(drop=True).equals(alone)


def test_a_right_answer_that_is_at_hand_is_taken_and_each_strip_needs_one(seen):
    table = attention_table([seen, seen], ["SR", "AFIB"])
    assert list(dict.fromkeys(table["group"])) == ["SR", "AFIB"]
    assert dict(zip(table["group"], table["outcome"], strict=True)) == {"SR": "right", "AFIB": "wrong"}
    with pytest.raises(ValueError, match="shorter"):
        attention_table([seen, seen], ["SR"])


def test_off_the_list_every_answer_is_wrong():
    table = attention_table([ecgteach.explain(simulate("AVB3", seed=1, leads=("II",)))])
    assert set(table["group"]) == {"off the list"}
    assert set(table["outcome"]) == {"wrong"}


def test_groups_of_an_empty_table_are_an_empty_table():
    assert len(attention_by_group(attention_table([]))) == 0


def test_a_column_that_is_not_there_is_named(seen):
    with pytest.raises(UnknownName, match="no column is called colour; there are recording"):
        attention_by_group(attention_table([seen]), by=("colour",))


def test_the_sentence_tells_where_the_map_lies_and_never_why(seen):
    told = sentence(looking(seen, delineate(seen.strip).mask("QRS"))).replace("\N{NO-BREAK SPACE}", " ")
    assert " 100 % of the signal network's map for" in told
    assert re.search(r"lies on QRS \(about \d+ % of the time\), more than chance", told)
    assert not re.search("because|attend|looked", told)


def test_a_further_segment_beyond_chance_is_told_and_slivers_are_not(seen):
    waves = delineate(seen.strip)
    told = sentence(looking(seen, 2.0 * waves.mask("QRS") + waves.mask("P"))).replace("\N{NO-BREAK SPACE}", " ")
    assert re.search(r"more than chance; more than chance also lies on P \(about \d+ %\)", told)
    sliver = sentence(looking(seen, 2.0 * waves.mask("QRS") + 0.01 * waves.mask("P")))
    assert "more than chance also" not in sliver


def test_a_share_that_reads_like_its_time_is_never_simply_more_or_less_than_chance(seen):
    mask = delineate(seen.strip).mask("TQ")
    told = sentence(looking(seen, 1.0 + 0.02 * mask)).replace("\N{NO-BREAK SPACE}", " ")
    assert re.search(r"lies on the pause after T \((.*?) of the time\), a little more than chance", told)


def test_answers_are_told_in_full_words(seen):
    assert sentence(seen).startswith("Both networks answer sinus rhythm.")
    other = replace(seen, target="AFIB")
    assert "; the maps are for atrial fibrillation or flutter." in sentence(other)


def test_a_level_map_singles_out_no_wave(seen):
    assert sentence(looking(seen, np.ones(5000))).count("it singles out no wave") == 2


def test_in_fibrillation_p_is_a_dash_and_pre_stands_in_its_place(fibrillating):
    told = sentence(fibrillating)
    assert "No repeating P wave is seen before the QRS complexes (P: –; the segment before QRS" in told
    assert "on P," not in told


@pytest.mark.parametrize(
    ("outcome", "reason", "said"),
    [
        (ELSEWHERE, "", "A wave repeats between T and QRS, further ahead than a P that leads to QRS usually is."),
        (UNDECIDABLE, "of this", "Whether there are P waves cannot be told, since of this."),
    ],
)
def test_the_dash_for_p_is_for_p_that_is_not_seen_only(seen, outcome, reason, said):
    waves = replace(delineate(seen.strip), source=DELINEATED, p=PTest(outcome, reason))
    told = sentence(seen, attention_by_wave(seen, waves))
    assert said in told
    assert "P: \N{EN DASH}" not in told


@pytest.mark.parametrize(
    ("source", "each", "most"),
    [
        (DELINEATED, "A repeating P wave is seen before each QRS", "A wave like P is seen before most QRS complexes"),
        (TRUTH, "P waves lie before each QRS", "P waves lie before most QRS complexes"),
    ],
)
def test_p_before_most_complexes_is_not_told_as_p_before_each(seen, source, each, most):
    waves = replace(delineate(seen.strip), source=source)
    assert each in sentence(seen, attention_by_wave(seen, waves))
    fewer = tuple(wave for wave in waves.waves if (wave.kind, wave.beat) != ("P", 5))
    told = sentence(seen, attention_by_wave(seen, replace(waves, waves=fewer)))
    assert most in told
    assert "each QRS" not in told


def test_p_waves_that_are_given_but_lead_nowhere_are_told_so():
    told = sentence(ecgteach.explain(simulate("AVB3", seed=1, leads=("II",))))
    assert "P waves are there, but they do not lead to each QRS." in told
    assert "\N{EN DASH}" not in told


def test_faults_are_told_without_the_figures_that_they_were_told_by(seen):
    faulty = replace(
        seen, strip=replace(seen.strip, quality=Quality((Fault("no QRS", "no QRS stands out", "1.1 times"),)))
    )
    assert sentence(faulty).endswith("Read with care: noisy, no QRS stands out.")


def test_views_that_disagreement_are_told_with_both_answers(seen):
    logits = {"signal": [5, 0, 0, 0], "image": [0, 5, 0, 0]}
    views = {name: with_logits(seen.views[name], values) for name, values in logits.items()}
    classes = seen.views["signal"].prediction.classes
    told = sentence(replace(seen, views=views))
    assert classes[:2] == ("SR", "SB")
    said = "the signal network answers sinus rhythm, the picture network answers sinus bradycardia"
    assert f"The views disagree: {said}" in told


@pytest.mark.parametrize(
    ("local", "rhythm", "said"),
    [
        (
            1.0,
            3.0,
            "About 75 % of what speaks for sinus rhythm in the signal network is its rhythm part, which has no place",
        ),
        (2.0, -1.0, "Only what has a place speaks for sinus rhythm in the signal network"),
        (
            -1.0,
            2.0,
            "Only the rhythm part, which has no place on a map, speaks for sinus rhythm in the signal network: what",
        ),
        (-1.0, -1.0, "On balance nothing speaks for sinus rhythm in the signal network: what its map shows is"),
    ],
)
def test_what_has_no_place_is_told_where_the_network_tells_it(seen, local, rhythm, said):
    view = seen.views["signal"]
    there = np.array([name == "SR" for name in view.prediction.classes], np.float32)
    parts = {"local": local * there, "rhythm": rhythm * there}
    views = {**seen.views, "signal": with_logits(view, (local + rhythm) * there, parts)}
    assert said in sentence(replace(seen, views=views, target="SR")).replace("\N{NO-BREAK SPACE}", " ")
    bare = {**seen.views, "signal": with_logits(view, (local + rhythm) * there)}
    assert "in the signal network" not in sentence(replace(seen, views=bare, target="SR"))


def test_an_explanation_that_was_saved_is_counted_alike(seen):
    again = type(seen).from_json(json.loads(json.dumps(seen.to_json())))
    waves = delineate(seen.strip)
    first, second = attention_by_wave(seen, waves), attention_by_wave(again, waves)
    assert [share.mass for share in first.shares] == pytest.approx([share.mass for share in second.shares], abs=1e-4)


@pytest.mark.parametrize(("rate", "told"), [(119, False), (120, True), (150, True), (175, True), (176, False)])
def test_a_regular_rhythm_at_the_rate_of_flutter_is_told_to_be_perhaps_flutter(seen, monkeypatch, rate, told):
    monkeypatch.setattr(wording, "find_beats", lambda strip: Beats(tuple(np.arange(0.2, 9.8, 60 / rate)), Quality()))
    said = f"At a regular rate of {rate}/min the wave before each QRS may be every second flutter wave"
    assert (said in sentence(seen)) is told


def test_flutter_is_no_matter_where_the_rhythm_is_irregular(seen, monkeypatch):
    for swing, told in ((0.02, True), (0.08, False)):
        rr = 0.42 * (1 + swing * np.array([1, -1] * 10))
        monkeypatch.setattr(wording, "find_beats", lambda strip, rr=rr: Beats(tuple(0.3 + np.cumsum(rr)), Quality()))
        assert ("every second flutter wave" in sentence(seen)) is told


def test_where_no_p_leads_to_qrs_the_wave_is_told_with_an_if(seen, monkeypatch):
    monkeypatch.setattr(wording, "find_beats", lambda strip: Beats(tuple(np.arange(0.2, 9.8, 0.4)), Quality()))
    waves = replace(delineate(seen.strip), p=PTest(NOT_SEEN))
    assert "150/min a wave before each QRS, if there is one, may be" in sentence(seen, attention_by_wave(seen, waves))
