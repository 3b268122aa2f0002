"""Files that were damaged, or made to do harm: a sentence, soon, and no memory taken."""

import os
import resource
import subprocess
import sys
import time
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from openpyxl import Workbook
from record_files import aecg_text, dicom_dataset, edf_bytes, two_leads, write_csv, write_wfdb

from ecgteach.errors import EcgteachError, InvalidValue, UnreadableFile
from ecgteach.records import Record, open_folder, read_record
from ecgteach.records.files import reading, shown
from ecgteach.records.tables import read_index

SAID = {"sampling_rate": 500, "unit": "mV"}
QUICK = 5.0
"""Seconds; a refusal takes milliseconds, what is hostile took minutes or for ever."""


def refused(path, match, **said):
    """A sentence within seconds, without memory for what the file claims."""
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    with pytest.raises(EcgteachError, match=match) as problem:
        read_record(path, **said)
    assert time.perf_counter() - began < QUICK
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000
    assert len(str(problem.value)) < 1000
    assert str(problem.value).isprintable()


CLAIMS = {
    "10^9 signals": ("r 1000000000 500 5000", "names 1,000,000,000 signals and describes 2"),
    "10^10 samples": ("r 2 500 10000000000", "cut short"),
    "10^30 samples": (f"r 2 500 {10**30}", "cut short"),
    "a length of a million digits": (f"r 2 500 {'9' * 1_000_000}", "a word of 1,000,000 signs"),
    "a rate of a million digits": (f"r 2 {'5' * 1_000_000}x 5000", "a word of 1,000,001 signs"),
    "signals of a million digits": (f"r {'2' * 1_000_000} 500 5000", "no valid WFDB header"),
    "4294967296 segments": ("r/4294967296 2 500 5000", "lists several segments"),
    "a rate of 1e308": ("r 2 1e308 5000", "sampling rate"),
}


@pytest.mark.parametrize(("record", "match"), CLAIMS.values(), ids=CLAIMS)
def test_a_wfdb_header_that_claims_too_much_is_refused(tmp_path, record, match):
    refused(write_wfdb(tmp_path, record=record), match)


@pytest.mark.parametrize("fmt", ["8", "16", "24", "32", "61", "80", "160", "212", "310", "311", "508", "516", "524"])
def test_no_format_is_believed_to_hold_more_than_its_file(tmp_path, fmt):
    lines = [f"{{file}} {fmt} 1000/mV 16 0 0 0 0 {lead}" for lead in ("II", "V1")]
    refused(write_wfdb(tmp_path, record="r 2 500 10000000000", lines=lines), "cut short|no readable signal file")


LINES = {
    "a skew of 10^9": "{file} 16:1000000000 1000/mV 16 0 0 0 0 V1",
    "a skew of a million digits": "{file} 16:" + "9" * 1_000_000 + " 1000/mV 16 0 0 0 0 V1",
    "10^9 samples a frame": "{file} 16x1000000000 1000/mV 16 0 0 0 0 V1",
    "an offset of 10^15": "{file} 16+1000000000000000 1000/mV 16 0 0 0 0 V1",
    "a gain of a million digits": "{file} 16 " + "9" * 1_000_000 + "/mV 16 0 0 0 0 V1",
    "a gain of 1e-300": "{file} 16 1e-300/mV 16 0 0 0 0 V1",
    "a baseline of thirty digits": "{file} 16 1000(" + "9" * 30 + ")/mV 16 0 0 0 0 V1",
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_a_signal_line_that_claims_too_much_is_refused(tmp_path, line):
    refused(write_wfdb(tmp_path, lines=["{file} 16 1000/mV 16 0 0 0 0 II", line]), ".")


def test_an_amplitude_that_no_ecg_has_is_refused_as_such(tmp_path):
    refused(write_wfdb(tmp_path, lines=[f"{{file}} 16 1e-16/mV 16 0 0 0 0 {lead}" for lead in ("II", "V1")]),
            r"reaches 1e\+19 mV; no ECG does")  # fmt: skip
    np.save(tmp_path / "a.npy", np.full(5000, 1e300))
    refused(tmp_path / "a.npy", "reaches inf mV; no ECG does", **SAID)
    with pytest.raises(InvalidValue, match="no ECG does"):
        Record(np.full((1, 10), 1e39), ("II",), 500)


def test_a_header_of_many_megabytes_is_refused(tmp_path):
    path = write_wfdb(tmp_path)
    header = path.with_suffix(".hea")
    with header.open("ab") as file:
        file.truncate(20 * 1024**2)
    refused(path, "20 MB; up to 8 MB are read")


def test_a_file_larger_than_any_recording_is_not_opened(tmp_path):
    for name in ("a.dcm", "a.npy", "a.csv", "a.xml"):
        with (tmp_path / name).open("wb") as file:
            file.write(b"\x93NUMPY" if name == "a.npy" else b"1,2\n")
            file.truncate(3 * 1024**3)
        refused(tmp_path / name, "are read|no NumPy array|no readable", **SAID)


ARRAYS = {
    "10^12 numbers": "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }",
    "10^23 dates": "{'descr': '<M8[s]', 'fortran_order': False, 'shape': (99999999999999999999999,), }",
    "a truth value as length": "{'descr': '|V99', 'fortran_order': False, 'shape': (True,), }",
    "a negative length": "{'descr': '<f4', 'fortran_order': False, 'shape': (-5,), }",
    "a header that ends in the middle": "{'descr': '<f4', 'fortran_order': False, 'shape': (5",
    "brackets without end": "(" * 5000,
    "objects": "{'descr': '|O', 'fortran_order': False, 'shape': (5,), }",
    "records": "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (5,), }",
}


@pytest.mark.parametrize("header", ARRAYS.values(), ids=ARRAYS)
def test_an_array_that_claims_too_much_is_refused_without_a_librarys_advice(tmp_path, header):
    text = header.encode() + b" " * 20 + b"\n"
    content = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(400)
    (tmp_path / "a.npy").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("signals.npy", content)
    for name in ("a.npy", "a.npz"):
        refused(tmp_path / name, name, **SAID)
        with pytest.raises(EcgteachError) as problem:
            read_record(tmp_path / name, **SAID)
        assert not any(word in str(problem.value) for word in ("pickle=", "unsafely", "max_header_size"))


def test_archives_that_unpack_without_end_are_refused(tmp_path):
    """A thousand megabytes of zeros in one of packed bytes, as .npz and as .xlsx."""
    for name, inside in (("a.npz", "signals.npy"), ("a.xlsx", "xl/worksheets/sheet1.xml")):
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for number in range(3 if name == "a.npz" else 1):
                with archive.open(f"{number or ''}{inside}", "w") as member:
                    for _ in range(1000):
                        member.write(bytes(1024**2))
    refused(tmp_path / "a.npz", "unpacks to", **SAID)
    with pytest.raises(UnreadableFile, match="unpacks to"):
        read_index(tmp_path / "a.xlsx", ("FileName",))


def test_a_deflated_dicom_that_unpacks_without_end_is_refused(tmp_path):
    dataset = dicom_dataset(syntax="1.2.840.10008.1.2.1.99")
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    whole = (tmp_path / "a.dcm").read_bytes()
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    start = 144 + int.from_bytes(whole[140:144], "little")
    bomb = b"".join(packer.compress(bytes(1024**2)) for _ in range(600)) + packer.flush()
    (tmp_path / "b.dcm").write_bytes(whole[:start] + bomb)
    refused(tmp_path / "b.dcm", "unpacks to more than 512 MB")


def test_a_cell_in_the_last_corner_of_a_sheet_fills_no_memory(tmp_path):
    for name, corner in (("a", "XFD1048576"), ("b", "XFD3")):
        book = Workbook()
        sheet = book.active
        sheet["A1"], sheet["B1"], sheet["A2"], sheet["B2"], sheet[corner] = "FileName", "Rhythm", "a", "SR", 1
        book.save(tmp_path / f"{name}.xlsx")
    began = time.perf_counter()
    with pytest.raises(UnreadableFile, match="more than 200,000 rows"):
        read_index(tmp_path / "a.xlsx", ("FileName", "Rhythm"))
    assert time.perf_counter() - began < 30
    rows = read_index(tmp_path / "b.xlsx", ("FileName", "Rhythm"))
    assert rows[0] == {"FileName": "a", "Rhythm": "SR"}


def test_a_table_of_labels_with_an_endless_cell_is_refused_and_not_quoted(tmp_path):
    for name in ("ptbxl_database.csv", "REFERENCE-v3.csv"):
        (tmp_path / name).write_text("ecg_id,scp_codes\n1," + "x" * 5_000_000 + "\n")
        with pytest.raises(UnreadableFile) as problem:
            read_index(tmp_path / name, ("ecg_id", "scp_codes"))
        assert len(str(problem.value)) < 500


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="not run, because this system has no named pipes")
@pytest.mark.parametrize("name", ["a.csv", "a.npy", "a.npz", "a.dcm", "a.edf", "a.xml", "r.hea", "r.dat", "a", "a.txt"])
def test_a_pipe_is_refused_and_nobody_waits(tmp_path, name):
    if name == "r.dat":
        write_wfdb(tmp_path).with_suffix(".dat").unlink()
    os.mkfifo(tmp_path / name)
    refused(tmp_path / ("r" if name.startswith("r.") else name), "no ordinary file|is missing", **SAID)
    if name == "r.hea":
        problems = []
        assert list(open_folder(tmp_path).records(problems.append)) == []
        assert "no ordinary file" in str(problems[0])
    with pytest.raises(EcgteachError):
        read_index(tmp_path / name, ("a",))


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="not run, because this system has no /dev/zero")
def test_a_device_is_refused(tmp_path):
    for device in ("/dev/zero", "/dev/null", "/dev/tty"):
        with pytest.raises(EcgteachError, match=r"no ordinary file|is missing"):
            read_record(device, **SAID)
    (tmp_path / "a.csv").symlink_to("/dev/zero")
    refused(tmp_path / "a.csv", "no ordinary file", **SAID)


NAMES = [
    "a" * 5000,
    "a" * 300 + ".csv",
    "x/" * 3000,
    "a\0b",
    "a\0b.csv",
    "\udcff.csv",
    "a\x1b[2J\r.csv",
    "a\u202ecsv.exe",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_name_that_is_too_long_or_moves_the_cursor_ends_in_a_clean_sentence(tmp_path, name):
    for path in (tmp_path / name, name):
        refused(path, "is missing|too long|no name that a file can have", **SAID)


def test_a_record_of_a_file_with_such_a_name_shows_none_of_its_signs(tmp_path):
    path = write_csv(tmp_path / "a\x1b[2J\nb.csv", "II\n" + "0.1\n" * 600)
    record = read_record(path, **SAID)
    assert record.id.startswith("own recording ")
    assert repr(record).isprintable()
    write_wfdb(tmp_path, "r\x1b[31m", file="r.dat")
    assert {repr(record).isprintable() for record in open_folder(tmp_path, keep_names=True)} == {True}
    assert open_folder(tmp_path, keep_names=True)[0].id == "r\\x1b[31m"


def test_signs_that_move_the_cursor_in_a_header_are_never_shown(tmp_path):
    lines = ["{file} 16 1000/mV 16 0 0 0 0 II", "{file} 16 100/mmHg\x1b[2J 16 0 0 0 0 A\x1b]0;owned\x07P"]
    record = read_record(write_wfdb(tmp_path, lines=lines))
    assert " ".join([*record.notes, *record.left_out, *record.left_out.values()]).isprintable()


def test_a_link_that_leads_to_itself_is_refused(tmp_path):
    (tmp_path / "a.csv").symlink_to(tmp_path / "a.csv")
    refused(tmp_path / "a.csv", "leads to itself|is missing", **SAID)


def test_a_console_that_cannot_print_a_files_name_still_gets_its_answer(tmp_path):
    path = write_csv(tmp_path / "Größe_心電図.csv", "II\n" + "0.1\n" * 10)
    settings = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    for arguments, code, said in (
        (["--rate", "500", "--unit", "mV"], 1, "holds 0.0 s; a strip needs 10 s"),
        ([], 1, "state it"),
        (["--rate", "500", "--unit", "mV", "--pad", "--quality", "any"], 0, "not for clinical use"),
    ):
        command = [sys.executable, "-m", "ecgteach", "explain", str(path), *arguments]
        ended = subprocess.run(command, capture_output=True, text=True, env=settings, check=False)
        assert ended.returncode == code, ended.stderr
        assert said in ended.stdout + ended.stderr
        assert "Traceback" not in ended.stderr


def test_what_a_library_raises_becomes_one_sentence_with_the_error_as_its_cause():
    class Odd(Exception):
        pass

    faults = {
        Odd("load it unsafely"): "damaged",
        MemoryError(): "memory",
        RecursionError(): "nested",
        EOFError("x"): "ends too early",
        UnicodeDecodeError("utf-8", b"a", 0, 1, "x"): "encoding",
    }
    for problem, word in faults.items():
        with (
            pytest.raises(UnreadableFile, match=f"a.bin is no readable thing: .*{word}") as told,
            reading("a.bin", "thing"),
        ):
            raise problem
        assert told.value.__cause__ is problem
        assert "unsafely" not in str(told.value)
    with pytest.raises(InvalidValue, match="ours"), reading("a.bin", "thing"):
        raise InvalidValue("ours")
    with pytest.raises(KeyboardInterrupt), reading("a.bin", "thing"):
        raise KeyboardInterrupt


def test_a_name_without_end_is_shown_with_its_middle_left_out():
    assert len(shown("a" * 10_000)) <= 300


def mutated(content, random):
    """One of the usual accidents: a changed bit or byte, a piece cut out, doubled, or filled with noise or zeros."""
    changed = bytearray(content)
    first = int(random.integers(len(changed)))
    last = min(len(changed), first + int(random.integers(1, 60)))
    kind = int(random.integers(6))
    if kind == 0:
        changed[first] ^= 1 << int(random.integers(8))
    elif kind == 1:
        changed[first:last] = bytes(last - first)
    elif kind == 2:
        del changed[first:last]
    elif kind == 3:
        changed[first:first] = changed[first:last]
    elif kind == 4:
        changed[first:last] = random.integers(0, 256, last - first, dtype=np.uint8).tobytes()
    else:
        del changed[first:]
    return bytes(changed)


@pytest.mark.parametrize("name", ["r.hea", "r.dat", "a.csv", "a.npy", "a.npz", "a.dcm", "a.edf", "a.xml"])
def test_a_few_damaged_files_of_each_format_end_in_a_record_or_a_sentence(tmp_path, name):
    small = two_leads()[:, :600]
    write_wfdb(tmp_path, record="r 2 500 600", signals=small)
    whole = {
        "a.csv": ("time,II,V1\n" + "\n".join(f"{n / 500},{y},{z}" for n, (y, z) in enumerate(small.T))).encode(),
        "a.edf": edf_bytes(signals=list(1000 * small), seconds=0.2),
        "a.xml": aecg_text({"MDC_ECG_LEAD_II": 400 * small[0]}).encode(),
    }
    if name == "a.npy":
        np.save(tmp_path / name, small)
    elif name == "a.npz":
        np.savez(tmp_path / name, signals=small)
    elif name == "a.dcm":
        stored = np.round(1000 * small).astype("<i2")
        dicom_dataset([{"signals": stored}]).save_as(tmp_path / name, enforce_file_format=True)
    elif name in whole:
        (tmp_path / name).write_bytes(whole[name])
    content = (tmp_path / name).read_bytes()
    said = SAID if name in ("a.npy", "a.npz") else {"unit": "mV"} if name == "a.csv" else {}
    random = np.random.default_rng(11)
    outcomes = set()
    for _ in range(40):
        (tmp_path / name).write_bytes(mutated(content, random))
        try:
            read_record(tmp_path / ("r" if name.startswith("r.") else name), **said)
            outcomes.add("read")
        except EcgteachError as problem:
            outcomes.add("refused")
            assert str(problem).isprintable()
    assert "refused" in outcomes
