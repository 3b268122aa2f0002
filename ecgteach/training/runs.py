"""A training run from recordings to weights: strips are gathered once, then one network is fitted by a recipe."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from ..errors import EcgteachError, InvalidValue, UnknownName, choices
from ..models import NETWORKS, VIEWS, save
from ..records import Dataset, Problem, open_dataset
from ..records.splits import digest
from .fitting import fit
from .recipes import Recipe, recipe
from .strips import Graded, StripSet, compressed_strips, graded_strips, open_strips, without_twins, write_strips

Say = Callable[[str], None]
COMPLETE = "complete.txt"


def train_view(
    view: str,
    recipe_name: str,
    *,
    data: str | Path | None,
    out: Path,
    seed: int = 0,
    resume: bool = False,
    epochs: int | None = None,
    threads: int | None = None,
    say: Say = print,
) -> Path:
    """Train the network of one view and write its weights.

    Parameters
    ----------
    view : {"signal", "image"}
        Which network.
    recipe_name : str
        One of `recipes.recipes()`.
    data : path, optional
        Folder that holds the data sets.
    out : path
        Folder for strips, checkpoint, log and weights. Without `resume` it must hold no run.
    seed, resume, threads
        As in `fit`.
    epochs : int, optional
        Instead of the recipe's number.
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
    if not resume and (out / "checkpoint.pt").exists():
        raise InvalidValue(f"{out} holds a run already; go on with --resume, or choose another --out")
    say(f"{chosen.name}: {chosen.description}")
    train, validation = (
        gather(chosen, part, data, out / "strips" / part, seed, say) for part in ("train", "validation")
    )
    model = NETWORKS[view]()
    log = fit(
        model,
        train,
        validation,
        recipe=chosen,
        seed=seed,
        out=out,
        resume=resume,
        progress=lambda epoch: say(str(epoch)),
        threads=threads,
    )
    best = next(epoch for epoch in reversed(log) if epoch.best)
    say(f"best: {best}")
    notes = {"recipe": chosen.name, "seed": seed, "epochs": len(log), "best_epoch": best.number, "split": digest()}
    return save(model, out / f"{view}.safetensors", notes)


def gather(chosen: Recipe, part: str, data: str | Path | None, folder: Path, seed: int, say: Say) -> StripSet:
    """Strips of one part, read from the recordings once and kept in a folder; a second call opens what is there."""
    if (folder / COMPLETE).is_file():
        strips = open_strips(folder)
        say(f"{part}: {strips!r}, as gathered before in {folder}")
        return strips
    datasets = [dataset.split(part) for dataset in without_twins(list(_at_hand(chosen, data, say)))]
    left_out: Counter[str] = Counter()

    def tell(problem: Problem) -> None:
        say(f"left out: {problem}")

    def everything() -> Iterator[Graded]:
        for dataset in datasets:
            for graded in graded_strips(dataset.records(tell), left_out, tell):
                if graded.near_limit:
                    left_out["within 2/min of a limit"] += 1
                else:
                    yield graded
        if part == "train" and chosen.compressed:
            longer = (record for dataset in datasets for record in dataset.records())
            yield from compressed_strips(longer, chosen.compressed, seed)

    say(f"{part}: reading {', '.join(f'{dataset.source} ({len(dataset)})' for dataset in datasets)}")
    strips = write_strips(everything(), folder, left_out)
    (folder / COMPLETE).write_text(repr(strips) + "\n", encoding="utf-8")
    say(f"{part}: {strips!r}; left out: {dict(left_out)}")
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
