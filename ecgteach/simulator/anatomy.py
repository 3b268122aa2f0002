"""Anatomy: the form of every wave of one person, each drawn when it is first asked for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from zlib import crc32

import numpy as np
from numpy.random import Generator

from . import atrial_forms, ventricular_forms
from .leads import DOWER, INDEPENDENT
from .people import WIDEST_NARROW, Person
from .shapes import Pulse, Shape, shape

P_AXES = (20.0, 80.0)
"""Degrees between which the P of the sinus node points: upright in I and II, inverted in aVR."""

SHARE_OF_RR = 0.49
"""Largest share of RR that a QRS may last, so that a T as long as it has room."""

APART = 32
"""Two to this power random numbers lie between those of two names."""

LEAST_WIDE = 0.121
WIDTHS = {
    "bundle branch": (0.124, 0.17),
    "VT": (0.125, 0.22),
    "PVC": (0.125, 0.18),
    "escape": (0.125, 0.18),
    "paced": (0.135, 0.19),
    "aberrant": (0.122, 0.15),
}
"""Range in seconds from which the width of each wide QRS is drawn."""

VT_WIDTH = (0.165, 0.032)
SOKOLOW_LYON = 3.5
CORNELL = {"F": 2.0, "M": 2.8}
"""Limits in mV of S in V1 with R in V5 or V6, and of R in aVL with S in V3 (Hancock 2009, part V)."""

HIGHEST_R_IN_CHEST = 2.6
HIGHEST_R_IN_AVL = 1.1
MARGIN = 0.8
"""Share of the limits that the drawn complex may reach, for complexes breathe by up to 15 %."""

LEAST_CHEST = 0.3


class Anatomy:
    """Shapes of one person's waves, each made when it is first asked for; asked again, the same.

    Each shape has random numbers of its own, so that none depends on which others a heart has.

    Parameters
    ----------
    person : Person
        Amplitudes and axis.
    random : numpy.random.Generator
        What differs from person to person beyond that; the anatomy keeps it.
    bundle_branch : {None, "left", "right"}
        Which bundle branch does not conduct.
    """

    def __init__(self, person: Person, random: Generator, bundle_branch: str | None = None) -> None:
        self.person = person
        self.random = random
        self.bundle_branch = bundle_branch
        self.p_axis = float(np.clip(random.normal(55, 15), *P_AXES))
        self.t_axis = person.axis + random.normal(0, 22) if abs(person.axis - 45) < 75 else random.normal(45, 25)
        if person.healthy:
            self.t_axis = float(np.clip(self.t_axis, 5.0, 75.0))
        self.wide = random.uniform(*WIDTHS["bundle branch"])
        self.st_share = random.uniform(0.18, 0.42)
        self.shapes: dict[str, Shape] = {}
        self.widths: dict[str, float] = {}
        self._start = random.bit_generator.state

    def shape(self, name: str) -> Shape:
        """The shape of this name; ``"ectopic 2"`` is the person's second ectopic P wave."""
        if name not in self.shapes:
            form, _, of = name.partition(" ")
            with self._numbers_of(name):
                self.shapes[name] = shape(name, FORMS[form](self, of))
        return self.shapes[name]

    @contextmanager
    def _numbers_of(self, name: str) -> Iterator[None]:
        """Random numbers that belong to a name alone; a shape that asks for another goes on with its own."""
        bits = self.random.bit_generator
        before = bits.state
        bits.state = self._start
        bits.advance((crc32(name.encode()) + 1) << APART)  # type: ignore[attr-defined]
        yield
        bits.state = before

    def conducted(self) -> str:
        """Name of the QRS that a conducted beat has."""
        return {None: "narrow", "left": "LBBB", "right": "RBBB"}[self.bundle_branch]

    def width(self, name: str) -> float:
        """Duration in seconds of a QRS of this name; one from the ventricles lasts 120 ms at least."""
        if name not in self.widths:
            with self._numbers_of(f"width of {name}"):
                self.widths[name] = self._width(name)
        return self.widths[name]

    def fit_tachycardia(self, rr: float) -> None:
        """Make the QRS of a ventricular tachycardia fit its shortest RR in seconds."""
        self.widths["VT"] = max(LEAST_WIDE, min(self.width("VT"), SHARE_OF_RR * rr))

    def _width(self, name: str) -> float:
        form, _, of = name.partition(" ")
        given = self.person.qrs
        if name == "narrow":
            return min(given, WIDEST_NARROW)
        if name == "fusion":
            return (self.width("narrow") + self.width("VT")) / 2
        if form == "pre-excited":
            return min(self.width("narrow"), 0.095) + 0.012 + 0.022 * int(of)
        if given > WIDEST_NARROW and name != "PVC":
            return given
        if name in ("LBBB", "RBBB"):
            drawn = self.wide
        elif name == "VT":
            drawn = float(np.clip(self.random.normal(*VT_WIDTH), *WIDTHS["VT"]))
        else:
            drawn = self.random.uniform(*WIDTHS[name])
        return max(LEAST_WIDE, min(drawn, SHARE_OF_RR * self.person.rr)) if name != "aberrant" else drawn

    def t_after(self, ventricular: str) -> str:
        """Name of the T wave that follows a QRS of this name."""
        return "T" if ventricular == "narrow" else f"T-discordant {ventricular}"


def with_normal_limbs(person: Person, anatomy: Anatomy) -> Person:
    """The person with a QRS (and its T) so low that R in aVL keeps to its limit."""
    loop = anatomy.shape("narrow").loop() @ DOWER[:2].T
    highest = float((loop[:, 0] - 0.5 * loop[:, 1]).max())
    share = min(1.0, MARGIN * HIGHEST_R_IN_AVL / max(highest, 1e-6))
    return replace(person, r=share * person.r, t=share * person.t)


def with_normal_chest(person: Person, anatomy: Anatomy) -> Person:
    """The person with chest electrodes so far from the heart that the conducted QRS keeps to the voltage limits."""
    loop = anatomy.shape(anatomy.conducted()).loop() @ DOWER.T
    lead = {name: loop[:, row] for row, name in enumerate(INDEPENDENT)}
    r_left = max(float(lead["V5"].max()), float(lead["V6"].max()))
    sokolow = r_left - float(lead["V1"].min())
    largest = [MARGIN * SOKOLOW_LYON / max(sokolow, 1e-6), MARGIN * HIGHEST_R_IN_CHEST / max(r_left, 1e-6)]
    s_v3 = -float(lead["V3"].min())
    if s_v3 > 0:
        largest.append((MARGIN * CORNELL[person.sex] - max(float((lead["I"] - 0.5 * lead["II"]).max()), 0.0)) / s_v3)
    most = min(largest)
    return person if person.chest <= most else replace(person, chest=max(most, LEAST_CHEST))


FORMS: dict[str, Callable[[Anatomy, str], list[Pulse]]] = {
    "sinus": atrial_forms.sinus,
    "ectopic": atrial_forms.ectopic,
    "premature": atrial_forms.early,
    "focus": atrial_forms.focus,
    "wandering": atrial_forms.wandering,
    "low": atrial_forms.low,
    "retrograde": atrial_forms.retrograde,
    "septal": atrial_forms.septal,
    "hidden": atrial_forms.hidden,
    "narrow": ventricular_forms.narrow,
    "LBBB": ventricular_forms.left_bundle_branch_block,
    "RBBB": ventricular_forms.right_bundle_branch_block,
    "aberrant": ventricular_forms.right_bundle_branch_block,
    "PVC": ventricular_forms.premature,
    "VT": ventricular_forms.tachycardia,
    "escape": ventricular_forms.escape,
    "paced": ventricular_forms.paced,
    "fusion": ventricular_forms.fusion,
    "pre-excited": ventricular_forms.pre_excited,
    "delta": ventricular_forms.delta,
    "T": ventricular_forms.t_wave,
    "T-discordant": ventricular_forms.discordant_t,
    "ST": ventricular_forms.st_segment,
    "f": atrial_forms.fibrillatory,
    "flutter": atrial_forms.flutter,
    "spike": atrial_forms.spike,
}
"""First word of a shape's name, and what draws it; the rest of the name goes in as `of`."""
