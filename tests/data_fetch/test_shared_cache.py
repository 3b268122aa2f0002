"""One cache for several people and processes: fetches take turns, and what lies there is looked at before opening."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from data_fetch import FetchFailed, Refused, verify
from data_fetch.store import Journal, Store, workshop
from ecgteach.errors import EcgteachError, InvalidValue
from tests.data_fetch.conftest import within

FETCH = "import data_fetch, sys; data_fetch.fetch('ludb', {subset}, mirror={mirror!r}, to={to!r}, progress=False)"
pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="not run, because this system has no pipes in folders")


@pytest.fixture
def process(desk, mirror):
    started = []

    def start(subset=None):
        code = FETCH.format(subset=subset, mirror=mirror.url, to=str(desk.root))
        started.append(
            subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        )
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.communicate()


def wait_for(something, seconds=20):
    until = time.monotonic() + seconds
    while not something() and time.monotonic() < until:
        time.sleep(0.01)
    assert something()


def test_two_processes_on_one_cache_bring_every_file_once(desk, mirror, process):
    mirror.delay = 0.02
    both = [process(), process(5)]
    ends = [(one.communicate(timeout=60), one.returncode) for one in both]
    assert [code for _, code in ends] == [0, 0], ends
    assert desk.complete()
    assert set(mirror.paths.values()) == {1}
    assert verify("ludb", to=desk.root).ok


def test_when_one_of_two_is_killed_the_other_goes_on_with_what_came(desk, mirror, process):
    mirror.delay = 0.05
    first = process()
    wait_for(lambda: len(desk.files) > 5)
    second = process()
    time.sleep(1)
    os.kill(first.pid, signal.SIGKILL)
    there = set(desk.files)
    mirror.asked.clear()
    _, said = second.communicate(timeout=60)
    assert second.returncode == 0, said
    assert desk.complete()
    assert not there & set(mirror.paths)


def test_another_fetch_that_does_not_get_on_is_not_waited_for_for_ever(desk):
    with workshop(desk.root, "ludb", print):

        def second():
            with workshop(desk.root, "ludb", desk.heard.append, silent=0.3):
                pytest.fail("two at once")

        with pytest.raises(
            FetchFailed, match=r"another fetch holds .* changed nothing there for 0 s.*or choose another"
        ):
            within(10, second)
    assert len(desk.heard) == 1


def test_another_fetch_that_gets_on_is_waited_for(desk):
    entered = threading.Event()

    def second():
        with workshop(desk.root, "ludb", desk.heard.append, silent=0.6):
            entered.set()

    with workshop(desk.root, "ludb", print) as bench:
        waiting = threading.Thread(target=second, daemon=True)
        waiting.start()
        for number in range(15):
            (bench / f"parts/{number}").write_text("a file that comes")
            time.sleep(0.1)
        assert not entered.is_set()
    waiting.join(10)
    assert entered.is_set()


@pipes
@pytest.mark.parametrize(
    "place",
    [".fetch/ludb/1.0.1.json", "ludb/1.0.1/SHA256SUMS.txt", "ludb/1.0.1/data/7.dat", ".fetch/ludb/verified/data/7.dat"],
)
def test_a_pipe_in_the_way_is_neither_read_nor_waited_for(desk, place):
    path = desk.root / place
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    within(15, desk.fetch)
    assert desk.complete()


@pipes
def test_a_pipe_where_a_file_comes_in_is_replaced(desk, mirror):
    from data_fetch.progress import Progress
    from data_fetch.transport import Transport
    from tests.data_fetch.conftest import QUICK

    transport = Transport(
        desk.root, QUICK, hosts=(), largest=10**6, progress=Progress(print), stopped=threading.Event()
    )
    desk.root.mkdir()
    url = f"{mirror.url}/ludb/1.0.1/RECORDS"
    os.mkfifo(transport._part(url))
    assert within(5, lambda: transport.read(url, 10**6)).startswith(b"data/1")


@pytest.mark.skipif(sys.platform == "win32", reason="not run, because links need rights there")
@pytest.mark.parametrize("place", ["lock", "verified/1.0.1.json.part", "verified/SHA256SUMS.txt.part"])
def test_a_link_planted_in_the_workshop_is_not_written_through(desk, tmp_path, place):
    (tmp_path / "thesis.txt").write_text("two years of work")
    path = desk.root / ".fetch/ludb" / place
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "thesis.txt")
    try:
        desk.fetch()
    except Refused as problem:
        assert "is a link or a device, not the lock of a fetch. Remove it" in str(problem)
    assert (tmp_path / "thesis.txt").read_text() == "two years of work"


JOURNALS = {
    "no JSON": "{",
    "nothing": "null",
    "numbers": "[1, 2]",
    "brackets without end": "[" * 100_000,
    "another key": json.dumps({"surname": "x"}),
    "a number for a word": json.dumps({"address": 5, "asked": 5}),
    "samples that are none": json.dumps({"samples": 5}),
    "samples of numbers": json.dumps({"samples": {"4": [1, 2]}}),
    "an address that is none": json.dumps({"address": "http://[::1"}),
    "bytes": "\udcff\udcfe",
}


@pytest.mark.parametrize("content", JOURNALS)
def test_a_damaged_journal_is_taken_as_none(desk, content):
    desk.fetch(subset=4)
    path = desk.root / ".fetch/ludb/1.0.1.json"
    path.write_bytes(JOURNALS[content].encode("utf-8", "surrogateescape"))
    assert Store(desk.root, "ludb", "1.0.1").journal() == Journal()
    assert verify("ludb", to=desk.root).sound
    desk.fetch(subset=5)
    assert desk.only_verified()


def test_a_journal_without_end_is_not_read(desk, monkeypatch):
    monkeypatch.setattr("data_fetch.store.LARGEST_JOURNAL", 1000)
    desk.fetch(subset=4)
    path = desk.root / ".fetch/ludb/1.0.1.json"
    path.write_text(path.read_text() + " " * 1000)
    assert Store(desk.root, "ludb", "1.0.1").journal() == Journal()


@pytest.mark.parametrize("text", [b"", b"\x00" * 5000, b"<html>", b"0" * 64 + b"  ../../out\n"])
def test_a_damaged_list_in_the_folder_is_fetched_again(desk, mirror, text):
    desk.fetch()
    (desk.root / ".fetch/ludb/1.0.1.json").write_text(
        json.dumps({"address": f"{mirror.url}/ludb/1.0.1/", "asked": "1.0.1", "whole": True})
    )
    (desk.root / "ludb/1.0.1/SHA256SUMS.txt").write_bytes(text)
    with pytest.raises(EcgteachError, match=r"as it was published, to check against\. Fetch it"):
        verify("ludb", to=desk.root)
    desk.fetch()
    assert desk.complete()


@pytest.mark.parametrize("version", ["..", "../../out", "/etc", "a/b", "1.0.1\n", "", "con", "1" * 300, "a\x1b[31m"])
def test_a_version_is_a_name_and_leads_nowhere_else(desk, mirror, version):
    with pytest.raises(InvalidValue, match=r"is no version; it looks like 1\.0\.3") as caught:
        desk.fetch(version=version)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 200
    assert not mirror.asked and not desk.files


def test_logging_is_as_it_was_after_two_fetches_at_once(desk, mirror):
    names = ("pooch", "urllib3", "urllib3.connection", "urllib3.connectionpool")
    before = [(logging.getLogger(name).level, list(logging.getLogger(name).filters)) for name in names]
    mirror.delay = 0.01
    threads = [threading.Thread(target=desk.fetch, kwargs={"subset": subset}) for subset in (4, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert before == [(logging.getLogger(name).level, list(logging.getLogger(name).filters)) for name in names]
