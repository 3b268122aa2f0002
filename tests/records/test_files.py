"""Reading recordings from files, whole ones and broken ones."""

import re

import numpy as np
import pydicom.data
import pytest
import wfdb
from conftest import beating

from ecgteach.errors import EcgteachError, InvalidValue, UnreadableFile
from ecgteach.records import open_folder, read_record


@pytest.fixture
def written(tmp_path):
    """A WFDB recording of two leads, freshly written; its path without ending."""
    signals = np.stack([beating(75), beating(75) * 0.5]).T.astype(float)
    wfdb.wrsamp(
        "r1",
        500,
        ["mV", "mV"],
        ["II", "V1"],
        signals,
        fmt=["16", "16"],
        comments=["Dx: 426783006"],
        write_dir=str(tmp_path),
    )
    return tmp_path / "r1"


def edit_header(path, old, new):
    header = path.with_suffix(".hea")
    text = header.read_text()
    assert old in text
    header.write_text(text.replace(old, new))


@pytest.mark.parametrize("ending", ["", ".hea", ".dat"])
def test_a_wfdb_recording_is_read_with_any_of_its_names(written, ending):
    record = read_record(f"{written}{ending}")
    assert record.lead_names == ("II", "V1")
    assert record.rhythm.code == "SR"
    assert np.abs(record["II"] - beating(75)).max() < 0.001


def test_a_missing_signal_file_is_named(written):
    written.with_suffix(".dat").unlink()
    with pytest.raises(UnreadableFile, match=r"r1\.dat is missing"):
        read_record(written)


def test_a_missing_header_is_named(written):
    written.with_suffix(".hea").unlink()
    with pytest.raises(UnreadableFile, match=r"r1\.hea is missing"):
        read_record(written)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_truncated_signal_file_is_told_by_its_size(written, share):
    signals = written.with_suffix(".dat")
    signals.write_bytes(signals.read_bytes()[: int(share * 20000)])
    with pytest.raises(UnreadableFile, match="cut short"):
        read_record(written)


def test_a_header_that_disagrees_with_its_signal_is_told_by_the_checksum(written):
    signals = written.with_suffix(".dat")
    content = bytearray(signals.read_bytes())
    content[1000] ^= 1
    signals.write_bytes(bytes(content))
    with pytest.raises(UnreadableFile, match=r"^\S+r1: header and signal disagree on lead II"):
        read_record(written)


@pytest.mark.parametrize(
    "broken", ["", "not a header at all", "r1 two 500 5000\n", "r1 2 500 5000\nr1.dat\n", "r1 0 500 5000\n"]
)
def test_a_broken_header_is_refused_by_name(written, broken):
    written.with_suffix(".hea").write_text(broken)
    with pytest.raises(UnreadableFile, match=r"r1\.hea"):
        read_record(written)


def test_a_recording_of_zero_length_is_refused(written):
    edit_header(written, "r1 2 500 5000", "r1 2 500 0")
    with pytest.raises(UnreadableFile, match=r"zero length|holds no samples"):
        read_record(written)


def test_a_header_with_an_odd_unit_needs_one_from_the_user(written):
    edit_header(written, "/mV", "/bananas")
    with pytest.raises(InvalidValue, match="bananas"):
        read_record(written)
    assert read_record(written, unit="mV")["II"].max() == pytest.approx(1.0, rel=0.01)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("r1 2 500 5000", "r1 2 abc 5000", r"r1\.hea has the sampling rate 'abc'"),
        ("r1 2 500 5000", "r1 2", r"r1\.hea has no sampling rate"),
        ("r1 2 500 5000", "r1 2 500 -5000", r"r1\.hea has the length '-5000'"),
        ("r1 2 500 5000", "r1/2 2 500 5000", "lists several segments"),
    ],
)
def test_a_header_whose_rate_or_length_is_no_number_is_refused(written, old, new, message):
    edit_header(written, old, new)
    with pytest.raises(UnreadableFile, match=message):
        read_record(written)


def test_a_signal_that_is_not_calibrated_is_refused(written):
    header = written.with_suffix(".hea")
    header.write_text(re.sub(r"^(r1\.dat \S+) \S+ ", r"\1 0 ", header.read_text(), flags=re.MULTILINE))
    with pytest.raises(UnreadableFile, match="has the gain 0 or none, so it is not calibrated"):
        read_record(written)


def test_a_header_without_a_unit_needs_one_from_the_user(written):
    edit_header(written, "/mV", "")
    with pytest.raises(InvalidValue, match='has no unit; say which: unit="mV"'):
        read_record(written)
    assert read_record(written, unit="mV")["II"].max() == pytest.approx(1.0, rel=0.01)


def test_what_the_user_says_may_not_contradict_the_header(written):
    assert read_record(written, unit="mV", sampling_rate=500).sampling_rate == 500
    with pytest.raises(InvalidValue, match="is in mV by its own header, not in uV"):
        read_record(written, unit="uV")
    with pytest.raises(InvalidValue, match="has 500 Hz by its own header, not 250 Hz"):
        read_record(written, sampling_rate=250)
    with pytest.raises(InvalidValue, match="has 1000 Hz by its own header"):
        read_record(pydicom.data.get_testdata_file("waveform_ecg.dcm"), sampling_rate=500)


def test_a_signal_file_that_is_too_long_is_refused_where_no_checksum_vouches(written):
    header = written.with_suffix(".hea")
    header.write_text(re.sub(r"^(r1\.dat \S+ \S+) .*", r"\1", header.read_text(), flags=re.MULTILINE))
    assert read_record(written).lead_names == ("lead 1", "lead 2")
    edit_header(written, "500 5000", "500 4000")
    with pytest.raises(UnreadableFile, match="holds 20,000 bytes; its header describes only 16,000"):
        read_record(written)


def test_several_samples_a_frame_are_no_disagreement(tmp_path):
    trace = beating(75, sampling_rate=1000)
    steps = [np.round(trace[::2] * 1000).astype(np.int64), np.round(trace * 1000).astype(np.int64)]
    wfdb.Record(
        record_name="f1", n_sig=2, fs=500, sig_len=5000, file_name=["f1.dat"] * 2, fmt=["16"] * 2,
        samps_per_frame=[1, 2], skew=[None] * 2, byte_offset=[None] * 2, adc_gain=[1000.0] * 2, baseline=[0] * 2,
        units=["mV"] * 2, adc_res=[16] * 2, adc_zero=[0] * 2, init_value=[int(step[0]) for step in steps],
        checksum=[int(step.sum() % 65536) for step in steps], block_size=[0] * 2, sig_name=["II", "V1"],
        e_d_signal=steps,
    ).wrsamp(write_dir=str(tmp_path), expanded=True)  # fmt: skip
    assert read_record(tmp_path / "f1")["V1"].size == 5000


def test_a_folder_is_no_recording_and_the_way_out_is_named(tmp_path):
    with pytest.raises(UnreadableFile, match=r"is a folder.*open_folder"):
        read_record(tmp_path)


def test_a_file_that_is_no_recording_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(UnreadableFile, match="no recording that can be read"):
        read_record(tmp_path / "notes.txt")


def test_a_folder_without_recordings_says_so(tmp_path):
    with pytest.raises(UnreadableFile, match=r"no \.hea file"):
        open_folder(tmp_path)


def test_in_a_folder_the_bad_record_is_reported_and_the_rest_go_on(written):
    (written.parent / "r2.hea").write_text(written.with_suffix(".hea").read_text().replace("r1", "r2"))
    (written.parent / "r2.dat").write_bytes(written.with_suffix(".dat").read_bytes())
    written.with_suffix(".dat").write_bytes(b"")
    problems = []
    strips = list(open_folder(written.parent).strips(report=problems.append))
    assert [strip.source_id for strip in strips] == ["wfdb/own recording 2"]
    assert len(problems) == 1
    assert "r1" in str(problems[0])


@pytest.mark.parametrize("header", ["II,V1\n", ""])
def test_a_csv_is_read_with_and_without_a_line_of_names(tmp_path, header):
    path = tmp_path / "a.csv"
    rows = "\n".join(f"{1000 * value:.1f},0.0" for value in beating(75))
    path.write_text(header + rows)
    record = read_record(path, sampling_rate=500, unit="uV")
    assert record.lead_names == (("II", "V1") if header else ("lead 1", "lead 2"))
    assert record.signals.shape == (2, 5000)
    assert record.signals[0].max() == pytest.approx(1.0, rel=0.01)


@pytest.mark.parametrize("given", [{}, {"sampling_rate": 500}, {"unit": "mV"}])
def test_a_table_needs_rate_and_unit(tmp_path, given):
    path = tmp_path / "a.npy"
    np.save(path, beating(75))
    with pytest.raises(InvalidValue, match="state it"):
        read_record(path, **given)


def test_a_wrong_rate_shows_in_the_length(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, beating(75))
    with pytest.raises(InvalidValue, match=r"holds 5\.0 s"):
        read_record(path, sampling_rate=1000, unit="mV").strip()
    with pytest.raises(InvalidValue, match="sampling rate of 5 Hz"):
        read_record(path, sampling_rate=5, unit="mV")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no table"),
        ("1\n2\nthree\n4", "line 3, column 1 holds 'three'"),
        ("a\nb\n", "no numbers"),
        ("only,names\n", "no numbers"),
    ],
)
def test_a_broken_csv_is_refused_with_the_place(tmp_path, content, message):
    path = tmp_path / "a.csv"
    path.write_text(content)
    with pytest.raises(UnreadableFile, match=message):
        read_record(path, sampling_rate=500, unit="mV")


@pytest.mark.parametrize("array", [np.zeros((2, 3, 4)), np.array(["a"]), np.array([]), np.zeros(5000, complex)])
def test_an_array_that_is_no_recording_is_refused(tmp_path, array):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(UnreadableFile, match="needed: real numbers"):
        read_record(tmp_path / "a.npy", sampling_rate=500, unit="mV")


def test_an_array_is_told_by_its_ending_in_capitals_too(tmp_path):
    np.save(tmp_path / "a.npy", beating(75))
    (tmp_path / "a.npy").rename(tmp_path / "A.NPY")
    assert read_record(tmp_path / "A.NPY", sampling_rate=500, unit="mV")["II"].size == 5000


def test_an_array_with_more_leads_than_samples_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((5000, 12)))
    with pytest.raises(InvalidValue, match=r"\(5000, 12\), more leads than samples"):
        read_record(tmp_path / "a.npy", sampling_rate=500, unit="mV")


def test_a_file_that_only_claims_to_be_an_array_is_refused_and_nothing_is_unpickled(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    (tmp_path / "b.npy").write_bytes(b"junk")
    for name in ("a.npy", "b.npy"):
        with pytest.raises(UnreadableFile, match="no NumPy array"):
            read_record(tmp_path / name, sampling_rate=500, unit="mV")


def test_a_dicom_ecg_gives_its_long_waveform_in_millivolts():
    record = read_record(pydicom.data.get_testdata_file("waveform_ecg.dcm"))
    assert record.signals.shape == (12, 10000)
    assert record.sampling_rate == 1000
    assert record.lead_names[:4] == ("I", "II", "III", "aVR")
    assert 0.1 < np.abs(record["II"]).max() < 5
    assert not record.patient
    assert np.abs(record["I"] + record["III"] - record["II"]).max() < 0.02  # Einthoven


def test_a_dicom_file_without_a_waveform_and_a_file_that_is_none_are_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="without a waveform"):
        read_record(pydicom.data.get_testdata_file("CT_small.dcm"))
    (tmp_path / "a.dcm").write_bytes(b"no dicom")
    with pytest.raises(UnreadableFile, match="no DICOM"):
        read_record(tmp_path / "a.dcm")


@pytest.mark.parametrize("element", ["NumberOfWaveformSamples", "SamplingFrequency", "ChannelDefinitionSequence"])
def test_a_dicom_waveform_that_is_not_described_is_refused(tmp_path, element):
    broken = pydicom.dcmread(pydicom.data.get_testdata_file("waveform_ecg.dcm"))
    for group in broken.WaveformSequence:
        delattr(group, element)
    broken.save_as(tmp_path / "a.dcm")
    with pytest.raises(UnreadableFile, match=rf"a\.dcm: its waveform has no {element}"):
        read_record(tmp_path / "a.dcm")


@pytest.mark.parametrize("name", ["a.csv", "a.npy", "a.dcm", "a", "a.hea"])
def test_whatever_is_missing_is_an_error_of_the_family(tmp_path, name):
    with pytest.raises(EcgteachError, match="is missing"):
        read_record(tmp_path / name, sampling_rate=500, unit="mV")
