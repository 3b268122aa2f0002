"""The command line: ``python -m data_fetch list`` and ``python -m data_fetch NAME``.

What a person can mend is said in one message on the error stream, with an exit code of 1 (2 for words that the command
line does not know) and no traceback.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ecgteach.errors import EcgteachError, InvalidValue

from .catalogue import catalogue
from .errors import plain
from .fetching import fetch
from .verify import verify

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    try:
        app(args=arguments, prog_name="python -m data_fetch")
    except EcgteachError as problem:
        print(f"data_fetch: {plain(str(problem))}", file=sys.stderr)
        raise SystemExit(1) from None


@app.command()
def run(
    name: Annotated[str, typer.Argument(help="A data set, or 'list' to see which there are.", metavar="NAME")] = "list",
    subset: Annotated[int | None, typer.Option(help="Fetch a balanced sample of N recordings.", metavar="N")] = None,
    form: Annotated[str | None, typer.Option(help="'figshare' for the original files of chapman.")] = None,
    to: Annotated[Path | None, typer.Option(help="Folder to hold the data set's folder; else the cache.")] = None,
    version: Annotated[str | None, typer.Option(help="Only this version.")] = None,
    mirror: Annotated[str | None, typer.Option(help="Web address of a folder that holds the data sets.")] = None,
    check: Annotated[bool, typer.Option("--verify", help="Fetch nothing; check what is here.")] = False,
    progress: Annotated[bool, typer.Option(help="Show a bar.")] = True,
) -> None:
    """Fetch recordings, whole or a sample, and verify every file; what is here already is not fetched again."""
    if name == "list":
        print("\n\n".join(one.describe() for one in catalogue().values()))
    elif check:
        if subset is not None or mirror is not None:
            raise InvalidValue("--verify checks all that is here, without a network: leave --subset and --mirror out")
        try:
            health = verify(name, form=form, version=version, to=to)
        except KeyboardInterrupt:
            print("\nStopped before all files were looked at.", file=sys.stderr)
            raise typer.Exit(130) from None
        print(health)
        raise typer.Exit(0 if health.ok else 1)
    else:
        try:
            print(fetch(name, subset, form=form, version=version, mirror=mirror, to=to, progress=progress))
        except KeyboardInterrupt:
            print("\nStopped. What came so far is kept: run the same command again and it goes on.", file=sys.stderr)
            raise typer.Exit(130) from None
