"""WFDB: what stands in the header is what is read, in all its forms, and nothing else."""

import re
from datetime import date

import numpy as np
import pytest
import wfdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from record_files import beats, two_leads, write_wfdb

from ecgteach.errors import InvalidValue, UnknownName, UnreadableFile
from ecgteach.records import Record, open_dataset, open_folder, read_record
from ecgteach.records.marks import fitting
from ecgteach.records.wfdb_files import COMPRESSED, STORED_AS
from ecgteach.records.wfdb_header import read_header
from ecgteach.truth import Annotation


@pytest.mark.parametrize("fmt", STORED_AS)
@pytest.mark.parametrize("samples", [500, 501, 502])
def test_every_format_is_read_as_wfdb_reads_it(tmp_path, fmt, samples):
    """Bytes without meaning are numbers in any of these formats."""
    rows = [f"r.dat {fmt}+3 100({place})/mV 12 0 7 0 0 {lead}" for place, lead in enumerate(("II", "V1", "V5"))]
    (tmp_path / "r.hea").write_text("\n".join([f"r 3 500 {samples}", *rows]) + "\n")
    stored = {"24": 3, "32": 4, "212": 1.5, "310": 4 / 3, "311": 4 / 3, "8": 1, "80": 1}.get(fmt, 2)
    size = 3 + -(-round(3 * samples * stored) // 4) * 4
    noise = np.random.default_rng(5).integers(0, 256, size, dtype=np.uint8)
    if fmt in ("24", "32"):
        noise[3 + int(stored) - 1 :: int(stored)] = 0
    held = 3 + round(3 * samples * stored) if fmt in ("16", "61", "160", "80", "24", "32") else size
    (tmp_path / "r.dat").write_bytes(noise.tobytes()[:held])
    expected = wfdb.rdrecord(str(tmp_path / "r")).p_signal.T
    if np.nanmax(np.abs(expected)) > 9_000:
        with pytest.raises(InvalidValue, match="no ECG does"):
            read_record(tmp_path / "r")
        return
    assert np.array_equal(read_record(tmp_path / "r").signals, expected.astype(np.float32), equal_nan=True)


@pytest.mark.parametrize("fmt", COMPRESSED)
def test_compressed_formats_are_read_as_wfdb_reads_them(tmp_path, fmt):
    signals = np.round(two_leads() * 100).astype(np.int64)
    wfdb.wrsamp(
        "r", 500, ["mV", "mV"], ["II", "V1"], d_signal=signals.T, fmt=[fmt, fmt], adc_gain=[100, 100],
        baseline=[0, 3], write_dir=str(tmp_path),
    )  # fmt: skip
    expected = wfdb.rdrecord(str(tmp_path / "r")).p_signal.T
    assert np.array_equal(read_record(tmp_path / "r").signals, expected.astype(np.float32), equal_nan=True)


@pytest.mark.parametrize(
    ("word", "rate"), [("500", 500), ("+500", 500), ("500.0", 500), ("50e1", 500), ("5E+2", 500), ("500/360(0)", 500)]
)
def test_a_rate_is_read_as_it_is_written(tmp_path, word, rate):
    assert read_record(write_wfdb(tmp_path, record=f"r 2 {word} 5000")).sampling_rate == rate


@pytest.mark.parametrize(
    "word",
    ["\uff15\uff10\uff10", "\u0665\u0660\u0660", "5_00", "500Hz", "1,000", "-500", "0", "nan", "inf", "1e999", "0x1F4"],
)
def test_a_rate_that_is_no_number_in_ascii_is_refused(tmp_path, word):
    with pytest.raises(UnreadableFile, match="sampling rate"):
        read_record(write_wfdb(tmp_path, record=f"r 2 {word} 5000"))


@pytest.mark.parametrize(
    ("gain", "highest"),
    [("1000/mV", 1.0), ("1e3/mV", 1.0), ("+1000(0)/mV", 1.0), ("1000(500)/mV", 0.5), ("1/uV", 1.0), ("1/µV", 1.0),
     ("1000000/V", 1.0), ("-1000/mV", 0.0)],
)  # fmt: skip
def test_a_gain_is_read_as_it_is_written(tmp_path, gain, highest):
    line = f"{{file}} 16 {gain} 16 0 0 0 0 II"
    record = read_record(write_wfdb(tmp_path, record="r 1 500 5000", lines=[line], signals=two_leads()[:1]))
    assert record["II"].max() == pytest.approx(highest, abs=0.002)


def test_a_negative_gain_turns_the_signal_and_is_told(tmp_path):
    line = "{file} 16 -1000/mV 16 0 0 0 0 II"
    record = read_record(write_wfdb(tmp_path, record="r 1 500 5000", lines=[line], signals=-two_leads()[:1]))
    assert np.abs(record["II"] + -beats()).max() < 0.001 or np.abs(record["II"] - beats()).max() < 0.001
    assert any("negative gain" in note for note in record.notes)


@pytest.mark.parametrize(
    "gain",
    ["\uff11\uff10\uff10\uff10/mV", "1000(\uff10)/mV", "nan/mV", "inf/mV", "1e400/mV", "10_00/mV", "1000)/mV", "g"],
)
def test_a_gain_that_is_no_number_in_ascii_is_refused(tmp_path, gain):
    with pytest.raises(UnreadableFile, match="has the gain"):
        read_record(write_wfdb(tmp_path, lines=[f"{{file}} 16 {gain} 16 0 0 0 0 {lead}" for lead in ("II", "V1")]))


@pytest.mark.parametrize("fmt", ["\uff11\uff16", "999", "16x", "16:", "16+", "x16", "16:-5", "16x0"])
def test_a_format_that_is_none_is_refused(tmp_path, fmt):
    with pytest.raises(UnreadableFile, match=r"format|samples a frame"):
        read_record(write_wfdb(tmp_path, lines=[f"{{file}} {fmt} 1000/mV 16 0 0 0 0 {lead}" for lead in ("II", "V1")]))


@pytest.mark.parametrize("name", ["\uff29\uff29", "\u0406\u0406"])
def test_a_name_in_letters_that_only_look_like_ascii_is_refused(tmp_path, name):
    with pytest.raises(UnreadableFile, match="plain letters"):
        read_record(write_wfdb(tmp_path, record="r 1 500 5000", lines=[f"{{file}} 16 1000/mV 16 0 0 0 0 {name}"],
                               signals=two_leads()[:1]))  # fmt: skip


HEADERS = st.tuples(
    st.sampled_from(["500", "500.5", "360/100", "257", "+500", "50e1", "\uff15\uff10\uff10", "1e3", "500 ", "0500"]),
    st.sampled_from(["1000", "200.5", "1e3", "-400", "+500", "\uff11\uff10\uff10\uff10", "2E2", "100.", ".5"]),
    st.sampled_from(["", "(0)", "(-20)", "(7)", "(+7)", "(\uff17)"]),
    st.sampled_from(["16", "16+0", "16x1", "\uff11\uff16"]),
    st.sampled_from(["II", "V1", "MLII", "aVR", "ECG II"]),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HEADERS)
def test_rate_gain_baseline_format_and_name_equal_the_words_as_written(tmp_path, words):
    rate, gain, baseline, fmt, name = words
    path = write_wfdb(
        tmp_path, record=f"r 1 {rate} 5000", lines=[f"{{file}} {fmt} {gain}{baseline}/mV 16 0 0 0 0 {name}"],
        signals=two_leads()[:1],
    )  # fmt: skip
    if not all(word.isascii() for word in words):
        with pytest.raises(UnreadableFile):
            read_header(path)
        return
    header = read_header(path)
    assert header.rate == float(rate.split("/")[0])
    assert header.signals[0].gain == float(gain)
    assert header.signals[0].baseline == int(baseline.strip("()") or 0)
    assert (header.signals[0].format, header.signals[0].name) == ("16", name)


@pytest.mark.parametrize("ending", ["HEA", "Hea"])
def test_an_ending_in_capitals_is_read_with_a_signal_file_in_capitals(tmp_path, ending):
    write_wfdb(tmp_path, header=f"r.{ending}")
    (tmp_path / "r.dat").rename(tmp_path / "R.DAT")
    for name in ("r", f"r.{ending}"):
        assert read_record(tmp_path / name).lead_names == ("II", "V1")


@pytest.mark.parametrize("record", ["folder/r 2 500 5000", "a/b/r 2 500 5000", "./r 2 500 5000", "other 2 500 5000"])
def test_a_folder_or_another_name_in_the_record_line_is_no_obstacle(tmp_path, record):
    assert read_record(write_wfdb(tmp_path, record=record)).lead_names == ("II", "V1")


def test_a_number_as_name_behind_a_folder_is_no_count_of_segments(tmp_path):
    assert read_record(write_wfdb(tmp_path, "132", record="data/132 2 500 5000")).lead_names == ("II", "V1")


def test_a_short_name_of_dos_and_a_folder_before_the_signal_file_are_found(tmp_path):
    assert read_record(write_wfdb(tmp_path, "REC~1", file="REC~1.DAT")).lead_names == ("II", "V1")
    write_wfdb(tmp_path, "s", lines=["data/s.dat 16 1000/mV 16 0 0 0 0 II", "data/s.dat 16 1000/mV 16 0 0 0 0 V1"])
    assert read_record(tmp_path / "s").lead_names == ("II", "V1")


def test_a_signal_file_outside_the_headers_folder_is_not_opened(tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "secret.dat").write_bytes(b"\0" * 20000)
    write_wfdb(inner, lines=["../secret.dat 16 1000/mV 16 0 0 0 0 II", "../secret.dat 16 1000/mV 16 0 0 0 0 V1"])
    with pytest.raises(UnreadableFile, match=r"inner/secret\.dat is missing"):
        read_record(inner / "r")


def test_the_home_folder_may_be_written_as_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write_wfdb(tmp_path)
    assert read_record("~/r").lead_names == ("II", "V1")
    assert len(open_folder("~")) == 1


@pytest.mark.parametrize(
    "when", ["2014-05-08 05:05:15", "10:00:00 1/5/91", "05-May-2020 09:49:17", "[10:00:00 01/05/1991]", "x y"]
)
def test_a_date_that_cannot_be_read_is_left_out_and_said(tmp_path, when):
    record = read_record(write_wfdb(tmp_path, record=f"r 2 500 5000 {when}"))
    assert np.abs(record["II"] - beats()).max() < 0.001
    assert any("date or time" in note for note in record.notes)
    assert not any(str(part) in " ".join(record.notes) for part in (2014, 1991, 2020, date.today().year))


def test_a_date_that_wfdb_prescribes_needs_no_word(tmp_path):
    assert read_record(write_wfdb(tmp_path, record="r 2 500 5000 10:00:00.5 01/05/1991")).notes == ()


def test_a_skew_is_undone_after_the_sum_was_checked(tmp_path):
    signals = two_leads()
    delayed = np.stack([signals[0], np.roll(signals[1], 5)])
    sums = [int(np.round(row * 1000).sum()) % 65536 for row in delayed]
    lines = [f"{{file}} 16{skew} 1000(0)/mV 16 0 0 {total} 0 {lead}"
             for skew, total, lead in zip(("", ":5"), sums, ("II", "V1"), strict=True)]  # fmt: skip
    record = read_record(write_wfdb(tmp_path, lines=lines, signals=delayed))
    assert np.abs(record["V1"][:-5] - signals[1][:-5]).max() < 0.001
    assert np.isnan(record["V1"][-5:]).all()
    assert np.isfinite(record["II"]).all()


def test_a_skew_longer_than_the_recording_is_refused(tmp_path):
    lines = ["{file} 16 1000/mV 16 0 0 0 0 II", "{file} 16:1000000000 1000/mV 16 0 0 0 0 V1"]
    with pytest.raises(InvalidValue, match="skew of 1,000,000,000"):
        read_record(write_wfdb(tmp_path, lines=lines))


FOREIGN = [
    ("{file} 16 100(0)/mmHg 16 0 0 0 0 ABP", "ABP", "in mmHg"),
    ("{file} 16 1000(0)/NU 16 0 0 0 0 PLETH", "PLETH", "in NU"),
    ("{file} 16 0(0) 16 0 0 0 0 STATUS", "STATUS", "no ECG"),
    ("{file} 16 0 16 0 0 0 0 V5", "V5", "not calibrated"),
    ("{file} 16 100/mV 16 0 0 0 0 RESP", "RESP", "no ECG"),
    ("{file} 16 100/bananas 16 0 0 0 0 V5", "V5", "bananas"),
    ("{file} 16 100 16 0 0 0 0 V5", "V5", "states no unit"),
]


@pytest.mark.parametrize(("line", "name", "reason"), FOREIGN)
def test_voltage_channels_are_read_beside_others_which_are_named_and_left_out(tmp_path, line, name, reason):
    for lines in (["{file} 16 1000(0)/mV 16 0 0 0 0 II", line], [line, "{file} 16 1000(0)/mV 16 0 0 0 0 II"]):
        signals = two_leads() if lines[1] == line else two_leads()[::-1]
        record = read_record(write_wfdb(tmp_path, lines=lines, signals=signals))
        assert record.lead_names == ("II",)
        assert np.abs(record["II"] - beats()).max() < 0.001
        assert reason in record.left_out[name]
        with pytest.raises(UnknownName, match=f"left the channel {name} out: .*{reason}"):
            record.strip(name)


def test_a_unit_that_the_user_states_makes_no_lead_of_a_pressure(tmp_path):
    path = write_wfdb(tmp_path, lines=["{file} 16 1000/mV 16 0 0 0 0 II", "{file} 16 100/mmHg 16 0 0 0 0 ABP"])
    assert read_record(path, unit="mV").lead_names == ("II",)
    path = write_wfdb(tmp_path, lines=["{file} 16 1000 16 0 0 0 0 II", "{file} 16 100/mmHg 16 0 0 0 0 ABP"])
    with pytest.raises(InvalidValue, match='say which: unit="mV"'):
        read_record(path)
    record = read_record(path, unit="mV")
    assert record.lead_names == ("II",)
    assert [found.lead_names for found in open_folder(tmp_path, unit="mV")] == [("II",)]


def test_a_record_without_any_voltage_names_its_channels(tmp_path):
    lines = ["{file} 16 100/mmHg 16 0 0 0 0 ABP", "{file} 16 100/NU 16 0 0 0 0 PLETH"]
    with pytest.raises(UnreadableFile, match=r"holds no lead of an ECG: ABP \(it is in mmHg.*PLETH"):
        read_record(write_wfdb(tmp_path, lines=lines))


def test_two_channels_of_one_name_are_numbered(tmp_path):
    path = write_wfdb(tmp_path, lines=["{file} 16 1000/mV 16 0 0 0 0 II", "{file} 16 1000/mV 16 0 0 0 0 Lead II"])
    record = read_record(path)
    assert record.lead_names == ("II", "II (2)")
    assert record.strip().lead == "II"
    assert np.abs(record["II (2)"] - 0.5 * beats()).max() < 0.001


def test_a_signal_without_a_file_is_left_out(tmp_path):
    path = write_wfdb(
        tmp_path, lines=["{file} 16 1000/mV 16 0 0 0 0 II", "~ 0 200/mV 16 0 0 0 0 V1"], signals=two_leads()[:1]
    )
    record = read_record(path)
    assert record.lead_names == ("II",)
    assert "no file" in record.left_out["V1"]


def write_segments(folder, *, layout=False, rates=(500, 500), leads=(("II", "V1"), ("II", "V1")), gap=0, total=None):
    """Two segments of ten seconds, perhaps with a gap between them, and the header that joins them."""
    rows = []
    if layout:
        rows.append("r_layout 0")
        (folder / "r_layout.hea").write_text("r_layout 2 500 0\n~ 0 200/mV 16 0 0 0 0 II\n~ 0 200/mV 16 0 0 0 0 V1\n")
    for number, (rate, names) in enumerate(zip(rates, leads, strict=True), start=1):
        lines = [f"{{file}} 16 1000(0)/mV 16 0 0 0 0 {lead}" for lead in names]
        write_wfdb(folder, f"r_{number}", record=f"r_{number} {len(names)} {rate} 5000", lines=lines,
                   signals=number * two_leads()[: len(names)])  # fmt: skip
        rows.append(f"r_{number} 5000")
        if number == 1 and gap:
            rows.append(f"~ {gap}")
    total = total or 10_000 + gap
    (folder / "r.hea").write_text(f"r/{len(rows)} 2 500 {total}\n" + "\n".join(rows) + "\n")
    return folder / "r"


def test_segments_that_form_one_signal_are_read_as_one(tmp_path):
    record = read_record(write_segments(tmp_path))
    assert record.signals.shape == (2, 10_000)
    assert np.abs(record["II"] - np.concatenate([beats(), 2 * beats()])).max() < 0.001
    assert "2 segments" in " ".join(record.notes)
    assert np.allclose(record.signals, wfdb.rdrecord(str(tmp_path / "r")).p_signal.T, atol=1e-6)


def test_leads_that_come_and_go_leave_gaps(tmp_path):
    record = read_record(write_segments(tmp_path, layout=True, leads=(("II",), ("II", "V1")), gap=500))
    assert record.signals.shape == (2, 10_500)
    assert np.isnan(record["V1"][:5500]).all()
    assert np.isnan(record["II"][5000:5500]).all()
    assert np.abs(record["V1"][5500:] - 2 * 0.5 * beats()).max() < 0.0011


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"rates": (500, 250)}, "different sampling rates"),
        ({"leads": (("II", "V1"), ("II", "V5"))}, "different leads"),
        ({"total": 20_000}, "lengths are together"),
    ],
)
def test_segments_that_form_no_one_signal_are_named_and_each_can_be_read(tmp_path, settings, reason):
    with pytest.raises(UnreadableFile, match=rf"lists several segments.*{reason}.*r_1, r_2: read one of them"):
        read_record(write_segments(tmp_path, **settings))
    assert read_record(tmp_path / "r_1").signals.shape == (2, 5000)
    assert read_record(tmp_path / "r_2").signals.shape == (2, 5000)


def test_a_record_that_is_its_own_segment_is_refused(tmp_path):
    (tmp_path / "r.hea").write_text("r/2 2 500 10000\nr 5000\nr 5000\n")
    with pytest.raises(UnreadableFile, match="has segments itself"):
        read_record(tmp_path / "r")


def test_channels_with_as_many_samples_a_frame_keep_their_rate(tmp_path):
    lines = ["{file} 16x4 1000/mV 16 0 0 0 0 II", "{file} 16x1 100/mmHg 16 0 0 0 0 ABP"]
    frames = np.concatenate([beats(5000, 500).reshape(-1, 4), np.zeros((1250, 1))], axis=1)
    path = write_wfdb(tmp_path, record="r 2 125 1250", lines=lines, signals=frames.reshape(1, -1))
    record = read_record(path)
    assert record.sampling_rate == 500
    assert np.abs(record["II"] - beats()).max() < 0.001


MARKS = {
    "before": Annotation("beat", -3.0, -3.0, -3.0, "N"),
    "after": Annotation("beat", 12.0, 12.0, 12.0, "V"),
    "backwards": Annotation("rhythm", 5.0, 3.0, symbol="(AFIB"),
    "nowhen": Annotation("beat", float("nan"), float("nan"), symbol="N"),
}


@pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS)
def test_a_mark_outside_the_record_or_backwards_is_refused_and_dropped_by_name(mark):
    with pytest.raises(InvalidValue, match=re.escape(f"a mark '{mark.symbol}'")):
        Record(beats()[None], ("II",), 500, annotations=(mark,), id="x")
    sound = Annotation("beat", 1.0, 1.0, 1.0, "N")
    kept, told = fitting([sound, mark], 10.0)
    assert kept == (sound,)
    assert mark.symbol in told[0]


def test_marks_of_mitdb_that_do_not_fit_its_record_are_dropped_by_name(tmp_path):
    folder = tmp_path / "mitdb"
    folder.mkdir()
    write_wfdb(folder, "100", record="100 2 500 5000")
    wfdb.wrann("100", "atr", np.array([10, 500, 9000, 9500]), ["+", "N", "V", "+"],
               aux_note=["(N", "", "", "(AFIB"], write_dir=str(folder))  # fmt: skip
    record = open_dataset("mitdb", tmp_path)["100"]
    assert [mark.symbol for mark in record.annotations if mark.kind == "beat"] == ["N"]
    assert any("'V' at 18 s lies outside" in note for note in record.notes)
    assert record.strip(quality="any").rhythm is None or record.strip(quality="any").rhythm.code == "SINUS"


def test_the_header_and_nothing_else_is_asked_for_the_comments(tmp_path):
    path = write_wfdb(tmp_path)
    header = path.with_suffix(".hea")
    header.write_bytes(header.read_bytes() + "#Age: 81\n#Dx: 426783006\n# Müller\n".encode("latin-1"))
    assert read_record(path).rhythm.code == "SR"
