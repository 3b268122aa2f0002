"""What if: a heart that is set stays the same heart, and what follows is what the simulator's table says."""

import numpy as np
import pytest

from ecgteach.beats import find_beats
from ecgteach.errors import InvalidValue, UnknownName
from ecgteach.simulator.noise import INGREDIENTS, usual_noise
from ecgteach.whatif import DIALS, STARTS, Settings, outside_training, read_by_rule, record_of
from ecgteach.whatif.training_range import USUAL_NOISE, qt_of

SEEDS = range(4)


def onsets(record, kind="QRS"):
    return np.array([wave.onset for wave in record.truth.of(kind)])


class TestHeart:
    @pytest.mark.parametrize("start", STARTS)
    def test_every_dial_of_a_heart_begins_on_one_of_its_own_steps_and_turns_to_what_is_tried(self, start):
        for dial in DIALS.values():
            if start not in dial.of:
                continue
            settings = Settings(start)
            first = settings.first(dial.name)
            assert dial.low <= first <= dial.high
            assert dial.on_step(first) == pytest.approx(first)
            tried = dial.tried(first)
            assert tried != first, dial.name

    @pytest.mark.parametrize("dial", DIALS)
    def test_a_turned_dial_changes_the_recording_of_a_heart_that_has_it(self, dial):
        start = DIALS[dial].of[0]
        before = Settings(start)
        after = before.turned(**{dial: DIALS[dial].tried(before.first(dial))})
        assert not np.allclose(record_of(before).signals, record_of(after).signals)

    def test_a_dial_that_is_turned_back_leaves_the_heart_as_it_was(self):
        before = Settings("sinus", 3)
        assert before.turned(rate=90).turned(rate=before.first("rate")) == before

    def test_the_height_of_p_moves_no_beat(self):
        before, after = (record_of(Settings("sinus", 3).turned(p=height)) for height in (0.14, 0.3))
        assert np.array_equal(onsets(before), onsets(after))
        spans = [(wave.onset, wave.offset) for wave in before.truth.of("P")]
        times = np.arange(before.signals.shape[1]) / before.sampling_rate
        outside = np.ones(times.size, bool)
        for start, end in spans:
            outside &= (times < start - 0.1) | (times > end + 0.1)
        assert np.allclose(before.signals[0, outside], after.signals[0, outside], atol=2e-3)

    @pytest.mark.parametrize("seed", SEEDS)
    def test_rate_moves_qt_unless_only_rr_is_ticked(self, seed):
        whole, only = (Settings("sinus", seed, {"rate": 100.0}, only_rr=ticked) for ticked in (False, True))
        first, faster, warped = (qt_of(record_of(one)) for one in (Settings("sinus", seed), whole, only))
        # Only what follows QRS is scaled, so QT itself changes a little less than the cube root has it.
        assert faster == pytest.approx(first * (75 / 100) ** (1 / 3), rel=0.04)
        assert faster < 0.95 * first
        assert warped == pytest.approx(first, rel=5e-3)
        assert find_beats(record_of(only).strip(quality="any")).rate == pytest.approx(100, abs=2)

    @pytest.mark.parametrize("seed", SEEDS)
    def test_tq_alone_changes_the_rate_and_nothing_of_the_beat(self, seed):
        before, after = Settings("sinus", seed), Settings("sinus", seed, {"tq": 200.0})
        rr = [record_of(one).truth.rr.mean() for one in (before, after)]
        assert rr[1] - rr[0] == pytest.approx(0.2, abs=0.02)
        assert qt_of(record_of(after)) == pytest.approx(qt_of(record_of(before)), rel=5e-3)

    def test_what_no_heart_can_do_is_said(self):
        with pytest.raises(InvalidValue, match="by TQ alone the rate can rise to"):
            record_of(Settings("sinus", 1, {"tq": -400.0}))
        with pytest.raises(InvalidValue, match="f cannot be turned in the heart 'sinus'"):
            Settings("sinus", 1, {"f": 0.2})
        with pytest.raises(InvalidValue, match="rate goes from 40 to 180"):
            Settings("sinus", 1, {"rate": 400})
        with pytest.raises(UnknownName, match="there is no dial 'mood'"):
            Settings("sinus", 1, {"mood": 1})
        with pytest.raises(UnknownName, match="no heart is called 'stone'"):
            Settings("stone")

    @pytest.mark.parametrize("name", [name for name, dial in DIALS.items() if dial.noise])
    def test_every_kind_of_noise_can_be_turned_up_and_its_first_position_is_none(self, name):
        assert set(INGREDIENTS) == {one for one, dial in DIALS.items() if dial.noise}
        clean = Settings("sinus")
        assert "noise" not in record_of(clean).truth.noise
        loud = record_of(clean.turned(**{name: DIALS[name].tried(clean.first(name))}))
        assert list(loud.truth.noise) == [name]


class TestRuleReader:
    @pytest.mark.parametrize("seed", SEEDS)
    def test_it_knows_rate_and_irregularity_and_nothing_else(self, seed):
        def group(start, **dials):
            return read_by_rule(record_of(Settings(start, seed).turned(**dials)).strip(quality="any")).group

        assert group("sinus") == "SR"
        assert group("slow") == "SB"
        assert group("reentry") == "GSVT"
        assert group("sinus", p=0) == "SR"
        assert group("sinus", rr=30) == "AFIB"
        assert group("fibrillation", rr=0) == "SR"

    def test_without_beats_it_says_that_it_cannot_tell(self):
        strip = record_of(Settings("sinus")).strip(quality="any")
        flat = strip.__class__(np.zeros_like(strip.samples), "II")
        assert read_by_rule(flat).group is None


class TestTrainingRange:
    def test_the_strongest_usual_noise_is_what_the_simulator_draws(self):
        random = np.random.default_rng(0)
        drawn = [usual_noise(random) for _ in range(6000)]
        for name, strongest in USUAL_NOISE.items():
            held = [one[name] for one in drawn if name in one]
            if not held:
                assert name in ("mains-60", "lead-off", "clipping", "tremor")
            elif name == "quantisation":
                assert max(held) == strongest
            else:
                assert strongest - 0.01 <= min(held) <= strongest + 0.6, name

    @pytest.mark.parametrize(
        ("dials", "named"),
        [
            ({}, ()),
            ({"rate": 90.0}, ()),
            ({"p": 0.2}, ()),
            ({"p": 0.3}, ("p",)),
            ({"p": 0.0}, ("rhythm",)),
            ({"qrs": 140.0}, ("qrs",)),
            ({"muscle": 10.0}, ()),
            ({"muscle": 50.0}, ("muscle",)),
            ({"lead-off": 2.0}, ("lead-off",)),
            ({"clipping": 0.6}, ("clipping",)),
            ({"tremor": 0.1}, ("tremor",)),
            ({"quantisation": 0.005}, ()),
        ],
    )
    def test_what_lies_outside_is_named(self, dials, named):
        settings = Settings("sinus", 1, dials)
        assert outside_training(settings, record_of(settings)) == named

    def test_qt_that_no_longer_fits_the_rate_is_named(self):
        settings = Settings("sinus", 1, {"rate": 40.0}, only_rr=True)
        assert "qt" in outside_training(settings, record_of(settings))

    def test_a_rate_that_no_strip_of_this_rhythm_has_is_named(self):
        settings = Settings("sinus", 1, {"rate": 40.0})
        assert "rate" not in outside_training(settings, record_of(settings))
        slow = Settings("sinus", 1, {"tq": 600.0, "rate": 40.0})
        assert "rate" in outside_training(slow, record_of(slow))
