import pytest

from ecgteach import paths as places
from ecgteach.errors import UnreadableFile


@pytest.fixture
def two_roots(tmp_path, monkeypatch):
    monkeypatch.setenv("ECGTEACH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("ECGTEACH_CACHE", str(tmp_path / "cache"))
    for folder in (
        "data/ludb/1.0.1",
        "cache/ludb/1.0.2",
        "cache/mitdb/1.0.0",
        "cache/ptb-xl/1.0.9",
        "cache/ptb-xl/1.0.10",
    ):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


def test_the_named_folder_comes_before_the_cache(two_roots):
    assert places.find("ludb") == two_roots / "data/ludb/1.0.1"
    assert places.find("mitdb") == two_roots / "cache/mitdb/1.0.0"


def test_versions_are_compared_as_numbers(two_roots):
    assert places.find("ptb-xl").name == "1.0.10"


def test_a_version_that_is_not_there_is_named_with_those_that_are(two_roots):
    with pytest.raises(UnreadableFile, match=r"version 9\.9 of ludb.*1\.0\.1"):
        places.find("ludb", version="9.9")


def test_a_missing_data_set_comes_with_the_command_that_fetches_it(two_roots):
    with pytest.raises(UnreadableFile, match="python -m data_fetch chapman"):
        places.find("ecg-arrhythmia")


def test_a_given_folder_is_the_only_one_looked_in(two_roots, tmp_path):
    with pytest.raises(UnreadableFile):
        places.find("mitdb", tmp_path / "data")
    assert places.find("mitdb", tmp_path / "cache").name == "1.0.0"


def test_a_file_is_written_whole_and_replaces_the_one_before(tmp_path):
    target = tmp_path / "a.json"
    assert places.write_whole(target, "old") == target
    places.write_whole(target, b"new")
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


def test_what_cannot_be_written_leaves_what_was_there_and_nothing_else(tmp_path, monkeypatch):
    target = places.write_whole(tmp_path / "a.json", "old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(UnreadableFile, match=r"a\.json cannot be written \(No space left"):
        places.write_whole(target, "new")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]
