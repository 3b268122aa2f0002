"""Do the two views look at the same moments over many strips, and does it warn of an error when they do not?

Whether disagreement of maps warns of a wrong answer is measured against what is known without any map: how sure the
networks were, and whether their answers differ.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecgteach.beats import NO_LABEL, NOT_KNOWN
from ecgteach.checks.agreement import Numbers, ViewAgreement
from ecgteach.errors import InvalidValue
from ecgteach.statistics import draw_recordings, mean_of

PREDICTORS = ("maps apart", "tops apart", "answers differ", "unsure")
"""What may warn of an error; the last two need no map."""


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


@dataclass(frozen=True)
class AgreementLine:
    """Agreement of the two views over strips that are alike.

    Parameters
    ----------
    of : dict of str to str
        What they share: ``rhythm``, ``outcome`` or other entries of `ViewAgreement`.
    n, empty : int
        Strips, and those without figures among them, which are left out of the means.
    correlation, overlap, shifted_correlation, shifted_overlap : float or None
        Means, and those of the controls; None where no strip has any.
    """

    of: dict[str, str]
    n: int
    empty: int
    correlation: float | None
    overlap: float | None
    shifted_correlation: float | None
    shifted_overlap: float | None

    def to_json(self) -> dict[str, object]:
        """As one level of values."""
        entries = dict(vars(self))
        return {**entries.pop("of"), **entries}


def agreement_by(compared: Iterable[ViewAgreement], *by: str) -> list[AgreementLine]:
    """A table of agreement: one row for each rhythm and outcome, or whatever entries of `ViewAgreement` are named.

    Parameters
    ----------
    compared : iterable of ViewAgreement
        The strips.
    *by : str
        Entries to group by; by default ``"rhythm"`` and ``"outcome"``.

    Returns
    -------
    list of AgreementLine
        In the order of the entries.
    """
    by = by or ("rhythm", "outcome")
    rows: dict[tuple[str, ...], list[ViewAgreement]] = {}
    for one in compared:
        nothing = NO_LABEL if one.outcome == NO_LABEL else NOT_KNOWN
        rows.setdefault(tuple(str(getattr(one, entry) or nothing) for entry in by), []).append(one)
    figures = ("correlation", "overlap", "shifted_correlation", "shifted_overlap")
    return [
        AgreementLine(
            dict(zip(by, key, strict=True)),
            len(held),
            sum(one.correlation is None for one in held),
            *(mean_of([getattr(one, name) for one in held]) for name in figures),
        )
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
    _, drawn = draw_recordings(of, seed=seed)
    if drawn is None:
        return auc, None
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
