"""The two views compared fairly: same strips, same recipe, same layers, five seeds each.

``python -m tests.research.paired_comparison RUNS --strips FOLDER/validation`` judges the finished runs
``RUNS/signal-0`` to ``RUNS/signal-4`` and ``RUNS/image-0`` to ``RUNS/image-4`` on the same strips and says whether
"image beats signal" holds on them. With ``--keep FOLDER`` it writes those that are not shipped there in eight bits, in
less than 3 MB; ``ecgteach/models/weights/seeds`` is such a folder.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecgteach.errors import EcgteachError, UnreadableFile
from ecgteach.models import VIEWS, StripCNN, load_file, save
from ecgteach.models import weights as shelf
from ecgteach.models.weights import SEEDS, SHIPPED_SEED
from ecgteach.paths import write_whole
from ecgteach.printing import format_p
from ecgteach.rhythms import grouping
from ecgteach.statistics import interval
from ecgteach.training.data.strips import StripSet, open_strips
from ecgteach.training.fit.fitting import predict
from ecgteach.training.fit.seeds import check_alike, finished_seeds, notes_of

from .view_comparison import format_test, mcnemar

Right = dict[str, NDArray[np.bool_]]


def open_runs(runs: Path, view: str) -> dict[str, Path]:
    """Weights of a view's five finished runs, by the run's name.

    Raises
    ------
    UnreadableFile
        When one is not finished.
    InvalidValue
        When they are not alike (`seeds.check_alike`).
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


def paired_comparison(right: Right, strips: StripSet) -> dict[str, Any]:
    """Figures of the paired_comparison.

    Parameters
    ----------
    right : dict of str to array, shape (seeds, n)
        For ``"signal"`` and ``"image"``: whether each seed's answer to each strip is right.
    strips : StripSet
        The strips.

    Returns
    -------
    dict
        ``n``, ``recordings``; ``views``: for each ``accuracies`` by seed, ``mean`` and ``spread`` (largest minus
        smallest); ``tests``: for each seed `comparison.mcnemar` of image against signal; ``difference`` (mean of image
        minus mean of signal) and its ``interval`` (95 %, bootstrap over recordings; the seeds stay as they are);
        ``ahead``: in how many seeds the image is better.
    """
    shares = {view: hit.mean(axis=1) for view, hit in right.items()}
    apart = right["image"].mean(axis=0) - right["signal"].mean(axis=0)
    pairs = zip(right["signal"], right["image"], strict=True)
    return {
        "n": len(strips),
        "recordings": len(set(strips.recordings.tolist())),
        "views": {
            view: {"accuracies": share.tolist(), "mean": float(share.mean()), "spread": float(np.ptp(share))}
            for view, share in shares.items()
        },
        "tests": [mcnemar(signal, image, strips.recordings) for signal, image in pairs],
        "difference": float(apart.mean()),
        "interval": interval(apart, strips.recordings),
        "ahead": int(np.count_nonzero(shares["image"] > shares["signal"])),
    }


def verdict(found: dict[str, Any]) -> str:
    """One sentence: whether "image beats signal" holds on these strips."""
    span, points = found["interval"], 100 * found["difference"]
    seeds = f"ahead in {found['ahead']} of {len(found['tests'])} seeds"
    if span is None:
        return f'"Image beats signal" cannot be judged here: {found["recordings"]} recordings are too few.'
    figures = f"{points:+.2f} points, 95 % {100 * span[0]:+.2f} to {100 * span[1]:+.2f}, {seeds}"
    if span[0] > 0:
        return f'"Image beats signal" holds on these strips: {figures}.'
    if span[1] < 0:
        return f'"Image beats signal" does not hold on these strips, the signal beats the image: {figures}.'
    return f'"Image beats signal" does not hold on these strips, they cannot be told apart: {figures}.'


def format_paired_comparison(found: dict[str, Any]) -> str:
    """The paired_comparison as text for a terminal."""
    return "\n".join(_lines(found))


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
    write_whole(folder / shelf.SUMS, shelf.sums_of(sorted(folder.glob("*.safetensors"))))


def main(arguments: list[str] | None = None) -> None:
    """Judge, compare, print."""
    asked = _arguments().parse_args(arguments)
    strips = open_strips(asked.strips)
    files = {view: open_runs(asked.runs, view) for view in VIEWS}
    check_alike({name: file for of_view in files.values() for name, file in of_view.items()})
    right = {view: right_answers(of_view, view, strips) for view, of_view in files.items()}
    found = paired_comparison(right, strips)
    print(f"{strips!r}\n{format_paired_comparison(found)}")
    if asked.keep:
        for line in keep(files, asked.keep, right, strips):
            print(line)
        print(f"{sum(file.stat().st_size for file in asked.keep.glob('*.safetensors')):,} bytes together")
    if asked.out:
        print(f"written {write_whole(asked.out, json.dumps(found | {'strips': strips.digest()}, indent=1))}")


def _right(model: StripCNN, strips: StripSet) -> NDArray[np.bool_]:
    return np.asarray(predict(model, strips).argmax(axis=1) == strips.targets)


def _lines(found: dict[str, Any]) -> Iterator[str]:
    yield f"accuracy on {found['n']} strips of {found['recordings']} recordings"
    head = "".join(f"{f'seed {seed}':>10}" for seed in range(len(found["tests"])))
    yield f"{'':8}{head}{'mean':>10}{'spread':>10}"
    for view, row in found["views"].items():
        shares = "".join(f"{share:>10.2%}" for share in (*row["accuracies"], row["mean"]))
        yield f"{view:8}{shares}{100 * row['spread']:>10.2f}"
    yield f"{'p':8}" + "".join(f"{format_p(test['p']):>10}" for test in found["tests"])
    yield ""
    yield "image against signal"
    for seed, test in enumerate(found["tests"]):
        yield f"  seed {seed}  {format_test(test)}"
    yield verdict(found)


def _arguments() -> argparse.ArgumentParser:
    words = argparse.ArgumentParser(
        prog="python -m tests.research.paired_comparison", description="Signal against image, five seeds each."
    )
    words.add_argument("runs", type=Path, help="folder that holds the runs signal-0 to signal-4 and image-0 to image-4")
    words.add_argument("--strips", type=Path, required=True, help="folder of the strips to judge, such as validation")
    words.add_argument("--keep", type=Path, help="write all networks but the shipped pair here, in eight bits")
    words.add_argument("--out", type=Path, help="write the figures here, as JSON")
    return words


if __name__ == "__main__":
    try:
        main()
    except EcgteachError as problem:
        raise SystemExit(str(problem)) from None
