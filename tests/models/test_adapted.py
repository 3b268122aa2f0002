"""What adapting promises: any torch classifier of strips is explained at its true place, or refused with the reason."""

import re
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from monai.networks.nets import DenseNet121, SENet
from torch import nn

import ecgteach
from ecgteach import Explanation, attention_by_wave, explain, models, sample, sentence, simulate, trust
from ecgteach.checks import faithfulness, stability
from ecgteach.errors import EcgteachError, InvalidValue, UnknownName
from ecgteach.models import Network, adapt, inputs, shipped
from ecgteach.models.measuring import place_of, time_of
from ecgteach.strip import Strip
from ecgteach.widgets import CaseExplorer
from ecgteach.widgets.case_state import Reading

CHECKOUT = Path(__file__).parents[2]
CLASSES = ("normal", "not normal", "noise")


@pytest.fixture(autouse=True)
def same_weights():
    torch.manual_seed(0)


def head(channels, classes=3):
    return nn.Sequential(nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(channels, classes))


def small(classes=3, padding=0):
    """Two convolutions; without padding the first cell stands where only a measurement finds it."""
    body = nn.Sequential(
        nn.Conv1d(1, 8, 15, 5, padding), nn.ReLU(), nn.Conv1d(8, 16, 9, 4, padding), nn.BatchNorm1d(16), nn.ReLU()
    )
    return nn.Sequential(body, head(16, classes))


def picture(classes=3):
    body = nn.Sequential(nn.Conv2d(1, 8, 5, 4, 2), nn.ReLU(), nn.Conv2d(8, 16, 3, 2, 1), nn.ReLU())
    return nn.Sequential(body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, classes))


class Wrapped(nn.Module):
    """A network whose answer, or whose input, is another's."""

    def __init__(self, inner, answer=lambda logits: logits, read=lambda batch: batch):
        super().__init__()
        self.inner, self.answer, self.read = inner, answer, read

    def forward(self, batch):
        return self.answer(self.inner(self.read(batch)))


# Measuring


@pytest.mark.parametrize("view", ["signal", "image"])
def test_what_is_measured_of_our_networks_is_what_they_say_themselves(view):
    """Down to the last step, for every layer: the networks' own numbers come from their blocks, not from gradients."""
    model, strips = shipped()[view], models.adapted._strips()
    time = time_of(lambda millivolts: inputs(view, millivolts), strips)
    batch = inputs(view, strips)
    for name in ("conv1", "norm2", "norm4", "norm6", "local") if view == "signal" else ("norm4", "local"):
        layer = model.layer(name)
        assert place_of(model, name, layer.kind, batch, time) == layer


def normalised_at_250(strip):
    samples = strip.samples[::2]
    return torch.tensor((samples - samples.mean()) / samples.std())[None, None]


READINGS = {
    "signal": ("signal", 1 / 500, 0.0),
    "half the rate, normalised": (normalised_at_250, 1 / 250, 0.0),
    "the middle six seconds": (lambda strip: strip.samples[None, None, 1000:4000], 1 / 500, 2.0),
    "time, then channels": (lambda strip: strip.samples[None, :, None], 1 / 500, 0.0),
}


@pytest.mark.parametrize(("reads", "step", "start"), READINGS.values(), ids=READINGS)
def test_cells_lie_where_kernels_and_preprocessing_put_them(reads, step, start):
    turned = (
        (lambda batch: batch.transpose(1, 2)) if reads is READINGS["time, then channels"][0] else lambda batch: batch
    )
    layer = adapt(Wrapped(small(), read=turned), CLASSES, reads).layer()
    # strides 5 and 4, kernels 15 and 9: a cell sees 15 + 8 x 5 = 55 steps, the first of them 0 ... 54
    assert (layer.cell_seconds, layer.field_seconds) == pytest.approx((20 * step, 55 * step))
    assert layer.centres[0] == pytest.approx(start + 27 * step, abs=1e-9)


def test_a_spectrogram_is_explained_in_its_own_steps():
    window = torch.hann_window(64)

    def spectrogram(strip):
        made = torch.stft(torch.tensor(strip.samples), 64, 16, window=window, return_complex=True)
        return made.abs()[None, None]

    network = adapt(picture(), CLASSES, spectrogram, view="signal")
    assert network.layer().centres[0] == pytest.approx(0.0, abs=0.04)
    assert network.layer().cell_seconds == pytest.approx(8 * 16 / 500, rel=0.02)
    assert explain(sample("SR"), network).views["signal"].map.values.ndim == 2


@pytest.mark.parametrize(
    ("build", "layer", "stride"),
    [
        (lambda: DenseNet121(1, 1, 3, init_features=8, growth_rate=4, block_config=(2, 2, 2)), "class_layers.relu", 16),
        (
            lambda: SENet(1, 1, "se_resnet_bottleneck", (1, 1, 1, 1), 1, 4, inplanes=8, num_classes=3, input_3x3=False),
            "layer4",
            32,
        ),
    ],
)
def test_networks_of_others_are_explained_at_their_last_cells(build, layer, stride):
    found = adapt(build(), CLASSES, lambda strip: strip.samples[None, None, ::2]).layer()
    assert (found.name, found.stride) == (f"adapted.{layer}", pytest.approx(stride, rel=0.02))


def test_a_gate_over_the_whole_strip_does_not_make_its_cells_global():
    class Gated(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.gate, self.cells, self.head = small()[0], nn.Linear(16, 16), nn.Identity(), head(16)

        def forward(self, batch):
            cells = self.body(batch)
            return self.head(self.cells(cells * self.gate(cells.mean(2)).sigmoid()[..., None]))

    found, plain = adapt(Gated(), CLASSES).layer(), adapt(small(), CLASSES).layer()
    assert found.name == "adapted.cells"
    assert found.stride == pytest.approx(plain.stride, rel=0.01)
    assert np.abs(found.centres - plain.centres).max() < 0.02


class Mixed(nn.Module):
    """Global by attention over all steps, after a body that is not."""

    def __init__(self):
        super().__init__()
        self.body, self.mixing, self.head = small()[0], nn.MultiheadAttention(16, 2, batch_first=True), nn.Linear(16, 3)

    def forward(self, batch):
        cells = self.body(batch).transpose(1, 2)
        return self.head(self.mixing(cells, cells, cells)[0].mean(1))


def test_a_global_layer_is_passed_over_and_refused_when_asked_for():
    assert adapt(Mixed(), CLASSES).layer().name == "adapted.body"

    spread = nn.Sequential(nn.Conv1d(1, 8, 15, 5), nn.ReLU(), nn.Conv1d(8, 16, 651, 4), nn.ReLU(), head(16))
    assert adapt(spread, CLASSES).layer().name == "adapted.1"
    with pytest.raises(
        InvalidValue, match=r"layer 'adapted\.3' is global: each of its cells sees 5\.\d s of the strip's 10"
    ):
        adapt(spread, CLASSES, layer="3")


def test_cells_that_lie_unevenly_are_refused():
    class Uneven(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.cells, self.head = small()[0], nn.Identity(), head(16)

        def forward(self, batch):
            cells = self.body(batch)
            return self.head(self.cells(torch.cat([cells[..., :100:10], cells[..., 100:200]], 2)))

    with pytest.raises(InvalidValue, match="do not lie evenly"):
        adapt(Uneven(), CLASSES, layer="cells")


def test_a_backbone_without_gradients_and_a_scripted_part_are_measured_all_the_same():
    class Frozen(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.head = small()[0], torch.jit.script(head(16))

        def forward(self, batch):
            with torch.no_grad():
                cells = self.body(batch)
            return self.head(cells)

    assert adapt(Frozen(), CLASSES).layer().centres.tolist() == adapt(small(), CLASSES).layer().centres.tolist()


# Answers


@pytest.mark.parametrize(
    "answer",
    [
        lambda logits: (logits, logits.mean()),
        lambda logits: {"hidden": logits[:, :2], "logits": logits},
        lambda logits: [logits],
    ],
)
def test_logits_are_found_inside_tuples_and_mappings(answer):
    inner = small()
    network = adapt(Wrapped(inner, answer), CLASSES)
    batch = inputs("signal", sample("SR").strip().for_reading().samples[None])
    assert torch.equal(network.eval()(batch), inner.eval()(batch))


def test_one_logit_for_two_classes_is_that_of_the_second():
    inner = small(classes=1)
    seen = explain(sample("SR"), adapt(inner, ("normal", "AF")))
    batch = inputs("signal", seen.strip.samples[None])
    assert seen.probabilities["AF"] == pytest.approx(float(inner.eval()(batch).sigmoid()), abs=1e-6)


# The whole road


ALONE = {
    "signal alone": lambda: adapt(small(), CLASSES, normalised_at_250),
    "image alone": lambda: adapt(picture(), CLASSES, "image"),
    "a view of its own": lambda: adapt(small(), CLASSES, view="mine"),
}


@pytest.mark.parametrize("make", [*ALONE.values(), None], ids=[*ALONE, "a pair"])
def test_plot_sentence_attention_trust_stability_save_and_explorer_work(make, tmp_path):
    networks = make() if make else {"signal": ALONE["signal alone"](), "image": ALONE["image alone"]()}
    seen = explain(sample("SR"), networks, target="not normal")
    assert isinstance(seen.networks and next(iter(seen.networks.values())), Network)
    assert tuple(seen.probabilities) == CLASSES
    if make:
        assert seen.fused is None
        assert "alone was asked: there is nothing to fuse it with" in seen.fused_reason
        assert "nothing to fuse it with" in sentence(seen)
    assert "not normal" in seen.plot().alt
    plt.close("all")
    assert {share.view for share in attention_by_wave(seen).shares} >= set(seen.views) - set(
        attention_by_wave(seen).empty
    )
    report = trust(seen)
    assert {test.name for test in report.tests} >= {"stability", "weights", "class"}
    assert set(stability(seen).left_out) | {change.view for change in stability(seen).changes} >= set(seen.views)
    assert set(faithfulness(seen).deletion) | set(faithfulness(seen).left_out) >= set(seen.views)
    back = Explanation.load(seen.save(tmp_path / "seen.json"))
    with pytest.raises(InvalidValue, match="which is not at hand; give it with models="):
        trust(back)
    assert trust(back, networks) == report
    explorer = CaseExplorer([sample("SR"), sample("AFIB")], networks)
    for step in explorer.state.ladder()[1:]:
        readings = (Reading("normal", 75, step, no_idea=True), *explorer.state.readings[1:])
        explorer.state = replace(explorer.state, readings=readings)
        assert explorer.still().alt


def test_the_network_is_left_as_it_was():
    network = small().train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    explain(sample("SR"), adapt(network, CLASSES))
    assert all(module.training for module in network.modules())
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not any(module._forward_hooks for module in network.modules())


def test_a_layer_of_ones_own_choice_is_measured_too():
    network = adapt(small(), CLASSES, layer="0.0")
    assert network.layer().cell_seconds == pytest.approx(0.01)
    assert explain(simulate("SR", seed=1), network, layer="0.3").views["signal"].layer.name == "adapted.0.3"
    with pytest.raises(UnknownName, match=r"Sequential has no layer 'attention'; there are 0, 0\.0"):
        network.layer("attention")


# Refusals


class Features(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(5000, 3)

    def forward(self, batch):
        return self.dense(batch[:, 0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: adapt("network.pt", CLASSES), "adapt takes a network .* not a str"),
        (lambda: adapt(None, CLASSES), "not None"),
        (lambda: adapt(nn.Linear, CLASSES), "not the class Linear"),
        (lambda: adapt(torch.jit.script(small()), CLASSES), "adapt the network that it was made from"),
        (lambda: adapt(small(), "abc"), "classes are the names of the outputs"),
        (lambda: adapt(small(), 3), "classes are the names of the outputs"),
        (lambda: adapt(small(), ("a",)), "two classes or more"),
        (lambda: adapt(small(), ("a", "b")), r"answers with \('n', 3\), none of which are logits for 2 classes"),
        (lambda: adapt(nn.Sequential(small(), nn.Softmax(1)), CLASSES), "answers with probabilities.*Identity"),
        (lambda: adapt(nn.Sequential(small(1), nn.Sigmoid()), ("a", "b")), "answers with probabilities"),
        (lambda: adapt(small(), CLASSES, "sound"), "nothing that is read is called 'sound'"),
        (lambda: adapt(small(), CLASSES, "signal", view="image"), "reads 'signal' is of that view"),
        (lambda: adapt(small(), CLASSES, 3), "or a function of a Strip, not a int"),
        (lambda: adapt(small(), CLASSES, lambda strip: strip.samples), r"makes \(5000,\) of a strip.*add the axes"),
        (lambda: adapt(small(), CLASSES, lambda strip: None), "return the batch"),
        (lambda: adapt(small(), CLASSES, lambda strip: strip.sample), "cannot read a strip: AttributeError"),
        (lambda: adapt(small(), CLASSES, lambda strip: strip.samples[None, None] * np.nan), "not finite"),
        (
            lambda: adapt(small(), CLASSES, lambda strip: np.abs(np.fft.rfft(strip.samples))[None, None]),
            "runs along the strip",
        ),
        (lambda: adapt(small(), CLASSES, lambda strip: strip.samples[None, None, ::-1].copy()), "runs backwards"),
        (lambda: adapt(small(), CLASSES, lambda strip: np.stack([strip.samples] * 3)[None]), "cannot read a batch"),
        (
            lambda: adapt(Features(), CLASSES),
            r"no layer of this Features has a place on the strip: it gives \(items, 3\)",
        ),
        (lambda: adapt(small(), CLASSES, layer="nowhere"), "has no layer 'nowhere'"),
    ],
)
def test_what_cannot_be_adapted_is_refused_with_the_reason(call, message):
    with pytest.raises(EcgteachError, match=message):
        call()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (small(), "this Sequential does not say its view, classes, layer; models.adapt"),
        ({"signal": "net.pt"}, r"a network is a torch\.nn\.Module, not a str; models\.adapt"),
        ({}, "models are given by view"),
        ("signal", "models are a network, or one for each view, not a str"),
        ([small()], "not a list"),
    ],
)
def test_what_is_no_network_is_refused_by_explain(given, message):
    with pytest.raises(InvalidValue, match=message):
        explain(sample("SR"), given)


def test_a_network_that_meets_another_kind_of_strip_says_so():
    def only_clean(strip):
        if strip.samples.std() < 1e-6:
            raise ValueError("a flat strip has no beats")
        return strip.samples[None, None]

    network = adapt(small(), CLASSES, only_clean)
    with pytest.raises(InvalidValue, match="only_clean cannot read a strip: ValueError: a flat strip has no beats"):
        explain(Strip(np.zeros(5000)), network)


# The pages


def blocks(page, heading):
    """Python on a page from a heading on, up to the next one of its rank."""
    text = (CHECKOUT / page).read_text(encoding="utf-8")
    after = text[text.index(heading) :]
    return re.findall(
        r"```python\n(.*?)```", after.split("\n## ")[0] if heading.startswith("###") else after, re.DOTALL
    )


def test_the_ten_lines_of_the_readme_run(capsys):
    (code,) = blocks("README.md", "### A network of your own")
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    exec(compile(code, "README.md", "exec"), {"ecgteach": ecgteach, "record": ecgteach.sample("AFIB")})
    assert "TrustReport" in capsys.readouterr().out
    plt.close("all")


def test_the_page_explains_a_network_that_others_trained(capsys):
    page = "ecgteach/models/README.md"
    (code,) = blocks(page, "## To explain a network that others trained")
    names = {}
    exec(compile(code, page, "exec"), names)
    plt.close("all")
    told = " ".join((CHECKOUT / page).read_text(encoding="utf-8").split())
    network, *rest = capsys.readouterr().out.splitlines()
    assert network in told
    assert "network answers" in rest[0]
    first = names["network"].layer().centres[0]
    assert f"its first cell stands {first:.3f} s into the strip" in told
    assert names["theirs"].classes_.tolist() == list(names["seen"].probabilities)
