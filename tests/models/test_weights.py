import errno
import os
import stat
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file as load_tensors
from safetensors.torch import save_file

from ecgteach import models
from ecgteach.errors import UnknownName, UnreadableFile
from ecgteach.models import weights
from ecgteach.records import sample
from ecgteach.records.splits import digest

VIEWS = pytest.mark.parametrize("view", models.VIEWS)
SHIPPED = Path(str(resources.files("ecgteach.models").joinpath("weights")))


@VIEWS
def test_the_shipped_networks_load_and_answer(view):
    model = models.load(view)
    assert not model.training
    assert model.classes == ("SR", "SB", "GSVT", "AFIB")
    assert torch.isfinite(model(torch.zeros(1, 1, *model.input_shape))).all()


@VIEWS
def test_the_shipped_weights_carry_the_digest_of_the_split(view):
    with safe_open(SHIPPED / f"{view}.safetensors", framework="pt") as file:
        assert file.metadata()["split"] == digest()


def test_the_pair_and_its_kin_stay_small():
    for folder in (SHIPPED, SHIPPED / "seeds"):
        assert sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) < 3_000_000


@VIEWS
def test_kin_of_other_seeds_load_and_answer_otherwise(view):
    strip = models.inputs(view, sample("SR").strip().for_reading().samples[None])
    kin = [models.load(view, seed) for seed in weights.SEEDS]
    with torch.no_grad():
        answers = [model(strip)[0] for model in kin]
    assert all(not torch.equal(answers[0], other) for other in answers[1:])
    assert {model.classes for model in kin} == {("SR", "SB", "GSVT", "AFIB")}
    assert all(model.classes[answer.argmax()] == "SR" for model, answer in zip(kin, answers, strict=True))


@VIEWS
def test_each_has_a_model_card_that_says_what_it_must_not_be_used_for(view):
    card = (SHIPPED / f"{view}.md").read_text(encoding="utf-8")
    for word in ("not for clinical use", "compressed", "lead I", digest()[:12], "## Licences"):
        assert word in card


@VIEWS
def test_saved_weights_come_back_the_same(view, tmp_path):
    model = models.NETWORKS[view](classes=5).eval()
    back = models.load_file(models.save(model, tmp_path / "own.safetensors", {"seed": 3}))
    strip = torch.rand(1, 1, *model.input_shape)
    assert back.classes == model.classes
    assert torch.equal(back(strip), model(strip))
    assert not list(tmp_path.glob("*.part"))


def test_corrupt_weights_are_refused(tmp_path):
    path = models.save(models.SignalCNN(), tmp_path / "a.safetensors")
    content = path.read_bytes()
    for broken in (content[: len(content) // 2], b"", b"junk" * 100):
        path.write_bytes(broken)
        with pytest.raises(UnreadableFile, match="no readable weights"):
            models.load_file(path)


def test_weights_that_were_changed_do_not_pass_as_shipped(tmp_path, monkeypatch):
    for name in ("signal.safetensors", "SHA256SUMS"):
        (tmp_path / name).write_bytes((SHIPPED / name).read_bytes())
    path = tmp_path / "signal.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(UnreadableFile, match="not the file that was shipped"):
        weights.verify(path, tmp_path / "SHA256SUMS")


def test_weights_for_other_classes_are_refused(tmp_path):
    path = models.save(models.SignalCNN(classes=("a", "b")), tmp_path / "a.safetensors")
    with pytest.raises(UnreadableFile, match="a network for a, b; needed: SR, SB"):
        models.load_file(path, classes=("SR", "SB"))


def test_weights_of_another_view_are_refused(tmp_path):
    path = models.save(models.ImageCNN(), tmp_path / "a.safetensors")
    with pytest.raises(UnreadableFile, match="network of the image view; needed: signal"):
        models.load_file(path, view="signal")
    assert models.load_file(path, view="image").view == "image"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(tmp_path, value):
    model = models.SignalCNN()
    with torch.no_grad():
        model.conv1.weight[0] = value
    path = models.save(model, tmp_path / "a.safetensors")
    with pytest.raises(UnreadableFile, match=r"not finite, in conv1\.weight"):
        models.load_file(path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"classes": None},
        {"classes": "SR, SB"},
        {"classes": "7"},
        {"blocks": None},
        {"blocks": "[{}]"},
        {"blocks": '[{"channels": 8, "kernel": 3, "colour": 1}]'},
        {"blocks": '[{"channels": -8, "kernel": 3}]'},
        {"blocks": '[{"channels": 8, "kernel": "wide"}]'},
        {"blocks": '[{"channels": 1000000000, "kernel": 3}]'},
        {"blocks": '[{"channels": 8, "kernel": 3.5}]'},
        {"blocks": '[{"channels": true, "kernel": 3}]'},
        {"blocks": "[" * 100_000},
        {"blocks": '[{"channels": 1, "kernel": 1}' + ', {"channels": 1, "kernel": 1}' * 100 + "]"},
        {"local_blocks": "0"},
        {"local_blocks": "many"},
    ],
)
def test_metadata_that_describe_no_network_are_refused(tmp_path, wrong):
    path = models.save(models.SignalCNN(), tmp_path / "a.safetensors")
    with safe_open(path, framework="pt") as file:
        notes = file.metadata() | wrong
    save_file(load_tensors(path), path, {name: value for name, value in notes.items() if value is not None})
    with pytest.raises(UnreadableFile, match="describe no network"):
        models.load_file(path)


def test_a_folder_in_place_of_the_file_is_told(tmp_path):
    with pytest.raises(UnreadableFile, match="is a folder"):
        models.load_file(tmp_path)


def test_a_missing_file_and_an_unknown_view_are_told(tmp_path):
    with pytest.raises(UnreadableFile, match="is missing"):
        models.load_file(tmp_path / "none.safetensors")
    with pytest.raises(UnknownName, match="signal, image"):
        models.load("smell")
    with pytest.raises(UnknownName, match="0, 1, 2, 3, 4"):
        models.load("signal", 7)


def test_weights_in_eight_bits_are_a_quarter_of_the_size_and_nearly_the_same_network(tmp_path):
    torch.manual_seed(0)
    model = models.SignalCNN().eval()
    whole = weights.save(model, tmp_path / "whole.safetensors")
    small = weights.save(model, tmp_path / "small.safetensors", small=True)
    assert small.stat().st_size < 0.3 * whole.stat().st_size
    back = weights.load_file(small, view="signal")
    for name, tensor in model.state_dict().items():
        restored = back.state_dict()[name]
        assert restored.dtype == tensor.dtype
        if tensor.ndim < 2:
            assert torch.equal(restored, tensor), name
        else:
            step = tensor.flatten(1).abs().amax(1).div(127).view(-1, *[1] * (tensor.ndim - 1))
            assert ((restored - tensor).abs() <= 0.51 * step).all(), name


def tiny():
    return models.SignalCNN(("a", "b"), (models.Block(2, 5),), local=1)


@pytest.mark.parametrize("mask", [0o022, 0o002, 0o077])
def test_weights_have_the_permissions_of_any_other_file(tmp_path, mask):
    before = os.umask(mask)
    try:
        path = models.save(tiny(), tmp_path / "signal.safetensors")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == (0o666 if os.name == "nt" else 0o666 & ~mask)


def test_weights_and_notes_decide_every_byte(tmp_path):
    """In another process too, whose hashes fall otherwise."""
    code = (
        "import sys, torch; from ecgteach.models import Block, SignalCNN, save; torch.manual_seed(0)\n"
        "model = SignalCNN(('a', 'b'), (Block(2, 5),), local=1)\n"
        "save(model, sys.argv[1], {name: name for name in 'abcdefgh'})"
    )
    files = [tmp_path / f"{number}.safetensors" for number in range(4)]
    for number, file in enumerate(files):
        settings = os.environ | {"PYTHONHASHSEED": str(number)}
        subprocess.run([sys.executable, "-c", code, str(file)], check=True, env=settings)
    assert len({file.read_bytes() for file in files}) == 1
    assert models.load_file(files[0]).classes == ("a", "b")


def test_a_full_disk_leaves_the_weights_that_were_there(tmp_path, monkeypatch):
    path = models.save(tiny(), tmp_path / "signal.safetensors")
    before = path.read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UnreadableFile, match=r"cannot be written \(No space left on device\)"):
        models.save(tiny(), path)
    monkeypatch.undo()
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [before]


DAMAGE = {
    "half precision": (lambda held: {name: tensor.half() for name, tensor in held.items()}, "in torch.float16, not"),
    "double precision": (
        lambda held: {name: tensor.double() for name, tensor in held.items()},
        "in torch.float64, not",
    ),
    "whole numbers": (lambda held: held | {"dense.weight": held["dense.weight"].int()}, "in torch.int32, not"),
    "eight bits without factors": (
        lambda held: held | {"dense.weight": held["dense.weight"].char()},
        "torch.int8, not",
    ),
    "a tensor less": (
        lambda held: {name: held[name] for name in held if name != "dense.bias"},
        r"missing: dense\.bias",
    ),
    "a tensor more": (lambda held: held | {"more": torch.zeros(3)}, "too many: more"),
    "another shape": (lambda held: held | {"dense.bias": torch.zeros(9)}, r"dense.bias has the shape \(9,\)"),
    "factors of nothing": (lambda held: held | {"more.factors": torch.ones(4)}, "too many: more.factors"),
    "no variance": (lambda held: held | {"norm1.0.running_var": -torch.ones(24)}, "variances below zero"),
    "too loud": (lambda held: held | {"dense.bias": torch.full((4,), 1e9)}, "weights above"),
}


@pytest.mark.parametrize(("damage", "message"), DAMAGE.values(), ids=DAMAGE)
def test_weights_in_other_numbers_or_shapes_are_refused(damage, message, tmp_path):
    path = models.save(models.SignalCNN(), tmp_path / "a.safetensors")
    with safe_open(path, framework="pt") as file:
        notes = file.metadata()
    save_file(damage(load_tensors(path)), path, notes)
    with pytest.raises(UnreadableFile, match=message):
        models.load_file(path)


@pytest.mark.parametrize("factor", [0.0, -1.0, float("nan")])
def test_factors_that_multiply_by_nothing_are_refused(factor, tmp_path):
    path = models.save(models.SignalCNN(), tmp_path / "a.safetensors", small=True)
    with safe_open(path, framework="pt") as file:
        notes = file.metadata()
    held = load_tensors(path)
    held["dense.weight.factors"] = held["dense.weight.factors"] * factor
    save_file(held, path, notes)
    with pytest.raises(UnreadableFile, match="factors"):
        models.load_file(path)
