"""Whatever a server answers, the reason is the true one, in clean words, and none of its bytes reach a terminal."""

import traceback

import pytest

from data_fetch import Damaged, FetchFailed, NotThere, Refused
from data_fetch.addresses import check_address, mirrored, shown
from data_fetch.errors import plain, quoted
from tests.data_fetch import server
from tests.data_fetch.conftest import within
from tests.data_fetch.server import raw

OK = b"HTTP/1.1 200 OK"
BYTES = bytes(range(256)) * 6

MALFORMED = {
    "a redirect to half an address": (server.redirect("http://[::1"), r"redirects to 'http://\[::1', which is no web"),
    "a redirect to a port of words": (server.redirect("http://127.0.0.1:port/"), "which is no web address"),
    "a redirect to port 99999": (server.redirect("http://127.0.0.1:99999/"), "which is no web address"),
    "a redirect to a host of 300 letters": (server.redirect(f"https://{'a' * 300}/"), "which is no web address"),
    "a redirect with control characters": (
        raw(b"HTTP/1.1 302 Found", b"Location: http://127.0.0.1/\x1b[31m\x07"),
        "which is no web address",
    ),
    "a wait of words": (server.status(503, {"Retry-After": "tomorrow"}), "the server says 503, 3 times"),
    "a wait in a strange digit": (server.status(503, {"Retry-After": "\u00b2"}), "the server says 503, 3 times"),
    "a wait below nothing": (server.status(503, {"Retry-After": "-5"}), "the server says 503, 3 times"),
    "a wait until yesterday": (
        server.status(503, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}),
        "the server says 503, 3 times",
    ),
    "a wait until no date": (server.status(503, {"Retry-After": "Wed, 99 Oct 99999 07:28:00"}), "says 503, 3 times"),
    "a length of words": (raw(OK, b"Content-Length: many", b"", body=BYTES), r"a length that is none \('many'\)"),
    "a length below nothing": (raw(OK, b"Content-Length: -5", b"", body=BYTES), r"a length that is none \('-5'\)"),
    "a length in a strange digit": (raw(OK, b"Content-Length: \xb2", b"", body=BYTES), "a length that is none"),
    "a length of a million digits": (raw(OK, b"Content-Length: " + b"9" * 60_000, b"", body=BYTES), "a length that is"),
    "a length of 10 to the 12": (
        raw(OK, b"Content-Length: 1000000000000", b""),
        "longer than anything in this data set",
    ),
    "two lengths": (
        raw(OK, b"Content-Length: 5", b"Content-Length: 6", b"", body=BYTES),
        "two lengths that contradict",
    ),
    "a part of nothing": (
        raw(b"HTTP/1.1 206 Part", b"Content-Range: \xb2-/x", b"", body=BYTES),
        "another place than asked",
    ),
    "garbage": (raw(body=b"\x1b[31m\x07\x00\xff garbage\n\n"), "what it answers is no HTTP"),
    "another protocol": (raw(b"SSH-2.0-OpenSSH_9.6"), "what it answers is no HTTP"),
    "a status of words": (raw(b"HTTP/1.1 fine OK", b""), "what it answers is no HTTP"),
    "a status of five digits": (raw(b"HTTP/1.1 99999 OK", b""), "what it answers is no HTTP"),
    "a status that says nothing": (raw(b"HTTP/1.1 299 \x1b[31mOK", b""), "answers 299, which is no data"),
    "too many headers": (raw(OK, *[b"X-%d: 1" % number for number in range(500)], b""), "more headers than any answer"),
    "a header line without end": (raw(OK, b"X: " + b"x" * 100_000, b""), "a line without end where a header should be"),
    "headers that are none": (
        raw(OK, b"\x1b[31m\x07 no header", b"\xff: \x00", b"Content-Length: 9", b""),
        "headers are none",
    ),
    "chunks of a wrong length": (
        raw(OK, b"Transfer-Encoding: chunked", b"", b"many", body=BYTES),
        "connection was cut",
    ),
    "nothing at all": (raw(), "closed the connection without an answer"),
    "a page in capitals": (server.portal("TEXT/HTML"), "web page instead of data"),
}


def clean(text):
    return all(line.isprintable() for line in text.splitlines())


@pytest.mark.parametrize("attack", MALFORMED)
def test_a_malformed_answer_is_called_what_it_is(desk, mirror, attack, capfd):
    fault, said = MALFORMED[attack]
    mirror.misbehave(fault, at="data/7.dat")
    with pytest.raises(FetchFailed, match=said) as caught:
        within(10, desk.fetch)
    message = str(caught.value)
    assert message.isprintable() and len(message) < 700
    assert clean("".join(traceback.format_exception(caught.value)))
    assert "came twice" not in message and "cannot be written" not in message
    assert all(clean(one) for one in desk.heard)
    assert clean("".join(capfd.readouterr()))
    assert desk.only_verified()
    mirror.behave()
    desk.fetch()
    assert desk.complete()


BROKEN = {
    "http://[::1": "no web address",
    "http://127.0.0.1:99999": "no web address",
    "http://127.0.0.1:port": "no web address",
    "http://127.0.0.1:0": "no web address",
    "http://127.0.0.1:8000/a b": "no web address",
    "https://exa mple.org": "no web address",
    "https://example.org\x1b[31m": "no web address",
    "https://example.org\n.evil.example": "no web address",
    "https://a..b": "no web address",
    f"https://{'a' * 300}.org": "no web address",
    "https://": "no web address",
    "https:example.org": "no web address",
    "example.org/data": "no web address",
    "https://example.org\\data": "no web address",
    "https://example.org/data?list=1": r"holds a \? or a #",
    "https://example.org/data#top": r"holds a \? or a #",
}


@pytest.mark.parametrize("address", BROKEN)
def test_a_broken_mirror_address_is_said_before_anything_is_asked(desk, address):
    with pytest.raises(Refused, match=BROKEN[address]) as caught:
        within(5, lambda: desk.fetch(mirror=address))
    assert str(caught.value).isprintable() and len(str(caught.value)) < 700
    assert not desk.files


def test_https_that_meets_plain_http_says_so(desk, mirror):
    with pytest.raises(FetchFailed, match="does not speak TLS as https asks for") as caught:
        desk.fetch(mirror=mirror.url.replace("http:", "https:"))
    assert "certificate" not in str(caught.value)


def test_certificates_that_are_not_there_are_said(desk, monkeypatch, tmp_path):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    with pytest.raises(FetchFailed, match="REQUESTS_CA_BUNDLE names is not there"):
        desk.fetch(mirror="https://example.invalid")


def test_a_proxy_that_refuses_is_said_to_be_the_proxy(desk, mirror, monkeypatch):
    monkeypatch.setenv("https_proxy", mirror.url)
    with pytest.raises(FetchFailed, match=r"this machine's proxy \(https_proxy\) did not let it through"):
        within(10, lambda: desk.fetch(mirror="https://example.invalid"))


def test_what_a_stranger_wrote_is_shown_plain_and_short():
    assert plain("a\x1b[31m\u202eb\u2028\x00") == "a?[31m?b??"
    assert quoted("x" * 10**6) == f"'{'x' * 60} ...'"
    assert str(Damaged("a\nb\x07")) == "a?b?"
    assert len(shown("https://example.org/" + "a" * 10**6)) < 320


@pytest.mark.parametrize(
    "address", ["https://example.org", "http://127.0.0.1:8000", "http://[::1]:8000/data", "https://exämple.org/a/"]
)
def test_sound_addresses_pass(address):
    assert mirrored(address) == (address.rstrip("/"), None)
    check_address(address)


def test_an_index_page_with_absurd_numbers_names_no_version(desk, mirror, tree):
    (tree / "ludb/1.0.1").rename(tree / "ludb/moved")
    page = f'<a href="{"9" * 10_000}/">x</a> <a href="{"1." * 50_000}/">y</a> <a href="\u0662/">z</a>'.encode()
    mirror.misbehave(lambda handler, content: handler.answer(200, page) or True, at="ludb/")
    with pytest.raises(NotThere, match="has no index that names a version"):
        within(10, desk.fetch)
