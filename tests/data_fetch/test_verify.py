"""What was fetched can be checked again at any time, without a network, and mended."""

import pytest

from data_fetch import verify
from ecgteach.errors import UnreadableFile


@pytest.fixture
def fetched(desk):
    desk.folder = desk.fetch(subset=4)
    return desk


def test_a_sound_folder_is_called_sound(fetched):
    health = verify("ludb", to=fetched.root)
    assert health.ok and health.sound == 4 * 3 + 2
    assert "14 files" in str(health)


def test_damage_and_loss_are_named_with_the_command_that_mends_only_them(fetched, mirror):
    first, second = fetched.recordings[:2]
    (fetched.folder / f"data/{first}.dat").write_bytes(b"spoilt")
    (fetched.folder / f"data/{second}.hea").unlink()
    (fetched.folder / "notes.txt").write_text("the learner's own")
    health = verify("ludb", to=fetched.root)
    assert not health.ok
    assert health.damaged == (f"data/{first}.dat",)
    assert health.missing == (f"data/{second}.hea",)
    assert health.strange == ("notes.txt",)
    assert f"python -m data_fetch ludb --subset 4 --mirror {mirror.url} --to {fetched.root}" in str(health)
    mirror.asked.clear()
    fetched.fetch(subset=4)
    assert set(mirror.paths) == {f"ludb/1.0.1/data/{first}.dat", f"ludb/1.0.1/data/{second}.hea"}
    assert verify("ludb", to=fetched.root).ok
    assert (fetched.folder / "notes.txt").exists()


def test_a_list_of_checksums_that_lost_its_end_is_fetched_again(fetched):
    sums = fetched.folder / "SHA256SUMS.txt"
    published = sums.read_text()
    sums.write_text("".join(published.splitlines(keepends=True)[:5]))
    with pytest.raises(UnreadableFile, match="as it was published"):
        verify("ludb", to=fetched.root)
    fetched.fetch(subset=4)
    assert sums.read_text() == published and verify("ludb", to=fetched.root).ok


def test_a_folder_that_came_otherwise_is_checked_as_far_as_it_goes(tree):
    (tree / "ludb/1.0.1/data/3.dat").unlink()
    assert verify("ludb", to=tree).ok
    (tree / "ludb/1.0.1/data/4.dat").write_bytes(b"")
    assert verify("ludb", to=tree).damaged == ("data/4.dat",)


def test_what_is_not_there_cannot_be_checked_and_says_how_to_fetch_it(tmp_path, tree):
    with pytest.raises(UnreadableFile, match="python -m data_fetch mitdb"):
        verify("mitdb", to=tmp_path)
    (tree / "ludb/1.0.1/SHA256SUMS.txt").unlink()
    with pytest.raises(UnreadableFile, match=r"no SHA256SUMS\.txt as it was published.*python -m data_fetch ludb"):
        verify("ludb", to=tree)
