from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from conftest import made_record

from ecgteach.errors import InvalidValue
from ecgteach.models import SignalCNN
from ecgteach.records import Dataset, Entry
from ecgteach.records.splits import PARTS, digest
from ecgteach.rhythms import rhythm
from ecgteach.training import runs
from ecgteach.training.data import labelled
from ecgteach.training.data.strips import StripSet
from ecgteach.training.fit.fitting import fit
from ecgteach.training.recipes import recipe

from . import study
from .__main__ import main

CHAPMAN = recipe("chapman")
CODES = ("SR", "SB", "ST", "AFIB")


def chapman(number, rate=75.0, flat=()):
    """A data set of made recordings, their labels in turn SR, SB, ST and AFIB; some have a flat lead II."""

    def read(entry):
        count = int(entry.id[2:])
        record = made_record(rate, id=entry.id, source="chapman", labels=frozenset({rhythm(CODES[count % 4])}))
        return record if count not in flat else made_flat(record)

    return Dataset("chapman", tuple(Entry(f"JS{count:05d}", None) for count in range(number)), read)


def made_flat(record):
    signals = np.full_like(record.signals, 0.25)
    return type(record)(signals, record.lead_names, record.sampling_rate, labels=record.labels, id=record.id)


@pytest.fixture
def at_hand(monkeypatch):
    monkeypatch.setattr(runs, "open_dataset", lambda source, data: chapman(80, flat=(4, 7)))


def test_groups_follow_the_label_whatever_the_rate():
    groups = [strip.group for strip in labelled.labelled_strips(chapman(4, rate=75.0), Counter())]
    assert groups == ["SR", "SB", "GSVT", "AFIB"]


def test_what_our_rule_drops_is_counted_by_group_and_told_with_its_reason():
    left_out, problems = Counter(), []
    kept = list(labelled.labelled_strips(chapman(8, flat=(4, 7)), left_out, problems.append))
    assert len(kept) == 6
    assert left_out == {"our rule, SR": 1, "our rule, AFIB": 1}
    assert [problem.reason for problem in problems] == ["our rule: flat lead II"] * 2


def test_the_split_is_the_recipes_own_eighty_ten_ten_by_person():
    parts = Counter(labelled.own_part(CHAPMAN, "chapman", Entry(f"JS{n:05d}", None)) for n in range(1, 10_647))
    assert parts["train"] / 10_646 == pytest.approx(0.8, abs=0.01)
    assert parts["validation"] / 10_646 == pytest.approx(0.1, abs=0.01)
    same = {labelled.own_part(CHAPMAN, "chapman", Entry(f"JS{n:05d}", None, "one person")) for n in range(50)}
    assert len(same) == 1
    other = recipe("chapman", split_seed=24)
    assert any(
        labelled.own_part(CHAPMAN, "chapman", entry) != labelled.own_part(other, "chapman", entry)
        for entry in (Entry(f"JS{n:05d}", None) for n in range(50))
    )


def test_parts_share_no_recording_and_nothing_is_simulated_or_compressed(at_hand, tmp_path):
    parts = [runs.gather(CHAPMAN, part, None, tmp_path / part, lambda line: None) for part in PARTS]
    names = [set(strips.recordings) for strips in parts]
    assert sum(map(len, names)) == len(set.union(*names)) == 78
    assert {source for strips in parts for source in strips.sources} == {"chapman"}
    assert sum(study.dropped(parts).values()) == 2


def test_strips_gathered_by_another_recipe_are_not_taken_for_these(at_hand, tmp_path):
    lines = []
    runs.gather(
        recipe("shipped", sources=("chapman",), compressed=0, simulated=0), "train", None, tmp_path, lines.append
    )
    runs.gather(CHAPMAN, "train", None, tmp_path, lines.append)
    assert sum("reading" in line for line in lines) == 2


def test_the_whole_road_ends_in_a_report_beside_what_was_published(at_hand, tmp_path, monkeypatch, capsys):
    small = recipe("chapman", epochs=1, strips_an_epoch=8, batch=4)
    monkeypatch.setattr(runs, "recipe", lambda name, **changes: small)
    weights = runs.train_view("signal", "chapman", runs.RunSettings(tmp_path / "run"), data=tmp_path)
    capsys.readouterr()
    with pytest.raises(SystemExit, match="0"):
        main(["study", str(weights), f"--strips={tmp_path / 'run' / 'strips'}", f"--data={tmp_path}"])
    report = capsys.readouterr().out.splitlines()
    report = report[next(row for row, line in enumerate(report) if line.startswith("what rate alone")) :]
    assert report[0].startswith("what rate alone and two numbers achieve: table not at hand")
    assert any(line.startswith("accuracy") and line.endswith("93.07%") for line in report)
    assert any(line.startswith("accuracy, image network") and line.endswith("97.44%") for line in report)
    assert any(line.startswith("left out, GSVT") and line.endswith("47") for line in report)
    assert any("unexplained" in line for line in report)


def test_weights_of_the_study_name_their_own_split_and_not_the_committed_one():
    assert runs.split_of(CHAPMAN) == "80/10/10 by person, seed 23"
    assert runs.split_of(recipe("shipped")) == digest()


def test_what_numbers_alone_achieve_is_counted_on_the_table_at_hand(tmp_path):
    table = tmp_path / "chapman-figshare" / "Diagnostics.xlsx"
    rows = [("SR", 75, 75), ("SB", 50, 50), ("ST", 120, 120), ("AFIB", 90, 300), ("AFIB", 90, 90)]
    write_table(table, rows)
    assert study.numbers_alone(tmp_path) == (
        "without a signal, on the 5 recordings of the source's table: rate alone 60.0%, "
        "rate and whether the atrial rate differs 80.0%"
    )


@pytest.mark.parametrize("rows", [[("SR", "fast", 75)], [("WILD", 75, 75)]])
def test_a_broken_table_is_said_and_stops_nothing(tmp_path, rows):
    write_table(tmp_path / "chapman-figshare" / "Diagnostics.xlsx", rows)
    assert "table not at hand" in study.numbers_alone(tmp_path)


def write_table(path, rows):
    import pandas as pd

    path.parent.mkdir(parents=True)
    pd.DataFrame(rows, columns=list(study.COLUMNS)).to_excel(path, index=False)


def simulated(numbers):
    """Strips of a stand-in, each a recording of its own."""
    random = np.random.default_rng(numbers.start)
    count = len(numbers)
    return StripSet(
        random.integers(-900, 900, (count, 5000)).astype(np.int16),
        np.arange(count) % 4,
        np.array([f"simulated/{number}" for number in numbers]),
        np.array(["simulated"] * count),
        np.array(["SR"] * count),
        np.full(count, 70.0),
        np.zeros(count),
    )


def test_simulated_recordings_alone_can_be_learnt_from():
    short = replace(CHAPMAN, epochs=1, strips_an_epoch=8, batch=4)
    log = fit(SignalCNN(), simulated(range(8)), simulated(range(8, 16)), recipe=short)
    assert np.isfinite(log[0].train_loss)


def test_simulated_recordings_are_called_so_in_the_report():
    assert "simulated" in study.report(SignalCNN(), [simulated(range(8))] * 3, CHAPMAN).splitlines()[-1]


@pytest.mark.parametrize("split", [(0.8, 0.2), (0.8, 0.1, 0.2), (0.9, 0.1, 0.0), ()])
def test_a_split_that_is_none_is_refused(split):
    with pytest.raises(InvalidValue, match="split"):
        recipe("chapman", split=split)
