"""``python -m ecgteach.checks place | edits | question``: the figures about maps, from simulated strips.

Tables go to the terminal, everything to the file that ``--out`` names. For teaching, not for clinical use.
"""

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from tqdm.auto import tqdm

from ..errors import EcgteachError, UnknownName, choices
from ..fusion import RULES
from ..models import VIEWS, StripCNN, load, load_file
from ..places import write_whole
from ..records import samples
from ..rhythms import grouping
from .answers import BOTH
from .edits import QUESTIONS, Asked, ask
from .paired import interval_of, mean_of
from .place import RHYTHMS, place_study, place_table
from .question import WANTED_SCORE, question_study, question_table, real_study, wanted
from .rate import LIMITS, flip_rate

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
    _print(("rhythm", "leg", "map", *figures), table)
    print("\nScore over that of each control: mean difference, and p after Holm.")
    controls = next((list(line["over"]) for line in table if line["over"]), [])
    _print(
        ("rhythm", "leg", "map", *controls),
        ({**line, **{name: _versus(found) for name, found in line["over"].items()}} for line in table if line["over"]),
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
    _print(("question", "must", "view", "n", "right", "change", "interval", "flips", "followed"), lines)
    for each in asked:
        if each.impossible:
            print(f"{each.question}: impossible in {len(each.impossible)} of {n}: {each.impossible[0]}")
    rates = [_rate_line(models, limit, n, seed) for limit in LIMITS]
    print("\nRate at which the answer changes when only TQ does, per minute: median, and share with one change.")
    _print(("limit", *(f"{view} {what}" for view in (*VIEWS, BOTH) for what in ("rate", "share"))), rates)
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
    _print(
        ("measure", "rhythm", "rule", "n", "signal", "image", "fused", "interval", "to signal", "to image", "verdict"),
        ({**line, **{f"to {view}": _versus(found) for view, found in line["against"].items()}} for line in table),
    )
    if real:
        _write(out, {"question": table, "strips": rows})
        return
    reached = [wanted(rows, rule) for rule in RULES]
    print(
        f"\nWanted by place: {WANTED_SCORE:g} on each rhythm; in three of four groups not below the better single view."
    )
    for found in reached:
        below = [f"{name} {_cell(score)}" for name, score in found["rhythms"].items() if (score or 0.0) < WANTED_SCORE]
        groups = ", ".join(f"{name} {'yes' if each['reached'] else 'no'}" for name, each in found["groups"].items())
        print(f"{found['rule']:10}  below: {', '.join(below) or 'none'};  not below the better view: {groups}")
    _write(out, {"n": n, "seed": seed, "question": table, "wanted": reached, "strips": rows})


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


def _versus(found: dict[str, Any]) -> str:
    if found["difference"] is None:
        return "-"
    p = found["p"]
    said = "too few" if p is None else "p < 0.001" if p < 0.001 else f"p {p:.3f}"
    return f"{found['difference']:+.2f} ({said})"


def _print(columns: tuple[str, ...], lines: Iterable[dict[str, Any]]) -> None:
    """A table with as much room for each column as it needs."""
    rows = [columns, *(tuple(_cell(line[name]) for name in columns) for line in lines)]
    widths = [max(len(row[number]) for row in rows) for number in range(len(columns))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, tuple):
        return " to ".join(f"{each:.2f}" for each in value)
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _write(path: Path | None, found: dict[str, Any]) -> None:
    if path:
        print(f"written {write_whole(path, json.dumps(found, indent=1, allow_nan=False))}")


if __name__ == "__main__":
    main()
