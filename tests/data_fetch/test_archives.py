"""Archives: unpacked below their folder within limits, or not at all; and figshare's road from list to folder."""

import hashlib
import io
import json
import stat
import zipfile
from dataclasses import replace

import pytest

from data_fetch import Damaged, Refused, catalogue
from data_fetch.archives import unpack
from data_fetch.catalogue import entry
from tests.data_fetch import server
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
