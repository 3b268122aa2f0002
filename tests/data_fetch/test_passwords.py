"""A name and a password in a mirror's address: sent to that mirror, and never written or printed, whatever happens."""

import gc
import json
import logging
import traceback
from base64 import b64encode

import pytest

from data_fetch import FetchFailed, Refused, verify
from data_fetch.addresses import Login, mirrored, redirected, shown
from data_fetch.cli import main
from data_fetch.listing import Item, Listing
from tests.data_fetch import server
from tests.data_fetch.conftest import within
from tests.data_fetch.server import serving

GIVEN = "anna:s%65cret%2Fw%C3%B6rd"
NAME, PASSWORD = "anna", "secret/wörd"
HEADER = f"Basic {b64encode(f'{NAME}:{PASSWORD}'.encode()).decode()}"
SECRETS = ("secret", "s%65cret", "%2Fw", "w%C3%B6rd", "wörd", HEADER.removeprefix("Basic "))


def tells(text):
    """Which form of the password a text holds."""
    return [secret for secret in SECRETS if secret.lower() in text.lower()]


@pytest.fixture
def address(mirror):
    return mirror.url.replace("http://", f"http://{GIVEN}@")


@pytest.fixture
def locked(mirror):
    """A mirror that answers nobody but anna."""

    def wants_a_log_in(handler, content):
        if handler.headers.get("Authorization") == HEADER:
            return False
        handler.answer(401, b"who are you?", {"WWW-Authenticate": "Basic"})
        return True

    mirror.misbehave(wants_a_log_in)
    return mirror


def written(root):
    return "\n".join(
        f"{path} {path.read_bytes().decode('latin-1')}"
        for path in root.rglob("*")
        if path.is_file() and path.suffix != ".dat"
    )


def test_they_open_a_mirror_that_wants_them_and_are_nowhere_to_be_found_afterwards(
    desk, locked, address, caplog, capfd
):
    caplog.set_level(logging.DEBUG)
    desk.fetch(subset=4, mirror=address)
    desk.fetch(mirror=address)
    assert desk.complete()
    health = verify("ludb", to=desk.root)
    said = [*desk.heard, caplog.text, *capfd.readouterr(), written(desk.root), str(health), repr(health)]
    assert not [found for text in said for found in tells(text)]
    journal = json.loads((desk.root / ".fetch/ludb/1.0.1.json").read_text())
    assert journal["address"] == f"{locked.url}/ludb/1.0.1/"


def test_a_second_run_knows_the_place_again_with_and_without_them(desk, locked, address):
    desk.fetch(mirror=address)
    locked.asked.clear()
    desk.fetch(mirror=address)
    desk.fetch(mirror=locked.url)
    assert not locked.asked


def test_without_them_the_message_says_how_to_give_them(desk, locked):
    with pytest.raises(Refused, match=r"wants a log-in \(401\).*https://NAME:PASSWORD@host.*never written down"):
        desk.fetch()


def test_wrong_ones_are_called_wrong(desk, locked):
    with pytest.raises(Refused, match="does not let the name and password of the mirror's address in") as caught:
        desk.fetch(mirror=locked.url.replace("http://", "http://anna:secret@"))
    assert not tells(str(caught.value))


def echo(handler, content):
    handler.wfile.write(handler.requestline.encode() + b"\r\n" + bytes(handler.headers))
    handler.hang_up()
    return True


FAULTS = {
    "not there": server.status(404),
    "always busy": server.status(503),
    "wrong bytes": server.wrong_bytes,
    "log-in page": server.portal(),
    "garbage": server.raw(b"garbage"),
    "an echo of what was asked": echo,
    "a redirect elsewhere": server.redirect(f"http://{GIVEN}@127.0.0.1:1/x?key=secret"),
    "a redirect to half an address": server.redirect(f"http://{GIVEN}@[::1"),
    "a redirect to a path behind the password": server.redirect("http://anna:secret/word@127.0.0.1:port/"),
    "a redirect here with another password": server.redirect("/ludb/1.0.1/data/7.dat?key=secret"),
    "a length of words": server.raw(b"HTTP/1.1 200 OK", b"Content-Length: many", b""),
    "silence": server.silence,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_error_tells_them_nor_what_caused_it(desk, mirror, address, fault, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    mirror.misbehave(FAULTS[fault], at="data/7.dat")
    with pytest.raises(FetchFailed) as caught:
        within(10, lambda: desk.fetch(mirror=address))
    problem = caught.value
    chain = "".join(traceback.format_exception(problem))
    lines = "\n".join(line for line in chain.splitlines() if not line.startswith("    "))
    said = [str(problem), repr(problem), lines, *desk.heard, caplog.text, *capfd.readouterr(), written(desk.root)]
    assert not [found for text in said for found in tells(text)]


@pytest.mark.parametrize(
    "broken",
    [
        "http://anna:sec/ret@127.0.0.1:8000",
        "http://anna:sec?ret@127.0.0.1:8000",
        "http://anna:sec#ret@127.0.0.1:8000",
        "http://anna:sec ret@127.0.0.1:8000",
        "http://anna:[secret]@127.0.0.1:8000",
        "http://anna:secret@[::1",
        "http://anna:secret@127.0.0.1:99999",
        "http://anna:secret@127.0.0.1:port",
        "http://anna:secret@example.org",
        "https://anna:secret@exa mple.org",
        "https://anna:secret@",
        "https://anna:sec@ret@127.0.0.1:8000/?list",
        "anna:secret@example.org",
        "ftp://anna:secret@127.0.0.1",
        "https://anna:secret@a..b",
    ],
)
def test_no_broken_address_is_quoted_with_them(capsys, tmp_path, broken):
    with pytest.raises(SystemExit) as left:
        main(["ludb", "--mirror", broken, "--to", str(tmp_path)])
    said = capsys.readouterr()
    assert left.value.code == 1
    assert said.err.startswith("data_fetch: ") and said.err.count("\n") == 1
    assert not any(part in said.err + said.out for part in ("secret", "sec", "ret@"))


def test_nothing_that_holds_them_shows_them(desk, mirror, address):
    address, login = mirrored(address)
    assert address == mirror.url
    assert isinstance(login, Login) and login.header == HEADER
    assert not tells(repr(login)) and not tells(str(login))
    desk.fetch(mirror=f"http://{GIVEN}@{address.removeprefix('http://')}")
    assert not [one for one in gc.get_objects() if type(one) in (Listing, Item) and tells(repr(one))]


def test_they_are_sent_to_their_own_mirror_only(mirror, tree, tmp_path):
    import threading

    from data_fetch.progress import Progress
    from data_fetch.transport import Transport
    from tests.data_fetch.conftest import QUICK

    parts = tmp_path / "parts"
    parts.mkdir()
    with serving(tree) as other:
        transport = Transport(
            parts,
            QUICK,
            hosts=(),
            largest=10**6,
            progress=Progress(print),
            stopped=threading.Event(),
            login=Login(mirror.url, HEADER),
        )
        transport.read(f"{mirror.url}/ludb/1.0.1/RECORDS", 10**6)
        transport.read(f"{other.url}/ludb/1.0.1/RECORDS", 10**6)
        assert (mirror.logins, other.logins) == ([HEADER], [None])


def test_the_learners_own_netrc_is_not_read(desk, mirror, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login anna password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    desk.fetch(subset=4)
    assert set(mirror.logins) == {None}


def test_a_journal_of_an_earlier_time_that_holds_them_is_cleaned(desk, mirror, address):
    desk.fetch(subset=4)
    path = desk.root / ".fetch/ludb/1.0.1.json"
    journal = json.loads(path.read_text())
    path.write_text(json.dumps(journal | {"address": f"{address}/ludb/1.0.1/"}))
    assert not tells(str(verify("ludb", to=desk.root)))
    desk.fetch(subset=5)
    assert not tells(path.read_text())


def test_a_redirect_gives_no_new_ones_and_is_shown_without():
    base = "https://example.org/a"
    assert redirected(base, "https://eve:other@example.org/b", (), pytest.fail) == "https://example.org/b"
    with pytest.raises(Refused) as caught:
        redirected(base, "https://anna:secret@evil.example/b?key=secret", (), pytest.fail)
    assert "redirects to https://evil.example," in str(caught.value)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://anna:secret@example.org/a/b?key=secret#secret", "https://example.org/a/b"),
        ("https://anna:secret/@example.org/a", "https://example.org/a"),
        ("https://anna@example.org", "https://example.org"),
        ("anna:secret@example.org/a", "example.org/a"),
        ("http://127.0.0.1:8000/data/a@b.hea", "http://127.0.0.1:8000/data/a@b.hea"),
    ],
)
def test_an_address_is_shown_without_them(url, says):
    assert shown(url) == says
