"""Lists of files, as servers write them: read exactly, and never believed to be paths before they are looked at."""

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_fetch import Damaged, NotThere, Refused
from data_fetch.catalogue import entry
from data_fetch.listing import locate, parse_sums, safe_path

SUM = "ab" * 32
NAMES = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=8)


def source(**pages):
    """A reader of small documents that holds these, by the end of their address."""

    def read(url, largest):
        for ending, text in pages.items():
            if url.endswith(ending):
                return text.encode()
        raise NotThere(url)

    return read


def test_both_forms_of_a_checksum_line_are_read():
    text = f"{SUM} data/1.hea\n{SUM.upper()} *data/1.dat\r\n\n{SUM}  ./RECORDS\n".encode()
    assert parse_sums(text, "a list") == dict.fromkeys(("data/1.hea", "data/1.dat", "RECORDS"), SUM)


@pytest.mark.parametrize("text", [b"", b"\n", b"<html>log in</html>", b"12 data/1.hea\n", b"\x00\xff\xfe"])
def test_what_is_no_list_is_refused_with_its_first_words(text):
    with pytest.raises(Damaged, match="a list"):
        parse_sums(text, "a list")


@given(st.lists(NAMES, min_size=1, max_size=4))
def test_an_ordinary_path_stays_as_it_is(parts):
    assert safe_path("/".join(parts), "a list") == "/".join(parts)


@given(st.text(max_size=30))
def test_whatever_passes_stays_below_the_folder(path):
    try:
        kept = safe_path(path, "a list")
    except Refused:
        return
    folder = Path("/data/set")
    assert (folder / kept).resolve().is_relative_to(folder)
    assert (folder / kept).resolve() != folder


def test_the_version_of_the_catalogue_is_asked_for_first():
    read = source(**{"ludb/1.0.1/SHA256SUMS.txt": f"{SUM} a\n", "ludb/": '<a href="9.0.0/">'})
    found = locate(entry("ludb"), read, mirror="https://copy.example/physio", version=None, say=pytest.fail)
    assert (found.version, found.items["a"].url) == ("1.0.1", "https://copy.example/physio/ludb/1.0.1/a")


def test_a_mirror_with_another_version_is_used_and_said():
    index = '<A HREF="1.0.2/">x</A> <a href="1.0.10/">y</a> <a href="../">up</a> <a href="RECORDS">z</a>'
    read = source(**{"ptb-xl/1.0.10/SHA256SUMS.txt": f"{SUM} a\n", "ptb-xl/": index})
    heard = []
    found = locate(entry("ptb-xl"), read, mirror="https://copy.example", version=None, say=heard.append)
    assert found.version == "1.0.10"
    assert heard == [
        "https://copy.example/ptb-xl/ holds ptb-xl 1.0.10, not 1.0.3, the version of the catalogue: 1.0.10 is fetched."
    ]


def test_a_version_that_was_asked_for_is_not_replaced_by_another():
    read = source(**{"ptb-xl/1.0.1/SHA256SUMS.txt": f"{SUM} a\n", "ptb-xl/": '<a href="1.0.1/">'})
    with pytest.raises(NotThere, match=r"1\.0\.2/SHA256SUMS\.txt is not there; it has 1\.0\.1\. Check --mirror"):
        locate(entry("ptb-xl"), read, mirror="https://copy.example", version="1.0.2", say=pytest.fail)


def test_names_that_need_it_are_quoted_in_addresses():
    read = source(**{"SHA256SUMS.txt": f"{SUM} a b#1.hea\n"})
    found = locate(entry("ludb"), read, mirror=None, version=None, say=pytest.fail)
    assert found.items["a b#1.hea"].url == "https://physionet.org/files/ludb/1.0.1/a%20b%231.hea"
