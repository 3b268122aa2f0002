"""Localisation: does a map lie on the segments that make the rhythm's name, or on the others?

Only a simulated strip can be asked, since only there the evidence is known. Which segment is evidence was fixed before
any map was seen (`ecgteach.truth.ROLES`); the measures are those of Arras et al. 2022 (CLEVR-XAI,
doi 10.1016/j.inffus.2021.11.008) and Zhang et al. 2018 (the pointing game, doi 10.1007/s11263-017-1059-x). The headline
is P(map in evidence > map in X), which does not depend on how much of the strip the evidence covers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d
from scipy.stats import rankdata

from ...arguments import checked
from ...beats import group_of_truth
from ...errors import InvalidValue, UnknownName, choices
from ...explanation import FUSED, Explanation
from ...strip import SAMPLES, SAMPLING_RATE
from ...truth import Evidence, Truth
from ..explained import Values, maps_on_time
from .controls import CONTROLS, controls_of_all, named

Mask = NDArray[np.bool_]

CRITERIA = ("atrial", "conduction", "QRS")
"""Criteria of the evidence that have a place."""

WITHOUT_PLACE = ("rate", "regularity")
"""Criteria that are relations between beats; a map is never judged by place for them."""

NOT_LOCALISED = {
    "AFL": "flutter waves run through the whole strip: no segment is irrelevant. Judge flutter by edits",
    "SAAWR": "a wandering pacemaker is a lesson on labels only; its evidence is not scored by place",
    "SVT": "the kind of tachycardia is not specified, so nobody knows where its P waves should be",
}
"""Rhythms of the four groups that are not scored by place, and why."""


@dataclass(frozen=True)
class Localisation:
    """How well one map lies on one strip's evidence; figures are None where there is no score, and `reason` says why.

    Parameters
    ----------
    score : float or None
        P(map in evidence > map in X) over pairs of samples, ties one half: 1 right, 0.5 chance, 0 wrong.
    gain : float or None
        (mass - c) / (1 - c), with c the coverage: 1 right, 0 chance.
    mass : float or None
        Share of the positive mass that lies on evidence, of that on evidence and X.
    coverage : float or None
        Share of the time that is evidence, of evidence and X.
    pointing : float or None
        1 when the map's highest moment lies on evidence, 0 when on X; several such moments share.
    rank : float or None
        Of the highest samples, as many as there is evidence: the share that lies on evidence.
    distractor : float or None
        Share of the whole positive mass on ectopic beats and their pauses; None where there are none.
    distractor_coverage : float or None
        Share of the whole time that they take.
    reason : str
        Why there is no score; else empty.
    """

    score: float | None = None
    gain: float | None = None
    mass: float | None = None
    coverage: float | None = None
    pointing: float | None = None
    rank: float | None = None
    distractor: float | None = None
    distractor_coverage: float | None = None
    reason: str = ""

    @property
    def density(self) -> float | None:
        """Mass over coverage, "1.5 x chance"; never a headline, since its ceiling differs from rhythm to rhythm."""
        return self.mass / self.coverage if self.mass is not None and self.coverage else None

    @property
    def ceiling(self) -> float | None:
        """The highest that `density` can be: 1 over coverage."""
        return 1 / self.coverage if self.coverage else None


class Judged(NamedTuple):
    """Samples on which a map is judged, each of the shape (5000,)."""

    evidence: Mask
    irrelevant: Mask
    distractor: Mask


@checked
def localise(
    map_on_time: Values, evidence: Sequence[Evidence], *, cell_seconds: float, criterion: str | None = None
) -> Localisation:
    """Score a map by place.

    Parameters
    ----------
    map_on_time : array, shape (5000,)
        A map along time; its negative values count as none where mass is asked for.
    evidence : sequence of Evidence
        As ``strip.truth.evidence`` holds it.
    cell_seconds : float
        Length of one of the map's cells: what lies within half a cell of the border between evidence and X is left out.
    criterion : str, optional
        Only the evidence of this criterion (``"atrial"``). By default all that has a place.

    Returns
    -------
    Localisation
        Without figures, but with a reason, where place cannot be judged.

    Raises
    ------
    InvalidValue
        When the map has another shape.
    UnknownName
        When there is no such criterion.
    """
    values = np.asarray(map_on_time, dtype=np.float64)
    if values.shape != (SAMPLES,):
        raise InvalidValue(f"a map on time has the shape ({SAMPLES},), not {values.shape}; see fusion.place")
    if criterion in WITHOUT_PLACE:
        return Localisation(reason=f"{criterion} is a relation between beats and has no place: judge it by edits")
    if criterion not in (None, *CRITERIA):
        raise UnknownName(
            f"no criterion of the evidence is called {criterion!r}; there are {choices((*CRITERIA, *WITHOUT_PLACE))}"
        )
    if not np.isfinite(values).all():
        return Localisation(reason="the map is not finite")
    if not values.max() > 0:
        return Localisation(reason="the map is empty")
    judged = judged_samples(evidence, cell_seconds=cell_seconds, criterion=criterion)
    found = _distractor(values, judged.distractor)
    least = max(round(cell_seconds * SAMPLING_RATE), 1)
    for mask, what in ((judged.evidence, "evidence"), (judged.irrelevant, "irrelevant segments (X)")):
        if mask.sum() < least:
            return replace(found, reason=f"less than one map cell of {what} inside the strip")
    return _scored(found, values[judged.evidence], values[judged.irrelevant])


@checked
def judged_samples(evidence: Sequence[Evidence], *, cell_seconds: float, criterion: str | None = None) -> Judged:
    """Which samples are evidence (P and A), irrelevant (X) and distractor (D); all others are left out.

    A cell that straddles the border between evidence and X tells nothing, so both lose half a cell there.
    """
    present = _covered(entry for entry in evidence if entry.role in ("P", "A") and criterion in (None, entry.criterion))
    irrelevant = _covered(entry for entry in evidence if entry.role == "X")
    distractor = _covered(entry for entry in evidence if entry.role == "D")
    half = round(cell_seconds * SAMPLING_RATE / 2)
    return Judged(present & ~_near(irrelevant, half), irrelevant & ~_near(present, half), distractor)


@checked
def localise_explanation(
    explanation: Explanation, *, criterion: str | None = None, seed: int = 0
) -> dict[str, Localisation]:
    """Score both views, the fused map, and the controls of each.

    Parameters
    ----------
    explanation : Explanation
        Of a simulated strip; for any other, or for another target than the strip's group, each entry says why not.
    criterion : str, optional
        As in `localise`.
    seed : int
        Decides the controls.

    Returns
    -------
    dict of str to Localisation
        The maps, and their controls by `named`. Where nothing could be fused, the fused entries say why.
    """
    maps = maps_on_time(explanation)
    cell = cell_seconds_of(explanation)
    every = maps | controls_of_all(maps, explanation.strip, cell_seconds=cell, seed=seed)
    none = Localisation(reason=explanation.fused_reason)
    own = (FUSED, *(named(name, FUSED) for name, control in CONTROLS.items() if control.own))
    missing = {} if FUSED in maps else dict.fromkeys(own, none)
    truth, refusal = explanation.strip.truth, why_not_localised(explanation)
    if refusal or truth is None:
        return {name: Localisation(reason=refusal) for name in (*every, *missing)}
    found = {
        name: localise(values, truth.evidence, cell_seconds=cell, criterion=criterion) for name, values in every.items()
    }
    return found | missing


def cell_seconds_of(explanation: Explanation) -> float:
    """Length of the larger of both views' cells in seconds."""
    return max(view.layer.cell_seconds for view in explanation.views.values())


def why_not_localised(explanation: Explanation) -> str:
    """Why an explanation's maps cannot be right or wrong by place; empty where they can."""
    truth = explanation.strip.truth
    if truth is None:
        return "nobody knows the evidence of a real strip: there is no right or wrong of place"
    name = original_rhythm(truth)
    if name in NOT_LOCALISED:
        return NOT_LOCALISED[name]
    group = group_of_truth(truth)
    if group is None:
        return f"{name} belongs to none of the groups, so nothing is evidence for {explanation.target}"
    if explanation.target != group:
        return f"the maps explain {explanation.target}, and the strip's evidence is that of {group}"
    return ""


def original_rhythm(truth: Truth) -> str:
    """Name of a rhythm as tables list it: its code, ``AVNRT`` or ``AVRT`` for SVT, ``AFIB regular`` with regular RR."""
    code = truth.rhythm.code
    if code == "SVT":
        return str(truth.notes.get("which", code))
    if code == "AFIB" and (truth.notes.get("conduction", "intact") != "intact" or truth.notes.get("regular")):
        return "AFIB regular"
    return code


def seed_of(truth: Truth) -> int:
    """What is drawn about a simulated recording comes from its own seed: no two recordings share it."""
    key = truth.notes["seed"]
    assert isinstance(key, tuple)
    return int(np.random.SeedSequence(key).generate_state(1)[0])


def _scored(found: Localisation, inside: NDArray[np.float64], outside: NDArray[np.float64]) -> Localisation:
    """With the figures of a map's values in evidence and in X."""
    coverage = inside.size / (inside.size + outside.size)
    on_evidence = np.maximum(inside, 0).sum()
    total = on_evidence + np.maximum(outside, 0).sum()
    mass = float(on_evidence / total) if total > 0 else None
    return replace(
        found,
        score=_greater(inside, outside),
        gain=None if mass is None else (mass - coverage) / (1 - coverage),
        mass=mass,
        coverage=coverage,
        pointing=_share_of_top(inside, outside, 1),
        rank=_share_of_top(inside, outside, inside.size),
    )


def _greater(inside: NDArray[np.float64], outside: NDArray[np.float64]) -> float:
    """Share of pairs in which the inner value is greater, ties one half (Mann and Whitney 1947)."""
    ranks = rankdata(np.concatenate([inside, outside]))[: inside.size].sum()
    return float((ranks - inside.size * (inside.size + 1) / 2) / (inside.size * outside.size))


def _share_of_top(inside: NDArray[np.float64], outside: NDArray[np.float64], count: int) -> float:
    """Share of the `count` highest values that are inner ones; where the last places are tied, all tied share them."""
    threshold = np.partition(np.concatenate([inside, outside]), -count)[-count]
    above, tied = np.sum(inside > threshold), np.sum(inside == threshold)
    places = count - above - np.sum(outside > threshold)
    return float((above + tied * places / (tied + np.sum(outside == threshold))) / count)


def _distractor(values: NDArray[np.float64], mask: Mask) -> Localisation:
    if not mask.any():
        return Localisation()
    positive = np.maximum(values, 0)
    return Localisation(distractor=float(positive[mask].sum() / positive.sum()), distractor_coverage=float(mask.mean()))


def _covered(entries: Iterable[Evidence]) -> Mask:
    times = np.arange(SAMPLES) / SAMPLING_RATE
    covered = np.zeros(SAMPLES, dtype=bool)
    for entry in entries:
        covered |= (times >= entry.start) & (times < entry.end)
    return covered


def _near(mask: Mask, reach: int) -> Mask:
    """Samples that lie in a mask or at most `reach` samples from it."""
    return np.asarray(maximum_filter1d(mask.astype(np.uint8), 2 * reach + 1, mode="constant") > 0)
