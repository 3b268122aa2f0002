"""Pairs of networks whose evidence is known exactly, because it was put there by hand.

Each pair looks at one thing and at nothing else, so that every check can be asked: do you find it, or do you say that
you cannot? The image twin takes the trace back from the picture (the ink's centre, column by column) and reads it as
the signal twin does. From the checkout's root, ``python tests/checks/planted.py 20`` prints how `trust` tells right
maps from wrong ones over 20 strips of each rhythm.
"""

import argparse
from collections import defaultdict
from dataclasses import replace
from functools import cache

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ecgteach.checks.localisation.scores import seed_of
from ecgteach.checks.trust import TRUST_TESTS, trust
from ecgteach.explanation import explain
from ecgteach.models import VIEWS, Layer, network_geometry
from ecgteach.rhythms import grouping
from ecgteach.simulator import simulate
from ecgteach.strip import SAMPLES, SAMPLING_RATE

RATE = 125
STEPS = 10 * RATE
REACH = 60
SHAPES = {"signal": (5000, 40, 125), "image": (1024, 8, 128)}
"""Input steps along time, input steps a cell, cells."""

BEFORE = 45
"""Steps before a beat that may hold its P wave."""
T_ENDS = 38
"""Steps after a beat by which its T wave has ended in most rhythms."""
SWING_MV, SWING_HZ = 0.15, 0.6

RHYTHMS = ("SR", "SA", "SB", "ST", "AT", "AFIB")
JUDGED = ("SR", "SA", "AFIB")
"""Rhythms that P tells apart: only there is a map on the segment before QRS right for the answer."""

RIGHT = ("P",)
WRONG = ("QRS", "wander", "nothing", "accident", "late")
NO_PLACE = ("RR",)

MARKED_SECONDS = 0.6
MARKS = {"AFIB": 0.1, "GSVT": 0.23, "SB": 0.36, "SR": 0.49}
"""Centre of the device's mark in seconds: where it stands tells the group, which is no medicine at all."""


class Planted(nn.Module):
    """One view of a planted pair: fixed sense of where beats are, weights that say what counts around them.

    ``where`` spreads each beat over a segment around it, ``what`` measures the trace there, ``cells`` are averaged over
    the strip, and ``dense`` makes logits of them.
    """

    channels = 2

    def __init__(self, view):
        super().__init__()
        self.view = view
        self.classes = grouping().classes
        self.where = nn.Conv1d(1, self.channels, 2 * REACH + 1, padding=REACH, bias=False)
        self.what = nn.Conv1d(1, 1, 31, padding=15, padding_mode="replicate", bias=False)
        pool = nn.AdaptiveAvgPool1d(SHAPES[view][2])
        self.cells = pool if view == "signal" else _OneRow(pool)
        self.dense = nn.Linear(self.channels, len(self.classes))
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.zero_()
            self.plant()
        self.eval()

    def plant(self):
        """Write the weights."""
        raise NotImplementedError

    def evidence(self, trace):
        """What each channel sees at each of 1,250 steps, (n, channels, 1250), never below zero."""
        raise NotImplementedError

    def forward(self, batch):
        trace = self.trace(batch)
        # where beats are has no gradient; zero times the trace keeps a network that reads nothing else differentiable
        cells = self.cells(self.evidence(trace) + 0.0 * trace)
        return self.dense(cells.flatten(2).mean(2))

    def trace(self, batch):
        """The strip in mV at 125 Hz, (n, 1, 1250)."""
        if self.view == "signal":
            return functional.avg_pool1d(batch, SAMPLING_RATE // RATE)
        scale = network_geometry()
        rows = torch.arange(scale.height, dtype=batch.dtype) + 0.5
        ink, below = (torch.stack([torch.ones_like(rows), rows]) @ batch[:, 0]).unbind(1)
        millivolt = scale.high - below / ink.clamp(min=1e-3) * (scale.high - scale.low) / scale.height
        millivolt = torch.where(ink > 1e-3, millivolt, torch.zeros_like(millivolt))
        return functional.interpolate(millivolt[:, None], size=STEPS, mode="linear")

    def spread(self, trace):
        """The segment around each beat that each channel reads, (n, channels, 1250), 0 to 1."""
        return self.where(beats(trace)).clamp(0, 1)

    def around(self, channel, start, end, weight=1.0):
        """Let a channel read from `start` to `end` seconds around each beat's middle."""
        steps = np.arange(-REACH, REACH + 1) / RATE
        inside = torch.tensor((steps >= start) & (steps < end))
        self.where.weight[channel, 0, inside.flip(0)] = weight

    def measure(self, *pieces):
        """Let ``what`` be a sum of averages, each over (start, end) seconds around the step, with its weight."""
        steps = np.arange(-15, 16) / RATE
        for start, end, weight in pieces:
            inside = torch.tensor((steps >= start) & (steps <= end))
            self.what.weight[0, 0, inside] += weight / inside.sum()

    def vote(self, group, channel, weight, bias=0.0):
        """Let a channel speak for a group."""
        number = self.classes.index(group)
        self.dense.weight[number, channel] += weight
        self.dense.bias[number] += bias

    def layers(self):
        steps, stride, cells = SHAPES[self.view]
        first = (stride - 1) / 2 if self.view == "signal" else stride / 2
        return {"cells": Layer("cells", "pooling", stride, stride, first, cells, steps)}

    def layer(self, name=None):
        return self.layers()[name or "cells"]


class _OneRow(nn.Module):
    """Gives cells along time the one row that an image map has."""

    def __init__(self, pool):
        super().__init__()
        self.pool = pool

    def forward(self, values):
        return self.pool(values)[:, :, None]


class LooksAtP(Planted):
    """Says SR where a bump stands before the QRS complexes, AFIB where none does; it knows no rate.

    It looks for the bump in the mean beat, as a low P may be lost in the noise of a single one and a high f wave is
    not: f waves do not repeat. Nor does it miss a P where the T wave of the beat before may still be.
    """

    def plant(self):
        self.around(0, -0.26, -0.07)
        self.around(1, -0.285, -0.085)
        self.measure((-0.032, 0.032, 1.0), (-0.12, -0.064, -0.5), (0.064, 0.12, -0.5))
        self.vote("SR", 0, 3300.0)
        self.vote("AFIB", 1, 500.0)
        self.dense.bias[[self.classes.index("SB"), self.classes.index("GSVT")]] = -3.0

    def evidence(self, trace):
        at = beats(trace)
        segment = self.spread(trace)
        bump = functional.relu(self.what(mean_before(trace, at))) * segment[:, :1]
        highest = functional.max_pool1d(bump, 41, 1, 20)
        missing = functional.relu(0.1 - highest) * segment[:, 1:] * (1 - since(at, T_ENDS))
        return torch.cat([bump, missing], dim=1)


class LooksLate(LooksAtP):
    """Answers by P, but what it saw comes up in the cells half a second later, as in networks with long fields."""

    def evidence(self, trace):
        return super().evidence(trace).roll(RATE // 2, dims=2)


class LooksAtQRS(Planted):
    """Says GSVT (less so AFIB) where complexes are steep for long, SR (less so SB) where only their middle is."""

    def plant(self):
        self.around(0, -0.04, 0.04)
        self.around(1, -0.1, -0.04)
        self.around(1, 0.04, 0.1)
        self.measure((0.008, 0.016, 1.0), (-0.016, -0.008, -1.0))
        self.vote("SR", 0, 100.0)
        self.vote("SB", 0, 80.0)
        self.vote("GSVT", 1, 100.0)
        self.vote("AFIB", 1, 80.0)

    def evidence(self, trace):
        steep = self.what(trace).abs()
        return steep * self.spread(trace)


class CountsBeats(Planted):
    """Says SB, SR or GSVT by the number of beats: a vote of each QRS for "faster", and a bias for "slow"."""

    channels = 1

    def plant(self):
        self.around(0, -0.04, 0.04)
        per_beat = STEPS / 10.0
        self.vote("SR", 0, per_beat, bias=-10.0)
        self.vote("GSVT", 0, 2 * per_beat, bias=-26.7)
        self.dense.bias[self.classes.index("AFIB")] = -40.0

    def evidence(self, trace):
        return self.spread(trace)


class LooksAtWander(Planted):
    """Says SR (less so SB) where the slow part of the baseline lies high, AFIB (less so GSVT) where it lies low."""

    passes = 16
    """So many averages over a quarter of a second leave a swing of 0.6 Hz its half, and of beats next to nothing."""

    def plant(self):
        self.what.weight[:] = 1 / 31
        self.vote("SR", 0, 100.0)
        self.vote("SB", 0, 80.0)
        self.vote("AFIB", 1, 100.0)
        self.vote("GSVT", 1, 80.0)

    def evidence(self, trace):
        slow = trace
        for _ in range(self.passes):
            slow = self.what(slow)
        return torch.cat([functional.relu(slow), functional.relu(-slow)], dim=1)


class LooksAtNothing(Planted):
    """Says SR, whatever it is shown."""

    def plant(self):
        self.dense.bias[self.classes.index("SR")] = 2.0

    def evidence(self, trace):
        return self.spread(trace)


class ReadsTheMark(Planted):
    """Right by accident: it reads the device's mark at the strip's edge, and nothing of the heart."""

    channels = 4

    def __init__(self, view):
        super().__init__(view)
        gates = torch.zeros(4, STEPS)
        times = (torch.arange(STEPS) + 0.5) / RATE
        for number, group in enumerate(self.classes):
            gates[number, (times - MARKS[group]).abs() < 0.04] = 1.0
        self.gates = nn.Parameter(gates)

    def plant(self):
        self.measure((-0.01, 0.01, 1.0))
        for number, group in enumerate(self.classes):
            self.vote(group, number, 2500.0)

    def evidence(self, trace):
        return functional.relu(self.what(trace)) * self.gates


PLANTED = {
    "P": LooksAtP,
    "QRS": LooksAtQRS,
    "RR": CountsBeats,
    "wander": LooksAtWander,
    "nothing": LooksAtNothing,
    "accident": ReadsTheMark,
    "late": LooksLate,
}
"""What each pair looks at."""


def planted(evidence):
    """The pair that looks at one thing."""
    return {view: PLANTED[evidence](view) for view in VIEWS}


def beats(trace):
    """1 at each beat's middle, else 0, (n, 1, 1250): where the squared slope is high, and highest within 0.24 s."""
    with torch.no_grad():
        steep = functional.pad(trace[..., 2:] - trace[..., :-2], (1, 1)) ** 2
        energy = functional.avg_pool1d(functional.avg_pool1d(steep, 11, 1, 5), 5, 1, 2)
        typical = energy.reshape(len(trace), 1, 10, -1).amax(3).median(2, keepdim=True).values
        highest = energy >= functional.max_pool1d(energy, 2 * 30 + 1, 1, 30)
        return (highest & (energy > 0.25 * typical) & (energy > 1e-9)).to(trace.dtype)


def since(at, steps):
    """1 where a beat was within so many steps before, else 0, (n, 1, 1250)."""
    return functional.max_pool1d(functional.pad(at, (steps, 0)), steps, 1)[..., :STEPS]


def mean_before(trace, at):
    """The trace with the mean of what comes before the beats laid out before each of them, (n, 1, 1250)."""
    before = functional.pad(trace, (BEFORE, 0)).unfold(2, BEFORE + 1, 1)[:, 0]
    mean = torch.einsum("ntl,nt->nl", before, at[:, 0]) / at.sum((1, 2)).clamp(min=1)[:, None]
    each = functional.pad(at.transpose(0, 1), (0, BEFORE))
    laid = functional.conv1d(each, mean.flip(1)[:, None], groups=len(trace)).transpose(0, 1)
    beats_ahead = functional.conv1d(functional.pad(at, (0, BEFORE)), torch.ones(1, 1, BEFORE + 1))
    return torch.where(beats_ahead > 0.5, laid / beats_ahead.clamp(min=1), trace)


def marked(strip, group=None):
    """The strip on a baseline that swings, and with its device's mark of the group over its first 0.6 s.

    What lay under the mark is no evidence now. The swing is there to be read as wander: the simulator's own is slower,
    and hardly any of it is left when a strip has been filtered.
    """
    read = strip.for_reading()
    times = np.arange(SAMPLES) / SAMPLING_RATE
    group = group or group_of(read)
    swing = SWING_MV * np.sin(2 * np.pi * (SWING_HZ * times + np.random.default_rng(seed_of(read.truth)).random()))
    pulse = 0.25 * np.exp(-0.5 * ((times - MARKS[group]) / 0.02) ** 2)
    kept = np.clip((times - MARKED_SECONDS) / 0.05 + 1, 0, 1)
    truth = replace(read.truth, evidence=tuple(e for e in read.truth.evidence if e.start >= MARKED_SECONDS))
    return replace(read, samples=(read.samples + swing) * kept + pulse * (times < MARKED_SECONDS), truth=truth)


@cache
def strips(count, rhythms=RHYTHMS, seed=0):
    """Marked simulated strips, `count` of each rhythm."""
    records = [simulate(code, seed=(seed, number)) for code in rhythms for number in range(count)]
    return [marked(record.strip(lead="II", quality="any")) for record in records]


def group_of(strip):
    """Code of the group that the strip's rhythm belongs to."""
    return grouping().group_of(strip.rhythm).code


def judge(count, evidence=tuple(PLANTED), seed=0):
    """A row for each strip and pair: what the pair looks at, the strip's rhythm, and the report on the group's map."""
    read = strips(count, JUDGED, seed)
    for name in evidence:
        pair = planted(name)
        for number, strip in enumerate(read):
            yield name, strip.rhythm.code, trust(explain(strip, pair, target=group_of(strip)), pair, seed=number)


def auc(right, wrong):
    """P(score of a right map > score of a wrong one), ties one half."""
    pairs = [(one > other) + 0.5 * (one == other) for one in right for other in wrong]
    return float(np.mean(pairs))


def told_apart(rows):
    """How well the score of `trust` tells the right map from each wrong one, and from all of them together."""
    scores = defaultdict(list)
    for name, _, report in rows:
        scores[name].append(report.score)
    right = [score for name in RIGHT for score in scores[name]]
    wrong = {name: scores[name] for name in WRONG if name in scores}
    every = [score for found in wrong.values() for score in found]
    return {name: auc(right, found) for name, found in wrong.items()} | {"all": auc(right, every)}


def main():
    """Print how often each test was passed, and how well right maps are told from wrong ones."""
    arguments = argparse.ArgumentParser(description="How trust tells right maps from wrong ones over planted networks.")
    arguments.add_argument("count", type=int, nargs="?", default=5, help="strips of each rhythm")
    arguments.add_argument("--seed", type=int, default=0)
    asked = arguments.parse_args()
    rows = list(judge(asked.count, seed=asked.seed))
    names = list(TRUST_TESTS)
    print("passed of asked   " + "".join(f"{name:>14}" for name in names) + "         score")
    for evidence in PLANTED:
        reports = [report for name, _, report in rows if name == evidence]
        line = f"{evidence:<18}"
        for name in names:
            outcomes = [test.passed for report in reports for test in report.applicable if test.name == name]
            line += f"{sum(outcomes):>8} of {len(outcomes):<3}" if outcomes else f"{'-':>14}"
        print(line + f"{np.mean([report.score for report in reports]):>14.2f}")
    print("P(right map scores higher than a wrong one): ", end="")
    print(", ".join(f"{name} {value:.2f}" for name, value in told_apart(rows).items()))


if __name__ == "__main__":
    main()
