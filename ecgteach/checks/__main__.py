"""``python -m ecgteach.checks``: the figures about maps, from simulated strips and from real ones.

Tables go to the terminal, everything to the file that ``--out`` names. For teaching, not for clinical use.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from tqdm.auto import tqdm

from ..errors import EcgteachError, UnknownName, choices
from ..explanation import explain
from ..fusion import RULES
from ..models import VIEWS, StripCNN, load, load_file
from ..places import write_whole
from ..records import sample, samples
from ..rhythms import grouping
from ..training.strips import open_strips
from .answers import BOTH
from .curves import CONTROLS as CURVE_CONTROLS
from .edits import QUESTIONS, Asked, ask
from .faithfulness import faithfulness
from .methods import compare_methods
from .paired import interval_of, mean_of
from .place import RHYTHMS, explanations, place_study, place_table
from .printing import in_cell, print_table, versus
from .question import WANTED_SCORE, question_study, question_table, real_study, wanted
from .rate import LIMITS, flip_rate
from .sanity import between_seeds, cascade
from .views import agreement_by, compare_views, disagreement_predicts_error

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Can the maps be trusted?"
)
N = Annotated[int, typer.Option("--n", min=1, help="Simulated strips for each rhythm, or pairs for each edit.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same strips.")]
Only = Annotated[list[str] | None, typer.Option(help="Only this rhythm; may be given several times.")]
Out = Annotated[Path | None, typer.Option(help="Write every figure here, as JSON.")]
Weights = Annotated[Path | None, typer.Option(help="Weights of this view's network, instead of the shipped ones.")]


@app.command()
def place(
    n: N = 60, seed: Seed = 0, rhythm: Only = None, out: Out = None, signal: Weights = None, image: Weights = None
) -> None:
    """Do the maps lie on the evidence? By original rhythm and leg, beside the controls."""
    models, rhythms = _models(signal, image), rhythm or list(RHYTHMS)
    with tqdm(total=n * len(rhythms), unit="strip", leave=False, disable=None) as bar:
        table = place_table(place_study(models, n=n, seed=seed, rhythms=rhythms, progress=lambda *_: bar.update()))
    print(
        "score: P(map in evidence > map in X); gain: (mass - c) / (1 - c); density: mass over c; evenness over beats."
    )
    figures = ("n", "right", "score", "interval", "gain", "pointing", "rank", "density", "ceiling", "evenness")
    print_table(("rhythm", "leg", "map", *figures), table)
    print("\nScore over that of each control: mean difference, and p after Holm.")
    controls = next((list(line["over"]) for line in table if line["over"]), [])
    print_table(
        ("rhythm", "leg", "map", *controls),
        ({**line, **{name: versus(found) for name, found in line["over"].items()}} for line in table if line["over"]),
    )
    for line in table:
        if line["map"] == "fused":
            for reason, count in line["without_score"].items():
                print(f"{line['rhythm']}, {line['leg']}: {count} of {n} strips without a score: {reason}")
    _write(out, {"n": n, "seed": seed, "place": table})


@app.command()
def edits(
    n: N = 40, seed: Seed = 0, rhythm: Only = None, out: Out = None, signal: Weights = None, image: Weights = None
) -> None:
    """Which single change changes the answer, and is it the one that should?"""
    models, known = _models(signal, image), dict.fromkeys(question.rhythm for question in QUESTIONS)
    if unknown := set(rhythm or ()) - set(known):
        raise UnknownName(f"nothing is asked about {choices(sorted(unknown))}; there are edits of {choices(known)}")
    chosen = [question for question in QUESTIONS if not rhythm or question.rhythm in rhythm]
    asked = [ask(question, models, n=n, seed=seed) for question in tqdm(chosen, leave=False, disable=None)]
    print("change: of the target's log probability over its strongest rival's; followed: of those right before.")
    lines = [_edit_line(each, view) for each in asked for view in (*VIEWS, BOTH)]
    print_table(("question", "must", "view", "n", "right", "change", "interval", "flips", "followed"), lines)
    for each in asked:
        if each.impossible:
            print(f"{each.question}: impossible in {len(each.impossible)} of {n}: {each.impossible[0]}")
    rates = [_rate_line(models, limit, n, seed) for limit in LIMITS]
    print("\nRate at which the answer changes when only TQ does, per minute: median, and share with one change.")
    print_table(("limit", *(f"{view} {what}" for view in (*VIEWS, BOTH) for what in ("rate", "share"))), rates)
    effects = [{"question": str(each.question), "effects": [asdict(one) for one in each.effects]} for each in asked]
    _write(out, {"n": n, "seed": seed, "edits": lines, "rates": rates, "pairs": effects})


@app.command()
def question(
    n: N = 60,
    seed: Seed = 0,
    rhythm: Only = None,
    real: Annotated[bool, typer.Option("--real", help="The real strips of the package instead of simulated ones.")] = (
        False
    ),
    out: Out = None,
    signal: Weights = None,
    image: Weights = None,
) -> None:
    """Is the fused map better than each single one? By measure, rhythm and fusion rule."""
    models, rhythms = _models(signal, image), rhythm or list(RHYTHMS)
    with tqdm(total=len(samples()) if real else n * len(rhythms), unit="strip", leave=False, disable=None) as bar:
        rows = (
            real_study(models, progress=lambda *_: bar.update())
            if real
            else question_study(models, n=n, seed=seed, rhythms=rhythms, progress=lambda *_: bar.update())
        )
    table = question_table(rows)
    print_table(
        ("measure", "rhythm", "rule", "n", "signal", "image", "fused", "interval", "to signal", "to image", "verdict"),
        ({**line, **{f"to {view}": versus(found) for view, found in line["against"].items()}} for line in table),
    )
    if real:
        _write(out, {"question": table, "strips": rows})
        return
    reached = [wanted(rows, rule) for rule in RULES]
    print(
        f"\nWanted by place: {WANTED_SCORE:g} on each rhythm; in three of four groups not below the better single view."
    )
    for found in reached:
        below = [
            f"{name} {in_cell(score)}" for name, score in found["rhythms"].items() if (score or 0.0) < WANTED_SCORE
        ]
        groups = ", ".join(f"{name} {'yes' if each['reached'] else 'no'}" for name, each in found["groups"].items())
        print(f"{found['rule']:10}  below: {', '.join(below) or 'none'};  not below the better view: {groups}")
    _write(out, {"n": n, "seed": seed, "question": table, "wanted": reached, "strips": rows})


@app.command()
def faithful(seed: Seed = 0, out: Out = None, signal: Weights = None, image: Weights = None) -> None:
    """Does the answer hang on what the maps point at? Deletion and insertion on the real strips of the package."""
    models, lines = _models(signal, image), []
    for group in grouping().classes:
        found: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for number in tqdm(range(len(samples(group))), desc=group, leave=False, disable=None):
            tested = faithfulness(explain(sample(group, number), models, target=group), models, seed=seed)
            for row in tested.table():
                found.setdefault((row["kind"], row["map"]), []).append(row)
        for (kind, name), rows in found.items():
            figures = {control: mean_of([row[control] for row in rows]) for control in ("area", *CURVE_CONTROLS)}
            lines.append({"group": group, "kind": kind, "map": name, "n": len(rows), **figures})
    print("Area under the target's probability: low is good in deletion, high in insertion. Rate has no place: for SB,")
    print("GSVT and SR these curves speak for the atrial reason at best.")
    print_table(("group", "kind", "map", "n", "area", *CURVE_CONTROLS), lines)
    _write(out, {"seed": seed, "faithful": lines})


@app.command()
def sanity(
    n: N = 8,
    seed: Seed = 0,
    seeds: Annotated[Path | None, typer.Option(help="Folder of finished runs: signal-0, image-0, signal-1 ...")] = None,
    out: Out = None,
    signal: Weights = None,
    image: Weights = None,
) -> None:
    """Do maps need what was learnt? Weights randomised from the last layer to the first; seeds against each other."""
    models = _models(signal, image)
    strips = [seen.strip for rhythm in RHYTHMS for seen in explanations(rhythm, models, n=n, seed=seed)]
    stages = cascade(strips, models, seed=seed)
    print(f"Likeness to the trained networks' maps on {len(strips)} simulated strips, layers randomised from the last.")
    lines = [
        {"randomised to": " / ".join(dict.fromkeys(stage.layers.values())), "map": name, **asdict(found)}
        for stage in stages
        for name, found in stage.likeness.items()
    ]
    print_table(("randomised to", "map", "correlation", "ssim", "strips", "lost"), lines)
    agreed: dict[str, Any] = {}
    if seeds:
        pairs = pairs_of(seeds)
        agreed = between_seeds(strips, pairs)
        told = ", ".join(f"{name} {in_cell(value)}" for name, value in agreed.items())
        print(f"\nMean rank correlation between {len(pairs)} seeds: {told}")
    _write(out, {"n": n, "seed": seed, "cascade": lines, "seeds": agreed})


@app.command()
def methods(
    n: N = 12,
    seed: Seed = 0,
    rhythm: Only = None,
    view: Annotated[str, typer.Option(help="signal or image")] = "signal",
    out: Out = None,
    signal: Weights = None,
    image: Weights = None,
) -> None:
    """Which layer and which method? Six methods at each convolution, by place and by agreement."""
    models = _models(signal, image)
    chosen = rhythm or list(RHYTHMS)
    strips = [seen.strip for name in chosen for seen in explanations(name, models, n=n, seed=seed)]
    found = compare_methods(strips, models, view=view, seed=seed)
    columns = ("layer", "method", "cell_ms", "field_s", "flat", "place", "interval", "control", "scored")
    rows = [asdict(row) for row in found.rows]
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
    _write(out, {"view": view, "rhythms": chosen, "rows": rows, "agreement": matrices, "said": found.recommendation})


@app.command()
def views(
    strips: Annotated[Path, typer.Argument(help="Folder of gathered strips, such as runs/strips/validation.")],
    seed: Seed = 0,
    out: Out = None,
    signal: Weights = None,
    image: Weights = None,
) -> None:
    """Do both views look at the same moments, and does it warn of an error when they do not?"""
    models, held = _models(signal, image), open_strips(strips)
    compared = [
        compare_views(explain(strip, models), seed=seed)
        for strip in tqdm(held.strips(), total=len(held), unit="strip", leave=False, disable=None)
    ]
    table = agreement_by(compared, "rhythm", "outcome")
    figures = ("n", "empty", "correlation", "overlap", "shifted_correlation", "shifted_overlap")
    print_table(("rhythm", "outcome", *figures), table)
    warned = [asdict(one) for one in disagreement_predicts_error(compared, held.recordings.tolist(), seed=seed)]
    print("\nDoes it warn of a wrong answer? Area under the curve, intervals by recording.")
    print_table(("predictor", "auc", "interval", "strips", "recordings", "wrong"), warned)
    _write(out, {"agreement": table, "warnings": warned})


def pairs_of(runs: Path) -> list[dict[str, StripCNN]]:
    """Both views' networks of each seed that a folder of runs holds: ``signal-SEED`` and ``image-SEED``."""
    found = sorted(folder.name.removeprefix("signal-") for folder in runs.glob("signal-*"))
    classes = grouping().classes
    return [
        {view: load_file(runs / f"{view}-{seed}" / f"{view}.safetensors", classes, view) for view in VIEWS}
        for seed in found
        if all((runs / f"{view}-{seed}" / f"{view}.safetensors").is_file() for view in VIEWS)
    ]


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    try:
        app(args=arguments, prog_name="python -m ecgteach.checks")
    except EcgteachError as problem:
        print(f"ecgteach: {problem}", file=sys.stderr)
        raise SystemExit(1) from None


def _models(signal: Path | None, image: Path | None) -> dict[str, StripCNN]:
    given = {"signal": signal, "image": image}
    return {view: load_file(path, grouping().classes, view) if path else load(view) for view, path in given.items()}


def _edit_line(asked: Asked, view: str) -> dict[str, Any]:
    effects = asked.of(view)
    changes = [effect.change for effect in effects]
    followed = [None if effect.followed is None else float(effect.followed) for effect in effects]
    return {
        "question": str(asked.question),
        "leg": asked.question.leg,
        "must": asked.question.must,
        "said": sorted({effect.said for effect in effects}),
        "view": view,
        "n": len(effects),
        "right": mean_of([float(effect.before == effect.target) for effect in effects]),
        "change": mean_of(changes),
        "interval": interval_of(changes),
        "flips": mean_of([float(effect.flipped) for effect in effects]),
        "followed": mean_of(followed),
    }


def _rate_line(models: dict[str, StripCNN], limit: int, n: int, seed: int) -> dict[str, Any]:
    found = [flip_rate(models, limit, seed=(seed, number)) for number in range(n)]
    line: dict[str, Any] = {"limit": limit}
    for view in (*VIEWS, BOTH):
        there = sorted(rate for each in found if (rate := each[view]) is not None)
        line[f"{view} rate"] = there[len(there) // 2] if there else None
        line[f"{view} share"] = len(there) / n
    return line


def _write(path: Path | None, found: dict[str, Any]) -> None:
    if path:
        print(f"written {write_whole(path, json.dumps(found, indent=1, allow_nan=False))}")


if __name__ == "__main__":
    main()
