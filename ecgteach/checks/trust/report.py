"""What the tests of one map found, and of many: which test is passed how often, and answer and map on a 2 x 2."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from ...showing import ShowsItself
from ...statistics import mean_of

RIGHT, WRONG, NOT_KNOWN = "right", "wrong", "not known"
PASSED, FAILED = "passed", "failed"


@dataclass(frozen=True)
class Test:
    """One test of one map.

    Parameters
    ----------
    name : str
        One of `LIMITS`.
    question : str
        What it asks.
    figure : float or None
        What was measured; None where nothing could be.
    control : float or None
        The same for what knows nothing of the answer; None where the test has no control.
    passed : bool or None
        None where the test could not be asked.
    why : str
        How the figure compares with its limits, or why it could not be asked.
    """

    __test__ = False

    name: str
    question: str
    figure: float | None
    control: float | None
    passed: bool | None
    why: str

    def __str__(self) -> str:
        outcome = {True: PASSED, False: FAILED, None: "not asked"}[self.passed]
        return f"{self.name}: {outcome}; {self.why}"


@dataclass(frozen=True, repr=False)
class TrustReport(ShowsItself):
    """All tests of one explanation's map; about the map, not about the diagnosis.

    Parameters
    ----------
    target : str
        The class that the map explains.
    judged : str
        Which map: ``"fused"``, or the one view's that has a map where the other has none; empty where none has.
    tests : tuple of Test
        In the order of `WITH_TRUTH` or `WITHOUT_TRUTH`.
    answer_right : bool or None
        Whether both views together answered what the strip shows; None where that is not known.
    caution : str
        What is wrong with the strip's beats, so that it may hold no rhythm for any map to show; else empty.
    """

    target: str
    judged: str
    tests: tuple[Test, ...]
    answer_right: bool | None
    caution: str = ""

    @property
    def asked(self) -> tuple[Test, ...]:
        """Tests that could be asked."""
        return tuple(test for test in self.tests if test.passed is not None)

    @property
    def score(self) -> float | None:
        """Share of the tests asked that were passed; where place was asked it weighs as much as all others together.

        Place asks whether the map is right, all others whether it is true of the network: a map that shows faithfully
        how a network looks at the wrong thing gets a half. None where no test could be asked.
        """
        place = [bool(test.passed) for test in self.asked if test.name == "place"]
        others = [bool(test.passed) for test in self.asked if test.name != "place"]
        shares = [sum(each) / len(each) for each in (place, others) if each]
        return sum(shares) / len(shares) if shares else None

    @property
    def verdict(self) -> str:
        """How many tests were passed, in words; never that the answer is right or the map supported."""
        return f"passed {sum(bool(test.passed) for test in self.asked)} of {len(self.asked)} tests"

    @property
    def quadrant(self) -> tuple[str, str]:
        """Answer and map on a 2 x 2: ``("right", "passed")`` ...; ``"not known"`` where nobody can say."""
        answer = {True: RIGHT, False: WRONG, None: NOT_KNOWN}[self.answer_right]
        outcome = NOT_KNOWN if self.score is None else PASSED if self.score == 1 else FAILED
        return answer, outcome

    def to_json(self) -> dict[str, Any]:
        """The report as plain values."""
        answer, outcome = self.quadrant
        return {
            "target": self.target,
            "judged": self.judged or None,
            "verdict": self.verdict,
            "score": self.score,
            "answer": answer,
            "map": outcome,
            "caution": self.caution or None,
            "tests": [asdict(test) for test in self.tests],
        }

    def __repr__(self) -> str:
        failed = [test.name for test in self.tests if test.passed is False]
        unasked = [test.name for test in self.tests if test.passed is None]
        said = f"the {self.judged} map for {self.target}" if self.judged else f"no map for {self.target}"
        failures = f"; failed: {', '.join(failed)}" if failed else ""
        rest = f"; not asked: {', '.join(unasked)}" if unasked else ""
        caution = f"; caution: {self.caution}" if self.caution else ""
        return f"TrustReport on {said}: {self.verdict}{failures}{rest}{caution} (answer {self.quadrant[0]})"


def trust_table(reports: Iterable[tuple[str, TrustReport]]) -> list[dict[str, Any]]:
    """One line for each rhythm: how many maps passed which test, and answer and map on a 2 x 2.

    Parameters
    ----------
    reports : iterable of (str, TrustReport)
        Name of the rhythm, and the report on a strip of it.

    Returns
    -------
    list of dict
        ``rhythm``, ``n``, ``score`` (mean of `TrustReport.score`), ``cautions`` (strips with one), ``tests`` (by name,
        ``passed`` and ``asked``), and ``quadrants`` (``"right, passed"`` ...: how many strips).
    """
    held: dict[str, list[TrustReport]] = {}
    for rhythm, report in reports:
        held.setdefault(rhythm, []).append(report)
    return [_line(rhythm, every) for rhythm, every in held.items()]


def _line(rhythm: str, reports: list[TrustReport]) -> dict[str, Any]:
    names = dict.fromkeys(test.name for report in reports for test in report.tests)
    asked = [test for report in reports for test in report.asked]
    return {
        "rhythm": rhythm,
        "n": len(reports),
        "score": mean_of([report.score for report in reports]),
        "cautions": sum(bool(report.caution) for report in reports),
        "tests": {
            name: {
                "passed": sum(bool(test.passed) for test in asked if test.name == name),
                "asked": sum(test.name == name for test in asked),
            }
            for name in names
        },
        "quadrants": dict(Counter(", ".join(report.quadrant) for report in reports)),
    }
