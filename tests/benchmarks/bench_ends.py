"""How much do a strip's ends depend on where it was cut, and do they tell which device it comes from?

    ECGTEACH_DATA=... python start.py bench ends

First: the same five seconds at the end of one strip and inside the next, filtered for reading, where the recording goes
on and where it is taken to end with the strip (continued as the filters do, mirrored with a sinking level, as scipy
extends it by default, or fitted by Gustafsson's method); of all recordings, and of those that are good. Then: how well
the last 0.2 s tell PTB-XL from the other sources, by a forest of trees on simple figures, beside 0.2 s from elsewhere
in the strip; 0.5 is chance.
"""

import numpy as np
from scipy.signal import butter, filtfilt, sosfiltfilt

from ecgteach import filters
from ecgteach.errors import EcgteachError
from ecgteach.records import open_dataset
from ecgteach.strip import Strip

SOURCES = ("ptb-xl", "ludb", "challenge-2021", "challenge-2017", "chapman")
PLACES = {"first 0.2 s": 0.0, "2.0 s": 2.0, "5.0 s": 5.0, "8.0 s": 8.0, "last 0.2 s": 9.8}


READING = ((0.5, "highpass"), (40.0, "lowpass"))


def by_scipy(samples: np.ndarray) -> np.ndarray:
    """The reading filters with scipy's own short extension."""
    for cutoff, kind in READING:
        samples = sosfiltfilt(butter(2, cutoff, kind, fs=500, output="sos"), samples)
    return samples


def by_gustafsson(samples: np.ndarray) -> np.ndarray:
    """The reading filters with ends fitted so that forwards and backwards agree."""
    for cutoff, kind in READING:
        samples = filtfilt(*butter(2, cutoff, kind, fs=500), samples, method="gust", irlen=2500)
    return samples


def mirrored(samples: np.ndarray) -> np.ndarray:
    """The reading filters on a trace that is mirrored at its ends and sinks to its level."""
    for cutoff, kind in READING:
        samples = filters._inside(filters._butterworth, filters._mirrored, samples, cutoff, kind)
    return samples


def bent_ends() -> None:
    """Print how much the last half second of a strip differs from the same half second inside another strip."""
    names = ("recording goes on", "continued", "mirrored", "scipy's extension", "Gustafsson's method")
    found: dict[str, list[float]] = {name: [] for name in names}
    good = []
    for source in ("challenge-2017", "mitdb"):
        for record in open_dataset(source)[:: 10 if source == "challenge-2017" else 1]:
            if record.seconds < 20:
                continue
            first, second = (record.strip(at=at, quality="any") for at in (2.0, 7.0))
            inside = second.filtered("baseline", "muscle").samples[2250:2500]
            alone = first.samples.astype(np.float64)
            ends = (
                first.filtered("baseline", "muscle").samples,
                Strip(first.samples).filtered("baseline", "muscle").samples,
                mirrored(alone),
                by_scipy(alone),
                by_gustafsson(alone),
            )
            good.append(first.quality.good)
            for name, end in zip(names, ends, strict=True):
                found[name].append(float(np.abs(end[-250:] - inside).max()))
    print(f"{'largest difference in mV':28}{'median':>8}{'95 %':>8}{'under 0.03 mV':>16}{'of good strips':>16}")
    for name, values in found.items():
        under = 100 * (np.array(values) < 0.03)
        print(
            f"{name:28}{np.median(values):8.3f}{np.percentile(values, 95):8.3f}{under.mean():14.1f} %"
            f"{under[good].mean():14.1f} %"
        )


def figures(window: np.ndarray) -> list[float]:
    """Range and movement of 0.2 s and of each of its quarters."""
    quarters = np.split(window, 4)
    return [float(np.ptp(window)), *(float(np.abs(np.diff(part)).mean()) for part in quarters)]


def told_source() -> None:
    """Print how well 0.2 s tell PTB-XL, raw and read."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import cross_val_predict

    strips, is_ptb = [], []
    for source in SOURCES:
        for record in open_dataset(source)[:: 10 if source == "challenge-2017" else 1].records():
            try:
                strips.append(record.strip(quality="any"))
                is_ptb.append(source == "ptb-xl" or record.id.startswith("HR"))
            except EcgteachError:
                continue
    print(f"\n{'AUC for PTB-XL':28}" + "".join(f"{place:>14}" for place in PLACES))
    for name, samples in (
        ("as recorded", [strip.samples for strip in strips]),
        ("as read", [strip.for_reading().samples for strip in strips]),
    ):
        row = []
        for start in PLACES.values():
            first = round(start * 500)
            table = np.array([figures(trace[first : first + 100]) for trace in samples])
            forest = RandomForestClassifier(200, min_samples_leaf=5, random_state=0)
            chance = cross_val_predict(forest, table, is_ptb, cv=5, method="predict_proba")[:, 1]
            row.append(roc_auc_score(is_ptb, chance))
        print(f"{name:28}" + "".join(f"{value:14.2f}" for value in row))


def main() -> None:
    """Print both tables."""
    bent_ends()
    told_source()


if __name__ == "__main__":
    main()
