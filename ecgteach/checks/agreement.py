"""Do the two views look at the same moments, and does it mean anything when they do not?

Two networks that read one strip in two ways may agree because both found the rhythm's evidence, or because both are
drawn to the tallest wave. So agreement stands beside the agreement of maps that cannot agree: one of the two shifted
along the strip. And whether disagreement warns of a wrong answer is measured against what is known without any map:
how sure the networks were, and whether their answers differ.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..arguments import checked
from ..beats import NO_LABEL, NOT_KNOWN, in_place_of_group, true_group
from ..errors import EmptyMap, InvalidValue, choices, expect
from ..explanation import Explanation
from ..models import VIEWS
from ..plain import Json, as_json
from ..strip import SAMPLING_RATE
from .localisation.controls import qrs_onsets, shifted

Values = NDArray[np.floating]
Numbers = NDArray[np.float64]

TOP = 0.1
"""Share of the strip that counts as where a view looks most."""

WINDOW_SECONDS = 0.12
"""Standard deviation of the window of `ssim`: one and a half cells of 80 ms, as Wang's is 1.5 pixels."""

OUTCOMES = ("both right", "only signal right", "only image right", "both wrong", NO_LABEL, NOT_KNOWN)
"""What became of a strip's two answers."""


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

    def to_json(self) -> Json:
        """All entries as plain values."""
        return as_json(self)


@checked
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
    expect(explanation, Explanation, "compare_views asks about an Explanation", "ecgteach.explain makes one")
    missing = [view for view in VIEWS if view not in explanation.views]
    if missing:
        raise InvalidValue(f"views are compared where there are both; this explanation has no {choices(missing)} view")
    signal, image = (explanation.views[view].on_time for view in VIEWS)
    answers = [explanation.views[view].prediction.answer for view in VIEWS]
    group = true_group(strip, tuple(mean)) if group is None else group
    found = ViewAgreement(
        strip.source_id,
        strip.rhythm.code if strip.rhythm else None,
        group,
        _outcome(answers, group) or in_place_of_group(strip),
        same_answer=answers[0] == answers[1],
        confidence=mean[explanation.answer],
        wrong=None if group is None else explanation.answer != group,
    )
    moved = shifted(image, qrs_onsets(strip), seed=seed)
    try:
        return replace(
            found,
            correlation=rank_correlation(signal, image),
            overlap=overlap(signal, image),
            shifted_correlation=rank_correlation(signal, moved),
            shifted_overlap=overlap(signal, moved),
        )
    except EmptyMap as problem:
        return replace(found, why=str(problem))


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


def correlation_of(one: Values, other: Values) -> float | None:
    """Rank correlation of two maps; None where one of them is empty and has no ranks.

    >>> correlation_of(np.zeros(3), np.array([0.0, 0.5, 0.6])) is None
    True
    """
    try:
        return rank_correlation(one, other)
    except EmptyMap:
        return None


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


def ssim(one: Values, other: Values, sampling_rate: float = SAMPLING_RATE) -> float:
    """Structural similarity of two maps along time, both scaled 0 to 1: 1 for the same, about 0 for unlike ones.

    Wang et al. (2004, doi 10.1109/TIP.2003.819861), in one dimension, with a Gaussian window, its constants
    (0.01 and 0.03) squared, and the mean over all moments.

    Parameters
    ----------
    one, other : array, shape (n,)
        Values along time.
    sampling_rate : float
        Values per second, in Hz.
    """
    from scipy.ndimage import gaussian_filter1d

    def blurred(values: Values) -> Numbers:
        return np.asarray(gaussian_filter1d(values, WINDOW_SECONDS * sampling_rate))

    x, y = one.astype(np.float64), other.astype(np.float64)
    mean_x, mean_y = blurred(x), blurred(y)
    var_x, var_y = blurred(x * x) - mean_x**2, blurred(y * y) - mean_y**2
    shared = blurred(x * y) - mean_x * mean_y
    light = (2 * mean_x * mean_y + 0.01**2) / (mean_x**2 + mean_y**2 + 0.01**2)
    structure = (2 * shared + 0.03**2) / (var_x + var_y + 0.03**2)
    return float(np.mean(light * structure))


def _outcome(answers: list[str], group: str | None) -> str:
    """Who is right, or nothing where the right answer is not known."""
    if group is None:
        return ""
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
