"""Whether disagreement of the two views warns of an error: figures that a pencil can redo."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from ecgteach.checks.agreement import ViewAgreement
from ecgteach.errors import InvalidValue

from .view_agreement import PREDICTORS, agreement_by, disagreement_predicts_error


def agreed(number=0, wrong=False, **changes):
    base = ViewAgreement("a/1", "SR", "SR", "both right", True, 0.9, wrong, 0.5, 0.4, 0.1, 0.1)
    return replace(base, source_id=f"a/{number}", **changes)


def test_the_table_has_a_row_for_each_rhythm_and_outcome():
    compared = [
        agreed(correlation=0.2),
        agreed(correlation=0.4),
        agreed(correlation=None, overlap=None),
        agreed(rhythm="AFIB", outcome="both wrong"),
        agreed(rhythm=None),
        agreed(rhythm=None, group=None, outcome="no label"),
    ]
    rows = agreement_by(compared)
    assert [(row.of, row.n) for row in rows] == [
        ({"rhythm": "AFIB", "outcome": "both wrong"}, 1),
        ({"rhythm": "SR", "outcome": "both right"}, 3),
        ({"rhythm": "no label", "outcome": "no label"}, 1),
        ({"rhythm": "not known", "outcome": "both right"}, 1),
    ]
    assert rows[1].correlation == pytest.approx(0.3)
    assert rows[1].empty == 1
    assert [row.n for row in agreement_by(compared, "group")] == [5, 1]


def test_disagreement_that_always_goes_with_errors_has_an_area_of_one_and_doubt_alone_one_half():
    compared = [agreed(n, wrong=n % 4 == 0, correlation=-0.5 if n % 4 == 0 else 0.5) for n in range(40)]
    found = {one.predictor: one for one in disagreement_predicts_error(compared)}
    assert tuple(found) == PREDICTORS
    assert found["maps apart"].auc == 1
    assert found["maps apart"].interval == (1, 1)
    assert found["tops apart"].auc == found["unsure"].auc == found["answers differ"].auc == 0.5
    assert (found["unsure"].strips, found["unsure"].recordings, found["unsure"].wrong) == (40, 40, 10)


def test_the_area_is_that_of_a_library():
    random = np.random.default_rng(0)
    drawn = zip(random.random(200) < 0.3, random.integers(0, 9, 200) / 10, random.random(200), strict=True)
    compared = [agreed(n, wrong=bool(w), correlation=c, confidence=p) for n, (w, c, p) in enumerate(drawn)]
    found = {one.predictor: one for one in disagreement_predicts_error(compared)}
    wrong = [one.wrong for one in compared]
    assert found["maps apart"].auc == pytest.approx(roc_auc_score(wrong, [-one.correlation for one in compared]))
    assert found["unsure"].auc == pytest.approx(roc_auc_score(wrong, [-one.confidence for one in compared]))
    low, high = found["unsure"].interval
    assert low < found["unsure"].auc < high


def test_strips_of_one_recording_widen_the_interval():
    random = np.random.default_rng(1)
    scores = random.random(30)
    wrong = random.random(30) < 0.4 + 0.3 * (scores < 0.5)
    compared = [agreed(n // 10, bool(wrong[n // 10]), correlation=float(scores[n // 10])) for n in range(300)]
    apart = disagreement_predicts_error(compared, [str(n) for n in range(300)])[0]
    together = disagreement_predicts_error(compared)[0]
    width = [one.interval[1] - one.interval[0] for one in (apart, together)]
    assert apart.auc == together.auc
    assert width[1] > 2 * width[0]
    assert together.recordings == 30


def test_without_errors_or_with_few_recordings_there_is_no_figure_to_lean_on():
    assert disagreement_predicts_error([agreed(n) for n in range(20)])[0].auc is None
    assert disagreement_predicts_error([])[0].strips == 0
    few = disagreement_predicts_error([agreed(n, wrong=n < 3) for n in range(6)])[0]
    assert few.auc == 0.5
    assert few.interval is None


def test_strips_without_a_truth_or_a_map_are_left_out():
    compared = [agreed(n, wrong=n < 5) for n in range(12)]
    more = [agreed(20, wrong=None), agreed(21, wrong=True, correlation=None)]
    assert disagreement_predicts_error([*compared, *more]) == disagreement_predicts_error(compared)


def test_as_many_recordings_as_strips_are_needed():
    with pytest.raises(InvalidValue, match="2 recordings were given for 3 strips"):
        disagreement_predicts_error([agreed(n) for n in range(3)], ["a", "b"])
