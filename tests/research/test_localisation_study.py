import json

import pytest
import torch

from ecgteach.checks.localisation.scores import seed_of
from ecgteach.checks.localisation.simulated import RHYTHMS, explanations
from ecgteach.models import ImageCNN, SignalCNN

from . import localisation_study as room
from .localisation_study import localisation_study, localisation_table
from .options import plain


@pytest.fixture(scope="module")
def pair():
    """Two untrained networks."""
    torch.manual_seed(1)
    return {"signal": SignalCNN().eval(), "image": ImageCNN().eval()}


def test_the_table_holds_each_map_beside_its_controls(pair):
    table = localisation_table(localisation_study(pair, n=2, rhythms=["SR", "AFIB regular"]))
    assert {line.rhythm for line in table} == {"SR", "AFIB regular"}
    flat = [line for line in table if line.map == "flat"]
    assert all(line.means["score"] == 0.5 and line.over == {} for line in flat)
    fused = next(line for line in table if (line.rhythm, line.map) == ("SR", "fused"))
    assert set(fused.over) == {"shifted", "QRS only", "blurred noise", "flat"}
    assert fused.over["flat"].difference == pytest.approx(fused.means["score"] - 0.5)


def test_strips_without_a_fused_map_are_counted_with_their_reason(pair):
    mute = ImageCNN().eval()
    torch.nn.init.zeros_(mute.dense.weight)
    muted = {**pair, "image": mute}
    rows = [each for models in (pair, muted) for each in localisation_study(models, n=1, rhythms=["SR"])]
    by_map = {line.map: line for line in localisation_table(rows)}
    signal, fused = by_map["signal"], by_map["fused"]
    assert (signal.n, fused.n) == (2, 1)
    assert list(fused.without_score.values()) == [1]
    alone = localisation_table(localisation_study(muted, n=1, rhythms=["SR"]))
    assert next(line for line in alone if line.map == "fused").n == 0


def test_what_lies_on_ectopic_beats_is_reported_apart(pair):
    table = localisation_table(localisation_study(pair, n=2, rhythms=["SR", "SR with PVCs"]))
    flat = {line.rhythm: line for line in table if line.map == "flat"}
    assert flat["SR"].means["distractor"] is None
    assert flat["SR with PVCs"].means["distractor"] == pytest.approx(flat["SR with PVCs"].means["distractor_coverage"])
    assert 0.05 < flat["SR with PVCs"].means["distractor_coverage"] < 0.4


def test_the_table_holds_no_nan(pair):
    table = localisation_table(localisation_study(pair, n=2, rhythms=["AVRT", "AVNRT"]))
    json.dumps(plain(table), allow_nan=False)


def test_controls_are_drawn_by_the_strips_own_seed(pair, monkeypatch):
    drawn = set()
    monkeypatch.setattr(room, "localise_explanation", lambda seen, *, criterion, seed: {criterion: drawn.add(seed)})
    localisation_study(pair, n=2)
    own = {seed_of(seen.strip.truth) for name in RHYTHMS for seen in explanations(name, pair, n=2)}
    assert drawn == own
    assert len(own) == 2 * len(RHYTHMS)
