import errno
import hashlib
import io
import json
import shutil
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
from ecgteach.models import Block, SignalCNN, inputs
from ecgteach.training.data.strips import StripSet
from ecgteach.training.fit.checkpoints import BEFORE, CHECKPOINT, at_hand
from ecgteach.training.fit.fitting import LOG, Epoch, _batches, _Run, fit, predict
from ecgteach.training.fit.localisation_loss import localisation_loss
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


def held_in(checkpoint):
    """What torch wrote, behind the line with its checksum."""
    return torch.load(io.BytesIO(checkpoint.read_bytes().partition(b"\n")[2]), weights_only=True)


def write(checkpoint, held):
    """A checkpoint whose checksum agrees, whatever it holds."""
    content = io.BytesIO()
    torch.save(held, content)
    checkpoint.write_bytes(hashlib.sha256(content.getvalue()).hexdigest().encode() + b"\n" + content.getvalue())


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
    done = len(held_in(at_hand(tmp_path)[0])["log"])
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


def flipped(checkpoint):
    """One bit of a weight is another."""
    content = bytearray(checkpoint.read_bytes())
    content[len(content) // 3] ^= 1
    checkpoint.write_bytes(content)


def changed(**entries):
    """Something in the checkpoint is changed, and its checksum with it."""

    def change(checkpoint):
        held = held_in(checkpoint)
        write(checkpoint, {name: entries[name](value) if name in entries else value for name, value in held.items()})

    return change


def without(name):
    return lambda path: write(path, {key: value for key, value in held_in(path).items() if key != name})


def other_shapes(weights):
    return {name: torch.zeros(3) for name in weights}


def other_moments(optimiser):
    for state in optimiser["state"].values():
        state["exp_avg"] = torch.zeros(3)
    return optimiser


DAMAGE = {
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "junk": lambda path: path.write_bytes(b"junk" * 100),
    "a flipped bit": flipped,
    "no checksum": lambda path: path.write_bytes(path.read_bytes().partition(b"\n")[2]),
    "a list": lambda path: write(path, [1, 2]),
    "no name of its run": without("run"),
    "no optimiser": without("optimiser"),
    "no average": without("average"),
    "weights of other shapes": changed(model=other_shapes),
    "best weights of other shapes": changed(best=other_shapes),
    "moments of other shapes": changed(optimiser=other_moments),
    "a foreign line in the log": changed(log=lambda log: [*log, {"day": "Monday"}]),
    "a word for a number": changed(log=lambda log: [{**log[0], "number": "one"}]),
    "no best epoch": changed(log=lambda log: [{**line, "best": False} for line in log]),
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of three epochs: its folder, and the weights that it ended with."""
    folder, model = tmp_path_factory.mktemp("run"), network()
    fit(model, strip_set("train"), strip_set("validation"), recipe=QUICK, seed=5, out=folder)
    return folder, weights_of(model)


@pytest.fixture
def run(finished, tmp_path):
    """A copy of its folder, to be damaged."""
    return Path(shutil.copytree(finished[0], tmp_path / "run"))


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(sets, finished, run, damage):
    DAMAGE[damage](run / CHECKPOINT)
    resumed, lines = network(), []
    log = fit(resumed, *sets, recipe=QUICK, seed=5, out=run, resume=True, say=lines.append)
    assert [epoch.number for epoch in log] == [1, 2, 3]
    assert torch.equal(weights_of(resumed), finished[1])
    (line,) = lines
    assert f"{CHECKPOINT} is no whole checkpoint (" in line
    assert "weights_only" not in line


@pytest.mark.parametrize("damage", DAMAGE)
def test_where_no_checkpoint_is_whole_the_run_is_refused_with_a_way_out(sets, run, damage):
    for name in (CHECKPOINT, BEFORE):
        DAMAGE[damage](run / name)
    with pytest.raises(UnreadableFile, match=r"no whole checkpoint\. Delete it to begin again"):
        fit(network(), *sets, recipe=QUICK, seed=5, out=run, resume=True, say=lambda line: None)


def test_a_run_that_died_between_two_checkpoints_goes_on_from_the_one_before(sets, finished, run):
    (run / CHECKPOINT).unlink()
    assert len(held_in(run / BEFORE)["log"]) == 2
    resumed = network()
    assert len(fit(resumed, *sets, recipe=QUICK, seed=5, out=run, resume=True)) == 3
    assert torch.equal(weights_of(resumed), finished[1])


@pytest.mark.parametrize("file", [f"{CHECKPOINT}.new", LOG])
def test_a_full_disk_is_one_sentence_and_the_last_good_epoch_stays(sets, tmp_path, monkeypatch, file):
    whole = fit(network(), *sets, recipe=QUICK, seed=5)
    write_bytes = Path.write_bytes

    def full(path, content):
        if file in path.name and len(epochs) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write_bytes(path, content)

    epochs = []
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UnreadableFile, match=r"cannot be written \(No space left on device\)"):
        fit(network(), *sets, recipe=QUICK, seed=5, out=tmp_path, progress=epochs.append)
    monkeypatch.undo()
    assert not list(tmp_path.glob("*.part"))
    assert len(held_in(tmp_path / CHECKPOINT)["log"]) == (2 if file != LOG else 3)
    assert fit(network(), *sets, recipe=QUICK, seed=5, out=tmp_path, resume=True) == whole


def test_a_second_run_into_the_same_folder_is_refused_and_the_first_goes_on(sets, tmp_path):
    refused = []

    def start_another(epoch):
        with pytest.raises(InvalidValue, match=r"another run is at work in .*; wait until it ends") as problem:
            fit(network(), *sets, recipe=QUICK, seed=6, out=tmp_path, resume=True)
        refused.append(problem)

    log = fit(network(), *sets, recipe=QUICK, seed=5, out=tmp_path, progress=start_another)
    assert len(log) == len(refused) == 3
    assert fit(network(), *sets, recipe=QUICK, seed=5, out=tmp_path, resume=True) == log


def test_a_folder_that_cannot_be_made_is_named(sets, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UnreadableFile, match=r"cannot be written to .*; choose another --out"):
        fit(network(), *sets, recipe=QUICK, seed=5, out=tmp_path / "file" / "run")


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


def epoch(number, best):
    return Epoch(number, 1.0, 1.0, 0.5, 0.5, best)


@pytest.mark.parametrize("patience", [1, 2, 5])
def test_a_run_ends_after_as_many_epochs_without_progress_as_its_patience_and_not_one_sooner(patience):
    run = _Run(network(), replace(LONGER, epochs=99, patience=patience), 5, [])
    run.log = [epoch(1, True), epoch(2, False), epoch(3, True)]
    for number in range(4, 4 + patience):
        assert not run.finished
        run.log.append(epoch(number, False))
    assert run.finished


def test_a_run_ends_after_its_last_epoch_and_not_one_sooner():
    run = _Run(network(), replace(LONGER, epochs=3, patience=9), 5, [])
    run.log = [epoch(1, True), epoch(2, True)]
    assert not run.finished
    run.log.append(epoch(3, True))
    assert run.finished


PLAIN = replace(QUICK, simulated_weight=1.0, local=0.0, penalty=0.0, localisation=0.0)


@pytest.fixture
def batch():
    """Strips half of which are simulated and know their evidence, and what the parts of a network say of them."""
    strips = strip_set("train", 8)
    random = np.random.default_rng(1)
    strips = replace(
        strips,
        sources=np.where(np.arange(8) < 4, "simulated", "mitdb"),
        places=random.integers(-1, 2, (8, 500)).astype(np.int8),
    )
    torch.manual_seed(2)
    model = network().eval()
    seen = inputs("signal", strips.millivolts(slice(None)))
    with torch.no_grad():
        cells, rhythm = model.read(seen)
        logits, scores = model.answer(cells, rhythm), model.scores(cells)

    def loss(**weights):
        run = _Run(model, replace(PLAIN, **weights), 5, [])
        model.load_state_dict(weights_before)
        with torch.no_grad():
            return run._loss(seen, strips).item()

    weights_before = {name: value.clone() for name, value in model.state_dict().items()}
    return strips, logits, scores, loss


def test_a_simulated_strip_counts_in_the_answers_as_the_recipe_says(batch):
    strips, logits, _, loss = batch
    by_strip = torch.nn.functional.cross_entropy(logits, torch.from_numpy(strips.targets), reduction="none").numpy()
    for weight in (1.0, 0.5, 0.1):
        counts = np.where(strips.sources == "simulated", weight, 1.0)
        assert loss(simulated_weight=weight) == pytest.approx(np.average(by_strip, weights=counts), rel=1e-5)
    assert loss(simulated_weight=0.1) != pytest.approx(loss(), rel=1e-4)


def test_each_further_loss_is_added_with_its_weight(batch):
    """What the rhythm part says, evidence that is not louder, and local cells that cannot tell: all of it costs."""
    strips, logits, scores, loss = batch
    targets = torch.from_numpy(strips.targets)
    local = scores.flatten(2).mean(2)
    costs = {
        "penalty": (logits - local).square().mean().item(),
        "localisation": localisation_loss(scores, targets, torch.from_numpy(strips.places)).item(),
        "local": torch.nn.functional.cross_entropy(local, targets).item(),
    }
    for name, cost in costs.items():
        assert cost > 1e-4, name
        for weight in (0.5, 2.0):
            assert loss(**{name: weight}) - loss() == pytest.approx(weight * cost, rel=1e-3), name


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
