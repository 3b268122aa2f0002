"""How far the waves can be trusted: beside LUDB's cardiologists, and beside the truth of simulated strips.

A wave is found when a peak lies within 150 ms of the marked one (the window of ANSI/AAMI EC57). Only the segment that
the cardiologists marked counts. Recordings of the test part are never opened.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ecgteach.beats import find_beats
from ecgteach.records import open_dataset
from ecgteach.simulator import simulate
from ecgteach.strip import Strip
from ecgteach.truth import Wave
from ecgteach.waves.delineation import CODES, Waves, delineate, r_peaks, raw_waves
from ecgteach.waves.p_wave import BEFORE, ELSEWHERE, NOT_SEEN, OUTCOMES
from ecgteach.waves.segments import Span

WINDOW_SECONDS = 0.15
PARTS = ("train", "validation")
SIMULATED = ("SR", "SA", "SB", "ST", "AT", "AVNRT", "AVRT", "AFIB", "AFL", "NOD", "AVB2", "AVB3")
FAST = 140.0


class MarkedStrip(NamedTuple):
    """A strip, the waves that are known of it, and those that are found without knowing."""

    strip: Strip
    known: Waves
    found: Waves


@dataclass(frozen=True)
class WaveAgreement:
    """Agreement on one kind of wave.

    Parameters
    ----------
    kind : str
        P, QRS or T.
    marked, found, matched : int
        Waves that are there, that were found, and that agree.
    onsets, offsets : tuple of float
        Errors of the matched waves in seconds, found minus marked.
    """

    kind: str
    marked: int
    found: int
    matched: int
    onsets: tuple[float, ...] = ()
    offsets: tuple[float, ...] = ()

    def __add__(self, other: "WaveAgreement") -> "WaveAgreement":
        return WaveAgreement(
            self.kind,
            self.marked + other.marked,
            self.found + other.found,
            self.matched + other.matched,
            self.onsets + other.onsets,
            self.offsets + other.offsets,
        )

    def __str__(self) -> str:
        shares = [f"{of:.1%}" if of is not None else "-" for of in (self.sensitivity, self.predictivity)]
        errors = [_spread(values) for values in (self.onsets, self.offsets)]
        return f"{self.kind:4}{self.marked:7}{self.found:7}{shares[0]:>9}{shares[1]:>9}{errors[0]:>14}{errors[1]:>14}"

    @property
    def sensitivity(self) -> float | None:
        """Share of the marked waves that were found; None where there are none."""
        return self.matched / self.marked if self.marked else None

    @property
    def predictivity(self) -> float | None:
        """Share of the found waves that are marked; None where none was found."""
        return self.matched / self.found if self.found else None


def match(kind: str, known: Sequence[Wave], found: Sequence[Wave], span: Span) -> WaveAgreement:
    """Pairs of known and found waves whose peaks lie within 150 ms, each used once, inside a span in seconds."""
    known = [wave for wave in known if span[0] <= wave.peak < span[1]]
    left = [wave for wave in found if span[0] <= wave.peak < span[1]]
    number, onsets, offsets = len(left), [], []
    for wave in known:
        near = min(left, key=lambda other: abs(other.peak - wave.peak), default=None)
        if near is not None and abs(near.peak - wave.peak) <= WINDOW_SECONDS:
            left.remove(near)
            onsets.append(near.onset - wave.onset)
            offsets.append(near.offset - wave.offset)
    return WaveAgreement(kind, len(known), number, len(onsets), tuple(onsets), tuple(offsets))


def ludb_strips(data: str | Path | None = None, part: str = "train") -> list[Strip]:
    """Lead II of LUDB's recordings of one part, with the cardiologists' marks."""
    return [record.strip(lead="II", quality="any") for record in open_dataset("ludb", data).split(part)]


def simulated_strips(rhythms: Sequence[str] = SIMULATED, each: int = 20) -> list[Strip]:
    """Simulated strips of lead II with the usual noise: for each rhythm the seeds from 0 on."""
    return [
        simulate(rhythm, seed=seed, leads=("II",)).strip(lead="II", quality="any")
        for rhythm in rhythms
        for seed in range(each)
    ]


def report(data: str | Path | None = None, each: int = 20) -> str:
    """All agreement figures as a text table.

    Parameters
    ----------
    data : path, optional
        Folder that holds LUDB's folder.
    each : int
        Simulated strips for each rhythm.
    """
    simulated = marked_strips(simulated_strips(each=each))
    sets = {f"LUDB, {part}": marked_strips(ludb_strips(data, part)) for part in PARTS}
    sets[f"simulated, up to {FAST:g}/min"] = [marked for marked in simulated if not _fast(marked)]
    sets[f"simulated, above {FAST:g}/min"] = [marked for marked in simulated if _fast(marked)]
    lines = ["How well waves agree, lead II; errors are found minus marked, mean ± sd in ms", ""]
    lines.append(f"{'':4}{'marked':>7}{'found':>7}{'sens.':>9}{'pred.':>9}{'onset':>14}{'offset':>14}")
    for name, held in sets.items():
        lines.append(f"{name}: {len(held)} strips")
        lines += [str(agreement_of(kind, held)) for kind in CODES]
    lines += ["", "P in atrial fibrillation: beats that are given one, by neurokit2 alone and behind our test"]
    lines += [f"{name:26}{_false_alarms(held)}" for name, held in sets.items()]
    lines += [
        "",
        f"{'What our test says of P, by what is known of it':50}{''.join(f'{word:>23}' for word in OUTCOMES)}",
    ]
    for name, held in sets.items():
        lines += _p_outcomes(name, held)
    return "\n".join(lines)


def marked_strips(strips: Iterable[Strip]) -> list[MarkedStrip]:
    """Strips with the waves that are known and those that are found."""
    return [MarkedStrip(strip, delineate(strip), delineate(strip, given=False)) for strip in strips]


def agreement_of(kind: str, held: Iterable[MarkedStrip]) -> WaveAgreement:
    """Agreement on one kind of wave over many strips."""
    total = WaveAgreement(kind, 0, 0, 0)
    for marked in held:
        total += match(kind, marked.known.of(kind), marked.found.of(kind), marked.known.span)
    return total


def _fast(marked: MarkedStrip) -> bool:
    return bool(marked.known.rr.size and 60 / np.median(marked.known.rr) > FAST)


def _false_alarms(held: Iterable[MarkedStrip]) -> str:
    """Beats that are given a P, in strips of atrial fibrillation without one."""
    raw = behind = beats = number = 0
    for strip, known, found in held:
        if strip.rhythm is None or strip.rhythm.code != "AFIB" or known.p.outcome != NOT_SEEN or not found.waves:
            continue
        reading = strip.for_reading()
        peaks = r_peaks(reading, find_beats(reading).times)
        number += 1
        beats += len(peaks)
        raw += int(np.isfinite(raw_waves(reading, peaks)["P"][:, 1]).sum())
        behind += len(found.of("P"))
    return f"{raw} and {behind} of {beats} beats of {number} strips"


def _p_outcomes(name: str, held: Iterable[MarkedStrip]) -> list[str]:
    counted = Counter((marked.known.p.outcome, marked.found.p.outcome) for marked in held)
    return [
        f"{f'{name}: {known}':50}{''.join(f'{counted[known, found]:>23}' for found in OUTCOMES)}"
        for known in (BEFORE, ELSEWHERE, NOT_SEEN)
    ]


def _spread(seconds: Sequence[float]) -> str:
    if not seconds:
        return "-"
    return f"{1000 * np.mean(seconds):+.0f} ± {1000 * np.std(seconds):.0f}"
