"""Hearts: for each rhythm a function that says when atria and ventricles are active.

To add a rhythm, write such a function, give it a line in `HEARTS`, a row in ``hearts.csv`` (its rates) and its rows in
``evidence.csv`` (what makes its name).
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from numpy.random import Generator

from ..activation import Heart
from ..people import Person
from . import atrial, blocked, paced, paroxysm, reentry, sinus, ventricular
from .timing import Span

HeartMaker = Callable[[Person, Span, Generator, Mapping[str, object]], Heart]


class Entry(NamedTuple):
    """How a rhythm is made: its function, its own options with their allowed values, and whether atrial beats lead."""

    make: HeartMaker
    options: Mapping[str, tuple[object, ...]]
    conducted: bool


HEARTS: dict[str, Entry] = {
    "SR": Entry(sinus.regular, {}, True),
    "SB": Entry(sinus.regular, {}, True),
    "ST": Entry(sinus.regular, {}, True),
    "SA": Entry(sinus.arrhythmia, {"form": ("phasic", "not phasic")}, True),
    "SAAWR": Entry(sinus.wandering, {}, True),
    "NOD": Entry(sinus.junctional, {"p_wave": ("none", "retrograde")}, False),
    "JT": Entry(sinus.junctional, {"p_wave": ("none", "retrograde")}, False),
    "EAR": Entry(atrial.ectopic_rhythm, {"focus": ("left", "low")}, True),
    "AT": Entry(atrial.tachycardia, {"ratio": (1, 2, 3), "focus": ("left", "low")}, True),
    "MAR": Entry(atrial.multifocal, {}, True),
    "MAT": Entry(atrial.multifocal, {}, True),
    "AVNRT": Entry(reentry.nodal, {"p_wave": ("hidden", "retrograde")}, False),
    "AVRT": Entry(reentry.accessory, {}, False),
    "SVT": Entry(reentry.either, {"which": ("AVNRT", "AVRT")}, False),
    "AFL": Entry(
        atrial.flutter, {"ratio": (2, 3, 4, "variable"), "direction": ("counter-clockwise", "clockwise")}, False
    ),
    "AFIB": Entry(atrial.fibrillation, {"conduction": ("intact", "block", "pacing", "pre-excited")}, False),
    "VT": Entry(
        ventricular.tachycardia, {"captures": (True, False), "atria": ("dissociated", "1:1 retrograde")}, False
    ),
    "AVB2": Entry(blocked.second_degree, {"block": blocked.BLOCKS, "group": blocked.GROUPS}, False),
    "AVB3": Entry(blocked.complete, {"escape": ("junctional", "ventricular")}, False),
    "PACE": Entry(paced.paced, {"mode": paced.MODES, "capture": ("full", "failure")}, False),
    "PAF": Entry(paroxysm.of_fibrillation, {"turn": paroxysm.TURNS}, False),
    "PSVT": Entry(paroxysm.of_reentry, {"turn": paroxysm.TURNS}, False),
    "NSVT": Entry(paroxysm.of_ventricular, {"turn": paroxysm.TURNS}, False),
}
"""Rhythms by their code."""
