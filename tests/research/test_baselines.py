import json
from collections import Counter

import numpy as np
import pytest
from conftest import beating

from ecgteach.errors import InvalidValue
from ecgteach.models import NETWORKS, save
from ecgteach.simulator import simulate_many
from ecgteach.training.data.strips import StripSet

from . import baselines, measurements, training_commands
from .__main__ import main
from .baselines import Corner, logistic, rate_limits, report, rocket
from .measurements import COLUMNS, FILE, kept_measurements, measure, measure_strip, p_wave, qrs_peaks

CLASSES = ("SR", "SB", "GSVT", "AFIB")
INDEX = ("targets", "recordings", "sources", "rhythms", "rates", "starts", "rate_graded")


def with_p(rate=75.0, height=0.15, seconds_before=0.16, seed=0):
    """A steady beat with a P of this height in mV before each QRS, and some noise."""
    times = np.arange(5000) / 500
    trace = beating(rate) + np.random.default_rng(seed).normal(0, 0.02, 5000)
    for beat in np.arange(0.3, 10, 60 / rate):
        trace += height * np.exp(-0.5 * ((times - beat + seconds_before) / 0.02) ** 2)
    return trace.astype(np.float32)


def fibrillating(seed=0):
    """Irregular beats without P over waves of 6 Hz."""
    random = np.random.default_rng(seed)
    times = np.arange(5000) / 500
    trace = 0.06 * np.sin(2 * np.pi * 6 * times + random.uniform(0, 6)) + random.normal(0, 0.02, 5000)
    for beat in 0.3 + np.cumsum(random.uniform(0.5, 1.1, 20)):
        trace += np.exp(-0.5 * ((times - beat) / 0.012) ** 2)
    return trace.astype(np.float32)


def strip_set(traces, targets, rates=None):
    number = len(targets)
    names = np.array([f"r{row}" for row in range(number)])
    rhythms = np.array([("SR", "SB", "ST", "AFIB")[target] for target in targets])
    rates = np.full(number, 75.0) if rates is None else np.array(rates, dtype=float)
    microvolts = np.round(np.asarray(traces) * 1000).astype(np.int16)
    sources, starts = np.array(["ludb"] * number), np.zeros(number)
    return StripSet(microvolts, np.array(targets), names, sources, rhythms, rates, starts, Counter())


def easy_strips(each=6, seed=0):
    """Strips of all four groups that five numbers tell apart."""
    random = np.random.default_rng(seed)
    kinds = ((65, 95), (40, 55), (110, 130), None)
    traces = [
        fibrillating(seed + number) if kind is None else with_p(random.uniform(*kind), seed=seed + number)
        for kind in kinds
        for number in range(each)
    ]
    return strip_set(traces, np.repeat(range(4), each))


def column(measured, name):
    return np.atleast_2d(measured)[:, COLUMNS.index(name)]


@pytest.mark.parametrize("rate", [45, 75, 120, 160])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_rate_is_measured_upright_and_upside_down(rate, sign):
    assert column(measure_strip(sign * with_p(rate)), "rate")[0] == pytest.approx(rate, rel=0.02)


def test_peaks_lie_on_the_complexes():
    peaks = qrs_peaks(with_p(60)) / 500
    beats = np.arange(0.3, 10, 1.0)
    assert max(np.abs(peak - beats).min() for peak in peaks) < 0.01


def test_beats_of_fibrillation_are_irregular_and_sinus_beats_are_not():
    assert column(measure_strip(fibrillating()), "irregularity")[0] > 0.15
    assert column(measure_strip(with_p()), "irregularity")[0] < 0.02


def test_a_p_is_found_where_there_is_one_and_only_there():
    there, absent = measure_strip(with_p()), measure_strip(fibrillating())
    for name in ("p_height", "p_likeness", "p_share"):
        assert column(there, name)[0] > 2 * column(absent, name)[0]
    assert column(there, "p_share")[0] == pytest.approx(0.15, abs=0.05)


def test_a_p_that_comes_at_any_time_before_the_beat_averages_out():
    """As in complete heart block: P waves are there, but run free of the QRS."""
    free = with_p(60, height=0, seed=3)
    times = np.arange(5000) / 500
    for beat in np.arange(0.1, 10, 0.71):
        free += 0.15 * np.exp(-0.5 * ((times - beat) / 0.02) ** 2)
    tied = with_p(60, seed=3)
    assert p_wave(free, qrs_peaks(free))[1] < 0.6 < p_wave(tied, qrs_peaks(tied))[1]


def test_nothing_is_said_about_p_where_the_beat_before_is_too_close_nor_about_a_flat_strip():
    assert np.isnan(measure_strip(with_p(150))[2:]).all()
    assert np.isfinite(measure_strip(with_p(120))[2:]).all()
    assert np.isnan(measure_strip(np.zeros(5000, dtype=np.float32))).all()


def test_simulated_rhythms_are_measured_as_they_were_made():
    for rhythm, found in (("SR", 1), ("AFIB", 0)):
        records = simulate_many(rhythm, 6, seed=5)
        likeness = [column(measure_strip(record.strip().for_reading().samples), "p_likeness")[0] for record in records]
        assert (np.median(likeness) > 0.7) == found


def test_measurements_are_kept_and_made_again_for_other_strips(tmp_path, monkeypatch):
    strips = easy_strips(1)
    first = kept_measurements(strips, tmp_path)
    assert np.array_equal(first, measure(strips), equal_nan=True)
    monkeypatch.setattr(measurements, "measure", lambda strips: np.zeros((len(strips), len(COLUMNS))))
    assert np.array_equal(kept_measurements(strips, tmp_path), first, equal_nan=True)
    assert not kept_measurements(easy_strips(1, seed=50), tmp_path).any()
    (tmp_path / FILE).write_bytes(b"damaged")
    assert not kept_measurements(strips, tmp_path).any()


def test_rate_limits_never_answer_fibrillation_and_call_a_strip_without_a_rate_sr():
    answered = rate_limits(np.array([50.0, 59.9, 60.0, 100.0, 100.1, np.nan]))
    assert [CLASSES[number] for number in answered.argmax(1)] == ["SB", "SB", "SR", "SR", "GSVT", "SR"]


def test_each_step_knows_more_than_the_one_before():
    train, judged = easy_strips(8), easy_strips(6, seed=100)
    known, measured = measure(train), measure(judged)
    right = {
        "limits": rate_limits(measured[:, 0]),
        "two": logistic(known[:, :2], train.targets, measured[:, :2]),
        "five": logistic(known, train.targets, measured),
    }
    accuracies = {name: (shares.argmax(1) == judged.targets).mean() for name, shares in right.items()}
    assert accuracies["limits"] <= 0.75 < accuracies["two"] <= accuracies["five"]
    assert accuracies["five"] > 0.9
    assert all(np.allclose(shares.sum(1), 1) for shares in right.values())


def test_a_class_that_no_training_strip_has_gets_nothing():
    known = np.array([[50.0, 0.1], [75.0, 0.1], [52.0, 0.1], [77.0, 0.1]])
    shares = logistic(known, np.array([1, 0, 1, 0]), np.array([[51.0, 0.1]]))
    assert shares.argmax() == 1
    assert shares[0, 2:].tolist() == [0, 0]


def test_random_convolutions_learn():
    train, judged = easy_strips(8), easy_strips(4, seed=100)
    shares = rocket(train, judged)
    assert (shares.argmax(1) == judged.targets).mean() > 0.8
    assert np.allclose(shares.sum(1), 1)


def test_the_report_says_what_each_step_gains_and_shows_the_hard_corners():
    judged = strip_set(np.zeros((5, 5000)), [0, 2, 3, 3, 0], rates=[75, 150, 150, 75, 99.5])
    answers = {"one": np.eye(4)[[0, 2, 2, 0, 2]], "two": np.eye(4)[[0, 2, 3, 0, 0]]}
    found = report(judged, answers)
    assert {step: gain.only_second for step, gain in found.gains.items()} == {"two": 1}
    assert [list(step) for step in found.to_json()["steps"].values()][1][-1] == "gain"
    fast, limit = found.corners.values()
    assert fast == Corner(2, {"SR": 0, "SB": 0, "GSVT": 1, "AFIB": 1}, {"one": 1, "two": 2})
    assert limit == Corner(1, {"SR": 1, "SB": 0, "GSVT": 0, "AFIB": 0}, {"one": 0, "two": 1})
    text = str(found)
    assert "140 to 160/min: 2 strips (1 GSVT, 1 AFIB)\n  right: one 1, two 2" in text
    assert "+25.0 points (-), right alone 1 against 0, p 1.000" in text
    assert "1 of 2" in text


def test_sinus_strips_near_a_limit_count_in_a_corner_only():
    judged = strip_set(np.zeros((3, 5000)), [0, 3, 0], rates=[75, 99.5, 99.5])
    found = report(judged, {"one": np.eye(4)[[0, 3, 2]]})
    assert (found.strips, found.near_limit) == (2, 1)
    assert found.steps["one"].accuracy == 1
    assert found.corners["99 to 100/min"].right == {"one": 1}
    assert "see --near-limits" not in str(found)


def test_a_corner_that_lacks_its_sinus_strips_says_so():
    found = report(strip_set(np.zeros((2, 5000)), [0, 3], rates=[75, 99.5]), {"one": np.eye(4)[[0, 3]]})
    assert "99 to 100/min lacks them (see --near-limits)\n" in str(found)


def test_no_strip_is_refused():
    with pytest.raises(InvalidValue, match="no strip to judge"):
        report(strip_set(np.zeros((0, 5000)), []), {})


@pytest.fixture
def folder(tmp_path):
    """Strips of both parts as training keeps them, and untrained weights of both networks."""
    for part, seed in (("train", 0), ("validation", 100)):
        strips = easy_strips(3, seed=seed)
        (tmp_path / part).mkdir()
        (tmp_path / part / "strips.i16").write_bytes(strips.microvolts.astype("<i2").tobytes())
        np.savez(tmp_path / part / "index.npz", **{name: getattr(strips, name) for name in INDEX})
    for view, network in NETWORKS.items():
        save(network(), tmp_path / f"{view}.safetensors")
    return tmp_path


def test_the_command_prints_every_step_and_writes_what_it_printed(folder, capsys, monkeypatch):
    for room in (baselines, training_commands):
        monkeypatch.setattr(room, "ROCKET_NEEDS", ("no_such_library",))
    weights = [f"--{view}={folder / view}.safetensors" for view in NETWORKS]
    with pytest.raises(SystemExit, match="0"):
        main(["baselines", str(folder), *weights, f"--out={folder / 'found.json'}"])
    printed = capsys.readouterr().out
    steps = json.loads((folder / "found.json").read_text())["steps"]
    assert list(steps) == ["rate limits", "rate, irregularity", "and a test for P", "signal", "image", "both"]
    assert all(step in printed for step in steps)
    assert "without MiniRocket: it needs no_such_library" in printed
    assert (folder / "train" / FILE).is_file()


def test_strips_near_a_limit_are_gathered_into_a_folder_of_their_own(folder, capsys, monkeypatch):
    gathered_to = []

    def gathered(chosen, part, data, place, say, near_limits):
        gathered_to.append((chosen.name, part, place, near_limits))
        place.mkdir()
        return strip_set([with_p(75), with_p(99.5), with_p(50), with_p(120)], [0, 0, 1, 2], [75, 99.5, 50, 120])

    for room in (baselines, training_commands):
        monkeypatch.setattr(room, "ROCKET_NEEDS", ("no_such_library",))
    monkeypatch.setattr(training_commands, "gather", gathered)
    weights = [f"--{view}={folder / view}.safetensors" for view in NETWORKS]
    with pytest.raises(SystemExit, match="0"):
        main(["baselines", str(folder), *weights, "--near-limits"])
    assert gathered_to == [("shipped", "validation", folder / "validation-near-limits", True)]
    assert "99 to 100/min: 1 strips (1 SR)" in capsys.readouterr().out


def test_a_folder_without_strips_is_refused_in_words(tmp_path, capsys):
    with pytest.raises(SystemExit, match="1"):
        main(["baselines", str(tmp_path)])
    assert "holds no whole set of strips" in capsys.readouterr().err
