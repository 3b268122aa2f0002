import csv
from collections import defaultdict
from importlib import resources

import numpy as np
import pytest

from ecgteach.errors import UnknownName
from ecgteach.records import open_dataset, samples
from ecgteach.records.splits import PARTS, digest, is_known, is_listed, part_by_hash, part_of, twin_of
from ecgteach.sources import readable
from ecgteach.training.data.strips import without_twins


def rows():
    return list(csv.DictReader(resources.files("ecgteach.records").joinpath("splits.csv").read_text().splitlines()))


def test_every_line_names_a_part_and_no_recording_twice():
    lines = rows()
    assert {line["part"] for line in lines} == set(PARTS)
    assert len({(line["source"], line["id"]) for line in lines}) == len(lines)


def test_no_person_stands_in_two_parts():
    parts = defaultdict(set)
    for line in rows():
        if line["patient"]:
            parts[line["source"], line["patient"]].add(line["part"])
    assert all(len(found) == 1 for found in parts.values())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ptb-xl", "143"), ("ptb-xl", "144")),
        (("ptb-xl", "459"), ("ptb-xl", "460")),
        (("challenge-2021", "E07509"), ("challenge-2021", "E07510")),
        (("challenge-2021", "HR00003"), ("ptb-xl", "3")),
        (("challenge-2021", "JS00001"), ("chapman", "JS00001")),
        (("mitdb", "201"), ("mitdb", "202")),
    ],
)
def test_what_is_one_recording_or_one_person_shares_a_part(one, other):
    assert part_of(*one) == part_of(*other)


def test_a_simulated_recording_is_nobodys_twin_whatever_its_name():
    assert is_listed("challenge-2021", "JS00001")
    assert not is_listed("simulated", "JS00001")
    assert twin_of("simulated", "HR00001") == ("simulated", "HR00001")


def test_an_unlisted_recording_gets_its_part_by_a_fixed_hash():
    assert not is_listed("ptb-xl", "20000")
    assert part_of("ptb-xl", "20000", "77") == part_of("ptb-xl", "20001", "77") == part_by_hash("ptb-xl", "77")
    assert [part_by_hash("chapman", f"JS{n:05d}") for n in (1, 2, 3, 4)] == ["validation", "train", "train", "train"]


def test_a_new_recording_of_a_known_person_follows_that_person():
    known = next(line for line in rows() if line["source"] == "ptb-xl" and line["patient"])
    assert part_of("ptb-xl", "99999", known["patient"]) == known["part"]


@pytest.fixture
def persons(tmp_path, monkeypatch):
    """PTB-XL's own table with an unlisted recording of a listed person and one of a new person."""
    known = next(line for line in rows() if line["source"] == "ptb-xl" and line["patient"] and line["part"] == "test")
    monkeypatch.setenv("ECGTEACH_DATA", str(tmp_path))
    monkeypatch.setenv("ECGTEACH_CACHE", str(tmp_path / "none"))
    (tmp_path / "ptb-xl" / "1.0.3").mkdir(parents=True)
    lines = [
        "ecg_id,patient_id,sex",
        f"99998,{known['patient']}.0,1",
        *(f"{n},777{n}.0,0" for n in range(90000, 90050)),
    ]
    (tmp_path / "ptb-xl" / "1.0.3" / "ptbxl_database.csv").write_text("\n".join(lines))
    return known


def test_a_ptb_xl_recording_met_in_the_challenge_follows_its_person_where_the_table_is_at_hand(persons):
    assert part_of("challenge-2021", "HR99998") == "test"
    names = range(90000, 90050)
    there = [part_of("ptb-xl", str(n), f"777{n}") for n in names]
    assert [part_of("challenge-2021", f"HR{n}") for n in names] == there
    assert there != [part_by_hash("ptb-xl", str(n)) for n in names]


def test_a_recording_is_known_when_it_or_its_person_is_listed(persons):
    assert is_known("challenge-2021", "HR00003")
    assert is_known("ptb-xl", "99999", persons["patient"])
    assert is_known("challenge-2021", "HR99998")
    assert not is_known("ptb-xl", "99999", "no such person")
    assert not is_known("challenge-2021", "HR90000")
    assert not is_known("ptb-xl", persons["patient"] + "000")


def test_the_hash_deals_out_the_shares_that_it_promises():
    parts = [part_by_hash("x", str(number)) for number in range(20_000)]
    shares = [parts.count(name) / len(parts) for name in PARTS]
    assert np.allclose(shares, [0.70, 0.15, 0.15], atol=0.01)


def test_the_split_is_the_one_that_weights_and_figures_rest_on():
    assert digest() == "f8bd79fb201cc1013c249aed6779fd2dcd11bfb883c6ec16380b04bc13359e36"


def test_embedded_strips_come_from_validation_only():
    assert {part_of(line.source, line.record) for line in samples(use=None)} == {"validation"}


@pytest.mark.data
def test_the_split_knows_every_recording_at_hand_and_its_parts_share_none(recordings):
    keys = defaultdict(set)
    for dataset in without_twins([open_dataset(name, recordings) for name in readable()]):
        for part in PARTS:
            chosen = dataset.split(part)
            assert all(is_listed(dataset.source, name) for name in chosen.ids)
            keys[part] |= {twin_of(dataset.source, name) for name in chosen.ids}
    assert not (keys["train"] & keys["validation"] | keys["train"] & keys["test"] | keys["validation"] & keys["test"])


@pytest.mark.data
def test_a_part_that_does_not_exist_is_refused(recordings):
    with pytest.raises(UnknownName, match="train, validation, test"):
        open_dataset("mitdb", recordings).split("exam")
