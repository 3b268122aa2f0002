"""Constants and small formulas that every figure rests on, each held by a value that a pencil can find again."""

import numpy as np
import pytest
from conftest import beating
from scipy.signal import butter, sosfreqz

from ecgteach.checks.perturbation import changes
from ecgteach.explanation import averaged
from ecgteach.models import Prediction, shipped
from ecgteach.simulator import simulate
from ecgteach.strip import Strip, assess
from ecgteach.waves import delineation
from ecgteach.waves.p_wave import BEFORE, NOT_SEEN, UNDECIDABLE, look_for_p

TIMES = np.arange(5000) / 500


def left_of(hertz, name):
    """Amplitude that a filter leaves of a sine of 1 mV, away from the strip's ends."""
    filtered = Strip(np.sin(2 * np.pi * hertz * TIMES)).filtered(name).samples[1000:4000]
    return float(np.sqrt(2) * filtered.std())


@pytest.mark.parametrize(
    ("name", "cutoff", "kind", "hertz"),
    [("muscle", 40.0, "lowpass", hertz) for hertz in (20, 35, 40, 45, 80)]
    + [("baseline", 0.5, "highpass", hertz) for hertz in (0.3, 0.5, 0.7, 1.0, 5.0)],
)
def test_filters_are_second_order_butterworths_both_ways_at_their_stated_cutoff(name, cutoff, kind, hertz):
    _, response = sosfreqz(butter(2, cutoff, kind, fs=500, output="sos"), [hertz], fs=500)
    assert left_of(hertz, name) == pytest.approx(float(np.abs(response[0]) ** 2), abs=0.02)


def test_at_its_cutoff_a_filter_passed_both_ways_leaves_half_the_amplitude():
    assert left_of(40, "muscle") == pytest.approx(0.5, abs=0.01)
    assert left_of(0.5, "baseline") == pytest.approx(0.5, abs=0.02)


def test_an_octave_beyond_a_second_order_filter_leaves_a_seventeenth_and_less():
    assert left_of(80, "muscle") < 1 / 17
    assert left_of(80, "muscle") > 1 / 40


def test_a_probability_is_the_mean_of_the_views_and_not_that_of_one():
    log = {"signal": np.log([0.9, 0.1]), "image": np.log([0.2, 0.8])}
    views = {name: Prediction(logits, ("SR", "SB")) for name, logits in log.items()}
    assert averaged(views) == pytest.approx({"SR": 0.55, "SB": 0.45})
    assert averaged(dict(reversed(views.items()))) == pytest.approx({"SR": 0.55, "SB": 0.45})


@pytest.mark.parametrize("decibel", [0.0, 6.0, 20.0])
def test_simulated_noise_of_so_many_decibel_is_so_much_weaker_in_amplitude(decibel):
    truth = simulate("SR", seed=3, noise={"muscle": decibel}, leads=("II",)).truth
    assert truth.clean.std() / truth.noise["muscle"].std() == pytest.approx(10 ** (decibel / 20), rel=0.01)


def test_a_change_by_noise_of_so_many_decibel_is_so_much_weaker_in_amplitude():
    strip = Strip(beating(75)).for_reading()
    measured = 0
    for name, noisy in changes.changed(strip, shipped()["signal"], shipped()["signal"].layer(), seed=0).items():
        if not name.startswith("noise at "):
            continue
        decibel = float(name.split()[2])
        added = noisy.numpy().ravel() - strip.samples
        assert strip.samples.std() / added.std() == pytest.approx(10 ** (decibel / 20), rel=0.05)
        measured += 1
    assert measured == len(changes.NOISE_DB)


@pytest.mark.parametrize(("millivolt", "good"), [(9.9, True), (10.1, False)])
def test_the_clipping_rail_stands_at_ten_millivolt(millivolt, good):
    samples = beating(75) + np.random.default_rng(0).normal(0, 0.01, 5000)
    samples[2500] = millivolt
    assert ("clipped" in str(assess(samples.astype(np.float32), 500))) is not good


@pytest.mark.parametrize(("held_ms", "clipped"), [(18, False), (22, True)])
def test_a_lead_is_clipped_where_it_is_held_at_its_extreme_for_20_ms(held_ms, clipped):
    samples = 0.002 * np.random.default_rng(0).standard_normal(5000) + beating(75)
    for beat in np.arange(0.3, 10, 0.8):
        first = round(beat * 500)
        samples[first : first + round(held_ms / 2)] = 1.5
    assert ("clipped" in str(assess(samples.astype(np.float32), 500))) is clipped


def test_bounds_of_waves_are_freed_of_the_delineators_bias():
    raw = np.array([[0.10, 0.15, 0.20], [0.90, 0.95, 1.00]])
    p = delineation._repaired(raw, "P")
    np.testing.assert_allclose(p[:, 0], raw[:, 0] - 0.010)
    np.testing.assert_allclose(p[:, 2], raw[:, 2] + 0.002)
    qrs = delineation._repaired(raw, "QRS")
    np.testing.assert_allclose([qrs[0, 0], qrs[0, 2]], [0.10 - 0.012, 0.20 + 0.014])
    t = delineation._repaired(raw, "T")
    np.testing.assert_allclose([t[0, 0], t[0, 2]], [0.10 - 0.006, 0.20 - 0.010])


def alike(share, beats=40, seed=2):
    """Noise before each QRS of which so much of the energy, on average, is one wave that repeats."""
    draw = np.random.default_rng(seed)
    samples, free = np.zeros(5000, np.float32), []
    wave = np.exp(-0.5 * ((np.arange(115) - 57) / 12) ** 2)
    wave -= wave.mean()
    for beat in range(beats):
        end = 130 + beat * 120
        noise = draw.standard_normal(115)
        noise -= noise.mean()
        mixed = np.sqrt(share) * wave / wave.std() + np.sqrt(1 - share) * noise / noise.std()
        samples[end - 130 : end - 15] = 0.03 * mixed
        free.append(((end - 130) / 500, end / 500))
    return look_for_p(samples, free)


def test_a_wave_repeats_from_an_intraclass_correlation_of_0_35_and_none_does_below_0_20():
    found = [alike(share) for share in np.arange(0.1, 0.5, 0.004)]
    for outcome, low, high in ((NOT_SEEN, None, 0.20), (UNDECIDABLE, 0.20, 0.35), (BEFORE, 0.35, None)):
        values = [test.repeating for test in found if test.outcome == outcome]
        assert low is None or min(values) == pytest.approx(low, abs=0.006)
        assert high is None or max(values) == pytest.approx(high, abs=0.006)
