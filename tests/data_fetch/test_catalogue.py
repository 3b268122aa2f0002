"""The catalogue, as data: whole, honest about what was checked, and in step with the readers' messages."""

import re
import shlex

import pytest

from data_fetch import catalogue
from data_fetch.catalogue import entry
from ecgteach import paths as places
from ecgteach.errors import UnknownName
from ecgteach.records import open_dataset
from ecgteach.rhythms import VOCABULARIES
from ecgteach.sources import SOURCES, readable

PROMISED = {"chapman", "ptb-xl", "challenge-2017", "challenge-2021", "mitdb", "ludb", "cudb", "mimic-iv-ecg"}

VERIFIED_FIELDS = {"version", "size", "records", "licence", "citation"}


def test_every_promised_data_set_is_there():
    assert catalogue().keys() >= PROMISED


@pytest.mark.parametrize("name", catalogue())
def test_an_entry_says_everything_and_where_each_field_was_verified(name):
    one = catalogue()[name]
    assert one.title and one.use and one.licence and one.citation and one.records > 0
    assert one.size or one.archives
    assert set(one.verified) == VERIFIED_FIELDS
    assert all(one.verified.values())
    assert re.fullmatch(r"\d+(\.\d+)*", one.version)
    assert one.address.startswith("https://")
    for field in VERIFIED_FIELDS:
        assert one.verified[field] in one.describe()


@pytest.mark.parametrize("name", catalogue())
def test_labels_are_read_in_a_vocabulary_that_exists(name):
    labels = catalogue()[name].labels
    if labels:
        assert labels.vocabulary in VOCABULARIES
        assert labels.kind == "headers" or (labels.table and labels.column and labels.id and labels.stems)


@pytest.mark.parametrize("name", readable())
def test_every_data_set_that_a_reader_opens_can_be_fetched(name):
    assert name in catalogue()


@pytest.mark.parametrize("slug", [*{one.slug for one in catalogue().values()}])
def test_the_command_in_a_not_found_message_fetches_that_very_set(slug, tmp_path):
    with pytest.raises(OSError) as raised:
        places.find(slug, tmp_path)
    words = shlex.split(str(raised.value).partition("python -m data_fetch ")[2])
    form = words[words.index("--form") + 1] if "--form" in words else None
    assert entry(words[0], form).slug == slug
    assert entry(words[0], form).command == " ".join(["python -m data_fetch", *words])


def test_an_unknown_name_or_form_lists_those_there_are():
    with pytest.raises(UnknownName, match="no data set is called 'ludbb'; there are chapman, ptb-xl"):
        entry("ludbb")
    with pytest.raises(UnknownName, match="it has figshare"):
        entry("chapman", "zip")
    with pytest.raises(UnknownName, match="one form only"):
        entry("ludb", "figshare")


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_is_cited_under_the_doi_that_it_is_thanked_under(name):
    source = SOURCES[name]
    assert source.authors.partition(" ")[0] in source.citation
    assert source.doi in source.citation
    assert source.licence in source.thanks


def test_a_source_without_a_reader_says_how_it_is_opened(tmp_path):
    with pytest.raises(UnknownName, match=r"cudb has no reader of its own; open_folder"):
        open_dataset("cudb", tmp_path)
