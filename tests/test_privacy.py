"""Whose recording it is stays in the file: names planted wherever a file holds them come out nowhere.

And nothing that reads, explains or draws a recording opens a connection.
"""

import re
import subprocess
import sys
import zlib
from base64 import b64decode
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Text
from record_files import aecg_text, dicom_dataset, edf_bytes, lines_of, two_leads, write_csv, write_wfdb

import ecgteach
from ecgteach.cli import main
from ecgteach.records import open_folder, read_record
from ecgteach.waves import attention_by_wave, delineate, sentence

GIVEN, FAMILY, BORN, NUMBER, DOCTOR, TOWN = "Quillema", "Zzyzxson", "19500229", "PID7781", "Wrxlbrum", "Ghlottenau"
PLANTED = (GIVEN, FAMILY, BORN, "1950-02-29", "29-FEB-1950", NUMBER, DOCTOR, TOWN)
NAMED = f"{FAMILY}_{GIVEN}_{BORN}"


def dicom(folder):
    dataset = dicom_dataset(patient=f"{FAMILY}^{GIVEN}")
    dataset.PatientID, dataset.PatientBirthDate, dataset.PatientComments = NUMBER, BORN, f"sister of {GIVEN}"
    dataset.OperatorsName = dataset.ReferringPhysicianName = f"{DOCTOR}^{DOCTOR}"
    dataset.InstitutionName, dataset.InstitutionAddress, dataset.AccessionNumber = TOWN, TOWN, NUMBER
    path = folder / f"{NAMED}.dcm"
    dataset.save_as(path, enforce_file_format=True)
    return path


def edf(folder):
    path = folder / f"{NAMED}.edf"
    path.write_bytes(edf_bytes(patient=f"{NUMBER} F 29-FEB-1950 {FAMILY}_{GIVEN}"))
    return path


def aecg(folder):
    path = folder / f"{NAMED}.xml"
    subject = f'<subject><name>{FAMILY} {GIVEN}</name><birthTime value="{BORN}"/><id root="{NUMBER}"/></subject>'
    path.write_text(aecg_text(more=f"<author>{DOCTOR}, {TOWN}</author>").replace("<subject>", f"{subject}<subject>"))
    return path


def wfdb(folder):
    stem = write_wfdb(folder, NAMED)
    with stem.with_suffix(".hea").open("a") as header:
        header.write(f"# Name: {FAMILY}, {GIVEN}\n# Born: {BORN}\n# Dx: 426783006\n# {DOCTOR} {TOWN} {NUMBER}\n")
    return stem


def csv(folder):
    above = f"Name,{FAMILY} {GIVEN}\nDate of birth,1950-02-29\nPatient,{NUMBER}\nDoctor,{DOCTOR}\n"
    above += "Sample rate,500\nUnit,mV\n\nII,V1\n"
    return write_csv(folder / f"{NAMED}.csv", above + lines_of(two_leads()))


def numpy(folder):
    path = folder / f"{NAMED}.npz"
    np.savez(path, signals=two_leads()[:1], sampling_rate=500, unit="mV")
    return path


FILES = (dicom, edf, aecg, wfdb, csv, numpy)


@pytest.fixture(params=FILES, ids=lambda write: write.__name__)
def brought(request, tmp_path):
    """A recording that somebody brings, in a folder that bears a name too."""
    folder = tmp_path / f"{FAMILY}s ECGs"
    folder.mkdir()
    return request.param(folder)


def clean(*texts):
    """Every one of these texts holds nothing that was planted, in any letters."""
    for text in texts:
        told = [name for name in PLANTED if name.casefold() in unescape(text).casefold()]
        assert not told, f"{told} in {text[:2000]}"
        assert text


def inside(content):
    """A file as text, with what is compressed in a PNG or a PDF laid open."""
    parts = [content]
    for packed in re.findall(rb"stream\r?\n(.*?)endstream|[iz]TXt[^\0]*\0\0?\0?(.*?)(?=IDAT|IEND)", content, re.DOTALL):
        for part in filter(None, packed):
            try:
                parts.append(zlib.decompressobj().decompress(part))
            except zlib.error:
                continue
    return b"\n".join(parts).decode("latin-1")


def bundle_texts(thing):
    held = thing._repr_mimebundle_(include=None, exclude=None)
    return [inside(b64decode(text)) if kind == "image/png" else text for kind, text in held.items()]


def test_a_record_is_named_neutrally_and_says_nothing_of_whom_it_is(brought):
    record = read_record(brought)
    assert re.fullmatch(r"own recording \d+", record.id)
    assert read_record(brought).id == record.id
    labels = [str(label) for label in record.labels]
    clean(repr(record), record.name, record.source, *bundle_texts(record), " ".join([*labels, *record.notes, "."]))
    clean(str(record.lead_names), str(dict(record.left_out)), str(record.annotations), record.patient or "-")


def test_two_files_have_two_names_and_who_asks_for_another_gets_it(tmp_path):
    one, other = csv(tmp_path), dicom(tmp_path)
    assert read_record(one).id != read_record(other).id
    assert read_record(one, name="the first of May").id == "the first of May"


def test_nothing_that_was_planted_comes_out_of_any_output(brought, tmp_path):
    record = read_record(brought)
    strip = record.strip()
    seen = ecgteach.explain(strip)
    report, waves = ecgteach.trust(seen), delineate(strip)
    attention = attention_by_wave(seen)
    clean(*map(repr, (strip, seen, report, waves, attention)), sentence(seen), str(report.to_json()))
    for thing in (strip, seen, report, waves, attention):
        clean(*bundle_texts(thing))
    for picture in (strip.plot(), seen.plot()):
        clean(picture.alt, repr(picture), *(found.get_text() or "-" for found in picture.figure.findobj(Text)))
        for ending in ("png", "svg", "pdf"):
            clean(inside(picture.save(tmp_path / f"figure.{ending}").read_bytes()))
    seen.save(tmp_path / "seen.json")
    clean((tmp_path / "seen.json").read_text())
    clean(repr(ecgteach.Explanation.load(tmp_path / "seen.json")))


def test_the_command_line_says_nothing_either(brought, tmp_path, capsys):
    figure, held = tmp_path / "figure.svg", tmp_path / "held.json"
    for command in ("explain", "trust", "sentence"):
        written = ["--out", str(figure), "--json", str(held)] if command == "explain" else []
        try:
            main([command, str(brought), *written])
        except SystemExit as ended:
            assert not ended.code
        clean(capsys.readouterr().out)
    clean(figure.read_text(), held.read_text())


def test_the_command_line_takes_a_name(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["sentence", str(csv(tmp_path)), "--name", "ward round"])
    with pytest.raises(SystemExit):
        main(["explain", str(csv(tmp_path)), "--name", "ward round"])
    assert "ward round" in capsys.readouterr().out


def test_the_recordings_of_a_folder_are_numbered_unless_their_names_are_asked_for(tmp_path):
    folder = tmp_path / f"{FAMILY} family"
    folder.mkdir()
    wfdb(folder)
    write_wfdb(folder, f"A_{GIVEN}")
    found = open_folder(folder)
    assert found.ids == ("own recording 1", "own recording 2")
    assert [entry.path.name for entry in found.entries] == [f"A_{GIVEN}", NAMED]
    clean(repr(found), found.source, *(repr(record) for record in found), *(repr(strip) for strip in found.strips()))
    assert open_folder(folder, keep_names=True).ids == (f"A_{GIVEN}", NAMED)


def test_a_published_recording_keeps_its_name(tmp_path):
    folder = tmp_path / "mitdb" / "1.0.0"
    folder.mkdir(parents=True)
    stem = write_wfdb(folder, "100")
    assert read_record(stem).name == "mitdb/100"


OFFLINE = """
import sys

def forbid(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        raise SystemExit(f"{event} {arguments}")

sys.addaudithook(forbid)
import ecgteach, ecgteach.widgets
from ecgteach.records import read_record
from ecgteach.waves import sentence

strip = read_record(sys.argv[1]).strip()
seen = ecgteach.explain(strip)
ecgteach.trust(seen)
sentence(seen)
for thing in (strip, seen):
    thing._repr_mimebundle_()
    thing.plot().save(sys.argv[2])
ecgteach.widgets.CaseExplorer()
print("not one connection")
"""


def test_nothing_opens_a_connection_while_importing_reading_explaining_drawing_or_opening_a_widget(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE, str(csv(tmp_path)), str(tmp_path / "figure.png")],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(ecgteach.__file__).parent.parent,
    )
    assert done.stdout.strip() == "not one connection", done.stdout + done.stderr


def test_the_watch_over_connections_would_see_one():
    call = OFFLINE.partition("import ecgteach")[0] + "import socket\nsocket.create_connection(('127.0.0.1', 9))"
    done = subprocess.run([sys.executable, "-c", call], capture_output=True, text=True, check=False)
    assert "socket." in done.stderr and done.returncode
