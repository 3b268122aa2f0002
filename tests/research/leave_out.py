"""How networks carry over to a device that they never saw: one source left out, each in turn.

``python -m tests.research.leave_out --strips FOLDER --out FOLDER`` takes strips that ``train`` has gathered
(``FOLDER/train`` and ``FOLDER/validation``). For each source it trains a network on the others' strips, simulated ones
included, and judges it on all real strips of the source that it never saw. The test part is not opened. A run that was
stopped goes on where it was.

A strip belongs to the source that recorded it, whichever data set brought it: the 2021 challenge holds recordings of
PTB-XL and of Chapman, and these leave together with theirs.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from ecgteach.errors import EcgteachError, InvalidValue
from ecgteach.models import VIEWS, StripCNN, load_file
from ecgteach.paths import write_whole
from ecgteach.printing import format_interval
from ecgteach.rhythms import grouping
from ecgteach.statistics import FEW
from ecgteach.training.data.simulated import SOURCE as SIMULATED
from ecgteach.training.data.strips import StripSet, open_strips
from ecgteach.training.evaluation.metrics import judge
from ecgteach.training.fit.fitting import predict
from ecgteach.training.recipes import Recipe, check_seed, recipe
from ecgteach.training.runs import Say, train_on

FEWEST_STRIPS = 20
"""Real strips that a source needs to be left out: below, its figure would be chance."""


@dataclass(frozen=True)
class LeftOut:
    """One source left out.

    Parameters
    ----------
    source : str
        Who recorded the strips.
    train, validation : StripSet
        Strips of the others, to learn from.
    unseen : tuple of StripSet
        Real strips of the source, in both parts; compressed ones are no recordings and are not judged.
    missing : tuple of str
        Groups of which a part has no real strip left, so that no network can be trained.
    """

    source: str
    train: StripSet
    validation: StripSet
    unseen: tuple[StripSet, StripSet]
    missing: tuple[str, ...]


def leave_out_each(train: StripSet, validation: StripSet) -> Iterator[LeftOut]:
    """Each source that has 20 real strips or more, with the strips of the others; the largest source first."""
    parts = (train, validation)
    origins = [recorded_by(strips) for strips in parts]
    real = [~strips.compressed & (origin != SIMULATED) for strips, origin in zip(parts, origins, strict=True)]
    names, counts = np.unique(np.concatenate([o[r] for o, r in zip(origins, real, strict=True)]), return_counts=True)
    for number in np.argsort(-counts, kind="stable"):
        source = str(names[number])
        if counts[number] < FEWEST_STRIPS:
            continue
        others = [strips.rows(origin != source) for strips, origin in zip(parts, origins, strict=True)]
        unseen = [strips.rows((o == source) & r) for strips, o, r in zip(parts, origins, real, strict=True)]
        yield LeftOut(source, others[0], others[1], (unseen[0], unseen[1]), _missing(*others))


def recorded_by(strips: StripSet) -> NDArray[np.str_]:
    """Source of each strip's recording under the name that the split knows it by, shape (n,)."""
    return np.array([name.partition("/")[0] for name in strips.recordings.tolist()])


def judge_unseen(model: StripCNN, left: LeftOut) -> dict[str, Any]:
    """Figures of a network on the source that it never saw (`metrics.judge`)."""
    held = [strips for strips in left.unseen if len(strips)]
    logits = np.concatenate([predict(model, strips) for strips in held]).astype(np.float64)
    targets, recordings = (
        np.concatenate([strips.targets for strips in held]),
        np.concatenate([strips.recordings for strips in held]),
    )
    return judge(targets, softmax(logits, axis=1), model.classes, recordings)


def leave_out(
    view: str,
    train: StripSet,
    validation: StripSet,
    chosen: Recipe,
    *,
    out: Path,
    seed: int = 0,
    threads: int | None = None,
    say: Say = print,
) -> dict[str, dict[str, Any]]:
    """Train one network for each source that is left out, or go on with it, and judge it there.

    Parameters
    ----------
    view : {"signal", "image"}
        Which network.
    train, validation : StripSet
        Strips of all sources.
    chosen : Recipe
        As for a network that learns from all.
    out : path
        Folder for a run each: ``VIEW-without-SOURCE``.
    seed, threads
        As in `fit`.
    say : callable
        Told what happens, a line at a time.

    Returns
    -------
    dict
        By source: `judge_unseen`, or ``missing``, the groups without which no network could be trained.

    Raises
    ------
    InvalidValue
        When there are strips of one source only.
    """
    if len({*recorded_by(train)} - {SIMULATED}) < 2:
        raise InvalidValue("these strips come from one source; to leave one out takes two or more")
    out.mkdir(parents=True, exist_ok=True)
    found: dict[str, dict[str, Any]] = {}
    for left in leave_out_each(train, validation):
        if left.missing:
            say(f"without {left.source}: not trained, because no real strip of {', '.join(left.missing)} is left")
            found[left.source] = {"missing": list(left.missing)}
        else:
            say(f"without {left.source}: {len(left.train)} strips to learn from, {sum(map(len, left.unseen))} to judge")
            weights = train_on(
                view,
                left.train,
                left.validation,
                chosen,
                out=out / f"{view}-without-{left.source}",
                seed=seed,
                resume=True,
                threads=threads,
                say=say,
            )
            found[left.source] = judge_unseen(load_file(weights, grouping().classes, view), left)
        write_whole(out / f"{view}.json", json.dumps({"seed": seed, "left_out": found}, indent=1))
    return found


def format_table(found: dict[str, dict[str, Any]]) -> str:
    """What each network made of the source it never saw; a group of fewer than 20 strips shows counts only."""
    return "\n".join(_lines(found))


def main(arguments: list[str] | None = None) -> None:
    """Train, judge, print."""
    asked = _arguments().parse_args(arguments)
    check_seed(asked.seed)
    chosen = recipe(asked.recipe, **({} if asked.epochs is None else {"epochs": asked.epochs}))
    train, validation = (open_strips(asked.strips / part) for part in ("train", "validation"))
    for view in [asked.view] if asked.view else VIEWS:
        found = leave_out(
            view, train, validation, chosen, out=asked.out, seed=asked.seed, threads=asked.threads, say=_say
        )
        print(f"\n{view}, recipe {chosen.name}, seed {asked.seed}: each source judged by a network that never saw it")
        print(f"{format_table(found)}\n", flush=True)


def _missing(train: StripSet, validation: StripSet) -> tuple[str, ...]:
    classes = grouping().classes
    held = set(train.real_targets.tolist()) & set(validation.real_targets.tolist())
    return tuple(name for number, name in enumerate(classes) if number not in held)


def _lines(found: dict[str, dict[str, Any]]) -> Iterator[str]:
    classes = grouping().classes
    head = f"{'left out':18}{'strips':>7}{'recordings':>12}{'accuracy':>10}{'interval':>18}{'balanced':>10}"
    yield head + "".join(f"{group:>12}" for group in classes)
    for source, row in found.items():
        if "missing" in row:
            yield f"{source:18}not trained: without it no real strip of {', '.join(row['missing'])} is left"
            continue
        span = format_interval(row["interval"])
        groups = "".join(f"{_sensitivity(row['per_class'][group]):>12}" for group in classes)
        figures = f"{row['accuracy']:>10.1%}{span:>18}{row['balanced_accuracy']:>10.1%}"
        yield f"{source:18}{row['n']:7}{row['recordings']:12}{figures}{groups}"


def _sensitivity(row: dict[str, Any]) -> str:
    if not row["n"]:
        return "none"
    return f"{round(row['sensitivity'] * row['n'])} of {row['n']}" if row["n"] < FEW else f"{row['sensitivity']:.1%}"


def _say(line: str) -> None:
    print(line, flush=True)


def _arguments() -> argparse.ArgumentParser:
    words = argparse.ArgumentParser(
        prog="python -m tests.research.leave_out", description="One source left out, each in turn."
    )
    words.add_argument("--strips", type=Path, required=True, help="folder that holds train and validation")
    words.add_argument("--out", type=Path, required=True, help="folder for the runs; what is there goes on")
    words.add_argument("--view", choices=VIEWS, help="one view; both by default")
    words.add_argument("--recipe", default="shipped", help="name of a recipe")
    words.add_argument("--epochs", type=int, help="other number of epochs than the recipe's")
    words.add_argument("--seed", type=int, default=0, help="one seed for all")
    words.add_argument("--threads", type=int, help="threads for training")
    return words


if __name__ == "__main__":
    try:
        main()
    except EcgteachError as problem:
        raise SystemExit(str(problem)) from None
