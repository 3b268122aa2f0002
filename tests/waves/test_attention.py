"""Attention by wave, against maps whose shares are known, and the words for it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from conftest import made_record

import ecgteach
from ecgteach.errors import InvalidValue, UnknownName
from ecgteach.models import Prediction
from ecgteach.simulator import simulate
from ecgteach.strip import Strip
from ecgteach.training.strips import grouped_strips, write_strips
from ecgteach.waves import (
    PARTS,
    WINDOWS,
    attention_by_group,
    attention_by_wave,
    attention_table,
    delineate,
    sentence,
)
from ecgteach.waves.__main__ import main
from ecgteach.waves.wording import in_steps


@pytest.fixture(scope="module")
def seen():
    return ecgteach.explain(simulate("SR", seed=1, rate=75.0, leads=("II",)))


@pytest.fixture(scope="module")
def fibrillating():
    return ecgteach.explain(simulate("AFIB", seed=2, leads=("II",)))


def looking(seen, signal, image=None, fused=None):
    """The same explanation with maps along time of our own."""
    maps = {"signal": signal, "image": signal if image is None else image}
    views = {name: replace(seen.views[name], on_time=np.asarray(on, np.float32)) for name, on in maps.items()}
    fused = signal if fused is None else fused
    return replace(seen, views=views, fused=np.asarray(fused, np.float32))


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


def test_only_the_stretch_where_waves_are_known_counts(seen):
    waves = replace(delineate(seen.strip), span=(0.0, 5.0))
    late = np.r_[np.zeros(2600), np.ones(2400)]
    found = attention_by_wave(looking(seen, late), waves)
    assert found.shares == ()
    assert found.empty["signal"] == "nothing of the map lies where waves are known"


def test_there_is_no_share_for_p_in_fibrillation_but_one_for_pre(fibrillating):
    found = attention_by_wave(fibrillating)
    assert found.of("signal", "P") is None
    assert found.of("signal", "pre").mass > 0


def test_a_stretch_shorter_than_one_and_a_half_cells_is_flagged(seen):
    found = attention_by_wave(seen)
    for view, one in seen.views.items():
        for name in PARTS:
            short = found.waves.stretches.usual_seconds(name) < 1.5 * one.layer.cell_seconds
            assert found.of(view, name).blurred == short


def test_an_empty_map_has_no_shares_and_says_why(seen):
    view = seen.views["image"]
    flat = replace(view, on_time=np.zeros(5000, np.float32), map=replace(view.map, state="flat"))
    dull = replace(seen, views={**seen.views, "image": flat}, fused=None, fused_reason="the image view's map is flat")
    found = attention_by_wave(dull)
    assert {share.view for share in found.shares} == {"signal"}
    assert set(found.empty) == {"image", "fused"}
    assert "map for SR is empty (flat: nothing speaks for the target)" in sentence(dull, found)
    assert "There is no fused map" in sentence(dull, found)


@pytest.mark.parametrize("trace", [np.zeros(5000), np.random.default_rng(5).normal(size=5000)], ids=["flat", "noise"])
def test_a_strip_without_waves_gives_a_clear_result(seen, trace):
    found = attention_by_wave(replace(seen, strip=Strip(trace)))
    assert found.shares == ()
    assert "Where the waves are cannot be told" in sentence(replace(seen, strip=Strip(trace)))
    assert len(attention_table([replace(seen, strip=Strip(trace))])) == 0


def test_a_table_has_no_empty_cells(seen, fibrillating):
    table = attention_table([seen, fibrillating])
    assert not table.isna().any().any()
    assert set(table["view"]) == {"signal", "image", "fused"}
    assert set(table["rhythm"]) == {"SR", "AFIB"}
    assert set(table["outcome"]) <= {"right", "wrong"}


def test_groups_hold_means_and_intervals_over_recordings(seen):
    other = replace(seen, strip=replace(seen.strip, source_id="another"))
    half = np.arange(5000) < 2500
    table = attention_table([looking(seen, half), looking(other, ~half)])
    groups = attention_by_group(table)
    row = groups[(groups["view"] == "signal") & (groups["wave"] == "T")].iloc[0]
    single = table[(table["view"] == "signal") & (table["wave"] == "T")]["mass"]
    assert (row["strips"], row["recordings"]) == (2, 2)
    assert row["mass"] == pytest.approx(single.mean())
    assert (row["mass_low"], row["mass_high"]) == pytest.approx((single.min(), single.max()))
    assert not groups.isna().any().any()


def test_groups_of_an_empty_table_are_an_empty_table():
    assert len(attention_by_group(attention_table([]))) == 0


def test_a_column_that_is_not_there_is_named(seen):
    with pytest.raises(UnknownName, match="no column is called colour; there are recording"):
        attention_by_group(attention_table([seen]), by=("colour",))
    with pytest.raises(InvalidValue, match="a group needs a column"):
        attention_by_group(attention_table([seen]), by=())


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.61, "about 60 %"), (0.02, "under 5 %"), (0.0, "under 5 %"), (0.99, "over 95 %"), (0.976, "over 95 %")],
)
def test_shares_are_told_in_steps_of_five_percent(share, said):
    assert in_steps(share).replace("\N{NO-BREAK SPACE}", " ") == said


def test_the_sentence_tells_where_the_map_lies_and_never_why(seen):
    told = sentence(looking(seen, delineate(seen.strip).mask("QRS"))).replace("\N{NO-BREAK SPACE}", " ")
    assert "Over 95 % of the signal network's map for" in told
    assert "lies on QRS, more than chance" in told
    assert "because" not in told


def test_a_level_map_singles_out_no_wave(seen):
    assert sentence(looking(seen, np.ones(5000))).count("it singles out no wave") == 2


def test_in_fibrillation_p_is_a_dash_and_pre_stands_in_its_place(fibrillating):
    told = sentence(fibrillating)
    assert "No repeating P wave is seen before the QRS complexes (P: –; the stretch before QRS" in told
    assert "on P," not in told


def test_views_that_quarrel_are_told_with_both_answers(seen):
    logits = {"signal": [5, 0, 0, 0], "image": [0, 5, 0, 0]}
    views = {name: with_logits(seen.views[name], values) for name, values in logits.items()}
    classes = seen.views["signal"].prediction.classes
    told = sentence(replace(seen, views=views))
    assert f"The views quarrel: the signal network answers {classes[0]}, the picture network {classes[1]}" in told


@pytest.mark.parametrize(
    ("local", "rhythm", "said"),
    [
        (1.0, 3.0, "About 75 % of what speaks for SR in the signal network is rhythm, which has no place on a map"),
        (2.0, -1.0, "Only what has a place speaks for SR in the signal network"),
        (-1.0, 2.0, "Only rhythm, which has no place on a map, speaks for SR in the signal network"),
        (-1.0, -1.0, "Neither what has a place nor rhythm speaks for SR in the signal network"),
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


def test_the_command_prints_shares_by_group_and_writes_each_strips(tmp_path, capsys):
    strips = write_strips(grouped_strips([made_record(75, 10, id=name) for name in "ab"]), tmp_path / "strips")
    with pytest.raises(SystemExit) as ended:
        main(["shares", str(tmp_path / "strips"), "--by", "view,wave", "--out", str(tmp_path / "shares.csv")])
    assert ended.value.code == 0
    assert "signal" in capsys.readouterr().out
    assert (tmp_path / "shares.csv").read_text().startswith("recording,start,rhythm")
    assert len(strips) == 2
