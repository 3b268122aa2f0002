"""What each step buys: rate limits, irregular beats, a test for P, random convolutions, and then the networks.

``python -m tests.research.baselines STRIPS_FOLDER`` fits the baselines on the strips of ``STRIPS_FOLDER/train`` (as
``python -m ecgteach train`` gathers them), judges them and both networks on those of ``validation``, and prints one
line a step. With ``--near-limits`` it first gathers that part once more, into a folder of its own, with the sinus
strips within 2/min of 60 or 100 that training leaves out: a corner shows them, the steps are judged without them.
`measurements` says how the numbers are taken and why by another beat detector than the one that graded the strips.
"""

import argparse
import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from ecgteach.errors import EcgteachError, InvalidValue
from ecgteach.models import VIEWS, load, load_file
from ecgteach.paths import write_whole
from ecgteach.printing import format_interval
from ecgteach.records.splits import PARTS
from ecgteach.rhythms import grouping, rhythm, sinus_by_rate
from ecgteach.statistics import FEW
from ecgteach.training.data.strips import StripSet, open_strips
from ecgteach.training.evaluation.evaluation import evaluate_strips
from ecgteach.training.evaluation.metrics import judge
from ecgteach.training.recipes import recipe
from ecgteach.training.runs import gather

from .measurements import COLUMNS, kept_measurements
from .view_comparison import format_test, mcnemar

Probabilities = dict[str, NDArray[np.float64]]

ROCKET = "MiniRocket"
ROCKET_NEEDS = ("sktime", "numba")
ROCKET_RIDGE = 1000.0
"""Strength of the ridge penalty, as leave-one-out on the training strips chose it."""
ROCKET_EVERY = 5
"""MiniRocket reads every fifth sample after a low-pass: 100 Hz still hold all of the 40 Hz that a strip has."""

CORNERS = {"140 to 160/min": (140.0, 160.0), "99 to 100/min": (99.0, 100.0)}
"""Measured rates at which rate helps nobody: flutter beside sinus tachycardia, and the limit between SR and GSVT."""


def baselines(
    train: StripSet, judged: StripSet, known: NDArray[np.float64], asked: NDArray[np.float64]
) -> Probabilities:
    """Answers of the baselines, from the simplest to the richest.

    Parameters
    ----------
    train, judged : StripSet
        What they learn from, and what they answer.
    known, asked : array, shape (n, 5)
        Measurements of both (`measurements.measure`).

    Returns
    -------
    dict of str to array, shape (n, classes)
        By the step's name; MiniRocket is not among them where sktime or numba is not installed.
    """
    answers = {
        "rate limits": rate_limits(asked[:, COLUMNS.index("rate")]),
        "rate, irregularity": logistic(known[:, :2], train.targets, asked[:, :2]),
        "and a test for P": logistic(known, train.targets, asked),
    }
    if rocket_at_hand():
        answers[ROCKET] = rocket(train, judged)
    return answers


def rate_limits(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """SB below 60/min, GSVT above 100, else SR, and never AFIB; a strip without a rate is called SR."""
    rule = grouping()
    named = [rule.group_of(sinus_by_rate(rate) if np.isfinite(rate) else rhythm("SR")) for rate in rates.tolist()]
    return np.eye(len(rule.classes))[[rule.classes.index(str(group)) for group in named]]


def logistic(known: NDArray[np.float64], targets: NDArray[np.int64], asked: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities by multinomial logistic regression on measurements, their squares and products.

    What could not be measured counts as the median, and that it could not as a measurement of its own.

    Parameters
    ----------
    known : array, shape (n, measurements)
        Of the strips with known classes.
    targets : array, shape (n,)
        Number of each one's class.
    asked : array, shape (m, measurements)
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
    return _of_all_classes(model.predict_proba(asked), model.classes_)


def rocket_at_hand() -> bool:
    """True where the libraries that MiniRocket needs are installed."""
    return all(find_spec(name) for name in ROCKET_NEEDS)


def rocket(train: StripSet, judged: StripSet) -> NDArray[np.float64]:
    """Answers of MiniRocket: thousands of fixed convolutions, how often each exceeds a bias, and a ridge classifier.

    After Dempster, Schmidt and Webb (2021, doi 10.1145/3447548.3467231), by sktime, with its 10,000 features. A ridge
    classifier gives distances, not probabilities; they are brought to a sum of 1 so that the answer and the order of
    strips stay, and nothing else should be read from them.
    """
    from sklearn.linear_model import RidgeClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sktime.transformations.panel.rocket import MiniRocket

    kernels = MiniRocket(random_state=0)
    features = kernels.fit_transform(_slow(train)).to_numpy()
    model = make_pipeline(StandardScaler(copy=False), RidgeClassifier(ROCKET_RIDGE)).fit(features, train.targets)
    distances = model.decision_function(kernels.transform(_slow(judged)).to_numpy())
    if distances.ndim == 1:
        distances = np.column_stack([-distances, distances])
    return _of_all_classes(softmax(distances, axis=1), model.classes_)


def report(judged: StripSet, answers: Probabilities) -> dict[str, Any]:
    """Figures of every step, what it buys over the step before, and the hard corners.

    Returns
    -------
    dict
        ``strips``, ``near_limit``: how many strips clear of a rate limit and how many sinus strips near one there are.
        ``steps``: for each `metrics.judge` on the clear ones and, but for the first, ``gain`` (`comparison.mcnemar`
        against the step before). ``corners``: for each range of measured rates, of all strips, ``n``, ``groups``
        (strips by group) and ``right`` (how many strips each step has right).

    Raises
    ------
    InvalidValue
        When there is no strip.
    """
    if not len(judged):
        raise InvalidValue("there is no strip to judge; the set is empty")
    classes = grouping().classes
    right = {step: told.argmax(axis=1) == judged.targets for step, told in answers.items()}
    clear = ~judged.near_limit
    recordings = judged.recordings[clear]
    steps: dict[str, Any] = {}
    before = None
    for step, told in answers.items():
        steps[step] = judge(judged.targets[clear], told[clear], classes, recordings)
        if before:
            steps[step]["gain"] = mcnemar(right[before][clear], right[step][clear], recordings)
        before = step
    corners = {}
    for name, (low, high) in CORNERS.items():
        here = (judged.rates >= low) & (judged.rates <= high)
        groups = np.bincount(judged.targets[here], minlength=len(classes))
        corners[name] = {
            "n": int(here.sum()),
            "groups": dict(zip(classes, groups.tolist(), strict=True)),
            "right": {step: int(hit[here].sum()) for step, hit in right.items()},
        }
    return {
        "strips": len(recordings),
        "near_limit": len(judged) - len(recordings),
        "steps": steps,
        "corners": corners,
    }


def format_report(found: dict[str, Any]) -> str:
    """The report as text for a terminal; groups and corners of fewer than 20 strips show counts only."""
    return "\n".join([*_step_lines(found["steps"]), "", *_corner_lines(found)])


def main(arguments: list[str] | None = None) -> None:
    """Fit, judge, print."""
    asked = _arguments().parse_args(arguments)
    train, place = open_strips(asked.folder / "train"), asked.folder / asked.part
    if asked.near_limits:
        place = place.with_name(f"{asked.part}-near-limits")
        judged = gather(recipe(asked.recipe), asked.part, asked.data, place, print, near_limits=True)
    else:
        judged = open_strips(place)
    print(f"fitted on {train!r}\njudged on {judged!r}")
    if not rocket_at_hand():
        print(
            f"without {ROCKET}: it needs {' and '.join(ROCKET_NEEDS)}; python -m pip install {' '.join(ROCKET_NEEDS)}"
        )
    given = {view: getattr(asked, view) for view in VIEWS}
    models = {view: load_file(path, grouping().classes, view) if path else load(view) for view, path in given.items()}
    known, measured = (
        kept_measurements(train, asked.folder / "train"),
        kept_measurements(judged, place),
    )
    found = report(judged, baselines(train, judged, known, measured) | evaluate_strips(models, judged).probabilities)
    print(format_report(found))
    if asked.out:
        about = {"part": asked.part, "train": train.digest(), "judged": judged.digest()}
        print(f"written {write_whole(asked.out, json.dumps(about | found, indent=1))}")


def _of_all_classes(told: NDArray[np.float64], known: NDArray[np.int64]) -> NDArray[np.float64]:
    """Columns for all four classes, 0 for one that no training strip has."""
    full = np.zeros((len(told), len(grouping().classes)))
    full[:, known] = told
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


def _step_lines(steps: dict[str, Any]) -> Iterator[str]:
    classes = next(iter(steps.values()))["classes"]
    head = f"{'step':20}{'accuracy':>9}{'interval':>18}{'balanced':>10}"
    yield head + "".join(f"{group:>12}" for group in classes)
    for step, row in steps.items():
        groups = "".join(f"{_part(row['per_class'][group]):>12}" for group in classes)
        span = format_interval(row["interval"])
        yield f"{step:20}{row['accuracy']:>9.1%}{span:>18}{row['balanced_accuracy']:>10.1%}{groups}"
    yield ""
    yield "what each step buys over the line above it"
    for step, row in steps.items():
        if "gain" in row:
            yield f"{step:20} {format_test(row['gain'])}"


def _corner_lines(found: dict[str, Any]) -> Iterator[str]:
    if not found["near_limit"]:
        yield "sinus strips near a limit were left out of this part: 99 to 100/min lacks them (see --near-limits)"
    for name, corner in found["corners"].items():
        held = ", ".join(f"{count} {group}" for group, count in corner["groups"].items() if count)
        yield f"{name}: {corner['n']} strips{' (' * bool(held)}{held}{')' * bool(held)}"
        if corner["n"]:
            yield "  right: " + ", ".join(f"{step} {_share(hit, corner['n'])}" for step, hit in corner["right"].items())


def _part(row: dict[str, Any]) -> str:
    hit = round((row["sensitivity"] or 0.0) * row["n"])
    return f"{hit} of {row['n']}" if row["n"] < FEW else f"{row['sensitivity']:.1%}"


def _share(hit: int, of: int) -> str:
    return f"{hit}" if of < FEW else f"{hit / of:.1%}"


def _arguments() -> argparse.ArgumentParser:
    words = argparse.ArgumentParser(prog="python -m tests.research.baselines", description="What each step buys.")
    words.add_argument("folder", type=Path, help="folder that holds the strips of train and of the part to judge")
    words.add_argument("--part", choices=PARTS, default="validation", help="the strips to judge; validation by default")
    words.add_argument("--near-limits", action="store_true", help="gather the part with sinus strips near a limit")
    words.add_argument("--recipe", default="shipped", help="recipe by which to gather it")
    words.add_argument("--data", type=Path, help="folder that holds the data sets to gather it from")
    words.add_argument("--signal", type=Path, help="weights of the signal network, instead of the shipped ones")
    words.add_argument("--image", type=Path, help="weights of the image network, instead of the shipped ones")
    words.add_argument("--out", type=Path, help="write the figures here, as JSON")
    return words


if __name__ == "__main__":
    try:
        main()
    except EcgteachError as problem:
        raise SystemExit(str(problem)) from None
