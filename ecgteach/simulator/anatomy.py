"""Anatomy: the form of every wave of one person, as pulses of a dipole in space.

A `Shape` is a wave in a time of its own, from 0 (onset) to 1 (offset). Each of its pulses is zero outside its own part
of that time and smooth within, so that a wave begins and ends exactly where the truth says. The QRS follows the order
of activation: septum (to the right and front), free wall (along the axis, to the back), base (up and back).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from .leads import frontal
from .people import Person

HIGHEST_FLUTTER = 0.4
"""Largest F wave as a share of the QRS."""

Vector = tuple[float, float, float]


class Pulse(NamedTuple):
    """One lobe of a dipole: its part of the wave's time, where its peak lies (0 ... 1), roundness and direction."""

    start: float
    end: float
    peak: float
    roundness: float
    vector: Vector


@dataclass(frozen=True, eq=False)
class Shape:
    """The form of a wave: its name and its pulses.

    Parameters
    ----------
    name : str
        ``"sinus"``, ``"narrow"``, ``"PVC"`` ...
    pulses : array, shape (pulses, 7)
        Start, end, peak, roundness and the three components in mV of each `Pulse`.
    """

    name: str
    pulses: NDArray[np.float64]

    @property
    def peak(self) -> float:
        """Moment between 0 and 1 at which the wave is largest in space."""
        times = np.linspace(0, 1, 201)
        loop = sum(lobe(times, *pulse[:4])[:, None] * pulse[4:] for pulse in self.pulses)
        return float(times[np.argmax(np.einsum("tx,tx->t", loop, loop))])


def lobe(
    times: NDArray[np.float64],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    peak: NDArray[np.float64],
    roundness: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Height of a pulse at some times: 0 outside start ... end, 1 at its peak.

    Half a sine wave, warped so that its top lies at the share `peak` of its length; `roundness` blends it with its own
    square (0: corners at both ends, 1: none).
    """
    share = np.clip((times - start) / (end - start), 0.0, 1.0)
    tilt = (1.0 - peak) / peak
    wave = np.sin(np.pi * share * tilt / (1.0 - share + share * tilt))
    return np.asarray(wave * (1.0 - roundness + roundness * wave))


def shape(name: str, pulses: Iterable[Pulse]) -> Shape:
    """A shape of some pulses, as one read-only table."""
    rows = np.array([[*pulse[:4], *pulse.vector] for pulse in pulses], dtype=np.float64)
    rows.flags.writeable = False
    return Shape(name, rows)


class Anatomy:
    """Shapes of one person's waves, each made when it is first asked for; asked again, the same.

    Parameters
    ----------
    person : Person
        Amplitudes and axis.
    random : numpy.random.Generator
        What differs from person to person beyond that.
    bundle_branch : {None, "left", "right"}
        Which bundle branch does not conduct.
    """

    def __init__(self, person: Person, random: Generator, bundle_branch: str | None = None) -> None:
        self.person = person
        self.random = random
        self.bundle_branch = bundle_branch
        self.p_axis = random.normal(55, 18)
        self.t_axis = person.axis + random.normal(0, 22) if abs(person.axis - 45) < 75 else random.normal(45, 25)
        self.wide = random.uniform(0.124, 0.17)
        self.st_share = random.uniform(0.18, 0.42)
        self.shapes: dict[str, Shape] = {}

    def shape(self, name: str) -> Shape:
        """The shape of this name; ``"ectopic 2"`` is the person's second ectopic P wave."""
        if name not in self.shapes:
            form, _, of = name.partition(" ")
            self.shapes[name] = shape(name, FORMS[form](self, of))
        return self.shapes[name]

    def conducted(self) -> str:
        """Name of the QRS that a conducted beat has."""
        return {None: "narrow", "left": "LBBB", "right": "RBBB"}[self.bundle_branch]

    def _sinus(self, _: str) -> list[Pulse]:
        return self._atrial(self.p_axis, self.person.p)

    def _ectopic(self, _: str) -> list[Pulse]:
        away = self.random.choice([-1, 1]) * self.random.uniform(50, 150)
        return self._atrial(self.p_axis + away, self.person.p * self.random.uniform(0.7, 1.3))

    def _retrograde(self, _: str) -> list[Pulse]:
        return self._atrial(self.random.normal(-95, 12), max(self.person.p, 0.06) * self.random.uniform(0.8, 1.4))

    def _hidden(self, _: str) -> list[Pulse]:
        return self._atrial(self.random.normal(-95, 12), 0.03)

    def _atrial(self, axis: float, height: float) -> list[Pulse]:
        """Right atrium first and to the front, left atrium after it and to the back."""
        draw = self.random.uniform
        overlap = draw(0.2, 0.4)
        left = draw(0.35, 0.75)
        return [
            Pulse(
                0.0,
                0.5 + overlap / 2,
                draw(0.45, 0.6),
                0.5,
                frontal(axis + draw(-10, 20), height * 0.85, -height * draw(0.2, 0.5)),
            ),
            Pulse(
                0.5 - overlap / 2,
                1.0,
                draw(0.4, 0.55),
                0.5,
                frontal(axis - draw(-5, 30), height * left, height * draw(0.1, 0.6)),
            ),
        ]

    def _narrow(self, _: str) -> list[Pulse]:
        """Septum, free wall (which turns on its way, so that no lead sees nothing of it), base; sometimes a notch."""
        draw, person = self.random.uniform, self.person
        r, axis = person.r, person.axis
        turn = draw(25, 55) * (1 if self.random.random() < 0.75 else -1)
        base = min(self.random.exponential(0.22), 0.9)
        pulses = [
            Pulse(
                0.0,
                draw(0.36, 0.5),
                draw(0.4, 0.6),
                0.35,
                frontal(axis + draw(140, 220), r * abs(self.random.normal(0, 0.12)), -r * draw(0.15, 0.4)),
            ),
            Pulse(
                draw(0.1, 0.2), draw(0.6, 0.72), 0.5, draw(0.4, 0.9), frontal(axis + turn, r * 0.62, r * draw(0.0, 0.4))
            ),
            Pulse(
                draw(0.26, 0.36),
                draw(0.74, 0.88),
                0.5,
                draw(0.4, 0.9),
                frontal(axis - turn, r * 0.62, r * draw(0.1, 0.6)),
            ),
            Pulse(
                draw(0.5, 0.64),
                1.0,
                draw(0.35, 0.5),
                0.35,
                frontal(axis + draw(110, 250), r * base, r * draw(0.1, 0.5)),
            ),
        ]
        if self.random.random() < 0.25:
            notch = draw(0.2, 0.65)
            pulses.append(
                Pulse(
                    notch,
                    notch + draw(0.18, 0.34),
                    0.5,
                    0.5,
                    frontal(draw(0, 360), r * draw(0.08, 0.3), r * draw(-0.2, 0.2)),
                )
            )
        return pulses

    def _lbbb(self, _: str) -> list[Pulse]:
        """Slow and notched, from the right over the septum to the left, with no septal q."""
        draw, r, axis = self.random.uniform, self.person.r, self.person.axis
        first, second = draw(0.75, 1.0), draw(0.7, 1.0)
        return [
            Pulse(0.0, draw(0.5, 0.6), 0.55, 0.4, frontal(axis, r * first, r * draw(0.3, 0.8))),
            Pulse(
                draw(0.22, 0.3), draw(0.78, 0.86), 0.5, 0.6, frontal(axis - draw(0, 20), r * 0.5, r * draw(0.4, 0.8))
            ),
            Pulse(draw(0.42, 0.5), 1.0, 0.45, 0.4, frontal(axis - draw(0, 40), r * second, r * draw(0.4, 0.9))),
        ]

    def _rbbb(self, _: str) -> list[Pulse]:
        """The narrow QRS in the first part, then slowly to the right and front: a broad S in I, R' in V1."""
        draw, r = self.random.uniform, self.person.r
        early = [pulse._replace(start=pulse.start * 0.62, end=pulse.end * 0.62) for pulse in self._narrow("")]
        late = Pulse(
            draw(0.42, 0.5),
            1.0,
            draw(0.35, 0.5),
            0.4,
            frontal(180 + draw(-35, 25), r * draw(0.25, 0.6), -r * draw(0.4, 0.9)),
        )
        return [*early, late]

    def _pvc(self, _: str) -> list[Pulse]:
        draw = self.random.uniform
        axis = self.person.axis + self.random.choice([-1, 1]) * draw(60, 170)
        return self._ventricular(axis, max(self.person.r, 0.5) * draw(0.9, 1.7))

    def _vt(self, _: str) -> list[Pulse]:
        return self._ventricular(
            self.random.uniform(-180, 180), max(self.person.r, 0.6) * self.random.uniform(0.9, 1.6)
        )

    def _escape(self, _: str) -> list[Pulse]:
        return self._ventricular(
            self.random.uniform(-120, 120), max(self.person.r, 0.5) * self.random.uniform(0.7, 1.3)
        )

    def _paced(self, _: str) -> list[Pulse]:
        """From the right ventricle's apex: up and to the left."""
        return self._ventricular(self.random.normal(-75, 15), max(self.person.r, 0.6) * self.random.uniform(0.8, 1.4))

    def _fusion(self, _: str) -> list[Pulse]:
        """Halfway between a beat from the ventricle and a conducted one, both at once."""
        halves = [*self.shape("VT").pulses, *self.shape(self.conducted()).pulses]
        return [Pulse(row[0], row[1], row[2], row[3], (row[4] / 2, row[5] / 2, row[6] / 2)) for row in halves]

    def _ventricular(self, axis: float, height: float) -> list[Pulse]:
        """A wide QRS that spreads from muscle to muscle: slow from its first moment."""
        draw = self.random.uniform
        back = draw(-0.8, 0.8)
        return [
            Pulse(0.0, draw(0.62, 0.75), draw(0.45, 0.65), 0.7, frontal(axis, height, height * back)),
            Pulse(
                draw(0.3, 0.42),
                1.0,
                draw(0.4, 0.55),
                0.6,
                frontal(axis + draw(-60, 60), height * draw(0.25, 0.7), height * back * 0.5),
            ),
            Pulse(
                draw(0.05, 0.15),
                draw(0.35, 0.5),
                0.5,
                0.5,
                frontal(axis + draw(90, 270), height * draw(0.0, 0.25), 0.0),
            ),
        ]

    def _t(self, _: str) -> list[Pulse]:
        height, draw = self.person.t, self.random.uniform
        main = Pulse(
            0.0, 1.0, draw(0.54, 0.68), draw(0.6, 1.0), frontal(self.t_axis, height, -abs(height) * draw(0.0, 0.5))
        )
        if self.random.random() > 0.06:
            return [main]
        return [
            main._replace(end=draw(0.6, 0.7)),
            Pulse(draw(0.45, 0.55), 1.0, 0.5, 0.8, frontal(self.t_axis + 180, height * draw(0.4, 0.9), 0.0)),
        ]

    def _t_discordant(self, of: str) -> list[Pulse]:
        """Against the QRS where the ventricle is activated from one side."""
        height = max(abs(self.person.t), 0.25) * self.random.uniform(0.9, 1.5)
        against = -np.sum(self.shape(of).pulses[:, 4:], axis=0)
        vector = against / np.linalg.norm(against) * height
        return [Pulse(0.0, 1.0, 0.58, 0.8, (float(vector[0]), float(vector[1]), float(vector[2])))]

    def t_after(self, ventricular: str) -> str:
        """Name of the T wave that follows a QRS of this name."""
        if ventricular == "narrow":
            return "T"
        return f"T-discordant {ventricular}"

    def _st(self, _: str) -> list[Pulse]:
        return [Pulse(0.0, 1.0, 0.35, 0.4, frontal(self.t_axis, self.person.st, 0.0))]

    def _f(self, _: str) -> list[Pulse]:
        """One cycle of fibrillation: a crest and a trough, steeper on one side (Stridh and Sörnmo 2001)."""
        draw = self.random.uniform
        axis = draw(0, 120) + 180 * self.random.integers(2)
        height = self.person.f / 2
        vector = frontal(axis, height, -height * draw(0.5, 1.6))
        steep = draw(0.3, 0.7)
        return [
            Pulse(0.0, 0.62, steep, 0.7, vector),
            Pulse(0.42, 1.0, 1 - steep, 0.7, (-vector[0], -vector[1], -vector[2])),
        ]

    def _flutter(self, of: str) -> list[Pulse]:
        """Counter-clockwise: slowly down, steeply up in II, positive in V1; clockwise: notched and upright in II."""
        draw = self.random.uniform
        height = min(max(self.person.f * 2.2, 0.09), HIGHEST_FLUTTER * self.person.r)
        up = frontal(80 + draw(-15, 15), height, height * draw(0.1, 0.5))
        if of == "clockwise":
            return [
                Pulse(0.0, 0.55, 0.55, 0.6, up),
                Pulse(0.35, 0.8, 0.5, 0.6, (0.5 * up[0], 0.5 * up[1], 0.5 * up[2])),
                Pulse(0.62, 1.0, 0.5, 0.6, (-0.4 * up[0], -0.4 * up[1], -0.4 * up[2])),
            ]
        return [
            Pulse(0.0, 0.9, draw(0.66, 0.76), 0.5, (-up[0], -up[1], -up[2])),
            Pulse(0.7, 1.0, 0.45, 0.5, (0.5 * up[0], 0.5 * up[1], 0.5 * up[2])),
        ]

    def _spike(self, _: str) -> list[Pulse]:
        return [Pulse(0.0, 1.0, 0.5, 0.0, frontal(-75, 1.2, -0.5))]


FORMS: dict[str, Callable[[Anatomy, str], list[Pulse]]] = {
    "sinus": Anatomy._sinus,
    "ectopic": Anatomy._ectopic,
    "premature": Anatomy._ectopic,
    "retrograde": Anatomy._retrograde,
    "hidden": Anatomy._hidden,
    "narrow": Anatomy._narrow,
    "LBBB": Anatomy._lbbb,
    "RBBB": Anatomy._rbbb,
    "PVC": Anatomy._pvc,
    "VT": Anatomy._vt,
    "escape": Anatomy._escape,
    "paced": Anatomy._paced,
    "fusion": Anatomy._fusion,
    "T": Anatomy._t,
    "T-discordant": Anatomy._t_discordant,
    "ST": Anatomy._st,
    "f": Anatomy._f,
    "flutter": Anatomy._flutter,
    "spike": Anatomy._spike,
}
"""First word of a shape's name, and what draws it; the rest of the name goes in as `of`."""
