"""Marks on a strip: stretches with a brush, merged where they touch, refused where they cannot be."""

import numpy as np
import pytest

from ecgteach.errors import InvalidValue
from ecgteach.marks import Mark, marked, merged


def test_marks_of_one_brush_that_touch_become_one_and_others_stay_apart():
    marks = [Mark("seen", 3.0, 4.0), Mark("missing", 1.2, 1.4), Mark("seen", 1.0, 2.0), Mark("seen", 2.0, 2.5)]
    assert merged(marks) == (Mark("seen", 1.0, 2.5), Mark("missing", 1.2, 1.4), Mark("seen", 3.0, 4.0))


def test_a_mark_within_another_leaves_it_as_long_as_it_was():
    assert merged([Mark("seen", 1.0, 3.0), Mark("seen", 1.5, 2.0)]) == (Mark("seen", 1.0, 3.0),)


def test_merging_what_is_merged_changes_nothing():
    marks = merged([Mark("b", 0.5, 2.0), Mark("a", 1.0, 1.5), Mark("b", 1.9, 4.0)])
    assert merged(marks) == marks


def test_the_samples_of_a_brush_are_those_within_its_marks():
    held = marked([Mark("seen", 1.0, 1.5), Mark("missing", 2.0, 3.0)], "seen")
    assert held.shape == (5000,) and np.flatnonzero(held).tolist() == list(range(500, 750))


@pytest.mark.parametrize(("start", "end"), [(-0.1, 1.0), (9.0, 10.1), (2.0, 2.0), (3.0, 1.0), ("1", 2.0), (True, 2.0)])
def test_a_mark_that_leaves_the_strip_or_has_no_length_is_refused(start, end):
    with pytest.raises(InvalidValue, match="a mark lies between 0 and 10 s"):
        Mark("seen", start, end)


def test_a_mark_comes_back_from_json_and_nothing_else_does():
    assert Mark.of({"brush": "seen", "start": 1, "end": 2.5}) == Mark("seen", 1, 2.5)
    for strange in ({"brush": "seen", "start": 1}, [1, 2], "seen", None):
        with pytest.raises(InvalidValue, match="this is none"):
            Mark.of(strange)
