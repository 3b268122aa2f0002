"""No server makes a fetch wait for ever, however it spins its answer out; and what came before is kept."""

import contextlib
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from data_fetch import FetchFailed, Patience
from tests.data_fetch import server
from tests.data_fetch.conftest import QUICK, within

OK = b"HTTP/1.1 200 OK\r\n"
BODY = OK + b"Content-Length: 1500\r\n\r\n"
CHUNKS = OK + b"Transfer-Encoding: chunked\r\n\r\n"

ENDLESS = {
    "a byte of the header every tenth of a second": (server.without_end(OK, b"x", 0.1), "it sent|did not begin"),
    "a header a moment, each a sound one": (server.without_end(OK, b"X-Next: 1\r\n", 0.02), "did not begin"),
    "interim answers, slowly": (server.without_end(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.02), "did not begin"),
    "interim answers, fast": (
        server.without_end(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 9000, 0),
        "headers without end, and no data|did not begin",
    ),
    "one byte a connection": (server.one_byte_a_connection, "the connection was cut"),
    "a byte of the file every tenth of a second": (server.without_end(BODY, b"x", 0.1), "it sent"),
    "silence": (server.without_end(b"", b"", 0.1), "no byte came"),
    "chunks that hold nothing but their extensions": (
        server.without_end(CHUNKS + b"5;", b"x" * 20, 0.1),
        "did not begin",
    ),
    "trailers after the last chunk": (
        server.without_end(CHUNKS + b"0\r\n", b"X-Next: 1\r\n" * 9000, 0),
        "headers without end, and no data",
    ),
    "a redirect with a body without end": (
        server.without_end(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n", b"x" * 9000, 0.01),
        "another place than asked for",
    ),
}


@pytest.mark.parametrize("attack", ENDLESS)
def test_an_answer_without_end_is_given_up_with_its_reason(desk, mirror, attack):
    fault, said = ENDLESS[attack]
    mirror.misbehave(fault, at="data/7.dat")
    with pytest.raises(FetchFailed, match=rf"data/7\.dat .*({said})"):
        within(15, lambda: desk.fetch(patience=replace(QUICK, tries=2)))
    assert desk.only_verified()
    assert mirror.paths["ludb/1.0.1/data/7.dat"] <= 3
    mirror.behave()
    desk.fetch()
    assert desk.complete()


@pytest.mark.parametrize("attack", ["a header a moment, each a sound one", "silence"])
def test_the_list_of_files_is_not_waited_for_either(desk, mirror, attack):
    mirror.misbehave(ENDLESS[attack][0])
    with pytest.raises(FetchFailed, match=r"SHA256SUMS\.txt could not be fetched: .*again later, or with --mirror"):
        within(10, desk.fetch)
    assert not desk.files


def test_the_time_for_a_file_ends_though_it_always_sends_enough_to_go_on(desk, mirror):
    def ever_the_same_fair_piece(handler, content):
        start = handler.start(content)
        handler.begin(content, start)
        handler.wfile.write(content[start : start + 150])
        time.sleep(0.2)
        handler.hang_up()
        return True

    mirror.misbehave(ever_the_same_fair_piece, at="data/7.dat")
    began = time.monotonic()
    with pytest.raises(
        FetchFailed, match=r"data/7\.dat could not be fetched: .* came in .* no longer is waited for.*kept"
    ):
        within(15, lambda: desk.fetch(patience=replace(QUICK, whole=0.5, average=10**9)))
    assert time.monotonic() - began < 5
    mirror.behave()
    mirror.asked.clear()
    desk.fetch()
    spans = [span for path, span in mirror.asked if path == "ludb/1.0.1/data/7.dat"]
    assert len(spans) == 1 and re.fullmatch(r"bytes=[1-9]\d+-", spans[0]), "it goes on where it was"
    assert desk.complete()


def test_a_pause_that_a_server_asks_for_ends_with_the_time_for_the_file(desk, mirror):
    mirror.misbehave(server.status(503, {"Retry-After": "3600"}), at="data/7.dat")
    began = time.monotonic()
    with pytest.raises(FetchFailed, match="no longer is waited for"):
        within(15, lambda: desk.fetch(patience=replace(QUICK, whole=0.4)))
    assert time.monotonic() - began < 5


def test_a_file_that_comes_at_an_average_speed_gets_all_the_time_it_needs(desk, mirror):
    mirror.misbehave(server.cut_at_each_tenth, at="data/7.dat")
    patience = replace(QUICK, whole=0.2, average=200)
    assert patience.seconds(0) == 0.2 and patience.seconds(1500) == pytest.approx(7.7)
    mirror.delay = 0.05
    desk.fetch(patience=patience)
    assert desk.complete()


def test_the_patience_of_a_learners_fetch_is_what_the_page_for_people_in_trouble_says():
    page = (Path(__file__).parents[2] / "TROUBLESHOOTING.md").read_text(encoding="utf-8")
    assert "a quarter of an hour, and as long as it likes while it comes at 4 kB a second" in " ".join(page.split())
    patience = Patience()
    assert patience.seconds(0) == 15 * 60
    assert patience.seconds(10**9) == 15 * 60 + 10**9 / 4000


@pytest.mark.parametrize(("times", "comes"), [(19, True), (21, False)])
def test_a_twentieth_of_the_file_is_a_fair_piece_and_less_is_not(desk, mirror, times, comes):
    piece = -(-1500 // times)

    def a_piece(handler, content):
        start = handler.start(content)
        handler.send_file(content, until=min(start + piece, len(content)))
        return True

    mirror.misbehave(a_piece, at="data/7.dat")
    with contextlib.nullcontext() if comes else pytest.raises(FetchFailed, match="the connection was cut, 2 times"):
        desk.fetch(patience=replace(QUICK, tries=2, pause=0.001))
    assert desk.complete() == comes
