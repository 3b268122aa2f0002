"""The CaseExplorer: the learner first, then answers, drawing, maps, tests and the truth, in this order and no other."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from ecgteach import explain
from ecgteach.cases import recording
from ecgteach.errors import InvalidValue, PoorSignal, UnknownName
from ecgteach.fusion import RULES, fuse
from ecgteach.marks import Mark
from ecgteach.models import SignalCNN, shipped
from ecgteach.records import Record, sample, samples
from ecgteach.rhythms import grouping, rhythms
from ecgteach.widgets import CaseExplorer, CaseState, Reading, choose_cases
from ecgteach.widgets.case_reading import CAUSES, Filters, answers, ladder
from tests.widgets.scenes import nodes

STEPS = ladder(["signal", "image"])
RIDDLE = ladder(["signal", "image"], riddle=True)
DRAWN = (Mark("signal", 1.0, 2.0), Mark("image", 3.0, 3.5))


@pytest.fixture(scope="module")
def cases():
    return choose_cases()


@pytest.fixture(scope="module")
def networks():
    return shipped()


@pytest.fixture
def explorer(cases):
    explorer = CaseExplorer(cases)
    explorer.state = replace(explorer.state, riddles=())
    return explorer


def read(explorer, answer="AFIB", confidence=75):
    """Read the present case by its controls."""
    explorer.controls["answer"].value = answer
    explorer.controls["confidence"].value = confidence


def climb(explorer, step, answer="AFIB", confidence=75):
    """Do what each step asks, and press the button until the case has come to a step."""
    if not explorer.state.reading.committed:
        read(explorer, answer, confidence)
    while explorer.state.reading.step != step:
        if explorer.state.reading.step == "answers":
            explorer.controls["strips"].value = DRAWN
        if explorer.state.reading.step == "which":
            explorer.controls["real"].value = "A"
        explorer.controls["step"].click()
        assert explorer.fault == ""


def told(explorer):
    return " ".join(explorer.render(explorer.state).words.values())


def page(explorer):
    """Everything that the page is told, as text, and the names of the panels."""
    scene, _ = explorer.scene()
    return json.dumps(scene, ensure_ascii=False), [panel["name"] for panel in strips(scene)["panels"]]


def strips(scene):
    return next(node for node in nodes(scene["body"]) if node["kind"] == "strips")


def controls_shown(explorer):
    return {node["name"] for node in nodes(explorer.scene()[0]["body"]) if node.get("name")}


class TestLadder:
    def test_it_begins_with_the_bare_strip(self, explorer):
        assert explorer.render(explorer.state).seen is None
        assert explorer.state.reading == Reading()
        assert "Some of their answers in these cases are wrong" in told(explorer)
        assert page(explorer)[1] == ["strip"]

    def test_the_button_waits_for_an_answer_and_a_confidence(self, explorer):
        step = explorer.controls["step"]
        assert step.disabled
        explorer.controls["answer"].value = "SR"
        assert step.disabled
        explorer.controls["confidence"].value = 50
        assert not step.disabled

    @pytest.mark.parametrize("step", STEPS[1:])
    def test_no_state_shows_the_networks_before_the_learner(self, step):
        for reading in ({}, {"answer": "SR"}, {"confidence": 50}):
            with pytest.raises(InvalidValue, match="your own reading comes first"):
                Reading(**reading, step=step)

    @pytest.mark.parametrize("step", RIDDLE[2:])
    def test_no_state_shows_a_map_before_the_learner_has_drawn(self, step):
        with pytest.raises(InvalidValue, match="draw first where you think each network looked"):
            Reading("SR", 50, step)

    def test_the_first_map_waits_for_a_mark_for_each_view_or_the_word_that_there_is_no_idea(self, explorer):
        climb(explorer, "answers")
        step, strip = explorer.controls["step"], explorer.controls["strips"]
        assert step.disabled
        strip.value = [Mark("signal", 1.0, 2.0)]
        assert step.disabled
        strip.value = DRAWN
        assert not step.disabled
        strip.value = []
        assert step.disabled
        explorer.controls["no_idea"].value = True
        assert not step.disabled

    def test_marks_are_drawn_in_seconds_too_and_taken_away(self, explorer):
        climb(explorer, "answers")
        for brush, first, last in (("signal", 1.0, 2.0), ("signal", 4.0, 4.5), ("image", 3.0, 3.5)):
            explorer.controls["brush"].value = brush
            explorer.controls["from"].value, explorer.controls["to"].value = first, last
            explorer.controls["mark"].click()
        assert explorer.state.reading.drawn == (
            Mark("signal", 1.0, 2.0),
            Mark("image", 3.0, 3.5),
            Mark("signal", 4.0, 4.5),
        )
        explorer.controls["brush"].value = "signal"
        explorer.controls["unmark"].click()
        assert explorer.state.reading.drawn == DRAWN
        explorer.controls["from"].value, explorer.controls["to"].value = 5.0, 4.0
        explorer.controls["mark"].click()
        assert "ends after it begins, not 5.0 to 4.0" in explorer.fault
        assert explorer.state.reading.drawn == DRAWN

    def test_each_press_goes_one_step_further_and_the_last_to_the_next_case(self, explorer):
        for step in STEPS[1:]:
            climb(explorer, step)
        explorer.controls["step"].click()
        assert explorer.state.case == 1
        assert explorer.state.reading == Reading()

    def test_after_the_answers_the_reading_stands_and_after_a_map_the_drawing(self, explorer):
        climb(explorer, "answers")
        assert explorer.controls["answer"].disabled and explorer.controls["confidence"].disabled
        explorer.controls["answer"].value = "SR"
        assert "Your reading of this case stands" in explorer.fault
        assert explorer.controls["answer"].value == explorer.state.reading.answer == "AFIB"
        climb(explorer, "signal")
        explorer.controls["strips"].value = [Mark("image", 5.0, 6.0)]
        assert "Your drawing of this case stands" in explorer.fault
        assert explorer.state.reading.drawn == explorer.controls["strips"].value == DRAWN

    def test_maps_come_one_by_one_and_the_truth_last(self, explorer):
        seen = {}
        for step in STEPS:
            climb(explorer, step) if step != "strip" else None
            seen[step] = (page(explorer)[1], "The source says" in told(explorer), "passed" in told(explorer))
        assert seen == {
            "strip": (["strip"], False, False),
            "answers": (["strip"], False, False),
            "signal": (["signal"], False, False),
            "image": (["signal", "image"], False, False),
            "fused": (["signal", "image", "fused"], False, False),
            "tests": (["signal", "image", "fused"], False, True),
            "truth": (["signal", "image", "fused"], True, True),
        }

    def test_the_tests_are_headed_by_what_they_are_about_and_stand_with_the_answer_only_at_the_end(self, explorer):
        climb(explorer, "tests")
        assert "About the map, not about the diagnosis" in told(explorer)
        assert re.search(r"The fused map passed \d of \d tests", told(explorer))
        assert "Answer right" not in told(explorer) and "Answer wrong" not in told(explorer)
        climb(explorer, "truth")
        assert re.search(r"Answer (right|wrong), map (passed|failed)", told(explorer))

    def test_the_truth_names_rhythm_rate_and_who_was_right(self, explorer):
        climb(explorer, "truth")
        for words in (explorer.cases[0].rhythm.name, "Measured rate", "network: ", "you: "):
            assert words in told(explorer)

    def test_where_a_network_was_wrong_a_cause_is_picked_before_what_is_known_is_read(self, cases):
        wrong = next(case for case in cases if misread(case))
        explorer = CaseExplorer([wrong])
        climb(explorer, "truth")
        assert "cause" in controls_shown(explorer)
        assert "Pick what may have misled it" in told(explorer) and wrong.licence not in told(explorer)
        explorer.controls["cause"].value = CAUSES[0]
        assert "You picked: a P wave that is hidden." in told(explorer)
        assert wrong.licence in told(explorer) and wrong.name in told(explorer)
        assert "cause" not in controls_shown(explorer)

    def test_other_findings_come_with_the_truth_and_never_before(self):
        record = next(line for line in samples("SR") if line.record == "256").load()
        explorer = CaseExplorer([record])
        for step in STEPS[1:-1]:
            climb(explorer, step)
            assert "bundle branch" not in page(explorer)[0]
        climb(explorer, STEPS[-1])
        if "cause" in controls_shown(explorer):
            explorer.controls["cause"].value = "other"
        assert "Also found: left bundle branch block and premature ventricular beats." in told(explorer)

    @pytest.mark.parametrize(
        ("labels", "said"), [(set(), "no label"), ({rhythms()["AFL"], rhythms()["AFIB"]}, "no single rhythm")]
    )
    def test_without_a_label_nobody_is_judged(self, labels, said):
        explorer = CaseExplorer([replace(sample("AFIB"), labels=frozenset(labels))])
        climb(explorer, "truth")
        assert f"The source says: {said}." in told(explorer)
        assert f"{said.capitalize()}, so no answer is judged." in told(explorer)
        assert not re.search(r"network: (right|wrong)|you: |Answer (right|wrong)", told(explorer))
        assert explorer.tally().right == (0, 0) and "no case judged yet" in told(explorer)
        assert "cause" not in controls_shown(explorer)

    def test_all_twelve_can_be_climbed_and_drawn(self, cases):
        explorer = CaseExplorer(cases)
        for number in range(12):
            climb(explorer, "truth")
            assert f"Case {number + 1} of 12" in explorer.render(explorer.state).heading
            assert page(explorer)[1] == ["signal", "image", "fused"]
            explorer.controls["next"].click()
        assert explorer.controls["next"].disabled and explorer.controls["step"].disabled
        assert explorer.tally().right[1] == 12


def misread(record):
    return any(view.prediction.answer != group_of(record) for view in explain(record).views.values())


def group_of(record):
    from ecgteach.cases import Solution

    return Solution.of(record).group.code


class TestBlindness:
    NAMES = {name for known in rhythms().values() for name in (known.name, known.code)} | {"GSVT"}

    @pytest.mark.parametrize("case", [0, 4, 8, 11])
    def test_before_the_truth_nothing_shown_names_source_or_rhythm(self, cases, case):
        explorer = CaseExplorer(cases)
        explorer.state = explorer.state.at_case(case)
        record = cases[case]
        while explorer.state.next_step:
            shown, still = explorer.render(explorer.state), explorer.still().alt
            everything = page(explorer)[0] + repr(shown.strip) + still
            assert not [word for word in (record.source, recording(record)) if word in everything]
            assert shown.strip.rhythm is None
            assert shown.seen is None or shown.seen.strip.rhythm is None
            if explorer.state.reading.step == "strip":
                words = f" {told(explorer)} {still} {strips(explorer.scene()[0])['panels'][0]['alt']} "
                assert not [name for name in self.NAMES if f" {name} " in words]
                assert set(strips(explorer.scene()[0])["panels"][0]) & {"heat", "rules", "image"} == set()
            climb(explorer, explorer.state.next_step)

    def test_the_file_that_is_saved_is_named_by_number(self, explorer):
        climb(explorer, "truth")
        assert explorer.controls["save"].node()["file"] == "case-1.png"

    def test_undecided_answers_are_always_offered_and_fit_the_lead(self, explorer):
        offered = explorer.controls["answer"].options
        assert {"none of these", "cannot tell from lead II"} <= set(offered.values())
        assert [*offered] == [*grouping().classes, "none", "cannot"] == [*answers(grouping().classes)]
        for lead, said in (("MLII", "cannot tell from lead II, modified"), ("hand", "cannot tell from this lead")):
            other = next(line for line in samples() if line.lead.startswith(lead)).load()
            assert said in CaseExplorer([other]).controls["answer"].options.values()


class TestRiddle:
    def test_one_case_in_five_shows_two_maps_of_which_one_is_random(self, cases):
        explorer = CaseExplorer(cases)
        assert len(explorer.state.riddles) == 2
        assert CaseExplorer(cases, seed=4).state.riddles != CaseExplorer(cases, seed=5).state.riddles

    def test_the_first_map_waits_for_a_guess_and_then_tells(self, cases):
        explorer = CaseExplorer(cases)
        explorer.state = explorer.state.at_case(explorer.state.riddles[0])
        climb(explorer, "which")
        assert page(explorer)[1] == ["A", "B"]
        assert explorer.controls["step"].disabled
        maps = explorer.render(explorer.state).riddle
        real = explain(explorer.cases[explorer.state.case]).views["signal"].on_time
        (letter,) = [letter for letter, on_time in maps.items() if np.array_equal(on_time, real)]
        assert min(on_time.max() for on_time in maps.values()) > 0
        for guess, said in ((letter, "as you said"), ({"A": "B", "B": "A"}[letter], "you took the one from random")):
            explorer.controls["real"].value = guess
            state = explorer.state
            explorer.controls["step"].click()
            assert f"Map {letter} was real" in told(explorer) and said in told(explorer)
            explorer.state = state

    def test_its_still_shows_both_and_does_not_tell_which(self, cases):
        explorer = CaseExplorer(cases)
        explorer.state = explorer.state.at_case(explorer.state.riddles[0])
        climb(explorer, "which")
        alt = explorer.still().alt
        assert "map A" in alt and "map B" in alt and "Which is real?" in alt
        answered = re.findall(r"map [AB] view (answers [^()]+ \([^()]+\))", alt)
        assert len(answered) == 2 and len(set(answered)) == 1

    def test_letters_are_dealt_evenly(self, cases):
        explorer = CaseExplorer(cases)
        letters = [explorer._asked.letter(case) for case in range(200)]
        assert 70 < letters.count("A") < 130


class TestMaps:
    def test_another_target_gives_another_map(self, explorer):
        climb(explorer, "fused")
        first = strips(explorer.scene()[0])["panels"][0]["heat"]
        other = next(code for code in grouping().classes if code != explorer.render(explorer.state).seen.target)
        explorer.controls["target"].value = other
        assert explorer.render(explorer.state).seen.target == other
        assert strips(explorer.scene()[0])["panels"][0]["heat"] != first

    def test_a_target_can_be_set_against_one_other_class(self, explorer):
        climb(explorer, "fused")
        target = explorer.render(explorer.state).seen.target
        other = next(code for code in grouping().classes if code != target)
        explorer.controls["against"].value = other
        seen = explorer.render(explorer.state).seen
        expected = explain(explorer.cases[0], target=target, against=other)
        assert np.array_equal(seen.views["signal"].on_time, expected.views["signal"].on_time)
        assert "and not for" in told(explorer)

    def test_another_layer_can_be_asked_for(self, explorer):
        climb(explorer, "fused")
        explorer.controls["layer"].value = "conv3"
        assert {view.layer.name for view in explorer.render(explorer.state).seen.views.values()} == {"conv3"}

    def test_the_maps_of_every_rule_are_sent_at_once_and_a_new_rule_sends_no_array(self, explorer):
        climb(explorer, "fused")
        scene, arrays = explorer.scene()
        fused = next(panel for panel in strips(scene)["panels"] if panel["name"] == "fused")
        assert set(fused["rules"]) == set(RULES)
        seen = explain(explorer.cases[0])
        sure = {name: view.prediction.probabilities[seen.target] for name, view in seen.views.items()}
        for rule, key in fused["rules"].items():
            expected = fuse({name: view.on_time for name, view in seen.views.items()}, rule, sure)
            sent = np.frombuffer(arrays[key], np.uint8)
            assert np.abs(sent / 255 - expected.reshape(500, 10).mean(axis=1)).max() <= 0.5 / 255 + 1e-6
        explorer.controls["rule"].value = "product"
        assert explorer.scene()[1] == arrays
        assert explorer.render(explorer.state).seen.rule == "product"

    def test_the_weight_of_a_view_can_be_set_and_the_still_follows(self, explorer):
        climb(explorer, "fused")
        explorer.controls["rule"].value = "confidence"
        assert "weight" in controls_shown(explorer)
        explorer.controls["weight"].value = 100
        seen = explorer.render(explorer.state).seen
        assert np.allclose(seen.fused, seen.views["signal"].on_time, atol=1e-6)

    def test_colours_share_one_scale_until_each_map_is_asked_for_its_own(self, explorer):
        climb(explorer, "fused")
        scales = {panel["name"]: panel["scale"] for panel in strips(explorer.scene()[0])["panels"]}
        assert max(scales["signal"], scales["image"]) == 1.0 and min(scales.values()) < 1.0
        explorer.controls["own_scale"].value = True
        assert strips(explorer.scene()[0])["own_scale"] is True

    def test_where_nothing_can_be_fused_the_words_say_why(self, explorer, monkeypatch):
        def unfused(*arguments, **settings):
            return replace(explain(*arguments, **settings), fused=None, fused_reason="the two maps share no moment")

        monkeypatch.setattr("ecgteach.widgets.case_asked.explain", unfused)
        climb(explorer, "fused")
        assert "There is no fused map: the two maps share no moment" in told(explorer)
        assert "not fused" in page(explorer)[0]

    def test_the_share_that_has_a_place_stands_beside_each_map(self, explorer):
        climb(explorer, "fused")
        notes = {panel["name"]: panel["note"] for panel in strips(explorer.scene()[0])["panels"]}
        for view in ("signal", "image"):
            assert re.search(r"on the map: .*% of what speaks for .*; rate and rhythm have no place", notes[view])

    def test_the_drawing_is_held_against_each_map_that_is_shown(self, explorer):
        climb(explorer, "signal")
        assert "of what the signal network looked at" in told(explorer)
        assert "of what the picture network looked at" not in told(explorer)
        climb(explorer, "image")
        assert "of what the picture network looked at" in told(explorer)

    def test_a_red_map_of_an_unlikely_answer_comes_with_a_warning(self, cases):
        explorer = CaseExplorer(cases[2:3])
        climb(explorer, "fused")
        seen = explorer.render(explorer.state).seen
        for code in grouping().classes:
            explorer.controls["target"].value = code
            faint = [view for view in seen.views.values() if view.prediction.probabilities[code] < 0.1]
            assert ("Take care" in told(explorer)) is bool(faint)

    def test_both_answers_and_the_joint_one_stand_as_bars(self, explorer):
        climb(explorer, "answers")
        assert told(explorer).count("ecgteach-bar") == 4 * 3


class TestTwin:
    def test_it_got_the_same_answer_and_turned_out_the_other_way(self, cases):
        wrong = next(case for case in cases if misread(case))
        explorer = CaseExplorer(cases)
        explorer.state = replace(explorer.state, riddles=()).at_case(cases.index(wrong))
        climb(explorer, "truth")
        explorer.controls["twin"].click()
        shown = explorer.render(explorer.state)
        assert "Its twin got the same answer" in told(explorer)
        assert page(explorer)[1] == ["fused", "twin"]
        assert shown.twin.answer == shown.seen.answer
        unread = {case.strip().for_reading().samples.tobytes() for case in cases if case is not wrong}
        assert shown.twin.strip.samples.tobytes() not in unread, "a case that is still to be read is no twin"
        explorer.controls["twin"].click()
        assert page(explorer)[1] == ["signal", "image", "fused"]


class TestTally:
    def test_careful_guessing_and_following_learners_are_told_apart(self, cases):
        answers_of = {
            "careful": lambda case: (group_of(case), 90),
            "follower": lambda case: (explain(case).answer, 99),
            "guesser": lambda case: ("SR", 99),
        }
        tallies = {}
        for name, way in answers_of.items():
            explorer = CaseExplorer(cases)
            readings = tuple(Reading(*way(case), "truth", no_idea=True) for case in cases)
            explorer.state = replace(explorer.state, readings=readings)
            tallies[name] = explorer.tally()
        right = {name: tally.right[0] for name, tally in tallies.items()}
        assert right["careful"] == 12 > right["follower"] > right["guesser"] == 3
        assert tallies["careful"].brier < tallies["follower"].brier < tallies["guesser"].brier
        signal, _ = tallies["follower"].right_of("signal")
        assert right["follower"] < 12 and signal < 12

    def test_what_was_left_open_is_not_counted(self, explorer):
        climb(explorer, "truth", answer="cannot")
        assert "you: left it open" in told(explorer)
        assert explorer.tally().right == (0, 0)


class TestStudy:
    @pytest.fixture
    def studying(self):
        explorer = CaseExplorer()
        explorer.controls["mode"].value = "study"
        return explorer

    def test_all_is_shown_at_once_and_nothing_is_judged_of_the_learner(self, studying):
        assert page(studying)[1] == ["signal", "image", "fused"]
        assert "The source says" in told(studying) and "you: " not in told(studying)
        assert "answer" not in controls_shown(studying)
        assert studying.render(studying.state).of > 80

    def test_filters_narrow_by_rhythm_outcome_network_and_source(self, studying):
        studying.controls["rhythm"].value = "AFIB"
        studying.controls["outcome"].value = "wrong"
        studying.controls["view"].value = "signal"
        found = studying.studied(studying.state.filters)
        assert found and all(case.group == "AFIB" and case.answers["signal"] != "AFIB" for case in found)
        assert studying.render(studying.state).of == len(found)
        source = found[0].record.source
        studying.controls["source"].value = source
        assert all(case.record.source == source for case in studying.studied(studying.state.filters))

    def test_the_confusion_matrix_adds_up_and_a_cell_opens_its_cases(self, studying):
        for view in ("signal", "image", "together"):
            studying.controls["view"].value = view
            counts = dict(re.findall(r'data-value="(\w+\|\w+)"[^>]*>(\d+)<', told(studying)))
            assert sum(map(int, counts.values())) == len(studying.studied(Filters()))
            cell = next(one for one in counts if len(set(one.split("|"))) == 2)
            studying.controls["cell"].value = cell
            assert studying.render(studying.state).of == int(counts[cell])
            truth, answer = cell.split("|")
            found = studying.studied(studying.state.filters)
            assert {case.group for case in found} == {truth}
            assert {case.answer if view == "together" else case.answers[view] for case in found} == {answer}

    def test_a_filter_that_nothing_fits_says_so(self, studying):
        studying.state = studying.state.filtered(rhythm="SB", outcome="wrong", view="together")
        assert "No case is like this" in told(studying)
        assert studying.scene()[0]["fault"] == "" and studying.still().alt

    def test_practice_is_found_again_as_it_was_left(self, explorer):
        climb(explorer, "image")
        before = explorer.state.reading
        explorer.controls["mode"].value = "study"
        explorer.controls["next"].click()
        explorer.controls["mode"].value = "practice"
        assert explorer.state.reading == before


class TestState:
    def test_it_survives_json(self, cases):
        explorer = CaseExplorer(cases)
        climb(explorer, "truth")
        explorer.controls["next"].click()
        read(explorer, "cannot", 99)
        explorer.controls["rule"].value = "product"
        explorer.state = replace(explorer.state, filters=Filters("AFIB", "wrong", "signal"), weight=0.3, layer="conv3")
        state = explorer.state
        assert CaseState.from_json(json.loads(json.dumps(state.to_json()))) == state

    @pytest.mark.parametrize("step", ["strip", "answers", "which", "signal", "fused", "truth"])
    def test_it_shows_the_same_in_another_explorer_byte_for_byte(self, cases, step):
        explorer, other = CaseExplorer(cases), CaseExplorer(cases)
        explorer.state = explorer.state.at_case(explorer.state.riddles[0])
        climb(explorer, step) if step != "strip" else None
        explorer.controls["moment"].value = 2.0
        other.state = CaseState.from_json(json.loads(json.dumps(explorer.state.to_json())))
        assert other.scene()[0]["body"] == explorer.scene()[0]["body"]
        assert other.scene()[1] == explorer.scene()[1]
        assert (other.still().png(), other.still().alt) == (explorer.still().png(), explorer.still().alt)

    def test_the_next_case_is_unread_and_keeps_the_rule(self, explorer):
        climb(explorer, "fused")
        explorer.controls["rule"].value = "maximum"
        explorer.controls["target"].value = "SB"
        explorer.controls["next"].click()
        assert explorer.state.reading == Reading()
        assert explorer.controls["answer"].value is None and explorer.controls["confidence"].value is None
        assert explorer.state.rule == explorer.controls["rule"].value == "maximum"
        assert explorer.state.target is None

    def test_a_case_is_found_again_as_it_was_left(self, explorer):
        climb(explorer, "answers")
        explorer.controls["next"].click()
        explorer.controls["previous"].click()
        assert explorer.state.reading == Reading("AFIB", 75, "answers")

    def test_two_side_by_side_do_not_meet(self, cases):
        one, other = CaseExplorer(cases), CaseExplorer(cases)
        before = other.scene()
        climb(one, "truth")
        assert other.scene() == before
        assert other.panel() is not one.panel()

    @pytest.mark.parametrize(
        ("wrong", "error", "words"),
        [
            ({"case": 12}, InvalidValue, "there are 12 cases"),
            ({"target": "VT"}, UnknownName, "no class is called 'VT'"),
            ({"against": "VT"}, UnknownName, "no class is called 'VT'"),
            ({"rule": "sum"}, UnknownName, "no fusion rule is called 'sum'"),
            ({"moment": 10.5}, InvalidValue, "10.5 s is outside it"),
            ({"threshold": 0.0}, InvalidValue, "from 0.1 to 0.9"),
            ({"weight": 1.5}, InvalidValue, "a share from 0 to 1, not 1.5"),
            ({"mode": "exam"}, UnknownName, "no mode is called 'exam'"),
            ({"brush": "eye"}, UnknownName, "no view is called 'eye'"),
        ],
    )
    def test_what_cannot_be_is_refused_in_words(self, wrong, error, words):
        with pytest.raises(error, match=words):
            replace(CaseState.fresh(12), **wrong)

    def test_answers_confidences_and_steps_are_closed_lists(self):
        for wrong in (
            {"answer": "flutter"},
            {"confidence": 60},
            {"answer": "SR", "confidence": 50, "step": "peek", "no_idea": True},
            {"real": "C"},
            {"cause": "luck"},
        ):
            with pytest.raises(UnknownName, match="there are"):
                CaseState((Reading(**wrong),))

    @pytest.mark.parametrize(
        "held",
        [{}, {"readings": 3}, {"readings": [{"mood": "good"}]}, {"readings": [], "colour": 1}, {"readings": [3]}],
    )
    def test_what_is_no_saved_state_is_refused(self, held):
        with pytest.raises(InvalidValue, match="no saved state"):
            CaseState.from_json(held)

    def test_a_state_of_another_number_of_cases_or_other_views_is_refused(self, explorer):
        with pytest.raises(InvalidValue, match="this explorer has 12 cases, the state is of 3"):
            explorer.state = CaseState.fresh(3)
        with pytest.raises(InvalidValue, match="has the views signal, image, the state image"):
            explorer.state = CaseState.fresh(12, views=("image",))


class TestPage:
    def test_after_next_the_focus_stands_on_the_first_answer(self, explorer):
        before = explorer.state
        explorer.controls["next"].click()
        assert explorer.focus(before, explorer.state) == "answer"

    def test_each_step_is_announced_and_hands_on_the_focus(self, cases):
        explorer = CaseExplorer(cases)
        explorer.state = explorer.state.at_case(explorer.state.riddles[0])
        focus, said = {}, {}
        while explorer.state.next_step:
            before = explorer.state
            climb(explorer, explorer.state.next_step)
            after = replace(before, readings=explorer.state.readings)
            step = explorer.state.reading.step
            focus[step], said[step] = explorer.focus(before, after), explorer.said(before, after)
        assert focus == {"answers": "brush", "which": "real"} | dict.fromkeys(RIDDLE[3:], "step")
        assert all(len(words) > 20 and "<" not in words for words in said.values())

    def test_a_changed_rule_is_announced_with_its_words(self, explorer):
        climb(explorer, "fused")
        rule = next(node for node in nodes(explorer.scene()[0]["body"]) if node.get("name") == "rule")
        assert rule["said"] == "Fused by {value}." and rule["tells"] == "said-maps"

    def test_the_presenter_sees_one_strip_with_one_map_in_large_type(self, explorer):
        climb(explorer, "fused")
        explorer.controls["presenter"].click()
        assert page(explorer)[1] == ["fused"]
        assert explorer.scene()[0]["look"] == "ecgteach-presenter"
        explorer.controls["presenter"].click()
        assert page(explorer)[1] == ["signal", "image", "fused"]

    def test_every_panel_has_words_for_who_cannot_see_it(self, explorer):
        for step in STEPS[1:]:
            climb(explorer, step)
            for panel in strips(explorer.scene()[0])["panels"]:
                assert len(panel["alt"]) > 30


class TestFaults:
    def test_a_network_that_fails_is_told_on_the_panel_and_the_reading_is_kept(self, cases):
        class Broken(SignalCNN):
            def read(self, strips):
                raise RuntimeError("the weights are gone")

        explorer = CaseExplorer(cases, {"signal": Broken(), "image": shipped()["image"]})
        read(explorer)
        explorer.controls["step"].click()
        assert "the weights are gone" in explorer.fault
        assert explorer.state.reading == Reading("AFIB", 75)
        assert not explorer.controls["step"].disabled

    def test_one_network_alone_is_explored_without_a_fused_map_or_a_rule(self, cases):
        explorer = CaseExplorer(cases[:1], {"image": shipped()["image"]})
        assert explorer.state.ladder() == ("strip", "answers", "image", "tests", "truth")
        explorer.controls["no_idea"]
        read(explorer)
        explorer.controls["step"].click()
        explorer.controls["strips"].value = [Mark("image", 1.0, 2.0)]
        explorer.controls["step"].click()
        assert explorer.fault == ""
        assert page(explorer)[1] == ["image"]
        assert not {"rule", "weight"} & controls_shown(explorer)
        assert "Fused by" not in page(explorer)[0]
        climb(explorer, "truth")
        assert "there is no second one to compare it with" in told(explorer)

    def test_no_cases_and_unreadable_cases_are_refused_at_the_door(self):
        with pytest.raises(InvalidValue, match="needs one case or more"):
            CaseExplorer([])
        with pytest.raises(PoorSignal):
            CaseExplorer([Record(np.zeros((1, 5000)), ("II",), 500.0)])

    @pytest.mark.parametrize("wrong", ["SR", 3, [sample("SR").strip()], [None]])
    def test_what_is_no_recording_is_told_with_the_way_out(self, wrong):
        with pytest.raises(InvalidValue, match="a CaseExplorer takes recordings, such as read_record gives"):
            CaseExplorer(wrong)

    def test_one_case_has_no_next(self):
        explorer = CaseExplorer([sample("SR")])
        climb(explorer, "truth")
        assert explorer.controls["next"].disabled and explorer.controls["step"].disabled

    def test_two_hundred_things_done_at_random_leave_no_fault_and_keep_what_is_kept_small(self, cases):
        draw = np.random.default_rng(7)
        explorer = CaseExplorer(cases[:4])
        for _ in range(200):
            shown = [name for name in controls_shown(explorer) if name in explorer.controls]
            control = explorer.controls[shown[draw.integers(len(shown))]]
            if control.name in ("presenter", "mode", "unmark", "mark") and draw.random() < 0.6:
                continue
            if hasattr(control, "options"):
                control.value = [*control.options][draw.integers(len(control.options))]
            elif hasattr(control, "low"):
                control.value = round(float(draw.uniform(control.low, control.high)), 2)
            elif control.name == "strips":
                control.value = DRAWN if not control.disabled else control.value
            elif hasattr(control, "click"):
                control.click()
            else:
                control.value = not control.value
            told_off = ("stands", "draw first", "mark lies between", "ends after", "comes first")
            assert not explorer.fault or any(words in explorer.fault for words in told_off), explorer.fault
            explorer.scene()
        assert len(explorer._asked._kept) <= 32
        assert all(len(control._followers) <= 1 for control in explorer.controls.values())


class TestStill:
    def test_it_is_the_strip_until_the_maps_may_be_seen(self, explorer):
        assert explorer.still().alt.startswith("Case 1 of 12: what is the rhythm")
        climb(explorer, "answers")
        assert explorer.still().alt.startswith("Case 1 of 12: the signal network answers")
        climb(explorer, "signal")
        assert "The picture view" not in explorer.still().alt and "The signal view" in explorer.still().alt
        climb(explorer, "fused")
        assert "fused map" in explorer.still().alt and "The picture view" in explorer.still().alt

    def test_it_follows_target_and_rule(self, explorer):
        climb(explorer, "fused")
        explorer.controls["target"].value = "SB"
        explorer.controls["rule"].value = "maximum"
        assert "for sinus bradycardia" in explorer.still().alt and "maximum" in explorer.still().alt

    def test_its_source_is_named_only_at_the_end(self, explorer):
        climb(explorer, "tests")
        assert explorer.cases[0].name not in explorer.still().alt
        climb(explorer, "truth")
        assert explorer.cases[0].name in explorer.still().alt

    def test_every_state_has_one_with_words(self, cases):
        explorer = CaseExplorer(cases)
        explorer.state = explorer.state.at_case(explorer.state.riddles[0])
        while explorer.state.next_step:
            climb(explorer, explorer.state.next_step)
            assert len(explorer.still().alt) > 100
        explorer.controls["mode"].value = "study"
        assert len(explorer.still().alt) > 100
