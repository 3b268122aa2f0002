"""Promises of what is known about a recording over time."""

import numpy as np
import pytest

from ecgteach.rhythms import rhythm
from ecgteach.truth import Annotation, Evidence, Truth, Wave, cut, rhythms_within


def annotations():
    return (
        Annotation("QRS", 1.0, 1.1, peak=1.05, lead="II"),
        Annotation("QRS", 9.95, 10.05, peak=10.0, lead="I"),
        Annotation("rhythm", 0.0, 12.0, symbol="(AFIB", rhythm=rhythm("AFIB")),
        Annotation("beat", 12.0, 12.0, symbol="N"),
    )


def truth():
    waves = (
        Wave("QRS", 0.95, 1.0, 1.05, 0, "narrow"),
        Wave("QRS", 1.95, 2.0, 2.05, 1, "narrow"),
        Wave("QRS", 2.90, 3.0, 3.05, 2, "narrow"),
    )
    evidence = (Evidence(0.95, 1.95, "I", "rate", "RR", 1, "tq"), Evidence(1.5, 2.5, "P", "atrial", "P", 1))
    clean = np.arange(2000, dtype=np.float32).reshape(2, 1000)
    return Truth(rhythm("SR"), "sinus rhythm", waves, evidence, clean, {"wander": clean * 0})


def test_annotations_are_cut_to_a_window_and_its_lead():
    inside = cut(annotations(), 0.5, 10.5, "II")
    assert [mark.kind for mark in inside] == ["QRS", "rhythm"]
    assert (inside[0].start, inside[0].peak) == (0.5, pytest.approx(0.55))
    assert (inside[1].start, inside[1].end) == (0.0, 10.0)


def test_a_moment_at_the_windows_end_is_outside():
    assert not [mark for mark in cut(annotations(), 2.0, 12.0, "II") if mark.kind == "beat"]
    assert [mark for mark in cut(annotations(), 12.0, 22.0, "II") if mark.kind == "beat"]


def test_the_rhythms_of_a_window_are_those_that_touch_it():
    assert rhythms_within(annotations(), 11.0, 13.0) == {rhythm("AFIB")}
    assert rhythms_within(annotations(), 12.0, 13.0) == set()


def test_rr_is_from_qrs_onset_to_qrs_onset():
    np.testing.assert_allclose(truth().rr, [1.0, 0.95])


def test_a_cut_truth_counts_from_the_windows_start_and_keeps_one_lead():
    part = truth().cut(1.8, 3.8, 1, 250.0)
    assert [wave.beat for wave in part.waves] == [1, 2]
    assert part.waves[0].onset == pytest.approx(0.15)
    np.testing.assert_array_equal(part.clean, np.arange(1450, 1950, dtype=np.float32))
    assert part.noise["wander"].shape == (500,)


def test_a_cut_truth_clips_places_and_drops_intervals_that_leave_the_window():
    part = truth().cut(1.8, 3.8, 0, 250.0)
    (entry,) = part.evidence
    assert entry.role == "P" and entry.start == 0.0 and entry.end == pytest.approx(0.7)


def test_waves_and_roles_can_be_picked():
    assert len(truth().of("QRS")) == 3 and not truth().of("P")
    assert [entry.what for entry in truth().with_role("I")] == ["RR"]


def test_a_truth_prints_as_a_line_that_a_learner_can_read():
    assert repr(truth()) == "Truth: sinus rhythm, 3 beats, 62/min, 2 entries of evidence"
