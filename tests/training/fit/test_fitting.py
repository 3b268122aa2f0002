import json
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ecgteach.errors import InvalidValue, UnreadableFile
from ecgteach.models import Block, SignalCNN
from ecgteach.training.data.strips import StripSet
from ecgteach.training.fit.fitting import CHECKPOINT, LOG, _batches, fit, predict
from ecgteach.training.recipes import recipe

SMALL = (Block(4, 15, stride=5, pool=8),)
QUICK = recipe("shipped", shares=(), kinds=(), epochs=3, strips_an_epoch=32, batch=8)
LONGER = recipe("shipped", shares=(), kinds=(), epochs=8, strips_an_epoch=32, batch=8)
EASY = recipe(
    "shipped",
    shares=(),
    kinds=(),
    epochs=12,
    strips_an_epoch=96,
    batch=8,
    average=0.5,
    learning_rate=0.03,
    gain=1.0,
    flip=0.0,
    noise=0.0,
    gap=0.0,
    filters=0.0,
)
CLASSES = ("slow", "fast")


def strip_set(name, strips=24):
    """Two kinds that a small network can tell apart: few spikes and many."""
    random = np.random.default_rng(len(name))
    targets = np.arange(strips) % 2
    microvolts = np.zeros((strips, 5000), dtype=np.int16)
    for strip, kind in zip(microvolts, targets, strict=True):
        strip[random.integers(0, 5000, 8 + 40 * kind)] = 1500
    column = np.array([f"{name}{number // 2}" for number in range(strips)])
    return StripSet(microvolts, targets, column, column, column, np.full(strips, 70.0), np.zeros(strips), Counter())


def network():
    return SignalCNN(CLASSES, SMALL, local=1)


def weights_of(model):
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


@pytest.fixture
def sets():
    return strip_set("train"), strip_set("validation")


def test_a_network_learns_what_can_be_learnt(sets):
    model = network()
    log = fit(model, *sets, recipe=EASY, seed=1)
    assert log[-1].train_loss < log[0].train_loss
    assert (predict(model, sets[1]).argmax(1) == sets[1].targets).mean() > 0.9


def test_a_loss_that_is_not_finite_ends_the_run_with_a_way_out(sets, tmp_path):
    wild = replace(EASY, learning_rate=1e30, average=0.0)
    with pytest.raises(InvalidValue, match=r"not finite in epoch 1, .*: lower the recipe's learning_rate"):
        fit(network(), *sets, recipe=wild, out=tmp_path)
    assert not (tmp_path / CHECKPOINT).exists()


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(sets):
    one, same, other = network(), network(), network()
    for model, seed in ((one, 5), (same, 5), (other, 6)):
        fit(model, *sets, recipe=QUICK, seed=seed)
    assert torch.equal(weights_of(one), weights_of(same))
    assert not torch.equal(weights_of(one), weights_of(other))


@pytest.mark.parametrize("stop_after", [1, 2])
def test_a_run_that_stopped_goes_on_to_the_same_result(sets, tmp_path, stop_after):
    undisturbed = network()
    whole = fit(undisturbed, *sets, recipe=QUICK, seed=5)

    class PowerCut(Exception):
        pass

    def pull_the_plug(epoch):
        if epoch.number == stop_after:
            raise PowerCut

    with pytest.raises(PowerCut):
        fit(network(), *sets, recipe=QUICK, seed=5, out=tmp_path, progress=pull_the_plug)
    resumed = network()
    log = fit(resumed, *sets, recipe=QUICK, seed=5, out=tmp_path, resume=True)
    assert log == whole
    assert torch.equal(weights_of(resumed), weights_of(undisturbed))
    assert [json.loads(line)["number"] for line in (tmp_path / "log.jsonl").read_text().splitlines()] == [1, 2, 3]


def test_a_run_that_was_killed_outright_goes_on_to_the_same_result(tmp_path):
    """A process is killed with SIGKILL somewhere in its run; what it leaves behind is a whole checkpoint or none."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from test_fitting import *; from pathlib import Path\n"
        "fit(network(), strip_set('train'), strip_set('validation'), recipe=LONGER, seed=5, out=Path(sys.argv[2]))"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(Path(__file__).parent), str(tmp_path)])
    deadline = time.monotonic() + 60
    while not (tmp_path / CHECKPOINT).exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    process.wait()
    done = len(torch.load(tmp_path / CHECKPOINT, weights_only=True)["log"])
    assert 0 < done < LONGER.epochs

    resumed, undisturbed = network(), network()
    sets = strip_set("train"), strip_set("validation")
    log = fit(resumed, *sets, recipe=LONGER, seed=5, out=tmp_path, resume=True)
    assert log == fit(undisturbed, *sets, recipe=LONGER, seed=5)
    assert len(log) == len((tmp_path / LOG).read_text().splitlines()) == LONGER.epochs
    assert torch.equal(weights_of(resumed), weights_of(undisturbed))


def test_a_log_that_fell_behind_its_checkpoint_is_whole_after_resuming(sets, tmp_path):
    fit(network(), *sets, recipe=QUICK, seed=5, out=tmp_path)
    whole = (tmp_path / LOG).read_text()
    (tmp_path / LOG).write_text("".join(whole.splitlines(keepends=True)[:-1]))
    fit(network(), *sets, recipe=QUICK, seed=5, out=tmp_path, resume=True)
    assert (tmp_path / LOG).read_text() == whole


@pytest.mark.parametrize("column", ["microvolts", "targets", "recordings", "starts"])
@pytest.mark.parametrize("part", [0, 1])
def test_a_checkpoint_made_of_other_strips_is_refused(sets, tmp_path, part, column):
    fit(network(), *sets, recipe=QUICK, seed=5, out=tmp_path)
    sets[part].__dict__[column][:] = np.roll(sets[part].__dict__[column], 1, axis=0) if column != "starts" else 7
    with pytest.raises(UnreadableFile, match="another run"):
        fit(network(), *sets, recipe=QUICK, seed=5, out=tmp_path, resume=True)


@pytest.mark.parametrize("damage", ["empty", "cut", "junk", "a list", "an older form"])
def test_a_damaged_checkpoint_is_refused_with_a_way_out(sets, tmp_path, damage):
    fit(network(), *sets, recipe=QUICK, seed=5, out=tmp_path)
    path = tmp_path / CHECKPOINT
    content = path.read_bytes()
    if damage == "a list":
        torch.save([1, 2], path)
    elif damage == "an older form":
        torch.save({"run": ""}, path)
    else:
        path.write_bytes({"empty": b"", "cut": content[: len(content) // 2], "junk": b"junk" * 100}[damage])
    with pytest.raises(UnreadableFile, match="Delete it to begin again"):
        fit(network(), *sets, recipe=QUICK, seed=5, out=tmp_path, resume=True)


def test_a_seed_below_0_is_refused(sets):
    with pytest.raises(InvalidValue, match="0 or more, not -1"):
        fit(network(), *sets, recipe=QUICK, seed=-1)


def test_classes_are_drawn_by_their_shares_and_simulated_strips_by_theirs(sets):
    train, _ = sets
    half = replace(train, sources=np.where(np.arange(len(train)) < 8, "simulated", "mitdb"))
    chosen = recipe("shipped", shares=(0.25, 0.75), simulated_share=0.5, strips_an_epoch=4000, batch=8)
    rows = np.concatenate(list(_batches(half, chosen, np.random.default_rng(0))))
    made = rows < 8
    assert np.mean(made) == pytest.approx(0.5, abs=0.01)
    assert np.mean(train.targets[rows[~made]] == 1) == pytest.approx(0.75, abs=0.01)
    assert np.mean(train.targets[rows[made]] == 1) == pytest.approx(0.5, abs=0.05)


def test_shares_of_other_classes_are_refused(sets):
    with pytest.raises(InvalidValue, match="shares of 4 classes, the network has 2"):
        fit(network(), *sets, recipe=recipe("shipped"), seed=5)


def test_a_checkpoint_of_another_run_is_refused(sets, tmp_path):
    fit(network(), *sets, recipe=QUICK, seed=5, out=tmp_path)
    with pytest.raises(UnreadableFile, match="another run"):
        fit(network(), *sets, recipe=QUICK, seed=6, out=tmp_path, resume=True)


def test_without_progress_on_validation_the_run_ends_early(sets):
    train, validation = sets
    contrary = replace(validation, targets=1 - validation.targets)
    log = fit(
        network(),
        train,
        contrary,
        recipe=recipe("shipped", shares=(), kinds=(), epochs=60, strips_an_epoch=64, batch=8, patience=2, average=0.5),
        seed=5,
    )
    assert len(log) < 60
    assert not any(epoch.best for epoch in log[-2:])


def test_a_recording_in_both_parts_is_refused():
    with pytest.raises(InvalidValue, match="stand in the training and the validation part"):
        fit(network(), strip_set("same"), strip_set("same"), recipe=QUICK)


def test_a_missing_class_is_named():
    train = strip_set("train")
    with pytest.raises(InvalidValue, match="training part holds no strip of fast"):
        fit(network(), train.rows(train.targets == 0), strip_set("validation"), recipe=QUICK)


def test_a_class_that_simulated_strips_alone_hold_is_named():
    train, validation = strip_set("train"), strip_set("validation")
    mixed = replace(train, sources=np.where(train.targets == 1, "simulated", "mitdb"))
    with pytest.raises(InvalidValue, match="training part holds no strip of fast, or simulated ones only"):
        fit(network(), mixed, validation, recipe=QUICK)


def test_simulated_strips_alone_can_be_learnt_from(sets):
    train, validation = (replace(strips, sources=np.full(len(strips), "simulated")) for strips in sets)
    assert len(fit(network(), train, validation, recipe=QUICK)) == 3


def test_threads_are_given_back_even_after_an_error(sets):
    before = torch.get_num_threads()

    def fail(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(network(), *sets, recipe=QUICK, threads=before + 1, progress=fail)
    assert torch.get_num_threads() == before


def test_predicting_leaves_the_network_in_its_mode(sets):
    model = network().train()
    predict(model, sets[0])
    assert model.training


def test_predicting_needs_a_strip(sets):
    with pytest.raises(InvalidValue, match="the set is empty"):
        predict(network(), sets[0].rows(np.zeros(24, dtype=bool)))
