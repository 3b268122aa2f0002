"""Do the two views look at the same moments, and does it mean anything when they do not?

Two networks that read one strip in two ways may agree because both found the rhythm's evidence, or because both are
drawn to the tallest wave. So agreement stands beside the agreement of maps that cannot agree: one of the two shifted
along the strip. And whether disagreement warns of a wrong answer is measured against what is known without any map:
how sure the networks were, and whether their answers differ.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..beats import true_group
from ..errors import EmptyMap, InvalidValue
from ..explanation import Explanation
from ..models import VIEWS
from ..training.metrics import DRAWS, FEWEST_RECORDINGS
from .controls import qrs_stretches, shifted

Values = NDArray[np.floating]
Numbers = NDArray[np.float64]

TOP = 0.1
"""Share of the strip that counts as where a view looks most."""

UNKNOWN = "not known"
OUTCOMES = ("both right", "only signal right", "only image right", "both wrong", UNKNOWN)
"""What became of a strip's two answers."""

PREDICTORS = ("maps apart", "tops apart", "answers differ", "unsure")
"""What may warn of an error; the last two need no map."""


@dataclass(frozen=True)
class ViewAgreement:
    """How far the two views' maps of one strip agree.

    Parameters
    ----------
    source_id : str
        Source and record of the strip.
    rhythm, group : str or None
        What the source says, and the class that it (and the rate) makes; None where that is not known.
    outcome : str
        One of `OUTCOMES`.
    same_answer : bool
        True when both views answer the same.
    confidence : float
        Highest probability, averaged over the views.
    wrong : bool or None
        True when the averaged answer is not `group`; None where that is not known.
    correlation : float or None
        Rank correlation of the two maps over time, -1 to 1; None where a map is empty.
    overlap : float or None
        Share of each map's highest 10 % of the strip that the other's covers, 0 to 1; by chance 0.1.
    shifted_correlation, shifted_overlap : float or None
        The same with the image's map shifted along the strip, not by a whole RR.
    why : str
        Why there is no figure; else empty.
    """

    source_id: str
    rhythm: str | None
    group: str | None
    outcome: str
    same_answer: bool
    confidence: float
    wrong: bool | None
    correlation: float | None = None
    overlap: float | None = None
    shifted_correlation: float | None = None
    shifted_overlap: float | None = None
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """All entries as plain values."""
        return asdict(self)


@dataclass(frozen=True)
class ErrorPrediction:
    """How well one figure warns of wrong answers, over a set of strips.

    Parameters
    ----------
    predictor : str
        One of `PREDICTORS`.
    auc : float or None
        Probability that a strip with a wrong answer has the higher figure; 0.5 is chance. None without both kinds.
    interval : (float, float) or None
        95 %, by drawing whole recordings; None below ten recordings or without both kinds.
    strips, recordings, wrong : int
        What it rests on.
    """

    predictor: str
    auc: float | None
    interval: tuple[float, float] | None
    strips: int
    recordings: int
    wrong: int


def compare_views(explanation: Explanation, group: str | None = None, *, seed: int = 0) -> ViewAgreement:
    """Agreement of the two views' maps for one target, with that of a shifted map beside it.

    Parameters
    ----------
    explanation : Explanation
        Where the strip's rhythm is known, the outcome is too.
    group : str, optional
        The right answer, where it is at hand (``StripSet.targets``); by default what `ecgteach.beats.true_group` finds.
    seed : int
        Decides how far the control is shifted.

    Returns
    -------
    ViewAgreement
        Its figures are None where a map is flat or not finite, and `why` says so.
    """
    strip, mean = explanation.strip, explanation.probabilities
    signal, image = (explanation.views[view].on_time for view in VIEWS)
    answers = [explanation.views[view].prediction.answer for view in VIEWS]
    group = true_group(strip, tuple(mean)) if group is None else group
    about: dict[str, Any] = {
        "source_id": strip.source_id,
        "rhythm": strip.rhythm.code if strip.rhythm else None,
        "group": group,
        "outcome": _outcome(answers, group),
        "same_answer": answers[0] == answers[1],
        "confidence": mean[explanation.answer],
        "wrong": None if group is None else explanation.answer != group,
    }
    moved = shifted(image, [start for start, _ in qrs_stretches(strip)], seed=seed)
    try:
        return ViewAgreement(
            correlation=rank_correlation(signal, image),
            overlap=overlap(signal, image),
            shifted_correlation=rank_correlation(signal, moved),
            shifted_overlap=overlap(signal, moved),
            **about,
        )
    except EmptyMap as problem:
        return ViewAgreement(**about, why=str(problem))


def agreement_by(compared: Iterable[ViewAgreement], *by: str) -> list[dict[str, Any]]:
    """A table of agreement: one row for each rhythm and outcome, or whatever entries of `ViewAgreement` are named.

    Parameters
    ----------
    compared : iterable of ViewAgreement
        Strips without figures are counted as ``empty`` and left out of the means.
    *by : str
        Entries to group by; by default ``"rhythm"`` and ``"outcome"``.

    Returns
    -------
    list of dict
        The entries, ``n``, ``empty``, and the mean ``correlation``, ``overlap`` and their shifted controls (None where
        no strip has any), in the order of the entries.
    """
    by = by or ("rhythm", "outcome")
    rows: dict[tuple[str, ...], list[ViewAgreement]] = {}
    for one in compared:
        rows.setdefault(tuple(str(getattr(one, entry) or UNKNOWN) for entry in by), []).append(one)
    figures = ("correlation", "overlap", "shifted_correlation", "shifted_overlap")
    return [
        dict(zip(by, key, strict=True))
        | {"n": len(held), "empty": sum(one.correlation is None for one in held)}
        | {name: _mean([getattr(one, name) for one in held]) for name in figures}
        for key, held in sorted(rows.items())
    ]


def disagreement_predicts_error(
    compared: Iterable[ViewAgreement], recordings: Sequence[str] | None = None, *, seed: int = 0
) -> list[ErrorPrediction]:
    """Does it warn of a wrong answer when the maps disagree, and more than doubt and differing answers do?

    Parameters
    ----------
    compared : iterable of ViewAgreement
        Strips whose group is not known, or that have an empty map, are left out of all predictors alike.
    recordings : sequence of str, optional
        Recording of each strip, for the intervals; by default the strip's source and record.
    seed : int
        Draws the intervals.

    Returns
    -------
    list of ErrorPrediction
        One for each of `PREDICTORS`: the maps' rank correlation below 1, their tops' overlap below 1, whether the two
        answers differ, and the averaged confidence below 1.

    Raises
    ------
    InvalidValue
        When there are not as many recordings as strips.
    """
    every = list(compared)
    names = [one.source_id for one in every] if recordings is None else list(recordings)
    if len(names) != len(every):
        raise InvalidValue(f"{len(names)} recordings were given for {len(every)} strips; give one for each")
    held = [(one, name) for one, name in zip(every, names, strict=True) if _counts(one)]
    wrong = np.array([bool(one.wrong) for one, _ in held])
    _, of = np.unique([name for _, name in held], return_inverse=True)
    clusters = int(of.max()) + 1 if held else 0
    found = []
    for predictor in PREDICTORS:
        scores = np.array([_score(one, predictor) for one, _ in held])
        auc, interval = _auc_with_interval(scores, wrong, of, seed)
        found.append(ErrorPrediction(predictor, auc, interval, len(held), clusters, int(wrong.sum())))
    return found


def rank_correlation(one: Values, other: Values) -> float:
    """Spearman's rank correlation of two maps along time, ties sharing their mean rank.

    Raises
    ------
    EmptyMap
        When a map is flat or not finite: it has no ranks.
    """
    from scipy.stats import rankdata

    _check(one, other)
    ranks = [rankdata(values) for values in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1])


def overlap(one: Values, other: Values, share: float = TOP) -> float:
    """Share of one map's highest moments that are the other's as well; by chance it is `share`.

    Moments that are level at the border count in part, as if drawn by lot.

    Parameters
    ----------
    one, other : array, shape (n,)
        Maps along time.
    share : float
        Which part of the time counts as high, above 0 and below 1.

    Raises
    ------
    EmptyMap
        When a map is flat or not finite.
    InvalidValue
        When `share` is none.

    Examples
    --------
    >>> overlap(np.array([3.0, 2, 1, 0]), np.array([3.0, 0, 1, 2]), share=0.5)
    0.5
    """
    if not 0 < share < 1:
        raise InvalidValue(f"the highest part of a map is a share above 0 and below 1, not {share}")
    _check(one, other)
    count = max(round(share * len(one)), 1)
    return float(_in_top(one, count) @ _in_top(other, count) / count)


def _outcome(answers: list[str], group: str | None) -> str:
    if group is None:
        return UNKNOWN
    signal_right, image_right = (answer == group for answer in answers)
    if signal_right == image_right:
        return "both right" if signal_right else "both wrong"
    return "only signal right" if signal_right else "only image right"


def _check(*maps: Values) -> None:
    for values in maps:
        if not np.isfinite(values).all():
            raise EmptyMap("a map is not finite, so nothing can be compared with it")
        if np.ptp(values) == 0:
            raise EmptyMap("a map is flat, so nothing can be compared with it")


def _in_top(values: Values, count: int) -> Numbers:
    """How surely each moment is among the `count` highest: 1 above the border, 0 below, a part of 1 on it."""
    border = np.partition(values, len(values) - count)[len(values) - count]
    above, level = values > border, values == border
    return np.asarray(above + level * ((count - above.sum()) / level.sum()))


def _mean(figures: list[float | None]) -> float | None:
    held = [figure for figure in figures if figure is not None]
    return float(np.mean(held)) if held else None


def _counts(one: ViewAgreement) -> bool:
    return one.wrong is not None and one.correlation is not None


def _score(one: ViewAgreement, predictor: str) -> float:
    if predictor == "maps apart":
        return -float(one.correlation or 0.0)
    if predictor == "tops apart":
        return -float(one.overlap or 0.0)
    return float(not one.same_answer) if predictor == "answers differ" else -one.confidence


def _auc_with_interval(
    scores: Numbers, wrong: NDArray[np.bool_], of: NDArray[np.intp], seed: int
) -> tuple[float | None, tuple[float, float] | None]:
    """Area under the ROC curve, and its interval by drawing whole recordings, `of` which each strip is."""
    if not 0 < wrong.sum() < wrong.size:
        return None, None
    auc = float(_aucs(scores, wrong, np.ones((1, scores.size)))[0])
    clusters = int(of.max()) + 1
    if clusters < FEWEST_RECORDINGS:
        return auc, None
    drawn = np.random.default_rng(seed).multinomial(clusters, np.full(clusters, 1 / clusters), size=DRAWS)
    low, high = np.nanquantile(_aucs(scores, wrong, drawn[:, of].astype(np.float64)), [0.025, 0.975])
    return auc, (float(low), float(high))


def _aucs(scores: Numbers, wrong: NDArray[np.bool_], weights: Numbers) -> Numbers:
    """Mann-Whitney's share of pairs, ties one half, once for each row of `weights`; NaN where a kind was not drawn."""
    order = np.argsort(scores, kind="stable")
    first = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))
    bad = np.add.reduceat(weights[:, order] * wrong[order], first, axis=1)
    good = np.add.reduceat(weights[:, order] * ~wrong[order], first, axis=1)
    below = np.cumsum(good, axis=1) - good / 2
    pairs = bad.sum(axis=1) * good.sum(axis=1)
    return np.asarray((bad * below).sum(axis=1) / np.where(pairs > 0, pairs, np.nan))
