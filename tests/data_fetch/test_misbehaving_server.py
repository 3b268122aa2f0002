"""Whatever a server or a network does: the final folder holds verified files only, and the message says what to do."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from data_fetch import Damaged, DiskFull, FetchFailed, NotThere, Patience, Refused, Unreachable, catalogue
from data_fetch.addresses import redirected
from tests.data_fetch import server

RECORDING = "ludb/1.0.1/data/7.dat"


def test_an_honest_server_gives_the_whole_set_and_a_second_run_downloads_nothing(desk, mirror):
    desk.fetch()
    assert desk.complete()
    assert max(mirror.paths.values()) == 1
    mirror.asked.clear()
    desk.fetch()
    assert not mirror.asked


def test_nothing_is_left_in_the_workshop_but_the_journal_and_the_lock(desk):
    desk.fetch()
    assert {path.name for path in (desk.root / ".fetch/ludb").iterdir()} == {"1.0.1.json", "lock"}


def test_a_file_that_is_not_there_is_named_and_the_rest_is_kept(desk, mirror):
    mirror.misbehave(server.status(404), at="data/7.dat")
    with pytest.raises(FetchFailed, match=r"1 of 14 .*data/7\.dat is not there \(404\).*Run the same command again"):
        desk.fetch()
    assert desk.only_verified()
    assert "7" not in desk.recordings and len(desk.recordings) == 11
    mirror.behave()
    mirror.asked.clear()
    desk.fetch()
    assert desk.complete()
    assert {path.rpartition(".")[0] for path in mirror.paths} == {"ludb/1.0.1/data/7"}


def test_a_set_that_is_not_there_is_said_with_what_to_check(desk):
    with pytest.raises(NotThere, match="Check --mirror and --version"):
        desk.fetch("mitdb")
    assert not desk.files


def test_errors_that_pass_are_waited_for(desk, mirror):
    mirror.misbehave(server.status(500), times=2)
    desk.fetch()
    assert desk.complete()


def test_a_server_that_asks_for_time_gets_it(desk, mirror):
    mirror.misbehave(server.status(429, {"Retry-After": "0"}), times=2)
    desk.fetch()
    assert desk.complete()


def test_errors_that_stay_end_it(desk, mirror):
    mirror.misbehave(server.status(503), at="data/7.dat")
    with pytest.raises(
        FetchFailed, match=r"data/7\.dat could not be fetched: the server says 503, 3 times in a row.*again"
    ):
        desk.fetch()
    assert desk.only_verified()


def test_a_connection_cut_at_every_tenth_of_every_file_is_taken_up_each_time(desk, mirror):
    mirror.misbehave(server.cut_at_each_tenth)
    desk.fetch(patience=Patience(read=1.0, tries=2, pause=0.001, workers=4))
    assert desk.complete()
    starts = [int(span[6:-1]) for path, span in mirror.asked if path == RECORDING and span]
    assert starts == [150 * tenth for tenth in range(1, 10)]


def test_a_server_that_cannot_resume_is_asked_from_the_start(desk, mirror):
    mirror.misbehave(server.cut_without_resuming, at="data/7.dat", times=1)
    mirror.misbehave(lambda handler, content: handler.answer(200, content) or True, at="data/7.dat")
    desk.fetch()
    assert desk.complete()


@pytest.mark.parametrize("fault", [server.drip, server.silence])
def test_a_server_slower_than_the_time_out_is_given_up(desk, mirror, fault):
    mirror.misbehave(fault, at="data/7.dat")
    began = time.monotonic()
    with pytest.raises(
        FetchFailed, match=r"data/7\.dat could not be fetched: (it sent|no byte came).*again later, or with --mirror"
    ):
        desk.fetch()
    assert time.monotonic() - began < 4
    assert desk.only_verified()


def test_a_stall_that_passes_is_taken_up_where_it_was(desk, mirror):
    mirror.misbehave(server.silence, at="data/7.dat", times=1)
    desk.fetch()
    assert desk.complete()
    assert (RECORDING, "bytes=750-") in mirror.asked


@pytest.mark.parametrize("fault", [server.wrong_bytes, server.wrong_length])
def test_a_file_that_is_not_what_its_checksum_says_is_thrown_away(desk, mirror, fault):
    mirror.misbehave(fault, at="data/7.dat")
    with pytest.raises(FetchFailed, match=r"data/7\.dat came twice with another checksum"):
        desk.fetch()
    assert desk.only_verified()
    assert "7" not in desk.recordings
    mirror.behave()
    desk.fetch()
    assert desk.complete()


def test_a_source_that_is_wrong_throughout_is_not_asked_for_everything(desk, mirror, tree):
    mirror.misbehave(server.wrong_bytes, at=".dat")
    mirror.misbehave(server.wrong_bytes, at=".hea")
    mirror.misbehave(server.wrong_bytes, at="RECORDS")
    with pytest.raises(FetchFailed, match="13 of 14 "):
        desk.fetch()
    assert set(desk.files) == {"ludb/1.0.1/ludb.csv", "ludb/1.0.1/SHA256SUMS.txt"}


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/octet-stream"])
@pytest.mark.parametrize("at", ["data/7.dat", ""])
def test_a_log_in_page_instead_of_data_is_called_by_its_name(desk, mirror, kind, at):
    mirror.misbehave(server.portal(kind), at=at)
    with pytest.raises((FetchFailed, Damaged), match=r"web page.*log in.*again|web page.*browser, log in"):
        desk.fetch()
    assert desk.only_verified()


@pytest.mark.parametrize(
    "target", ["http://localhost:1/x", "https://127.0.0.1/x", "http://login.example/x", "file:///etc/passwd"]
)
def test_a_redirect_to_another_place_is_refused_and_named(desk, mirror, target):
    mirror.misbehave(server.redirect(target), at="data/7.dat")
    with pytest.raises(Refused, match=r"data/7\.dat redirects to .*--mirror"):
        desk.fetch()
    assert desk.only_verified()


def test_a_redirect_on_the_same_host_is_followed(desk, mirror):
    mirror.misbehave(server.redirect("/ludb/1.0.1/data/8.dat"), at="data/7.dat")
    (mirror.root / RECORDING).write_bytes((mirror.root / "ludb/1.0.1/data/8.dat").read_bytes())
    from tests.data_fetch.conftest import write_sums

    write_sums(mirror.root / "ludb/1.0.1")
    desk.fetch()
    assert desk.complete()


def test_redirects_without_end_are_given_up(desk, mirror):
    mirror.misbehave(server.redirect(f"/{RECORDING}"), at="data/7.dat")
    with pytest.raises(FetchFailed, match="redirects again and again"):
        desk.fetch()


def test_a_redirect_to_a_host_that_the_catalogue_names_is_said():
    heard = []
    stores = ("store.example",)
    assert (
        redirected("https://a.example/1", "https://store.example/1", stores, heard.append) == "https://store.example/1"
    )
    assert heard == ["a.example sends on to store.example, which the catalogue names as its store."]
    for target in ("http://store.example/1", "https://store.example:8443/1", "https://store.example@evil.example/1"):
        with pytest.raises(Refused):
            redirected("https://a.example/1", target, stores, pytest.fail)


def test_a_file_without_end_is_not_read_on(desk, mirror, monkeypatch):
    monkeypatch.setitem(catalogue(), "ludb", replace(catalogue()["ludb"], size=1400))
    with pytest.raises(Refused, match=r"longer than anything in this data set should be"):
        desk.fetch()
    assert desk.only_verified()
    assert not any(path.stat().st_size > 1400 for path in (desk.root / ".fetch").rglob("*.part"))


def test_a_disk_that_is_too_small_is_seen_before_the_first_file(desk, mirror, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    with pytest.raises(DiskFull, match=r"0\.0 MB free.*nothing was downloaded.*--to.*--subset"):
        desk.fetch()
    assert set(mirror.paths) == {"ludb/1.0.1/SHA256SUMS.txt"}
    assert not desk.files


def test_a_disk_that_runs_full_keeps_what_is_complete(desk, mirror, monkeypatch):
    real_open, written = Path.open, []

    def open_on_a_small_disk(path, mode="r", **settings):
        file = real_open(path, mode, **settings)
        if path.suffix == ".part" and "b" in mode:
            real_write = file.write

            def write(block):
                written.append(len(block))
                if sum(written) > 9000:
                    raise OSError(errno.ENOSPC, "No space left on device")
                return real_write(block)

            return SmallDisk(file, write)
        return file

    monkeypatch.setattr(Path, "open", open_on_a_small_disk)
    with pytest.raises(DiskFull, match=r"is full\. Every file that is complete is kept.*same command again"):
        desk.fetch()
    assert desk.files and desk.only_verified()
    monkeypatch.undo()
    desk.fetch()
    assert desk.complete()


class SmallDisk:
    """A file whose writes are another function."""

    def __init__(self, file, write):
        self._file, self.write = file, write

    def __enter__(self):
        self._file.__enter__()
        return self

    def __exit__(self, *problem):
        return self._file.__exit__(*problem)

    def __getattr__(self, name):
        return getattr(self._file, name)


def test_two_fetches_of_the_same_set_at_once_bring_every_file_once(desk, mirror):
    mirror.delay = 0.01
    threads = [threading.Thread(target=desk.fetch) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert desk.complete()
    assert set(mirror.paths.values()) == {1}
    assert any("Another fetch of ludb" in said for said in desk.heard)


def test_a_fetch_killed_in_the_middle_goes_on_where_it_was(desk, mirror):
    mirror.delay = 0.05
    code = f"import data_fetch; data_fetch.fetch('ludb', mirror={mirror.url!r}, to={str(desk.root)!r}, progress=False)"
    for least in (6, 20):
        started = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while len(desk.files) < least and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(started.pid, signal.SIGKILL)
        started.wait()
        assert least <= len(desk.files) < 39
        assert desk.only_verified()
    there = set(desk.files)
    mirror.delay = 0.0
    mirror.asked.clear()
    desk.fetch()
    assert desk.complete()
    assert not there & set(mirror.paths), "what was there already is not downloaded again"


def test_without_a_network_one_sentence_says_so_and_names_the_mirror(desk):
    with pytest.raises(
        Unreachable, match=r"^There is no connection to 127\.0\.0\.1 .*the course runs.*--mirror URL\.$"
    ):
        desk.fetch(mirror="http://127.0.0.1:9")
    assert not desk.files


def test_a_server_that_dies_on_the_way_leaves_verified_files(desk, mirror):
    def die(handler, content):
        handler.hang_up()
        return sum(mirror.paths.values()) > 20

    mirror.misbehave(die, at=".dat")
    with pytest.raises((FetchFailed, Unreachable), match=r"again|mirror"):
        desk.fetch()
    assert desk.only_verified()


@pytest.mark.parametrize(
    "path", ["../../out", "/etc/out", "data/../../out", "C:/out", "data\\..\\out", "a//b", "data/con\n"]
)
def test_no_path_of_a_server_leads_outside_the_folder(desk, mirror, tree, path):
    sums = tree / "ludb/1.0.1/SHA256SUMS.txt"
    sums.write_text(f"{sums.read_text()}{'0' * 64}  {path.encode('unicode_escape').decode()}\n")
    with pytest.raises((Refused, Damaged)):
        desk.fetch()
    assert not desk.files


@pytest.mark.skipif(sys.platform == "win32", reason="not run, because links need rights there")
def test_a_link_in_the_folder_is_not_followed_outside(desk, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (desk.root / "ludb/1.0.1").mkdir(parents=True)
    (desk.root / "ludb/1.0.1/data").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refused, match="through a link"):
        desk.fetch()
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize(
    "mirror_url",
    ["http://physionet.org", "ftp://127.0.0.1", "file:///data", "/media/stick", "http://127.0.0.1.example"],
)
def test_only_https_or_this_very_machine_is_asked(desk, mirror_url):
    with pytest.raises(Refused, match=r"https|no web address"):
        desk.fetch(mirror=mirror_url)


def test_a_folder_where_nothing_can_be_written_is_said(desk, tmp_path):
    desk.root = tmp_path / "file"
    desk.root.write_text("in the way")
    with pytest.raises(FetchFailed, match="another place with --to"):
        desk.fetch()
