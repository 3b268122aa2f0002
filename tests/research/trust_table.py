"""Reports of `trust` on many maps: which test is passed how often, and answer and map on a 2 x 2."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ecgteach.checks.trust import TrustReport
from ecgteach.checks.trust.report import PASSED
from ecgteach.statistics import mean_of

ASKED = "asked"


@dataclass(frozen=True)
class TrustLine:
    """The reports on the strips of one rhythm.

    Parameters
    ----------
    rhythm : str
        Its name.
    n : int
        Reports.
    score : float or None
        Mean of `TrustReport.score`.
    cautions : int
        Strips with one.
    tests : dict of str to dict of str to int
        By the test's name how many maps ``passed`` it, of how many that could be ``asked``.
    quadrants : dict of str to int
        Answer and map (``"right, passed"`` ...), and how many strips.
    """

    rhythm: str
    n: int
    score: float | None
    cautions: int
    tests: dict[str, dict[str, int]]
    quadrants: dict[str, int]


def trust_table(reports: Iterable[tuple[str, TrustReport]]) -> list[TrustLine]:
    """One line for each rhythm: how many maps passed which test, and answer and map on a 2 x 2.

    Parameters
    ----------
    reports : iterable of (str, TrustReport)
        Name of the rhythm, and the report on a strip of it.
    """
    held: dict[str, list[TrustReport]] = {}
    for rhythm, report in reports:
        held.setdefault(rhythm, []).append(report)
    return [_line(rhythm, every) for rhythm, every in held.items()]


def _line(rhythm: str, reports: list[TrustReport]) -> TrustLine:
    tests: dict[str, dict[str, int]] = {}
    for test in (test for report in reports for test in report.tests):
        counts = tests.setdefault(test.name, {PASSED: 0, ASKED: 0})
        counts[PASSED] += bool(test.passed)
        counts[ASKED] += test.passed is not None
    score, cautions = mean_of([report.score for report in reports]), sum(bool(report.caution) for report in reports)
    quadrants = dict(Counter(", ".join(report.quadrant) for report in reports))
    return TrustLine(rhythm, len(reports), score, cautions, tests, quadrants)
