"""Progress: what was answered comes back as it was; a damaged or foreign file gets a sentence."""

import json
import os
from pathlib import Path

import pytest

from ecgteach.errors import EcgteachError, InvalidValue, UnreadableFile
from ecgteach.marks import Mark
from ecgteach.quiz import Progress, Sitting, load_progress, read_bank, save_progress
from ecgteach.quiz.progress import progress_text
from ecgteach.quiz.sitting import Planned


@pytest.fixture(scope="module")
def bank():
    return read_bank("rhythms")


@pytest.fixture
def progress(bank):
    held = Progress(bank.digest).answered("irregular-breathing", (1,)).answered("irregular-breathing", (0,))
    return (
        held.answered("rate-by-rr", "84 /min")
        .answered("mark-qrs", (Mark("seen", 1.0, 1.1),))
        .answered("how-many-early", 2)
    )


def test_it_comes_back_as_it_was(progress, tmp_path):
    path = save_progress(tmp_path / "mine.json", "quiz", progress)
    assert load_progress(path, "quiz", Progress) == progress
    assert list(tmp_path.iterdir()) == [path]


def test_the_first_answer_counts_and_the_last_is_shown(progress, bank):
    assert progress.grades(bank)["irregular-breathing"].correct is False
    assert progress.grades(bank, first=False)["irregular-breathing"].correct is True
    assert progress.answer_to("irregular-breathing").tries == 2


def test_it_holds_no_name_no_date_and_no_machine(progress):
    text = progress_text("quiz", progress)
    assert set(json.loads(text)) == {"format", "version", "kind", "check", "content"}
    for secret in (os.environ.get("USER"), os.uname().nodename, str(Path.cwd()), "202"):
        assert not secret or secret not in text


def test_that_of_another_bank_is_refused(progress):
    other = read_bank([{"question": "?", "type": "numeric", "answers": [{"value": 1, "correct": True}]}])
    with pytest.raises(InvalidValue, match="other questions"):
        progress.grades(other)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda text: text[: len(text) // 2], UnreadableFile, "damaged or no progress file"),
        (lambda text: "", UnreadableFile, "damaged or no progress file"),
        (lambda text: "[1, 2]", UnreadableFile, "no progress file of this course"),
        (lambda text: '{"format": "other"}', UnreadableFile, "no progress file of this course"),
        (lambda text: text.replace('"version": 1', '"version": 9'), InvalidValue, "version 9, this course reads 1"),
        (
            lambda text: text.replace('"kind": "quiz"', '"kind": "reading"'),
            InvalidValue,
            "a sitting of ReadFirst, not of a quiz",
        ),
        (lambda text: text.replace("84 /min", "83 /min"), UnreadableFile, "changed or cut"),
        (lambda text: progress_text("quiz", {"first": 3}), InvalidValue, "does not hold what progress holds"),
        (lambda text: "[" * 100_000, UnreadableFile, "damaged"),
    ],
)
def test_damaged_and_foreign_files_get_a_sentence(progress, tmp_path, change, error, words):
    path = tmp_path / "mine.json"
    path.write_text(change(progress_text("quiz", progress)), encoding="utf-8")
    with pytest.raises(error, match=words):
        load_progress(path, "quiz", Progress)


def test_no_byte_that_is_lost_or_turned_gives_another_error(progress, tmp_path):
    whole = progress_text("quiz", progress).encode()
    path = tmp_path / "mine.json"
    for at in range(0, len(whole), 7):
        for spoilt in (
            whole[:at] + whole[at + 1 :],
            whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :],
            whole[:at],
        ):
            path.write_bytes(spoilt)
            try:
                found = load_progress(path, "quiz", Progress)
            except EcgteachError:
                continue
            assert found == progress


def test_what_cannot_be_written_leaves_the_old_file(progress, tmp_path, monkeypatch):
    path = save_progress(tmp_path / "mine.json", "quiz", Progress())
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(UnreadableFile, match="No space left"):
        save_progress(path, "quiz", progress)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_a_sitting_comes_back_too(tmp_path):
    sitting = Sitting((Planned(3, True), Planned(1)), seed=7)
    path = save_progress(tmp_path / "reading.json", "reading", sitting)
    assert load_progress(path, "reading", Sitting) == sitting
