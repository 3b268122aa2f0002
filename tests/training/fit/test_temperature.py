import numpy as np
import pytest
import torch

from ecgteach.errors import InvalidValue
from ecgteach.training.fit.temperature import at_temperature, fit_temperature


def too_sure(number=2000, by=3.0, seed=0):
    """Logits of a network that is `by` times as sure as it should be, with the truth drawn from the honest ones."""
    random = np.random.default_rng(seed)
    honest = random.normal(0, 1.5, (number, 4))
    chances = at_temperature(honest, 1.0)
    true = np.array([random.choice(4, p=row) for row in chances])
    return honest * by, true


def test_the_temperature_undoes_what_made_a_network_too_sure():
    logits, true = too_sure()
    temperature = fit_temperature(logits, true)
    assert temperature == pytest.approx(3.0, rel=0.1)
    before, after = (at_temperature(logits, found) for found in (1.0, temperature))
    right = logits.argmax(1) == true
    assert before.max(1).mean() - right.mean() > 0.1
    assert after.max(1).mean() == pytest.approx(right.mean(), abs=0.03)


def test_the_temperature_is_the_one_of_least_cross_entropy_in_torch():
    logits, true = too_sure(300)
    best = fit_temperature(logits, true)

    def loss(temperature):
        return torch.nn.functional.cross_entropy(torch.tensor(logits) / temperature, torch.tensor(true)).item()

    assert loss(best) < min(loss(best * 1.02), loss(best / 1.02))


def test_weights_decide_which_strips_the_temperature_suits():
    logits, true = too_sure(1000)
    modest, other = too_sure(1000, by=0.5, seed=1)
    weights = np.repeat([1.0, 0.0], 1000)
    both = fit_temperature(np.concatenate([logits, modest]), np.concatenate([true, other]), weights)
    assert both == pytest.approx(fit_temperature(logits, true), rel=1e-3)


def test_logarithms_of_probabilities_do_as_well_as_logits():
    logits, true = too_sure(300)
    assert fit_temperature(np.log(at_temperature(logits, 1.0)), true) == pytest.approx(fit_temperature(logits, true))


def test_a_temperature_changes_no_answer_and_stays_within_its_bounds_where_all_is_right():
    logits, _ = too_sure(200)
    assert (at_temperature(logits, 7.0).argmax(1) == logits.argmax(1)).all()
    assert 0.05 <= fit_temperature(logits, logits.argmax(1)) < 0.06


def test_what_has_no_temperature_is_refused_in_words():
    with pytest.raises(InvalidValue, match="set is empty"):
        fit_temperature(np.zeros((0, 4)), np.zeros(0, dtype=int))
    with pytest.raises(InvalidValue, match="not finite"):
        fit_temperature(np.array([[0.0, -np.inf]]), np.array([0]))
    with pytest.raises(InvalidValue, match="above 0, not 0"):
        at_temperature(np.zeros((1, 2)), 0.0)
