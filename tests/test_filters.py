import numpy as np
import pytest
from conftest import beating, made_record

from ecgteach.errors import InvalidValue
from ecgteach.filters import FILTERS, READING_STEPS, Step, for_reading, held_at_ends, high_pass, low_pass, without_ends
from ecgteach.records import from_array, open_dataset
from ecgteach.simulator import simulate
from ecgteach.strip import Strip


def long_recording(seed=1, sampling_rate=500.0):
    return simulate("SR", seed=seed, seconds=30, leads=("II",), sampling_rate=sampling_rate, noise={"wander": 0.0})


@pytest.mark.parametrize("step", [step for step, _ in FILTERS.values()] + [Step("resampled", 360.0)], ids=str)
def test_a_step_comes_back_from_plain_values_and_from_the_words_of_older_files(step):
    assert Step.from_json(step.to_json()) == Step.from_json(str(step)) == step


def test_a_compressed_strip_says_how_much():
    assert str(Step("compressed", factor=1.5)) == "compressed in time x 1.50"
    with pytest.raises(InvalidValue, match="no step"):
        Step.from_json("boiled for 3 minutes")


@pytest.mark.parametrize("sampling_rate", [500.0, 360.0])
def test_a_segment_is_filtered_the_same_inside_a_strip_and_at_its_end(sampling_rate):
    record = long_recording(sampling_rate=sampling_rate)
    first, second = (record.strip(at=at).filtered("baseline", "muscle").samples for at in (5.0, 10.0))
    assert np.abs(first[2500:] - second[:2500]).max() < 0.01
    bent = []
    for at in np.arange(2.0, 4.0, 0.1):
        whole, inside = record.strip(at=at), record.strip(at=at + 5).filtered("baseline", "muscle").samples
        alone = Strip(whole.samples).filtered("baseline", "muscle").samples
        assert np.abs(whole.filtered("baseline", "muscle").samples[2500:] - inside[:2500]).max() < 0.01
        bent.append(np.abs(alone[2500:] - inside[:2500]).max())
    assert max(bent) > 0.02


def test_samples_that_are_replaced_lose_what_surrounded_the_others():
    from dataclasses import replace

    strip = long_recording().strip(at=10)
    assert strip.surroundings is not None and strip.surroundings.before.size == 2000
    assert replace(strip, samples=2 * strip.samples).surroundings is None
    assert replace(strip, lead="x").surroundings is not None


def test_a_recording_with_a_gap_beside_the_strip_gives_only_what_lies_between():
    signals = long_recording()["II"].copy()
    signals[4000:4500] = np.nan
    strip = from_array(signals, sampling_rate=500, unit="mV").strip(at=10)
    assert strip.surroundings.before.size == 500
    assert np.isfinite(strip.for_reading().samples).all()


def test_a_filter_does_not_bend_a_level_trace_at_its_ends():
    samples = np.full(5000, 2.0, np.float32)
    assert np.abs(high_pass(samples, 0.5)).max() < 1e-6


@pytest.mark.parametrize("cut", [10.02, 10.1, 10.22, 10.3, 10.5, 10.62])
def test_a_steady_trace_that_ends_within_a_wave_is_filtered_as_if_it_went_on(cut):
    whole = beating(75, seconds=20)
    ended = whole[: round(cut * 500)]
    for step, allowed in ((lambda trace: high_pass(trace, 0.5), 1e-3), (lambda trace: low_pass(trace, 40), 0.03)):
        assert np.abs(step(ended) - step(whole)[: ended.size]).max() < allowed
        assert np.abs(step(whole[::-1][: ended.size]) - step(whole[::-1])[: ended.size]).max() < allowed


@pytest.mark.parametrize("seconds", [0.01, 0.5, 2.0, 3.0, 4.0])
def test_a_trace_too_short_to_have_gone_on_elsewhere_is_filtered_too(seconds):
    trace = beating(75)[: round(seconds * 500)]
    assert high_pass(trace, 0.5).shape == trace.shape
    assert np.isfinite(high_pass(trace, 0.5)).all()


def test_filters_take_many_strips_at_once():
    strips = np.stack([beating(60), beating(75)])
    assert np.allclose(for_reading(strips)[1], Strip(strips[1]).for_reading().samples, atol=1e-6)


def test_every_strip_that_is_read_fades_in_and_out_alike():
    read = made_record().strip().for_reading()
    assert read.steps[-1] == FILTERS[READING_STEPS[-1]][0]
    assert not read.samples[:20].any() and not read.samples[-65:].any()
    untouched = made_record().strip().filtered("baseline", "muscle").samples
    assert np.array_equal(read.samples[60:-105], untouched[60:-105])


def test_fading_keeps_the_middle_as_it_is():
    ones = np.ones(5000, np.float32)
    assert without_ends(ones)[60:-105].min() == 1.0
    assert np.all(np.diff(without_ends(ones)[:100]) >= 0)


def test_a_value_held_at_an_end_is_counted_and_not_shown_to_the_filter():
    trace = beating(75) + 0.001 * np.arange(5000, dtype=np.float32)
    held = trace.copy()
    held[4945:] = held[4944]
    assert held_at_ends(held, 500) == (0, 56)
    assert held_at_ends(trace, 500) == (0, 0)
    cut = high_pass(trace[:4944], 0.5)
    assert np.abs(Strip(held).filtered("baseline").samples[4000:4900] - cut[4000:4900]).max() < 1e-6


@pytest.mark.data
def test_nine_in_ten_long_recordings_and_more_agree_inside_and_at_the_end(recordings):
    differences = []
    for record in [*open_dataset("challenge-2017")[::40], *open_dataset("mitdb")]:
        if record.seconds < 20:
            continue
        first, second = (record.strip(at=at, quality="any").filtered("baseline", "muscle") for at in (2.0, 7.0))
        differences.append(float(np.abs(first.samples[2500:] - second.samples[:2500]).max()))
    assert np.mean(np.array(differences) < 0.03) >= 0.95


@pytest.mark.data
def test_where_nothing_was_recorded_beyond_a_good_strip_nine_ends_in_ten_are_bent_by_less_than_0_03_millivolt(
    recordings,
):
    differences = []
    for record in [*open_dataset("challenge-2017")[::10], *open_dataset("mitdb")]:
        if record.seconds < 20:
            continue
        first, second = (record.strip(at=at, quality="any") for at in (2.0, 7.0))
        if first.quality.good:
            alone = Strip(first.samples).filtered("baseline", "muscle").samples
            inside = second.filtered("baseline", "muscle").samples
            differences.append(float(np.abs(alone[-250:] - inside[2250:2500]).max()))
    assert len(differences) > 100
    assert np.mean(np.array(differences) < 0.03) >= 0.93


def ends_of(source, filtered):
    return np.stack(
        [filtered(record.strip(quality="any")) for record in open_dataset(source)[:180] if record.seconds >= 10]
    )


@pytest.mark.data
def test_the_end_of_a_strip_no_longer_tells_that_it_comes_from_ptb_xl(recordings):
    from sklearn.metrics import roc_auc_score

    def steadiness(strips):
        """How little the last tenth of a second moves: a held value moves not at all."""
        return -np.abs(np.diff(strips[:, -50:])).sum(axis=1)

    def told(filtered):
        here, there = (steadiness(ends_of(source, filtered)) for source in ("ptb-xl", "ludb"))
        return roc_auc_score([1] * len(here) + [0] * len(there), np.concatenate([here, there]))

    assert told(lambda strip: strip.samples) > 0.95
    assert told(lambda strip: strip.for_reading().samples) == 0.5
