"""Cases for practice: mixed, blind, the same for the same seed, and some of them misread."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from ecgteach import explain
from ecgteach.beats import find_beats
from ecgteach.cases import (
    Judged,
    Tally,
    all_cases,
    blind,
    choosing,
    drawn_and_looked,
    looks_right,
    read_cases,
    recording,
    sureness,
    twin_of,
)
from ecgteach.cases.choosing import ENOUGH, SURELY
from ecgteach.errors import InvalidValue
from ecgteach.marks import Mark
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


@pytest.mark.parametrize("seed", [23, 1, 2])
def test_in_three_to_five_of_ten_a_network_is_wrong_and_half_of_these_have_a_map_that_looks_right(seed):
    wrong = [record for record in choose_cases(seed) if misread(record)]
    assert 0.3 <= len(wrong) / 12 <= 0.5
    plausible = sum(looks_right(explain(record)) for record in wrong)
    assert abs(plausible - len(wrong) / 2) <= 0.5


def test_a_map_looks_right_where_it_is_stronger_before_the_qrs_complexes_and_only_there():
    seen = explain(sample("SR"))
    peaks = [round(500 * time) for time in find_beats(seen.strip).times]
    for offset, right in ((-90, True), (0, False), (150, False)):
        hot = np.zeros(5000, np.float32)
        for peak in peaks:
            hot[max(0, peak + offset - 10) : max(0, peak + offset + 10)] = 1.0
        assert looks_right(replace(seen, fused=hot)) is right
    assert not looks_right(replace(seen, fused=np.ones(5000, np.float32)))


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
    reads = all_cases()
    unconfirmed = next(read for read in reads if read.group == "SR" and not read.confirmed)
    label_error = replace(
        unconfirmed, answers=dict.fromkeys(unconfirmed.answers, "AFIB"), answer="AFIB", probability=1.0
    )
    monkeypatch.setattr(
        choosing, "all_cases", lambda models=None: (label_error, *(r for r in reads if r is not unconfirmed))
    )
    assert label_error.record not in contrasting_pair()


def test_networks_that_never_err_still_give_cases(monkeypatch):
    reads = all_cases()
    perfect = tuple(replace(read, answers=dict.fromkeys(read.answers, read.group), answer=read.group) for read in reads)
    monkeypatch.setattr(choosing, "all_cases", lambda models=None: perfect)
    assert len(choose_cases()) == 12
    first, second = contrasting_pair()
    assert first.name != second.name
    held = Counter(group for group, _ in {(read.group, recording(read.record)) for read in perfect})
    spared = [read for read in perfect if held[read.group] >= ENOUGH]
    assert min(spared, key=lambda read: read.probability).record in (first, second)


def test_networks_that_always_err_still_give_cases(monkeypatch):
    reads = all_cases()
    hopeless = tuple(replace(read, answers=dict.fromkeys(read.answers, ""), answer="") for read in reads)
    monkeypatch.setattr(choosing, "all_cases", lambda models=None: hopeless)
    assert len(choose_cases()) == 12
    first, second = contrasting_pair()
    assert first.name != second.name


def test_a_twin_got_the_same_answer_and_turned_out_the_other_way():
    cases = all_cases()
    found = [(case, twin_of(case, cases)) for case in cases]
    twins = [(case, twin) for case, twin in found if twin is not None]
    assert len(twins) > 20
    for case, twin in twins:
        assert twin.answer == case.answer and twin.right() is not case.right()
        assert recording(twin.record) != recording(case.record)
        rivals = [one for one in cases if one.answer == case.answer and one.right() is twin.right()]
        nearest = min(abs(one.probability - case.probability) for one in rivals)
        assert abs(twin.probability - case.probability) == nearest
    case, twin = twins[0]
    assert twin_of(case, cases, without=[recording(twin.record)]) is not twin


def test_a_case_without_a_label_has_no_twin_and_no_outcome():
    (case,) = read_cases([replace(sample("AFIB"), labels=frozenset())])
    assert case.group is None and case.right() is None and case.right("signal") is None and not case.misread
    assert twin_of(case, all_cases()) is None


class TestTally:
    def test_it_counts_by_confidence_the_learner_beside_the_networks(self):
        tally = Tally.of(
            [
                Judged(90, True, {"signal": (0.97, True), "image": (0.4, False)}),
                Judged(90, False, {"signal": (0.92, True), "image": (0.74, True)}),
                Judged(50, True, {"signal": (0.99, False), "image": (0.51, True)}),
            ]
        )
        assert tally.learner == {50: (1, 1), 75: (0, 0), 90: (1, 2), 99: (0, 0)}
        assert tally.networks["signal"] == {50: (0, 0), 75: (0, 0), 90: (1, 1), 99: (1, 2)}
        assert tally.networks["image"] == {50: (1, 2), 75: (1, 1), 90: (0, 0), 99: (0, 0)}
        assert tally.right == (2, 3) and tally.right_of("signal") == (2, 3)

    def test_a_probability_stands_at_the_nearest_confidence(self):
        assert [sureness(one) for one in (0.25, 0.62, 0.63, 0.82, 0.83, 0.94, 0.95)] == [50, 50, 75, 75, 90, 90, 99]

    @pytest.mark.parametrize(
        ("confidence", "right", "cost"), [(99, False, 0.9801), (99, True, 0.0001), (50, True, 0.25), (50, False, 0.25)]
    )
    def test_being_sure_and_wrong_costs_most(self, confidence, right, cost):
        assert Tally.of([Judged(confidence, right, {})]).brier == pytest.approx(cost)

    def test_without_cases_there_is_no_score(self):
        assert Tally.of([]).brier is None and Tally.of([]).right == (0, 0)


class TestGap:
    LOOKED = np.where((np.arange(5000) >= 500) & (np.arange(5000) < 1000), 1.0, 0.2).astype(np.float32)

    def test_it_is_the_share_of_what_was_looked_at_that_had_been_drawn(self):
        gap = drawn_and_looked([Mark("signal", 1.5, 3.5), Mark("image", 1.0, 2.0)], "signal", self.LOOKED)
        assert (gap.drawn, gap.looked, gap.found) == (0.2, 0.1, 0.5)
        assert gap.chance == 0.2

    def test_a_lower_threshold_makes_more_of_the_map_count(self):
        assert drawn_and_looked([], "signal", self.LOOKED, threshold=0.1).looked == 1.0

    def test_a_flat_map_looked_at_nothing(self):
        assert drawn_and_looked([Mark("signal", 1, 2)], "signal", np.zeros(5000, np.float32)).found is None


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
