"""Two views of the same strips beside each other: where the image wins, where the signal, and whether by chance."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecgteach.errors import InvalidValue
from ecgteach.printing import format_p, percent
from ecgteach.statistics import FEWEST_RECORDINGS, interval
from ecgteach.training.evaluation.evaluation import BOTH, Evaluation

ALL = "all"


def mcnemar(first: NDArray[np.bool_], second: NDArray[np.bool_], recordings: NDArray[np.str_]) -> dict[str, Any]:
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

    Returns
    -------
    dict
        ``n``, ``recordings``, ``only_first``, ``only_second``, ``difference`` (share right of the second less that of
        the first) with its ``interval`` (95 %, bootstrap over recordings), ``method`` (``"exact"`` or
        ``"clustered"``), ``statistic`` (None where exact) and ``p`` (None where the views never differ, or differ in
        fewer than ten recordings that are no single strips: χ² is too rough there).

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
    found: dict[str, Any] = {
        "n": len(recordings),
        "recordings": len(by_recording),
        "only_first": only_first,
        "only_second": only_second,
        "difference": float(distance.mean()),
        "interval": interval(distance, recordings),
    }
    if len(by_recording) == len(recordings):
        p = float(binomtest(only_first, only_first + only_second).pvalue) if distance.any() else None
        return found | {"method": "exact", "statistic": None, "p": p}
    statistic = None
    if by_recording.any():
        statistic = float((1 - 1 / len(by_recording)) * by_recording.sum() ** 2 / np.sum(by_recording**2))
    enough = np.count_nonzero(by_recording) >= FEWEST_RECORDINGS
    p = float(chi2.sf(statistic, 1)) if statistic is not None and enough else None
    return found | {"method": "clustered", "statistic": statistic, "p": p}


def compare_views(judged: Evaluation) -> dict[str, Any]:
    """Signal, image and both beside each other, over all strips and by original rhythm and source.

    Parameters
    ----------
    judged : Evaluation
        Strips with the answers of all views.

    Returns
    -------
    dict
        ``tests``: for each pair of views, `mcnemar`. ``rows``: for each original rhythm and source, and for each rhythm
        over all sources (source ``"all"``), ``n``, ``recordings``, how many strips ``signal``, ``image`` and ``both``
        (their average) have right, and how many are right in ``each``, in ``only_signal``, ``only_image`` and in
        ``neither`` of the two views.
    """
    strips = judged.strips
    right = right_answers(judged)
    names = list(right)
    return {
        "tests": {
            f"{second} against {first}": mcnemar(right[first], right[second], strips.recordings)
            for first, second in combinations(names, 2)
        },
        "rows": [
            {"rhythm": rhythm, "source": source, **_count(right, strips.recordings, here)}
            for rhythm, source, here in _cells(strips.rhythms, strips.sources)
        ],
    }


def right_answers(judged: Evaluation) -> dict[str, NDArray[np.bool_]]:
    """Whether each view's answer is right, strip by strip."""
    return {view: told.argmax(axis=1) == judged.strips.targets for view, told in judged.probabilities.items()}


def format_comparison(found: dict[str, Any]) -> str:
    """The comparison as text for a terminal; a cell of fewer than 20 strips shows counts only."""
    return "\n".join([*_test_lines(found["tests"]), "", *_row_lines(found["rows"])])


def format_test(test: dict[str, Any]) -> str:
    """What `mcnemar` found, in one line: difference with its interval, strips that one view alone has right, and p."""
    span = test["interval"]
    within = "-" if span is None else f"{100 * span[0]:+.1f} to {100 * span[1]:+.1f}"
    alone = f"right alone {test['only_second']} against {test['only_first']}"
    return f"{100 * test['difference']:+.1f} points ({within}), {alone}, p {format_p(test['p'])}"


def _cells(rhythms: NDArray[np.str_], sources: NDArray[np.str_]) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    for rhythm in np.unique(rhythms):
        of_rhythm = rhythms == rhythm
        yield str(rhythm), ALL, of_rhythm
        for source in np.unique(sources[of_rhythm]):
            yield str(rhythm), str(source), of_rhythm & (sources == source)


def _count(
    right: dict[str, NDArray[np.bool_]], recordings: NDArray[np.str_], here: NDArray[np.bool_]
) -> dict[str, int]:
    signal, image, both = (right[view][here] for view in ("signal", "image", BOTH))
    return {
        "n": int(here.sum()),
        "recordings": len(np.unique(recordings[here])),
        "signal": int(signal.sum()),
        "image": int(image.sum()),
        "both": int(both.sum()),
        "each": int((signal & image).sum()),
        "only_signal": int((signal & ~image).sum()),
        "only_image": int((image & ~signal).sum()),
        "neither": int((~signal & ~image).sum()),
    }


def _test_lines(tests: dict[str, dict[str, Any]]) -> Iterator[str]:
    for name, test in tests.items():
        yield f"{name:24}  {format_test(test)} ({test['method']})"


def _row_lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    yield (
        f"{'rhythm':8}{'source':16}{'strips':>7}{'recordings':>12}{'signal':>8}{'image':>8}{'both':>8}"
        f"{'each':>8}{'signal only':>13}{'image only':>12}{'neither':>9}"
    )
    for row in rows:
        shares = "".join(f"{percent(row[view], row['n']):>8}" for view in ("signal", "image", BOTH))
        yield (
            f"{row['rhythm']:8}{row['source']:16}{row['n']:7}{row['recordings']:12}{shares}"
            f"{row['each']:8}{row['only_signal']:13}{row['only_image']:12}{row['neither']:9}"
        )
