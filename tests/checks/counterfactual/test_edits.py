"""Edits, rate and removal, asked of planted networks that read one known thing and nothing else."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from ecgteach import explain, sample, simulate
from ecgteach.beats import find_beats
from ecgteach.checks.answers import answers, log_odds
from ecgteach.checks.counterfactual.edits import MUST, QUESTIONS, Question, effect_of, pair, query
from ecgteach.checks.counterfactual.rate import evenness, flip_rate
from ecgteach.checks.localisation.scores import original_rhythm
from ecgteach.checks.perturbation.removal import remove_hottest, without
from ecgteach.errors import InvalidValue, UnknownName
from ecgteach.models import ImageCNN, SignalCNN
from ecgteach.rhythms import grouping
from ecgteach.simulator.people import table
from ecgteach.strip import Strip

CLASSES = grouping().classes
CLEAR = {"noise": None, "r": 1.5, "t": 0.3, "p": 0.1}


class Planted(nn.Module):
    """A network that computes its logits by a function of each strip's samples."""

    classes = CLASSES

    def __init__(self, logits):
        super().__init__()
        self.logits = logits

    def forward(self, batch):
        return torch.tensor(np.array([self.logits(strip[0].numpy()) for strip in batch]), dtype=torch.float32)


def by_rate(samples):
    """The rate of the detected beats, against the limits of 60 and 100."""
    rate = 60 / find_beats(Strip(samples)).rr.mean()
    return [min(rate - 60, 100 - rate), 60 - rate, rate - 100, -50.0]


def always(answer):
    return Planted(lambda samples: [4.0 * (name == answer) for name in CLASSES])


@pytest.fixture(scope="module")
def reads_rate():
    """The signal view reads the rate; the image view says SR whatever it sees."""
    return {"signal": Planted(by_rate), "image": always("SR")}


def followed(question, models, view, n=3):
    return [effect.followed for effect in query(question, models, n=n).of(view)]


@pytest.mark.parametrize(("rhythm", "rate", "to"), [("SR", 66, 54), ("SB", 54, 66), ("SR", 92, 105), ("ST", 106, 94)])
def test_a_network_that_reads_the_rate_follows_when_tq_alone_is_warped(rhythm, rate, to, reads_rate):
    question = Question(rhythm, {**CLEAR, "rate": rate, "qtc": 0.36}, "tq", to, "rate", "becomes")
    assert followed(question, reads_rate, "signal") == [True] * 3


def test_a_network_that_always_says_the_same_does_not_follow(reads_rate):
    question = Question("SR", {**CLEAR, "rate": 66}, "tq", 54, "rate", "becomes")
    assert followed(question, reads_rate, "image") == [False] * 3


@pytest.mark.parametrize(("change", "to"), [("p", 0.25), ("t", 0.5), ("remove_p", None), ("qrs_width", 0.12)])
def test_p_t_and_qrs_width_do_not_move_a_network_that_reads_the_rate(change, to, reads_rate):
    result = query(Question("SR", {**CLEAR, "rate": 66}, change, to, "", "stays"), reads_rate, n=3, seed=1)
    assert [effect.flipped for effect in result.of("signal")] == [False] * 3
    assert max(abs(effect.change) for effect in result.of("signal")) < 1.0


def test_a_reason_that_is_not_read_does_not_fall(reads_rate):
    question = Question("SR", {**CLEAR, "rate": 75}, "remove_p", None, "atrial", "falls")
    assert followed(question, reads_rate, "image") == [False] * 3


def test_an_answer_that_was_wrong_before_is_not_judged():
    models = {"signal": always("AFIB"), "image": always("AFIB")}
    assert followed(Question("SR", {}, "remove_p", None, "atrial", "falls"), models, "both", n=2) == [None, None]


@pytest.mark.parametrize(
    ("settings", "size", "to", "waves"), [({}, "p", 0.25, ("P",)), ({"st": -0.15}, "st", 0.01, ("ST", "T"))]
)
def test_another_height_of_a_wave_changes_that_wave_and_nothing_else(settings, size, to, waves):
    original, changed = pair(Question("SR", {"rate": 66, **settings}, size, to, "", "stays"), 5)
    differs = np.abs(original.signals[0] - changed.signals[0]) > 1e-3
    times = np.arange(5000) / 500
    inside = np.zeros(5000, dtype=bool)
    for wave in original.truth.of(*waves):
        inside |= (times >= wave.onset - 0.01) & (times <= wave.offset + 0.01)
    assert differs.any()
    assert not (differs & ~inside).any()


def test_what_an_edit_draws_is_drawn_anew_for_each_pair_and_the_same_again_for_the_same():
    question = Question("SR", {"rate": 75, "variation": 0.0}, "irregular", 0.2, "regularity", "stays")
    one, again, other = (pair(question, (0, number))[1].truth.rr[:8] for number in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert np.corrcoef(one, other)[0, 1] < 0.9


def test_what_cannot_be_changed_is_counted_with_its_reason(reads_rate):
    result = query(Question("SR", {"rate": 66}, "add_p", None, "", "stays"), reads_rate, n=2)
    assert result.effects == ()
    assert len(result.impossible) == 2
    assert "makes no sense in SR" in result.impossible[0]


def test_log_odds_and_what_followed_by_hand():
    """SR 0.5 against 0.25 are log odds of log 2; afterwards SB is twice as probable."""
    original, edited = pair(Question("SR", {"rate": 66}, "tq", 54, "rate", "becomes"), 1)
    before, after = np.log([0.5, 0.25, 0.125, 0.125]), np.log([0.25, 0.5, 0.125, 0.125])
    effect = effect_of("becomes", original, edited, "both", before, after, CLASSES)
    assert (effect.target, effect.group, effect.before, effect.after) == ("SR", "SB", "SR", "SB")
    assert effect.log_odds_before == pytest.approx(np.log(2))
    assert effect.change == pytest.approx(-2 * np.log(2))
    assert effect.flipped
    assert effect.followed
    assert effect_of("stays", original, edited, "both", before, after, CLASSES).followed is False
    assert effect_of("falls", original, edited, "both", before, after, CLASSES).followed is True
    assert effect_of("open", original, edited, "both", before, after, CLASSES).followed is None


def test_both_views_together_are_the_mean_of_their_probabilities(reads_rate):
    strips = [simulate("SB", seed=1, rate=45, leads=("II",), **CLEAR).strip().for_reading().samples]
    shares = {view: np.exp(found) for view, found in answers(reads_rate, strips).items()}
    np.testing.assert_allclose(shares["both"], (shares["signal"] + shares["image"]) / 2)
    assert log_odds(np.log([0.2, 0.8]), 0) == pytest.approx(-np.log(4))


def test_a_part_of_the_logits_is_asked_alone_and_the_parts_add_up_to_the_whole():
    torch.manual_seed(3)
    models = {"signal": SignalCNN().eval(), "image": ImageCNN().eval()}
    samples = [simulate("SR", seed=1, leads=("II",)).strip(quality="any").for_reading().samples]
    whole, local, rhythm = (answers(models, samples, part) for part in (None, "local", "rhythm"))
    for view in ("signal", "image"):
        added = local[view] + rhythm[view]
        np.testing.assert_allclose(np.diff(added), np.diff(whole[view]), atol=1e-4)
    with pytest.raises(UnknownName, match="no part of the logits is called 'pauses'"):
        answers(models, samples, "pauses")


def test_a_network_without_parts_cannot_be_asked_for_one(reads_rate):
    with pytest.raises(InvalidValue, match="does not tell"):
        query(QUESTIONS[0], reads_rate, n=1, part="local")


def test_networks_are_asked_as_they_answer_and_left_as_they_were():
    torch.manual_seed(3)
    models = {"signal": SignalCNN().train(), "image": ImageCNN().train()}
    means = {view: model.norm1[0].running_mean.clone() for view, model in models.items()}
    samples = [simulate("SR", seed=1, leads=("II",)).strip(quality="any").for_reading().samples] * 2
    first, second = answers(models, samples), answers(models, samples)
    for view, model in models.items():
        np.testing.assert_array_equal(first[view], second[view])
        assert torch.equal(model.norm1[0].running_mean, means[view])
        assert model.training


NO_ROOM = {"SR rate 94: tq 106", "AFIB: qrs_width 0.13"}
"""Questions for which some recordings have no room: too little TQ, and a T too close to the QRS."""


def test_every_question_can_be_asked_and_says_what_must_follow():
    models = {"signal": always("SR"), "image": always("SR")}
    for question in QUESTIONS:
        assert question.must in MUST
        result = query(question, models, n=2)
        assert result.effects, str(question)
        assert len(result.effects) == 6 or str(question) in NO_ROOM, str(question)


NOTHING_FOLLOWS = {("AVNRT", "tq"), ("AVRT", "tq"), ("SAAWR", "remove_p")}


def test_every_edit_that_the_table_of_evidence_names_is_asked_but_where_nothing_must_follow():
    named = {(row["rhythm"], row["edit"]) for row in table("evidence.csv") if row["edit"]}
    listed = {*grouping().members, "AVB1", "*"}
    on_list = {(rhythm, change) for rhythm, change in named if rhythm.removesuffix(" regular") in listed}
    asked = set()
    for question in QUESTIONS:
        made = simulate(question.rhythm, seed=1, leads=("II",), noise=None, **question.settings).truth
        rhythm = "AVB1" if made.notes.get("first_degree") else original_rhythm(made)
        asked |= {(rhythm, question.change)} | {("*", question.change) for _ in made.with_role("D")}
    assert on_list - asked == NOTHING_FOLLOWS


def test_a_question_says_what_becomes_of_the_noise():
    assert str(Question("SR", {}, "noise", {}, "", "stays")) == "SR: noise removed"
    assert str(Question("SR", {}, "noise", {"muscle": 10.0}, "", "stays")) == "SR: noise muscle 10"


def test_what_must_become_another_group_does_by_the_simulators_own_name():
    for question in (row for row in QUESTIONS if row.must == "becomes"):
        effect = query(question, {"signal": always("SR"), "image": always("SR")}, n=1).of("both")[0]
        assert effect.group not in (None, effect.target), str(question)


@pytest.mark.parametrize("limit", [60, 100])
def test_a_network_that_reads_the_rate_changes_its_answer_at_the_limit(limit, reads_rate):
    found = flip_rate(reads_rate, limit, seed=3)
    assert found["signal"] == pytest.approx(limit, abs=2)
    assert found["image"] is None


def test_another_limit_is_refused(reads_rate):
    with pytest.raises(InvalidValue, match="80 is no rate limit"):
        flip_rate(reads_rate, 80)


def test_evenness_by_hand():
    """Over n whole RR: 1 where each holds the same mass, 1 / n where one holds all."""
    strip = simulate("SR", seed=1, rate=60, leads=("II",), noise=None).strip()
    borders = [round(wave.onset * 500) for wave in strip.truth.of("QRS") if wave.onset >= 0]
    one, each = np.zeros(5000, np.float32), np.zeros(5000, np.float32)
    one[borders[2] : borders[2] + 50] = 1.0
    for border in borders[:-1]:
        each[border : border + 50] = 1.0
    assert evenness(each, strip) == pytest.approx(1.0)
    assert evenness(one, strip) == pytest.approx(1 / (len(borders) - 1))
    assert evenness(np.zeros(5000, np.float32), strip) is None
    assert evenness(each, Strip(np.zeros(5000))) is None


@pytest.fixture(scope="module")
def seen():
    """An explanation of a clean strip by untrained networks; its maps are replaced by planted ones."""
    torch.manual_seed(1)
    strip = simulate("SR", seed=4, rate=66, leads=("II",), **CLEAR).strip()
    seen = explain(strip, {"signal": SignalCNN().eval(), "image": ImageCNN().eval()}, target="SR")
    # as from a file that does not say which networks made it: planted ones may be asked about these maps
    return replace(seen, views={name: replace(view, made_by=None) for name, view in seen.views.items()})


def t_wave(seen):
    wave = next(wave for wave in seen.strip.truth.of("T") if wave.onset > 1)
    return round(wave.onset * 500), round(wave.offset * 500)


def test_removing_what_a_network_reads_changes_its_answer_and_removing_other_things_does_not(seen):
    first, last = t_wave(seen)
    models = {"signal": Planted(lambda samples: [np.abs(samples[first:last]).sum(), 0, 0, 0]), "image": always("SR")}
    right, wrong = np.zeros(5000, np.float32), np.zeros(5000, np.float32)
    right[first:last] = 1.0
    wrong[first + 2500 : last + 2500] = 1.0
    found = remove_hottest(seen, models, {"right": right, "wrong": wrong}, segments=1)
    assert found["right"].gain("signal") > 1.0
    assert found["right"].drop["image"] == 0.0
    assert found["wrong"].drop["signal"] == pytest.approx(0.0, abs=1e-5)
    (start, end), *_ = found["right"].segments
    assert first / 500 <= start < end <= last / 500


def test_no_qrs_is_ever_removed_and_a_map_that_points_at_one_is_told_so(seen):
    on_qrs, beside = np.zeros(5000, np.float32), np.zeros(5000, np.float32)
    complexes = [(wave.onset, wave.offset) for wave in seen.strip.truth.of("QRS")]
    for start, end in complexes:
        on_qrs[max(round(start * 500), 0) : round(end * 500)] = 1.0
        beside[round((end + 0.1) * 500) : round((end + 0.3) * 500)] = 1.0
    models = {"signal": always("SR"), "image": always("SR")}
    found = remove_hottest(seen, models, {"qrs": on_qrs, "mixed": on_qrs + beside / 2, "beside": beside})
    assert found["qrs"].drop is None
    assert "empty outside the QRS" in found["qrs"].reason
    assert not found["beside"].held_qrs
    for start, end in found["mixed"].segments + found["beside"].segments:
        assert all(end <= onset or start >= offset for onset, offset in complexes)
    assert len(found["beside"].segments) == 5


def test_a_map_whose_hottest_segment_is_a_qrs_says_that_it_was_passed_over(seen):
    wave = next(wave for wave in seen.strip.truth.of("QRS") if wave.onset > 1)
    values = np.full(5000, 0.2, np.float32)
    values[round(wave.onset * 500) : round(wave.offset * 500)] = 1.0
    models = {"signal": always("SR"), "image": always("SR")}
    assert remove_hottest(seen, models, {"map": values})["map"].held_qrs


def test_the_same_seed_removes_the_same(seen):
    models = {"signal": Planted(lambda samples: [samples.std() * 9, 0, 0, 0]), "image": always("SR")}
    values = {"map": np.linspace(0, 1, 5000, dtype=np.float32)}
    assert remove_hottest(seen, models, values, seed=4) == remove_hottest(seen, models, values, seed=4)


def test_a_segment_becomes_a_straight_line_between_its_neighbours():
    samples = np.arange(5000, dtype=np.float32) ** 2
    changed = without(samples, [100], 3)
    step = (103.0**2 - 99.0**2) / 4
    np.testing.assert_allclose(changed[99:104], 99.0**2 + step * np.arange(5), rtol=1e-6)
    np.testing.assert_array_equal(np.delete(changed, [100, 101, 102]), np.delete(samples, [100, 101, 102]))


@pytest.mark.parametrize("values", [np.zeros(5000, np.float32), np.full(5000, np.nan, np.float32)])
def test_an_empty_or_broken_map_removes_nothing_and_says_so(values, seen):
    models = {"signal": always("SR"), "image": always("SR")}
    found = remove_hottest(seen, models, {"map": values})["map"]
    assert found.gain() is None
    assert found.reason


def test_more_than_half_the_strip_cannot_be_removed(seen):
    with pytest.raises(InvalidValue, match="at most half"):
        remove_hottest(seen, {"signal": always("SR"), "image": always("SR")}, segment_seconds=2.0, segments=5)


def test_a_real_strip_can_be_asked_too(seen):
    torch.manual_seed(2)
    models = {"signal": SignalCNN().eval(), "image": ImageCNN().eval()}
    found = remove_hottest(explain(sample("AFIB"), models, target="AFIB"), models)
    assert set(found) <= {"signal", "image", "fused"}
    assert all(each.drop is not None or each.reason for each in found.values())
