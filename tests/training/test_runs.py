import json

import numpy as np
import pytest
import torch
from conftest import made_record

from ecgteach.errors import InvalidValue
from ecgteach.models import SignalCNN
from ecgteach.records import Dataset, Entry
from ecgteach.rhythms import rhythm
from ecgteach.training import runs
from ecgteach.training.fitting import predict
from ecgteach.training.recipes import recipe
from ecgteach.training.strips import StripSet

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
    said = []
    strips = runs.gather(chosen, part, None, folder, said.append)
    return strips, any("reading" in line for line in said)


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


def test_a_seed_below_0_and_a_file_in_place_of_the_folder_are_refused(tmp_path):
    with pytest.raises(InvalidValue, match="0 or more, not -1"):
        runs.train_view("signal", "shipped", data=None, out=tmp_path, seed=-1)
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidValue, match="is a file"):
        runs.train_view("signal", "shipped", data=None, out=tmp_path / "file")


def test_tempering_changes_no_answer_and_brings_probabilities_nearer_to_the_truth():
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
    temperature = runs.temper(model, strips)
    after = predict(model, strips)
    assert temperature > 1
    assert np.allclose(after * temperature, before, atol=1e-3)
    assert surprise(after, strips.targets) < surprise(before, strips.targets)


def surprise(logits, targets):
    return torch.nn.functional.cross_entropy(torch.from_numpy(logits), torch.from_numpy(targets)).item()
