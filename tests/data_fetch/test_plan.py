"""A sample is chosen, not cut: balanced, whole patients, the same everywhere, and only what it needs is fetched."""

import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_fetch.catalogue import catalogue, entry
from data_fetch.labels import Candidate, from_header, from_table, group_of, groups
from data_fetch.listing import Listing, items_of
from data_fetch.plan import choose, records_of, sample, whole
from ecgteach.errors import InvalidValue
from ecgteach.rhythms import rhythm

GROUPS = ("SR", "SB", "AFIB")


@st.composite
def sets(draw):
    """Recordings of some patients, a few each, each in a group or in none."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=25))
    return [
        Candidate(f"{patient}-{number}", str(patient), draw(st.sampled_from((*GROUPS, None))), (f"{patient}-{number}",))
        for patient, size in enumerate(sizes)
        for number in range(size)
    ]


@given(sets(), st.integers(1, 30))
def test_a_sample_is_never_larger_than_asked_and_keeps_patients_whole(candidates, count):
    chosen = choose(candidates, count, GROUPS)
    assert len(chosen) <= count
    taken = {one.patient for one in chosen}
    assert {one.id for one in chosen} == {one.id for one in candidates if one.patient in taken}


@given(sets(), st.integers(1, 30), st.randoms(use_true_random=False))
def test_the_order_of_the_table_does_not_matter(candidates, count, dice):
    shuffled = candidates[:]
    dice.shuffle(shuffled)
    assert {one.id for one in choose(shuffled, count, GROUPS)} == {one.id for one in choose(candidates, count, GROUPS)}


@given(st.lists(st.sampled_from((*GROUPS, None)), min_size=1, max_size=60), st.integers(1, 60))
def test_groups_are_as_even_as_they_can_be_and_the_rest_comes_last(labels, count):
    candidates = [Candidate(str(number), str(number), group, ()) for number, group in enumerate(labels)]
    held = Counter(one.group for one in choose(candidates, count, GROUPS))
    there = Counter(labels)
    assert sum(held.values()) == min(count, len(labels))
    most = max(held[group] for group in GROUPS)
    assert all(held[group] >= most - 1 or held[group] == there[group] for group in GROUPS)
    if held[None]:
        assert all(held[group] == there[group] for group in GROUPS)


def test_the_choice_is_the_same_in_another_process():
    code = (
        "from data_fetch.labels import Candidate; from data_fetch.plan import choose; "
        "print([c.id for c in choose([Candidate(str(n), str(n), 'AB'[n % 2], ()) for n in range(50)], 6, 'AB')])"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert said == {"['46', '39', '8', '49', '10', '9']\n"}


def test_a_sinus_rhythm_of_ungraded_rate_is_a_group_of_its_own():
    assert groups() == ("SR", "SB", "GSVT", "AFIB", "SINUS")
    assert group_of([rhythm("SINUS")]) == "SINUS"
    assert group_of([rhythm("SR"), rhythm("PACE")]) is None
    assert group_of([]) is None


def test_each_source_is_read_in_its_own_words():
    table = b"ecg_id,patient_id,scp_codes,filename_lr,filename_hr\n3,17.0,\"{'NORM': 80.0, 'SBRAD': 0.0}\",lr/3,hr/3\n"
    assert from_table(entry("ptb-xl").labels, table, {}, "t") == [Candidate("3", "17.0", "SB", ("lr/3", "hr/3"))]
    assert from_table(entry("challenge-2017").labels, b"A00004,A\n", {}, "t") == [
        Candidate("A00004", "A00004", "AFIB", ("training/A00/A00004",))
    ]
    assert from_table(entry("ludb").labels, b'ID,Rhythms\n5,"Sinus bradycardia\n"\n', {}, "t") == [
        Candidate("5", "5", "SB", ("data/5",))
    ]
    header = b"E1 12 500 5000\n# Age: 3\n# Dx: 164890007,284470004,\n"
    assert from_header(entry("challenge-2021").labels, "g1/E1", header) == Candidate("E1", "E1", "AFIB", ("g1/E1",))


def made_up(*paths, name="ludb"):
    return entry(name), Listing("1", "https://x/", items_of(dict.fromkeys(paths, "0" * 64), "https://x/"))


def test_a_recording_is_all_of_its_files_and_its_header_comes_last():
    one, listing = made_up("data/1.hea", "data/1.dat", "data/1.ii", "data/10.hea", "data/10.dat", "RECORDS")
    assert records_of(one, listing) == {
        "data/1": ("data/1.dat", "data/1.ii", "data/1.hea"),
        "data/10": ("data/10.dat", "data/10.hea"),
    }


def test_chapman_leaves_the_recordings_of_ningbo_out():
    names = ["JS00001", "JS10646", "JS10647"]
    paths = [f"WFDBRecords/{name[2:4]}/{name}.{ending}" for name in names for ending in ("hea", "mat")]
    one, listing = made_up(*paths, "RECORDS", name="chapman")
    fetched = {item.path for item in whole(one, listing).files}
    assert fetched == {*paths[:4], "RECORDS"}


def test_what_the_publication_adds_to_its_recordings_is_not_fetched():
    one, listing = made_up(
        "training/A00/A00001.hea",
        "training/A00/A00001.mat",
        "validation/A00001.hea",
        "validation/A00001.mat",
        "training2017.zip",
        "sources/a/b.c",
        "REFERENCE-v3.csv",
        name="challenge-2017",
    )
    fetched = {item.path for item in whole(one, listing).files}
    assert fetched == {"training/A00/A00001.hea", "training/A00/A00001.mat", "REFERENCE-v3.csv"}


def test_one_person_under_two_names_is_kept_together():
    one, listing = made_up("201.hea", "202.hea", "203.hea", name="mitdb")
    plan = sample(one, listing, 2, pytest.fail)
    assert set(plan.stems) in ({"201", "202"}, {"203"})
    assert "rhythms cannot be told before the signals are here" in plan.how


def test_patients_of_mimic_are_in_its_paths():
    paths = [f"files/p1000/p1000{patient}/s{study}/{study}.hea" for patient in (1234, 1235) for study in (11, 12)]
    plan = sample(*made_up(*paths, name="mimic-iv-ecg"), 3, pytest.fail)
    assert len(plan.stems) == 2 and len({stem.split("/")[2] for stem in plan.stems}) == 1
    assert "3 were asked for, and more would cut a patient in two" in str(plan)


def test_headers_are_read_for_some_folders_only_and_the_plan_says_so():
    codes = ("426783006", "426177001", "427084000", "164889003")
    stems = [f"g{folder}/R{folder}{number:02}" for folder in range(50) for number in range(20)]
    asked = []

    def peek(paths):
        asked.extend(paths)
        return {path: f"#Dx: {codes[int(path[-5]) % 4]}\n".encode() for path in paths}

    plan = sample(*made_up(*(f"{stem}.hea" for stem in stems), name="challenge-2021"), 12, peek)
    assert plan.counts == {"SR": 3, "SB": 3, "GSVT": 3, "AFIB": 3}
    assert len(asked) < 100
    assert f"for which {len(asked)} headers from {len(asked) // 20} of 50 folders were read first" in str(plan)


def test_a_sample_that_cannot_be_is_refused_before_anything_is_asked(desk, mirror):
    with pytest.raises(InvalidValue, match="ask for 1 or more"):
        desk.fetch(subset=0)
    with pytest.raises(InvalidValue, match=r"comes as archives.*python -m data_fetch chapman --subset 5"):
        desk.fetch("chapman", 5, form="figshare")
    assert not mirror.asked


def test_only_the_files_of_a_sample_are_downloaded_and_a_second_run_asks_nothing(desk, mirror):
    desk.fetch(subset=4)
    assert desk.only_verified()
    assert len(desk.recordings) == 4
    assert "Groups: SR 1, SB 1, GSVT 1, AFIB 1." in desk.heard[0]
    assert len(mirror.asked) == 1 + 2 + 4 * 3
    mirror.asked.clear()
    desk.fetch(subset=4)
    assert not mirror.asked


def test_a_sample_grows_into_the_whole_without_downloading_twice(desk, mirror):
    desk.fetch(subset=4)
    desk.fetch(subset=8)
    assert len(desk.recordings) >= 8
    desk.fetch()
    assert desk.complete()
    assert {path: times for path, times in mirror.paths.items() if times > 1} == {}


def test_more_than_there_are_brings_all_and_says_so(desk):
    desk.fetch(subset=50)
    assert len(desk.recordings) == 12
    assert "50 were asked for, and no more are there" in desk.heard[0]


def test_every_set_that_is_no_archive_can_be_sampled():
    assert [name for name, one in catalogue().items() if one.archives] == ["chapman-figshare"]
