"""A training run from recordings to weights: strips are gathered once, then one network is fitted by a recipe."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..errors import EcgteachError, InvalidValue, UnknownName, choices
from ..models import NETWORKS, VIEWS, StripCNN, load_file, save
from ..places import write_whole
from ..records import Dataset, Problem, open_dataset
from ..records.splits import PARTS, digest
from ..strip import FILTERS, READING_STEPS
from .calibration import fit_temperature
from .compression import FASTEST, LARGEST_COMPRESSION, compressed_strips
from .fitting import CHECKPOINT, fit, predict
from .recipes import Recipe, check_seed, recipe
from .simulated import GROUPS, KEY, MIXTURES, simulated_strips
from .strips import GroupedStrip, StripSet, grouped_strips, open_strips, without_twins, write_strips
from .study import labelled_strips, own_part, report, split_in_words

Say = Callable[[str], None]
COMPLETE = "complete.txt"
REPORT = "report.txt"

SHUFFLED = "shuffled"
"""Note of weights that were trained on labels dealt out at random."""


def train_view(
    view: str,
    recipe_name: str,
    *,
    data: str | Path | None,
    out: Path,
    strips: Path | None = None,
    seed: int = 0,
    resume: bool = False,
    epochs: int | None = None,
    threads: int | None = None,
    shuffle_labels: bool = False,
    say: Say = print,
) -> Path:
    """Train the network of one view and write its weights; the study's experiment gets its report beside them.

    Parameters
    ----------
    view : {"signal", "image"}
        Which network.
    recipe_name : str
        One of `recipes.recipes()`.
    data : path, optional
        Folder that holds the data sets.
    out : path
        Folder for checkpoint, log and weights. Without `resume` it must hold no run.
    strips : path, optional
        Folder for the gathered strips, which runs of one recipe can share; by default ``strips`` in `out`.
    seed, resume, threads
        As in `fit`.
    epochs : int, optional
        Instead of the recipe's number.
    shuffle_labels : bool
        As in `train_on`; the study's experiment then has no report.
    say : callable
        Told what happens, a line at a time.

    Returns
    -------
    path
        The weights.
    """
    if view not in VIEWS:
        raise UnknownName(f"no view is called {view!r}; there are {choices(VIEWS)}")
    chosen = recipe(recipe_name, **({} if epochs is None else {"epochs": epochs}))
    check_seed(seed)
    if out.exists() and not out.is_dir():
        raise InvalidValue(f"{out} is a file; a run needs a folder: choose another --out")
    if not resume and (out / CHECKPOINT).exists():
        raise InvalidValue(f"{out} holds a run already; go on with --resume, or choose another --out")
    say(f"{chosen.name}: {chosen.description}")
    folder = strips or out / "strips"
    train, validation = (gather(chosen, part, data, folder / part, say) for part in PARTS[:2])
    weights = train_on(
        view,
        train,
        validation,
        chosen,
        out=out,
        seed=seed,
        resume=resume,
        threads=threads,
        shuffle_labels=shuffle_labels,
        say=say,
    )
    if chosen.study and not shuffle_labels:
        parts = [train, validation, gather(chosen, "test", data, folder / "test", say)]
        words = report(load_file(weights, view=view), parts, chosen, data)
        say(words)
        write_whole(out / REPORT, f"{words}\n")
    return weights


def train_on(
    view: str,
    train: StripSet,
    validation: StripSet,
    chosen: Recipe,
    *,
    out: Path,
    seed: int = 0,
    resume: bool = False,
    threads: int | None = None,
    shuffle_labels: bool = False,
    say: Say = print,
) -> Path:
    """Train the network of one view on strips that are gathered already, calibrate it and write its weights.

    Parameters
    ----------
    view : {"signal", "image"}
        Which network.
    train, validation : StripSet
        Strips to learn from and to judge by.
    chosen : Recipe
        What the run does.
    out : path
        Folder for checkpoint, log and weights.
    seed, resume, threads
        As in `fit`.
    shuffle_labels : bool
        Deal the labels of the training strips out at random: a network whose maps still look right after that shows
        that maps of this kind prove nothing (Adebayo et al. 2018, arXiv 1810.03292). The weights say so and are never
        shipped.
    say : callable
        Told what happens, a line at a time.

    Returns
    -------
    path
        The weights.
    """
    learnt = train
    if shuffle_labels:
        learnt, chosen = shuffled(train, seed), replace(chosen, place=0.0)
        say("the labels of the training strips are shuffled, and no place is taught")
    model = NETWORKS[view]()
    log = fit(
        model,
        learnt,
        validation,
        recipe=chosen,
        seed=seed,
        out=out,
        resume=resume,
        progress=lambda epoch: say(str(epoch)),
        threads=threads,
    )
    best = next(epoch for epoch in reversed(log) if epoch.best)
    temperature = temper(model, validation)
    say(f"best: {best}; its logits were divided by the temperature {temperature:.2f}")
    notes = {
        "recipe": chosen.name,
        "seed": seed,
        "epochs": len(log),
        "best_epoch": best.number,
        "temperature": f"{temperature:.3f}",
        "split": split_of(chosen),
        "train": train.digest(),
        "settings": {name: value for name, value in asdict(chosen).items() if name not in ("name", "description")},
    } | ({"labels": SHUFFLED} if shuffle_labels else {})
    return save(model, out / f"{view}.safetensors", notes)


def shuffled(strips: StripSet, seed: int) -> StripSet:
    """The same strips with their classes dealt out among them at random, as many of each as before."""
    return replace(strips, targets=np.random.default_rng(seed).permutation(strips.targets))


def temper(model: StripCNN, validation: StripSet) -> float:
    """Calibrate a network: divide its last layer by the temperature that fits the validation part. No answer changes.

    Returns
    -------
    float
        The temperature.
    """
    temperature = fit_temperature(predict(model, validation), validation.targets)
    with torch.no_grad():
        for numbers in model.dense.parameters():
            numbers.div_(temperature)
    return temperature


def gather(
    chosen: Recipe, part: str, data: str | Path | None, folder: Path, say: Say, *, near_limits: bool = False
) -> StripSet:
    """Strips of one part, read from the recordings once and kept in a folder; the same for every seed of a run.

    Sinus strips near a rate limit are left out, but for the test part, where they are judged in a table of their own;
    with `near_limits` they stay in any part.

    A second call opens what is there, if it was made of the same recordings in the same way.
    """
    datasets = [_part(chosen, dataset, part) for dataset in without_twins(list(_at_hand(chosen, data, say)))]
    made_of = _made_of(chosen, part, datasets)
    if near_limits and part != "test":
        made_of["near_limits"] = True
    before = _gathered_before(folder, made_of)
    if before is not None:
        say(f"{part}: {before!r}, as gathered before in {folder}; left out: {dict(before.left_out)}")
        return before
    if not any(map(len, datasets)):
        raise InvalidValue(
            f"no recording at hand falls into the {part} part of the split ({split_of(chosen)}); fetch more of them"
        )
    left_out: Counter[str] = Counter()

    def tell(problem: Problem) -> None:
        say(f"left out: {problem}")

    def everything() -> Iterator[GroupedStrip]:
        for dataset in datasets:
            if chosen.study:
                yield from labelled_strips(dataset, left_out, tell)
                continue
            for grouped in grouped_strips(dataset.records(tell), left_out, tell):
                if grouped.near_limit and not near_limits and part != "test":
                    left_out["within 2/min of a limit"] += 1
                else:
                    yield grouped
        if part == "train" and chosen.compressed:
            longer = (record for dataset in datasets for record in dataset.records())
            yield from compressed_strips(longer, chosen.compressed)
        if part == "train":
            yield from simulated_strips(chosen.simulated)

    say(f"{part}: reading {', '.join(f'{dataset.source} ({len(dataset)})' for dataset in datasets)}")
    (folder / COMPLETE).unlink(missing_ok=True)
    strips = write_strips(everything(), folder, left_out)
    write_whole(folder / COMPLETE, json.dumps({"made_of": made_of, "left_out": left_out}, indent=1))
    say(f"{part}: {strips!r}; left out: {dict(left_out)}")
    return strips


def split_of(chosen: Recipe) -> str:
    """Digest of the committed split, or the recipe's own in words."""
    return split_in_words(chosen) if chosen.split else digest()


def _part(chosen: Recipe, dataset: Dataset, part: str) -> Dataset:
    if not chosen.split:
        return dataset.split(part)
    return dataset.where(lambda entry: own_part(chosen, dataset.source, entry) == part)


def _made_of(chosen: Recipe, part: str, datasets: list[Dataset]) -> dict[str, Any]:
    """All that decides which strips a part holds, as JSON gives it back."""
    return {
        "compressed": chosen.compressed,
        "simulated": chosen.simulated,
        "part": part,
        "split": split_of(chosen),
        "recordings": {dataset.source: list(dataset.ids) for dataset in datasets},
        "way": {
            "filters": [str(FILTERS[name][0]) for name in READING_STEPS],
            "simulated": {"key": KEY, "groups": GROUPS, "mixtures": MIXTURES},
            "compressed": {"largest": LARGEST_COMPRESSION, "fastest": FASTEST},
        },
    } | ({"study": True} if chosen.study else {})


def _gathered_before(folder: Path, made_of: dict[str, Any]) -> StripSet | None:
    """Strips in the folder, or None where they are not whole, or were made of something else.

    Strips that do not say in which way they were made are taken for the same.
    """
    try:
        held = json.loads((folder / COMPLETE).read_text(encoding="utf-8"))
        if {"way": made_of["way"]} | held["made_of"] != made_of:
            return None
        return open_strips(folder, Counter(held["left_out"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _at_hand(chosen: Recipe, data: str | Path | None, say: Say) -> Iterator[Dataset]:
    found = 0
    for source in chosen.sources:
        try:
            dataset = open_dataset(source, data)
        except EcgteachError as problem:
            say(f"without {source}: {problem}")
            continue
        found += 1
        yield dataset
    if not found:
        raise InvalidValue(f"none of the recipe's data sets is at hand: {choices(chosen.sources)}")
