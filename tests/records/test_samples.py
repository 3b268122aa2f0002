import pytest

from ecgteach.beats import find_beats
from ecgteach.errors import InvalidValue, UnknownName
from ecgteach.quality import Grade
from ecgteach.records import sample, samples
from ecgteach.rhythms import grouping


def test_there_are_strips_of_every_group_and_at_most_25():
    counts = {group: len(samples(group)) for group in grouping().classes}
    assert all(5 <= count <= 25 for count in counts.values())


@pytest.mark.parametrize("line", samples(), ids=lambda line: f"{line.source}/{line.record}@{line.start:g}")
def test_each_can_be_read_belongs_to_its_group_and_says_its_licence(line):
    numbers = [other.row for other in samples(line.group)]
    strip = sample(line.group, numbers.index(line.row)).strip()
    rate = find_beats(strip).rate
    assert strip.quality.grade >= Grade.RATE
    assert line.licence in ("CC BY 4.0", "ODC-By 1.0")
    assert grouping().group_of(strip.rhythm, rate).code == line.group
    if strip.rhythm.sinus:
        assert min(abs(rate - 60), abs(rate - 100)) > 4.5


def test_no_two_overlap():
    places = [(line.source, line.record, line.start) for line in samples()]
    assert len(set(places)) == len(places)


def test_the_first_of_a_group_is_a_true_lead_ii():
    assert {sample(group).lead_names for group in grouping().classes} == {("II",)}


def test_an_unknown_group_and_a_number_too_high_are_told_with_what_there_is():
    with pytest.raises(UnknownName, match="SR, SB, GSVT, AFIB"):
        sample("VT")
    with pytest.raises(InvalidValue, match="25 embedded strips of AFIB"):
        sample("AFIB", 25)
