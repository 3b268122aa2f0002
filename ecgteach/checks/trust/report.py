"""What the tests of one map found, test by test, and answer and map on a 2 x 2."""

from dataclasses import asdict, dataclass
from typing import Any

from ...showing import ShowsItself

RIGHT, WRONG, NOT_KNOWN, NO_LABEL = "right", "wrong", "not known", "no label"
PASSED, FAILED = "passed", "failed"
EVIDENCE = "localisation"
"""The one test that asks whether the map is right; all others ask whether it is true of the network."""


@dataclass(frozen=True)
class Test:
    """One test of one map.

    Parameters
    ----------
    name : str
        One of `TRUST_TESTS`.
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
        In the order of `TRUST_TESTS`.
    answer_right : bool or None
        Whether both views together answered what the strip shows; None where that is not known.
    caution : str
        What is wrong with the strip's beats, so that it may hold no rhythm for any map to show; else empty.
    labelled : bool
        False where nobody has said what the strip shows, so that no answer to it is right or wrong.
    """

    target: str
    judged: str
    tests: tuple[Test, ...]
    answer_right: bool | None
    caution: str = ""
    labelled: bool = True

    @property
    def applicable(self) -> tuple[Test, ...]:
        """Tests that could be asked."""
        return tuple(test for test in self.tests if test.passed is not None)

    @property
    def score(self) -> float | None:
        """Share of the applicable tests that were passed; localisation weighs as much as all others together.

        It asks whether the map is right, all others whether it is true of the network: a map that shows faithfully how
        a network looks at the wrong thing gets a half. None where no test could be asked.
        """
        right = [bool(test.passed) for test in self.applicable if test.name == EVIDENCE]
        faithful = [bool(test.passed) for test in self.applicable if test.name != EVIDENCE]
        shares = [sum(each) / len(each) for each in (right, faithful) if each]
        return sum(shares) / len(shares) if shares else None

    @property
    def verdict(self) -> str:
        """How many tests were passed, in words; never that the answer is right or the map supported."""
        return f"passed {sum(bool(test.passed) for test in self.applicable)} of {len(self.applicable)} tests"

    @property
    def quadrant(self) -> tuple[str, str]:
        """Answer and map on a 2 x 2: ``("right", "passed")`` ...; ``"not known"`` where nobody can say.

        The answer is ``"no label"`` where nobody has said what the strip shows.
        """
        answer = {True: RIGHT, False: WRONG, None: NOT_KNOWN if self.labelled else NO_LABEL}[self.answer_right]
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
        judged = f"the {self.judged} map for {self.target}" if self.judged else f"no map for {self.target}"
        failures = f"; failed: {', '.join(failed)}" if failed else ""
        rest = f"; not asked: {', '.join(unasked)}" if unasked else ""
        caution = f"; caution: {self.caution}" if self.caution else ""
        return f"TrustReport on {judged}: {self.verdict}{failures}{rest}{caution} (answer {self.quadrant[0]})"
