"""Cases for practice: mixed, blind, the same for the same seed, and some of them misread."""

from collections import Counter
from dataclasses import replace

import pytest

from ecgteach import cases as module
from ecgteach import explain
from ecgteach.cases import ENOUGH, SURELY, blind, recording
from ecgteach.errors import InvalidValue
from ecgteach.records import sample, samples
from ecgteach.records.embedded import LESSON, MISREAD
from ecgteach.rhythms import BRADYCARDIA_BELOW, TACHYCARDIA_ABOVE, grouping
from ecgteach.widgets import Solution, choose_cases, contrasting_pair

BORDER = 5.0
"""No sinus strip within so many beats per minute of a limit of rate: there the label is a matter of taste."""


@pytest.fixture(scope="module")
def cases():
    return choose_cases()


def misread(record):
    """Views that did not answer the record's group."""
    group = Solution.of(record).group.code
    return [view for view, seen in explain(record).views.items() if seen.prediction.answer != group]


def test_there_are_twelve_three_of_each_group_in_mixed_order(cases):
    groups = [Solution.of(record).group.code for record in cases]
    assert Counter(groups) == dict.fromkeys(grouping().classes, 3)
    assert groups != sorted(groups, key=grouping().classes.index)


def test_some_are_misread_and_most_are_not(cases):
    wrong = [record for record in cases if misread(record)]
    assert 2 <= len(wrong) <= 6


def test_the_same_seed_gives_the_same_cases_and_another_seed_others(cases):
    names = [record.name for record in cases]
    assert [record.name for record in choose_cases()] == names
    assert [record.name for record in choose_cases(seed=24)] != names


def test_no_recording_comes_twice_and_none_that_an_example_has_shown(cases):
    names = [recording(record) for record in cases]
    assert len(set(names)) == len(names)
    shown = {recording(record) for record in (*contrasting_pair(), *map(sample, grouping().classes))}
    assert not shown & set(names)


def test_no_sinus_strip_lies_at_a_limit_of_rate(cases):
    for record in cases:
        solution = Solution.of(record)
        if solution.rhythm.sinus:
            assert abs(solution.rate - BRADYCARDIA_BELOW) >= BORDER - 0.1
            assert abs(solution.rate - TACHYCARDIA_ABOVE) >= BORDER - 0.1


def test_every_case_and_example_is_a_lesson_whose_label_is_sure(cases):
    lessons = {line.load().name for line in samples(use=LESSON)}
    assert {record.name for record in (*cases, *contrasting_pair())} <= lessons


def test_a_misread_case_comes_first_from_those_whose_label_held_twice(cases):
    confirmed = {line.load().name for line in samples(use=MISREAD)}
    wrong = {record.name for record in cases if misread(record)}
    assert wrong and wrong <= confirmed


def test_they_come_in_equal_shares_of_the_groups_and_never_in_fewer_than_were_asked_for():
    assert len(choose_cases(number=4)) == 4
    for number in (0, 5, 16, 28):
        with pytest.raises(InvalidValue, match="equal shares of 4 groups: 4, 8, 12, not"):
            choose_cases(number=number)


def test_a_pair_is_one_strip_read_right_by_both_and_one_read_wrong_surely():
    pair = contrasting_pair()
    groups = [Solution.of(record).group.code for record in pair]
    assert groups[0] == groups[1]
    assert pair[0].lead_names == pair[1].lead_names == ("II",)
    seen = [explain(record) for record in pair]
    right = [one.target == group for one, group in zip(seen, groups, strict=True)]
    assert sorted(right) == [False, True]
    assert misread(pair[right.index(True)]) == []
    assert min(one.probabilities[one.target] for one in seen) >= SURELY


def test_the_wrong_one_of_a_pair_is_never_sought_by_the_highest_wrong_probability(monkeypatch):
    reads = module._reads(None)
    unconfirmed = next(read for read in reads if read.group == "SR" and not read.confirmed)
    label_error = replace(
        unconfirmed, answers=dict.fromkeys(unconfirmed.answers, "AFIB"), answer="AFIB", probability=1.0
    )
    monkeypatch.setattr(module, "_reads", lambda models: (label_error, *(r for r in reads if r is not unconfirmed)))
    assert label_error.record not in contrasting_pair()


def test_networks_that_never_err_still_give_cases(monkeypatch):
    reads = module._reads(None)
    perfect = tuple(replace(read, answers=dict.fromkeys(read.answers, read.group), answer=read.group) for read in reads)
    monkeypatch.setattr(module, "_reads", lambda models: perfect)
    assert len(choose_cases()) == 12
    first, second = contrasting_pair()
    assert first.name != second.name
    held = Counter(group for group, _ in {(read.group, recording(read.record)) for read in perfect})
    spared = [read for read in perfect if held[read.group] >= ENOUGH]
    assert min(spared, key=lambda read: read.probability).record in (first, second)


def test_networks_that_always_err_still_give_cases(monkeypatch):
    reads = module._reads(None)
    hopeless = tuple(replace(read, answers=dict.fromkeys(read.answers, ""), answer="") for read in reads)
    monkeypatch.setattr(module, "_reads", lambda models: hopeless)
    assert len(choose_cases()) == 12
    first, second = contrasting_pair()
    assert first.name != second.name


def test_a_blind_strip_keeps_the_trace_and_nothing_that_tells(cases):
    strip = cases[0].strip()
    hidden = blind(strip)
    assert (hidden.samples == strip.samples).all()
    assert hidden.rhythm is None and hidden.source_id == "" and hidden.annotations == () and hidden.truth is None
    assert strip.rhythm.code not in repr(hidden)


def test_a_solution_tells_rhythm_rate_and_group_in_full_words():
    solution = Solution.of(sample("AFIB"))
    assert str(solution).startswith(
        f"{solution.rhythm.name}, {solution.rate:.0f} a minute (group: atrial fibrillation or flutter)"
    )


def test_a_solution_tells_the_other_findings_and_the_blind_strip_does_not():
    record = next(line for line in samples("SR") if line.record == "256").load()
    assert str(Solution.of(record)).endswith("; also: left bundle branch block, premature ventricular beats")
    assert "bundle" not in repr(blind(record.strip())) and "CLBBB" not in repr(blind(record.strip()))
