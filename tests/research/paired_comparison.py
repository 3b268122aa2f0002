"""The two views compared fairly: same strips, same recipe, same layers, five seeds each.

Networks that are not shipped are kept in eight bits, in less than 3 MB; ``ecgteach/models/weights/seeds`` holds those
of the present pair.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecgteach.errors import UnreadableFile
from ecgteach.models import StripCNN, load_file, save
from ecgteach.models.weights import SEEDS, SHIPPED_SEED, SUMS, sums_of
from ecgteach.paths import write_whole
from ecgteach.printing import format_p
from ecgteach.rhythms import grouping
from ecgteach.statistics import interval
from ecgteach.training.data.strips import StripSet
from ecgteach.training.fit.fitting import predict

from .finished_runs import finished_seeds, notes_of
from .view_comparison import McNemar, mcnemar

Right = dict[str, NDArray[np.bool_]]


@dataclass(frozen=True)
class Seeds:
    """Accuracies of one view's networks.

    Parameters
    ----------
    accuracies : list of float
        By seed.
    mean, spread : float
        Their mean, and largest minus smallest.
    """

    accuracies: list[float]
    mean: float
    spread: float


@dataclass(frozen=True)
class PairedComparison:
    """Image against signal on the same strips.

    Parameters
    ----------
    n, recordings : int
        Strips, and recordings that they come from.
    views : dict of str to Seeds
        For ``"signal"`` and ``"image"``.
    tests : list of McNemar
        Image against signal, for each seed.
    difference : float
        Mean of the image less mean of the signal.
    interval : list of two floats, or None
        95 % of the difference, bootstrap over recordings; the seeds stay as they are.
    ahead : int
        In how many seeds the image is better.
    """

    n: int
    recordings: int
    views: dict[str, Seeds]
    tests: list[McNemar]
    difference: float
    interval: list[float] | None
    ahead: int

    @property
    def conclusion(self) -> str:
        """One sentence: whether "image beats signal" holds on these strips."""
        span, points = self.interval, 100 * self.difference
        seeds = f"ahead in {self.ahead} of {len(self.tests)} seeds"
        if span is None:
            return f'"Image beats signal" cannot be judged here: {self.recordings} recordings are too few.'
        figures = f"{points:+.2f} points, 95 % {100 * span[0]:+.2f} to {100 * span[1]:+.2f}, {seeds}"
        if span[0] > 0:
            return f'"Image beats signal" holds on these strips: {figures}.'
        if span[1] < 0:
            return f'"Image beats signal" does not hold on these strips, the signal beats the image: {figures}.'
        return f'"Image beats signal" does not hold on these strips, they cannot be told apart: {figures}.'

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def open_runs(runs: Path, view: str) -> dict[str, Path]:
    """Weights of a view's five finished runs, by the run's name.

    Raises
    ------
    UnreadableFile
        When one is not finished.
    InvalidValue
        When they are not alike (`finished_runs.check_alike`).
    """
    found = finished_seeds(runs, view)
    for seed in SEEDS:
        if seed not in found:
            folder = runs / f"{view}-{seed}"
            raise UnreadableFile(
                f"{folder / view}.safetensors is missing; finish the run: python -m ecgteach train --view {view} "
                f"--seed {seed} --out {folder} --resume"
            )
    return {f"{view}-{seed}": found[seed] for seed in SEEDS}


def right_answers(files: dict[str, Path], view: str, strips: StripSet) -> NDArray[np.bool_]:
    """Whether each network's answers are right, shape (networks, n)."""
    return np.array([_right(load_file(file, grouping().classes, view), strips) for file in files.values()])


def compare_seeds(right: Right, strips: StripSet) -> PairedComparison:
    """Compare the two views seed by seed.

    Parameters
    ----------
    right : dict of str to array, shape (seeds, n)
        For ``"signal"`` and ``"image"``: whether each seed's answer to each strip is right.
    strips : StripSet
        The strips.
    """
    shares = {view: hit.mean(axis=1) for view, hit in right.items()}
    apart = right["image"].mean(axis=0) - right["signal"].mean(axis=0)
    pairs = zip(right["signal"], right["image"], strict=True)
    return PairedComparison(
        len(strips),
        len(set(strips.recordings.tolist())),
        {view: Seeds(share.tolist(), float(share.mean()), float(np.ptp(share))) for view, share in shares.items()},
        [mcnemar(signal, image, strips.recordings) for signal, image in pairs],
        float(apart.mean()),
        interval(apart, strips.recordings),
        int(np.count_nonzero(shares["image"] > shares["signal"])),
    )


def keep(files: dict[str, dict[str, Path]], folder: Path, right: Right, strips: StripSet) -> Iterator[str]:
    """Write every network but the shipped pair to a folder in eight bits; say what that costs in size and accuracy.

    Yields
    ------
    str
        A line for each network.
    """
    for view, of_view in files.items():
        for (name, file), before in zip(of_view.items(), right[view], strict=True):
            if name == f"{view}-{SHIPPED_SEED}":
                continue
            model = load_file(file, grouping().classes, view)
            kept = save(model, folder / f"{name}.safetensors", notes_of(file), small=True)
            after = _right(load_file(kept, grouping().classes, view), strips)
            yield (
                f"{kept}: {kept.stat().st_size:,} bytes, accuracy {before.mean():.2%} before and {after.mean():.2%} "
                f"after, {np.count_nonzero(before != after)} strips of {len(strips)} now right or now wrong"
            )
    write_whole(folder / SUMS, sums_of(sorted(folder.glob("*.safetensors"))))


def _right(model: StripCNN, strips: StripSet) -> NDArray[np.bool_]:
    return np.asarray(predict(model, strips).argmax(axis=1) == strips.targets)


def _lines(found: PairedComparison) -> Iterator[str]:
    yield f"accuracy on {found.n} strips of {found.recordings} recordings"
    head = "".join(f"{f'seed {seed}':>10}" for seed in range(len(found.tests)))
    yield f"{'':8}{head}{'mean':>10}{'spread':>10}"
    for view, row in found.views.items():
        shares = "".join(f"{share:>10.2%}" for share in (*row.accuracies, row.mean))
        yield f"{view:8}{shares}{100 * row.spread:>10.2f}"
    yield f"{'p':8}" + "".join(f"{format_p(test.p):>10}" for test in found.tests)
    yield ""
    yield "image against signal"
    yield from (f"  seed {seed}  {test}" for seed, test in enumerate(found.tests))
    yield found.conclusion
