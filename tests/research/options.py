"""What the commands share: their options, the networks that are asked, and the file that figures go to."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Annotated

import typer

from ecgteach.errors import UnknownName, UnreadableFile, choices
from ecgteach.models import VIEWS, StripCNN, load_file
from ecgteach.paths import write_whole
from ecgteach.rhythms import grouping, rhythm
from ecgteach.strip import FILTERS, READING_STEPS, Strip
from ecgteach.training.data.strips import StripSet

from .finished_runs import finished_seeds

N = Annotated[int, typer.Option("--n", min=1, help="Simulated strips for each rhythm, or pairs for each edit.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same result.")]
Only = Annotated[list[str] | None, typer.Option(help="Only this rhythm; may be given several times.")]
Real = Annotated[bool, typer.Option("--real", help="The real strips of the package instead of simulated ones.")]
Out = Annotated[Path | None, typer.Option(help="Write every figure here, as JSON.")]


def views_of(view: str | None) -> tuple[str, ...]:
    """The view that was named, or both.

    Raises
    ------
    UnknownName
        When there is no such view.
    """
    if view not in (None, *VIEWS):
        raise UnknownName(f"no view is called {view!r}; there are {choices(VIEWS)}")
    return (view,) if view else VIEWS


def strips_of(held: StripSet) -> Iterator[Strip]:
    """Each gathered strip with its source's own rhythm, filtered for reading; its lead is not kept."""
    steps = tuple(FILTERS[name][0] for name in READING_STEPS)
    for row in range(len(held)):
        yield Strip(
            held.millivolts(slice(row, row + 1))[0],
            lead="I or II",
            start=float(held.starts[row]),
            rhythm=rhythm(str(held.rhythms[row])),
            source_id=str(held.recordings[row]),
            steps=steps,
        )


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


def write(path: Path | None, found: object) -> None:
    """Write figures as JSON, where a file was named."""
    if path:
        print(f"written {write_whole(path, json.dumps(plain(found), indent=1, allow_nan=False))}")


def plain(found: object) -> object:
    """Figures as JSON holds them: records of all kinds by the names of their entries."""
    if hasattr(found, "to_json"):
        return plain(found.to_json())
    if is_dataclass(found):
        return {entry.name: plain(getattr(found, entry.name)) for entry in fields(found)}
    if hasattr(found, "_asdict"):
        return plain(found._asdict())
    if isinstance(found, Mapping):
        return {name: plain(value) for name, value in found.items()}
    return [plain(value) for value in found] if isinstance(found, list | tuple) else found


def _only_file(folder: Path, name: str) -> Path:
    found = sorted(folder.rglob(name))
    if len(found) == 1:
        return found[0]
    if not found:
        raise UnreadableFile(f"{folder} holds no {name}; python -m ecgteach train writes one")
    places = choices(str(one.parent) for one in found)
    raise UnreadableFile(f"{folder} holds {name} more than once, in {places}; name the folder of one pair")
