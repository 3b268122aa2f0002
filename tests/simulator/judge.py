"""Judge the simulator by tools and recordings that are not ours; each command prints one part of its table.

python tests/simulator/judge.py detectors
python tests/simulator/judge.py boundaries              (with LUDB where ECGTEACH_DATA points)
python tests/simulator/judge.py train --real DIR        (DIR/train and DIR/validation, as `write_strips` writes them)
python tests/simulator/judge.py apart --real DIR
"""

import argparse
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from ecgteach.errors import EcgteachError
from ecgteach.records import Record, open_dataset
from ecgteach.rhythms import grouping
from ecgteach.simulator import simulate_many, simulate_strips
from ecgteach.simulator.hearts import HEARTS

CLASSES = grouping().classes
WITHIN_SECONDS = 0.04
MATCH_SECONDS = 0.15
KINDS = {"VT": "VT and complete block", "AVB3": "VT and complete block"} | dict.fromkeys(
    ("AVNRT", "AVRT", "SVT"), "re-entry (up to 230/min)"
)
SECONDS = 30.0
"""Length of the recordings that the detectors get: they learn from their first beats."""

EDGE_SECONDS = 0.6
"""What is not counted at either end, where both detectors are known to miss beats."""

CSE_MS = {"P onset": 10.2, "P offset": 12.7, "QRS onset": 6.5, "QRS offset": 11.6, "T offset": 30.6}
"""Two standard deviations of the experts' own spread (CSE Working Party 1985); P offset from a secondary source."""


def detectors(strips: int) -> None:
    """QRS detection by NeuroKit2 and wfdb against the truth, clean and at 10 dB."""
    print(f"{'':13}" + "".join(f"{name:>40}" for name in DETECTORS))
    print(f"{'':13}" + f"{'in 40 ms':>10}{'in 150 ms':>10}{'false':>8}{'rate off':>12}" * len(DETECTORS))
    total: dict[tuple[str, str, str], list[tuple[int, ...]]] = {}
    ten_decibels = {"muscle": 13.0, "wander": 13.0}
    for noise_name, noise in (("clean", None), ("10 dB", ten_decibels)):
        for rhythm in HEARTS:
            batch = simulate_many(rhythm, strips, seed=7, seconds=SECONDS, leads=("I", "II"), noise=noise)
            records = [batch[number] for number in range(len(batch))]
            cells = ""
            for name, detect in DETECTORS.items():
                found = [detect(loud(record.signals[best(record)])) for record in records]
                counts = [matched(record, moments) for record, moments in zip(records, found, strict=True)]
                off = [rate_error(record, moments) for record, moments in zip(records, found, strict=True)]
                kind = KINDS.get(rhythm, "all other rhythms")
                total.setdefault((noise_name, name, kind), []).extend(counts)
                close, near, known, wrong = np.sum(counts, axis=0)
                cells += f"{close / known:10.1%}{near / known:10.1%}{wrong / known:8.1%}{np.nanmedian(off):8.1f}/min"
            print(f"{rhythm:7}{noise_name:6}{cells}", flush=True)
    for (noise_name, name, kind), rows in total.items():
        close, near, known, wrong = np.sum(rows, axis=0)
        shares = f"in 40 ms {close / known:.2%}, in 150 ms {near / known:.2%}, false {wrong / known:.2%}"
        print(f"{kind}, {noise_name}, {name}: of {known}, {shares}")


def rate_error(record: Record, found: np.ndarray) -> float:
    """Beats per minute between the rate of the detections and that of the truth."""
    return abs(60 / np.diff(found).mean() - 60 / record.truth.rr.mean()) if len(found) > 1 else np.nan


def matched(record: Record, found: np.ndarray) -> tuple[int, int, int, int]:
    """QRS found within 40 and within 150 ms of their highest or lowest point; QRS there are; false detections."""
    last = record.seconds - EDGE_SECONDS
    complexes = record.truth.of("QRS")
    peaks = [extremes(record, w.onset, w.offset) for w in complexes if w.onset > EDGE_SECONDS and w.offset < last]
    far = np.array([np.abs(found[:, None] - both).min() if len(found) else np.inf for both in peaks])
    counted = found[(found > EDGE_SECONDS) & (found < last)]
    spans = np.array([(w.onset - WITHIN_SECONDS, w.offset + WITHIN_SECONDS) for w in complexes])
    false = sum(not np.any((spans[:, 0] <= moment) & (moment <= spans[:, 1])) for moment in counted)
    return int((far <= WITHIN_SECONDS).sum()), int((far <= MATCH_SECONDS).sum()), len(peaks), int(false)


def loud(samples: np.ndarray) -> np.ndarray:
    """The lead at a gain that makes it 2 mV high: XQRS has limits in mV, and finds nothing in a lead of low voltage."""
    return samples.astype(np.float64) * (2.0 / np.ptp(samples))


def best(record: Record) -> int:
    """Row of the lead, I or II, with the higher R: the one that a monitor would be set to."""
    spans = [slice(int(w.onset * 500), int(w.offset * 500) + 1) for w in record.truth.of("QRS")[1:9]]
    return int(np.argmax([np.mean([lead[span].max() for span in spans]) for lead in record.truth.clean]))


def extremes(record: Record, onset: float, offset: float) -> np.ndarray:
    """Moments of the highest and the lowest point of the clean lead between two moments; detectors mark either."""
    first = int(onset * 500)
    segment = record.truth.clean[best(record), first : int(offset * 500) + 1]
    return (first + np.array([segment.argmax(), segment.argmin()])) / 500


def with_neurokit(samples: np.ndarray) -> np.ndarray:
    """Moments of R in seconds by NeuroKit2's own detector."""
    import neurokit2 as nk

    cleaned = nk.ecg_clean(samples, sampling_rate=500)
    _, found = nk.ecg_peaks(cleaned, sampling_rate=500)
    return np.asarray(found["ECG_R_Peaks"]) / 500


def with_wfdb(samples: np.ndarray) -> np.ndarray:
    """Moments of QRS in seconds by wfdb's XQRS."""
    from wfdb.processing import XQRS

    detector = XQRS(sig=samples, fs=500)
    detector.detect(verbose=False)
    return np.asarray(detector.qrs_inds) / 500


DETECTORS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"NeuroKit2": with_neurokit, "wfdb": with_wfdb}


def boundaries(strips: int) -> None:
    """Error of NeuroKit2's delineator on clean simulated sinus strips, beside its error on LUDB's sinus records."""
    batch = simulate_many("SR", strips, seed=11, leads=("II",), noise=None)
    simulated = errors([batch[number] for number in range(len(batch))], truth_waves)
    try:
        real = errors(sinus_of_ludb(), marked_waves)
    except EcgteachError as problem:
        print(f"LUDB is not at hand ({problem})")
        real = {}
    print(f"{'boundary':12}{'simulated, mean ± sd (n)':>30}{'LUDB, mean ± sd (n)':>30}{'CSE (2 sd)':>12}   in ms")
    for name in simulated:
        cells = ""
        for errs in (simulated, real):
            values = np.array(errs.get(name, [np.nan])) * 1000
            cells += f"{values.mean():14.1f} ± {values.std():5.1f} ({len(values):5d})"
        print(f"{name:12}{cells}{CSE_MS.get(name, float('nan')):12.1f}")


def errors(records: Iterator[Record] | list[Record], waves: Callable[[Record], list]) -> dict[str, list[float]]:
    """Delineated minus true boundary in seconds, of every wave whose peak or boundary was found within 150 ms."""
    import neurokit2 as nk

    found: dict[str, list[float]] = {f"{kind} {side}": [] for kind in ("P", "QRS", "T") for side in ("onset", "offset")}
    for record in records:
        cleaned = nk.ecg_clean(record["II"].astype(np.float64), sampling_rate=500)
        try:
            _, peaks = nk.ecg_peaks(cleaned, sampling_rate=500)
            _, marks = nk.ecg_delineate(cleaned, peaks["ECG_R_Peaks"], sampling_rate=500, method="dwt")
        except (ValueError, IndexError, KeyError, TypeError):
            continue
        for kind, letter in (("P", "P"), ("QRS", "R"), ("T", "T")):
            for side, suffix in (("onset", "Onsets"), ("offset", "Offsets")):
                moments = np.array(marks[f"ECG_{letter}_{suffix}"], dtype=np.float64) / 500
                moments = moments[np.isfinite(moments)]
                for wave in waves(record):
                    if wave[0] == kind and moments.size:
                        true = wave[1] if side == "onset" else wave[2]
                        nearest = moments[np.abs(moments - true).argmin()]
                        if abs(nearest - true) <= MATCH_SECONDS:
                            found[f"{kind} {side}"].append(float(nearest - true))
    return found


def truth_waves(record: Record) -> list[tuple[str, float, float]]:
    return [
        (w.kind, w.onset, w.offset) for w in record.truth.waves if w.onset > 0.1 and w.offset < record.seconds - 0.1
    ]


def marked_waves(record: Record) -> list[tuple[str, float, float]]:
    return [(m.kind, m.start, m.end) for m in record.annotations if m.lead == "II" and m.kind in ("P", "QRS", "T")]


def sinus_of_ludb() -> Iterator[Record]:
    return (record for record in open_dataset("ludb").records() if record.rhythm and record.rhythm.sinus)


def train(real: Path, strips: int, epochs: int, seed: int) -> None:
    """`SignalCNN` from simulated strips alone, tested on the real validation part."""
    from ecgteach.models import SignalCNN
    from ecgteach.training.data.strips import open_strips
    from ecgteach.training.fit.fitting import fit, predict
    from ecgteach.training.recipes import recipe

    validation = open_strips(real / "validation")
    began = time.perf_counter()
    simulated = as_strip_set(simulate_strips(strips, seed))
    held_out = as_strip_set(simulate_strips(800, seed + 1))
    print(f"{strips} strips simulated in {time.perf_counter() - began:.0f} s", flush=True)
    model = SignalCNN()
    chosen = recipe("shipped", epochs=epochs, strips_an_epoch=4000, gain=2.0, flip=0.2)
    fit(model, simulated, held_out, recipe=chosen, seed=seed, threads=1, progress=lambda e: print(e, flush=True))
    logits = predict(model, validation)
    report("simulated only, on real", validation, logits)
    wrong = (validation.targets == CLASSES.index("GSVT")) & (logits.argmax(axis=1) != validation.targets)
    for row in np.flatnonzero(wrong):
        answer, rate = CLASSES[logits[row].argmax()], validation.rates[row]
        print(f"    fast, missed: {validation.recordings[row]} at {rate:.0f}/min called {answer}")
    report("simulated only, on simulated", held_out, predict(model, held_out))


def mix(real: Path, strips: int, epochs: int, seed: int) -> None:
    """`SignalCNN` from real strips alone, and from the same with simulated ones added to the fast group's shortage."""
    from ecgteach.models import SignalCNN
    from ecgteach.training.data.strips import open_strips
    from ecgteach.training.fit.fitting import fit, predict
    from ecgteach.training.recipes import recipe

    learned, validation = open_strips(real / "train"), open_strips(real / "validation")
    simulated = as_strip_set(simulate_strips(strips, seed))
    for name, source in (("real alone", learned), ("real + simulated", joined(learned, simulated))):
        model = SignalCNN()
        chosen = recipe("shipped", epochs=epochs, strips_an_epoch=4000)
        fit(model, source, validation, recipe=chosen, seed=seed, threads=1, progress=lambda e: print(e, flush=True))
        report(f"{name}, on real", validation, predict(model, validation))


def joined(one, other):
    """Two sets of strips as one, in memory."""
    names = [field.name for field in fields(one) if isinstance(getattr(one, field.name), np.ndarray)]
    return replace(one, **{name: np.concatenate([getattr(one, name), getattr(other, name)]) for name in names})


def as_strip_set(strips):
    """Simulated strips in the form in which networks are trained."""
    from ecgteach.training.data.strips import StripSet

    n = len(strips.rates)
    return StripSet(
        np.clip(np.round(strips.millivolts * 1000), -32768, 32767).astype(np.int16),
        np.array([CLASSES.index(group) for group in strips.groups]),
        recordings=np.array([f"simulated/{id(strips)}-{number}" for number in range(n)]),
        sources=np.full(n, "simulated"),
        rhythms=strips.rhythms,
        rates=strips.rates,
        starts=np.zeros(n),
    )


def report(name: str, strips, logits: np.ndarray) -> None:
    answers = logits.argmax(axis=1)
    shares = [float((answers[strips.targets == number] == number).mean()) for number in range(len(CLASSES))]
    counts = [int((strips.targets == number).sum()) for number in range(len(CLASSES))]
    print(
        f"{name}: balanced accuracy {np.mean(shares):.1%}; "
        + ", ".join(
            f"{group} {share:.1%} of {count}" for group, share, count in zip(CLASSES, shares, counts, strict=True)
        )
    )
    for source in sorted(set(strips.sources)):
        own = strips.sources == source
        cells = [
            f"{group} {(answers[own & (strips.targets == k)] == k).mean():.0%} of {(own & (strips.targets == k)).sum()}"
            for k, group in enumerate(CLASSES)
            if (own & (strips.targets == k)).any()
        ]
        print(f"    {source:16}" + ", ".join(cells))


def apart(real: Path, strips: int) -> None:
    """AUC of a classifier that tells simulated from real strips of one group, and the features that it used most."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.inspection import permutation_importance
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GroupKFold

    from ecgteach.training.data.strips import open_strips

    recorded = open_strips(real / "validation")
    made = simulate_strips(strips, 5)
    for number, group in enumerate(CLASSES):
        own = np.flatnonzero(recorded.targets == number)
        fake = made.millivolts[made.groups == group]
        if len(own) < 40:
            print(f"{group:6}{len(own)} real strips: too few for an AUC")
            continue
        table = np.array([features(strip) for strip in [*recorded.millivolts(own), *fake]])
        is_real = np.r_[np.ones(len(own)), np.zeros(len(fake))]
        persons = np.r_[recorded.recordings[own], [f"s{i}" for i in range(len(fake))]]
        scores = np.zeros(len(table))
        for fold, (first, second) in enumerate(GroupKFold(5).split(table, is_real, persons)):
            forest = HistGradientBoostingClassifier(max_iter=150, random_state=0, class_weight="balanced")
            forest.fit(table[first], is_real[first])
            scores[second] = forest.predict_proba(table[second])[:, 1]
            if fold == 0:
                told = permutation_importance(
                    forest, table[second], is_real[second], scoring="roc_auc", n_repeats=5, random_state=0
                ).importances_mean
        best = np.argsort(told)[::-1][:6]
        medians = [np.median(table[is_real == kind], axis=0) for kind in (1, 0)]
        said = ", ".join(f"{NAMES[i]} ({medians[0][i]:.2f} real, {medians[1][i]:.2f} sim.)" for i in best)
        print(
            f"{group:6}AUC {roc_auc_score(is_real, scores):.3f} ({len(own)} real, {len(fake)} simulated); most: {said}"
        )


BANDS = (0.5, 1, 2, 4, 6, 8, 12, 16, 20, 25, 30, 35, 40, 60)
NAMES = [f"power {low}-{high} Hz" for low, high in pairwise(BANDS)] + [
    "standard deviation",
    "skewness",
    "kurtosis",
    "largest",
    "smallest",
    "slope kurtosis",
    "quiet share",
    "beats",
    "RR spread",
    "beat spread",
    "between-beat noise",
]


def features(strip: np.ndarray) -> list[float]:
    """What is easily measured about a strip: its spectrum, its amplitudes, its beats."""
    from scipy.stats import kurtosis, skew

    from ecgteach.beats import find_beats
    from ecgteach.strip import Strip

    spectrum = np.abs(np.fft.rfft(strip * np.hanning(strip.size))) ** 2
    hertz = np.fft.rfftfreq(strip.size, 1 / 500)
    total = spectrum[hertz > 0.5].sum() + 1e-12
    bands = [np.log10(spectrum[(hertz >= low) & (hertz < high)].sum() / total + 1e-9) for low, high in pairwise(BANDS)]
    slope = np.diff(strip)
    beats = find_beats(Strip(strip))
    centres = (np.array(beats.times) * 500).astype(int)
    inside = centres[(centres > 100) & (centres < 4850)]
    segments = np.array([strip[c - 100 : c + 150] for c in inside]) if len(inside) > 2 else np.zeros((3, 250))
    middle = np.median(segments, axis=0)
    rest = (segments - middle).std(axis=0)
    quiet = (np.abs(strip) < 0.05 * np.ptp(strip)).mean()
    return [
        *bands,
        np.log10(strip.std() + 1e-6),
        skew(strip),
        np.log10(kurtosis(strip) + 3),
        strip.max(),
        strip.min(),
        np.log10(kurtosis(slope) + 3),
        quiet,
        len(centres),
        float(np.nan_to_num(beats.irregularity)),
        float(rest[80:130].mean() / (np.ptp(middle) + 1e-6)),
        float(rest[:60].mean() / (np.ptp(middle) + 1e-6)),
    ]


def main() -> None:
    """The command line."""
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("detectors", "boundaries", "train", "mix", "apart"))
    parser.add_argument("--real", type=Path)
    parser.add_argument("--strips", type=int)
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--seed", type=int, default=3)
    given = parser.parse_args()
    if given.part in ("train", "mix", "apart") and given.real is None:
        parser.error(f"{given.part} needs --real DIR with the prepared real strips")
    if given.part == "detectors":
        detectors(given.strips or 20)
    elif given.part == "boundaries":
        boundaries(given.strips or 60)
    elif given.part in ("train", "mix"):
        (train if given.part == "train" else mix)(given.real, given.strips or 14000, given.epochs, given.seed)
    else:
        apart(given.real, given.strips or 1600)


if __name__ == "__main__":
    main()
