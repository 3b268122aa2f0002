from collections import Counter

import numpy as np
import pytest
from scipy.stats import chi2

from ecgteach.errors import InvalidValue
from ecgteach.training.data.strips import StripSet
from ecgteach.training.evaluation.evaluation import Evaluation

from .view_comparison import compare_views, mcnemar

CLASSES = ("SR", "SB", "GSVT", "AFIB")


def answers(right, true):
    """Probabilities whose answer is the truth where `right` says so, else the next class; surer where right."""
    right, true = np.asarray(right, dtype=bool), np.asarray(true)
    shares = np.full((len(true), 4), 0.1)
    shares[np.arange(len(true)), np.where(right, true, (true + 1) % 4)] = np.where(right, 0.7, 0.4)
    return shares / shares.sum(axis=1, keepdims=True)


def evaluation(signal, image, rhythms, sources=None, recordings=None):
    number = len(signal)
    true = np.array([3 if rhythm in ("AFIB", "AFL") else 0 for rhythm in rhythms])
    sources = np.array(sources or ["ludb"] * number)
    recordings = np.array(recordings or [f"r{row}" for row in range(number)])
    rates, starts = np.full(number, 75.0), np.zeros(number)
    microvolts = np.zeros((number, 5000), dtype=np.int16)
    strips = StripSet(microvolts, true, recordings, sources, np.array(rhythms), rates, starts, Counter())
    shares = {"signal": answers(signal, true), "image": answers(image, true)}
    return Evaluation(strips, shares | {"both": (shares["signal"] + shares["image"]) / 2}, CLASSES)


def pairs(*clusters):
    """Views' right answers for clusters given as (right in both, first alone, second alone)."""
    first, second, names = [], [], []
    for number, (both, only_first, only_second) in enumerate(clusters):
        first += [True] * (both + only_first) + [False] * only_second
        second += [True] * both + [False] * only_first + [True] * only_second
        names += [f"r{number}"] * (both + only_first + only_second)
    return np.array(first), np.array(second), np.array(names)


def test_single_strips_are_tested_exactly():
    """Two against eight of ten: 2 * (1 + 10 + 45) / 1024."""
    found = mcnemar(*pairs(*[(1, 0, 0)] * 20, *[(0, 1, 0)] * 2, *[(0, 0, 1)] * 8))
    assert (found.method, found.only_first, found.only_second) == ("exact", 2, 8)
    assert found.p == pytest.approx(2 * (1 + 10 + 45) / 1024)
    assert found.difference == pytest.approx(6 / 30)


def test_strips_of_one_recording_are_added_up_first():
    """Of 13 recordings 4 differ by -1, 6 by +2, one by +4: 12 / 13 * (12 - 4 + 4)² / (4 * 1 + 6 * 4 + 16)."""
    found = mcnemar(*pairs(*[(3, 1, 0)] * 4, *[(1, 0, 2)] * 6, (0, 1, 5), (7, 0, 0), (2, 1, 1)))
    assert found.method == "clustered"
    assert found.statistic == pytest.approx(12 / 13 * 144 / 44)
    assert found.p == pytest.approx(chi2.sf(12 / 13 * 144 / 44, 1))
    assert (found.only_first, found.only_second) == (6, 18)


def test_with_one_strip_a_recording_but_for_one_the_figure_is_all_but_mcnemars_own():
    found = mcnemar(*pairs(*[(0, 1, 0)] * 5, *[(0, 0, 1)] * 15, (2, 0, 0)))
    assert found.statistic == pytest.approx(20 / 21 * (15 - 5) ** 2 / (15 + 5))


def test_one_long_recording_proves_nothing_however_many_strips_it_gives():
    one = [(0, 0, 200)]
    found = mcnemar(*pairs(*one, *[(1, 1, 0), (1, 0, 1)] * 10))
    assert found.p > 0.3
    assert found.difference > 0.7


def test_there_is_no_p_where_views_never_differ_or_in_too_few_recordings():
    same = mcnemar(*pairs(*[(2, 0, 0)] * 12))
    assert (same.p, same.statistic, same.difference) == (None, None, 0.0)
    assert mcnemar(*pairs(*[(1, 0, 0)] * 12)).p is None
    few = mcnemar(*pairs(*[(2, 0, 1)] * 9, *[(2, 0, 0)] * 9))
    assert few.statistic == pytest.approx(17 / 18 * 9)
    assert few.p is None


def test_exchanging_the_views_turns_the_sign_and_nothing_else():
    first, second, names = pairs(*[(3, 1, 0)] * 7, *[(1, 0, 2)] * 9)
    there, back = mcnemar(first, second, names), mcnemar(second, first, names)
    assert there.p == back.p
    assert there.difference == -back.difference
    assert there.interval == [-value for value in reversed(back.interval)]


def test_no_strip_is_refused():
    with pytest.raises(InvalidValue, match="no strip on which views can be compared"):
        mcnemar(*(np.array([], dtype=kind) for kind in (bool, bool, str)))


def test_rows_count_by_rhythm_and_source_what_each_view_has_right():
    judged = evaluation(
        [1, 1, 0, 0, 1],
        [1, 0, 1, 0, 1],
        ["SR", "SR", "AFIB", "AFIB", "AFIB"],
        ["ludb", "mitdb", "mitdb", "mitdb", "ludb"],
    )
    rows = {(row.rhythm, row.source): row for row in compare_views(judged).rows}
    assert list(rows) == [
        ("AFIB", "all"),
        ("AFIB", "ludb"),
        ("AFIB", "mitdb"),
        ("SR", "all"),
        ("SR", "ludb"),
        ("SR", "mitdb"),
    ]
    assert vars(rows["AFIB", "all"]) == {
        "rhythm": "AFIB", "source": "all", "n": 3, "recordings": 3, "signal": 1, "image": 2, "both": 2,
        "each": 1, "only_signal": 0, "only_image": 1, "neither": 1,
    }  # fmt: skip
    assert rows["SR", "mitdb"].only_signal == 1


def test_both_views_together_are_compared_with_each_alone():
    tests = compare_views(evaluation([1, 0], [1, 1], ["SR", "SR"])).tests
    assert list(tests) == ["image against signal", "both against signal", "both against image"]
    assert tests["image against signal"].only_second == 1
    assert tests["both against image"].difference == 0.0


def test_a_printed_cell_of_fewer_than_20_strips_shows_counts_only():
    judged = evaluation([1] * 24 + [0], [1] * 22 + [0] * 3, ["SR"] * 20 + ["AFIB"] * 5)
    rare, common = [line for line in str(compare_views(judged)).splitlines() if " all " in line]
    assert rare.split() == ["AFIB", "all", "5", "5", "4", "2", "4", "2", "2", "0", "1"]
    assert common.split()[4:7] == ["100.0%"] * 3
    assert "image against signal" in str(compare_views(judged))
