"""A training run from recordings to weights: strips are gathered once, then one network is fitted by a recipe."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch

from ..errors import EcgteachError, InvalidValue, UnknownName, choices
from ..models import NETWORKS, VIEWS, StripCNN, save
from ..paths import write_whole
from ..records import Dataset, Problem, open_dataset
from ..records.doubted import doubted
from ..records.splits import PARTS, digest, twin_of
from ..strip import FILTERS, READING_STEPS
from .data.compression import FASTEST, LARGEST_COMPRESSION, compressed_strips
from .data.labelled import labelled_strips, own_part, split_in_words
from .data.simulated import KEY, simulated_strips
from .data.strips import GroupedStrip, StripSet, grouped_strips, open_strips, without_twins, write_strips
from .fit.checkpoints import alone_in, at_hand
from .fit.fitting import fit, predict
from .fit.temperature import fit_temperature
from .recipes import Recipe, check_seed, recipe

Say = Callable[[str], None]
COMPLETE = "complete.txt"

SHUFFLED = "shuffled"
"""Note of weights that were trained on labels dealt out at random."""


@dataclass(frozen=True)
class RunSettings:
    """What a run is told beside its strips and its recipe.

    Parameters
    ----------
    out : path
        Folder for checkpoints, log and weights.
    seed, resume, threads
        As in `fit`.
    shuffle_labels : bool
        Deal the labels of the training strips out at random: a network whose maps still look right after that shows
        that maps of this kind prove nothing (Adebayo et al. 2018, arXiv 1810.03292). The weights say so and are never
        shipped.
    say : callable
        Told what happens, a line at a time.
    """

    out: Path
    seed: int = 0
    resume: bool = False
    threads: int | None = None
    shuffle_labels: bool = False
    say: Say = print

    def __post_init__(self) -> None:
        check_seed(self.seed)
        if self.out.exists() and not self.out.is_dir():
            raise InvalidValue(f"{self.out} is a file; a run needs a folder: choose another --out")


def train_view(
    view: str,
    recipe_name: str,
    settings: RunSettings,
    *,
    data: str | Path | None = None,
    strips: Path | None = None,
    epochs: int | None = None,
) -> Path:
    """Gather the strips of a recipe, train the network of one view on them and write its weights.

    Parameters
    ----------
    view : {"signal", "image"}
        Which network.
    recipe_name : str
        One of `recipes.recipes()`.
    settings : RunSettings
        Its folder must hold no run, unless it is to go on.
    data : path, optional
        Folder that holds the data sets.
    strips : path, optional
        Folder for the gathered strips, which runs of one recipe can share; by default ``strips`` in the run's folder.
    epochs : int, optional
        Instead of the recipe's number.

    Returns
    -------
    path
        The weights.
    """
    if view not in VIEWS:
        raise UnknownName(f"no view is called {view!r}; there are {choices(VIEWS)}")
    chosen = recipe(recipe_name, **({} if epochs is None else {"epochs": epochs}))
    if not settings.resume and at_hand(settings.out):
        raise InvalidValue(f"{settings.out} holds a run already; go on with --resume, or choose another --out")
    settings.say(f"{chosen.name}: {chosen.description}")
    folder = strips or settings.out / "strips"
    train, validation = (gather(chosen, part, data, folder / part, settings.say) for part in PARTS[:2])
    return train_on(view, train, validation, chosen, settings)


def train_on(view: str, train: StripSet, validation: StripSet, chosen: Recipe, settings: RunSettings) -> Path:
    """Train the network of one view on strips that are gathered already, calibrate it and write its weights.

    Parameters
    ----------
    view : {"signal", "image"}
        Which network.
    train, validation : StripSet
        Strips to learn from and to judge by.
    chosen : Recipe
        What the run does.
    settings : RunSettings
        Where and how.

    Returns
    -------
    path
        The weights.
    """
    learnt, seed, say = train, settings.seed, settings.say
    if settings.shuffle_labels:
        learnt, chosen = shuffled(train, seed), replace(chosen, localisation=0.0)
        say("the labels of the training strips are shuffled, and no place is taught")
    model = NETWORKS[view]()
    log = fit(
        model,
        learnt,
        validation,
        recipe=chosen,
        seed=seed,
        out=settings.out,
        resume=settings.resume,
        progress=lambda epoch: say(str(epoch)),
        threads=settings.threads,
        say=say,
    )
    best = next(epoch for epoch in reversed(log) if epoch.best)
    temperature = set_temperature(model, validation)
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
    } | ({"labels": SHUFFLED} if settings.shuffle_labels else {})
    return save(model, settings.out / f"{view}.safetensors", notes)


def shuffled(strips: StripSet, seed: int) -> StripSet:
    """The same strips with their classes dealt out among them at random, as many of each as before."""
    return replace(strips, targets=np.random.default_rng(seed).permutation(strips.targets))


def set_temperature(model: StripCNN, validation: StripSet) -> float:
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

    A second call opens what is there, if it was made of the same recordings in the same way; one that comes while the
    first is still reading waits for it.
    """
    datasets = [_part(chosen, dataset, part) for dataset in without_twins(list(_at_hand(chosen, data, say)))]
    made_of = _made_of(chosen, part, datasets)
    if near_limits and part != "test":
        made_of["near_limits"] = True
    if before := _gathered_before(folder, made_of, say):
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
                elif part == "train" and (grouped.recording, grouped.strip.start) in doubted():
                    left_out["label doubted by its P waves and its beats"] += 1
                else:
                    yield grouped
        if part == "train" and chosen.compressed:
            names = {recording for recording, _ in doubted()}
            longer = (
                record
                for dataset in datasets
                for record in dataset.records()
                if "/".join(twin_of(record.source, record.id)) not in names
            )
            yield from compressed_strips(longer, chosen.compressed)
        if part == "train":
            yield from simulated_strips(chosen.simulated, chosen.simulated_kinds)

    with alone_in(folder, wait=True):
        if before := _gathered_before(folder, made_of, say):
            return before
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


def _made_of(chosen: Recipe, part: str, datasets: list[Dataset]) -> dict[str, object]:
    """All that decides which strips a part holds, as JSON gives it back."""
    return {
        "compressed": chosen.compressed,
        "simulated": chosen.simulated,
        "part": part,
        "split": split_of(chosen),
        "recordings": {dataset.source: list(dataset.ids) for dataset in datasets},
        "way": {
            "filters": [str(FILTERS[name][0]) for name in READING_STEPS],
            "simulated": {"key": KEY, "kinds": chosen.simulated_kinds},
            "compressed": {"largest": LARGEST_COMPRESSION, "fastest": FASTEST},
            "doubted": [list(strip) for strip in sorted(doubted())] if part == "train" else [],
        },
    } | ({"study": True} if chosen.study else {})


def _gathered_before(folder: Path, made_of: dict[str, object], say: Say) -> StripSet | None:
    """Strips in the folder, or None where they are not whole, or were made of something else.

    Strips that do not say in which way they were made are taken for the same.
    """
    try:
        held = json.loads((folder / COMPLETE).read_text(encoding="utf-8"))
        if {"way": made_of["way"]} | held["made_of"] != made_of:
            return None
        strips = open_strips(folder, Counter(held["left_out"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    say(f"{made_of['part']}: {strips!r}, as gathered before in {folder}; left out: {dict(strips.left_out)}")
    return strips


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
