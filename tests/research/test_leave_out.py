import json

import numpy as np
import pytest

from ecgteach.errors import InvalidValue
from ecgteach.training.data.strips import StripSet
from ecgteach.training.recipes import recipe
from ecgteach.training.runs import RunSettings

from .leave_out import Missing, format_table, leave_out, leave_out_each, recorded_by
from .options import plain

SHORT = recipe("shipped", epochs=1, strips_an_epoch=8, batch=4)


def strip_set(rows, seed=0, compressed=()):
    """Strips of rows (source, recording, class); the numbers of those that were compressed in time."""
    sources, recordings, targets = zip(*rows, strict=True)
    random = np.random.default_rng(seed)
    return StripSet(
        random.integers(-900, 900, (len(rows), 5000)).astype(np.int16),
        np.array(targets),
        np.array(recordings),
        np.array(sources),
        np.array(["SR"] * len(rows)),
        np.full(len(rows), 70.0),
        np.zeros(len(rows)),
        compressed=np.isin(np.arange(len(rows)), compressed),
    )


def rows_of(source, number, part="", classes=4):
    return [(source, f"{source}/{part}{count}", count % classes) for count in range(number)]


@pytest.fixture
def parts():
    train = [*rows_of("ludb", 24), *rows_of("mitdb", 40), ("ludb", "ludb/1", 2), *rows_of("simulated", 8)]
    validation = [*rows_of("ludb", 8, "v"), *rows_of("mitdb", 8, "v")]
    return strip_set(train, compressed=[64]), strip_set(validation, 1)


def test_each_source_leaves_whole_and_the_rest_stays_with_the_simulated_strips(parts):
    found = {left.source: left for left in leave_out_each(*parts)}
    assert list(found) == ["mitdb", "ludb"]
    assert set(found["ludb"].train.sources) == {"mitdb", "simulated"}
    assert set(found["ludb"].validation.sources) == {"mitdb"}
    assert {source for strips in found["ludb"].unseen for source in strips.sources} == {"ludb"}


def test_a_network_is_judged_on_no_recording_that_it_learnt_from(parts):
    for left in leave_out_each(*parts):
        learnt = {*left.train.recordings, *left.validation.recordings}
        assert not learnt & {name for strips in left.unseen for name in strips.recordings}


def test_strips_that_were_compressed_in_time_are_not_judged(parts):
    assert parts[0].recordings[parts[0].compressed].tolist() == ["ludb/1"]
    assert [len(strips) for strips in list(leave_out_each(*parts))[1].unseen] == [24, 8]


def test_a_recording_that_another_data_set_brought_leaves_with_its_own_source():
    strips = strip_set([("challenge-2021", "ptb-xl/10", 0), ("challenge-2021", "challenge-2021/E00001", 0)])
    assert recorded_by(strips).tolist() == ["ptb-xl", "challenge-2021"]


def test_a_source_of_few_strips_is_not_left_out():
    train = strip_set([*rows_of("ludb", 40), *rows_of("mitdb", 10)])
    validation = strip_set([*rows_of("ludb", 8, "v"), *rows_of("mitdb", 8, "v")], 1)
    assert [left.source for left in leave_out_each(train, validation)] == ["ludb"]


def test_a_source_without_which_a_group_has_no_strip_is_said_and_not_trained(tmp_path):
    train = strip_set([*rows_of("ludb", 40), *rows_of("mitdb", 40, classes=3)])
    validation = strip_set([*rows_of("ludb", 8, "v"), *rows_of("mitdb", 8, "v")], 1)
    lines = []
    found = leave_out("signal", train, validation, SHORT, RunSettings(tmp_path, say=lines.append))
    assert found["ludb"] == Missing(("AFIB",))
    assert "without it no real strip of AFIB is left" in format_table(found)
    assert found["mitdb"].n == 48


def test_simulated_strips_of_a_group_do_not_stand_in_for_real_ones(parts):
    train = strip_set([*rows_of("ludb", 40), *rows_of("mitdb", 40, classes=3), *rows_of("simulated", 8)])
    assert {left.source: left.missing for left in leave_out_each(train, parts[1])}["ludb"] == ("AFIB",)


def test_what_was_not_trained_stands_in_the_file_too_even_where_it_comes_last(tmp_path):
    train = strip_set([*rows_of("ludb", 24), *rows_of("mitdb", 60, classes=3)])
    validation = strip_set([*rows_of("ludb", 8, "v"), *rows_of("mitdb", 8, "v")], 1)
    found = leave_out("signal", train, validation, SHORT, RunSettings(tmp_path / "new", say=lambda line: None))
    assert list(found) == ["mitdb", "ludb"]
    assert json.loads((tmp_path / "new" / "signal.json").read_text())["left_out"] == plain(found)
    assert found["ludb"] == Missing(("AFIB",))


def test_a_finished_run_is_not_trained_again_and_gives_the_same_table(parts, tmp_path):
    first_lines = []
    first = leave_out("signal", *parts, SHORT, RunSettings(tmp_path, say=first_lines.append))
    again_lines = []
    second = leave_out("signal", *parts, SHORT, RunSettings(tmp_path, say=again_lines.append))
    assert any(line.startswith("epoch") for line in first_lines)
    assert not any(line.startswith("epoch") for line in again_lines)
    assert first == second
    assert json.loads((tmp_path / "signal.json").read_text())["left_out"].keys() == {"mitdb", "ludb"}


def test_one_source_alone_cannot_be_left_out(tmp_path):
    strips = strip_set([*rows_of("ludb", 40), *rows_of("simulated", 8)])
    with pytest.raises(InvalidValue, match="one source"):
        leave_out("signal", strips, strips, SHORT, RunSettings(tmp_path))
