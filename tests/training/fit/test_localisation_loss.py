import math

import pytest
import torch

from ecgteach.training.fit.localisation_loss import local_loss, localisation_loss

PLACES = torch.tensor([[1, 1, 0, -1, -1, -1, 0, 1]], dtype=torch.int8)
"""Four cells of two steps: evidence, half irrelevant, irrelevant, half evidence."""


def scores(*cells):
    """One strip, two classes: the first has these cells."""
    return torch.tensor([[cells, [0.0] * len(cells)]])


FIRST = torch.tensor([0])


def test_the_loss_is_the_mean_over_pairs_weighted_by_what_each_cell_covers():
    loss = localisation_loss(scores(2.0, 1.0, 0.0, 0.5), FIRST, PLACES)
    pairs = {(2.0, 1.0): 0.5, (2.0, 0.0): 1.0, (0.5, 1.0): 0.25, (0.5, 0.0): 0.5}
    by_hand = sum(share * math.log1p(math.exp(x - e)) for (e, x), share in pairs.items()) / sum(pairs.values())
    assert loss.item() == pytest.approx(by_hand)


def test_louder_evidence_costs_less_and_a_louder_irrelevant_cell_more():
    plain, better, worse = (
        localisation_loss(scores(*cells), FIRST, PLACES) for cells in ((1.0, 1.0, 1.0, 1.0), (2, 1, 0, 1), (0, 1, 2, 1))
    )
    assert better < plain < worse
    assert plain.item() == pytest.approx(math.log(2))


def test_a_strip_whose_places_nobody_knows_costs_nothing():
    loss = localisation_loss(scores(1.0, 2.0), FIRST, torch.zeros(1, 4, dtype=torch.int8))
    assert loss.item() == 0.0


def test_rows_of_a_picture_count_alike():
    places = torch.tensor([[1, -1]], dtype=torch.int8)
    own = torch.tensor([[[[3.0, 0.0], [1.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]]]])
    assert localisation_loss(own, FIRST, places).item() == pytest.approx(math.log(2))


def test_only_the_true_class_is_asked():
    both = torch.tensor([[[5.0, 0.0], [0.0, 5.0]]])
    places = torch.tensor([[1, -1]], dtype=torch.int8)
    first, second = (localisation_loss(both, torch.tensor([one]), places).item() for one in (0, 1))
    assert first < 0.01 < 4 < second


CLASSES = ("SR", "SB", "GSVT", "AFIB")
KINDS = (("SR", "SB", "GSVT"), ("AFIB",))


def test_the_local_part_is_asked_for_the_kind_of_rhythm_and_not_for_its_rate():
    local = torch.tensor([[2.0, -1.0, 0.0, -1.0]])
    sinus = math.exp(2) + math.exp(-1) + 1
    by_hand = -math.log(sinus / (sinus + math.exp(-1)))
    for target in (0, 1, 2):
        assert local_loss(local, torch.tensor([target]), CLASSES, KINDS).item() == pytest.approx(by_hand, abs=1e-6)
    fibrillating = local_loss(local, torch.tensor([3]), CLASSES, KINDS).item()
    assert fibrillating == pytest.approx(-math.log(math.exp(-1) / (sinus + math.exp(-1))), abs=1e-6)


def test_kinds_of_one_class_each_are_the_usual_cross_entropy():
    local = torch.tensor([[0.3, -0.2, 0.5, -0.6], [0.1, 0.2, 0.3, -0.6]])
    targets = torch.tensor([1, 3])
    usual = torch.nn.functional.cross_entropy(local, targets, reduction="none")
    assert torch.allclose(local_loss(local, targets, CLASSES, [[name] for name in CLASSES]), usual)
