"""Two views of the same strips beside each other: where the image wins, where the signal, and whether by chance."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ecgteach.errors import InvalidValue
from ecgteach.printing import format_p
from ecgteach.statistics import FEW, FEWEST_RECORDINGS, interval
from ecgteach.training.evaluation.evaluation import BOTH, Evaluation

ALL = "all"


@dataclass(frozen=True)
class McNemar:
    """Whether two views that answered the same strips are right equally often.

    Parameters
    ----------
    n, recordings : int
        Strips, and recordings that they come from.
    only_first, only_second : int
        Strips that one of the views alone has right.
    difference : float
        Share right of the second less that of the first.
    interval : list of two floats, or None
        95 %, bootstrap over recordings; None below ten.
    method : {"exact", "clustered"}
        How p was found.
    statistic : float or None
        None where exact.
    p : float or None
        None where the views never differ, or differ in fewer than ten recordings that are no single strips: χ² is too
        rough there.
    """

    n: int
    recordings: int
    only_first: int
    only_second: int
    difference: float
    interval: list[float] | None
    method: str
    statistic: float | None
    p: float | None

    def __str__(self) -> str:
        span = self.interval
        within = "-" if span is None else f"{100 * span[0]:+.1f} to {100 * span[1]:+.1f}"
        alone = f"right alone {self.only_second} against {self.only_first}"
        return f"{100 * self.difference:+.1f} points ({within}), {alone}, p {format_p(self.p)}"


@dataclass(frozen=True)
class RightCounts:
    """Strips of one original rhythm and source, and how many of them each view has right.

    Parameters
    ----------
    rhythm, source : str
        Source ``"all"``: all together.
    n, recordings : int
        Strips, and recordings that they come from.
    signal, image, both : int
        Strips that each view and their average have right.
    each, only_signal, only_image, neither : int
        The same by the two views: both right, one alone, none.
    """

    rhythm: str
    source: str
    n: int
    recordings: int
    signal: int
    image: int
    both: int
    each: int
    only_signal: int
    only_image: int
    neither: int


@dataclass(frozen=True)
class Comparison:
    """Signal, image and both beside each other.

    Parameters
    ----------
    tests : dict of str to McNemar
        For each pair of views.
    rows : tuple of RightCounts
        By original rhythm and source, and by rhythm over all sources.
    """

    tests: dict[str, McNemar]
    rows: tuple[RightCounts, ...]

    def __str__(self) -> str:
        """As text for a terminal; a cell of fewer than 20 strips shows counts only."""
        tests = [f"{name:24}  {test} ({test.method})" for name, test in self.tests.items()]
        return "\n".join([*tests, "", *_row_lines(self.rows)])


def mcnemar(first: NDArray[np.bool_], second: NDArray[np.bool_], recordings: NDArray[np.str_]) -> McNemar:
    """Whether two views that answered the same strips are right equally often.

    Only strips on which one of them alone is right tell. Where every recording gives one strip, the test is McNemar's
    exact one: with *b* strips right in the first view alone and *c* in the second alone, the smaller of the two comes
    from a fair coin thrown *b* + *c* times. Strips of one recording are no throws of their own, so that otherwise they
    are added up first: with *b_k* and *c_k* in recording *k* of *K*,

        χ² = (K - 1) / K · [Σ (b_k - c_k)]² / Σ (b_k - c_k)²,   one degree of freedom

    (Obuchowski 1998, doi 10.1002/(SICI)1097-0258(19980715)17:13<1495::AID-SIM863>3.0.CO;2-I, as Yang, Sun and Hardin
    2010, doi 10.1002/bimj.201000035, write it; they find it the most cautious of its kind). It counts strips, as
    accuracy does, and nears McNemar's own χ² where most recordings have one. Where one long recording holds most of
    the difference, p stays high even if the interval leaves out 0: one recording is one throw.

    Parameters
    ----------
    first, second : array of bool, shape (n,)
        Whether each view's answer is right.
    recordings : array of str, shape (n,)
        Where each strip comes from.

    Raises
    ------
    InvalidValue
        When there is no strip.
    """
    if not len(recordings):
        raise InvalidValue("there is no strip on which views can be compared; the set is empty")
    from scipy.stats import binomtest, chi2

    _, of = np.unique(recordings, return_inverse=True)
    distance = second.astype(np.float64) - first
    by_recording = np.bincount(of, weights=distance)
    only_first, only_second = int(np.count_nonzero(distance < 0)), int(np.count_nonzero(distance > 0))
    method, statistic, p = "clustered", None, None
    if len(by_recording) == len(recordings):
        method = "exact"
        p = float(binomtest(only_first, only_first + only_second).pvalue) if distance.any() else None
    elif by_recording.any():
        statistic = float((1 - 1 / len(by_recording)) * by_recording.sum() ** 2 / np.sum(by_recording**2))
        p = float(chi2.sf(statistic, 1)) if np.count_nonzero(by_recording) >= FEWEST_RECORDINGS else None
    difference, span = float(distance.mean()), interval(distance, recordings)
    counts = (len(recordings), len(by_recording), only_first, only_second)
    return McNemar(*counts, difference, span, method, statistic, p)


def compare_views(judged: Evaluation) -> Comparison:
    """Signal, image and both beside each other, over all strips and by original rhythm and source."""
    strips = judged.strips
    right = {view: answers.argmax(axis=1) == strips.targets for view, answers in judged.probabilities.items()}
    tests = {
        f"{second} against {first}": mcnemar(right[first], right[second], strips.recordings)
        for first, second in combinations(right, 2)
    }
    cells = _cells(strips.rhythms, strips.sources)
    return Comparison(tests, tuple(_count(right, strips.recordings, *cell) for cell in cells))


def _cells(rhythms: NDArray[np.str_], sources: NDArray[np.str_]) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    for rhythm in np.unique(rhythms):
        of_rhythm = rhythms == rhythm
        yield str(rhythm), ALL, of_rhythm
        for source in np.unique(sources[of_rhythm]):
            yield str(rhythm), str(source), of_rhythm & (sources == source)


def _count(
    right: dict[str, NDArray[np.bool_]],
    recordings: NDArray[np.str_],
    rhythm: str,
    source: str,
    here: NDArray[np.bool_],
) -> RightCounts:
    signal, image, both = (right[view][here] for view in ("signal", "image", BOTH))
    sets = (signal, image, both, signal & image, signal & ~image, image & ~signal, ~signal & ~image)
    strips, held = int(here.sum()), len(np.unique(recordings[here]))
    return RightCounts(rhythm, source, strips, held, *(int(each.sum()) for each in sets))


def _row_lines(rows: tuple[RightCounts, ...]) -> Iterator[str]:
    yield (
        f"{'rhythm':8}{'source':16}{'strips':>7}{'recordings':>12}{'signal':>8}{'image':>8}{'both':>8}"
        f"{'each':>8}{'signal only':>13}{'image only':>12}{'neither':>9}"
    )
    for row in rows:
        shares = "".join(f"{share_of(right, row.n):>8}" for right in (row.signal, row.image, row.both))
        yield (
            f"{row.rhythm:8}{row.source:16}{row.n:7}{row.recordings:12}{shares}"
            f"{row.each:8}{row.only_signal:13}{row.only_image:12}{row.neither:9}"
        )


def share_of(right: int, of: int) -> str:
    """Right answers as a share; their count alone where strips are fewer than 20."""
    return f"{right / of:.1%}" if of >= FEW else f"{right}"
