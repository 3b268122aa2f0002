"""What the commands share: their options, the networks that are asked, and the file that figures go to."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ecgteach.errors import UnreadableFile, choices
from ecgteach.models import VIEWS, StripCNN, load, load_file
from ecgteach.paths import write_whole
from ecgteach.rhythms import grouping
from ecgteach.training.fit.seeds import finished_seeds

N = Annotated[int, typer.Option("--n", min=1, help="Simulated strips for each rhythm, or pairs for each edit.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same strips and controls.")]
Only = Annotated[list[str] | None, typer.Option(help="Only this rhythm; may be given several times.")]
Real = Annotated[bool, typer.Option("--real", help="The real strips of the package instead of simulated ones.")]
Out = Annotated[Path | None, typer.Option(help="Write every figure here, as JSON.")]
Weights = Annotated[Path | None, typer.Option(help="Weights of this view's network, instead of the shipped ones.")]


def models_of(signal: Path | None, image: Path | None) -> dict[str, StripCNN]:
    """A network for each view: of a file, or the shipped one."""
    given = {"signal": signal, "image": image}
    return {view: load_file(path, grouping().classes, view) if path else load(view) for view, path in given.items()}


def pairs_of(runs: Path) -> list[dict[str, StripCNN]]:
    """Both views' networks of each seed that a folder of runs holds: ``signal-SEED`` and ``image-SEED``."""
    found = {view: finished_seeds(runs, view) for view in VIEWS}
    both = [seed for seed in found["signal"] if seed in found["image"]]
    return [{view: load_file(found[view][seed], grouping().classes, view) for view in VIEWS} for seed in both]


def pair_in(folder: Path) -> dict[str, StripCNN]:
    """The one pair whose weights lie somewhere in a folder.

    Raises
    ------
    UnreadableFile
        When a view's weights are missing, lie there more than once, or cannot be read.
    """
    return {view: load_file(_only_file(folder, f"{view}.safetensors"), grouping().classes, view) for view in VIEWS}


def write(path: Path | None, found: dict[str, Any]) -> None:
    """Write figures as JSON, where a file was named."""
    if path:
        print(f"written {write_whole(path, json.dumps(found, indent=1, allow_nan=False))}")


def _only_file(folder: Path, name: str) -> Path:
    found = sorted(folder.rglob(name))
    if len(found) == 1:
        return found[0]
    if not found:
        raise UnreadableFile(f"{folder} holds no {name}; python -m ecgteach train writes one")
    places = choices(str(one.parent) for one in found)
    raise UnreadableFile(f"{folder} holds {name} more than once, in {places}; name the folder of one pair")
