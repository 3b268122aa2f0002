"""Lists of files, as servers write them: read exactly, and never believed to be paths before they are looked at."""

import contextlib
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_fetch import Damaged, NotThere, Refused
from data_fetch.catalogue import entry
from data_fetch.labels import from_table
from data_fetch.listing import locate, parse_sums, safe_path
from tests.data_fetch.conftest import within

SUM = "ab" * 32
DEVICES = ("con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10)))
NAMES = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=8).filter(
    lambda name: name.lower() not in DEVICES
)


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


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("x" * 100_000, "is no checksum and path"),
        (f"{SUM}{'x' * 100}", "is no checksum and path"),
        (f"{SUM}  {'x/' * 100_000}", "is no checksum and path"),
        (f"{SUM}  {'x' * 300}", "too long for a disk"),
        (f"{SUM}  {'ü' * 200}", "too long for a disk"),
        (f"{SUM}  a\x1b[31m", "could lead outside the folder or to a device"),
        (f"{SUM}  a\u2028b", "could lead outside the folder or to a device"),
        (f"{SUM}  a\u202egpj.exe", "could lead outside the folder or to a device"),
        (f"{SUM}  data/aux.hea", "could lead outside the folder or to a device"),
        (f"{SUM}  PRN", "could lead outside the folder or to a device"),
        (f"{SUM}  a\n{SUM}  a/b", "'a' as a file and as a folder"),
        (f"{SUM}  a/b/c\n{SUM}  a", "'a' as a file and as a folder"),
        (f"{SUM}  a\n{'cd' * 32}  a", "has two checksums of 'a'"),
        ("\x1b[31m\x07", "is no checksum and path"),
    ],
)
def test_a_line_that_no_list_should_have_is_refused_in_clean_and_few_words(line, said):
    with pytest.raises((Damaged, Refused), match=said) as caught:
        parse_sums(line.encode(), "a list")
    assert str(caught.value).isprintable() and len(str(caught.value)) < 250


def test_reading_a_list_takes_time_by_its_length_not_by_its_square():
    hostile = [
        f"{SUM}  a{' ' * 900}b\n".encode() * 2000,
        f"{SUM}{' ' * 400_000}b\n".encode(),
        f"{SUM}  a{' ' * 400_000}b".encode(),
        b"\n" * 3_000_000 + f"{SUM}  a".encode(),
        f"{SUM}  {'a/' * 400}b\n".encode() * 500,
    ]
    for text in hostile:
        with contextlib.suppress(Damaged, Refused):
            within(10, lambda text=text: parse_sums(text, "a list"))


def test_a_list_is_not_read_on_beyond_what_the_data_set_can_need():
    asked = {}

    def read(url, largest):
        asked[url] = largest
        return f"{SUM} a\n".encode()

    for name in ("ludb", "mimic-iv-ecg"):
        locate(entry(name), read, mirror="https://copy.example", version=None, say=pytest.fail)
    assert list(asked.values()) == [1_400_000, 400_000_000]


@given(st.binary(max_size=300))
def test_whatever_bytes_a_list_has_it_is_read_or_refused(text):
    try:
        sums = parse_sums(text, "a list")
    except (Damaged, Refused) as problem:
        assert str(problem).isprintable()
        return
    assert sums


TABLES = {
    "brackets": (
        b"ecg_id,patient_id,scp_codes,filename_lr,filename_hr\n1,1," + b"[" * 4000 + b",a,b\n",
        "not the table",
    ),
    "a long mapping": (
        b"ecg_id,patient_id,scp_codes,filename_lr,filename_hr\n1,1," + b"1" * 90_000 + b",a,b\n",
        "90,000",
    ),
    "a number": (b"ecg_id,patient_id,scp_codes,filename_lr,filename_hr\n1,1,5,a,b\n", "not the table"),
    "lists of lists": (b"ecg_id,patient_id,scp_codes,filename_lr,filename_hr\n1,1,[[]],a,b\n", "not the table"),
    "a long cell": (b"ecg_id,patient_id,scp_codes\n1,1," + b"x" * 200_000, "field larger than field limit"),
    "other columns": (b"surname,given\nx,y\n", "no 'ecg_id'"),
    "a number of many digits": (
        b"ecg_id,patient_id,scp_codes,filename_lr,filename_hr\n1,1," + b"{" + b"9" * 4900 + b": 1},a,b\n",
        "not the table",
    ),
    "control characters": (
        b"ecg_id,patient_id,scp_codes,filename_lr,filename_hr\n1,1,\x1b[31m\x07,a,b\n",
        "not the table",
    ),
}


@pytest.mark.parametrize("attack", TABLES)
def test_a_table_of_labels_that_is_none_is_said_in_clean_and_few_words(attack):
    text, said = TABLES[attack]
    with pytest.raises(Damaged, match=said) as caught:
        from_table(entry("ptb-xl").labels, text, {}, "ptbxl_database.csv")
    assert str(caught.value).isprintable() and len(str(caught.value)) < 400


def test_a_table_longer_than_any_is_not_read(desk, monkeypatch):
    monkeypatch.setattr("data_fetch.delivery.LARGEST_TABLE", 100)
    with pytest.raises(Refused, match=r"ludb\.csv is longer than anything"):
        desk.fetch(subset=4)
    desk.fetch()
    with pytest.raises(Damaged, match=r"ludb\.csv is longer than any table of labels. Leave --subset out"):
        desk.fetch(subset=4)


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
