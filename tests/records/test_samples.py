"""Embedded strips: a lesson is sure, what is doubtful is marked, and no group is told by its device."""

from collections import Counter, defaultdict

import pytest

from ecgteach.beats import find_beats
from ecgteach.errors import InvalidValue, UnknownName
from ecgteach.quality import Grade
from ecgteach.records import sample, samples
from ecgteach.records.embedded import AT_LIMIT, DOUBTFUL, EXAMPLE, LESSON, MISREAD, POOR, SURE, UNSURE, USES
from ecgteach.records.findings import in_words
from ecgteach.rhythms import Finding, grouping

GROUPS = grouping().classes
HAND_HELD = "challenge-2017"


def named(line):
    return f"{line.source}/{line.record}@{line.start:g}"


def test_there_are_lessons_of_every_group_and_at_most_160_strips():
    assert all(len(samples(group)) >= 4 for group in GROUPS)
    assert len(samples(use=None)) <= 160


@pytest.mark.parametrize("line", samples(), ids=named)
def test_a_lesson_can_be_read_belongs_to_its_group_and_is_clear_of_the_limits(line):
    strip = line.load().strip()
    rate = find_beats(strip).rate
    assert strip.quality.grade >= Grade.RATE
    assert grouping().group_of(strip.rhythm, rate).code == line.group
    if strip.rhythm.sinus:
        assert min(abs(rate - 60), abs(rate - 100)) > 4.5


def test_a_lesson_is_sure_and_says_what_that_rests_on():
    for line in samples():
        assert line.certainty == SURE
        assert {words.split(":")[0] for words in line.basis} <= {"two sources", "two readers", "tests"} and line.basis


def test_every_strip_says_its_licence_what_was_seen_and_what_it_is_for():
    for line in samples(use=None):
        assert line.licence in ("CC BY 4.0", "ODC-By 1.0")
        assert line.reason.endswith(".")
        assert line.uses and set(line.uses) <= set(USES)


def test_what_is_not_for_lessons_is_never_handed_out_as_one():
    for kind in (AT_LIMIT, DOUBTFUL, POOR):
        assert samples(use=kind)
        assert not [named(line) for line in samples(use=kind) if LESSON in line.uses]
    shown = {sample(group, number).name for group in GROUPS for number in range(len(samples(group)))}
    assert shown == {line.load().name for line in samples()}


def test_doubtful_labels_are_kept_marked_and_explained():
    doubtful = samples(use=DOUBTFUL)
    assert {line.certainty for line in doubtful} == {UNSURE}
    assert not any(line.basis for line in doubtful)
    assert {"A02102", "A04895"} <= {line.record for line in doubtful}
    assert all(len(line.reason.split()) >= 10 for line in doubtful)
    assert sample("AFIB", 0, DOUBTFUL).rhythm.code in ("AFIB", "AFL")


def test_a_strip_at_a_limit_of_rate_is_a_sure_sinus_rhythm():
    for line in samples(use=AT_LIMIT):
        assert line.certainty == SURE
        assert min(abs(line.rate - 60), abs(line.rate - 100)) < 5


def test_the_device_does_not_tell_the_group():
    shares = {}
    for group in ("SR", "SB", "AFIB"):
        sources = Counter(line.source for line in samples(group))
        shares[group] = sources[HAND_HELD] / sources.total()
    assert max(shares.values()) - min(shares.values()) < 0.1, shares
    assert 0 < Counter(line.source for line in samples("GSVT"))[HAND_HELD] < len(samples("GSVT"))


def test_no_person_fills_a_group():
    for group in ("SR", "SB", "AFIB"):
        strips = Counter((line.source, line.record) for line in samples(group))
        assert max(strips.values()) <= 3
        assert len(strips) >= 25


def test_a_wrong_answer_is_shown_only_on_a_label_that_was_looked_at_twice():
    for line in samples(use=MISREAD):
        assert LESSON in line.uses and "Looked again: " in line.reason


def test_no_two_overlap():
    places = [(line.source, line.record, line.start) for line in samples(use=None)]
    assert len(set(places)) == len(places)
    starts = defaultdict(list)
    for source, record, start in places:
        starts[source, record].append(start)
    assert all(abs(one - other) >= 10 for held in starts.values() for one in held for other in held if one != other)


def test_the_first_of_a_group_is_its_example_in_a_true_lead_ii():
    assert {sample(group).lead_names for group in GROUPS} == {("II",)}
    assert [EXAMPLE in samples(group)[0].uses for group in GROUPS] == [True] * len(GROUPS)


def test_other_findings_come_with_the_strip_in_the_sources_codes_and_in_words():
    line = next(line for line in samples("SR") if line.record == "256")
    assert {Finding("scp", "CLBBB"), Finding("scp", "PVC")} <= line.load().labels
    assert in_words(line.findings) == ("left bundle branch block", "premature ventricular beats")
    assert line.load().rhythm.code == "SR"
    by_source = {line.source for line in samples() if line.findings}
    assert {"ptb-xl", "ludb", "mitdb", "challenge-2021"} <= by_source


def test_an_unknown_group_or_use_and_a_number_too_high_are_told_with_what_there_is():
    with pytest.raises(UnknownName, match="SR, SB, GSVT, AFIB"):
        sample("VT")
    with pytest.raises(UnknownName, match="doubtful labels"):
        samples("SR", "doubtful")
    held = len(samples("AFIB"))
    with pytest.raises(InvalidValue, match=f"{held} embedded strips of AFIB, numbered from 0; {held} is none"):
        sample("AFIB", held)
    with pytest.raises(InvalidValue, match='0 embedded strips of AFIB for the use "rate limit"'):
        sample("AFIB", 0, AT_LIMIT)
