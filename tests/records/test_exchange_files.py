"""EDF, HL7 aECG and what is recognised without being read: the right value, or what to do."""

import sys

import numpy as np
import pytest
from record_files import aecg_text, beats, edf_bytes, two_leads

from ecgteach.errors import InvalidValue, NotInstalled, UnknownName, UnreadableFile
from ecgteach.records import read_record


def edf(tmp_path, **settings):
    path = tmp_path / "a.edf"
    path.write_bytes(edf_bytes(**settings))
    return path


def test_an_edf_file_comes_in_millivolt_with_its_leads(tmp_path):
    record = read_record(edf(tmp_path))
    assert (record.lead_names, record.sampling_rate) == (("II", "V1"), 500)
    assert np.abs(record.signals - two_leads()).max() < 0.001
    assert "Surname" not in f"{record!r} {record.notes} {record.id} {record.patient}"


@pytest.mark.parametrize(("unit", "scale"), [("mV", 0.001), ("V", 1e-6), ("uV", 1.0), ("\u00b5V", 1.0)])
def test_an_edf_unit_is_used_and_not_contradicted(tmp_path, unit, scale):
    ends = f"{-32768 * scale:.6f}"[:8], f"{32767 * scale:.6f}"[:8]
    path = edf(tmp_path, units=(unit, unit), ranges=[(*ends, "-32768", "32767")] * 2)
    assert np.abs(read_record(path).signals - two_leads()).max() < 0.03 * two_leads().max()
    with pytest.raises(InvalidValue, match="by its own header, not in"):
        read_record(path, unit="mV" if unit != "mV" else "V")


def test_an_edf_file_without_a_unit_asks_and_the_way_out_works(tmp_path):
    path = edf(tmp_path, units=("", ""))
    with pytest.raises(InvalidValue, match=r"has no unit; say which: .*--unit"):
        read_record(path)
    assert np.abs(read_record(path, unit="uV").signals - two_leads()).max() < 0.001


def test_other_channels_of_an_edf_file_are_named_and_left_out(tmp_path):
    signals = [1000 * beats(), np.zeros(5000), np.zeros(1000), 1000 * beats()[::2]]
    labels, units = ("ECG II", "EEG Fpz-Cz", "SpO2", "ECG V5"), ("uV", "uV", "%", "uV")
    record = read_record(edf(tmp_path, labels=labels, units=units, signals=signals))
    assert record.lead_names == ("II",)
    for name, reason in (("EEG Fpz-Cz", "no ECG by its name"), ("SpO2", "in %"), ("V5", "250 Hz, the others 500 Hz")):
        with pytest.raises(UnknownName, match=f"left the channel {name} out: .*{reason}"):
            record[name]


@pytest.mark.parametrize("settings", [{"records": 10**6}, {"records": -1}, {"records": 0}, {"labels": ("II",)}])
def test_an_edf_file_that_claims_more_than_it_holds_is_refused(tmp_path, settings):
    with pytest.raises(UnreadableFile, match=r"a\.edf"):
        read_record(edf(tmp_path, **settings))


@pytest.mark.parametrize(
    "limits", [("0", "0", "-32768", "32767"), ("-1", "1", "5", "5"), ("x", "1", "0", "9"), ("nan", "1", "0", "9")]
)
def test_an_edf_channel_without_a_range_is_no_millivolt(tmp_path, limits):
    with pytest.raises(UnreadableFile, match=r"calibrated|no readable EDF"):
        read_record(edf(tmp_path, ranges=[limits] * 2))


def test_without_edfio_the_sentence_says_how_to_have_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "edfio", None)
    with pytest.raises(NotInstalled, match="python -m pip install edfio"):
        read_record(edf(tmp_path))


def aecg(tmp_path, encoding="utf-8", **settings):
    path = tmp_path / "a.xml"
    text = aecg_text(**settings)
    path.write_bytes(text.replace("UTF-8", encoding).encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_an_annotated_ecg_comes_in_millivolt_with_its_leads(tmp_path, encoding):
    record = read_record(aecg(tmp_path, encoding))
    assert (record.lead_names, record.sampling_rate) == (("II", "V1"), 500)
    assert np.abs(record.signals - two_leads()).max() < 0.002
    assert "Surname" not in f"{record!r} {record.notes} {record.id} {record.patient}"


@pytest.mark.parametrize(
    ("increment", "rate"), [('value="0.004" unit="s"', 250), ('value="2" unit="ms"', 500), ('value="0.00390625"', 256)]
)
def test_the_time_between_samples_gives_the_rate(tmp_path, increment, rate):
    path = aecg(tmp_path, increment=increment)
    assert read_record(path).sampling_rate == rate
    with pytest.raises(InvalidValue, match="by its own header"):
        read_record(path, sampling_rate=rate + 1)


def test_origin_and_scale_are_applied(tmp_path):
    record = read_record(aecg(tmp_path, scale='value="0.005" unit="mV"', origin='value="0.1" unit="mV"'))
    assert np.abs(record.signals - (2 * two_leads() + 0.1)).max() < 0.003


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"root": "restingECGdata"}, "XML of another kind \\(restingECGdata\\)"),
        ({"increment": 'value="0" unit="s"'}, "time between samples"),
        ({"increment": 'value="1" unit="parsec"'}, "time between samples"),
        ({"leads": {}}, "without leads"),
        ({"leads": {"MDC_ECG_LEAD_II": np.zeros(9), "MDC_ECG_LEAD_V1": np.zeros(8)}}, "different lengths"),
        ({"scale": 'value="0" unit="uV"'}, "not calibrated"),
        ({"scale": ""}, "not calibrated"),
        ({"before": '<!DOCTYPE a [<!ENTITY b "bbbb">]>'}, "no readable XML"),
        ({"before": '<!DOCTYPE a SYSTEM "file:///etc/passwd">'}, "no readable XML"),
    ],
)
def test_an_annotated_ecg_that_cannot_be_read_ends_in_a_sentence(tmp_path, settings, message):
    with pytest.raises(UnreadableFile, match=message):
        read_record(aecg(tmp_path, **settings))


def test_entities_that_multiply_are_refused_in_no_time(tmp_path):
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    before = f'<!DOCTYPE a [<!ENTITY e0 "ha">{entities}]>'
    for encoding in ("utf-8", "utf-16"):
        with pytest.raises(UnreadableFile, match="no readable XML"):
            read_record(aecg(tmp_path, encoding, before=before))


@pytest.mark.parametrize(
    ("name", "content", "way_out"),
    [
        (
            "a.scp",
            b"\x12\x34\x00\x00\x10\x00" + b"\0" * 10 + b"SCPECG" + b"\0" * 50,
            r"save2gdf -f=EDF in\.scp out\.edf",
        ),
        ("a.bdf", b"\xffBIOSEMI" + b" " * 300, "convert it to EDF"),
        ("a.ecg", b"ISHNE1.0" + b"\0" * 300, "convert it to EDF with the program"),
        ("a.h5", b"\x89HDF\r\n\x1a\n" + b"\0" * 30, r"save the array with the ECG as \.npy"),
        ("a.pdf", b"%PDF-1.7\n", "export the recording itself"),
        ("a.png", b"\x89PNG\r\n\x1a\n", "export the recording itself"),
        ("a.csv.gz", b"\x1f\x8b\x08" + b"\0" * 30, "unpack it first"),
        ("a.xlsx", b"PK\x03\x04" + b"\0" * 26 + b"[Content_Types].xml", "save the sheet as CSV"),
        ("a.mat", b"MATLAB 5.0 MAT-file, Platform: GLNXA64" + b" " * 100, "save its array as CSV"),
    ],
)
def test_what_is_recognised_and_not_read_says_what_to_convert_with(tmp_path, name, content, way_out):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableFile, match=way_out):
        read_record(tmp_path / name)


def test_a_format_is_told_by_its_content_where_the_ending_says_nothing(tmp_path):
    (tmp_path / "recording").write_bytes(edf_bytes())
    (tmp_path / "other.bin").write_text(aecg_text())
    assert read_record(tmp_path / "recording").source == "edf"
    assert read_record(tmp_path / "other.bin").source == "aecg"
