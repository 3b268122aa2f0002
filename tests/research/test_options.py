import numpy as np
from conftest import made_record

from ecgteach.rhythms import rhythm
from ecgteach.training.data.strips import grouped_strips, write_strips

from .options import strips_of


def test_strips_of_a_set_come_back_as_strips(tmp_path):
    graded = list(grouped_strips([made_record(75, 30, labels=frozenset({rhythm("SINUS")}))]))
    held = write_strips(graded, tmp_path)
    first, *rest = strips_of(held)
    assert len(rest) == len(held) - 1
    assert first.rhythm == rhythm(graded[0].rhythm)
    assert first.for_reading() is first or np.array_equal(first.for_reading().samples, first.samples)
    assert np.abs(first.samples - graded[0].strip.for_reading().samples).max() < 0.00051
