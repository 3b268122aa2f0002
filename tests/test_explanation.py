import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ecgteach import Explanation, Strip, explain, explanation, open_dataset, sample, sentence, simulate, trust
from ecgteach.checks import faithfulness, remove_hottest, same_for_every_class, stability
from ecgteach.errors import InvalidValue, UnknownName, UnreadableFile
from ecgteach.explanation import networks_of
from ecgteach.models import ImageCNN, SignalCNN, digest_of, shipped
from ecgteach.quality import Fault, Quality
from ecgteach.records import from_array
from ecgteach.rhythms import Rhythm, grouping


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


def test_one_thread_and_two_give_the_same_to_a_hundred_thousandth():
    def seen(threads):
        code = f"""
import sys, torch, ecgteach, numpy as np
torch.set_num_threads({threads})
assert torch.get_num_threads() == {threads}
for group in ("SR", "SB", "GSVT", "AFIB"):
    seen = ecgteach.explain(ecgteach.sample(group))
    for view in seen.views.values():
        sys.stdout.buffer.write(view.prediction.logits.astype("<f8").tobytes())
        sys.stdout.buffer.write(view.on_time.astype("<f8").tobytes())
    sys.stdout.buffer.write(seen.fused.astype("<f8").tobytes())
"""
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=240, check=True)
        return np.frombuffer(done.stdout, "<f8")

    one, two = seen(1), seen(2)
    assert one.size == two.size > 4 * 3 * 5000
    assert np.abs(one - two).max() <= 1e-5


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="not run, because memory is measured by Linux' /proc")
def test_explaining_strip_after_strip_does_not_grow():
    code = "from tests.benchmarks.bench_explain_memory import growth; print(growth(120, warm=40, steps=2)[-1])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600, check=True)
    assert float(done.stdout) < 10


# Provenance


def test_an_explanation_knows_the_networks_that_made_it(pair):
    seen = explain(sample("SR"), pair)
    for name, view in seen.views.items():
        assert view.made_by.digest == digest_of(pair[name])
        assert (view.made_by.network, view.made_by.reads) == (type(pair[name]).__name__, name)
    assert json.loads(json.dumps(seen.to_json()))["views"]["image"]["network"]["digest"] == digest_of(pair["image"])
    assert networks_of(seen) == pair
    assert networks_of(seen, pair) == pair


@pytest.mark.parametrize(
    "change",
    [
        lambda weight: weight.add_(1e-4),
        lambda weight: weight.data.mul_(1.001),
        lambda weight: weight.detach().numpy().__setitem__((0, 0), 0.5),
        lambda weight: weight.copy_(weight.flip(0)),
    ],
)
def test_a_digest_sees_every_change_in_place(change):
    torch.manual_seed(2)
    network = SignalCNN().eval()
    before = digest_of(network)
    assert digest_of(network) == before == digest_of(deepcopy(network))
    with torch.no_grad():
        change(network.dense.weight)
    assert digest_of(network) != before


def test_networks_that_were_changed_since_or_are_others_are_refused():
    torch.manual_seed(3)
    own = {"signal": SignalCNN().eval(), "image": ImageCNN().eval()}
    seen = explain(sample("SR"), own)
    with pytest.raises(InvalidValue, match=r"signal view was made by SignalCNN \w{12}.* is another"):
        trust(seen, shipped())
    with torch.no_grad():
        own["image"].dense.bias.add_(1.0)
    with pytest.raises(
        InvalidValue, match=r"image view was made by .*has been changed since: .*Explain the strip anew"
    ):
        stability(seen)


def test_a_loaded_explanation_finds_the_shipped_pair_by_its_digest_and_no_other(tmp_path, pair):
    shipped_ones = Explanation.load(explain(sample("SR")).save(tmp_path / "a.json"))
    assert networks_of(shipped_ones) == shipped()
    others = Explanation.load(explain(sample("SR"), pair).save(tmp_path / "b.json"))
    for check in (trust, stability, faithfulness, remove_hottest, same_for_every_class):
        with pytest.raises(InvalidValue, match=r"made by the signal network SignalCNN \w{12}.*give it with models="):
            check(others)
    assert networks_of(others, pair) == pair


def test_checks_ask_the_networks_of_the_explanation_and_not_the_shipped_pair():
    always = {"signal": answering(SignalCNN, "SB"), "image": answering(ImageCNN, "SB")}
    found = faithfulness(explain(sample("SB"), always), maps={"ramp": np.arange(5000) / 5000})
    assert np.ptp(found.deletion["ramp"].probabilities) == 0  # they answer the same whatever is taken out


# Saving


def strips():
    """One strip of every kind that is explained."""
    yield "real, with marks", lambda: sample("SR")
    yield "simulated, with truth", lambda: simulate("AFIB", seed=4)
    yield "flutter", lambda: simulate("AFL", seed=5)
    yield (
        "padded",
        lambda: from_array(sample("SR")["II"][:2000], sampling_rate=500, unit="mV").strip(pad=True, quality="any"),
    )
    yield "poor", lambda: Strip(np.zeros(5000), quality=Quality((Fault("flat", "it stands still"),)))
    yield "without a label", lambda: replace(sample("SR").strip(), rhythm=None, source_id="")
    yield "its rhythm is in no table", lambda: replace(sample("SR").strip(), rhythm=Rhythm("OWN", "one of my own"))


def same(one, other):
    """Whether two values are equal, arrays to the last bit."""
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=True)
    if is_dataclass(one):
        names = [each.name for each in fields(one) if each.compare and each.name != "networks"]
        return type(one) is type(other) and all(same(getattr(one, name), getattr(other, name)) for name in names)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other or (one != one and other != other)


@pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in strips()])
def test_a_saved_explanation_comes_back_equal(make, tmp_path):
    seen = explain(make())
    path = seen.save(tmp_path / "seen.json")
    back = Explanation.load(path)
    assert same(back, seen)
    assert sentence(back) == sentence(seen)
    assert path.stat().st_size < 1_000_000


@pytest.mark.data
def test_a_ludb_strip_keeps_its_marks_and_its_sentence(recordings, tmp_path):
    for record in open_dataset("ludb")[:8]:
        seen = explain(record)
        assert seen.strip.annotations
        back = Explanation.load(seen.save(tmp_path / "seen.json"))
        assert (back.strip.annotations, sentence(back)) == (seen.strip.annotations, sentence(seen))


def test_trust_is_the_same_after_saving(tmp_path):
    seen = explain(simulate("SR", seed=6))
    assert trust(Explanation.load(seen.save(tmp_path / "seen.json"))) == trust(seen)


def test_broken_networks_maps_and_logits_come_back_as_they_were(tmp_path, pair):
    broken = SignalCNN().eval()
    torch.nn.init.constant_(broken.dense.weight, float("inf"))
    seen = explain(sample("SR"), pair | {"signal": broken}, target="SR")
    assert same(Explanation.load(seen.save(tmp_path / "seen.json")), seen)


def old_file(seen):
    """What the version before wrote."""
    held = seen.to_json()
    about = held["strip"]
    held |= {"format": "ecgteach explanation 2", "disagreement": None}
    del held["lacking"], about["annotations"], about["truth"]
    about |= {"rhythm": about["rhythm"]["code"], "quality": ["noisy: no QRS stands out (kurtosis 3.7, under 4)"]}
    for view in held["views"].values():
        del view["network"]
    return held


def test_an_older_file_loads_and_says_what_it_lacks(tmp_path):
    seen = explain(sample("SR"))
    (tmp_path / "old.json").write_text(json.dumps(old_file(seen)))
    back = Explanation.load(tmp_path / "old.json")
    assert same(back.views["signal"].on_time, seen.views["signal"].on_time)
    assert str(back.strip.quality) == "noisy: no QRS stands out (kurtosis 3.7, under 4)"
    assert "its file did not hold which networks made it, marks and truth of the strip" in repr(back)
    with pytest.raises(InvalidValue, match=r"the signal network that is not told.*give it with models="):
        trust(back)
    assert trust(back, shipped()) == trust(seen)


DAMAGE = {
    "a view is gone": lambda held: held["views"].clear(),
    "another target": lambda held: held.update(target="VT"),
    "a target of another map": lambda held: held.update(target="SB" if held["target"] != "SB" else "SR"),
    "a class less": lambda held: held["views"]["signal"]["classes"].pop(),
    "half a map": lambda held: held["views"]["signal"].update(map=[0.0] * 2500),
    "a map beyond its maximum": lambda held: held["views"]["signal"]["map"].__setitem__(3, 7.5),
    "a map without a number": lambda held: held["fused"]["map"].__setitem__(3, None),
    "words in a map": lambda held: held["fused"].update(map=["a"] * 5000),
    "cells of another layer": lambda held: held["views"]["signal"]["cells"].pop(),
    "rows of two lengths": lambda held: held["views"]["image"]["cells"][0].pop(),
    "cells below zero": lambda held: held["views"]["signal"]["cells"].__setitem__(0, -0.5),
    "no stride": lambda held: held["views"]["signal"]["layer"].update(stride=0),
    "a stride that is no number": lambda held: held["views"]["signal"]["layer"].update(stride="wide"),
    "an endless field": lambda held: held["views"]["signal"]["layer"].update(field="inf"),
    "a first centre that is not finite": lambda held: held["views"]["signal"]["layer"].update(first=None),
    "no layer": lambda held: held["views"]["signal"].pop("layer"),
    "a class number beyond": lambda held: held["views"]["signal"].update(class_number=9),
    "an unknown state": lambda held: held["views"]["signal"].update(state="fine"),
    "parts that do not add up": lambda held: held["views"]["signal"]["parts"].update(local=[9.0] * 4),
    "an unknown rule": lambda held: held["fused"].update(rule="vote"),
    "a short strip": lambda held: held["strip"].update(samples=[0.0] * 10),
    "a strip that is not finite": lambda held: held["strip"]["samples"].__setitem__(0, None),
    "a strip of another kind": lambda held: held.update(strip=7),
    "a mark without a start": lambda held: held["strip"].update(annotations=[{"kind": "P", "end": 1.0}]),
    "a contrast of another kind": lambda held: held.update(contrast="yes"),
    "a digest that is no text": lambda held: held["views"]["signal"]["network"].update(digest=3),
    "a later version": lambda held: held.update(format="ecgteach explanation 4"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_refused_with_the_place(damage, tmp_path):
    held = explain(sample("SR")).to_json()
    damage(held)
    (tmp_path / "a.json").write_text(json.dumps(held))
    with pytest.raises(UnreadableFile, match=r"a\.json is no whole explanation: "):
        Explanation.load(tmp_path / "a.json")


@pytest.mark.parametrize("content", ["[" * 100_000, "9" * 10_000, '{"format": NaN}', "\x00", "\udcff"])
def test_what_is_no_json_is_refused_too(content, tmp_path):
    (tmp_path / "a.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(UnreadableFile, match=r"no (saved|whole) explanation"):
        Explanation.load(tmp_path / "a.json")


def test_a_folder_a_device_and_too_large_a_file_are_refused(tmp_path, monkeypatch):
    with pytest.raises(UnreadableFile, match="is no file"):
        Explanation.load(tmp_path)
    path = explain(sample("SR")).save(tmp_path / "a.json")
    monkeypatch.setattr(explanation, "LARGEST_FILE", 1000)
    with pytest.raises(UnreadableFile, match="holds more than"):
        Explanation.load(path)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="not run, because this system has no fork")
def test_a_process_that_forks_explains_on():
    code = """
import os, sys, torch, ecgteach, numpy as np
torch.set_num_threads(2)
seen = ecgteach.explain(ecgteach.sample("SR"))
child = os.fork()
if not child:
    os._exit(not np.array_equal(ecgteach.explain(ecgteach.sample("SR")).fused, seen.fused))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert subprocess.run([sys.executable, "-c", code], timeout=120, check=False).returncode == 0
