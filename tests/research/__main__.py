"""``python -m ecgteach.checks``: the figures about maps, from simulated strips and from real ones.

Tables go to the terminal, everything to the file that ``--out`` names. For teaching, not for clinical use.
"""

import sys

import typer

from ecgteach.errors import EcgteachError

from .network_commands import faithful, methods, sanity, stability, views
from .truth_commands import edits, place, question, trust

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Can the maps be trusted?"
)
for command in (place, edits, question, trust, faithful, stability, sanity, methods, views):
    app.command()(command)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    try:
        app(args=arguments, prog_name="python -m ecgteach.checks")
    except EcgteachError as problem:
        print(f"ecgteach: {problem}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
