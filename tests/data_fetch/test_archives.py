"""Archives: unpacked below their folder within limits, or not at all; and figshare's road from list to folder."""

import contextlib
import copy
import errno
import hashlib
import io
import json
import os
import random
import stat
import struct
import subprocess
import sys
import warnings
import zipfile
from dataclasses import replace

import pytest

from data_fetch import Damaged, DiskFull, FetchFailed, Refused, catalogue
from data_fetch.archives import unpack
from data_fetch.catalogue import entry
from tests.data_fetch import server
from tests.data_fetch.conftest import within
from tests.data_fetch.server import serving


def packed(path, files, **settings):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **settings) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def below(folder):
    return (
        {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        if folder.exists()
        else set()
    )


@pytest.fixture
def out(tmp_path):
    return tmp_path / "desk" / "out"


LIMITS = {"largest": 10_000, "most": 10}


def test_files_come_out_below_a_folder_of_the_archives_name(tmp_path, out):
    archive = packed(tmp_path / "ECGData.zip", {"ECGData/a.csv": "1,2", "ECGData/b.csv": "3", "__MACOSX/x": "debris"})
    bare = packed(tmp_path / "Other.zip", {"c.csv": "4"})
    assert unpack(archive, out, **LIMITS) == ["ECGData/a.csv", "ECGData/b.csv"]
    assert unpack(bare, out, **LIMITS) == ["Other/c.csv"]
    assert below(out) == {"ECGData/a.csv", "ECGData/b.csv", "Other/c.csv"}


@pytest.mark.parametrize("name", ["../out.csv", "/etc/out.csv", "a/../../out.csv", "C:\\out.csv", "a\\..\\..\\out.csv"])
def test_a_path_that_leads_outside_is_refused_before_anything_is_written(tmp_path, out, name):
    archive = packed(tmp_path / "bad.zip", {"good.csv": "1", name: "2"})
    with pytest.raises(Refused, match="could lead outside"):
        unpack(archive, out, **LIMITS)
    assert not below(tmp_path / "desk")


def test_a_link_is_refused(tmp_path, out):
    link = zipfile.ZipInfo("link.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive = packed(tmp_path / "bad.zip", {link: "/etc/passwd"})
    with pytest.raises(Refused, match="a link or a device"):
        unpack(archive, out, **LIMITS)


def test_more_files_than_allowed_are_refused(tmp_path, out):
    archive = packed(tmp_path / "bad.zip", {f"{number}.csv": "1" for number in range(11)})
    with pytest.raises(Refused, match="11 files; more than 10"):
        unpack(archive, out, **LIMITS)


def test_more_bytes_than_allowed_are_not_written(tmp_path, out):
    archive = packed(tmp_path / "bomb.zip", {"a.csv": b"0" * 50_000_000})
    assert archive.stat().st_size < 100_000
    with pytest.raises(Refused, match="more than is allowed"):
        unpack(archive, out, **LIMITS)
    assert sum(path.stat().st_size for path in out.rglob("*.csv")) <= LIMITS["largest"]


def test_a_broken_archive_is_called_broken(tmp_path, out):
    archive = packed(tmp_path / "bad.zip", {"a.csv": bytes(range(256)) * 20})
    content = bytearray(archive.read_bytes())
    content[60:70] = b"x" * 10
    archive.write_bytes(content)
    with pytest.raises(Damaged, match="no zip file that can be read"):
        unpack(archive, out, **LIMITS)
    archive.write_bytes(b"<html>")
    with pytest.raises(Damaged):
        unpack(archive, out, **LIMITS)


METHODS = {
    "stored": zipfile.ZIP_STORED,
    "deflate": zipfile.ZIP_DEFLATED,
    "bzip2": zipfile.ZIP_BZIP2,
    "LZMA": zipfile.ZIP_LZMA,
}
LINES = "".join(f"{number},{number * 7919 % 104729}\n" for number in range(4000)).encode()


def made(path, method, content=LINES, name="a.csv"):
    with zipfile.ZipFile(path, "w", METHODS[method]) as archive:
        archive.writestr(name, content)
    return path


@pytest.mark.parametrize("method", METHODS)
def test_every_method_that_python_knows_is_unpacked(tmp_path, out, method):
    archive = made(tmp_path / "sound.zip", method)
    unpack(archive, out, largest=10**6, most=10)
    assert (out / "sound/a.csv").read_bytes() == LINES


@pytest.mark.parametrize("method", METHODS)
def test_a_damaged_archive_of_every_method_is_the_archives_fault_and_leaves_nothing(tmp_path, out, method):
    sound = made(tmp_path / "bad.zip", method).read_bytes()
    dice = random.Random(method)
    ends = []
    for number in range(60):
        spoilt = bytearray(sound)
        place = dice.randrange(30, len(sound)) if number % 2 else dice.randrange(30, 80)
        spoilt[place] ^= 1 << dice.randrange(8)
        (tmp_path / "bad.zip").write_bytes(spoilt if number % 5 else spoilt[:place])
        try:
            unpack(tmp_path / "bad.zip", out, largest=10**6, most=10)
            ends.append("sound")
        except (Damaged, Refused) as problem:
            assert "cannot be written" not in str(problem)
            assert str(problem).isprintable() and len(str(problem)) < 400
            assert not below(out), "nothing half unpacked is left"
            ends.append(type(problem).__name__)
        for path in out.rglob("*.csv"):
            path.unlink()
    assert ends.count("Damaged") > 30


@pytest.mark.parametrize("number", [1, 9, 95, 96, 99, 65535])
def test_a_method_that_python_does_not_know_is_named(tmp_path, out, number):
    content = bytearray(made(tmp_path / "odd.zip", "deflate").read_bytes())
    for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        struct.pack_into("<H", content, content.index(signature) + offset, number)
    (tmp_path / "odd.zip").write_bytes(content)
    with pytest.raises(Damaged, match=f"packed by method {number}, which cannot be unpacked here .*Ask the source"):
        unpack(tmp_path / "odd.zip", out, largest=10**6, most=10)


def test_an_archive_under_a_password_is_refused_by_name(tmp_path, out):
    content = bytearray(made(tmp_path / "locked.zip", "deflate").read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    (tmp_path / "locked.zip").write_bytes(content)
    with pytest.raises(Refused, match=r"'a\.csv' under a password; nothing is unpacked"):
        unpack(tmp_path / "locked.zip", out, largest=10**6, most=10)


@pytest.mark.parametrize("method", ["deflate", "bzip2", "LZMA"])
def test_what_an_archive_says_of_itself_is_held_against_its_size_before_a_byte_is_unpacked(
    tmp_path, out, method, monkeypatch
):
    archive = made(tmp_path / "bomb.zip", method, bytes(5_000_000))
    monkeypatch.setattr(zipfile.ZipFile, "open", pytest.fail)
    with pytest.raises(Refused, match=r"unpacks to 5,000,000 bytes, more than is allowed .* or believed of a file of"):
        unpack(archive, out, largest=10**9, most=10)
    assert not out.exists()


@pytest.mark.parametrize(("times", "comes"), [(190, True), (210, False)])
def test_an_archive_unpacks_to_two_hundred_times_its_size_at_most(tmp_path, out, times, comes):
    head = random.Random(3).randbytes(2000)
    archive = made(tmp_path / "dense.zip", "LZMA", head)
    length = times * (archive.stat().st_size + 60)
    archive = made(tmp_path / "dense.zip", "LZMA", head + bytes(length - len(head)))
    assert (length / archive.stat().st_size < 200) == comes
    with contextlib.nullcontext() if comes else pytest.raises(Refused, match="or believed of a file of"):
        unpack(archive, out, largest=10**9, most=10)


@pytest.mark.parametrize("method", ["deflate", "bzip2"])
def test_a_bomb_that_lies_about_its_size_does_not_fill_the_memory(tmp_path, out, method):
    archive = made(tmp_path / "bomb.zip", method, bytes(160_000_000))
    content = bytearray(archive.read_bytes())
    struct.pack_into("<I", content, content.rindex(b"PK\x01\x02") + 24, 5000)
    archive.write_bytes(content)
    code = (
        "import resource; from pathlib import Path; from data_fetch.archives import unpack; "
        "from data_fetch import Damaged\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"try: unpack(Path({str(archive)!r}), Path({str(out)!r}), largest=10**9, most=10)\n"
        "except Damaged: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    grown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert int(grown) < 120_000, "kilobytes"
    assert not below(out)


def test_one_bomb_in_many_names_is_seen(tmp_path, out):
    core = io.BytesIO()
    with zipfile.ZipFile(core, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.csv", LINES)
        first = archive.infolist()[0]
        for number in range(1, 9):
            again = copy.copy(first)
            again.filename = again.orig_filename = f"{number}.csv"
            archive.filelist.append(again)
            archive._didModify = True
    (tmp_path / "quine.zip").write_bytes(core.getvalue())
    with pytest.raises(Refused, match="uses the same bytes for several files"):
        unpack(tmp_path / "quine.zip", out, largest=10**7, most=10)
    assert not below(out)


def test_a_table_of_contents_without_end_is_refused_before_it_is_read(tmp_path, out, monkeypatch):
    archive = packed(tmp_path / "names.zip", {f"{number:0200}.csv": "" for number in range(200)})
    monkeypatch.setattr(zipfile, "ZipFile", pytest.fail)
    with pytest.raises(Refused, match=r"a table of contents of \d\d,\d{3} bytes, more than 10 files can need"):
        unpack(archive, out, **LIMITS)


@pytest.mark.parametrize("shift", [-20, 0, 30, 10**6, 2**31])
def test_an_archive_of_many_gigabytes_has_its_contents_measured_too(tmp_path, out, shift):
    archive = made(tmp_path / "long.zip", "stored")
    content = archive.read_bytes()
    at = content.rindex(b"PK\x05\x06")
    length, offset = struct.unpack_from("<II", content, at + 12)
    long = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, 1, 1, length + shift, offset)
    locator = struct.pack("<IIQI", 0x07064B50, 0, at, 1)
    short = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    archive.write_bytes(content[:at] + long + locator + short)
    if not shift:
        assert unpack(archive, out, largest=10**6, most=10) == ["long/a.csv"]
        return
    with pytest.raises((Damaged, Refused)) as caught:
        unpack(archive, out, largest=10**6, most=10)
    assert ("table of contents of" in str(caught.value)) == (shift >= 10**6)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a.csv", "a.csv"], "two files of the same name"),
        (["a.csv", "./a.csv"], "two files of the same name"),
        (["a", "a/b.csv"], "as a file and as a folder"),
        (["x" * 300 + ".csv"], "too long for a disk"),
        (["/".join(["deep"] * 300)], "too long for a disk"),
        (["a\x1b[31m.csv"], "could lead outside the folder or to a device"),
        (["a\u202evsc.exe"], "could lead outside the folder or to a device"),
        (["data/CON.csv"], "could lead outside the folder or to a device"),
        (["nul"], "could lead outside the folder or to a device"),
        (["com1.txt/a"], "could lead outside the folder or to a device"),
    ],
)
def test_names_that_no_disk_should_see_are_refused_before_anything_is_written(tmp_path, out, names, said):
    with zipfile.ZipFile(tmp_path / "odd.zip", "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            archive.writestr(name, "1")
    with pytest.raises((Refused, Damaged), match=said) as caught:
        unpack(tmp_path / "odd.zip", out, **LIMITS)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 300
    assert not below(tmp_path / "desk")


def test_a_file_without_a_name_is_refused(tmp_path, out):
    content = made(tmp_path / "odd.zip", "stored", name="?").read_bytes().replace(b"?", b"\x00")
    (tmp_path / "odd.zip").write_bytes(content)
    with pytest.raises(Refused, match="names the path '', which could lead outside"):
        unpack(tmp_path / "odd.zip", out, largest=10**6, most=10)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="not run, because this system has no pipes in folders")
def test_a_pipe_is_no_archive(tmp_path, out):
    os.mkfifo(tmp_path / "pipe.zip")
    with pytest.raises(Refused, match="no ordinary file"):
        within(5, lambda: unpack(tmp_path / "pipe.zip", out, **LIMITS))


def test_a_full_disk_is_not_called_a_damaged_archive(tmp_path, out, monkeypatch):
    archive = made(tmp_path / "a.zip", "deflate")

    def full(path, *_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("data_fetch.archives.Path.mkdir", full)
    with pytest.raises(DiskFull, match="is full"):
        unpack(archive, out, largest=10**6, most=10)


@pytest.fixture
def figshare(tmp_path, monkeypatch):
    """A server that lists files as figshare does, and a catalogue that points to it."""
    root = tmp_path / "figshare"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(5):
            archive.writestr(f"ECGData/{number}.csv", f"{number}\n" * 50)
    files = {"ECGData.zip": content.getvalue(), "Diagnostics.xlsx": b"a table"}
    with serving(root) as mirror:
        pages = {"v2/collections/1/articles": [{"id": 10}, {"id": 11}]}
        for article, (name, body) in zip((10, 11), files.items(), strict=True):
            (root / "files").mkdir(parents=True, exist_ok=True)
            (root / f"files/{article}").write_bytes(body)
            pages[f"v2/articles/{article}/files"] = [
                {
                    "name": name,
                    "size": len(body),
                    "computed_md5": hashlib.md5(body).hexdigest(),
                    "download_url": f"{mirror.url}/files/{article}",
                }
            ]
        for path, page in pages.items():
            body = json.dumps(page).encode()

            def answer(handler, _, path=path, body=body):
                if handler.path.partition("?")[0] != f"/{path}":
                    return False
                handler.answer(200, body, {"Content-Type": "application/json"})
                return True

            mirror.misbehave(answer)
        moved = replace(entry("chapman", "figshare"), address=f"{mirror.url}/v2/collections/1")
        monkeypatch.setitem(catalogue(), "chapman-figshare", moved)
        yield mirror


def test_figshare_comes_unpacked_and_a_second_run_downloads_nothing(desk, figshare):
    folder = desk.fetch("chapman", form="figshare", mirror=None)
    unpacked = {f"ECGData/{number}.csv" for number in range(5)}
    assert below(folder) == {"Diagnostics.xlsx", "SHA256SUMS.txt", *unpacked}
    assert "no part of them can be fetched alone" in desk.heard[0]
    figshare.asked.clear()
    desk.fetch("chapman", form="figshare", mirror=None)
    assert not figshare.asked


def test_a_damaged_file_of_an_archive_is_mended_from_the_archive(desk, figshare):
    folder = desk.fetch("chapman", form="figshare", mirror=None)
    (folder / "ECGData/3.csv").write_text("spoilt")
    desk.fetch("chapman", form="figshare", mirror=None)
    assert (folder / "ECGData/3.csv").read_text() == "3\n" * 50
    assert not (folder / "ECGData.zip").exists()


def test_an_archive_that_is_not_what_figshare_lists_is_thrown_away(desk, figshare):
    figshare.misbehave(server.wrong_bytes, at="files/10")
    with pytest.raises(OSError, match="another checksum"):
        desk.fetch("chapman", form="figshare", mirror=None)
    assert not any(name.endswith((".zip", ".csv")) for name in desk.files)


def listed(**changes):
    row = {"name": "a.csv", "size": 3, "computed_md5": "0" * 32, "download_url": "http://127.0.0.1:1/x", **changes}
    return json.dumps([{key: value for key, value in row.items() if value is not None}])


NO_LIST = {
    "brackets within brackets": ("[" * 100_000 + "]" * 100_000, "brackets within brackets without end"),
    "a number of a million digits": (f"[{'9' * 1_000_000}]", "no list of files"),
    "no JSON": ("\x1b[31m<oops>", "no list of files"),
    "bytes": ("\xff\xfe\x00", "no list of files"),
    "a table instead of a list": ("{}", "no list of files"),
    "words in a list": ('["a"]', "no list of files"),
    "nothing": ("null", "no list of files"),
    "a list without end": ("[" + "{}," * 2_000_000 + "{}]", "longer than anything"),
}
NO_FILE = {
    "a file without a name": (listed(name=None), "does not say name, size"),
    "a name that is a number": (listed(name=5), "does not say name, size"),
    "a size below nothing": (listed(size=-5), "does not say name, size"),
    "a size in words": (listed(size="many"), "does not say name, size"),
    "a size of no number": (listed().replace("3", "NaN"), "does not say name, size"),
    "a size of 10 to the 300": (listed(size=10**300), "does not say name, size"),
    "a checksum of another kind": (listed(computed_md5="0" * 31), "does not say name, size"),
    "no address": (listed(download_url=None), "does not say name, size"),
    "half an address": (listed(download_url="http://[::1"), r"gives 'http://\[::1' as a file's address"),
    "a name that leads outside": (listed(name="../out"), "could lead outside"),
    "a name with half a letter": (listed(name="a\ud800"), "could lead outside"),
    "a name without end": (listed(name="x" * 100_000), "too long for a disk"),
}
NO_ARTICLE = {
    "an article without a number": ("[{}]", "an article without a number"),
    "an article with a word for a number": ('[{"id": "../1"}]', "an article without a number"),
    "more articles than asked for": ("[" + "{}," * 200 + "{}]", "more articles than were asked for"),
}


@pytest.mark.parametrize(
    ("at", "body", "said"),
    [
        pytest.param(at, *answers[attack], id=f"{attack}, {at}")
        for at, answers in (("articles?page_size=100", NO_LIST | NO_ARTICLE), ("files", NO_LIST | NO_FILE))
        for attack in answers
    ],
)
def test_a_list_of_figshare_that_is_none_is_said_in_clean_words(desk, figshare, at, body, said):
    figshare.answer_first(at, body.encode("latin-1", "replace"))
    with pytest.raises(FetchFailed, match=said) as caught:
        within(20, lambda: desk.fetch("chapman", form="figshare", mirror=None))
    assert str(caught.value).isprintable() and len(str(caught.value)) < 600
    assert not desk.files


def test_an_archive_that_is_damaged_at_its_source_is_kept_out_of_the_folder(desk, figshare):
    body = b"PK\x05\x06 no archive"
    described = listed(
        name="ECGData.zip",
        size=len(body),
        computed_md5=hashlib.md5(body).hexdigest(),
        download_url=f"{figshare.url}/files/10",
    )
    figshare.answer_first("articles/10/files", described.encode())
    figshare.misbehave(lambda handler, content: handler.send_file(body) or True, at="files/10")
    with pytest.raises(Damaged, match=r"ECGData\.zip is no zip file that can be read"):
        desk.fetch("chapman", form="figshare", mirror=None)
    assert not any(name.endswith(".csv") for name in desk.files)
