"""Trust over many strips: which test is passed how often, and answer and map on a 2 x 2."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ecgteach.checks.trust import TrustReport
from ecgteach.statistics import mean_of


@dataclass(frozen=True)
class Passed:
    """How many maps passed a test, of the strips on which it could be made."""

    passed: int
    of: int

    def __str__(self) -> str:
        return f"{self.passed} of {self.of}" if self.of else "-"


@dataclass(frozen=True)
class TrustLine:
    """The reports on the strips of one rhythm.

    Parameters
    ----------
    rhythm : str
        Its name.
    n : int
        Strips.
    score : float or None
        Mean of `TrustReport.score`.
    cautions : int
        Strips with one.
    tests : dict of str to Passed
        By the test's name.
    quadrants : dict of str to int
        ``"right, passed"`` ...: how many strips.
    """

    rhythm: str
    n: int
    score: float | None
    cautions: int
    tests: dict[str, Passed]
    quadrants: dict[str, int]


def trust_table(reports: Iterable[tuple[str, TrustReport]]) -> list[TrustLine]:
    """One line for each rhythm, of its name and the report on each strip of it."""
    held: dict[str, list[TrustReport]] = {}
    for rhythm, report in reports:
        held.setdefault(rhythm, []).append(report)
    return [_line(rhythm, every) for rhythm, every in held.items()]


def _line(rhythm: str, reports: list[TrustReport]) -> TrustLine:
    names = dict.fromkeys(test.name for report in reports for test in report.tests)
    made = [test for report in reports for test in report.applicable]
    tests = {name: [bool(test.passed) for test in made if test.name == name] for name in names}
    return TrustLine(
        rhythm,
        len(reports),
        mean_of([report.score for report in reports]),
        sum(bool(report.caution) for report in reports),
        {name: Passed(sum(passed), len(passed)) for name, passed in tests.items()},
        dict(Counter(", ".join(report.quadrant) for report in reports)),
    )
