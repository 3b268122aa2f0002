"""Finished runs of one recipe that differ by their seed alone: found by their names, refused where they are not alike.

A folder of runs holds ``signal-0``, ``image-0``, ``signal-1`` and so on, as ``python -m ecgteach train`` was told
to write them; what else lies there (``signal-without-ludb``) is no seed.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open

from ecgteach.errors import InvalidValue, UnreadableFile
from ecgteach.training.fit.fitting import LOG, Epoch

SETTINGS = "settings"
ALIKE = {
    "recipe": "recipe",
    SETTINGS: "settings of the recipe",
    "train": "training strips",
    "split": "split",
    "labels": "labels",
}
"""Notes of the weights that must agree, in words; one that all lack agrees."""


def finished_seeds(runs: Path, view: str) -> dict[int, Path]:
    """Weights of the finished runs of one view, by seed: ``RUNS/VIEW-SEED/VIEW.safetensors``.

    Raises
    ------
    UnreadableFile
        When one is damaged.
    InvalidValue
        When they are not alike (`check_alike`), or one lies under the name of another seed.
    """
    found = {}
    for folder in runs.glob(f"{view}-*"):
        seed, weights = folder.name.removeprefix(f"{view}-"), folder / f"{view}.safetensors"
        if seed.isdecimal() and weights.is_file():
            found[int(seed)] = weights
            if (own := notes_of(weights).get("seed", seed)) != seed:
                raise InvalidValue(f"{weights} is the network of seed {own}; it belongs in {folder.with_name(own)}")
    check_alike({file.parent.name: file for file in found.values()})
    return dict(sorted(found.items()))


def check_alike(files: Mapping[str, Path]) -> None:
    """Refuse weights that were not made by one recipe, of the same strips and labels.

    Parameters
    ----------
    files : mapping of str to path
        Weights by the name of their run.

    Raises
    ------
    InvalidValue
        When two differ, with their names.
    """
    notes = {name: notes_of(file) for name, file in sorted(files.items())}
    for note, words in ALIKE.items():
        first_with: dict[str | None, str] = {}
        for name, own in notes.items():
            first_with.setdefault(own.get(note), name)
        if len(first_with) > 1:
            one, other, *_ = first_with.values()
            raise InvalidValue(
                f"{other} and {one} differ in their {words}; only runs that are alike stand beside each other: "
                "train one of them again, or move it elsewhere"
            )


def notes_of(weights: Path) -> dict[str, str]:
    """What a file of weights says of itself; a setting that had another name before stands under its present one.

    Raises
    ------
    UnreadableFile
        When it is damaged.
    """
    try:
        with safe_open(weights, framework="pt") as file:
            notes = dict(file.metadata() or {})
    except (SafetensorError, OSError) as problem:
        raise UnreadableFile(f"{weights} holds no readable weights ({problem}). Train them again") from problem
    if SETTINGS in notes:
        notes[SETTINGS] = notes[SETTINGS].replace('"place":', '"localisation":')
    return notes


def read_log(run: Path) -> list[Epoch]:
    """The epochs of a finished run, as its log tells them.

    Raises
    ------
    UnreadableFile
        When the log is missing, holds a line that is no epoch, or names no best one.
    """
    path = run / LOG
    try:
        log = [Epoch(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError, TypeError) as problem:
        raise UnreadableFile(f"{path} is no log of a run ({problem}); train --resume writes it anew") from problem
    if not any(epoch.best for epoch in log):
        raise UnreadableFile(f"{path} names no best epoch; train --resume writes it anew")
    return log
