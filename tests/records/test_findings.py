"""What a source lists besides the rhythm is told in words, whatever its vocabulary."""

import csv
from importlib import resources

import pytest

from ecgteach.records.findings import in_words
from ecgteach.rhythms import VOCABULARIES, Finding, rhythm


@pytest.mark.parametrize(
    "vocabulary, code, words",
    [
        ("scp", "CLBBB", "left bundle branch block"),
        ("snomed", "284470004", "premature atrial beats"),
        ("mitdb", "V", "premature ventricular beats"),
        ("ludb", "I degree av block", "first-degree atrioventricular block"),
        ("ludb", "Stemi: lateral wall", "infarction with ST elevation (lateral wall)"),
        ("ludb", "Biventricular pacing", "biventricular pacing"),
        ("seen", "motion", "motion (seen by the authors)"),
        ("snomed", "1", "1 (snomed)"),
    ],
)
def test_a_finding_in_words(vocabulary, code, words):
    assert in_words({Finding(vocabulary, code)}) == (words,)


def test_rhythms_and_a_normal_ecg_are_no_findings():
    assert in_words({rhythm("AFIB"), Finding("scp", "NORM")}) == ()


def test_two_codes_of_one_meaning_are_told_once():
    assert in_words([Finding("snomed", "164909002"), Finding("snomed", "733534002")]) == ("left bundle branch block",)


def test_no_code_stands_twice_in_the_table():
    text = resources.files("ecgteach.records").joinpath("findings.csv").read_text(encoding="utf-8")
    keys = [(row["vocabulary"], row["code"]) for row in csv.DictReader(text.splitlines())]
    assert len(set(keys)) == len(keys)
    assert {vocabulary for vocabulary, _ in keys} <= {*VOCABULARIES, "scp"}
