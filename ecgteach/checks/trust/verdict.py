"""Can this map be trusted? A stated list of tests for one explanation, each with its figure and its control.

The tests judge the map and not the diagnosis: a right answer may come with a wrong map, and the other way round. Where
the strip is simulated its evidence is known, and localisation is one of the tests; on a real strip nobody knows the
evidence, and the agreement of both views stands in. A map that passes all tests is not thereby correct.
"""

from collections.abc import Mapping

from ...arguments import checked
from ...beats import find_beats, true_group
from ...explanation import Explanation
from ...models import Network
from .report import Test, TrustReport
from .tests import TRUST_TESTS, JudgedMap, TrustTest


@checked
def trust(
    explanation: Explanation, models: Network | Mapping[str, Network] | None = None, *, seed: int = 0
) -> TrustReport:
    """Test the map of one explanation.

    Parameters
    ----------
    explanation : Explanation
        Of a simulated or a real strip; its fused map is judged, or where there is none the one view's map that is left.
    models : mapping of str to Network, optional
        The networks that made it; needed only where these are not at hand.
    seed : int
        Draws controls, noise and random weights.

    Returns
    -------
    TrustReport
        Never an error for a poor strip or an empty map: the tests say so, and `TrustReport.caution` tells what is wrong
        with the beats.

    Raises
    ------
    InvalidValue
        When a network is missing.
    UnknownName
        When the networks lack the layer or class that was explained.
    """
    judged = JudgedMap(explanation, models, seed)
    real = explanation.strip.truth is None
    tests = tuple(
        _tested(name, test, judged) for name, test in TRUST_TESTS.items() if (test.real if real else test.simulated)
    )
    labelled = not (real and explanation.strip.rhythm is None)
    return TrustReport(explanation.target, judged.name, tests, _right(explanation), _caution(explanation), labelled)


def _tested(name: str, test: TrustTest, judged: JudgedMap) -> Test:
    """Measure and hold against the limits."""
    target = judged.explanation.target
    if not judged.name:
        reason = judged.explanation.fused_reason or "the map is level"
        return Test(name, test.question, None, None, False, f"there is no map to test: {reason}")
    if why := test.not_asked(target):
        return Test(name, test.question, None, None, None, why)
    figure, control, remark = test.measure(judged)
    if figure is None:
        return Test(name, test.question, None, None, None, remark)
    why = f"{test.limit.why(figure, control)}{'; ' if remark else ''}{remark}"
    return Test(name, test.question, figure, control, test.limit.passed(figure, control), why)


def _right(explanation: Explanation) -> bool | None:
    """Whether both views together answered what the strip shows."""
    group = true_group(explanation.strip, tuple(explanation.probabilities))
    return None if group is None else explanation.answer == group


def _caution(explanation: Explanation) -> str:
    """What is wrong with the beats: tests of a map do not ask whether there is a heart in the strip."""
    quality = find_beats(explanation.strip).quality
    return "" if quality.good else f"{quality}, so that the strip may show no rhythm at all"
