"""Commands about networks as a whole: what they achieve, beside what, and which are shipped."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from tqdm.auto import tqdm

from ecgteach.cli import Data, Weights, models_of
from ecgteach.models import VIEWS, load_file
from ecgteach.models import weights as registry
from ecgteach.printing import print_table
from ecgteach.records.splits import PARTS
from ecgteach.simulator.kinds import kinds
from ecgteach.training.data.strips import open_strips
from ecgteach.training.evaluation.evaluation import evaluate_strips
from ecgteach.training.recipes import recipe as recipe_of
from ecgteach.training.runs import RunSettings, gather

from . import blind_spots as spots
from . import study as studies
from .baselines import ROCKET, ROCKET_NEEDS, baselines, report, rocket_at_hand
from .finished_runs import check_alike
from .leave_out import format_table, leave_out
from .measurements import kept_measurements
from .options import Out, Seed, views_of, write
from .paired_comparison import compare_seeds, keep, open_runs, right_answers
from .shipping import ship

Strips = Annotated[Path, typer.Option(help="Folder of gathered strips: it holds train and validation.")]
RecipeName = Annotated[str, typer.Option(help="Name of a recipe.")]
Runs = Annotated[Path, typer.Argument(help="Folder of finished runs: signal-0, image-0, signal-1 ...")]


def baselines_command(
    folder: Annotated[Path, typer.Argument(help="Folder that holds the strips of train and of the part to judge.")],
    part: Annotated[str, typer.Option(help="Which strips to judge.")] = "validation",
    near_limits: Annotated[
        bool,
        typer.Option(
            "--near-limits",
            help="First gather the part anew, into a folder of its own, with the sinus strips within 2/min of 60 or 100"
            " that training leaves out: a corner shows them, the steps are judged without them.",
        ),
    ] = False,
    recipe: RecipeName = "shipped",
    data: Data = None,
    out: Out = None,
    signal: Weights = None,
    image: Weights = None,
) -> None:
    """What do rate limits, irregularity, a test for P and random convolutions achieve, and what the networks?"""
    train, place = open_strips(folder / "train"), folder / part
    if near_limits:
        place = place.with_name(f"{part}-near-limits")
        judged = gather(recipe_of(recipe), part, data, place, print, near_limits=True)
    else:
        judged = open_strips(place)
    print(f"fitted on {train!r}\njudged on {judged!r}")
    if not rocket_at_hand():
        needs = " ".join(ROCKET_NEEDS)
        print(f"without {ROCKET}: it needs {' and '.join(ROCKET_NEEDS)}; python -m pip install {needs}")
    known, measured = kept_measurements(train, folder / "train"), kept_measurements(judged, place)
    networks = evaluate_strips(models_of(signal, image), judged)
    found = report(judged, baselines(train, judged, known, measured) | networks.probabilities)
    print(found)
    write(out, {"part": part, "train": train.digest(), "judged": judged.digest(), **found.to_json()})


def paired_comparison(
    runs: Runs,
    strips: Annotated[Path, typer.Option(help="Folder of the strips to judge, such as runs/strips/validation.")],
    keep_in: Annotated[
        Path | None, typer.Option("--keep", help="Write all networks but the shipped pair here, in eight bits.")
    ] = None,
    out: Out = None,
) -> None:
    """Does the image beat the signal, with five seeds each?"""
    judged = open_strips(strips)
    files = {view: open_runs(runs, view) for view in VIEWS}
    check_alike({name: file for of_view in files.values() for name, file in of_view.items()})
    right = {view: right_answers(of_view, view, judged) for view, of_view in files.items()}
    found = compare_seeds(right, judged)
    print(f"{judged!r}\n{found}")
    if keep_in:
        for line in keep(files, keep_in, right, judged):
            print(line)
        print(f"{sum(file.stat().st_size for file in keep_in.glob('*.safetensors')):,} bytes together")
    write(out, {**asdict(found), "strips": judged.digest()})


def leave_out_command(
    strips: Strips,
    out: Annotated[Path, typer.Option(help="Folder for the runs; what is there goes on.")],
    view: Annotated[str | None, typer.Option(help="signal or image; both by default.")] = None,
    recipe: RecipeName = "shipped",
    epochs: Annotated[int | None, typer.Option(help="Other number of epochs than the recipe's.")] = None,
    seed: Seed = 0,
    threads: Annotated[int | None, typer.Option(help="Threads for training.")] = None,
) -> None:
    """How do networks carry over to a device that they never saw? Each source is left out in turn."""
    chosen = recipe_of(recipe, **({} if epochs is None else {"epochs": epochs}))
    train, validation = (open_strips(strips / part) for part in PARTS[:2])
    for one in views_of(view):
        found = leave_out(one, train, validation, chosen, RunSettings(out, seed, threads=threads))
        print(f"\n{one}, recipe {chosen.name}, seed {seed}: each source judged by a network that never saw it")
        print(f"{format_table(found)}\n", flush=True)


def study(
    weights: Annotated[Path, typer.Argument(help="Weights of a network that followed the recipe chapman.")],
    strips: Annotated[Path, typer.Option(help="Folder of its run's gathered strips.")],
    recipe: RecipeName = "chapman",
    data: Data = None,
) -> None:
    """What does the study's own experiment give, beside what was published?"""
    chosen = recipe_of(recipe)
    parts = [gather(chosen, part, data, strips / part, print) for part in PARTS]
    print(studies.report(load_file(weights), parts, chosen, data))


def shipping(runs: Runs, strips: Strips, data: Data = None) -> None:
    """Ship seed 0 of finished runs: look at the test part once, write weights, checksums, figures and cards."""
    ship(runs, strips, Path(registry.__file__).parent / registry.FOLDER, data)


def blind_spots_command(
    n: Annotated[int, typer.Option("--n", min=1, help="Simulated strips of each kind.")] = spots.EACH,
    kind: Annotated[list[str] | None, typer.Option(help="Only this kind; may be given several times.")] = None,
    real: Annotated[bool, typer.Option("--real", help="Real strips of the data sets too.")] = False,
    seed: Seed = 0,
    data: Data = None,
    out: Out = None,
    signal: Weights = None,
    image: Weights = None,
) -> None:
    """Which kinds of strips do the networks miss, what do they call them, and how surely?"""
    models, names = models_of(signal, image), kind or list(kinds())
    with tqdm(total=len(names), unit="kind", leave=False, disable=None) as bar:
        found = spots.blind_spots(models, n=n, seed=seed, only=names, progress=bar.update)
    print(spots.OF_KINDS)
    print_table(spots.COLUMNS, map(spots.line, found))
    on_real = spots.real_blind_spots(models, data) if real else []
    if on_real:
        print(spots.OF_REAL_KINDS)
        print_table(spots.COLUMNS, map(spots.line, on_real))
    write(out, {"seed": seed, "simulated": found, "real": on_real})


COMMANDS = {
    "baselines": baselines_command,
    "paired-comparison": paired_comparison,
    "leave-out": leave_out_command,
    "study": study,
    "shipping": shipping,
    "blind-spots": blind_spots_command,
}
