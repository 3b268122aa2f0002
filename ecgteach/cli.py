"""The command line: ``python -m ecgteach explain | train | evaluate | simulate | doctor``.

Every command is a thin door to a call of the library. What a user can mend is said in one sentence on stderr, with an
exit code of 1 (2 for words that the command line does not know) and no traceback.
"""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from .errors import EcgteachError, UnknownName, UnreadableFile
from .places import write_whole

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="See what two networks looked at in an ECG strip. For teaching, not for clinical use.",
)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    try:
        app(args=arguments, prog_name="python -m ecgteach", standalone_mode=True)
    except EcgteachError as problem:
        print(f"ecgteach: {problem}", file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print("ecgteach: stopped", file=sys.stderr)
        raise SystemExit(130) from None


@app.command()
def explain(
    record: Annotated[
        str, typer.Argument(help="A WFDB path, a DICOM, CSV or NumPy file, or: sample, sample:AFIB, sample:AFIB:3")
    ],
    lead: Annotated[str | None, typer.Option(help="Lead; by default II, or the only one there is.")] = None,
    at: Annotated[float, typer.Option(help="Second at which the strip begins.")] = 0.0,
    target: Annotated[str | None, typer.Option(help="Class to explain: SR, SB, GSVT or AFIB.")] = None,
    fusion: Annotated[str, typer.Option(help="mean, maximum, product or confidence.")] = "mean",
    rate: Annotated[float | None, typer.Option(help="Sampling rate in Hz, for a CSV or NumPy file.")] = None,
    unit: Annotated[str | None, typer.Option(help="mV, uV or V, for a CSV or NumPy file.")] = None,
    quality: Annotated[
        str, typer.Option(help="What must be readable: rate, P or good (all); any takes every lead.")
    ] = "rate",
    out: Annotated[Path | None, typer.Option(help="Write the figure here (.png, .svg, .pdf).")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write maps and answers here.")] = None,
) -> None:
    """Read one strip with both networks and show where each looked."""
    from . import explanation
    from .plots.picture import check_ending

    for path in (out, json_file):
        _check_writable(path)
    if out:
        check_ending(out)
    strip = _record(record, rate, unit).strip(lead, at, quality=quality)
    seen = explanation.explain(strip, target=target, fusion=fusion)
    print(f"{seen.strip!r}")
    for name, view in seen.views.items():
        print(f"{name:6}  {view.prediction!r}")
    print(f"target  {seen.target} ({seen.chosen})")
    if seen.quarrel:
        print(f"note    {seen.quarrel}")
    print(f"fused   by {seen.rule}" if seen.fused is not None else f"fused   nothing: {seen.fused_reason}")
    if out:
        print(f"written {seen.plot().save(out)}")
    if json_file:
        print(f"written {seen.save(json_file)}")
    print("For teaching, not for clinical use.")


@app.command()
def train(
    view: Annotated[str, typer.Option(help="signal or image")],
    recipe: Annotated[str, typer.Option(help="shipped, or chapman: the study's experiment.")] = "shipped",
    data: Annotated[
        Path | None, typer.Option(help="Folder that holds the data sets; else ECGTEACH_DATA and the cache.")
    ] = None,
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
    from .training.runs import train_view

    usual = (view if recipe == "shipped" else f"{recipe}-{view}") + "-shuffled" * shuffle_labels
    folder = out or Path("runs") / usual
    result = train_view(
        view,
        recipe,
        data=data,
        out=folder,
        strips=strips,
        seed=seed,
        resume=resume,
        epochs=epochs,
        shuffle_labels=shuffle_labels,
        say=print,
    )
    print(f"written {result}")


@app.command()
def evaluate(
    dataset: Annotated[str, typer.Option(help="chapman, ptb-xl, challenge-2017, challenge-2021, mitdb or ludb")],
    data: Annotated[
        Path | None, typer.Option(help="Folder that holds the data sets; else ECGTEACH_DATA and the cache.")
    ] = None,
    part: Annotated[
        str | None, typer.Option(help="validation, test, new or all; by default all but the training part.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the tables here.")] = None,
    signal: Annotated[
        Path | None, typer.Option(help="Weights of the signal network, instead of the shipped ones.")
    ] = None,
    image: Annotated[
        Path | None, typer.Option(help="Weights of the image network, instead of the shipped ones.")
    ] = None,
) -> None:
    """Judge both networks on a data set's consecutive ten-second strips."""
    _check_writable(json_file)
    from .models import load, load_file
    from .records import Problem, chapman, open_dataset
    from .rhythms import grouping
    from .training import evaluation

    given = {"signal": signal, "image": image}
    models = {view: load_file(path, grouping().classes, view) if path else load(view) for view, path in given.items()}
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
    tables = judged.to_json()
    print(f"{judged!r}; recordings by part: {counts}; strips left out: {tables['left_out']}")
    print(evaluation.format_tables(tables["tables"]))
    if json_file:
        about = {"dataset": dataset, "part": part or "held-out", "parts": counts, "problems": problems}
        write_whole(json_file, json.dumps(about | tables, indent=1))
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


def _record(name: str, rate: float | None, unit: str | None) -> Any:
    from .records import read_record, sample

    if name == "sample" or name.startswith("sample:"):
        _, group, number, *rest = [*name.split(":"), "", ""]
        if any(rest) or (number and not (number.isascii() and number.isdecimal())):
            raise UnknownName(f"{name!r} names no embedded strip; write sample:GROUP:NUMBER, such as sample:AFIB:3")
        return sample(group or "AFIB", int(number or 0))
    return read_record(name, sampling_rate=rate, unit=unit)


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
