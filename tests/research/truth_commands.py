"""Commands that hold maps against what is known of a strip: its evidence, its edits, its group."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from tqdm.auto import tqdm

from ecgteach.checks.answers import BOTH
from ecgteach.checks.counterfactual import QUESTIONS, RATE_LIMITS, QueryResult, flip_rate, query
from ecgteach.checks.fusion_comparison import MEASURES, FusionLine, compare_fusion, fusion_table, real_explanations
from ecgteach.checks.localisation import CONTROLS, RHYTHMS, each_rhythm
from ecgteach.checks.trust import TRUST_TESTS, verdict
from ecgteach.checks.trust.report import FAILED, PASSED, RIGHT, WRONG
from ecgteach.cli import Weights, models_of, taking
from ecgteach.errors import UnknownName, choices
from ecgteach.fusion import RULES
from ecgteach.models import VIEWS, StripCNN
from ecgteach.printing import in_cell, print_table, print_words, versus
from ecgteach.records import samples
from ecgteach.statistics import interval, mean_of

from .aims import AIM_SCORE, aims_reached
from .localisation_study import localisation_study, localisation_table
from .options import N, Only, Out, Real, Seed, write
from .trust_table import trust_table

OF_LOCALISATION = """\
score: P(map in evidence > map in X); gain: (mass - c) / (1 - c); density: mass over c; evenness over beats;
distractor: share of the map on ectopic beats and their pauses, beside the share of the time that they take."""


@dataclass(frozen=True)
class EditLine:
    """What one edit did to one view's answers.

    Parameters
    ----------
    question, criterion, must : str
        What was asked, about which criterion, and what must follow.
    labels : list of str
        What the edited recordings would be called.
    view : str
        Whose answers.
    n : int
        Pairs.
    right : float or None
        Share of originals that were answered rightly.
    change : float or None
        Mean change of the target's log probability over its strongest rival's.
    interval : list of float, or None
        95 % of it.
    flips, followed : float or None
        Share of answers that changed, and of right ones after which followed what must.
    """

    question: str
    criterion: str
    must: str
    labels: list[str]
    view: str
    n: int
    right: float | None
    change: float | None
    interval: list[float] | None
    flips: float | None
    followed: float | None


@dataclass(frozen=True)
class RateLine:
    """At which rate each view's answer changes when only TQ does: median, and share of strips with one change."""

    limit: int
    signal_rate: float | None
    signal_share: float
    image_rate: float | None
    image_share: float
    both_rate: float | None
    both_share: float


class Study(NamedTuple):
    """What every study here is given: its seed, the rhythms, where figures go, and whose maps are judged."""

    seed: Seed = 0
    rhythm: Only = None
    out: Out = None
    signal: Weights = None
    image: Weights = None

    @property
    def models(self) -> dict[str, StripCNN]:
        """The networks that are asked."""
        return models_of(self.signal, self.image)


@taking(Study)
def localisation(study: Study, n: N = 60) -> None:
    """Do the maps lie on the evidence? By original rhythm and criterion, beside the controls."""
    models, rhythms = study.models, study.rhythm or list(RHYTHMS)
    with tqdm(total=n * len(rhythms), unit="strip", leave=False, disable=None) as bar:
        rows = localisation_study(models, n=n, seed=study.seed, rhythms=rhythms, progress=lambda *_: bar.update())
    table = localisation_table(rows)
    print(OF_LOCALISATION)
    figures = ("n", "right", "score", "interval", "gain", "pointing", "rank", "density", "ceiling", "evenness")
    columns = ("rhythm", "criterion", "map", *figures, "distractor", "distractor_coverage")
    print_table(columns, ({**vars(line), **line.means} for line in table))
    print("\nScore over that of each control: mean difference, and p after Holm.")
    print_words(CONTROLS)
    controls = next((list(line.over) for line in table if line.over), [])
    print_table(
        ("rhythm", "criterion", "map", *controls),
        (
            {**vars(line), **{name: versus(found.difference, found.p) for name, found in line.over.items()}}
            for line in table
            if line.over
        ),
    )
    for line in table:
        if line.map == "fused":
            for reason, count in line.without_score.items():
                print(f"{line.rhythm}, {line.criterion}: {count} of {n} strips without a score: {reason}")
    write(study.out, {"n": n, "seed": study.seed, "localisation": table})


@taking(Study)
def edits(study: Study, n: N = 40) -> None:
    """Which single change changes the answer, and is it the one that should?"""
    models, known = study.models, dict.fromkeys(question.rhythm for question in QUESTIONS)
    if unknown := set(study.rhythm or ()) - set(known):
        raise UnknownName(f"nothing is asked about {choices(sorted(unknown))}; there are edits of {choices(known)}")
    chosen = [question for question in QUESTIONS if not study.rhythm or question.rhythm in study.rhythm]
    results = [query(question, models, n=n, seed=study.seed) for question in tqdm(chosen, leave=False, disable=None)]
    print("change: of the target's log probability over its strongest rival's; followed: of those right before.")
    lines = [_edit_line(each, view) for each in results for view in (*VIEWS, BOTH)]
    print_table(("question", "must", "view", "n", "right", "change", "interval", "flips", "followed"), map(vars, lines))
    for each in results:
        if each.impossible:
            print(f"{each.question}: impossible in {len(each.impossible)} of {n}: {each.impossible[0]}")
    rates = [_rate_line(models, limit, n, study.seed) for limit in RATE_LIMITS]
    print("\nRate at which the answer changes when only TQ does, per minute: median, and share with one change.")
    print_table(tuple(vars(rates[0])), map(vars, rates))
    effects = [{"question": str(each.question), "effects": [asdict(one) for one in each.effects]} for each in results]
    write(study.out, {"n": n, "seed": study.seed, "edits": lines, "rates": rates, "pairs": effects})


@taking(Study)
def fusion(study: Study, n: N = 60, real: Real = False) -> None:
    """Is the fused map better than each single one? By measure, rhythm and fusion rule."""
    models, rhythms = study.models, study.rhythm or list(RHYTHMS)
    with tqdm(total=len(samples()) if real else n * len(rhythms), unit="strip", leave=False, disable=None) as bar:
        explained = real_explanations(models) if real else each_rhythm(models, n=n, seed=study.seed, rhythms=rhythms)
        rows = compare_fusion(explained, models, progress=bar.update)
    table = fusion_table(rows)
    print_words({name: measure for name, measure in MEASURES.items() if measure.real or not real})
    figures = ("n", "signal", "image", "fused", "interval", "best control", "to signal", "to image", "conclusion")
    print_table(("measure", "rhythm", "rule", *figures), map(_fusion_line, table))
    if real:
        write(study.out, {"fusion": table, "strips": rows})
        return
    reached = [aims_reached(rows, rule) for rule in RULES]
    print(f"\nWanted by localisation: {AIM_SCORE:g} a rhythm; in three of four groups not below the better view.")
    for found in reached:
        below = [f"{name} {in_cell(score)}" for name, score in found["rhythms"].items() if (score or 0.0) < AIM_SCORE]
        groups = ", ".join(f"{name} {'yes' if each['reached'] else 'no'}" for name, each in found["groups"].items())
        print(f"{found['rule']:10}  below: {', '.join(below) or 'none'};  not below the better view: {groups}")
    write(study.out, {"n": n, "seed": study.seed, "fusion": table, "wanted": reached, "strips": rows})


@taking(Study)
def trust(study: Study, n: N = 10, real: Real = False) -> None:
    """Which tests does the map of a single strip pass, and are right answers those with good maps?"""
    models, rhythms = study.models, study.rhythm or list(RHYTHMS)
    explained = real_explanations(models) if real else each_rhythm(models, n=n, seed=study.seed, rhythms=rhythms)
    strips = len(samples()) if real else n * len(rhythms)
    with tqdm(explained, total=strips, unit="strip", leave=False, disable=None) as bar:
        reports = [
            (name, verdict.trust(seen, models, seed=study.seed + number)) for number, (name, seen) in enumerate(bar)
        ]
    table = trust_table(reports)
    print("Maps for the strip's own group: how many passed each test, of those that could be asked.")
    tests = list(dict.fromkeys(name for line in table for name in line.tests))
    for name in tests:
        print(f"{name}: {TRUST_TESTS[name].question}")
    print_table(("rhythm", "n", *tests, "score", "cautions"), ({**vars(line), **line.tests} for line in table))
    print("\nAnswer (of both networks together) and map (passed: every test that could be asked).")
    corners = [f"{answer}, {found}" for answer in (RIGHT, WRONG) for found in (PASSED, FAILED)]
    corners += sorted({name for line in table for name in line.quadrants} - set(corners))
    print_table(
        ("rhythm", *corners),
        ({"rhythm": line.rhythm, **dict.fromkeys(corners, 0), **line.quadrants} for line in table),
    )
    every = [{"rhythm": name, **report.to_json()} for name, report in reports]
    write(study.out, {"n": n, "seed": study.seed, "trust": table, "reports": every})


def _fusion_line(line: FusionLine) -> dict[str, Any]:
    best = max(line.controls, key=line.controls.__getitem__, default=None)
    return {
        **line.to_json(),
        **{f"to {view}": versus(found.difference, found.p) for view, found in line.against.items()},
        "best control": None if best is None else f"{in_cell(line.controls[best])} ({best})",
    }


def _edit_line(result: QueryResult, view: str) -> EditLine:
    effects = result.of(view)
    changes = [effect.change for effect in effects]
    followed = [None if effect.followed is None else float(effect.followed) for effect in effects]
    return EditLine(
        str(result.question),
        result.question.criterion,
        result.question.must,
        sorted({effect.label for effect in effects}),
        view,
        len(effects),
        mean_of([float(effect.before == effect.target) for effect in effects]),
        mean_of(changes),
        interval(changes),
        mean_of([float(effect.flipped) for effect in effects]),
        mean_of(followed),
    )


def _rate_line(models: Mapping[str, StripCNN], limit: int, n: int, seed: int) -> RateLine:
    found = [flip_rate(models, limit, seed=(seed, number)) for number in range(n)]
    figures: list[Any] = []
    for view in (*VIEWS, BOTH):
        there = [rate for each in found if (rate := each[view]) is not None]
        figures += [float(np.median(there)) if there else None, len(there) / n]
    return RateLine(limit, *figures)


COMMANDS = {"localisation": localisation, "edits": edits, "fusion-comparison": fusion, "trust": trust}
