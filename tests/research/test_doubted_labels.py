import numpy as np
import pytest

from ecgteach.records import doubted as table
from ecgteach.rhythms import rhythm
from ecgteach.simulator import simulate

from .doubted_labels import Doubt, as_table, doubts, read_table


def strip(kind, label, seed=1, **changes):
    from dataclasses import replace

    made = simulate(kind, seed=seed, leads=("II",), noise=None, **changes).strip().for_reading()
    return replace(made, rhythm=rhythm(label), source_id="a/1", truth=None, annotations=())


@pytest.mark.parametrize(
    ("kind", "label", "doubted"),
    [("SR", "AFIB", True), ("SR", "SR", False), ("AFIB", "SR", True), ("AFIB", "AFIB", False), ("SR", "AFL", False)],
)
def test_a_label_is_doubted_where_p_and_beats_both_speak_against_it(kind, label, doubted):
    found = next(doubts([strip(kind, label)]))
    assert (found is not None) is doubted


def test_a_strip_too_poor_to_measure_speaks_against_nothing():
    noise = np.random.default_rng(0).normal(0, 0.3, 5000).astype(np.float32)
    from dataclasses import replace

    poor = replace(strip("SR", "SR"), samples=noise)
    assert next(doubts([poor])) is None


def test_the_table_says_which_strips_and_reads_back(tmp_path):
    found = {Doubt("a/2", 10.0, "AFIB", "seen before each QRS", "regular"), Doubt("a/1", 0.0, "SR", "not seen", "x")}
    (tmp_path / "t.csv").write_text(as_table(found))
    assert read_table(tmp_path / "t.csv") == found
    assert (tmp_path / "t.csv").read_text().splitlines()[1].startswith("a/1,0,SR")


def test_the_committed_table_names_strips_of_real_recordings():
    assert len(table.doubted()) > 10
    assert all("/" in recording and start % 10 == 0 for recording, start in table.doubted())
