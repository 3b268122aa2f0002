"""How many QRS complexes do we miss or make up, beside two kept detectors?

    ECGTEACH_DATA=... python start.py bench beats

On clean simulated strips of every kind (complexes cut by an edge are not required), on LUDB between the first and last
marked complex, and on MIT-BIH (ventricular flutter left out, where no complexes are; within 100 ms of a strip's edge
nothing is counted). All three read the same strips of ten seconds; XQRS and neurokit2 are made for long recordings and
learn during the first seconds, so that MIT-BIH is given to them whole as well.
"""

import contextlib
import io
import warnings
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np

from ecgteach.beats import find_beats
from ecgteach.records import open_dataset
from ecgteach.strip import Strip
from tests.traces import WINDOW, clean, matched

SEEDS = range(500, 506)
EDGE = 0.1


def ours(samples: np.ndarray) -> np.ndarray:
    """Beats of one strip, in seconds."""
    return np.array(find_beats(Strip(samples)).times)


def xqrs(samples: np.ndarray, sampling_rate: float = 500.0) -> np.ndarray:
    """Beats by wfdb's XQRS."""
    from wfdb.processing import XQRS

    found = XQRS(samples.astype(np.float64), sampling_rate)
    with contextlib.redirect_stdout(io.StringIO()):
        found.detect(verbose=False)
    return np.asarray(found.qrs_inds) / sampling_rate


def neurokit(samples: np.ndarray, sampling_rate: float = 500.0) -> np.ndarray:
    """Beats by neurokit2's own method."""
    import neurokit2

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cleaned = neurokit2.ecg_clean(samples, round(sampling_rate))
        return np.asarray(neurokit2.ecg_findpeaks(cleaned, round(sampling_rate))["ECG_R_Peaks"]) / sampling_rate


DETECTORS: dict[str, Callable[..., np.ndarray]] = {"ours": ours, "XQRS": xqrs, "neurokit2": neurokit}


def marked_strips(source: str) -> Iterator[tuple[np.ndarray, list[float], list[float]]]:
    """Samples of each strip, the moments that count, and those that neither count nor are wrong."""
    for record in open_dataset(source):
        for strip in record.strips(quality="any"):
            if any(mark.symbol == "(VFL" for mark in strip.annotations):
                continue
            marks = [mark.peak for mark in strip.annotations if mark.kind in ("QRS", "beat") and mark.peak is not None]
            if source == "ludb":
                outside = [time for time in np.arange(0, 10, WINDOW) if not marks[0] <= time <= marks[-1]]
                yield strip.samples, marks, outside
            else:
                inside = [time for time in marks if EDGE <= time <= 10 - EDGE]
                yield strip.samples, inside, [*marks, 0.0, 10.0]


def count(detect: Callable[..., np.ndarray], strips: Iterator[tuple[np.ndarray, list[float], list[float]]]) -> Counter:
    """Pairs, false and missed complexes of one detector."""
    whole: Counter[str] = Counter()
    for samples, required, allowed in strips:
        try:
            found = detect(samples)
        except (ValueError, IndexError, ZeroDivisionError):
            found = np.zeros(0)
        pairs, false, missed = matched(found, required, allowed)
        whole.update(pairs=pairs, false=false, missed=missed)
    return whole


def whole_recordings(detect: Callable[..., np.ndarray]) -> Counter:
    """The same for MIT-BIH given whole."""
    counted: Counter[str] = Counter()
    for record in open_dataset("mitdb"):
        flutter = [(mark.start, mark.end) for mark in record.annotations if mark.symbol == "(VFL"]
        marks = [mark.peak for mark in record.annotations if mark.kind == "beat" and mark.peak is not None]
        found = detect(record[record.lead_for_reading()], record.sampling_rate)

        def clear(times: np.ndarray, flutter: list[tuple[float, float]] = flutter) -> list[float]:
            return [time for time in times if not any(first <= time <= last for first, last in flutter)]

        found, marks = np.array(clear(found)), clear(np.array(marks))
        pairs = sum(bool(found.size) and np.abs(found - mark).min() <= WINDOW for mark in marks)
        counted.update(pairs=pairs, missed=len(marks) - pairs, false=max(0, found.size - pairs))
    return counted


def line(name: str, where: str, counted: Counter) -> None:
    """One line of the table."""
    marked, found = counted["pairs"] + counted["missed"], counted["pairs"] + counted["false"]
    print(
        f"{where:28}{name:12}{marked:8}{counted['missed']:8}{counted['false']:8}"
        f"{100 * counted['pairs'] / marked:12.2f}{100 * counted['pairs'] / max(1, found):12.2f}"
    )


def main() -> None:
    """Print complexes, missed, false, sensitivity and precision of each detector on each source."""
    print(f"{'':28}{'':12}{'marked':>8}{'missed':>8}{'false':>8}{'Se %':>12}{'P+ %':>12}")
    for name, detect in DETECTORS.items():
        strips = ((strip.samples, strip.complexes, strip.cut) for strip in clean(SEEDS))
        line(name, "simulated, every kind", count(detect, strips))
        for source in ("ludb", "mitdb"):
            line(name, f"{source}, strips of 10 s", count(detect, marked_strips(source)))
        if detect is not ours:
            line(name, "mitdb, whole recordings", whole_recordings(detect))
    by_rhythm: dict[str, Counter[str]] = {}
    for strip in clean(SEEDS):
        pairs, false, missed = matched(ours(strip.samples), strip.complexes, strip.cut)
        by_rhythm.setdefault(strip.kind, Counter()).update(pairs=pairs, false=false, missed=missed)
    print("\nkinds in which ours misses or makes up more than 1 %:")
    for kind, counted in by_rhythm.items():
        if counted["missed"] + counted["false"] > 0.01 * (counted["pairs"] + counted["missed"]):
            line("ours", kind[:27], counted)


if __name__ == "__main__":
    main()
