"""Commands that make what the package holds, and sheets for people to paint on."""

from pathlib import Path
from typing import Annotated

import typer

from ecgteach.cli import Data
from ecgteach.paths import write_whole
from ecgteach.records import doubted
from ecgteach.training.data.strips import open_strips

from . import making_samples
from .doubted_labels import as_table, doubted_in, read_table
from .sheets import agreement, write_rhythms, write_sheet
from .standin import write_stand_in
from .twelve_leads import write_contrasts, write_kinds

samples = typer.Typer(
    no_args_is_help=True, help="How the tables of ecgteach/records were made; a stand-in for Chapman."
)
sheets = typer.Typer(no_args_is_help=True, help="Each rhythm with its evidence painted, and forty strips to paint.")

DOUBTED = Path(doubted.__file__).with_name(doubted.FILE)

Folder = Annotated[Path, typer.Argument(help="Folder to write to; made if it is not there.")]
SheetSeed = Annotated[int, typer.Option(help="The same seed gives the same strips.")]


@samples.command("splits")
def make_splits(data: Data = None) -> None:
    """Draw the split: once, and never again."""
    making_samples.make_splits(data)


@samples.command("samples")
def make_samples(data: Data = None) -> None:
    """Embed the strips that were looked at and kept; they follow from the split and from review.csv."""
    making_samples.make_samples(data)


@samples.command("doubted")
def make_doubted(
    strips: Annotated[Path, typer.Argument(help="Folder of gathered strips: it holds train and validation.")],
    file: Annotated[Path, typer.Option(help="The table to write.")] = DOUBTED,
) -> None:
    """List strips whose label their P waves and their beats both speak against, beside those that are listed."""
    found = {doubt for part in ("train", "validation") for doubt in doubted_in(open_strips(strips / part))}
    listed = read_table(file) if file.exists() else set()
    print(f"{len(found - listed)} more doubted labels in {write_whole(file, as_table(found | listed))}")


@samples.command()
def stand_in(folder: Folder, seed: SheetSeed = 1) -> None:
    """Write a simulated recording for each of Chapman's, in its two layouts."""
    print(f"{write_stand_in(folder, seed=seed):,} simulated recordings in {folder}")


@sheets.command()
def rhythms(folder: Folder, seed: SheetSeed = 1) -> None:
    """Write a picture of each rhythm with its evidence painted, clean and with noise."""
    print(f"{len(write_rhythms(folder, seed))} pictures in {folder}")


@sheets.command("kinds")
def kinds_of_recording(folder: Folder, seed: SheetSeed = 1) -> None:
    """Write pictures of every kind of recording with its twelve leads, and its evidence on lead II."""
    print(f"{len(write_kinds(folder, seed))} pictures in {folder}")


@sheets.command("contrasts")
def pairs(folder: Folder, seed: SheetSeed = 1) -> None:
    """Write a picture of each contrast with what decides it."""
    print(f"{len(write_contrasts(folder, seed))} pictures in {folder}")


@sheets.command("write")
def sheet(folder: Folder, seed: SheetSeed = 1) -> None:
    """Write forty strips to paint, the form for the marks, and the key."""
    print(f"{write_sheet(folder, seed)}, with marks.csv and key.csv beside it")


@sheets.command()
def agree(
    key: Annotated[Path, typer.Argument(help="key.csv of the sheet.")],
    forms: Annotated[list[Path], typer.Argument(help="A filled marks.csv for each reader.")],
) -> None:
    """Say how far readers agree with each other and with our table, rhythm by rhythm."""
    for row in agreement(key, forms):
        figures = f"Dice {row.dice:.2f}   kappa {row.kappa:.2f}"
        print(f"{row.pair:30} {row.rhythm:6} {row.strips:>3} strips   {figures}")
