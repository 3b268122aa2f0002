import csv
from importlib import resources

import pytest

from ecgteach.errors import UnknownName
from ecgteach.rhythms import VOCABULARIES, grouping, rhythm, rhythms, sinus_by_rate, vocabulary


def test_every_rhythm_has_a_code_and_a_name_of_its_own():
    rows = list(csv.DictReader(resources.files("ecgteach").joinpath("rhythms.csv").read_text().splitlines()))
    assert len({row["code"] for row in rows}) == len(rows) == len(rhythms())
    assert all(row["name"] and row["sinus"] in ("yes", "no") for row in rows)


@pytest.mark.parametrize("name", VOCABULARIES)
def test_no_vocabulary_uses_one_code_for_two_rhythms(name):
    rows = csv.DictReader(resources.files("ecgteach").joinpath("rhythms.csv").read_text().splitlines())
    codes = [code for row in rows for code in row[name].split(";") if code]
    assert len(codes) == len(set(codes)) == len(vocabulary(name))


def test_af_means_flutter_in_chapman_and_fibrillation_is_afib():
    assert vocabulary("chapman")["AF"].code == "AFL"
    assert vocabulary("chapman")["AFIB"].code == "AFIB"
    assert vocabulary("snomed")["164890007"].code == "AFL"


def test_the_studys_eleven_rhythms_fall_into_its_four_groups():
    four = grouping("four")
    expected = {
        "SR": {"SR", "SA"},
        "SB": {"SB"},
        "GSVT": {"ST", "SVT", "AT", "AVNRT", "AVRT", "SAAWR"},
        "AFIB": {"AFIB", "AFL"},
    }
    found = {group: {code for code, of in four.members.items() if of.code == group} for group in four.classes}
    assert found == expected


def test_what_is_not_on_the_list_has_no_group():
    assert grouping().group_of(rhythm("VT")) is None
    assert grouping().group_of(rhythm("VT"), rate=150) is None
    assert grouping().group_of(None) is None


@pytest.mark.parametrize(("rate", "code"), [(59.9, "SB"), (60, "SR"), (100, "SR"), (100.1, "ST")])
def test_the_limits_of_rate_belong_to_the_normal_side(rate, code):
    assert sinus_by_rate(rate).code == code


def test_a_measured_rate_overrules_the_label_of_a_sinus_rhythm_only():
    assert grouping().group_of(rhythm("SR"), rate=50).code == "SB"
    assert grouping().group_of(rhythm("SINUS"), rate=120).code == "GSVT"
    assert grouping().group_of(rhythm("AFIB"), rate=50).code == "AFIB"
    assert grouping().group_of(rhythm("SINUS")) is None


def test_a_rhythm_and_a_group_of_the_same_code_are_different_things():
    assert rhythm("AFIB") != grouping().members["AFIB"]


@pytest.mark.parametrize("call", [lambda: rhythm("XYZ"), lambda: vocabulary("latin"), lambda: grouping("nine")])
def test_an_unknown_name_is_answered_with_the_list(call):
    with pytest.raises(UnknownName, match="there are"):
        call()
