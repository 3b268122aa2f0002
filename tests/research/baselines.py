"""What each step buys: rate limits, irregular beats, a test for P, random convolutions, and then the networks.

The baselines are fitted on the strips of the training part, as ``python -m ecgteach train`` gathers them.
`measurements` says how the numbers are taken and why by another beat detector than the one that graded the strips.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from ecgteach.errors import InvalidValue
from ecgteach.printing import format_interval
from ecgteach.rhythms import grouping, rhythm, sinus_by_rate
from ecgteach.training.data.strips import StripSet
from ecgteach.training.evaluation.metrics import Figures, judge

from .breakdown import sensitivity_in_words
from .measurements import COLUMNS
from .view_comparison import McNemar, mcnemar, share_of

Probabilities = dict[str, NDArray[np.float64]]

ROCKET = "MiniRocket"
ROCKET_NEEDS = ("sktime", "numba")
ROCKET_RIDGE = 1000.0
"""Strength of the ridge penalty, as leave-one-out on the training strips chose it."""
ROCKET_EVERY = 5
"""MiniRocket reads every fifth sample after a low-pass: 100 Hz still hold all of the 40 Hz that a strip has."""

CORNERS = {"140 to 160/min": (140.0, 160.0), "99 to 100/min": (99.0, 100.0)}
"""Measured rates at which rate helps nobody: flutter beside sinus tachycardia, and the limit between SR and GSVT."""


@dataclass(frozen=True)
class Corner:
    """Strips in a range of measured rates.

    Parameters
    ----------
    n : int
        Strips.
    groups : dict of str to int
        Strips by group.
    right : dict of str to int
        How many of them each step has right.
    """

    n: int
    groups: dict[str, int]
    right: dict[str, int]


@dataclass(frozen=True)
class Steps:
    """What every step achieves and what it buys over the step before.

    Parameters
    ----------
    strips, near_limit : int
        Strips clear of a rate limit, on which steps are judged, and sinus strips near one.
    steps : dict of str to Figures
        By the step's name.
    gains : dict of str to McNemar
        Each but the first against the step before.
    corners : dict of str to Corner
        By the range of rates; of all strips.
    """

    strips: int
    near_limit: int
    steps: dict[str, Figures]
    gains: dict[str, McNemar]
    corners: dict[str, Corner]

    def to_json(self) -> dict[str, object]:
        """As plain values, with each step's gain among its figures."""
        values = asdict(self)
        for step, gain in values.pop("gains").items():
            values["steps"][step]["gain"] = gain
        return values

    def __str__(self) -> str:
        """As text for a terminal; groups and corners of fewer than 20 strips show counts only."""
        return "\n".join([*_step_lines(self), "", *_corner_lines(self)])


def baselines(
    train: StripSet, judged: StripSet, known: NDArray[np.float64], measured: NDArray[np.float64]
) -> Probabilities:
    """Answers of the baselines, from the simplest to the richest.

    Parameters
    ----------
    train, judged : StripSet
        What they learn from, and what they answer.
    known, measured : array, shape (n, 5)
        Measurements of both (`measurements.measure`).

    Returns
    -------
    dict of str to array, shape (n, classes)
        By the step's name; MiniRocket is not among them where sktime or numba is not installed.
    """
    answers = {
        "rate limits": rate_limits(measured[:, COLUMNS.index("rate")]),
        "rate, irregularity": logistic(known[:, :2], train.targets, measured[:, :2]),
        "and a test for P": logistic(known, train.targets, measured),
    }
    if rocket_at_hand():
        answers[ROCKET] = rocket(train, judged)
    return answers


def rate_limits(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """SB below 60/min, GSVT above 100, else SR, and never AFIB; a strip without a rate is called SR."""
    rule = grouping()
    named = [rule.group_of(sinus_by_rate(rate) if np.isfinite(rate) else rhythm("SR")) for rate in rates.tolist()]
    return np.eye(len(rule.classes))[[rule.classes.index(str(group)) for group in named]]


def logistic(
    known: NDArray[np.float64], targets: NDArray[np.int64], measured: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Probabilities by multinomial logistic regression on measurements, their squares and products.

    What could not be measured counts as the median, and that it could not as a measurement of its own.

    Parameters
    ----------
    known : array, shape (n, measurements)
        Of the strips with known classes.
    targets : array, shape (n,)
        Number of each one's class.
    measured : array, shape (m, measurements)
        Of the strips to answer.
    """
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    model = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True),
        StandardScaler(),
        PolynomialFeatures(2, include_bias=False),
        StandardScaler(),
        LogisticRegression(max_iter=5000),
    ).fit(known, targets)
    return _of_all_classes(model.predict_proba(measured), model.classes_)


def rocket_at_hand() -> bool:
    """True where the libraries that MiniRocket needs are installed."""
    return all(find_spec(name) for name in ROCKET_NEEDS)


def rocket(train: StripSet, judged: StripSet) -> NDArray[np.float64]:
    """Answers of MiniRocket: thousands of fixed convolutions, how often each exceeds a bias, and a ridge classifier.

    After Dempster, Schmidt and Webb (2021, doi 10.1145/3447548.3467231), by sktime, with its 10,000 features. A ridge
    classifier gives distances, not probabilities; they are brought to a sum of 1 so that the answer and the order of
    strips stay, and nothing else should be read from them.
    """
    import torch
    from sklearn.linear_model import RidgeClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sktime.transformations.panel.rocket import MiniRocket

    kernels = MiniRocket(random_state=0)
    threads = torch.get_num_threads()
    try:
        features = kernels.fit_transform(_slow(train)).to_numpy()
        further = kernels.transform(_slow(judged)).to_numpy()
    finally:
        torch.set_num_threads(threads)  # numba sets the number of OpenMP's threads, which are torch's as well
    model = make_pipeline(StandardScaler(copy=False), RidgeClassifier(ROCKET_RIDGE)).fit(features, train.targets)
    distances = model.decision_function(further)
    if distances.ndim == 1:
        distances = np.column_stack([-distances, distances])
    return _of_all_classes(softmax(distances, axis=1), model.classes_)


def report(judged: StripSet, answers: Probabilities) -> Steps:
    """Figures of every step on the strips clear of a limit, what it buys over the step before, and the hard corners.

    Raises
    ------
    InvalidValue
        When there is no strip.
    """
    if not len(judged):
        raise InvalidValue("there is no strip to judge; the set is empty")
    classes = grouping().classes
    right = {step: shares.argmax(axis=1) == judged.targets for step, shares in answers.items()}
    clear = ~judged.near_limit
    recordings = judged.recordings[clear]
    steps = {step: judge(judged.targets[clear], shares[clear], classes, recordings) for step, shares in answers.items()}
    gains = {step: mcnemar(right[before][clear], right[step][clear], recordings) for before, step in pairwise(answers)}
    corners = {}
    for name, (low, high) in CORNERS.items():
        here = (judged.rates >= low) & (judged.rates <= high)
        groups = np.bincount(judged.targets[here], minlength=len(classes))
        corners[name] = Corner(
            int(here.sum()),
            dict(zip(classes, groups.tolist(), strict=True)),
            {step: int(hit[here].sum()) for step, hit in right.items()},
        )
    return Steps(len(recordings), len(judged) - len(recordings), steps, gains, corners)


def _of_all_classes(shares: NDArray[np.float64], known: NDArray[np.int64]) -> NDArray[np.float64]:
    """Columns for all four classes, 0 for one that no training strip has."""
    full = np.zeros((len(shares), len(grouping().classes)))
    full[:, known] = shares
    return full


def _slow(strips: StripSet) -> NDArray[np.float32]:
    """Strips at 100 Hz, each with mean 0 and spread 1, shape (n, 1, 1000)."""
    from scipy.signal import resample_poly

    chunks = [
        resample_poly(strips.millivolts(slice(first, first + 500)), 1, ROCKET_EVERY, axis=1)
        for first in range(0, len(strips), 500)
    ]
    slow = np.concatenate(chunks)
    slow -= slow.mean(axis=1, keepdims=True)
    return np.asarray(slow / np.maximum(slow.std(axis=1, keepdims=True), 1e-6), dtype=np.float32)[:, None, :]


def _step_lines(found: Steps) -> Iterator[str]:
    classes = next(iter(found.steps.values())).classes
    head = f"{'step':20}{'accuracy':>9}{'interval':>18}{'balanced':>10}"
    yield head + "".join(f"{group:>12}" for group in classes)
    for step, row in found.steps.items():
        groups = "".join(f"{sensitivity_in_words(row.per_class[group]):>12}" for group in classes)
        span = format_interval(row.interval)
        yield f"{step:20}{row.accuracy:>9.1%}{span:>18}{row.balanced_accuracy:>10.1%}{groups}"
    yield ""
    yield "what each step buys over the line above it"
    yield from (f"{step:20} {gain}" for step, gain in found.gains.items())


def _corner_lines(found: Steps) -> Iterator[str]:
    if not found.near_limit:
        yield "sinus strips near a limit were left out of this part: 99 to 100/min lacks them (see --near-limits)"
    for name, corner in found.corners.items():
        held = ", ".join(f"{count} {group}" for group, count in corner.groups.items() if count)
        yield f"{name}: {corner.n} strips{' (' * bool(held)}{held}{')' * bool(held)}"
        if corner.n:
            yield "  right: " + ", ".join(f"{step} {share_of(hit, corner.n)}" for step, hit in corner.right.items())
