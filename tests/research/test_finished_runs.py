import json

import pytest
import torch

from ecgteach.errors import InvalidValue, UnreadableFile
from ecgteach.models import Block, SignalCNN, save

from .finished_runs import check_alike, finished_seeds, notes_of, read_log

NOTES = {"recipe": "shipped", "settings": {"epochs": 12}, "train": "abc", "split": "def"}


def run(folder, name, seed, view="signal", **notes):
    torch.manual_seed(0)
    path = folder / name / f"{view}.safetensors"
    return save(SignalCNN(("a", "b"), (Block(2, 5),), local=1), path, NOTES | {"seed": seed} | notes)


def test_finished_seeds_come_in_order_and_nothing_else_does(tmp_path):
    for seed in (10, 0, 2):
        run(tmp_path, f"signal-{seed}", seed)
    run(tmp_path, "signal-without-ludb", 0, recipe="another")
    (tmp_path / "signal-3").mkdir()
    assert list(finished_seeds(tmp_path, "signal")) == [0, 2, 10]
    assert not finished_seeds(tmp_path, "image")


@pytest.mark.parametrize(
    ("note", "value", "words"),
    [
        ("recipe", "chapman", "recipe"),
        ("settings", {"epochs": 1}, "settings of the recipe"),
        ("train", "other strips", "training strips"),
        ("split", "another", "split"),
        ("labels", "shuffled", "labels"),
    ],
)
def test_runs_that_are_not_alike_are_refused_with_what_differs(tmp_path, note, value, words):
    run(tmp_path, "signal-0", 0)
    run(tmp_path, "signal-1", 1, **{note: value})
    with pytest.raises(InvalidValue, match=f"signal-1 and signal-0 differ in their {words};"):
        finished_seeds(tmp_path, "signal")


def test_views_are_compared_as_seeds_are(tmp_path):
    files = {name: run(tmp_path, name, 0) for name in ("signal-0", "image-0")}
    check_alike(files)
    check_alike({})
    files["image-0"] = run(tmp_path, "image-0", 0, train="other strips")
    with pytest.raises(InvalidValue, match="training strips"):
        check_alike(files)


def test_runs_that_all_lack_a_note_agree_in_it(tmp_path):
    for seed in range(2):
        model = SignalCNN(("a", "b"), (Block(2, 5),), local=1)
        save(model, tmp_path / f"signal-{seed}" / "signal.safetensors", {"recipe": "shipped", "split": "def"})
    assert list(finished_seeds(tmp_path, "signal")) == [0, 1]


def test_a_copy_under_another_name_is_no_seed_of_its_own(tmp_path):
    run(tmp_path, "signal-1", 0)
    with pytest.raises(InvalidValue, match="is the network of seed 0"):
        finished_seeds(tmp_path, "signal")


def test_damaged_weights_are_named(tmp_path):
    path = run(tmp_path, "signal-0", 0)
    assert notes_of(path)["train"] == "abc"
    path.write_bytes(b"junk")
    with pytest.raises(UnreadableFile, match="no readable weights"):
        finished_seeds(tmp_path, "signal")


def test_a_setting_that_had_another_name_is_no_other_setting(tmp_path):
    run(tmp_path, "signal-0", 0, settings={"place": 1.0, "local": 0.5})
    run(tmp_path, "signal-1", 1, settings={"localisation": 1.0, "local": 0.5})
    assert list(finished_seeds(tmp_path, "signal")) == [0, 1]


EPOCH = {"train_loss": 1.0, "validation_loss": 1.0, "validation_accuracy": 0.5, "balanced_accuracy": 0.5}


def test_a_log_gives_its_epochs(tmp_path):
    lines = [json.dumps({"number": number, **EPOCH, "best": number == 1}) for number in (1, 2)]
    (tmp_path / "log.jsonl").write_text("\n".join(lines))
    assert [epoch.best for epoch in read_log(tmp_path)] == [True, False]


@pytest.mark.parametrize(
    "line", ["{", "[1, 2]", '{"a": 1}', json.dumps({"number": "1", **EPOCH, "best": True}), "", None]
)
def test_a_log_with_a_foreign_line_is_refused_in_a_sentence(tmp_path, line):
    if line is not None:
        (tmp_path / "log.jsonl").write_text(line)
    with pytest.raises(UnreadableFile, match=r"log\.jsonl .* --resume writes it anew"):
        read_log(tmp_path)
