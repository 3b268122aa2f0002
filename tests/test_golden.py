"""What the shipped networks say of every embedded strip is what the kept table says: no figure moves unseen."""

import csv

import pytest

from tests.research.golden import KEPT_AS_TEXT, TABLE, rows

TOLERANCES = {"rate": 0.05, "hottest": 0.041, "mean": 0.002, "share": 0.003}
"""A probability may move by 0.002, the hottest moment by half a cell: another processor's rounding."""


@pytest.fixture(scope="module")
def strips():
    with TABLE.open(encoding="utf-8", newline="") as file:
        kept = list(csv.DictReader(file))
    return list(zip(kept, rows(), strict=True))


def test_the_table_holds_every_embedded_strip_once(strips):
    names = [kept["strip"] for kept, _ in strips]
    assert len(set(names)) == len(names)
    assert names == [found["strip"] for _, found in strips]


def test_no_figure_of_an_embedded_strip_has_moved(strips):
    moved = [f"{kept['strip']}: {told}" for kept, found in strips for told in differences(kept, found)]
    assert not moved, "\n".join([*moved, "meant to move? python -m tests.research golden, and say why in the commit"])


def differences(kept, found):
    assert kept.keys() == found.keys()
    for column, before in kept.items():
        if column in KEPT_AS_TEXT:
            if before != found[column]:
                yield f"{column} was {before}, is {found[column]}"
        elif float(found[column]) != pytest.approx(float(before), abs=tolerance(column), nan_ok=True):
            yield f"{column} was {before}, is {found[column]}"


def tolerance(column):
    return next((allowed for word, allowed in TOLERANCES.items() if word in column.split()), 0.002)


def test_a_moved_figure_is_told():
    kept = {"strip": "SR:0", "quality": "good", "answer": "SR", "p": "not seen", "rate": "60.00", "signal SR": "0.9000"}
    assert not list(differences(kept, kept | {"signal SR": "0.9010", "rate": "60.01"}))
    assert list(differences(kept, kept | {"signal SR": "0.9030", "answer": "SB"})) == [
        "answer was SR, is SB",
        "signal SR was 0.9000, is 0.9030",
    ]
