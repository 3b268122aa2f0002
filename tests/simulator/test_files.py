"""Promises of what the simulator writes: WFDB records, the stand-in for Chapman."""

import json

import numpy as np
import pytest
import wfdb

from ecgteach.errors import InvalidValue, UnreadableFile
from ecgteach.records import open_dataset, open_folder, read_record
from ecgteach.records.chapman import figshare
from ecgteach.simulator import edit, simulate
from ecgteach.simulator.hearts import HEARTS
from ecgteach.simulator.wfdb_out import read_simulated, write_record, write_records
from tests.research.standin import write_stand_in


@pytest.mark.parametrize("rhythm", sorted(HEARTS))
def test_the_truth_survives_writing_and_reading_back(rhythm, tmp_path):
    record = simulate(rhythm, seed=5)
    back = read_simulated(write_record(record, tmp_path))
    assert back.truth.waves == record.truth.waves
    assert back.truth.evidence == record.truth.evidence
    assert back.truth.rhythm == record.truth.rhythm and back.id == record.id
    np.testing.assert_array_equal(back.truth.clean, record.truth.clean)
    for name, values in record.truth.noise.items():
        np.testing.assert_array_equal(back.truth.noise[name], values)
    np.testing.assert_allclose(back.signals, record.signals, atol=0.00051)


def test_a_record_that_was_read_back_can_be_changed_like_the_first(tmp_path):
    record = simulate("AFIB", seed=5)
    back = read_simulated(write_record(record, tmp_path))
    one, other = edit(record, "regular"), edit(back, "regular")
    assert one.truth.waves == other.truth.waves
    np.testing.assert_array_equal(one.truth.clean, other.truth.clean)


def test_the_truth_is_also_plain_text(tmp_path):
    path = write_record(simulate("SB", seed=1), tmp_path)
    told = json.loads((path.parent / f"{path.name}.truth.json").read_text(encoding="utf-8"))
    assert told["rhythm"] == "SB" and told["waves"][0].keys() >= {"kind", "onset", "peak", "offset", "beat"}
    assert {entry["role"] for entry in told["evidence"]} == set("PICX")


def test_other_tools_read_signals_beats_and_waves(tmp_path):
    record = simulate("SR", seed=2, pvcs=1, rate=70)
    path = write_record(record, tmp_path)
    held = wfdb.rdrecord(str(path))
    assert held.sig_name == list(record.lead_names) and held.units == ["mV"] * 12
    beats = wfdb.rdann(str(path), "atr")
    assert beats.aux_note[0].startswith("(N") and "V" in beats.symbol and "N" in beats.symbol
    peaks = [round(wave.peak * 500) for wave in record.truth.of("QRS") if 0 <= wave.peak < 10]
    assert [s for s, mark in zip(beats.sample, beats.symbol, strict=True) if mark != "+"] == peaks
    waves = wfdb.rdann(str(path), "pqt")
    assert {"(", "p", "N", "t", ")"} == set(waves.symbol)


def test_headers_carry_the_rhythm_so_that_our_own_readers_know_it(tmp_path):
    paths = write_records("AFIB", 3, seed=1, out=tmp_path, leads=("I", "II"))
    assert (tmp_path / "RECORDS").read_text().split() == [path.name for path in paths]
    assert [record.rhythm.code for record in open_folder(tmp_path)] == ["AFIB"] * 3
    assert "simulated" in "".join(wfdb.rdheader(str(paths[0])).comments)
    assert read_record(paths[0]).lead_names == ("I", "II")


def test_the_same_seed_writes_the_same_files(tmp_path):
    for name in ("a", "b"):
        write_records("AFL", 1, seed=3, out=tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "a").iterdir() if path.suffix != ".npz")
    assert len(files) == 6
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_missing_truth_is_named(tmp_path):
    path = write_record(simulate("SR", seed=1), tmp_path, truth=False)
    with pytest.raises(UnreadableFile, match="truth cannot be read"):
        read_simulated(path)


def test_no_recordings_cannot_be_written(tmp_path):
    with pytest.raises(InvalidValue, match="1 or more"):
        write_records("SR", 0, seed=1, out=tmp_path)


# The stand-in


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_stand_in(folder, seed=1, rows=[1, 2, 3, 5, 10_646])
    return folder


def test_the_stand_in_is_read_by_both_readers_and_they_agree(stand_in):
    by_wfdb, by_csv = open_dataset("chapman", stand_in), figshare(stand_in / "chapman-figshare")
    assert (
        by_wfdb.ids == by_csv.ids == ("JS00001", "JS00002", "JS00003", "JS00005", "JS10646")[: len(by_csv)]
        or len(by_csv) == 5
    )
    assert [next(iter(labels)).code for labels in by_csv.labels] == ["AFIB", "SB", "SA", "AFL", by_csv[4].rhythm.code]
    for one, other in zip(by_wfdb, by_csv, strict=True):
        np.testing.assert_allclose(one.signals, other.signals, atol=1e-6)
        assert one.rhythm == other.rhythm


def test_the_stand_in_says_that_it_is_simulated(stand_in):
    headers = list(stand_in.rglob("*.hea"))
    assert len(headers) == 5
    assert all("simulated" in header.read_text() for header in headers)
    assert all(path.name.startswith("SIMULATED") for path in (stand_in / "chapman-figshare" / "ECGData").iterdir())
    assert len(list(stand_in.rglob("SIMULATED.md"))) == 2


def test_the_stand_in_has_the_rate_of_its_row(stand_in):
    from ecgteach.beats import find_beats

    record = open_dataset("chapman", stand_in)["JS00002"]
    assert find_beats(record.strip(lead="II", quality="any")).rate == pytest.approx(52, abs=3)


def test_rows_that_the_table_has_not_are_refused(tmp_path):
    with pytest.raises(InvalidValue, match="10,646"):
        write_stand_in(tmp_path, seed=1, rows=[0])
