"""Twelve leads from one dipole: a published matrix for eight of them, Einthoven's and Goldberger's laws for the rest.

Dower, Machado and Osborne (1980, doi 10.1002/clc.1980.3.2.87). Frank's axes: X points to the left, Y to
the feet, Z to the back. Lead I (between two hands) and II are views of the dipole; the chest leads are a model, since a
real chest electrode lies close to the heart and sees more than a dipole.
"""

from collections.abc import Sequence
from math import cos, radians

import numpy as np
from numpy.typing import NDArray

from ..errors import UnknownName, choices

INDEPENDENT = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")
LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")

DOWER = np.array(
    [
        [0.632, -0.235, 0.059],
        [0.235, 1.066, -0.132],
        [-0.515, 0.157, -0.917],
        [0.044, 0.164, -1.387],
        [0.882, 0.098, -1.277],
        [1.213, 0.127, -0.601],
        [1.125, 0.127, -0.086],
        [0.831, 0.076, 0.230],
    ]
)
"""Leads I, II, V1 ... V6 (rows) in mV for a dipole of 1 mV along X, Y, Z (columns)."""

CHEST = np.array([name.startswith("V") for name in INDEPENDENT])
"""Which of the independent leads lie on the chest."""

ARMS_SWAPPED = np.vstack([-DOWER[:1], DOWER[1:2] - DOWER[:1], DOWER[2:]])
"""The same with the electrodes of both arms swapped: I upside down, II in the place of III; the chest as it was."""

FROM_I_AND_II = {"III": (-1.0, 1.0), "aVR": (-0.5, -0.5), "aVL": (1.0, -0.5), "aVF": (-0.5, 1.0)}
"""How much of I and of II each derived limb lead is: III = II - I, aVR = -(I + II) / 2 ..."""

_FRONTAL = np.linalg.inv(DOWER[:2, :2])


def derivation(leads: Sequence[str]) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    """Which independent leads are needed for these leads, and the matrix that makes the one of the other.

    Returns
    -------
    rows : tuple of int
        Numbers in `INDEPENDENT`.
    matrix : array, shape (leads, rows)
        Multiplied with the independent leads it gives the wanted ones.

    Raises
    ------
    UnknownName
        When a lead is none of the twelve.
    """
    unknown = [lead for lead in leads if lead not in LEADS]
    if unknown or not leads:
        raise UnknownName(f"there is no lead {choices(unknown)}; there are {choices(LEADS)}")
    whole = np.array([_weights(lead) for lead in leads])
    rows = tuple(int(row) for row in np.flatnonzero(np.abs(whole).sum(axis=0)))
    return rows, whole[:, rows]


def frontal(degrees: float, millivolts: float, back: float = 0.0) -> tuple[float, float, float]:
    """The dipole that is seen as `millivolts` in a limb lead along `degrees`, with `back` mV towards the back.

    At 0 degrees that lead is I, at 60 it is II (Einthoven's triangle).
    """
    along_i = millivolts * cos(radians(degrees)) - DOWER[0, 2] * back
    along_ii = millivolts * cos(radians(degrees - 60)) - DOWER[1, 2] * back
    left = _FRONTAL[0, 0] * along_i + _FRONTAL[0, 1] * along_ii
    down = _FRONTAL[1, 0] * along_i + _FRONTAL[1, 1] * along_ii
    return float(left), float(down), back


def _weights(lead: str) -> list[float]:
    if lead in INDEPENDENT:
        return [float(lead == name) for name in INDEPENDENT]
    of_i, of_ii = FROM_I_AND_II[lead]
    return [of_i, of_ii, *[0.0] * 6]
