"""The table "To add something" of CONTRIBUTING, row by row, performed: what is added is explained, told, drawn, judged.

Every registry is a temporary one; what a row does not name is not touched.
"""

import json
import re
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

import ecgteach
from data_fetch.catalogue import entry_of
from ecgteach import cases, fusion, models, rhythms, sources, strip, views
from ecgteach.checks.trust.tests import TRUST_TESTS
from ecgteach.errors import InvalidValue, PoorSignal, UnknownName, UnreadableFile
from ecgteach.filters import Step, notch
from ecgteach.fusion import Rule
from ecgteach.models import ImageCNN, SignalCNN, inputs
from ecgteach.plots import plot_attention, plot_explanation, plot_fused, plot_strip
from ecgteach.quality import Fault, Grade, assessment, faults
from ecgteach.quiz import items
from ecgteach.records import Dataset, Entry, formats, from_array, open_dataset, read_record
from ecgteach.records.formats import Format
from ecgteach.records.splits import part_by_hash
from ecgteach.simulator import simulate
from ecgteach.sources import Source
from ecgteach.training import recipes
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


CHECKS = {
    "a measure that maps are compared by",
    "a test of trust",
    "an attribution method",
    "a control",
    "a fill for samples that are taken out",
    "an edit that the answer should follow, or not",
}
"""Rows that ``checks/test_registries.py`` performs."""


def test_every_row_of_the_table_is_performed():
    table = CONTRIBUTING.read_text(encoding="utf-8").split("## To add something")[1].split("\n## ")[0]
    rows = set(re.findall(r"^\| (an? .+?) \|", table, flags=re.M))
    performed = {name.removeprefix("test_").replace("_", " ") for name in globals() if re.match("test_an?_", name)}
    assert performed | CHECKS == {row.lower() for row in rows}


def test_a_contrast_of_readfirst(monkeypatch, tmp_path):
    table = (Path(items.__file__).parent / "contrasts.csv").read_text(encoding="utf-8")
    slow = "slow or fast,SB,rate=42..48,SB,the rate,a pulse is a pulse\n"
    fast = "slow or fast,ST,rate=120..130,GSVT,the rate,a pulse is a pulse\n"
    (tmp_path / "contrasts.csv").write_text(table.rstrip() + "\n" + slow + fast, encoding="utf-8")
    monkeypatch.setattr(items, "resources", SimpleNamespace(files=lambda package: tmp_path))
    items.sides.cache_clear()
    try:
        assert "slow or fast" in items.contrasts()
        drawn = [item for item in items.draw_items(seed=1) if item.contrast == "slow or fast"]
    finally:
        items.sides.cache_clear()
    assert drawn and all(item.decides == "the rate" and item.right <= {"SB", "GSVT"} for item in drawn)
    assert all(item.features and plot_strip(item.strip).png() for item in drawn)


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
    words = {"name": "ventricular rhythms", "patient": "call.", "told_by": rhythms.ABSENCE}
    added("groupings.csv", grouping="four", group="VENT", rhythms="VT;IVR", **words)
    five = {"signal": SignalCNN().eval(), "image": ImageCNN().eval()}
    assert five["signal"].classes[-1] == "VENT"
    record = labelled("VT")
    assert rhythms.grouping().group_of(record.rhythm).code == "VENT"
    seen = ecgteach.explain(record, five, target="VENT")
    assert "for ventricular rhythms" in walked(seen, five)
    assert "what is absent" in TRUST_TESTS["removal"].not_asked("VENT"), "what tells it is a column of its row"
    text = climbed(CaseExplorer([record], five), "VENT")
    assert "ventricular rhythms" in text and "you: right" in text and "If this were a patient: call." in text
    known = climbed(CaseExplorer([record]), "none")
    assert "ventricular rhythms" in known and "you: right" in known, "the shipped pair cannot answer it, a learner can"
    assert len(cases.choose_cases()) == 12, "no strip of it came with the package"
    judged = evaluate(five, dataset_of(record), part="all")
    assert judged.classes[-1] == "VENT" and "VENT" in str(judged.to_json()["tables"])
    assert judged.tables()["source_labels"]["signal"].classes == ("AFIB", "VENT", "rest")


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


READER = """
from ecgteach.records import Dataset, Entry, read_record
from ecgteach.rhythms import rhythm
from dataclasses import replace

AFIB = frozenset({rhythm("AFIB")})


def dataset(folder):
    names = sorted(path.stem for path in folder.glob("*.csv"))
    return Dataset("tomorrow", tuple(Entry(name, folder / f"{name}.csv", name, AFIB) for name in names), read)


def read(entry):
    record = read_record(entry.path, sampling_rate=500, unit="mV")
    return replace(record, labels=AFIB, id=entry.id, patient=entry.patient, source="tomorrow", licence="CC BY 4.0")
"""


def test_a_data_set(monkeypatch, tmp_path):
    (tmp_path / "tomorrows_reader.py").write_text(READER)
    monkeypatch.syspath_prepend(tmp_path)
    source = Source(
        "tomorrow",
        "The study of tomorrow",
        "tomorrow-ecg",
        "CC BY 4.0",
        "Somebody et al.",
        "10.1000/1",
        citation="Somebody AB. The study of tomorrow. 2030, doi:10.1000/1.",
        reader="tomorrows_reader:dataset",
        fetch={"version": "1.0", "address": "https://tomorrow.example", "records": 1, "use": "", "verified": {}},
    )
    monkeypatch.setitem(sources.SOURCES, "tomorrow", source)
    with pytest.raises(UnreadableFile, match="python -m data_fetch tomorrow"):
        open_dataset("tomorrow", tmp_path)
    assert entry_of(source).licence == "CC BY 4.0" and entry_of(source).command == source.command

    folder = tmp_path / "tomorrow-ecg" / "1.0"
    folder.mkdir(parents=True)
    np.savetxt(folder / "A1.csv", ecgteach.sample("AFIB").signals[0], header="II", comments="")
    held = open_dataset("tomorrow", tmp_path)
    assert held.ids == ("A1",) and held.parts == [part_by_hash("tomorrow", "A1")]
    assert "tomorrow/A1" in walked(ecgteach.explain(held[0]))
    text = climbed(CaseExplorer([held[0]]), "AFIB")
    assert "Source: tomorrow/A1" in text and "CC BY 4.0" in text
    judged = evaluate(models.shipped(), held, part="all")
    assert judged.to_json()["tables"]
    assert "tomorrow" in source.thanks and "10.1000/1" in source.thanks


def test_a_file_format(monkeypatch, tmp_path):
    def read(path, unit):
        rate, *samples = path.read_text().split()[1:]
        return from_array(np.array(samples, dtype=float), sampling_rate=float(rate), unit=unit or "mV", id=path.stem)

    monkeypatch.setitem(formats.FORMATS, "slate", Format("slate (.slate)", (".slate",), ((0, b"SLATE"),), read))
    heart = ecgteach.sample("AFIB").signals[0]
    for name in ("a.slate", "no_ending"):
        (tmp_path / name).write_text(f"SLATE 500 {' '.join(map(str, heart))}")
        record = read_record(tmp_path / name)
        assert record.sampling_rate == 500 and np.allclose(record.signals[0], heart, atol=1e-6)
    assert ecgteach.explain(record).plot().png()
    assert "no label" in climbed(CaseExplorer([record]), "AFIB")
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.7")
    with pytest.raises(UnreadableFile, match=r"slate \(\.slate\)"):
        read_record(tmp_path / "b.pdf")


def test_a_kind_of_fault_of_a_lead(monkeypatch):
    known = assessment.disturbances
    fault = ("struck by lightning", Grade.P)
    monkeypatch.setitem(faults.KINDS, "lightning", fault)
    monkeypatch.setattr(
        assessment, "disturbances", lambda *traces: (*known(*traces), Fault("lightning", "it shines", "2 %"))
    )
    record = from_array(ecgteach.sample("SR").signals[0], sampling_rate=500, unit="mV")
    strip = record.strip()
    assert "struck by lightning: it shines (2 %)" in str(strip.quality) and strip.quality.grade == Grade.P
    with pytest.raises(PoorSignal, match="struck by lightning"):
        record.strip(quality="good")
    seen = ecgteach.explain(strip)
    assert "struck by lightning" in walked(seen)
    assert ecgteach.Explanation.from_json(json.loads(json.dumps(seen.to_json()))).strip.quality == strip.quality


def test_a_training_recipe(monkeypatch, tmp_path):
    folder = tmp_path / "recipes"
    shutil.copytree(Path(ecgteach.__file__).parent / "training" / "recipes", folder)
    text = (folder / "shipped.toml").read_text(encoding="utf-8")
    for setting, value in (("epochs", "3"), ("description", '"Brisk."')):
        text = re.sub(rf"(?m)^{setting} = .*$", f"{setting} = {value}", text)
    (folder / "brisk.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(recipes, "resources", SimpleNamespace(files=lambda package: tmp_path))
    assert "brisk" in recipes.recipes()
    assert recipes.recipe("brisk").epochs == 3 and recipes.recipe("brisk").description == "Brisk."
    assert recipes.recipe("brisk").sources == recipes.recipe("shipped").sources
    with pytest.raises(UnknownName, match="brisk"):
        recipes.recipe("brusk")


def test_a_kind_of_network_that_reads_or_answers_otherwise():
    class TwoAnswers(nn.Module):
        """Reads every fifth sample, and answers in classes of its own."""

        def __init__(self):
            super().__init__()
            self.cells = nn.Conv1d(1, 8, 15, stride=5, padding=7)
            self.answer = nn.Linear(8, 2)

        def forward(self, batch):
            return self.answer(torch.relu(self.cells(batch)).mean(2))

    torch.manual_seed(3)
    made = models.adapt(TwoAnswers().eval(), classes=("calm", "wild"), reads="signal")
    record = ecgteach.sample("AFIB")
    text = walked(ecgteach.explain(record, made, target="wild"), made)
    assert "for wild" in text and "There is no fused map" in text
    assert "wild" in climbed(CaseExplorer([record], made), "wild")
    with pytest.raises(InvalidValue, match="strips are judged by SR, SB, GSVT, AFIB"):
        evaluate(made, dataset_of(record), part="all")


def test_a_filter(monkeypatch):
    step = Step("notch", 16.7)
    monkeypatch.setitem(strip.FILTERS, "railway", (step, lambda samples: notch(samples, 16.7)))
    with pytest.raises(UnknownName, match="railway"):
        ecgteach.sample("AFIB").strip().filtered("tramway")
    seen = ecgteach.explain(ecgteach.sample("AFIB").strip().filtered("railway"))
    assert step in seen.strip.steps
    assert "notch 16.7 Hz" in walked(seen)


class DifferenceCNN(SignalCNN):
    """Reads how steeply the strip runs."""

    view = "slope"

    def inputs(self, millivolts):
        return inputs("signal", np.gradient(millivolts, axis=1).astype(np.float32))


@pytest.fixture
def slope(monkeypatch):
    """A view beside the two: its row, and a network that looks at it."""
    monkeypatch.setitem(views.VIEWS, "slope", ViewKind("slope", "steepness", "#56B4E9", "#000000", "^", "+"))
    torch.manual_seed(1)
    return DifferenceCNN().eval()


def test_a_view(slope):
    three = {**models.shipped(), "slope": slope}
    record = ecgteach.sample("AFIB")
    seen = ecgteach.explain(record, three, target="AFIB")
    text = walked(seen, three)
    assert "The steepness view answers" in text and "the steepness network" in text
    assert "steepness only" in text and "several" in text and "all maps" in text
    explorer = CaseExplorer([record], three)
    assert "steepness network" in climbed(explorer, "AFIB")
    assert "steepness" in explorer.still().alt
    judged = evaluate(three, dataset_of(record), part="all")
    assert list(judged.tables()["measured_rate"]) == ["signal", "image", "slope", "both"]

    alone = ecgteach.explain(record, slope)
    text = walked(alone, slope)
    assert "The steepness view answers" in text and "There is no fused map" in text
    assert "there is no second one to compare" in climbed(CaseExplorer([record], slope), "AFIB")
    assert list(evaluate(slope, dataset_of(record), part="all").tables()["measured_rate"]) == ["slope"]


def test_a_network_kind(slope, monkeypatch, tmp_path):
    monkeypatch.setitem(models.NETWORKS, "slope", DifferenceCNN)
    models.save(slope, tmp_path / "slope.safetensors")
    loaded = models.load_file(tmp_path / "slope.safetensors", view="slope")
    assert isinstance(loaded, DifferenceCNN)
    seen = ecgteach.explain(ecgteach.sample("AFIB"), loaded, target="AFIB")
    assert "The steepness view answers" in walked(seen, loaded)
    assert np.array_equal(
        seen.views["slope"].on_time, ecgteach.explain(seen.strip, slope, target="AFIB").views["slope"].on_time
    )
    assert "steepness network" in climbed(CaseExplorer([ecgteach.sample("AFIB")], loaded), "AFIB")


def labelled(code):
    """A fast, regular recording under the label of a rhythm."""
    return replace(simulate("AT", seed=1, leads=("II",)), labels=frozenset({rhythms.rhythm(code)}))


def dataset_of(record):
    return Dataset("made", (Entry("1", Path("1"), "1"),), lambda entry: record)
