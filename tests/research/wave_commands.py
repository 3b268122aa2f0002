"""Commands about waves: how far they can be trusted, what share of the maps lies on each, and what is kept of it."""

from pathlib import Path
from typing import Annotated

import typer
from tqdm.auto import tqdm

from ecgteach.cli import Data
from ecgteach.explanation import explain
from ecgteach.paths import write_whole
from ecgteach.rhythms import grouping
from ecgteach.training.data.strips import open_strips
from ecgteach.waves.tables import attention_by_group, attention_table

from .golden import write_golden
from .options import strips_of
from .wave_agreement import report


def agreement(
    data: Data = None,
    each: Annotated[int, typer.Option(help="Simulated strips for each rhythm.")] = 20,
) -> None:
    """Compare the waves we find with LUDB's cardiologists (training and validation) and with simulated truth."""
    print(report(data, each))


def shares(
    strips: Annotated[Path, typer.Argument(help="Folder of gathered strips, such as runs/strips/validation.")],
    by: Annotated[
        str,
        typer.Option(help="Columns to group by, with commas: rhythm, group, outcome, p. Views and waves stay apart."),
    ] = "rhythm",
    out: Annotated[Path | None, typer.Option(help="Write every strip's shares here, as CSV.")] = None,
) -> None:
    """Share of the shipped networks' maps on each wave, over real strips, with intervals by recording."""
    held = open_strips(strips)
    explained = (explain(strip) for strip in tqdm(strips_of(held), total=len(held), unit="strip", disable=None))
    classes = grouping().classes
    table = attention_table(explained, [classes[target] for target in held.targets])
    groups = attention_by_group(table, by.split(","))
    print(groups.to_string(index=False, float_format="{:.2f}".format, na_rep="-"))
    if out:
        print(f"written {write_whole(out, table.to_csv(index=False))}")


def golden() -> None:
    """Write the golden table anew, after a change that is meant to move figures of the embedded strips."""
    print(f"written {write_golden()}")


COMMANDS = {"wave-agreement": agreement, "wave-shares": shares, "golden": golden}
