import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from ecgteach import Explanation, explain, sample
from ecgteach.errors import InvalidValue, UnknownName, UnreadableFile
from ecgteach.models import ImageCNN, SignalCNN
from ecgteach.rhythms import grouping


@pytest.fixture(scope="module")
def pair():
    """Two untrained networks."""
    torch.manual_seed(1)
    return {"signal": SignalCNN().eval(), "image": ImageCNN().eval()}


def answering(network, answer):
    """A network that gives one class a high logit, whatever it sees."""
    model = network().eval()
    torch.nn.init.zeros_(model.dense.weight)
    with torch.no_grad():
        model.dense.bias.copy_(torch.tensor([9.0 * (name == answer) for name in model.classes]))
    return model


def test_a_real_recording_goes_in_and_one_fused_map_comes_out():
    seen = explain(sample("AFIB"))
    assert set(seen.views) == {"signal", "image"}
    for values in (*(view.on_time for view in seen.views.values()), seen.fused):
        assert values.shape == (5000,)
        assert 0 <= values.min() <= values.max() == 1.0
    assert seen.target in grouping().classes
    assert sum(seen.probabilities.values()) == pytest.approx(1)


@pytest.mark.parametrize("group", grouping().classes)
def test_every_target_can_be_explained_and_both_maps_are_for_that_one(group, pair):
    seen = explain(sample("SR"), pair, target=group)
    assert seen.target == group
    assert {view.map.target for view in seen.views.values()} == {grouping().classes.index(group)}
    assert seen.chosen == "asked for"


def test_without_a_target_the_highest_averaged_probability_decides(pair):
    seen = explain(sample("SB"), pair)
    assert seen.target == seen.answer == max(seen.probabilities, key=seen.probabilities.get)


def test_the_answer_stays_the_same_whatever_the_maps_are_asked_about(pair):
    seen = explain(sample("SB"), pair)
    other = next(name for name in seen.probabilities if name != seen.answer)
    assert explain(sample("SB"), pair, target=other).answer == seen.answer


def test_a_disagreement_is_reported_and_one_target_serves_both_views():
    seen = explain(sample("SR"), {"signal": answering(SignalCNN, "AFIB"), "image": answering(ImageCNN, "GSVT")})
    assert "signal says AFIB, image says GSVT" in seen.disagreement
    assert len({view.map.target for view in seen.views.values()}) == 1


def test_an_empty_map_is_not_fused_and_the_reason_is_said():
    seen = explain(sample("SR"), {"signal": answering(SignalCNN, "SR"), "image": answering(ImageCNN, "SR")})
    assert seen.fused is None
    assert "signal view's map is flat" in seen.fused_reason
    assert seen.to_json()["fused"]["map"] is None


def test_a_network_that_broke_is_not_fused_either(pair):
    broken = SignalCNN().eval()
    torch.nn.init.constant_(broken.dense.weight, float("nan"))
    seen = explain(sample("SR"), pair | {"signal": broken}, target="SR")
    assert seen.fused is None
    assert "not finite" in seen.fused_reason


def test_any_layer_and_a_contrast_can_be_asked_for(pair):
    seen = explain(sample("SR"), pair, layer="norm4", contrast=True)
    assert {view.layer.name for view in seen.views.values()} == {"norm4"}
    assert all(view.map.contrast for view in seen.views.values())
    assert explain(sample("SR"), pair).views["signal"].layer.name == "local"


def test_what_is_saved_comes_back(tmp_path):
    seen = explain(sample("GSVT"))
    back = Explanation.load(seen.save(tmp_path / "seen.json"))
    assert np.array_equal(back.fused, seen.fused)
    assert np.array_equal(back.strip.samples, seen.strip.samples)
    assert back.views["image"].layer == seen.views["image"].layer
    assert repr(back) == repr(seen)
    assert not list(tmp_path.glob("*.part"))


def test_an_unfused_explanation_survives_saving_too(tmp_path):
    seen = explain(sample("SR"), {"signal": answering(SignalCNN, "SR"), "image": answering(ImageCNN, "SR")})
    back = Explanation.load(seen.save(tmp_path / "seen.json"))
    assert (back.fused, back.fused_reason) == (None, seen.fused_reason)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": "other"}', '{"format": "ecgteach explanation 2"}'])
def test_a_file_that_is_no_explanation_is_refused(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(UnreadableFile, match=r"no (saved|whole) explanation"):
        Explanation.load(tmp_path / "a.json")


def test_wrong_words_are_refused_before_anything_is_computed(pair):
    with pytest.raises(UnknownName, match="SR, SB, GSVT, AFIB"):
        explain(sample("SR"), pair, target="VT")
    with pytest.raises(UnknownName, match="mean, maximum"):
        explain(sample("SR"), pair, fusion="vote")
    with pytest.raises(UnknownName, match="norm6"):
        explain(sample("SR"), pair, layer="attention")


def test_networks_that_do_not_belong_together_are_refused(pair):
    with pytest.raises(InvalidValue, match="given for the image view looks at the signal"):
        explain(sample("SR"), {"image": pair["signal"]})
    with pytest.raises(InvalidValue, match="tell apart the same classes"):
        explain(sample("SR"), pair | {"image": ImageCNN(classes=("a", "b"))})


def test_the_networks_are_left_as_they_were(pair):
    pair["signal"].train()
    explain(sample("SR"), pair)
    assert pair["signal"].training
    assert all(parameter.grad is None for parameter in pair["signal"].parameters())
    pair["signal"].eval()


def test_a_broken_networks_explanation_is_still_valid_json(tmp_path, pair):
    broken = SignalCNN().eval()
    torch.nn.init.constant_(broken.dense.weight, float("nan"))
    path = explain(sample("SR"), pair | {"signal": broken}, target="SR").save(tmp_path / "a.json")
    held = json.loads(path.read_text(), parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert set(held["views"]["signal"]["probabilities"].values()) == {None}


def test_what_is_no_strip_is_refused_with_the_way_out():
    with pytest.raises(InvalidValue, match="from_array"):
        explain(np.zeros(5000))


def test_an_empty_word_is_no_default(pair):
    with pytest.raises(UnknownName):
        explain(sample("SR"), pair, fusion="")
    with pytest.raises(UnknownName):
        explain(sample("SR"), pair, target="")


def test_eight_threads_get_what_one_gets():
    strips = [record.strip().for_reading() for record in map(sample, grouping().classes * 2)]
    alone = [explain(strip) for strip in strips[:4]] * 2
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(explain, strips * 4))
    for seen, expected in zip(found, alone * 4, strict=True):
        assert seen.target == expected.target
        assert np.array_equal(seen.fused, expected.fused)
        for name, view in expected.views.items():
            assert np.array_equal(seen.views[name].map.values, view.map.values)
            assert np.array_equal(seen.views[name].prediction.logits, view.prediction.logits)
