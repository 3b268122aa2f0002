"""Forms of QRS, ST and T of one person.

A conducted QRS follows the order of activation: septum (to the right and front), free wall (along the axis, to the
back), base (up and back).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from .leads import frontal
from .shapes import Pulse, Vector, turned

if TYPE_CHECKING:
    from .anatomy import Anatomy

CONCORDANT = 0.2
"""Share of ventricular tachycardias whose QRS points the same way in all chest leads (chosen; textbooks call it rare).
"""

SEEN_IN_II = 0.35
"""Least share of a wide complex that lead II sees: of one that it does not see, a strip of II would show nothing."""

BIPHASIC_T = 0.5
"""Height of a T with two directions over that of a plain one."""


def narrow(anatomy: "Anatomy", _: str) -> list[Pulse]:
    """Septum, free wall (which turns on its way, so that no lead sees nothing of it), base; sometimes a notch."""
    draw, r, axis = anatomy.random.uniform, anatomy.person.r, anatomy.person.axis
    turn = draw(25, 55) * (1 if anatomy.random.random() < 0.75 else -1)
    base = min(anatomy.random.exponential(0.22), 0.9)
    septum = frontal(axis + draw(140, 220), r * abs(anatomy.random.normal(0, 0.12)), -r * draw(0.15, 0.4))
    pulses = [
        Pulse(0.0, draw(0.36, 0.5), draw(0.4, 0.6), 0.35, septum),
        Pulse(draw(0.1, 0.2), draw(0.6, 0.72), 0.5, draw(0.4, 0.9), frontal(axis + turn, r * 0.62, r * draw(0.0, 0.4))),
        Pulse(
            draw(0.26, 0.36), draw(0.74, 0.88), 0.5, draw(0.4, 0.9), frontal(axis - turn, r * 0.62, r * draw(0.1, 0.6))
        ),
        Pulse(
            draw(0.5, 0.64), 1.0, draw(0.35, 0.5), 0.35, frontal(axis + draw(110, 250), r * base, r * draw(0.1, 0.5))
        ),
    ]
    if anatomy.random.random() < 0.25:
        notch = draw(0.2, 0.65)
        vector = frontal(draw(0, 360), r * draw(0.08, 0.3), r * draw(-0.2, 0.2))
        pulses.append(Pulse(notch, notch + draw(0.18, 0.34), 0.5, 0.5, vector))
    return pulses


def left_bundle_branch_block(anatomy: "Anatomy", _: str) -> list[Pulse]:
    """Slow and notched, from the right over the septum to the left, with no septal q."""
    draw, r, axis = anatomy.random.uniform, anatomy.person.r, min(max(anatomy.person.axis, -45.0), 60.0)
    first, second = draw(0.75, 1.0), draw(0.7, 1.0)
    return [
        Pulse(0.0, draw(0.5, 0.6), 0.55, 0.75, frontal(axis, r * first, r * draw(0.3, 0.8))),
        Pulse(draw(0.22, 0.3), draw(0.78, 0.86), 0.5, 0.6, frontal(axis - draw(0, 20), r * 0.5, r * draw(0.4, 0.8))),
        Pulse(draw(0.42, 0.5), 1.0, 0.45, 0.75, frontal(axis - draw(0, 40), r * second, r * draw(0.4, 0.9))),
    ]


def right_bundle_branch_block(anatomy: "Anatomy", _: str) -> list[Pulse]:
    """The narrow QRS in the first part, then slowly to the right and front: a broad S in I, II and V6, R' in V1."""
    draw, r = anatomy.random.uniform, anatomy.person.r
    early = [pulse._replace(start=pulse.start * 0.6, end=pulse.end * 0.6) for pulse in narrow(anatomy, "")]
    late = frontal(180 + draw(-8, 25), r * draw(0.28, 0.5), -r * draw(0.4, 0.8))
    return [*early, Pulse(draw(0.42, 0.5), 1.0, draw(0.4, 0.5), 0.4, late)]


def premature(anatomy: "Anatomy", _: str) -> list[Pulse]:
    """A premature ventricular complex: far from the person's axis, mostly higher than the narrow QRS."""
    draw = anatomy.random.uniform
    axis = _axis(lambda: anatomy.person.axis + anatomy.random.choice([-1, 1]) * draw(60, 170))
    return _from_muscle(anatomy, axis, max(anatomy.person.r, 0.5) * draw(0.9, 1.7), draw(-0.8, 0.8))


def tachycardia(anatomy: "Anatomy", _: str) -> list[Pulse]:
    """Of a ventricular tachycardia: any axis; some point the same way in all chest leads (concordance)."""
    draw = anatomy.random.uniform
    height = max(anatomy.person.r, 0.6) * draw(0.9, 1.6)
    if anatomy.random.random() < CONCORDANT:
        axis = _axis(lambda: anatomy.random.choice([0, 180]) + draw(-50, 50))
        back = -draw(1.0, 1.4) * float(np.cos(np.radians(axis)))
        return _from_muscle(anatomy, axis, height, back, turns=10.0, even=True)
    return _from_muscle(anatomy, _axis(lambda: draw(-180, 180)), height, draw(-0.8, 0.8))


def escape(anatomy: "Anatomy", _: str) -> list[Pulse]:
    """Of an escape rhythm from the ventricles."""
    draw = anatomy.random.uniform
    axis = _axis(lambda: draw(-120, 120))
    return _from_muscle(anatomy, axis, max(anatomy.person.r, 0.5) * draw(0.7, 1.3), draw(-0.8, 0.8))


def paced(anatomy: "Anatomy", _: str) -> list[Pulse]:
    """From the right ventricle's apex: up, to the left and to the back."""
    draw = anatomy.random.uniform
    height = max(anatomy.person.r, 0.6) * draw(0.8, 1.4)
    return _from_muscle(anatomy, anatomy.random.normal(-75, 12), height, draw(0.3, 0.8))


def fusion(anatomy: "Anatomy", _: str) -> list[Pulse]:
    """Halfway between a beat from the ventricle and a conducted one, both at once."""
    halves = [*anatomy.shape("VT").pulses, *anatomy.shape(anatomy.conducted()).pulses]
    return [Pulse(row[0], row[1], row[2], row[3], (row[4] / 2, row[5] / 2, row[6] / 2)) for row in halves]


def pre_excited(anatomy: "Anatomy", of: str) -> list[Pulse]:
    """A slurred start over the accessory pathway, and as much of the narrow QRS as the AV node still brings (1 ... 3).

    The pathway lies on the left, so the delta wave points to the right, down and to the front: positive in V1.
    """
    share = int(of) / 3.0
    delta = anatomy.shape("delta").pulses[0]
    slow = Pulse(0.0, 0.55 + 0.25 * share, 0.6, 0.8, turned((delta[4], delta[5], delta[6]), 0.5 + 0.5 * share))
    rest = [
        pulse._replace(
            start=0.3 + 0.55 * pulse.start, end=0.3 + 0.7 * pulse.end, vector=turned(pulse.vector, 1.0 - 0.75 * share)
        )
        for pulse in narrow(anatomy, "")
    ]
    return [slow, *(pulse for pulse in rest)]


def delta(anatomy: "Anatomy", _: str) -> list[Pulse]:
    """What the accessory pathway alone would activate."""
    draw = anatomy.random.uniform
    height = max(anatomy.person.r, 0.6) * draw(0.9, 1.2)
    return [Pulse(0.0, 1.0, 0.6, 0.8, frontal(draw(70, 110), height, -height * draw(0.5, 0.9)))]


def _axis(draw: Callable[[], float]) -> float:
    """A drawn axis in degrees along which lead II sees something of the complex."""
    while True:
        axis = float(draw())
        if abs(np.cos(np.radians(axis - 60.0))) >= SEEN_IN_II:
            return axis


def _from_muscle(
    anatomy: "Anatomy", axis: float, height: float, back: float, *, turns: float = 60.0, even: bool = False
) -> list[Pulse]:
    """A wide QRS that spreads from muscle to muscle: slow from its first moment; `even` keeps one direction."""
    draw = anatomy.random.uniform
    later = axis + draw(-turns, turns)
    third = frontal(axis + draw(90, 270), height * draw(0.0, 0.25), 0.0)
    follows = back if even else back * 0.5
    size = draw(0.25, 0.7)
    pulses = [
        Pulse(0.0, draw(0.62, 0.75), draw(0.45, 0.65), 0.7, frontal(axis, height, height * back)),
        Pulse(
            draw(0.3, 0.42),
            1.0,
            draw(0.4, 0.55),
            0.6,
            frontal(later, height * size, height * follows * (size if even else 1.0)),
        ),
    ]
    return pulses if even else [*pulses, Pulse(draw(0.05, 0.15), draw(0.35, 0.5), 0.5, 0.5, third)]


def t_wave(anatomy: "Anatomy", _: str) -> list[Pulse]:
    """T of a narrow QRS: one slow wave, seldom with two directions."""
    height, draw = anatomy.person.t, anatomy.random.uniform
    back = -abs(height) * (draw(0.15, 0.5) if anatomy.person.healthy else draw(0.0, 0.5))
    main = Pulse(0.0, 1.0, draw(0.56, 0.68), draw(0.9, 1.0), frontal(anatomy.t_axis, height, back))
    if anatomy.person.healthy or anatomy.random.random() > 0.06:
        return [main]
    first = frontal(anatomy.t_axis, BIPHASIC_T * height, BIPHASIC_T * back)
    opposite = frontal(anatomy.t_axis + 180, BIPHASIC_T * height * draw(0.4, 0.9), 0.0)
    return [
        main._replace(end=draw(0.6, 0.7), vector=first),
        Pulse(draw(0.45, 0.55), 1.0, 0.5, 0.8, opposite),
    ]


def discordant_t(anatomy: "Anatomy", of: str) -> list[Pulse]:
    """Against the whole QRS; in right bundle-branch block against its end, which is activated last."""
    height = max(abs(anatomy.person.t), 0.2) * anatomy.random.uniform(0.9, 1.5)
    pulses = anatomy.shape(of).pulses
    against = -pulses[-1, 4:] if of in ("RBBB", "aberrant") else -np.sum(pulses[:, 4:], axis=0)
    x, y, z = (against / np.linalg.norm(against) * height).tolist()
    return [Pulse(0.0, 1.0, 0.6, 0.95, (x, y, z))]


def st_segment(anatomy: "Anatomy", of: str) -> list[Pulse]:
    """A shift of the ST segment; after a wide QRS (`of`) it goes with its T."""
    if not of:
        return [Pulse(0.0, 1.0, 0.35, 0.4, frontal(anatomy.t_axis, anatomy.person.st, 0.0))]
    (row,) = anatomy.shape(f"T-discordant {of}").pulses.tolist()
    vector: Vector = (row[4], row[5], row[6])
    return [Pulse(0.0, 1.0, 0.35, 0.4, turned(vector, 0.2))]
