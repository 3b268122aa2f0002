import pytest
import torch

from ecgteach.errors import InvalidValue, UnreadableFile
from ecgteach.models import Block, SignalCNN, save
from ecgteach.training.fit.seeds import check_alike, finished_seeds, notes_of

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
