"""Forms of P, F and f waves of one person, and of a pacemaker's spikes."""

from typing import TYPE_CHECKING

import numpy as np

from .leads import DOWER, INDEPENDENT, frontal
from .shapes import Pulse, Vector, turned

if TYPE_CHECKING:
    from .anatomy import Anatomy

HIGHEST_FLUTTER = 0.4
"""Largest F wave as a share of the QRS."""

LEAST_FLUTTER = 0.12
FLUTTER_OVER_F = 2.6
FLUTTER_IN_V1 = (0.35, 0.7)
"""Height of F waves in V1 over that in the inferior leads, the other way up."""

F_IN_V1 = (1.25, 2.0)
"""Height of f waves in V1 over that in their own direction of the frontal plane: V1 lies on the right atrium."""

FOCI = ((55.0, 55.0, 0.9), (-70.0, -70.0, 1.1), (70.0, -100.0, 1.0), (60.0, 60.0, 1.7))
"""P waves from each focus of a multifocal rhythm: axes in degrees of both halves, and height. In II: upright, inverted,
biphasic, tall."""

LEAST_P = 0.09
"""Height in mV that a P has at least where its form is what the recording is about."""

HIGHEST_P = 0.22
"""Height in mV that no ectopic P passes."""

SEEN_IN_II = 0.5
"""Least share of an early P's height that lead II sees."""

PLACES = {"left": 122.0, "low": -75.0}
"""Axis in degrees of P from the left atrium (upright in II, inverted in I) and from low in the atria (inverted in II).
"""

WANDERING_STEPS = 6
LOW_AXIS = -70.0
"""Axis in degrees of a P from low in the atrium."""

_V1 = DOWER[INDEPENDENT.index("V1")]


def sinus(anatomy: "Anatomy", _: str) -> list[Pulse]:
    """From the sinus node: upright in II, inverted in aVR."""
    return _two_atria(anatomy, anatomy.p_axis, anatomy.person.p)


def ectopic(anatomy: "Anatomy", of: str) -> list[Pulse]:
    """From another place in the atria: another direction; `of` may name the place, else it is drawn."""
    if of in PLACES:
        axis = PLACES[of] + anatomy.random.uniform(-8, 8)
        return _two_atria(anatomy, axis, max(anatomy.person.p, LEAST_P) * anatomy.random.uniform(1.0, 1.3))
    away = anatomy.random.choice([-1, 1]) * anatomy.random.uniform(50, 150)
    return _two_atria(anatomy, anatomy.p_axis + away, anatomy.person.p * anatomy.random.uniform(0.7, 1.3))


def early(anatomy: "Anatomy", _: str) -> list[Pulse]:
    """From another place in the atria, too early; lead II sees it, though it may lie on a T."""
    while True:
        axis = anatomy.p_axis + anatomy.random.choice([-1, 1]) * anatomy.random.uniform(50, 150)
        if abs(np.cos(np.radians(axis - 60.0))) >= SEEN_IN_II:
            break
    return _two_atria(
        anatomy, float(axis), min(max(anatomy.person.p, LEAST_P) * anatomy.random.uniform(1.0, 1.4), HIGHEST_P)
    )


def focus(anatomy: "Anatomy", of: str) -> list[Pulse]:
    """From one of several places that are far apart, so that no two P waves can be taken for one another."""
    first, second, size = FOCI[int(of) - 1]
    height = min(max(anatomy.person.p, LEAST_P) * size, HIGHEST_P)
    axis = first + anatomy.random.uniform(-8, 8)
    return _two_atria(anatomy, axis, height, axis + second - first if second != first else None)


def wandering(anatomy: "Anatomy", of: str) -> list[Pulse]:
    """On the way from the sinus node (step 0) to the lower atrium (`WANDERING_STEPS`): a blend of both."""
    share = int(of) / WANDERING_STEPS
    larger = max(1.0, LEAST_P / anatomy.person.p) if anatomy.person.p > 0 else 1.0
    high, low = anatomy.shape("sinus").pulses.copy(), anatomy.shape("low").pulses
    high[:, 4:] *= larger
    rows = (1.0 - share) * high + share * low
    return [Pulse(row[0], row[1], row[2], row[3], (row[4], row[5], row[6])) for row in rows.tolist()]


def low(anatomy: "Anatomy", _: str) -> list[Pulse]:
    """From low in the atrium: inverted in II."""
    return _two_atria(anatomy, LOW_AXIS, max(anatomy.person.p, LEAST_P))


def retrograde(anatomy: "Anatomy", _: str) -> list[Pulse]:
    """From below: inverted in II."""
    height = max(anatomy.person.p, 0.06) * anatomy.random.uniform(0.8, 1.4)
    return _two_atria(anatomy, anatomy.random.normal(-95, 12), height)


def septal(anatomy: "Anatomy", of: str) -> list[Pulse]:
    """From the AV node over both atria at once: narrow, inverted in II, upright in V1 (pseudo-S and pseudo-r')."""
    draw = anatomy.random.uniform
    height = 0.03 if of == "hidden" else max(anatomy.person.p, 0.08) * draw(0.9, 1.4)
    down = _with_v1(anatomy, frontal(-95 + draw(-12, 12), height), height * draw(0.7, 1.2))
    return [Pulse(0.0, 1.0, draw(0.5, 0.62), 0.5, down)]


def hidden(anatomy: "Anatomy", _: str) -> list[Pulse]:
    """The same, so small that the QRS hides it."""
    return septal(anatomy, "hidden")


def fibrillatory(anatomy: "Anatomy", _: str) -> list[Pulse]:
    """One cycle of fibrillation: a crest and a trough, steeper on one side (Stridh and Sörnmo 2001); largest in V1."""
    draw = anatomy.random.uniform
    height = anatomy.person.f / 2
    axis = draw(0, 120) + 180 * anatomy.random.integers(2)
    sign = anatomy.random.choice([-1, 1])
    vector = _with_v1(anatomy, frontal(axis, height), sign * height * draw(*F_IN_V1))
    steep = draw(0.3, 0.7)
    return [Pulse(0.0, 0.62, steep, 0.7, vector), Pulse(0.42, 1.0, 1 - steep, 0.7, turned(vector, -1.0))]


def flutter(anatomy: "Anatomy", of: str) -> list[Pulse]:
    """Counter-clockwise: slowly down, steeply up in II, positive in V1; clockwise: notched and upright in II."""
    draw, person = anatomy.random.uniform, anatomy.person
    height = min(max(person.f * FLUTTER_OVER_F, LEAST_FLUTTER), HIGHEST_FLUTTER * person.r)
    up = _with_v1(anatomy, frontal(80 + draw(-15, 15), height), -height * draw(*FLUTTER_IN_V1))
    if of == "clockwise":
        return [
            Pulse(0.0, 0.55, 0.55, 0.6, up),
            Pulse(0.35, 0.8, 0.5, 0.6, turned(up, 0.5)),
            Pulse(0.62, 1.0, 0.5, 0.6, turned(up, -0.4)),
        ]
    return [Pulse(0.0, 0.9, draw(0.66, 0.76), 0.5, turned(up, -1.0)), Pulse(0.7, 1.0, 0.45, 0.5, turned(up, 0.5))]


def spike(anatomy: "Anatomy", of: str) -> list[Pulse]:
    """A pacemaker's impulse; one to the atrium points down to it, one to the ventricle up."""
    height = anatomy.random.uniform(0.4, 1.3)
    axis = 60 if of == "atrial" else -75
    return [Pulse(0.0, 1.0, 0.5, 0.0, frontal(axis, height * (0.6 if of == "atrial" else 1.0), -0.4 * height))]


def _two_atria(anatomy: "Anatomy", axis: float, height: float, second: float | None = None) -> list[Pulse]:
    """Right atrium first and to the front, left atrium after it and to the back, in its own direction where given."""
    draw = anatomy.random.uniform
    overlap = draw(0.2, 0.4)
    left = draw(0.35, 0.75) if second is None else 0.85
    right = frontal(axis + draw(-10, 20), height * 0.85, -height * draw(0.2, 0.5))
    behind = frontal((axis if second is None else second) - draw(-5, 30), height * left, height * draw(0.1, 0.6))
    return [
        Pulse(0.0, 0.5 + overlap / 2, draw(0.45, 0.6), 0.5, right),
        Pulse(0.5 - overlap / 2, 1.0, draw(0.4, 0.55), 0.5, behind),
    ]


def _with_v1(anatomy: "Anatomy", vector: Vector, millivolts: float) -> Vector:
    """A vector that looks the same in the limb leads and is seen as `millivolts` in this person's V1."""
    back = frontal(0.0, 0.0, 1.0)
    seen, gain = float(np.dot(_V1, vector)), float(np.dot(_V1, back))
    more = (millivolts / anatomy.person.chest - seen) / gain
    return vector[0] + more * back[0], vector[1] + more * back[1], vector[2] + more * back[2]
