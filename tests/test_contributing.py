"""The table "To add something" of CONTRIBUTING, row by row, performed: what is added is explained, told, drawn, judged.

Every registry is a temporary one; what a row does not name is not touched.
"""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

import ecgteach
from ecgteach import cases, fusion, models, records, rhythms, strip, views
from ecgteach.errors import UnknownName
from ecgteach.filters import Step, notch
from ecgteach.fusion import Rule
from ecgteach.models import ImageCNN, SignalCNN, inputs
from ecgteach.plots import plot_attention, plot_explanation, plot_fused, plot_strip
from ecgteach.records import Dataset, Entry, licences, open_dataset
from ecgteach.simulator import simulate
from ecgteach.training.evaluation.evaluation import evaluate
from ecgteach.views import ViewKind
from ecgteach.waves import sentence
from ecgteach.widgets import CaseExplorer

CONTRIBUTING = Path(__file__).resolve().parents[1] / "CONTRIBUTING.md"
CACHED = (rhythms.rhythms, rhythms.vocabulary, rhythms.grouping, cases.reads._shipped_cases)


@pytest.fixture
def added():
    """Adds rows to the tables of words for the length of a test."""
    rows = {}
    real = rhythms._table

    def add(file, **row):
        rows.setdefault(file, []).append(row)
        for cached in (*CACHED, rhythms._table):
            cached.cache_clear()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rhythms, "_table", cache(lambda file: [*real(file), *rows.get(file, [])]))
        yield add
    for cached in CACHED:
        cached.cache_clear()


def vocabularies(**given):
    return dict.fromkeys(rhythms.VOCABULARIES, "") | given


def climbed(explorer, answer):
    """An explorer whose first case was answered and climbed to its truth; what it then says."""
    explorer.controls["answer"].value = answer
    explorer.controls["confidence"].value = 75
    said = []
    while explorer.state.next_step:
        if explorer.state.reading.step == "answers":
            explorer.controls["no_idea"].value = True
        explorer.controls["step"].click()
        assert explorer.fault == ""
        said += explorer.render(explorer.state).words.values()
    explorer.controls["cause"].value = "other"
    return " ".join([*said, *explorer.render(explorer.state).words.values()])


def walked(seen, networks=None):
    """An explanation shown in every way; what all of them say."""
    pictures = [plot_explanation(seen), plot_fused(seen), plot_attention(seen), plot_strip(seen.strip, reveal=True)]
    assert all(picture.png().startswith(b"\x89PNG") for picture in pictures)
    report = ecgteach.trust(seen, networks)
    return " ".join(
        [*(picture.alt for picture in pictures), sentence(seen), repr(report), seen._repr_mimebundle_()["text/plain"]]
    )


def test_each_test_here_performs_a_row_of_the_table():
    table = CONTRIBUTING.read_text(encoding="utf-8").split("## To add something")[1].split("\n## ")[0]
    rows = set(re.findall(r"^\| (an? [\w ]+?) \|", table, flags=re.M))
    performed = {name.removeprefix("test_").replace("_", " ") for name in globals() if re.match("test_an?_", name)}
    assert len(performed) == 6 and performed <= rows


def test_a_fusion_rule(monkeypatch):
    def harmonic(maps, confidence):
        return len(maps) / (1 / np.maximum(maps, 1e-6)).sum(axis=0)

    monkeypatch.setitem(fusion.RULES, "harmonic", Rule("harmonic mean", "harmonic: the lower counts more", harmonic))
    record = ecgteach.sample("AFIB")
    seen = ecgteach.explain(record, fusion="harmonic")
    assert "the harmonic mean of both maps" in walked(seen)
    explorer = CaseExplorer([record])
    explorer.state = replace(explorer.state, rule="harmonic")
    assert "Both looked at" in climbed(explorer, "AFIB")
    assert "harmonic: the lower counts more" in explorer.controls["rule"].options.values()
    assert "harmonic mean" in explorer.still().alt


def test_a_group(added):
    added("groupings.csv", grouping="four", group="VENT", name="ventricular rhythms", rhythms="VT;IVR", patient="call.")
    five = {"signal": SignalCNN().eval(), "image": ImageCNN().eval()}
    assert five["signal"].classes[-1] == "VENT"
    record = labelled("VT")
    assert rhythms.grouping().group_of(record.rhythm).code == "VENT"
    seen = ecgteach.explain(record, five, target="VENT")
    assert "for ventricular rhythms" in walked(seen, five)
    text = climbed(CaseExplorer([record], five), "VENT")
    assert "ventricular rhythms" in text and "you: right" in text and "If this were a patient: call." in text
    known = climbed(CaseExplorer([record]), "none")
    assert "ventricular rhythms" in known and "you: right" in known, "the shipped pair cannot answer it, a learner can"
    assert len(cases.choose_cases()) == 12, "no strip of it came with the package"
    judged = evaluate(five, dataset_of(record), part="all")
    assert judged.classes[-1] == "VENT" and "VENT" in str(judged.to_json()["tables"])


def test_a_rhythm(added):
    added("rhythms.csv", code="LAT", name="left atrial tachycardia", sinus="no", **vocabularies(snomed="999"))
    for row in rhythms._table("groupings.csv"):
        row["rhythms"] += ";LAT" * (row["group"] == "GSVT")
    assert rhythms.vocabulary("snomed")["999"].code == "LAT"
    record = labelled("LAT")
    assert rhythms.grouping().group_of(record.rhythm).code == "GSVT"
    assert "left atrial tachycardia" in walked(ecgteach.explain(record))
    assert "The source says: left atrial tachycardia." in climbed(CaseExplorer([record]), "GSVT")
    assert "LAT" in evaluate(models.shipped(), dataset_of(record), part="all").strips.rhythms


def test_a_data_set(monkeypatch):
    origin = licences.Origin("The study of tomorrow", "Somebody et al.", "10.1000/1", "CC BY 4.0")
    record = replace(ecgteach.sample("AFIB"), source="tomorrow", licence=origin.licence)
    monkeypatch.setitem(licences.ORIGINS, "tomorrow", origin)
    monkeypatch.setitem(records.SOURCES, "tomorrow", lambda data: dataset_of(record))
    held = open_dataset("tomorrow")
    assert "tomorrow" in walked(ecgteach.explain(held[0]))
    text = climbed(CaseExplorer([held[0]]), "AFIB")
    assert f"Source: {record.name}" in text and "CC BY 4.0" in text
    assert evaluate(models.shipped(), held, part="all").to_json()["tables"]


def test_a_filter(monkeypatch):
    step = Step("notch", 16.7)
    monkeypatch.setitem(strip.FILTERS, "railway", (step, lambda samples: notch(samples, 16.7)))
    with pytest.raises(UnknownName, match="railway"):
        ecgteach.sample("AFIB").strip().filtered("tramway")
    seen = ecgteach.explain(ecgteach.sample("AFIB").strip().filtered("railway"))
    assert step in seen.strip.steps
    assert "notch 16.7 Hz" in walked(seen)


def test_a_network_kind(monkeypatch, tmp_path):
    class DifferenceCNN(SignalCNN):
        """Reads how steeply the strip runs."""

        view = "slope"

        def inputs(self, millivolts):
            return inputs("signal", np.gradient(millivolts, axis=1).astype(np.float32))

    slope = ViewKind("slope", "steepness", "#56B4E9", "#000000", "^", "+")
    monkeypatch.setitem(views.VIEWS, "slope", slope)
    monkeypatch.setitem(models.NETWORKS, "slope", DifferenceCNN)
    torch.manual_seed(1)
    made = DifferenceCNN().eval()
    models.save(made, tmp_path / "slope.safetensors")
    three = {**models.shipped(), "slope": models.load_file(tmp_path / "slope.safetensors", view="slope")}
    record = ecgteach.sample("AFIB")
    seen = ecgteach.explain(record, three, target="AFIB")
    text = " ".join([plot_explanation(seen).alt, plot_attention(seen).alt, sentence(seen)])
    assert "The steepness view answers" in text and "the steepness network" in text
    assert "steepness only" in text and "several" in text and "all maps" in text
    assert plot_explanation(seen).png() and plot_attention(seen).png()
    assert "steepness network" in climbed(CaseExplorer([record], three), "AFIB")

    alone = ecgteach.explain(record, {"slope": made})
    text = walked(alone, {"slope": made})
    assert "The steepness view answers" in text and "There is no fused map" in text
    assert "there is no second one to compare" in climbed(CaseExplorer([record], {"slope": made}), "AFIB")


def labelled(code):
    """A fast, regular recording under the label of a rhythm."""
    return replace(simulate("AT", seed=1, leads=("II",)), labels=frozenset({rhythms.rhythm(code)}))


def dataset_of(record):
    return Dataset("made", (Entry("1", Path("1"), "1"),), lambda entry: record)
