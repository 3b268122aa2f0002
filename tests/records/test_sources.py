"""The readers on the data sets themselves, and Chapman's figshare form on files written here."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
import wfdb
from conftest import beating

from ecgteach.beats import find_beats
from ecgteach.errors import UnknownName, UnreadableFile
from ecgteach.paths import find
from ecgteach.records import chapman, open_dataset, ptb_xl
from ecgteach.rhythms import Finding, rhythm
from ecgteach.sources import readable
from tests.research.standin import write_stand_in


@pytest.mark.data
@pytest.mark.parametrize("source", readable())
def test_every_source_gives_strips_of_its_recordings(recordings, source):
    dataset = open_dataset(source, recordings)
    problems = []
    strips = list(dataset[:12].strips(quality="any", report=problems.append))
    assert len(dataset) > 0
    assert not problems
    assert strips
    assert all(np.abs(strip.samples).max() < 20 for strip in strips)
    assert all(record.licence for record in dataset[:3])


@pytest.mark.data
@pytest.mark.parametrize("source", ["ptb-xl", "ludb", "challenge-2017"])
def test_labels_in_the_index_are_those_of_the_records(recordings, source):
    dataset = open_dataset(source, recordings)[:5]
    assert dataset.labels == [record.labels for record in dataset]


@pytest.mark.data
def test_ludb_brings_its_marked_waves_lead_by_lead(recordings):
    record = open_dataset("ludb", recordings)["1"]
    waves = [wave for wave in record.annotations if wave.lead == "II"]
    marks = wfdb.rdann(str(find("ludb", recordings) / "data" / "1"), "ii")
    assert Counter(wave.kind for wave in waves) == {
        "P": marks.symbol.count("p"),
        "QRS": marks.symbol.count("N"),
        "T": marks.symbol.count("t"),
    }
    assert all(wave.start < wave.peak < wave.end for wave in waves)
    assert record.rhythm == rhythm("SB")


@pytest.mark.data
def test_ludb_says_which_rhythm_how_often(recordings):
    found = Counter(
        label.code for labels in open_dataset("ludb", recordings).labels for label in labels if hasattr(label, "sinus")
    )
    assert (found["SR"], found["SB"], found["AFIB"], found["SA"], found["ST"], found["AFL"]) == (143, 25, 15, 10, 4, 3)


@pytest.mark.data
def test_mitdb_knows_when_the_rhythm_changes(recordings):
    record = open_dataset("mitdb", recordings)["201"]
    seconds = Counter()
    for mark in record.annotations:
        if mark.kind == "rhythm":
            seconds[mark.symbol] += mark.end - mark.start
    assert seconds["(AFIB"] == pytest.approx(606, abs=2)
    assert seconds["(N"] == pytest.approx(777, abs=2)
    assert {strip.rhythm.code for strip in record.strips() if strip.rhythm} >= {"SINUS", "AFIB"}


@pytest.mark.data
def test_ptb_xl_is_the_same_at_both_its_rates(recordings):
    folder = find("ptb-xl", recordings)
    fine, coarse = (ptb_xl.dataset(folder, sampling_rate=rate)[0] for rate in (500, 100))
    assert (fine.sampling_rate, coarse.sampling_rate) == (500, 100)
    beats = [find_beats(record.strip()).times for record in (fine, coarse)]
    assert np.abs(np.subtract(*beats)).max() < 0.01
    with pytest.raises(UnknownName, match="500 and 100"):
        ptb_xl.dataset(folder, sampling_rate=250)


@pytest.mark.data
def test_a_recording_that_two_sets_hold_has_the_same_samples(recordings):
    one = open_dataset("challenge-2021", recordings)["HR00001"]
    other = open_dataset("ptb-xl", recordings)["1"]
    assert np.abs(one["II"] - other["II"]).max() < 1e-6


@pytest.mark.data
def test_the_drop_rule_counts_what_it_finds_here(recordings):
    assert chapman.left_out(open_dataset("chapman", recordings)) == {}


@pytest.fixture
def figshare(tmp_path):
    """Chapman's figshare form with five recordings: one good, and one for each reason of the printed rule."""
    folder = tmp_path / "chapman-figshare"
    (folder / "ECGData").mkdir(parents=True)
    names = ["GOOD", "ZERO", "FLAT", "FAR", "GAP"]
    pd.DataFrame({"FileName": [*names, "ABSENT"], "Rhythm": ["SR", "AF", "SI", "SB", "AFIB", "SVT"]}).to_excel(
        folder / "Diagnostics.xlsx", index=False
    )
    for name in names:
        leads = np.tile(beating(75)[:, None] * 1000, (1, 12))
        if name == "ZERO":
            leads[:] = 0
        if name == "FLAT":
            leads[:, 1] = 5
        if name == "FAR":
            leads[7, 3] = 12_000
        if name == "GAP":
            leads[9, 2] = np.nan
        pd.DataFrame(leads, columns=["I", "II", "III", "aVR", "aVL", "aVF", *(f"V{n}" for n in range(1, 7))]).to_csv(
            folder / "ECGData" / f"{name}.csv", index=False
        )
    return tmp_path


def test_the_figshare_form_is_read_in_millivolts_under_physionets_names(figshare):
    dataset = open_dataset("chapman", figshare)
    assert dataset.ids == ("JS00001", "JS00002", "JS00003", "JS00004", "JS00005")
    assert dataset[0]["II"].max() == pytest.approx(1.0, rel=0.01)
    assert [record.rhythm.code for record in dataset] == ["SR", "AFL", "SA", "SB", "AFIB"]


def test_the_printed_rule_names_each_reason(figshare):
    assert chapman.left_out(open_dataset("chapman", figshare)) == {
        "JS00002": "all zero",
        "JS00003": "flat lead II",
        "JS00004": "beyond ±10 mV",
        "JS00005": "missing samples",
    }


def test_a_rhythm_that_chapmans_table_does_not_explain_is_kept_as_a_finding(figshare):
    table = figshare / "chapman-figshare" / "Diagnostics.xlsx"
    pd.read_excel(table).replace({"Rhythm": {"SB": "WILD"}}).to_excel(table, index=False)
    assert open_dataset("chapman", figshare)[3].labels == {Finding("chapman", "WILD")}


def test_a_header_that_is_none_of_chapmans_is_left_out(tmp_path):
    for name in ("JS00001", "JSxx", "JS10647"):
        (tmp_path / f"{name}.hea").write_text("")
    assert chapman.dataset(tmp_path).ids == ("JS00001",)


TABLES = {
    "ptb-xl": "ptbxl_database.csv",
    "ludb": "ludb.csv",
    "challenge-2017": "REFERENCE-v3.csv",
    "chapman-figshare": "Diagnostics.xlsx",
}


@pytest.mark.parametrize("content", [b"", b"\n\n", bytes(range(256)) * 20, b"PK\x03\x04 cut short"])
@pytest.mark.parametrize("slug", TABLES)
def test_a_broken_table_is_refused_by_name(tmp_path, slug, content):
    (tmp_path / slug / "ECGData").mkdir(parents=True)
    (tmp_path / slug / TABLES[slug]).write_bytes(content)
    opened = chapman.figshare if slug == "chapman-figshare" else None
    with pytest.raises(UnreadableFile, match=TABLES[slug]):
        opened(tmp_path / slug) if opened else open_dataset(slug, tmp_path)


@pytest.mark.parametrize(("slug", "column"), [("ptb-xl", "scp_codes"), ("ludb", "Rhythms")])
def test_a_table_without_a_needed_column_is_refused(tmp_path, slug, column):
    (tmp_path / slug).mkdir()
    (tmp_path / slug / TABLES[slug]).write_text("ecg_id,patient_id,filename_hr,ID,Cardiac pacing\n1,2,3,4,5\n")
    with pytest.raises(UnreadableFile, match=f"lacks the column {column}"):
        open_dataset(slug, tmp_path)


@pytest.mark.parametrize("statements", ["", "nonsense(", "7", "'NORM'"])
def test_statements_of_ptb_xl_that_are_no_dictionary_are_refused(tmp_path, statements):
    (tmp_path / "ptb-xl").mkdir()
    (tmp_path / "ptb-xl" / "r.hea").write_text("")
    row = f"1,2.0,{statements},r\n"
    (tmp_path / "ptb-xl" / TABLES["ptb-xl"]).write_text(f"ecg_id,patient_id,scp_codes,filename_hr\n{row}")
    with pytest.raises(UnreadableFile, match="no dictionary of statements"):
        open_dataset("ptb-xl", tmp_path)


def test_a_recording_of_mitdb_without_marks_of_its_rhythm_is_refused(tmp_path):
    folder = tmp_path / "mitdb"
    folder.mkdir()
    wfdb.wrsamp("100", 500, ["mV"], ["MLII"], beating(75)[:, None].astype(float), fmt=["16"], write_dir=str(folder))
    for write in (lambda: wfdb.wrann("100", "atr", np.array([150]), ["N"], write_dir=str(folder)),
                  lambda: (folder / "100.atr").write_bytes(b""),
                  lambda: (folder / "100.atr").write_bytes(b"\0\0")):  # fmt: skip
        write()
        with pytest.raises(UnreadableFile, match=r"100\.atr"):
            open_dataset("mitdb", tmp_path)["100"]


def test_the_rule_is_printed_with_its_count_and_the_studys(figshare):
    dataset = open_dataset("chapman", figshare)
    words = chapman.rule_in_words(chapman.left_out(dataset), len(dataset))
    assert "drops 4 of the 5 recordings here" in words
    assert "58 of 10,646" in words


def test_an_unknown_and_a_missing_data_set_are_told_apart(tmp_path):
    with pytest.raises(UnknownName, match="ptb-xl"):
        open_dataset("nonsense")
    with pytest.raises(UnreadableFile, match="python -m data_fetch ludb"):
        open_dataset("ludb", tmp_path)


@pytest.mark.parametrize("layout", ["wfdb", "figshare"])
def test_a_stand_in_is_called_simulated_whatever_its_layout(tmp_path, layout):
    write_stand_in(tmp_path, seed=1, layouts=(layout,), rows=(1, 2))
    dataset = open_dataset("chapman", tmp_path)
    assert len(dataset) == 2
    assert {record.source for record in dataset} == {"simulated"}
    assert all("simulated" in record.licence for record in dataset)
