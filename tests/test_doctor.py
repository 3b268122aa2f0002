from pathlib import Path

from ecgteach import doctor
from ecgteach.doctor import Inspection, examine


def test_what_is_missing_comes_with_what_to_do(monkeypatch):
    monkeypatch.setattr(doctor, "LIBRARIES", ("numpy", "bokeh-of-tomorrow"))
    found = {finding.subject: finding for finding in examine()}
    assert found["numpy"].good
    assert not found["bokeh-of-tomorrow"].good
    assert "pip install" in str(found["bokeh-of-tomorrow"])


def test_too_many_threads_are_a_finding(monkeypatch):
    monkeypatch.setattr(doctor, "available_cores", lambda: 0)
    threads = next(finding for finding in examine() if finding.subject == "threads")
    assert not threads.good
    assert "OMP_NUM_THREADS" in threads.advice


def test_damaged_weights_are_a_finding(monkeypatch, tmp_path):
    monkeypatch.setattr("ecgteach.models.weights.FOLDER", str(tmp_path))
    findings = [finding for finding in examine() if "weights" in finding.subject]
    assert [finding.good for finding in findings] == [False, False]
    assert all("install ecgteach again" in finding.advice for finding in findings)


def test_a_missing_data_set_is_no_fault_but_says_how_to_have_it(monkeypatch, tmp_path):
    monkeypatch.setenv("ECGTEACH_DATA", str(tmp_path))
    monkeypatch.setenv("ECGTEACH_CACHE", str(tmp_path))
    line = next(finding for finding in examine() if finding.subject == "ludb")
    assert line.good
    assert "python -m data_fetch ludb" in line.found


def test_cores_are_those_that_the_container_gives(monkeypatch):
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: "150000 100000")
    assert doctor.available_cores() in (1, 2)
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: "100000 100000")
    assert doctor.available_cores() == 1


def test_a_finding_reads_as_one_line():
    assert str(Inspection("torch", "2.13")) == "ok    torch          2.13"
