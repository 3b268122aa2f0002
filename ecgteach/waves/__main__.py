"""``python -m ecgteach.waves agreement --data DIR``: how far the waves can be trusted."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..errors import EcgteachError
from .agreement import report

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def about() -> None:
    """Where the waves of a strip are, and how far that can be trusted."""


@app.command()
def agreement(
    data: Annotated[Path | None, typer.Option(help="Folder of the data sets; by default ECGTEACH_DATA.")] = None,
    each: Annotated[int, typer.Option(help="Simulated strips for each rhythm.")] = 20,
) -> None:
    """Compare the waves we find with LUDB's cardiologists (training and validation) and with simulated truth."""
    print(report(data, each))


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    try:
        app(args=arguments, prog_name="python -m ecgteach.waves")
    except EcgteachError as problem:
        print(f"ecgteach.waves: {problem}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
