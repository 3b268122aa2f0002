import errno
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from conftest import beating, made_record

from ecgteach.beats import find_beats
from ecgteach.errors import InvalidValue, UnknownName, UnreadableFile
from ecgteach.records import Record
from ecgteach.rhythms import rhythm
from ecgteach.training.data import strips as room
from ecgteach.training.data.augment import augment
from ecgteach.training.data.compression import compressed_strips
from ecgteach.training.data.strips import grouped_strips, near_limit, open_strips, write_strips
from ecgteach.training.recipes import Recipe, recipe, recipes
from ecgteach.truth import Annotation


def sinus(rate, seconds=30.0, name="a"):
    return made_record(rate, seconds, labels=frozenset({rhythm("SINUS")}), id=name)


def test_sinus_strips_are_graded_by_their_measured_rate():
    graded = list(grouped_strips([sinus(50), sinus(75, name="b"), sinus(120, name="c")]))
    assert [item.group for item in graded] == ["SB"] * 3 + ["SR"] * 3 + ["GSVT"] * 3
    assert graded[0].rate == pytest.approx(50, abs=1)


def test_what_cannot_be_graded_is_counted_by_its_reason():
    counted = Counter()
    noise = np.random.default_rng(0).normal(0, 0.3, (1, 5000))
    records = [
        made_record(labels=frozenset()),
        made_record(labels=frozenset({rhythm("VT")})),
        Record(noise, ("II",), 500, labels=frozenset({rhythm("SINUS")}), id="n"),
        Record(np.full((1, 5000), np.nan), ("II",), 500, labels=frozenset({rhythm("SINUS")}), id="m"),
        Record(np.zeros((1, 5000)), ("II",), 500, labels=frozenset({rhythm("AFIB")}), id="f"),
        made_record(labels=frozenset({rhythm("AFIB"), rhythm("VT")})),
        made_record(annotations=(Annotation("rhythm", 0.0, 10.0, rhythm=None),)),
    ]
    assert not list(grouped_strips(records, counted))
    assert counted == {
        "no rhythm label": 1,
        "off the list: VT": 1,
        "rate not measurable": 1,
        "unreadable": 1,
        "flat": 1,
        "two rhythms in one strip": 1,
        "unknown rhythm label": 1,
    }


def test_a_record_without_a_readable_lead_is_reported_and_the_rest_go_on():
    problems = []
    leads = Record(np.stack([beating(75)] * 2), ("V1", "V2"), 500, id="v", labels=frozenset({rhythm("SR")}))
    assert len(list(grouped_strips([leads, made_record()], report=problems.append))) == 1
    assert "no lead II" in str(problems[0])


@pytest.mark.parametrize(
    ("rate", "near"), [(57.9, False), (58.1, True), (61.9, True), (62.1, False), (99, True), (103, False)]
)
def test_two_beats_around_a_limit_are_near_it(rate, near):
    assert near_limit(rate) is near


def test_compressed_strips_are_fast_and_no_more_than_twice_as_fast():
    records = [sinus(rate, name=str(rate)) for rate in (40, 55, 70, 85, 98)]
    made = list(compressed_strips(records, 10))
    assert made
    assert {item.group for item in made} == {"GSVT"}
    assert all(item.compressed for item in made)
    for item in made:
        assert 102 < find_beats(item.strip).rate < 200
        assert item.rate <= 2.05 * float(item.recording.split("/")[1])
        assert item.strip.steps[0].kind == "compressed"


def test_compressed_fibrillation_stays_fibrillation_and_each_kind_has_its_number():
    fibrillating = [made_record(75, 30, id=name, labels=frozenset({rhythm("AFIB")})) for name in "ab"]
    made = list(compressed_strips([*fibrillating, sinus(85, name="c"), sinus(70, name="d")], 1))
    assert sorted(item.group for item in made) == ["AFIB", "GSVT"]
    assert {item.group: item.rhythm for item in made}["AFIB"] == "AFIB"


def test_compression_uses_recordings_that_are_long_enough_and_may_be_fast_only():
    flutter = made_record(75, 30, labels=frozenset({rhythm("AFL")}))
    assert not list(compressed_strips([flutter, sinus(75, 11)], 10))


def test_written_strips_are_read_back_from_disk(tmp_path):
    graded = list(grouped_strips([sinus(75)]))
    strips = write_strips(graded, tmp_path)
    again = open_strips(tmp_path)
    assert isinstance(again.microvolts, np.memmap)
    assert (
        np.abs(again.millivolts(slice(0, 3)) - np.stack([item.strip.for_reading().samples for item in graded])).max()
        < 0.00051
    )
    assert list(again.targets) == list(strips.targets) == [0, 0, 0]
    assert not list(tmp_path.glob("*.part"))


def test_strips_remember_whether_their_source_grades_rate(tmp_path):
    graded = made_record(graded=frozenset({rhythm("SB"), rhythm("ST")}), id="g")
    strips = write_strips(grouped_strips([sinus(75, 10.0), graded]), tmp_path)
    assert open_strips(tmp_path).rate_graded.tolist() == strips.rate_graded.tolist() == [False, True]


def test_strips_of_an_older_index_are_told_by_their_source(tmp_path):
    records = [made_record(source=source, id=source) for source in ("mitdb", "ptb-xl", "challenge-2017")]
    write_strips(grouped_strips(records), tmp_path)
    with np.load(tmp_path / "index.npz") as index:
        older = {name: index[name] for name in index.files if name != "rate_graded"}
    np.savez(tmp_path / "index.npz", **older)
    assert open_strips(tmp_path).rate_graded.tolist() == [False, True, False]


@pytest.mark.parametrize("damage", ["no index", "junk index", "no samples", "cut samples"])
def test_a_damaged_folder_of_strips_is_refused_with_a_way_out(tmp_path, damage):
    write_strips(grouped_strips([sinus(75)]), tmp_path)
    index, samples = tmp_path / "index.npz", tmp_path / "strips.i16"
    if damage == "junk index":
        index.write_bytes(b"junk")
    elif damage == "cut samples":
        samples.write_bytes(samples.read_bytes()[:-1000])
    else:
        (index if damage == "no index" else samples).unlink()
    with pytest.raises(UnreadableFile, match="Delete it"):
        open_strips(tmp_path)


def test_a_write_that_breaks_off_leaves_nothing_unfinished(tmp_path):
    def breaking():
        yield from grouped_strips([sinus(75)])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_strips(breaking(), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_write_that_breaks_off_at_the_end_leaves_no_index_of_other_samples(tmp_path, monkeypatch):
    write_strips(grouped_strips([sinus(75)]), tmp_path)

    def full(*_):
        raise UnreadableFile("disk full")

    monkeypatch.setattr(room, "write_whole", full)
    with pytest.raises(UnreadableFile, match="disk full"):
        write_strips(grouped_strips([sinus(120)]), tmp_path)
    with pytest.raises(UnreadableFile, match="Delete it"):
        open_strips(tmp_path)


def test_two_runs_that_write_to_one_folder_do_not_write_into_one_file(tmp_path):
    def meanwhile():
        yield from grouped_strips([sinus(75)])
        write_strips(grouped_strips([sinus(75)]), tmp_path)

    assert len(write_strips(meanwhile(), tmp_path)) == len(open_strips(tmp_path)) == 3


@pytest.mark.parametrize("more", [-10_000, 10_000])
def test_samples_of_another_length_than_the_index_says_are_refused(tmp_path, more):
    write_strips(grouped_strips([sinus(75)]), tmp_path)
    with (tmp_path / "strips.i16").open("r+b") as file:
        file.truncate(30_000 + more)
    with pytest.raises(UnreadableFile, match=r"bytes long, the 3 strips of index\.npz take 30,000"):
        open_strips(tmp_path)


def test_nothing_to_write_is_an_error_and_leaves_nothing(tmp_path):
    with pytest.raises(InvalidValue, match="no strip with a known group"):
        write_strips([], tmp_path / "x")
    assert not list((tmp_path / "x").iterdir())


def test_augmenting_changes_copies_only_and_repeats_with_its_seed():
    strips = np.stack([beating(75), beating(120)])
    before = strips.copy()
    one, same = (augment(strips, recipe("shipped"), np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(one, same)
    assert np.array_equal(strips, before)
    assert not np.array_equal(one, strips)


def test_every_recipe_reads():
    assert "shipped" in recipes()
    assert all(isinstance(recipe(name), Recipe) for name in recipes())


def test_wrong_recipes_are_told_what_there_is():
    with pytest.raises(UnknownName, match="shipped"):
        recipe("none")
    with pytest.raises(UnknownName, match="learning_rate"):
        recipe("shipped", speed=3)
    with pytest.raises(InvalidValue, match="epochs must be above 0"):
        recipe("shipped", epochs=0)
    with pytest.raises(InvalidValue, match="gap must be 0 s or more and under the 10 s"):
        recipe("shipped", gap=10.0)
    with pytest.raises(InvalidValue, match="64 is above 32"):
        recipe("shipped", batch=64, strips_an_epoch=32)


def test_a_full_disk_is_one_sentence_and_leaves_the_strips_that_were_there(tmp_path, monkeypatch):
    write_strips(grouped_strips([sinus(75)]), tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    opened = Path.open

    class Full:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def write(self, _):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", lambda path, mode="r", **how: Full(opened(path, mode, **how)))
    with pytest.raises(UnreadableFile, match=r"cannot hold the strips \(No space left on device\)"):
        write_strips(grouped_strips([sinus(120)]), tmp_path)
    monkeypatch.undo()
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
