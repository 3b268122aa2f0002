import json

import numpy as np
import pytest
from conftest import made_record

from ecgteach.records.record import Record
from ecgteach.rhythms import Finding, grouping, rhythm
from ecgteach.simulator.kinds import kind
from ecgteach.truth import Annotation

from . import blind_spots as room
from .__main__ import main
from .noise import signal_to_noise

LEVELS = [24.0, 32.0]


def test_strips_of_a_kind_are_drawn_by_seed_and_as_noisy_as_one_of_the_real_ones():
    first, again, other = (room.kind_strips(kind("sinus rhythm"), 4, seed, LEVELS)[0] for seed in (0, 0, 1))
    assert first.shape == (4, 5000)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    for level in LEVELS:
        measured = [signal_to_noise(samples) for samples in room.kind_strips(kind("sinus rhythm"), 4, 0, [level])[0]]
        assert np.median(measured) == pytest.approx(level, abs=2)


def test_the_noise_of_the_embedded_strips_is_measured_on_them():
    levels = room.embedded_noise()
    assert len(levels) > 80
    assert 15 < np.median(levels) < 40


def test_right_answers_are_counted_where_there_is_a_right_one_and_confidence_is_that_of_the_commonest():
    shares = np.array([[0.9, 0.1, 0, 0], [0.8, 0.2, 0, 0], [0.3, 0.7, 0, 0]])
    judged, told = (room.answers_of("x", group, {"signal": shares}, ["SB"] * 3)[0] for group in ("SB", None))
    classes = grouping().classes
    assert (judged.right, judged.n, judged.reached) == (1, 3, False)
    assert judged.answered == {classes[0]: 2, classes[1]: 1}
    assert judged.confidence == pytest.approx(0.85)
    assert (told.right, told.interval, told.reached) == (None, None, None)


@pytest.mark.parametrize(("right", "reached"), [(54, True), (53, False)])
def test_nine_in_ten_are_wanted(right, reached):
    shares = np.zeros((60, 4))
    shares[:right, 0] = 1
    shares[right:, 1] = 1
    assert room.answers_of("x", "by rate", {"signal": shares}, [grouping().classes[0]] * 60)[0].reached is reached


def test_a_real_strip_is_of_a_kind_by_its_own_marks_else_by_the_words_of_its_source():
    paced, pacs = (next(one for one in room.REAL_KINDS if one.name == name) for name in ("paced", "PACs"))
    marked = made_record(
        75,
        20,
        annotations=(
            Annotation("beat", 3.0, 3.0, peak=3.0, symbol="/"),
            Annotation("beat", 13.0, 13.0, peak=13.0, symbol="N"),
        ),
    )
    lead = marked.lead_names[0]
    assert paced.holds(marked, marked.strip(lead, 0.0, quality="any"))
    assert not paced.holds(marked, marked.strip(lead, 10.0, quality="any"))
    labelled = made_record(75, 10, labels=frozenset({rhythm("SR"), Finding("snomed", "284470004")}))
    assert isinstance(labelled, Record)
    assert pacs.holds(labelled, labelled.strip(labelled.lead_names[0], quality="any"))
    assert not paced.holds(labelled, labelled.strip(labelled.lead_names[0], quality="any"))


def test_the_command_prints_each_view_of_each_kind_and_writes_all_figures(tmp_path, capsys):
    kept = tmp_path / "found.json"
    with pytest.raises(SystemExit) as ended:
        main(["blind-spots", "--n", "2", "--kind", "flutter, 2:1", "--kind", "Wenckebach", "--out", str(kept)])
    assert not ended.value.code
    shown = capsys.readouterr().out
    rows = json.loads(kept.read_text())["simulated"]
    assert [(row["kind"], row["view"]) for row in rows] == [
        (name, view) for name in ("flutter, 2:1", "Wenckebach") for view in ("signal", "image", "both")
    ]
    assert [row["group"] for row in rows] == ["AFIB"] * 3 + [None] * 3
    assert "Wenckebach" in shown
    assert "every answer is wrong" in shown
