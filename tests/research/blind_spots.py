"""Blind spots: what the networks call each kind of strip, how surely, and which kinds of real strips they miss.

Kinds are those of ``ecgteach/simulator/kinds.csv``: those on the list of four are judged, those off it are
told, since every answer to them is wrong and some are given with confidence. Seeds are apart from all that was learnt
from, and the noise of each strip is as strong as that of one of the embedded real strips.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
from numpy.random import default_rng
from numpy.typing import NDArray

from ecgteach.beats import find_beats, group_of_truth
from ecgteach.filters import for_reading
from ecgteach.models.network import Network, inputs_of, module_of
from ecgteach.printing import percent
from ecgteach.records import Record, open_dataset, samples
from ecgteach.records.findings import in_words
from ecgteach.rhythms import Rhythm, grouping
from ecgteach.simulator.kinds import OFF_THE_LIST, Kind, kinds
from ecgteach.statistics import interval
from ecgteach.strip import SECONDS, Strip
from ecgteach.training.data.strips import near_limit, without_twins

from .noise import signal_to_noise

KEY = 2424
"""Apart from every strip that was simulated to learn from or to tune anything by."""

EACH = 60
WANTED = 0.9
STRONGEST, WEAKEST = 4.0, 0.1
"""By how much the usual noise is made stronger or weaker at most to match a real strip's."""
STEPS = 3
"""What lies between the complexes is not noise alone, so that the right factor is found by trying."""


@dataclass(frozen=True)
class KindAnswers:
    """What one view answered to strips of one kind.

    Parameters
    ----------
    kind : str
        Its name.
    view : str
        Whose answers: one view's, or "both" for the averaged probabilities.
    group : str or None
        The right answer, "by rate" where it is each strip's own; None where there is none.
    n : int
        Strips.
    right : int or None
        Right answers; None off the list.
    interval : list of two floats, or None
        95 % of the share of right answers, drawn by recording; None below ten recordings.
    answered : dict of str to int
        Answers by group, commonest first.
    confidence : float
        Median probability given to the commonest answer, on the strips that got it.
    """

    kind: str
    view: str
    group: str | None
    n: int
    right: int | None
    interval: list[float] | None
    answered: dict[str, int]
    confidence: float

    @property
    def reached(self) -> bool | None:
        """Whether at least nine in ten are right; None off the list."""
        return None if self.right is None else self.right >= WANTED * self.n


BOTH = "both"
COLUMNS = ("kind", "view", "group", "n", "right", "interval", "answered", "confidence")

OF_KINDS = """\
Simulated strips of lead II, as noisy as the embedded real ones. group: the right answer; "-" where the four groups have
none, so that every answer is wrong. confidence: median probability of the commonest answer where it was given."""

OF_REAL_KINDS = """\
Real strips by what their source says or marks; one strip may be of several kinds. Where the strip's rhythm has a group,
those of the validation part; off the list all, since nothing was learnt from them."""


def line(found: KindAnswers) -> dict[str, object]:
    """One row of the table, in words."""
    answered = ", ".join(f"{group} {percent(count, found.n)}" for group, count in found.answered.items())
    right = None if found.right is None else percent(found.right, found.n)
    return vars(found) | {"right": right, "answered": answered, "confidence": f"{100 * found.confidence:.0f}%"}


def blind_spots(
    models: Mapping[str, Network],
    *,
    n: int = EACH,
    seed: int = 0,
    only: Iterable[str] | None = None,
    progress: Callable[[], object] = lambda: None,
) -> list[KindAnswers]:
    """Answers of each view, and of both together, to strips of every kind.

    Parameters
    ----------
    models : mapping of str to Network
        A network for each view.
    n : int
        Strips of each kind.
    seed : int
        Decides the strips.
    only : iterable of str, optional
        Names of some kinds.
    progress : callable
        Called after each kind.
    """
    found = []
    levels = embedded_noise()
    for name in only or kinds():
        one = kinds()[name]
        strips, groups = kind_strips(one, n, seed, levels)
        group = None if one.group == OFF_THE_LIST else one.group
        found += answers_of(name, group, probabilities(models, strips), groups)
        progress()
    return found


def kind_strips(one: Kind, n: int, seed: int, levels: Sequence[float]) -> tuple[NDArray[np.float32], list[str | None]]:
    """Lead II of simulated strips of one kind as they are read, shape (n, 5000), and the group of each.

    Each is as noisy as one of `levels`; sinus strips within 2/min of a limit are drawn again.
    """
    made: list[NDArray[np.float32]] = []
    groups: list[str | None] = []
    for number in count():
        if len(made) == n:
            return np.stack(made), groups
        key = (KEY, seed, *one.name.encode(), number)
        clean = one.simulate(seed=key, leads=("II",), noise=None)
        truth = clean.truth
        assert truth is not None
        if truth.rhythm.sinus and near_limit(60.0 / float(truth.rr.mean())):
            continue
        noise = one.simulate(seed=key, leads=("II",)).signals[0] - clean.signals[0]
        wanted = levels[int(default_rng(key).integers(len(levels)))]
        made.append(_as_noisy(clean.signals, noise, wanted)[0])
        groups.append(group_of_truth(truth))
    raise AssertionError


def embedded_noise() -> list[float]:
    """Signal to noise of every embedded real strip in dB."""
    ratios = [signal_to_noise(one.load().strip(quality="any").for_reading().samples) for one in samples(use=None)]
    return [ratio for ratio in ratios if np.isfinite(ratio)]


def _as_noisy(clean: NDArray[np.float32], noise: NDArray[np.float32], wanted: float) -> NDArray[np.float32]:
    """A strip whose noise is made as strong as is wanted, within bounds."""
    factor = 1.0
    for _ in range(STEPS):
        has = signal_to_noise(for_reading(clean + factor * noise)[0])
        if np.isfinite(has):
            factor = float(np.clip(factor * 10 ** ((has - wanted) / 20), WEAKEST, STRONGEST))
    return np.asarray(for_reading(clean + factor * noise), dtype=np.float32)


def probabilities(models: Mapping[str, Network], strips: NDArray[np.float32]) -> dict[str, NDArray[np.float64]]:
    """Softmax of each view's answers, and their mean as "both"; each of shape (n, classes)."""
    import torch

    found = {}
    for view, network in models.items():
        module = module_of(network).eval()
        with torch.inference_mode():
            logits = torch.cat(
                [module(inputs_of(network, part, view)) for part in np.array_split(strips, 4) if len(part)]
            )
        found[view] = logits.double().softmax(1).numpy()
    if len(models) > 1:
        found[BOTH] = np.mean(list(found.values()), axis=0)
    return found


def answers_of(
    name: str,
    group: str | None,
    answers: Mapping[str, NDArray[np.float64]],
    groups: Sequence[str | None],
    recordings: NDArray[np.str_] | None = None,
) -> list[KindAnswers]:
    """Count what was answered to strips of one kind, each of its own group; each is a recording where none is named."""
    classes = grouping().classes
    found = []
    for view, shares in answers.items():
        picked = [classes[number] for number in shares.argmax(1).tolist()]
        answered = Counter(picked).most_common()
        commonest = answered[0][0]
        given = [float(row.max()) for row, answer in zip(shares, picked, strict=True) if answer == commonest]
        right = np.array([answer == own for answer, own in zip(picked, groups, strict=True)]) if group else None
        found.append(
            KindAnswers(
                name,
                view,
                group,
                len(shares),
                None if right is None else int(right.sum()),
                None if right is None else interval(right, recordings),
                dict(answered),
                float(np.median(given)),
            )
        )
    return found


@dataclass(frozen=True)
class RealKind:
    """How a kind is known on a real recording: one of these rhythms, findings in words, or marks of beats."""

    name: str
    rhythms: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    beats: tuple[str, ...] = ()

    def holds(self, record: Record, strip: Strip) -> bool:
        """Whether a strip is of this kind: by its own marks where its source marks beats, else by the labels."""
        if strip.rhythm and strip.rhythm.code in self.rhythms:
            return True
        marks = {mark.symbol for mark in strip.annotations if mark.kind == BEAT}
        if marks:
            return not marks.isdisjoint(self.beats)
        codes = {label.code for label in record.labels if isinstance(label, Rhythm)}
        return not codes.isdisjoint(self.rhythms) or not set(in_words(record.labels)).isdisjoint(self.findings)


BEAT = "beat"
REAL_KINDS = (
    RealKind("paced", ("PACE",), (), ("/", "f")),
    RealKind("PACs", (), ("premature atrial beats", "premature supraventricular beats"), ("A", "a", "S", "J")),
    RealKind("PVCs", (), ("premature ventricular beats",), ("V",)),
    RealKind("flutter", ("AFL",)),
    RealKind("left bundle-branch block", (), ("left bundle branch block",), ("L",)),
    RealKind("right bundle-branch block", (), ("right bundle branch block",), ("R",)),
    RealKind("first-degree block", (), ("first-degree atrioventricular block", "long PR interval")),
    RealKind("sinus arrhythmia", ("SA",)),
    RealKind("atrial tachycardia, AVRT and other SVT", ("AT", "AVRT", "AVNRT", "SVT")),
    RealKind("junctional or idioventricular rhythm", ("NOD", "IVR")),
    RealKind("ventricular tachycardia", ("VT", "VFL")),
    RealKind("ventricular bigeminy and trigeminy", ("VBIG", "VTRI")),
)
"""Sources' words are those of ``findings.csv`` and ``rhythms.csv``; marks of beats those of MIT-BIH."""

SOURCES = ("ptb-xl", "challenge-2021", "ludb", "mitdb")
"""Sources that name kinds; the challenge of 2017 has four labels only."""


def real_blind_spots(
    models: Mapping[str, Network], data: Path | None = None, part: str = "validation"
) -> list[KindAnswers]:
    """Answers to real strips of the kinds that some exist of.

    A strip whose rhythm has a group is taken from one part alone, since networks have learnt from the training part;
    strips whose rhythm is off the list were never learnt from and are taken from all parts. A kind that has both stands
    in two rows.
    """
    rows: dict[tuple[str, str | None], list[tuple[NDArray[np.float32], str]]] = {}
    for record, within in _recordings(data):
        lead = record.lead_for_reading()
        for start in np.arange(0, record.seconds - SECONDS + 0.01, SECONDS):
            strip = record.strip(lead, float(start), quality="any")
            group = _group(strip)
            if any(fault.kind == FLAT for fault in strip.quality.faults) or (group and within != part):
                continue
            for one in REAL_KINDS:
                if one.holds(record, strip):
                    rows.setdefault((one.name, group), []).append((strip.for_reading().samples, record.name))
    found = []
    order = [one.name for one in REAL_KINDS]
    for (name, group), held in sorted(rows.items(), key=lambda row: (order.index(row[0][0]), str(row[0][1]))):
        strips, names = np.stack([samples for samples, _ in held]), np.array([name for _, name in held])
        found += answers_of(name, group, probabilities(models, strips), [group] * len(names), names)
    return found


FLAT = "flat"


def _recordings(data: Path | None) -> Iterator[tuple[Record, str]]:
    """Each recording once, with the part of the split that it belongs to."""
    for dataset in without_twins([open_dataset(source, data) for source in SOURCES]):
        yield from zip(dataset, dataset.parts, strict=True)


def _group(strip: Strip) -> str | None:
    """The group of a strip by its label, a sinus rhythm's by its measured rate; None off the list."""
    if strip.rhythm is None:
        return None
    found = grouping().group_of(strip.rhythm, find_beats(strip).rate)
    return found.code if found else None
