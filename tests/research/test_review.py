"""Embedded strips follow the table of what was seen on each; a label is sure only where something says so."""

import csv
from statistics import median

import pytest

from ecgteach.beats import find_beats
from ecgteach.errors import InvalidValue
from ecgteach.records import open_dataset, samples
from ecgteach.records.embedded import DOUBTFUL, LESSON, MISREAD, SURE, UNSURE
from ecgteach.simulator import simulate
from tests.research import making_samples
from tests.research.certainty import FLUTTER_LIKENESS, IRREGULAR, basis, flutter_likeness
from tests.research.review import LEFT_OUT, TABLE, reviewed

GOOD = {
    "strip": "ptb-xl/466@0",
    "verdict": LESSON,
    "certainty": SURE,
    "reason": "P before each QRS.",
    "findings": "",
    "uses": "",
}


def table_of(folder, *rows):
    path = folder / "review.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(GOOD))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_what_is_embedded_is_what_was_looked_at_and_kept():
    kept = {look.strip: look for look in reviewed() if look.verdict != LEFT_OUT}
    embedded = {f"{line.source}/{line.record}@{line.start:g}": line for line in samples(use=None)}
    assert embedded.keys() == kept.keys()
    for name, line in embedded.items():
        assert line.uses == (kept[name].verdict, *kept[name].uses)
        assert (line.certainty, line.reason) == (kept[name].certainty, kept[name].reason)


def test_a_sound_table_is_read(tmp_path):
    (look,) = reviewed(table_of(tmp_path, GOOD | {"findings": "drift;motion", "uses": "P by eye"}))
    assert (look.source, look.record, look.start) == ("ptb-xl", "466", 0.0)
    assert look.findings == ("drift", "motion") and look.p_by_eye and look.uses == ()


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"verdict": "good"}, "no verdict is called 'good'"),
        ({"certainty": UNSURE}, "a 'lesson' cannot be 'doubtful'"),
        ({"certainty": "perhaps"}, "cannot be 'perhaps'"),
        ({"verdict": DOUBTFUL}, "a 'doubtful labels' cannot be 'sure'"),
        ({"reason": ""}, "has no reason"),
        ({"uses": MISREAD}, "what a second look found"),
        ({"reason": "Looked again: it holds."}, "what a second look found"),
        ({"uses": "quiz"}, "only a lesson has further uses"),
    ],
)
def test_a_line_that_contradicts_itself_is_refused_by_name(tmp_path, wrong, said):
    with pytest.raises(InvalidValue, match=said) as refused:
        reviewed(table_of(tmp_path, GOOD | wrong))
    assert "ptb-xl/466@0" in str(refused.value)


def test_a_strip_that_comes_twice_is_refused(tmp_path):
    with pytest.raises(InvalidValue, match="names a strip twice: ptb-xl/466@0"):
        reviewed(table_of(tmp_path, GOOD, GOOD))


class TestOwnTests:
    """Whether our tests bear a label out, on simulated strips whose rhythm is known."""

    @staticmethod
    def confirmed(shown, called):
        record = simulate(shown, seed=1)
        record = type(record)(
            record.signals, record.lead_names, record.sampling_rate, labels=simulate(called, seed=1).labels
        )
        strip = record.strip()
        return basis(record, strip, find_beats(strip).rate)

    @pytest.mark.parametrize("code", ["SR", "SB", "AFIB"])
    def test_a_true_label_is_borne_out(self, code):
        (words,) = self.confirmed(code, code)
        assert words.startswith("tests: ")

    @pytest.mark.parametrize("shown, called", [("SR", "AFIB"), ("AFIB", "SR"), ("SR", "SB"), ("SR", "AFL")])
    def test_a_wrong_label_is_not(self, shown, called):
        assert self.confirmed(shown, called) == ()

    def test_flutter_is_told_from_rhythms_that_are_slower_than_half_of_it(self):
        likeness = {}
        for code in ("AFL", "SR", "SB", "AFIB"):
            strips = [simulate(code, seed=seed).strip() for seed in range(6)]
            likeness[code] = [flutter_likeness(strip, find_beats(strip)) for strip in strips]
        others = max(value for code, values in likeness.items() if code != "AFL" for value in values)
        assert others < FLUTTER_LIKENESS
        assert sorted(likeness["AFL"])[len(likeness["AFL"]) // 2] >= FLUTTER_LIKENESS

    def test_a_fast_even_rhythm_called_flutter_stays_open(self):
        assert self.confirmed("ST", "AFL") == ()

    def test_fibrillation_is_more_irregular_than_the_limit_and_sinus_rhythm_less(self):
        def irregularity(code):
            return [find_beats(simulate(code, seed=seed).strip()).irregularity for seed in range(12)]

        assert max(irregularity("SR")) < IRREGULAR < median(irregularity("AFIB"))


@pytest.mark.data
def test_the_samples_can_be_made_again_as_they_are(recordings, tmp_path, monkeypatch):
    monkeypatch.setattr(making_samples, "SAMPLES", tmp_path)
    making_samples.make_samples(recordings)
    for name in ("strips.csv", "LICENSES.md"):
        assert (tmp_path / name).read_text(encoding="utf-8") == (TABLE.parent / name).read_text(encoding="utf-8")


@pytest.mark.data
def test_a_label_that_nothing_confirms_is_not_called_sure(recordings, monkeypatch):
    bold = next(look for look in reviewed() if look.strip == "challenge-2017/A04895@20")
    bold = type(bold)(**{**vars(bold), "verdict": LESSON, "certainty": SURE})
    with pytest.raises(InvalidValue, match="A04895@20 is called sure"):
        making_samples._embedded(bold, recordings)


@pytest.mark.data
def test_only_the_validation_part_is_embedded(recordings):
    learnt = open_dataset("ludb", recordings).split("train").ids[0]
    look = type(reviewed()[0])(f"ludb/{learnt}@0", LESSON, SURE, "P before each QRS.", (), (), False)
    with pytest.raises(InvalidValue, match="not of the validation part"):
        making_samples._embedded(look, recordings)
