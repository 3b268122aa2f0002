"""Reading recordings from files, whole ones and broken ones."""

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
    with pytest.raises(UnreadableFile, match="disagree on lead II"):
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
    assert [strip.source_id.split("/")[-1] for strip in strips] == ["r2"]
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
        ("a\nb\n", "line 2"),
        ("only,names\n", "no numbers"),
    ],
)
def test_a_broken_csv_is_refused_with_the_place(tmp_path, content, message):
    path = tmp_path / "a.csv"
    path.write_text(content)
    with pytest.raises(UnreadableFile, match=message):
        read_record(path, sampling_rate=500, unit="mV")


@pytest.mark.parametrize("array", [np.zeros((2, 3, 4)), np.array(["a"]), np.array([])])
def test_an_array_that_is_no_recording_is_refused(tmp_path, array):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(UnreadableFile, match="needed: numbers"):
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


@pytest.mark.parametrize("name", ["a.csv", "a.npy", "a.dcm", "a", "a.hea"])
def test_whatever_is_missing_is_an_error_of_the_family(tmp_path, name):
    with pytest.raises(EcgteachError, match="is missing"):
        read_record(tmp_path / name, sampling_rate=500, unit="mV")
