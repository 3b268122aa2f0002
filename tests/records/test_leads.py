"""One name for each lead, however a file writes it."""

import tomllib
from importlib import resources

import numpy as np
import pytest
from conftest import beating
from pydicom.sr._concepts_dict import concepts

from ecgteach.errors import UnknownName
from ecgteach.records import Record, from_array, lead_in_words, standard_lead
from ecgteach.records.leads import STANDARD_LEADS, is_no_ecg, known_lead, lead_of_code, numbered

WAYS_OF_II = [
    "II", "ii", "Lead II", "LEAD II", "lead_ii", "lead-II", "ECG II", "ECG_II", "EKG II", "ECG Lead II", "ECG lead: II",
    "II (mV)", "II [uV]", "II_mV", "II mV", "II, µV", "DII", "D2", "'II'", '"II"', " II ", "Ableitung II",
    "dérivation II", "Derivación II", "导联 II",
    "MDC_ECG_LEAD_II", "MDC_ECG_ELEC_POTL_II", "Channel II",
    "Limb lead II", "LL-RA", "Lead II (Einthoven)", "II lead",
]  # fmt: skip


@pytest.mark.parametrize("written", WAYS_OF_II)
def test_lead_ii_is_lead_ii_in_any_spelling(written):
    assert standard_lead(written) == "II"
    assert Record(beating(75)[None], (written,), 500)["II"].size == 5000


@pytest.mark.parametrize("lead", STANDARD_LEADS)
def test_the_twelve_leads_are_known_in_capitals_small_letters_and_with_the_word_lead(lead):
    for written in (
        lead,
        lead.upper(),
        lead.lower(),
        f"Lead {lead}",
        f"LEAD {lead.upper()}",
        f"ECG {lead}",
        f"{lead} (mV)",
    ):
        assert standard_lead(written) == lead


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("'MLII'", "MLII"), ("ML II", "MLII"), ("Lead aVR (augmented voltage, right)", "aVR"), ("-aVR", "-aVR"),
        ("Lead I (Einthoven)", "I"), ("V4R", "V4R"), ("vx", "X"), ("DIII", "III"), ("Derived Lead II", "II (derived)"),
        ("thumb to chest", "thumb to chest"), ("V10", "V10"), ("IV", "IV"), ("lead 2", "lead 2"),
    ],
)  # fmt: skip
def test_other_leads_get_their_name_and_no_other(written, name):
    assert standard_lead(written) == name


@pytest.mark.parametrize(
    "written", ["ECG", "ekg", "", "signal", "Channel", "value (mV)", "mV", "ecg_signal", "Spannung"]
)
def test_a_name_that_says_nothing_is_said_to_say_nothing(written):
    record = Record(beating(75)[None], (written,), 500)
    assert record.lead_names == ("lead not stated",)
    assert record.strip().lead == "lead not stated"


def test_numbered_names_that_say_nothing_can_still_be_told_apart_and_asked_for():
    record = Record(np.stack([beating(75), beating(60)]), ("ECG1", "ECG2"), 500)
    assert record.lead_names == ("lead not stated (ECG1)", "lead not stated (ECG2)")
    assert np.array_equal(record["ECG2"], beating(60))


def test_a_hand_held_device_records_from_hand_to_hand_and_is_found_by_what_its_files_say():
    record = Record(beating(75)[None], ("ECG",), 500, source="challenge-2017")
    assert record.lead_names == ("hand to hand (lead I, may be reversed)",)
    assert record["ECG"].size == 5000
    assert record.strip().lead == "hand to hand (lead I, may be reversed)"


def test_a_lead_without_a_name_is_not_called_ii_but_may_be_asked_for_so():
    record = from_array(beating(75), sampling_rate=500, unit="mV")
    assert record.lead_names == ("lead not stated",)
    assert record.strip(lead="II").lead == "lead not stated"
    with pytest.raises(UnknownName, match="no lead V5"):
        record.strip(lead="V5")


@pytest.mark.parametrize("written", ["\uff29\uff29", "\u0406I", "I\u0399", "II\u200b", "I\u0301I"])
def test_letters_that_look_like_ascii_are_no_lead(written):
    assert known_lead(written) is None


def test_a_name_with_signs_that_move_the_cursor_is_shown_without_them():
    assert standard_lead("\x1b[31mchest\r\n") == "\\x1b[31mchest"
    assert len(standard_lead("a" * 100_000)) <= 44


def test_codes_of_scp_ecg_and_mdc_are_those_of_the_standard():
    table = concepts["MDC"]
    for words in table.values():
        for code, (meaning, lists) in words.items():
            if 3001 in lists and meaning.removeprefix("Lead ") in (*STANDARD_LEADS, "V7", "V9", "V3R", "V4R"):
                lead = meaning.removeprefix("Lead ")
                assert lead_of_code(code) == lead_of_code(f"5.6.3-9-{code.removeprefix('2:')}") == lead
    assert [lead_of_code(f"2:{number}") for number in (62, 63, 64, 0)] == ["aVR", "aVL", "aVF", "lead not stated"]
    assert lead_of_code("131074") == lead_of_code("131330") == "II"
    assert lead_of_code("5.6.3-9-200") is None
    assert lead_of_code("99") is None


def test_no_word_of_the_table_stands_for_two_leads():
    table = tomllib.loads(resources.files("ecgteach.records").joinpath("leads.toml").read_text(encoding="utf-8"))
    words = [word for lead in table["lead"] for word in (lead["name"].casefold(), *lead.get("words", ()))]
    assert len(words) == len(set(words))
    numbers = [lead["number"] for lead in table["lead"] if "number" in lead]
    assert len(numbers) == len(set(numbers))
    assert all(word == word.casefold() for word in [*words, *table["not_stated"], *table["no_ecg"], *table["prefixes"]])


@pytest.mark.parametrize("name", ["ABP", "EEG Fpz-Cz", "PLETH", "Resp", "SpO2", "EMG1", "STATUS", "EOG(L)"])
def test_what_is_no_ecg_is_known_by_its_name(name):
    assert is_no_ecg(name.replace("(", " "))


def test_of_several_leads_with_one_name_the_second_is_numbered():
    assert numbered(["II", "II", "V1", "ii"]) == ("II", "II (2)", "V1", "ii (3)")


@pytest.mark.parametrize(
    ("lead", "said"),
    [
        ("II", "lead II"), ("MLII", "lead II, modified"), ("lead not stated", "lead not stated"), ("lead 2", "lead 2"),
        ("hand to hand (lead I, may be reversed)", "hand to hand (lead I, may be reversed)"),
    ],
)  # fmt: skip
def test_a_sentence_says_lead_once(lead, said):
    assert lead_in_words(lead) == said
