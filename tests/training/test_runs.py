import json
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import made_record
from safetensors import safe_open

from ecgteach import cli
from ecgteach.errors import InvalidValue, UnreadableFile
from ecgteach.models import SignalCNN, load_file
from ecgteach.records import Dataset, Entry
from ecgteach.rhythms import rhythm
from ecgteach.training import runs
from ecgteach.training.data.strips import StripSet
from ecgteach.training.fit.checkpoints import BEFORE, CHECKPOINT
from ecgteach.training.fit.fitting import LOG, fit, predict
from ecgteach.training.recipes import recipe

ONE_SOURCE = recipe("shipped", sources=("mitdb",), compressed=0, simulated=0)
TRAIN = ("101", "106", "108")


@pytest.fixture
def at_hand(monkeypatch):
    """Names of the recordings that the only data set at hand holds; the list may be changed."""
    names = list(TRAIN[:2])

    def opened(source, data):
        def read(entry):
            labels = frozenset({rhythm("VT" if entry.id == "106" else "SINUS")})
            return made_record(75, 10, id=entry.id, source=source, labels=labels)

        return Dataset(source, tuple(Entry(name, None, name) for name in names), read)

    monkeypatch.setattr(runs, "open_dataset", opened)
    monkeypatch.setattr(Dataset, "split", lambda dataset, part: dataset)
    return names


def gathered(folder, chosen=ONE_SOURCE, part="train"):
    """Strips of a folder, and whether they were read from the recordings anew."""
    lines = []
    strips = runs.gather(chosen, part, None, folder, lines.append)
    return strips, any("reading" in line for line in lines)


def test_strips_are_gathered_once_and_what_was_left_out_is_still_known(at_hand, tmp_path):
    first, anew = gathered(tmp_path)
    again, anew_again = gathered(tmp_path)
    assert (anew, anew_again) == (True, False)
    assert first.left_out == again.left_out == {"off the list: VT": 1}
    assert first.digest() == again.digest()


@pytest.mark.parametrize(
    "other", [{"part": "validation"}, {"chosen": recipe("shipped", sources=("mitdb",), compressed=0, simulated=4)}]
)
def test_strips_made_in_another_way_are_gathered_anew(at_hand, tmp_path, other):
    gathered(tmp_path)
    assert gathered(tmp_path, **other)[1]


def test_simulated_strips_join_the_training_part_only_and_bring_their_places(at_hand, tmp_path):
    chosen = recipe("shipped", sources=("mitdb",), compressed=0, simulated=8)
    train, _ = gathered(tmp_path / "train", chosen)
    validation, _ = gathered(tmp_path / "validation", chosen, "validation")
    made = train.sources == "simulated"
    assert made.sum() == 8
    assert train.places[made].any(axis=1).all()
    assert not train.places[~made].any()
    assert set(validation.sources) == {"mitdb"}


def test_strips_of_other_recordings_are_gathered_anew(at_hand, tmp_path):
    gathered(tmp_path)
    at_hand.append(TRAIN[2])
    strips, anew = gathered(tmp_path)
    assert anew
    assert len(strips) == 2


def test_strips_of_another_split_are_gathered_anew(at_hand, tmp_path, monkeypatch):
    gathered(tmp_path)
    monkeypatch.setattr(runs, "digest", lambda: "another")
    assert gathered(tmp_path)[1]


@pytest.mark.parametrize("content", ["", "StripSet of 7 strips", "[]", "{}"])
def test_a_note_that_says_nothing_does_not_vouch_for_strips(at_hand, tmp_path, content):
    gathered(tmp_path)
    (tmp_path / runs.COMPLETE).write_text(content)
    assert gathered(tmp_path)[1]
    assert json.loads((tmp_path / runs.COMPLETE).read_text())["left_out"] == {"off the list: VT": 1}


def test_damaged_strips_are_gathered_anew(at_hand, tmp_path):
    whole, _ = gathered(tmp_path)
    digest = whole.digest()
    (tmp_path / "index.npz").unlink()
    strips, anew = gathered(tmp_path)
    assert anew
    assert strips.digest() == digest


def test_strips_that_were_filtered_or_simulated_in_another_way_are_gathered_anew(at_hand, tmp_path, monkeypatch):
    gathered(tmp_path)
    monkeypatch.setattr(runs, "KEY", runs.KEY + 1)
    assert gathered(tmp_path)[1]


def test_doubted_labels_are_left_out_of_training_and_stay_where_networks_are_judged(at_hand, tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "doubted", lambda: frozenset({("mitdb/101", 0.0)}))
    at_hand.append("108")
    train, _ = gathered(tmp_path / "train")
    assert train.recordings.tolist() == ["mitdb/108"]
    assert train.left_out["label doubted by its P waves and its beats"] == 1
    assert "mitdb/101" in gathered(tmp_path / "validation", part="validation")[0].recordings


def test_other_doubts_gather_the_training_part_anew(at_hand, tmp_path, monkeypatch):
    gathered(tmp_path)
    monkeypatch.setattr(runs, "doubted", lambda: frozenset({("mitdb/9", 0.0)}))
    assert gathered(tmp_path)[1]


def test_strips_of_other_kinds_are_gathered_anew(at_hand, tmp_path):
    chosen = recipe("shipped", sources=("mitdb",), compressed=0, simulated=4, simulated_kinds={"sinus rhythm": 1.0})
    gathered(tmp_path, chosen=chosen)
    assert gathered(tmp_path, chosen=replace(chosen, simulated_kinds={"fibrillation": 1.0}))[1]


def test_strips_that_do_not_say_in_which_way_they_were_made_are_taken_for_the_same(at_hand, tmp_path):
    gathered(tmp_path)
    held = json.loads((tmp_path / runs.COMPLETE).read_text())
    del held["made_of"]["way"]
    (tmp_path / runs.COMPLETE).write_text(json.dumps(held))
    assert not gathered(tmp_path)[1]


def test_a_second_run_waits_for_the_strips_that_the_first_gathers_and_reads_none_itself(at_hand, tmp_path):
    begun, results = threading.Event(), []
    second = threading.Thread(target=lambda: results.append(gathered(tmp_path)))

    def say(line):
        if "reading" in line:
            second.start()
            begun.wait(0.3)
            assert not results

    runs.gather(ONE_SOURCE, "train", None, tmp_path, say)
    second.join(30)
    ((strips, anew),) = results
    assert not anew
    assert len(strips) == 1


def test_gathered_strips_are_read_from_a_folder_that_cannot_be_written_to(at_hand, tmp_path, monkeypatch):
    gathered(tmp_path)
    monkeypatch.setattr(runs, "alone_in", lambda *_, **__: pytest.fail("nothing is to be written"))
    assert not gathered(tmp_path)[1]


def test_strips_near_a_limit_are_gathered_on_request_and_are_another_set(at_hand, tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "open_dataset", lambda source, data: near_and_clear(source))
    clear, _ = gathered(tmp_path, part="validation")
    every = runs.gather(ONE_SOURCE, "validation", None, tmp_path, lambda line: None, near_limits=True)
    assert (clear.near_limit.tolist(), every.near_limit.tolist()) == ([False], [False, True])
    assert gathered(tmp_path, part="validation")[1]


def near_and_clear(source):
    """Two recordings of sinus rhythm, one of them within 2/min of a limit."""

    def read(entry):
        return made_record(float(entry.id), 10, id=entry.id, source=source, labels=frozenset({rhythm("SINUS")}))

    return Dataset(source, tuple(Entry(name, None, name) for name in ("75", "100")), read)


def test_a_seed_below_0_and_a_file_in_place_of_the_folder_are_refused(tmp_path):
    with pytest.raises(InvalidValue, match="0 or more, not -1"):
        runs.RunSettings(tmp_path, seed=-1)
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidValue, match="is a file"):
        runs.RunSettings(tmp_path / "file")


def test_setting_the_temperature_changes_no_answer_and_brings_probabilities_nearer_to_the_truth():
    random = np.random.default_rng(0)
    strips = StripSet(
        random.integers(-900, 900, (60, 5000)).astype(np.int16),
        random.integers(0, 4, 60),
        *(np.array([str(number) for number in range(60)]),) * 3,
        np.full(60, 70.0),
        np.zeros(60),
    )
    model = SignalCNN()
    with torch.no_grad():
        model.dense.weight *= 200
    before = predict(model, strips)
    temperature = runs.set_temperature(model, strips)
    after = predict(model, strips)
    assert temperature > 1
    assert np.allclose(after * temperature, before, atol=1e-3)
    assert surprise(after, strips.targets) < surprise(before, strips.targets)


def surprise(logits, targets):
    return torch.nn.functional.cross_entropy(torch.from_numpy(logits), torch.from_numpy(targets)).item()


SHORT = recipe("shipped", epochs=1, strips_an_epoch=16, batch=8)


@pytest.fixture(scope="module")
def parts():
    """A training and a validation part; half of the training strips are simulated and know their evidence."""

    def strip_set(name, number, simulated):
        random = np.random.default_rng(number)
        column = np.array([f"{name}/{row}" for row in range(number)])
        return StripSet(
            random.integers(-900, 900, (number, 5000)).astype(np.int16),
            np.arange(number) % 4,
            column,
            np.where(np.arange(number) < simulated, "simulated", "mitdb"),
            np.full(number, "SR"),
            np.full(number, 70.0),
            np.zeros(number),
            places=random.integers(-1, 2, (number, 500)).astype(np.int8),
        )

    return strip_set("train", 48, 24), strip_set("validation", 8, 0)


def trained(parts, out, **settings):
    return runs.train_on("signal", *parts, SHORT, runs.RunSettings(out, say=lambda line: None, **settings))


def notes_of(weights):
    with safe_open(weights, framework="pt") as file:
        return file.metadata()


def test_weights_note_what_they_learnt_from_and_by_which_settings(parts, tmp_path):
    notes = notes_of(trained(parts, tmp_path / "signal-0"))
    assert notes["train"] == parts[0].digest()
    assert json.loads(notes["settings"])["strips_an_epoch"] == 16
    assert "labels" not in notes


def test_a_second_run_into_the_folder_of_one_that_is_there_is_refused(parts, tmp_path):
    trained(parts, tmp_path)
    with pytest.raises(InvalidValue, match="holds a run already; go on with --resume"):
        runs.train_view("signal", "shipped", runs.RunSettings(tmp_path))
    (tmp_path / CHECKPOINT).rename(tmp_path / BEFORE)
    with pytest.raises(InvalidValue, match="holds a run already; go on with --resume"):
        runs.train_view("signal", "shipped", runs.RunSettings(tmp_path))


def test_the_same_run_writes_the_same_bytes(parts, tmp_path):
    one, other = (trained(parts, tmp_path / name).read_bytes() for name in ("one", "other"))
    assert one == other


def test_shuffled_labels_are_dealt_out_once_by_the_seed_and_touch_training_only(parts, tmp_path, monkeypatch):
    seen = []

    def watched(model, train, validation, **settings):
        seen.append((train, validation, settings["recipe"]))
        return fit(model, train, validation, **settings)

    monkeypatch.setattr(runs, "fit", watched)
    weights = [trained(parts, tmp_path / f"signal-{seed}", seed=seed, shuffle_labels=True) for seed in (0, 1)]
    (first, validation, chosen), (other, *_) = seen
    assert np.array_equal(first.targets, runs.shuffled(parts[0], 0).targets)
    assert sorted(first.targets) == sorted(parts[0].targets)
    assert not np.array_equal(first.targets, parts[0].targets)
    assert not np.array_equal(first.targets, other.targets)
    assert first.microvolts is parts[0].microvolts
    assert validation is parts[1]
    assert chosen.localisation == 0
    assert [notes_of(file)["labels"] for file in weights] == ["shuffled"] * 2


def test_a_run_that_is_not_shuffled_stays_as_it_was(parts, tmp_path):
    """Bit for bit what `fit` makes of the strips as they are."""
    weights = trained(parts, tmp_path)
    model = SignalCNN()
    log = fit(model, *parts, recipe=SHORT)
    runs.set_temperature(model, parts[1])
    made = load_file(weights).state_dict()
    assert all(torch.equal(tensor, made[name]) for name, tensor in model.state_dict().items())
    assert len(log) == len((tmp_path / LOG).read_text().splitlines())


def test_a_run_on_true_labels_does_not_go_on_with_shuffled_ones(parts, tmp_path):
    trained(parts, tmp_path)
    with pytest.raises(UnreadableFile, match="another run"):
        trained(parts, tmp_path, resume=True, shuffle_labels=True)


def test_the_command_line_keeps_shuffled_runs_apart(monkeypatch, capsys):
    given = []
    monkeypatch.setattr(runs, "train_view", lambda view, recipe, settings, **_: given.append(settings))
    for switch in ([], ["--shuffle-labels"]):
        with pytest.raises(SystemExit, match="0"):
            cli.main(["train", "--view", "image", *switch])
    assert [settings.shuffle_labels for settings in given] == [False, True]
    assert [settings.out for settings in given] == [Path("runs/image"), Path("runs/image-shuffled")]
