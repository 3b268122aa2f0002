"""``python -m tests.research COMMAND``: the studies behind the tables, and how weights, samples and sheets are made.

README.md beside this file says which command fills which table. For teaching, not for clinical use.
"""

import typer

from ecgteach.cli import run

from . import making_commands, network_commands, training_commands, truth_commands, wave_commands

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="What only the authors run: studies, shipping, samples, sheets.",
)
for room in (training_commands, truth_commands, network_commands, wave_commands):
    for name, command in room.COMMANDS.items():
        app.command(name)(command)
app.add_typer(making_commands.samples, name="making-samples")
app.add_typer(making_commands.sheets, name="sheets")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    run(app, "python -m tests.research", arguments)


if __name__ == "__main__":
    main()
