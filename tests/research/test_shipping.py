import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from ecgteach.errors import InvalidValue, UnreadableFile
from ecgteach.models import ImageCNN, SignalCNN, save
from ecgteach.models.weights import checksum, verify
from ecgteach.records.splits import digest
from ecgteach.training.data.strips import StripSet
from ecgteach.training.fit.fitting import Epoch

from . import shipping
from .blind_spots import KindAnswers

NETWORKS = {"signal": SignalCNN, "image": ImageCNN}
SPOT = KindAnswers("flutter 2:1", "signal", "AFIB", 60, 30, [0.4, 0.6], {"AFIB": 30, "GSVT": 30}, 0.9)
NOTES = {"recipe": "shipped", "seed": 0, "epochs": 3, "best_epoch": 2, "temperature": "1.100", "split": digest()}


def strip_set(prefix, sources=("mitdb", "challenge-2017")):
    random = np.random.default_rng(len(prefix))
    number = 24
    names = np.array([f"{prefix}/{row}" for row in range(number)])
    return StripSet(
        random.integers(-300, 300, (number, 5000)).astype(np.int16),
        np.arange(number) % 4,
        names,
        np.array([sources[row % len(sources)] for row in range(number)]),
        np.array(["SR", "SB", "ST", "AFIB"])[np.arange(number) % 4],
        np.array([75.0, 50.0, 120.0, 90.0])[np.arange(number) % 4],
        np.zeros(number),
    )


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Finished runs of two seeds, and strips of every part."""
    torch.manual_seed(0)
    for view, network in NETWORKS.items():
        for seed, accuracy in ((0, 0.90), (1, 0.95)):
            run = tmp_path / f"{view}-{seed}"
            save(network(), run / f"{view}.safetensors", NOTES | {"seed": seed})
            log = [Epoch(1, 1.0, 0.5, accuracy, accuracy, True), Epoch(2, 1.0, 0.9, 0.1, 0.1, False)]
            (run / "log.jsonl").write_text("".join(json.dumps(vars(epoch)) + "\n" for epoch in log))
    parts = {
        "train": strip_set("train", ("mitdb", "challenge-2017", "simulated")),
        "validation": strip_set("validation"),
        "test": strip_set("test"),
    }
    monkeypatch.setattr(shipping, "gather", lambda recipe, part, data, folder, say: parts[part])
    monkeypatch.setattr(shipping, "open_strips", lambda folder: parts[folder.name])
    monkeypatch.setattr(shipping, "blind_spots", lambda models: [SPOT])
    monkeypatch.setattr(shipping, "real_blind_spots", lambda models, data: [replace(SPOT, kind="paced", group=None)])
    return tmp_path


def test_the_pair_is_shipped_with_checksums_cards_and_figures(runs):
    folder = runs / "shipped"
    shipping.ship(runs, runs / "strips", folder)
    for view in NETWORKS:
        verify(folder / f"{view}.safetensors", folder / "SHA256SUMS")
        written = (folder / f"{view}.md").read_text()
        assert "$" not in written
        assert "not for clinical use" in written
        assert "90.0%, 95.0%; spread 5.0 points" in written
    figures = json.loads((folder / "figures.json").read_text())
    assert set(figures) == {"test", "validation", "blind_spots"}
    assert figures["blind_spots"]["simulated"][0]["right"] == 30
    assert {"by_source", "by_noise", "missed_afib", "calibration", "comparison"} <= set(figures["test"])


def test_a_card_names_the_blind_spots_of_its_view(runs):
    shipping.ship(runs, runs / "strips", runs / "shipped")
    written = (runs / "shipped" / "signal.md").read_text()
    assert "| flutter 2:1 | AFIB | 60 | 50.0% | AFIB 50.0%, GSVT 50.0% | 90% |" in written
    assert "| paced | - | 60 |" in written
    assert "flutter 2:1" not in (runs / "shipped" / "image.md").read_text()


def test_a_card_counts_real_recordings_apart_from_simulated_ones(runs):
    shipping.ship(runs, runs / "strips", runs / "shipped")
    written = (runs / "shipped" / "signal.md").read_text()
    assert "Learnt from 16 strips of 16 real recordings" in written
    assert "50% of them are lead I" in written


def test_seed_0_is_shipped_whatever_the_others_achieved(runs):
    shipping.ship(runs, runs / "strips", runs / "shipped")
    shipped = (runs / "shipped" / "signal.safetensors").read_bytes()
    assert shipped == (runs / "signal-0" / "signal.safetensors").read_bytes()


def test_a_run_without_weights_is_named(runs):
    (runs / "image-0" / "image.safetensors").unlink()
    with pytest.raises(UnreadableFile, match="image-0"):
        shipping.ship(runs, runs / "strips", runs / "shipped")
    assert not (runs / "shipped").exists()


def test_a_run_of_another_split_is_never_shipped(runs):
    save(ImageCNN(), runs / "image-0" / "image.safetensors", NOTES | {"split": "another"})
    with pytest.raises(InvalidValue, match="another split"):
        shipping.ship(runs, runs / "strips", runs / "shipped")
    assert not (runs / "shipped").exists()


def test_a_run_on_shuffled_labels_is_never_shipped(runs):
    save(ImageCNN(), runs / "image-0" / "image.safetensors", NOTES | {"labels": "shuffled"})
    with pytest.raises(InvalidValue, match="shuffled labels"):
        shipping.ship(runs, runs / "strips", runs / "shipped")
    assert not (runs / "shipped").exists()


def test_seeds_that_are_not_alike_give_no_spread(runs):
    save(SignalCNN(), runs / "signal-1" / "signal.safetensors", NOTES | {"seed": 1, "settings": "fewer epochs"})
    with pytest.raises(InvalidValue, match="signal-1 and signal-0 differ in their settings of the recipe"):
        shipping.ship(runs, runs / "strips", runs / "shipped")


def test_what_is_no_seed_does_not_count_as_one(runs):
    save(SignalCNN(), runs / "signal-without-ludb" / "signal.safetensors", NOTES | {"recipe": "another"})
    shipping.ship(runs, runs / "strips", runs / "shipped")
    assert "2 seeds on the validation part" in (runs / "shipped" / "signal.md").read_text()


def test_a_shipment_that_fails_leaves_the_pair_that_was_there(runs, monkeypatch):
    folder = runs / "shipped"
    shipping.ship(runs, runs / "strips", folder)
    before = {file.name: checksum(file) for file in folder.iterdir()}
    for view, network in NETWORKS.items():
        torch.manual_seed(1)
        save(network(), runs / f"{view}-0" / f"{view}.safetensors", NOTES)

    def no_card(model, *_):
        if model.view == "image":
            raise KeyboardInterrupt
        return ""

    monkeypatch.setattr(shipping, "card", no_card)
    with pytest.raises(KeyboardInterrupt):
        shipping.ship(runs, runs / "strips", folder)
    assert {file.name: checksum(file) for file in folder.iterdir()} == before
