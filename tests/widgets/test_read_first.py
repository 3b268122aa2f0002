"""ReadFirst: the learner first, then answers, then the map, then the truth, in this order and no other."""

import csv
import io
import json
from random import Random

import pytest

from ecgteach.errors import InvalidValue
from ecgteach.marks import Mark
from ecgteach.quiz import Study, draw_items, items_of
from ecgteach.quiz.sitting import STEPS
from ecgteach.quiz.study import ARMS
from ecgteach.records import sample
from ecgteach.rhythms import rhythms
from ecgteach.widgets import ReadFirst, ReadFirstState
from tests.quiz.learners import CAREFUL, FOLLOWER, GUESSER
from tests.widgets.test_marks import random_thing

NUMBER = 5
READ = {"regularity": "regular", "rate": "usual", "p": "before", "qrs": "narrow"}


@pytest.fixture(scope="module")
def items():
    return draw_items(NUMBER, seed=1)


@pytest.fixture
def reading(items):
    widget = ReadFirst(items, number=NUMBER, seed=1)
    widget.panel()
    return widget


def climb(widget, step, answer="SR", confidence=75, readings=READ, final=None):
    """Do what the present strip asks, by the controls, until it has come to a step."""
    for _ in STEPS:
        now = widget.state.round.step
        if now == step:
            return
        if now == "features":
            for name, read in readings.items():
                widget.controls[name].value = read
        elif now == "rhythm":
            widget.controls["answer"].value, widget.controls["confidence"].value = answer, confidence
        elif now in ("answers", "map"):
            widget.controls["decision"].value = final or answer
        widget.controls["step"].click()
        assert widget.fault == "", widget.fault


def told(widget):
    return json.dumps(widget.scene()[0], ensure_ascii=False)


def strip_with_map(widget):
    """Go on until the present strip is one on which the map is shown."""
    while not widget.state.sitting.planned.with_map:
        climb(widget, "truth")
        widget.controls["step"].click()


class TestOrder:
    def test_it_begins_with_the_bare_strip_and_four_readings(self, reading):
        assert reading.state.round.step == "features" and reading._shown.seen is None
        for question in ("Do the QRS complexes come regularly?", "How fast", "P waves?", "How wide is QRS?"):
            assert question in told(reading)
        assert "How sure" not in told(reading)

    def test_the_button_waits_for_all_four(self, reading):
        for name, read in READ.items():
            assert reading.controls["step"].disabled
            reading.controls[name].value = read
        assert not reading.controls["step"].disabled

    def test_none_of_these_and_cannot_tell_are_among_the_answers(self, reading):
        climb(reading, "rhythm")
        assert list(reading.controls["answer"].options) == ["SR", "SB", "GSVT", "AFIB", "none", "cannot"]
        assert list(reading.controls["confidence"].options) == [25, 50, 75, 90, 99]

    def test_answers_come_without_maps_maps_without_the_truth_and_the_truth_last(self, reading):
        strip_with_map(reading)
        climb(reading, "marks")
        assert reading._shown.seen is None and "network" not in reading._shown.words
        climb(reading, "answers")
        assert "signal network" in told(reading) and not reading._shown.map_shown
        assert all(panel.heat is None for panel in reading.controls["strips"].panels)
        assert "What decides" not in told(reading)
        climb(reading, "map")
        assert all(panel.heat is not None for panel in reading.controls["strips"].panels)
        assert "What decides" not in told(reading) and "was right" not in reading._shown.words
        climb(reading, "truth")
        assert "What decides" in told(reading)

    def test_on_items_without_a_map_the_truth_follows_the_answers(self, reading):
        while reading.state.sitting.planned.with_map:
            climb(reading, "truth")
            reading.controls["step"].click()
        climb(reading, "answers")
        reading.controls["decision"].value = "SR"
        reading.controls["step"].click()
        assert reading.state.round.step == "truth" and not reading._shown.map_shown
        assert "agreement, not correctness" not in told(reading)

    def test_one_may_go_back_until_it_is_locked_and_not_after(self, reading):
        climb(reading, "marks")
        reading.controls["back"].click()
        reading.controls["back"].click()
        assert reading.state.round.step == "features" and reading.state.round.answer == "SR"
        climb(reading, "answers")
        assert reading.controls["back"].disabled
        before = reading.state
        for name, value in (("rate", "fast"), ("answer", "AFIB"), ("confidence", 99), ("strips", [])):
            reading.controls[name].disabled = False
            reading.controls[name].value = [Mark("seen", 1, 2)] if name == "strips" else value
            assert "Your reading of this strip stands" in reading.fault
            assert reading.state == before

    def test_keeping_is_an_answer_that_has_to_be_given(self, reading):
        climb(reading, "answers")
        assert reading.controls["step"].disabled
        assert next(iter(reading.controls["decision"].options.values())) == "Keep: sinus rhythm"
        reading.controls["decision"].value = "AFIB"
        assert reading.state.round.after_answers == "AFIB" and reading.state.round.answer == "SR"

    def test_a_whole_sitting_ends_in_a_summary_and_a_table(self, reading):
        while not reading.state.sitting.at_end:
            climb(reading, "truth")
            if not reading.state.sitting.at_end:
                reading.controls["step"].click()
        assert "What decides" in told(reading)
        reading.controls["step"].click()
        assert reading.controls["step"].disabled and reading.state.summed
        for words in (
            "Brier score",
            "wrong answers of the networks followed",
            "right, of how many",
            "no curve is drawn",
        ):
            assert words in told(reading)
        rows = list(csv.DictReader(io.StringIO(reading.table())))
        assert len(rows) == len(reading.state.sitting.plan)


class TestBlindness:
    NAMES = {name for known in rhythms().values() for name in (known.name, known.code)} | {"GSVT", "simulated"}

    def test_before_the_answers_nothing_names_rhythm_rate_source_or_age(self, reading):
        for step in ("features", "rhythm", "marks"):
            climb(reading, step)
            everything = reading._shown.heading + reading._shown.task + reading.still().alt
            everything += "".join(panel.alt + panel.note for panel in reading.controls["strips"].panels)
            assert not [name for name in self.NAMES if f" {name}" in everything]
            assert reading._shown.strip.rhythm is None and reading._shown.strip.truth is None
            assert reading.controls["strips"].strip.source_id == ""

    def test_keys_walk_along_stretches_that_every_rhythm_has(self, reading):
        climb(reading, "marks")
        assert {one.kind for one in reading._stretches(reading.state)} <= {"pre", "QRS", "ST-T", "rest", "second"}

    def test_the_still_shows_maps_only_where_they_may_be_seen(self, reading):
        strip_with_map(reading)
        climb(reading, "answers")
        assert "map" not in reading.still().alt.lower()
        climb(reading, "map")
        assert "map" in reading.still().alt.lower()


class TestMarks:
    def test_marks_are_judged_by_beat_and_agreement_is_named_and_never_scored(self, reading):
        strip_with_map(reading)
        climb(reading, "marks")
        truth = reading.items[reading.state.sitting.planned.item].truth
        brush = {"P": "seen", "A": "missing"}
        evident = [one for one in truth.evidence if one.role in brush and one.end - one.start > 0.05][2:6]
        reading.controls["strips"].value = [Mark(brush[one.role], one.start, one.end) for one in evident]
        reading.controls["one"].value, reading.controls["other"].value = 2.0, 2.8
        climb(reading, "truth")
        assert "agreement, not correctness. It counts for nothing." in told(reading)
        assert "Your calipers measured" in told(reading)
        score = reading.scores[-1]
        assert score.marks.reason or score.marks.right == len(reading.state.round.marks)

    def test_they_can_be_made_only_at_their_step(self, reading):
        assert reading.controls["brush"].disabled
        reading.receive({"control": "strips", "value": [{"brush": "seen", "start": 1, "end": 2}]})
        assert reading.state.round.marks == ()


class TestSaved:
    def test_it_goes_on_where_it_was_and_each_finished_strip_is_saved(self, items, tmp_path):
        path = tmp_path / "mine.json"
        first = ReadFirst(items, number=NUMBER, seed=1, progress=path)
        climb(first, "answers")
        assert not path.exists()
        climb(first, "truth")
        again = ReadFirst(items, number=NUMBER, seed=1, progress=path)
        assert again.state.sitting == first.state.sitting

    def test_progress_of_other_strips_is_refused_with_the_seed_that_fits(self, items, reading, tmp_path):
        path = reading.save(tmp_path / "mine.json")
        with pytest.raises(InvalidValue, match="make ReadFirst with seed=1"):
            ReadFirst(items, number=NUMBER, seed=2, progress=path)

    @pytest.mark.parametrize(
        ("wrong", "words"), [([], "there are 0 items"), (["AFIB"], "items_of"), ([None], "items_of")]
    )
    def test_what_are_no_items_is_refused(self, wrong, words):
        with pytest.raises(InvalidValue, match=words):
            ReadFirst(wrong)

    def test_a_state_is_plain_and_shows_the_same_still(self, reading, items):
        climb(reading, "marks")
        reading.controls["strips"].value = [Mark("seen", 1.0, 1.2)]
        again = ReadFirst(items, number=NUMBER, seed=1)
        again.state = ReadFirstState.from_json(json.loads(json.dumps(reading.state.to_json())))
        assert again.state == reading.state and again.still().png() == reading.still().png()

    def test_a_state_of_other_items_is_refused(self, reading, items):
        with pytest.raises(InvalidValue, match="there are 2"):
            ReadFirst(items[:2], seed=1).state = reading.state
        with pytest.raises(InvalidValue, match="ReadFirstState"):
            reading.state = None

    def test_the_table_is_saved_whole_and_by_a_link(self, reading, tmp_path):
        climb(reading, "truth")
        path = reading.export(tmp_path / "table.csv")
        assert path.read_text(encoding="utf-8").splitlines()[0].startswith("format,seed,participant")
        assert "data:text/csv;base64," in told(reading)


class TestStudy:
    STUDY = Study(seed=1, items=NUMBER)

    @pytest.mark.parametrize("arm", ARMS)
    def test_each_arm_shows_what_it_should_after_consent(self, items, arm):
        participant = next(one for one in range(1, 10) if self.STUDY.arm_of(one) == arm)
        widget = ReadFirst(items, study=self.STUDY, participant=participant)
        widget.panel()
        assert "Taking part is your choice" in told(widget) and "Do the QRS" not in told(widget)
        assert widget.controls["begin"].disabled
        widget.controls["begin"].disabled = False
        widget.controls["begin"].click()
        assert "read and tick" in widget.fault.lower() and not widget.state.begun
        widget.controls["agree"].value = True
        widget.controls["begin"].click()
        assert "Do the QRS" in told(widget)
        assert {planned.with_map for planned in widget.state.sitting.plan} == {"map" in arm}
        climb(widget, "map" if "map" in arm else "truth")
        assert ("About the map, not about the diagnosis" in told(widget)) == ("verdict" in arm)
        if "verdict" in arm:
            assert " tests." in told(widget) and "supported" not in told(widget)
        climb(widget, "truth")
        row = next(csv.DictReader(io.StringIO(widget.table())))
        assert row["arm"] == arm and row["participant"] == str(participant)

    def test_nothing_returns_so_that_all_read_the_same(self, items):
        widget = ReadFirst(items, study=self.STUDY, participant=1)
        widget.controls["agree"].value = True
        widget.controls["begin"].click()
        climb(widget, "truth", answer="cannot", readings=dict(READ, rate="fast", p="cannot"))
        assert len(widget.state.sitting.plan) == NUMBER

    def test_participants_have_numbers(self, items):
        with pytest.raises(InvalidValue, match="whole numbers from 1 on"):
            ReadFirst(items, study=self.STUDY)


class TestLearners:
    @pytest.mark.parametrize("seed", range(3))
    def test_they_are_told_apart_by_what_the_controls_give(self, items, seed):
        """By the same controls as a person: the careful reads better, the follower trusts too much."""
        profiles = {}
        for name, learner in (("careful", CAREFUL), ("follower", FOLLOWER), ("guesser", GUESSER)):
            widget = ReadFirst(items, number=NUMBER, seed=seed)
            draw = Random(f"{name} {seed}")
            while True:
                done = learner.read(widget.items[widget.state.sitting.planned.item], draw)
                climb(widget, "marks", done.answer, done.confidence, done.readings)
                widget.controls["strips"].value = done.marks
                climb(widget, "truth", final=done.final)
                if widget.state.sitting.at_end:
                    break
                widget.controls["step"].click()
            profiles[name] = widget.profile
        assert profiles["careful"].reading > profiles["guesser"].reading
        assert profiles["careful"].first > profiles["guesser"].first
        assert profiles["careful"].marks > profiles["guesser"].marks
        assert profiles["follower"].over_trust in (1.0, None)
        assert (profiles["careful"].over_trust or 0) < 1.0


def test_recordings_of_a_teacher_are_read_too_and_a_missing_label_judges_no_one():
    from dataclasses import replace

    widget = ReadFirst(items_of([replace(sample("AFIB"), labels=frozenset()), sample("SR")]), seed=2)
    widget.panel()
    while True:
        climb(widget, "truth")
        if not widget.items[widget.state.sitting.planned.item].right:
            assert "no answer is judged" in told(widget) and widget.scores[-1].right is None
        if widget.state.sitting.at_end:
            break
        widget.controls["step"].click()
    assert widget.fault == ""


def test_two_hundred_random_things_leave_no_error_and_two_sittings_do_not_meet(items, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw = Random(7)
    one, other = (ReadFirst(items, number=NUMBER, seed=1) for _ in range(2))
    start = other.state
    for widget in (one, other):
        widget.panel()
    for _ in range(200):
        random_thing(one, draw)
        assert "foresee" not in one.fault, one.fault
        assert ReadFirstState.from_json(json.loads(json.dumps(one.state.to_json()))) == one.state
    assert other.state == start


def test_calipers_are_at_hand_from_the_first_step_and_marks_only_at_theirs(reading):
    reading.receive({"control": "strips", "value": [{"brush": "caliper", "start": 1.0, "end": 1.8}]})
    assert reading.fault == "" and "800 ms, 20.0 mm, 75/min" in told(reading)
    reading.controls["other"].value = 2.0
    assert reading.state.round.caliper.seconds == 1.0
    reading.controls["moment"].value = 4.0
    assert reading.controls["strips"].moment == 4.0
    reading.receive({"control": "strips", "value": [{"brush": "seen", "start": 1.0, "end": 1.8}]})
    assert "not asked at this step" in reading.fault and reading.state.round.marks == ()
