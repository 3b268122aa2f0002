"""The four readings of a strip, before any rhythm is named: regular, rate, P, QRS width; and what is true of each.

Several readings can be right: a rate within 5 a minute of a limit belongs to both sides, a P wave buried in a T can be
seen or not. Where nobody can say, a reading is not judged, and it says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..beats import IRREGULARLY_IRREGULAR, REGULAR, REGULARLY_IRREGULAR, UNTOLD, find_beats, regularity_of
from ..rhythms import BRADYCARDIA_BELOW, TACHYCARDIA_ABOVE
from ..strip import Strip
from ..truth import Truth
from ..waves import Waves, delineate
from ..waves.delineation import MARKED
from ..waves.p_wave import BEFORE, ELSEWHERE, NOT_SEEN
from .words import FEATURE_QUESTIONS, FEATURE_READINGS, FEATURE_TRUTHS

REGULARITY, RATE, P, QRS = FEATURES = ("regularity", "rate", "p", "qrs")

LIMIT_MARGIN = 5.0
"""Beats a minute around 60 and 100 within which either side is right: a limit is a convention, counting inexact."""

WIDE_FROM = 0.12
WIDTH_MARGIN = 0.01
"""Seconds around 120 ms within which narrow and wide are both right: a quarter of a millimetre of paper."""

FEW_ODD_BEATS = 0.1
"""Spread of RR above which a regular rhythm holds early or dropped beats: who calls it irregular is right too."""

REGULARITY_CODES = {REGULAR: "regular", REGULARLY_IRREGULAR: "irregular", IRREGULARLY_IRREGULAR: "irregular"}
SEEN_P = {BEFORE: "before", ELSEWHERE: "elsewhere", NOT_SEEN: "none"}


@dataclass(frozen=True)
class Feature:
    """What is true of one reading.

    Parameters
    ----------
    right : frozenset of str
        Readings that are right, codes of `READINGS`; empty where it is not judged.
    said : str
        What it is and how that was told: ``"84 a minute"``.
    """

    right: frozenset[str]
    said: str

    def judges(self, reading: str | None) -> bool | None:
        """Whether a reading is right; None where nobody can say, or nothing was read."""
        return reading in self.right if self.right and reading is not None else None


READINGS: Mapping[str, Mapping[str, str]] = FEATURE_READINGS
"""What can be read of each feature, by code, in words."""

QUESTIONS: Mapping[str, str] = FEATURE_QUESTIONS


def features_of(strip: Strip) -> dict[str, Feature]:
    """What is true of each reading of a strip.

    A simulated strip is judged by its truth, a real one by the marks of its cardiologists or by measurement; there P
    and QRS are judged only where they were marked, since a program's opinion is no truth.
    """
    found = delineate(strip)
    known = strip.truth is not None or found.source == MARKED
    rr = strip.truth.rr if strip.truth is not None else find_beats(strip).rr
    return {
        REGULARITY: _regularity(rr, strip),
        RATE: _rate(rr, strip),
        P: _p(found, strip.truth) if known else _not_judged(P),
        QRS: _qrs(found) if known else _not_judged(QRS),
    }


def _not_judged(feature: str) -> Feature:
    return Feature(frozenset(), FEATURE_TRUTHS[feature, "unknown"])


def _regularity(rr: "np.typing.NDArray[np.float64]", strip: Strip) -> Feature:
    found = regularity_of(rr)
    if found.word == UNTOLD or (strip.truth is None and not find_beats(strip).quality.good):
        return Feature(frozenset(), FEATURE_TRUTHS[REGULARITY, "unknown"])
    right = {REGULARITY_CODES[found.word]}
    if found.word == REGULAR and found.spread > FEW_ODD_BEATS:
        right |= {"irregular"}
    return Feature(frozenset(right), str(found))


def _rate(rr: "np.typing.NDArray[np.float64]", strip: Strip) -> Feature:
    if not rr.size or (strip.truth is None and not find_beats(strip).quality.good):
        return Feature(frozenset(), FEATURE_TRUTHS[RATE, "unknown"])
    rate = float(60.0 / rr.mean()) if strip.truth is not None else find_beats(strip).rate
    right = {
        code
        for code, (low, high) in {
            "slow": (-np.inf, BRADYCARDIA_BELOW),
            "usual": (BRADYCARDIA_BELOW, TACHYCARDIA_ABOVE),
            "fast": (TACHYCARDIA_ABOVE, np.inf),
        }.items()
        if low - LIMIT_MARGIN <= rate <= high + LIMIT_MARGIN
    }
    return Feature(frozenset(right), FEATURE_TRUTHS[RATE, "known"].format(rate=rate))


def _p(found: Waves, truth: Truth | None) -> Feature:
    outcome = SEEN_P.get(found.p.outcome)
    if outcome is None:
        return Feature(frozenset({"cannot"}), FEATURE_TRUTHS[P, "cannot"])
    right = {outcome}
    if outcome != "none" and _hidden(found):
        right |= {"cannot"} if outcome == "before" else {"cannot", "none"}
    if outcome == "before" and len(found.of("P")) > 1 + len(found.of("QRS")):
        right |= {"elsewhere"}
    if truth is not None and truth.of("F"):
        right |= {"elsewhere"}
    return Feature(frozenset(right), FEATURE_TRUTHS[P, outcome if not truth or not truth.of("F") else "flutter"])


def _hidden(found: Waves) -> bool:
    """True when at least half of the P waves begin on a T wave or in a QRS complex, where an eye may miss them."""
    others = [(wave.onset, wave.offset) for wave in found.of("T", "QRS")]
    atria = found.of("P")
    inside = sum(any(start <= wave.peak < end for start, end in others) for wave in atria)
    return 2 * inside >= len(atria) > 0


def _qrs(found: Waves) -> Feature:
    widths = [wave.offset - wave.onset for wave in found.of("QRS")]
    if not widths:
        return Feature(frozenset(), FEATURE_TRUTHS[QRS, "unknown"])
    width = float(np.median(widths))
    right = {"narrow"} if width < WIDE_FROM else {"wide"}
    if abs(width - WIDE_FROM) <= WIDTH_MARGIN:
        right = {"narrow", "wide"}
    return Feature(frozenset(right), FEATURE_TRUTHS[QRS, "known"].format(width=1000 * width))
