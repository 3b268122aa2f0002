"""Truths without their signals, for promises about hundreds of seeds: nothing is played."""

import numpy as np

from ecgteach.rhythms import rhythm as rhythm_called
from ecgteach.simulator.ground_truth import evidence_in, waves_of
from ecgteach.simulator.making import compose
from ecgteach.truth import Truth

SEEDS = range(200)
SECONDS = 10.0


def truth_of(plan, seconds=SECONDS):
    """The truth of an activation, with an empty signal."""
    waves = waves_of(plan, seconds)
    evidence = evidence_in(plan, seconds, waves)
    empty = np.zeros((1, 0), dtype=np.float32)
    return Truth(rhythm_called(plan.rhythm), plan.kind, waves, evidence, empty, notes=plan.notes, made=plan)


def planned(rhythm, seed, seconds=SECONDS, **changes):
    """The truth of the recording that `simulate` would make of a seed."""
    return truth_of(compose(rhythm, (seed,), seconds, None, changes), seconds)
