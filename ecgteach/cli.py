"""The command line: ``python -m ecgteach explain | sentence | trust | train | evaluate | simulate | doctor``.

Every command is a thin door to a call of the library. What a user can mend is said in one sentence on stderr, with an
exit code of 1 (2 for words that the command line does not know) and no traceback.
"""

import io
import json
import os
import sys
from collections.abc import Callable
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, get_type_hints

import typer

from .errors import EcgteachError, UnknownName, UnreadableFile, choices, did_you_mean
from .paths import write_whole
from .rhythms import grouping
from .sources import readable

if TYPE_CHECKING:
    from .explanation import Explanation
    from .models import StripCNN
    from .records import Record

SAMPLE = "sample"
"""The word that stands for a strip that came with the package."""

GROUPS = grouping().classes
ONE_SAMPLE = f"{SAMPLE}:{GROUPS[-1]}:3"

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="See what two networks looked at in an ECG strip. For teaching, not for clinical use.",
)

Data = Annotated[Path | None, typer.Option(help="Folder of the data sets; else ECGTEACH_DATA and the cache.")]
Weights = Annotated[Path | None, typer.Option(help="Weights of this view's network, instead of the shipped ones.")]


class Reading(NamedTuple):
    """How one strip is read and explained: what every command that takes a recording is given."""

    record: Annotated[
        str, typer.Argument(help=f"A WFDB path, a DICOM, aECG, EDF, CSV or NumPy file, or: {SAMPLE}, {ONE_SAMPLE}")
    ]
    lead: Annotated[str | None, typer.Option(help="Lead; by default II, or the only one there is.")] = None
    at: Annotated[float, typer.Option(help="Second at which the strip begins.")] = 0.0
    target: Annotated[str | None, typer.Option(help=f"Class to explain: {choices(GROUPS)}.")] = None
    fusion: Annotated[str, typer.Option(help="mean, maximum, product or confidence.")] = "mean"
    rate: Annotated[float | None, typer.Option(help="Sampling rate in Hz, where the file does not say it.")] = None
    unit: Annotated[str | None, typer.Option(help="mV, uV or V, where the file does not say it.")] = None
    delimiter: Annotated[
        str | None, typer.Option(help="What stands between the columns of a CSV, where that is open.")
    ] = None
    decimal: Annotated[str | None, typer.Option(help="Decimal sign of a CSV, . or , where that is open.")] = None
    quality: Annotated[
        str, typer.Option("--quality", help="What must be readable: rate, P or good (all); any takes every lead.")
    ] = "rate"
    pad: Annotated[
        bool, typer.Option("--pad", help="Lengthen a recording that is too short by repeating its last value.")
    ] = False
    called: Annotated[
        str | None,
        typer.Option("--name", help="What the recording is called in all output; by default own recording 1."),
    ] = None


NOTICE = "For teaching, not for clinical use."


def taking(shared: type[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options that a named tuple declares; it takes what was given as its first argument."""

    def gives(command: Callable[..., None]) -> Callable[..., None]:
        def called(**given: Any) -> None:
            command(shared(**{name: given.pop(name) for name in shared._fields}), **given)

        kinds = get_type_hints(shared, include_extras=True)
        options = [
            Parameter(
                name, Parameter.KEYWORD_ONLY, default=shared._field_defaults.get(name, Parameter.empty), annotation=kind
            )
            for name, kind in kinds.items()
        ]
        own = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in list(signature(command).parameters.values())[1:]]
        called.__name__, called.__doc__ = command.__name__, command.__doc__
        called.__annotations__ = {each.name: each.annotation for each in [*options, *own]}
        called.__signature__ = Signature([*options, *own])  # type: ignore[attr-defined]
        return called

    return gives


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    run(app, "python -m ecgteach", arguments)


def run(commands: typer.Typer, name: str, arguments: list[str] | None = None) -> None:
    """Run a command line that goes by a name; what a user can mend ends in one sentence and an exit code of 1."""
    _print_anything()
    try:
        commands(args=arguments, prog_name=name)
    except EcgteachError as problem:
        print(f"ecgteach: {problem}", file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print("ecgteach: stopped", file=sys.stderr)
        raise SystemExit(130) from None


@app.command()
@taking(Reading)
def explain(
    reading: Reading,
    out: Annotated[Path | None, typer.Option(help="Write the figure here (.png, .svg, .pdf).")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write maps and answers here.")] = None,
) -> None:
    """Read one strip with both networks and show where each looked."""
    from .plots.picture import check_ending

    for path in (out, json_file):
        _check_writable(path)
    if out:
        check_ending(out)
    seen = _explained(reading)
    print(f"fused   by {seen.rule}" if seen.fused is not None else f"fused   nothing: {seen.fused_reason}")
    if out:
        print(f"written {seen.plot().save(out)}")
    if json_file:
        print(f"written {seen.save(json_file)}")
    print(NOTICE)


@app.command()
@taking(Reading)
def sentence(reading: Reading) -> None:
    """Say in plain sentences what the networks answer to one strip, and on which waves their maps lie."""
    from . import waves

    print(waves.sentence(_explained(reading)))
    print(NOTICE)


@app.command()
@taking(Reading)
def trust(
    reading: Reading,
    seed: Annotated[int, typer.Option(help="Draws controls, noise and random weights.")] = 0,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the report here.")] = None,
) -> None:
    """Test the map of one strip: is it true of the networks? It says nothing about the diagnosis."""
    from .checks.trust.verdict import trust as tested

    _check_writable(json_file)
    report = tested(_explained(reading), seed=seed)
    for test in report.tests:
        print(f"test    {test}")
    print(f"map     {report.verdict}")
    print(f"answer  {report.quadrant[0]}" + ("" if report.labelled else ": nobody has said what the strip shows"))
    if report.caution:
        print(f"caution {report.caution}")
    if json_file:
        print(f"written {write_whole(json_file, json.dumps(report.to_json(), indent=1))}")
    print(NOTICE)


@app.command()
def train(
    view: Annotated[str, typer.Option(help="signal or image")],
    recipe: Annotated[str, typer.Option(help="shipped, or chapman: the study's experiment.")] = "shipped",
    data: Data = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for weights, log and checkpoints; by default runs/VIEW or runs/RECIPE-VIEW."),
    ] = None,
    strips: Annotated[
        Path | None, typer.Option(help="Folder of gathered strips that several runs share; by default OUT/strips.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides first weights, batches and augmentation.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")] = False,
    epochs: Annotated[int | None, typer.Option(help="Other number of epochs than the recipe's.")] = None,
    shuffle_labels: Annotated[
        bool, typer.Option("--shuffle-labels", help="Deal the training labels out at random, to test maps; never ship.")
    ] = False,
) -> None:
    """Train one network by a recipe; it can be stopped and resumed at any moment."""
    from .training.runs import RunSettings, train_view

    usual = (view if recipe == "shipped" else f"{recipe}-{view}") + "-shuffled" * shuffle_labels
    settings = RunSettings(out or Path("runs") / usual, seed, resume, shuffle_labels=shuffle_labels)
    print(f"written {train_view(view, recipe, settings, data=data, strips=strips, epochs=epochs)}")


@app.command()
def evaluate(
    dataset: Annotated[str, typer.Option(help=f"One of {choices(readable())}.")],
    data: Data = None,
    part: Annotated[
        str | None, typer.Option(help="validation, test, new or all; by default all but the training part.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the tables here.")] = None,
    signal: Weights = None,
    image: Weights = None,
) -> None:
    """Judge both networks on a data set's consecutive ten-second strips."""
    _check_writable(json_file)
    from .records import Problem, chapman, open_dataset
    from .training.evaluation import evaluation

    models = models_of(signal, image)
    recordings = open_dataset(dataset, data)
    if dataset == chapman.SOURCE:
        dropped = chapman.left_out(recordings)
        print(chapman.rule_in_words(dropped, len(recordings)))
        recordings = recordings.where(lambda entry: entry.id not in dropped)
    problems: list[str] = []

    def report(problem: Problem) -> None:
        problems.append(str(problem))
        print(f"left out: {problem}")

    judged = evaluation.evaluate(models, recordings, part=part or "held-out", report=report)
    counts = evaluation.count_parts(recordings)
    figures = judged.to_json()
    print(f"{judged!r}; recordings by part: {counts}; strips left out: {figures['left_out']}")
    print(evaluation.format_tables(judged.tables()))
    if json_file:
        about = {"dataset": dataset, "part": part or "held-out", "parts": counts, "problems": problems}
        write_whole(json_file, json.dumps(about | figures, indent=1))
        print(f"written {json_file}")


@app.command()
def simulate(
    rhythm: Annotated[str, typer.Option(help="Code of a rhythm, such as SR, SB, ST, SVT, AFIB, AFL or VT.")],
    out: Annotated[Path, typer.Option(help="Folder for the recordings; made if it is not there.")],
    n: Annotated[int, typer.Option("--n", help="How many recordings.")] = 1,
    seed: Annotated[int, typer.Option(help="The same seed gives the same recordings.")] = 0,
    seconds: Annotated[float, typer.Option(help="Length of each.")] = 10.0,
) -> None:
    """Write simulated twelve-lead recordings as WFDB, with annotations and with what is true of them."""
    from tqdm.auto import tqdm

    from .simulator import write_records

    with tqdm(total=n, unit="recording", leave=False, disable=None) as bar:
        written = write_records(
            rhythm, n, seed=seed, out=out, seconds=seconds, progress=lambda done: bar.update(done - bar.n)
        )
    print(f"written {len(written)} simulated recordings of {rhythm} to {out}. For teaching, not for clinical use.")


@app.command()
def doctor() -> None:
    """Versions, threads, weights and data: what is there, what is wrong, and how to mend it."""
    from .doctor import examine

    findings = examine()
    for finding in findings:
        print(finding)
    if any(not finding.good for finding in findings):
        raise typer.Exit(1)


def models_of(signal: Path | None, image: Path | None) -> "dict[str, StripCNN]":
    """A network for each view: of a file, or the shipped one."""
    from .models import load, load_file

    given = {"signal": signal, "image": image}
    return {view: load_file(path, GROUPS, view) if path else load(view) for view, path in given.items()}


def _explained(reading: Reading) -> "Explanation":
    """The explanation of the strip that is read; how its file was read, and what the networks answer, are printed."""
    from . import explanation
    from .plots.words import answers_in_words
    from .views import view_kind
    from .words import class_in_full

    recording = _record(reading)
    for note in recording.notes:
        print(f"read    {note}")
    strip = recording.strip(reading.lead, reading.at, quality=reading.quality, pad=reading.pad)
    seen = explanation.explain(strip, target=reading.target, fusion=reading.fusion)
    print(f"{seen.strip!r}")
    for name, view in seen.views.items():
        print(f"{view_kind(name).word:7} {answers_in_words(view.prediction)}")
    print(f"target  {class_in_full(seen.target)}, {seen.chosen}")
    if seen.disagreement:
        print("note    the views disagree")
    return seen


def _record(reading: Reading) -> "Record":
    from .records import read_record, sample, samples
    from .records.embedded import EXAMPLE

    name = reading.record
    if name == SAMPLE or name.startswith(f"{SAMPLE}:"):
        _, group, number, *rest = [*name.split(":"), "", ""]
        if any(rest) or (number and not (number.isascii() and number.isdecimal())):
            raise UnknownName(f"{name!r} names no embedded strip; write sample:GROUP:NUMBER, such as {ONE_SAMPLE}")
        try:
            return sample(group or samples(use=EXAMPLE)[-1].group, int(number or 0))
        except UnknownName as problem:
            meant = "" if group in GROUPS else did_you_mean(group, GROUPS)
            raise UnknownName(f"{problem}{meant}") from problem
    between = {"tab": "\t", "\\t": "\t", "space": " "}.get(reading.delimiter or "", reading.delimiter)
    try:
        return read_record(
            name,
            sampling_rate=reading.rate,
            unit=reading.unit,
            delimiter=between,
            decimal=reading.decimal,
            name=reading.called,
        )
    except UnreadableFile as problem:
        if meant := _like(name):
            raise UnreadableFile(f"{problem}{meant}") from problem
        raise


def _like(name: str) -> str:
    """Which sample or file of the same folder a name that is no file's may mean; empty where there is none."""
    path = Path(name)
    try:
        if path.exists():
            return ""
        beside = sorted(path.parent.iterdir())
    except (OSError, ValueError):
        beside = []
    stem, colon, rest = name.partition(":")
    if meant := did_you_mean(stem, [SAMPLE]):
        return meant.replace(SAMPLE, f"{SAMPLE}{colon}{rest}")
    from .records.formats import by_ending

    names = [one.name for one in beside if by_ending(one)]
    return did_you_mean(path.name, [*names, *(one.stem for one in beside if one.suffix.lower() == ".hea")])


def _print_anything() -> None:
    """Let a console that lacks the letters of a file's name print it with escapes, instead of failing at the answer."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _check_writable(path: Path | None) -> None:
    """A path that cannot be written is refused before anything is computed."""
    if path is None:
        return
    if path.is_dir():
        raise UnreadableFile(f"{path} is a folder; name a file in it")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise UnreadableFile(f"the folder {folder} does not exist; make it first")
    if not os.access(folder, os.W_OK):
        raise UnreadableFile(f"the folder {folder} cannot be written to; choose another")
