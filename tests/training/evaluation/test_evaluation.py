import csv
import tempfile
import weakref
from collections import Counter
from importlib import resources

import numpy as np
import pytest
import torch
from conftest import made_record
from sklearn.metrics import balanced_accuracy_score, f1_score

from ecgteach.errors import InvalidValue, UnknownName
from ecgteach.models import ImageCNN, SignalCNN, inputs, shipped
from ecgteach.records import Dataset, Entry
from ecgteach.rhythms import rhythm
from ecgteach.statistics import interval
from ecgteach.training.data.strips import StripSet, write_strips
from ecgteach.training.evaluation import evaluation as room
from ecgteach.training.evaluation.evaluation import (
    Evaluation,
    choose_part,
    count_parts,
    evaluate,
    evaluate_strips,
    format_tables,
)
from ecgteach.training.evaluation.metrics import ClassFigures, judge

CLASSES = ("SR", "SB", "GSVT", "AFIB")


def evaluation(rhythms, rates, true, answers, source="s"):
    """An evaluation in which both views give the stated answers with 70 %."""
    number = len(true)
    probabilities = np.full((number, 4), 0.1)
    probabilities[np.arange(number), [CLASSES.index(answer) for answer in answers]] = 0.7
    strips = StripSet(
        np.zeros((number, 5000), dtype=np.int16),
        np.array([CLASSES.index(group) for group in true]),
        np.array([f"s/{row}" for row in range(number)]),
        np.array([source] * number),
        np.array(rhythms),
        np.array(rates, dtype=float),
        np.zeros(number),
        Counter({"unreadable": 1}),
    )
    return Evaluation(strips, dict.fromkeys(("signal", "image", "both"), probabilities), CLASSES)


def test_figures_are_those_of_scikit_learn():
    random = np.random.default_rng(0)
    true, probabilities = random.integers(0, 4, 200), random.dirichlet(np.ones(4), 200)
    figures = judge(true, probabilities, CLASSES, np.arange(200).astype(str))
    answered = probabilities.argmax(1)
    assert figures.balanced_accuracy == pytest.approx(balanced_accuracy_score(true, answered))
    assert [row.f1 for row in figures.per_class.values()] == pytest.approx(f1_score(true, answered, average=None))
    assert sum(map(sum, figures.confusion)) == figures.n == 200


def test_figures_can_be_checked_by_hand():
    """Two of three SB found, one SR called SB: sensitivity 2/3, specificity 4/5, F1 2*2/(2*2+1+1)."""
    true, answered = np.array([1, 1, 1, 0, 0, 0, 3, 3]), np.array([1, 1, 0, 1, 0, 0, 3, 3])
    figures = judge(true, np.eye(4)[answered], CLASSES, np.arange(8).astype(str))
    slow = figures.per_class["SB"]
    assert (slow.sensitivity, slow.specificity, slow.f1) == pytest.approx((2 / 3, 4 / 5, 4 / 6))
    assert figures.per_class["GSVT"] == ClassFigures(None, 1.0, None, None, 0)
    assert figures.accuracy == 6 / 8


def test_an_interval_knows_which_strips_share_a_recording():
    right = np.tile([True] * 9 + [False], 40)
    alone = interval(right, np.arange(400).astype(str))
    together = interval(np.sort(right), np.repeat(np.arange(10), 40).astype(str))
    assert alone[0] > 0.85
    assert together[1] - together[0] > 3 * (alone[1] - alone[0])


def test_fewer_than_ten_recordings_have_no_interval_and_tables_show_a_dash():
    assert interval(np.ones(9, dtype=bool), np.arange(9).astype(str)) is None
    assert interval(np.ones(10, dtype=bool), np.arange(10).astype(str)) == [0.6915, 1.0]
    text = format_tables(evaluation(["SR"] * 3, [75] * 3, ["SR"] * 3, ["SR"] * 3).tables())
    assert "of 3 strips (-), balanced" in text
    assert "nan" not in text


def test_strips_near_a_limit_are_left_out_of_the_headline_only():
    judged = evaluation(["SR", "SR", "AFIB"], [61, 75, 61], ["SR", "SR", "AFIB"], ["SB", "SR", "AFIB"])
    tables = judged.tables()
    assert tables["measured_rate"]["signal"].n == 2
    assert tables["measured_rate"]["signal"].accuracy == 1.0
    assert tables["measured_rate_all"]["signal"].n == 3
    assert judged.to_json()["left_out"] == {"unreadable": 1, "within 2/min of a limit (first table only)": 1}


def test_sources_that_grade_rate_are_judged_by_their_own_labels_in_four_groups():
    table = evaluation(["SB", "ST", "AFL"], [61, 99, 150], ["SR", "SR", "AFIB"], ["SB", "SR", "AFIB"]).tables()[
        "source_labels"
    ]
    assert table["both"].classes == CLASSES
    assert table["both"].accuracy == pytest.approx(2 / 3)


def test_sources_that_do_not_grade_rate_are_judged_as_afib_against_the_rest_whatever_strips_are_at_hand():
    judged = evaluation(["AFIB", "AFL"], [80, 150], ["AFIB", "AFIB"], ["AFIB", "AFIB"], source="mitdb")
    assert judged.tables()["source_labels"]["signal"].classes == ("AFIB", "rest")


def test_the_area_under_the_curve_of_the_rest_is_that_of_afib():
    judged = evaluation(["SINUS"] * 3 + ["AFIB"] * 3, [80] * 6, ["SR"] * 3 + ["AFIB"] * 3, ["SR"] * 6)
    probabilities = np.array(
        [
            [0.5, 0.3, 0, 0.2],
            [0.3, 0.3, 0.1, 0.3],
            [0.2, 0.2, 0.2, 0.4],
            [0.6, 0.1, 0, 0.3],
            [0.5, 0, 0, 0.5],
            [0.1, 0, 0, 0.9],
        ]
    )
    judged.probabilities["image"] = probabilities
    rows = judged.tables()["source_labels"]["image"].per_class
    assert [row.auc for row in rows.values()] == pytest.approx([7.5 / 9, 7.5 / 9])


def test_sources_that_do_not_grade_rate_are_judged_as_afib_against_the_rest():
    judged = evaluation(["SINUS", "SINUS", "AFIB"], [50, 120, 80], ["SB", "GSVT", "AFIB"], ["SR", "AFIB", "AFIB"])
    table = judged.tables()["source_labels"]["image"]
    assert table.classes == ("AFIB", "rest")
    assert table.confusion == [[1, 0], [1, 1]]


def test_the_printed_table_shows_counts_where_strips_are_few():
    text = format_tables(evaluation(["SR"] * 3, [75] * 3, ["SR"] * 3, ["SR"] * 3).tables())
    assert "too few strips for a figure" in text
    assert "100.0% of 3 strips" in text


def made_dataset(*names):
    def read(entry):
        if entry.id == "broken":
            raise InvalidValue("broken on purpose")
        return made_record(75, 30, id=entry.id, source="mitdb", labels=frozenset({rhythm("SR")}))

    return Dataset("mitdb", tuple(Entry(name, None, name) for name in names), read)


def test_by_default_all_but_the_training_part_is_judged_and_unknown_recordings_count_as_new():
    dataset = made_dataset("101", "100", "217", "999")
    assert count_parts(dataset) == {"train": 1, "validation": 1, "test": 1, "new": 1}
    assert choose_part(dataset, "held-out").ids == ("100", "217", "999")
    assert choose_part(dataset, "new").ids == ("999",)
    assert choose_part(dataset, "all").ids == dataset.ids
    with pytest.raises(UnknownName, match="held-out, validation"):
        choose_part(dataset, "exam")
    with pytest.raises(InvalidValue, match="no recording of the part 'new'"):
        choose_part(made_dataset("101"), "new")


def test_an_unlisted_recording_of_a_listed_person_is_not_new():
    rows = csv.DictReader(resources.files("ecgteach.records").joinpath("splits.csv").read_text("utf-8").splitlines())
    person = next(row["patient"] for row in rows if row["source"] == "ptb-xl" and row["part"] == "train")
    entries = (Entry("99998", None, person), Entry("99999", None, "nobody"))
    dataset = Dataset("ptb-xl", entries, lambda entry: made_record())
    assert count_parts(dataset) == {"train": 1, "validation": 0, "test": 0, "new": 1}
    assert choose_part(dataset, "held-out").ids == ("99999",)


def test_networks_of_other_classes_are_refused():
    reordered = SignalCNN(classes=("SB", "SR", "GSVT", "AFIB"))
    strips = evaluation(["SR"], [75], ["SR"], ["SR"]).strips
    with pytest.raises(InvalidValue, match="signal network answers SB, SR"):
        evaluate_strips(reordered, strips)
    with pytest.raises(InvalidValue, match="the same classes"):
        evaluate_strips({"signal": reordered, "image": ImageCNN()}, strips)


def test_one_network_alone_is_judged_and_nothing_is_called_both():
    judged = evaluate(shipped()["image"], made_dataset("999"), part="all")
    assert set(judged.probabilities) == set(judged.tables()["measured_rate"]) == {"image"}
    pair = evaluate(shipped(), made_dataset("999"), part="all")
    assert np.array_equal(pair.probabilities["image"], judged.probabilities["image"])
    assert pair.probabilities["both"] == pytest.approx(
        (pair.probabilities["signal"] + judged.probabilities["image"]) / 2
    )


def test_a_network_made_by_others_is_judged_by_what_it_reads():
    class Steepness(SignalCNN):
        view = "steepness"

        def inputs(self, millivolts):
            return inputs("signal", np.gradient(millivolts, axis=1).astype(np.float32))

    torch.manual_seed(0)
    network = Steepness().train()
    strips = evaluate(shipped(), made_dataset("999"), part="all").strips
    judged = evaluate_strips(network, strips)
    assert network.training, "its mode is left as it was"
    with torch.no_grad():
        logits = network.eval()(network.inputs(strips.millivolts(slice(None)))).double()
    assert judged.probabilities["steepness"] == pytest.approx(torch.softmax(logits, dim=1).numpy())


def test_a_bad_record_is_reported_and_the_rest_are_judged():
    problems = []
    judged = evaluate(shipped(), made_dataset("broken", "999"), part="all", report=problems.append)
    assert len(judged.strips) == 3
    assert "broken on purpose" in str(problems[0])
    assert set(judged.probabilities) == {"signal", "image", "both"}


def test_what_is_judged_needs_no_file_and_its_map_is_let_go_before_the_folder_goes(monkeypatch):
    """A mapped file cannot be deleted on Windows."""
    maps, alive = [], []

    def written(*arguments):
        strips = write_strips(*arguments)
        maps.append(weakref.ref(strips.microvolts))
        return strips

    class Folder(tempfile.TemporaryDirectory):
        def __exit__(self, *problem):
            alive.extend(ref() for ref in maps)
            super().__exit__(*problem)

    monkeypatch.setattr(room, "write_strips", written)
    monkeypatch.setattr(tempfile, "TemporaryDirectory", Folder)
    judged = evaluate(shipped(), made_dataset("999"), part="all")
    assert alive == [None]
    assert judged.strips.microvolts.base is None
