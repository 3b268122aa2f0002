"""Commands that hold maps against the networks they came from: curves, changes, random weights, methods, two views."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from tqdm.auto import tqdm

from ecgteach.checks.agreement import compare_views
from ecgteach.checks.attribution import METHODS
from ecgteach.checks.localisation import RHYTHMS, each_rhythm
from ecgteach.checks.perturbation import FILLS, ORDERS
from ecgteach.checks.sanity import between_seeds, cascade, compare_networks, same_for_every_class
from ecgteach.cli import Weights, models_of
from ecgteach.explanation import Explanation, explain
from ecgteach.models import VIEWS, StripCNN, shipped
from ecgteach.models.weights import SEEDS
from ecgteach.printing import in_cell, print_table, print_words, versus
from ecgteach.records import samples
from ecgteach.rhythms import grouping
from ecgteach.training.data.strips import open_strips

from .attribution_methods import compare_methods
from .options import N, Only, Out, Seed, pair_in, pairs_of, strips_of, write
from .real_strips import faithfulness_study, faithfulness_table, stability_study, stability_table
from .view_agreement import agreement_by, disagreement_predicts_error

OF_FAITHFULNESS = """\
area: under the target's probability; low is good in deletion, high in insertion. aopc: probability lost or won.
fill: what stands in for the signal where it is out; in the picture ink is erased, whatever the fill.
better: area than that of the same map shifted along the strip, strip by strip, and p after Holm over the table.
Rate has no place: for SB, GSVT and SR these curves speak for the atrial reason at best. What is absent, as P in AFIB,
can be neither taken out nor put back."""

OF_STABILITY = """\
Rank correlation and SSIM of the map before and after (a shift is undone first), the same for the map shifted along the
strip, and the share of strips whose answer stayed."""


@dataclass(frozen=True)
class SameMaps:
    """On how many strips with a map every class has the very same one.

    Parameters
    ----------
    map : str
        The view.
    same, strips : int
        Strips with one map for all classes, of those with a map.
    without_a_map : int
        The others.
    """

    map: str
    same: int
    strips: int
    without_a_map: int


def faithfulness(
    seed: Seed = 0,
    fill: Annotated[
        list[str] | None, typer.Option(help=f"Only this fill, of {', '.join(FILLS)}; may be given several times.")
    ] = None,
    out: Out = None,
    signal: Weights = None,
    image: Weights = None,
) -> None:
    """Does the answer hang on what the maps point at? Deletion and insertion on the real strips of the package."""
    models, fills = models_of(signal, image), fill or list(FILLS)
    with tqdm(total=len(samples()), unit="strip", leave=False, disable=None) as bar:
        rows = faithfulness_study(models, fills=fills, seed=seed, progress=bar.update)
    table = faithfulness_table(rows)
    print(OF_FAITHFULNESS)
    print_words(FILLS)
    print_table(
        ("group", "kind", "map", "fill", "n", "area", "interval", "aopc", *ORDERS, "better"),
        ({**vars(line), **line.controls, "better": versus(line.over.difference, line.over.p)} for line in table),
    )
    write(out, {"seed": seed, "faithfulness": table, "strips": rows})


def stability(seed: Seed = 0, out: Out = None, signal: Weights = None, image: Weights = None) -> None:
    """Do the maps stay when nothing that matters changes? Noise, shifts and redrawings of the package's real strips."""
    models = models_of(signal, image)
    with tqdm(total=len(samples()), unit="strip", leave=False, disable=None) as bar:
        rows = stability_study(models, seed=seed, progress=bar.update)
    table = stability_table(rows)
    print(OF_STABILITY)
    columns = ("n", "correlation", "interval", "shifted", "ssim", "shifted_ssim", "answer_stayed")
    print_table(("map", "change", *columns), map(vars, table))
    write(out, {"seed": seed, "stability": table, "strips": rows})


def sanity(
    n: N = 8,
    seed: Seed = 0,
    seeds: Annotated[
        Path | None,
        typer.Option(help="Folder of finished runs (signal-0, image-0, signal-1 ...) instead of the shipped seeds."),
    ] = None,
    shuffled: Annotated[
        Path | None, typer.Option(help="Folder with both views' weights that were trained on shuffled labels.")
    ] = None,
    out: Out = None,
    signal: Weights = None,
    image: Weights = None,
) -> None:
    """Do maps need what was learnt, and are they of one class? Random weights, shuffled labels, other seeds."""
    models = models_of(signal, image)
    explained = [seen for _, seen in each_rhythm(models, n=n, seed=seed, rhythms=RHYTHMS)]
    strips = [seen.strip for seen in explained]
    stages = cascade(strips, models, seed=seed)
    print(f"Likeness to the trained networks' maps on {len(strips)} simulated strips, layers randomised from the last.")
    lines = [
        {"randomised_to": " / ".join(dict.fromkeys(stage.layers.values())), "map": name, **asdict(found)}
        for stage in stages
        for name, found in stage.likeness.items()
    ]
    print_table(("randomised_to", "map", "correlation", "ssim", "strips", "lost"), lines)
    same = same_map_counts(explained, models)
    print("\nIs it a map of this class? Strips on which every class has the very same map.")
    print_table(("map", "same", "strips", "without_a_map"), map(vars, same))
    dealt = []
    if shuffled:
        found = compare_networks(strips, models, pair_in(shuffled))
        dealt = [{"map": name, **asdict(alike)} for name, alike in found.items()]
        print("\nLikeness to the maps of networks that were trained on shuffled labels.")
        print_table(("map", "correlation", "ssim", "strips", "lost"), dealt)
    pairs = pairs_of(seeds) if seeds else [shipped(each) for each in SEEDS]
    agreed = between_seeds(strips, pairs)
    means = ", ".join(f"{name} {in_cell(value)}" for name, value in agreed.items())
    print(f"\nMean rank correlation between {len(pairs)} seeds: {means}")
    figures = {"cascade": lines, "same for every class": same, "shuffled": dealt, "seeds": agreed}
    write(out, {"n": n, "seed": seed, **figures})


def methods(
    n: N = 12,
    seed: Seed = 0,
    rhythm: Only = None,
    view: Annotated[str, typer.Option(help="signal or image")] = "signal",
    out: Out = None,
    signal: Weights = None,
    image: Weights = None,
) -> None:
    """Which layer, which method? Four at each convolution and two at the input, by localisation and by agreement."""
    models = models_of(signal, image)
    chosen = rhythm or list(RHYTHMS)
    strips = [seen.strip for _, seen in each_rhythm(models, n=n, seed=seed, rhythms=chosen)]
    found = compare_methods(strips, models, view=view, seed=seed)
    columns = (
        "layer",
        "method",
        "cell_ms",
        "receptive_field_s",
        "flat",
        "localisation",
        "interval",
        "control",
        "scored",
    )
    rows = [asdict(row) for row in found.rows]
    print_words(METHODS)
    print_table(columns, rows)
    for layer, matrix in found.agreement.items():
        print(f"\nAgreement at {layer}: mean rank correlation over strips")
        named = [dict(zip(found.methods, line, strict=True)) for line in matrix.tolist()]
        print_table(
            ("method", *found.methods),
            [{"method": name, **line} for name, line in zip(found.methods, named, strict=True)],
        )
    print(f"\n{found.recommendation}")
    matrices = {layer: matrix.tolist() for layer, matrix in found.agreement.items()}
    write(
        out,
        {"view": view, "rhythms": chosen, "rows": rows, "agreement": matrices, "recommendation": found.recommendation},
    )


def views(
    strips: Annotated[Path, typer.Argument(help="Folder of gathered strips, such as runs/strips/validation.")],
    seed: Seed = 0,
    out: Out = None,
    signal: Weights = None,
    image: Weights = None,
) -> None:
    """Do both views look at the same moments, and does it warn of an error when they do not?"""
    models, held = models_of(signal, image), open_strips(strips)
    right = [grouping().classes[target] for target in held.targets]
    bar = tqdm(zip(strips_of(held), right, strict=True), total=len(held), unit="strip", leave=False, disable=None)
    compared = [compare_views(explain(strip, models), group, seed=seed + row) for row, (strip, group) in enumerate(bar)]
    by = ("rhythm", "outcome")
    table = agreement_by(compared, *by)
    figures = ("n", "empty", "correlation", "overlap", "shifted_correlation", "shifted_overlap")
    print_table((*by, *figures), ({**vars(line), **line.of} for line in table))
    warned = [asdict(one) for one in disagreement_predicts_error(compared, held.recordings.tolist(), seed=seed)]
    print("\nDoes it warn of a wrong answer? Area under the curve, intervals by recording.")
    print_table(("predictor", "auc", "interval", "strips", "recordings", "wrong"), warned)
    write(out, {"agreement": table, "warnings": warned})


def same_map_counts(explained: Sequence[Explanation], models: Mapping[str, StripCNN] | None = None) -> list[SameMaps]:
    """One line for each view."""
    found = [same_for_every_class(one, models) for one in explained]
    judged = {view: [one[view] for one in found if one[view] is not None] for view in VIEWS}
    return [SameMaps(view, sum(map(bool, each)), len(each), len(found) - len(each)) for view, each in judged.items()]


COMMANDS = {
    "faithfulness": faithfulness,
    "stability": stability,
    "sanity": sanity,
    "methods": methods,
    "views": views,
}
