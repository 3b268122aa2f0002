import json

import numpy as np
import pytest
import torch

from ecgteach.errors import InvalidValue, UnreadableFile
from ecgteach.models import NETWORKS, VIEWS, save
from ecgteach.models.weights import SUMS, verify
from ecgteach.training.data.strips import StripSet
from ecgteach.training.fit.fitting import predict

from . import paired_comparison as room
from . import training_commands
from .__main__ import main

N = 40


def strip_set(number=N):
    random = np.random.default_rng(0)
    return StripSet(
        random.integers(-900, 900, (number, 5000)).astype(np.int16),
        random.integers(0, 4, number),
        np.array([f"a/{row // 2}" for row in range(number)]),
        np.array(["a"] * number),
        np.array(["SR"] * number),
        np.full(number, 70.0),
        np.zeros(number),
    )


def answers(*wrong):
    """For each seed, answers of which the first so many are wrong."""
    return np.array([np.arange(N) >= count for count in wrong])


@pytest.fixture
def runs(tmp_path):
    for view in VIEWS:
        for seed in room.SEEDS:
            torch.manual_seed(seed)
            save(NETWORKS[view](), tmp_path / f"{view}-{seed}" / f"{view}.safetensors", {"recipe": "x", "split": "y"})
    return tmp_path


def test_mean_and_spread_are_those_of_the_seeds():
    found = room.compare_seeds({"signal": answers(4, 8), "image": answers(4, 4)}, strip_set())
    assert found.views["signal"].accuracies == [0.9, 0.8]
    assert found.views["signal"].mean == pytest.approx(0.85)
    assert found.views["signal"].spread == pytest.approx(0.1)
    assert found.views["image"].spread == 0
    assert found.difference == pytest.approx(0.05)
    assert found.ahead == 1
    assert [test.only_second for test in found.tests] == [0, 4]


@pytest.mark.parametrize(
    ("signal", "image", "words"),
    [
        (20, 0, '"Image beats signal" holds'),
        (0, 20, "the signal beats the image"),
        (10, 10, "cannot be told apart"),
        (1, 0, "cannot be told apart"),
    ],
)
def test_the_conclusion_follows_the_interval(signal, image, words):
    found = room.compare_seeds({"signal": answers(signal, signal), "image": answers(image, image)}, strip_set())
    assert words in found.conclusion


def test_too_few_recordings_give_no_conclusion():
    right = {"signal": np.ones((2, 4), dtype=bool), "image": np.zeros((2, 4), dtype=bool)}
    assert "cannot be judged" in room.compare_seeds(right, strip_set(4)).conclusion


def test_a_run_that_is_not_finished_is_named_with_the_way_to_finish_it(runs):
    (runs / "image-3" / "image.safetensors").unlink()
    with pytest.raises(UnreadableFile, match=r"--view image --seed 3 --out .*image-3 --resume"):
        room.open_runs(runs, "image")


def test_runs_of_different_recipes_are_no_paired_comparison(runs):
    save(NETWORKS["signal"](), runs / "signal-2" / "signal.safetensors", {"recipe": "other", "split": "y"})
    with pytest.raises(InvalidValue, match="signal-2 and signal-0 differ in their recipe"):
        room.open_runs(runs, "signal")


def test_views_that_learnt_differently_are_no_paired_comparison(runs, tmp_path, monkeypatch):
    for seed in room.SEEDS:
        notes = {"recipe": "x", "split": "y", "settings": "others"}
        save(NETWORKS["image"](), runs / f"image-{seed}" / "image.safetensors", notes)
    monkeypatch.setattr(training_commands, "open_strips", lambda folder: strip_set(4))
    with pytest.raises(InvalidValue, match="differ in their settings of the recipe"):
        training_commands.paired_comparison(runs, tmp_path)


def test_all_but_the_shipped_pair_are_kept_in_three_megabytes_and_answer_as_before(runs, tmp_path, capsys):
    strips = strip_set(4)
    files = {view: room.open_runs(runs, view) for view in VIEWS}
    right = {view: room.right_answers(files[view], view, strips) for view in VIEWS}
    lines = list(room.keep(files, tmp_path / "kept", right, strips))
    kept = sorted((tmp_path / "kept").glob("*.safetensors"))
    assert len(lines) == len(kept) == 8
    assert sum(file.stat().st_size for file in kept) < 3_000_000
    for of_view in files.values():
        name, file = list(of_view.items())[1]
        before, after = (
            predict(room.load_file(path), strips) for path in (file, tmp_path / "kept" / f"{name}.safetensors")
        )
        assert np.abs(before - after).max() < 0.05 * max(1.0, np.ptp(before))
    assert room.notes_of(kept[0])["recipe"] == "x"
    for file in kept:
        verify(file, file.parent / SUMS)


def test_the_command_prints_the_table_and_the_conclusion(runs, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(training_commands, "open_strips", lambda folder: strip_set(4))
    out = tmp_path / "found.json"
    with pytest.raises(SystemExit, match="0"):
        main(["paired-comparison", str(runs), f"--strips={tmp_path}", f"--out={out}"])
    printed = capsys.readouterr().out
    assert "seed 4" in printed
    assert "Image beats signal" in printed
    assert len(json.loads(out.read_text())["tests"]) == 5
