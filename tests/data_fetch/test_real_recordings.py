"""Real recordings, fetched from a server on this machine, open with the project's own readers, no path typed."""

import pytest

from ecgteach.records import open_dataset, open_folder
from ecgteach.sources import readable
from tests.data_fetch.conftest import Desk
from tests.data_fetch.server import serving

pytestmark = pytest.mark.data


@pytest.fixture
def cache(recordings, tmp_path, monkeypatch):
    """A learner's machine with nothing on it but the cache, into which samples are fetched."""
    monkeypatch.delenv("ECGTEACH_DATA")
    monkeypatch.setenv("ECGTEACH_CACHE", str(tmp_path / "cache"))
    with serving(recordings) as mirror:
        desk = Desk(mirror, None)
        yield desk


@pytest.mark.parametrize("name", readable())
def test_a_sample_holds_exactly_the_recordings_that_its_reader_then_finds(cache, name):
    cache.fetch(name, 12)
    dataset = open_dataset(name)
    problems = []
    read = [record.id for record in dataset.records(problems.append)]
    assert not problems
    assert len(read) == min(12, len(dataset)) == len(dataset)


def test_the_one_recording_of_cudb_opens_too(cache):
    folder = cache.fetch("cudb")
    assert [record.id for record in open_folder(folder)] == ["cu01"]


def test_a_sample_of_the_challenge_is_half_fibrillation_half_sinus(cache):
    cache.fetch("challenge-2017", 12)
    assert "Groups: AFIB 6, SINUS 6." in cache.heard[0]


def test_no_person_of_ptb_xl_is_cut_in_two(cache, recordings):
    import csv

    folder = cache.fetch("ptb-xl", 60)
    rows = list(csv.DictReader((folder / "ptbxl_database.csv").open()))
    here = {row["patient_id"] for row in rows if (folder / f"{row['filename_hr']}.hea").is_file()}
    assert all((folder / f"{row['filename_lr']}.dat").is_file() for row in rows if row["patient_id"] in here)
